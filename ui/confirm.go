package ui

import (
	"context"
	"fmt"
	"slices"

	"github.com/gdamore/tcell/v2"

	"ptop/pcb"
)

// confirm asks before anything is done. Nothing happens by a single stroke: the dialog opens on No.
type confirm struct {
	b       *bound
	what    string // "send SIGTERM"
	help    string
	risk    string     // what it puts at risk; may be empty
	did     string     // "sent SIGTERM"
	none    string     // what No says
	signal  pcb.Signal // 0 for what is no signal
	run     func(pcb.Target) []pcb.Outcome
	yes     bool
	buttons [2]rect
}

func confirmSignal(sig pcb.Signal) *confirm {
	help := ""
	for _, s := range pcb.Signals {
		if s.Number == sig {
			help = s.Help
		}
	}
	return &confirm{
		what: "send " + sig.String(), help: sig.String() + ": " + help, did: "sent " + sig.String(), none: "nothing was sent", signal: sig,
		run: func(t pcb.Target) []pcb.Outcome { return t.Signal(sig) },
	}
}

func confirmRenice(nice int) *confirm {
	return &confirm{
		what: fmt.Sprintf("renice to %d", nice), help: "every thread of it gets the nice value", did: fmt.Sprintf("reniced to %d", nice), none: "nothing was changed",
		run: func(t pcb.Target) []pcb.Outcome { return t.Renice(nice) },
	}
}

func (c *confirm) closed()      { c.b.release() }
func (c *confirm) paste(string) {}

func (c *confirm) key(stroke string, _ *tcell.EventKey) bool {
	switch stroke {
	case "Esc", "n", "N", "q":
		return c.no()
	case "y", "Y":
		return c.do()
	case "Enter":
		if c.yes {
			return c.do()
		}
		return c.no()
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
		return c.no()
	}
	return false
}

func (c *confirm) no() bool {
	c.b.a.say(roleInfo, c.none)
	return true
}

// do starts the action when the processes are bound; until then the dialog stays.
func (c *confirm) do() bool {
	if !c.b.ready {
		return false
	}
	a, target, failed := c.b.a, c.b.target, c.b.failed
	if target == nil {
		a.report(c.did, failed)
		return true
	}
	c.b.target = nil // whoever watches what becomes of them lets go of them
	a.spawn(func(context.Context) func() {
		outcomes := append(slices.Clone(failed), c.run(target)...)
		return func() {
			a.report(c.did, outcomes)
			a.b.Refresh()
			a.watchEnds(target, c.did, outcomes, c.signal)
		}
	})
	return true
}

// confirmWidest is how wide the dialog becomes.
const confirmWidest = 100

func (c *confirm) draw(p painter) {
	lines := c.lines(min(p.w, confirmWidest) - 4)
	buttons := []string{"[ y ] yes, " + c.what, "[ n ] no"}
	w := width(buttons[0]) + 3 + width(buttons[1])
	for _, l := range lines {
		w = max(w, l.width())
	}
	in := centred(p, min(w+4, confirmWidest), len(lines)+4, c.what+"?")
	for y := range min(max(0, in.h-2), len(lines)) {
		in.sub(0, y, in.w, 1).line(0, 0, lines[y])
	}
	x := 0
	for i, text := range buttons {
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

// lines is what there is to know before the answer, what matters most first, in lines of w cells.
func (c *confirm) lines(w int) []line {
	var out []line
	say := func(text string, indent int, r role) {
		for _, l := range wrap(text, w, indent) {
			out = append(out, plain(l, r))
		}
	}
	say(c.help, 0, roleDim)
	if c.risk != "" {
		say("risk: "+c.risk, 6, roleWarning)
	}
	for _, id := range c.b.ids {
		if id.PID == 1 {
			say("pid 1 is what holds the system, or this container, together", 0, roleCritical)
		}
		if id.PID == c.b.a.frame.Snap.Self.PID {
			say("that is ptop itself", 0, roleWarning)
		}
	}
	for i, name := range c.b.names {
		if i == confirmMax {
			say(fmt.Sprintf("        and %d more", len(c.b.names)-i), 8, roleText)
			break
		}
		out = append(out, plain(clip(name, w), roleStrong))
		if text := c.b.a.caveat(c.b.ids[i], c.signal); text != "" {
			for _, l := range wrap(text, w-8, 0) {
				out = append(out, plain("        "+l, roleWarning))
			}
		}
	}
	if c.b.below > 0 {
		say(plural(c.b.below, "descendant is", "descendants are")+" left alone", 0, roleDim)
	}
	switch {
	case !c.b.ready:
		say("binding…", 0, roleDim)
	case len(c.b.failed) > 0:
		for _, o := range c.b.failed[:min(3, len(c.b.failed))] {
			say("not reached: "+outcomeText(o), 0, roleWarning)
		}
	}
	return out
}
