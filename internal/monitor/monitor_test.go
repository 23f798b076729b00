package monitor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/pcb"
)

// fakeSource reads a machine whose only process has used a second more CPU time at each reading.
type fakeSource struct {
	readings int
	fail     map[int]error
	takes    time.Duration
}

func (s *fakeSource) Collect(_ context.Context, snap *pcb.Snapshot) error {
	s.readings++
	time.Sleep(s.takes)
	if err := s.fail[s.readings]; err != nil {
		return err
	}
	at := time.Duration(s.readings) * 2 * time.Second
	snap.Mono, snap.Boot, snap.Time = at, at, time.Unix(0, 0).Add(at)
	snap.Procs = append(snap.Procs[:0], pcb.Process{
		ID: pcb.ID{PID: 7, Start: 1}, State: 'R', Threads: 1, Have: pcb.FieldStat,
		UTime: time.Duration(s.readings) * time.Second, At: at,
	})
	return nil
}

func newSampler(s *fakeSource) *Sampler {
	return NewSampler(s, nil, detect.NewTracker(detect.NewSettings()))
}

func TestNextMakesRatesOfTwoReadings(t *testing.T) {
	m := newSampler(&fakeSource{})
	first, err := m.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := m.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cpu := first.Rates.Procs[0].CPU; cpu == cpu {
		t.Errorf("a first reading has a CPU rate: %v", cpu)
	}
	if cpu := second.Rates.Procs[0].CPU; cpu != 50 {
		t.Errorf("a second in two is %v %% CPU, want 50", cpu)
	}
	if first.Snap == second.Snap || first.Seq != 1 || second.Seq != 2 {
		t.Errorf("Frames %d and %d share memory or a number", first.Seq, second.Seq)
	}
}

func TestObserve(t *testing.T) {
	source := &fakeSource{}
	if frame, err := newSampler(source).Observe(t.Context(), 0, time.Hour); err != nil || frame.Seq != 1 {
		t.Errorf("no span: reading %d, %v; want one reading", frame.Seq, err)
	}
	frame, err := newSampler(&fakeSource{}).Observe(t.Context(), 50*time.Millisecond, 20*time.Millisecond)
	if err != nil || frame.Seq < 2 {
		t.Errorf("50 ms in steps of 20: reading %d, %v", frame.Seq, err)
	}
	// The first reading of a loaded machine takes longer than the span: rates need a second one all the same.
	if frame, err := newSampler(&fakeSource{takes: 20 * time.Millisecond}).Observe(t.Context(), time.Millisecond, time.Millisecond); err != nil || frame.Seq < 2 {
		t.Errorf("readings longer than the span: reading %d, %v; want two", frame.Seq, err)
	}
	if _, err := newSampler(&fakeSource{fail: map[int]error{2: errors.New("gone")}}).Observe(t.Context(), time.Millisecond, time.Millisecond); err == nil {
		t.Error("a failed second reading was not told")
	}
}

