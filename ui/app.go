package ui

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"ptop/detect"
	"ptop/internal/ladder"
	"ptop/internal/monitor"
)

// body is a view that fills the screen between header and hint line.
type body interface {
	scope() scope
	draw(p painter)
	move(m motion)
	// click tells that the cell x, y of what draw got was pressed.
	click(x, y int)
}

// motion is a movement through a view.
type motion uint8

const (
	moveUp motion = iota
	moveDown
	movePageUp
	movePageDown
	moveTop
	moveEnd
	moveLeft
	moveRight
)

// overlay is a dialog over the views. It gets every key until it says that it is done.
type overlay interface {
	draw(p painter)
	key(stroke string, ev *tcell.EventKey) (done bool)
	paste(text string)
	click(x, y int) (done bool)
	closed() // it has been taken off the screen
}

// app wires the widgets, which hold their own state, to the Backend and to each other. All of it belongs to the UI
// goroutine; other goroutines reach it through the mailbox.
type app struct {
	b    Backend
	o    Options
	th   *theme
	gl   *glyphs
	keys *keymap
	mail *mailbox

	dress dress // what th follows from

	frame  *monitor.Frame // shown; held
	newest *monitor.Frame // the same unless paused; held
	paused bool
	ended  bool // sampling has ended

	header   *header
	table    *table
	findings *findingsView
	detail   *detailView
	hint     *hintLine
	log      *logLine
	history  *history

	views    []body // the last one is shown; the first is the table
	overlays []overlay
	bodyRect rect
	search   string   // what find looks for
	filters  []string // accepted in this session
	commands []string
	sought   *sought // by :goto; nil for nobody

	// started by run and by tests.
	spawn   func(work func(context.Context) func()) // off the UI goroutine; what work gives is run on it
	quit    func()
	stopJob func() // suspends the program
	sync    func() // draws every cell anew
	now     func() time.Time

	recording *recorder // nil for none
	reporting bool      // a report is being written

	cures    []*cure // remedies that are watched
	hurrying bool    // the next reading of one is on its way

	// Times that tests shorten: how long it is watched whether those that got a signal end; how often it is looked
	// while somebody is stopped gracefully, 0 for what the ladder thinks fit; how often while a remedy is watched, 0 for
	// with the readings alone; and the pause between the signals of one that is repeated.
	patience, climbLook, cureLook, repeatPause time.Duration
}

// rect is where something was drawn.
type rect struct{ x, y, w, h int }

func (r rect) holds(x, y int) bool { return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h }

// newApp makes the screen's state. Nothing runs yet.
func newApp(b Backend, o Options) (*app, error) {
	th, err := themeFor(o)
	if err != nil {
		return nil, err
	}
	a := &app{b: b, o: o, gl: unicodeGlyphs, mail: newMailbox(), now: time.Now, patience: endsWithin, cureLook: cureLook, repeatPause: repeatPause}
	a.dressIn(dress{th, o.Colors, 256})
	if o.Grace == 0 {
		a.o.Grace = ladder.DefaultGrace
	}
	if o.ASCII {
		a.gl = asciiGlyphs
	}
	a.keys = newKeymap(bindings(), o.VimKeys)
	a.header, a.hint, a.log, a.history = newHeader(), &hintLine{}, &logLine{}, newHistory()
	a.header.mode = meterMode(o.Meters)
	a.table = newTable(o)
	a.findings = &findingsView{b: b}
	a.detail = newDetailView(a)
	a.views = []body{a.table}
	a.spawn = func(func(context.Context) func()) {}
	a.quit, a.stopJob, a.sync = func() {}, func() {}, func() {}
	return a, nil
}

func (a *app) body() body   { return a.views[len(a.views)-1] }
func (a *app) scope() scope { return a.body().scope() }

// show puts a view on the stack; one that is in it comes up again.
func (a *app) show(v body) {
	for i, have := range a.views {
		if have == v {
			a.views = a.views[:i+1]
			return
		}
	}
	a.views = append(a.views, v)
}

