/* Processes that run files which are no more, and first processes of namespaces. */
#include "sick.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void copy(const char *from, const char *to)
{
	static char text[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;
	if (in < 0 || out < 0)
		die(to);
	while ((n = read(in, text, sizeof text)) > 0)
		if (write(out, text, n) != n)
			die(to);
	close(in);
	close(out);
}

/* runs has a copy of sleep run. */
static void runs(const char *path)
{
	copy("/bin/sleep", path);
	pid_t pid = child();
	if (pid == 0) {
		execl(path, "oldserver", "300", NULL);
		die("exec");
	}
	char comm[64], name[32] = "";
	snprintf(comm, sizeof comm, "/proc/%d/comm", (int)pid);
	while (strcmp(name, "old\n")) {
		FILE *file = fopen(comm, "r");
		if (!file || !fgets(name, sizeof name, file))
			die("comm");
		fclose(file);
		pause_ms(2);
	}
	say("old", pid);
}

static void exe_replaced(void)
{
	runs("./old");
	copy("/bin/sleep", "./new");
	if (rename("./new", "./old"))
		die("rename");
	ready();
	park();
}

static void exe_gone(void)
{
	runs("./old");
	unlink("./old");
	ready();
	park();
}

/* What has the place of the executable now can't be executed: it is no successor. */
static void exe_other(void)
{
	runs("./old");
	unlink("./old");
	copy("/bin/sleep", "./old");
	chmod("./old", 0644);
	ready();
	park();
}

/* The same file has its name back. */
static void exe_restored(void)
{
	runs("./old");
	if (link("./old", "./kept") || unlink("./old") || link("./kept", "./old"))
		die("link");
	ready();
	park();
}

static void exe_memfd(void)
{
	static char text[1 << 16];
	int in = open("/bin/sleep", O_RDONLY | O_CLOEXEC), out = memfd_create("jit", MFD_CLOEXEC);
	ssize_t n;
	while ((n = read(in, text, sizeof text)) > 0)
		if (write(out, text, n) != n)
			die("memfd");
	char *argv[] = { "sleep", "300", NULL }, path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", out);
	pid_t pid = child();
	if (pid == 0) {
		execv(path, argv);
		die("exec");
	}
	say("old", pid);
	ready();
	park();
}

/* maps_library maps a copy of a library to be executed. */
static void maps_library(void)
{
	struct link_map *map;
	void *libm = dlopen("libm.so.6", RTLD_NOW);
	if (!libm || dlinfo(libm, RTLD_DI_LINKMAP, &map))
		die("libm");
	copy(map->l_name, "./libsick.so.1");
	int fd = open("./libsick.so.1", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		die("libsick");
	close(fd);
}

static void library_replaced(void)
{
	maps_library();
	copy("/bin/sleep", "./new");
	if (rename("./new", "./libsick.so.1"))
		die("rename");
	ready();
	park();
}

static void library_gone(void)
{
	maps_library();
	unlink("./libsick.so.1");
	ready();
	park();
}

static void note(int signal) { (void)signal; }

/* init is PID 1 of a namespace. */
static void init(void (*prepare)(void))
{
	if (unshare(CLONE_NEWPID) < 0)
		die("unshare");
	pid_t pid = child();
	if (pid == 0) {
		prepare();
		park();
	}
	say("init", pid);
	await(pid, 'S');
	ready();
	park();
}

static void nothing(void) {}

static void ignore(void) { signal(SIGTERM, SIG_IGN); }

static void handle_int(void) { signal(SIGINT, note); }

static void handle(void) { signal(SIGTERM, note); }

static void block(void)
{
	sigset_t term;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
}

static void init_deaf(void) { init(nothing); }
static void init_ignores(void) { init(ignore); }
static void init_int(void) { init(handle_int); }
static void init_handles(void) { init(handle); }
static void init_blocks(void) { init(block); }

const struct sick_case old_files[] = {
	{ "exe-replaced", exe_replaced },
	{ "exe-gone", exe_gone },
	{ "exe-other", exe_other },
	{ "exe-restored", exe_restored },
	{ "exe-memfd", exe_memfd },
	{ "library-replaced", library_replaced },
	{ "library-gone", library_gone },
	{ "init-deaf", init_deaf },
	{ "init-ignores", init_ignores },
	{ "init-int", init_int },
	{ "init-handles", init_handles },
	{ "init-blocks", init_blocks },
	{ 0 },
};
