package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

func threaded(p *pcb.Process) { p.Threads = 8 }

// task is a thread of process 10 that last ran so long ago; -1 for unknown.
func task(tid int32, idle time.Duration) pcb.TaskProbe {
	return pcb.TaskProbe{PID: 10, TID: tid, Name: "t", State: 'S', Scheduled: true, RunTime: time.Second, Idle: max(0, idle), IdleKnown: idle >= 0}
}

// locked is the probe of process 10 with these waits: waiter, owner.
func locked(idle time.Duration, waits ...[2]int32) *pcb.Probe {
	probe := &pcb.Probe{ID: pcb.ID{PID: 10, Start: 100}, Have: pcb.ProbeLocks}
	for _, w := range waits {
		probe.Locks = append(probe.Locks, pcb.LockWait{Waiter: task(w[0], idle), Owner: task(w[1], idle), Address: 0x1000 + uint64(w[1])})
	}
	return probe
}

func deadlockAt(t *testing.T, l *lab, at time.Duration, probe *pcb.Probe) *Finding {
	t.Helper()
	var probes []*pcb.Probe
	if probe != nil {
		probes = append(probes, probe)
	}
	findings, _ := l.look(at, probes, proc(1, 0, "init"), proc(10, 1, "server", threaded))
	return one(t, findings, "deadlock")
}

func TestDeadlockAge(t *testing.T) {
	circle := [][2]int32{{11, 12}, {12, 11}, {13, 11}, {14, 13}, {15, 16}}
	if f := deadlockAt(t, newLab(t), 0, locked(9*time.Second, circle...)); f != nil {
		t.Errorf("told after 9 s: %s", f.Summary)
	}
	f := deadlockAt(t, newLab(t), 0, locked(11*time.Second, circle...))
	if f == nil || f.Cause != "cycle" || f.fact("threads_queued") != int64(2) || f.Count != 2 || !f.Since.Equal(epoch.Add(-11*time.Second)) ||
		f.Remedies[0].Command != "gdb -p 10 -batch -ex 'thread apply all bt'" {
		t.Fatalf("%+v", f)
	}
	l := newLab(t) // the kernel does not tell the age: it is watched
	for s := range 10 {
		if f := deadlockAt(t, l, time.Duration(s)*time.Second, locked(-1, circle...)); f != nil {
			t.Fatalf("told after %d s", s)
		}
	}
	if deadlockAt(t, l, 10*time.Second, locked(-1, circle...)) == nil {
		t.Error("not told after 10 s")
	}
	if deadlockAt(t, l, 15*time.Second, nil) == nil {
		t.Error("a probe that was not made ended it")
	}
	if deadlockAt(t, l, 25*time.Second, locked(-1)) != nil {
		t.Error("told of what is over")
	}
	l = newLab(t)
	for s := range 30 {
		probe := locked(-1, circle...)
		probe.Locks[0].Waiter.RunTime += time.Duration(s) // it runs in between: no wait is the same
		if f := deadlockAt(t, l, time.Duration(s)*time.Second, probe); f != nil {
			t.Fatalf("a thread that runs: %s", f.Summary)
		}
	}
}

func TestNoDeadlock(t *testing.T) {
	for name, probe := range map[string]*pcb.Probe{
		"a chain":       locked(time.Hour, [2]int32{11, 12}, [2]int32{12, 13}, [2]int32{14, 12}),
		"nobody waits":  locked(time.Hour),
		"not permitted": {ID: pcb.ID{PID: 10, Start: 100}, Denied: pcb.ProbeLocks},
	} {
		if f := deadlockAt(t, newLab(t), 0, probe); f != nil {
			t.Errorf("%s: %s", name, f.Summary)
		}
	}
	timed := locked(time.Hour, [2]int32{11, 12}, [2]int32{12, 11})
	timed.Locks[1].Timed = true
	if f := deadlockAt(t, newLab(t), 0, timed); f != nil {
		t.Errorf("a wait that ends by itself: %s", f.Summary)
	}
	young := locked(time.Hour, [2]int32{11, 12}, [2]int32{12, 11})
	young.Locks[1].Waiter.Idle = time.Second
	if f := deadlockAt(t, newLab(t), 0, young); f != nil {
		t.Errorf("one of them waits for a second: %s", f.Summary)
	}
}

func TestCircles(t *testing.T) {
	f := deadlockAt(t, newLab(t), 0, locked(time.Hour, [2]int32{14, 14}, [2]int32{15, 14}))
	if f == nil || f.Cause != "relock" || f.fact("threads_queued") != int64(1) || !strings.Contains(f.Why, "which it holds itself") {
		t.Errorf("%+v", f)
	}
	findings, _ := newLab(t).look(0, []*pcb.Probe{locked(time.Hour, [2]int32{11, 12}, [2]int32{12, 13}, [2]int32{13, 11}, [2]int32{21, 22}, [2]int32{22, 21})}, proc(10, 1, "server", threaded))
	if len(findings) != 2 || findings[0].Count+findings[1].Count != 5 {
		t.Errorf("two circles: %+v", findings)
	}
}

