package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// files is the probe of a process with these descriptors and directory.
func files(n int32, cwd string, fds ...string) *pcb.Probe {
	p := &pcb.Probe{ID: pcb.ID{PID: n, Start: uint64(n) * 10}, Have: pcb.ProbeFiles | pcb.ProbeEnv, Cwd: cwd, Env: map[string]string{}}
	copy(p.FDs[:], fds)
	return p
}

// stray10 is a process of a group and session whose leader, 5, is gone: a score of 6.
func stray10(changes ...change) pcb.Process {
	return proc(10, 1, "report", append([]change{in1(5, 5)}, changes...)...)
}

func TestOrphanScore(t *testing.T) {
	null := []string{"/dev/null", "/dev/null", "/dev/null"}
	plain := func() *pcb.Probe { return files(10, "/home/app", null...) }
	change := func(c func(*pcb.Probe)) *pcb.Probe {
		p := plain()
		c(p)
		return p
	}
	piped := func() *pcb.Probe { return change(func(p *pcb.Probe) { p.FDs[1] = "pipe:[7]" }) }
	env := func(pairs ...string) *pcb.Probe {
		return change(func(p *pcb.Probe) {
			for i := 0; i < len(pairs); i += 2 {
				p.Env[pairs[i]] = pairs[i+1]
			}
		})
	}
	inSession := in1(10, 5) // leads its group; the session's leader is gone: a score of 2
	unit := func(name string) func(*pcb.Process) {
		return func(p *pcb.Process) { p.Container = &pcb.Container{Unit: name} }
	}
	noExec := func(p *pcb.Process) { p.KFlags = pcb.PFForkNoExec }
	for _, c := range []struct {
		name  string
		p     pcb.Process
		probe *pcb.Probe
		more  []pcb.Process
		score float64 // 0 for not told
		says  string
	}{
		{"group and session dead", stray10(), plain(), nil, 6, "process group's leader is dead and its parent is outside the group (+3)"},
		{"group dead alone", stray10(in1(5, 1)), plain(), nil, 4, "group's leader is dead (+1)"},
		{"session dead alone", stray10(inSession), plain(), nil, 0, ""},
		{"older than its parent", proc(10, 20, "report", started(2*time.Hour)), piped(), []pcb.Process{proc(20, 1, "systemd")}, 3, "older than its parent"},
		{"an ordinary child", proc(10, 1, "report"), plain(), nil, 0, ""},
		{"a member of a living job", proc(10, 20, "report", in1(20, 20)), plain(), []pcb.Process{proc(20, 1, "sh")}, 0, ""},
		{"the tree below an orphan", stray10(), plain(), []pcb.Process{proc(11, 10, "child", in1(5, 5))}, 6, ""},
		{"stopped", stray10(inSession, inState('T')), plain(), nil, 5, "it is stopped (+3)"},
		{"terminal gone", stray10(inSession), files(10, "/", "/dev/pts/4 (deleted)", "/dev/null", "/dev/null"), nil, 5, "terminal is gone"},
		{"output unread", stray10(inSession), change(func(p *pcb.Probe) { p.StdoutNoReader = true }), nil, 4, "nobody reads its output"},
		{"of a build", stray10(inSession), env("GITHUB_RUN_ID", "1"), nil, 5, "GITHUB_RUN_ID"},
		{"of an ssh login", stray10(inSession), env("SSH_TTY", "/dev/pts/1"), nil, 3, "ssh login"},
		{"of a login that ended", stray10(inSession), env("XDG_SESSION_ID", "4"), []pcb.Process{proc(20, 1, "sh", func(p *pcb.Process) { p.Container = &pcb.Container{Session: "5"} })}, 3, "login session 4 has ended"},
		{"of a login that lasts", stray10(inSession), env("XDG_SESSION_ID", "5"), []pcb.Process{proc(20, 1, "sh", func(p *pcb.Process) { p.Container = &pcb.Container{Session: "5"} })}, 0, ""},
		{"directory gone", stray10(inSession), files(10, "/srv/x (deleted)", null...), nil, 4, "directory is deleted"},
		{
			"adopted by a container's init", proc(10, 20, "report", in1(5, 5), numbered(10, 7)), plain(),
			[]pcb.Process{proc(20, 1, "app", numbered(20, 1))},
			8, "a container's PID 1 adopted it",
		},
		{
			"a container's own child", proc(10, 20, "report", inSession, numbered(10, 7)), plain(),
			[]pcb.Process{proc(20, 1, "app", numbered(20, 1))},
			0, "",
		},
		{"its leader is an unreaped zombie", stray10(), plain(), []pcb.Process{proc(20, 1, "starter"), proc(5, 20, "sh", deadFor(time.Second))}, 6, "group's leader is dead (+1)"},
		{
			"its leader's main thread has ended, the others live", stray10(), plain(),
			[]pcb.Process{proc(5, 20, "java", inState('Z'), func(p *pcb.Process) { p.Threads = 3 }), proc(20, 1, "starter")},
			0, "",
		},
		{"a leader that ended", stray10(inState('Z'), func(p *pcb.Process) { p.Threads = 2 }), plain(), nil, 6, ""},
		{"a kernel thread", stray10(func(p *pcb.Process) { p.KFlags = pcb.PFKernelThread }), plain(), nil, 0, ""},
		{"a zombie", stray10(deadFor(time.Second)), plain(), nil, 0, ""},
		{"a container's init", stray10(numbered(10, 1)), plain(), nil, 0, ""},
		{"a multiplexer", stray10(func(p *pcb.Process) { p.Comm = "tmux: server" }), plain(), nil, 0, ""},
		{"a service", stray10(unit("web.service")), plain(), nil, 0, ""},
		{"a user's job", stray10(unit("user@1000.service")), plain(), nil, 6, ""},
		{"a daemon", stray10(), files(10, "/", null...), nil, 0, ""},
		{"a daemon that logs to a file", stray10(), files(10, "/", "/dev/null", "/var/log/x", "/var/log/x"), nil, 0, ""},
		{"a daemon in a container", proc(10, 20, "report", in1(5, 5), numbered(10, 7)), files(10, "/", null...), []pcb.Process{proc(20, 1, "app", numbered(20, 1))}, 0, ""},
		{"a daemon of a build", stray10(), change(func(p *pcb.Probe) { p.Cwd, p.Env["CI_JOB_ID"] = "/", "1" }), nil, 9, ""},
		{"forked twice", stray10(noExec), files(10, "/var/lib/x", "/dev/null", "/var/log/x", "socket:[7]"), nil, 0, ""},
		{"forked twice, and serves", stray10(noExec), change(func(p *pcb.Probe) { p.Listening = []string{"tcp 0.0.0.0:80"} }), nil, 0, ""},
		{"forked twice, with a pipe", stray10(noExec), piped(), nil, 6, ""},
		{"forked twice in an ssh login", stray10(noExec), env("SSH_TTY", "/dev/pts/1"), nil, 7, ""},
		{"a shell's part in the background", stray10(noExec, func(p *pcb.Process) { p.Comm = "bash" }), plain(), nil, 6, ""},
		{"one of a killed server's workers", stray10(noExec), plain(), []pcb.Process{proc(11, 1, "report", in1(11, 5))}, 6, ""},
		{"a pipeline of a script", proc(10, 20, "sleep", in1(5, 20)), plain(), []pcb.Process{proc(20, 1, "bash")}, 0, ""},
		{"a pipeline of another program", proc(10, 20, "sort", in1(5, 20)), change(func(p *pcb.Probe) { p.FDs[0] = "pipe:[7]" }), []pcb.Process{proc(20, 1, "make")}, 0, ""},
		{"maybe of a subreaper", proc(10, 20, "sleep", in1(5, 20)), piped(), []pcb.Process{proc(20, 1, "reaper")}, 4, "Unknown: score 4"},
		{"adopted by one of another session", proc(10, 20, "sleep", in1(5, 6)), plain(), []pcb.Process{proc(20, 1, "systemd")}, 6, "Likely: score 6"},
		{"a daemon with a terminal", stray10(func(p *pcb.Process) { p.TTY = 34816 }), files(10, "/", null...), nil, 6, ""},
		{"nohup", stray10(hangupIgnored), files(10, "/tmp", "/dev/null", "/tmp/nohup.out", "/tmp/nohup.out"), nil, 0, ""},
		{"nohup, output thrown away", stray10(hangupIgnored), plain(), nil, 0, ""},
		{"nohup, output to a pipe", stray10(hangupIgnored), piped(), nil, 0, ""},
		{"SIGHUP ignored, output unread", stray10(hangupIgnored), change(func(p *pcb.Probe) { p.FDs[1], p.StdoutNoReader = "pipe:[7]", true }), nil, 8, ""},
		{"SIGHUP ignored, terminal gone", stray10(hangupIgnored), change(func(p *pcb.Probe) { p.FDs[1] = "/dev/pts/4 (deleted)" }), nil, 9, ""},
		{"nohup in a build", stray10(hangupIgnored), change(func(p *pcb.Probe) { p.FDs[1] = "/tmp/out"; p.Env["CI_JOB_ID"] = "1" }), nil, 9, ""},
		{"a server", stray10(), change(func(p *pcb.Probe) { p.Listening = []string{"tcp 0.0.0.0:80"} }), nil, 4, "it serves: tcp 0.0.0.0:80 (-2)"},
		{"a pipeline whose first has ended", proc(10, 20, "grep", in1(5, 20), onTerminal), plain(), []pcb.Process{proc(20, 1, "bash", onTerminal)}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			findings, _ := newLab(t).look(0, []*pcb.Probe{c.probe}, append(c.more, proc(1, 0, "init"), c.p)...)
			f := one(t, findings, "orphan")
			if f == nil {
				if c.score != 0 {
					t.Error("not told")
				}
				return
			}
			want := Info
			if c.score >= 5 {
				want = Warning
			}
			if !f.Since.Equal(epoch) {
				t.Errorf("since %s: before the first look nobody saw it", f.Since)
			}
			if f.fact("score") != c.score || f.Severity != want || f.Cause != "" {
				t.Errorf("score %v, %s; want %v, %s: %s", f.fact("score"), f.Severity, c.score, want, f.Why)
			}
			if !strings.Contains(f.Why, c.says) {
				t.Errorf("why lacks %q: %s", c.says, f.Why)
			}
		})
	}
}

