package detect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/pcb"
)

// cause gives a declared cause of the detector at work.
func (p *Pass) cause(id string) *Cause {
	for i := range p.det.Causes {
		if p.det.Causes[i].ID == id {
			return &p.det.Causes[i]
		}
	}
	panic("detect: " + p.det.ID + " declares no cause " + id)
}

// inquest is what is known of a parent that does not reap.
type inquest struct {
	*Pass
	b       *brood
	f       *Finding
	parent  *pcb.Process
	probe   *pcb.Probe
	threads []pcb.ThreadProbe // none when they could not be read
	growth  *growth
	other   string // whom the parent waits for
}

// whyUnreaped finds the cause, the first that fits, and adds the evidence for it. other is whom the parent waits for.
func (p *Pass) whyUnreaped(b *brood, g *growth, f *Finding) (c *Cause, other string) {
	q := &inquest{Pass: p, b: b, f: f, parent: p.proc(b.culprit), growth: g}
	q.probe = p.Probes[q.parent.ID]
	if in(q.probe, pcb.ProbeThreads) {
		q.threads = q.probe.Threads
	}
	q.denied()
	for _, try := range []struct {
		id   string
		fits func(*inquest) (Confidence, bool)
	}{
		{"teardown-stuck", (*inquest).teardownStuck},
		{"foreign-ns", (*inquest).foreign},
		{"traced", (*inquest).traced},
		{"exit-signal", (*inquest).exitSignal},
		{"parent-frozen", (*inquest).frozen},
		{"parent-stopped", (*inquest).stopped},
		{"parent-in-D", (*inquest).uninterruptible},
		{"late-ignore", (*inquest).lateIgnore},
		{"sigchld-blocked", (*inquest).blocked},
		{"waits-for-another", (*inquest).waitsForAnother},
		{"ns-init", (*inquest).namespaceInit},
		{"inherited-by-exec", (*inquest).cantWait},
		{"lazy-reaper", (*inquest).lazy},
		{"handler-misses", (*inquest).handlerMisses},
		{"no-wait", (*inquest).noWait},
	} {
		if confidence, ok := try.fits(q); ok {
			f.Confidence = confidence
			if confidence == Proved {
				f.Missing = nil // it would have told no more
			}
			return p.cause(try.id), q.other
		}
	}
	return p.cause("unclear"), ""
}

// denied says which evidence was refused.
func (q *inquest) denied() {
	if q.b.kind != ofParent {
		return
	}
	file := procFile(q.parent.ID, "task/*/{status,syscall}")
	switch {
	case q.probe == nil:
		q.f.Missing = append(q.f.Missing, file+": not read")
	case q.probe.Denied&pcb.ProbeThreads != 0:
		q.f.Missing = append(q.f.Missing, file+": not permitted; run ptop as root or as the owner of the process, with CAP_SYS_PTRACE")
	case q.probe.Blocked&pcb.ProbeThreads != 0:
		q.f.Missing = append(q.f.Missing, file+blockedReaders)
	case q.probe.Have&pcb.ProbeThreads == 0:
		q.f.Missing = append(q.f.Missing, file+": could not be read")
	}
	if q.probe != nil && q.probe.Denied&pcb.ProbeExe != 0 {
		q.f.Missing = append(q.f.Missing, procFile(q.parent.ID, "exe")+": not permitted; run ptop as root or as the owner of the process")
	}
}

// teardownStuck looks for an init in the zombie's namespace that is dying and waits. Which namespace a process is
// in the Snapshot does not tell; an init as deep as the zombie, in the same cgroup or the only one, is taken for its.
func (q *inquest) teardownStuck() (Confidence, bool) {
	if q.b.kind != ofForeign {
		return 0, false
	}
	z := q.proc(q.b.members[0].i)
	var found []*pcb.Process
	for i := range q.Snap.Procs {
		init := &q.Snap.Procs[i]
		if len(init.NSPIDs) == len(z.NSPIDs) && namespaceInit(init) && init.KFlags&pcb.PFExiting != 0 && !init.Zombie() {
			found = append(found, init)
		}
	}
	if len(found) == 0 {
		return 0, false
	}
	q.f.know("namespace_init_stuck", pid(found[0].PID), procFile(found[0].ID, "wchan"))
	if len(found) == 1 && found[0].WChan == "zap_pid_ns_processes" {
		return Proved, true
	}
	return Likely, true
}

func (q *inquest) foreign() (Confidence, bool) { return Proved, q.b.kind == ofForeign }

