package detect

import (
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// brood of n zombies of 10, dead for as long as ages says of each.
func children(n int, ages func(k int) time.Duration) []pcb.Process {
	all := []pcb.Process{proc(1, 0, "init"), proc(10, 1, "agent")}
	for k := range n {
		all = append(all, proc(int32(100+k), 10, "worker", deadFor(ages(k))))
	}
	return all
}

func every(step time.Duration) func(int) time.Duration {
	return func(k int) time.Duration { return time.Duration(k) * step }
}

func TestZombieSeverity(t *testing.T) {
	for _, c := range []struct {
		name string
		all  []pcb.Process
		set  []string
		want string // severity, or none
	}{
		{"young", children(1, func(int) time.Duration { return 4 * time.Second }), nil, "none"},
		{"told", children(1, func(int) time.Duration { return 6 * time.Second }), nil, "info"},
		{"old", children(1, func(int) time.Duration { return 61 * time.Second }), nil, "warning"},
		{"set otherwise", children(1, func(int) time.Duration { return 61 * time.Second }), []string{"zombie.warn_age=3600"}, "info"},
		{"many", children(50, func(int) time.Duration { return 20 * time.Second }), nil, "critical"},
		{"not quite many", children(49, func(int) time.Duration { return 20 * time.Second }), nil, "info"},
		{"slowly growing for long", children(25, every(30*time.Second)), nil, "critical"},
		{"growing, not yet for long", children(19, every(30*time.Second)), nil, "warning"},
		{"several of long ago", children(25, func(k int) time.Duration { return 20*time.Minute + time.Duration(k)*time.Second }), nil, "warning"},
		{"fast for a minute", children(70, every(time.Second)), []string{"zombie.critical_count=1000"}, "critical"},
		{"one burst of many", children(70, func(int) time.Duration { return 65 * time.Second }), []string{"zombie.critical_count=1000"}, "warning"},
	} {
		t.Run(c.name, func(t *testing.T) {
			findings, _ := newLab(t, c.set...).look(0, []*pcb.Probe{asleep(10, "pause")}, c.all...)
			got := "none"
			if f := one(t, findings, "zombie"); f != nil {
				got = f.Severity.String()
			}
			if got != c.want {
				t.Errorf("severity %s, want %s: %+v", got, c.want, findings)
			}
		})
	}
}

// Where the kernel does not tell since when a zombie is dead, the time counts that it was watched.
func TestZombieAgeWatched(t *testing.T) {
	l := newLab(t)
	all := []pcb.Process{proc(1, 0, "init"), proc(10, 1, "agent"), proc(11, 10, "worker", inState('Z'))}
	for _, c := range []struct {
		at   time.Duration
		want string
	}{{0, ""}, {4 * time.Second, ""}, {7 * time.Second, "info"}, {65 * time.Second, "warning"}} {
		got := ""
		if f := one(t, l.sees(c.at, all...), "zombie"); f != nil {
			got = f.Severity.String()
		}
		if got != c.want {
			t.Errorf("after %v: %q, want %q", c.at, got, c.want)
		}
	}
}

// When its main thread last ran does not tell when a process died whose other threads outlived that; and the time that
// it was seen to live without its main thread is none that it was dead.
func TestZombieAgeAfterItsMainThread(t *testing.T) {
	l := newLab(t)
	outlived := func(threads int32) pcb.Process {
		return proc(11, 10, "worker", deadFor(time.Hour), func(p *pcb.Process) {
			p.Threads = threads
			p.Have &^= pcb.FieldEnded
		})
	}
	all := []pcb.Process{proc(1, 0, "init"), proc(10, 1, "agent")}
	for _, c := range []struct {
		at      time.Duration
		threads int32
		want    string
	}{{0, 2, ""}, {70 * time.Second, 2, "leader-exited"}, {71 * time.Second, 1, ""}, {75 * time.Second, 1, ""}, {77 * time.Second, 1, "unclear"}} {
		got := ""
		if f := one(t, l.sees(c.at, append(all, outlived(c.threads))...), "zombie"); f != nil {
			got = f.Cause
			for _, e := range f.Evidence {
				if strings.HasSuffix(e.Key, "_seconds") && !strings.Contains(e.Source, "watched") {
					t.Errorf("%s: %v is from %s", f.Cause, e.Value, e.Source)
				}
			}
		}
		if got != c.want {
			t.Errorf("after %v: %q, want %q", c.at, got, c.want)
		}
	}
}

// From one reading: a main thread ended when it last ran. Nothing of a process that lives is dead.
func TestLeaderExitedInOneReading(t *testing.T) {
	half := proc(11, 1, "app", inState('Z'), func(p *pcb.Process) {
		p.Threads, p.Ended = 2, time.Minute
		p.Have |= pcb.FieldEnded
	})
	f := one(t, newLab(t).sees(0, half), "zombie")
	if f == nil || f.Cause != "leader-exited" || f.fact("main_thread_ended_seconds") != time.Minute || f.fact("oldest_dead_seconds") != nil {
		t.Fatalf("%+v", f)
	}
	if !strings.Contains(f.Summary, "1 thread works on") || strings.Contains(f.Why, "dead ") && !strings.Contains(f.Why, "not dead") {
		t.Errorf("%s; %s", f.Summary, f.Why)
	}
}

// Counts that were watched tell growth where ages can't, also when reapings hide in it.
func TestZombieGrowthWatched(t *testing.T) {
	for _, c := range []struct {
		name   string
		count  func(second int) int
		offset func(second int) int // how many were reaped by then
		want   Severity
	}{
		{"grows by one a second", func(s int) int { return 2 + s }, nil, Critical},
		{"keeps to two", func(int) int { return 2 }, nil, Warning},
		{"grows and is reaped", func(s int) int { return 2 + s%10 }, func(s int) int { return s / 10 * 10 }, Info},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, "zombie.critical_count=1000")
			var f *Finding
			for s := 0; s <= 100; s += 1 + s%3 {
				all := []pcb.Process{proc(1, 0, "init"), proc(10, 1, "agent"), proc(99, 10, "first", deadFor(time.Duration(100+s)*time.Second))}
				from := 0
				if c.offset != nil {
					from = c.offset(s)
				}
				for k := range c.count(s) {
					all = append(all, proc(int32(100+from+k), 10, "worker", inState('Z')))
				}
				findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{asleep(10, "pause")}, all...)
				f = one(t, findings, "zombie")
			}
			if f == nil || f.Severity != c.want {
				t.Fatalf("%+v, want %s", f, c.want)
			}
			if c.want == Critical && (!strings.Contains(f.Summary, "growing") || !strings.Contains(f.So, "32768 pids is full in")) {
				t.Errorf("%s; %s", f.Summary, f.So)
			}
			if c.want == Info && f.Cause != "lazy-reaper" {
				t.Errorf("cause %s, want lazy-reaper", f.Cause)
			}
		})
	}
}

