package ui

import "strings"

// tall is how a menu is laid out whose items are sentences: each, and what it risks, in as many lines as it takes, below
// paragraphs that say what it is about.
type tall struct {
	text  []string // the paragraphs
	rows  []tallRow
	top   int
	chase bool // the item under the cursor is kept on the screen
}

// tallRow is one line; it belongs to an item, or to none with -1.
type tallRow struct {
	item int
	line string
	role role
}

// tallWidest is how wide such a menu becomes.
const tallWidest = 80

// say adds a paragraph, which ends as a sentence does.
func (t *tall) say(text string) {
	if text != "" && !strings.HasSuffix(text, ".") {
		text += "."
	}
	t.text = append(t.text, text)
}

// scroll moves by pages, and reports whether the stroke was one for that.
func (t *tall) scroll(stroke string, page int) bool {
	switch stroke {
	case "PgUp":
		t.top -= page
	case "PgDn":
		t.top += page
	default:
		t.chase = true
		return false
	}
	t.chase = false
	return true
}

// item is the one that a line of the screen belongs to; -1 for none.
func (t *tall) item(y int) int {
	if y += t.top; y < 0 || y >= len(t.rows) {
		return -1
	}
	return t.rows[y].item
}

// fill makes the lines for w cells.
func (t *tall) fill(items []menuItem, w int) {
	t.rows = t.rows[:0]
	add := func(item int, text string, indent int, r role) {
		for i, l := range wrap(text, w-2, indent) {
			if i == 0 && item >= 0 && r == roleDim {
				l = "  " + l
			}
			t.rows = append(t.rows, tallRow{item, l, r})
		}
	}
	for _, text := range t.text {
		add(-1, text, 0, roleText)
	}
	for i, it := range items {
		add(i, it.text, 2, roleStrong)
		if it.help != "" {
			add(i, "risk: "+it.help, 8, roleDim)
		}
	}
}

// draw draws the menu and gives where its lines are.
func (t *tall) draw(p painter, m *menu) rect {
	w := min(p.w, tallWidest)
	t.fill(m.items, w-4)
	in := centred(p, w, len(t.rows)+3, m.title)
	room := max(0, in.h-1)
	if t.chase {
		for y, row := range t.rows {
			if row.item == m.at && len(m.items) > 0 {
				t.top = max(t.top, y-room+1)
			}
		}
		for y := len(t.rows) - 1; y >= 0; y-- {
			if t.rows[y].item == m.at {
				t.top = min(t.top, y)
			}
		}
	}
	t.top = max(0, min(t.top, len(t.rows)-room))
	for y := 0; y < room && t.top+y < len(t.rows); y++ {
		row := t.rows[t.top+y]
		q, r := in.sub(0, y, in.w, 1), row.role
		if row.item == m.at && len(m.items) > 0 {
			r = roleCursor
			q.fill(0, 0, p.th.of(r))
		}
		q.role(0, 0, row.line, r)
	}
	foot := "Enter chooses, Esc leaves"
	if len(m.items) == 0 {
		foot = "Esc leaves"
	}
	if below := len(t.rows) - room - t.top; below > 0 {
		foot += "; " + plural(below, "more line", "more lines") + " below (PgDn)"
	}
	in.role(0, in.h-1, foot, roleDim)
	return rect{in.x, in.y, in.w, room}
}
