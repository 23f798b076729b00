package ui

import (
	"strings"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/uniseg"

	"ptop/internal/sanitize"
)

// painter draws into a rectangle of the screen and never outside it. Its put is the only way from a text to the
// screen, and it sanitises: no byte of a process reaches the terminal as it was. Cells are set one by one, so that
// tview's own [tags] have no meaning anywhere.
type painter struct {
	screen     tcell.Screen
	x, y, w, h int
	th         *theme
	gl         *glyphs
}

// sub is the painter of a part, cut to its parent.
func (p painter) sub(x, y, w, h int) painter {
	x, y = max(0, x), max(0, y)
	s := p
	s.x, s.y = p.x+x, p.y+y
	s.w, s.h = max(0, min(w, p.w-x)), max(0, min(h, p.h-y))
	return s
}

// put writes text at x, y and gives the x after it. What does not fit is cut at a whole character.
func (p painter) put(x, y int, text string, st tcell.Style) int {
	if y < 0 || y >= p.h || x >= p.w {
		return x
	}
	text = sanitize.Text(text)
	if p.gl == asciiGlyphs {
		text = sanitize.ASCII(text)
	}
	for text != "" && x < p.w {
		n, w := cluster(text)
		if x+w > p.w {
			p.screen.Put(p.x+x, p.y+y, " ", st)
			return p.w
		}
		if w > 0 && x >= 0 {
			p.screen.Put(p.x+x, p.y+y, text[:n], st)
		}
		text, x = text[n:], x+w
	}
	return x
}

// role is put with the style of a role.
func (p painter) role(x, y int, text string, r role) int { return p.put(x, y, text, p.th.of(r)) }

// line writes the pieces of l one after the other.
func (p painter) line(x, y int, l line) int {
	for _, s := range l {
		x = p.put(x, y, s.text, p.th.of(s.role))
	}
	return x
}

// fill covers cells from x to the end of the line with blanks of a style.
func (p painter) fill(x, y int, st tcell.Style) {
	if y < 0 || y >= p.h {
		return
	}
	for ; x < p.w; x++ {
		p.screen.Put(p.x+x, p.y+y, " ", st)
	}
}

// clear blanks the whole rectangle.
func (p painter) clear() {
	for y := range p.h {
		p.fill(0, y, p.th.of(roleText))
	}
}

// box draws a frame with a title and gives the painter of its inside.
func (p painter) box(title string) painter {
	p.clear()
	st, g := p.th.of(roleFrame), p.gl.frame
	for x := 1; x < p.w-1; x++ {
		p.put(x, 0, g[4], st)
		p.put(x, p.h-1, g[4], st)
	}
	for y := 1; y < p.h-1; y++ {
		p.put(0, y, g[5], st)
		p.put(p.w-1, y, g[5], st)
	}
	p.put(0, 0, g[0], st)
	p.put(p.w-1, 0, g[1], st)
	p.put(0, p.h-1, g[2], st)
	p.put(p.w-1, p.h-1, g[3], st)
	if title != "" {
		p.sub(2, 0, p.w-4, 1).role(0, 0, " "+title+" ", roleTitle)
	}
	return p.sub(2, 1, p.w-4, p.h-2)
}

// cluster gives the bytes and the cells of the first character of text as a reader sees it.
func cluster(text string) (bytes, cells int) {
	if text[0] < 0x80 && (len(text) == 1 || text[1] < 0x80) {
		return 1, 1
	}
	c, _, w, _ := uniseg.FirstGraphemeClusterInString(text, -1)
	return len(c), w
}

// width is the number of cells that put uses for text.
func width(text string) int { return sanitize.Width(sanitize.Text(text)) }

// clip cuts text to w cells; "…" marks the cut.
func clip(text string, w int) string { return sanitize.Cells(sanitize.Text(text), w) }

// skip leaves out the first n cells of text.
func skip(text string, n int) string {
	if n <= 0 {
		return text
	}
	text = sanitize.Text(text)
	for n > 0 && text != "" {
		b, w := cluster(text)
		n, text = n-w, text[b:]
	}
	return text
}

// span is a piece of text with a meaning; line is a line of them.
type span struct {
	text string
	role role
}

type line []span

func (l line) width() int {
	n := 0
	for _, s := range l {
		n += width(s.text)
	}
	return n
}

// plain makes a line of one role.
func plain(text string, r role) line { return line{{text, r}} }

// wrap breaks text into lines of at most w cells at blanks, or anywhere when a word is longer. Later lines are
// indented. It sanitises before it looks for blanks: a line feed in a process's name must not begin a line of its own.
func wrap(text string, w, indent int) []string {
	w = max(w, indent+8, 8)
	var out []string
	cur := ""
	for _, word := range strings.Fields(sanitize.Text(text)) {
		for {
			sep := " "
			if strings.TrimSpace(cur) == "" {
				sep = ""
			}
			if width(cur)+len(sep)+width(word) <= w {
				cur += sep + word
				break
			}
			if strings.TrimSpace(cur) == "" { // longer than a line
				room := w - width(cur)
				head := cutCells(word, room)
				out = append(out, cur+head)
				word = word[len(head):]
			} else {
				out = append(out, cur)
			}
			cur = strings.Repeat(" ", indent)
			if word == "" {
				break
			}
		}
	}
	if strings.TrimSpace(cur) != "" || len(out) == 0 {
		out = append(out, cur)
	}
	return out
}

// cutCells gives the longest beginning of text within w cells, and at least one character.
func cutCells(text string, w int) string {
	used, end := 0, 0
	for end < len(text) {
		b, cw := cluster(text[end:])
		if end > 0 && used+cw > w {
			break
		}
		used, end = used+cw, end+b
	}
	return text[:end]
}
