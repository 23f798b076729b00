package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/internal/blast"
	"ptop/pcb"
)

// report tells what became of an action; did is what it does to one process, in words.
func (a *app) report(did string, outcomes []pcb.Outcome) {
	good, bad := sortOut(outcomes)
	text, r := goodText(did, good), roleGood
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

func goodText(did string, good []pcb.Outcome) string {
	switch len(good) {
	case 0:
		return ""
	case 1:
		return outcomeText(good[0])
	}
	return fmt.Sprintf("%s: %d processes", did, len(good))
}

func sortOut(outcomes []pcb.Outcome) (good, bad []pcb.Outcome) {
	for _, o := range outcomes {
		if o.Err != nil {
			bad = append(bad, o)
		} else {
			good = append(good, o)
		}
	}
	return good, bad
}

// outcomeText is one outcome in words.
func outcomeText(o pcb.Outcome) string {
	who := whoText(o)
	if o.Err != nil {
		return who + ": " + o.Err.Error()
	}
	return who + ": " + o.Did
}

func whoText(o pcb.Outcome) string {
	return strings.TrimSpace(fmt.Sprintf("%s (%d)", o.Name, o.ID.PID))
}

// How long, and how often, it is looked whether those who got a signal have ended.
const (
	endsWithin = 2 * time.Second
	endsLook   = 50 * time.Millisecond
)

// watchEnds tells who of those that got a signal has ended soon after, and lets go of them.
func (a *app) watchEnds(target pcb.Target, did string, outcomes []pcb.Outcome, sig pcb.Signal) {
	sent, bad := sortOut(outcomes)
	watched := sig.Ends() && len(sent) > 0 && len(bad) == 0
	a.spawn(func(ctx context.Context) func() {
		defer target.Close()
		if !watched {
			return nil
		}
		gone := waitForEnds(ctx, target, len(sent), a.patience)
		return func() {
			a.say(a.endsText(did, sent, gone, sig))
			a.b.Refresh()
		}
	})
}

// waitForEnds gives those that have ended as soon as all have, or after a while.
func waitForEnds(ctx context.Context, target pcb.Target, n int, patience time.Duration) []pcb.ID {
	for deadline := time.Now().Add(patience); ; {
		gone := target.Look().Gone()
		if len(gone) >= n || !time.Now().Before(deadline) {
			return gone
		}
		select {
		case <-ctx.Done():
			return gone
		case <-time.After(endsLook):
		}
	}
}

// endsText says what a signal has brought about.
func (a *app) endsText(did string, sent []pcb.Outcome, gone []pcb.ID, sig pcb.Signal) (role, string) {
	var alive []string
	for _, o := range sent {
		if slices.Contains(gone, o.ID) {
			continue
		}
		text := whoText(o)
		if why := a.caveat(o.ID, blast.Deed{Signal: sig}); why != "" {
			text += ", which " + why
		}
		alive = append(alive, text)
	}
	head := goodText(did, sent)
	switch {
	case len(alive) == 0 && len(sent) == 1:
		return roleGood, head + "; it has ended"
	case len(alive) == 0:
		return roleGood, head + "; all have ended"
	case len(sent) == 1:
		return roleWarning, head + "; it lives on"
	}
	return roleWarning, fmt.Sprintf("%s; %d ended; %s: %s", head, len(sent)-len(alive), plural(len(alive), "lives on", "live on"), strings.Join(alive, "; "))
}
