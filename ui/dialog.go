package ui

import (
	"strings"

	"github.com/gdamore/tcell/v2"
)

// menuItem is one thing to choose.
type menuItem struct {
	key  string // what typing jumps to: a signal's number
	text string
	name string // a second name, such as a column's ID
	help string
	on   bool // in a menu of several: chosen
}

// menu is a dialog with a list to choose from. In one of several Space flips an item and Enter takes all.
type menu struct {
	title  string
	note   func() string // a line above the items; nil for none
	tall   *tall         // what is to be chosen takes sentences; nil for a line each
	items  []menuItem
	at     int
	many   bool
	next   string      // what comes after the choice; empty where that needs no words
	choose func(i int) // for one: the item; for many it is called once, the items tell
	gone   func()      // the dialog has been closed, whatever way; nil for nothing
	typed  string
	moved  bool // a key has moved in it
	top    int
	list   rect
}

func (m *menu) closed() {
	if m.gone != nil {
		m.gone()
	}
}

func (m *menu) paste(string) {}

func (m *menu) key(stroke string, ev *tcell.EventKey) bool {
	page := max(1, m.list.h-1)
	typed := m.typed
	m.typed, m.moved = "", true
	if m.tall != nil && m.tall.scroll(stroke, page) {
		return false
	}
	if at, ok := walked(stroke, m.at, page, len(m.items)-1); ok {
		m.at = max(0, min(at, len(m.items)-1))
		return false
	}
	switch stroke {
	case "Esc", "q":
		return true
	case "Enter":
		if len(m.items) > 0 {
			m.choose(m.at)
		}
		return true
	case "Space":
		switch {
		case !m.many:
			m.jump(typed, " ") // "best effort 4"
		case len(m.items) > 0:
			m.items[m.at].on = !m.items[m.at].on
			m.at++
		}
	default:
		if ev.Key() == tcell.KeyRune && ev.Modifiers()&tcell.ModAlt == 0 {
			m.jump(typed, string(ev.Rune()))
		}
	}
	m.at = max(0, min(m.at, len(m.items)-1))
	return false
}

// walked is where a stroke leads in a list; false when it is none that moves.
func walked(stroke string, at, page, last int) (to int, ok bool) {
	switch stroke {
	case "Up":
		return at - 1, true
	case "Down":
		return at + 1, true
	case "PgUp":
		return at - page, true
	case "PgDn":
		return at + page, true
	case "Home":
		return 0, true
	case "End":
		return last, true
	}
	return at, false
}

// jump goes to the item whose number or name begins with what has been typed.
func (m *menu) jump(before, now string) {
	for _, text := range []string{before + now, now} {
		for i, it := range m.items {
			if strings.HasPrefix(it.key, text) || hasPrefixFold(it.text, text) || hasPrefixFold(it.name, text) {
				m.at, m.typed = i, text
				return
			}
		}
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func (m *menu) click(x, y int) bool {
	i := m.top + y - m.list.y
	if m.tall != nil {
		i = m.tall.item(y - m.list.y)
	}
	if !m.list.holds(x, y) || i < 0 || i >= len(m.items) {
		return !m.list.holds(x, y)
	}
	if m.many {
		m.at = i
		m.items[i].on = !m.items[i].on
		return false
	}
	if m.at == i {
		m.choose(i)
		return true
	}
	m.at = i
	return false
}

func (m *menu) draw(p painter) {
	if m.tall != nil {
		m.list = m.tall.draw(p, m)
		return
	}
	note := ""
	if m.note != nil {
		note = m.note()
	}
	w := max(width(m.title)+6, width(note)+4, 24)
	keys, names := 0, 0
	for _, it := range m.items {
		keys, names = max(keys, width(it.key)), max(names, width(it.name))
	}
	for _, it := range m.items {
		w = max(w, keys+width(it.text)+names+width(it.help)+14)
	}
	foot := "Enter chooses, Esc leaves"
	if m.many {
		foot = "Space switches, Enter takes, Esc leaves"
	}
	if m.next != "" {
		foot += "; " + m.next
	}
	w = max(w, width(foot)+4)
	extra := 3
	if note != "" {
		extra++
	}
	in := centred(p, w, len(m.items)+extra, m.title)
	y := 0
	if note != "" {
		in.role(0, 0, clip(note, in.w), roleWarning)
		y = 1
	}
	rows := max(0, in.h-y-1)
	m.top = max(0, min(m.top, m.at), m.at-rows+1)
	m.list = rect{in.x, in.y + y, in.w, rows}
	for i := m.top; i < len(m.items) && i-m.top < rows; i++ {
		it := m.items[i]
		r, help := roleText, roleDim
		q := in.sub(0, y+i-m.top, in.w, 1)
		if i == m.at {
			r, help = roleCursor, roleCursor
			q.fill(0, 0, p.th.of(roleCursor))
		}
		x := 0
		if m.many {
			sign := "[ ] "
			if it.on {
				sign = "[x] "
			}
			x = q.role(x, 0, sign, r)
		}
		if keys > 0 {
			q.role(x+keys-width(it.key), 0, it.key, r)
			x += keys + 1
		}
		x = q.role(x, 0, it.text, r)
		if names > 0 {
			x = q.role(x+1, 0, pad(it.name, names), r)
		}
		q.role(x+2, 0, clip(it.help, in.w-x-2), help)
	}
	in.role(0, in.h-1, foot, roleDim)
}

// centred draws the frame of a dialog in the middle and gives its inside. The size includes the frame.
func centred(p painter, w, h int, title string) painter {
	w, h = min(w, p.w), min(h, p.h)
	return p.sub((p.w-w)/2, (p.h-h)/2, w, h).box(title)
}

// textBox is a dialog that shows text to be read.
type textBox struct {
	title string
	text  string
	top   int
}

func (b *textBox) closed()             {}
func (b *textBox) paste(string)        {}
func (b *textBox) click(int, int) bool { return true }

func (b *textBox) key(stroke string, _ *tcell.EventKey) bool {
	switch stroke {
	case "Up":
		b.top--
	case "Down":
		b.top++
	case "PgUp":
		b.top -= 10
	case "PgDn":
		b.top += 10
	default:
		return true
	}
	return false
}

func (b *textBox) draw(p painter) {
	w := min(p.w-4, 100)
	lines := wrap(b.text, w-4, 0)
	in := centred(p, w, len(lines)+2, b.title)
	b.top = max(0, min(b.top, len(lines)-in.h))
	for y := 0; y < in.h && b.top+y < len(lines); y++ {
		in.role(0, y, lines[b.top+y], roleText)
	}
}
