package ui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gdamore/tcell/v2"

	"ptop/detect"
	"ptop/internal/blast"
	"ptop/pcb"
)

// confirm asks before anything is done, and tells what it would reach. Nothing happens by a single stroke: the dialog opens
// on No.
type confirm struct {
	b       *bound
	what    string // "send SIGTERM"
	help    string
	risk    string // what it puts at risk; may be empty
	did     string // "sent SIGTERM"
	none    string // what No says
	deed    blast.Deed
	grace   time.Duration // of a graceful stop
	run     func(pcb.Target) []pcb.Outcome
	cure    *cure // it is a remedy; nil for none
	known   *blast.Evidence
	yes     bool
	top     int // the first line shown
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
		what: "send " + sig.String(), help: sig.String() + ": " + help, did: "sent " + sig.String(), none: "nothing was sent",
		deed: blast.Deed{Signal: sig}, run: func(t pcb.Target) []pcb.Outcome { return t.Signal(sig) },
	}
}

func confirmStop(grace time.Duration) *confirm {
	return &confirm{
		what: "stop gracefully", did: "stopped", none: "nothing was sent", grace: grace, deed: blast.Deed{Signal: pcb.SIGTERM, Graceful: true},
	}
}

// confirmRemedy asks about what ptop itself can do.
func (a *app) confirmRemedy(f *detect.Finding, r *detect.Remedy) {
	var c *confirm
	switch r.Act.Kind {
	case detect.ActStop:
		c = confirmStop(a.o.Grace)
	case detect.ActRenice:
		c = confirmSetting(pcb.Nice(r.Act.Nice))
	default:
		c = confirmSignal(r.Act.Signal)
	}
	c.help, c.risk, c.cure = r.Do, r.Risk, newCure(f, r.Act)
	if r.Act.UntilGone {
		c.what += " again and again"
	}
	a.ask(c, a.bind([]pcb.ID{r.Act.Target}, r.Act.Scope))
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
		c.yes = !c.yes && !c.idle()
	case "Up":
		c.top--
	case "Down":
		c.top++
	case "s", "S":
		c.widen()
	case "+", "=":
		c.lengthen(1)
	case "-":
		c.lengthen(-1)
	}
	return false
}

// widen goes on to the next scope: those who were chosen, their subtrees, their process groups. A remedy is for whom it is.
func (c *confirm) widen() {
	if c.cure != nil {
		return
	}
	old := c.b
	c.b = old.a.bind(old.ids, (old.scope+1)%(pcb.Group+1))
	c.b.tagged = old.tagged
	old.release()
	c.scout()
}

// graces are the times that a graceful stop can be given.
var graces = []time.Duration{1 * time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute}

// lengthen makes the grace of a graceful stop longer or shorter.
func (c *confirm) lengthen(by int) {
	if !c.deed.Graceful {
		return
	}
	if by > 0 {
		if i := slices.IndexFunc(graces, func(d time.Duration) bool { return d > c.grace }); i >= 0 {
			c.grace = graces[i]
		}
		return
	}
	for _, d := range slices.Backward(graces) {
		if d < c.grace {
			c.grace = d
			return
		}
	}
}

// scout begins to read what the action would reach, off the UI goroutine.
func (c *confirm) scout() {
	b, plan, f := c.b, c.plan(), c.b.a.newest.Keep() // for the plan
	c.known = nil
	b.a.spawn(func(ctx context.Context) func() {
		defer f.Release()
		known := b.a.b.Scout(ctx, plan)
		return func() {
			if c.b == b {
				c.known = known
			}
		}
	})
}

