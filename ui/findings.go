package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/life"
	"ptop/internal/monitor"
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

func (v *findingsView) toggleCleared() { v.cleared = !v.cleared; v.fill() }

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
	p.role(1, 0, fmt.Sprintf("%-10s %-7s %-5s %-16s %s", "SEVERITY", "SINCE", "COUNT", "DETECTOR", "WHAT"), roleHead)
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
		v.drawRow(p.sub(0, y, p.w, 1), v.top+y-1)
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

func (v *findingsView) drawRow(p painter, i int) {
	f := &v.rows[i].f
	r, state := severityRole(f.Severity), f.Severity.String()
	if !v.rows[i].cleared.IsZero() {
		r, state = roleDim, "cleared"
	}
	count := ""
	if f.Count > 1 {
		count = fmt.Sprint(f.Count)
	}
	since := "-"
	if !f.Since.IsZero() {
		since = age(v.taken.Sub(f.Since))
	}
	rest := roleText
	if i == v.selected {
		r, rest = roleCursor, roleCursor
		p.fill(0, 0, p.th.of(roleCursor))
	}
	x := p.role(1, 0, fmt.Sprintf("%s %-8s", p.gl.mark[min(f.Severity, detect.Critical)], state), r)
	p.role(x+1, 0, fmt.Sprintf("%-7s %5s %-16s %s", since, count, f.Detector, f.Summary), rest)
}

// healthyText says that nothing is found, and how much that means.
func healthyText(watched time.Duration) string {
	if watched <= 0 {
		return "nothing can be said yet: this is the first reading"
	}
	return "nothing is sick, as far as could be seen in " + age(watched) + " of watching"
}
