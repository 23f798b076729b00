#include "sick.h"

enum { REPORT = 3, LIFETIME = 300 };

void die(const char *what)
{
	perror(what);
	_exit(99);
}

pid_t child(void)
{
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		alarm(LIFETIME);
	return pid;
}

pid_t dead_child(int code)
{
	pid_t pid = child();
	if (pid == 0)
		_exit(code);
	await(pid, 'Z');
	return pid;
}

void say(const char *role, pid_t pid)
{
	if (dprintf(REPORT, "%s %d\n", role, (int)pid) < 0)
		die("report");
}

void ready(void)
{
	say("ready", 0);
	close(REPORT);
}

void park(void)
{
	for (;;)
		pause();
}

/* stat_fields reads the state and the parent of a process. */
static int stat_fields(pid_t pid, char *letter, int *ppid)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	char *end = strrchr(text, ')');
	return end && sscanf(end + 1, " %c %d", letter, ppid) == 2;
}

char state(pid_t pid)
{
	char letter;
	int ppid;
	return stat_fields(pid, &letter, &ppid) ? letter : 0;
}

pid_t parent(pid_t pid)
{
	char letter;
	int ppid;
	return stat_fields(pid, &letter, &ppid) ? ppid : 0;
}

void await(pid_t pid, char want)
{
	while (state(pid) != want)
		pause_ms(2);
}

void await_adoption(pid_t pid, pid_t lost)
{
	while (parent(pid) == lost)
		pause_ms(2);
}

void await_sleep(pid_t pid)
{
	char path[64], name[32] = "";
	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	while (strcmp(name, "sleep\n")) {
		FILE *comm = fopen(path, "r");
		if (comm && !fgets(name, sizeof name, comm))
			name[0] = 0;
		if (comm)
			fclose(comm);
		pause_ms(2);
	}
	await(pid, 'S');
}

pid_t find_child(pid_t pid, char want)
{
	pid_t found = 0;
	DIR *proc = opendir("/proc");
	for (struct dirent *entry; proc && !found && (entry = readdir(proc));) {
		pid_t candidate = atoi(entry->d_name);
		if (candidate > 0 && parent(candidate) == pid && state(candidate) == want)
			found = candidate;
	}
	if (proc)
		closedir(proc);
	return found;
}

void pause_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	nanosleep(&t, NULL);
}

static void reap(int signal)
{
	(void)signal;
	int saved = errno;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

void reap_on_sigchld(void)
{
	struct sigaction action = { .sa_handler = reap, .sa_flags = SA_RESTART };
	if (sigaction(SIGCHLD, &action, NULL) < 0)
		die("sigaction");
}

void spin(void)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

void spin_ms(int ms)
{
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
}

static void try_all(const struct sick_case *cases, const char *name)
{
	for (; cases->name; cases++)
		if (!strcmp(cases->name, name)) {
			cases->make();
			_exit(0);
		}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 98;
	/* whatever the test was started with */
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fcntl(REPORT, F_SETFD, FD_CLOEXEC);
	alarm(LIFETIME);
	say("main", getpid());
	try_all(zombies, argv[1]);
	try_all(orphans, argv[1]);
	try_all(hogs, argv[1]);
	try_all(stuck, argv[1]);
	try_all(churners, argv[1]);
	try_all(catalogue, argv[1]);
	try_all(guards, argv[1]);
	try_all(limits, argv[1]);
	try_all(leaks, argv[1]);
	try_all(lock_cases, argv[1]);
	try_all(old_files, argv[1]);
	fprintf(stderr, "no case %s\n", argv[1]);
	return 97;
}
