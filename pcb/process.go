// Package pcb is the process control block: what the kernel keeps of one process, as ptop reads it, and the
// Snapshot that holds one reading of the whole machine. It does no I/O and imports only the standard library,
// so that everything which computes over a Snapshot (tree, detect, export, ui) links nothing that reads one.
package pcb

import (
	"strings"
	"time"
)

// Process is the control block of one process (a thread group). A field whose group is not in Have was not
// read and its value means nothing: unknown is not zero. Strings and slices are shared between Snapshots and
// are never written to.
type Process struct {
	// Identification. ID.PID is the process's pid as ptop's pid namespace numbers it.
	ID
	PPID  int32 // parent; 0 for the roots of a pid namespace (stat field 4)
	PGID  int32 // process group (stat field 5)
	SID   int32 // session (stat field 6)
	TPGID int32 // foreground process group of the terminal, -1 for none (stat field 8)
	TTY   int32 // controlling terminal's device number, 0 for none (stat field 7)

	PIDNS  uint32  // inode of its pid namespace, which identifies it (/proc/PID/ns/pid); needs FieldPIDNS
	NSPIDs []int32 // the pid in each nested namespace, outermost first (status NSpid); nil when there is but one
	UID    uint32  // real user (status Uid)
	EUID   uint32  // effective user
	GID    uint32  // real group (status Gid)
	EGID   uint32  // effective group
	User   string  // the effective user's name; empty when it has none or the lookup has not answered
	Group  string  // the effective group's name, likewise

	Comm     string // the kernel's name for the task, at most 15 bytes, any byte but NUL (stat field 2)
	Cmdline  string // argv, NUL-separated as in /proc/PID/cmdline, cut at CmdlineMax
	Exe      string // target of /proc/PID/exe, with the kernel's " (deleted)" suffix when it has one
	Cgroup   string // the process's cgroup path: the v2 line's, else the systemd or memory hierarchy's
	CgroupID uint64 // of its cgroup of version 2 (the directory's inode); needs FieldCgroupID
	Cgroups  string // all of /proc/PID/cgroup: processes with the same text share every limit. One string for all that have it

	Container *Container // what the cgroup path says: container, pod, unit; nil when nothing was recognised

	// State.
	State     byte   // the kernel's letter: R S D T t Z X I …
	OnCPU     bool   // for R: told to be running on a processor at the reading (against ready); needs FieldOnCPU
	ExitCode  int32  // wait status: exit code << 8, or signal; stop signal of a stopped task (stat field 52)
	ExitSig   int32  // signal sent to the parent on death, 17 for a plain fork (stat field 38)
	TracerPID int32  // the ptracer's pid, 0 for none (status)
	Execs     uint64 // calls of exec by it, and by its ancestors before they made it; needs FieldExecs
	// What becomes of children, its own and others' (only the task iterator knows); needs FieldReaping.
	Subreaper   bool // orphans below it become its children (PR_SET_CHILD_SUBREAPER)
	NoChildWait bool // its children leave no zombies (SA_NOCLDWAIT)

	// Scheduling.
	Nice        int32
	Priority    int32 // kernel priority as stat field 18 has it: 20+nice, or -1-rt priority
	RTPriority  uint32
	Policy      uint32 // SCHED_OTHER 0, FIFO 1, RR 2, BATCH 3, IDLE 5, DEADLINE 6, EXT 7
	Processor   int32  // CPU it last ran on (stat field 39)
	Threads     int32
	Voluntary   uint64        // voluntary context switches; of all threads with FieldSwitchesSum, else the leader's
	Involuntary uint64        // involuntary ones, likewise
	RunTime     time.Duration // time on a processor (schedstat field 1); all threads with FieldSchedSum, else the leader's
	RunDelay    time.Duration // time runnable but waiting for a processor (schedstat field 2), likewise
	SwitchesAt  time.Duration // Snapshot clock (as At) when the switches, RunTime and RunDelay were read
	Idle        time.Duration // how long ago it last ran (/proc/PID/sched se.exec_start; the task iterator: any thread), a lower bound; needs FieldIdle
	WChan       string        // kernel function it sleeps in; needs FieldWChan
	Blocker     int32         // thread that holds the kernel's lock which its main thread waits for, 0 for none or unknown (Linux 6.16); needs FieldBlocker
	Ended       time.Duration // how long ago a zombie died, or of a live process (LeaderExited) its main thread; a lower bound; needs FieldEnded

	// Memory, bytes.
	RSS     uint64 // VmRSS, exact
	PeakRSS uint64 // VmHWM, the highest it ever was since its exec
	VSize   uint64 // stat field 23
	Shared  uint64 // RssFile + RssShmem
	Anon    uint64 // RssAnon
	Swap    uint64 // VmSwap
	MinFlt  uint64 // faults served without I/O, all threads
	MajFlt  uint64 // faults that needed I/O, all threads
	// CMinFlt is MinFlt of the children that were waited for, with theirs: since no program starts without such a fault,
	// 0 means that no child ever was, by this program or by what the process was before an exec (stat field 11).
	CMinFlt uint64

	// Descriptors. Their number is read of the processes that ran since, in turn, and of those at once that opened some lately.
	FDs   int32         // open descriptors (size of /proc/PID/fd; before Linux 6.2 counted, which needs the rights of the owner)
	FDsAt time.Duration // Snapshot clock (as At) when they were counted

	// I/O (/proc/PID/io), all threads, living and dead.
	ReadChars, WriteChars uint64        // bytes passed to read and write calls
	ReadCalls, WriteCalls uint64        // such calls
	ReadBytes, WriteBytes uint64        // bytes that reached storage
	IOAt                  time.Duration // Snapshot clock (as At) at which these stood so

	// CPU time and age.
	UTime, STime   time.Duration // all threads, living and dead: the exact total, split by what the ticks found (stat 14, 15, in 10 ms)
	CUTime, CSTime time.Duration // of children that were waited for (stat 16, 17)
	GTime          time.Duration // guest time, part of UTime (stat 43)
	Started        time.Duration // start time since boot
	At             time.Duration // Snapshot clock (monotonic) when stat was read

	KFlags uint32 // task flags PF_* (stat field 9)

	// Signals: bit n-1 is signal n.
	SigPending, SigShared, SigBlocked, SigIgnored, SigCaught uint64

	FirstThread int32 // index into Snapshot.Threads of this process's first thread record
	ThreadCount int32 // number of thread records; 0 when threads were not read

	Have Fields // which groups could be read
	// Which of them the task iterator gave, and which taskstats did; /proc gave the others.
	FromIterator, FromTaskstats Fields
	Denied                      Fields // which groups the kernel refused
	Blocked                     bool   // a reader of its memory-backed texts (cmdline, exe) did not return in time; it is quarantined
}

