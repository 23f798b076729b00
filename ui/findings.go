package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
	"ptop/pcb"
)

// findingsView is the list of what is sick, and under it why, with what evidence, and what to do.
type findingsView struct {
	b        Backend
	rows     []findingRow
	selected int
	id       string    // of the selected one
	clearAt  time.Time // when it cleared; zero for one that stands
	top      int
	height   int
	pane     pager
	paneWide int
	inPane   bool // movements scroll the pane
	cleared  bool // show what has cleared, too
	log      []clearedFinding
	unseen   []detect.Event // of the log: not yet told
	current  []detect.Finding
	taken    time.Time // of the Frame shown
	watched  time.Duration
}

// findingRow is one finding of the list.
type findingRow struct {
	f       detect.Finding
	cleared time.Time // when it did; zero for one that stands
}

// clearedFinding is a finding as it was last, and when it cleared.
type clearedFinding struct {
	f  detect.Finding
	at time.Time
}

// findingsLogMax is how many cleared findings the session remembers.
const findingsLogMax = 500

func (v *findingsView) scope() scope { return inFindings }

// record keeps the events of Frames, shown or not.
func (v *findingsView) record(events []detect.Event, now time.Time) {
	v.unseen = append(v.unseen, events...)
	for _, e := range events {
		if e.What == detect.Cleared {
			v.log = append(v.log, clearedFinding{e.Finding, now})
		}
	}
	v.log = v.log[max(0, len(v.log)-findingsLogMax):]
}

// fresh gives the events that have come since it was asked last.
func (v *findingsView) fresh() []detect.Event {
	events := v.unseen
	v.unseen = nil
	return events
}

func (v *findingsView) update(f *monitor.Frame, watched time.Duration) {
	v.current, v.taken, v.watched = f.Findings, f.Snap.Time, watched
	v.fill()
}

// fill makes the rows anew; the cursor stays on the same finding.
func (v *findingsView) fill() {
	v.rows = v.rows[:0]
	for _, f := range v.current {
		v.rows = append(v.rows, findingRow{f: f})
	}
	slices.SortStableFunc(v.rows, func(a, b findingRow) int {
		return cmp.Or(cmp.Compare(b.f.Severity, a.f.Severity), compareSince(a.f.Since, b.f.Since))
	})
	if v.cleared {
		for _, c := range slices.Backward(v.log) {
			v.rows = append(v.rows, findingRow{f: c.f, cleared: c.at})
		}
	}
	if i := slices.IndexFunc(v.rows, func(r findingRow) bool { return r.f.ID() == v.id && r.cleared.Equal(v.clearAt) }); i >= 0 {
		v.selected = i
	}
	v.choose(v.selected)
}

// compareSince puts what has lasted longest first, and that of which this is unknown last.
func compareSince(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		return b.Compare(a)
	}
	return a.Compare(b)
}

// toggleCleared shows what has cleared below what stands, or no longer.
func (a *app) toggleCleared() {
	v := a.findings
	v.cleared = !v.cleared
	v.fill()
	if v.cleared && len(v.log) == 0 {
		a.say(roleInfo, "nothing has cleared in this session yet; what does will stand below the others")
	}
}

func (v *findingsView) choose(i int) {
	v.selected = max(0, min(i, len(v.rows)-1))
	if f := v.finding(); f != nil {
		if f.ID() != v.id {
			v.pane.reset()
		}
		v.id, v.clearAt = f.ID(), v.rows[v.selected].cleared
	}
	h := max(1, v.height)
	v.top = max(0, min(v.top, v.selected), v.selected-h+1)
	v.paneWide = 0 // write it anew
}

// finding is the selected one, or nil.
func (v *findingsView) finding() *detect.Finding {
	if v.selected < 0 || v.selected >= len(v.rows) {
		return nil
	}
	return &v.rows[v.selected].f
}

// chooseWorst moves to the finding that the header tells.
func (v *findingsView) chooseWorst() {
	if len(v.current) == 0 {
		return
	}
	id := v.current[0].ID()
	v.choose(slices.IndexFunc(v.rows, func(r findingRow) bool { return r.cleared.IsZero() && r.f.ID() == id }))
}

// selectAbout moves to the first finding about a process.
func (v *findingsView) selectAbout(id pcb.ID) {
	for i := range v.rows {
		f := &v.rows[i].f
		if f.Subject.ID == id || f.Culprit != nil && f.Culprit.ID == id || slices.Contains(f.Members, id) {
			v.choose(i)
			return
		}
	}
}

func (v *findingsView) move(m motion) {
	page := max(1, v.height-1)
	switch {
	case v.inPane || m == moveLeft || m == moveRight:
		v.pane.move(m)
	case m == moveUp:
		v.choose(v.selected - 1)
	case m == moveDown:
		v.choose(v.selected + 1)
	case m == movePageUp:
		v.choose(v.selected - page)
	case m == movePageDown:
		v.choose(v.selected + page)
	case m == moveTop:
		v.choose(0)
	case m == moveEnd:
		v.choose(len(v.rows) - 1)
	}
}

func (v *findingsView) click(_, y int) {
	v.inPane = y > v.height
	if y > 0 && y <= v.height {
		v.choose(v.top + y - 1)
	}
}

