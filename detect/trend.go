package detect

import (
	"slices"
	"time"
)

// trend is a figure of one process over time, in a ring of stretches. Time is what counts, never the number of readings:
// however fast they follow each other, a stretch is at least a slots-th of the window.
type trend struct {
	ring  [slots + 2]level
	first int
	n     int
}

// level is a stretch of time with the figures that were read in it.
type level struct {
	to        time.Duration // when the last of them was read (Snapshot clock)
	lasted    time.Duration // how long it was watched
	fell      time.Duration // how much of that the figure was on its way down
	low, high float64
	last      float64
	readings  int32
}

// gapShare is the part of the window above which a step between two readings shows nothing of what was between them.
const gapShare = 2

// enter adds a figure. One that was read no later than the last is none.
func (t *trend) enter(at time.Duration, value float64, window time.Duration) {
	now := level{to: at, low: value, high: value, last: value, readings: 1}
	if t.n == 0 {
		t.push(now)
		return
	}
	before := t.last()
	step := at - before.to
	if step <= 0 {
		return
	}
	if step > window/gapShare {
		t.push(now)
		return
	}
	now.lasted = step
	if value < before.last {
		now.fell = step
	}
	if before.lasted < window/slots {
		before.join(&now)
		return
	}
	t.push(now)
}

func (t *trend) last() *level { return t.at(t.n - 1) }

func (t *trend) at(i int) *level { return &t.ring[(t.first+i)%len(t.ring)] }

func (t *trend) push(l level) {
	if t.n == len(t.ring) {
		t.first = (t.first + 1) % len(t.ring)
		t.n--
	}
	t.n++
	*t.last() = l
}

// join lengthens a stretch.
func (l *level) join(b *level) {
	l.to, l.lasted, l.fell = b.to, l.lasted+b.lasted, l.fell+b.fell
	l.low, l.high, l.last, l.readings = min(l.low, b.low), max(l.high, b.high), b.last, l.readings+b.readings
}

// within gives the stretches that end in the last window, in their order.
func (t *trend) within(window time.Duration, into []level) []level {
	if t.n == 0 {
		return nil
	}
	from := t.last().to - window
	for i := range t.n {
		if l := *t.at(i); l.to >= from {
			l.lasted = min(l.lasted, l.to-from)
			l.fell = min(l.fell, l.lasted)
			into = append(into, l)
		}
	}
	return into
}

// rise is how a figure moved in a window.
type rise struct {
	seen     time.Duration // how much of the window was watched
	readings int
	from, to float64 // the first and the last figure
	steady   float64 // share of the time in which it did not fall, percent
	apart    bool    // the lowest of the later half is above the highest of the first third
	late     float64 // pace in the last third, percent of that of the whole
}

// grown is by how much it rose.
func (r *rise) grown() float64 { return r.to - r.from }

// over sums up the last window. Gaps between readings count as not watched.
func (t *trend) over(window time.Duration) (r rise) {
	var room [slots + 2]level
	parts := t.within(window, room[:0])
	if len(parts) < 2 {
		return r
	}
	end := parts[len(parts)-1]
	from := end.to - window
	r.from, r.to = parts[0].last, end.last
	var fell time.Duration
	early, later := false, false
	var earlyMax, laterMin float64
	third := parts[0] // the last stretch before the last third
	for i := range parts {
		l := &parts[i]
		r.seen, fell, r.readings = r.seen+l.lasted, fell+l.fell, r.readings+int(l.readings)
		if l.to <= from+window/3 {
			earlyMax = pick(early, max(earlyMax, l.high), l.high)
			early = true
		}
		if l.to > from+window/2 {
			laterMin = pick(later, min(laterMin, l.low), l.low)
			later = true
		}
		if l.to <= from+window*2/3 {
			third = *l
		}
	}
	r.steady = 100 - percentOf(fell, r.seen)
	r.apart = early && later && laterMin > earlyMax
	r.late = 100 * pace(&third, &end) / pace(&parts[0], &end)
	return r
}

func pick(known bool, both, own float64) float64 {
	if known {
		return both
	}
	return own
}

// pace is how fast a figure rose from one stretch's end to another's, a second; NaN between two at one time.
func pace(a, b *level) float64 { return (b.last - a.last) / (b.to - a.to).Seconds() }

// slope is the median of the paces between all pairs of stretches in the last window, a second (Theil and Sen): some
// odd figures do not move it.
func (t *trend) slope(window time.Duration) float64 {
	var room [slots + 2]level
	parts := t.within(window, room[:0])
	var paces []float64
	for i := range parts {
		for j := range i {
			paces = append(paces, pace(&parts[j], &parts[i]))
		}
	}
	if len(paces) == 0 {
		return 0
	}
	slices.Sort(paces)
	middle := len(paces) / 2
	if len(paces)%2 == 0 {
		return (paces[middle-1] + paces[middle]) / 2
	}
	return paces[middle]
}

// untilFull is how long it takes to reach a limit at a pace a second; false when it is never reached, or so late that
// nobody can say.
func untilFull(used, limit, slope float64) (time.Duration, bool) {
	if slope <= 0 {
		return 0, false
	}
	left := max(0, limit-used) / slope
	if left > (100 * 365 * 24 * time.Hour).Seconds() {
		return 0, false
	}
	return time.Duration(left * float64(time.Second)), true
}
