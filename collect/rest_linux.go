package collect

import (
	"slices"

	"ptop/pcb"
)

// To read stat of every process is cheap; status, and what hangs on it, costs more than twice as much again. So a process is
// read whole only when something asks for it: it is new, the text of its stat is another than the last time, it is one of
// those attended, it is in a state in which status can change without stat (see settles), its switches had grown when it was
// last read whole, or it is its turn, which comes at least every restReadings readings. The text of stat has the CPU time of
// all threads, the faults, the memory and most of the signals. Any other process rests: what was told of it stands, each
// figure with the time at which it was read (SwitchesAt, IOAt), so that no rate is told of it, and the next one is of the
// whole time. What is true of a moment only, how long it has been idle, is not told of it.

// restReadings is how many readings a process may rest at the most; restTurnMin is how many have their turn in each at least.
const (
	restReadings = 16
	restTurnMin  = 64
)

// Attend names the processes that every reading from the next on reads whole: those in sight, and those under suspicion.
// Of the others, those at rest have it in turn. Before the first call all are attended; after one with none, nobody is.
// The first also says that a screen stands, behind which the task iterator can be loaded.
func (c *Collector) Attend(pids []int32) {
	sorted := slices.Clone(pids)
	slices.Sort(sorted)
	if c.attend.Swap(&sorted) == nil {
		go func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.loadBehind()
		}()
	}
}

// restTurns is the state of the turns within one reading.
type restTurns struct {
	turn
	attended *[]int32 // nil for all
}

func (r *restTurns) begin(processes int, attended *[]int32) {
	r.budget = max(restTurnMin, (processes+restReadings-1)/restReadings)
	r.attended = attended
	r.turn.begin()
}

// spares reports whether a process needs not be read whole in this reading for itself.
func (r *restTurns) spares(pid int32) bool {
	if r.attended == nil {
		return false
	}
	_, attended := slices.BinarySearch(*r.attended, pid)
	return !attended && !r.grants(pid, 1)
}

// mayRest reports whether what is known of a process stands for this reading. mark is of its stat text, e may be nil.
func (c *Collector) mayRest(e *entry, mark uint64) bool {
	return e != nil && e.fileEntry != nil && e.settled && e.mark == mark && e.want == c.opt.Want && c.resting.spares(e.id.PID)
}

// rest gives a process what is known of it.
func (c *Collector) rest(s *pcb.Snapshot, p *pcb.Process, e *entry) {
	e.scan = c.scan
	at := p.At
	*p = e.last
	p.At = at
	p.FirstThread, p.ThreadCount = int32(len(s.Threads)), 0
	c.owner(p, e) // a name may have been found since
	if p.Threads > 1 && e.sums.at > 0 && (!c.walk.takes(p, &e.sums) || !c.walkThreads(s, p, e)) {
		e.sums.give(p)
	}
	p.Have &^= pcb.FieldIdle | pcb.FieldEnded
	switch {
	case p.Zombie(): // it does not run any more
		c.idle(p, e)
	case c.opt.Want&WantIdle != 0:
		c.clocks.execStart(p.Processor) // for Snapshot.ExecStart, which others are measured by
	}
}

// keep keeps what was read of a process, for the readings in which it rests.
func (e *entry) keep(p *pcb.Process, want Want) {
	e.settled = want&WantThreads == 0 && !e.moved && p.State == e.last.State && settles(p)
	e.want = want
	e.last = *p
}

// settles reports whether of a process in this state stat shows when something happens to it. Of one that is traced, or
// could be interrupted by nothing, or holds back signals, it does not: they become pending without its running.
func settles(p *pcb.Process) bool {
	if !p.Have.Has(pcb.FieldStat|pcb.FieldSwitches|pcb.FieldCreds) || p.TracerPID != 0 {
		return false
	}
	switch p.State {
	case 'Z':
		return !p.LeaderExited()
	case 'S', 'I':
		return p.Have.Has(pcb.FieldSignals) && p.SigPending|p.SigShared|p.SigBlocked == 0 && p.KFlags&pcb.PFExiting == 0
	}
	return false
}
