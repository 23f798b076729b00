package detect

import (
	"fmt"
	"slices"
	"time"

	"ptop/pcb"
	"ptop/tree"
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
	calls   []waitCall        // of the threads that are in wait
	growth  *growth
	other   string       // whom the parent waits for, or who holds it
	holder  *pcb.Process // who holds the pipe that the parent reads
	tracer  int32        // of the parent; tree.None when it has none that can be seen
}

func (p *Pass) inquest(b *brood, g *growth, f *Finding) *inquest {
	q := &inquest{Pass: p, b: b, f: f, parent: p.proc(b.culprit), growth: g, tracer: tree.None}
	q.probe = p.Probes[q.parent.ID]
	if in(q.probe, pcb.ProbeThreads) {
		q.threads = q.probe.Threads
	}
	q.denied()
	q.calls = q.waits()
	return q
}

// cause finds the cause, the first that fits, and adds the evidence for it.
func (q *inquest) cause() *Cause {
	for _, try := range []struct {
		id   string
		fits func(*inquest) (Confidence, bool)
	}{
		{"teardown-stuck", (*inquest).teardownStuck},
		{"foreign-ns", (*inquest).foreign},
		{"traced", (*inquest).traced},
		{"exit-signal", (*inquest).exitSignal},
		{"parent-frozen", (*inquest).frozen},
		{"parent-traced", (*inquest).parentTraced},
		{"parent-stopped", (*inquest).stopped},
		{"parent-in-vfork", (*inquest).inVfork},
		{"parent-in-D", (*inquest).uninterruptible},
		{"unclear", (*inquest).hangsSomewhere},
		{"late-ignore", (*inquest).lateIgnore},
		{"waits-for-another", (*inquest).waitsForAnother},
		{"reads-pipe", (*inquest).readsPipe},
		{"lazy-reaper", (*inquest).lazy},
		{"sigchld-blocked", (*inquest).blocked},
		{"ns-init", (*inquest).namespaceInit},
		{"inherited-by-exec", (*inquest).heir},
		{"handler-misses", (*inquest).handlerMisses},
		{"lazy-reaper", (*inquest).lately},
		{"no-wait", (*inquest).noWait},
	} {
		if confidence, ok := try.fits(q); ok {
			q.f.Confidence = confidence
			if confidence == Proved {
				q.f.Missing = nil // it would have told no more
			}
			switch {
			case try.id != "no-wait":
			case q.hasReaped():
				return &leavesSome
			case q.mayHaveReaped():
				return &leavesThese
			}
			return q.Pass.cause(try.id)
		}
	}
	return q.Pass.cause("unclear")
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
		q.f.Missing = append(q.f.Missing, procFile(q.parent.ID, "task/*/syscall")+": not permitted; run ptop as root or as the owner of the process, with CAP_SYS_PTRACE")
	case q.probe.Blocked&pcb.ProbeThreads != 0:
		q.f.Missing = append(q.f.Missing, file+blockedReaders)
	case q.probe.Have&pcb.ProbeThreads == 0:
		q.f.Missing = append(q.f.Missing, file+": could not be read")
	}
	if q.probe != nil && q.probe.Denied&pcb.ProbeExe != 0 {
		q.f.Missing = append(q.f.Missing, procFile(q.parent.ID, "exe")+": not permitted; run ptop as root or as the owner of the process")
	}
}

