package detect

import (
	"slices"
	"testing"
	"time"

	"ptop/pcb"
)

func TestTerm(t *testing.T) {
	const term = 1 << 14
	for _, c := range []struct {
		name   string
		change change
		want   string
	}{
		{"well", func(*pcb.Process) {}, ""},
		{"ignores it", func(p *pcb.Process) { p.SigIgnored = term }, "term-ignored"},
		{"blocks it, unasked", func(p *pcb.Process) { p.SigBlocked = term }, ""},
		{"blocks it, asked", func(p *pcb.Process) { p.SigBlocked, p.SigShared = term, term }, "term-blocked"},
		{"a shell at a terminal", func(p *pcb.Process) { p.SigIgnored, p.Comm, p.TTY = term, "bash", 34816 }, ""},
		{"a shell without one", func(p *pcb.Process) { p.SigIgnored, p.Comm = term, "bash" }, "term-ignored"},
		{"a kernel thread", func(p *pcb.Process) { p.SigIgnored, p.KFlags = term, pcb.PFKernelThread }, ""},
		{"PID 1 of a namespace", func(p *pcb.Process) { p.SigIgnored, p.NSPIDs = term, []int32{10, 1} }, "pid1-no-term"},
		{"PID 1 of a namespace that takes it", func(p *pcb.Process) { p.SigBlocked, p.NSPIDs = term, []int32{10, 1} }, ""},
		{"PID 1 of a namespace that handles it", func(p *pcb.Process) { p.SigCaught, p.NSPIDs = term, []int32{10, 1} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			p := proc(10, 1, "app", c.change)
			if got := one(t, l.sees(0, p), "term-blocked"); got != nil {
				t.Error("told of a signal that may be taken at once")
			}
			got := ""
			for _, f := range l.sees(10*time.Second, p) {
				got += f.Detector
			}
			if got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestStarved(t *testing.T) {
	for _, c := range []struct {
		name      string
		run, wait float64
		state     byte
		change    change
		want      string
	}{
		{"hardly runs", .01, .99, 'R', nil, "warning"},
		{"never runs, and its wait is not counted", 0, 0, 'R', nil, "warning"},
		{"nice", .01, .99, 'R', func(p *pcb.Process) { p.Nice = 19 }, "info"},
		{"idle policy", .01, .99, 'R', func(p *pcb.Process) { p.Policy = schedIdle }, "warning"},
		{"idle policy, of the kernel", .01, .99, 'R', func(p *pcb.Process) { p.Policy, p.KFlags = schedIdle, pcb.PFKernelThread }, "warning"},
		{"sleeps", 0, 0, 'S', nil, ""},
		{"runs as much", .4, .6, 'R', nil, ""},
		{"on another CPU", .01, .99, 'R', func(p *pcb.Process) { p.Processor = 1 }, ""},
		{"wants a little", .1, .02, 'R', nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			poor, rich := newWorker(10, inState(c.state)), newWorker(20)
			if c.change != nil {
				c.change(&poor.Process)
			}
			got := ""
			for s := range 15 {
				poor.does(time.Second, c.run, c.wait, 0)
				rich.does(time.Second, .5, .4, 0)
				got = ""
				if f := one(t, l.sees(time.Duration(s)*time.Second, proc(1, 0, "init"), poor.Process, rich.Process), "cpu-starved"); f != nil {
					if got = f.Severity.String(); s < 10 {
						t.Fatal("told before it had lasted")
					}
					chrt := slices.ContainsFunc(f.Remedies, func(r Remedy) bool { return r.Command == "chrt --other -p 0 10" })
					if want := poor.Policy != schedOther && !poor.KernelThread(); chrt != want || f.Remedies[0].Command != "renice -n 10 -p 20" {
						t.Errorf("remedies %+v", f.Remedies)
					}
				}
			}
			if got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// One that wakes just when it is read, beside a hog, has not waited: neither for long readings nor for one.
func TestAWakeUpIsNoStarving(t *testing.T) {
	l := newLab(t)
	poor, rich := newWorker(10, inState('R')), newWorker(20)
	for s := 0; s < 60; s += 12 {
		poor.does(12*time.Second, .01, .001, 5)
		rich.does(12*time.Second, .9, .05, 0)
		if f := one(t, l.sees(time.Duration(s)*time.Second, proc(1, 0, "init"), poor.Process, rich.Process), "cpu-starved"); f != nil {
			t.Fatalf("after %d s: %s", s, f.Summary)
		}
	}
	poor.does(12*time.Second, 0, 0, 0) // woken only now
	rich.does(12*time.Second, .9, .05, 0)
	if f := one(t, l.sees(72*time.Second, proc(1, 0, "init"), poor.Process, rich.Process), "cpu-starved"); f != nil {
		t.Fatalf("at once: %s", f.Summary)
	}
}
