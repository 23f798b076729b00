package ui

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"ptop/internal/column"
	"ptop/internal/view"
	"ptop/pcb"
)

func heading(text string) pageLine { return textLine(text, roleTitle) }

var blank = pageLine{}

// entry is a name and its value on a page.
type entry struct{ name, value string }

// layout is how entries stand: cells for the names, and for a name with its value.
type layout struct{ name, cell int }

// The widths of the columns of entries.
const (
	nameMin, nameMax = 12, 30
	valueMin         = 8
	valueMax         = 20 // longer ones get a line of their own
	valueMaxNarrow   = 12 // … where there is little room
	narrow           = 100
)

// layoutOf gives entries as many columns as fit.
func layoutOf(list []entry, w int) layout {
	name, value, most := nameMin, valueMin, valueMax
	if w < narrow {
		most = valueMaxNarrow
	}
	for _, e := range list {
		name = max(name, min(width(e.name), nameMax))
		if n := width(e.value); n <= most {
			value = max(value, n)
		}
	}
	return layout{name + 3, w / max(1, w/(name+value+4))}
}

// entries lays out names and values in as many columns as fit; a value too long for one gets lines of its own.
func entries(list []entry, w int) []pageLine { return layoutOf(list, w).entries(list, w) }

func (l layout) entries(list []entry, w int) []pageLine {
	columns := max(1, w/l.cell)
	var out []pageLine
	var cur line
	used := 0
	flush := func() {
		if used > 0 {
			out = append(out, pageLine{line: cur})
			cur, used = nil, 0
		}
	}
	for _, e := range list {
		r := roleText
		if strings.HasPrefix(e.value, column.Absence) {
			r = roleDim
		}
		name := "  " + pad(e.name, l.name-3) + " "
		room := l.cell - width(name) - 1
		if width(e.value) > room {
			flush()
			for i, part := range wrap(e.value, w-width(name), 0) {
				if i > 0 {
					name = strings.Repeat(" ", width(name))
				}
				out = append(out, pageLine{line: line{{name, roleDim}, {part, r}}})
			}
			continue
		}
		cur = append(cur, span{name, roleDim}, span{e.value + strings.Repeat(" ", max(0, room+1-width(e.value))), r})
		if used++; used == columns {
			flush()
		}
	}
	flush()
	return out
}

// pcbLeftOut are columns that say what another one on the page says, or nothing of a process.
var pcbLeftOut = []string{"tid", "args"}

// pcbGroups are the names of the groups, where those of the columns would not read well.
var pcbGroups = map[string]string{"io": "I/O", "accounting": "Accounting: time and family"}

// pcbName is a column's name for a person: its unit is in the value.
var pcbName = strings.NewReplacer("_seconds", "", "_bytes", "", "_percent", " %", "_per_s", "/s", "children_leave_no_zombies", "leaves no zombies", "_", " ")

// pcbLines is the control block: every column that does not repeat others, under its group.
func (v *detailView) pcbLines(w int) []pageLine {
	if v.row == nil {
		return []pageLine{textLine("no reading has had this process", roleDim)}
	}
	var all []entry
	var names []string
	groups := map[string][]entry{}
	for _, c := range column.All {
		if c.OnDemand || slices.Contains(pcbLeftOut, c.ID) {
			continue
		}
		e := entry{pcbName.Replace(c.ID), v.pcbValue(c)}
		all = append(all, e)
		if groups[c.Group] == nil {
			names = append(names, c.Group)
		}
		groups[c.Group] = append(groups[c.Group], e)
	}
	l := layoutOf(all, w)
	var out []pageLine
	for _, group := range names {
		title := pcbGroups[group]
		if title == "" {
			title = strings.ToUpper(group[:1]) + group[1:]
		}
		out = append(out, heading(title))
		out = append(out, l.entries(groups[group], w)...)
	}
	return out
}

// pcbValue is a column's value, with its unit; where there is none, why.
func (v *detailView) pcbValue(c *column.Column) string {
	value := c.Value(v.row)
	text := c.Format(value)
	switch {
	case value.Kind == column.Absent:
		if why := v.absent(c); why != "" {
			return text + " (" + why + ")"
		}
	case text == "" && c.List:
		return "none"
	case text == "":
		if why := v.absent(c); why != "" {
			return column.Absence + " (" + why + ")"
		}
		return "empty"
	case c.ID == "state":
		return text + " (" + pcb.StateName(v.row.Proc.State) + ")"
	}
	return text
}

// absent says why a process has no value of a column, as far as that is known.
func (v *detailView) absent(c *column.Column) string {
	p := v.row.Proc
	from, known := pcbSources[c.ID]
	switch {
	case !known:
		return ""
	case p.Denied.Has(from):
		return "not permitted"
	case from&(pcb.FieldExe|pcb.FieldCmdline) != 0 && p.Blocked:
		return "blocked reader"
	case p.KernelThread():
		return "a kernel thread has none"
	case p.Zombie() && !p.LeaderExited():
		return "it is dead"
	}
	return ""
}

// pcbSources are the groups of fields that columns come from whose absence has a reason worth telling.
var pcbSources = map[string]pcb.Fields{
	"exe": pcb.FieldExe, "cmdline": pcb.FieldCmdline, "fds": pcb.FieldFDs, "rss_bytes": pcb.FieldRSS, "read_bytes": pcb.FieldIO,
}

// treeMax bounds the descendants on the tree page.
const treeMax = 500