// exitSignal fits those that signal something else than SIGCHLD.
func (q *inquest) exitSignal() (Confidence, bool) {
	if q.b.kind != ofClone {
		return 0, false
	}
	var signals []string
	for _, c := range q.b.members {
		z := q.proc(c.i)
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

// lateIgnore fits a parent that ignores SIGCHLD. More of them would have to have another reason.
func (q *inquest) lateIgnore() (Confidence, bool) {
	if !q.parent.Have.Has(pcb.FieldSignals) || !pcb.SIGCHLD.InMask(q.parent.SigIgnored) || q.growth.growing() {
		return 0, false
	}
	q.f.know("sigchld_ignored", true, procFile(q.parent.ID, "status")+" SigIgn")
	return Proved, true
}

// lazy fits a parent that was seen to reap others and whose zombies do not get more.
func (q *inquest) lazy() (Confidence, bool) {
	return Likely, q.growth.reaping && q.growth.bounded
}

// lately fits one that was seen to reap as many as came, and leaves few, and none for long, for as long as it can't be told
// yet whether they get more.
func (q *inquest) lately() (Confidence, bool) {
	g := q.growth
	few := len(q.b.members) < int(q.Param("critical_count")) && g.more <= g.reaped
	return Likely, g.reaping && !g.growing() && few && q.b.oldest < q.Duration("warn_age")
}

// cannotWait reports whether the parent's program is known to have no means to wait for a child.
func (q *inquest) cannotWait() bool {
	return in(q.probe, pcb.ProbeExe) && !q.probe.ImportsWait && !q.probe.GoBinary
}

// heir fits a program that can neither wait for children nor make any, and shows no sign of having made the dead
// itself: one that forks and never waits is not the heir of another.
func (q *inquest) heir() (Confidence, bool) {
	if !q.cannotWait() || q.probe.ImportsFork || q.parent.ForkedNoExec() {
		return 0, false
	}
	seen := q.Snap.Boot - (q.Snap.Mono - q.History.of(q.b.culprit).firstSeen)
	for _, c := range q.b.members {
		z := q.proc(c.i)
		if z.ForkedNoExec() && z.Comm == q.parent.Comm || z.Started > seen {
			return 0, false
		}
	}
	q.tellImports()
	q.f.know("imports_fork", false, procFile(q.parent.ID, "exe")+" symbols")
	return Proved, true
}

func (q *inquest) tellImports() {
	q.f.know("imports_wait", false, procFile(q.parent.ID, "exe")+" symbols")
}

// handlerMisses fits several that died at one time, of a parent whose handler is not known to be the runtime's.
func (q *inquest) handlerMisses() (Confidence, bool) {
	if !q.parent.Have.Has(pcb.FieldSignals) || !pcb.SIGCHLD.InMask(q.parent.SigCaught) || !q.oneBurst() {
		return 0, false
	}
	if in(q.probe, pcb.ProbeExe) && q.probe.GoBinary || q.unseen() || q.mayTake() || pcb.SIGCHLD.InMask(q.parent.SigShared|q.parent.SigPending) {
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

// hasReaped reports whether the parent has waited for a child, and not only what it was before it became another program:
// after an exec the kernel's count tells of both.
func (q *inquest) hasReaped() bool {
	return (q.growth.reaping || q.parent.CMinFlt > 0 && q.parent.ForkedNoExec()) && !q.cannotWait()
}

// mayHaveReaped reports whether it can't be told: this program has, or what it was before its exec.
func (q *inquest) mayHaveReaped() bool { return q.parent.CMinFlt > 0 && !q.cannotWait() }

// noWait is what is left when the masks are in order and no thread asks. A program that has no function to wait with
// needs no other proof; one that has waited for others may wait for these, too, one day.
func (q *inquest) noWait() (Confidence, bool) {
	if q.cannotWait() {
		q.tellImports()
		return Proved, true
	}
	if q.unseen() || q.mayTake() {
		return 0, false
	}
	if !q.growth.reaping && (q.hasReaped() || !q.mayHaveReaped()) {
		q.f.know("has_reaped", q.hasReaped(), procFile(q.parent.ID, "stat")+" cminflt")
	}
	q.tellNoWait()
	for i := range q.threads {
		if t := &q.threads[i]; !t.SyscallKnown && t.State != 'R' {
			return Likely, true
		}
	}
	if q.hasReaped() || q.mayHaveReaped() {
		return Likely, true
	}
	return Proved, true
}

// tellNoWait says that neither a mask nor a wait stands in the way.
func (q *inquest) tellNoWait() {
	if q.parent.Have.Has(pcb.FieldSignals) {
		file := procFile(q.parent.ID, "status")
		q.f.know("sigchld_ignored", false, file+" SigIgn")
		if in(q.probe, pcb.ProbeExe) && q.probe.GoBinary {
			q.f.know("go_binary", true, procFile(q.parent.ID, "exe")+" build information")
		} else {
			q.f.know("sigchld_caught", pcb.SIGCHLD.InMask(q.parent.SigCaught), file+" SigCgt")
		}
		q.tellBlocked()
	}
	file := procFile(q.parent.ID, fmt.Sprintf("task/*/syscall (%s)", plural(len(q.threads), "thread")))
	if len(q.calls) == 0 {
		q.f.know("in_wait", false, file)
	}
	for _, c := range q.calls {
		q.f.know("waits_only_for", c.only, file)
	}
}
