package monitor

import (
	"context"
	"math"
	"testing"
	"time"

	"ptop/detect"
	"ptop/pcb"
)

// Readings that cost more than the budget come more seldom, and as often as was asked when they are cheap again.
func TestPaceKeepsToTheBudget(t *testing.T) {
	var used time.Duration
	known := true
	p := pace{budget: 5, asked: time.Second, spent: func() (time.Duration, bool) { return used, known }}
	readings := func(n int, cost time.Duration) {
		for range n {
			used += cost
			p.took()
		}
	}
	for _, c := range []struct {
		name  string
		n     int
		cost  time.Duration
		delay time.Duration
	}{
		{"too few to tell", 3, 200 * time.Millisecond, time.Second},
		{"200 ms are 5 % of 4 s", 1, 200 * time.Millisecond, 4 * time.Second},
		{"one cheap reading is no change", 1, time.Millisecond, 4 * time.Second},
		{"three are", 3, 10 * time.Millisecond, time.Second},
		{"a dear one alone is none", 1, time.Minute, time.Second},
		{"exactly the budget", 5, 50 * time.Millisecond, time.Second},
		{"never more seldom than every half minute", 5, time.Minute, 30 * time.Second},
	} {
		readings(c.n, c.cost)
		if got := p.delay(); got != c.delay {
			t.Errorf("%s: the delay is %v, want %v", c.name, got, c.delay)
		}
	}
	if s := p.slowing(); s == nil || *s != (Slowing{time.Second, 30 * time.Second, time.Minute, 5}) {
		t.Errorf("it is told as %+v", s)
	}
	for name, change := range map[string]func(*pace){
		"no budget":                  func(p *pace) { p.budget = 0 },
		"a single reading":           func(p *pace) { p.asked = 0 },
		"more was asked for anyway":  func(p *pace) { p.asked = time.Minute },
		"what it costs is not known": func(p *pace) { known = false; p.took() },
	} {
		changed := p
		change(&changed)
		if s := changed.slowing(); s != nil || changed.delay() != changed.asked {
			t.Errorf("%s: slowed to %v of %v", name, changed.delay(), changed.asked)
		}
	}
}

// The Frames of a loop say that they come more seldom; a wish for a reading is heard at once all the same.
func TestLoopIsSlowed(t *testing.T) {
	m := newSampler(&fakeSource{})
	var used time.Duration
	m.pace.spent = func() (time.Duration, bool) { used += time.Minute; return used, true }
	m.SetBudget(5)
	loop, err := StartLoop(t.Context(), m, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	var last *Frame
	for f := range loop.Frames() {
		if last = f; f.Slowed != nil {
			break
		}
	}
	if last.Seq < 4 || last.Slowed.Delay != slowest || last.Slowed.Asked != time.Millisecond {
		t.Errorf("reading %d is slowed: %+v", last.Seq, last.Slowed)
	}
	loop.Refresh()
	if f := <-loop.Frames(); f.Seq != last.Seq+1 {
		t.Errorf("the wish gave reading %d after %d", f.Seq, last.Seq)
	}
}

// The CPU time that ptop used is known where the kernel tells it.
func TestSpentGrows(t *testing.T) {
	before, ok := spent()
	if !ok {
		t.Skip("this system does not tell")
	}
	for n := 0; ; n++ {
		if after, _ := spent(); after > before {
			return
		}
	}
}

// stopping is a source whose clock has gone on alone for a time before some readings.
type stopping struct {
	fakeSource
	away map[int]time.Duration
	at   time.Duration
}

func (s *stopping) Collect(ctx context.Context, snap *pcb.Snapshot) error {
	err := s.fakeSource.Collect(ctx, snap)
	s.at += 2*time.Second + s.away[s.readings]
	snap.Mono, snap.Boot = s.at, s.at
	snap.Procs[0].At = s.at
	return err
}

// After a time in which ptop was stopped the rates are those of the whole time, and the detectors hear that nobody looked;
// not so where a reading comes a little late, or was not asked for at a time.
func TestAGapIsTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		wanted time.Duration
		away   time.Duration
		gap    time.Duration
	}{
		{"in time", 2 * time.Second, 0, 0},
		{"a little late", 2 * time.Second, 4 * time.Second, 0},
		{"stopped for a minute", 2 * time.Second, time.Minute, time.Minute},
		{"readings are far apart", time.Minute, 58 * time.Second, 0},
		{"nobody said when", 0, time.Minute, 0},
	} {
		s := &stopping{away: map[int]time.Duration{2: c.away}}
		m := NewSampler(s, nil, detect.NewTracker(detect.NewSettings()))
		if _, err := m.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.wanted, m.looked = c.wanted, m.last.Snap.Mono
		if gap := m.gap(m.last.Snap.Mono + 2*time.Second + c.away); gap != c.gap {
			t.Errorf("%s: a gap of %v, want %v", c.name, gap, c.gap)
		}
		f, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		whole := 2*time.Second + c.away
		if want := 100 / whole.Seconds(); math.Abs(f.Rates.Procs[0].CPU-want) > 0.01 || f.Rates.Interval != whole {
			t.Errorf("%s: %v %% CPU in %v, want %v %% in %v", c.name, f.Rates.Procs[0].CPU, f.Rates.Interval, want, whole)
		}
	}
}