// Ages do not tell growth once some were seen to be reaped: counts do.
func TestZombieGrowthWithReaping(t *testing.T) {
	l := newLab(t)
	all := children(25, every(30*time.Second))
	l.sees(0, append(all, proc(9000, 10, "reaped", deadFor(time.Minute)))...)
	if f := one(t, l.sees(time.Second, all...), "zombie"); f == nil || f.Severity != Warning || f.fact("reaping_seen") != true {
		t.Errorf("one was reaped: %+v", f)
	}
	l = newLab(t, "zombie.critical_count=10000")
	var f *Finding
	for s := range 70 { // three more a second, of which one is reaped
		var now []pcb.Process
		for k := s; k < 3*s+3; k++ {
			now = append(now, proc(int32(100+k), 10, "worker", inState('Z')))
		}
		f = one(t, l.sees(time.Duration(s)*time.Second, append(now, proc(1, 0, "init"), proc(10, 1, "agent"))...), "zombie")
	}
	if f == nil || f.Severity != Critical {
		t.Fatalf("%+v", f)
	}
	if rate, _ := f.fact("growth_per_min").(float64); rate < 110 || rate > 130 {
		t.Errorf("net growth of %v a minute, want 120", rate)
	}
}

// A thread that calls exec takes the place of the leader that had ended: then nothing of it is dead.
func TestLeaderComesBack(t *testing.T) {
	l := newLab(t)
	halfDead := proc(10, 1, "app", inState('Z'), func(p *pcb.Process) { p.Threads = 3 })
	l.sees(0, halfDead)
	l.sees(10*time.Second, proc(10, 1, "app"))
	if f := one(t, l.sees(11*time.Second, halfDead), "zombie"); f != nil {
		t.Errorf("its leader ended this second: %+v", f)
	}
}

// Zombies that bring the use of pids over the share of the limit are critical; those that are few among many are not.
func TestZombiesCrowdPids(t *testing.T) {
	for _, c := range []struct {
		zombies, others int
		want            Severity
	}{{20, 70, Critical}, {5, 85, Warning}, {20, 20, Warning}} {
		l := newLab(t)
		l.host.PIDMax = 100
		all := children(c.zombies, func(int) time.Duration { return 2 * time.Minute })
		for k := range c.others {
			all = append(all, proc(int32(1000+k), 1, "worker"))
		}
		if f := one(t, l.sees(0, all...), "zombie"); f == nil || f.Severity != c.want {
			t.Errorf("%d zombies among %d: %+v, want %s", c.zombies, len(all), f, c.want)
		}
	}
}

func TestZombieOfUnseenParent(t *testing.T) {
	f := one(t, newLab(t).sees(0, proc(11, 0, "worker", deadFor(time.Minute))), "zombie")
	if f == nil || f.Culprit != nil || f.Confidence != Unknown || len(f.Missing) == 0 {
		t.Errorf("%+v", f)
	}
}

