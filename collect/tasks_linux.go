//go:build amd64 || arm64

package collect

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"ptop/collect/bpf"
	"ptop/pcb"
)

// The kernel keeps a process's counters by thread, and adds those of a thread that ends to the process's own. A process's
// sum is that of its threads' records and of the ended ones' counters, which stand in its main thread's. They are not
// taken at one instant, and a thread that ends in between is in neither. Each record holds the time that all ended ones
// ran, so that it is known how much is missing at the most.

// tornMax is how much may be missing in a sum: as much as a tick can be wrong.
const tornMax = pcb.Tick

// taskSums is the counters of one task, of the ended ones, or of a process.
type taskSums struct {
	voluntary, involuntary uint64
	run, delay             time.Duration
	user, system, guest    time.Duration // as the ticks found them
	minFlt, majFlt         uint64
	io                     [6]uint64
	at                     time.Duration
}

// sumsOf is the counters of a record's task alone. The kernel adds the delay of a thread that is ending to that of the
// ended ones before it is one.
func sumsOf(r *bpf.Record, at time.Duration) taskSums {
	sums := taskSums{
		voluntary: r.Nvcsw, involuntary: r.Nivcsw, run: time.Duration(r.Run), delay: time.Duration(r.RunDelay),
		user: time.Duration(r.Utime), system: time.Duration(r.Stime), guest: time.Duration(r.Gtime),
		minFlt: r.MinFlt, majFlt: r.MajFlt, io: r.Io, at: at,
	}
	if r.Is&bpf.CountedDead != 0 && r.Flags&pcb.PFExiting != 0 {
		sums.delay = 0
	}
	return sums
}

// addEnded adds the counters of the threads that have ended, which a main thread's record has.
func (t *taskSums) addEnded(r *bpf.Record) {
	t.run += time.Duration(r.DeadRun)
	if r.Is&bpf.More == 0 {
		return
	}
	t.add(&taskSums{
		voluntary: r.DeadNvcsw, involuntary: r.DeadNivcsw, delay: time.Duration(r.DeadDelay),
		user: time.Duration(r.DeadUtime), system: time.Duration(r.DeadStime), guest: time.Duration(r.DeadGtime),
		minFlt: r.DeadMinFlt, majFlt: r.DeadMajFlt,
	})
}

func (t *taskSums) add(o *taskSums) {
	t.voluntary += o.voluntary
	t.involuntary += o.involuntary
	t.run += o.run
	t.delay += o.delay
	t.user += o.user
	t.system += o.system
	t.guest += o.guest
	t.minFlt += o.minFlt
	t.majFlt += o.majFlt
	for i := range t.io {
		t.io[i] += o.io[i]
	}
}

// give hands the sums to a process, with the time at which they were taken.
func (t *taskSums) give(p *pcb.Process) {
	p.Voluntary, p.Involuntary, p.RunTime, p.RunDelay = t.voluntary, t.involuntary, t.run, t.delay
	p.GTime, p.MinFlt, p.MajFlt = t.guest, t.minFlt, t.majFlt
	p.ReadChars, p.WriteChars, p.ReadCalls, p.WriteCalls, p.ReadBytes, p.WriteBytes = t.io[0], t.io[1], t.io[2], t.io[3], t.io[4], t.io[5]
	p.At, p.SwitchesAt, p.IOAt = t.at, t.at, t.at
}

// taskEntry is what is kept of a process between two readings by the task iterator.
type taskEntry struct {
	started        time.Duration // exactly, other than the ID
	own            taskSums      // its main thread's and the ended ones', of this reading
	sum            *taskSums     // the last of all threads, of a process with several
	moved          bool          // it is another than the time before, or a thread runs
	user, system   time.Duration // as they were told last
	ended, endedAt time.Duration // the time that the ended threads ran, and when it was first seen to be that
	handlers       handlers
}

// handlers is what a process does with signals. Without having run it does the same with them as before.
type handlers struct {
	ignored, caught    uint64
	noChildWait, known bool
}

// split shares out the exact time on a CPU between the program and the kernel as the ticks found them, as the kernel does
// in cputime_adjust. Neither part runs backwards against the last.
func split(run, user, system, lastUser, lastSystem time.Duration) (time.Duration, time.Duration) {
	if lastUser+lastSystem >= run {
		return lastUser, lastSystem
	}
	switch {
	case system == 0:
		user = run
	case user == 0:
		system = run
	default:
		high, low := bits.Mul64(uint64(system), uint64(run))
		part, _ := bits.Div64(high, low, uint64(user+system))
		system = time.Duration(part)
	}
	system = max(system, lastSystem)
	user = run - system
	if user < lastUser {
		user = lastUser
		system = run - user
	}
	return user, system
}

// task is one thread of a process that has several.
type task struct {
	tgid, tid      int32
	is             uint32
	state          byte
	comm           string
	nice, priority int32
	policy         uint32
	cpu            int32
	started, idle  time.Duration
	ended          time.Duration // that the ended threads of its process ran
	sums           taskSums
}

// tasks is those of one reading, by process and then by thread.
type tasks struct {
	all   []task
	order []int32           // places in all
	next  int               // in order: the first of the process that join comes to next
	names map[string]string // threads' names
}

// namesMax bounds how many names of threads are kept; a machine that has seen so many starts anew.
const namesMax = 1 << 14

