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

// tally is the number of dead children at one reading, and the least and most of the readings that it stands for.
type tally struct {
	at        time.Duration // Mono
	count     int
	low, high int
}

func (r *reaper) at(i int) *tally { return &r.ring[(r.first+i)%len(r.ring)] }

// enter adds a count. The last one of a ring stays that of the newest reading; the one before it is at least a
// 64th of the window older than its predecessor.
func (r *reaper) enter(now time.Duration, count int, window time.Duration) {
	if r.n >= 2 && r.at(r.n-1).at-r.at(r.n-2).at < window/(2*slots) {
		last := r.at(r.n - 1)
		*last = tally{now, count, min(last.low, count), max(last.high, count)}
		return
	}
	if r.n == len(r.ring) {
		r.first = (r.first + 1) % len(r.ring)
		r.n--
	}
	r.n++
	*r.at(r.n - 1) = tally{now, count, count, count}
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

// net is the growth over the last span: in dead children, and in those a minute.
func (r *reaper) net(span time.Duration) (n int, perMinute float64) {
	if r == nil || span <= 0 {
		return 0, 0
	}
	then, now := r.before(span), r.at(r.n-1)
	n = now.count - then.count
	return n, float64(n) / (now.at - then.at).Minutes()
}

// most is the highest number in the last span.
func (r *reaper) most(span time.Duration) (high int) {
	for i := range r.n {
		if t := r.at(i); r.at(r.n-1).at-t.at <= span {
			high = max(high, t.high)
		}
	}
	return high
}

// bounded reports whether the number keeps within bounds over the last span, however it goes up and down in them: in
// the later half it comes down again into the lower half of what it had gone through, and since then it has not gone
// far above that.
func (r *reaper) bounded(span time.Duration) bool {
	now := r.at(r.n - 1)
	low, trough, high, peak := -1, -1, 0, 0
	for i := range r.n {
		t := r.at(i)
		ago := now.at - t.at
		if ago > span {
			continue
		}
		high = max(high, t.high)
		if ago >= span/2 {
			if low < 0 || t.low < low {
				low = t.low
			}
		} else if trough < 0 || t.low <= trough {
			trough, peak = t.low, high
		}
	}
	swing := (peak - low + 1) / 2
	return low >= 0 && trough >= 0 && trough <= low+swing && now.count <= peak+swing
}

// deadOf is a group of dead children that is counted: those of one parent that a plain wait takes, or those of it that
// were made with another exit signal.
type deadOf struct {
	parent int32 // index
	odd    bool
}

// oddSignal reports whether a process was made with another exit signal than SIGCHLD: no plain wait takes it.
func oddSignal(p *pcb.Process) bool { return p.ExitSig != int32(pcb.SIGCHLD) }

// reaper is where a process keeps what is counted of its dead children; nil is there while none is.
func (e *entry) reaper(odd bool) **reaper {
	if odd {
		return &e.oddDead
	}
	return &e.dead
}

// countDead enters the number of dead children of each parent that has some or lately had.
func (h *History) countDead(s *pcb.Snapshot, f *tree.Forest, spans spans) {
	for _, i := range h.zombies {
		parent := f.Parent(i)
		if parent == tree.None || s.Procs[i].LeaderExited() {
			continue
		}
		odd := oddSignal(&s.Procs[i])
		if r := h.entries[parent].reaper(odd); *r == nil {
			*r = &reaper{}
		}
		h.dead[deadOf{parent, odd}]++
	}
	for i := range h.entries {
		for _, odd := range []bool{false, true} {
			h.count(deadOf{int32(i), odd}, s.Mono, spans.dead)
		}
	}
	clear(h.dead)
}

// count enters the number of one group, and forgets a group of which long none was left.
func (h *History) count(of deadOf, now, window time.Duration) {
	at := h.entries[of.parent].reaper(of.odd)
	r := *at
	if r == nil {
		return
	}
	r.enter(now, h.dead[of], window)
	if h.dead[of] == 0 && r.before(window).count == 0 && r.watched() >= window {
		*at = nil
	}
}

// reapedBy enters that a zombie is gone while its parent lives.
func (h *History) reapedBy(s *pcb.Snapshot, g gone) {
	i := s.Index(g.parent.PID)
	if i < 0 || h.entries[i].id != g.parent {
		return
	}
	if r := *h.entries[i].reaper(g.odd); r != nil {
		r.reaped++
	}
}