func (v *findingsView) draw(p painter) {
	if p.h < 1 {
		return
	}
	p.fill(0, 0, p.th.of(roleHead))
	cols := v.columns(p.w)
	p.role(1, 0, cols.line("SEVERITY", "SINCE", "COUNT", "CULPRIT", "DETECTOR", "WHAT"), roleHead)
	v.height = min(max(len(v.rows), 1), max(1, (p.h-2)*2/5))
	v.top = max(0, min(v.top, v.selected, len(v.rows)-v.height), v.selected-v.height+1)
	if len(v.rows) == 0 {
		p.role(1, 1, healthyText(v.watched), roleGood)
		if len(v.log) > 0 {
			p.role(1, 2, plural(len(v.log), "finding has", "findings have")+" cleared in this session (c shows)", roleDim)
		}
		return
	}
	for y := 1; y <= v.height && v.top+y-1 < len(v.rows); y++ {
		v.drawRow(p.sub(0, y, p.w, 1), v.top+y-1, cols)
	}
	pane := p.sub(1, v.height+2, p.w-2, p.h-v.height-2)
	r := roleFrame
	if v.inPane {
		r = roleTitle
	}
	p.role(0, v.height+1, strings.Repeat(p.gl.frame[4], p.w), r)
	if v.paneWide != pane.w {
		v.paneWide = pane.w
		v.pane.set(v.paneLines(pane.w))
	}
	v.pane.draw(pane)
	if below := len(v.pane.lines) - v.pane.top - pane.h; below > 0 {
		text := " " + plural(below, "more line", "more lines") + " below, Tab scrolls "
		p.role(max(0, p.w-width(text)-1), v.height+1, text, r)
	}
}

// paneLines explains the selected finding; of a cleared one they say how old that is.
func (v *findingsView) paneLines(w int) []pageLine {
	f := v.finding()
	if f == nil {
		return nil
	}
	at := v.rows[v.selected].cleared
	lines := saidLines(life.Finding(f, v.taken), w, v.b.ActionsOff() == "" && at.IsZero())
	if !at.IsZero() {
		text := fmt.Sprintf("it cleared %s ago, at %s; evidence and advice are as they were then", age(v.taken.Sub(at)), at.Local().Format("15:04:05"))
		lines = slices.Insert(lines, 0, textLine(text, roleDim))
	}
	return lines
}

// findingColumns are the widths of the columns whose width depends on what there is, and on the room.
type findingColumns struct{ culprit, detector int }

// Widths of the list's columns.
const (
	culpritMin, culpritMax, culpritNarrow = 7, 32, 18
	detectorRoom                          = 110 // a narrower screen leaves the detector to the explanation: what is sick needs the room
)

func (v *findingsView) columns(w int) findingColumns {
	c := findingColumns{culprit: culpritMin}
	most := culpritMax
	if w < detectorRoom {
		most = culpritNarrow
	} else {
		c.detector = width("DETECTOR")
	}
	for i := range v.rows {
		c.culprit = max(c.culprit, min(width(culpritText(&v.rows[i].f)), most))
		if c.detector > 0 {
			c.detector = max(c.detector, width(v.rows[i].f.Detector))
		}
	}
	return c
}

// line puts the texts of a row into the columns.
func (c findingColumns) line(severity, since, count, culprit, detector, what string) string {
	text := fmt.Sprintf("%s %s %5s %s ", pad(severity, 10), pad(since, 8), count, pad(clipName(culprit, c.culprit), c.culprit))
	if c.detector > 0 {
		text += pad(detector, c.detector) + " "
	}
	return text + what
}

// culpritText names who causes a finding; "-" where nobody else than its subject is to blame.
func culpritText(f *detect.Finding) string {
	if f.Culprit == nil {
		return column.Absence
	}
	return sanitize.Text(fmt.Sprintf("%s (%d)", f.Culprit.Name, f.Culprit.PID))
}

// clipName cuts "name (pid)" within the name: the pid tells who it is.
func clipName(text string, w int) string {
	at := strings.LastIndex(text, " (")
	if width(text) <= w || at < 0 {
		return clip(text, w)
	}
	return clip(text[:at], max(1, w-width(text[at:]))) + text[at:]
}

func (v *findingsView) drawRow(p painter, i int, cols findingColumns) {
	row := &v.rows[i]
	f := &row.f
	r, state, since := severityRole(f.Severity), f.Severity.String(), column.Absence
	switch {
	case !row.cleared.IsZero():
		r, state, since = roleDim, "cleared", row.cleared.Local().Format("15:04:05")
	case !f.Since.IsZero():
		since = age(v.taken.Sub(f.Since))
	}
	count := ""
	if f.Count > 1 {
		count = fmt.Sprint(f.Count)
	}
	rest := roleText
	if i == v.selected {
		r, rest = roleCursor, roleCursor
		p.fill(0, 0, p.th.of(roleCursor))
	}
	severity := p.gl.mark[min(f.Severity, detect.Critical)] + " " + state
	x := p.role(1, 0, pad(severity, 10), r)
	text := cols.line("", since, count, culpritText(f), f.Detector, f.Summary)
	p.role(x, 0, clip(text[10:], p.w-x), rest)
}

// healthyText says that nothing is found, and how much that means.
func healthyText(watched time.Duration) string {
	if watched <= 0 {
		return "nothing can be said yet: this is the first reading"
	}
	return "nothing is sick, as far as could be seen in " + age(watched) + " of watching"
}
