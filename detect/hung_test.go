package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

func sleeper(tid int32, idle time.Duration, wchan string) pcb.Sleeper {
	t := task(tid, idle)
	t.State = 'D'
	return pcb.Sleeper{TaskProbe: t, WChan: wchan}
}

func hangs(idle time.Duration, wchan string) *pcb.Probe {
	return &pcb.Probe{ID: pcb.ID{PID: 10, Start: 100}, Have: pcb.ProbeSleepers | pcb.ProbeFreezer, Sleepers: []pcb.Sleeper{sleeper(10, idle, wchan)}}
}

func inD(idle time.Duration, wchan string) change {
	return func(p *pcb.Process) {
		p.State, p.Idle, p.WChan = 'D', idle, wchan
		p.Have |= pcb.FieldIdle
		if wchan != "" {
			p.Have |= pcb.FieldWChan
		}
	}
}

func TestHungTask(t *testing.T) {
	frozen := hangs(time.Hour, "x")
	frozen.Frozen = true
	killed := hangs(time.Minute, "rwsem_down_read_slowpath")
	killed.Sleepers[0].KillPending = true
	nfs := hangs(time.Minute, "rpc_wait_bit_killable")
	nfs.Sleepers[0].FSType, nfs.Sleepers[0].FSSource = "nfs4", "filer:/export"
	refused := hangs(time.Minute, "")
	refused.Sleepers[0].Refused = []string{"stack"}
	for _, c := range []struct {
		name    string
		idle    time.Duration
		probe   *pcb.Probe
		want    string
		sure    Confidence
		command string
		asked   bool
	}{
		{"half a minute", 31 * time.Second, hangs(31*time.Second, "io_schedule"), "warning disk", Proved, "dmesg --level=emerg,alert,crit,err,warn | tail -n 20", true},
		{"two minutes", 121 * time.Second, hangs(121*time.Second, "io_schedule"), "critical disk", Proved, "dmesg --level=emerg,alert,crit,err,warn | tail -n 20", true},
		{"a lock", time.Minute, killed, "warning kernel-lock", Proved, "dmesg | grep 'likely owned by'", true},
		{"a file server", time.Minute, nfs, "warning network-fs", Proved, "ping -c 3 filer", true},
		{"somewhere", time.Minute, hangs(time.Minute, "some_driver"), "warning unclear", Likely, "echo w > /proc/sysrq-trigger; dmesg | tail -n 100", true},
		{"without the right to look", time.Minute, refused, "warning unclear", Unknown, "echo w > /proc/sysrq-trigger; dmesg | tail -n 100", true},
		{"some seconds", 9 * time.Second, hangs(9*time.Second, "io_schedule"), "", 0, "", false},
		{"it woke meanwhile", time.Minute, hangs(time.Second, "io_schedule"), "", 0, "", true},
		{"frozen", time.Hour, frozen, "", 0, "", true},
	} {
		l := newLab(t)
		findings, _ := l.look(0, []*pcb.Probe{c.probe}, proc(10, 1, "cp", inD(c.idle, c.probe.Sleepers[0].WChan)))
		f := one(t, findings, "hung-task")
		got := ""
		if f != nil {
			got = f.Severity.String() + " " + f.Cause
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if asked := len(l.asked) > 0; asked != c.asked {
			t.Errorf("%s: asked for %+v", c.name, l.asked)
		}
		if f == nil {
			continue
		}
		s := &c.probe.Sleepers[0]
		ends := c.probe == nfs || !s.KillPending && (s.WChan == "" || strings.HasPrefix(s.WChan, "fuse_")) // or may
		if kill := f.Remedies[len(f.Remedies)-1]; f.Confidence != c.sure || f.Remedies[0].Command != c.command || kill.Never == ends || len(f.Missing) != len(c.probe.Sleepers[0].Refused) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// Who waits for a vfork child or is in the freezer is not even asked.
func TestNotHung(t *testing.T) {
	child := proc(20, 10, "make", func(p *pcb.Process) { p.KFlags = pcb.PFForkNoExec })
	for name, procs := range map[string][]pcb.Process{
		"vfork":           {proc(10, 1, "make", inD(time.Hour, "kernel_clone")), child},
		"vfork, unseen":   {proc(10, 1, "make", inD(time.Hour, "")), child},
		"the freezer":     {proc(10, 1, "app", inD(time.Hour, "__refrigerator"))},
		"a kernel thread": {proc(10, 1, "kworker/0", inD(time.Hour, "x"), func(p *pcb.Process) { p.KFlags = pcb.PFKernelThread })},
	} {
		l := newLab(t)
		if l.sees(0, procs...); len(l.asked) > 0 {
			t.Errorf("%s: asked for %+v", name, l.asked)
		}
	}
}

// A thread that hangs is found by the records of the threads, and followed when these are not read again.
func TestHungThread(t *testing.T) {
	l := newLab(t)
	probe := hangs(-1, "")
	probe.Sleepers = []pcb.Sleeper{sleeper(12, -1, "io_schedule"), sleeper(13, -1, "kernel_clone")}
	var f *Finding
	for s := range 35 {
		p := proc(10, 1, "db", threaded)
		l.threads = nil
		if s == 0 {
			p.ThreadCount = 2
			l.threads = []pcb.Thread{{TID: 10, State: 'S'}, {TID: 12, State: 'D'}}
		}
		findings, _ := l.look(time.Duration(s)*time.Second, []*pcb.Probe{probe}, p)
		if !slices.ContainsFunc(l.asked, func(r pcb.ProbeRequest) bool { return r.Kinds == pcb.ProbeSleepers|pcb.ProbeFreezer }) {
			t.Fatalf("%d s: asked for %+v", s, l.asked)
		}
		if f = one(t, findings, "hung-task"); (f != nil) != (s >= 30) {
			t.Fatalf("%d s: %+v", s, f)
		}
	}
	if f.Count != 1 || f.fact("hung_in") != "io_schedule" {
		t.Errorf("%+v", f)
	}
	probe.Sleepers = nil
	l.look(35*time.Second, []*pcb.Probe{probe}, proc(10, 1, "db", threaded))
	if l.look(36*time.Second, nil, proc(10, 1, "db", threaded)); len(l.asked) > 0 {
		t.Errorf("it woke, and asked is for %+v", l.asked)
	}
}
