package ui

import (
	"fmt"
	"strings"

	"github.com/gdamore/tcell/v2"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/pcb"
)

// draw draws the heading and the rows in sight.
func (t *table) draw(p painter) {
	if p.h < 1 {
		return
	}
	if h := p.h - 1; h != t.height {
		t.height = h
		t.reveal()
	}
	cols := t.columns()
	sight := t.rows[min(t.top, len(t.rows)):min(t.top+t.height, len(t.rows))]
	t.format(cols, sight)
	kept, widths := t.fit(cols, p.w)
	t.heading(p.sub(0, 0, p.w, 1), kept, widths)
	for i := range sight {
		t.drawRow(p.sub(0, i+1, p.w, 1), &sight[i], t.top+i == t.selected, kept, widths, t.cells[i])
	}
	if len(t.rows) == 0 && p.h > 2 {
		p.role(2, 2, "no process matches", roleDim)
	}
}

func (t *table) heading(p painter, kept, widths []int) {
	p.fill(0, 0, p.th.of(roleHead))
	t.heads = t.heads[:0]
	x := 1
	for i, col := range kept {
		c := t.shown[col]
		title, r := c.Title, roleHead
		if t.sortColumn() == c {
			r = roleHeadSort
			if t.q.Sort[0].Desc {
				title += p.gl.down
			} else {
				title += p.gl.up
			}
		}
		if i < len(kept)-1 {
			title = clip(title, widths[i])
		}
		at := x
		if c.Align == column.Right && i < len(kept)-1 {
			at = x + max(0, widths[i]-width(title))
		}
		p.role(at, 0, title, r)
		t.heads = append(t.heads, headSpot{x, x + widths[i] + 1, c})
		x += widths[i] + 1
	}
}

func (t *table) drawRow(p painter, r *column.Row, selected bool, kept, widths []int, cells []string) {
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
	for i, col := range kept {
		c, text := t.shown[col], cells[col]
		if i == len(kept)-1 {
			t.drawLast(p.sub(x, 0, p.w-x, 1), r, text, base, style)
			return
		}
		role := base
		if base == roleText {
			if role = cellRole(c, r); c.ID == "user" && t.isOwn(r) {
				role = roleOwn
			}
		}
		if c.Align == column.Right {
			p.put(x+max(0, widths[i]-width(text)), 0, text, style(role))
		} else {
			p.put(x, 0, clip(text, widths[i]), style(role))
		}
		x += widths[i] + 1
	}
}

// gutter is the first cell: a tag, how severe the worst finding about the process is, or that it is new or gone.
func (t *table) gutter(p painter, r *column.Row, style func(role) tcell.Style) {
	mark, severity := markText(r, p.gl)
	switch {
	case r.Proc != nil && t.tags[r.Proc.ID]:
		p.put(0, 0, "*", style(roleTag))
	case t.isDead(r):
		p.put(0, 0, p.gl.dead, style(roleDead))
	case mark != "":
		p.put(0, 0, p.gl.mark[severity], style(severityRole(severity)))
	case born(r):
		p.put(0, 0, p.gl.born, style(roleBorn))
	}
}

// markLeast is how much of a mark has to be readable.
const markLeast = 8

// drawLast draws the column that takes the rest of the line: the tree before it, the name of the executable brought
// out, and behind it what is to be said of the row.
func (t *table) drawLast(p painter, r *column.Row, text string, base role, style func(role) tcell.Style) {
	mark, severity := markText(r, p.gl)
	end := p.w
	if half := p.w / 2; half < markLeast {
		mark = "" // its sign is in the gutter
	} else if mark != "" {
		mark = clip(mark, half)
		end -= width(mark) + 1
	}
	q := p.sub(0, 0, end, 1)
	x := q.put(0, 0, r.Prefix, style(roleDim))
	if t.hasBranch(r) && t.isFolded(r) {
		x = q.put(x, 0, fmt.Sprintf("%s%d ", p.gl.fold, len(r.Forest.Descendants(r.Index))), style(roleTag))
	}
	if n := t.bunches.stands(r); t.q.Tree && n > 1 {
		x = q.put(x, 0, fmt.Sprintf("%s%d zombies: ", p.gl.fold, n), style(roleZombie))
	}
	if t.q.Tree && r.Proc != nil && r.Thread == nil {
		if lost := t.frame.Adoption(r.Proc.ID); lost != nil {
			x = q.put(x, 0, lostText(lost, p.gl), style(roleOrphan))
		}
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
	if mark != "" {
		p.put(min(x+1, end), 0, " "+mark, style(severityRole(severity)))
	}
}

// lostText says of a process under its adopter which parent it lost.
func lostText(lost *detect.Adoption, gl *glyphs) string {
	return fmt.Sprintf("%s%s(%d) ", gl.lost, lost.Name, lost.Parent.PID)
}

// commandLine brings out the name in "/usr/sbin/name args". What stands in brackets is no command line.
func commandLine(text string, base role) line {
	first, args, _ := strings.Cut(text, " ")
	if strings.HasPrefix(first, "[") {
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
	case t.isDead(r):
		return roleDead
	case r.Context:
		return roleDim
	case born(r):
		return roleBorn
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

// isOwn reports whether the row is of a process of the user's own.
func (t *table) isOwn(r *column.Row) bool {
	return r.Proc != nil && r.Proc.Have.Has(pcb.FieldCreds) && int64(r.Proc.EUID) == t.ownUID
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
