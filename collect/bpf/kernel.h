/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The kernel's types, cut down to the fields that task.bpf.c reads. Where they lie is corrected when the program is
 * loaded (CO-RE), so that neither order nor gaps matter here. A name with three underscores is the same type as an older
 * or a differently configured kernel has it. */
#ifndef PTOP_KERNEL_H
#define PTOP_KERNEL_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

enum bpf_map_type { BPF_MAP_TYPE_UNSPEC };

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };

#define SIGNALS 64
#define SIGCHLD 17

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct thread_info {
	__u32 cpu; /* 5.16 and later */
};

struct rq {
	__u64 clock, clock_task;
};

struct cfs_rq {
	struct rq *rq; /* with CONFIG_FAIR_GROUP_SCHED */
};

struct sched_entity {
	__u64 exec_start;
	__u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq; /* with CONFIG_FAIR_GROUP_SCHED */
};

struct sched_info {
	unsigned long long run_delay;
};

struct task_io_accounting {
	__u64 rchar, wchar, syscr, syscw;
	__u64 read_bytes, write_bytes;
};

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct sigaction {
	void *sa_handler;
	unsigned long sa_flags;
	void *sa_restorer;
	sigset_t sa_mask;
};

struct k_sigaction {
	struct sigaction sa;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	atomic_t refs;
} refcount_t;

struct sighand_struct {
	refcount_t count;
	struct k_sigaction action[SIGNALS];
};

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct cred {
	kuid_t uid, euid;
	kgid_t gid, egid;
};

struct tty_driver {
	int major, minor_start;
};

struct tty_control {
	struct pid *pgrp;
};

struct tty_struct {
	struct tty_driver *driver;
	int index;
	struct tty_control ctrl; /* 5.15 and later */
};

struct tty_struct___before_515 {
	struct pid *pgrp;
};

struct taskstats {
	__u64 cpu_delay_total;
};

struct signal_struct {
	int nr_threads;
	int group_exit_code;
	unsigned int flags;
	unsigned int is_child_subreaper : 1;
	struct sigpending shared_pending;
	struct pid *pids[4];
	struct tty_struct *tty;
	__u64 utime, stime, cutime, cstime, gtime;
	unsigned long nvcsw, nivcsw;
	unsigned long min_flt, maj_flt, cmin_flt;
	unsigned long long sum_sched_runtime;
	struct task_io_accounting ioac;
	struct taskstats *stats;
};

struct vfsmount;
struct dentry;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
};

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	unsigned long total_vm, hiwater_rss;
	struct file *exe_file;
	struct percpu_counter rss_stat[4]; /* 6.2 and later */
};

typedef struct {
	__s64 counter;
} atomic_long_t;

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___before_62 {
	struct mm_rss_stat rss_stat;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state; /* 5.14 and later */
	unsigned int flags;
	unsigned int ptrace;
	int on_cpu; /* with CONFIG_SMP */
	int prio, static_prio;
	unsigned int rt_priority;
	struct sched_entity se;
	unsigned int policy;
	struct sched_info sched_info; /* with CONFIG_SCHED_INFO */
	struct mm_struct *mm;
	int exit_state, exit_code, exit_signal;
	int pid, tgid;
	struct task_struct *real_parent, *parent, *group_leader;
	struct pid *thread_pid;
	__u64 utime, stime, gtime;
	unsigned long nvcsw, nivcsw;
	__u64 start_boottime;
	unsigned long min_flt, maj_flt;
	const struct cred *real_cred;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	struct sigpending pending;
	__u64 self_exec_id;
	struct task_io_accounting ioac; /* with CONFIG_TASK_IO_ACCOUNTING */
	struct css_set *cgroups;        /* with CONFIG_CGROUPS */
	unsigned long blocker;          /* with CONFIG_DETECT_HUNG_TASK_BLOCKER */
};

struct task_struct___before_514 {
	long state;
};

struct task_struct___before_516 {
	unsigned int cpu;
};

/* What a task waits for in `blocker`. */
struct mutex {
	atomic_long_t owner;
};

struct rw_semaphore {
	atomic_long_t owner;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#endif
