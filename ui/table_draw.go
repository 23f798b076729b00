package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"ptop/internal/column"
)

// Room for the last column below which others give way, unless the user chose them.
const lastWanted = 26

// textMax is the widest that a column of texts other than the last becomes.
const textMax = 20

// draw draws the heading and the rows in sight.
func (t *table) draw(p painter) {
	if p.h < 1 {
		return
	}
	if h := p.h - 1; h != t.height {
		t.height = h
		t.reveal()
	}
	shown := t.rows[min(t.top, len(t.rows)):min(t.top+t.height, len(t.rows))]
	t.format(shown)
	cols, widths := t.fit(p.w)
	t.heading(p.sub(0, 0, p.w, 1), cols, widths)
	for i := range shown {
		t.drawRow(p.sub(0, i+1, p.w, 1), &shown[i], t.top+i == t.selected, cols, widths, t.cells[i])
	}
	if len(t.rows) == 0 && p.h > 2 {
		p.role(2, 2, "no process matches", roleDim)
	}
}

// format fills t.cells with the texts of the rows in sight and lets the widths grow with them.
func (t *table) format(shown []column.Row) {
	for len(t.cells) < len(shown) {
		t.cells = append(t.cells, nil)
	}
	for i := range shown {
		cells := t.cells[i][:0]
		for _, c := range t.cols {
			text := c.Format(c.Value(&shown[i]))
			t.widths[c] = max(t.widths[c], c.Width, width(c.Title)+1, min(width(text), maxWidth(c)))
			cells = append(cells, text)
		}
		t.cells[i] = cells
	}
	for _, c := range t.cols {
		t.widths[c] = max(t.widths[c], c.Width, width(c.Title)+1)
	}
}

func maxWidth(c *column.Column) int {
	if c.Align == column.Right {
		return 24
	}
	return textMax
}

// fit chooses the columns that there is room for, as positions in t.cols. The last one takes what the others leave.
// Of columns that nobody chose, those to the right give way until the last has room; chosen ones are scrolled through.
func (t *table) fit(w int) (kept, widths []int) {
	if len(t.cols) == 0 {
		return nil, nil
	}
	for i := range t.cols {
		kept = append(kept, i)
	}
	used := func() int {
		n := 1 // the mark
		for _, i := range kept[:len(kept)-1] {
			n += t.widths[t.cols[i]] + 1
		}
		return n
	}
	if !t.own {
		for len(kept) > 4 && w-used() < lastWanted {
			kept = slices.Delete(kept, len(kept)-2, len(kept)-1)
		}
	}
	t.crowded = w-used() < 8
	if !t.crowded && t.firstCol > 0 {
		t.firstCol = 0
	}
	if n := min(t.firstCol, len(kept)-2); n > 0 {
		kept = slices.Delete(kept, 1, 1+n)
	}
	for _, i := range kept {
		widths = append(widths, t.widths[t.cols[i]])
	}
	widths[len(kept)-1] = max(0, w-used())
	return kept, widths
}

func (t *table) heading(p painter, cols, widths []int) {
	p.fill(0, 0, p.th.of(roleHead))
	t.heads = t.heads[:0]
	x := 1
	for i, col := range cols {
		c := t.cols[col]
		title, r := c.Title, roleHead
		if len(t.q.Sort) > 0 && t.q.Sort[0].Column == c {
			r = roleHeadSort
			if t.q.Sort[0].Desc {
				title += p.gl.down
			} else {
				title += p.gl.up
			}
		}
		at := x
		if c.Align == column.Right && i < len(cols)-1 {
			at = x + max(0, widths[i]-width(title))
		}
		p.role(at, 0, title, r)
		t.heads = append(t.heads, headSpot{x, x + widths[i] + 1, c})
		x += widths[i] + 1
	}
}

func (t *table) drawRow(p painter, r *column.Row, selected bool, cols, widths []int, cells []string) {
	style := func(role role) tcell.Style {
		if selected {
			return p.th.of(roleCursor)
		}
		return p.th.of(role)
	}
	base := t.rowRole(r)
	if selected {
		p.fill(0, 0, style(base))
	}
	t.gutter(p, r, style)
	x := 1
	for i, col := range cols {
		c, text := t.cols[col], cells[col]
		if i == len(cols)-1 {
			t.drawLast(p.sub(x, 0, p.w-x, 1), r, text, base, style)
			return
		}
		role := base
		if base == roleText {
			role = cellRole(c, r)
		}
		if c.Align == column.Right {
			p.put(x+max(0, widths[i]-width(text)), 0, text, style(role))
		} else {
			p.put(x, 0, clip(text, widths[i]), style(role))
		}
		x += widths[i] + 1
	}
}

