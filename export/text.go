package export

import (
	"fmt"
	"math"
	"strings"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
	"ptop/pcb"
)

// page is a text in the making. Its lines are cut to the width, ASCII where that is asked for, and hold nothing
// that a terminal would obey: what goes in is sanitised.
type page struct {
	strings.Builder
	width int
	ascii bool
}

// line adds a line. Its parts may come from processes.
func (p *page) line(parts ...string) {
	s := sanitize.Text(strings.TrimRight(strings.Join(parts, ""), " "))
	if p.width > 0 {
		s = sanitize.Cells(s, p.width)
	}
	if p.ascii {
		s = sanitize.ASCII(s)
	}
	p.WriteString(s)
	p.WriteByte('\n')
}

// labelled adds a text after a label, wrapped at the width.
func (p *page) labelled(label, text string) { p.wrapped(fmt.Sprintf("  %-9s ", label), text) }

// wrapped adds a text after a head, and what does not fit in lines that are indented as far.
func (p *page) wrapped(head, text string) {
	indent := sanitize.Width(head)
	room := p.width - indent
	if p.width == 0 || room < 20 {
		p.line(head, text)
		return
	}
	text = sanitize.Text(text)
	for {
		var part string
		part, text = wrap(text, room)
		p.line(head, part)
		if text == "" {
			return
		}
		head = strings.Repeat(" ", indent)
	}
}

// wrap cuts off as many words of s as fit into width cells.
func wrap(s string, width int) (part, rest string) {
	if sanitize.Width(s) <= width {
		return s, ""
	}
	end := 0
	for i, r := range s {
		if r == ' ' {
			if sanitize.Width(s[:i]) > width {
				break
			}
			end = i
		}
	}
	if end == 0 { // one word too long: the line is cut
		end = strings.IndexByte(s, ' ')
		if end < 0 {
			return s, ""
		}
	}
	return s[:end], strings.TrimLeft(s[end:], " ")
}

func (w *Writer) page() *page { return &page{width: w.opt.Width, ascii: w.opt.ASCII} }

func (w *Writer) finish(p *page) error {
	w.buf = append(w.buf[:0], p.String()...)
	return w.flush()
}

// Table writes the rows of the Frame as an aligned table under its headings, a tree with Query.Tree, and above it
// a summary of the machine, as top -b does.
func (w *Writer) Table(f *monitor.Frame) error {
	w.read(f)
	p := w.page()
	if !w.opt.NoHeaders {
		if w.headed {
			p.line()
		}
		w.headed = true
		p.summary(f, w.opt.Version)
		p.line()
	}
	w.grid(p, w.table())
	return w.finish(p)
}

// textCells is how wide a text may make its column, except the last one, when the line has an end. In a pipe a text is
// never cut, but those that are wider than pipeCells do not make the whole column so.
const textCells, pipeCells = 24, 64

func (w *Writer) grid(p *page, columns []*column.Column) {
	cells := make([]string, 0, len(columns)*(len(w.rows)+1))
	widths := make([]int, len(columns))
	last := len(columns) - 1
	for k, c := range columns[:last] {
		widths[k] = c.Width // so that one table stands like the next
		if asked := w.opt.Widths[c]; asked > 0 {
			widths[k] = asked
		}
	}
	add := func(k int, s string) {
		if p.ascii {
			s = sanitize.ASCII(s) // before it is measured
		}
		asked := w.opt.Widths[columns[k]]
		switch {
		case k == last:
		case asked > 0 && columns[k].Align == column.Left:
			s = sanitize.Cells(s, asked)
		case p.width > 0:
			s = sanitize.Cells(s, textCells)
		}
		widths[k] = max(widths[k], min(sanitize.Width(s), max(asked, pipeCells)))
		cells = append(cells, s)
	}
	if !w.opt.NoHeaders {
		for k, c := range columns {
			add(k, c.Title)
		}
	}
	for i := range w.rows {
		for k, c := range columns {
			add(k, c.Format(c.Value(&w.rows[i])))
		}
	}
	var line strings.Builder
	kept := w.fit(columns, widths, p.width)
	for n := 0; n < len(cells); n += len(columns) {
		line.Reset()
		for _, k := range kept {
			c := columns[k]
			if k > 0 {
				line.WriteByte(' ')
			}
			s := cells[n+k]
			gap := strings.Repeat(" ", max(0, widths[k]-sanitize.Width(s)))
			if c.Align == column.Right {
				line.WriteString(gap + s)
			} else {
				line.WriteString(s + gap)
			}
		}
		p.line(line.String())
	}
}

