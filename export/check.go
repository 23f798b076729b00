package export

import (
	"fmt"
	"slices"
	"strings"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/internal/near"
	"ptop/pcb"
)

// State is a monitoring plugin's answer, and its exit code.
type State int

// The states of the monitoring-plugin convention.
const (
	StateOK State = iota
	StateWarning
	StateCritical
	StateUnknown
)

func (s State) String() string { return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[s] }

// FailOn says which findings a check minds: those of a detector in it, from that severity on. An empty one minds
// every warning and critical finding.
type FailOn map[string]detect.Severity

// ParseFailOn reads a list such as "zombie,orphan:critical". A detector without a severity counts from warning on.
func ParseFailOn(text string, detectors []*detect.Detector) (FailOn, error) {
	if text == "" {
		return nil, nil
	}
	known := make([]string, len(detectors))
	for i, d := range detectors {
		known[i] = d.ID
	}
	on := FailOn{}
	for item := range strings.SplitSeq(text, ",") {
		id, word, given := strings.Cut(strings.TrimSpace(item), ":")
		severity := detect.Warning
		if given {
			var err error
			if severity, err = parseSeverity(word); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(known, id) {
			if name := near.Name(id, known); name != "" {
				return nil, fmt.Errorf("unknown detector %q (did you mean %s?)", id, name)
			}
			return nil, fmt.Errorf("unknown detector %q: want %s", id, strings.Join(known, ", "))
		}
		on[id] = severity
	}
	return on, nil
}

func parseSeverity(word string) (detect.Severity, error) {
	for severity := detect.Info; severity <= detect.Critical; severity++ {
		if severity.String() == word {
			return severity, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q: want info, warning or critical", word)
}

// minds reports whether a finding counts.
func (on FailOn) minds(f *detect.Finding) bool {
	if len(on) == 0 {
		return f.Severity >= detect.Warning
	}
	from, ok := on[f.Detector]
	return ok && f.Severity >= from
}

// Check writes a monitoring plugin's answer: a status line with performance data after a bar, then the findings in
// full. What could not be evaluated makes an answer that would be OK unknown.
func (w *Writer) Check(f *monitor.Frame, detectors []*detect.Detector, on FailOn) (State, error) {
	var minded []*detect.Finding
	state := StateOK
	for i := range f.Findings {
		finding := &f.Findings[i]
		if !on.minds(finding) {
			continue
		}
		minded = append(minded, finding)
		if finding.Severity == detect.Critical {
			state = StateCritical
		} else {
			state = max(state, StateWarning)
		}
	}
	unsure := notEvaluated(f, detectors, on)
	if state == StateOK && len(unsure) > 0 {
		state = StateUnknown
	}
	details := &page{ascii: w.opt.ASCII}
	for _, finding := range minded {
		details.finding(finding, f.Snap.Time)
	}
	for _, why := range unsure {
		details.labelled("unknown", why)
	}
	if note := coverageWords(f.Snap); note != "" {
		details.labelled("unseen", note)
	}
	status := &page{ascii: w.opt.ASCII}
	status.line("PTOP ", state.String(), " - ", WithoutBar(headline(minded, unsure, len(f.Snap.Procs))), " | ", perfdata(f))
	status.WriteString(WithoutBar(details.String()))
	return state, w.finish(status)
}

// WithoutBar replaces the character after which performance data begin.
func WithoutBar(s string) string { return strings.ReplaceAll(s, "|", "/") }

func headline(minded []*detect.Finding, unsure []string, processes int) string {
	switch {
	case len(minded) == 1:
		return "1 finding: " + minded[0].Summary
	case len(minded) > 1:
		return fmt.Sprintf("%d findings, the worst: %s", len(minded), minded[0].Summary)
	case len(unsure) > 0:
		return unsure[0]
	}
	return fmt.Sprintf("nothing is sick among %d processes", processes)
}

// notEvaluated says why an answer can't be trusted: an old reading, an empty one, or a detector whose evidence could
// be read of no process.
func notEvaluated(f *monitor.Frame, detectors []*detect.Detector, on FailOn) []string {
	var why []string
	if f.Problem != "" {
		why = append(why, f.Problem)
	}
	if len(f.Snap.Procs) == 0 {
		return append(why, "no process could be read")
	}
	for _, d := range detectors {
		if _, asked := on[d.ID]; len(on) > 0 && !asked {
			continue
		}
		if !anyHas(f.Snap, d.Needs) {
			why = append(why, d.ID+" was not evaluated: what it needs could be read of no process")
		}
	}
	return why
}

func anyHas(s *pcb.Snapshot, needs pcb.Fields) bool {
	for i := range s.Procs {
		if s.Procs[i].Have.Has(needs) {
			return true
		}
	}
	return false
}

// perfdata gives the figures that a monitoring system stores: 'label'=value[unit];warn;crit;min;max.
func perfdata(f *monitor.Frame) string {
	t := f.Snap.Tasks()
	counts := countSeverities(f)
	limit := ""
	if f.Snap.Host.PIDMax > 0 {
		limit = fmt.Sprint(f.Snap.Host.PIDMax)
	}
	parts := []string{
		fmt.Sprintf("critical=%d;;;0", counts[detect.Critical]),
		fmt.Sprintf("warning=%d;;;0", counts[detect.Warning]),
		fmt.Sprintf("zombies=%d;;;0", t.Zombies),
		fmt.Sprintf("processes=%d;;;0;%s", len(f.Snap.Procs), limit),
		fmt.Sprintf("threads=%d;;;0", t.Threads),
	}
	add := func(label string, v float64, unit string) {
		if v >= 0 { // false for NaN
			parts = append(parts, label+"="+string(appendFloat(nil, v))+unit+";;;0")
		}
	}
	if s := &f.Snap.System; s.Load != nil {
		add("load1", s.Load[0], "")
	}
	if f.Rates != nil {
		add("cpu", f.Rates.System.Total.Busy, "%")
		add("ctx_switches", f.Rates.System.CtxSwitches, "")
		add("forks", f.Rates.System.Forks, "")
	}
	add("scan", f.Snap.ScanDuration.Seconds(), "s")
	return strings.Join(parts, " ")
}
