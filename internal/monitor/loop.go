package monitor

import (
	"context"
	"time"

	"ptop/pcb"
)

// Loop samples on until its context ends, for a reader that may be slower than it: only the newest Frame waits.
type Loop struct {
	frames  chan *Frame
	delay   chan time.Duration
	refresh chan struct{}
	follow  chan pcb.ID
}

// opening are the times to the second reading, the first of which findings are told, and to the third, the first with rates
// over a time that is long enough for them: the screens without are short.
var opening = []time.Duration{200 * time.Millisecond, 500 * time.Millisecond}

// StartLoop takes the first reading, whose failure is told at once and from which nothing is concluded yet, and samples on in a
// goroutine of its own.
func StartLoop(ctx context.Context, m *Sampler, delay time.Duration) (*Loop, error) {
	first, err := m.Glance(ctx)
	if err != nil {
		return nil, err
	}
	l := &Loop{frames: make(chan *Frame, 1), delay: make(chan time.Duration, 1), refresh: make(chan struct{}, 1), follow: make(chan pcb.ID, 1)}
	l.frames <- first
	m.SetDelay(delay)
	go l.run(ctx, m)
	return l, nil
}

// Frames is the stream of Frames. It is closed when the context has ended.
func (l *Loop) Frames() <-chan *Frame { return l.frames }

// SetDelay changes the time between two readings.
func (l *Loop) SetDelay(d time.Duration) { replace(l.delay, d) }

// Refresh asks for a reading now.
func (l *Loop) Refresh() { replace(l.refresh, struct{}{}) }

// Follow has the Frames to come tell the Standing of one process; a zero ID ends that.
func (l *Loop) Follow(id pcb.ID) { replace(l.follow, id) }

func (l *Loop) run(ctx context.Context, m *Sampler) {
	defer close(l.frames)
	early := opening
	next := func() {
		m.wanted = m.Delay()
		if len(early) > 0 {
			m.wanted, early = min(m.wanted, early[0]), early[1:]
		}
	}
	next()
	timer := time.NewTimer(m.wanted)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case delay := <-l.delay:
			m.SetDelay(delay)
			m.wanted = m.Delay()
			timer.Reset(m.wanted)
			continue
		case id := <-l.follow:
			m.Follow(id)
			continue
		case <-l.refresh:
		case <-timer.C:
		}
		frame, err := m.Next(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			frame = m.again(err)
		}
		l.publish(frame)
		next()
		timer.Reset(m.wanted)
	}
}

// publish has the reader get a Frame, in the stead of one that it did not come to.
func (l *Loop) publish(f *Frame) {
	select {
	case passed := <-l.frames:
		passed.Release()
	default:
	}
	l.frames <- f // nobody else puts something there
}

// replace puts v into a channel of one place, in the stead of what waits there.
func replace[T any](c chan T, v T) {
	for {
		select {
		case c <- v:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}