// fit gives the positions of the columns that are written: all that were asked for, of the others those there is room for.
func (w *Writer) fit(columns []*column.Column, widths []int, room int) []int {
	if len(w.opt.Columns) > 0 || room == 0 || w.opt.Query.GroupBy != nil {
		room = math.MaxInt
	}
	var by *column.Column
	if len(w.opt.Query.Sort) > 0 {
		by = w.opt.Query.Sort[0].Column
	}
	return column.Fit(columns, widths, room, by)
}

// summary adds the machine in a few lines.
func (p *page) summary(f *monitor.Frame, version string) {
	s := f.Snap
	p.line("ptop ", version, "  ", s.Host.Hostname, "  up ", column.FormatDuration(s.Boot), "  ", s.Host.OS, " ", s.Host.Kernel, "  ",
		s.Time.Format("2006-01-02 15:04:05"))
	p.line("tasks     ", taskWords(s))
	p.line("machine   ", machineWords(f))
	p.line("findings  ", findingWords(f))
	if note := coverageWords(s); note != "" {
		p.line("unseen    ", note)
	}
	if f.Problem != "" {
		p.line("problem   ", f.Problem)
	}
}

func taskWords(s *pcb.Snapshot) string {
	t := s.Tasks()
	return fmt.Sprintf("%d: %d running, %d ready, %d waiting, %d stopped, %d zombie; %d threads; %d in the kernel", len(s.Procs),
		t.ByPhase[pcb.PhaseRunning], t.ByPhase[pcb.PhaseReady], t.ByPhase[pcb.PhaseWaiting], t.ByPhase[pcb.PhaseStopped], t.Zombies, t.Threads, t.KernelThreads)
}

func machineWords(f *monitor.Frame) string {
	var parts []string
	s := &f.Snap.System
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if f.Rates != nil && f.Rates.System.Total.Busy >= 0 { // false for NaN
		add("cpu %s %% of %d", column.FormatPercent(f.Rates.System.Total.Busy), f.Snap.Host.CPUs)
	}
	if s.Load != nil {
		add("load %.2f %.2f %.2f", s.Load[0], s.Load[1], s.Load[2])
	}
	if m := s.Memory; m != nil {
		add("memory %s of %s", column.FormatBytes(float64(m.Used())), column.FormatBytes(float64(m.Total)))
	}
	if s.Swap != nil && s.Swap.Total > 0 {
		add("swap %s of %s", column.FormatBytes(float64(s.Swap.Total-min(s.Swap.Free, s.Swap.Total))), column.FormatBytes(float64(s.Swap.Total)))
	}
	if f.Rates != nil && f.Rates.System.CtxSwitches >= 0 {
		add("switches %s/s", column.FormatRate(f.Rates.System.CtxSwitches))
	}
	if f.Rates != nil && f.Rates.System.Forks >= 0 {
		add("forks %s/s", column.FormatRate(f.Rates.System.Forks))
	}
	return strings.Join(parts, "; ")
}

func findingWords(f *monitor.Frame) string {
	counts := detect.BySeverity(f.Findings)
	var parts []string
	for severity := detect.Critical; ; severity-- {
		if n := counts[severity]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, severity))
		}
		if severity == detect.Info {
			break
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// coverageWords says what the reading could not see; empty when it saw all.
func coverageWords(s *pcb.Snapshot) string {
	var parts []string
	c := &s.Coverage
	if c.HidePID {
		parts = append(parts, "/proc hides others' processes (hidepid)")
	}
	if c.SubsetPID {
		parts = append(parts, "/proc tells nothing of the machine as a whole (subset=pid)")
	}
	if c.DeniedProcs > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d processes only in part (not permitted: root, or CAP_SYS_PTRACE, sees more)", c.DeniedProcs, len(s.Procs)))
	}
	if c.Blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d left alone because they block readers", c.Blocked))
	}
	if c.PIDNamespace == "child" {
		parts = append(parts, "everything outside of this pid namespace")
	}
	return strings.Join(parts, "; ")
}
