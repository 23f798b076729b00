package export

import (
	"fmt"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
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
	if r.Command != "" {
		p.labelled("", "$ "+r.Command)
	}
}

func evidenceWords(facts []detect.Evidence) string {
	parts := make([]string, len(facts))
	for i := range facts {
		parts[i] = factWords(&facts[i])
	}
	return strings.Join(parts, "; ")
}

// factWords says one fact: "oldest dead 7.6s", "sigchld blocked: no". The unit in the key decides the form.
func factWords(e *detect.Evidence) string {
	name := strings.ReplaceAll(e.Key, "_", " ")
	figure, isFigure := asFigure(e.Value)
	switch {
	case isFigure && strings.HasSuffix(e.Key, "_seconds"):
		return strings.TrimSuffix(name, " seconds") + " " + column.FormatSeconds(figure)
	case isFigure && strings.HasSuffix(e.Key, "_bytes"):
		return strings.TrimSuffix(name, " bytes") + " " + column.FormatBytes(figure)
	case isFigure && strings.HasSuffix(e.Key, "_percent"):
		return strings.TrimSuffix(name, " percent") + " " + column.FormatPercent(figure) + " %"
	case isFigure && strings.HasSuffix(e.Key, "_per_s"):
		return strings.TrimSuffix(name, " per s") + " " + column.FormatRate(figure) + "/s"
	}
	switch v := e.Value.(type) {
	case bool:
		if v {
			return name + ": yes"
		}
		return name + ": no"
	case float64:
		return name + " " + string(appendFloat(nil, v))
	case []string:
		return name + " " + sanitize.Text(strings.Join(v, ", "))
	}
	return name + " " + sanitize.Text(fmt.Sprint(e.Value))
}

func asFigure(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	case time.Duration:
		return v.Seconds(), true
	}
	return 0, false
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
