package detect

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

const mebi = 1 << 20

// holder is a process of which a gauge goes by a figure of the seconds that are watched.
type holder struct {
	pcb.Process
	set    func(p *pcb.Process, value float64)
	probes []*pcb.Probe
}

func newHolder(gauge gauge, changes ...change) *holder {
	h := &holder{Process: proc(10, 1, "app", changes...)}
	h.Have |= pcb.FieldMemory | pcb.FieldFDs
	h.RSS, h.PeakRSS = 8*mebi, 8*mebi
	h.set = [gauges]func(*pcb.Process, float64){
		memoryGauge: func(p *pcb.Process, v float64) {
			p.Anon, p.RSS = uint64(v)*mebi, uint64(v)*mebi
			p.PeakRSS = max(p.PeakRSS, p.RSS)
		},
		fdGauge:     func(p *pcb.Process, v float64) { p.FDs = int32(v) },
		threadGauge: func(p *pcb.Process, v float64) { p.Threads = int32(v) },
	}[gauge]
	return h
}

// hold takes readings from one second to another and gives what the last one found.
func (h *holder) hold(l *lab, from, to float64, figure func(at float64) float64) (last []Finding) {
	l.t.Helper()
	step := max(1, (to-from)/300)
	for at := from; at <= to; at += step {
		h.set(&h.Process, figure(at))
		h.FDsAt = time.Duration(at * float64(time.Second))
		for _, probe := range h.probes {
			if probe.Have&pcb.ProbeFDs != 0 {
				probe.FDCount = uint64(h.FDs)
			}
		}
		last, _ = l.look(time.Duration(at*float64(time.Second)), h.probes, proc(1, 0, "init"), proc(2, 1, "make"), h.Process)
	}
	return last
}

func grows(from, perSecond float64) func(float64) float64 {
	return func(at float64) float64 { return from + perSecond*at }
}

func memoryOf(total, available uint64) pcb.System {
	return pcb.System{Memory: &pcb.Memory{Total: total, Available: available}}
}

