package ui

import (
	"slices"

	"ptop/pcb"
)

// pageLine is a line of a text page; one with a link can be opened.
type pageLine struct {
	line
	link pcb.ID
}

// textLine makes a page line of one role.
func textLine(text string, r role) pageLine { return pageLine{line: plain(text, r)} }

// pager shows lines and scrolls through them. Where lines have links it has a cursor that goes from one to the next.
type pager struct {
	lines  []pageLine
	top    int
	left   int
	cursor int
	height int
}

// set replaces the lines and keeps the place, and the cursor on the process it was on.
func (g *pager) set(lines []pageLine) {
	link := g.link()
	g.lines = lines
	if !link.IsZero() {
		if i := slices.IndexFunc(lines, func(l pageLine) bool { return l.link == link }); i >= 0 {
			g.cursor = i
		}
	}
	g.clamp()
}

func (g *pager) reset() { g.top, g.left, g.cursor = 0, 0, 0 }

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
		g.left += scrollStep
		return
	}
	if !g.linked() {
		g.top += step
		g.clamp()
		return
	}
	g.cursor += step
	g.clamp()
	g.top = min(g.top, g.cursor)
	g.top = max(g.top, g.cursor-max(1, g.height)+1)
}

// to puts the cursor on the line that links to a process.
func (g *pager) to(id pcb.ID) {
	for i := range g.lines {
		if g.lines[i].link == id {
			g.cursor = i
			g.top = max(0, i-g.height/2)
		}
	}
	g.clamp()
}

func (g *pager) click(y int) {
	if g.top+y < len(g.lines) {
		g.cursor = g.top + y
	}
}

func (g *pager) draw(p painter) {
	if g.height != p.h {
		g.height = p.h
		g.clamp()
	}
	linked := g.linked()
	for y := 0; y < p.h && g.top+y < len(g.lines); y++ {
		i := g.top + y
		l := skipCells(slices.Clone(g.lines[i].line), g.left)
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
