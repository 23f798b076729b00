package collect

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The context switches in status and the times in schedstat are those of one thread. A process's are the sum over its
// threads, and to walk them costs two files a thread, so it is done for those processes whose figures can have moved: the
// ones whose CPU time did, or whose threads are others than before. Of the rest the last sum stands: they have run for less
// than a tick since. Each process is walked anew after sumAge all the same, and a reading walks threadBudget threads at the
// most: processes beyond it have the leader's figures, without the Sum groups.

const (
	threadBudget = 4096
	sumAge       = 20 * time.Second
)

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
	left  int
	tids  []int32
	names []threadName
}

// schedule gives the process its switches and scheduling times, of all its threads where that can be had.
func (c *Collector) schedule(s *pcb.Snapshot, p *pcb.Process, e *entry) {
	p.FirstThread = int32(len(s.Threads))
	wantAll := c.opt.Want&WantThreads != 0
	switch {
	case p.Threads <= 1 && !(wantAll && p.Threads == 1):
		c.leaderSched(p, e)
		if p.Have.Has(pcb.FieldSwitches) {
			p.Have |= pcb.FieldSwitchesSum
		}
		if p.Have.Has(pcb.FieldSched) {
			p.Have |= pcb.FieldSchedSum
		}
		return
	case wantAll || e.sums.stale(p) && int(p.Threads) <= c.walk.left:
		if c.walkThreads(s, p, e) {
			return
		}
	case !e.sums.stale(p):
		e.sums.give(p)
		return
	}
	c.leaderSched(p, e) // over budget, or the threads could not be read
}

// leaderSched reads the schedstat of the leader alone.
func (c *Collector) leaderSched(p *pcb.Process, e *entry) {
	if c.opt.Want&WantSched == 0 {
		return
	}
	r := &e.rest
	if !r.stands(p, pcb.FieldSched) {
		text, errno := c.rd.quick(c.rd.of(p.PID), "schedstat")
		if errno != 0 {
			refuse(p, errno, pcb.FieldSched)
			return
		}
		run, delay, ok := parseSchedstat(text)
		if !ok {
			return
		}
		p.Have |= pcb.FieldSched
		r.keep(p, pcb.FieldSched)
		r.run, r.delay = run, delay
	}
	p.RunTime, p.RunDelay = r.run, r.delay
	p.Have |= pcb.FieldSched
}

// stale reports whether the process's sum must be taken anew.
func (t *threadSums) stale(p *pcb.Process) bool {
	return t.at == 0 || t.cpu != p.UTime+p.STime || t.threads != p.Threads || p.At-t.at > sumAge
}

// give hands the last sum to a process that has run for less than a tick since: it is the sum now, within that.
func (t *threadSums) give(p *pcb.Process) {
	p.Voluntary, p.Involuntary = t.voluntary, t.involuntary
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
	w.left -= len(w.tids)
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
	sum.names = append(e.sums.names[:0], w.names...)
	e.sums = sum
	p.SwitchesAt = sum.at
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
