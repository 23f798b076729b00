package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// worker is a process with one thread whose counters go on as the test says.
type worker struct{ pcb.Process }

func newWorker(n int32, changes ...change) *worker {
	return &worker{proc(n, 1, "worker", append([]change{started(time.Second)}, changes...)...)}
}

// does lets it run and wait for a CPU for shares of d; inKernel is the share of the run time spent there.
func (w *worker) does(d time.Duration, run, wait, inKernel float64) {
	ran := time.Duration(run * float64(d))
	w.RunTime += ran
	w.STime += time.Duration(inKernel * float64(ran))
	w.UTime += ran - time.Duration(inKernel*float64(ran))
	w.RunDelay += time.Duration(wait * float64(d))
}

// course is what a worker does over time.
type course struct {
	lasts     time.Duration
	run, wait float64
	kernel    float64
	switches  uint64 // voluntary ones a second
}

// follow takes readings, a step apart, over a course, and gives what the last one found.
func follow(l *lab, at *time.Duration, w *worker, step func(n int) time.Duration, parts ...course) (last []Finding) {
	l.t.Helper()
	for n, c := range parts {
		for left := c.lasts; left > 0; {
			d := min(left, step(n))
			left -= d
			*at += d
			w.does(d, c.run, c.wait, c.kernel)
			w.Voluntary += uint64(float64(c.switches) * d.Seconds())
			last = l.sees(*at, proc(1, 0, "init"), w.Process)
		}
	}
	return last
}

func steps(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }

func TestSpin(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name   string
		change change
		parts  []course
		want   string // detector and severity
	}{
		{"spins", nil, []course{{lasts: 2 * minute, run: 1}}, "runaway-cpu warning"},
		{"not for long enough", nil, []course{{lasts: 50 * time.Second, run: 1}}, ""},
		{"a burst, then idle", nil, []course{{lasts: 20 * time.Second, run: 1}, {lasts: minute, run: 0}}, ""},
		{"pauses now and then", nil, []course{{lasts: 25 * time.Second, run: 1}, {lasts: 8 * time.Second, run: .2}, {lasts: 25 * time.Second, run: 1}, {lasts: 8 * time.Second, run: .2}}, ""},
		{"a short dip", nil, []course{{lasts: 40 * time.Second, run: 1}, {lasts: 4 * time.Second, run: .5}, {lasts: 30 * time.Second, run: 1}}, "runaway-cpu warning"},
		{"half busy", nil, []course{{lasts: 3 * minute, run: .7}}, ""},
		{"spins under contention", nil, []course{{lasts: 2 * minute, run: .3, wait: .68}}, "runaway-cpu warning"},
		{"only waits", nil, []course{{lasts: 2 * minute, run: .01, wait: .98}}, ""},
		{"works hard and pauses often", nil, []course{{lasts: 2 * minute, run: .95, switches: 400}}, ""},
		{"in the kernel", nil, []course{{lasts: 2 * minute, run: 1, kernel: .8}}, "syscall-spin warning"},
		{"nice", func(p *pcb.Process) { p.Nice = 5 }, []course{{lasts: 2 * minute, run: 1}}, "runaway-cpu info"},
		{"batch", func(p *pcb.Process) { p.Policy = 3 }, []course{{lasts: 2 * minute, run: 1}}, "runaway-cpu info"},
	} {
		for _, step := range []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second} {
			t.Run(c.name+" "+step.String(), func(t *testing.T) {
				w := newWorker(10)
				if c.change != nil {
					c.change(&w.Process)
				}
				var at time.Duration
				got := ""
				for _, f := range follow(newLab(t), &at, w, steps(step), c.parts...) {
					got += f.Detector + " " + f.Severity.String()
				}
				if got != c.want {
					t.Errorf("found %q, want %q", got, c.want)
				}
			})
		}
	}
}

// The time counts, not the readings: many quick ones of a dip do not outweigh few slow ones of work.
func TestSpinReadIrregularly(t *testing.T) {
	var at time.Duration
	step := func(n int) time.Duration {
		if n == 1 {
			return 50 * time.Millisecond
		}
		return 3 * time.Second
	}
	findings := follow(newLab(t), &at, newWorker(10), step,
		course{lasts: 40 * time.Second, run: 1}, course{lasts: 3 * time.Second, run: .1}, course{lasts: 30 * time.Second, run: 1})
	if one(t, findings, "runaway-cpu") == nil {
		t.Error("sixty readings of a dip of three seconds hid it")
	}
}