func (q *inquest) traced() (Confidence, bool) {
	if q.b.kind != ofTracer {
		return 0, false
	}
	q.f.know("tracer_pid", int64(q.parent.PID), procFile(q.f.Subject.ID, "status")+" TracerPid")
	return Proved, true
}

// exitSignal fits when every one of them signals something else than SIGCHLD.
func (q *inquest) exitSignal() (Confidence, bool) {
	var signals []string
	for _, c := range q.b.members {
		z := q.proc(c.i)
		if z.ExitSig == int32(pcb.SIGCHLD) {
			return 0, false
		}
		name := pcb.Signal(z.ExitSig).String()
		if z.ExitSig == 0 {
			name = "nothing"
		}
		if !slices.Contains(signals, name) {
			signals = append(signals, name)
		}
	}
	q.f.know("exit_signals", signals, procFile(q.f.Subject.ID, "stat")+" exit_signal")
	return Proved, true
}

func (q *inquest) frozen() (Confidence, bool) {
	if !in(q.probe, pcb.ProbeFreezer) || !q.probe.Frozen {
		return 0, false
	}
	q.f.know("parent_frozen", true, "cgroup.freeze or freezer.state of "+q.parent.Cgroup)
	return Proved, true
}

func (q *inquest) stopped() (Confidence, bool) {
	if q.parent.State != 'T' && q.parent.State != 't' {
		return 0, false
	}
	q.f.know("parent_state", string(rune(q.parent.State)), procFile(q.parent.ID, "stat")+" state")
	if sig := pcb.Signal(q.parent.ExitCode & 0x7f); q.parent.Have.Has(pcb.FieldExitCode) && sig != 0 {
		q.f.know("parent_stopped_by", sig.String(), procFile(q.parent.ID, "stat")+" exit_code")
	}
	q.pending()
	return Proved, true
}

// pending reports whether the kernel's SIGCHLD waits for the parent, and adds that to the evidence when it was read.
func (q *inquest) pending() bool {
	if !q.parent.Have.Has(pcb.FieldSignals) {
		return false
	}
	is := pcb.SIGCHLD.InMask(q.parent.SigShared) || pcb.SIGCHLD.InMask(q.parent.SigPending)
	q.f.know("sigchld_pending", is, procFile(q.parent.ID, "status")+" ShdPnd")
	return is
}

// uninterruptible fits a parent that has not run since before the zombie counted as old. One in vfork is well.
func (q *inquest) uninterruptible() (Confidence, bool) {
	if q.parent.State != 'D' {
		return 0, false
	}
	wchan, source := q.parent.WChan, "wchan"
	if len(q.threads) > 0 {
		wchan, source = q.threads[0].WChan, "task/*/wchan"
	}
	for i := range q.threads {
		if q.threads[i].State != 'D' {
			return 0, false // another thread could reap
		}
	}
	idle, known := q.idle(q.b.culprit)
	if wchan == "kernel_clone" || wchan == "_do_fork" || known && idle < q.Duration("min_age") {
		return 0, false
	}
	q.f.know("parent_state", "D", procFile(q.parent.ID, "stat")+" state")
	if wchan != "" {
		q.f.know("parent_wchan", wchan, procFile(q.parent.ID, source))
	}
	if q.pending() && known {
		return Proved, true
	}
	return Likely, true
}

func (q *inquest) lateIgnore() (Confidence, bool) {
	if !q.parent.Have.Has(pcb.FieldSignals) || !pcb.SIGCHLD.InMask(q.parent.SigIgnored) {
		return 0, false
	}
	q.f.know("sigchld_ignored", true, procFile(q.parent.ID, "status")+" SigIgn")
	return Proved, true
}

func (q *inquest) blocked() (Confidence, bool) {
	if !q.parent.Have.Has(pcb.FieldSignals) || !pcb.SIGCHLD.InMask(q.parent.SigBlocked) || !pcb.SIGCHLD.InMask(q.parent.SigShared|q.parent.SigPending) {
		return 0, false
	}
	source := procFile(q.parent.ID, "status") + " SigBlk"
	confidence := Proved
	switch {
	case len(q.threads) > 0:
		source = procFile(q.parent.ID, "task/*/status") + " SigBlk"
		for i := range q.threads {
			if !pcb.SIGCHLD.InMask(q.threads[i].Blocked) {
				return 0, false
			}
		}
	case q.parent.Threads > 1:
		confidence = Likely
	}
	q.f.know("sigchld_blocked", true, source)
	q.pending()
	return confidence, true
}

