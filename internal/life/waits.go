package life

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ptop/internal/column"
	"ptop/pcb"
)

// waits says what the process waits for now.
func (b *builder) waits() {
	b.begin("Now")
	b.say("state", b.State)
	b.say("waits", b.waitWords())
	b.say("threads", b.threadsWords())
}

func (b *builder) waitWords() string {
	p := b.p
	switch phase := b.r.Snap.Phase(p); {
	case b.dead():
		return b.deadWords()
	case p.LeaderExited():
		return ""
	case phase == pcb.PhaseReady:
		return "for a CPU"
	case phase == pcb.PhaseRunning && p.State == 'R':
		return "for nothing: it runs"
	case p.State == 't':
		words := "for what traces it"
		if q := b.r.Snap.Lookup(pcb.ID{PID: p.TracerPID}); p.Have.Has(pcb.FieldTracer) && p.TracerPID != 0 && q != nil {
			words += ", " + named(q)
		}
		return words
	case p.State == 'T':
		return b.stoppedWords()
	}
	words := b.sleepWords()
	if words != "" && p.Threads > 1 {
		words = "its main thread " + words
	}
	if p.State == 'D' {
		words = join(words, "uninterruptible: no signal is taken before that, unless the wait is one that a fatal signal ends")
	}
	return words
}

// deadWords says how a zombie came to be and who has to wait for it.
func (b *builder) deadWords() string {
	p := b.p
	words := "for its parent to take note of its death"
	if up := b.r.Forest.Parent(b.r.Index); up >= 0 {
		words = "for " + named(&b.r.Snap.Procs[up]) + ", its parent, to take note of its death with wait()"
	}
	if p.Have.Has(pcb.FieldEnded) {
		b.know("dead_seconds", p.Ended.Seconds())
		words = "dead for " + column.FormatDuration(p.Ended) + "; " + words
	}
	if p.Have.Has(pcb.FieldExitCode) {
		b.know("exit_status", pcb.DescribeExit(p.ExitCode))
	}
	return words
}

func (b *builder) stoppedWords() string {
	p, how := b.p, ""
	if sig := pcb.Signal(p.ExitCode & 0x7f); p.Have.Has(pcb.FieldExitCode) && sig != 0 {
		how = " by " + sig.String()
		b.know("stopped_by", sig.String())
	}
	if p.Have.Has(pcb.FieldIdle) {
		how += ", " + column.FormatDuration(p.Idle) + " ago"
		b.know("stopped_seconds", p.Idle.Seconds())
	}
	if how == "" {
		return "to go on (SIGCONT)"
	}
	return "to go on (SIGCONT); it was stopped" + how
}

// sleepWords says what the main thread sleeps in.
func (b *builder) sleepWords() string {
	wchan, words := b.p.WChan, ""
	if b.d != nil {
		if len(b.d.Calls) > 0 && b.d.Calls[0].TID == b.p.PID {
			t := &b.d.Calls[0]
			words, wchan = b.callWords(t), cmp.Or(t.WChan, wchan)
			if t.SyscallName != "" {
				b.know("syscall", t.SyscallName)
			}
		}
		if why := b.d.Problems[pcb.PartSyscall]; words == "" && why != "" && !b.p.KernelThread() {
			words = "the system call it is in: " + why
		}
		if t := b.d.Timeout; t != nil && words != "" {
			b.know("timeout_seconds", t.Span.Seconds())
			if t.Left {
				words += ", for " + brief(t.Span.Seconds()) + " more"
			} else {
				words += ", for at most " + brief(t.Span.Seconds())
			}
		}
	}
	if b.p.KernelThread() {
		words = "for work from the kernel"
	}
	if wchan != "" {
		b.know("wchan", wchan)
		words = join(words, "it sleeps in the kernel's "+wchan)
	}
	if words != "" && b.p.Have.Has(pcb.FieldIdle) && b.p.State != 'R' {
		words = join(words, "since "+column.FormatDuration(b.p.Idle))
	}
	return words
}

// threadsWords sums up what the threads do.
func (b *builder) threadsWords() string {
	if b.d == nil || len(b.d.Calls) < 2 {
		return ""
	}
	counts := map[string]int{}
	for i := range b.d.Calls {
		counts[doing(&b.d.Calls[i])]++
	}
	kinds := make([]string, 0, len(counts))
	for kind := range counts {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(x, y string) int { return cmp.Or(cmp.Compare(counts[y], counts[x]), cmp.Compare(x, y)) })
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", counts[kind], kind)
	}
	b.know("threads_now", kinds)
	all := fmt.Sprintf("%d threads", len(b.d.Calls))
	if n := int(b.p.Threads); n > len(b.d.Calls) {
		all += fmt.Sprintf(" of %d", n)
	}
	return all + ": " + strings.Join(kinds, ", ")
}

// doing is what a thread does, in a word or two.
func doing(t *pcb.ThreadProbe) string {
	switch {
	case t.State == 'R':
		return "running or ready"
	case t.State == 'Z' || t.State == 'X':
		return "ended"
	case t.State == 'T' || t.State == 't':
		return "stopped"
	case t.SyscallKnown && t.SyscallName != "":
		return "in " + t.SyscallName
	case t.WChan != "":
		return "sleeping in the kernel's " + t.WChan
	case t.State == 'D':
		return "sleeping uninterruptibly"
	}
	return "sleeping"
}
