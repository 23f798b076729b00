package ui

import (
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"ptop/internal/column"
)

func (s *setup) closed() {}

func (s *setup) paste(text string) {
	if s.finding {
		s.word += text
		s.seek()
	}
}

// column is the one under the cursor; nil for a setting.
func (s *setup) column() *column.Column {
	if s.at < len(s.set) {
		return nil
	}
	return s.cols[s.at-len(s.set)]
}

func (s *setup) key(stroke string, ev *tcell.EventKey) bool {
	if s.finding && s.typed(stroke, ev) {
		return false
	}
	s.note = nil
	if moves, ok := map[string]string{"Up": "[", "Down": "]"}[stroke]; ok && ev.Modifiers()&tcell.ModShift != 0 {
		stroke = moves
	}
	last := len(s.set) + len(s.cols) - 1
	if at, ok := walked(stroke, s.at, max(1, s.list.h-1), last); ok {
		s.at = max(0, min(at, last))
		return false
	}
	switch stroke {
	case "Enter", "F2":
		return true
	case "Esc", "q":
		s.a.putBack(s.was)
		return true
	case "Left":
		s.step(-1)
	case "Right":
		s.step(1)
	case "Space":
		if s.column() != nil {
			s.flip()
		} else {
			s.step(1)
		}
	case "[":
		s.move(-1)
	case "]":
		s.move(1)
	case "+", "=":
		s.resize(1)
	case "-":
		s.resize(-1)
	case "0":
		s.size(0)
	case "s", "w":
		s.save()
	case "/":
		s.finding, s.word = true, ""
	}
	s.at = max(0, min(s.at, last))
	return false
}

// step changes the setting under the cursor.
func (s *setup) step(by int) {
	if s.at < len(s.set) {
		s.set[s.at].step(s.a, by)
	}
}

// flip shows the column under the cursor, or no longer.
func (s *setup) flip() {
	c := s.column()
	if s.on[c] && len(s.a.table.cols) == 1 {
		s.note = plain("one column has to stay", roleWarning)
		return
	}
	s.on[c] = !s.on[c]
	s.apply()
}

// move moves the column under the cursor among the others.
func (s *setup) move(by int) {
	c := s.column()
	if c == nil {
		return
	}
	if !s.moved {
		s.moved = true
		s.order() // from here on the list is what is shown
	}
	at := slices.Index(s.cols, c)
	to := max(0, min(at+by, len(s.cols)-1))
	s.cols[at], s.cols[to] = s.cols[to], s.cols[at]
	s.at = len(s.set) + to
	s.apply()
}

func (s *setup) apply() {
	var chosen []*column.Column
	for _, c := range s.cols {
		if s.on[c] {
			chosen = append(chosen, c)
		}
	}
	if s.moved {
		s.a.table.arrange(chosen)
	} else {
		s.a.table.setColumns(chosen)
	}
}

// resize makes the column under the cursor wider or narrower than it is; below one cell it is as wide as its texts.
func (s *setup) resize(by int) {
	c := s.column()
	if c == nil {
		return
	}
	w := s.a.table.asked[c]
	if w == 0 {
		w = max(s.a.table.widths[c], c.Width)
	}
	s.size(w + by)
}

func (s *setup) size(w int) {
	if c := s.column(); c != nil {
		s.a.table.ask(c, min(w, column.WidthMax))
	}
}

// typed takes a key while a column is looked for, and tells whether it was one for that.
func (s *setup) typed(stroke string, ev *tcell.EventKey) bool {
	switch {
	case stroke == "Esc" || stroke == "Enter":
		s.finding = false
	case stroke == "Backspace":
		if r := []rune(s.word); len(r) > 0 {
			s.word = string(r[:len(r)-1])
		}
	case ev.Key() == tcell.KeyRune && ev.Modifiers()&(tcell.ModAlt|tcell.ModCtrl) == 0:
		s.word += string(ev.Rune())
	default:
		s.finding = false
		return false
	}
	s.seek()
	return true
}

// seek goes to the first column that has the word in its name, or else in its help.
func (s *setup) seek() {
	if s.word == "" {
		return
	}
	word := strings.ToLower(s.word)
	for _, text := range []func(*column.Column) string{
		func(c *column.Column) string { return c.ID }, func(c *column.Column) string { return c.Title }, func(c *column.Column) string { return c.Help },
	} {
		if i := slices.IndexFunc(s.cols, func(c *column.Column) bool { return strings.Contains(strings.ToLower(text(c)), word) }); i >= 0 {
			s.at = len(s.set) + i
			return
		}
	}
}

// save writes what is set into the configuration. What is saved is no longer put back by Esc.
func (s *setup) save() {
	now, settings := s.a.state(), s.a.savable()
	s.note = plain("saving…", roleDim)
	s.a.spawn(saving(s.a, settings, func(said line, saved bool) {
		s.note = said
		if saved {
			s.was = now
		}
	}))
}
