package detect

import (
	"fmt"

	"ptop/pcb"
)

var termIgnored = &Detector{
	ID:    "term-ignored",
	Title: "a process that ignores SIGTERM",
	Meaning: "systemctl stop, docker stop and a shutdown ask with SIGTERM, and kill with SIGKILL what is still there after a time. A process that ignores\n" +
		"SIGTERM makes each of them wait for that time, and then ends without having cleaned up. Interactive shells do it on purpose.",
	Advice:   "Mend the program, or tell its service another KillSignal. Ignored signals are inherited: see what started it.",
	Severity: "info",
	Params:   []Param{{paramHold, 10, "s", "how long it must have been so"}},
	Needs:    pcb.FieldStat | pcb.FieldSignals,
	Gate:     func(q *pcb.Process) bool { return pcb.SIGTERM.InMask(q.SigIgnored) && asked(q) },
	Judge: func(p *Pass) []Finding {
		return p.deaf(Info, func(f *Finding, q *pcb.Process) {
			f.held = p.Snap.Age(q)
			f.know("sigterm_ignored", true, procFile(q.ID, "status")+" SigIgn")
			f.Summary = f.Subject.label() + " ignores SIGTERM and will not stop when asked"
			f.Why = "it, or what started it, set SIGTERM to be ignored. " + f.proof()
		})
	},
}

var termBlocked = &Detector{
	ID:    "term-blocked",
	Title: "a process that was asked to end and has not looked",
	Meaning: "SIGTERM was sent and is pending, because the process blocks it: somebody wanted it to end, and it does not know. Programs that take\n" +
		"signals with sigwait or signalfd block them, too, but do not leave them pending.",
	Advice:   "Find out why it does not look: it hangs, or the mask was inherited through fork and exec. SIGKILL ends it.",
	Severity: "warning",
	Params:   []Param{{paramHold, 10, "s", "how long it must have been pending"}},
	Needs:    pcb.FieldStat | pcb.FieldSignals,
	Gate: func(q *pcb.Process) bool {
		return pcb.SIGTERM.InMask(q.SigBlocked) && pcb.SIGTERM.InMask(q.SigShared|q.SigPending) && asked(q)
	},
	Judge: func(p *Pass) []Finding {
		return p.deaf(Warning, func(f *Finding, q *pcb.Process) {
			f.know("sigterm_blocked", true, procFile(q.ID, "status")+" SigBlk")
			f.know("sigterm_pending", true, procFile(q.ID, "status")+" ShdPnd")
			f.Summary = f.Subject.label() + " was asked to end and blocks SIGTERM"
			f.Why = "the signal was sent and waits behind the process's mask. " + f.proof()
		})
	},
}

// deaf gives a finding for each process that does not hear SIGTERM in the detector's way.
func (p *Pass) deaf(severity Severity, word func(*Finding, *pcb.Process)) (findings []Finding) {
	p.gated(func(_ int32, q *pcb.Process) {
		f := Finding{Severity: severity, Confidence: Proved, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1}
		word(&f, q)
		f.So = "a stop of it takes until SIGKILL is sent, and then it has not cleaned up"
		kill := Remedy{Do: "if it has to end: SIGKILL", Risk: "it can't clean up; unsaved work is lost"}
		kill.signal(q.ID, pcb.SIGKILL)
		f.Remedies = []Remedy{
			{Do: "see the masks of its threads", Command: fmt.Sprintf("grep -E 'Sig(Blk|Ign|Cgt)' /proc/%d/task/*/status", q.PID)}, kill,
		}
		findings = append(findings, f)
	})
	return findings
}

// asked reports whether SIGTERM is what asks a process to end. An interactive shell ignores it by design, and PID 1 of the
// machine or of a namespace is another matter: the kernel drops what it has no handler for.
func asked(q *pcb.Process) bool {
	return q.PID != 1 && !q.KernelThread() && !namespaceInit(q) && !interactiveShell(q)
}

// interactiveShell reports whether it is a shell with a terminal, which ignores SIGTERM by design.
func interactiveShell(q *pcb.Process) bool { return shell(q) && q.TTY != 0 }

func shell(q *pcb.Process) bool {
	switch q.Comm {
	case "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "tcsh", "csh":
		return true
	}
	return false
}
