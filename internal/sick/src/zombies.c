/* Dead children that nobody reaps, each for a reason of its own; and some that are reaped. */
#include "sick.h"

static void no_wait(void)
{
	say("zombie", dead_child(3));
	ready();
	park();
}

static void sigchld_blocked(void)
{
	sigset_t set;
	reap_on_sigchld();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	no_wait();
}

/* The child dies once its parent has stopped itself. */
static void parent_stopped(void)
{
	pid_t stopped = child();
	if (stopped == 0) {
		reap_on_sigchld();
		pid_t me = getpid(), dying = child();
		if (dying == 0) {
			await(me, 'T');
			_exit(0);
		}
		say("zombie", dying);
		raise(SIGSTOP);
		park();
	}
	await(stopped, 'T');
	pid_t zombie;
	while (!(zombie = find_child(stopped, 'Z')))
		pause_ms(2);
	say("main", stopped);
	ready();
	park();
}

/* A debugger, the case's first process, holds the parent in a tracing stop. */
static void parent_traced(void)
{
	pid_t held = child();
	if (held == 0) {
		say("zombie", dead_child(0));
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGTRAP);
		park();
	}
	await(held, 't');
	int status;
	waitpid(held, &status, 0);
	say("main", held);
	ready();
	park();
}

static void in_vfork(void)
{
	say("zombie", dead_child(0));
	ready();
	pid_t pid = vfork();
	if (pid == 0) {
		park();
		_exit(0);
	}
	park();
}

/* system blocks SIGCHLD and waits for its own child, while another dies. */
static void in_system(void)
{
	pid_t dying = child();
	if (dying == 0) {
		pause_ms(300);
		_exit(0);
	}
	say("zombie", dying);
	ready();
	if (system("exec sleep 300") < 0)
		die("system");
	park();
}

/* One dies every 100 ms, and all are reaped every second: some may be left for a while, and never many. */
static void lazy(void)
{
	ready();
	for (int i = 0;; i++) {
		if (child() == 0)
			_exit(0);
		pause_ms(100);
		if (i % 10 == 9)
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
	}
}

static void traced(void)
{
	int pids[2];
	if (pipe(pids) < 0)
		die("pipe");
	pid_t good = child();
	if (good == 0) {
		pid_t victim = child();
		if (victim == 0)
			park();
		if (write(pids[1], &victim, sizeof victim) != sizeof victim)
			die("write");
		waitpid(victim, NULL, 0);
		park();
	}
	pid_t victim;
	if (read(pids[0], &victim, sizeof victim) != sizeof victim)
		die("read");
	pid_t tracer = child();
	if (tracer == 0) {
		if (ptrace(PTRACE_SEIZE, victim, 0, 0) < 0)
			die("ptrace");
		kill(victim, SIGKILL);
		park();
	}
	await(victim, 'Z');
	say("zombie", victim);
	say("parent", good);
	say("main", tracer);
	ready();
	park();
}

static void *work(void *unused)
{
	(void)unused;
	park();
	return NULL;
}

static void leader_exited(void)
{
	pid_t leaderless = child();
	if (leaderless == 0) {
		pthread_t thread;
		for (int i = 0; i < 3; i++)
			if (pthread_create(&thread, NULL, work, NULL))
				die("pthread_create");
		syscall(SYS_exit, 0);
	}
	await(leaderless, 'Z');
	say("main", leaderless);
	ready();
	park();
}

/* await_death waits until all of a child has ended, and leaves it a zombie. */
static void await_death(pid_t pid)
{
	siginfo_t info;
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT) < 0)
		die("waitid");
}

static void *work_a_little(void *unused)
{
	pause_ms(300);
	return unused;
}

