package monitor

import (
	"slices"
	"time"
)

// Slowing says that readings come more seldom than was asked, because they would cost more than ptop may.
type Slowing struct {
	Asked  time.Duration // between two readings
	Delay  time.Duration // what it is instead
	Cost   time.Duration // CPU time that a reading costs, with all that follows from it
	Budget float64       // percent of one CPU
}

// slowest is the longest delay that the budget makes.
const slowest = 30 * time.Second

// costsKept is how many costs the pace goes by. Their median counts, so that one dear reading (the first of a new source, a
// dialog that was opened) slows nothing.
const costsKept = 5

// pace measures what readings cost, and how long the delay between them must be for the budget. It is for one goroutine.
type pace struct {
	budget float64       // percent of one CPU; 0 for no bound
	asked  time.Duration // 0 while no delay was asked for: a single reading is not slowed
	spent  func() (time.Duration, bool)

	begun bool
	last  time.Duration // spent at the end of the reading before
	costs []time.Duration
}

// took notes the end of a reading. Its cost is all that was spent since the one before: also what the screen, the writers
// and the garbage collector took of it.
func (p *pace) took() {
	now, ok := p.spent()
	if !ok {
		p.begun, p.costs = false, p.costs[:0]
		return
	}
	if p.begun {
		if len(p.costs) == costsKept {
			p.costs = slices.Delete(p.costs, 0, 1)
		}
		p.costs = append(p.costs, now-p.last)
	}
	p.begun, p.last = true, now
}

// cost is what a reading costs; false until enough were taken to tell.
func (p *pace) cost() (time.Duration, bool) {
	if len(p.costs) <= costsKept/2 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(p.costs))
	return sorted[len(sorted)/2], true
}

// delay is the time to the next reading.
func (p *pace) delay() time.Duration {
	if s := p.slowing(); s != nil {
		return s.Delay
	}
	return p.asked
}

// slowing is nil while the asked delay is within the budget.
func (p *pace) slowing() *Slowing {
	cost, ok := p.cost()
	if !ok || p.budget <= 0 || p.asked <= 0 {
		return nil
	}
	least := min(time.Duration(float64(cost)*100/p.budget), slowest)
	if least <= p.asked {
		return nil
	}
	return &Slowing{Asked: p.asked, Delay: least, Cost: cost, Budget: p.budget}
}