// It is raised at 85 % and cleared below 60 % for 30 s.
func TestSpinHysteresis(t *testing.T) {
	l, w := newLab(t), newWorker(10)
	var at time.Duration
	for n, c := range []struct {
		course
		told bool
	}{
		{course{lasts: 70 * time.Second, run: 1}, true},
		{course{lasts: 5 * time.Minute, run: .7}, true},
		{course{lasts: 20 * time.Second, run: .1}, true},
		{course{lasts: 10 * time.Second, run: .7}, true},
		{course{lasts: 29 * time.Second, run: .1}, true},
		{course{lasts: 3 * time.Second, run: .1}, false},
		{course{lasts: 5 * time.Minute, run: .7}, false},
	} {
		if got := one(t, follow(l, &at, w, steps(time.Second), c.course), "runaway-cpu") != nil; got != c.told {
			t.Errorf("part %d: told %v, want %v", n, got, c.told)
		}
	}
}

// The demand of one bearer of a pid is none of the next one's.
func TestSpinOfReusedPid(t *testing.T) {
	l := newLab(t)
	var at time.Duration
	follow(l, &at, newWorker(10), steps(time.Second), course{lasts: 50 * time.Second, run: 1})
	next := newWorker(10, func(p *pcb.Process) { p.Start++; p.Started = bootAt + at })
	if f := one(t, follow(l, &at, next, steps(time.Second), course{lasts: 30 * time.Second, run: 1}), "runaway-cpu"); f != nil {
		t.Errorf("told after 30 s of its own: %+v", f)
	}
}

// A window is no longer than asked for, however the readings fall.
func TestWatchWindow(t *testing.T) {
	w := newWatch()
	for _, end := range []time.Duration{10, 30, 50, 70} {
		s := &pcb.Snapshot{Mono: end * time.Second}
		w.enter(s, &pcb.Rates{Elapsed: 20 * time.Second, HotDemand: float64(end)}, time.Minute)
	}
	if u := w.over(time.Minute); u.seen != time.Minute || u.low != 30 {
		t.Errorf("%v was seen of a minute, low %v", u.seen, u.low)
	}
}

// One look is enough where the kernel's own counts prove it; else it is not told.
func TestSpinInOneLook(t *testing.T) {
	for _, c := range []struct {
		name string
		age  time.Duration
		used time.Duration
		want bool
	}{
		{"all its long life", time.Hour, 59 * time.Minute, true},
		{"too young", 30 * time.Second, 30 * time.Second, false},
		{"idle before", time.Hour, 10 * time.Minute, false},
	} {
		w := newWorker(10, started(c.age))
		w.does(c.used, 1, 0, 0)
		l := newLab(t)
		l.sees(0, w.Process)
		w.does(500*time.Millisecond, 1, 0, 0)
		if got := one(t, l.sees(500*time.Millisecond, w.Process), "runaway-cpu"); (got != nil) != c.want {
			t.Errorf("%s: told %v, want %v", c.name, got != nil, c.want)
		}
	}
}

// The busy thread is told, and one busy thread is not made of many that are busy in turn.
func TestSpinOfThreads(t *testing.T) {
	for _, c := range []struct {
		name string
		busy func(second int) int // which of four threads runs
		want bool
	}{
		{"one of four", func(int) int { return 2 }, true},
		{"in turn within a reading", func(int) int { return -1 }, false},
	} {
		l := newLab(t)
		threads := make([]pcb.Thread, 4)
		for k := range threads {
			threads[k] = pcb.Thread{TID: int32(10 + k), Have: pcb.FieldStat | pcb.FieldSched | pcb.FieldSwitches}
		}
		p := proc(10, 1, "pool", func(p *pcb.Process) { p.Threads, p.ThreadCount = 4, 4 })
		var f *Finding
		for s := range 80 {
			for k := range threads {
				switch threads[k].At = time.Duration(s) * time.Second; c.busy(s) {
				case k:
					threads[k].RunTime += time.Second
				case -1:
					threads[k].RunTime += time.Second / 4
				}
			}
			p.UTime += time.Second
			p.RunTime += time.Second
			f = one(t, l.withThreads(time.Duration(s)*time.Second, threads, p), "runaway-cpu")
		}
		if (f != nil) != c.want {
			t.Errorf("%s: %+v", c.name, f)
		}
		if f != nil && (f.fact("hot_thread") != int64(12) || !strings.Contains(f.Summary, "thread 12 of pool (10)")) {
			t.Errorf("%s: %v", f.Summary, f.fact("hot_thread"))
		}
	}
}