func hangupIgnored(p *pcb.Process) { p.SigIgnored = 1 }

func onTerminal(p *pcb.Process) { p.TTY = 34816 }

func TestOrphanWithWitness(t *testing.T) {
	l := newLab(t)
	parent := proc(20, 1, "gunicorn")
	child := proc(10, 20, "worker", in1(20, 20))
	l.sees(0, proc(1, 0, "init"), parent, child)
	orphaned := with(child, func(p *pcb.Process) { p.PPID = 1 })
	probe := []*pcb.Probe{files(10, "/srv", "/dev/null", "/dev/null", "/dev/null")}
	for _, c := range []struct {
		at   int
		told bool
	}{{1, false}, {10, false}, {11, true}, {12, true}} {
		findings, _ := l.look(time.Duration(c.at)*time.Second, probe, proc(1, 0, "init"), orphaned)
		f := one(t, findings, "orphan")
		if (f != nil) != c.told {
			t.Errorf("%d s: told %v, want %v", c.at, f != nil, c.told)
		}
		if f == nil {
			continue
		}
		if !strings.Contains(f.Why, "forked by 20 (gunicorn), which is gone; adopted by 1 (init)") || f.Confidence != Proved || !f.Since.Equal(epoch.Add(time.Second)) {
			t.Errorf("%s, since %s: %s", f.Confidence, f.Since, f.Why)
		}
	}
	if findings, _ := l.look(20*time.Second, probe, proc(1, 0, "init")); one(t, findings, "orphan") != nil {
		t.Error("told of one that is gone")
	}
}

