package events

import (
	"cmp"
	"slices"
	"time"

	"ptop/pcb"
)

// What is told of one reading's interval at the most.
const (
	forkersMax  = 64
	endsMax     = 256
	childrenMax = 32
	statusesMax = 8
	namesMax    = 4
)

// tally is what a process made in an interval.
type tally struct {
	forks, short, execs uint64
	statuses            [statusesMax]pcb.ExitCount
	kinds               int // of statuses
	others              uint64
	names               [namesMax]string
	named               int
}

func (t *tally) ended(status int32, n uint64) {
	for i := range t.statuses[:t.kinds] {
		if t.statuses[i].Status == status {
			t.statuses[i].Count += n
			return
		}
	}
	if t.kinds == statusesMax {
		t.others += n
		return
	}
	t.statuses[t.kinds] = pcb.ExitCount{Status: status, Count: n}
	t.kinds++
}

func (t *tally) sawName(name string) {
	if t.named < namesMax && !slices.Contains(t.names[:t.named], name) {
		t.names[t.named] = name
		t.named++
	}
}

// tallyOf gives the tally of a process.
func (l *ledger) tallyOf(p *process) *tally {
	if p.tally == nil {
		if n := len(l.tallies); n > 0 {
			p.tally, l.tallies = l.tallies[n-1], l.tallies[:n-1]
		} else {
			p.tally = &tally{}
		}
		p.busy = len(l.busy)
		l.busy = append(l.busy, p)
	}
	return p.tally
}

// charge counts a process that was born and ended in the interval for who answers for it, with all that it made.
func (l *ledger) charge(p *process, status int32) {
	l.sum.ShortLived++
	if p.parent == nil {
		l.sum.Rest++
		if p.tally != nil {
			l.sum.Rest += p.tally.short
			l.drop(p)
		}
		return
	}
	t := l.tallyOf(p.parent)
	t.short++
	t.ended(status, 1)
	if p.execed {
		t.execs++
	}
	if p.comm != "" && (p.execed || p.comm != p.parent.comm) {
		t.sawName(p.comm)
	}
	if own := p.tally; own != nil {
		t.forks += own.forks
		t.short += own.short
		t.execs += own.execs
		for _, s := range own.statuses[:own.kinds] {
			t.ended(s.Status, s.Count)
		}
		t.others += own.others
		for _, name := range own.names[:own.named] {
			t.sawName(name)
		}
		l.drop(p)
	}
}

// drop takes a process's tally away.
func (l *ledger) drop(p *process) {
	last := len(l.busy) - 1
	l.busy[p.busy] = l.busy[last]
	l.busy[p.busy].busy = p.busy
	l.busy = l.busy[:last]
	l.release(p)
}

// release lets go of a process's tally.
func (l *ledger) release(p *process) {
	*p.tally = tally{}
	if len(l.tallies) < sparesMax {
		l.tallies = append(l.tallies, p.tally)
	}
	p.tally = nil
}

// catchMax is how many names are read after one drain.
const catchMax = 4

// unnamed gives a few of those that called exec since the last time and live, the latest first.
func (l *ledger) unnamed(pids []int32) []int32 {
	for _, pid := range slices.Backward(l.execs) {
		if p := l.live[pid]; p != nil && p.comm == "" && len(pids) < catchMax {
			pids = append(pids, pid)
		}
	}
	l.execs = l.execs[:0]
	return pids
}

// named takes up a name that was read.
func (l *ledger) named(pid int32, name []byte) {
	if p := l.live[pid]; p != nil {
		p.rename(name)
	}
}

// cut ends the interval at a time, gives what happened in it, and takes note of who a reading shows, which began at a
// time. boot is the boot time less the monotonic one.
func (l *ledger) cut(s *pcb.Snapshot, began, at, boot time.Duration) *pcb.Events {
	l.boot = boot
	l.meet(s, began)
	out := l.sum
	out.Span = at - l.began
	out.Forkers = l.forkers(&out)
	l.publishEnds(&out)
	l.sum, l.began = pcb.Events{}, at
	l.nth++
	return &out
}

