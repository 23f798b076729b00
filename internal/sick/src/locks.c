/* Threads that wait for each other, and some that only seem to. */
#include "sick.h"

#include <semaphore.h>
#include <sys/mman.h>

enum { MOST = 4 };

static pthread_mutex_t locks[MOST] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static pthread_barrier_t together;
static int threads; /* that are in the circle */

static void start(void *(*run)(void *), long arg, const char *name)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, run, (void *)arg) || pthread_setname_np(thread, name))
		die("pthread_create");
}

/* Each takes its own lock, and then that of the next. */
static void *take_two(void *arg)
{
	long n = (long)arg;
	pthread_mutex_lock(&locks[n]);
	pthread_barrier_wait(&together);
	pthread_mutex_lock(&locks[(n + 1) % threads]);
	die("the lock was free");
	return NULL;
}

static void *take_one(void *arg)
{
	pthread_barrier_wait(&together);
	pthread_mutex_lock(&locks[(long)arg]);
	die("the lock was free");
	return NULL;
}

/* circle has n threads wait for each other, and one more for the first of them. */
static void circle(int n)
{
	static const char *const names[] = { "worker-1", "worker-2", "worker-3" };
	threads = n;
	pthread_barrier_init(&together, NULL, n + 1);
	for (int i = 0; i < n; i++)
		start(take_two, i, names[i]);
	start(take_one, 0, "behind");
	ready();
	park();
}

static void abba(void) { circle(2); }

static void three(void) { circle(3); }

static void *take_twice(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&locks[0]);
	pthread_mutex_lock(&locks[0]);
	die("the lock was free");
	return NULL;
}

static void relock(void)
{
	start(take_twice, 0, "relocker");
	ready();
	park();
}

/* The same in a pid namespace, where the lock names its owner as the namespace numbers it. */
static void in_namespace(void)
{
	if (unshare(CLONE_NEWPID) < 0)
		die("unshare");
	pid_t pid = child();
	if (pid == 0) {
		pthread_t thread; /* without a name: that would be set by /proc, which is not this namespace's */
		if (pthread_create(&thread, NULL, take_twice, NULL))
			die("pthread_create");
		park();
	}
	say("init", pid);
	ready();
	park();
}

/* Two processes wait for each other at locks in memory that they share. Each has a second thread. */
static void across(void)
{
	struct shared {
		pthread_mutex_t locks[2];
		pthread_barrier_t both;
	} *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;
	pthread_barrierattr_t battr;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrierattr_init(&battr);
	pthread_barrierattr_setpshared(&battr, PTHREAD_PROCESS_SHARED);
	if (s == MAP_FAILED || pthread_barrier_init(&s->both, &battr, 2))
		die("shared");
	for (int i = 0; i < 2; i++)
		pthread_mutex_init(&s->locks[i], &attr);
	pid_t pid = child();
	int n = pid == 0;
	if (pid)
		say("other", pid);
	pthread_mutex_lock(&s->locks[n]);
	pthread_barrier_wait(&s->both);
	if (pid) {
		pthread_barrier_init(&together, NULL, 2);
		start(take_one, 0, "idle"); /* waits at a barrier for ever */
		ready();
	}
	pthread_mutex_lock(&s->locks[1 - n]);
	die("the lock was free");
}

static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static sem_t empty;

static void *wait_otherwise(void *arg)
{
	switch ((long)arg) {
	case 0:
	case 1: /* two at one condition, whose lock a third takes and keeps */
		pthread_mutex_lock(&locks[0]);
		pthread_cond_wait(&never, &locks[0]);
		break;
	case 2:
		sem_wait(&empty);
		break;
	case 3:
		pthread_rwlock_rdlock(&rw);
		break;
	case 4:
		pthread_rwlock_wrlock(&rw);
		break;
	case 5:
		pthread_barrier_wait(&together);
		break;
	}
	die("it went on");
	return NULL;
}

/* Threads that wait at everything but a mutex, in a process that waits for one of them to end. */
static void other_waits(void)
{
	pthread_t thread;
	sem_init(&empty, 0, 0);
	pthread_barrier_init(&together, NULL, 2);
	pthread_rwlock_wrlock(&rw);
	for (long n = 0; n < 6; n++)
		start(wait_otherwise, n, "waiter");
	if (pthread_create(&thread, NULL, wait_otherwise, (void *)2))
		die("pthread_create");
	ready();
	pthread_join(thread, NULL);
}

