package collect

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The context switches in status and the times in schedstat are those of one thread. A process's are the sum over its
// threads, and to walk them costs two files a thread. So a reading walks those processes whose figures have moved, because
// their CPU time did or their threads are others than before, and of the resting ones as many as cost little. Each kind
// has its turns: where one is too long for a reading, the next goes on behind it. Until a process has been walked anew its
// last sum stands, with its own time (SwitchesAt), so that no rate is made of a figure that was not read.

// busyTurn and restingTurn are how many threads a reading walks at the most; oversizeAge is how old the sum of a process
// that has more than a whole turn must be.
const (
	busyTurn    = 4096
	restingTurn = 64
	oversizeAge = 20 * time.Second
)

// turn shares out what a reading may do, such as threads to be walked, in the order of the pids.
type turn struct {
	budget int
	left   int
	from   int32 // pids below had theirs in the reading before
	out    int32 // the first that was refused in this one; 0 for none
}

func (t *turn) begin() { t.left, t.from, t.out = t.budget, t.out, 0 }

// takes reports whether a process may be walked in this reading.
func (t *turn) takes(p *pcb.Process, age time.Duration) bool {
	threads := int(p.Threads)
	return (threads <= t.budget || age >= oversizeAge) && t.grants(p.PID, threads)
}

// grants reports whether a process may have its share in this reading.
func (t *turn) grants(pid int32, share int) bool {
	if pid < t.from {
		return false
	}
	if share > t.left && t.left < t.budget {
		if t.out == 0 {
			t.out = pid
		}
		return false
	}
	t.left -= share
	return true
}

// threadSums is the last sum over a process's threads.
type threadSums struct {
	at                     time.Duration // of the walk; 0 for none yet
	cpu                    time.Duration // utime + stime then
	threads                int32
	voluntary, involuntary uint64
	run, delay             time.Duration
	sched                  bool
	names                  []threadName // by TID
}

type threadName struct {
	tid  int32
	name string
}

// threadWalk is the state of walking threads within one reading.
type threadWalk struct {
	busy, resting turn
	tids          []int32
	names         []threadName
}

func newThreadWalk() threadWalk {
	return threadWalk{busy: turn{budget: busyTurn}, resting: turn{budget: restingTurn}}
}

func (w *threadWalk) begin() {
	w.busy.begin()
	w.resting.begin()
}

// takes reports whether the threads of a process are to be walked in this reading.
func (w *threadWalk) takes(p *pcb.Process, sums *threadSums) bool {
	age := p.At - sums.at
	if sums.at == 0 {
		age = oversizeAge
	}
	if sums.at == 0 || sums.cpu != p.UTime+p.STime || sums.threads != p.Threads {
		return w.busy.takes(p, age)
	}
	return w.resting.takes(p, age)
}

// schedule gives the process its switches and scheduling times, of all its threads where that can be had.
func (c *Collector) schedule(s *pcb.Snapshot, p *pcb.Process, e *entry) {
	p.FirstThread = int32(len(s.Threads))
	wantAll := c.opt.Want&WantThreads != 0
	switch {
	case p.Threads == 1 && !wantAll:
		c.leaderSched(p, e)
		if p.Have.Has(pcb.FieldSwitches) {
			p.Have |= pcb.FieldSwitchesSum
		}
		if p.Have.Has(pcb.FieldSched) {
			p.Have |= pcb.FieldSchedSum
		}
	case (wantAll && p.Threads > 0 || p.Threads > 1 && c.walk.takes(p, &e.sums)) && c.walkThreads(s, p, e):
	case e.sums.at > 0:
		e.sums.give(p)
	default: // never walked yet, or the threads could not be read
		c.leaderSched(p, e)
	}
}

// leaderSched reads the schedstat of the leader alone.
func (c *Collector) leaderSched(p *pcb.Process, e *entry) {
	if c.opt.Want&WantSched == 0 {
		return
	}
	if e.stands(p, pcb.FieldSched) {
		p.RunTime, p.RunDelay = e.last.RunTime, e.last.RunDelay
		p.Have |= e.last.Have & pcb.FieldSched
		p.Denied |= e.last.Denied & pcb.FieldSched
		return
	}
	text, errno := c.rd.quick(c.rd.of(p.PID), "schedstat")
	if errno != 0 {
		refuse(p, errno, pcb.FieldSched)
		return
	}
	run, delay, ok := parseSchedstat(text)
	if ok {
		p.RunTime, p.RunDelay = run, delay
		p.Have |= pcb.FieldSched
	}
}