// What a debugger traces from another thread than its main one is held by the debugger all the same; where that
// thread can't be found, nobody is blamed.
func TestTracerIsAThread(t *testing.T) {
	all := []pcb.Process{
		proc(1, 0, "init"), proc(10, 1, "agent"), proc(11, 10, "worker", deadFor(time.Minute), func(p *pcb.Process) { p.TracerPID = 77 }),
	}
	f := one(t, newLab(t).sees(0, all...), "zombie")
	if f == nil || f.Cause != "traced" || f.Culprit != nil || len(f.Missing) == 0 {
		t.Errorf("unseen tracer: %+v", f)
	}
	l := newLab(t)
	s := &pcb.Snapshot{Procs: append(all, proc(70, 1, "dlv", func(p *pcb.Process) { p.ThreadCount, p.Threads = 2, 2 })), Threads: []pcb.Thread{{TID: 70}, {TID: 77}}, Boot: bootAt}
	p := &Pass{Snap: s, det: zombie, set: l.set}
	if got := p.bearer(77); got != 3 {
		t.Errorf("thread 77 is of the process at %d, want 3", got)
	}
}

func TestZombieRemedies(t *testing.T) {
	b := newSickbed()
	b.parent.State, b.parent.SigShared = 'T', chld
	f := b.judge(t)
	if r := f.Remedies[0]; r.Act == nil || *r.Act != (Action{Signal: pcb.SIGCONT, Target: b.parent.ID}) || r.Command != "kill -CONT 10" {
		t.Errorf("a stopped parent: %+v", r)
	}
	last := f.Remedies[len(f.Remedies)-1]
	if !last.Never || last.Command != "kill -9 11" || last.Act != nil {
		t.Errorf("killing the zombie: %+v", last)
	}
	b = newSickbed()
	b.parent.Container = &pcb.Container{Unit: "it's.service"}
	if got := b.judge(t).Remedies[0]; got.Command != `systemctl restart 'it'\''s.service'` || got.Act != nil {
		t.Errorf("a service: %+v", got)
	}
	b = newSickbed()
	b.parent.Container = &pcb.Container{Runtime: "docker", ID: "0123", Name: "web"}
	if got := b.judge(t).Remedies[0].Command; got != "docker restart web" {
		t.Errorf("a container: %s", got)
	}
	l := newLab(t)
	l.foreign = true
	findings, _ := l.look(0, []*pcb.Probe{asleep(10, "pause")}, newSickbed().parent, newSickbed().zombie)
	for _, r := range one(t, findings, "zombie").Remedies {
		if r.Act != nil {
			t.Errorf("pids of another kernel, and an action is offered: %+v", r)
		}
	}
}

// How long a zombie has been dead is not forgotten when a reading does not tell it.
func TestAgeOfDeathIsKept(t *testing.T) {
	l := newLab(t)
	parent := proc(2, 1, "agent")
	for n, c := range []change{deadFor(90 * time.Second), inState('Z'), deadFor(92 * time.Second), inState('Z')} {
		f := one(t, l.sees(time.Duration(n)*time.Second, proc(1, 0, "init"), parent, proc(3, 2, "sh", c)), "zombie")
		if f == nil || f.Severity != Warning {
			t.Fatalf("reading %d: %+v", n, f)
		}
		if age := f.fact("oldest_dead_seconds").(time.Duration); age < 90*time.Second {
			t.Errorf("reading %d: dead for %v", n, age)
		}
	}
}

// The long dead that PID 1 was given just now it has had no time to reap; those that stay are told.
func TestJustAdopted(t *testing.T) {
	reaps := func(p *pcb.Process) { p.CMinFlt = 7 }
	long := proc(3, 1, "sh", deadFor(11*time.Minute))
	l := newLab(t)
	for _, c := range []struct {
		at   time.Duration
		told bool
	}{{0, false}, {time.Second, false}, {6 * time.Second, true}} {
		f := one(t, l.sees(c.at, proc(1, 0, "init", reaps), long), "zombie")
		if (f != nil) != c.told {
			t.Errorf("after %v: %+v", c.at, f)
		}
		if f != nil && (f.Remedies[0].Command != "" || strings.Contains(f.Remedies[0].Do, "restart")) {
			t.Errorf("PID 1 is to be restarted: %+v", f.Remedies[0])
		}
	}
	l = newLab(t)
	l.sees(0, proc(1, 0, "init", reaps), proc(2, 1, "agent"), with(long, func(p *pcb.Process) { p.PPID = 2 }))
	if f := one(t, l.sees(7*time.Second, proc(1, 0, "init", reaps), long), "zombie"); f != nil {
		t.Errorf("seen to be given to it: %+v", f)
	}
	// One that never reaped is told at once.
	if f := one(t, newLab(t).sees(0, proc(1, 0, "init"), long), "zombie"); f == nil {
		t.Error("not told of an init that never reaps")
	}
}