// meet takes up who a reading shows: their identities and names, and those of whose birth nothing was told. One of these
// may have ended since; then the next reading does not show it.
func (l *ledger) meet(s *pcb.Snapshot, began time.Duration) {
	met, learned := 0, false
	for i := range s.Procs {
		q := &s.Procs[i]
		if !q.Have.Has(pcb.FieldCore) || q.State == 'X' || q.Zombie() && !q.LeaderExited() {
			continue
		}
		p := l.live[q.PID]
		if p != nil && !l.same(p, q.ID) {
			if p.Born > began { // it has the pid of one that has ended since
				continue
			}
			l.remove(p)
			p = nil
		}
		if p == nil {
			p, learned = l.add(q.PID), true
			p.others, p.leaderGone = max(0, q.Threads-1), q.LeaderExited()
			p.asOf = began + q.At - s.Mono
		}
		p.ID, p.seen = q.ID, l.nth
		p.comm, p.Name = q.Comm, q.Name()
		met++
	}
	if learned {
		l.relate(s)
	}
	if len(l.live) > met && !s.Coverage.HidePID {
		l.sweep(began)
	}
}

// same reports whether a process is the one with that identity.
func (l *ledger) same(p *process, id pcb.ID) bool {
	told := l.tell(p)
	return told.Is(id)
}

// relate finds the parents of those that were learned of by a reading.
func (l *ledger) relate(s *pcb.Snapshot) {
	for i := range s.Procs {
		q := &s.Procs[i]
		if p, parent := l.live[q.PID], l.live[q.PPID]; p != nil && parent != nil && p.parent == nil && p != parent && p.ID == q.ID {
			l.adopt(parent, p)
		}
	}
}

// sweep forgets those that were there when the reading began and that it does not show: their ends were lost.
func (l *ledger) sweep(began time.Duration) {
	for _, p := range l.live {
		if p.seen != l.nth && p.Born < began {
			l.remove(p)
		}
	}
}

// tell gives a process as it is told of, by the clock of the readings.
func (l *ledger) tell(p *process) pcb.Told {
	t := p.Told
	t.Name = p.name()
	if t.Born > 0 {
		t.Born += l.boot
	}
	return t
}

// forkers gives who made the most, and clears all tallies.
func (l *ledger) forkers(sum *pcb.Events) []pcb.Forker {
	slices.SortFunc(l.busy, func(a, b *process) int {
		return cmp.Or(cmp.Compare(b.tally.short, a.tally.short), cmp.Compare(b.tally.forks, a.tally.forks), cmp.Compare(a.ID.PID, b.ID.PID))
	})
	var list []pcb.Forker
	for i, p := range l.busy {
		t := p.tally
		if i < forkersMax {
			f := pcb.Forker{
				Told: l.tell(p), Ended: p.ended, Forks: t.forks, ShortLived: t.short, Execs: t.execs,
				Statuses: slices.Clone(t.statuses[:t.kinds]), OtherStatuses: t.others, Names: slices.Clone(t.names[:t.named]),
			}
			slices.SortFunc(f.Statuses, func(a, b pcb.ExitCount) int { return cmp.Compare(b.Count, a.Count) })
			list = append(list, f)
		} else {
			sum.Rest += t.short
		}
		l.release(p)
		if p.ended {
			l.spare(p)
		}
	}
	clear(l.busy)
	l.busy = l.busy[:0]
	return list
}

// publishEnds gives the latest ends of parents, and clears all.
func (l *ledger) publishEnds(sum *pcb.Events) {
	slices.SortFunc(l.ends, func(a, b *end) int { return cmp.Compare(b.at, a.at) })
	for i, e := range l.ends {
		if i < endsMax {
			told := pcb.ParentEnd{Told: e.Told, Status: e.status, At: e.at + l.boot}
			if told.Born > 0 {
				told.Born += l.boot
			}
			for _, c := range e.children[:min(len(e.children), childrenMax)] {
				told.Children = append(told.Children, c.ID.PID)
			}
			told.Left = len(e.children) - len(told.Children)
			sum.Ends = append(sum.Ends, told)
		} else {
			sum.EndsLeft++
		}
		for _, c := range e.children {
			c.lost = nil
		}
	}
	clear(l.ends)
	l.ends = l.ends[:0]
}
