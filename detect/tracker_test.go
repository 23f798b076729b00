package detect

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// Holds, clearing and events, with stopped processes, which need nothing else: told from 60 s on.
func TestHoldAndEvents(t *testing.T) {
	l := newLab(t)
	healthy, stopped := proc(10, 1, "job"), proc(10, 1, "job", inState('T'))
	for _, c := range []struct {
		at    int
		p     pcb.Process
		told  bool
		event string
	}{
		{0, healthy, false, ""},
		{10, stopped, false, ""},
		{12, stopped, false, ""}, // readings do not count, time does
		{69, stopped, false, ""},
		{70, stopped, true, "appeared"},
		{71, stopped, true, ""},
		{75, healthy, false, "cleared"},
		{80, stopped, false, ""}, // the hold begins anew
		{141, stopped, true, "appeared"},
		{142, with(stopped, func(p *pcb.Process) { p.ExitCode = 21 }), true, "changed"}, // now proved
	} {
		findings, events := l.look(time.Duration(c.at)*time.Second, nil, proc(1, 0, "init"), c.p)
		if got := one(t, findings, "stopped-job") != nil; got != c.told {
			t.Errorf("%d s: told %v, want %v", c.at, got, c.told)
		}
		var said []string
		for _, e := range events {
			said = append(said, e.What.String())
		}
		if got := strings.Join(said, " "); got != c.event {
			t.Errorf("%d s: events %q, want %q", c.at, got, c.event)
		}
	}
}

// Another process with the same pid takes over nothing: neither the hold nor the finding.
func TestPidReuse(t *testing.T) {
	l := newLab(t)
	stopped := proc(10, 1, "job", inState('T'))
	l.sees(0, stopped)
	if f := one(t, l.sees(61*time.Second, stopped), "stopped-job"); f == nil {
		t.Fatal("not told")
	}
	other := with(stopped, func(p *pcb.Process) { p.Start++; p.Started = bootAt + 61*time.Second })
	findings, events := l.look(62*time.Second, nil, other)
	if f := one(t, findings, "stopped-job"); f != nil {
		t.Errorf("told of the new bearer: %+v", f)
	}
	if len(events) != 1 || events[0].What != Cleared || events[0].Finding.Subject.ID != stopped.ID {
		t.Errorf("events %+v", events)
	}
}

func TestSinceStaysAndIsEarliest(t *testing.T) {
	l := newLab(t)
	l.sees(0, proc(10, 1, "job", inState('T')))
	f := one(t, l.sees(65*time.Second, proc(10, 1, "job", inState('T'))), "stopped-job")
	if f == nil || !f.Since.Equal(epoch) {
		t.Fatalf("%+v, want since %s", f, epoch)
	}
	idle := func(p *pcb.Process) { p.Idle = 10 * time.Minute; p.Have |= pcb.FieldIdle }
	f = one(t, l.sees(66*time.Second, proc(10, 1, "job", inState('T'), idle)), "stopped-job")
	if want := epoch.Add(66*time.Second - 10*time.Minute); !f.Since.Equal(want) {
		t.Errorf("the kernel tells %s, said %s", want, f.Since)
	}
	if f = one(t, newLab(t).sees(0, proc(10, 1, "job", inState('T'), idle)), "stopped-job"); f == nil {
		t.Error("one reading with an age from the kernel told nothing")
	}
}

func TestNotEvaluatedWithoutWhatItNeeds(t *testing.T) {
	unread := func(p *pcb.Process) { p.Have = 0 }
	l := newLab(t)
	for at := range 3 {
		if findings := l.sees(time.Duration(at)*time.Minute, proc(1, 0, "init"),
			proc(10, 1, "job", inState('T'), unread), proc(11, 1, "dead", deadFor(time.Hour), unread), proc(12, 1, "lost", in1(5, 5), unread)); len(findings) > 0 {
			t.Errorf("told of what was not read: %+v", findings)
		}
	}
}

func TestSeverityOrders(t *testing.T) {
	l := newLab(t)
	all := append(children(60, every(time.Second)), proc(5000, 1, "job", inState('T'), func(p *pcb.Process) { p.Idle = time.Hour; p.Have |= pcb.FieldIdle }),
		proc(20, 1, "agent"), proc(21, 20, "worker", deadFor(2*time.Minute)))
	findings := l.sees(0, all...)
	var got []string
	for _, f := range findings {
		got = append(got, f.Severity.String()+" "+f.Detector)
	}
	if s := strings.Join(got, ", "); s != "critical zombie, warning zombie, info stopped-job" {
		t.Error(s)
	}
}