static void *keep_lock(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&locks[0]);
	pthread_barrier_wait(&together);
	park();
	return NULL;
}

/* One sleeps with the lock in its hands, and three wait for it. */
static void kept_lock(void)
{
	pthread_barrier_init(&together, NULL, 4);
	start(keep_lock, 0, "keeper");
	for (int i = 0; i < 3; i++)
		start(take_one, 0, "waiter");
	ready();
	park();
}

/* Two wait for each other, but not for ever. */
static void *take_two_timed(void *arg)
{
	long n = (long)arg;
	struct timespec end;
	pthread_mutex_lock(&locks[n]);
	pthread_barrier_wait(&together);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 600;
	pthread_mutex_timedlock(&locks[1 - n], &end);
	die("the lock was free");
	return NULL;
}

static void timed(void)
{
	pthread_barrier_init(&together, NULL, 2);
	for (int i = 0; i < 2; i++)
		start(take_two_timed, i, "patient");
	ready();
	park();
}

/* Eight threads take two of four locks at a time, always the lower first, and keep them for a moment: always somebody waits,
 * and nobody for long. */
static void *take_pairs(void *arg)
{
	unsigned seed = (long)arg;
	for (;;) {
		int a = rand_r(&seed) % (MOST - 1), b = a + 1 + rand_r(&seed) % (MOST - 1 - a);
		pthread_mutex_lock(&locks[a]);
		pthread_mutex_lock(&locks[b]);
		pause_ms(1);
		pthread_mutex_unlock(&locks[b]);
		pthread_mutex_unlock(&locks[a]);
	}
	return NULL;
}

static void convoy(void)
{
	for (int i = 0; i < 8; i++)
		start(take_pairs, i + 1, "convoy");
	ready();
	park();
}

static void on_first_cpu(void)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof one, &one))
		die("sched_setaffinity");
}

static void *lowly(void *arg)
{
	struct sched_param none = { 0 };
	pthread_mutex_lock(&locks[0]);
	if (arg ? setpriority(PRIO_PROCESS, syscall(SYS_gettid), 19) : pthread_setschedparam(pthread_self(), SCHED_IDLE, &none))
		die("priority");
	on_first_cpu();
	pthread_barrier_wait(&together);
	spin();
	return NULL;
}

static void *hog(void *unused)
{
	(void)unused;
	on_first_cpu();
	spin();
	return NULL;
}

/* A thread of no priority has the lock, and another process its CPU. */
static void inversion(void)
{
	pthread_barrier_init(&together, NULL, 2);
	pid_t pid = child();
	if (pid == 0)
		hog(NULL);
	say("hog", pid);
	start(lowly, 0, "lowly");
	start(take_one, 0, "urgent");
	ready();
	park();
}

/* The same, but a thread of the process itself has the CPU. */
static void inversion_within(void)
{
	pthread_barrier_init(&together, NULL, 2);
	start(lowly, 1, "lowly");
	start(take_one, 0, "urgent");
	start(hog, 0, "hog");
	ready();
	park();
}

/* The owner computes with the lock in its hands, and nothing is in its way. */
static void *compute(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&locks[0]);
	pthread_barrier_wait(&together);
	spin();
	return NULL;
}

static void busy_owner(void)
{
	pthread_barrier_init(&together, NULL, 2);
	start(compute, 0, "owner");
	start(take_one, 0, "waiter");
	ready();
	park();
}

const struct sick_case lock_cases[] = {
	{ "deadlock-abba", abba },
	{ "deadlock-three", three },
	{ "deadlock-relock", relock },
	{ "deadlock-across", across },
	{ "deadlock-in-namespace", in_namespace },
	{ "lock-other-waits", other_waits },
	{ "lock-kept", kept_lock },
	{ "lock-timed", timed },
	{ "lock-convoy", convoy },
	{ "inversion", inversion },
	{ "inversion-within", inversion_within },
	{ "lock-busy-owner", busy_owner },
	{ 0 },
};
