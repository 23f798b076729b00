package monitor

import (
	"context"
	"fmt"
	"time"

	"ptop/detect"
	"ptop/pcb"
	"ptop/tree"
)

// Sampler makes Frames of a Source's readings, one after the other. It is for one goroutine.
type Sampler struct {
	source  Source
	prober  Prober // nil where no evidence can be had on demand, as in a recording
	tracker *detect.Tracker
	memory  pool
	pace    pace
	wanted  time.Duration // between the reading before and the one to come
	looked  time.Duration // Snapshot clock when the reading before had been concluded
	last    *Frame        // held: the next one's rates are against it
}

// NewSampler makes a Sampler. prober may be nil.
func NewSampler(source Source, prober Prober, tracker *detect.Tracker) *Sampler {
	return &Sampler{source: source, prober: prober, tracker: tracker, pace: pace{spent: spent}}
}

// SetBudget bounds what readings that follow each other may cost, in percent of one CPU; 0 bounds nothing. Where they would
// cost more they come more seldom, and the Frames say so.
func (m *Sampler) SetBudget(percent float64) { m.pace.budget = percent }

// SetDelay says which time is wanted between the readings to come.
func (m *Sampler) SetDelay(asked time.Duration) { m.pace.asked = asked }

// Delay is the time to the next reading: what is wanted, or more where the budget needs it.
func (m *Sampler) Delay() time.Duration { return m.pace.delay() }

// Follow has the Frames tell the Standing of one process. A start of 0 takes any bearer of the pid.
func (m *Sampler) Follow(id pcb.ID) { m.tracker.Follow(id) }

// Glance takes a reading from which nothing is concluded, and gives its Frame: for a screen that is to stand before there
// is evidence of anything.
func (m *Sampler) Glance(ctx context.Context) (*Frame, error) { return m.take(ctx, nil) }

// Next takes a reading and gives its Frame, which the caller holds.
func (m *Sampler) Next(ctx context.Context) (*Frame, error) { return m.take(ctx, m.judge) }

// take takes a reading and has conclude complete its Frame.
func (m *Sampler) take(ctx context.Context, conclude func(context.Context, *Frame)) (*Frame, error) {
	frame, began := m.memory.frame(m.last), time.Now()
	if err := m.source.Collect(ctx, frame.Snap); err != nil {
		frame.Release()
		return nil, err
	}
	var before *pcb.Snapshot
	if m.last != nil {
		before = m.last.Snap
	}
	frame.Rates.Compute(before, frame.Snap)
	frame.Forest = tree.Build(frame.Snap, frame.Forest)
	if conclude != nil {
		conclude(ctx, frame)
	}
	m.looked = frame.Snap.Mono + time.Since(began)
	m.pace.took()
	frame.Slowed = m.pace.slowing()
	m.last.Release()
	m.last = frame.Keep()
	return frame, nil
}

// judge reads the evidence that is wanted and gives the Frame its findings.
func (m *Sampler) judge(ctx context.Context, frame *Frame) {
	if gap := m.gap(frame.Snap.Mono); gap > 0 {
		m.tracker.Gap(gap)
	}
	suspects := m.tracker.Suspects(frame.Snap, frame.Rates, frame.Forest)
	if m.prober != nil && len(suspects) > 0 {
		frame.Probes = m.prober.Probe(ctx, frame.Snap, suspects)
	}
	frame.Findings, frame.Events = m.tracker.Judge(frame.Probes)
	frame.Adopted = m.tracker.Adoptions(nil)
	frame.Standing = m.tracker.Standing()
}

// stall is how much later than it was wanted a reading may come on a busy machine.
const stall = 5 * time.Second

// gap is for how long before a reading nobody looked: ptop was stopped, or the machine was. 0 where it came about when it
// was wanted; where nothing is known of that, too.
func (m *Sampler) gap(now time.Duration) time.Duration {
	if m.last == nil || m.wanted <= 0 {
		return 0
	}
	late := now - m.looked - m.wanted
	if late < max(stall, m.wanted) {
		return 0
	}
	return late
}

// Observe takes readings every step until span has passed, at least two, and gives the last Frame: what a one-shot
// mode needs so that rates are there. A span of 0 takes one reading.
func (m *Sampler) Observe(ctx context.Context, span, step time.Duration) (*Frame, error) {
	frame, err := m.Next(ctx)
	if span <= 0 {
		return frame, err
	}
	end := time.Now().Add(span) // from the end of the first reading: on a loaded machine it may have taken longer than span
	for err == nil {
		left := time.Until(end)
		if left <= 0 {
			return frame, nil
		}
		if left < step*3/2 { // no reading so shortly before the last one that its rates would mean little
			step = left
		}
		frame.Release()
		frame, err = m.After(ctx, step)
	}
	return frame, err
}

// After waits and then takes the next reading.
func (m *Sampler) After(ctx context.Context, d time.Duration) (*Frame, error) {
	m.wanted = d
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return m.Next(ctx)
	}
}

// again gives the last Frame once more, saying why there is no newer one.
func (m *Sampler) again(err error) *Frame {
	copied := *m.last
	copied.Seq++
	copied.Events = nil
	copied.holders = nil
	of := m.last // what is copied is shared, and held until the copy is let go
	copied.Own(of.Release)
	copied.Problem = fmt.Sprintf("%v; shown is the reading of %s", err, m.last.Snap.Time.Format("15:04:05"))
	m.last = copied.Keep()
	return &copied
}
