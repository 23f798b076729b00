package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// saw is what a series of readings said of a parent, 10, whose zombies it shows: their causes in order, each once.
func saw(t *testing.T, step time.Duration, until time.Duration, parent pcb.Process, zombies func(at time.Duration) []pcb.Process, set ...string) (causes []string, last *Finding) {
	t.Helper()
	l := newLab(t, set...)
	for at := time.Duration(0); at <= until; at += step {
		findings, _ := l.look(at, []*pcb.Probe{asleep(10, "pause")}, append(zombies(at), proc(1, 0, "init"), parent)...)
		last = one(t, findings, "zombie")
		cause := ""
		if last != nil {
			cause = last.Cause + " " + last.Severity.String()
		}
		if len(causes) == 0 || causes[len(causes)-1] != cause {
			causes = append(causes, cause)
		}
	}
	return causes, last
}

// A child every second, and every twentieth second all are reaped: whenever one looks, it is the same.
func TestLazyReaperIsSteady(t *testing.T) {
	for _, step := range []time.Duration{700 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second} {
		for _, phase := range []time.Duration{0, 7 * time.Second, 13 * time.Second, 19 * time.Second} {
			causes, last := saw(t, step, 10*time.Minute, proc(10, 1, "agent"), func(at time.Duration) (all []pcb.Process) {
				now := int32((at + phase) / time.Second)
				for k := now / 20 * 20; k <= now; k++ {
					all = append(all, proc(1000+k, 10, "worker", inState('Z'), deadFor(at+phase-time.Duration(k)*time.Second)))
				}
				return all
			}, "zombie.critical_count=1000")
			before := causes[:len(causes)-1] // it was seen to reap
			if last == nil || last.Cause != "lazy-reaper" || slices.Contains(before, "lazy-reaper info") || slices.ContainsFunc(before, func(cause string) bool {
				return cause != "" && cause != "no-wait info"
			}) {
				t.Errorf("step %v, phase %v: said were %q", step, phase, causes)
			}
		}
	}
}

// One that reaps two of three is not lazy: what it leaves grows.
func TestReapsTwoOfThree(t *testing.T) {
	_, last := saw(t, time.Second, 3*time.Minute, proc(10, 1, "agent"), func(at time.Duration) (all []pcb.Process) {
		now := int32(at / (2 * time.Second))
		for k := range now + 1 {
			if k%3 == 0 || k == now {
				all = append(all, proc(1000+k, 10, "worker", deadFor(at-time.Duration(k)*2*time.Second)))
			}
		}
		return all
	}, "zombie.critical_count=1000")
	if last == nil || last.Cause != "no-wait" || last.Confidence != Likely || strings.Contains(last.Summary, "never") || last.fact("growth_per_min") == nil {
		t.Errorf("%+v", last)
	}
}

// Two readings in a row tell no rate, and one zombie more is no growth.
func TestGrowthWantsTimeAndNumber(t *testing.T) {
	count := func(at time.Duration, more int) []pcb.Process {
		n := 1
		if at > 0 {
			n += more
		}
		return children(n, func(int) time.Duration { return 40*time.Second + at })[2:]
	}
	for _, c := range []struct {
		until time.Duration
		more  int
		told  bool
	}{{time.Second, 5, false}, {40 * time.Second, 1, false}, {40 * time.Second, 5, true}} {
		_, last := saw(t, time.Second, c.until, proc(10, 1, "agent"), func(at time.Duration) []pcb.Process { return count(at, c.more) })
		if last == nil || (last.fact("growth_per_min") != nil) != c.told {
			t.Errorf("%d more in %v: %+v", c.more, c.until, last)
		}
	}
}

// Those that were made with another exit signal are another matter than the rest, and each keeps its place over time.
func TestOtherExitSignalsAreApart(t *testing.T) {
	l := newLab(t)
	parent := proc(10, 1, "agent", func(p *pcb.Process) { p.SigIgnored = chld })
	for s := range 90 {
		at := time.Duration(s) * time.Second
		all := []pcb.Process{proc(1, 0, "init"), parent, proc(20, 10, "worker", deadFor(time.Minute+at))}
		for k := range s / 2 {
			all = append(all, proc(int32(100+k), 10, "clone", deadFor(at-time.Duration(2*k)*time.Second), func(p *pcb.Process) { p.ExitSig = 0 }))
		}
		findings, events := l.look(at, []*pcb.Probe{asleep(10, "pause")}, all...)
		for _, e := range events {
			if s > 70 && (e.What == Cleared || e.What == Appeared || e.Finding.Severity == Info) {
				t.Errorf("after %v: %v %s", at, e.What, e.Finding.Summary)
			}
		}
		if s < 80 {
			continue
		}
		var said []string
		for _, f := range findings {
			if f.Detector == "zombie" {
				said = append(said, f.Cause)
				if f.Cause == "late-ignore" && f.Count != 1 {
					t.Errorf("%d of the ignored", f.Count)
				}
			}
		}
		if strings.Join(said, " ") != "exit-signal late-ignore" {
			t.Fatalf("after %v: %q", at, said)
		}
	}
}

