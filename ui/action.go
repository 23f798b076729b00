package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"ptop/detect"
	"ptop/pcb"
)

// bound is processes that a dialog holds on to by identity from the moment it opens: what is done reaches them or
// nobody, however long the user thinks and whatever the order of the table becomes.
type bound struct {
	a      *app
	ids    []pcb.ID
	names  []string // for the eye, as they were when the dialog opened
	below  int      // descendants that are not among ids
	target pcb.Target
	failed []pcb.Outcome
	ready  bool
	over   bool // the dialog is gone
}

// bind begins to bind, off the UI goroutine.
func (a *app) bind(ids []pcb.ID) *bound {
	b := &bound{a: a, ids: ids}
	inside := map[int32]bool{}
	for _, id := range ids {
		text := fmt.Sprintf("%7d", id.PID)
		if p := a.frame.Snap.Lookup(id); p != nil {
			text += fmt.Sprintf(" %-9s %s  %s", clip(p.User, 9), stateLetter(p.State), p.Name())
			if cmd := strings.TrimSpace(strings.ReplaceAll(p.Cmdline, "\x00", " ")); cmd != "" {
				text += "  " + cmd
			}
			i := a.frame.Snap.Index(id.PID)
			inside[int32(i)] = true
		}
		b.names = append(b.names, text)
	}
	below := map[int32]bool{}
	for i := range inside {
		for _, d := range a.frame.Forest.Descendants(i) {
			if !inside[d] {
				below[d] = true
			}
		}
	}
	b.below = len(below)
	a.spawn(func(ctx context.Context) func() {
		target, failed := a.b.Bind(ctx, ids)
		return func() {
			b.target, b.failed, b.ready = target, failed, true
			if b.over {
				b.release()
			}
		}
	})
	return b
}

// release lets go of the processes.
func (b *bound) release() {
	b.over = true
	if t := b.target; t != nil {
		b.target = nil
		b.a.spawn(func(context.Context) func() { t.Close(); return nil })
	}
}

// note says how the binding stands.
func (b *bound) note() string {
	switch {
	case !b.ready:
		return "binding to " + plural(len(b.ids), "process", "processes") + "…"
	case len(b.failed) > 0:
		return outcomeText(b.failed[0])
	case len(b.ids) == 1:
		return "to " + strings.TrimSpace(b.names[0])
	}
	return "to " + plural(len(b.ids), "process", "processes")
}

// confirm asks before anything is done. Nothing happens by a single stroke: the dialog opens on No.
type confirm struct {
	b       *bound
	what    string // "send SIGTERM"
	help    string
	run     func(pcb.Target) []pcb.Outcome
	yes     bool
	buttons [2]rect
}

func (c *confirm) closed()      { c.b.release() }
func (c *confirm) paste(string) {}

func (c *confirm) key(stroke string, _ *tcell.EventKey) bool {
	switch stroke {
	case "Esc", "n", "N", "q":
		return true
	case "y", "Y":
		return c.do()
	case "Enter":
		return !c.yes || c.do()
	case "Tab", "Shift-Tab", "Left", "Right":
		c.yes = !c.yes
	}
	return false
}

func (c *confirm) click(x, y int) bool {
	switch {
	case c.buttons[0].holds(x, y):
		return c.do()
	case c.buttons[1].holds(x, y):
		return true
	}
	return false
}

// do starts the action when the processes are bound; until then the dialog stays.
func (c *confirm) do() bool {
	if !c.b.ready {
		return false
	}
	a, target, failed := c.b.a, c.b.target, c.b.failed
	if target == nil {
		a.report(failed)
		return true
	}
	c.b.target = nil // released here, when done
	a.spawn(func(context.Context) func() {
		outcomes := append(slices.Clone(failed), c.run(target)...)
		target.Close()
		return func() {
			a.report(outcomes)
			a.b.Refresh()
		}
	})
	return true
}

func (c *confirm) draw(p painter) {
	lines := c.lines()
	w := max(width(c.what)+8, 40)
	for _, l := range lines {
		w = max(w, l.width()+4)
	}
	in := centred(p, min(w, 100), len(lines)+4, c.what+"?")
	rows := max(0, in.h-2)
	for y := range min(rows, len(lines)) {
		in.sub(0, y, in.w, 1).line(0, 0, lines[y])
	}
	x := 0
	for i, text := range []string{"[ y ] yes, " + c.what, "[ n ] no"} {
		r := roleText
		if c.yes == (i == 0) {
			r = roleCursor
		}
		from := x
		x = in.role(x, in.h-1, text, r)
		c.buttons[i] = rect{in.x + from, in.y + in.h - 1, x - from, 1}
		x += 3
	}
}

// confirmMax is how many processes the dialog names.
const confirmMax = 12

func (c *confirm) lines() []line {
	var out []line
	if c.help != "" {
		out = append(out, plain(c.help, roleDim))
	}
	for i, name := range c.b.names {
		if i == confirmMax {
			out = append(out, plain(fmt.Sprintf("        and %d more", len(c.b.names)-i), roleText))
			break
		}
		out = append(out, plain(name, roleStrong))
	}
	if c.b.below > 0 {
		out = append(out, plain(plural(c.b.below, "descendant is", "descendants are")+" left alone", roleDim))
	}
	for _, id := range c.b.ids {
		if id.PID == 1 {
			out = append(out, plain("pid 1 is what holds the system, or this container, together", roleCritical))
		}
		if id.PID == c.b.a.frame.Snap.Self.PID {
			out = append(out, plain("that is ptop itself", roleWarning))
		}
	}
	switch {
	case !c.b.ready:
		out = append(out, plain("binding…", roleDim))
	case len(c.b.failed) > 0:
		for _, o := range c.b.failed[:min(3, len(c.b.failed))] {
			out = append(out, plain("not reached: "+outcomeText(o), roleWarning))
		}
	}
	return out
}

