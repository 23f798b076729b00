package detect

import (
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// sickbed is one parent, 10, with one zombie, 11, and what a case makes of them.
type sickbed struct {
	parent, zombie pcb.Process
	more           []pcb.Process
	probe          *pcb.Probe
	others         []*pcb.Probe // of other processes
	cover          pcb.Coverage
}

func newSickbed() *sickbed {
	return &sickbed{
		parent: proc(10, 1, "agent"), probe: asleep(10, "pause"),
		zombie: proc(11, 10, "worker", deadFor(70*time.Second), func(p *pcb.Process) { p.ExitCode = 3 << 8 }),
	}
}

// outside puts the zombie into a nested pid namespace that its parent is not in, and has these inits beside them.
func (b *sickbed) outside(space string, inits ...*pcb.Probe) {
	b.zombie.NSPIDs = []int32{11, 5}
	b.others = append(b.others, &pcb.Probe{ID: b.zombie.ID, PIDNS: space, Have: has(space)})
	for _, init := range inits {
		b.others = append(b.others, init)
		b.more = append(b.more, proc(init.ID.PID, 1, "app", numbered(init.ID.PID, 1), func(p *pcb.Process) { p.KFlags = pcb.PFExiting }))
	}
}

// dying is the probe of an init that waits for the end of its namespace, empty for one that can't be read.
func dying(n int32, space string) *pcb.Probe {
	probe := asleep(n, "exit_group")
	probe.Threads[0].WChan = "zap_pid_ns_processes"
	probe.PIDNS, probe.Have = space, pcb.ProbeThreads|has(space)
	return probe
}

func has(space string) pcb.ProbeKinds {
	if space == "" {
		return 0
	}
	return pcb.ProbePIDNS
}

func (b *sickbed) judge(t *testing.T) *Finding {
	t.Helper()
	l := newLab(t)
	l.cover = b.cover
	probes := b.others
	if b.probe != nil {
		probes = append(probes, b.probe)
	}
	all := append([]pcb.Process{b.parent, b.zombie}, b.more...)
	if b.parent.PID != 1 {
		all = append(all, proc(1, 0, "init"))
	}
	findings, _ := l.look(0, probes, all...)
	return one(t, findings, "zombie")
}

func TestWhyZombiesAreLeft(t *testing.T) {
	for _, c := range []struct {
		name       string
		make       func(*sickbed)
		cause      string
		confidence Confidence
		culprit    int32
		says       string // in the evidence or in why
	}{
		{"nothing special", func(*sickbed) {}, "no-wait", Proved, 10, "no thread is in wait"},
		{"main thread ended", func(b *sickbed) { b.zombie.Threads = 4 }, "leader-exited", Proved, 11, "threads alive: 3"},
		{"outside a dying namespace", func(b *sickbed) {
			b.outside("pid:[1]", dying(20, "pid:[1]"))
		}, "teardown-stuck", Proved, 10, "init 20 of a namespace as deep is dying; it and the zombie are in pid:[1]; it sleeps in zap_pid_ns_processes"},
		{"outside one of two dying namespaces", func(b *sickbed) {
			b.outside("pid:[1]", dying(20, "pid:[2]"), dying(21, "pid:[1]"))
		}, "teardown-stuck", Proved, 10, "init 21"},
		{"outside a namespace that lives, while another dies", func(b *sickbed) {
			b.outside("pid:[1]", dying(20, "pid:[2]"))
		}, "foreign-ns", Proved, 10, ""},
		{"outside a dying namespace, which can't be read", func(b *sickbed) {
			b.outside("", dying(20, ""))
			b.zombie.Cgroup, b.more[0].Cgroup = "/a", "/a"
		}, "teardown-stuck", Likely, 10, "init 20"},
		{"outside a namespace, while one of another cgroup dies", func(b *sickbed) {
			b.outside("", dying(20, ""))
			b.zombie.Cgroup, b.more[0].Cgroup = "/a", "/b"
		}, "foreign-ns", Proved, 10, ""},
		{"outside a namespace, while two of its cgroup die", func(b *sickbed) {
			b.outside("", dying(20, ""), dying(21, ""))
		}, "foreign-ns", Proved, 10, ""},
		{"outside a namespace that lives", func(b *sickbed) {
			b.zombie.NSPIDs = []int32{11, 5}
			b.more = []pcb.Process{proc(20, 1, "app", numbered(20, 1))}
		}, "foreign-ns", Proved, 10, ""},
		{"an init whose parent is outside as always", func(b *sickbed) { b.zombie.NSPIDs = []int32{11, 1} }, "no-wait", Proved, 10, ""},
		{"traced", func(b *sickbed) {
			b.zombie.TracerPID = 30
			b.more = []pcb.Process{proc(30, 1, "gdb")}
		}, "traced", Proved, 30, "TracerPid 30"},
		{"traced by the parent", func(b *sickbed) { b.zombie.TracerPID = 10 }, "no-wait", Proved, 10, ""},
		{"exit signal", func(b *sickbed) { b.zombie.ExitSig = 10 }, "exit-signal", Proved, 10, "SIGUSR1"},
		{"no exit signal", func(b *sickbed) { b.zombie.ExitSig = 0 }, "exit-signal", Proved, 10, "nothing"},
		{"frozen", func(b *sickbed) { b.probe.Frozen = true }, "parent-frozen", Proved, 10, "frozen"},
		{"frozen further up", func(b *sickbed) {
			b.probe.Frozen, b.probe.FrozenBy = true, []string{"/sys/fs/cgroup/ice/cgroup.freeze"}
		}, "parent-frozen", Proved, 10, "frozen is /sys/fs/cgroup/ice"},
		{"held by a debugger", func(b *sickbed) {
			b.parent.State, b.parent.TracerPID, b.parent.SigShared = 't', 30, chld
			b.more = []pcb.Process{proc(30, 1, "gdb")}
			b.probe.Threads[0].State = 't'
		}, "parent-traced", Proved, 10, "held in a tracing stop by gdb (30)"},
		{"held by a debugger that can't be seen", func(b *sickbed) {
			b.parent.State, b.parent.TracerPID = 't', 30
			b.probe = nil
		}, "parent-traced", Proved, 10, "TracerPid 30"},
		{"one thread is held by a debugger", func(b *sickbed) {
			b.parent.State, b.parent.TracerPID, b.parent.Threads = 't', 30, 2
			b.probe.Threads = append(b.probe.Threads, pcb.ThreadProbe{TID: 12, State: 'S', SyscallKnown: true, SyscallName: "futex"})
		}, "no-wait", Proved, 10, ""},
		{"stopped", func(b *sickbed) { b.parent.State, b.parent.ExitCode, b.parent.SigShared = 'T', 19, chld }, "parent-stopped", Proved, 10, "stopped by SIGSTOP"},
		{"hangs", func(b *sickbed) {
			b.parent.State, b.parent.SigShared, b.parent.Idle = 'D', chld, time.Minute
			b.parent.Have |= pcb.FieldIdle
			b.probe.Threads[0].State, b.probe.Threads[0].WChan = 'D', "nfs_wait_bit_killable"
		}, "parent-in-D", Proved, 10, "nfs_wait_bit_killable"},
		{"D for a moment", func(b *sickbed) {
			b.parent.State, b.parent.Idle = 'D', time.Millisecond
			b.parent.Have |= pcb.FieldIdle
			b.probe.Threads[0].State = 'D'
		}, "no-wait", Proved, 10, ""},
		{"in vfork", func(b *sickbed) {
			b.parent.State = 'D'
			b.probe.Threads[0].State, b.probe.Threads[0].WChan = 'D', "kernel_clone"
		}, "parent-in-vfork", Proved, 10, "it sleeps in kernel_clone"},
		{"hangs where can't be read", func(b *sickbed) {
			b.parent.State, b.parent.SigShared, b.parent.SigBlocked, b.parent.Idle = 'D', chld, chld, time.Minute
			b.parent.Have |= pcb.FieldIdle
			b.probe.Threads[0].State, b.probe.Threads[0].Blocked = 'D', chld
		}, "unclear", Unknown, 10, "state is D"},
		{"ignored too late", func(b *sickbed) { b.parent.SigIgnored = chld }, "late-ignore", Proved, 10, "SIGCHLD is ignored"},
		{"blocked", func(b *sickbed) {
			b.parent.SigBlocked, b.parent.SigShared, b.probe.Threads[0].Blocked = chld, chld, chld
		}, "sigchld-blocked", Proved, 10, "blocked in every thread; SIGCHLD is pending"},
		{"blocked, and nothing pending", func(b *sickbed) { b.parent.SigBlocked, b.probe.Threads[0].Blocked = chld, chld }, "no-wait", Proved, 10, ""},
		{"one thread does not block", func(b *sickbed) {
			b.parent.SigBlocked, b.parent.SigShared, b.probe.Threads[0].Blocked = chld, chld, chld
			b.parent.Threads = 2
			b.probe.Threads = append(b.probe.Threads, pcb.ThreadProbe{TID: 12, State: 'S', SyscallKnown: true, SyscallName: "futex"})
		}, "no-wait", Proved, 10, "SIGCHLD is blocked in 1 of 2 threads"},
		{"blocked, and what it does can't be read", func(b *sickbed) {
			b.probe.Threads[0].SyscallKnown, b.probe.Denied = false, pcb.ProbeThreads
			b.parent.SigBlocked, b.parent.SigShared, b.probe.Threads[0].Blocked = chld, chld, chld
		}, "sigchld-blocked", Likely, 10, "SIGCHLD is blocked in every thread"},
		{"the only thread that was looked at blocks", func(b *sickbed) {
			b.parent.SigBlocked, b.parent.SigShared, b.probe.Threads[0].Blocked, b.parent.Threads = chld, chld, chld, 300
		}, "sigchld-blocked", Likely, 10, "SIGCHLD is blocked in 1 of 300 threads"},
		{"blocks while it waits for another, as system does", func(b *sickbed) {
			b.probe = asleep(10, "wait4", 12)
			b.parent.SigBlocked, b.parent.SigShared, b.probe.Threads[0].Blocked = chld, chld, chld
			b.more = []pcb.Process{proc(12, 10, "sh")}
		}, "waits-for-another", Proved, 10, "sh (12)"},
		{"waits for another by pidfd", func(b *sickbed) {
			b.probe = asleep(10, "waitid", 3, 5, 0, 4)
			b.probe.Threads[0].PIDFD = 12
			b.more = []pcb.Process{proc(12, 10, "server"), proc(5, 10, "stranger")}
		}, "waits-for-another", Proved, 10, "server (12)"},
		{"waits by a pidfd that can't be read", func(b *sickbed) { b.probe = asleep(10, "waitid", 3, 5, 0, 4) }, "unclear", Unknown, 10, ""},
		{"a thread waits for another, one is free", func(b *sickbed) {
			b.probe = asleep(10, "futex")
			b.probe.Threads = append(b.probe.Threads, pcb.ThreadProbe{TID: 13, State: 'S', SyscallKnown: true, SyscallName: "wait4", Args: [6]uint64{12}})
			b.parent.Threads = 2
			b.more = []pcb.Process{proc(12, 10, "server")}
		}, "waits-for-another", Likely, 10, "threads that do not wait so: 1"},
		{"a thread waits for another, one for any", func(b *sickbed) {
			b.probe = asleep(10, "wait4", 1<<64-1)
			b.probe.Threads = append(b.probe.Threads, pcb.ThreadProbe{TID: 13, State: 'S', SyscallKnown: true, SyscallName: "wait4", Args: [6]uint64{12}})
			b.parent.Threads = 2
			b.more = []pcb.Process{proc(12, 10, "server")}
		}, "unclear", Unknown, 10, ""},
		{"in wait for clones", func(b *sickbed) { b.probe = asleep(10, "wait4", 1<<64-1, 0, 0x80000000) }, "no-wait", Proved, 10, "only for children that were made with another exit signal"},
		{"in wait for the stopped", func(b *sickbed) { b.probe = asleep(10, "waitid", 0, 0, 0, 2) }, "no-wait", Proved, 10, "only for children that are stopped"},
		{"waits for another", func(b *sickbed) {
			b.probe = asleep(10, "wait4", 12)
			b.more = []pcb.Process{proc(12, 10, "server")}
		}, "waits-for-another", Proved, 10, "server (12)"},
		{"waits for another, by waitid", func(b *sickbed) {
			b.probe = asleep(10, "waitid", 1, 12, 0, 4)
			b.more = []pcb.Process{proc(12, 10, "server")}
		}, "waits-for-another", Proved, 10, "server (12)"},
		{"waits for another group", func(b *sickbed) {
			b.probe = asleep(10, "wait4", 1<<64-99)
		}, "waits-for-another", Proved, 10, "process group 99"},
		{"waits for another, numbered in its own namespace", func(b *sickbed) {
			b.parent.NSPIDs, b.zombie.NSPIDs = []int32{10, 2}, []int32{11, 3}
			b.probe = asleep(10, "wait4", 4)
			b.more = []pcb.Process{proc(12, 10, "server", numbered(12, 4)), proc(4, 1, "stranger")}
		}, "waits-for-another", Proved, 10, "server (12)"},
		{"waits for another that is dead, too", func(b *sickbed) {
			b.probe = asleep(10, "wait4", 12)
			b.more = []pcb.Process{proc(12, 10, "server", deadFor(time.Second))}
		}, "unclear", Unknown, 10, ""},
		{"waits for the group of the dead", func(b *sickbed) { b.probe = asleep(10, "wait4", 1<<64-11) }, "unclear", Unknown, 10, ""},
		{"waits for any", func(b *sickbed) { b.probe = asleep(10, "wait4", 1<<64-1) }, "unclear", Unknown, 10, ""},
		{"PID 1 of a container", func(b *sickbed) {
			b.parent.NSPIDs, b.zombie.NSPIDs = []int32{10, 1}, []int32{11, 7}
		}, "ns-init", Likely, 10, "PID 1 of a pid namespace"},
		{"a real init", func(b *sickbed) {
			b.parent.NSPIDs, b.zombie.NSPIDs, b.parent.Comm = []int32{10, 1}, []int32{11, 7}, "tini"
		}, "no-wait", Proved, 10, ""},
		{"PID 1 of the container that ptop is in", func(b *sickbed) {
			b.cover.PIDNamespace = "child"
			b.parent, b.zombie.PPID, b.probe = proc(1, 0, "node"), 1, asleep(1, "epoll_wait")
		}, "ns-init", Likely, 1, ""},
		{"a program that can't wait", func(b *sickbed) { b.probe.ImportsWait = false }, "inherited-by-exec", Proved, 10, "imports no wait function"},
		{"one that can't wait, but forked it", func(b *sickbed) {
			b.probe.ImportsWait = false
			b.zombie.Comm, b.zombie.KFlags = "agent", pcb.PFForkNoExec
		}, "no-wait", Proved, 10, ""},
		{"a program that can't wait, but makes children", func(b *sickbed) {
			b.probe.ImportsWait, b.probe.ImportsFork = false, true
		}, "no-wait", Proved, 10, "imports no wait function"},
		{"one that has reaped others", func(b *sickbed) { b.parent.CMinFlt, b.parent.KFlags = 50, pcb.PFForkNoExec }, "no-wait", Likely, 10, "it has reaped others before"},
		{"one of which another program may have reaped", func(b *sickbed) { b.parent.CMinFlt = 50 }, "no-wait", Likely, 10, "whether it ever did"},
		{"one that has never reaped", func(b *sickbed) {}, "no-wait", Proved, 10, "it has never reaped a child"},
		{"a handler that misses", func(b *sickbed) {
			b.parent.SigCaught = chld
			b.more = []pcb.Process{proc(12, 10, "worker", deadFor(70*time.Second))}
		}, "handler-misses", Likely, 10, "SIGCHLD has a handler"},
		{"a handler, and deaths apart", func(b *sickbed) {
			b.parent.SigCaught = chld
			b.more = []pcb.Process{proc(12, 10, "worker", deadFor(30*time.Second))}
		}, "no-wait", Proved, 10, "has a handler"},
		{"a Go binary's handler", func(b *sickbed) {
			b.parent.SigCaught, b.probe.GoBinary = chld, true
			b.more = []pcb.Process{proc(12, 10, "worker", deadFor(70*time.Second))}
		}, "no-wait", Proved, 10, "Go binary"},
		{"a thread that could not be looked at", func(b *sickbed) { b.probe.Threads[0].SyscallKnown = false }, "no-wait", Likely, 10, ""},
		{"refused", func(b *sickbed) { b.probe.Threads[0].SyscallKnown, b.probe.Denied = false, pcb.ProbeThreads }, "unclear", Unknown, 10, ""},
		{"not probed", func(b *sickbed) { b.probe = nil }, "unclear", Unknown, 10, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newSickbed()
			c.make(b)
			f := b.judge(t)
			if f == nil {
				t.Fatal("nothing was found")
			}
			if f.Cause != c.cause || f.Confidence != c.confidence || f.Culprit == nil || f.Culprit.PID != c.culprit {
				t.Errorf("cause %s (%s) of %+v, want %s (%s) of %d\n%s", f.Cause, f.Confidence, f.Culprit, c.cause, c.confidence, c.culprit, f.Why)
			}
			if !strings.Contains(f.Why, c.says) {
				t.Errorf("why lacks %q: %s", c.says, f.Why)
			}
			if act := f.Remedies[0].Act; (act != nil && act.UntilGone) != (f.Cause == "handler-misses") {
				t.Errorf("the action is %+v", act)
			}
			if strings.ContainsAny(f.Why+f.Summary+f.Remedies[0].Do, "{}") {
				t.Errorf("a placeholder is left: %s; %s; %s", f.Summary, f.Why, f.Remedies[0].Do)
			}
			if f.Confidence == Proved && len(f.Missing) > 0 || f.Cause == "unclear" && len(f.Missing) == 0 && !strings.Contains(c.name, "for") {
				t.Errorf("confidence %s, missing %q", f.Confidence, f.Missing)
			}
		})
	}
}