// Who ignores SIGCHLD leaves no new zombies: of one who does leave them, that is not the reason.
func TestLateIgnoreDoesNotGrow(t *testing.T) {
	_, last := saw(t, time.Second, time.Minute, proc(10, 1, "agent", func(p *pcb.Process) { p.SigIgnored = chld }), func(at time.Duration) []pcb.Process {
		return children(1+int(at/(2*time.Second)), func(int) time.Duration { return time.Minute })[2:]
	}, "zombie.critical_count=1000")
	if last == nil || last.Cause == "late-ignore" {
		t.Errorf("%+v", last)
	}
}

// A limit of the parent's cgroup is one that zombies can fill.
func TestZombiesCrowdTheirCgroup(t *testing.T) {
	for _, c := range []struct {
		current, max uint64
		want         Severity
	}{{26, 30, Critical}, {26, 300, Warning}, {45, 50, Warning}} {
		l := newLab(t)
		probe := asleep(10, "pause")
		probe.Have |= pcb.ProbeCgroup
		probe.Cgroup.Pids = []pcb.PidsLimit{{Current: c.current, Max: c.max, Dir: "/sys/fs/cgroup/a"}}
		findings, _ := l.look(0, []*pcb.Probe{probe}, children(4, func(int) time.Duration { return 2 * time.Minute })...)
		f := one(t, findings, "zombie")
		if f == nil || f.Severity != c.want || (f.fact("cgroup_pid_use_percent") != nil) != (c.want == Critical) {
			t.Errorf("%d of %d: %+v, want %s", c.current, c.max, f, c.want)
		}
	}
}

// What a signal can't do is not told to do: each remedy's command is one that works, or says what stands against it.
func TestZombieRemediesThatWork(t *testing.T) {
	for _, c := range []struct {
		name          string
		make          func(*sickbed)
		command, says string
	}{
		{"ignores SIGTERM", func(b *sickbed) { b.parent.SigIgnored = 1 << 14 }, "kill -KILL 10", "it ignores SIGTERM"},
		{"blocks SIGTERM and SIGCHLD", func(b *sickbed) {
			b.parent.SigBlocked, b.parent.SigShared, b.probe.Threads[0].Blocked = chld|1<<14, chld, chld
		}, "kill -TERM 10", "it blocks SIGTERM"},
		{"an init without a handler", func(b *sickbed) {
			b.parent.NSPIDs, b.zombie.NSPIDs = []int32{10, 1}, []int32{11, 7}
		}, "kill -KILL 10", "no handler for SIGTERM, which the kernel therefore drops"},
		{"an init with a handler", func(b *sickbed) {
			b.parent.NSPIDs, b.zombie.NSPIDs, b.parent.SigCaught = []int32{10, 1}, []int32{11, 7}, 1<<14
		}, "kill -TERM 10", "interrupts the container"},
		{"held by a debugger", func(b *sickbed) {
			b.parent.State, b.parent.TracerPID = 't', 30
			b.probe.Threads[0].State = 't'
			b.more = []pcb.Process{proc(30, 1, "gdb")}
		}, "kill -TERM 30", "the trace is lost"},
		{"frozen", func(b *sickbed) {
			b.probe.Frozen, b.probe.FrozenBy = true, []string{"/sys/fs/cgroup/ice/cgroup.freeze", "/sys/fs/cgroup/freezer/a b/freezer.state"}
		}, "echo 0 > /sys/fs/cgroup/ice/cgroup.freeze; echo THAWED > '/sys/fs/cgroup/freezer/a b/freezer.state'", "resumes"},
		{"in vfork", func(b *sickbed) {
			b.parent.State = 'D'
			b.probe.Threads[0].State, b.probe.Threads[0].WChan = 'D', "kernel_clone"
		}, "", ""},
		{"hangs where can't be read", func(b *sickbed) {
			b.parent.State = 'D'
			b.probe.Threads[0].State = 'D'
		}, "", ""},
	} {
		b := newSickbed()
		c.make(b)
		r := b.judge(t).Remedies[0]
		if r.Command != c.command || !strings.Contains(r.Risk, c.says) {
			t.Errorf("%s: %+v, want %s at the risk that %s", c.name, r, c.command, c.says)
		}
	}
	b := newSickbed()
	b.probe = asleep(10, "wait4", 1<<64-1)
	if r := b.judge(t).Remedies[0]; strings.Contains(r.Do, "rights") {
		t.Errorf("nothing is missing: %s", r.Do)
	}
	b.probe.Denied = pcb.ProbeThreads
	if r := b.judge(t).Remedies[0]; !strings.Contains(r.Do, "rights") {
		t.Errorf("rights are missing: %s", r.Do)
	}
}

// Zombies that were seen to lose their parent are orphans that the init was given.
func TestNamespaceInitOfWhatItAdopted(t *testing.T) {
	l := newLab(t)
	init := proc(10, 1, "node", numbered(10, 1))
	between, worker := proc(11, 10, "sh", numbered(11, 2)), proc(12, 11, "worker", numbered(12, 3))
	l.sees(0, proc(1, 0, "init"), init, between, worker)
	worker.PPID = 10
	l.sees(time.Second, proc(1, 0, "init"), init, worker)
	deadFor(time.Minute)(&worker)
	findings, _ := l.look(70*time.Second, []*pcb.Probe{asleep(10, "epoll_wait")}, proc(1, 0, "init"), init, worker)
	if f := one(t, findings, "zombie"); f == nil || f.Cause != "ns-init" || f.Confidence != Proved || f.fact("adopted") != int64(1) {
		t.Errorf("%+v", f)
	}
}