func TestLeakRules(t *testing.T) {
	const gibi = 1024 * mebi
	for _, c := range []struct {
		name   string
		gauge  gauge
		change change
		lasts  float64
		figure func(at float64) float64
		want   string
	}{
		{"a leak", memoryGauge, nil, 100, grows(100, 2), "memory-leak warning"},
		{"not for long enough", memoryGauge, nil, 55, grows(100, 2), ""},
		{"too little of it", memoryGauge, nil, 100, grows(100, .5), ""},
		{"little of much", memoryGauge, nil, 100, grows(1000, 1), ""},
		{"a slow leak, too early", memoryGauge, nil, 900, grows(100, .03), ""},
		{"a slow leak, days from the limit", memoryGauge, nil, 2400, grows(100, .03), "memory-leak info"},
		{"swapped out as it grows", memoryGauge, func(p *pcb.Process) { p.Swap = 50 * mebi }, 100, grows(100, 2), "memory-leak warning"},
		{"below its peak", memoryGauge, func(p *pcb.Process) { p.PeakRSS = 500 * mebi }, 100, grows(100, 2), ""},
		{"a compiler", memoryGauge, func(p *pcb.Process) { p.Comm = "cc1plus" }, 100, grows(100, 2), ""},
		{"a linter that make runs", memoryGauge, func(p *pcb.Process) { p.PPID = 2 }, 100, grows(100, 2), "memory-leak info"},
		{"comes to rest", memoryGauge, nil, 160, func(at float64) float64 { return 100 + 2*min(at, 30) }, ""},
		{"memory that can't be read", memoryGauge, func(p *pcb.Process) { p.Have &^= pcb.FieldMemory }, 100, grows(100, 2), ""},
		{"descriptors", fdGauge, nil, 100, grows(20, 1), "fd-leak warning"},
		{"few descriptors", fdGauge, nil, 100, grows(20, .3), ""},
		{"descriptors to no limit that is near", fdGauge, func(p *pcb.Process) { p.User = "far" }, 100, grows(20, 1), "fd-leak info"},
		{"descriptors near the limit", fdGauge, nil, 100, grows(900, 1), "fd-leak critical"},
		{"threads", threadGauge, nil, 100, grows(5, .5), "thread-leak warning"},
		{"few threads", threadGauge, nil, 100, grows(5, .2), ""},
		{"a zombie whose threads were many", threadGauge, deadFor(time.Second), 100, grows(5, .5), ""},
		{"young", threadGauge, started(-15 * time.Second), 80, grows(5, .5), ""}, // begins as it is watched
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.system = memoryOf(8*gibi, 6*gibi)
			h := newHolder(c.gauge)
			if c.change != nil {
				c.change(&h.Process)
			}
			limit := uint64(1024)
			if h.User == "far" {
				limit = 1 << 30
			}
			h.probes = []*pcb.Probe{{ID: h.ID, Have: pcb.ProbeFDs, FDLimit: limit}}
			got := ""
			for _, f := range h.hold(l, 0, c.lasts, c.figure) {
				if f.Detector != "zombie" {
					got += f.Detector + " " + f.Severity.String()
				}
			}
			if got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// A leak that pauses is told on for a while, and no more when it has stopped.
func TestLeakEnds(t *testing.T) {
	l := newLab(t)
	h := newHolder(fdGauge)
	stands := func(float64) float64 { return 120 }
	if one(t, h.hold(l, 0, 100, grows(20, 1)), "fd-leak") == nil {
		t.Fatal("it is not told")
	}
	if f := one(t, h.hold(l, 101, 140, stands), "fd-leak"); f == nil {
		t.Error("after 40 s without growth in a window that has some: not told")
	}
	if f := one(t, h.hold(l, 141, 220, stands), "fd-leak"); f != nil {
		t.Errorf("it stopped two minutes ago: %s", f.Summary)
	}
	if one(t, h.hold(l, 221, 320, grows(-100, 1)), "fd-leak") == nil {
		t.Error("it leaks again and is not told")
	}
	if f := one(t, h.hold(l, 321, 360, func(float64) float64 { return 10 }), "fd-leak"); f != nil {
		t.Errorf("all are closed: %s", f.Summary)
	}
}

// At its limit a process gets no more descriptors: that it stands still there is no recovery.
func TestLeakAtItsLimit(t *testing.T) {
	l := newLab(t)
	h := newHolder(fdGauge)
	h.probes = []*pcb.Probe{{ID: h.ID, Have: pcb.ProbeFDs, FDLimit: 256}}
	if one(t, h.hold(l, 0, 100, grows(20, 2)), "fd-leak") == nil {
		t.Fatal("it is not told")
	}
	f := one(t, h.hold(l, 101, 2000, func(at float64) float64 { return min(20+2*at, 256) }), "fd-leak")
	if f == nil || f.Severity != Critical || f.Summary != "app (10) opened descriptors and closed none until it had 256 of 256" || f.fact("fd_use_percent") != 100.0 {
		t.Errorf("half an hour at the limit: %+v", f)
	}
	if f := one(t, h.hold(l, 2001, 2040, func(float64) float64 { return 10 }), "fd-leak"); f != nil {
		t.Errorf("all are closed: %s", f.Summary)
	}
}

func TestLeakWords(t *testing.T) {
	l := newLab(t)
	l.system = memoryOf(1024*mebi, 512*mebi)
	h := newHolder(memoryGauge)
	f := one(t, h.hold(l, 0, 100, grows(100, 2)), "memory-leak")
	if f == nil {
		t.Fatal("no leak is told")
	}
	if f.Summary != "app (10) takes 120 MiB of memory more each minute and gives none back: 300 MiB by now" ||
		f.So != "at this rate memory is full in 4 min; then the kernel kills a process" || f.Since.After(epoch.Add(2*time.Second)) {
		t.Errorf("%s; so %s; since %v", f.Summary, f.So, f.Since)
	}

	h = newHolder(fdGauge) // of another user, before Linux 6.2
	h.probes = []*pcb.Probe{{ID: h.ID, Denied: pcb.ProbeFDs | pcb.ProbeNewFDs}}
	l = newLab(t)
	f = one(t, h.hold(l, 0, 100, grows(20, .5)), "fd-leak")
	if f == nil || f.Severity != Warning || len(f.Missing) != 2 || f.fact("fd_limit") != nil || f.Summary != "app (10) opens 30 descriptors a minute more than it closes: 70 by now" {
		t.Errorf("%+v", f)
	}

	h = newHolder(fdGauge)
	h.probes = []*pcb.Probe{{
		ID: h.ID, Have: pcb.ProbeFDs | pcb.ProbeNewFDs, FDLimit: math.MaxUint64,
		NewFDs: []pcb.FDTarget{{Name: "socket", Count: 100}, {Name: "/var/log/*", Count: 20}, {Name: "pipe", Count: 2}},
	}}
	l = newLab(t)
	f = one(t, h.hold(l, 0, 100, grows(20, 1)), "fd-leak")
	if f == nil || len(f.Missing) != 0 || f.fact("fd_limit") != nil || !strings.Contains(f.Why, "the newest are socket ×100, /var/log/* ×20;") && !strings.HasSuffix(f.Why, "the newest are socket ×100, /var/log/* ×20") {
		t.Fatalf("%+v", f)
	}
	if len(f.Remedies) != 2 || !strings.HasPrefix(f.Remedies[0].Command, "ss ") {
		t.Errorf("without a limit: %+v", f.Remedies)
	}

	h = newHolder(threadGauge)
	h.probes = []*pcb.Probe{{ID: h.ID, Have: pcb.ProbeCgroup, Cgroup: pcb.CgroupLimits{Pids: []pcb.PidsLimit{{Dir: "/sys/fs/cgroup/a b", Current: 150, Max: 450}}}}}
	l = newLab(t)
	for n := range int32(3) {
		l.threads = append(l.threads, pcb.Thread{TID: 10 + n, Comm: []string{"pool", "main", "pool"}[n]})
	}
	h.ThreadCount = 3
	f = one(t, h.hold(l, 0, 100, grows(5, .5)), "thread-leak")
	if f == nil || f.So != "at this rate the limit of 450 pids of its cgroup is full in 10 min; then nothing can be forked there" ||
		f.fact("cgroup_pid_use_percent") == nil || !slices.Equal(f.fact("thread_names").([]string), []string{"pool ×2", "main ×1"}) ||
		f.Remedies[2].Command != "echo 900 > '/sys/fs/cgroup/a b/pids.max'" {
		t.Errorf("%+v", f)
	}
}

func TestRate(t *testing.T) {
	for perSecond, want := range map[float64]string{
		250: "250 x a second", 19.93: "20 x a second", 1.25: "1.2 x a second", .5: "30 x a minute", .02: "1.2 x a minute", .01: "36 x an hour",
	} {
		if got := rate(perSecond, "x"); got != want {
			t.Errorf("%v: %s, want %s", perSecond, got, want)
		}
	}
}

// What can't be told from a figure that was read once costs no memory.
func TestClimbsAreForThoseThatRise(t *testing.T) {
	l := newLab(t)
	climbs := func() [gauges]*climb { return l.tracker.history.of(2).figures.climbs } // the third of three
	h := newHolder(fdGauge)
	h.hold(l, 0, 5, func(float64) float64 { return 20 })
	if c := climbs(); c != [gauges]*climb{} {
		t.Errorf("nothing rose, and watched are %v", c)
	}
	h.hold(l, 6, 8, grows(14, 1))
	if c := climbs(); c[fdGauge] == nil || c[threadGauge] != nil {
		t.Errorf("descriptors rose, and watched are %v", c)
	}
	h.hold(l, 9, 10, func(float64) float64 { return 20 })
	if c := climbs(); c[fdGauge] != nil {
		t.Error("they are as few as before, and watched on")
	}
}
