package detect

import (
	"fmt"
	"strings"

	"ptop/pcb"
)

var orphan = &Detector{
	ID:    "orphan",
	Title: "processes that have lost who started them",
	Meaning: "When a parent ends, its children are given to PID 1 or to the nearest subreaper (systemd --user, a container's shim). That is how a\n" +
		"daemon is made, and also what is left of a killed login, build or service. The parent being PID 1 tells nothing; the evidence is\n" +
		"summed up: dead leaders of the process group and session, a terminal or pipe that is gone, the marks of a build or login in the\n" +
		"environment, against the signs of a process that is meant to live alone.",
	Advice:   "Find out whether anybody still wants its result; end it with SIGTERM if not.",
	Severity: "info from a score of `info_score`, warning from `warn_score`, or from `info_score` when it uses `burning` percent of a CPU",
	Params: []Param{
		{"info_score", 3, "", "score from which on it is told"},
		{"warn_score", 5, "", "score from which on it is a warning"},
		{"burning", 50, "%", "CPU use that makes a warning of an info"},
		{paramHold, 10, "s", "how long it must have been so"},
		{paramClear, 0, "s", "how long it must be over"},
	},
	Needs:   pcb.FieldStat,
	Suspect: suspectOrphans,
	Judge:   judgeOrphans,
}

// strays gives those whose parent may not be the one that made them and who are not excluded from the start.
func (p *Pass) orphanCandidates(do func(i int32)) {
	for _, i := range p.History.strays {
		q := p.proc(i)
		if p.judged(i) && !q.KernelThread() && !namespaceInit(q) && q.PID != 1 && !p.jobOfLivingShell(i) {
			do(i)
		}
	}
}

// jobOfLivingShell reports whether it is one of a pipeline of which the first has ended: its parent leads the
// session of a terminal that both are in.
func (p *Pass) jobOfLivingShell(i int32) bool {
	q, parent := p.proc(i), p.parent(i)
	return p.History.of(i).lost == nil && q.TTY != 0 && parent.PID == q.SID && parent.TTY == q.TTY
}

func suspectOrphans(p *Pass) []pcb.ProbeRequest {
	var want []pcb.ProbeRequest
	p.orphanCandidates(func(i int32) {
		if b := p.believed(i); b.score+b.possible() >= p.Param("info_score") {
			want = append(want, pcb.ProbeRequest{ID: p.proc(i).ID, Kinds: pcb.ProbeFiles | pcb.ProbeEnv})
		}
	})
	return want
}

func judgeOrphans(p *Pass) []Finding {
	var findings []Finding
	p.orphanCandidates(func(i int32) {
		if f, ok := p.orphan(i); ok {
			findings = append(findings, f)
		}
	})
	return findings
}

func (p *Pass) orphan(i int32) (Finding, bool) {
	q := p.proc(i)
	b := p.believed(i)
	b.probed(p.Probes[q.ID])
	if b.score < p.Param("info_score") {
		return Finding{}, false
	}
	cpu := p.Rates.Procs[i].CPU
	burning := cpu >= p.Param("burning")
	f := Finding{
		Severity: Info, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1, Missing: b.missing,
		held: p.Snap.Age(q), // when it lost its parent the kernel does not tell; that it is old speaks for a lasting state
	}
	if b.score >= p.Param("warn_score") || burning {
		f.Severity = Warning
	}
	f.know("score", b.score, "")
	f.know("reasons", b.reasons, b.sources("stat", "fd/0-2", "environ", "cwd"))
	if len(b.against) > 0 {
		f.know("against", b.against, procFile(q.ID, "fd, status, cgroup"))
	}
	lost := p.History.of(i).lost
	if lost != nil {
		f.Confidence = Proved
		f.held = p.Snap.Mono - lost.At
		f.Since = p.Snap.Time.Add(-f.held)
	}
	f.know("cpu_percent", cpu, procFile(q.ID, "stat")+" utime, stime")
	f.know("age_seconds", p.Snap.Age(q), procFile(q.ID, "stat")+" starttime")
	f.Why = p.provenance(i, lost) + ". " + f.proof()
	f.Summary = p.orphanSummary(q, cpu, burning)
	f.So = p.holds(q, burning)
	end := Remedy{Do: "end " + f.Subject.label() + " if nobody wants its result", Risk: "unsaved work of it is lost"}
	end.signal(q.ID, pcb.SIGTERM)
	if q.Have.Has(pcb.FieldSignals) && pcb.SIGTERM.InMask(q.SigIgnored) {
		end.Risk = "it ignores SIGTERM, only SIGKILL ends it; unsaved work of it is lost"
	}
	if q.State == 'T' {
		end.Do += " (a stopped one takes the signal when it goes on: send SIGCONT, too)"
	}
	f.Remedies = []Remedy{end}
	return f, true
}

// provenance says who made it, where that was seen, and who has it now.
func (p *Pass) provenance(i int32, lost *lostParent) string {
	q := p.proc(i)
	adopter := "nobody that can be seen"
	if parent := p.parent(i); parent != nil {
		adopter = fmt.Sprintf("%d (%s)", parent.PID, parent.Name())
	}
	if lost != nil {
		return fmt.Sprintf("forked by %d (%s), which is gone; adopted by %s", lost.ID.PID, lost.Name, adopter)
	}
	words := "who forked it is unknown: that was before ptop watched; its parent is now " + adopter
	if leaderDead(p.Snap, q, q.SID) {
		words += fmt.Sprintf(", and %d, which led its session, is dead", q.SID)
	}
	return words
}

func (p *Pass) orphanSummary(q *pcb.Process, cpu float64, burning bool) string {
	who := fmt.Sprintf("%s (%d)", q.Name(), q.PID)
	switch {
	case burning:
		return fmt.Sprintf("orphan burning CPU: %s, %s %% CPU", who, short(cpu))
	case q.State == 'T':
		return "stopped orphan: " + who + ", which nobody can bring to the foreground"
	}
	return "orphan: " + who + ", of a job or login that is gone"
}

func (p *Pass) holds(q *pcb.Process, burning bool) string {
	var parts []string
	if burning {
		parts = append(parts, "CPU time")
	}
	if q.Have.Has(pcb.FieldMemory) && q.RSS > 0 {
		parts = append(parts, amount(q.RSS)+" of memory")
	}
	if probe := p.Probes[q.ID]; in(probe, pcb.ProbeFiles) && len(probe.Listening) > 0 {
		parts = append(parts, strings.Join(probe.Listening, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "it holds " + strings.Join(parts, ", ") + " until it ends"
}

// belief is the score of one candidate, with its reasons.
type belief struct {
	*Pass
	i       int32
	q       *pcb.Process
	parent  *pcb.Process
	adopted bool
	score   float64
	reasons []string
	against []string
	missing []string
}

func (b *belief) add(points float64, reason string) {
	b.score += points
	if points < 0 {
		b.against = append(b.against, fmt.Sprintf("%s (%s)", reason, short(points)))
	} else {
		b.reasons = append(b.reasons, fmt.Sprintf("%s (+%s)", reason, short(points)))
	}
}

// possible is how many points probes could add at the most.
func (b *belief) possible() float64 {
	return pointsTerminal + pointsPipe + pointsCI + pointsLogin + pointsCwd
}

func (b *belief) sources(names ...string) string { return procFile(b.q.ID, strings.Join(names, ", ")) }
