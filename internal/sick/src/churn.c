/* Who makes processes that nobody sees, and who leaves children between two looks. */
#include "sick.h"

static void forks(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		if (pid < 0)
			die("fork");
		if (pid == 0)
			_exit(i % 100 == 0);
		waitpid(pid, NULL, 0);
	}
}

/* As fast as it can: 8000 children, of whom 80 exit with 1. */
static void forks_8000(void)
{
	ready();
	forks(8000);
	park();
}

/* Some 5,000 a second, for the benchmark. */
static void forks_steady(void)
{
	ready();
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		forks(50);
		next.tv_nsec += 10 * 1000 * 1000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

/* Several hundred a second, each of which works a little, with an end that is not always good. */
static void churn_on(void)
{
	for (int i = 0;; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			spin_ms(1);
			_exit(i % 10 == 0);
		}
		waitpid(pid, NULL, 0);
		pause_ms(1);
	}
}

static void churn(void)
{
	ready();
	churn_on();
}

/* The same, but nobody waits: the kernel forgets such children at once, and what they used. */
static void churn_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	ready();
	for (;;) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(0);
		pause_ms(2);
	}
}

/* As a loop of shells: each child starts a program and ends. */
static void churn_exec(void)
{
	ready();
	for (;;) {
		pid_t pid = fork();
		if (pid == 0) {
			pid_t program = fork();
			if (program == 0) {
				execlp("true", "true", NULL);
				die("true");
			}
			waitpid(program, NULL, 0);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		pause_ms(1);
	}
}

/* A build: what forks so much is called make, or a child of that. */
static void churn_build(void)
{
	prctl(PR_SET_NAME, "make");
	pid_t worker = child();
	if (worker == 0) {
		prctl(PR_SET_NAME, "recipe");
		churn_on();
	}
	say("main", worker);
	ready();
	park();
}

static void *nothing(void *unused)
{
	return unused;
}

/* A thread for each piece of work: /proc/stat counts them as processes. */
static void churn_threads(void)
{
	ready();
	for (;;) {
		pthread_t t;
		if (pthread_create(&t, NULL, nothing, NULL) == 0)
			pthread_join(t, NULL);
		pause_ms(1);
	}
}

/* A child is born and loses its parent before anybody has seen either. */
static void orphan_quick(void) { adopt("lost-parent", 7); }

const struct sick_case churners[] = {
	{ "forks-8000", forks_8000 },
	{ "forks-steady", forks_steady },
	{ "churn", churn },
	{ "churn-ignored", churn_ignored },
	{ "churn-exec", churn_exec },
	{ "churn-build", churn_build },
	{ "churn-threads", churn_threads },
	{ "orphan-quick", orphan_quick },
	{ 0 },
};
