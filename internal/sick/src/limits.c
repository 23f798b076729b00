/* Processes that come near a limit. They begin when they are told to by SIGUSR1: by then they have been put where it is. */
#include "sick.h"
#include <sys/mman.h>

enum { MIB = 1 << 20, SOMEBODY = 61234 };

static volatile sig_atomic_t begun;

static void begin(int signal)
{
	(void)signal;
	begun = 1;
}

/* wait_to_begin says that the case is ready, and returns when it is told to begin. */
static void wait_to_begin(void)
{
	sigset_t usr1, before;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, &before);
	signal(SIGUSR1, begin);
	ready();
	while (!begun)
		sigsuspend(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Twice a second it computes for 8 ms. */
static void sips(void)
{
	struct timespec start, now;
	ready();
	for (;;) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		do
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
		while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < 8000000);
		pause_ms(500);
	}
}

/* stay keeps the process, and its children, on one CPU. */
static void stay(void)
{
	cpu_set_t all, one;
	if (sched_getaffinity(0, sizeof all, &all))
		die("affinity");
	int cpu = 0;
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof one, &one))
		die("affinity");
}

/* One that is ready all the time, and a child that is, too, on the same CPU. */
static void spin_twice(void)
{
	stay();
	wait_to_begin();
	child();
	spin();
}

/* Likewise, but the child is not where the other is put. */
static void spin_beside(void)
{
	stay();
	pid_t beside = child();
	if (beside == 0)
		spin();
	say("beside", beside);
	ready();
	spin();
}

/* 25 dead children, and so 26 pids. */
static void fill_pids(void)
{
	wait_to_begin();
	for (int i = 0; i < 25; i++)
		dead_child(0);
	park();
}

/* A user who may have 26 threads has 22. */
static void fill_nproc(void)
{
	struct rlimit limit = { 26, 26 };
	if (setrlimit(RLIMIT_NPROC, &limit) || setgid(SOMEBODY) || setuid(SOMEBODY))
		die("setuid");
	for (int i = 0; i < 21; i++)
		if (child() == 0)
			park();
	ready();
	park();
}

static void *touch(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < bytes; i += 4096)
		memory[i] = 1;
	return memory;
}

static void fill_memory(void)
{
	wait_to_begin();
	touch(59 * MIB);
	park();
}

/* It reads a file that is greater than its memory, again and again. */
static void fill_cache(void)
{
	static char part[MIB];
	wait_to_begin();
	int file = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		die("open");
	for (int i = 0; i < 96; i++) {
		if (write(file, part, sizeof part) != sizeof part)
			die("write");
		if (i % 8 == 7)
			fdatasync(file); /* what is dirty can't be dropped */
	}
	for (;;) {
		lseek(file, 0, SEEK_SET);
		while (read(file, part, sizeof part) > 0)
			;
		pause_ms(200);
	}
}

/* Its children want more memory than there is, and are killed. */
static void overfill_memory(void)
{
	reap_on_sigchld();
	wait_to_begin();
	for (;;) {
		if (child() == 0) {
			touch(256 * (size_t)MIB);
			_exit(0);
		}
		pause_ms(300);
	}
}

const struct sick_case limits[] = {
	{ "sips", sips },
	{ "spin-twice", spin_twice },
	{ "spin-beside", spin_beside },
	{ "fill-pids", fill_pids },
	{ "fill-nproc", fill_nproc },
	{ "fill-memory", fill_memory },
	{ "fill-cache", fill_cache },
	{ "overfill-memory", overfill_memory },
	{ 0 },
};
