/* Processes that keep the processors or the scheduler busy. */
#include "sick.h"

static void just_spin(void)
{
	ready();
	spin();
}

static void start(void *(*run)(void *), void *arg)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, run, arg))
		die("pthread_create");
}

static void *spin_thread(void *unused)
{
	(void)unused;
	spin();
	return NULL;
}

/* The leader sleeps and a thread spins, so that only a look at the threads tells. */
static void thread_spin(void)
{
	start(spin_thread, NULL);
	ready();
	park();
}

static void on_cpu(int n)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(n, &one);
	if (sched_setaffinity(0, sizeof one, &one) < 0)
		die("affinity");
}

static void *spin_on_last(void *unused)
{
	on_cpu(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	spin();
	return unused;
}

/* Four threads want one CPU, and the main thread sleeps on another, where there is one. */
static void threads_contend(void)
{
	on_cpu(0);
	for (int i = 0; i < 4; i++)
		start(spin_on_last, NULL);
	ready();
	park();
}

static void *spin_nicely(void *unused)
{
	if (setpriority(PRIO_PROCESS, syscall(SYS_gettid), 19))
		die("setpriority");
	return spin_thread(unused);
}

/* The thread that spins lets others go first, and the leader has no nice value. */
static void thread_spin_nice(void)
{
	start(spin_nicely, NULL);
	ready();
	park();
}

static void burst(void)
{
	ready();
	for (;;) {
		spin_ms(250);
		pause_ms(350);
	}
}

/* A read from where there is nothing left returns at once. */
static void syscall_spin(void)
{
	char byte;
	ready();
	for (;;)
		if (read(0, &byte, 1) != 0)
			die("read");
}

/* Two threads throw a byte at each other, with a pause now and then: a storm that other tests survive. */
struct player {
	int in, out;
};

static void *play(void *arg)
{
	struct player *p = arg;
	struct timespec breath = { 0, 200000 };
	char ball;
	for (int n = 1; read(p->in, &ball, 1) == 1 && write(p->out, &ball, 1) == 1; n++)
		if (n % 20 == 0)
			nanosleep(&breath, NULL);
	return NULL;
}

static void ping_pong(void)
{
	int there[2], back[2];
	if (pipe(there) < 0 || pipe(back) < 0)
		die("pipe");
	static struct player players[2];
	players[0] = (struct player){ there[0], back[1] };
	players[1] = (struct player){ back[0], there[1] };
	for (int i = 0; i < 2; i++)
		start(play, &players[i]);
	if (write(there[1], "o", 1) != 1)
		die("write");
	ready();
	park();
}

const struct sick_case hogs[] = {
	{ "spin", just_spin },
	{ "thread-spin", thread_spin },
	{ "thread-spin-nice", thread_spin_nice },
	{ "threads-contend", threads_contend },
	{ "burst", burst },
	{ "syscall-spin", syscall_spin },
	{ "ping-pong", ping_pong },
	{ 0 },
};
