package pcb

import (
	"sort"
	"time"
)

// Snapshot is one reading of the whole machine. It is immutable once published and enough by itself: it carries
// its own clocks, and all that ptop shows or concludes is a pure function of Snapshots.
type Snapshot struct {
	Time time.Time     // wall clock at the start of the scan
	Mono time.Duration // monotonic clock at the start of the scan; only differences have a meaning
	Boot time.Duration // time since boot, suspend included, at the start of the scan

	Source       string        // which reader: proc, gopsutil
	ScanDuration time.Duration // how long the scan of the processes took
	Procs        []Process     // sorted by PID
	Threads      []Thread      // of the processes that were looked into; see Process.FirstThread
	Host         Host
	System       System
	Coverage     Coverage
	Self         Self
	// ExecStart is the se.exec_start of a task that ran at the reading, by CPU as far as it was asked for: the distance of
	// another task's own from that of the CPU where it ran last is how long ago that was.
	ExecStart      map[int32]time.Duration
	Foreign        bool   // read from another /proc than this kernel's own: no action is possible on its pids
	ForeignWhy     string // why it counts as foreign
	FallbackReason string // why a better source was not used, empty when none was wanted

	Events    *Events // births and ends since the reading before; nil where the kernel does not tell them
	EventsOff string  // why it does not, and what would make it; empty where that was not tried
}

// Host is what does not change between two readings, or hardly.
type Host struct {
	Hostname string
	BootID   string
	OS       string // linux, darwin …
	Kernel   string // release
	Arch     string
	CPUs     int
	PIDMax   int64 // 0 when unknown
	PageSize int
}

// Coverage says what the reading could not see.
type Coverage struct {
	Listed       int    // pids found
	Read         int    // of those, read
	Vanished     int    // gone before they could be read
	DeniedFields int    // number of field groups refused, over all processes
	DeniedProcs  int    // processes with at least one refused group
	Blocked      int    // processes quarantined because a reader of theirs blocked
	HidePID      bool   // /proc is mounted so that others' processes are hidden from us
	SubsetPID    bool   // /proc is mounted with subset=pid: it tells nothing of the machine as a whole
	PIDNamespace string // "init", or "child" when ptop sees only a nested namespace; empty when unknown
}

// Self is what ptop itself costs.
type Self struct {
	PID     int32
	CPUTime time.Duration // user and system since start
	RSS     uint64        // bytes
}

// System is what the kernel tells of the machine as a whole. Pointers and empty slices are absent values.
type System struct {
	CPUs        []CPUTimes // by id; offline ones are missing
	Total       CPUTimes
	Memory      *Memory
	Swap        *Swap
	Load        *[3]float64
	CPUPressure *Pressure
	IOPressure  *Pressure
	MemPressure *Pressure
	CtxSwitches *uint64 // since boot
	Forks       *uint64 // since boot (processes and threads)
	ThreadsMax  *int64
}

// CPUTimes is the time a CPU spent in each mode since boot, in seconds. Guest time is taken out of User and Nice.
type CPUTimes struct {
	ID                                                           int
	User, Nice, System, Idle, IOWait, IRQ, SoftIRQ, Steal, Guest float64
}

// Busy is the time spent doing something.
func (c *CPUTimes) Busy() float64 {
	return c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ + c.Steal + c.Guest
}

// Sum is all time accounted.
func (c *CPUTimes) Sum() float64 { return c.Busy() + c.Idle + c.IOWait }

// Memory is bytes of main memory.
type Memory struct{ Total, Available, Free, Buffers, Cached, Shared, Slab uint64 }

// Used is what can't be had without swapping.
func (m *Memory) Used() uint64 {
	if m.Available > m.Total {
		return 0
	}
	return m.Total - m.Available
}

// Swap is bytes of swap space.
type Swap struct{ Total, Free uint64 }

// Used is what is swapped out.
func (s *Swap) Used() uint64 { return s.Total - min(s.Free, s.Total) }

// Pressure is one resource's stall information: the share of time, in percent, in which some or all tasks waited.
type Pressure struct {
	Some10, Some60, Some300 float64
	Full10, Full60, Full300 float64 // of some kernels' cpu file absent, then zero
	SomeTotal, FullTotal    time.Duration
}

// Index gives the position of a pid in Procs, or -1.
func (s *Snapshot) Index(pid int32) int {
	i := sort.Search(len(s.Procs), func(i int) bool { return s.Procs[i].PID >= pid })
	if i < len(s.Procs) && s.Procs[i].PID == pid {
		return i
	}
	return -1
}

// Lookup gives the process with that identity, or nil. A start of 0 accepts any bearer of the pid.
func (s *Snapshot) Lookup(id ID) *Process {
	i := s.Index(id.PID)
	if i < 0 || id.Start != 0 && s.Procs[i].Start != id.Start {
		return nil
	}
	return &s.Procs[i]
}

// ThreadsOf gives the thread records of a process; none when its threads were not read.
func (s *Snapshot) ThreadsOf(p *Process) []Thread {
	return s.Threads[p.FirstThread : p.FirstThread+p.ThreadCount]
}

// OwnNice is the nice value of ptop itself, which raises it where it may; false where the reading does not tell.
func (s *Snapshot) OwnNice() (int32, bool) {
	i := s.Index(s.Self.PID)
	if s.Foreign || i < 0 || !s.Procs[i].Have.Has(FieldNice) {
		return 0, false
	}
	return s.Procs[i].Nice, true
}

// StartTime is the wall-clock time at which p started.
func (s *Snapshot) StartTime(p *Process) time.Time { return s.Time.Add(p.Started - s.Boot) }

// Age is how long ago p started, never negative.
func (s *Snapshot) Age(p *Process) time.Duration { return max(0, s.Boot-p.Started) }

// Phase is the phase of p as a whole: it runs while any of its threads is known to run, whatever its main thread does.
func (s *Snapshot) Phase(p *Process) Phase {
	phase := p.Phase()
	if phase != PhaseWaiting {
		return phase
	}
	threads := s.ThreadsOf(p)
	for i := range threads {
		if threads[i].Phase() == PhaseRunning {
			return PhaseRunning
		}
	}
	return phase
}

// Tasks counts processes by phase. Zombies are the terminated ones that wait for their parent.
type Tasks struct {
	ByPhase       [len(Phases) + 1]int // by Phase
	Zombies       int
	Threads       int
	KernelThreads int
}

// Tasks counts the Snapshot's processes.
func (s *Snapshot) Tasks() Tasks {
	var t Tasks
	for i := range s.Procs {
		p := &s.Procs[i]
		t.ByPhase[s.Phase(p)]++
		t.Threads += int(p.Threads)
		if p.Zombie() && !p.LeaderExited() {
			t.Zombies++
		}
		if p.KernelThread() {
			t.KernelThreads++
		}
	}
	return t
}