// A daemon that ptop saw being made is none, and neither is what has only been young for a moment.
func TestOrphanNot(t *testing.T) {
	l := newLab(t)
	first := proc(20, 1, "httpd")
	child := proc(10, 20, "httpd", in1(20, 20))
	probe := []*pcb.Probe{files(10, "/", "/dev/null", "/dev/null", "/dev/null")}
	l.sees(0, proc(1, 0, "init"), first, child)
	for s := range 30 {
		if findings, _ := l.look(time.Duration(s+1)*time.Second, probe, proc(1, 0, "init"), with(child, func(p *pcb.Process) { p.PPID = 1 })); len(findings) > 0 {
			t.Fatalf("%d s: %+v", s, findings)
		}
	}
	if len(l.asked) != 1 || l.asked[0].Kinds != pcb.ProbeFiles|pcb.ProbeEnv {
		t.Errorf("asked for %+v", l.asked)
	}
	if findings := newLab(t).sees(0, proc(1, 0, "init"), stray10(started(3*time.Second))); len(findings) > 0 {
		t.Errorf("three seconds old: %+v", findings)
	}
}

// Where others' processes are hidden, a leader that is not to be seen may live.
func TestOrphanOfHiddenLeader(t *testing.T) {
	l := newLab(t)
	l.cover.HidePID = true
	if findings, _ := l.look(0, []*pcb.Probe{files(10, "/srv", "/dev/null", "/dev/null", "/dev/null")}, proc(1, 0, "init"), stray10()); len(findings) > 0 {
		t.Errorf("%+v", findings)
	}
}

