package detect

import (
	"time"

	"ptop/pcb"
)

// gauge is a figure of a process that goes up and down in a healthy one, and only up in one that leaks.
type gauge int

const (
	memoryGauge gauge = iota // bytes
	fdGauge
	threadGauge
	gauges
)

// leakSpans is what the memory of a gauge depends on.
type leakSpans struct {
	detector     string
	window, long time.Duration
	peak         float64 // of memory: share of its peak, percent, below which it is no leak
}

// read gives a process's figure, and when it was read; false where it is not known, or is none that a leak would show.
func (g gauge) read(p *pcb.Process, spans *leakSpans) (value float64, at time.Duration, ok bool) {
	switch g {
	case memoryGauge:
		// What a leak keeps is never given back: it is at its peak. One that was higher before goes up and down.
		return float64(p.Anon + p.Swap), p.At, p.Have.Has(pcb.FieldMemory) && float64(p.RSS+p.Swap) >= spans.peak/100*float64(p.PeakRSS)
	case fdGauge:
		return float64(p.FDs), p.FDsAt, p.Have.Has(pcb.FieldFDs)
	}
	return float64(p.Threads), p.At, p.Have.Has(pcb.FieldCore) && !p.Zombie()
}

// climb is a figure that has been seen to rise, over a short and a long window.
type climb struct {
	near, far trend
	began     time.Duration // Snapshot clock
	floor     float64       // the figure with which it began
	rose      time.Duration // when it rose last
}

// stalls is the part of the long window for which a climb is remembered that does not go on.
const stalls = 4

// enter adds a figure.
func (c *climb) enter(at time.Duration, value float64, spans *leakSpans) {
	if c.near.n == 0 || value > c.near.last().last {
		c.rose = at
	}
	c.near.enter(at, value, spans.window)
	c.far.enter(at, value, spans.long)
}

// lately reports whether it went on not long ago.
func (c *climb) lately(at time.Duration, spans *leakSpans) bool {
	return at-c.rose <= max(spans.long/stalls, spans.window)
}

func newClimb(at time.Duration, value float64, spans *leakSpans) *climb {
	c := &climb{began: at, floor: value}
	c.enter(at, value, spans)
	return c
}

// figures are what is remembered of a process's gauges.
type figures struct {
	last   [gauges]float64 // one more than it was, 0 for not known
	climbs [gauges]*climb
}

// climb enters the gauges of one process.
func (h *History) climb(p *pcb.Process, i int32, of *figures, spans *[gauges]leakSpans) {
	for g := range gauges {
		value, at, ok := g.read(p, &spans[g])
		if !ok {
			of.last[g], of.climbs[g] = 0, nil
			continue
		}
		c, before := of.climbs[g], of.last[g]
		of.last[g] = value + 1
		switch {
		case c != nil && (value < c.floor || !c.lately(at, &spans[g]) && !h.told[Key{spans[g].detector, p.ID}]):
			of.climbs[g] = nil
			continue
		case c != nil:
			c.enter(at, value, &spans[g])
		case before == 0 || value+1 <= before:
			continue
		default:
			of.climbs[g] = newClimb(at, value, &spans[g])
		}
		h.climbing[g] = append(h.climbing[g], i)
	}
}
