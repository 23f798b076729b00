package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// inGroup puts a process into cgroups.
func inGroup(text string) change { return func(p *pcb.Process) { p.Cgroups, p.Cgroup = text, text } }

func ofUser(uid uint32) change { return func(p *pcb.Process) { p.UID = uid } }

func withThreads(n int32) change { return func(p *pcb.Process) { p.Threads = n } }

func withMemory(bytes uint64) change {
	return func(p *pcb.Process) {
		p.RSS = bytes
		p.Have |= pcb.FieldMemory
	}
}

// limitsOf is the probe of a process with what its cgroups allow.
func limitsOf(n int32, l pcb.CgroupLimits) *pcb.Probe {
	return &pcb.Probe{ID: pcb.ID{PID: n, Start: uint64(n) * 10}, Have: pcb.ProbeCgroup, Cgroup: l}
}

// quota is a quota of half a CPU after so many periods, of which some were cut short for 20 ms each.
func quota(dir string, periods, throttled uint64) pcb.CgroupLimits {
	return pcb.CgroupLimits{CPU: []pcb.CPUQuota{{
		Dir: dir, Quota: 50 * time.Millisecond, Period: 100 * time.Millisecond, Periods: periods, Throttled: throttled,
		Stopped: time.Duration(throttled) * 20 * time.Millisecond,
	}}}
}

// watchQuota reads a group every second, in each of which it used ten periods.
func watchQuota(l *lab, from, to int, throttled func(second int) uint64) (last *Finding) {
	l.t.Helper()
	for s := from; s <= to; s++ {
		findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{limitsOf(10, quota("/cg/a", uint64(10*s), throttled(s)))}, proc(10, 1, "web", inGroup("0::/a")))
		last = one(l.t, findings, "cgroup-throttled")
	}
	return last
}

func TestThrottledByShare(t *testing.T) {
	for _, c := range []struct {
		perSecond uint64 // of ten
		want      bool
		severity  Severity
	}{{2, false, Info}, {4, true, Info}, {6, true, Warning}} {
		f := watchQuota(newLab(t), 1, 30, func(s int) uint64 { return c.perSecond * uint64(s) })
		if (f != nil) != c.want || f != nil && f.Severity != c.severity {
			t.Errorf("%d of 10 periods: %+v", c.perSecond, f)
		}
	}
	pressed := newLab(t)
	for s := range 30 {
		q := quota("/cg/a", uint64(10*s), uint64(4*s))
		q.CPU[0].Pressure = &pcb.Pressure{Some10: 60}
		findings, _ := pressed.look(time.Duration(s)*time.Second, []*pcb.Probe{limitsOf(10, q)}, proc(10, 1, "web", inGroup("0::/a")))
		if f := one(t, findings, "cgroup-throttled"); s == 29 && (f == nil || f.Severity != Warning) {
			t.Errorf("with pressure: %+v", f)
		}
	}
}

// What was before ptop watched is no proof, what is over is over, and what begins is told when it is a quarter of the window.
func TestThrottledNow(t *testing.T) {
	l := newLab(t)
	if f := watchQuota(l, 1, 60, func(int) uint64 { return 5000 }); f != nil {
		t.Errorf("of the past: %+v", f)
	}
	if f := watchQuota(l, 61, 90, func(s int) uint64 { return 5000 + 10*uint64(s-60) }); f == nil {
		t.Error("a third of the time is not told")
	}
	if f := watchQuota(l, 91, 160, func(int) uint64 { return 5300 }); f != nil {
		t.Errorf("told on for more than a minute: %+v", f)
	}
}

// One that is young, or read twice, has not been watched.
func TestThrottledNeedsWatching(t *testing.T) {
	if f := watchQuota(newLab(t), 1, 15, func(s int) uint64 { return 10 * uint64(s) }); f != nil {
		t.Errorf("after 14 s: %+v", f)
	}
}

// Where groups with limits hold each other, the tighter is told; of two alike the inner.
func TestTightestOfAChain(t *testing.T) {
	for _, c := range []struct {
		outer, inner uint64
		want         string
	}{{90, 90, "/cg/a/b"}, {95, 90, "/cg/a"}, {81, 90, "/cg/a/b"}} {
		l := newLab(t)
		limits := pcb.CgroupLimits{Pids: []pcb.PidsLimit{{Dir: "/cg/a/b", Current: c.inner, Max: 100}, {Dir: "/cg/a", Current: c.outer, Max: 100}}}
		var f *Finding
		for s := range 15 {
			findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{limitsOf(10, limits)}, proc(10, 1, "web", inGroup("0::/a/b"), withThreads(80)))
			f = one(t, findings, "pid-exhaustion")
		}
		if f == nil || !strings.Contains(f.Summary, "cgroup "+c.want+" may") {
			t.Errorf("%d outside, %d inside: %+v", c.outer, c.inner, f)
		}
	}
}

