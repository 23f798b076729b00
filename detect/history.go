package detect

import (
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// History is what the Tracker remembers of each process between Frames: one small entry for each that lives, and
// more only for those that show something.
type History struct {
	began   time.Duration  // Boot of the first reading
	entries []entry        // parallel to Snapshot.Procs
	gone    []gone         // the zombies that the latest reading no longer shows
	dead    map[deadOf]int // dead children, while a reading is entered

	// What enter noticed in the latest reading, so that no detector has to look at the healthy.
	zombies []int32               // indices in Procs
	watched []int32               // those with a watch
	strays  []int32               // those whose parent may not be the one that made them
	gated   map[*Detector][]int32 // those that passed a detector's Gate

	climbing [gauges][]int32          // those of which a gauge has risen lately
	ends     map[int32]*pcb.ParentEnd // parents that ended, by pid, of the latest reading and the one before
	before   []pcb.ParentEnd          // those of the one before
	heirs    map[int32]*pcb.ParentEnd // by pid of a child that one left, of the latest reading

	told map[Key]bool // the findings that are being told: what a rule with a lower threshold for clearing asks

	places  places               // cgroups
	crowds  crowds               // users
	victims map[*Detector]pcb.ID // whom a finding about the machine's memory names

	kept  memory
	turns map[*Detector]int32 // the pid whose turn was last, see Pass.turn
}

func newHistory() History {
	return History{
		told: map[Key]bool{}, dead: map[deadOf]int{}, gated: map[*Detector][]int32{}, kept: memory{}, turns: map[*Detector]int32{},
		places: newPlaces(), crowds: newCrowds(), victims: map[*Detector]pcb.ID{},
		ends: map[int32]*pcb.ParentEnd{}, heirs: map[int32]*pcb.ParentEnd{},
	}
}

// entry is what is remembered of one process.
type entry struct {
	id         pcb.ID
	parent     pcb.ID
	parentName string
	firstSeen  time.Duration // Mono
	deadSince  time.Duration // Mono of the first reading that showed it as a zombie, as it is one now; -1 while it is none
	half       bool          // then only its main thread had ended
	died       time.Duration // Mono of its end as a reading told it, the earliest of all: each is a lower bound of how long that is ago
	dated      bool          // died is known
	lost       *lostParent   // the parent that it was seen to lose
	watch      *watch        // CPU use over time, of those that use a lot
	dead       *reaper       // its dead children over time, of those that have some
	oddDead    *reaper       // likewise those that it made with another exit signal than SIGCHLD
	odd        bool          // itself was made so
	figures    figures       // its gauges, with those over time that rise
}

// gone is a zombie that is no longer there.
type gone struct {
	parent pcb.ID
	odd    bool
}

// lostParent is a parent that a process was seen to lose.
type lostParent struct {
	ID     pcb.ID
	Name   string
	At     time.Duration  // Mono when that was, or of the reading that showed another parent
	End    *pcb.ParentEnd // how it ended; nil where no event told
	unseen bool           // no reading showed them together
}

// watchFrom is the demand (percent of a CPU) or the voluntary switches a second from which a process is watched.
const (
	watchFromDemand   = 40
	watchFromSwitches = 1000
)

// enter takes up a new reading. spans says how long each kind of memory has to reach back.
func (h *History) enter(s *pcb.Snapshot, r *pcb.RateSet, f *tree.Forest, spans spans) {
	h.zombies, h.watched, h.strays = h.zombies[:0], h.watched[:0], h.strays[:0]
	for g := range h.climbing {
		h.climbing[g] = h.climbing[g][:0]
	}
	for d, list := range h.gated {
		h.gated[d] = list[:0]
	}
	if h.began == 0 {
		h.began = s.Boot
	}
	h.places.begin()
	h.crowds.begin()
	h.enterEnds(s.Events)
	h.align(s)
	for i := range s.Procs {
		h.notice(s, r, f, int32(i), &h.entries[i], &spans)
	}
	h.kept.sweep(s)
	h.places.end()
	h.crowds.end(s)
	for _, g := range h.gone {
		h.reapedBy(s, g)
	}
	h.gone = h.gone[:0]
	h.countDead(s, f, spans)
}

// align has one entry for each process of the reading, in their order: those of the gone are dropped, and then those that
// stay are moved to their places, from the last on, which leaves room for the new ones between them. All are sorted by pid.
func (h *History) align(s *pcb.Snapshot) {
	old, procs := h.entries, s.Procs
	stay, i := 0, 0
	for j := range old {
		for i < len(procs) && procs[i].PID < old[j].id.PID {
			i++
		}
		if i == len(procs) || procs[i].ID != old[j].id {
			h.leave(&old[j])
			continue
		}
		if stay != j {
			old[stay] = old[j]
		}
		stay++
	}
	clear(old[stay:]) // lets go of what belonged to the gone
	h.entries = pcb.Room(old[:stay], len(procs))[:len(procs)]
	stay--
	for i := len(procs) - 1; i > stay; i-- {
		if stay >= 0 && h.entries[stay].id == procs[i].ID {
			h.entries[i] = h.entries[stay]
			stay--
		} else {
			h.entries[i] = entry{id: procs[i].ID, firstSeen: s.Mono, deadSince: -1}
		}
	}
}

// leave notes a process that is gone.
func (h *History) leave(e *entry) {
	if e.deadSince >= 0 && !e.half && !e.parent.IsZero() {
		h.gone = append(h.gone, gone{e.parent, e.odd})
	}
}

// notice enters one process.
func (h *History) notice(s *pcb.Snapshot, r *pcb.RateSet, f *tree.Forest, i int32, e *entry, spans *spans) {
	p := &s.Procs[i]
	h.places.enter(i, p)
	h.crowds.enter(i, p, len(f.Children(i)))
	parent := f.Parent(i)
	if parent != tree.None {
		if q := &s.Procs[parent]; q.ID != e.parent {
			if !e.parent.IsZero() && p.State != 'X' {
				e.lost = h.loses(s, e.parent, e.parentName)
			} else if e.lost == nil && len(h.heirs) > 0 {
				e.lost = h.lostUnseen(s, p, q)
			}
			e.parent, e.parentName = q.ID, q.Name()
		}
	}
	if p.State == 'Z' {
		if half := p.LeaderExited(); e.deadSince < 0 || half != e.half {
			e.deadSince, e.half, e.odd, e.dated = s.Mono, half, oddSignal(p), false
		}
		if p.Have.Has(pcb.FieldEnded) {
			if died := s.Mono - min(p.Ended, s.Age(p)); !e.dated || died < e.died {
				e.died, e.dated = died, true
			}
		}
		h.zombies = append(h.zombies, i)
		if !p.LeaderExited() {
			return
		}
	} else {
		e.deadSince = -1 // also of a leader that had ended, whose place a thread took that called exec
	}
	for _, d := range All {
		if d.Gate != nil && d.Gate(p) {
			h.gated[d] = append(h.gated[d], i)
		}
	}
	h.climb(p, i, &e.figures, &spans.leaks)
	if e.watch.enter(s, &r.Procs[i], spans.busy) {
		h.watched = append(h.watched, i)
	} else if busy(&r.Procs[i]) {
		e.watch = newWatch()
		e.watch.enter(s, &r.Procs[i], spans.busy)
		h.watched = append(h.watched, i)
	} else {
		e.watch = nil
	}
	if parent != tree.None && (e.lost != nil || stray(s, p, &s.Procs[parent])) {
		h.strays = append(h.strays, i)
	}
}

// busy is the gate: who uses as much is watched.
func busy(r *pcb.Rates) bool {
	return r.HotDemand >= watchFromDemand || r.CPU >= watchFromDemand || r.Wait >= watchFromDemand || r.Voluntary >= watchFromSwitches
}

// stray reports whether the kernel still shows that p's parent is not the one that made it: the parent is younger,
// or stands outside p's process group or session while the leader of that is gone.
func stray(s *pcb.Snapshot, p, parent *pcb.Process) bool {
	if p.KernelThread() {
		return false
	}
	return p.Started < parent.Started || leaderless(s, p, p.PGID, parent.PGID) || leaderless(s, p, p.SID, parent.SID)
}

// leaderless reports whether the process group or session of p has lost its leader and the parent is not in it.
func leaderless(s *pcb.Snapshot, p *pcb.Process, own, parents int32) bool {
	return own != parents && leaderDead(s, p, own)
}

// leaderDead reports whether the leader of p's process group or session is another process and dead. A leader's pid is
// not given to another while its group or session has members, so an absent pid is a dead leader, unless it may be
// hidden; so is a zombie that its own parent has not waited for.
func leaderDead(s *pcb.Snapshot, p *pcb.Process, leader int32) bool {
	if leader == p.PID || leader <= 0 {
		return false
	}
	i := s.Index(leader)
	if i < 0 {
		return !s.Coverage.HidePID
	}
	return s.Procs[i].Zombie() && !s.Procs[i].LeaderExited()
}

// of gives what is remembered of the process at i.
func (h *History) of(i int32) *entry { return &h.entries[i] }