/* A zombie whose main thread ended before it, and one all threads of which were killed at once. */
static void late_death(void)
{
	pthread_t thread;
	pid_t late = child();
	if (late == 0) {
		if (pthread_create(&thread, NULL, work_a_little, NULL))
			die("pthread_create");
		syscall(SYS_exit, 0);
	}
	pid_t killed = child();
	if (killed == 0) {
		if (pthread_create(&thread, NULL, work, NULL))
			die("pthread_create");
		pause_ms(50);
		kill(getpid(), SIGKILL);
		park();
	}
	await_death(late);
	await_death(killed);
	say("zombie", late);
	say("killed", killed);
	say("single", dead_child(0));
	ready();
	park();
}

/* PID 1 of a namespace becomes a program that knows nothing of children; its grandchildren die on it. */
static void ns_init(void)
{
	if (unshare(CLONE_NEWPID) < 0)
		die("unshare");
	pid_t init = child();
	if (init == 0) {
		pid_t between = child();
		if (between == 0) {
			for (int i = 0; i < 2; i++)
				if (child() == 0) {
					execlp("sleep", "sleep", "0.1", NULL);
					die("sleep");
				}
			_exit(0);
		}
		waitpid(between, NULL, 0);
		execlp("sleep", "sleep", "300", NULL);
		die("sleep");
	}
	await_sleep(init); /* from here on it reaps nobody */
	pid_t zombie;
	while (!(zombie = find_child(init, 'Z')))
		pause_ms(5);
	say("zombie", zombie);
	say("main", init);
	ready();
	park();
}

static void waits_for_another(void)
{
	pid_t living = child();
	if (living == 0)
		park();
	say("other", living);
	say("zombie", dead_child(1));
	ready();
	waitpid(living, NULL, 0);
	park();
}

static void waits_for_pidfd(void)
{
	enum { P_OF_PIDFD = 3 }; /* P_PIDFD, which is not in every sys/wait.h */
	pid_t living = child();
	if (living == 0)
		park();
	int fd = syscall(SYS_pidfd_open, living, 0);
	if (fd < 0)
		die("pidfd_open");
	say("other", living);
	say("zombie", dead_child(1));
	ready();
	siginfo_t info;
	waitid(P_OF_PIDFD, fd, &info, WEXITED);
	park();
}

static void exit_signal(void)
{
	pid_t clone = syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
	if (clone < 0)
		die("clone");
	if (clone == 0)
		_exit(0);
	await(clone, 'Z');
	while (wait(NULL) > 0)
		;
	say("zombie", clone);
	ready();
	park();
}

static void late_ignore(void)
{
	say("zombie", dead_child(0));
	signal(SIGCHLD, SIG_IGN);
	ready();
	park();
}

static void growing(void)
{
	for (int i = 0; i < 1000; i++) {
		if (child() == 0)
			_exit(i % 3);
		if (i == 5)
			ready();
		pause_ms(100);
	}
	park();
}

static void transient(void)
{
	ready();
	for (;;) {
		dead_child(0);
		pause_ms(150);
		wait(NULL);
	}
}

static void sigchld_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	ready();
	for (;;) {
		if (child() == 0)
			_exit(0);
		pause_ms(100);
	}
}

const struct sick_case zombies[] = {
	{ "zombie-no-wait", no_wait },
	{ "zombie-sigchld-blocked", sigchld_blocked },
	{ "zombie-parent-stopped", parent_stopped },
	{ "zombie-parent-traced", parent_traced },
	{ "zombie-in-vfork", in_vfork },
	{ "zombie-in-system", in_system },
	{ "zombie-lazy", lazy },
	{ "zombie-traced", traced },
	{ "zombie-leader-exited", leader_exited },
	{ "zombie-late-death", late_death },
	{ "zombie-ns-init", ns_init },
	{ "zombie-waits-for-another", waits_for_another },
	{ "zombie-waits-for-pidfd", waits_for_pidfd },
	{ "zombie-exit-signal", exit_signal },
	{ "zombie-late-ignore", late_ignore },
	{ "zombie-growing", growing },
	{ "zombie-transient", transient },
	{ "sigchld-ignored", sigchld_ignored },
	{ 0 },
};
