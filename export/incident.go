package export

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
	"ptop/internal/view"
	"ptop/pcb"
)

// What an incident report has at the most of what can be without end; the JSON beside it has all.
const (
	incidentFindings  = 50
	incidentEvidence  = 60
	incidentBusiest   = 25
	incidentTold      = 300
	incidentTextCells = 400 // of a command line, a message
)

// Incident writes an incident report as Markdown: the machine, what is sick with its evidence and the tree around it, the
// busiest processes, what ptop told, and what could not be seen.
func Incident(out io.Writer, version string, in *life.Incident) error {
	m := &markdown{}
	f := in.Frame
	m.line("# ptop incident report: ", prose(known(f.Snap.Host.Hostname)), ", ", column.Clock(in.At), "\n")
	m.line("Findings: ", prose(findingWords(f)), ".", "\n")
	m.machine(version, in)
	m.incidentFindings(f)
	m.busiest(in)
	m.told(in)
	m.section("What could not be seen")
	for _, why := range unseen(f) {
		m.line("- ", prose(why))
	}
	_, err := io.WriteString(out, m.String())
	return err
}

// known gives a text, or the sign for one that is unknown.
func known(s string) string {
	if s == "" {
		return column.Absence
	}
	return s
}

// zoned gives a time with its zone: a report is read elsewhere.
func zoned(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 -0700") }

// machine is the table of facts about the host and the reading.
func (m *markdown) machine(version string, in *life.Incident) {
	f, s := in.Frame, in.Frame.Snap
	m.heading("fact", "value")
	m.row("reading", readingWords(f))
	report := zoned(in.At)
	if in.Paused {
		report += "; the screen was paused at the reading"
	}
	m.row("report", report)
	m.row("ptop", fmt.Sprintf("%s, pid %d; had watched for %s", known(version), s.Self.PID, column.FormatDuration(in.Watched)))
	m.row("host", known(s.Host.Hostname))
	m.row("boot id", known(s.Host.BootID))
	m.row("kernel", strings.Join([]string{known(s.Host.OS), known(s.Host.Kernel), known(s.Host.Arch)}, " "))
	m.row("uptime", column.FormatDuration(s.Boot))
	m.row("CPUs", cpuWords(f))
	m.row("memory", memoryWords(s.System.Memory))
	m.row("swap", swapWords(s.System.Swap))
	load := column.Absence
	if l := s.System.Load; l != nil {
		load = fmt.Sprintf("%.2f %.2f %.2f", l[0], l[1], l[2])
	}
	m.row("load", load)
	m.row("pressure: cpu", pressureWords(s.System.CPUPressure))
	m.row("pressure: io", pressureWords(s.System.IOPressure))
	m.row("pressure: memory", pressureWords(s.System.MemPressure))
	m.row("tasks", taskWords(s))
	pids := fmt.Sprint(s.Tasks().Threads)
	if s.Host.PIDMax > 0 {
		pids += fmt.Sprintf(" of %d", s.Host.PIDMax)
	}
	m.row("pids in use", pids)
	m.row("switches, forks", rateWords(f))
}

func readingWords(f *monitor.Frame) string {
	s := f.Snap
	words := zoned(s.Time)
	if f.Rates != nil && f.Rates.Interval > 0 {
		words += ", rates over " + column.FormatDuration(f.Rates.Interval)
	}
	words += "; source " + known(s.Source)
	if s.ScanDuration > 0 {
		words += fmt.Sprintf(", read in %v", s.ScanDuration.Round(10*time.Microsecond))
	}
	return words
}

func cpuWords(f *monitor.Frame) string {
	words := column.Absence
	if f.Snap.Host.CPUs > 0 {
		words = fmt.Sprint(f.Snap.Host.CPUs)
	}
	if f.Rates == nil || !(f.Rates.System.Total.Busy >= 0) { // NaN
		return words
	}
	t := &f.Rates.System.Total
	return fmt.Sprintf("%s; %s %% busy: user %s, nice %s, system %s, interrupts %s, steal %s; waiting for I/O %s", words, column.FormatPercent(t.Busy), column.FormatPercent(t.User),
		column.FormatPercent(t.Nice), column.FormatPercent(t.System), column.FormatPercent(t.IRQ+t.SoftIRQ), column.FormatPercent(t.Steal), column.FormatPercent(t.IOWait))
}

func memoryWords(m *pcb.Memory) string {
	if m == nil {
		return column.Absence
	}
	size := func(b uint64) string { return column.FormatBytes(float64(b)) }
	return fmt.Sprintf("%s used of %s; available %s, free %s, buffers %s, cached %s, slab %s", size(m.Used()), size(m.Total), size(m.Available), size(m.Free), size(m.Buffers), size(m.Cached), size(m.Slab))
}

func swapWords(s *pcb.Swap) string {
	switch {
	case s == nil:
		return column.Absence
	case s.Total == 0:
		return "none"
	}
	return fmt.Sprintf("%s used of %s", column.FormatBytes(float64(s.Total-min(s.Free, s.Total))), column.FormatBytes(float64(s.Total)))
}

func pressureWords(p *pcb.Pressure) string {
	if p == nil {
		return column.Absence
	}
	return fmt.Sprintf("some %s %s %s %%, full %s %s %s %% (10 s, 1 min, 5 min)", column.FormatPercent(p.Some10), column.FormatPercent(p.Some60), column.FormatPercent(p.Some300),
		column.FormatPercent(p.Full10), column.FormatPercent(p.Full60), column.FormatPercent(p.Full300))
}

func rateWords(f *monitor.Frame) string {
	rate := func(v float64) string {
		if !(v >= 0) { // NaN
			return column.Absence
		}
		return column.FormatRate(v) + "/s"
	}
	if f.Rates == nil {
		return column.Absence
	}
	return rate(f.Rates.System.CtxSwitches) + ", " + rate(f.Rates.System.Forks)
}

// incidentFindings is what is sick, in full.
func (m *markdown) incidentFindings(f *monitor.Frame) {
	m.section("Findings")
	if len(f.Findings) == 0 {
		m.line("Nothing is sick, as far as could be seen.")
	}
	for i := range f.Findings[:min(len(f.Findings), incidentFindings)] {
		if i > 0 {
			m.line()
		}
		m.incidentFinding(i+1, f, &f.Findings[i])
	}
	if more := len(f.Findings) - incidentFindings; more > 0 {
		m.line("\n", fmt.Sprintf("%d more findings, none of them worse, are in the JSON.", more))
	}
}

func (m *markdown) incidentFinding(n int, f *monitor.Frame, finding *detect.Finding) {
	m.line(fmt.Sprintf("### %d. %s: ", n, finding.Severity), prose(finding.Summary), "\n")
	for _, l := range life.Finding(finding, f.Snap.Time)[1:] { // the first is the summary
		switch {
		case l.Label == "evidence": // a table below
		case l.Label == "":
			m.line("  ", code(l.Text))
		default:
			m.line("- **", prose(l.Label), "** ", prose(l.Text))
		}
	}
	if len(finding.Evidence) > 0 {
		m.line()
		m.heading("evidence", "source")
		for i := range finding.Evidence[:min(len(finding.Evidence), incidentEvidence)] {
			m.row(clipped(column.Fact(&finding.Evidence[i])), known(finding.Evidence[i].Source))
		}
	}
	m.tree(f, finding)
}

// clipped bounds a text of a process.
func clipped(s string) string { return sanitize.Cells(sanitize.Text(s), incidentTextCells) }

// busiest are the busiest processes of those that the table shows, and what limits it.
func (m *markdown) busiest(in *life.Incident) {
	cpu, _ := column.ByID("cpu_percent")
	q := in.Query
	q.Tree, q.Threads, q.GroupBy, q.Folded, q.Limit, q.Sort = false, false, nil, nil, 0, []view.SortKey{{Column: cpu, Desc: true}}
	rows := q.Rows(nil, in.Frame)
	m.section("The busiest processes")
	limits := "nothing limits the table"
	if in.Limits != "" {
		limits = "the table is limited: " + in.Limits
	}
	if q.HideKernel {
		limits += "; kernel threads are hidden"
	}
	m.line(fmt.Sprintf("%d of the %s of the table; ", min(len(rows), incidentBusiest), processCount(len(rows))), prose(limits), ".\n")
	var columns []*column.Column
	var titles []string
	for _, id := range []string{"pid", "ppid", "user", "state", "nice", "threads", "cpu_percent", "cpu_time_seconds", "rss_bytes", "start_time", "command"} {
		if c, ok := column.ByID(id); ok {
			columns, titles = append(columns, c), append(titles, id)
		}
	}
	m.heading(titles...)
	for i := range rows[:min(len(rows), incidentBusiest)] {
		cells := make([]string, len(columns))
		for k, c := range columns {
			cells[k] = clipped(c.Format(c.Value(&rows[i])))
		}
		m.row(cells...)
	}
}

// told is what ptop has told in this session, and what has cleared, in the order of time.
func (m *markdown) told(in *life.Incident) {
	all := slices.Clone(in.Said)
	for i := range in.Cleared {
		c := &in.Cleared[i]
		all = append(all, life.Said{At: c.At, Text: "cleared: " + c.Finding.Severity.String() + ": " + c.Finding.Summary})
	}
	slices.SortStableFunc(all, func(a, b life.Said) int { return a.At.Compare(b.At) })
	m.section("What ptop told in this session")
	if len(all) == 0 {
		m.line("Nothing.")
	}
	if more := len(all) - incidentTold; more > 0 {
		m.line(fmt.Sprintf("- (%d older lines are left out)", more))
		all = all[more:]
	}
	for _, said := range all {
		m.line("- ", column.Clock(said.At), " ", prose(clipped(said.Text)))
	}
}

// unseen says what the reading could not see, and what else qualifies it.
func unseen(f *monitor.Frame) (why []string) {
	s := f.Snap
	add := func(before, text string) {
		if text != "" {
			why = append(why, before+text)
		}
	}
	add("", coverageWords(s))
	add("", f.Problem)
	add("a better source was not used: ", s.FallbackReason)
	add("births and ends are not told by the kernel: ", s.EventsOff)
	if s.Events != nil && s.Events.Lost > 0 {
		add("", fmt.Sprintf("%d births, ends and the like that the kernel could not tell in time", s.Events.Lost))
	}
	if s.Foreign {
		add("the /proc of another machine or kernel was read: ", known(s.ForeignWhy))
	}
	if f.Slowed != nil {
		add("", fmt.Sprintf("the budget slowed the readings: %v instead of %v apart", f.Slowed.Delay, f.Slowed.Asked))
	}
	if why == nil {
		why = []string{"nothing that ptop knows of"}
	}
	return why
}