// A group is read for all that are in it, at once when a limit is near, and in turn with the others when not.
func TestWhichGroupsAreRead(t *testing.T) {
	l := newLab(t)
	var procs []pcb.Process
	var probes []*pcb.Probe
	for k := int32(0); k < 100; k++ {
		limits := pcb.CgroupLimits{Pids: []pcb.PidsLimit{{Dir: fmt.Sprintf("/cg/%d", k), Current: 5, Max: 100}}}
		if k == 70 {
			limits.Pids[0].Current = 78
		}
		for _, n := range []int32{10 + 2*k, 11 + 2*k} {
			procs = append(procs, proc(n, 1, "p", inGroup(fmt.Sprintf("0::/%d", k))))
			probes = append(probes, limitsOf(n, limits))
		}
	}
	asked := func(s int) (pids []int32) {
		l.look(time.Duration(s)*time.Second, probes, procs...)
		for _, request := range l.asked {
			if request.Kinds&pcb.ProbeCgroup != 0 {
				pids = append(pids, request.ID.PID)
			}
		}
		return pids
	}
	read := map[int32]int{}
	for s := range 20 {
		pids := asked(s)
		most := placesTurn + 1
		if s == 0 {
			most = placesFirst
		}
		if len(pids) > most {
			t.Errorf("reading %d asks %d", s, len(pids))
		}
		if s >= 10 && !slices.Contains(pids, 150) {
			t.Errorf("reading %d does not look at the one that is near: %v", s, pids)
		}
		for _, n := range pids {
			read[n]++
		}
	}
	if len(read) != 100 {
		t.Errorf("%d of 100 groups were read, each by one of its processes", len(read))
	}
	procs = procs[:2]
	asked(20)
	if n := len(l.tracker.history.places.dirs); n != 1 {
		t.Errorf("%d directories are remembered of groups that are gone", n-1)
	}
}