func (a *app) back() {
	if len(a.views) > 1 {
		a.views = a.views[:len(a.views)-1]
	}
}

func (a *app) open(o overlay) { a.overlays = append(a.overlays, o) }

func (a *app) top() overlay {
	if len(a.overlays) == 0 {
		return nil
	}
	return a.overlays[len(a.overlays)-1]
}

// dismiss takes an overlay off the screen, wherever it stands.
func (a *app) dismiss(o overlay) {
	for i, have := range a.overlays {
		if have == o {
			a.overlays = append(a.overlays[:i:i], a.overlays[i+1:]...)
			o.closed()
			return
		}
	}
}

// receive takes what was posted. It runs on the UI goroutine.
func (a *app) receive() {
	m := a.mail.take()
	a.findings.record(m.events, a.now())
	if m.frame != nil {
		a.newest.Release()
		a.newest = m.frame // held by the mail until now
		a.header.record(m.frame)
		a.history.record(m.frame, a.table.watch(), a.now())
		a.recordReading(m.frame)
		if !a.paused {
			a.adopt(m.frame)
		}
	}
	if m.ended && !a.ended {
		a.ended = true
		a.log.say(a.now(), roleWarning, "no further readings: sampling has ended")
	}
	for _, f := range m.calls {
		f()
	}
	if m.frame != nil {
		a.judgeCures(m.frame)
	}
}

// adopt shows a Frame. The one before is let go when nothing shows it any more.
func (a *app) adopt(f *monitor.Frame) {
	defer a.frame.Release()
	a.frame = f.Keep()
	if gone := a.table.update(f); gone != "" {
		a.log.say(a.now(), roleWarning, gone)
	}
	a.findings.update(f, a.header.watched(f))
	a.detail.update(f)
	a.seek()
	a.b.Attend(a.attended(f))
	for _, e := range a.findings.fresh() {
		if e.What == detect.Appeared && e.Finding.Severity > detect.Info {
			a.log.news(a.now(), severityRole(e.Finding.Severity), a.gl.mark[e.Finding.Severity]+" "+e.Finding.Summary)
		}
	}
}

// press handles one key.
func (a *app) press(ev *tcell.EventKey) {
	stroke := strokeOf(ev)
	if stroke == "" {
		return
	}
	a.table.touched = a.now()
	if o := a.top(); o != nil {
		if stroke == "Ctrl-C" {
			a.stop()
			return
		}
		if o.key(stroke, ev) {
			a.dismiss(o)
		}
		return
	}
	a.log.aside = logEntry{}
	if b := a.keys.find(stroke, a); b != nil {
		b.do(a)
		return
	}
	a.log.remark(a.now(), a.keys.unbound(stroke))
}

// mouse handles one mouse action and tells whether anything changed.
func (a *app) mouse(action tview.MouseAction, x, y int) bool {
	if o := a.top(); o != nil {
		if action == tview.MouseLeftClick || action == tview.MouseLeftDoubleClick {
			if o.click(x, y) {
				a.dismiss(o)
			}
			return true
		}
		return false
	}
	a.table.touched = a.now()
	switch action {
	case tview.MouseScrollUp, tview.MouseScrollDown:
		for range 3 {
			if action == tview.MouseScrollUp {
				a.body().move(moveUp)
			} else {
				a.body().move(moveDown)
			}
		}
	case tview.MouseLeftClick, tview.MouseLeftDoubleClick:
		if b := a.hint.at(x, y); b != nil {
			b.do(a)
			return true
		}
		if a.header.leadsToFindings(x, y) {
			a.show(a.findings)
			a.findings.chooseWorst()
			return true
		}
		if !a.bodyRect.holds(x, y) {
			return false
		}
		a.body().click(x-a.bodyRect.x, y-a.bodyRect.y)
		if action == tview.MouseLeftDoubleClick {
			if b := a.keys.find("Enter", a); b != nil {
				b.do(a)
			}
		}
	default:
		return false
	}
	return true
}

