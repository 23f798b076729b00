package ui

import (
	"context"
	"fmt"
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
	cancel context.CancelFunc
	given  bool // it was asked to give up
	over   bool
}

// climb begins a graceful stop, off the UI goroutine.
func (a *app) climb(c *confirm, target pcb.Target, failed []pcb.Outcome) {
	ctx, cancel := context.WithCancel(context.Background())
	box := &climbBox{a: a, title: "graceful stop of " + plural(len(c.b.ids), "process", "processes"), cancel: cancel}
	if p := a.newest.Snap.Lookup(c.b.ids[0]); p != nil && len(c.b.ids) == 1 {
		box.title = fmt.Sprintf("graceful stop of %s (%d)", p.Name(), p.PID)
	}
	for _, o := range failed {
		box.add(ladder.Step{Text: "not reached: " + outcomeText(o)})
	}
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
	b.over = true
	b.cancel()
	for _, o := range r.Refused {
		b.add(ladder.Step{Text: "not reached: " + outcomeText(o)})
	}
	switch n := len(b.steps); {
	case r.Err() != nil && n > 0:
		b.a.say(roleWarning, b.title+": "+b.steps[n-1].Text)
	case r.Killed > 0:
		b.a.say(roleGood, fmt.Sprintf("%s: %d ended, %d of them by SIGKILL", b.title, r.Ended, r.Killed))
	default:
		b.a.say(roleGood, fmt.Sprintf("%s: %d ended", b.title, r.Ended))
	}
	b.a.b.Refresh()
	if cure != nil && !r.Cut {
		b.a.watchCure(cure, nil, nil)
	}
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