// Of `nohup report | sort >file &` neither is an orphan, and of `report | sort &` both are.
func TestOrphanJobOfNohup(t *testing.T) {
	reads := files(11, "/home/app", "pipe:[7]", "/home/app/file", "/dev/null")
	for _, c := range []struct {
		name   string
		change change
		ci     string
		want   int // orphans, of one finding
	}{
		{"with nohup", hangupIgnored, "", 0},
		{"without", func(*pcb.Process) {}, "", 2},
		{"of a build", hangupIgnored, "77", 2},
	} {
		writes := files(10, "/home/app", "/dev/null", "pipe:[7]", "/dev/null")
		writes.Env["BUILD_ID"] = c.ci
		findings, _ := newLab(t).look(0, []*pcb.Probe{writes, reads}, proc(1, 0, "init"), stray10(c.change), proc(11, 1, "sort", in1(5, 5)))
		f := one(t, findings, "orphan")
		if f == nil && c.want > 0 || f != nil && (f.Count != c.want || len(f.Members) != c.want || f.Remedies[0].Command != "kill -TERM -- -5") {
			t.Errorf("%s: want %d orphans: %+v", c.name, c.want, findings)
		}
	}
}

// A job that detached itself is none, though it was seen to lose its parent; one that stayed in its session is.
func TestOrphanDetached(t *testing.T) {
	for _, c := range []struct {
		name    string
		session int32
		cwd     string
		want    bool
	}{
		{"setsid", 10, "/srv", false},
		{"of its parent's session", 20, "/srv", true},
		{"of its parent's session, in /", 20, "/", false},
	} {
		l := newLab(t)
		child := proc(10, 20, "sleep", in1(c.session, c.session), func(p *pcb.Process) { p.KFlags = pcb.PFForkNoExec })
		l.sees(0, proc(1, 0, "init"), proc(20, 1, "sh"), child)
		child.PPID = 1
		probe := []*pcb.Probe{files(10, c.cwd, "/dev/null", "/srv/log", "/srv/log")}
		l.look(time.Second, probe, proc(1, 0, "init"), child)
		findings, _ := l.look(12*time.Second, probe, proc(1, 0, "init"), child)
		if got := one(t, findings, "orphan") != nil; got != c.want {
			t.Errorf("%s: told %v, want %v", c.name, got, c.want)
		}
	}
}