// mayAct reports whether actions are possible, and says why when they are not.
func (a *app) mayAct() bool {
	if why := a.b.ActionsOff(); why != "" {
		a.say(roleWarning, "no action is possible: "+why)
		return false
	}
	return a.frame != nil
}

// targets are the processes that an action from this view goes to.
func (a *app) targets() []pcb.ID {
	if a.scope() == inDetail {
		return []pcb.ID{a.detail.id}
	}
	return a.table.targets()
}

// chooseAndConfirm binds the targets, lets a menu choose what to do, and asks before it is done.
func (a *app) chooseAndConfirm(m *menu, make func(i int) *confirm) {
	ids := a.targets()
	if len(ids) == 0 || !a.mayAct() {
		return
	}
	b := a.bind(ids)
	handed := false
	m.note = b.note
	m.choose = func(i int) {
		handed = true
		c := make(i)
		c.b = b
		a.open(c)
	}
	m.gone = func() {
		if !handed {
			b.release()
		}
	}
	a.open(m)
}

func (a *app) openSignals() {
	m := &menu{title: "send which signal"}
	for i, s := range pcb.Signals {
		m.items = append(m.items, menuItem{key: fmt.Sprint(int(s.Number)), text: pad(s.Name, 7), help: s.Help})
		if s.Number == pcb.SIGTERM {
			m.at = i
		}
	}
	a.chooseAndConfirm(m, func(i int) *confirm { return confirmSignal(pcb.Signals[i].Number) })
}

func confirmSignal(sig pcb.Signal) *confirm {
	help := ""
	for _, s := range pcb.Signals {
		if s.Number == sig {
			help = s.Help
		}
	}
	return &confirm{
		what: "send " + sig.String(), help: sig.String() + ": " + help,
		run: func(t pcb.Target) []pcb.Outcome { return t.Signal(sig) },
	}
}

// The nice values.
const niceMin, niceMax = -20, 19

// openRenice opens the menu of nice values at the current one, moved by some.
func (a *app) openRenice(by int) {
	m := &menu{title: "renice to"}
	for n := niceMin; n <= niceMax; n++ {
		help := map[int]string{niceMin: "the most CPU", 0: "the usual", niceMax: "only what the others leave"}[n]
		m.items = append(m.items, menuItem{key: fmt.Sprint(n), help: help})
	}
	if ids := a.targets(); len(ids) > 0 && a.frame != nil {
		if p := a.frame.Snap.Lookup(ids[0]); p != nil {
			m.at = max(niceMin, min(int(p.Nice)+by, niceMax)) - niceMin
		}
	}
	a.chooseAndConfirm(m, func(i int) *confirm {
		nice := niceMin + i
		return &confirm{
			what: fmt.Sprintf("renice to %d", nice), help: "every thread of it gets the nice value",
			run: func(t pcb.Target) []pcb.Outcome { return t.Renice(nice) },
		}
	})
}

// openRemedies offers what ptop can do about the selected finding.
func (a *app) openRemedies() {
	f := a.findings.finding()
	if f == nil || !a.mayAct() {
		return
	}
	var acts []detect.Remedy
	m := &menu{title: "which remedy"}
	for _, r := range f.Remedies {
		if r.Act != nil && !r.Never {
			acts = append(acts, r)
			m.items = append(m.items, menuItem{text: r.Do, help: r.Risk})
		}
	}
	if len(acts) == 0 {
		a.say(roleInfo, "ptop itself can do nothing here; the explanation says what can be done")
		return
	}
	m.choose = func(i int) {
		c := confirmSignal(acts[i].Act.Signal)
		c.b = a.bind([]pcb.ID{acts[i].Act.Target})
		c.help = acts[i].Do
		if acts[i].Risk != "" {
			c.help += "; risk: " + acts[i].Risk
		}
		a.open(c)
	}
	if len(acts) == 1 {
		m.choose(0)
		return
	}
	a.open(m)
}

// report tells what became of an action.
func (a *app) report(outcomes []pcb.Outcome) {
	var good, bad []pcb.Outcome
	for _, o := range outcomes {
		if o.Err != nil {
			bad = append(bad, o)
		} else {
			good = append(good, o)
		}
	}
	text, r := "", roleGood
	switch {
	case len(good) == 1:
		text = outcomeText(good[0])
	case len(good) > 1:
		text = fmt.Sprintf("%s: %d processes", good[0].Did, len(good))
	}
	if len(bad) > 0 {
		r = roleCritical
		if text != "" {
			text += "; "
		}
		if len(bad) > 1 {
			text += fmt.Sprintf("%d failed, the first: ", len(bad))
		}
		text += outcomeText(bad[0])
	}
	if text != "" {
		a.say(r, text)
	}
}

// outcomeText is one outcome in words.
func outcomeText(o pcb.Outcome) string {
	who := strings.TrimSpace(fmt.Sprintf("%s (%d)", o.Name, o.ID.PID))
	if o.Err != nil {
		return who + ": " + o.Err.Error()
	}
	return who + ": " + o.Did
}
