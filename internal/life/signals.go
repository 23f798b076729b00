package life

import (
	"slices"
	"strings"

	"ptop/pcb"
)

// signals says what reaches the process and what it would do.
func (b *builder) signals() {
	p := b.p
	b.begin("Signals")
	switch {
	case p.KernelThread():
		b.say("all", "a kernel thread takes none")
		return
	case b.p.Have.Has(pcb.FieldCore) && b.dead():
		b.say("all", "it is dead: none has an effect, SIGKILL neither")
		return
	case !p.Have.Has(pcb.FieldSignals):
		b.say("all", "its masks could not be read")
		return
	}
	for _, mask := range []struct {
		label, key string
		set        uint64
	}{
		{"pending", "signals_pending", p.SigPending | p.SigShared},
		{"blocked", "signals_blocked", p.SigBlocked},
		{"ignored", "signals_ignored", p.SigIgnored},
		{"caught", "signals_caught", p.SigCaught},
	} {
		if names := signalNames(mask.set); names != nil {
			b.say(mask.label, strings.Join(names, " "))
		}
	}
	for _, sig := range []pcb.Signal{pcb.SIGTERM, pcb.SIGHUP, pcb.SIGINT, pcb.SIGCHLD} {
		effect, words := b.effect(sig)
		b.say(sig.String(), words)
		b.know(strings.ToLower(sig.String()), effect)
	}
}

func signalNames(mask uint64) (names []string) {
	for _, sig := range pcb.MaskSignals(mask) {
		names = append(names, sig.String())
	}
	return names
}

// effect says what a signal would do: in one word of the fact's, and in a sentence.
func (b *builder) effect(sig pcb.Signal) (effect, words string) {
	p := b.p
	pending, blocked := sig.InMask(p.SigPending|p.SigShared), sig.InMask(p.SigBlocked) && !b.open(sig)
	switch {
	case sig.InMask(p.SigIgnored) && sig == pcb.SIGCHLD:
		return "ignored", "ignored: the kernel clears its dead children away, and none becomes a zombie"
	case sig.InMask(p.SigIgnored):
		return "ignored", "ignored: it does nothing"
	case blocked && pending:
		return "blocked", "blocked and pending: it was sent, and the process has not looked"
	case blocked && b.d == nil && p.Threads > 1:
		return "blocked", "blocked in its main thread; what the others do was not read"
	case blocked:
		return "blocked", "blocked: it would wait, until the process unblocks it or asks for it (sigwait, signalfd)"
	case sig.InMask(p.SigCaught):
		return "caught", b.whenGoing(caughtWords(sig))
	case sig == pcb.SIGCHLD:
		return "default", "nothing happens: the default. A dead child stays a zombie until the process waits for it"
	case b.firstOfNamespace():
		return "dropped", "dropped: it is PID 1, and the kernel keeps from that what it has no handler for"
	}
	return "default", b.whenGoing("ends it: the default")
}

func caughtWords(sig pcb.Signal) string {
	switch sig {
	case pcb.SIGTERM:
		return "caught: a handler runs, and it may clean up and end, or not"
	case pcb.SIGCHLD:
		return "caught: a handler hears of each dead child"
	}
	return "caught: a handler of its own runs"
}

// open reports whether a thread that was read takes the signal: one that is sent to the process goes to any that does.
func (b *builder) open(sig pcb.Signal) bool {
	return b.d != nil && slices.ContainsFunc(b.d.Calls, func(t pcb.ThreadProbe) bool {
		return t.State != 'Z' && t.State != 'X' && !sig.InMask(t.Blocked)
	})
}

// whenGoing adds that a stopped process does nothing before it goes on.
func (b *builder) whenGoing(words string) string {
	if b.p.Phase() == pcb.PhaseStopped {
		return words + ", once it goes on (SIGCONT)"
	}
	return words
}

// firstOfNamespace reports whether it is PID 1 of the machine or of a pid namespace.
func (b *builder) firstOfNamespace() bool {
	n := len(b.p.NSPIDs)
	return b.p.PID == 1 || n > 1 && b.p.NSPIDs[n-1] == 1
}
