package detect

import (
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// reaper is how many dead children one parent had over time, and whether it was seen to reap.
type reaper struct {
	ring   [2*slots + 2]tally
	first  int
	n      int
	reaped int // dead children that were seen and then were gone
}

// tally is the number of dead children at one reading.
type tally struct {
	at    time.Duration // Mono
	count int
}

func (r *reaper) at(i int) *tally { return &r.ring[(r.first+i)%len(r.ring)] }

// enter adds a count. The last one of a ring stays that of the newest reading; the one before it is at least a
// 64th of the window older than its predecessor.
func (r *reaper) enter(now time.Duration, count int, window time.Duration) {
	if r.n >= 2 && r.at(r.n-1).at-r.at(r.n-2).at < window/(2*slots) {
		*r.at(r.n - 1) = tally{now, count}
		return
	}
	if r.n == len(r.ring) {
		r.first = (r.first + 1) % len(r.ring)
		r.n--
	}
	r.n++
	*r.at(r.n - 1) = tally{now, count}
}

// watched is how long the counts reach back.
func (r *reaper) watched() time.Duration {
	if r == nil || r.n == 0 {
		return 0
	}
	return r.at(r.n-1).at - r.at(0).at
}

// before is the tally of that long ago: the newest that is as old.
func (r *reaper) before(ago time.Duration) *tally {
	now := r.at(r.n - 1).at
	for i := r.n - 1; i > 0; i-- {
		if now-r.at(i).at >= ago {
			return r.at(i)
		}
	}
	return r.at(0)
}

// net is the growth over the last span, in dead children a minute.
func (r *reaper) net(span time.Duration) float64 {
	if r == nil || span <= 0 {
		return 0
	}
	then, now := r.before(span), r.at(r.n-1)
	return float64(now.count-then.count) / (now.at - then.at).Minutes()
}

// countDead enters the number of dead children of each parent that has some or lately had.
func (h *History) countDead(s *pcb.Snapshot, f *tree.Forest, spans spans) {
	for _, i := range h.zombies {
		parent := f.Parent(i)
		if parent == tree.None || s.Procs[i].LeaderExited() {
			continue
		}
		e := &h.entries[parent]
		if e.reaper == nil {
			e.reaper = &reaper{}
		}
		h.dead[parent]++
	}
	for i := range h.entries {
		r := h.entries[i].reaper
		if r == nil {
			continue
		}
		r.enter(s.Mono, h.dead[int32(i)], spans.dead)
		if h.dead[int32(i)] == 0 && r.before(spans.dead).count == 0 && r.watched() >= spans.dead {
			h.entries[i].reaper = nil
		}
	}
	clear(h.dead)
}

// reapedBy enters that a zombie is gone while its parent lives.
func (h *History) reapedBy(s *pcb.Snapshot, parent pcb.ID) {
	if i := s.Index(parent.PID); i >= 0 && h.entries[i].id == parent && h.entries[i].reaper != nil {
		h.entries[i].reaper.reaped++
	}
}
