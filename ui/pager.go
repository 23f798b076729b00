package ui

import (
	"slices"

	"ptop/pcb"
)

// pageLine is a line of a text page. One with a link is about a process or a thread, and the cursor stays on it. One with
// late is made when it comes into sight.
type pageLine struct {
	line
	late func() line
	link pcb.ID
}

// textLine makes a page line of one role.
func textLine(text string, r role) pageLine { return pageLine{line: plain(text, r)} }

// pager shows lines and scrolls through them. Where lines have links it has a cursor that goes from one to the next.
type pager struct {
	head    []pageLine // stand above the lines, and stay there; the last one names columns
	pinned  int        // cells at the left that stay when the columns are scrolled sideways
	lines   []pageLine
	top     int
	left    int
	cursor  int
	moved   bool // the user has moved the cursor to its line; else it stands at the top, whatever is there
	height  int  // of the lines
	longest int  // line among those in sight
}

// set replaces the lines and keeps the place, and the cursor on the process it was on.
func (g *pager) set(lines []pageLine) {
	link := g.link()
	g.lines = lines
	if !link.IsZero() && g.moved {
		if i := slices.IndexFunc(lines, func(l pageLine) bool { return l.link == link }); i >= 0 {
			g.top += i - g.cursor
			g.cursor = i
		}
	}
	g.clamp()
}

func (g *pager) reset() { g.top, g.left, g.cursor, g.moved = 0, 0, 0, false }

// reveal scrolls sideways as little as brings the cells from, to of the lines into a width of w.
func (g *pager) reveal(from, to, w int) {
	if from >= g.pinned {
		g.left = max(min(g.left, from-g.pinned), to-w, 0)
	}
}

// at is the cell of a line that is drawn at x.
func (g *pager) at(x int) int {
	if x < g.pinned {
		return x
	}
	return x + g.left
}

// scrolled is a line as far as it is in sight sideways.
func (g *pager) scrolled(l line) line {
	l = slices.Clone(l)
	for i, x := 0, 0; i < len(l); i++ {
		if x >= g.pinned {
			return append(l[:i:i], skipCells(l[i:], g.left)...)
		}
		x += width(l[i].text)
	}
	return l
}

func (g *pager) linked() bool {
	return slices.ContainsFunc(g.lines, func(l pageLine) bool { return !l.link.IsZero() })
}

// link is the process that the line under the cursor links to.
func (g *pager) link() pcb.ID {
	if g.cursor < 0 || g.cursor >= len(g.lines) {
		return pcb.ID{}
	}
	return g.lines[g.cursor].link
}

func (g *pager) clamp() {
	g.cursor = max(0, min(g.cursor, len(g.lines)-1))
	g.top = max(0, min(g.top, len(g.lines)-max(1, g.height)))
}

func (g *pager) move(m motion) {
	page := max(1, g.height-1)
	step := map[motion]int{moveUp: -1, moveDown: 1, movePageUp: -page, movePageDown: page, moveTop: -len(g.lines), moveEnd: len(g.lines)}[m]
	switch m {
	case moveLeft:
		g.left = max(0, g.left-scrollStep)
		return
	case moveRight:
		g.left = scrolledOn(g.left, g.longest)
		return
	}
	if !g.linked() {
		g.top += step
		g.clamp()
		return
	}
	g.cursor, g.moved = g.cursor+step, true
	g.clamp()
	g.top = min(g.top, g.cursor)
	g.top = max(g.top, g.cursor-max(1, g.height)+1)
}

// to puts the cursor on the line that links to a process.
func (g *pager) to(id pcb.ID) {
	for i := range g.lines {
		if g.lines[i].link == id {
			g.cursor, g.moved = i, true
			g.top = max(0, i-g.height/2)
		}
	}
	g.clamp()
}

// click takes a press on a line below the head.
func (g *pager) click(y int) {
	if y -= len(g.head); y >= 0 && g.top+y < len(g.lines) {
		g.cursor, g.moved = g.top+y, true
	}
}

func (g *pager) draw(p painter) {
	for y, h := range g.head {
		l := h.line
		if y == len(g.head)-1 {
			l = g.scrolled(l)
		}
		p.line(0, y, l)
	}
	p = p.sub(0, len(g.head), p.w, p.h-len(g.head))
	if g.height != p.h {
		g.height = p.h
		g.clamp()
	}
	linked := g.linked()
	g.longest = 0
	for y := 0; y < p.h && g.top+y < len(g.lines); y++ {
		i := g.top + y
		l := g.lines[i].line
		if late := g.lines[i].late; late != nil {
			l = late()
		}
		g.longest = max(g.longest, l.width())
		l = g.scrolled(l)
		if linked && i == g.cursor {
			p.fill(0, y, p.th.of(roleCursor))
			x := 0
			for _, s := range l {
				x = p.role(x, y, s.text, roleCursor)
			}
			continue
		}
		p.line(0, y, l)
	}
}
