package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"ptop/internal/ladder"
	"ptop/pcb"
)

// climbBox shows a graceful stop step by step. Esc during the grace gives it up before SIGKILL.
type climbBox struct {
	a      *app
	title  string
	steps  []ladder.Step
	missed []pcb.Outcome // those who were not reached
	cancel context.CancelFunc
	given  bool // it was asked to give up
	over   bool
	cut    bool // it was given up before SIGKILL
}

// climb begins a graceful stop, off the UI goroutine.
func (a *app) climb(c *confirm, target pcb.Target, failed []pcb.Outcome) {
	ctx, cancel := context.WithCancel(context.Background())
	box := &climbBox{a: a, title: "graceful stop of " + plural(len(c.b.ids), "process", "processes"), cancel: cancel}
	if p := a.newest.Snap.Lookup(c.b.ids[0]); p != nil && len(c.b.ids) == 1 {
		box.title = fmt.Sprintf("graceful stop of %s (%d)", p.Name(), p.PID)
	}
	box.missed = failed
	a.open(box)
	plan := ladder.Plan{Grace: c.grace, Look: a.climbLook}
	a.spawn(func(all context.Context) func() {
		defer context.AfterFunc(all, cancel)()
		result := ladder.Stop(ctx, target, plan, func(s ladder.Step) { a.mail.post(func() { box.add(s) }) })
		target.Close()
		a.mail.post(func() { box.end(&result, c.cure) })
		return nil
	})
}

func (b *climbBox) add(s ladder.Step) {
	if n := len(b.steps); n > 0 && b.steps[n-1].Passing {
		b.steps = b.steps[:n-1]
	}
	b.steps = append(b.steps, s)
}

// end tells in the log, too, what the ladder has come to, and lets a remedy be watched.
func (b *climbBox) end(r *ladder.Result, cure *cure) {
	b.over, b.cut = true, r.Cut
	b.cancel()
	b.missed = append(b.missed, r.Refused...)
	role := roleGood
	if len(r.Left)+len(b.missed) > 0 {
		role = roleWarning
	}
	b.a.say(role, b.title+": "+b.sum(r))
	b.a.b.Refresh()
	if cure != nil && !r.Cut {
		b.a.watchCure(cure, nil, nil)
	}
}

// sum says what became of all who were meant.
func (b *climbBox) sum(r *ladder.Result) string {
	var parts []string
	if r.Ended > 0 {
		text := fmt.Sprintf("%d ended", r.Ended)
		if r.Killed > 0 {
			text += fmt.Sprintf(", %d of them by SIGKILL", r.Killed)
		}
		parts = append(parts, text)
	}
	if n := len(b.steps); len(r.Left) > 0 && n > 0 { // the last says who, and why
		parts = append(parts, b.steps[n-1].Text)
	}
	switch n := len(b.missed); {
	case n == 1:
		parts = append(parts, "not reached: "+outcomeText(b.missed[0]))
	case n > 1:
		parts = append(parts, fmt.Sprintf("%d not reached, the first: %s", n, outcomeText(b.missed[0])))
	case parts == nil:
		return "nothing was sent: nobody was left by then"
	}
	return strings.Join(parts, "; ")
}

// parting is what is to be known of a ladder that is left half way; empty when it is not.
func (b *climbBox) parting() string {
	asked := slices.IndexFunc(b.steps, func(s ladder.Step) bool { return s.Sent == pcb.SIGTERM })
	told := b.over && (b.given || !b.cut) // else it is the end of the screen that has cut it
	if told || asked < 0 || slices.ContainsFunc(b.steps, func(s ladder.Step) bool { return s.Sent == pcb.SIGKILL }) {
		return ""
	}
	_, to, _ := strings.Cut(b.steps[asked].Text, " sent to ")
	to, _, _ = strings.Cut(to, ";")
	return "SIGTERM was sent to " + to + "; no SIGKILL follows"
}

// parting is what is to be known when the screen is gone: what was under way, and goes no further.
func (a *app) parting() string {
	for _, o := range a.overlays {
		if box, ok := o.(*climbBox); ok {
			return box.parting()
		}
	}
	return ""
}

// closed lets no ladder go on that nobody sees.
func (b *climbBox) closed() { b.cancel() }

func (b *climbBox) paste(string)        {}
func (b *climbBox) click(int, int) bool { return b.over }

func (b *climbBox) key(stroke string, _ *tcell.EventKey) bool {
	switch stroke {
	case "Esc", "q":
		if !b.over {
			b.given = true
			b.cancel()
			return false
		}
		return true
	case "Enter", "Space":
		return b.over
	}
	return false
}

func (b *climbBox) draw(p painter) {
	w := min(p.w, confirmWidest)
	var lines []line
	for _, o := range b.missed {
		for _, l := range wrap("not reached: "+outcomeText(o), w-14, 0) {
			lines = append(lines, line{{strings.Repeat(" ", 10), roleDim}, {l, roleWarning}})
		}
	}
	for _, s := range b.steps {
		r := roleText
		if s.Passing {
			r = roleDim
		}
		for i, l := range wrap(s.Text, w-14, 0) {
			at := strings.Repeat(" ", 10)
			if i == 0 {
				at = pad(ladder.Seconds(s.At), 10)
			}
			lines = append(lines, line{{at, roleDim}, {l, r}})
		}
	}
	foot := "Esc gives up before SIGKILL"
	switch {
	case b.over:
		foot = "Esc closes"
	case b.given:
		foot = "giving up; who got SIGKILL already is waited for"
	}
	in := centred(p, w, len(lines)+4, b.title)
	room := max(0, in.h-2)
	lines = lines[max(0, len(lines)-room):]
	for y, l := range lines {
		in.sub(0, y, in.w, 1).line(0, 0, l)
	}
	in.role(0, in.h-1, foot, roleDim)
}
