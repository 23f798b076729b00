//go:build ignore

// SPDX-License-Identifier: (MIT OR GPL-2.0)
// The task iterator: the kernel calls dump for every task, and a read of the iterator gives what dump wrote, one record a
// task. A thread's record is the first part alone; a process's has the second; the third is added where it says something.
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define NSPIDS 8
#define FD_WORDS 16 // of the map of open descriptors that are counted here

enum is {
	// What the record has.
	PROCESS = 1 << 0, // the main thread's: its second part is the process's
	MORE = 1 << 1,    // the third part
	MEMORY = 1 << 2,
	HANDLERS = 1 << 3, // ignored and caught; without it they are as before
	IDLE = 1 << 4,

	// What the kernel has.
	KNOWS_ON_CPU = 1 << 8,
	KNOWS_RUN_DELAY = 1 << 9,
	KNOWS_IO = 1 << 10,
	KNOWS_CGROUP = 1 << 11,
	KNOWS_BLOCKER = 1 << 12,

	// What holds of the task or the process.
	ON_CPU = 1 << 16,
	SUBREAPER = 1 << 17,
	NO_CHILD_WAIT = 1 << 18, // SA_NOCLDWAIT for SIGCHLD; with HANDLERS
	COUNTED_DEAD = 1 << 19,  // dead_delay is kept, and has the delay of the threads that are ending, too
};

struct record {
	// Of every task.
	__u32 size;
	enum is is;
	__s32 tgid, tid;
	__u32 state, exit_state;
	__u32 flags;
	__s32 prio, static_prio;
	__u32 rt_priority, policy;
	__u32 cpu;
	__u32 pad1;
	__s32 blocker; // tid of who holds what it waits for
	__u64 start;   // ns since boot, suspend included
	__u64 run, run_delay;
	__u64 exec_start, idle;
	__u64 nvcsw, nivcsw;
	__u64 utime, stime, gtime;
	__u64 min_flt, maj_flt;
	__u64 dead_run; // of the threads of the process that have ended: a change says that one did
	__u64 io[6]; // a process's: with those of ended threads and of children that were waited for; rchar, wchar, syscr, syscw, read_bytes, write_bytes
	char comm[16];

	// Of a process.
	__s32 ppid, pgid, sid, tpgid, tracer;
	__u32 tty;
	__s32 exit_code, exit_signal, threads;
	__u32 uid, euid, gid, egid;
	__u32 pidns;
	__u32 nspids; // how many pids it has, from the reader's namespace down
	__s32 fds;    // open descriptors, -1 for not counted
	__u64 exec_id;
	__u64 cgroup, cgroup_set;
	__u64 exe_file, exe_mount; // the same for all that run the same file by the same path
	__u64 pending, shared, blocked, ignored, caught;
	__u64 cutime, cstime, cmin_flt;
	__u64 vsize, hiwater_rss; // pages
	__s64 rss_file, rss_anon, rss_shmem, swap;

	// Of a process with threads that have ended, or that is in a pid namespace below the reader's.
	__s32 nspid[NSPIDS];
	__u64 dead_delay;
	__u64 dead_nvcsw, dead_nivcsw;
	__u64 dead_utime, dead_stime, dead_gtime;
	__u64 dead_min_flt, dead_maj_flt;
};

// One reader at a time has the program: what a record is made in, and where the reader stands.
struct record rec;
__u32 level;
__u64 own_ns;
__u64 clock_now;
__u64 quiet; // ns since the reader read last, and a little more: set by it; 0 for never

#define PF_EXITING 0x00000004
#define SA_NOCLDWAIT 0x00000002
#define SIGNAL_STOP_STOPPED 0x00000001
#define SIGNAL_GROUP_EXIT 0x00000004
#define MM_FILEPAGES 0
#define MM_ANONPAGES 1
#define MM_SWAPENTS 2
#define MM_SHMEMPAGES 3

#define has_task_field(field) bpf_core_field_exists(((struct task_struct *)0)->field)
#define has_run_queues (has_task_field(se.cfs_rq) && bpf_core_field_exists(((struct cfs_rq *)0)->rq))

// local is a copy of a struct upid, whose layout never changed. It is not of that type so that clang does not make one
// instruction of reading the copy and the original, which the verifier refuses.
struct local {
	int nr;
	int pad;
	__u64 ns;
};

// number gives a pid as the reader's namespace has it, 0 for one that is not in it.
static __always_inline int number(struct pid *pid)
{
	struct local id = {};

	if (!pid || pid->level < level)
		return 0;
	if (level == 0)
		return pid->numbers[0].nr;
	if (bpf_core_read(&id, sizeof(id), &pid->numbers[level & 31]))
		return 0;
	return id.ns == own_ns ? id.nr : 0;
}

