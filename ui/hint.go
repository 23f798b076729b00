package ui

import (
	"time"
)

// hintLine shows the most useful keys of the view; a click on one acts.
type hintLine struct {
	y     int
	spots []hintSpot
}

type hintSpot struct {
	from, to int
	b        *binding
}

func (h *hintLine) draw(p painter, a *app) {
	h.spots, h.y = h.spots[:0], p.y
	p.fill(0, 0, p.th.of(roleText))
	x := 0
	mayAct := a.b.ActionsOff() == "" && (a.scope() != inDetail || !a.detail.gone)
	for _, b := range a.keys.list {
		if b.short == "" || b.where&a.scope() == 0 || b.acts && !mayAct || b.when != nil && !b.when(a) {
			continue
		}
		keys := a.keys.strokes(b, a.scope())
		if len(keys) == 0 {
			continue
		}
		if width(keys[0])+width(b.short)+1 > p.w-x {
			break
		}
		from := x
		x = p.role(x, 0, keys[0], roleKey)
		x = p.role(x, 0, b.short, roleHint)
		h.spots = append(h.spots, hintSpot{from, x, b})
		x++
	}
}

// at gives the binding whose hint is drawn at that cell, or nil.
func (h *hintLine) at(x, y int) *binding {
	for _, s := range h.spots {
		if y == h.y && x >= s.from && x < s.to {
			return s.b
		}
	}
	return nil
}

// logLine keeps what ptop has said: outcomes of actions, findings that appeared.
type logLine struct {
	entries []logEntry
}

type logEntry struct {
	at   time.Time
	role role
	text string
}

// Messages stand for a while; those that tell of a failure stand longer.
const (
	logStands     = 8 * time.Second
	logStandsLong = 30 * time.Second
	logMax        = 200
)

func (l *logLine) say(now time.Time, r role, text string) {
	l.entries = append(l.entries, logEntry{now, r, text})
	if len(l.entries) > logMax {
		l.entries = l.entries[len(l.entries)-logMax:]
	}
}

// current is the newest message, unless it has stood long enough.
func (l *logLine) current(now time.Time) (string, role) {
	if len(l.entries) == 0 {
		return "", roleText
	}
	e := l.entries[len(l.entries)-1]
	stands := logStands
	if e.role == roleCritical {
		stands = logStandsLong
	}
	if now.Sub(e.at) > stands {
		return "", roleText
	}
	return e.text, e.role
}
