package detect

import (
	"path"
	"strconv"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// The causes by which the parent can't run at all.

func (q *inquest) frozen() (Confidence, bool) {
	if !in(q.probe, pcb.ProbeFreezer) || !q.probe.Frozen {
		return 0, false
	}
	q.f.know("parent_frozen", true, "cgroup.events or freezer.state of "+q.parent.Cgroup)
	for _, file := range q.probe.FrozenBy {
		q.f.know("frozen_cgroup", path.Dir(file), file)
	}
	return Proved, true
}

// traced fits a zombie that another process than its parent traces.
func (q *inquest) traced() (Confidence, bool) {
	if q.b.kind != ofTracer {
		return 0, false
	}
	q.f.know("tracer_pid", int64(q.parent.PID), procFile(q.f.Subject.ID, "status")+" TracerPid")
	return Proved, true
}

// parentTraced fits a parent that a debugger holds: no signal lets it go on.
func (q *inquest) parentTraced() (Confidence, bool) {
	if q.parent.State != 't' {
		return 0, false
	}
	for i := range q.threads {
		if q.threads[i].State != 't' && q.threads[i].State != 'T' {
			return 0, false // it can reap
		}
	}
	q.f.know("parent_state", "t", procFile(q.parent.ID, "stat")+" state")
	q.pending()
	q.other = "a debugger that can't be seen"
	if !q.parent.Have.Has(pcb.FieldTracer) || q.parent.TracerPID == 0 {
		return Likely, true
	}
	q.f.know("tracer_pid", int64(q.parent.TracerPID), procFile(q.parent.ID, "status")+" TracerPid")
	if q.tracer = q.bearer(q.parent.TracerPID); q.tracer != tree.None {
		t := q.subject(q.proc(q.tracer))
		q.other = t.label()
	}
	return Proved, true
}

func (q *inquest) stopped() (Confidence, bool) {
	if q.parent.State != 'T' {
		return 0, false
	}
	q.f.know("parent_state", "T", procFile(q.parent.ID, "stat")+" state")
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

// hangs reports whether the parent has been in an uninterruptible sleep, with every thread, since before the zombie
// counted as old.
func (q *inquest) hangs() bool {
	if q.parent.State != 'D' {
		return false
	}
	for i := range q.threads {
		if q.threads[i].State != 'D' {
			return false // another thread could reap
		}
	}
	idle, known := q.idle(q.b.culprit)
	return !known || idle >= q.Duration("min_age")
}

// sleepsIn is the kernel function that the parent's main thread sleeps in; empty when it can't be read.
func (q *inquest) sleepsIn() string {
	if len(q.threads) > 0 {
		return q.threads[0].WChan
	}
	return q.parent.WChan
}

// inVfork fits a parent that waits until its vfork child has called exec or ended: it is well.
func (q *inquest) inVfork() (Confidence, bool) {
	wchan := q.sleepsIn()
	if !q.hangs() || wchan != "kernel_clone" && wchan != "_do_fork" {
		return 0, false
	}
	q.tellSleep(wchan)
	return Proved, true
}

// uninterruptible fits a parent that hangs in the kernel elsewhere than in vfork.
func (q *inquest) uninterruptible() (Confidence, bool) {
	wchan := q.sleepsIn()
	if !q.hangs() || wchan == "" {
		return 0, false
	}
	q.tellSleep(wchan)
	if _, known := q.idle(q.b.culprit); q.pending() && known {
		return Proved, true
	}
	return Likely, true
}

// hangsSomewhere fits one of which it can't be read where it hangs: in vfork it would be well.
func (q *inquest) hangsSomewhere() (Confidence, bool) {
	if !q.hangs() || q.sleepsIn() != "" {
		return 0, false
	}
	q.tellSleep("")
	q.f.Missing = append(q.f.Missing, procFile(q.parent.ID, "wchan")+
		": could not be read, so that a parent which waits for its vfork child is not told from one which hangs; run ptop as root or as the owner of the process")
	return Unknown, true
}

func (q *inquest) tellSleep(wchan string) {
	q.f.know("parent_state", "D", procFile(q.parent.ID, "stat")+" state")
	if wchan != "" {
		q.f.know("parent_wchan", wchan, procFile(q.parent.ID, "wchan"))
	}
}

// threadsRead reports whether every thread of the parent was looked at.
func (q *inquest) threadsRead() bool {
	return len(q.threads) > 0 && len(q.threads) >= int(q.parent.Threads)
}

// blocking counts the threads that block SIGCHLD, of those whose mask is known. all is whether these are all there are.
func (q *inquest) blocking() (blocked, known int, all bool) {
	if len(q.threads) == 0 {
		if !q.parent.Have.Has(pcb.FieldSignals) {
			return 0, 0, false
		}
		if pcb.SIGCHLD.InMask(q.parent.SigBlocked) {
			blocked = 1
		}
		return blocked, 1, q.parent.Threads <= 1
	}
	for i := range q.threads {
		if pcb.SIGCHLD.InMask(q.threads[i].Blocked) {
			blocked++
		}
	}
	return blocked, len(q.threads), q.threadsRead()
}

// tellBlocked says how many threads block SIGCHLD, and of every thread only when every mask was read.
func (q *inquest) tellBlocked() {
	file := procFile(q.parent.ID, "task/*/status") + " SigBlk"
	switch blocked, known, all := q.blocking(); {
	case blocked == 0 && all:
		q.f.know("sigchld_blocked", false, file)
	case blocked == known && all:
		q.f.know("sigchld_blocked", true, file)
	case known > 0:
		q.f.know("sigchld_blocked_threads", strconv.Itoa(blocked)+" of "+plural(max(known, int(q.parent.Threads)), "thread"), file)
	}
}

// inHandler reports whether the parent may be in its handler for SIGCHLD, for as long as which the kernel blocks it.
func (q *inquest) inHandler() bool {
	idle, known := q.idle(q.b.culprit)
	return pcb.SIGCHLD.InMask(q.parent.SigCaught) && known && idle < time.Second
}

// blocked fits when every thread whose mask is known blocks SIGCHLD, and it is pending. So it is of one that waits for
// another child in system(), too, where the calls can't be read.
func (q *inquest) blocked() (Confidence, bool) {
	n, known, all := q.blocking()
	pending := q.parent.Have.Has(pcb.FieldSignals) && pcb.SIGCHLD.InMask(q.parent.SigShared|q.parent.SigPending)
	if n == 0 || n < known || !pending || q.growth.reaping || q.inHandler() { // one that reaps blocks it now and then only
		return 0, false
	}
	q.tellBlocked()
	q.pending()
	if !all || q.unseen() {
		return Likely, true
	}
	return Proved, true
}
