/* Processes whose creators are gone: the forgotten, and those that want it so. */
#include "sick.h"

static void become_sleeper(void)
{
	execlp("sleep", "backup-job", "300", NULL);
	die("sleep");
}

pid_t lose(void (*become)(void), int by_kill)
{
	int back[2];
	if (pipe2(back, O_CLOEXEC) < 0)
		die("pipe");
	pid_t leader = child();
	if (leader == 0) {
		setsid();
		pid_t job = child();
		if (job == 0)
			become();
		if (write(back[1], &job, sizeof job) != sizeof job)
			die("write");
		if (by_kill)
			park();
		_exit(0);
	}
	pid_t job;
	if (read(back[0], &job, sizeof job) != sizeof job)
		die("read");
	close(back[0]);
	close(back[1]);
	if (by_kill)
		kill(leader, SIGKILL);
	waitpid(leader, NULL, 0);
	await_adoption(job, leader);
	return job;
}

/* A job of a login from elsewhere, in a group of its own, that goes on writing to a pipe nobody reads. */
static void job(void)
{
	setpgid(0, 0);
	setenv("SSH_TTY", "/dev/pts/99", 1);
	setenv("SSH_CONNECTION", "192.0.2.9 50000 192.0.2.1 22", 1);
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	dup2(ends[1], 1);
	become_sleeper();
}

static void orphan_job(void)
{
	pid_t pid = lose(job, 1);
	await_sleep(pid);
	say("main", pid);
	ready();
	park();
}

static void own_group(void)
{
	setpgid(0, 0);
	become_sleeper();
}

/* Stopped after its session ended: one that was stopped before would have been sent SIGHUP and SIGCONT. */
static void orphan_stopped(void)
{
	pid_t pid = lose(own_group, 1);
	await_sleep(pid);
	kill(pid, SIGSTOP);
	await(pid, 'T');
	say("main", pid);
	ready();
	park();
}

void adopt(const char *name, int code)
{
	int back[2];
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(back, O_CLOEXEC) < 0)
		die("pipe");
	pid_t lost = child();
	if (lost == 0) {
		setpgid(0, 0);
		if (name)
			prctl(PR_SET_NAME, name);
		pid_t left = child();
		if (left == 0)
			park();
		if (write(back[1], &left, sizeof left) != sizeof left)
			die("write");
		_exit(code);
	}
	pid_t left;
	if (read(back[0], &left, sizeof left) != sizeof left)
		die("read");
	waitpid(lost, NULL, 0);
	await_adoption(left, lost);
	say("main", left);
	say("parent", lost);
	say("adopter", getpid());
	ready();
	for (;;)
		if (wait(NULL) < 0)
			pause_ms(1000);
}

static void orphan_subreaper(void) { adopt(NULL, 0); }

static void serve(void)
{
	if (chdir("/") < 0)
		die("chdir");
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	park();
}

static void daemon_case(void)
{
	say("main", lose(serve, 0));
	ready();
	park();
}

static void hang_on(void)
{
	signal(SIGHUP, SIG_IGN);
	int log = open("nohup.out", O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log < 0)
		die("nohup.out");
	dup2(log, 1);
	dup2(log, 2);
	become_sleeper();
}

static void nohup_case(void)
{
	pid_t pid = lose(hang_on, 0);
	await_sleep(pid);
	say("main", pid);
	ready();
	park();
}

const struct sick_case orphans[] = {
	{ "orphan-job", orphan_job },
	{ "orphan-stopped", orphan_stopped },
	{ "orphan-subreaper", orphan_subreaper },
	{ "daemon", daemon_case },
	{ "nohup", nohup_case },
	{ 0 },
};
