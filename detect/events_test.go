package detect

import (
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// tells has a lab's readings hold events and a count of forks.
func (l *lab) tells(at time.Duration, e *pcb.Events, forks uint64, procs ...pcb.Process) []Finding {
	l.t.Helper()
	l.events, l.forks = e, &forks
	return l.sees(at, procs...)
}

// second is a second's events of one forker.
func second(forks uint64, of ...pcb.Forker) *pcb.Events {
	return &pcb.Events{Span: time.Second, Forks: forks, ShortLived: forks, Forkers: of}
}

func forker(n int32, forks uint64, statuses ...pcb.ExitCount) pcb.Forker {
	return pcb.Forker{Told: pcb.Told{ID: pcb.ID{PID: n, Start: uint64(n) * 10}, Name: "told"}, Forks: forks, ShortLived: forks, Execs: forks, Statuses: statuses}
}

func ancestor(name string, n, parent int32) pcb.Process { return proc(n, parent, name, in1(20, 20)) }

func TestForkChurnIsNamed(t *testing.T) {
	shell := proc(30, 20, "bash", in1(20, 20))
	ci := files(30, "/")
	ci.Env["BUILD_ID"] = "7"
	for _, c := range []struct {
		name     string
		events   *pcb.Events
		above    pcb.Process
		probe    *pcb.Probe
		want     Severity // of the finding about 30
		none     bool     // there is none about 30
		nobody   bool     // it is told that it can't be told who
		evidence string
		remedy   string
	}{
		{name: "one who forks", events: second(600, forker(30, 590, pcb.ExitCount{Status: 0, Count: 580}, pcb.ExitCount{Status: 256, Count: 10})), want: Warning, evidence: "exit 0 ×580, exit 1 ×10"},
		{name: "what it starts fails", events: second(600, forker(30, 590, pcb.ExitCount{Status: 256, Count: 590})), want: Warning, remedy: "have it wait between two tries"},
		{name: "too few", events: second(99, forker(30, 99)), none: true},
		{name: "of a build", events: second(600, forker(30, 590)), above: ancestor("make", 20, 1), want: Info},
		{name: "of an installation", events: second(600, forker(30, 590)), above: ancestor("dpkg", 20, 1), want: Info},
		{name: "below make, in a session of its own", events: second(600, forker(30, 590)), above: proc(20, 1, "make"), want: Warning},
		{name: "of a CI job", events: second(600, forker(30, 590)), probe: ci, want: Info, evidence: "BUILD_ID"},
		{name: "many make some", events: second(600, forker(30, 100), forker(31, 100)), none: true, nobody: true},
		{name: "the one who forks has ended", events: second(600, func() pcb.Forker { f := forker(30, 590); f.Ended = true; return f }()), none: true, nobody: true},
		{name: "another bearer of the pid forked", events: second(600, func() pcb.Forker { f := forker(30, 590); f.ID.Start++; return f }()), none: true, nobody: true},
		{name: "with losses", events: func() *pcb.Events { e := second(600, forker(30, 590)); e.Lost = 12; return e }(), want: Warning, evidence: "12 events were lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, "fork-churn.hold=0")
			q := shell
			if c.name == "below make, in a session of its own" {
				q.SID, q.PGID = 30, 30
			}
			procs := []pcb.Process{q, proc(31, 1, "other")}
			if c.above.PID != 0 {
				procs = append(procs, c.above)
			}
			l.events = c.events
			var probes []*pcb.Probe
			if c.probe != nil {
				probes = append(probes, c.probe)
			}
			findings, _ := l.look(0, probes, procs...)
			f := one(t, findings, "fork-churn")
			switch {
			case c.none && !c.nobody:
				if f != nil {
					t.Errorf("told is %s", f.Summary)
				}
				return
			case f == nil:
				t.Fatal("nothing is told")
			case c.nobody:
				if f.Subject.PID != 0 || f.Severity != Info || f.Confidence != Unknown {
					t.Errorf("blamed is %s", f.Summary)
				}
				return
			}
			if f.Subject.PID != 30 || f.Severity != c.want || f.Confidence != Proved || !strings.Contains(f.Why, c.evidence) {
				t.Errorf("%v %v: %s; %s", f.Severity, f.Confidence, f.Summary, f.Why)
			}
			var do []string
			for _, r := range f.Remedies {
				do = append(do, r.Do)
			}
			if all := strings.Join(do, "; "); !strings.Contains(all, c.remedy) || c.want == Info && strings.Contains(all, "end ") {
				t.Errorf("to be done: %s", all)
			}
		})
	}
}