// The hot thread's own nice value decides, and the remedy names the thread: renice of a process is renice of its leader.
func TestSpinOfNiceThread(t *testing.T) {
	for _, c := range []struct {
		name    string
		leader  int32
		probe   *pcb.Probe
		want    Severity
		renice  string
		missing int
	}{
		{"as the leader", 0, &pcb.Probe{Have: pcb.ProbeThread, TID: 12}, Warning, "renice -n 10 -p 12", 0},
		{"nice thread", 0, &pcb.Probe{Have: pcb.ProbeThread, TID: 12, Nice: 19}, Info, "", 0},
		{"nice leader", 19, &pcb.Probe{Have: pcb.ProbeThread, TID: 12}, Warning, "renice -n 10 -p 12", 0},
		{"batch thread", 0, &pcb.Probe{Have: pcb.ProbeThread, TID: 12, Policy: schedBatch}, Info, "", 0},
		{"real-time thread", 0, &pcb.Probe{Have: pcb.ProbeThread, TID: 12, Policy: schedFIFO}, Warning, "chrt --other -p 0 12", 0},
		{"not read", 0, nil, Warning, "", 1},
		{"another thread was read", 0, &pcb.Probe{Have: pcb.ProbeThread, TID: 11, Nice: 19}, Warning, "", 1},
	} {
		l := newLab(t)
		l.threads = []pcb.Thread{{TID: 10}, {TID: 12}}
		for k := range l.threads {
			l.threads[k].Have = pcb.FieldSched | pcb.FieldSwitches
		}
		p := proc(10, 1, "pool", func(p *pcb.Process) { p.Threads, p.ThreadCount, p.Nice = 2, 2, c.leader })
		var probes []*pcb.Probe
		if c.probe != nil {
			c.probe.ID = p.ID
			probes = append(probes, c.probe)
		}
		var f *Finding
		for s := range 80 {
			l.threads = slices.Clone(l.threads)
			l.threads[0].At, l.threads[1].At = time.Duration(s)*time.Second, time.Duration(s)*time.Second
			l.threads[1].RunTime += time.Second
			p.UTime += time.Second
			p.RunTime += time.Second
			findings, _ := l.look(time.Duration(s)*time.Second, probes, p)
			f = one(t, findings, "runaway-cpu")
		}
		if f == nil || f.Severity != c.want || len(f.Missing) != c.missing {
			t.Errorf("%s: %+v", c.name, f)
			continue
		}
		if got := f.Remedies[0].Command; got != c.renice && (c.renice != "" || !strings.HasPrefix(got, "kill")) {
			t.Errorf("%s: %q, want %q", c.name, got, c.renice)
		}
		if !slices.ContainsFunc(l.asked, func(r pcb.ProbeRequest) bool {
			return r.ID == p.ID && r.Kinds == pcb.ProbeThread|pcb.ProbeEnv && r.TID == 12
		}) {
			t.Errorf("%s: asked for %+v", c.name, l.asked)
		}
	}
}

// What is known not to end by SIGTERM is not told to be ended by it.
func TestSpinRemedyKnowsDeafness(t *testing.T) {
	const term = 1 << 14
	for _, c := range []struct {
		name    string
		change  change
		command string
		risk    string
	}{
		{"hears", func(*pcb.Process) {}, "kill -TERM 10", "unsaved work"},
		{"ignores", func(p *pcb.Process) { p.SigIgnored = term }, "kill -KILL 10", "it ignores SIGTERM"},
		{"blocks", func(p *pcb.Process) { p.SigBlocked = term }, "kill -TERM 10", "it blocks SIGTERM"},
		{"unknown", func(p *pcb.Process) { p.SigIgnored, p.Have = term, p.Have&^pcb.FieldSignals }, "kill -TERM 10", "unsaved work"},
	} {
		var at time.Duration
		f := one(t, follow(newLab(t), &at, newWorker(10, c.change), steps(time.Second), course{lasts: 70 * time.Second, run: 1}), "runaway-cpu")
		if end := f.Remedies[len(f.Remedies)-1]; end.Command != c.command || !strings.Contains(end.Risk, c.risk) {
			t.Errorf("%s: %+v", c.name, end)
		}
	}
}

