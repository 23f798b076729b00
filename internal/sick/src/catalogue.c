/* Zombies whose reason lies in namespaces, in the file system, or in what the parent has become. */
#include "sick.h"

/* foreign makes a pid namespace with a living init, and a child of this process, which is outside, that dies in it. */
static pid_t foreign(void)
{
	if (unshare(CLONE_NEWPID) < 0)
		die("unshare");
	pid_t init = child();
	if (init == 0) {
		reap_on_sigchld();
		for (;;)
			pause();
	}
	say("init", init);
	say("zombie", dead_child(4));
	return init;
}

static void foreign_ns(void)
{
	foreign();
	ready();
	park();
}

/* The namespace's init is killed, and can't end before the dead child is reaped, which only the outside could do. */
static void teardown_stuck(void)
{
	pid_t init = foreign();
	kill(init, SIGKILL);
	char path[64], name[64] = "";
	snprintf(path, sizeof path, "/proc/%d/wchan", (int)init);
	while (strcmp(name, "zap_pid_ns_processes")) {
		FILE *wchan = fopen(path, "r");
		if (wchan && !fgets(name, sizeof name, wchan))
			name[0] = 0;
		if (wchan)
			fclose(wchan);
		pause_ms(2);
	}
	ready();
	park();
}

/* The child dies when its parent has become a program that knows nothing of children. */
static void inherited(void)
{
	pid_t heir = child();
	if (heir == 0) {
		if (child() == 0) {
			pause_ms(300);
			_exit(0);
		}
		execlp("sleep", "sleep", "300", NULL);
		die("sleep");
	}
	await_sleep(heir);
	pid_t zombie;
	while (!(zombie = find_child(heir, 'Z')))
		pause_ms(5);
	say("zombie", zombie);
	say("main", heir);
	ready();
	park();
}

static void reap_one(int signal)
{
	(void)signal;
	int saved = errno;
	waitpid(-1, NULL, WNOHANG);
	errno = saved;
}

/* Five die while SIGCHLD is blocked: the handler then runs once, and takes one. */
static void handler_misses(void)
{
	sigset_t set;
	signal(SIGCHLD, reap_one);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 5; i++)
		dead_child(i);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	pid_t zombie;
	while (!(zombie = find_child(getpid(), 'Z')))
		pause_ms(2);
	say("zombie", zombie);
	ready();
	park();
}

/* As cron does, the parent reads what its job writes until the end, and then would reap it. The job has ended and left a
 * process behind that holds the other end. */
static void reads_pipe(void)
{
	int ends[2];
	char text[64];
	if (pipe(ends) < 0)
		die("pipe");
	pid_t job = child();
	if (job == 0) {
		close(ends[0]);
		dup2(ends[1], 1);
		close(ends[1]);
		pid_t left = child();
		if (left == 0)
			park();
		if (dprintf(1, "%d", (int)left) < 0)
			die("write");
		_exit(0);
	}
	close(ends[1]);
	ssize_t n = read(ends[0], text, sizeof text - 1);
	if (n <= 0)
		die("read");
	text[n] = 0;
	await(job, 'Z');
	say("holder", atoi(text));
	say("zombie", job);
	ready();
	while (read(ends[0], text, sizeof text) > 0)
		;
	waitpid(job, NULL, 0);
	park();
}

const struct sick_case catalogue[] = {
	{ "zombie-foreign-ns", foreign_ns },
	{ "zombie-teardown-stuck", teardown_stuck },
	{ "zombie-inherited-by-exec", inherited },
	{ "zombie-handler-misses", handler_misses },
	{ "zombie-reads-pipe", reads_pipe },
	{ 0 },
};
