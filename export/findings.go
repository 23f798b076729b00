package export

import (
	"fmt"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
)

// Findings writes what is sick among the selected processes as text: what, why, evidence, what to do and what that puts
// at risk.
func (w *Writer) Findings(f *monitor.Frame) error {
	p := w.page()
	selected := w.opt.Query.Select(f)
	for i, finding := range selected.Findings {
		if i > 0 {
			p.line()
		}
		p.finding(finding, f.Snap.Time)
	}
	if len(selected.Findings) == 0 {
		p.line("OK    nothing is sick among ", processCount(len(selected.Procs)))
	}
	if note := coverageWords(f.Snap); note != "" {
		p.labelled("unseen", note)
	}
	if e := f.Snap.Events; e != nil && e.Lost > 0 {
		p.labelled("unseen", fmt.Sprintf("%d births, ends and the like that the kernel could not tell in time", e.Lost))
	}
	if f.Problem != "" {
		p.labelled("problem", f.Problem)
	}
	return w.finish(p)
}

var severityMarks = [...]string{"INFO", "WARN", "CRIT"}

// finding adds one finding as it reads for a person.
func (p *page) finding(f *detect.Finding, now time.Time) {
	p.wrapped(severityMarks[f.Severity]+"  ", f.Summary)
	p.labelled("what", fmt.Sprintf("%s%s; cause %s", f.Detector, causeWords(f), f.Confidence))
	if f.Why != "" {
		p.labelled("why", f.Why)
	}
	if !f.Since.IsZero() {
		p.labelled("since", column.Clock(f.Since)+", "+column.FormatDuration(now.Sub(f.Since)))
	}
	if facts := evidenceWords(f.Evidence); facts != "" {
		p.labelled("evidence", facts)
	}
	for _, missing := range f.Missing {
		p.labelled("unseen", missing)
	}
	if f.So != "" {
		p.labelled("so", f.So)
	}
	for i := range f.Remedies {
		p.remedy(&f.Remedies[i])
	}
}

func causeWords(f *detect.Finding) string {
	if f.Cause == "" {
		return ""
	}
	return ", " + f.Cause
}

func (p *page) remedy(r *detect.Remedy) {
	label, text := "do", r.Do
	if r.Never {
		label = "never"
	}
	if r.Risk != "" {
		text += " (" + r.Risk + ")"
	}
	p.labelled(label, text)
	if r.Command != "" && !r.Never { // what does not work is not offered for copying
		p.labelled("", "$ "+r.Command)
	}
}

func evidenceWords(facts []detect.Evidence) string {
	parts := make([]string, len(facts))
	for i := range facts {
		parts[i] = column.Fact(&facts[i])
	}
	return strings.Join(parts, "; ")
}

// Events writes what appeared, changed or cleared since the Frame before, one JSON object a line.
func (w *Writer) Events(f *monitor.Frame) error {
	if len(f.Events) == 0 {
		return nil
	}
	e := encoder{b: w.buf[:0]}
	for i := range f.Events {
		event := &f.Events[i]
		e.open('{')
		e.time("time", f.Snap.Time)
		e.text("event", event.What.String())
		e.finding(&event.Finding)
		e.close('}')
		e.b = append(e.b, '\n')
	}
	w.buf = e.b
	return w.flush()
}
