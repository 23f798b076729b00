package pcb

import "time"

// Detail is one process in depth, read on demand for the drill-down and --explain. Each part carries why it is
// missing, in words for a person ("not permitted", "blocked reader"), and is empty then.
type Detail struct {
	ID      ID
	Time    time.Time
	With    Dear
	Process Process // read anew, with every field group that could be had

	Args    []string // argv whole, cut at 128 KiB
	Environ []string // KEY=value, in order
	Cwd     string
	Root    string
	Exe     string

	Files            []OpenFile
	FilesTotal       int // may be more than len(Files)
	Sockets          []Socket
	ThreadList       []Thread
	Calls            []ThreadProbe // what the threads do in the kernel, the leader first
	Timeout          *Timeout      // of the call that the leader sleeps in; nil when it has none or it can't be read
	Maps             MapsSummary
	Limits           []Limit
	Namespaces       []Namespace
	CgroupPath       []string       // lines of /proc/PID/cgroup
	CgroupFigures    []CgroupFigure // limits, use, pressure, throttling from the cgroup's files
	WChan            string
	Syscall          string   // name and arguments of the call the leader sleeps in
	Stack            []string // kernel stack, innermost first
	OOMScore, OOMAdj *int
	LoginUID         *uint32
	SessionID        *uint32

	Problems map[DetailPart]string // why a part is missing
}

// Dear is what of a Detail is read only when it is asked for, as it costs the process that is looked at.
type Dear struct {
	Maps bool // maps and smaps_rollup: the kernel walks every page table entry of the process, and holds its mmap lock for that
}

// Timeout is how long a system call sleeps at the most.
type Timeout struct {
	Span time.Duration
	Left bool // Span is what is left of it, else all that was asked for
}

// DetailPart names a part of Detail.
type DetailPart string

// The parts of a Detail that can be missing.
const (
	PartProcess    DetailPart = "process" // its stat, and with it that it is the one that was meant
	PartArgs       DetailPart = "args"
	PartEnviron    DetailPart = "environ"
	PartCwd        DetailPart = "cwd"
	PartFiles      DetailPart = "files"
	PartSockets    DetailPart = "sockets"
	PartThreads    DetailPart = "threads"
	PartMaps       DetailPart = "maps"
	PartLimits     DetailPart = "limits"
	PartNamespaces DetailPart = "namespaces"
	PartCgroup     DetailPart = "cgroup"
	PartWChan      DetailPart = "wchan"
	PartStack      DetailPart = "stack"
	PartSyscall    DetailPart = "syscall"
)

// OpenFile is one descriptor.
type OpenFile struct {
	FD     int
	Target string // as readlink gives it
	Kind   string // file, socket, pipe, anon, dev, dir
	Flags  string // r, w, rw, with + append …
	Pos    int64
}

// Socket is one socket of the process.
type Socket struct {
	FD            int
	Proto         string // tcp, tcp6, udp, unix …
	Local, Remote string // Remote of a unix one: the peer's name, its descriptor in this process, or its number
	State         string // LISTEN, ESTABLISHED …
	Inode         uint64
	RecvQ, SendQ  uint64
}

// MapsSummary sums the memory maps, in bytes, with the largest ones by size.
type MapsSummary struct {
	Count                           int
	Size, RSS, PSS, Swap            uint64 // RSS, PSS, Swap from smaps_rollup; 0 with HaveRollup false
	HaveRollup                      bool
	Heap, Stack, Anon, File, Shared uint64 // virtual size by kind
	Largest                         []Mapping
}

// Mapping is one file or kind of memory that is mapped, all its maps together.
type Mapping struct {
	Name string
	Size uint64
	Maps int
}

// Limit is one resource limit; -1 is unlimited.
type Limit struct {
	Name       string
	Soft, Hard int64
	Unit       string
	Used       *int64 // current use where it is known
}

// Namespace is one namespace the process is in.
type Namespace struct {
	Kind  string // pid, net, mnt …
	Inode uint64
	Own   bool // differs from ptop's own
}

// CgroupFigure is one line of what the process's cgroup says: "memory.max" "512 MiB".
type CgroupFigure struct{ Name, Value string }
