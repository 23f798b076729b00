package ui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ptop/detect"
	"ptop/internal/ladder"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// How long a remedy is watched, and how often it is looked.
const (
	cureWithin = 10 * time.Second
	cureLook   = 250 * time.Millisecond
)

// Of a remedy that is repeated: how far its signals are apart, and after how many looks without progress it is left.
const (
	repeatPause = 20 * time.Millisecond
	repeatTries = 3
)

// cure is a remedy whose effect is watched on the finding that it is for, by identity.
type cure struct {
	key      detect.Key
	zombies  bool // the members are dead: gone is who was waited for
	members  []pcb.ID
	severity detect.Severity
	act      *detect.Action
	target   pcb.Target // held while the signal is repeated; nil for none
	started  time.Time  // when it was begun
	done     time.Time  // when it had been carried out: what was read before says nothing about it
	gone     int
	tries    int
	sending  bool
}

func newCure(f *detect.Finding, act *detect.Action) *cure {
	return &cure{key: f.Key(), zombies: f.Detector == "zombie", members: slices.Clone(f.Members), severity: f.Severity, act: act}
}

// standing is the finding in a Frame; nil when it has cleared.
func (c *cure) standing(f *monitor.Frame) *detect.Finding {
	for i := range f.Findings {
		if f.Findings[i].Key() == c.key {
			return &f.Findings[i]
		}
	}
	return nil
}

// left is how many members are not gone in a Frame.
func (c *cure) left(f *monitor.Frame) int {
	n := 0
	for _, id := range c.members {
		if p := f.Snap.Lookup(id); p != nil && (c.zombies || !p.Zombie() || p.LeaderExited()) {
			n++
		}
	}
	return n
}

// watchCure watches what becomes of the finding, if the remedy was carried out. It takes the target over.
func (a *app) watchCure(c *cure, target pcb.Target, outcomes []pcb.Outcome) {
	if _, bad := sortOut(outcomes); len(bad) > 0 {
		a.spawn(func(context.Context) func() { target.Close(); return nil })
		return
	}
	c.target, c.done = target, a.now()
	a.cures = append(a.cures, c)
	a.hurry()
}

// hurry has readings taken in quick succession as long as a remedy is watched.
func (a *app) hurry() {
	if a.hurrying || a.cureLook == 0 || len(a.cures) == 0 {
		return
	}
	a.hurrying = true
	a.spawn(func(ctx context.Context) func() {
		select {
		case <-ctx.Done():
		case <-time.After(a.cureLook):
		}
		return func() {
			a.hurrying = false
			a.b.Refresh()
			a.hurry()
		}
	})
}

// judgeCures tells of each remedy that is watched what it has done, by a new Frame.
func (a *app) judgeCures(f *monitor.Frame) {
	if f.Problem != "" {
		return
	}
	a.cures = slices.DeleteFunc(a.cures, func(c *cure) bool {
		if f.Snap.Time.Before(c.done) {
			return false
		}
		r, text := c.judge(f, a.now().Sub(c.started))
		if text == "" {
			a.repeat(c)
			return false
		}
		a.say(r, text)
		if t := c.target; t != nil {
			a.spawn(func(context.Context) func() { t.Close(); return nil })
		}
		return true
	})
}

// judge says what has come of the remedy; nothing as long as it is to be watched on.
func (c *cure) judge(f *monitor.Frame, spent time.Duration) (role, string) {
	stands, left := c.standing(f), c.left(f)
	before, n := c.gone, len(c.members)
	if c.gone = n - left; c.gone > before {
		c.tries = 0
	}
	after := " after " + ladder.Seconds(spent)
	what := plural(n, "process", "processes")
	if c.zombies {
		what = plural(n, "zombie", "zombies")
	}
	switch {
	case n > 0 && left == 0:
		text := fmt.Sprintf("%d of %s gone%s", n, what, after)
		switch {
		case n == 1 && c.zombies:
			text = "the zombie is gone" + after
		case n == 1:
			text = "it has ended" + after
		}
		if fresh := c.fresh(stands); fresh > 0 {
			return roleWarning, text + "; " + plural(fresh, "more has", "more have") + " come since"
		}
		return roleGood, text
	case stands == nil && (!c.zombies || spent >= cureWithin): // zombies that have got another parent may be gone in a moment
		return roleGood, "the finding has cleared" + after
	case stands != nil && c.act.Kind == detect.ActRenice && stands.Severity < c.severity: // all that it can do
		return roleGood, "it is " + stands.Severity.String() + " now" + after
	case spent < cureWithin:
		return roleText, ""
	case n > 1:
		return roleWarning, fmt.Sprintf("still there%s: %d of %s gone", after, c.gone, what)
	}
	return roleWarning, "still there" + after
}

// fresh is how many members a finding has that it did not have before.
func (c *cure) fresh(f *detect.Finding) int {
	n := 0
	if f != nil {
		for _, id := range f.Members {
			if !slices.Contains(c.members, id) {
				n++
			}
		}
	}
	return n
}

// repeat sends the signal of a remedy once for each member that is left, if it is one that works so.
func (a *app) repeat(c *cure) {
	if !c.act.UntilGone || c.target == nil || c.sending || c.tries >= repeatTries {
		return
	}
	c.sending = true
	c.tries++
	t, sig, n := c.target, c.act.Signal, len(c.members)-c.gone
	a.spawn(func(ctx context.Context) func() {
		for range n {
			t.Signal(sig)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(a.repeatPause):
			}
		}
		return func() { c.sending = false; a.b.Refresh() }
	})
}
