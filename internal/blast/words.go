package blast

import (
	"fmt"
	"strings"

	"ptop/pcb"
)

// Caveat says why the deed would do nothing to a process, or nothing yet; empty when nothing is known against it. It
// reads after the process's name. A Deed of nothing asks about any.
func (d Deed) Caveat(s *pcb.Snapshot, id pcb.ID) string {
	p := s.Lookup(id)
	sig := d.Signal
	switch {
	case p == nil:
		return "has ended meanwhile"
	case dead(p):
		return "is dead already: only its parent" + parentText(s, p) + " can let it go, by waiting for it"
	case p.KernelThread() && sig == 0:
		return "is a kernel thread: " + d.possession() + " is left alone, as the whole machine may wait for what it does"
	case p.KernelThread():
		return "is a kernel thread: these ignore signals"
	case sig == 0:
		return d.idleSetting(p)
	case d.Graceful:
		return d.afterGrace(p)
	case sig == pcb.SIGKILL || sig == pcb.SIGSTOP:
		return waits(p, sig)
	}
	if why := deaf(p, sig); why != "" {
		return why
	}
	return waits(p, sig)
}

// possession is what a Deed without a signal changes of a process: "its nice value".
func (d Deed) possession() string {
	if d.Set == 0 {
		return "every setting of it"
	}
	return "its " + d.Set.Info().Name
}

// idleSetting says why a setting would change nothing about how a process runs.
func (d Deed) idleSetting(p *pcb.Process) string {
	switch {
	case !p.Have.Has(pcb.FieldTask):
	case d.Set == pcb.SetNice && (pcb.RealTime(p.Policy) || p.Policy == pcb.PolicyDeadline):
		return "runs in real time (" + pcb.PolicyName(p.Policy) + "): its nice value counts only when that ends"
	case d.Set == pcb.SetNice && p.Policy == pcb.PolicyIdle:
		return "runs when nobody else wants the CPU (idle): its nice value counts only when that ends"
	case d.Set == pcb.SetPolicy && p.Policy == pcb.PolicyDeadline:
		return "runs by its deadline: its scheduling policy is left alone, as it would lose the time that it has reserved"
	}
	return ""
}

// Beyond reports whether neither a signal nor a setting is for a process: it is dead already, or a kernel thread.
func Beyond(p *pcb.Process) bool { return dead(p) || p.KernelThread() }

// afterGrace is the caveat of a graceful stop, which has a second rung, and lets go on who is stopped.
func (d Deed) afterGrace(p *pcb.Process) string {
	switch why := deaf(p, d.Signal); {
	case why == "":
	case d.Signal.InMask(p.SigBlocked) && !d.Signal.InMask(p.SigIgnored):
		return why + "; if not, SIGKILL ends it after the grace, and it can't clean up"
	default:
		why, _, _ = strings.Cut(why, ":")
		return why + ": SIGKILL ends it after the grace, and it can't clean up"
	}
	if p.State == 'T' {
		return "is stopped: it gets SIGCONT, too"
	}
	return waits(p, d.Signal)
}

// deaf says why a signal that can be withstood will not be acted on.
func deaf(p *pcb.Process, sig pcb.Signal) string {
	switch {
	case !p.Have.Has(pcb.FieldSignals):
	case sig.InMask(p.SigIgnored):
		return "ignores " + sig.String()
	case namespaceFirst(p) && !sig.InMask(p.SigCaught):
		return "is PID 1 of a pid namespace and has no handler for " + sig.String() + ": the kernel drops it"
	case sig.InMask(p.SigBlocked) && p.Threads == 1:
		return "blocks " + sig.String() + ": it may take it by sigwait or signalfd, or when it lifts that"
	}
	return ""
}

// waits says why a signal would not be acted on yet.
func waits(p *pcb.Process, sig pcb.Signal) string {
	switch {
	case p.State == 'D':
		return "sleeps uninterruptibly: it acts on the signal when it wakes"
	case p.State == 't' && sig != pcb.SIGKILL:
		return "is held by a tracer, which gets the signal first"
	case p.State == 'T' && sig != pcb.SIGKILL && sig != pcb.SIGCONT:
		return "is stopped: it acts on the signal when it goes on"
	}
	return ""
}

// namespaceFirst reports whether it is PID 1 of a pid namespace below ours.
func namespaceFirst(p *pcb.Process) bool {
	return len(p.NSPIDs) > 1 && p.NSPIDs[len(p.NSPIDs)-1] == 1
}

func parentText(s *pcb.Snapshot, p *pcb.Process) string {
	if i := s.Index(p.PPID); i >= 0 {
		return " " + label(&s.Procs[i])
	}
	return ""
}

// containerName is how a person calls the container of a process.
func containerName(p *pcb.Process) string {
	switch {
	case p.Container == nil:
		return ""
	case p.Container.Name != "":
		return p.Container.Name
	}
	return p.Container.ID[:min(12, len(p.Container.ID))]
}

func label(p *pcb.Process) string { return fmt.Sprintf("%s (%d)", p.Name(), p.PID) }

// listed is how many of several are named.
const listed = 4

// some names the first of several.
func some(list []string) string {
	if len(list) > listed {
		return strings.Join(list[:listed], ", ") + fmt.Sprintf(" and %d more", len(list)-listed)
	}
	return strings.Join(list, ", ")
}

func verb(list []string, one, many string) string {
	if len(list) == 1 {
		return one
	}
	return many
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func count(n int) string { return plural(n, "process", "processes") }
