package life

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/pcb"
)

var severityMarks = [...]string{"INFO", "WARN", "CRIT"}

var severityTones = [...]Tone{Info, Warning, Critical}

// Finding says a finding: what, why, what follows, what to do and what that puts at risk; then the evidence fact by fact.
func Finding(f *detect.Finding, now time.Time) []Line {
	lines := []Line{{Label: severityMarks[f.Severity], Text: f.Summary, Tone: severityTones[f.Severity]}}
	say := func(label, text string, tone Tone) {
		if text != "" {
			lines = append(lines, Line{Label: label, Text: text, Tone: tone})
		}
	}
	cause := ""
	if f.Cause != "" {
		cause = ", " + f.Cause
	}
	say("what", fmt.Sprintf("%s%s; cause %s", f.Detector, cause, f.Confidence), Dim)
	say("why", f.Why, Plain)
	if !f.Since.IsZero() {
		say("since", column.Clock(f.Since)+", "+column.FormatDuration(now.Sub(f.Since)), Plain)
	}
	say("so", f.So, Plain)
	for i := range f.Remedies {
		lines = append(lines, remedy(&f.Remedies[i])...)
	}
	for i := range f.Evidence {
		lines = append(lines, Line{Label: "evidence", Text: column.Fact(&f.Evidence[i]), Note: f.Evidence[i].Source})
	}
	for _, missing := range f.Missing {
		say("unseen", missing, Warning)
	}
	say("who", whoWords(f), Dim)
	return lines
}

func remedy(r *detect.Remedy) []Line {
	line := Line{Label: "do", Text: r.Do, Tone: Strong, Act: r.Act != nil && !r.Never}
	if r.Never {
		line.Label, line.Tone = "never", Plain
	}
	if r.Risk != "" {
		line.Text += " (" + r.Risk + ")"
	}
	lines := []Line{line}
	if r.Command != "" && !r.Never { // what does not work is not offered for copying
		lines = append(lines, Line{Text: "$ " + r.Command})
	}
	return lines
}

// whoWords names the processes with where they belong.
func whoWords(f *detect.Finding) string {
	who := Subject(&f.Subject)
	if f.Culprit != nil && f.Culprit.ID != f.Subject.ID {
		who += "; caused by " + Subject(f.Culprit)
	}
	return who
}

// Subject names a process of a finding, with where it belongs.
func Subject(s *detect.Subject) string {
	words := fmt.Sprintf("%s (%d)", s.Name, s.PID)
	if s.User != "" {
		words += " of " + s.User
	}
	if s.Container != "" {
		words += " in " + s.Container
	} else if s.Unit != "" {
		words += " in " + s.Unit
	}
	return words
}

// findings says what was found about the process; where nothing was, that, and why it is well as far as can be seen.
func (b *builder) findings() {
	for _, f := range b.r.Findings {
		b.Findings = append(b.Findings, Section{Lines: Finding(f, b.r.Snap.Time)})
	}
	standing := b.standing()
	if standing.Orphan {
		b.Verdict = append(b.Verdict, Line{Label: "soon", Tone: Warning, Text: "it looks like an orphan, see above, and is told as one when that has lasted"})
	}
	switch {
	case len(b.r.Findings) > 0:
		b.Verdict = nil
	case !standing.Orphan:
		well := []string{"nothing was found about it"}
		if reason := standing.Reason; reason != "" {
			well = append(well, "no orphan: "+reason)
		}
		if n := b.zombies(); n == 1 {
			well = append(well, "1 of its children is dead and not waited for yet, not long enough to be told")
		} else if n > 1 {
			well = append(well, fmt.Sprintf("%d of its children are dead and not waited for yet, not long enough to be told", n))
		} else if len(b.r.Forest.Children(b.r.Index)) > 0 {
			well = append(well, "none of its children is a zombie")
		}
		b.Verdict = append(b.Verdict, Line{Label: "OK", Text: strings.Join(well, "; "), Tone: Good})
	}
	if blind := b.blind(); len(blind) > 0 {
		b.know("not_evaluated", blind)
		b.Verdict = append(b.Verdict, Line{Label: "unseen", Tone: Warning, Text: "not evaluated: " + strings.Join(blind, ", ") +
			"; what they need could not be read (" + b.shown("denied") + "): run ptop as root or as the owner of the process"})
	}
	if parts := b.denied(); len(parts) > 0 {
		b.Verdict = append(b.Verdict, Line{Label: "unseen", Tone: Warning, Text: "not permitted to read: " + strings.Join(parts, ", ") +
			"; what rests on that was not judged: run ptop as root or as the owner of the process"})
	}
	b.know("healthy", len(b.r.Findings) == 0 && !standing.Orphan)
}

