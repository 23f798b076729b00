#include "sick.h"

#include <linux/fuse.h>
#include <sys/mount.h>

static int device;

static void answer(uint64_t unique, int error, const void *data, size_t size)
{
	static char reply[1024];
	struct fuse_out_header header = { .len = sizeof header + size, .error = error, .unique = unique };
	memcpy(reply, &header, sizeof header);
	memcpy(reply + sizeof header, data, size);
	if (write(device, reply, header.len) != (ssize_t)header.len && errno != ENOENT) /* who asked is gone */
		die("answer");
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){ .ino = node, .size = 1, .mode = node == FUSE_ROOT_ID ? 040755 : 0100644, .nlink = 1 };
}

/* What is sent to who waits for a read, so that its sleep is one that can't be broken any more: SIGKILL to the process, or
 * a signal that has a handler to the thread. 0 is for nothing. */
static int reader_gets;

static void hold_reader(pid_t tid)
{
	if (reader_gets == 0)
		return;
	if (reader_gets == SIGKILL)
		kill(tid, SIGKILL);
	else
		syscall(SYS_tkill, tid, reader_gets);
	await(tid, 'D');
	ready();
}

/* serve is a file system where every name is a file that can be opened, and whoever reads or closes one waits. */
static void serve(const struct fuse_in_header *in)
{
	struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 65536 };
	struct fuse_entry_out entry = { .nodeid = 2, .entry_valid = 3600, .attr_valid = 3600, .attr = attributes(2) };
	struct fuse_attr_out attr = { .attr_valid = 3600, .attr = attributes(in->nodeid) };
	struct fuse_open_out open = { .fh = 1, .open_flags = FOPEN_DIRECT_IO };
	switch (in->opcode) {
	case FUSE_INIT:
		return answer(in->unique, 0, &init, sizeof init);
	case FUSE_LOOKUP:
		return answer(in->unique, 0, &entry, sizeof entry);
	case FUSE_GETATTR:
		return answer(in->unique, 0, &attr, sizeof attr);
	case FUSE_OPEN:
		return answer(in->unique, 0, &open, sizeof open);
	case FUSE_FLUSH:
		return ready();
	case FUSE_READ:
		return hold_reader(in->pid);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* none of these is answered */
	}
	answer(in->unique, -ENOSYS, NULL, 0);
}

/* with_server has a process live on a file system of its own, which this one serves from then on. The mount is in a
 * namespace of its own and goes with it. */
static void with_server(const char *role, void (*live)(void))
{
	static char request[1 << 18];
	char options[64];
	alarm(60); /* nobody else on this machine should have to wait longer */
	say("server", getpid());
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0 || unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mkdir("mount", 0700) < 0)
		die("fuse");
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (mount("sick", "mount", "fuse", 0, options) < 0)
		die("mount");
	pid_t pid = child();
	if (pid == 0) {
		close(device); /* else it would outlive the server */
		live();
	}
	say(role, pid);
	for (;;) {
		ssize_t n = read(device, request, sizeof request);
		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			serve((struct fuse_in_header *)request);
		else if (errno != EINTR && errno != ENOENT)
			die("read");
	}
}

/* An exec that waits for ever to close a file. Whoever reads the process's stat, and much else of it, waits as well,
 * until the server is killed. It has a zombie child. */
static void exec_and_close(void)
{
	say("zombie", dead_child(3));
	if (open("mount/file", O_RDONLY | O_CLOEXEC) < 0)
		die("open");
	execl("/bin/sleep", "sleep", "300", NULL);
	die("exec");
}

static void stuck_exec(void) { with_server("stuck", exec_and_close); }

/* It waits for ever to close a file, uninterruptibly once a signal has come: that of its child's death. */
static void close_a_file(void)
{
	reap_on_sigchld();
	pid_t pid = child();
	if (pid == 0) {
		pause_ms(500);
		_exit(0);
	}
	say("zombie", pid);
	int file = open("mount/file", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("open");
	close(file);
	park();
}

static void parent_in_d(void) { with_server("main", close_a_file); }

static void read_a_file(void)
{
	char byte;
	int file = open("mount/file", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("open");
	(void)!read(file, &byte, 1);
	die("read");
}

/* It was killed, and waits for its file server first. */
static void unkillable(void)
{
	reader_gets = SIGKILL;
	with_server("stuck", read_a_file);
}

static void *read_in_thread(void *unused)
{
	(void)unused;
	read_a_file();
	return NULL;
}

static void read_beside(void)
{
	pthread_t thread;
	reap_on_sigchld();
	if (pthread_create(&thread, NULL, read_in_thread, NULL) || pthread_setname_np(thread, "reader"))
		die("pthread_create");
	park();
}

/* One thread of several waits so. */
static void hung_thread(void)
{
	reader_gets = SIGCHLD;
	with_server("stuck", read_beside);
}

static char *map_it(int file) { return mmap(NULL, 1, PROT_READ, MAP_PRIVATE, file, 0); }

/* stays waits until a process is in a state, and not for a moment only. */
static void stays(pid_t pid, char want)
{
	do {
		await(pid, want);
		pause_ms(20);
	} while (state(pid) != want);
}

/* One waits for a page of the file. To map the file, too, takes until that has come, and meanwhile the memory map of who does
 * is locked: whoever reads its command line waits as well, until the server is killed. */
static int locked_maps;

static void lock_maps(void)
{
	volatile int *all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int file = open("mount/file", O_RDONLY | O_CLOEXEC); /* now: with a page that does not come it would wait */
	if (file < 0)
		die("open");
	signal(SIGCHLD, SIG_IGN);
	pid_t reader = child();
	if (reader == 0) {
		(void)*(volatile char *)map_it(file);
		park();
	}
	stays(reader, 'S');
	for (int i = 1; i <= locked_maps; i++) {
		char role[32];
		pid_t pid = child();
		if (pid == 0) {
			while (!*all)
				munmap(map_it(file), 1);
			park();
		}
		stays(pid, 'D');
		snprintf(role, sizeof role, "stuck%d", i);
		say(role, pid);
	}
	*all = 1;
	ready();
	park();
}

static void locked_map(void)
{
	locked_maps = 1;
	with_server("parent", lock_maps);
}

static void fifty_locked_maps(void)
{
	locked_maps = 50;
	with_server("parent", lock_maps);
}

const struct sick_case stuck[] = {
	{ "stuck-exec", stuck_exec },
	{ "zombie-parent-in-D", parent_in_d },
	{ "hung-unkillable", unkillable },
	{ "hung-thread", hung_thread },
	{ "locked-map", locked_map },
	{ "locked-maps", fifty_locked_maps },
	{ 0 },
};
