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
		"environment, against the signs of a process that is meant to live alone: a daemon's set-up, nohup, a session of its own.\n" +
		"`--explain PID` says how any process counts.",
	Advice: "Find out whether anybody still wants its result; end it with SIGTERM if not.",
	Severity: "info from a score of `info_score`, warning from `warn_score`, or from `info_score` when it uses `burning` percent of a CPU; where\n" +
		"evidence is missing that could make it none, it is told as info, and only if what was read outweighs that",
	Params: []Param{
		{"info_score", 3, "", "score from which on it is told"},
		{"warn_score", 5, "", "score from which on it is a warning"},
		{"burning", 50, "%", "CPU use that makes a warning of an info"},
		{paramHold, 10, "s", "how long it must have been so"},
		{paramClear, 10, "s", "how long it must be over"},
	},
	Needs:   pcb.FieldStat,
	Suspect: suspectOrphans,
	Judge:   judgeOrphans,
}

// orphanCandidates gives those whose parent may not be the one that made them and who are not excluded from the start.
func (p *Pass) orphanCandidates(do func(i int32)) {
	for _, i := range p.History.strays {
		q := p.proc(i)
		if p.judged(i) && !q.KernelThread() && !adopter(q) && !p.jobOfLivingShell(i) {
			do(i)
		}
	}
}

// jobOfLivingShell reports whether it is one of a pipeline of which the first has ended: its parent is a shell, or leads
// the session of a terminal, that both are in. No shell adopts.
func (p *Pass) jobOfLivingShell(i int32) bool {
	q, parent := p.proc(i), p.parent(i)
	if p.History.of(i).lost != nil || parent.SID != q.SID || q.Started < parent.Started {
		return false
	}
	return shell(parent) || q.TTY != 0 && parent.PID == q.SID && parent.TTY == q.TTY
}

// orphanProbes is the evidence that a score needs beyond the Snapshot.
const orphanProbes = pcb.ProbeFiles | pcb.ProbeEnv

func suspectOrphans(p *Pass) []pcb.ProbeRequest {
	var want []pcb.ProbeRequest
	for _, job := range p.orphanJobs() {
		for _, i := range job[:min(len(job), spokesmen)] {
			want = append(want, pcb.ProbeRequest{ID: p.proc(i).ID, Kinds: orphanProbes})
		}
	}
	return append(want, p.askLone()...)
}

func judgeOrphans(p *Pass) []Finding {
	var findings []Finding
	for _, job := range p.orphanJobs() {
		for _, i := range job[:min(len(job), spokesmen)] {
			if f, ok := p.orphan(i); ok {
				p.forJob(&f, job)
				findings = append(findings, f)
				break
			}
		}
	}
	return append(findings, p.judgeLone()...)
}

func (p *Pass) orphan(i int32) (Finding, bool) {
	q := p.proc(i)
	b := p.believed(i)
	b.probed(p.Probes[q.ID])
	if b.proven() < p.Param("info_score") {
		return Finding{}, false
	}
	cpu := p.Rates.Procs[i].CPU
	burning := cpu >= p.Param("burning")
	f := Finding{
		Severity: Info, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1, Missing: b.missing,
		held: p.Snap.Age(q), // when it lost its parent the kernel does not tell; that it is old speaks for a lasting state
	}
	if !b.doubtful() && (b.score >= p.Param("warn_score") || burning) {
		f.Severity = Warning
	}
	f.know("score", b.score, "")
	f.know("reasons", spelt(b.reasons), b.sources("stat", "fd/0-2", "environ", "cwd"))
	if len(b.against) > 0 {
		f.know("against", spelt(b.against), procFile(q.ID, "fd, status, cgroup"))
	}
	lost := p.History.of(i).lost
	if lost != nil {
		f.Confidence = Proved
		f.held = p.Snap.Mono - lost.At
		f.Since = p.Snap.Time.Add(-f.held)
		f.know("lost_parent", lost.words(p.Snap), lost.source(q.ID))
	}
	if b.doubtful() {
		f.Confidence = Unknown
	}
	f.know("cpu_percent", cpu, procFile(q.ID, "stat")+" utime, stime")
	f.know("age_seconds", p.Snap.Age(q), procFile(q.ID, "stat")+" starttime")
	f.Why = b.provenance() + ". " + f.proof()
	f.Summary = p.orphanSummary(q, cpu, burning)
	if b.doubtful() {
		f.Summary = "perhaps an " + strings.TrimPrefix(f.Summary, "stopped ")
	}
	f.So = p.holds(q, burning)
	f.Remedies = []Remedy{p.end(q, " if nobody wants its result")}
	return f, true
}

// provenance says who made it, where that was seen, and who has it now.
func (b *belief) provenance() string {
	q := b.q
	adopter := fmt.Sprintf("%d (%s)", b.parent.PID, b.parent.Name())
	if lost := b.History.of(b.i).lost; lost != nil {
		return fmt.Sprintf("forked by %s; adopted by %s", lost.words(b.Snap), adopter)
	}
	if b.perhapsMade() {
		return "forked or adopted by " + adopter + ", which of them is unknown"
	}
	why := "that was before ptop watched"
	if q.Started > b.History.began {
		why = "it was adopted before a reading showed it"
	}
	words := "adopted by " + adopter + "; who forked it is unknown: " + why
	if leaderDead(b.Snap, q, q.SID) {
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