func (b *builder) zombies() (n int) {
	for _, k := range b.r.Forest.Children(b.r.Index) {
		if q := &b.r.Snap.Procs[k]; q.Zombie() && !q.LeaderExited() {
			n++
		}
	}
	return n
}

// blind gives the detectors that could not judge the process for want of a right.
func (b *builder) blind() (ids []string) {
	for _, d := range detect.All {
		if b.p.Denied&d.Needs != 0 && !b.p.Have.Has(d.Needs) {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// denied gives the parts that a right is missing for.
func (b *builder) denied() (parts []string) {
	if b.d == nil {
		return nil
	}
	for part, why := range b.d.Problems {
		if strings.HasPrefix(why, "not permitted") {
			parts = append(parts, string(part))
		}
	}
	slices.Sort(parts)
	return parts
}

// FactKind declares the key of a Fact.
type FactKind struct {
	Key  string
	Kind string // as in a JSON Schema: boolean, integer, number, string; "list" is one of strings
	Help string
}

// Facts is every fact there can be.
var Facts = []FactKind{
	{"age_seconds", "number", "time since its creation"},
	{"role", "string", "what it is to others, where that is provable"},
	{"exec_since_fork", "boolean", "it has called exec since its fork"},
	{"short_lived", "string", "short-lived children that it makes, in words"},
	{"phase", "string", "the textbook's state: " + phaseList()},
	{"threads_counted", "integer", "how many threads the shares are of: those alive"},
	{"life_seconds", "number", "the time that the shares are of, summed over those threads"},
	{"run_percent", "number", "share of that time on a CPU"},
	{"ready_percent", "number", "share of it ready, waiting for a CPU"},
	{"waiting_percent", "number", "share of it asleep"},
	{"stopped_percent", "number", "share of it stopped, of the present stop alone"},
	{"queued_seconds", "number", "how long it has been waiting for a CPU now, part of the ready share"},
	{"turnaround_max_seconds", "number", "of a dead one: from creation to death, at most"},
	{"run_seconds", "number", "of a dead one: time on a CPU"},
	{"ready_seconds", "number", "of a dead one: time ready to run and not let"},
	{"dispatches", "integer", "how often those threads left a CPU"},
	{"voluntary_percent", "number", "share of these that were by itself"},
	{"run_per_dispatch_seconds", "number", "mean time on a CPU"},
	{"wait_per_dispatch_seconds", "number", "mean wait for a CPU before that"},
	{"interval_seconds", "number", "length of the last interval"},
	{"interval_run_percent", "number", "CPU time in it, percent of one CPU"},
	{"interval_ready_percent", "number", "time in it waiting for a CPU, summed over threads"},
	{"idle_seconds", "number", "how long ago the main thread last ran, at least"},
	{"dead_seconds", "number", "how long it has been dead, at least"},
	{"exit_status", "string", "how it ended"},
	{"stopped_by", "string", "the signal that stopped it"},
	{"stopped_seconds", "number", "how long it has been stopped, at least"},
	{"syscall", "string", "the system call that its main thread sleeps in"},
	{"wchan", "string", "the kernel function that its main thread sleeps in"},
	{"waits_on", "string", "the file or socket that it waits on"},
	{"waits_for_pid", "integer", "the child that it waits for"},
	{"timeout_seconds", "number", "how long the call sleeps at the most"},
	{"threads_now", "list", "what its threads do, counted"},
	{"sigterm", "string", "what SIGTERM would do: default, caught, ignored, blocked, dropped"},
	{"sighup", "string", "likewise SIGHUP"},
	{"sigint", "string", "likewise SIGINT"},
	{"sigchld", "string", "likewise SIGCHLD"},
	{"not_evaluated", "list", "detectors that could not judge it for want of a right"},
	{"healthy", "boolean", "nothing was found about it"},
}

func phaseList() string {
	var names []string
	for _, phase := range pcb.Phases {
		names = append(names, phase.String())
	}
	return strings.Join(names, ", ")
}
