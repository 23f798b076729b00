package pcb

import "time"

// Evidence on demand: what a diagnosis needs beyond the Snapshot is read only for the suspects. detect names
// them (ProbeRequest), monitor has collect/detail read them within bounds, and the Probe travels in the Frame so
// that a recording replays to the same findings.

// ProbeKinds is a set of things to read about one process.
type ProbeKinds uint32

// The kinds of evidence.
const (
	ProbeThreads   ProbeKinds = 1 << iota // every thread's masks, state, wchan and current system call
	ProbeFiles                            // descriptors 0 to 2, whether the pipe behind 1 has a reader, listening sockets, cwd
	ProbeEnv                              // markers in the environment (CI, SSH, session); no values but theirs
	ProbeExe                              // what the executable is: a Go binary, whether it imports a wait function or one that forks
	ProbeFreezer                          // whether its cgroup is frozen
	ProbeFDs                              // number of descriptors and the limit
	ProbeThread                           // how the thread that the request names is scheduled
	ProbeCgroup                           // the limits of its cgroups, and how much of them is in use
	ProbePIDNS                            // which pid namespace it is in
	ProbeOOM                              // how the kernel ranks it when memory runs out
	ProbeNproc                            // its limit on the threads of its user
	ProbeNewFDs                           // where its newest descriptors lead
	ProbeLocks                            // which of its threads wait for a lock that another holds
	ProbeSleepers                         // where its threads sleep that can't be woken
	ProbeExeFile                          // whether another file is where its deleted executable was
	ProbeLibraries                        // which of its deleted libraries have a successor
)

// BehindMemory are the kinds that the memory map lock of the process can keep from being read; BehindPaths those for which
// a path is walked that may lead to a dead server.
const (
	BehindMemory = ProbeEnv | ProbeLocks
	BehindPaths  = ProbeExeFile | ProbeLibraries
)

// ProbeRequest asks for evidence about one process.
type ProbeRequest struct {
	ID    ID
	Kinds ProbeKinds
	TID   int32 // for ProbeThread
	// Peers are pids that may hold the other end of a pipe which a thread reads, for ProbeThreads.
	Peers  []int32
	InTurn bool // asked of everyone in turn: what is asked of suspects goes first
}

// Join adds what another request asks for about the same process.
func (r *ProbeRequest) Join(other ProbeRequest) {
	r.Kinds |= other.Kinds
	if other.TID != 0 {
		r.TID = other.TID
	}
	r.Peers = append(r.Peers, other.Peers...)
}

// Probe is the evidence read about one process. What is not in Have was not readable: a nil or zero there means nothing.
type Probe struct {
	ID      ID
	At      time.Duration // Snapshot clock; of the oldest in it, as what a process that rests was read to have is given again for some seconds
	Have    ProbeKinds
	Denied  ProbeKinds // refused for want of a right; threads can be in both: there but for their system calls
	Blocked ProbeKinds // the kernel lets whoever reads them wait

	Threads []ThreadProbe // ProbeThreads

	// ProbeFiles.
	FDs            [3]string // targets of descriptors 0 to 2 as readlink gives them; empty when closed
	StdoutNoReader bool      // descriptor 1 is a pipe of which no process holds the read end
	Listening      []string  // "tcp 0.0.0.0:80", "unix /run/x"
	Cwd            string    // with the kernel's " (deleted)"

	Env map[string]string // ProbeEnv: the markers that are set

	// ProbeExe.
	GoBinary    bool // has Go build information
	ImportsWait bool // its ELF imports a function of the wait family, or this can't be told: it is static, or a library may wait for it

	ImportsFork bool // its ELF imports a function that makes a child, or this can't be told

	// ProbeFreezer.
	Frozen   bool
	FrozenBy []string // the files by which its cgroup, and those that hold it, are frozen, as far as they can be seen from here

	FDCount, FDLimit uint64 // ProbeFDs

	NewFDs []FDTarget // ProbeNewFDs: the newest descriptors by where they lead, most frequent first

	// ProbeThread.
	TID    int32
	Nice   int32
	Policy uint32 // as in Process
	CPU    int32  // that it last ran on

	Cgroup CgroupLimits // ProbeCgroup

	PIDNS string // ProbePIDNS: "pid:[4026531836]"

	OOM   OOMRank    // ProbeOOM
	Nproc NprocLimit // ProbeNproc
	// ProbeLocks.
	Locks  []LockWait
	Rivals []TaskProbe // threads of the process that want a CPU, other than the owners; read where an owner does, too

	Sleepers []Sleeper // ProbeSleepers

	// ProbeExeFile: since when another file has the path of its deleted executable, as that one's ctime tells; zero where none
	// has, or it was not deleted.
	ExeReplaced time.Time

	// ProbeLibraries.
	Libraries        []string  // paths of mapped libraries that were deleted, and where another file is now
	LibrariesChanged time.Time // the ctime of the oldest of these others
}

// FDTarget is how many descriptors lead to one place: a path, socket, pipe, or the kernel's name for what is neither.
type FDTarget struct {
	Name  string
	Count int
}

// ThreadProbe is one thread as ProbeThreads found it.
type ThreadProbe struct {
	TID                                       int32
	State                                     byte
	WChan                                     string
	Pending, Shared, Blocked, Ignored, Caught uint64
	SyscallKnown                              bool      // /proc/PID/task/TID/syscall could be read and the thread was in a call
	Syscall                                   int64     // its number on this architecture; -1 when blocked outside a system call
	SyscallName                               string    // wait4, futex …; empty when unknown
	Args                                      [6]uint64 // its arguments
	PIDFD                                     int32     // for waitid of a pidfd, the pid that it stands for, as ptop's namespace numbers it; 0 when not known
	Pipe                                      string    // the pipe that a read(2) of it waits for, "pipe:[1234]"; empty when it reads none
	PipeHeldBy                                []int32   // who of the request's Peers can write to it
}