// Two findings that one detector groups by the same process live side by side.
func TestTwoFindingsOfOneCulprit(t *testing.T) {
	l := newLab(t)
	l.set.values[paramKey{"zombie", "clear_for"}] = 10
	all := []pcb.Process{
		proc(1, 0, "init"), proc(10, 1, "gdb"), proc(11, 10, "own", deadFor(time.Minute)),
		proc(20, 1, "agent"), proc(21, 20, "traced", deadFor(2*time.Minute), func(p *pcb.Process) { p.TracerPID = 10 }),
	}
	for at := range 3 {
		if findings, events := l.look(time.Duration(at)*time.Second, nil, all...); len(findings) != 2 || (at > 0) != (len(events) == 0) {
			t.Errorf("%d findings, %d events", len(findings), len(events))
		}
	}
}

// By what a process was stopped is one thing that is not there, and another that may not be read.
func TestStoppedReasonUnread(t *testing.T) {
	for _, c := range []struct {
		name   string
		change change
		want   Confidence
		says   string
	}{
		{"taken note of", func(*pcb.Process) {}, Likely, "its parent has taken note"},
		{"not permitted", func(p *pcb.Process) { p.Have &^= pcb.FieldExitCode }, Unknown, "could not be read"},
		{"SIGTTIN", func(p *pcb.Process) { p.ExitCode = 21 }, Proved, "tried to read its terminal"},
	} {
		l := newLab(t)
		p := proc(10, 1, "job", inState('T'), c.change)
		l.sees(0, p)
		f := one(t, l.sees(time.Minute, p), "stopped-job")
		if f == nil || f.Confidence != c.want || !strings.Contains(f.Why, c.says) || (len(f.Missing) > 0) != (c.want == Unknown) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestTimeScale(t *testing.T) {
	l := newLab(t)
	l.set.TimeScale = 0.1
	stopped := proc(10, 1, "job", inState('T'))
	l.sees(0, stopped)
	if one(t, l.sees(5*time.Second, stopped), "stopped-job") != nil || one(t, l.sees(6*time.Second, stopped), "stopped-job") == nil {
		t.Error("60 s at a scale of 0.1 are not 6 s")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	l := newLab(t)
	for at := range 200 {
		n := int32(1000 + 10*at)
		l.sees(time.Duration(at)*time.Second, proc(1, 0, "init"), proc(n, 1, "agent"), proc(n+1, n, "worker", deadFor(time.Hour)), proc(n+2, 1, "job", inState('T')))
	}
	h := &l.tracker.history
	if len(h.entries) != 4 || len(l.tracker.states) > 8 || len(h.told) > 2 || len(h.gone) != 0 {
		t.Errorf("%d entries, %d states, %d told, %d gone for 4 processes", len(h.entries), len(l.tracker.states), len(h.told), len(h.gone))
	}
	for _, e := range h.entries[len(h.entries):cap(h.entries)] {
		if e != (entry{}) {
			t.Fatal("what is gone is still held on to")
		}
	}
}

// Of two findings about one process the one that stays is not taken for the one that clears.
func TestTwoOfOneProcess(t *testing.T) {
	l := newLab(t)
	agent := proc(10, 1, "agent")
	plain := proc(11, 10, "worker", deadFor(time.Minute))
	clone := with(proc(12, 10, "clone", deadFor(time.Minute)), func(p *pcb.Process) { p.ExitSig = 0 })
	_, events := l.look(0, nil, proc(1, 0, "init"), agent, plain, clone)
	if len(events) != 2 || events[0].Finding.ID() == events[1].Finding.ID() {
		t.Fatalf("events %+v", events)
	}
	ids := map[string]bool{events[0].Finding.ID(): true, events[1].Finding.ID(): true}
	if !ids["zombie/10:"+strings.Split(agent.ID.String(), ":")[1]] {
		t.Errorf("IDs %v", ids)
	}
	for at, procs := range [][]pcb.Process{{agent, clone}, {agent, clone}, {agent, clone}} {
		findings, events := l.look(time.Duration(60*(at+1))*time.Second, nil, append(procs, proc(1, 0, "init"))...)
		for _, e := range events {
			if e.What != Cleared || at > 0 || e.Finding.Cause == "exit-signal" || e.Lasted < time.Minute {
				t.Errorf("%v %s after %v", e.What, e.Finding.ID(), e.Lasted)
			}
		}
		if f := one(t, findings, "zombie"); f == nil || f.Cause != "exit-signal" || !ids[f.ID()] {
			t.Errorf("left is %+v", f)
		}
	}
}

// A zombie more or less is no event; twice as many are.
func TestManyMoreAreAnEvent(t *testing.T) {
	l := newLab(t)
	var said []string
	for at, n := range []int{2, 3, 4, 8, 9, 12, 20, 20, 3} {
		procs := []pcb.Process{proc(1, 0, "init"), proc(10, 1, "agent")}
		for i := range n {
			procs = append(procs, proc(int32(11+i), 10, "worker", deadFor(time.Minute)))
		}
		_, events := l.look(time.Duration(at)*time.Second, nil, procs...)
		for _, e := range events {
			said = append(said, fmt.Sprint(n, " ", e.What))
		}
	}
	if got, want := fmt.Sprint(said), "[2 appeared 8 changed 20 changed]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What a process is to others is told where it can be proved.
func TestRoles(t *testing.T) {
	in := func(unit, cgroup string) func(*pcb.Process) {
		return func(p *pcb.Process) { p.Container, p.Cgroup = &pcb.Container{Unit: unit}, cgroup }
	}
	web := in("web.service", "/system.slice/web.service")
	for _, c := range []struct {
		name string
		p    pcb.Process
		more []pcb.Process
		role string
	}{
		{"main process", proc(10, 1, "nginx", web), []pcb.Process{proc(11, 10, "nginx", web)}, "main process of web.service"},
		{"a worker", proc(11, 10, "nginx", web), []pcb.Process{proc(10, 1, "nginx", web)}, ""},
		{"not the oldest", proc(12, 1, "nginx", web), []pcb.Process{proc(10, 1, "nginx", web)}, ""},
		{"of a scope", proc(10, 1, "x", in("session-1.scope", "/user.slice/session-1.scope")), nil, ""},
		{"a user's service", proc(10, 9, "x", web), []pcb.Process{proc(9, 1, "systemd", in("init.scope", "/user.slice/init.scope"))}, "main process of web.service"},
		{"not of a manager", proc(10, 9, "x", web), []pcb.Process{proc(9, 1, "sh")}, ""},
		{"a container's init", proc(10, 9, "x", numbered(10, 1), func(p *pcb.Process) { p.Container = &pcb.Container{ID: "0123456789abcdef"} }), []pcb.Process{proc(9, 1, "shim")}, "PID 1 of container 0123456789ab"},
		{"a login", proc(10, 9, "bash", func(p *pcb.Process) { p.TTY, p.SID = 136<<8, 10 }), []pcb.Process{proc(9, 1, "sshd")}, "leads the session of its terminal, as a login's first process does"},
		{"a multiplexer", proc(10, 1, "tmux", func(p *pcb.Process) { p.Comm = "tmux: server" }), nil, "one of those programs that are made to outlive who started them"},
	} {
		l := newLab(t)
		l.tracker.Follow(c.p.ID)
		l.look(0, nil, append(c.more, proc(1, 0, "systemd"), c.p)...)
		s := l.tracker.Standing()
		if s == nil || s.Role != c.role || c.role != "" && (s.Reason != c.role && !strings.Contains(s.Verdict, "first process") || !strings.HasPrefix(s.Verdict, "no orphan: ")) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

// Evidence that can't be read for a moment changes nothing; for longer, it does.
func TestCauseOutlastsAReadingWithoutEvidence(t *testing.T) {
	l := newLab(t)
	parent := proc(10, 1, "agent")
	zombie := proc(11, 10, "worker", deadFor(10*time.Second))
	probe := &pcb.Probe{ID: parent.ID, Have: pcb.ProbeThreads | pcb.ProbeExe, ImportsWait: true, ImportsFork: true, Threads: []pcb.ThreadProbe{{TID: 10, State: 'S', SyscallKnown: true, SyscallName: "pause"}}}
	var said []string
	for _, c := range []struct {
		at   int
		read bool
	}{{0, true}, {1, false}, {2, true}, {3, false}, {16, false}, {18, false}, {19, true}} {
		var probes []*pcb.Probe
		if c.read {
			probes = append(probes, probe)
		}
		_, events := l.look(time.Duration(c.at)*time.Second, probes, proc(1, 0, "init"), parent, zombie)
		for _, e := range events {
			said = append(said, fmt.Sprint(c.at, " ", e.What, " ", e.Finding.Cause))
		}
	}
	if got, want := fmt.Sprint(said), "[0 appeared no-wait 18 changed unclear 19 changed no-wait]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A cause that one unlucky reading finds does not take the place of the one that is told; one that stays does.
func TestCauseIsSteady(t *testing.T) {
	l := newLab(t)
	told := func(at time.Duration, call string, args ...uint64) (string, int) {
		t.Helper()
		procs := []pcb.Process{proc(1, 0, "init"), proc(2, 1, "agent"), proc(3, 2, "sh", deadFor(2*time.Minute)), proc(4, 2, "other")}
		findings, events := l.look(at, []*pcb.Probe{asleep(2, call, args...)}, procs...)
		f := one(t, findings, "zombie")
		if f == nil {
			t.Fatalf("after %v nothing is told", at)
		}
		return f.Cause, len(events)
	}
	const another = "wait4" // for 4
	for _, c := range []struct {
		at          time.Duration
		call        string
		cause       string
		mayBeChange bool
	}{
		{0, "pause", "no-wait", true},
		{time.Second, another, "no-wait", false},
		{2 * time.Second, "pause", "no-wait", false},
		{3 * time.Second, another, "no-wait", false},
		{5 * time.Second, another, "no-wait", false},
		{7 * time.Second, another, "waits-for-another", true},
	} {
		cause, events := told(c.at, c.call, 4)
		if cause != c.cause || events > 0 != c.mayBeChange {
			t.Errorf("after %v: %s, %d events; want %s", c.at, cause, events, c.cause)
		}
	}
}

// Time in which nobody looked counts neither for a hold nor for clearing: a job that is stopped before and after it may have
// run meanwhile, and one that runs after it may have been stopped until a moment ago.
func TestAGapIsNotWatched(t *testing.T) {
	l := newLab(t)
	l.set.values[paramKey{"stopped-job", "clear_for"}] = 10
	l.set.values[paramKey{"zombie", "clear_for"}] = 10
	healthy, stopped := proc(10, 1, "job"), proc(10, 1, "job", inState('T'))
	mother, dead := proc(20, 1, "agent"), proc(21, 20, "child", deadFor(time.Minute))
	alive := proc(21, 20, "child")
	for _, c := range []struct {
		at, gap    int
		p, child   pcb.Process
		told, dead bool
	}{
		{0, 0, stopped, dead, false, true},
		{20, 0, stopped, dead, false, true},
		{620, 598, stopped, dead, false, true}, // 22 s were watched
		{657, 0, stopped, dead, false, true},
		{658, 0, stopped, dead, true, true},     // 60
		{1658, 998, healthy, alive, true, true}, // both are absent for 2 s as far as was watched
		{1663, 0, healthy, alive, true, true},
		{1667, 0, healthy, alive, false, false},
	} {
		if c.gap > 0 {
			l.tracker.Gap(time.Duration(c.gap) * time.Second)
		}
		findings := l.sees(time.Duration(c.at)*time.Second, proc(1, 0, "init"), c.p, mother, c.child)
		if got := one(t, findings, "stopped-job") != nil; got != c.told {
			t.Errorf("%d s: the stopped job is told: %v, want %v", c.at, got, c.told)
		}
		if got := one(t, findings, "zombie") != nil; got != c.dead {
			t.Errorf("%d s: the zombie is told: %v, want %v", c.at, got, c.dead)
		}
	}
}

// A day of churn, in which every process of every reading is a new one, leaves nothing behind.
func TestChurnLeavesNothing(t *testing.T) {
	l := newLab(t)
	pid, at := int32(10), time.Duration(0)
	day := func(readings int) {
		for range readings {
			at += time.Second
			procs := []pcb.Process{proc(1, 0, "init"), proc(2, 1, "keeper")}
			for k := range int32(30) {
				p := proc(pid+k, 2, "worker", func(p *pcb.Process) {
					p.Started, p.Cgroups, p.UID, p.EUID = bootAt+at-time.Second, fmt.Sprintf("0::/job-%d", pid), uint32(pid), uint32(pid)
					p.Anon, p.RSS, p.Threads, p.RunTime = uint64(at), uint64(at), 2, time.Second*9/10
				})
				switch k % 5 {
				case 0:
					p = with(p, inState('Z'))
				case 1:
					p = with(p, inState('T'))
				case 2:
					p = with(p, inState('R'))
				}
				procs = append(procs, p)
			}
			pid = 10 + (pid+30)%30_000
			for k := range procs[2:] {
				procs[2+k].Start = uint64(at)
			}
			l.sees(at, procs...)
		}
	}
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	day(2000)
	before := live()
	day(20_000)
	if after := live(); after > before+before/4+256<<10 {
		t.Errorf("the heap has grown from %d to %d KiB", before>>10, after>>10)
	}
	if n := len(l.tracker.states) + len(l.tracker.history.told); n > 300 {
		t.Errorf("%d conditions of the gone are kept", n)
	}
}