// gutter is the first cell: a tag, or how severe the worst finding about the process is.
func (t *table) gutter(p painter, r *column.Row, style func(role) tcell.Style) {
	mark, severity := markText(r, p.gl)
	switch {
	case r.Proc != nil && t.tags[r.Proc.ID]:
		p.put(0, 0, "*", style(roleTag))
	case mark != "":
		p.put(0, 0, p.gl.mark[severity], style(severityRole(severity)))
	}
}

// drawLast draws the column that takes the rest of the line: the tree before it, the name of the executable brought
// out, and behind it what is to be said of the row.
func (t *table) drawLast(p painter, r *column.Row, text string, base role, style func(role) tcell.Style) {
	mark, severity := markText(r, p.gl)
	end := p.w
	if mark != "" && p.w > 2*width(mark) {
		end -= width(mark) + 1
	}
	q := p.sub(0, 0, end, 1)
	x := q.put(0, 0, r.Prefix, style(roleDim))
	if t.hasBranch(r) && t.isFolded(r.Proc.ID) {
		x = q.put(x, 0, fmt.Sprintf("%s%d ", p.gl.fold, len(r.Forest.Descendants(r.Index))), style(roleTag))
	}
	if n := t.bunches.stands(r); t.q.Tree && n > 1 {
		x = q.put(x, 0, fmt.Sprintf("%s%d zombies: ", p.gl.fold, n), style(roleZombie))
	}
	l := commandLine(strings.TrimPrefix(text, r.Prefix), base) // the column has the tree's drawing in it
	if r.Group != nil && r.Proc == nil {
		l = line{{groupName(r.Group), roleStrong}, {"  " + plural(r.Group.Count, "process", "processes"), roleDim}}
	}
	if mark != "" && len(l) == 3 && x+l.width() > q.w && t.scroll == 0 {
		l = l[1:] // the name says more than the directory
	}
	for _, s := range skipCells(l, t.scroll) {
		x = q.put(x, 0, s.text, style(s.role))
	}
	if mark != "" && p.w > 2*width(mark) {
		p.put(min(x+1, end), 0, " "+mark, style(severityRole(severity)))
	}
}

// commandLine brings out the name in "/usr/sbin/name args".
func commandLine(text string, base role) line {
	first, args, _ := strings.Cut(text, " ")
	if !strings.HasPrefix(first, "/") {
		return plain(text, base)
	}
	slash := strings.LastIndexByte(first, '/') + 1
	dir, name := base, base
	if base == roleText {
		dir, name = roleDim, roleStrong
	}
	if args != "" {
		args = " " + args
	}
	return line{{first[:slash], dir}, {first[slash:], name}, {args, base}}
}

// skipCells leaves out the first n cells of a line.
func skipCells(l line, n int) line {
	for i := range l {
		w := width(l[i].text)
		if n < w {
			l[i].text = skip(l[i].text, n)
			return l[i:]
		}
		n -= w
	}
	return nil
}

// rowRole is how a whole row looks.
func (t *table) rowRole(r *column.Row) role {
	switch {
	case r.Proc != nil && t.tags[r.Proc.ID]:
		return roleTag
	case r.Context:
		return roleDim
	case r.Proc != nil && r.Proc.KernelThread():
		return roleKernel
	}
	return roleText
}

// cellRole colours a cell by what its value means.
func cellRole(c *column.Column, r *column.Row) role {
	v := c.Value(r)
	switch {
	case v.Kind == column.Absent:
		return roleDim
	case c.Group == groupState && r.Proc != nil:
		return stateRole(r)
	case c.Unit == column.Percent:
		switch {
		case v.Float >= 90:
			return roleCritical
		case v.Float >= 50:
			return roleWarning
		case v.Float == 0:
			return roleDim
		}
	}
	return roleText
}

// groupState is the PCB group of the columns that are coloured by the process's state.
const groupState = "state"

func stateRole(r *column.Row) role {
	state := r.Proc.State
	if r.Thread != nil {
		state = r.Thread.State
	}
	switch state {
	case 'R':
		return roleRunning
	case 'D':
		return roleWaiting
	case 'T', 't':
		return roleStopped
	case 'Z', 'X', 'x':
		return roleZombie
	}
	return roleText
}
