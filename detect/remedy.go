package detect

import (
	"fmt"
	"strings"

	"ptop/pcb"
)

// neverKill is what everybody tries first.
func neverKill(f *Finding) Remedy {
	return Remedy{
		Do: "kill -9 on a zombie does nothing: it is dead already, only its parent can let it go", Command: fmt.Sprintf("kill -9 %d", f.Subject.PID), Never: true,
	}
}

// remedy completes what the cause says to do with the exact command and what ptop itself can do.
func (p *Pass) remedy(b *brood, c *Cause, f *Finding) {
	q := p.proc(b.culprit)
	r := &f.Remedies[0]
	switch c.ID {
	case "parent-stopped":
		r.signal(q.ID, pcb.SIGCONT)
	case "handler-misses":
		r.signal(q.ID, pcb.SIGCHLD)
	case "parent-frozen":
		if f.Culprit.Container != "" && q.Container.Runtime != "" {
			r.Command = q.Container.Runtime + " unpause " + shellWord(f.Culprit.Container)
		}
	case "parent-in-D", "late-ignore", "inherited-by-exec", "lazy-reaper", "waits-for-another", "unclear":
	default:
		r.restart(f.Culprit, q)
	}
	f.Remedies = append(f.Remedies, neverKill(f))
}

// signal makes it a remedy that ptop can carry out.
func (r *Remedy) signal(id pcb.ID, sig pcb.Signal) {
	r.Command = fmt.Sprintf("kill -%s %d", strings.TrimPrefix(sig.String(), "SIG"), id.PID)
	r.Act = &Action{sig, id}
}

// end is the remedy that ends a process, by a signal that it is not known to be deaf to. when says under which condition.
func (p *Pass) end(q *pcb.Process, when string) Remedy {
	s := p.subject(q)
	r := Remedy{Do: "end " + s.label() + when, Risk: "unsaved work of it is lost"}
	r.signal(q.ID, pcb.SIGTERM)
	switch {
	case !q.Have.Has(pcb.FieldSignals):
	case pcb.SIGTERM.InMask(q.SigIgnored):
		r.signal(q.ID, pcb.SIGKILL)
		r.Risk = "it ignores SIGTERM, only SIGKILL ends it: it can't clean up; unsaved work of it is lost"
		return r
	case q.Threads == 1 && pcb.SIGTERM.InMask(q.SigBlocked): // of several threads another may take it
		r.Risk = "it blocks SIGTERM and ends only if it looks for it (sigwait, signalfd), else by SIGKILL; unsaved work of it is lost"
	}
	if q.State == 'T' {
		r.Do += " (a stopped one takes the signal when it goes on: send SIGCONT, too)"
	}
	return r
}

// restart gives the command that restarts what a process belongs to; where nothing starts it again, that ends it.
func (r *Remedy) restart(s *Subject, q *pcb.Process) {
	switch {
	case q.Container != nil && (q.Container.Runtime == "docker" || q.Container.Runtime == "podman") && s.Container != "":
		r.Command = q.Container.Runtime + " restart " + shellWord(s.Container)
	case strings.HasSuffix(s.Unit, ".service"):
		r.Command = "systemctl restart " + shellWord(s.Unit)
	case q.PID != 1:
		r.signal(q.ID, pcb.SIGTERM)
	}
}
