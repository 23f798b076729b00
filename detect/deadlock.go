package detect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ptop/pcb"
)

var deadlock = &Detector{
	ID:    "deadlock",
	Title: "threads that wait for each other's locks",
	Meaning: "Each thread of a circle waits for a lock that the next one holds, so that none can ever go on; or one waits for a lock that it holds itself.\n" +
		"glibc's mutexes name their owner: that is what is read. Other locks (of Go, Java, Rust) do not, and are never told of.",
	Advice:   "Keep the stacks of all threads (gdb), then restart the program. The cure is one order in which all code takes these locks.",
	Severity: "critical",
	Causes: []Cause{
		{
			ID: "cycle", Title: "locks taken in different orders",
			Why: "each of these threads waits for a lock that the next one holds, and none can go on",
			Do:  "keep the stacks of all threads: they show where each took its lock", Risk: "stops {culprit} for a moment",
		},
		{
			ID: "relock", Title: "a lock taken twice by one thread",
			Why: "the thread waits for a lock that it holds itself, and which is no recursive one",
			Do:  "keep the stacks of all threads: they show where it took the lock", Risk: "stops {culprit} for a moment",
		},
	},
	Params: []Param{
		{paramHold, 10, "s", "how long every thread of the circle must have waited"},
		{paramClear, 10, "s", "how long it must not have been seen"},
	},
	Needs:   pcb.FieldStat,
	Suspect: (*Pass).askLocks,
	Judge:   judgeDeadlocks,
}

// circle is threads each of which waits for the next one, and the last for the first.
type circle struct {
	waits  []*lockWait
	queued int // threads that wait for one of them
}

func judgeDeadlocks(p *Pass) (findings []Finding) {
	next := map[int32]*lockWait{} // by the thread that waits
	for _, look := range p.lookAtLocks() {
		for k := range look.waits {
			if w := &look.waits[k]; !w.Timed {
				next[w.Waiter.TID] = w
			}
		}
	}
	for _, c := range circles(next) {
		held := c.waits[0].since(p.Snap.Mono)
		for _, w := range c.waits {
			held = min(held, w.since(p.Snap.Mono))
		}
		if held >= p.Duration(paramHold) {
			findings = append(findings, p.deadlocked(&c, held))
		}
	}
	return findings
}

// circles finds them. Each begins with its lowest thread, so that it is the same in every reading.
func circles(next map[int32]*lockWait) (found []circle) {
	at := map[int32]int{} // by thread: the circle that its wait leads to, -1 for none
	var tids []int32
	for tid := range next {
		tids = append(tids, tid)
	}
	slices.Sort(tids)
	for _, from := range tids {
		var path []int32
		leads := -1
		for tid := from; ; tid = next[tid].Owner.TID {
			if known, seen := at[tid]; seen {
				leads = known
				break
			}
			if k := slices.Index(path, tid); k >= 0 {
				found = append(found, circleOf(path[k:], next))
				leads = len(found) - 1
				break
			}
			if next[tid] == nil {
				break
			}
			path = append(path, tid)
		}
		for _, tid := range path {
			at[tid] = leads
			if leads >= 0 {
				found[leads].queued++
			}
		}
	}
	for k := range found {
		found[k].queued -= len(found[k].waits)
	}
	return found
}

func circleOf(tids []int32, next map[int32]*lockWait) (c circle) {
	lowest := slices.Index(tids, slices.Min(tids))
	for k := range tids {
		c.waits = append(c.waits, next[tids[(lowest+k)%len(tids)]])
	}
	return c
}

func (p *Pass) deadlocked(c *circle, held time.Duration) Finding {
	first := p.Snap.Lookup(pcb.ID{PID: c.waits[0].Waiter.PID})
	f := Finding{
		Severity: Critical, Confidence: Proved, Subject: p.subject(first), Count: len(c.waits), held: held, Since: p.Snap.Time.Add(-held),
	}
	var words []string
	for _, w := range c.waits {
		if q := p.Snap.Lookup(pcb.ID{PID: w.Waiter.PID}); q != nil && !slices.Contains(f.Members, q.ID) {
			f.Members = append(f.Members, q.ID)
		}
		holder := taskLabel(&w.Owner) + " holds"
		if len(c.waits) == 1 {
			holder = "it holds itself"
		}
		words = append(words, fmt.Sprintf("thread %s waits for the lock at %#x, which %s", taskLabel(&w.Waiter), w.Address, holder))
	}
	slices.SortFunc(f.Members, func(a, b pcb.ID) int { return cmp.Compare(a.PID, b.PID) })
	source := procFile(first.ID, "task/*/syscall") + ", " + procFile(first.ID, "mem")
	f.know("lock_cycle", words, source)
	f.know("lock_wait_seconds", held, procFile(first.ID, "task/*/sched")+" se.exec_start")
	f.know("threads_queued", int64(c.queued), source)
	cause := &p.det.Causes[0]
	f.Summary = fmt.Sprintf("%s is deadlocked: %d threads wait for each other's locks", f.Subject.label(), len(c.waits))
	if len(c.waits) == 1 {
		cause = &p.det.Causes[1]
		f.Summary = fmt.Sprintf("%s is deadlocked: thread %s waits for a lock that it holds itself", f.Subject.label(), taskLabel(&c.waits[0].Waiter))
	}
	f.So = "they will wait until the process ends"
	if c.queued > 0 {
		f.Summary += fmt.Sprintf(", and %d more behind", c.queued)
		f.So += ", and so will what is behind them"
	}
	f.because(cause, f.fill(""))
	f.Remedies[0].Command = fmt.Sprintf("gdb -p %d -batch -ex 'thread apply all bt'", first.PID)
	again := Remedy{Do: "then restart it: nothing else gets the threads out of it", Risk: "its work is interrupted; unsaved data is lost"}
	again.restart(&f.Subject, first)
	f.Remedies = append(f.Remedies, again)
	return f
}