func TestPidExhaustionOfMachineAndUser(t *testing.T) {
	l := newLab(t)
	l.host.PIDMax = 100
	look := func(s int, threads int32, limit pcb.NprocLimit) *Finding {
		probe := &pcb.Probe{ID: pcb.ID{PID: 10, Start: 100}, Have: pcb.ProbeNproc, Nproc: limit}
		findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{probe}, proc(1, 0, "init"), proc(10, 1, "java", ofUser(1000), withThreads(threads)))
		return one(t, findings, "pid-exhaustion")
	}
	for _, c := range []struct {
		name     string
		threads  int32
		limit    pcb.NprocLimit
		said     string // empty: nothing
		severity Severity
	}{
		{"the machine", 82, pcb.NprocLimit{Soft: 1 << 40}, "83 of the 100 pids of the machine are in use: java (10)", Warning},
		{"the machine is full", 95, pcb.NprocLimit{Soft: 1 << 40}, "96 of the 100 pids of the machine", Critical},
		{"neither", 60, pcb.NprocLimit{Soft: 1 << 40}, "", Info},
		{"the user", 60, pcb.NprocLimit{Soft: 72}, "60 of the 72 pids that user 1000 may have are in use", Warning},
		{"the user is exempt", 60, pcb.NprocLimit{Soft: 72, Exempt: true}, "", Info},
		{"a limit against forking", 13, pcb.NprocLimit{Soft: 1}, "", Info},
	} {
		*l = *newLab(t)
		l.host.PIDMax = 100
		if f := look(0, c.threads, c.limit); f != nil { // it may have made its threads just now
			t.Errorf("%s: told at once: %+v", c.name, f)
		}
		f := look(11, c.threads, c.limit)
		if c.said == "" && f != nil || c.said != "" && (f == nil || !strings.Contains(f.Summary, c.said) || f.Severity != c.severity || f.Subject.PID != 10) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// As many as fill it are old: it has been full for as long as the youngest of them is there.
func TestPidsFullForLong(t *testing.T) {
	l := newLab(t)
	l.host.PIDMax = 30
	procs := []pcb.Process{proc(1, 0, "init"), proc(10, 1, "parent")}
	for k := int32(0); k < 25; k++ {
		procs = append(procs, proc(20+k, 10, "child", started(time.Duration(1+k)*time.Minute)))
	}
	f := one(t, l.sees(0, procs...), "pid-exhaustion")
	if f == nil || f.Severity != Critical || f.Culprit == nil || f.Culprit.PID != 10 || !f.Since.Equal(epoch.Add(-4*time.Minute)) {
		t.Errorf("%+v", f) // 24 of 30 are 80 %: init, the parent, and the oldest 22
	}
}

// What grows is critical before it is full, and says when it will be.
func TestPidsTimeLeft(t *testing.T) {
	l := newLab(t, "pid-exhaustion.critical=99")
	l.host.PIDMax = 1000
	var f *Finding
	for s := range 30 {
		f = one(t, l.sees(time.Duration(s)*time.Second, proc(1, 0, "init"), proc(10, 1, "java", withThreads(int32(800+s)))), "pid-exhaustion")
	}
	left, _ := f.fact("time_left_seconds").(time.Duration)
	if f.Severity != Critical || left < 165*time.Second || left > 175*time.Second || !strings.Contains(f.So, "full in 2 min") && !strings.Contains(f.So, "full in 170 s") {
		t.Errorf("%v, %v left: %q", f.Severity, left, f.So)
	}
}

// memoryIn is a limit of 1000 MiB with so much in use, in MiB.
func memoryIn(used, cache, swap, kills uint64, full float64) pcb.CgroupLimits {
	return pcb.CgroupLimits{Memory: []pcb.MemoryLimit{{
		Dir: "/cg/a", Max: 1000 << 20, Current: used << 20, Cache: cache << 20, SwapLeft: swap << 20, OOMKills: kills, Pressure: &pcb.Pressure{Full10: full},
	}}}
}

func TestOOMRiskOfCgroup(t *testing.T) {
	for _, c := range []struct {
		name                    string
		used, cache, swap, kill uint64
		full                    float64
		want                    bool
		severity                Severity
	}{
		{"plenty", 700, 0, 0, 0, 0, false, Info},
		{"full", 950, 10, 0, 0, 0, true, Warning},
		{"full of page cache", 1000, 300, 0, 0, 0, false, Info},
		{"with swap left", 950, 0, 500, 0, 0, false, Info},
		{"with little swap left", 950, 0, 10, 0, 0, true, Warning},
		{"waits", 1000, 500, 0, 0, 30, true, Warning},
		{"full and waits", 980, 10, 0, 0, 30, true, Critical},
		{"killed", 500, 0, 0, 1, 0, true, Critical},
	} {
		l := newLab(t)
		l.system.Swap = &pcb.Swap{Total: 2 << 30, Free: 1 << 30}
		var f *Finding
		for s := range uint64(15) {
			probe := limitsOf(10, memoryIn(c.used, c.cache, c.swap, 7+s/10*c.kill, c.full))
			ranks := []*pcb.Probe{probe, {ID: pcb.ID{PID: 11, Start: 110}, Have: pcb.ProbeOOM, OOM: pcb.OOMRank{Score: 800, Adjust: 500}}}
			probe.Have |= pcb.ProbeOOM
			findings, _ := l.look(time.Duration(s)*time.Second, ranks,
				proc(10, 1, "big", inGroup("0::/a"), withMemory(600<<20)), proc(11, 1, "small", inGroup("0::/a"), withMemory(300<<20)))
			f = one(t, findings, "oom-risk")
		}
		if (f != nil) != c.want || f != nil && f.Severity != c.severity {
			t.Errorf("%s: %+v", c.name, f)
		} else if f != nil && (!strings.Contains(f.Summary, "would kill small (11) first") || f.Count != 2 || f.fact("oom_score_adj") != int64(500)) {
			t.Errorf("%s: who is killed first goes by oom_score_adj, too: %s", c.name, f.Summary)
		}
	}
}

// One that the kernel does not kill is not said to be killed, and one whose rank is not known is judged by its size.
func TestVictims(t *testing.T) {
	for _, c := range []struct {
		name, said string
		rank       *pcb.OOMRank
	}{
		{"spared", "none of the biggest may be killed", &pcb.OOMRank{Adjust: -1000}},
		{"not known", "the kernel would kill big (10) first", nil},
	} {
		l := newLab(t)
		var f *Finding
		for s := range 15 {
			probe := limitsOf(10, memoryIn(950, 0, 0, 0, 0))
			if c.rank != nil {
				probe.Have, probe.OOM = probe.Have|pcb.ProbeOOM, *c.rank
			}
			findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{probe}, proc(10, 1, "big", inGroup("0::/a"), withMemory(600<<20)))
			f = one(t, findings, "oom-risk")
		}
		if f == nil || !strings.Contains(f.Summary, c.said) || (len(f.Missing) > 0) != (c.rank == nil) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// The machine's own: stalls while much is available are those of a cgroup at its limit.
func TestOOMRiskOfMachine(t *testing.T) {
	for _, c := range []struct {
		name                  string
		full                  float64
		available, swap, want uint64 // percent of memory, and of as much swap; want is the severity and one
	}{
		{"rest", 0, 5, 0, 0}, {"stalls of a cgroup", 30, 60, 0, 0}, {"little swap", 30, 5, 5, 3}, {"much swap", 30, 5, 90, 2}, {"few stalls", 4, 5, 0, 0},
	} {
		l := newLab(t)
		l.system.MemPressure = &pcb.Pressure{Full10: c.full}
		l.system.Memory = &pcb.Memory{Total: 100 << 30, Available: c.available << 30}
		l.system.Swap = &pcb.Swap{Total: 100 << 30, Free: c.swap << 30}
		var f *Finding
		for s := range 15 {
			f = one(t, l.sees(time.Duration(s)*time.Second, proc(10, 1, "big", withMemory(60<<30)), proc(11, 1, "small", withMemory(1<<30))), "oom-risk")
		}
		if (f != nil) != (c.want > 0) || f != nil && (f.Severity != Severity(c.want-1) || f.Subject.PID != 10) {
			t.Errorf("%s: %+v", c.name, f)
		}
		asked := slices.ContainsFunc(l.asked, func(r pcb.ProbeRequest) bool { return r.ID.PID == 10 && r.Kinds&pcb.ProbeOOM != 0 })
		if asked != (c.full >= 5) {
			t.Errorf("%s: the biggest are asked for their rank: %v", c.name, asked)
		}
	}
}

// The limit is raised by whoever set it.
func TestRaise(t *testing.T) {
	id := strings.Repeat("ab", 32)
	for _, c := range []struct {
		dir       string
		container *pcb.Container
		command   string
	}{
		{"/sys/fs/cgroup/a b", nil, "echo '80000 100000' > '/sys/fs/cgroup/a b/cpu.max'"},
		{"/sys/fs/cgroup/system.slice/docker-" + id + ".scope", &pcb.Container{Runtime: "docker", ID: id, Unit: "docker-" + id + ".scope"}, "docker update --cpus 0.8 " + id},
		{"/sys/fs/cgroup/docker/" + id, &pcb.Container{Runtime: "docker", ID: id, Name: "web"}, "docker update --cpus 0.8 web"},
		{"/sys/fs/cgroup/system.slice/web.service", &pcb.Container{Unit: "web.service", Slice: "system.slice"}, "systemctl set-property web.service CPUQuota=80%"},
		{"/sys/fs/cgroup/system.slice", &pcb.Container{Unit: "web.service", Slice: "system.slice"}, "systemctl set-property system.slice CPUQuota=80%"},
		{"/sys/fs/cgroup/user.slice/user@1.service/web.service", &pcb.Container{Unit: "web.service"}, "echo '80000 100000' > /sys/fs/cgroup/user.slice/user@1.service/web.service/cpu.max"},
		{"/sys/fs/cgroup/kubepods/burstable/pod1/" + id, &pcb.Container{Runtime: "containerd", ID: id}, ""},
	} {
		l := newLab(t)
		var f *Finding
		for s := range 30 {
			q := quota(c.dir, uint64(10*s), uint64(10*s))
			q.CPU[0].Stopped = time.Duration(s) * 300 * time.Millisecond
			p := proc(10, 1, "web", inGroup("0::/a"))
			p.Container = c.container
			findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{limitsOf(10, q)}, p)
			f = one(t, findings, "cgroup-throttled")
		}
		if f == nil || f.Remedies[0].Command != c.command || f.Remedies[0].Risk == "" || c.command == "" && !strings.Contains(f.Remedies[0].Do, "resources.limits.cpu") {
			t.Errorf("%s: %+v", c.dir, f)
		}
	}
}

// A finding stays with the process that it named first.
func TestThrottledKeepsItsSubject(t *testing.T) {
	l := newLab(t)
	busy := func(d time.Duration) change { return func(p *pcb.Process) { p.UTime = d } }
	for s := range 60 {
		a, b := time.Duration(s)*100*time.Millisecond, time.Duration(0)
		if s > 30 {
			a, b = 3*time.Second, time.Duration(s-30)*500*time.Millisecond
		}
		findings, events := l.look(time.Duration(s)*time.Second, []*pcb.Probe{limitsOf(10, quota("/cg/a", uint64(10*s), uint64(10*s)))},
			proc(10, 1, "a", inGroup("0::/a"), busy(b)), proc(11, 1, "b", inGroup("0::/a"), busy(a)))
		if f := one(t, findings, "cgroup-throttled"); f != nil && f.Subject.PID != 11 || s > 30 && (f == nil || len(events) > 0) {
			t.Fatalf("after %d s: %+v, %v", s, f, events)
		}
	}
}