// The screen is never taken for larger than this: tcell's cells cost 6 GB at 5000×5000.
const maxCols, maxRows = 1000, 400

// draw draws everything.
func (a *app) draw(screen tcell.Screen, w, h int) {
	p := painter{screen: screen, w: min(w, maxCols), h: min(h, maxRows), th: a.th, gl: a.gl}
	if p.w < 1 || p.h < 1 {
		return
	}
	used := 0
	if a.frame == nil {
		p.role(0, 0, "ptop: reading…", roleDim)
	} else {
		used = a.header.draw(p, a)
	}
	foot := 0
	if p.h > 2 {
		foot = 1
		a.hint.draw(p.sub(0, p.h-1, p.w, 1), a)
	}
	for _, l := range a.footLines(p.w, p.h) {
		foot++
		s := p.sub(0, p.h-foot, p.w, 1)
		s.fill(0, 0, s.th.of(roleText))
		s.line(0, 0, l)
	}
	a.bodyRect = rect{0, used, p.w, p.h - used - foot}
	if a.frame != nil {
		a.body().draw(p.sub(0, used, p.w, p.h-used-foot))
	}
	for _, o := range a.overlays {
		o.draw(p)
	}
}

// messageLines is how many lines a message has at the most.
const messageLines = 3

// lowScreen is the height below which the table needs the lines more than what stands under it.
const lowScreen = 12

// footLines is what stands above the hints, from below: what limits the table, and what was said last.
func (a *app) footLines(w, h int) []line {
	var lines []line
	if status := a.table.status(); a.scope() == inTable && status != "" && !a.typingIt(a.table.limits()) {
		lines = append(lines, plain(clip(status, w), roleDim))
	}
	if e := a.log.current(a.now()); e != nil && (!e.news || !a.header.says(e.text, w)) {
		said := wrap(e.text, w, 0)
		if h < lowScreen {
			said = []string{clip(e.text, w)}
		}
		if len(said) > messageLines {
			said = append(said[:messageLines-1:messageLines-1], clip(strings.Join(said[messageLines-1:], " "), w))
		}
		for _, l := range slices.Backward(said) {
			lines = append(lines, plain(l, e.role))
		}
	}
	switch { // what was said comes before what limits
	case h < 4:
		return nil
	case h < lowScreen:
		return lines[max(0, len(lines)-1):]
	}
	return lines
}

// typingIt reports whether a line to type into says just this already.
func (a *app) typingIt(text string) bool {
	l, ok := a.top().(*prompt)
	return ok && strings.TrimSuffix(l.label, ":")+" "+l.text == text
}

// root is the one primitive that tview knows.
type root struct {
	*tview.Box
	a     *app
	drawn chan struct{} // closed when the screen has been drawn once
	once  sync.Once
}

// Draw draws the whole screen.
func (r *root) Draw(screen tcell.Screen) {
	r.once.Do(func() { close(r.drawn) })
	w, h := screen.Size()
	r.a.draw(screen, w, h)
}

// PasteHandler gives pasted text to the dialog that is open; anywhere else a paste must not act as keys do.
func (r *root) PasteHandler() func(string, func(tview.Primitive)) {
	return func(text string, _ func(tview.Primitive)) {
		if o := r.a.top(); o != nil {
			o.paste(text)
		}
	}
}

// MouseHandler dispatches the mouse.
func (r *root) MouseHandler() func(tview.MouseAction, *tcell.EventMouse, func(tview.Primitive)) (bool, tview.Primitive) {
	return func(action tview.MouseAction, ev *tcell.EventMouse, _ func(tview.Primitive)) (bool, tview.Primitive) {
		x, y := ev.Position()
		return r.a.mouse(action, x, y), nil
	}
}

// panicError is what a panic becomes so that the terminal is restored before anybody sees it.
func panicError(p any) error {
	return fmt.Errorf("ui: a fault in ptop: %v\n%s", p, debug.Stack())
}
