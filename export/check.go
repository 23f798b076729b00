package export

import (
	"fmt"
	"slices"
	"strings"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/internal/near"
	"ptop/internal/sanitize"
	"ptop/internal/view"
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

// Checking says what a check minds.
type Checking struct {
	Detectors []*detect.Detector
	FailOn    FailOn
	Strict    bool // an answer that would be OK is unknown when anything could not be seen
}

// Check writes a monitoring plugin's answer about the selected processes: a status line with performance data after a
// bar, then the findings in full. What could not be evaluated makes an answer that would be OK unknown.
func (w *Writer) Check(f *monitor.Frame, c Checking) (State, error) {
	selected := w.opt.Query.Select(f)
	var minded []*detect.Finding
	state := StateOK
	for _, finding := range selected.Findings {
		if !c.FailOn.minds(finding) {
			continue
		}
		minded = append(minded, finding)
		if finding.Severity == detect.Critical {
			state = StateCritical
		} else {
			state = max(state, StateWarning)
		}
	}
	unsure := c.notEvaluated(f, &selected)
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
	headline := ""
	switch {
	case len(minded) == 1:
		headline = "1 finding: " + minded[0].Summary
	case len(minded) > 1:
		headline = fmt.Sprintf("%d findings, the worst: %s", len(minded), minded[0].Summary)
	case len(unsure) > 0:
		headline = unsure[0]
	default:
		headline = c.calm(selected.Findings) + " among " + processCount(len(selected.Procs))
	}
	status := &page{ascii: w.opt.ASCII}
	status.line("PTOP ", state.String(), " - ", WithoutBar(sanitize.Cells(sanitize.Text(headline), headlineCells)), " | ", perfdata(f, selected.Findings))
	status.WriteString(WithoutBar(details.String()))
	return state, w.finish(status)
}

// headlineCells is how long the first line is at the most, as far as people read it: it goes into notifications. All of a
// summary stands below.
const headlineCells = 180

// WithoutBar replaces the character after which performance data begin.
func WithoutBar(s string) string { return strings.ReplaceAll(s, "|", "/") }

// calm says what is true when no finding is minded: of what was asked for there is none, or none that bad.
func (c *Checking) calm(found []*detect.Finding) string {
	if len(c.FailOn) == 0 {
		if len(found) > 0 {
			return "nothing worse than info"
		}
		return "nothing is sick"
	}
	var none []string
	for _, d := range c.Detectors {
		from, asked := c.FailOn[d.ID]
		if !asked {
			continue
		}
		words := "no " + d.ID
		if slices.ContainsFunc(found, func(f *detect.Finding) bool { return f.Detector == d.ID }) {
			words += " worse than " + (from - 1).String()
		}
		none = append(none, words)
	}
	return strings.Join(none, ", ")
}

// notEvaluated says why an answer can't be trusted: an old reading, an empty one, hidden processes, or detectors whose
// evidence could be read of few processes.
func (c *Checking) notEvaluated(f *monitor.Frame, selected *view.Selection) []string {
	var why []string
	if f.Problem != "" {
		why = append(why, f.Problem)
	}
	if len(f.Snap.Procs) == 0 {
		return append(why, "no process could be read")
	}
	if f.Snap.Coverage.HidePID && (selected.All || len(selected.Procs) == 0) {
		why = append(why, "others' processes are hidden (hidepid): run the check as root")
	}
	if blind, unread := c.blind(f.Snap, selected.Procs); len(blind) > 0 {
		why = append(why, fmt.Sprintf("not evaluated: %s; what that needs could not be read of %d of %s",
			strings.Join(blind, ", "), unread, processCount(len(selected.Procs))))
	}
	if c.Strict && !Wholly(f.Snap) {
		why = append(why, "not all could be seen, and that is asked for (--strict)")
	}
	return why
}

// blind gives the detectors that are minded and could judge none or less than half of the processes, and of how many
// what they need could not be read.
func (c *Checking) blind(s *pcb.Snapshot, procs []int32) (ids []string, most int) {
	for _, d := range c.Detectors {
		if _, asked := c.FailOn[d.ID]; len(c.FailOn) > 0 && !asked {
			continue
		}
		read, denied := 0, 0
		for _, i := range procs {
			p := &s.Procs[i]
			switch {
			case p.Have.Has(d.Needs):
				read++
			case p.Denied&d.Needs != 0:
				denied++
			}
		}
		if read == 0 {
			denied = len(procs)
		}
		if 2*denied > len(procs) {
			ids, most = append(ids, d.ID), max(most, denied)
		}
	}
	return ids, most
}

func processCount(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}

// perfdata gives the figures that a monitoring system stores: 'label'=value[unit];warn;crit;min;max. The findings are
// those about the selected processes, the other figures the machine's.
func perfdata(f *monitor.Frame, found []*detect.Finding) string {
	t := f.Snap.Tasks()
	var counts [detect.Critical + 1]int
	for _, finding := range found {
		counts[finding.Severity]++
	}
	limit := ""
	if f.Snap.Host.PIDMax > 0 {
		limit = fmt.Sprint(f.Snap.Host.PIDMax)
	}
	parts := []string{
		fmt.Sprintf("critical=%d;;;0", counts[detect.Critical]),
		fmt.Sprintf("warning=%d;;;0", counts[detect.Warning]),
	}
	for _, id := range detectorsOf(found) {
		n := 0
		for _, finding := range found {
			if finding.Detector == id {
				n++
			}
		}
		parts = append(parts, fmt.Sprintf("findings_%s=%d;;;0", strings.ReplaceAll(id, "-", "_"), n))
	}
	if statesKnown(f.Snap) {
		parts = append(parts, fmt.Sprintf("zombies=%d;;;0", t.Zombies),
			fmt.Sprintf("processes=%d;;;0;%s", len(f.Snap.Procs), limit), fmt.Sprintf("threads=%d;;;0", t.Threads))
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

// detectorsOf gives the detectors that found something. Those that did not are left out: some monitoring systems cut an
// answer at a kilobyte.
func detectorsOf(found []*detect.Finding) (ids []string) {
	for _, finding := range found {
		ids = append(ids, finding.Detector)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// statesKnown reports whether processes and their states can be counted.
func statesKnown(s *pcb.Snapshot) bool {
	for i := range s.Procs {
		if s.Procs[i].Denied.Has(pcb.FieldStat) {
			return false
		}
	}
	return !s.Coverage.HidePID
}

// Wholly reports whether nothing was hidden or denied.
func Wholly(s *pcb.Snapshot) bool {
	c := &s.Coverage
	return c.DeniedFields == 0 && c.Blocked == 0 && !c.HidePID && !c.SubsetPID
}