func (c *confirm) plan() *blast.Plan {
	f := c.b.a.newest
	return &blast.Plan{Snap: f.Snap, Forest: f.Forest, IDs: c.b.ids, Scope: c.b.scope, Deed: c.deed}
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

// idle reports whether there is nobody to whom it could be done.
func (c *confirm) idle() bool {
	return c.b.ready && len(c.b.failed) == len(c.b.ids) || c.plan().Nobody()
}

// do starts the action when the processes are bound; until then the dialog stays.
func (c *confirm) do() bool {
	if !c.b.ready {
		return false
	}
	a, target, failed := c.b.a, c.b.target, c.b.failed
	if target == nil || c.idle() {
		a.report(c.did, failed)
		if len(failed) == 0 {
			a.say(roleWarning, "there is nobody to reach: "+c.none)
		}
		return true
	}
	c.b.target = nil // whoever watches what becomes of them lets go of them
	if c.cure != nil {
		c.cure.started = a.now()
	}
	if c.deed.Graceful {
		a.climb(c, target, failed)
		return true
	}
	a.spawn(func(context.Context) func() {
		outcomes := append(slices.Clone(failed), c.run(target)...)
		return func() {
			a.report(c.did, outcomes)
			a.b.Refresh()
			if c.cure != nil {
				a.watchCure(c.cure, target, outcomes)
			} else {
				a.watchEnds(target, c.did, outcomes, c.deed.Signal)
			}
		}
	})
	return true
}

// confirmWidest is how wide the dialog becomes.
const confirmWidest = 100

func (c *confirm) draw(p painter) {
	lines := c.lines(min(p.w, confirmWidest) - 4)
	yes, no := "[ y ] yes, ", "[ n ] no"
	buttons := []string{yes + clip(c.what, min(p.w, confirmWidest)-4-width(yes)-3-width(no)), no}
	w := width(buttons[0]) + 3 + width(buttons[1])
	if c.idle() {
		buttons, c.yes = []string{"", "[ n ] close"}, false
	}
	for _, l := range lines {
		w = max(w, l.width())
	}
	in := centred(p, min(w+4, confirmWidest), len(lines)+4, c.what+"?")
	room := max(0, in.h-2)
	c.top = max(0, min(c.top, len(lines)-room))
	for y := range min(room, len(lines)) {
		in.sub(0, y, in.w, 1).line(0, 0, lines[c.top+y])
	}
	if below := len(lines) - room - c.top; below > 0 && in.h > 1 {
		in.role(0, in.h-2, plural(below, "more line", "more lines")+" below (Down)", roleDim)
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
		if text != "" {
			x += 3
		}
	}
}

// confirmMax is how many processes the dialog names.
const confirmMax = 8

var weightRoles = [...]role{blast.Note: roleDim, blast.Caution: roleWarning, blast.Danger: roleCritical}

// lines is what there is to know before the answer, what matters most first, in lines of w cells.
func (c *confirm) lines(w int) []line {
	var out []line
	say := func(text string, indent int, r role) {
		for _, l := range wrap(text, w, indent) {
			out = append(out, plain(l, r))
		}
	}
	radius := c.plan().Radius(c.known)
	points := func(from, to blast.Weight) {
		for i := range radius.Points {
			if one := &radius.Points[i]; one.Weight >= from && one.Weight <= to {
				say(one.Text, 2, weightRoles[one.Weight])
			}
		}
	}
	points(blast.Danger, blast.Danger)
	say(c.helpText(), 0, roleDim)
	if c.risk != "" {
		say("risk: "+c.risk, 6, roleWarning)
	}
	if c.cure != nil && c.cure.standing(c.b.a.newest) == nil {
		say("the finding has cleared meanwhile: there may be nothing left to do", 0, roleWarning)
	}
	for i, name := range c.b.names {
		if i == confirmMax {
			say(fmt.Sprintf("        and %d more", len(c.b.names)-i), 8, roleText)
			break
		}
		out = append(out, plain(clip(name, w), roleStrong))
	}
	for _, id := range c.b.ids {
		if c.b.a.newest.Snap.Lookup(id) == nil {
			say(fmt.Sprintf("%d has ended meanwhile", id.PID), 0, roleWarning)
		}
	}
	switch {
	case !c.b.ready:
		say("binding…", 0, roleDim)
	case c.idle() && len(c.b.failed) == 0:
		say("there is nobody to reach", 0, roleWarning)
	case len(c.b.failed) > 0:
		for _, o := range c.b.failed[:min(3, len(c.b.failed))] {
			say("not reached: "+outcomeText(o), 0, roleWarning)
		}
	}
	if c.cure == nil {
		say(c.scopeText(len(radius.Reached)), 0, roleText)
	}
	points(blast.Caution, blast.Caution)
	points(blast.Note, blast.Note)
	if c.known == nil {
		say("looking where it listens, and who would start it again…", 0, roleDim)
	}
	return out
}

func (c *confirm) helpText() string {
	if !c.deed.Graceful {
		return c.help
	}
	text := fmt.Sprintf("SIGTERM, SIGCONT where stopped, and SIGKILL for who is left after %v (+ and - change that)", c.grace)
	if c.help != "" {
		text = c.help + ": " + text
	}
	return text
}

// scopeText says whom it goes to, and how to change that.
func (c *confirm) scopeText(reached int) string {
	these := "this process alone"
	switch {
	case c.b.tagged:
		these = "the tagged alone"
	case len(c.b.ids) > 1:
		these = "these alone"
	}
	now := [...]string{these, "with the whole subtree", "the whole process group"}[c.b.scope]
	next := [...]string{"with the subtree", "the process group", these}[c.b.scope]
	if c.b.scope != pcb.Alone {
		now += ", " + plural(reached, "process", "processes")
	}
	return "to: " + now + " (s: " + next + ")"
}
