package detect

import (
	"fmt"
	"path"
	"strings"

	"ptop/pcb"
	"ptop/tree"
)

// neverKill is what everybody tries first.
func neverKill(f *Finding) Remedy {
	return Remedy{
		Do: "kill -9 on a zombie does nothing: it is dead already, only its parent can let it go", Command: fmt.Sprintf("kill -9 %d", f.Subject.PID), Never: true,
	}
}

// remedy completes what the cause says to do with the exact command and what ptop itself can do.
func (q *inquest) remedy(c *Cause) {
	f := q.f
	r := &f.Remedies[0]
	switch c.ID {
	case "parent-stopped":
		r.signal(q.parent.ID, pcb.SIGCONT)
	case "parent-traced":
		if q.tracer != tree.None {
			r.end(q.proc(q.tracer))
		}
	case "reads-pipe":
		r.end(q.holder)
	case "handler-misses":
		r.signal(q.parent.ID, pcb.SIGCHLD)
		r.Act.UntilGone = true // each wakes the handler for one more
	case "parent-frozen":
		r.Command = q.thaw()
	case "unclear":
		if len(f.Missing) > 0 {
			r.Do = "look again with the rights that are missing; " + r.Do
		}
	case "parent-in-D", "parent-in-vfork", "late-ignore", "inherited-by-exec", "lazy-reaper", "waits-for-another":
	default:
		r.restart(f.Culprit, q.parent)
	}
	if q.parent.PID == 1 && !namespaceInit(q.parent) && r.Command == "" {
		r.Do, r.Risk = "see what keeps PID 1 from it: nothing can take its place, and a new one takes a reboot, or of a container a new start", ""
	}
	f.Remedies = append(f.Remedies, neverKill(f))
}

// thaw gives the command that thaws what the parent is frozen by: that of the runtime where it froze the container itself.
func (q *inquest) thaw() string {
	if name := q.f.Culprit.Container; name != "" && q.parent.Container.Runtime != "" {
		if by := q.probe.FrozenBy; len(by) == 0 || strings.HasSuffix(path.Dir(by[0]), q.parent.Cgroup) {
			return q.parent.Container.Runtime + " unpause " + shellWord(name)
		}
	}
	var commands []string
	for _, file := range q.probe.FrozenBy {
		word := "0"
		if path.Base(file) == "freezer.state" {
			word = "THAWED"
		}
		commands = append(commands, "echo "+word+" > "+shellWord(file))
	}
	return strings.Join(commands, "; ")
}

// signal makes it a remedy that ptop can carry out.
func (r *Remedy) signal(id pcb.ID, sig pcb.Signal) {
	r.Command = fmt.Sprintf("kill -%s %d", strings.TrimPrefix(sig.String(), "SIG"), id.PID)
	r.Act = &Action{Signal: sig, Target: id}
}

// end is the remedy that ends a process. when says under which condition.
func (p *Pass) end(q *pcb.Process, when string) Remedy {
	s := p.subject(q)
	r := Remedy{Do: "end " + s.label() + when, Risk: "unsaved work of it is lost"}
	r.end(q)
	if q.State == 'T' && r.Act.Signal == pcb.SIGTERM && r.Act.Kind == ActSignal {
		r.Do += " (a stopped one takes the signal when it goes on: it needs SIGCONT, too)"
		r.gracefully(q)
	}
	return r
}

// gracefully makes it the graceful stop, for those whom SIGTERM alone may not end.
func (r *Remedy) gracefully(q *pcb.Process) {
	if q.State == 'T' {
		r.Command += fmt.Sprintf("; kill -CONT %d", q.PID)
	}
	r.Act.Kind = ActStop
	r.Risk = strings.TrimPrefix(r.Risk+"; when ptop does it, SIGKILL follows for what is left after the grace", "; ")
}

// restart gives the command that restarts what a process belongs to; where nothing starts it again, that ends it.
func (r *Remedy) restart(s *Subject, q *pcb.Process) {
	switch {
	case q.Container != nil && (q.Container.Runtime == "docker" || q.Container.Runtime == "podman") && s.Container != "":
		r.Command = q.Container.Runtime + " restart " + shellWord(s.Container)
	case strings.HasSuffix(s.Unit, ".service"):
		r.Command = "systemctl restart " + shellWord(s.Unit)
	case q.PID != 1:
		r.end(q)
	}
}

// end makes it the signal that ends a process: SIGTERM, unless it is known that this does nothing.
func (r *Remedy) end(q *pcb.Process) {
	sig, why := pcb.SIGTERM, ""
	switch {
	case !q.Have.Has(pcb.FieldSignals):
	case namespaceInit(q) && !pcb.SIGTERM.InMask(q.SigCaught):
		sig, why = pcb.SIGKILL, "it is PID 1 of a pid namespace and has no handler for SIGTERM, which the kernel therefore drops; SIGKILL ends all of that namespace at once"
	case pcb.SIGTERM.InMask(q.SigIgnored):
		sig, why = pcb.SIGKILL, "it ignores SIGTERM, only SIGKILL ends it, and it can't clean up"
	case q.Threads == 1 && pcb.SIGTERM.InMask(q.SigBlocked): // of several threads another may take it
		why = "it blocks SIGTERM: unless it looks for it (sigwait, signalfd), only SIGKILL ends it"
	}
	r.signal(q.ID, sig)
	if why == "" {
		return
	}
	r.Risk = strings.TrimPrefix(r.Risk+"; "+why, "; ")
	if sig == pcb.SIGTERM {
		r.gracefully(q)
	}
}
