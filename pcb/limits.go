package pcb

import "time"

// CgroupLimits is the limits that hold for a process: those that are set in its own cgroups and in the ones that hold
// them, as far as they can be seen from here, in the hierarchies of version 1 and of version 2. The innermost come first. A
// cgroup without a limit of a kind is not listed there.
type CgroupLimits struct {
	CPU    []CPUQuota
	Memory []MemoryLimit
	Pids   []PidsLimit
}

// CPUQuota is a cgroup's limit on CPU time, and how often it was reached since the cgroup was made.
type CPUQuota struct {
	Dir       string        // the cgroup's directory
	V1        bool          // of a hierarchy of version 1
	Quota     time.Duration // CPU time that it may use in each period (cpu.max, cpu.cfs_quota_us)
	Period    time.Duration // (cpu.max, cpu.cfs_period_us)
	Periods   uint64        // in which it wanted to run (cpu.stat nr_periods)
	Throttled uint64        // of those, in which it was stopped (cpu.stat nr_throttled)
	Stopped   time.Duration // time for which it was stopped, summed over CPUs (cpu.stat throttled_usec, throttled_time)
	Pressure  *Pressure     // cpu.pressure; nil in version 1, and where it is turned off
}

// CPUs is how many CPUs' time the quota is.
func (q *CPUQuota) CPUs() float64 { return float64(q.Quota) / float64(q.Period) }

// MemoryLimit is a cgroup's limit on memory, in bytes, and how much of it is in use, by all that are in it or below it.
type MemoryLimit struct {
	Dir      string    // the cgroup's directory
	V1       bool      // of a hierarchy of version 1
	Max      uint64    // (memory.max, memory.limit_in_bytes)
	Current  uint64    // with the page cache (memory.current, memory.usage_in_bytes)
	Cache    uint64    // of that, what can be had back without swapping: file pages that are no shared memory, and slab (memory.stat)
	SwapLeft uint64    // what it may yet swap out, the machine's swap space left aside; the highest number without a limit
	OOMKills uint64    // processes that the kernel killed in it for want of memory, since it was made (memory.events, memory.oom_control)
	Together bool      // the kernel kills all of it at once (memory.oom.group)
	Pressure *Pressure // memory.pressure; nil in version 1, and where it is turned off
}

// PidsLimit is a cgroup's limit on pids (threads count, zombies too), and how many of them are in use.
type PidsLimit struct {
	Dir          string // the cgroup's directory
	Current, Max uint64 // (pids.current, pids.max)
}

// OOMRank is what the kernel goes by when it has to kill somebody for want of memory.
type OOMRank struct {
	Score  int64 // /proc/PID/oom_score: about a thousandth of memory and swap in use, twice over, and more with a higher Adjust
	Adjust int64 // /proc/PID/oom_score_adj, -1000 to 1000; -1000 is never killed
}

// NprocLimit is RLIMIT_NPROC of a process: how many threads its real user may have for it to make another.
type NprocLimit struct {
	Soft   uint64 // /proc/PID/limits; the highest number without a limit
	Exempt bool   // it has CAP_SYS_RESOURCE or CAP_SYS_ADMIN, and the limit does not hold for it
}