// find_reader finds the pid namespace of who reads, and the time by its CPU's run queue, once a reading.
static __always_inline void find_reader(void)
{
	struct task_struct *reader = (void *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(reader, thread_pid);
	struct local id = {};

	level = BPF_CORE_READ(pid, level);
	bpf_core_read(&id, sizeof(id), &pid->numbers[level & 31]);
	own_ns = id.ns;
	clock_now = 0;
	if (has_run_queues)
		clock_now = BPF_CORE_READ(reader, se.cfs_rq, rq, clock);
}

static __always_inline __u32 cpu_of(struct task_struct *task)
{
	if (has_task_field(thread_info.cpu))
		return task->thread_info.cpu;
	if (bpf_core_field_exists(((struct task_struct___before_516 *)0)->cpu))
		return ((struct task_struct___before_516 *)task)->cpu;
	return 0;
}

static __always_inline void transfers(struct task_io_accounting *from)
{
	rec.io[0] += from->rchar;
	rec.io[1] += from->wchar;
	rec.io[2] += from->syscr;
	rec.io[3] += from->syscw;
	rec.io[4] += from->read_bytes;
	rec.io[5] += from->write_bytes;
}

// last_run tells how long ago a task ran last. exec_start is by the clock of its CPU's run queue, which leaves out what
// interrupts and other virtual machines took, and stands still while the CPU is idle.
static __always_inline void last_run(struct task_struct *task)
{
	struct rq *rq;
	__u64 now;

	rec.exec_start = task->se.exec_start;
	rec.idle = 0;
	if (!has_run_queues || !rec.exec_start)
		return;
	rq = task->se.cfs_rq->rq;
	now = rq->clock_task;
	if (clock_now > rq->clock)
		now += clock_now - rq->clock;
	rec.is |= IDLE;
	if (now > rec.exec_start)
		rec.idle = now - rec.exec_start;
}

// blocker tells who holds the lock that a task waits for. The lowest two bits of the field are the kind of lock.
static __always_inline void blocker(struct task_struct *task)
{
	struct task_struct *owner = 0;
	struct pid *pid = 0;
	__u64 lock, value = 0;

	rec.blocker = 0;
	if (!has_task_field(blocker))
		return;
	rec.is |= KNOWS_BLOCKER;
	lock = task->blocker;
	if (!lock)
		return;
	switch (lock & 3) {
	case 0:
		bpf_core_read(&value, sizeof(value), &((struct mutex *)lock)->owner.counter);
		break;
	case 2:
	case 3:
		bpf_core_read(&value, sizeof(value), &((struct rw_semaphore *)(lock & ~3ULL))->owner.counter);
		if (value & 1) // readers have it, of whom only the last is known
			value = 0;
		break;
	}
	owner = (void *)(value & ~7ULL);
	if (!owner)
		return;
	pid = BPF_CORE_READ(owner, thread_pid);
	bpf_core_read(&rec.blocker, sizeof(rec.blocker), &pid->numbers[level & 31].nr);
}

static __always_inline void of_task(struct task_struct *task, struct signal_struct *signal)
{
	rec.is = 0;
	rec.tid = number(task->thread_pid);
	rec.tgid = number(signal->pids[PIDTYPE_TGID]);
	if (has_task_field(__state))
		rec.state = task->__state;
	else
		rec.state = ((struct task_struct___before_514 *)task)->state;
	rec.exit_state = task->exit_state;
	rec.flags = task->flags;
	rec.prio = task->prio;
	rec.static_prio = task->static_prio;
	rec.rt_priority = task->rt_priority;
	rec.policy = task->policy;
	rec.cpu = cpu_of(task);
	if (has_task_field(on_cpu)) {
		rec.is |= KNOWS_ON_CPU;
		if (BPF_CORE_READ_BITFIELD(task, on_cpu)) // int, or one byte (7.2)
			rec.is |= ON_CPU;
	}
	rec.start = task->start_boottime;
	rec.run = task->se.sum_exec_runtime;
	rec.run_delay = 0;
	if (has_task_field(sched_info.run_delay)) {
		rec.is |= KNOWS_RUN_DELAY;
		rec.run_delay = task->sched_info.run_delay;
	}
	last_run(task);
	blocker(task);
	rec.nvcsw = task->nvcsw;
	rec.nivcsw = task->nivcsw;
	rec.utime = task->utime;
	rec.stime = task->stime;
	rec.gtime = task->gtime;
	rec.min_flt = task->min_flt;
	rec.maj_flt = task->maj_flt;
	rec.dead_run = signal->sum_sched_runtime;
	if (has_task_field(ioac.read_bytes)) {
		rec.is |= KNOWS_IO;
		__builtin_memset(rec.io, 0, sizeof(rec.io));
		transfers(&task->ioac);
		if (task->pid == task->tgid)
			transfers(&signal->ioac);
	}
	__builtin_memcpy(rec.comm, task->comm, sizeof(rec.comm));
}

static __always_inline void terminal(struct signal_struct *signal)
{
	struct tty_struct *tty = signal->tty;
	struct pid *group;
	__u32 minor;

	rec.tty = 0;
	rec.tpgid = -1;
	if (!tty)
		return;
	minor = tty->driver->minor_start + tty->index;
	rec.tty = (minor & 0xff) | tty->driver->major << 8 | (minor & ~0xffU) << 12;
	if (bpf_core_field_exists(((struct tty_struct *)0)->ctrl.pgrp))
		group = tty->ctrl.pgrp;
	else
		group = ((struct tty_struct___before_515 *)tty)->pgrp;
	rec.tpgid = number(group);
}

// descriptors counts the open ones. A map of more than a thousand is left to /proc.
static __always_inline void descriptors(struct task_struct *task)
{
	struct files_struct *files = task->files;
	struct fdtable *table;
	__u32 words;

	rec.fds = -1;
	if (!files)
		return;
	table = files->fdt;
	words = table->max_fds / 64;
	if (words > FD_WORDS)
		return;
	rec.fds = 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < FD_WORDS; i++) {
		__u64 map = 0;

		if (i >= words)
			break;
		bpf_probe_read_kernel(&map, sizeof(map), table->open_fds + i);
		map -= map >> 1 & 0x5555555555555555ULL;
		map = (map & 0x3333333333333333ULL) + (map >> 2 & 0x3333333333333333ULL);
		map = (map + (map >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
		rec.fds += map * 0x0101010101010101ULL >> 56;
	}
}

static __always_inline void memory(struct mm_struct *mm)
{
	rec.exe_file = rec.exe_mount = 0;
	if (!mm) {
		rec.vsize = rec.hiwater_rss = 0;
		rec.rss_file = rec.rss_anon = rec.rss_shmem = rec.swap = 0;
		return;
	}
	rec.is |= MEMORY;
	rec.vsize = mm->total_vm;
	rec.hiwater_rss = mm->hiwater_rss;
	rec.exe_file = (__u64)mm->exe_file->f_path.dentry;
	rec.exe_mount = (__u64)mm->exe_file->f_path.mnt;
	if (bpf_core_field_exists(((struct mm_struct___before_62 *)0)->rss_stat.count)) {
		struct mm_struct___before_62 *old = (void *)mm;
		__s64 count[4] = {};

		// An array of a type with another name is what the verifier of 5.10 does not see through.
		bpf_core_read(&count, sizeof(count), &old->rss_stat.count);
		rec.rss_file = count[MM_FILEPAGES];
		rec.rss_anon = count[MM_ANONPAGES];
		rec.rss_shmem = count[MM_SHMEMPAGES];
		rec.swap = count[MM_SWAPENTS];
	} else {
		rec.rss_file = mm->rss_stat[MM_FILEPAGES].count;
		rec.rss_anon = mm->rss_stat[MM_ANONPAGES].count;
		rec.rss_shmem = mm->rss_stat[MM_SHMEMPAGES].count;
		rec.swap = mm->rss_stat[MM_SWAPENTS].count;
	}
}

static __always_inline void signals(struct task_struct *task, struct signal_struct *signal)
{
	struct sighand_struct *hand = task->sighand;
	__u64 ignored = 0, caught = 0;

	rec.pending = task->pending.signal.sig[0];
	rec.shared = signal->shared_pending.signal.sig[0];
	rec.blocked = task->blocked.sig[0];
	rec.ignored = rec.caught = 0;
	if (!hand)
		return;
	// The handlers lie in 32 cache lines: who did not run since, and shares them with nobody, has the same as then.
	if (quiet && rec.is & IDLE && rec.idle > quiet && hand->count.refs.counter == 1)
		return;
#pragma clang loop unroll(disable)
	for (int i = 0; i < SIGNALS; i++) {
		__u64 handler = (__u64)hand->action[i].sa.sa_handler;

		if (handler == 1)
			ignored |= 1ULL << i;
		else if (handler)
			caught |= 1ULL << i;
	}
	rec.is |= HANDLERS;
	rec.ignored = ignored;
	rec.caught = caught;
	if (hand->action[SIGCHLD - 1].sa.sa_flags & SA_NOCLDWAIT)
		rec.is |= NO_CHILD_WAIT;
}

static __always_inline void namespaces(struct pid *pid)
{
	rec.nspids = pid->level - level + 1;
	rec.pidns = 0;
	if (pid->level == 0) {
		rec.pidns = pid->numbers[0].ns->ns.inum;
	} else {
		struct pid_namespace *ns;
		struct local id = {};

		bpf_core_read(&id, sizeof(id), &pid->numbers[pid->level & 31]);
		ns = (void *)id.ns;
		bpf_core_read(&rec.pidns, sizeof(rec.pidns), &ns->ns.inum);
	}
	if (rec.nspids < 2)
		return;
	rec.is |= MORE;
#pragma clang loop unroll(disable)
	for (int i = 0; i < NSPIDS; i++) {
		rec.nspid[i] = 0;
		if (i < rec.nspids)
			bpf_core_read(&rec.nspid[i], sizeof(rec.nspid[i]), &pid->numbers[(level + i) & 31].nr);
	}
}

static __always_inline void of_process(struct task_struct *task, struct signal_struct *signal)
{
	const struct cred *cred = task->real_cred;

	rec.ppid = number(task->real_parent->signal->pids[PIDTYPE_TGID]);
	rec.pgid = number(signal->pids[PIDTYPE_PGID]);
	rec.sid = number(signal->pids[PIDTYPE_SID]);
	rec.tracer = task->ptrace ? number(task->parent->thread_pid) : 0;
	terminal(signal);
	rec.exit_code = task->exit_code;
	if (signal->flags & (SIGNAL_GROUP_EXIT | SIGNAL_STOP_STOPPED))
		rec.exit_code = signal->group_exit_code;
	rec.exit_signal = task->exit_signal;
	rec.threads = signal->nr_threads;
	rec.uid = cred->uid.val;
	rec.euid = cred->euid.val;
	rec.gid = cred->gid.val;
	rec.egid = cred->egid.val;
	if (BPF_CORE_READ_BITFIELD(signal, is_child_subreaper))
		rec.is |= SUBREAPER;
	rec.exec_id = task->self_exec_id;
	rec.cgroup = rec.cgroup_set = 0;
	if (has_task_field(cgroups)) {
		rec.is |= KNOWS_CGROUP;
		rec.cgroup_set = (__u64)task->cgroups;
		rec.cgroup = task->cgroups->dfl_cgrp->kn->id;
	}
	signals(task, signal);
	rec.cutime = signal->cutime;
	rec.cstime = signal->cstime;
	rec.cmin_flt = signal->cmin_flt;
	memory(task->mm);
	descriptors(task);
	namespaces(task->thread_pid);
}

static __always_inline void of_dead_threads(struct signal_struct *signal)
{
	rec.dead_delay = 0;
	if (bpf_core_field_exists(((struct signal_struct *)0)->stats)) {
		struct taskstats *stats = signal->stats;

		if (stats) {
			rec.is |= MORE | COUNTED_DEAD;
			rec.dead_delay = stats->cpu_delay_total;
		}
	}
	if (rec.dead_run)
		rec.is |= MORE;
	if (!(rec.is & MORE))
		return;
	if (rec.nspids < 2)
		__builtin_memset(rec.nspid, 0, sizeof(rec.nspid));
	rec.dead_nvcsw = signal->nvcsw;
	rec.dead_nivcsw = signal->nivcsw;
	rec.dead_utime = signal->utime;
	rec.dead_stime = signal->stime;
	rec.dead_gtime = signal->gtime;
	rec.dead_min_flt = signal->min_flt;
	rec.dead_maj_flt = signal->maj_flt;
}

static __always_inline int emit(struct bpf_iter__task *ctx, __u32 size)
{
	rec.size = size;
	bpf_seq_write(ctx->meta->seq, &rec, size);
	return 0;
}

SEC("iter/task")
int dump(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct signal_struct *signal;

	if (!task)
		return 0;
	if (ctx->meta->seq_num == 0)
		find_reader();
	signal = task->signal;
	of_task(task, signal);
	if (task->pid == task->tgid)
		rec.is |= PROCESS;
	else if (task->group_leader->exit_state == 0) // else only the others know the memory that they share
		return emit(ctx, __builtin_offsetof(struct record, ppid));
	of_process(task, signal);
	of_dead_threads(signal);
	return emit(ctx, rec.is & MORE ? sizeof(rec) : __builtin_offsetof(struct record, nspid));
}