// It must last, a little less keeps it up, and much less ends it.
func TestForkChurnLasts(t *testing.T) {
	l := newLab(t)
	shell := proc(30, 1, "bash")
	told := func(at time.Duration, n uint64) bool {
		return one(t, l.tells(at, second(n, forker(30, n)), 0, shell), "fork-churn") != nil
	}
	for at := time.Duration(0); at < 30*time.Second; at += time.Second {
		if told(at, 110) {
			t.Fatalf("told after %v", at)
		}
	}
	if !told(30*time.Second, 110) || !told(60*time.Second, 75) {
		t.Error("not told, or no more though it lasts")
	}
	if told(61*time.Second, 60); told(72*time.Second, 60) {
		t.Error("told though it is over")
	}
}

// Where the kernel does not tell of births, a parent is named by what its children used, or nobody is.
func TestForkChurnByCPU(t *testing.T) {
	uses := func(n int32, cpu time.Duration) pcb.Process {
		return proc(n, 1, "bash", func(p *pcb.Process) { p.CUTime = cpu })
	}
	for name, c := range map[string]struct {
		a, b   time.Duration // in a second
		forks  uint64
		blamed int32 // 0 for nobody, -1 for nothing told
		cover  pcb.Coverage
	}{
		"one parent":                    {600 * time.Millisecond, 20 * time.Millisecond, 600, 30, pcb.Coverage{PIDNamespace: "init"}},
		"one of those that can be seen": {600 * time.Millisecond, 0, 600, 30, pcb.Coverage{PIDNamespace: "child"}},
		"two alike":                     {300 * time.Millisecond, 300 * time.Millisecond, 600, 0, pcb.Coverage{PIDNamespace: "init"}},
		"nobody waits":                  {0, 0, 600, 0, pcb.Coverage{PIDNamespace: "init"}},
		"hardly anything":               {10 * time.Millisecond, 0, 600, 0, pcb.Coverage{PIDNamespace: "init"}},
		"few forks":                     {900 * time.Millisecond, 0, 60, -1, pcb.Coverage{PIDNamespace: "init"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, "fork-churn.hold=0")
			l.off, l.cover = "it takes CAP_NET_ADMIN", c.cover
			l.tells(0, nil, 1000, uses(30, 0), uses(31, 0))
			f := one(t, l.tells(time.Second, nil, 1000+c.forks, uses(30, c.a), uses(31, c.b)), "fork-churn")
			switch {
			case c.blamed < 0:
				if f != nil {
					t.Errorf("told is %s", f.Summary)
				}
				return
			case f == nil:
				t.Fatal("nothing is told")
			}
			want, severity := Likely, Warning
			if c.blamed == 0 || c.cover.PIDNamespace == "child" {
				want, severity = Unknown, Info
			}
			if f.Subject.PID != c.blamed || f.Confidence != want || f.Severity != severity || !strings.Contains(strings.Join(f.Missing, "; "), "CAP_NET_ADMIN") {
				t.Errorf("%v: %s; missing %v", f.Confidence, f.Summary, f.Missing)
			}
		})
	}
}

// ends are the events of a parent, 40, that exited with 3 a second after the start and left 10.
func ends(changes ...func(*pcb.ParentEnd)) *pcb.Events {
	e := pcb.ParentEnd{Told: pcb.Told{ID: pcb.ID{PID: 40, Start: 400}, Name: "gunicorn"}, Status: 3 << 8, At: bootAt + time.Second, Children: []int32{10}}
	for _, c := range changes {
		c(&e)
	}
	return &pcb.Events{Span: time.Second, Ends: []pcb.ParentEnd{e}}
}