// Thread is one task of a process, as far as the reading looked into it.
type Thread struct {
	TID                    int32
	State                  byte
	Comm                   string
	Voluntary, Involuntary uint64        // this task's switches (task/TID/status)
	RunTime, RunDelay      time.Duration // task/TID/schedstat; needs FieldSched
	UTime, STime           time.Duration // needs FieldStat
	Started                time.Duration // since boot; needs FieldStat
	Nice, Priority         int32         // needs FieldStat
	Policy                 uint32        // needs FieldStat
	Processor              int32         // needs FieldStat
	OnCPU                  bool          // as of a Process; needs FieldOnCPU
	Idle                   time.Duration // how long ago it last ran, a lower bound; needs FieldIdle
	At                     time.Duration
	Have                   Fields
}

// Fields is a set of groups of a Process's fields.
type Fields uint32

// The groups. One group is what one file, or one part of it, gives or fails to give.
const (
	FieldCore        Fields = 1 << iota // PPID, State, Threads, VSize, UTime, STime, Started (stat; on every system)
	FieldNice                           // Nice (stat; not on Windows)
	FieldTask                           // the rest of /proc/PID/stat: job, terminal, flags, faults, priority, policy …
	FieldCreds                          // UID … Group (status)
	FieldSignals                        // the five masks (status)
	FieldRSS                            // RSS (status; kernel threads and zombies have none)
	FieldMemoryParts                    // PeakRSS, Shared, Anon, Swap (status, likewise)
	FieldSwitches                       // Voluntary, Involuntary, at least the leader's (status)
	FieldSwitchesSum                    // … of all threads: those alive (/proc), and those that ended (task iterator, taskstats)
	FieldSched                          // RunTime, RunDelay, at least the leader's (schedstat)
	FieldSchedSum                       // … of all threads, likewise
	FieldIO                             // /proc/PID/io
	FieldCmdline                        // /proc/PID/cmdline
	FieldExe                            // /proc/PID/exe
	FieldCgroup                         // /proc/PID/cgroup
	FieldExitCode                       // ExitCode (others than root and the owner read 0, which is unknown)
	FieldTracer                         // TracerPID
	FieldNSPID                          // NSPIDs
	FieldIdle                           // Idle
	FieldOnCPU                          // OnCPU
	FieldWChan                          // WChan
	FieldEnded                          // Ended: a zombie can be without it and have FieldIdle, see collect
	FieldFDs                            // FDs
	FieldPIDNS                          // PIDNS
	FieldCgroupID                       // CgroupID
	FieldExecs                          // Execs
	FieldReaping                        // Subreaper, NoChildWait
	FieldBlocker                        // Blocker
)