func (t *tasks) begin() {
	t.all, t.order, t.next = t.all[:0], t.order[:0], 0
	if t.names == nil || len(t.names) > namesMax {
		t.names = map[string]string{}
	}
}

func (t *tasks) add(r *bpf.Record, at, offset time.Duration) {
	name, known := t.names[string(r.Name())]
	if !known {
		name = string(r.Name())
		t.names[name] = name
	}
	t.all = append(t.all, task{
		tgid: r.Tgid, tid: r.Tid, is: r.Is, state: stateLetter(r.State, r.ExitState), comm: name,
		nice: r.StaticPrio - 120, priority: r.Prio - 100, policy: r.Policy, cpu: int32(r.Cpu),
		started: time.Duration(r.Start) + offset, idle: time.Duration(r.Idle), ended: time.Duration(r.DeadRun), sums: sumsOf(r, at),
	})
}

func (t *tasks) sort() {
	for i := range t.all {
		t.order = append(t.order, int32(i))
	}
	slices.SortFunc(t.order, func(i, j int32) int {
		a, b := &t.all[i], &t.all[j]
		return cmp.Or(cmp.Compare(a.tgid, b.tgid), cmp.Compare(a.tid, b.tid))
	})
}

// of gives the places of a process's tasks. It is asked for the processes in the order of their pids.
func (t *tasks) of(pid int32) []int32 {
	for t.next < len(t.order) && t.all[t.order[t.next]].tgid < pid {
		t.next++
	}
	first := t.next
	for t.next < len(t.order) && t.all[t.order[t.next]].tgid == pid {
		t.next++
	}
	return t.order[first:t.next]
}

// join gives the processes of several threads their sums, and the Snapshot the threads' records of those that did
// something. Both are in the order of the pids.
func (c *Collector) join(s *pcb.Snapshot) {
	t := &c.iter.tasks
	t.sort()
	for i := range s.Procs {
		p := &s.Procs[i]
		p.FirstThread = int32(len(s.Threads))
		if shared, ok := c.iter.memory[p.PID]; ok && p.LeaderExited() {
			c.iter.memoryOf(p, &shared)
		}
		group := t.of(p.PID)
		if c.iter.entries[i] == nil {
			continue
		}
		e := c.iter.entries[i].task
		if p.Threads > 1 {
			c.sum(p, e, group)
		}
		p.FromIterator = p.Have
		if c.opt.Want&WantThreads != 0 || e.moved {
			c.threadRecords(s, p, group)
		}
	}
}

// sum gives a process the sums over its threads. Where too much may be missing the last sums stand, with their time.
func (c *Collector) sum(p *pcb.Process, e *taskEntry, group []int32) {
	all := c.iter.tasks.all
	total, ended, latest := e.own, e.ended, e.ended
	running := false
	for _, i := range group {
		t := &all[i]
		latest = max(latest, t.ended)
		running = running || t.state == 'R' || t.state == 'D'
		if t.tid == p.PID {
			continue
		}
		total.add(&t.sums)
		p.Idle = min(p.Idle, t.idle)
		if t.is&bpf.Idle == 0 {
			p.Have &^= pcb.FieldIdle
		}
	}
	last := e.sum
	e.moved = running || last == nil || last.run != total.run || last.voluntary != total.voluntary
	switch {
	case latest-ended <= tornMax:
		if last == nil {
			e.sum = new(taskSums)
		}
		*e.sum = total
	case last != nil:
		total = *last
	default:
		return // what was read is the main thread's and the ended ones'
	}
	e.give(p, &total)
}

// give hands the sums over all threads to a process.
func (e *taskEntry) give(p *pcb.Process, sums *taskSums) {
	sums.give(p)
	e.user, e.system = split(sums.run, sums.user, sums.system, e.user, e.system)
	p.UTime, p.STime = e.user, e.system
	p.Have |= pcb.FieldSwitchesSum
	if p.Have.Has(pcb.FieldSched) {
		p.Have |= pcb.FieldSchedSum
	}
}

// threadRecords appends the records of a process's threads to the Snapshot.
func (c *Collector) threadRecords(s *pcb.Snapshot, p *pcb.Process, group []int32) {
	for _, i := range group {
		t := &c.iter.tasks.all[i]
		thread := pcb.Thread{
			TID: t.tid, State: t.state, Comm: t.comm, Voluntary: t.sums.voluntary, Involuntary: t.sums.involuntary,
			RunTime: t.sums.run, RunDelay: t.sums.delay, Started: t.started,
			Nice: t.nice, Priority: t.priority, Policy: t.policy, Processor: t.cpu, At: t.sums.at,
			Have: pcb.FieldStat | pcb.FieldSwitches | p.Have&pcb.FieldSched,
		}
		thread.UTime, thread.STime = split(t.sums.run, t.sums.user, t.sums.system, 0, 0)
		if t.is&bpf.KnowsOnCPU != 0 && t.state == 'R' {
			thread.OnCPU = t.is&bpf.OnCPU != 0
			thread.Have |= pcb.FieldOnCPU
		}
		if t.is&bpf.Idle != 0 {
			thread.Idle = t.idle
			thread.Have |= pcb.FieldIdle
		}
		s.Threads = append(s.Threads, thread)
	}
	p.ThreadCount = int32(len(group))
}