func TestLostParentIsNamed(t *testing.T) {
	parent, init := proc(40, 1, "gunicorn"), proc(1, 0, "systemd")
	left := func(under int32) pcb.Process { return proc(10, under, "worker", in1(40, 40)) }
	at := epoch.Add(time.Second).Local().Format("15:04:05")
	for _, c := range []struct {
		name   string
		first  []pcb.Process // the reading before; none
		middle *pcb.Events   // of that
		events *pcb.Events
		says   string
	}{
		{"born and left between two readings", []pcb.Process{init}, nil, ends(), "forked by 40 (gunicorn), which exited 3 at " + at + "; adopted by 1 (systemd)"},
		{"seen with its parent", []pcb.Process{init, parent, left(40)}, nil, ends(), "forked by 40 (gunicorn), which exited 3 at " + at},
		{"seen shortly before its parent ended", []pcb.Process{init, parent, left(40)}, ends(), &pcb.Events{}, "which exited 3 at " + at},
		{"its parent was killed", []pcb.Process{init}, nil, ends(func(e *pcb.ParentEnd) { e.Status = 9 }), "which was killed by SIGKILL at " + at},
		{"no events", []pcb.Process{init, parent, left(40)}, nil, nil, "forked by 40 (gunicorn), which is gone; adopted by 1 (systemd)"},
		{"an end of another bearer of the pid", []pcb.Process{init, parent, left(40)}, nil, ends(func(e *pcb.ParentEnd) { e.ID.Start = 399 }), "which is gone"},
		{"no witness", []pcb.Process{init}, nil, &pcb.Events{}, "who forked it is unknown"},
		{"the child is another bearer of the pid", []pcb.Process{init}, nil, ends(func(e *pcb.ParentEnd) { e.At = bootAt - 2*time.Hour }), "who forked it is unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, "orphan.hold=0")
			l.events = c.middle
			l.sees(500*time.Millisecond, c.first...)
			l.events = c.events
			findings, _ := l.look(2*time.Second, []*pcb.Probe{files(10, "/srv", "/dev/null", "pipe:[1]", "pipe:[1]")}, init, left(1))
			f := one(t, findings, "orphan")
			if f == nil {
				t.Fatal("no orphan")
			}
			if !strings.Contains(f.Why, c.says) {
				t.Errorf("%s", f.Why)
			}
			if wantProof := !strings.Contains(c.says, "unknown"); (f.Confidence == Proved) != wantProof || (f.fact("lost_parent") != nil) != wantProof {
				t.Errorf("%v, %v", f.Confidence, f.fact("lost_parent"))
			}
		})
	}
}

// A double fork that events witnessed is a daemon's, as it is where nobody saw it.
func TestWitnessedDaemon(t *testing.T) {
	for _, events := range []*pcb.Events{nil, ends()} {
		l := newLab(t, "orphan.hold=0")
		init := proc(1, 0, "systemd")
		l.sees(0, init)
		l.events = events
		daemon := proc(10, 1, "serverd", in1(40, 40), func(p *pcb.Process) { p.KFlags = pcb.PFForkNoExec })
		findings, _ := l.look(2*time.Second, []*pcb.Probe{files(10, "/srv", "/dev/null", "/dev/null", "/dev/null")}, init, daemon)
		if f := one(t, findings, "orphan"); f != nil {
			t.Errorf("with events %v told is %s: %s", events != nil, f.Summary, f.Why)
		}
	}
}

func TestShortLivedInWords(t *testing.T) {
	f := forker(30, 612, pcb.ExitCount{Status: 0, Count: 600}, pcb.ExitCount{Status: 256, Count: 12})
	f.Names = []string{"true"}
	s := &pcb.Snapshot{Events: second(612, f)}
	if got, want := ShortLived(s, f.ID), "612 short-lived children a second: exit 0 ×600, exit 1 ×12; among them true"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := ShortLived(s, pcb.ID{PID: 31}); got != "" {
		t.Errorf("of another %q", got)
	}
	if got := ShortLived(&pcb.Snapshot{}, f.ID); got != "" {
		t.Errorf("without events %q", got)
	}
}

// A few are told as a number: a rate would be made of one that happened to be in a short interval.
func TestFewShortLivedAreNoRate(t *testing.T) {
	id := pcb.ID{PID: 7, Start: 70}
	s := &pcb.Snapshot{Events: &pcb.Events{Span: 200 * time.Millisecond, Forkers: []pcb.Forker{
		{Told: pcb.Told{ID: id, Name: "sh"}, Forks: 1, ShortLived: 1, Statuses: []pcb.ExitCount{{Status: 0, Count: 1}}},
	}}}
	if got, want := ShortLived(s, id), "1 short-lived child in the last 0.2 s: exit 0 ×1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
