package life

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/pcb"
	"ptop/tree"
)

const read = pcb.FieldStat | pcb.FieldSignals | pcb.FieldSched | pcb.FieldSchedSum | pcb.FieldSwitches | pcb.FieldSwitchesSum | pcb.FieldIdle | pcb.FieldOnCPU | pcb.FieldExitCode

func proc(pid, ppid int32, state byte, change ...func(*pcb.Process)) pcb.Process {
	p := pcb.Process{ID: pcb.ID{PID: pid, Start: uint64(pid)}, PPID: ppid, SID: pid, State: state, Comm: "app", Threads: 1, Started: time.Hour, Have: read}
	for _, c := range change {
		c(&p)
	}
	return p
}

// frame is a reading 100 s after the processes were created.
func frame(procs ...pcb.Process) *monitor.Frame {
	s := &pcb.Snapshot{Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Boot: time.Hour + 100*time.Second, Procs: procs}
	f := &monitor.Frame{Snap: s, Rates: &pcb.RateSet{}, Forest: tree.Build(s, nil)}
	for range procs {
		f.Rates.Procs = append(f.Rates.Procs, pcb.Rates{CPU: math.NaN()})
	}
	return f
}

func near(t *testing.T, l *Life, facts map[string]float64) {
	t.Helper()
	for key, want := range facts {
		switch got, ok := l.fact(key).(float64); {
		case math.IsNaN(want) && l.fact(key) != nil:
			t.Errorf("%s is %v, though it can't be told", key, l.fact(key))
		case !math.IsNaN(want) && (!ok || math.Abs(got-want) > 1e-6):
			t.Errorf("%s is %v, want %v", key, l.fact(key), want)
		}
	}
}

// all is everything that is said, a line each: "label: text".
func (l *Life) all() string {
	var b strings.Builder
	fmt.Fprintln(&b, l.Headline)
	for _, s := range append(append([]Section{{Lines: l.Verdict}}, l.Findings...), l.Sections...) {
		for _, line := range s.Lines {
			fmt.Fprintf(&b, "%s: %s\n", line.Label, line.Text)
		}
	}
	return b.String()
}

func (l *Life) fact(key string) any {
	for _, fact := range l.Facts {
		if fact.Key == key {
			return fact.Value
		}
	}
	return nil
}

var unknown = math.NaN()