// treeLines is the way from the root down to the process, and everything below it.
func (v *detailView) treeLines(int) []pageLine {
	if v.row == nil || v.gone {
		return []pageLine{textLine("it stands in no tree any more", roleDim)}
	}
	f, i := v.row.Forest, v.row.Index
	down := f.Descendants(i)
	var pids []int32
	for _, k := range slices.Concat(f.Ancestors(i), []int32{i}, down[:min(len(down), treeMax)]) {
		pids = append(pids, v.frame.Snap.Procs[k].PID)
	}
	q := view.Query{PIDs: pids, Tree: true, ASCII: v.a.o.ASCII}
	var out []pageLine
	for _, r := range q.Rows(nil, v.frame) {
		out = append(out, v.treeLine(&r))
	}
	if len(down) > treeMax {
		out = append(out, textLine(fmt.Sprintf("and %d more", len(down)-treeMax), roleDim))
	}
	return out
}

func (v *detailView) treeLine(r *column.Row) pageLine {
	p, text, state := r.Proc, roleText, roleText
	if p.ID == v.id {
		text = roleStrong
	}
	if p.Zombie() {
		state = roleZombie
	}
	return pageLine{link: p.ID, line: line{
		{fmt.Sprintf("%7d ", p.PID), text},
		{fmt.Sprintf("%-9s", clip(p.User, 8)), roleDim},
		{stateLetter(p.State) + " ", state},
		{fmt.Sprintf("%6s ", percent(r.Rates.CPU)), roleText},
		{r.Prefix, roleDim},
		{p.Name(), text},
	}}
}

// signalLines is the masks in words, and what the main thread sleeps in.
func (v *detailView) signalLines(w int) []pageLine {
	d := v.detail
	p := &d.Process
	if !p.Have.Has(pcb.FieldSignals) && v.proc() != nil {
		p = v.proc()
	}
	mask := func(m uint64) string {
		if !p.Have.Has(pcb.FieldSignals) {
			return column.Absence
		}
		return maskText(m)
	}
	out := []pageLine{heading("Signals")}
	out = append(out, entries([]entry{
		{"pending, main thread", mask(p.SigPending)},
		{"pending, process", mask(p.SigShared)},
		{"blocked", mask(p.SigBlocked)},
		{"ignored", mask(p.SigIgnored)},
		{"caught", mask(p.SigCaught)},
	}, min(w, 90))...)
	out = append(out, blank, heading("Where the main thread is"))
	list := []entry{{"sleeps in", orAbsent(d.WChan)}, {"system call", orAbsent(d.Syscall)}}
	for i, fn := range d.Stack {
		list = append(list, entry{fmt.Sprintf("kernel stack %d", i), fn})
	}
	l := layoutOf(list, w)
	l.cell = w // one below the other: a stack is read downwards
	return append(out, l.entries(list, w)...)
}

// mostSignals is from how many on a mask is told by what it lacks.
const mostSignals = 40

// maskText names the signals of a mask.
func maskText(m uint64) string {
	names := func(m uint64) string {
		var out []string
		for _, s := range pcb.MaskSignals(m) {
			out = append(out, s.String())
		}
		return strings.Join(out, " ")
	}
	switch in := bits.OnesCount64(m); {
	case in == 0:
		return "none"
	case in == 64:
		return "all"
	case in >= mostSignals:
		return "all but " + names(^m)
	}
	return names(m)
}

func (a *app) onEnviron() bool { return a.detail.page == pageEnviron }

func orAbsent(s string) string {
	if s == "" {
		return column.Absence
	}
	return s
}

// historyLines is the figures of the session as sparklines.
func (v *detailView) historyLines(w int) []pageLine {
	s := v.a.history.series[v.id]
	if s == nil || len(s.cpu.values) == 0 {
		return []pageLine{textLine("no history yet", roleDim)}
	}
	text := fmt.Sprintf("%s since %s, one cell each, newest at the right; a blank is a figure that is not known", plural(len(s.cpu.values), "reading", "readings"), s.since.Local().Format("15:04:05"))
	var out []pageLine
	for _, part := range wrap(text, w, 0) {
		out = append(out, textLine(part, roleDim))
	}
	for _, g := range []struct {
		name   string
		ring   *ring
		least  float64 // the full height stands for at least this
		format func(float64) string
	}{
		{"CPU", &s.cpu, 1, percent},
		{"waiting for a CPU", &s.wait, 1, percent},
		{"memory (RSS)", &s.rss, 1, bytesText},
		{"context switches/s", &s.switches, 1, number},
		{"threads", &s.threads, 1, number},
		{"open descriptors", &s.fds, 1, number},
	} {
		shown := g.ring.values[max(0, len(g.ring.values)-w):]
		low, high := bounds(shown)
		now := shown[len(shown)-1]
		note := "   not known"
		if !math.IsNaN(high) {
			note = fmt.Sprintf("   lowest %s, highest %s; drawn from 0 to %s", g.format(low), g.format(high), g.format(max(high, g.least)))
		}
		out = append(out, blank,
			pageLine{line: line{{fmt.Sprintf("%-20s", g.name), roleTitle}, {g.format(now), roleStrong}, {note, roleDim}}},
			textLine(sparkline(shown, w, g.least, v.a.gl), roleBarUser))
	}
	return out
}

// bounds are the lowest and the highest of what is known; NaN where nothing is.
func bounds(values []float64) (low, high float64) {
	low, high = math.NaN(), math.NaN()
	for _, x := range values {
		if !(low <= x) && !math.IsNaN(x) {
			low = x
		}
		if !(high >= x) && !math.IsNaN(x) {
			high = x
		}
	}
	return low, high
}

func bytesText(x float64) string {
	if math.IsNaN(x) {
		return column.Absence
	}
	return column.FormatBytes(x)
}