// give hands the last sum to a process, with the time at which it was taken.
func (t *threadSums) give(p *pcb.Process) {
	p.Voluntary, p.Involuntary, p.SwitchesAt = t.voluntary, t.involuntary, t.at
	p.Have |= pcb.FieldSwitches | pcb.FieldSwitchesSum
	if t.sched {
		p.RunTime, p.RunDelay = t.run, t.delay
		p.Have |= pcb.FieldSched | pcb.FieldSchedSum
	}
}

// walkThreads reads every thread of a process into s and sums them up. It answers false when the threads could not
// be listed.
func (c *Collector) walkThreads(s *pcb.Snapshot, p *pcb.Process, e *entry) bool {
	w := &c.walk
	if !c.listThreads(p.PID) {
		return false
	}
	first := len(s.Threads)
	sum := threadSums{at: c.clocks.mono(), cpu: p.UTime + p.STime, threads: p.Threads, sched: c.opt.Want&WantSched != 0}
	w.names = w.names[:0]
	for _, tid := range w.tids {
		s.Threads = append(s.Threads, pcb.Thread{TID: tid})
		t := &s.Threads[len(s.Threads)-1]
		if !c.thread(p.PID, t, &e.sums) {
			s.Threads = s.Threads[:len(s.Threads)-1] // ended meanwhile
			continue
		}
		w.names = append(w.names, threadName{tid, t.Comm})
		sum.voluntary += t.Voluntary
		sum.involuntary += t.Involuntary
		sum.run += t.RunTime
		sum.delay += t.RunDelay
		sum.sched = sum.sched && t.Have.Has(pcb.FieldSched)
	}
	p.ThreadCount = int32(len(s.Threads) - first)
	if p.ThreadCount == 0 {
		return false
	}
	sum.at += (c.clocks.mono() - sum.at) / 2
	sum.names = append(e.sums.names[:0], w.names...)
	e.sums = sum
	sum.give(p)
	return true
}

// listThreads puts the process's thread IDs into the walk, in order.
func (c *Collector) listThreads(pid int32) bool {
	dir, errno := c.rd.open(c.rd.of(pid), "task")
	if errno != 0 {
		return false
	}
	defer unix.Close(dir)
	var err error
	c.walk.tids, err = c.rd.numbers(c.walk.tids[:0], dir)
	slices.Sort(c.walk.tids)
	return err == nil
}

// thread reads one thread. It answers false when it has ended.
func (c *Collector) thread(pid int32, t *pcb.Thread, before *threadSums) bool {
	base := c.rd.ofThread(pid, t.TID)
	text, errno := c.rd.quick(base, "status")
	if errno != 0 {
		return false
	}
	var scratch pcb.Process
	var line statusLine
	parseStatus(text, &scratch, &line)
	t.At = c.clocks.mono()
	t.State = line.state
	t.Comm = before.name(t.TID, unescapeName(line.name))
	t.Voluntary, t.Involuntary = scratch.Voluntary, scratch.Involuntary
	t.Have |= scratch.Have & pcb.FieldSwitches
	if c.opt.Want&WantSched != 0 {
		if text, errno := c.rd.quick(base, "schedstat"); errno == 0 {
			var ok bool
			if t.RunTime, t.RunDelay, ok = parseSchedstat(text); ok {
				t.Have |= pcb.FieldSched
			}
		}
	}
	if c.opt.Want&WantThreads != 0 {
		c.threadStat(base, t)
	}
	return true
}

func (c *Collector) threadStat(base int, t *pcb.Thread) {
	text, errno := c.rd.stat(base)
	if errno != 0 {
		return
	}
	var p pcb.Process
	var line statLine
	if !parseStat(text, &p, &line) {
		return
	}
	t.UTime, t.STime, t.Started = p.UTime, p.STime, p.Started
	t.Nice, t.Priority, t.Policy, t.Processor = p.Nice, p.Priority, p.Policy, p.Processor
	t.Have |= pcb.FieldStat
}

// name gives a thread's name as a string: the one that is kept when it is the same.
func (t *threadSums) name(tid int32, text []byte) string {
	at, found := slices.BinarySearchFunc(t.names, tid, func(n threadName, tid int32) int { return int(n.tid) - int(tid) })
	if found {
		return intern(t.names[at].name, text)
	}
	return string(text)
}

// liveThread gives a thread of a process whose leader has exited, other than the leader; 0 when there is none.
func (c *Collector) liveThread(pid int32) int32 {
	if !c.listThreads(pid) {
		return 0
	}
	for _, tid := range c.walk.tids {
		if tid != pid {
			return tid
		}
	}
	return 0
}