func TestShares(t *testing.T) {
	spent := func(p *pcb.Process) {
		p.RunTime, p.RunDelay, p.Voluntary, p.Involuntary = 3*time.Second, 500*time.Millisecond, 75, 25
	}
	starved := func(p *pcb.Process) { spent(p); p.Idle = 20 * time.Second }
	for name, c := range map[string]struct {
		p      pcb.Process
		detail func(*pcb.Detail)
		want   map[string]float64
		says   string
	}{
		"one thread": {
			proc(10, 1, 'S', spent), nil,
			map[string]float64{"run_percent": 3, "ready_percent": 0.5, "waiting_percent": 96.5, "stopped_percent": unknown, "run_per_dispatch_seconds": 0.03, "wait_per_dispatch_seconds": 0.005, "voluntary_percent": 75},
			"running 3.0 %, ready 0.5 %, waiting 96.5 % of the 1m40s since its creation",
		},
		"stopped": {
			proc(10, 1, 'T', spent, func(p *pcb.Process) { p.Idle = 40 * time.Second }), nil,
			map[string]float64{"run_percent": 3, "waiting_percent": 56.5, "stopped_percent": 40},
			"stopped 40.0 %",
		},
		"a wait for a CPU that goes on is counted": {
			proc(10, 1, 'R', starved),
			func(d *pcb.Detail) {
				d.Process = pcb.Process{State: 'R', RunTime: 3 * time.Second, Have: pcb.FieldSched}
			},
			map[string]float64{"ready_percent": 20.5, "queued_seconds": 20, "waiting_percent": 76.5, "wait_per_dispatch_seconds": 0.005},
			"ready for 20s now without having run",
		},
		"a wake-up is none": {
			proc(10, 1, 'R', starved),
			func(d *pcb.Detail) {
				d.Process = pcb.Process{State: 'R', RunTime: 3*time.Second + 1, Have: pcb.FieldSched}
			},
			map[string]float64{"ready_percent": 0.5, "queued_seconds": unknown},
			"ready 0.5 %",
		},
		"several threads of which only sums are known": {
			proc(10, 1, 'S', spent, func(p *pcb.Process) { p.Threads = 4 }), nil,
			map[string]float64{"run_percent": unknown, "waiting_percent": unknown},
			"",
		},
		"several threads": {
			proc(10, 1, 'S', spent, func(p *pcb.Process) { p.Threads = 2 }),
			func(d *pcb.Detail) {
				d.ThreadList = []pcb.Thread{
					{TID: 10, State: 'S', Started: time.Hour, RunTime: 10 * time.Second, Voluntary: 10, Have: read},
					{TID: 11, State: 'R', Started: time.Hour + 50*time.Second, RunTime: 20 * time.Second, RunDelay: 15 * time.Second, Have: read},
				}
			},
			map[string]float64{"run_percent": 20, "ready_percent": 10, "waiting_percent": 70, "life_seconds": 150},
			"of the time of its 2 threads, 2m30s together",
		},
		"not all threads were read": {
			proc(10, 1, 'S', spent, func(p *pcb.Process) { p.Threads = 2 }),
			func(d *pcb.Detail) {
				d.ThreadList = []pcb.Thread{{TID: 10, State: 'S', Started: time.Hour, Have: read}}
				d.Problems = map[pcb.DetailPart]string{pcb.PartThreads: "shown are 1 of 2"}
			},
			map[string]float64{"run_percent": unknown},
			"",
		},
		"dead": {
			proc(10, 1, 'Z', spent, func(p *pcb.Process) { p.Have |= pcb.FieldEnded; p.Ended = 40 * time.Second; p.UTime = 3 * time.Second }), nil,
			map[string]float64{"run_seconds": 3, "run_percent": unknown, "turnaround_max_seconds": 60, "dead_seconds": 40},
			"running 3.0s and ready 500 ms of the at most 1m00s from its creation to its death",
		},
		"dead, and it had other threads": {
			proc(10, 1, 'Z', spent, func(p *pcb.Process) { p.Have |= pcb.FieldEnded; p.Ended = 40 * time.Second; p.UTime = 9 * time.Second }), nil,
			map[string]float64{"run_percent": unknown, "dead_seconds": 40},
			"9.0s of CPU time: 15.0 % of one CPU over its life",
		},
		"schedstat unread": {
			proc(10, 1, 'S', spent, func(p *pcb.Process) { p.Have &^= pcb.FieldSched | pcb.FieldSchedSum }), nil,
			map[string]float64{"run_percent": unknown, "dispatches": unknown},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := frame(c.p)
			var d *pcb.Detail
			if c.detail != nil {
				d = &pcb.Detail{ID: c.p.ID, Time: f.Snap.Time}
				c.detail(d)
			}
			l := Of(f, c.p.ID, d)
			near(t, l, c.want)
			if !strings.Contains(l.all(), c.says) {
				t.Errorf("%q is not in\n%s", c.says, l.all())
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	unread := pcb.Process{ID: pcb.ID{PID: 70, Start: 1}}
	kernel := proc(50, 2, 'I', func(p *pcb.Process) { p.KFlags = pcb.PFKernelThread })
	forked := proc(40, 1, 'S', func(p *pcb.Process) { p.KFlags = pcb.PFForkNoExec })
	f := frame(proc(1, 0, 'S'), proc(30, 1, 'S'), forked, kernel, proc(60, 59, 'S'), unread)
	for pid, want := range map[int32]string{
		1: "the first process of its pid namespace", 30: "child of app (1); has called exec since its fork",
		40: "child of app (1); runs the same program as what forked it (no exec since)", 50: "made by the kernel",
		60: "child of pid 59, which is not visible; has called exec", 70: "unknown",
	} {
		if got := Of(f, f.Snap.Lookup(pcb.ID{PID: pid}).ID, nil).Origin; !strings.HasPrefix(got, want) {
			t.Errorf("process %d: %q, want %q…", pid, got, want)
		}
	}
	if Of(f, pcb.ID{PID: 1, Start: 2}, nil) != nil {
		t.Error("another bearer of the pid is told of")
	}
}

func TestSignalEffects(t *testing.T) {
	const term, hup, chld = 1 << 14, 1 << 0, 1 << 16
	for name, c := range map[string]struct {
		change func(*pcb.Process)
		calls  []pcb.ThreadProbe
		want   map[string]string
	}{
		"default":             {func(*pcb.Process) {}, nil, map[string]string{"sigterm": "default", "sighup": "default", "sigchld": "default"}},
		"caught and ignored":  {func(p *pcb.Process) { p.SigCaught, p.SigIgnored = term, hup|chld }, nil, map[string]string{"sigterm": "caught", "sighup": "ignored", "sigchld": "ignored"}},
		"blocked":             {func(p *pcb.Process) { p.SigBlocked, p.SigShared = term|chld, term }, []pcb.ThreadProbe{{Blocked: term | chld}}, map[string]string{"sigterm": "blocked", "sigchld": "blocked", "sighup": "default"}},
		"another thread open": {func(p *pcb.Process) { p.SigBlocked, p.Threads = term, 2 }, []pcb.ThreadProbe{{Blocked: term}, {}}, map[string]string{"sigterm": "default"}},
		"PID 1":               {func(p *pcb.Process) { p.NSPIDs = []int32{10, 1}; p.SigCaught = hup }, nil, map[string]string{"sigterm": "dropped", "sighup": "caught", "sigchld": "default"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := proc(10, 1, 'S', c.change)
			l := Of(frame(p), p.ID, &pcb.Detail{ID: p.ID, Calls: c.calls})
			for key, want := range c.want {
				if got := l.fact(key); got != want {
					t.Errorf("%s is %v, want %s", key, got, want)
				}
			}
		})
	}
}

func TestCallWords(t *testing.T) {
	f := frame(proc(10, 1, 'S'), proc(20, 10, 'S', func(p *pcb.Process) { p.Comm = "worker" }), proc(21, 10, 'S'))
	d := &pcb.Detail{
		ID: f.Snap.Procs[0].ID, Files: []pcb.OpenFile{{FD: 0, Target: "pipe:[7]"}, {FD: 3, Target: "socket:[9]"}, {FD: 4, Target: "anon_inode:[eventpoll]"}},
		Sockets: []pcb.Socket{{FD: 3, Proto: "tcp", Local: "0.0.0.0:80", Remote: "0.0.0.0:0", State: "LISTEN"}},
	}
	for name, c := range map[string]struct {
		args [6]uint64
		want string
	}{
		"wait4":           {[6]uint64{20}, "for its child worker (20) to end, whose state is waiting (wait4)"},
		"waitid":          {[6]uint64{1, 20}, "for its child worker (20) to end, whose state is waiting (waitid)"},
		"read":            {[6]uint64{0}, "for something to read from descriptor 0, a pipe, pipe:[7] (read)"},
		"accept4":         {[6]uint64{3}, "for somebody to connect to descriptor 3, tcp socket 0.0.0.0:80, LISTEN (accept4)"},
		"epoll_wait":      {[6]uint64{4}, "for an event on any of the descriptors that it watches through descriptor 4, eventpoll (epoll_wait)"},
		"write":           {[6]uint64{9}, "for room to write to descriptor 9 (write)"},
		"futex":           {[6]uint64{0x7f00, 128}, "for a lock or a condition at 0x7f00 of its memory (futex)"},
		"poll":            {[6]uint64{0, 1}, "for an event on any of 1 descriptor (poll)"},
		"rt_sigsuspend":   {[6]uint64{}, "for a signal (rt_sigsuspend)"},
		"something_newer": {[6]uint64{}, "in system call something_newer"},
	} {
		d.Calls = []pcb.ThreadProbe{{TID: 10, State: 'S', SyscallKnown: true, SyscallName: name, Args: c.args}}
		if said := Of(f, d.ID, d).all(); !strings.Contains(said, "\nwaits: "+c.want+"; since ") {
			t.Errorf("%s is not told as %q:\n%s", name, c.want, said)
		}
	}
	d.Calls = []pcb.ThreadProbe{{TID: 10, State: 'S', SyscallKnown: true, SyscallName: "wait4", Args: [6]uint64{math.MaxUint64}}}
	if said := Of(f, d.ID, d).all(); !strings.Contains(said, "waits: for any of its 2 children to end (wait4)") {
		t.Error(said)
	}
}

// A detector that could not judge is told, and so is which right is missing.
func TestNotEvaluated(t *testing.T) {
	p := proc(10, 1, 'S', func(p *pcb.Process) { p.Have &^= pcb.FieldSignals; p.Denied = pcb.FieldSignals })
	l := Of(frame(p), p.ID, &pcb.Detail{ID: p.ID, Problems: map[pcb.DetailPart]string{pcb.PartFiles: "not permitted: run ptop as root"}})
	said := l.all()
	if !strings.Contains(said, "not evaluated: ") || !strings.Contains(said, "term-ignored") || !strings.Contains(said, "not permitted to read: files; ") {
		t.Error(said)
	}
	p.Denied, p.Have = 0, p.Have|pcb.FieldSignals
	unread := &pcb.Detail{ID: p.ID, FilesTotal: 3, Problems: map[pcb.DetailPart]string{pcb.PartSockets: "not permitted"}}
	if said := Of(frame(p), p.ID, unread).all(); !strings.Contains(said, "\nopen: descriptors: 3\n") {
		t.Errorf("sockets that could not be read are told: %s", said)
	}
	if blind, _ := l.fact("not_evaluated").([]string); len(blind) == 0 {
		t.Errorf("facts %v", l.Facts)
	}
}

// Every fact is declared: the schema follows from that.
func TestFactsAreDeclared(t *testing.T) {
	declared := map[string]bool{}
	for _, fact := range Facts {
		if declared[fact.Key] {
			t.Errorf("%s is declared twice", fact.Key)
		}
		declared[fact.Key] = true
	}
	for _, p := range []pcb.Process{proc(10, 1, 'S'), proc(11, 1, 'R'), proc(12, 1, 'T'), proc(13, 1, 'Z')} {
		f := frame(p)
		f.Standing = &detect.Standing{ID: p.ID, Role: "main process of web.service", Verdict: "no orphan: x", Reason: "main process of web.service"}
		l := Of(f, p.ID, nil)
		for _, fact := range l.Facts {
			if !declared[fact.Key] {
				t.Errorf("%s is not declared", fact.Key)
			}
		}
		if !strings.Contains(l.all(), "no orphan: main process of web.service") {
			t.Error(l.all())
		}
	}
}

func TestOneChildIsSpokenOfAsOne(t *testing.T) {
	l := Of(frame(proc(5, 1, 'S'), proc(6, 5, 'Z')), pcb.ID{PID: 5, Start: 5}, nil)
	said := fmt.Sprint(l.Verdict, l.Sections)
	for _, want := range []string{"; 1 descendant", "1 of its children is dead"} {
		if !strings.Contains(said, want) || strings.Contains(said, "1 descendants") {
			t.Errorf("it lacks %q: %s", want, said)
		}
	}
}
