package detect

import (
	"fmt"

	"ptop/pcb"
)

var stoppedJob = &Detector{
	ID:    "stopped-job",
	Title: "a process that was stopped and forgotten",
	Meaning: "A stopped process keeps its memory, its files and its locks, and does nothing. SIGTTIN and SIGTTOU stop a background job that wants its\n" +
		"terminal; SIGTSTP is Ctrl-Z; SIGSTOP was sent on purpose. One that a debugger holds is not meant.",
	Advice:   "Bring it to the foreground in its shell, let it go on with SIGCONT, or end it.",
	Severity: "info",
	Params:   []Param{{paramHold, 60, "s", "how long it must have been stopped"}},
	Needs:    pcb.FieldStat,
	Gate:     func(q *pcb.Process) bool { return q.State == 'T' },
	Judge: func(p *Pass) (findings []Finding) {
		p.gated(func(i int32, q *pcb.Process) { findings = append(findings, p.stoppedJob(i, q)) })
		return findings
	},
}

func (p *Pass) stoppedJob(i int32, q *pcb.Process) Finding {
	f := Finding{Severity: Info, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1}
	why := stopReason(&f, q)
	if idle, known := p.idle(i); known {
		f.held, f.Since = idle, p.Snap.Time.Add(-idle)
		f.know("stopped_seconds", idle, procFile(q.ID, "sched")+" se.exec_start")
	}
	f.know("terminal", q.TTY != 0, procFile(q.ID, "stat")+" tty_nr")
	f.Summary = fmt.Sprintf("%s is stopped", f.Subject.label())
	f.Why = why + ". " + f.proof()
	f.So = "it holds its memory, files and locks as long"
	resume := Remedy{Do: "let it go on, or bring it to the foreground with fg in its shell", Risk: "its work resumes; one that wants its terminal stops again"}
	resume.signal(q.ID, pcb.SIGCONT)
	f.Remedies = []Remedy{resume, p.end(q, " if nobody wants it any more")}
	return f
}

// stopReason says by what a process was stopped, as far as the kernel tells.
func stopReason(f *Finding, q *pcb.Process) string {
	source := procFile(q.ID, "stat") + " exit_code"
	if !q.Have.Has(pcb.FieldExitCode) {
		f.Confidence = Unknown
		f.Missing = append(f.Missing, source+": not permitted; run ptop as root or as the owner of the process")
		return "by which signal it was stopped could not be read"
	}
	sig := pcb.Signal(q.ExitCode & 0x7f)
	if sig == 0 {
		return "who stopped it the kernel no longer tells: its parent has taken note"
	}
	f.Confidence = Proved
	f.know("stopped_by", sig.String(), source)
	switch sig {
	case pcb.SIGTTIN:
		return "it is in the background and tried to read its terminal"
	case pcb.SIGTTOU:
		return "it is in the background and tried to write to its terminal"
	case pcb.SIGTSTP:
		return "it was stopped from the terminal, as by Ctrl-Z"
	}
	return "it was stopped on purpose"
}
