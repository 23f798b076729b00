package pcb

import "time"

// Events is what the kernel told of births and ends of processes between two readings, or of the first one since ptop
// began to listen. Its lists are bounded; what did not fit is counted.
type Events struct {
	Span       time.Duration // the time that it covers
	Forks      uint64        // processes born
	Threads    uint64        // threads born
	Execs      uint64
	Exits      uint64 // processes ended: of their threads, the last one
	Lost       uint64 // events that did not reach ptop, by the kernel's own numbering of them
	ShortLived uint64 // processes that were born and ended within Span

	Forkers []Forker // who made processes, those with the most short-lived ones first
	Rest    uint64   // short-lived processes of others than Forkers, or of whom it is not known who made them

	Ends     []ParentEnd // of processes that left children which live on, the latest first
	EndsLeft uint64      // such ends that did not fit
}

// Told is a process as events tell of it.
type Told struct {
	ID   ID            // start 0 when no reading showed it
	Born time.Duration // since boot, as the kernel told it; 0 when it was there before ptop listened
	Name string        // as a reading showed it, else told by the kernel or inherited at the fork; empty when unknown
}

// Forker is a process that made others. What its short-lived children made counts as its own.
type Forker struct {
	Told
	Ended         bool
	Forks         uint64      // processes born
	ShortLived    uint64      // of these and of those before, the ones that Events.ShortLived counts
	Execs         uint64      // of the short-lived, how many called exec: the others ran on what forked them
	Statuses      []ExitCount // wait statuses of the short-lived, the most frequent first
	OtherStatuses uint64      // of those with a status that is not listed
	Names         []string    // of short-lived ones, as far as one that called exec was caught alive or gave itself a name
}

// ExitCount is how many processes ended with a wait status.
type ExitCount struct {
	Status int32
	Count  uint64
}

// ParentEnd is the end of a process that left living children.
type ParentEnd struct {
	Told
	Status   int32         // wait status
	At       time.Duration // since boot
	Children []int32       // pids of those that it forked and that lived on at the end of Span; bounded
	Left     int           // further such children
}

// PerSecond gives the rate of a count over the time that the events cover; NaN when that is none.
func (e *Events) PerSecond(n uint64) float64 { return perSecond(n, 0, e.Span) }

// Forker gives what is told of a process as one that makes others; nil when that is nothing.
func (e *Events) Forker(id ID) *Forker {
	if e == nil {
		return nil
	}
	for i := range e.Forkers {
		if f := &e.Forkers[i]; !f.Ended && f.Is(id) {
			return f
		}
	}
	return nil
}

// lateTold is how long after its start time was taken the birth of a process may be told.
const lateTold = time.Second

// Is reports whether it may be the process with that identity, of Linux.
func (t *Told) Is(id ID) bool {
	if t.ID.PID != id.PID || t.ID.Start != 0 {
		return t.ID == id
	}
	started := time.Duration(id.Start) * Tick
	return t.Born == 0 || started <= t.Born && t.Born-started < lateTold
}
