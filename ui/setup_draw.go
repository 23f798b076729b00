package ui

import (
	"strconv"
	"strings"

	"ptop/internal/column"
)

// footSpot is where a key of the dialog's foot was drawn: a click there is that key.
type footSpot struct {
	rect
	stroke string
}

// footItem is a key with what it does.
type footItem struct{ key, does, stroke string }

// On a screen of this height the dialog leaves setupAbove lines of what it changes in sight.
const setupTall, setupAbove = 24, 10

// setupWidest is how wide the dialog becomes.
const setupWidest = 110

// foot is the keys that hold where the cursor stands.
func (s *setup) foot() []footItem {
	if s.finding {
		return []footItem{{"Enter", "ends finding", "Enter"}}
	}
	items := []footItem{{"←", "", "Left"}, {"→", "changes", "Right"}}
	if s.a.gl == asciiGlyphs {
		items[0].key, items[1].key = "Left", "Right"
	}
	if s.column() != nil {
		items = []footItem{{"Space", "shows", "Space"}, {"[", "", "["}, {"]", "moves", "]"}, {"-", "", "-"}, {"+", "width", "+"}, {"/", "finds", "/"}}
	}
	return append(items, footItem{"Enter", "keeps", "Enter"}, footItem{"s", "saves", "s"}, footItem{"Esc", "undoes", "Esc"})
}

func (s *setup) draw(p painter) {
	w, h := min(p.w, setupWidest), p.h
	if h >= setupTall {
		h -= setupAbove
	}
	in := p.sub((p.w-w)/2, p.h-h, w, h).box("setup")
	below := s.drawFoot(in)
	room := aboutLines(in.h - below)
	about := s.about(in.w)
	if s.note != nil { // an error has its reason at its end
		room = max(room, min(len(about), in.h-below-1))
	}
	if room > 0 && len(about) > room {
		about[room-1][0].text = clip(about[room-1][0].text+" "+about[room][0].text, in.w)
	}
	for i, l := range about[:min(len(about), room)] {
		in.line(0, in.h-below-room+i, l)
	}
	s.drawList(in.sub(0, 0, in.w, in.h-below-room))
}

// aboutLines is how many lines there are for what is to be said of the line under the cursor, so that the list stays as high
// as it is whatever that line is.
func aboutLines(h int) int {
	switch {
	case h < 6:
		return 0
	case h < 16:
		return 1
	}
	return 2
}

// about is what is to be said of the line under the cursor, or of what was done last.
func (s *setup) about(w int) []line {
	text, r := "", roleDim
	switch c := s.column(); {
	case s.note != nil:
		text, r = s.note[0].text, s.note[0].role
	case s.finding:
		return []line{{{"find: ", roleTitle}, {s.word, roleText}, {" ", roleCursor}}}
	case c != nil:
		text = c.ID + ": " + c.Help
	default:
		text = s.set[s.at].help(s.a)
	}
	var lines []line
	for _, l := range wrap(text, w, 0) {
		lines = append(lines, plain(l, r))
	}
	return lines
}

// drawFoot draws the keys in as many lines as they take, at the end of in, and gives that number.
func (s *setup) drawFoot(in painter) int {
	type piece struct {
		footItem
		x, y int
	}
	var pieces []piece
	x, y := 0, 0
	for _, f := range s.foot() {
		n := width(f.key) + 1
		if f.does != "" {
			n += width(f.does) + 2
		}
		if x > 0 && x+n-2 > in.w {
			x, y = 0, y+1
		}
		pieces = append(pieces, piece{f, x, y})
		x += n
	}
	rows := min(y+1, max(1, in.h-2))
	s.feet = s.feet[:0]
	for _, f := range pieces {
		if f.y >= rows {
			break
		}
		at := in.h - rows + f.y
		end := in.role(f.x, at, f.key, roleKey)
		if f.does != "" {
			end = in.role(end+1, at, f.does, roleDim)
		}
		s.feet = append(s.feet, footSpot{rect{in.x + f.x, in.y + at, end - f.x, 1}, f.stroke})
	}
	return rows
}

// lineOf is the line of the list that something stands in; between the settings and the columns is a heading.
func (s *setup) lineOf(at int) int {
	if at >= len(s.set) {
		at++
	}
	return at
}

func (s *setup) drawList(p painter) {
	s.list = rect{p.x, p.y, p.w, p.h}
	lines := len(s.set) + 1 + len(s.cols)
	at := s.lineOf(s.at)
	s.top = max(0, min(s.top, at, lines-p.h), at-p.h+1)
	for y := 0; y < p.h && s.top+y < lines; y++ {
		q := p.sub(0, y, p.w, 1)
		r := roleText
		if s.top+y == at {
			r = roleCursor
			q.fill(0, 0, p.th.of(r))
		}
		switch i := s.top + y; {
		case i < len(s.set):
			s.drawDial(q, &s.set[i], r)
		case i == len(s.set):
			q.role(0, 0, clip("columns: "+plural(len(s.a.table.cols), "is", "are")+" shown, in this order", p.w), roleTitle)
		default:
			s.drawColumn(q, s.cols[i-len(s.set)-1], r)
		}
	}
}

// Where the value of a setting, and its sign for the one before, begins.
const dialValue = 16

func (s *setup) drawDial(p painter, set *dial, r role) {
	p.role(0, 0, set.name, r)
	x := p.role(dialValue, 0, "< ", r)
	value := r
	if r == roleText {
		value = roleStrong
	}
	x = p.role(x, 0, clip(set.value(s.a), p.w-x-2), value)
	p.role(x, 0, " >", r)
}

func (s *setup) drawColumn(p painter, c *column.Column, r role) {
	sign, size, help := "[ ] ", "", roleDim
	if s.on[c] {
		sign = "[x] "
	}
	if w := s.a.table.asked[c]; w > 0 {
		size = strconv.Itoa(w)
	}
	if r == roleCursor {
		help = r
	}
	x := p.role(0, 0, sign, r)
	if p.w < 60 {
		p.role(x, 0, pad(clip(c.ID, p.w-x-4), p.w-x-4)+" "+size, r)
		return
	}
	x = p.role(x, 0, pad(c.Title, 11)+" "+pad(c.ID, 22)+" "+strings.Repeat(" ", 3-len(size))+size, r)
	p.role(x+2, 0, clip(c.Help, p.w-x-2), help)
}

func (s *setup) click(x, y int) bool {
	for _, f := range s.feet {
		if f.holds(x, y) {
			return s.key(f.stroke, keyEvent(f.stroke))
		}
	}
	if !s.list.holds(x, y) {
		return false
	}
	i := s.top + y - s.list.y
	switch {
	case i < len(s.set):
		s.at, s.note = i, nil
		if x -= s.list.x; x == dialValue {
			s.step(-1)
		} else if x > dialValue {
			s.step(1)
		}
	case i > len(s.set) && i <= len(s.set)+len(s.cols):
		s.at, s.note = i-1, nil
		s.flip()
	}
	return false
}
