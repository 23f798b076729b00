/* What makes an orphan one, and what makes it none, one by one. */
#include "sick.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void await_name(pid_t pid, const char *want)
{
	char path[64], name[32] = "";
	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	while (strcmp(name, want)) {
		FILE *comm = fopen(path, "r");
		if (comm && !fgets(name, sizeof name, comm))
			name[0] = 0;
		if (comm)
			fclose(comm);
		name[strcspn(name, "\n")] = 0;
		pause_ms(2);
	}
}

/* settle gives itself the name by which the case knows that it is as it should be, and sleeps. */
static void settle(const char *name)
{
	prctl(PR_SET_NAME, name);
	park();
}

/* left has a process lose who made it, and makes it what the case is about. */
static void left(void (*become)(void), const char *name)
{
	pid_t pid = lose(become, 1);
	await_name(pid, name);
	say("main", pid);
	ready();
	park();
}

static void to_file(const char *name)
{
	int log = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log < 0)
		die(name);
	dup2(log, 1);
	dup2(log, 2);
}

/* Its terminal is gone: the kernel clears tty_nr, and the descriptors tell. */
static void on_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		die("pty");
	int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (terminal < 0)
		die("terminal");
	for (int fd = 0; fd < 3; fd++)
		dup2(terminal, fd);
	close(terminal);
	close(master);
	settle("report");
}

static void terminal_gone(void) { left(on_terminal, "report"); }

/* A build's step that outlived it: it ignores SIGHUP and writes to a file, as nohup has it, but a build made it. */
static void of_build(void)
{
	signal(SIGHUP, SIG_IGN);
	to_file("build.log");
	execl("/usr/bin/env", "env", "BUILD_ID=77", "GITHUB_RUN_ID=4711", "sleep", "300", NULL);
	die("env");
}

static void build_left(void) { left(of_build, "sleep"); }

/* SIGHUP ignored proves nothing: it is inherited. Its output goes to a pipe that nobody reads. */
static void deaf_writer(void)
{
	int ends[2];
	signal(SIGHUP, SIG_IGN);
	if (pipe(ends) < 0)
		die("pipe");
	dup2(ends[1], 1);
	close(ends[0]);
	close(ends[1]);
	settle("writer");
}

static void sighup_inherited(void) { left(deaf_writer, "writer"); }

/* A build's service that made a session of its own, as those do that are to outlive the build's clean-up. */
static void away_from_build(void)
{
	setsid();
	to_file("service.log");
	execl("/usr/bin/env", "env", "JENKINS_NODE_COOKIE=c0ffee", "BUILD_ID=12", "sleep", "300", NULL);
	die("env");
}

static void build_setsid(void) { left(away_from_build, "sleep"); }

/* A daemon in a session of its own whose log is a file: it has nothing of a build or login. */
static void logs_to_file(void)
{
	setsid();
	if (chdir("/") < 0)
		die("chdir");
	to_file("/dev/null");
	settle("logger");
}

static void own_session(void) { left(logs_to_file, "logger"); }

static void nowhere(void)
{
	if (mkdir("gone", 0700) < 0 || chdir("gone") < 0 || rmdir("../gone") < 0)
		die("gone");
	setpgid(0, 0);
	settle("nowhere");
}

static void cwd_deleted(void) { left(nowhere, "nowhere"); }

/* PID 1 of a namespace is given the child of one that ended there. */
static void adopted_in_container(void)
{
	int back[2];
	if (pipe(back) < 0 || unshare(CLONE_NEWPID) < 0)
		die("unshare");
	pid_t init = child();
	if (init == 0) {
		reap_on_sigchld();
		if (child() == 0) { /* it leads the group and the session of what it leaves */
			setsid();
			int away[2];
			if (pipe2(away, O_CLOEXEC) < 0)
				die("pipe");
			if (child() == 0) {
				dup2(away[1], 1); /* no daemon: whoever read that is gone */
				settle("forgotten");
			}
			_exit(0);
		}
		for (;;)
			pause();
	}
	pid_t lost;
	while (!(lost = find_child(init, 'S')))
		pause_ms(2);
	await_name(lost, "forgotten");
	say("adopter", init);
	say("main", lost);
	ready();
	park();
}

/* tmux's server has lost who started it, and its terminal, on purpose. */
static void server_of_terminals(void)
{
	setpgid(0, 0);
	to_file("tmux.log");
	settle("tmux: server");
}

static void multiplexer(void) { left(server_of_terminals, "tmux: server"); }

/* A server in a session of its own, that listens. Its output goes to a pipe of which nobody reads any more. */
static void serve_tcp(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int ends[2], s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || bind(s, (struct sockaddr *)&any, sizeof any) < 0 || listen(s, 1) < 0 || pipe(ends) < 0)
		die("listen");
	setsid();
	dup2(ends[1], 1);
	close(ends[0]);
	close(ends[1]);
	settle("listener");
}

static void listener(void) { left(serve_tcp, "listener"); }

const struct sick_case guards[] = {
	{ "orphan-terminal-gone", terminal_gone },
	{ "orphan-of-build", build_left },
	{ "orphan-sighup-inherited", sighup_inherited },
	{ "orphan-cwd-deleted", cwd_deleted },
	{ "orphan-in-container", adopted_in_container },
	{ "orphan-of-build-setsid", build_setsid },
	{ "own-session", own_session },
	{ "multiplexer", multiplexer },
	{ "listener", listener },
	{ 0 },
};
