package ui

import (
	"context"
	"fmt"
	"strings"

	"ptop/internal/blast"
	"ptop/pcb"
)

// bound is processes that a dialog holds on to by identity from the moment it opens: what is done reaches them or
// nobody, however long the user thinks and whatever the order of the table becomes.
type bound struct {
	a      *app
	ids    []pcb.ID
	scope  pcb.Scope
	tagged bool     // they are the tagged ones
	names  []string // for the eye, as they were when the dialog opened
	target pcb.Target
	failed []pcb.Outcome
	ready  bool
	over   bool // the dialog is gone
}

// bind begins to bind, off the UI goroutine.
func (a *app) bind(ids []pcb.ID, scope pcb.Scope) *bound {
	b := &bound{a: a, ids: ids, scope: scope, tagged: a.scope() == inTable && len(a.table.tags) > 0}
	for _, id := range ids {
		text := fmt.Sprintf("%7d", id.PID)
		if p := a.frame.Snap.Lookup(id); p != nil {
			text += fmt.Sprintf(" %-9s %s  %s", clip(p.User, 9), stateLetter(p.State), p.Name())
			if cmd := strings.TrimSpace(strings.ReplaceAll(p.Cmdline, "\x00", " ")); cmd != "" {
				text += "  " + cmd
			}
		}
		b.names = append(b.names, text)
	}
	a.spawn(func(ctx context.Context) func() {
		target, failed := a.b.Bind(ctx, ids, scope)
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
		if text := b.a.caveat(b.ids[0], blast.Deed{}); text != "" {
			return fmt.Sprintf("%d %s", b.ids[0].PID, text)
		}
		return "to " + strings.TrimSpace(b.names[0])
	}
	return "to " + plural(len(b.ids), "process", "processes")
}

// caveat says why a deed would do nothing to a process, or nothing yet, by the newest reading; empty when nothing is known
// against it.
func (a *app) caveat(id pcb.ID, d blast.Deed) string { return d.Caveat(a.newest.Snap, id) }