func (q *inquest) namespaceInit() (Confidence, bool) {
	top := q.Snap.Coverage.PIDNamespace == "child" && q.parent.PID == 1
	if !namespaceInit(q.parent) && !top || realInit(q.parent) {
		return 0, false
	}
	q.f.know("parent_is_namespace_1", true, procFile(q.parent.ID, "status")+" NSpid")
	if c := q.parent.Container; c != nil && c.Pod != "" {
		q.f.know("pod", c.Pod, procFile(q.parent.ID, "cgroup"))
	}
	return Proved, true
}

// realInit reports whether a program is one that reaps orphans by trade.
func realInit(q *pcb.Process) bool {
	switch q.Comm {
	case "init", "systemd", "tini", "docker-init", "podman-init", "catatonit", "dumb-init", "s6-svscan", "runit", "pause", "conmon", "openrc-init":
		return true
	}
	return strings.HasPrefix(q.Comm, "tini-")
}

// cantWait fits a program that can't wait and shows no sign of having made the dead itself: one that forks and never
// waits is not the heir of another.
func (q *inquest) cantWait() (Confidence, bool) {
	if !in(q.probe, pcb.ProbeExe) || q.probe.ImportsWait || q.probe.GoBinary || q.parent.ForkedNoExec() {
		return 0, false
	}
	seen := q.Snap.Boot - (q.Snap.Mono - q.History.of(q.b.culprit).firstSeen)
	for _, c := range q.b.members {
		z := q.proc(c.i)
		if z.ForkedNoExec() && z.Comm == q.parent.Comm || z.Started > seen {
			return 0, false
		}
	}
	q.f.know("imports_wait", false, procFile(q.parent.ID, "exe")+" symbols")
	return Proved, true
}

// lazy fits a parent that was seen to reap others and whose zombies do not get more.
func (q *inquest) lazy() (Confidence, bool) {
	return Likely, q.growth.reaping && q.growth.flat
}

// handlerMisses fits several that died at one time, of a parent whose handler is not known to be the runtime's.
func (q *inquest) handlerMisses() (Confidence, bool) {
	if !q.parent.Have.Has(pcb.FieldSignals) || !pcb.SIGCHLD.InMask(q.parent.SigCaught) || !q.oneBurst() {
		return 0, false
	}
	if in(q.probe, pcb.ProbeExe) && q.probe.GoBinary || q.unseen() || q.inWait() || pcb.SIGCHLD.InMask(q.parent.SigShared|q.parent.SigPending) {
		return 0, false
	}
	q.f.know("sigchld_caught", true, procFile(q.parent.ID, "status")+" SigCgt")
	q.pending()
	return Likely, true
}

// unseen reports whether the system calls of the parent's threads could not be read: then whether one waits is unknown.
func (q *inquest) unseen() bool {
	return len(q.threads) == 0 || q.probe.Denied&pcb.ProbeThreads != 0
}

// oneBurst reports whether two of them died within a second of each other.
func (q *inquest) oneBurst() bool {
	var ages []time.Duration
	for _, c := range q.b.members {
		ages = append(ages, c.dead)
	}
	slices.Sort(ages)
	for i := 1; i < len(ages); i++ {
		if ages[i]-ages[i-1] <= time.Second {
			return true
		}
	}
	return false
}

// noWait is what is left when the masks are in order and no thread asks.
func (q *inquest) noWait() (Confidence, bool) {
	if q.unseen() || q.inWait() {
		return 0, false
	}
	if q.parent.Have.Has(pcb.FieldSignals) {
		file := procFile(q.parent.ID, "status")
		q.f.know("sigchld_ignored", false, file+" SigIgn")
		if q.probe.GoBinary {
			q.f.know("go_binary", true, procFile(q.parent.ID, "exe")+" build information")
		} else {
			q.f.know("sigchld_caught", pcb.SIGCHLD.InMask(q.parent.SigCaught), file+" SigCgt")
		}
		q.f.know("sigchld_blocked", pcb.SIGCHLD.InMask(q.parent.SigBlocked), file+" SigBlk")
	}
	q.f.know("in_wait", false, procFile(q.parent.ID, fmt.Sprintf("task/*/syscall (%s)", plural(len(q.threads), "thread"))))
	for i := range q.threads {
		if t := &q.threads[i]; !t.SyscallKnown && t.State != 'R' {
			return Likely, true
		}
	}
	return Proved, true
}