// Where the evidence against it can't be read, only what outweighs all of that is told, and as a perhaps.
func TestOrphanEvidenceMissing(t *testing.T) {
	for _, c := range []struct {
		name string
		p    pcb.Process
		told Confidence
		want Severity
	}{
		{"a daemon for all that is known", stray10(), Proved, 0},
		{"stopped, or a daemon that is", stray10(inState('T')), Unknown, Info},
		{"stopped, or a nohup'ed one that is", stray10(inState('T'), hangupIgnored), Proved, 0},
		{"no daemon, as it has a terminal", stray10(onTerminal), Likely, Warning},
	} {
		findings, _ := newLab(t).look(0, []*pcb.Probe{{ID: c.p.ID, Denied: pcb.ProbeFiles | pcb.ProbeEnv}}, proc(1, 0, "init"), c.p)
		f := one(t, findings, "orphan")
		if c.told == Proved {
			if f != nil {
				t.Errorf("%s: told %+v", c.name, f)
			}
			continue
		}
		if f == nil || f.Confidence != c.told || f.Severity != c.want || strings.HasPrefix(f.Summary, "perhaps") != (c.told == Unknown) ||
			len(f.Missing) != 2 || !slices.ContainsFunc(f.Missing, func(s string) bool { return strings.Contains(s, "not permitted") }) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// Of one that was born while ptop watched, the fork was not before that.
func TestOrphanBornInTheWatch(t *testing.T) {
	l := newLab(t)
	l.sees(0, proc(1, 0, "init"))
	p := stray10(started(-time.Second), inState('T'))
	l.sees(2*time.Second, proc(1, 0, "init"), p)
	f := one(t, l.sees(12*time.Second, proc(1, 0, "init"), p), "orphan")
	if f == nil || strings.Contains(f.Why, "before ptop watched") || !strings.Contains(f.Why, "before a reading showed it") {
		t.Errorf("%+v", f)
	}
}

// The detector's verdict on any process, for who asks about it.
func TestStanding(t *testing.T) {
	null := []string{"/dev/null", "/dev/null", "/dev/null"}
	for _, c := range []struct {
		name    string
		p       pcb.Process
		probe   *pcb.Probe
		more    []pcb.Process
		verdict string
		origin  string
	}{
		{"a daemon", stray10(), files(10, "/", null...), nil, "no orphan: a score of 0, and one is told from 3; for it: its process group's leader is dead", "adopted by 1 (init); who forked it is unknown: that was before ptop watched, and 5,"},
		{"a daemon in a session of its own", proc(10, 1, "d"), files(10, "/srv", null...), nil, "no orphan: nothing shows that another than its parent, init (1), made it; and it is set up as a daemon: in a session of its own", "child of or adopted by init (1)"},
		{"nohup", stray10(hangupIgnored), files(10, "/srv", null...), nil, "no orphan: a score of 0, and one is told from 3; for it: its process group's leader is dead", "adopted by 1 (init)"},
		{"a multiplexer", proc(10, 1, "tmux", func(p *pcb.Process) { p.Comm = "tmux: server" }), nil, nil, "no orphan: one of those programs that are made to outlive who started them; nothing shows", "child of or adopted by init (1)"},
		{"a service", proc(10, 1, "web", func(p *pcb.Process) { p.Container = &pcb.Container{Unit: "web.service"} }), nil, nil, "no orphan: nothing shows that another than its parent, init (1), made it; and it belongs to web.service (-5)", "child of or adopted by"},
		{"a kernel thread", proc(10, 2, "kworker", func(p *pcb.Process) { p.KFlags = pcb.PFKernelThread }), nil, nil, "no orphan: the kernel made it", ""},
		{"a zombie", stray10(deadFor(time.Second)), nil, nil, "no orphan: it is dead", ""},
		{"a container's init", proc(10, 20, "app", numbered(10, 1)), nil, []pcb.Process{proc(20, 1, "shim")}, "no orphan: it is the first process of its pid namespace", ""},
		{"a healthy child", proc(10, 20, "sleep", in1(20, 20)), files(10, "/srv", null...), []pcb.Process{proc(20, 1, "sh")}, "no orphan: its parent, sh (20), lives", ""},
		{"a child in an orphaned tree", proc(10, 20, "sleep", in1(5, 5)), files(10, "/srv", null...), []pcb.Process{proc(20, 1, "sh", in1(5, 5))}, "no orphan: its parent, sh (20), lives", ""},
		{"of a living shell's pipeline", proc(10, 20, "grep", in1(5, 20)), nil, []pcb.Process{proc(20, 1, "bash")}, "no orphan: its parent, bash (20), lives", ""},
		{"an orphan", stray10(), files(10, "/srv", null...), nil, "an orphan: a score of 6", "adopted by 1 (init)"},
		{"maybe of a subreaper", proc(10, 20, "sleep", in1(5, 20)), files(10, "/srv", "/dev/null", "pipe:[7]", ""), []pcb.Process{proc(20, 1, "reaper")}, "perhaps an orphan: a score of 4", "forked or adopted by 20 (reaper)"},
		{"unread", stray10(), nil, nil, "whether it is an orphan can't be told: what could speak against it could not be read (/proc/10/environ", "adopted by 1 (init)"},
		{"its parent hidden", proc(10, 20, "sleep"), nil, nil, "whether it is an orphan can't be told: its parent can't be seen", ""},
	} {
		l := newLab(t)
		l.tracker.Follow(pcb.ID{PID: 10})
		var probes []*pcb.Probe
		if c.probe != nil {
			probes = append(probes, c.probe)
		}
		l.look(0, probes, append(c.more, proc(1, 0, "init"), c.p)...)
		s := l.tracker.Standing()
		if s == nil || s.ID != c.p.ID || !strings.HasPrefix(s.Verdict, c.verdict) || !strings.HasPrefix(s.Origin, c.origin) || (c.origin == "") != (s.Origin == "") {
			t.Errorf("%s: %+v", c.name, s)
		}
		if asked := slices.ContainsFunc(l.asked, func(r pcb.ProbeRequest) bool { return r.ID == c.p.ID && r.Kinds&orphanProbes == orphanProbes }); asked == c.p.KernelThread() {
			t.Errorf("%s: asked for %+v", c.name, l.asked)
		}
	}
	l := newLab(t)
	l.sees(0, proc(1, 0, "init"))
	if s := l.tracker.Standing(); s != nil {
		t.Errorf("nobody is followed: %+v", s)
	}
}

func TestOrphanBurning(t *testing.T) {
	l := newLab(t)
	w := &worker{stray10(in1(5, 1))} // a score of 4
	probe := []*pcb.Probe{files(10, "/srv", "/dev/null", "/dev/null", "/dev/null")}
	var f *Finding
	for s := range 5 {
		w.does(time.Second, .9, 0, 0)
		findings, _ := l.look(time.Duration(s)*time.Second, probe, proc(1, 0, "init"), w.Process)
		f = one(t, findings, "orphan")
	}
	if f == nil || f.Severity != Warning || !strings.HasPrefix(f.Summary, "orphan burning CPU: report (10), 90 % CPU") {
		t.Errorf("%+v", f)
	}
}

// Hundreds that one job left are one finding, and a few of them are looked at closely.
func TestOrphansOfOneJob(t *testing.T) {
	l := newLab(t)
	procs := []pcb.Process{proc(1, 0, "init"), proc(2, 1, "other", in1(2, 2))}
	var probes []*pcb.Probe
	for n := int32(10); n < 310; n++ {
		procs = append(procs, proc(n, 1, "worker", in1(5, 5), started(time.Hour-time.Duration(n)*time.Second)))
		if n < 10+spokesmen {
			probes = append(probes, files(n, "/srv", "/dev/null", "pipe:[7]", "/dev/null"))
		}
	}
	findings, _ := l.look(0, probes, procs...)
	f := one(t, findings, "orphan")
	if f == nil || f.Count != 300 || len(f.Members) != 300 || f.Subject.PID != 10 || f.Severity != Warning {
		t.Fatalf("%+v", f)
	}
	asked := slices.DeleteFunc(l.asked, func(r pcb.ProbeRequest) bool { return r.ID.PID < 10 })
	if len(asked) != spokesmen {
		t.Errorf("%d were asked for evidence, want %d", len(asked), spokesmen)
	}
	if act := f.Remedies[0].Act; act == nil || act.Scope != pcb.Group {
		t.Errorf("nobody else is in the group, and the remedy is %+v", f.Remedies[0])
	}
	// One who stays with a living parent is in the group, too: it must not be ended with them.
	procs = append(procs, proc(400, 2, "worker", in1(5, 5)))
	findings, _ = l.look(time.Second, probes, procs...)
	if r := one(t, findings, "orphan").Remedies[0]; r.Act != nil || !strings.HasPrefix(r.Command, "kill -TERM 10 11 ") {
		t.Errorf("another is in the group, and the remedy is %+v", r)
	}
}
