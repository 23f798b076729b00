package ui

import (
	"slices"
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
	aside   logEntry // about a key, and no part of what is kept
}

type logEntry struct {
	at   time.Time
	role role
	text string
	news bool // nobody asked for it: a finding that appeared
	over bool // what was done since makes it old
}

// Messages stand for a while; those that tell of a failure stand longer.
const (
	logStands     = 8 * time.Second
	logStandsLong = 30 * time.Second
	asideStands   = 3 * time.Second
	logMax        = 200
)

func (l *logLine) say(now time.Time, r role, text string) {
	l.add(logEntry{at: now, role: r, text: text})
}

// news tells what nobody asked for. What was said stands first.
func (l *logLine) news(now time.Time, r role, text string) {
	l.add(logEntry{at: now, role: r, text: text, news: true})
}

// remark says something for a moment, before everything else.
func (l *logLine) remark(now time.Time, text string) {
	l.aside = logEntry{at: now, role: roleDim, text: text}
}

func (l *logLine) add(e logEntry) {
	if !e.news {
		l.aside = logEntry{}
	}
	l.entries = append(l.entries, e)
	if len(l.entries) > logMax {
		l.entries = l.entries[len(l.entries)-logMax:]
	}
}

// hush takes down what was said: it was about something that is tried anew.
func (l *logLine) hush() {
	if e := l.newest(false); e != nil {
		e.over = true
	}
}

// newest is the newest entry that is news, or that is none; nil when there is none.
func (l *logLine) newest(news bool) *logEntry {
	for i := range slices.Backward(l.entries) {
		if l.entries[i].news == news {
			return &l.entries[i]
		}
	}
	return nil
}

// current is the newest of what was said or, when that has stood long enough, of the news; nil for nothing.
func (l *logLine) current(now time.Time) *logEntry {
	if e := &l.aside; e.text != "" && now.Sub(e.at) <= asideStands {
		return e
	}
	for _, news := range []bool{false, true} {
		if e := l.newest(news); e != nil && e.stands(now) {
			return e
		}
	}
	return nil
}

func (e *logEntry) stands(now time.Time) bool {
	long := logStands
	if e.role == roleCritical {
		long = logStandsLong
	}
	return !e.over && now.Sub(e.at) <= long
}
