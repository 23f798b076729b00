package ui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gdamore/tcell/v2"
)

// prompt is a line to type into, at the bottom of the screen. It tells every change, so that a filter can be seen
// working while it is typed.
type prompt struct {
	label    string
	text     string
	at       int // cursor, in bytes
	note     string
	bad      bool              // note is an error
	history  []string          // oldest first
	past     int               // position in history; len(history) is what is being typed
	changed  func(text string) // may be nil
	complete completer         // Tab; may be nil
	cycle    *cycle            // the completions that Tab goes through; nil when it does not
	enter    func(text string) (done bool)
	leave    func() // Esc
}

// completer gives what the end of a text may become: fits in the place of what follows head.
type completer func(text string) (head string, fits []string)

// cycle is several completions that one Tab after the other goes through.
type cycle struct {
	head string
	fits []string
	at   int
}

func (l *prompt) closed() {}

func (l *prompt) paste(text string) {
	l.insert(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, text))
}

func (l *prompt) insert(s string) {
	l.text = l.text[:l.at] + s + l.text[l.at:]
	l.at += len(s)
	l.tell()
}

func (l *prompt) set(s string) {
	l.text, l.at = s, len(s)
	l.tell()
}

func (l *prompt) tell() {
	if l.changed != nil {
		l.changed(l.text)
	}
}

func (l *prompt) key(stroke string, ev *tcell.EventKey) bool {
	cycle := l.cycle
	l.cycle = nil
	_, before := utf8.DecodeLastRuneInString(l.text[:l.at])
	_, after := utf8.DecodeRuneInString(l.text[l.at:])
	switch stroke {
	case "Enter":
		return l.enter(l.text)
	case "Esc":
		if l.leave != nil {
			l.leave()
		}
		return true
	case "Backspace":
		l.text = l.text[:l.at-before] + l.text[l.at:]
		l.at -= before
		l.tell()
	case "Delete":
		l.text = l.text[:l.at] + l.text[l.at+after:]
		l.tell()
	case "Left":
		l.at -= before
	case "Right":
		l.at += after
	case "Home", "Ctrl-A":
		l.at = 0
	case "End", "Ctrl-E":
		l.at = len(l.text)
	case "Ctrl-U":
		l.text, l.at = l.text[l.at:], 0
		l.tell()
	case "Ctrl-W":
		from := wordBefore(l.text[:l.at])
		l.text, l.at = l.text[:from]+l.text[l.at:], from
		l.tell()
	case "Ctrl-K":
		l.text = l.text[:l.at]
		l.tell()
	case "Up":
		l.recall(-1)
	case "Down":
		l.recall(1)
	case "Tab":
		l.tab(cycle)
	default:
		if ev.Key() == tcell.KeyRune && ev.Modifiers()&(tcell.ModAlt|tcell.ModCtrl) == 0 {
			l.insert(string(ev.Rune()))
		}
	}
	return false
}

// wordBefore is where the last word of a text begins, with the blanks behind it a part of it.
func wordBefore(text string) int { return strings.LastIndexByte(strings.TrimRight(text, " "), ' ') + 1 }

// tab completes as far as it is unambiguous, and from there goes through what there is.
func (l *prompt) tab(c *cycle) {
	switch {
	case c != nil:
		c.at = (c.at + 1) % len(c.fits)
	case l.complete == nil:
		return
	default:
		head, fits := l.complete(l.text)
		if len(fits) == 0 {
			return
		}
		c = &cycle{head: head, fits: fits}
		if common := head + commonPrefix(fits); len(fits) == 1 || len(common) > len(l.text) {
			l.set(common)
			if len(fits) > 1 {
				l.note = strings.Join(fits, " ")
			}
			return
		}
	}
	l.cycle = c
	l.set(c.head + c.fits[c.at])
	l.note = strings.Join(append(slices.Clone(c.fits[c.at+1:]), c.fits[:c.at]...), " ")
}

func commonPrefix(words []string) string {
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}

func (l *prompt) recall(by int) {
	next := l.past + by
	if next < 0 || next > len(l.history) {
		return
	}
	l.past = next
	if next == len(l.history) {
		l.set("")
	} else {
		l.set(l.history[next])
	}
}

func (l *prompt) click(int, int) bool { return false }

func (l *prompt) draw(p painter) {
	q := p.sub(0, p.h-1, p.w, 1)
	q.fill(0, 0, p.th.of(roleText))
	x := q.role(0, 0, l.label+" ", roleTitle)
	room := max(1, p.w-x-1)
	from := max(0, width(l.text[:l.at])-room)
	cursor := x + width(l.text[:l.at]) - from
	end := q.role(x, 0, skip(l.text, from), roleText)
	q.role(cursor, 0, firstCell(l.text[l.at:]), roleCursor)
	if l.note != "" {
		r := roleDim
		if l.bad {
			r = roleCritical
		}
		if p.h > 1 && end+3+width(l.note) > p.w { // no room beside it: above
			up := p.sub(0, p.h-2, p.w, 1)
			up.fill(0, 0, p.th.of(roleText))
			up.role(0, 0, clip(l.note, p.w), r)
			return
		}
		q.role(max(end, cursor+1)+2, 0, l.note, r)
	}
}

// firstCell is the character under the cursor, or a blank.
func firstCell(s string) string {
	if s == "" {
		return " "
	}
	n, _ := cluster(s)
	return s[:n]
}
