package ui

import (
	"context"
	"fmt"
	"strings"

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
			inside[int32(a.frame.Snap.Index(id.PID))] = true
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
		if text := b.a.caveat(b.ids[0], 0); text != "" {
			return fmt.Sprintf("%d %s", b.ids[0].PID, text)
		}
		return "to " + strings.TrimSpace(b.names[0])
	}
	return "to " + plural(len(b.ids), "process", "processes")
}

// caveat says why an action on a process would do nothing, or nothing yet, by the newest reading; empty when nothing
// is known against it. Signal 0 asks about any action.
func (a *app) caveat(id pcb.ID, sig pcb.Signal) string {
	s := a.newest.Snap
	p := s.Lookup(id)
	switch {
	case p == nil:
		return "has ended meanwhile"
	case p.Zombie() && !p.LeaderExited():
		return "is dead already: only its parent" + parentText(s, p) + " can let it go, by waiting for it"
	case sig == 0:
		return ""
	case p.KernelThread():
		return "is a kernel thread: these ignore signals"
	case sig == pcb.SIGKILL || sig == pcb.SIGSTOP:
		return waits(p, sig)
	case p.Have.Has(pcb.FieldSignals) && sig.InMask(p.SigIgnored):
		return "ignores " + sig.String()
	case p.Have.Has(pcb.FieldSignals) && sig.InMask(p.SigBlocked) && p.Threads == 1:
		return "blocks " + sig.String() + ": it waits until that is lifted"
	}
	return waits(p, sig)
}

// waits says why a signal would not be acted on yet.
func waits(p *pcb.Process, sig pcb.Signal) string {
	switch {
	case p.State == 'D':
		return "sleeps uninterruptibly: it acts on the signal when it wakes"
	case (p.State == 'T' || p.State == 't') && sig != pcb.SIGKILL && sig != pcb.SIGCONT:
		return "is stopped: it acts on the signal when it goes on"
	}
	return ""
}

func parentText(s *pcb.Snapshot, p *pcb.Process) string {
	if i := s.Index(p.PPID); i >= 0 {
		return fmt.Sprintf(" %s (%d)", s.Procs[i].Name(), p.PPID)
	}
	return ""
}