// The files that give several groups at once.
const (
	FieldStat   = FieldCore | FieldNice | FieldTask
	FieldMemory = FieldRSS | FieldMemoryParts
)

// Has reports whether every group of g is in f.
func (f Fields) Has(g Fields) bool { return f&g == g }

// CmdlineMax is how many bytes of a command line a Snapshot keeps.
const CmdlineMax = 4096

// Task flags of KFlags (include/linux/sched.h).
const (
	PFExiting      = 0x00000004
	PFForkNoExec   = 0x00000040
	PFSignaled     = 0x00000400 // killed by a signal, or because another thread ended the process
	PFKernelThread = 0x00200000
)

// KernelThread reports whether the process is a kernel thread. An empty command line is no sign of one.
func (p *Process) KernelThread() bool { return p.KFlags&PFKernelThread != 0 }

// ForkedNoExec reports whether the process has not called exec since its fork.
func (p *Process) ForkedNoExec() bool { return p.KFlags&PFForkNoExec != 0 && !p.KernelThread() }

// Zombie reports whether the kernel shows the process as dead and not yet waited for. The leader of a thread
// group whose other threads live on is shown so, too: see LeaderExited.
func (p *Process) Zombie() bool { return p.State == 'Z' }

// LeaderExited reports whether only the main thread has ended while others work on: such a process is alive.
func (p *Process) LeaderExited() bool { return p.State == 'Z' && p.Threads > 1 }

// sumsEnded reports whether the sums over threads have those that ended.
func (p *Process) sumsEnded() bool { return (p.FromIterator | p.FromTaskstats).Has(FieldSwitchesSum) }

// Name is the shortest true name of the process: the base name of argv[0] when comm is a cut form of it, else comm. Where
// comm is empty, as a process may make it, argv[0] or else exe speaks for it.
func (p *Process) Name() string {
	base := baseName(firstArg(p.Cmdline))
	if len(p.Comm) >= 15 && len(base) > len(p.Comm) && base[:len(p.Comm)] == p.Comm {
		return base
	}
	switch {
	case p.Comm != "":
		return p.Comm
	case base != "":
		return base
	}
	return baseName(strings.TrimSuffix(p.Exe, " (deleted)"))
}

func firstArg(cmdline string) string {
	for i := 0; i < len(cmdline); i++ {
		if cmdline[i] == 0 {
			return cmdline[:i]
		}
	}
	return cmdline
}

func baseName(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}

// Container is what a cgroup path says about where a process belongs. It is shared by all members.
type Container struct {
	Runtime string // docker, containerd, cri-o, podman, lxc, nspawn …; empty when it is no container
	ID      string // the runtime's full identifier
	Name    string // the name a person gave it, when known
	Pod     string // Kubernetes pod UID
	Unit    string // systemd unit (service or scope)
	Slice   string // systemd slice
	Session string // logind session number, of a session-N.scope
}