// A process that rests is looked at once, one that moved again, and one in which somebody waits each time.
func TestWhoseLocksAreRead(t *testing.T) {
	l := newLab(t)
	asks := func(at time.Duration, probe *pcb.Probe, changes ...change) bool {
		var probes []*pcb.Probe
		if probe != nil {
			probes = append(probes, probe)
		}
		l.look(at, probes, proc(1, 0, "init"), proc(10, 1, "server", append(changes, threaded)...), proc(20, 1, "single", inState('R')))
		if slices.ContainsFunc(l.inTurn, func(r pcb.ProbeRequest) bool { return r.ID.PID == 20 && r.Kinds&pcb.ProbeLocks != 0 }) {
			t.Errorf("at %v one was asked whose only thread runs: %+v", at, l.inTurn)
		}
		return slices.ContainsFunc(l.inTurn, func(r pcb.ProbeRequest) bool { return r.ID.PID == 10 && r.Kinds&pcb.ProbeLocks != 0 })
	}
	moved := func(p *pcb.Process) { p.Voluntary = 7 }
	for k, c := range []struct {
		probe   *pcb.Probe
		changes []change
		want    bool
	}{
		{nil, nil, true}, // not read, so that it is due again
		{&pcb.Probe{ID: locked(0).ID, Blocked: pcb.ProbeLocks}, nil, true}, // nor was it here: the reader was late
		{locked(0), nil, true},
		{nil, nil, false},
		{nil, nil, false},
		{locked(0, [2]int32{11, 12}), []change{moved}, true},
		{locked(0, [2]int32{11, 12}), []change{moved}, true},
		{locked(0), []change{moved}, true},
		{nil, []change{moved}, false},
	} {
		if got := asks(time.Duration(k)*time.Second, c.probe, c.changes...); got != c.want {
			t.Errorf("reading %d: asked %v, want %v", k, got, c.want)
		}
	}
}

func TestInversionRules(t *testing.T) {
	type scene struct {
		owner, waiter pcb.TaskProbe
		hog           pcb.Process
		inherits      bool
		ran           time.Duration // by the owner, each second
	}
	for _, c := range []struct {
		name   string
		change func(*scene)
		want   string // severity and cause
		raise  string
	}{
		{"idle policy", func(s *scene) { s.owner.Policy = schedIdle }, "warning low-priority", "chrt --other -p 0 12"},
		{"nice", func(s *scene) { s.owner.Nice = 19 }, "warning low-priority", "renice -n 0 -p 12"},
		{"a real-time waiter", func(s *scene) { s.owner.Nice, s.waiter.Policy, s.waiter.RTPriority = 5, schedFIFO, 9 }, "warning low-priority", "chrt --fifo -p 9 12"},
		{"both are low", func(s *scene) { s.owner.Nice, s.waiter.Nice = 10, 10 }, "info starved-owner", "renice -n 0 -p 12"},
		{"others are real-time", func(s *scene) { s.hog.Policy = schedRR }, "warning starved-owner", "renice -n 0 -p 12"},
		{"others are no higher", func(*scene) {}, "", ""},
		{"others are elsewhere", func(s *scene) { s.owner.Nice, s.hog.Processor = 19, 1 }, "", ""},
		{"it gets enough", func(s *scene) { s.owner.Nice, s.ran = 19, 400*time.Millisecond }, "", ""},
		{"it sleeps", func(s *scene) { s.owner.Nice, s.owner.State = 19, 'S' }, "", ""},
		{"it has run a moment ago, and waits for nothing", func(s *scene) { s.owner.Nice, s.owner.IdleKnown, s.owner.Idle = 19, false, 0 }, "", ""},
		{"the kernel lends it priority", func(s *scene) { s.owner.Nice, s.inherits = 19, true }, "", ""},
	} {
		s := scene{owner: task(12, 0), waiter: task(11, time.Hour), hog: proc(30, 1, "hog", func(p *pcb.Process) { p.State = 'R' })}
		s.owner.State = 'R'
		c.change(&s)
		l := newLab(t)
		var f *Finding
		for k := range 14 {
			at := time.Duration(k) * time.Second
			s.hog.RunTime, s.hog.UTime = at, at
			s.owner.RunTime += s.ran
			if s.owner.IdleKnown {
				s.owner.Idle = at - time.Duration(k)*s.ran
			}
			probe := locked(0)
			probe.Locks = []pcb.LockWait{{Waiter: s.waiter, Owner: s.owner, Address: 0x1000, Inherits: s.inherits}}
			findings, _ := l.look(at, []*pcb.Probe{probe}, proc(10, 1, "server", threaded), s.hog)
			if f = one(t, findings, "priority-inversion"); f != nil && k < 10 {
				t.Fatalf("%s: told after %d s", c.name, k)
			}
		}
		got := ""
		if f != nil {
			got = f.Severity.String() + " " + f.Cause
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if f != nil && (f.Remedies[0].Command != c.raise || f.fact("runs_instead") != "hog (30)") {
			t.Errorf("%s: %q, want %q; %v", c.name, f.Remedies[0].Command, c.raise, f.fact("runs_instead"))
		}
	}
}

// There is room for so many probes in a reading, and those that a suspicion asks for come before the turns.
func TestSuspectsBeforeTurns(t *testing.T) {
	procs := []pcb.Process{proc(500, 1, "cp", inD(time.Minute, "io_schedule"))}
	for n := int32(2); n < 100; n++ {
		procs = append(procs, proc(n, 1, "server", threaded))
	}
	l := newLab(t)
	l.sees(0, procs...)
	if len(l.inTurn) < 30 || l.inTurn[0].ID.PID != 500 || l.inTurn[0].Kinds&pcb.ProbeSleepers == 0 {
		t.Errorf("asked for %d: %+v", len(l.inTurn), l.inTurn)
	}
}
