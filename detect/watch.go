package detect

import (
	"slices"
	"time"

	"ptop/pcb"
)

// spans is how far back each kind of memory has to reach: the longest window of the detectors that use it.
type spans struct {
	busy, dead time.Duration
	leaks      [gauges]leakSpans
}

// slots is how many stretches of time a ring keeps. A stretch is at least a slots-th of the window, however fast the
// readings follow each other.
const slots = 32

// watch is one process's use of the CPU over time, in a ring of stretches. Time is what counts, never the number of
// readings: each stretch weighs as much as it lasted.
type watch struct {
	ring  [slots + 2]stretch
	first int
	n     int
	quiet time.Duration // how long it has been below the gate
}

// stretch is a span of time between readings, with means over it.
type stretch struct {
	to, lasted time.Duration // Mono of its end; how long it was
	demand     float64       // of the hottest thread, percent
	got        float64       // CPU that that thread got, percent
	switches   float64       // voluntary ones of that thread, a second
	user, sys  float64       // of the process, percent
}

func newWatch() *watch { return &watch{} }

// enter adds a reading and reports whether the process is worth watching on. A nil watch is not.
func (w *watch) enter(s *pcb.Snapshot, r *pcb.Rates, window time.Duration) bool {
	if w == nil {
		return false
	}
	if r.Elapsed <= 0 {
		return true
	}
	now := stretch{to: s.Mono, lasted: r.Elapsed, demand: hottest(r), got: orZero(r.HotCPU), switches: orZero(r.HotSwitches), user: orZero(r.User), sys: orZero(r.System)}
	if w.n > 0 && w.last().lasted < window/slots {
		w.last().join(&now)
	} else {
		w.push(now)
	}
	if busy(r) {
		w.quiet = 0
	} else {
		w.quiet += r.Elapsed
	}
	return w.quiet < window
}

func (w *watch) last() *stretch { return w.at(w.n - 1) }

func (w *watch) at(i int) *stretch { return &w.ring[(w.first+i)%len(w.ring)] }

func (w *watch) push(s stretch) {
	if w.n == len(w.ring) {
		w.first = (w.first + 1) % len(w.ring)
		w.n--
	}
	w.n++
	*w.last() = s
}

// join lengthens a stretch, its means weighed by time.
func (s *stretch) join(b *stretch) {
	whole := float64(s.lasted + b.lasted)
	mean := func(x, y float64) float64 { return (x*float64(s.lasted) + y*float64(b.lasted)) / whole }
	s.demand, s.got, s.switches = mean(s.demand, b.demand), mean(s.got, b.got), mean(s.switches, b.switches)
	s.user, s.sys = mean(s.user, b.user), mean(s.sys, b.sys)
	s.to, s.lasted = b.to, s.lasted+b.lasted
}

// use is what a watch tells of a window.
type use struct {
	seen     time.Duration // how much of the window was watched
	low      float64       // demand that it kept to for nine tenths of the time (p10), percent
	got      float64       // CPU that it got, percent
	switches float64       // a second
	system   float64       // share of CPU time in the kernel, percent
}

// over sums up the last window. Readings that failed leave gaps, which count as not watched.
func (w *watch) over(window time.Duration) use {
	var u use
	if w == nil || w.n == 0 {
		return u
	}
	var parts [slots + 2]stretch
	from := w.last().to - window
	n := 0
	var user, sys, got, switches float64
	for i := range w.n {
		s := *w.at(i)
		if s.to <= from {
			continue
		}
		s.lasted = min(s.lasted, s.to-from)
		u.seen += s.lasted
		weight := float64(s.lasted)
		user, sys = user+s.user*weight, sys+s.sys*weight
		got, switches = got+s.got*weight, switches+s.switches*weight
		parts[n] = s
		n++
	}
	u.got, u.switches = got/float64(u.seen), switches/float64(u.seen)
	if user+sys > 0 {
		u.system = 100 * sys / (user + sys)
	}
	u.low = lowTenth(parts[:n], u.seen)
	return u
}

// lowTenth is the demand below which a tenth of the time was spent.
func lowTenth(parts []stretch, whole time.Duration) float64 {
	slices.SortFunc(parts, func(a, b stretch) int {
		switch {
		case a.demand < b.demand:
			return -1
		case a.demand > b.demand:
			return 1
		}
		return 0
	})
	var passed time.Duration
	for i := range parts {
		if passed += parts[i].lasted; passed > whole/10 {
			return parts[i].demand
		}
	}
	return 0
}

// hottest is the demand of the hottest thread; where threads were not read, the CPU of a process with one is its own.
func hottest(r *pcb.Rates) float64 { return orZero(r.HotDemand) }

// orZero is v, or 0 for an unknown one.
func orZero(v float64) float64 {
	if v != v {
		return 0
	}
	return v
}