// A failed reading is told on the last good Frame, and the loop goes on.
func TestLoopSurvivesAFailedReading(t *testing.T) {
	source := &fakeSource{fail: map[int]error{2: errors.New("too many open files")}}
	loop, err := StartLoop(t.Context(), newSampler(source), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	<-loop.Frames()
	loop.Refresh()
	frame := <-loop.Frames()
	if !strings.HasPrefix(frame.Problem, "too many open files; shown is the reading of") || len(frame.Snap.Procs) != 1 {
		t.Errorf("after a failed reading: problem %q, %d processes", frame.Problem, len(frame.Snap.Procs))
	}
	loop.Refresh()
	if frame = <-loop.Frames(); frame.Problem != "" || frame.Seq != 3 {
		t.Errorf("the reading after it: problem %q, number %d", frame.Problem, frame.Seq)
	}
}

func TestLoopEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	loop, err := StartLoop(ctx, newSampler(&fakeSource{}), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	<-loop.Frames()
	loop.Refresh()
	if frame := <-loop.Frames(); frame.Seq != 2 {
		t.Errorf("refresh gave reading %d, want 2", frame.Seq)
	}
	loop.SetDelay(time.Millisecond)
	if frame := <-loop.Frames(); frame.Seq < 3 {
		t.Errorf("the shorter delay gave reading %d", frame.Seq)
	}
	cancel()
	for range loop.Frames() {
	}
}

func TestStartLoopTellsAFirstFailure(t *testing.T) {
	if _, err := StartLoop(t.Context(), newSampler(&fakeSource{fail: map[int]error{1: errors.New("no /proc")}}), time.Hour); err == nil {
		t.Error("a first reading that failed was not told")
	}
}

// Whoever is followed while the loop runs has a Standing in the Frames to come.
func TestLoopFollows(t *testing.T) {
	loop, err := StartLoop(t.Context(), newSampler(&fakeSource{}), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if frame := <-loop.Frames(); frame.Standing != nil {
		t.Errorf("nobody is followed: %+v", frame.Standing)
	}
	loop.Follow(pcb.ID{PID: 7})
	for frame := (*Frame)(nil); frame == nil || frame.Standing == nil; { // the loop may see the wish for a reading first
		loop.Refresh()
		frame = <-loop.Frames()
		if frame.Seq > 1000 {
			t.Fatal("it is not followed")
		}
	}
}

// The memory of a Frame is used again when nobody holds it, and never before: neither while the Sampler needs it for rates,
// nor while a reader or a copy of it does.
func TestMemoryIsUsedAgainWhenNobodyHoldsIt(t *testing.T) {
	m := newSampler(&fakeSource{fail: map[int]error{6: errors.New("gone")}})
	next := func() *Frame {
		t.Helper()
		f, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := next()
	place := &first.Snap.Procs[0]
	first.Release() // the Sampler still has it
	second := next()
	if &second.Snap.Procs[0] == place {
		t.Error("a reading was written over the one that its rates are against")
	}
	kept := second.Keep()
	second.Release()
	third := next() // may take the first one's memory
	if &third.Snap.Procs[0] != place {
		t.Error("the memory of a Frame that nobody holds was not used again")
	}
	cpu := kept.Snap.Procs[0].UTime
	third.Release()
	for range 2 {
		f := next()
		if &f.Snap.Procs[0] == &kept.Snap.Procs[0] {
			t.Error("a reading was written over one that is held")
		}
		f.Release()
	}
	if kept.Snap.Procs[0].UTime != cpu {
		t.Errorf("a Frame that is held has changed: %v, was %v", kept.Snap.Procs[0].UTime, cpu)
	}
	last := m.last
	if _, err := m.Next(t.Context()); err == nil {
		t.Fatal("the reading did not fail")
	}
	again := m.again(errors.New("gone"))
	after, place := next(), &last.Snap.Procs[0]
	another := next()
	if &after.Snap.Procs[0] == place || &another.Snap.Procs[0] == place || again.Snap.Procs[0].UTime != last.Snap.Procs[0].UTime {
		t.Error("the reading that is shown again was written over")
	}
	again.Release()
	if freed := next(); &freed.Snap.Procs[0] != place {
		t.Error("the memory of the reading that was shown again was not used again")
	}
}

// countingProber counts how often evidence is asked for.
type countingProber struct{ asked int }

func (p *countingProber) Probe(context.Context, *pcb.Snapshot, []pcb.ProbeRequest) map[pcb.ID]*pcb.Probe {
	p.asked++
	return nil
}

// Nothing is concluded from a glance, and no evidence is read for it.
func TestGlance(t *testing.T) {
	prober := &countingProber{}
	m := NewSampler(&fakeSource{}, prober, detect.NewTracker(detect.NewSettings()))
	m.Follow(pcb.ID{PID: 7, Start: 1})
	first, err := m.Glance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first.Standing != nil || first.Findings != nil || prober.asked > 0 || first.Forest == nil || len(first.Rates.Procs) != 1 {
		t.Errorf("a glance has the standing %v, findings %v, and asked %d times", first.Standing, first.Findings, prober.asked)
	}
	second, err := m.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if second.Standing == nil || second.Seq != 2 || second.Rates.Procs[0].CPU != 50 || prober.asked != 1 {
		t.Errorf("after it: number %d, standing %v, CPU %v, asked %d times", second.Seq, second.Standing, second.Rates.Procs[0].CPU, prober.asked)
	}
}

// A screen stands before there is evidence of anything; the loop's second reading, the first that is judged, comes shortly
// after, however long the delay is.
func TestLoopGlancesFirst(t *testing.T) {
	sampler := newSampler(&fakeSource{})
	sampler.Follow(pcb.ID{PID: 7, Start: 1})
	loop, err := StartLoop(t.Context(), sampler, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if first := <-loop.Frames(); first.Standing != nil {
		t.Error("the first Frame is no glance")
	}
	if second := <-loop.Frames(); second.Standing == nil || second.Seq != 2 {
		t.Errorf("the second Frame has number %d, standing %v", second.Seq, second.Standing)
	}
}
