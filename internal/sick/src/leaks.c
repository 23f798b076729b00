/* Processes of which something grows for ever, and others of which it goes up and down or comes to rest. */
#include "sick.h"

enum { MEBI = 1 << 20, STEP_MS = 50 };

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void *memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	memset(p, 1, bytes);
	return p;
}

static int descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY);
	if (fd < 0 && errno != EMFILE)
		die("open");
	return fd;
}

static void *sleep_for_ever(void *unused)
{
	(void)unused;
	park();
	return NULL;
}

static void thread(void)
{
	pthread_attr_t attr;
	pthread_t id;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	if (pthread_create(&id, &attr, sleep_for_ever, NULL))
		die("pthread_create");
}

/* 30 MiB a second. */
static void leak_memory(void)
{
	ready();
	for (int n = 0; n < 700; n++) {
		memory(3 * MEBI / 2);
		pause_ms(STEP_MS);
	}
	park();
}

/* The same by the name of a compiler, which takes what it needs and ends. */
static void compiler_grows(void)
{
	prctl(PR_SET_NAME, "cc1plus");
	leak_memory();
}

static void compiler_spins(void)
{
	prctl(PR_SET_NAME, "cc1plus");
	ready();
	spin();
}

/* A shell that spins, and was started by a build. */
static void spin_in_build(void)
{
	setenv("CI_JOB_ID", "7", 1);
	ready();
	execl("/bin/sh", "sh", "-c", "while :; do :; done", NULL);
	die("exec");
}

/* Descriptors up to a number, then 20 a second up to the most. */
static void leak_fds_from(int held, rlim_t most)
{
	struct rlimit limit = { most, most };
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	for (int n = 0; n < held; n++)
		descriptor();
	ready();
	for (;;) {
		descriptor();
		pause_ms(50);
	}
}

static void leak_fd(void)
{
	leak_fds_from(0, 2000);
}

static void leak_fd_full(void)
{
	leak_fds_from(3605, 4000);
}

static void leak_thread(void)
{
	ready();
	for (int n = 0; n < 1500; n++) {
		thread();
		pause_ms(STEP_MS);
	}
	park();
}

/* As a garbage collector does it: up to 120 MiB, and back. */
static void saw_tooth(void)
{
	ready();
	for (;;) {
		void *held[30];
		for (int i = 0; i < 30; i++) {
			held[i] = memory(4 * MEBI);
			pause_ms(STEP_MS);
		}
		for (int i = 0; i < 30; i++)
			munmap(held[i], 4 * MEBI);
	}
}

/* fill has what make makes grow ever slower towards a number, by a time constant of two seconds. */
static void fill(double left, void (*make)(void))
{
	double before = seconds(), due = 0;
	ready();
	for (;;) {
		pause_ms(STEP_MS / 2);
		double now = seconds(), more = left * (now - before) / 2;
		before = now;
		left -= more;
		for (due += more; due >= 1; due--)
			make();
	}
}

static void one_mebibyte(void)
{
	memory(MEBI);
}

static void one_descriptor(void)
{
	descriptor();
}

static void warm_up(void)
{
	fill(250, one_mebibyte);
}

static void fd_pool(void)
{
	fill(300, one_descriptor);
}

static void thread_pool(void)
{
	fill(250, thread);
}

/* Connections come and go. */
static void connections(void)
{
	int held[60];
	ready();
	for (;;) {
		for (int i = 0; i < 60; i++) {
			held[i] = descriptor();
			pause_ms(10);
		}
		for (int i = 0; i < 60; i++) {
			close(held[i]);
			pause_ms(10);
		}
	}
}

const struct sick_case leaks[] = {
	{ "leak-memory", leak_memory },
	{ "leak-fd", leak_fd },
	{ "leak-fd-full", leak_fd_full },
	{ "leak-thread", leak_thread },
	{ "saw-tooth", saw_tooth },
	{ "warm-up", warm_up },
	{ "fd-pool", fd_pool },
	{ "thread-pool", thread_pool },
	{ "connections", connections },
	{ "compiler-grows", compiler_grows },
	{ "compiler-spins", compiler_spins },
	{ "spin-in-build", spin_in_build },
	{ 0 },
};