func TestStorm(t *testing.T) {
	for _, c := range []struct {
		name   string
		course course
		invol  uint64
		want   bool
	}{
		{"ping-pong", course{lasts: 10 * time.Second, run: 1, switches: 300000}, 0, true},
		{"a busy server", course{lasts: 10 * time.Second, run: .9, switches: 6000}, 0, false}, // 150 µs each
		{"not so many", course{lasts: 10 * time.Second, run: .1, switches: 4000}, 0, false},
		{"preempted", course{lasts: 10 * time.Second, run: 1, switches: 10}, 50000, false},
		{"a moment", course{lasts: 3 * time.Second, run: 1, switches: 300000}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, w := newLab(t), newWorker(10, started(time.Hour))
			w.Involuntary += c.invol
			l.sees(0, w.Process)
			var at time.Duration
			f := one(t, follow(l, &at, w, steps(time.Second), c.course), "ctx-storm")
			if (f != nil) != c.want {
				t.Errorf("told %v, want %v", f != nil, c.want)
			}
			if f != nil && (strings.Contains(f.So, "most of") || !strings.Contains(f.So, "3.3 µs")) {
				t.Errorf("only the CPU time per switch was measured: %s", f.So)
			}
		})
	}
	unsummed := newWorker(10, started(time.Hour), func(p *pcb.Process) { p.Have &^= pcb.FieldSwitchesSum })
	var at time.Duration
	if findings := follow(newLab(t), &at, unsummed, steps(time.Second), course{lasts: 10 * time.Second, run: 1, switches: 300000}); one(t, findings, "ctx-storm") != nil {
		t.Error("the main thread's switches were taken for all")
	}
}

func TestContention(t *testing.T) {
	for _, c := range []struct {
		name string
		run  []float64 // of each, waiting for the rest of the time
		cpu  []int32
		nice []int32
		want int // members
	}{
		{"six on one", []float64{.16, .16, .17, .16, .17, .18}, []int32{1, 1, 1, 1, 1, 1}, make([]int32, 6), 6},
		{"one on each", []float64{.5, .5}, []int32{0, 1}, []int32{0, 0}, 0},
		{"starved by one", []float64{.05, .95}, []int32{1, 1}, []int32{0, 0}, 0},
		{"two that fare well", []float64{.6, .6}, []int32{1, 1}, []int32{0, 0}, 0},
		{"batch work", []float64{.3, .3, .3}, []int32{1, 1, 1}, []int32{19, 19, 19}, 3},
		{"batch work beside other", []float64{.3, .3, .3}, []int32{1, 1, 1}, []int32{19, 0, 0}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			workers := make([]*worker, len(c.run))
			for k := range workers {
				workers[k] = newWorker(int32(20+k), in1(10, 10), func(p *pcb.Process) { p.Processor, p.Nice = c.cpu[k], c.nice[k] })
			}
			var f *Finding
			for s := range 20 {
				all := []pcb.Process{proc(1, 0, "init"), proc(10, 1, "job")}
				for k, w := range workers {
					w.does(time.Second, c.run[k], 1-c.run[k], 0)
					all = append(all, w.Process)
				}
				if f = one(t, l.sees(time.Duration(s)*time.Second, all...), "cpu-contended"); f != nil && s < 10 {
					t.Fatal("told before it had lasted")
				}
			}
			if got := 0; f != nil {
				if got = f.Count; got != c.want || len(f.Members) != c.want || f.Subject.PID != 20 {
					t.Errorf("%d members: %+v", got, f)
				}
				if batch := !slices.Contains(c.nice, 0); (f.Severity == Info) != batch {
					t.Errorf("%s", f.Severity)
				}
				for _, r := range f.Remedies {
					if c.nice[0] > 0 && strings.HasPrefix(r.Command, "renice") {
						t.Errorf("%s raises what has nice %d", r.Command, c.nice[0])
					}
				}
			} else if c.want > 0 {
				t.Error("not told")
			}
		})
	}
}
