package detect

import (
	"fmt"

	"ptop/pcb"
)

var runawayCPU = &Detector{
	ID:    "runaway-cpu",
	Title: "a thread that never pauses",
	Meaning: "A thread that is always running or ready, and never waits for anything, is in an endless loop or at a very long computation. Its demand is\n" +
		"what counts, CPU time and waiting for a CPU together: where many want the CPU, a spinning thread gets little of it.",
	Advice:   "See what it does (`perf top -p PID`, `gdb -p PID`). If it is meant to compute, run it with `nice`: then it is told as info.",
	Severity: "warning; info for a process with nice above 0 or a batch policy, a known batch job (a compiler, an encoder) or one of a build",
	Params:   spinParams,
	Needs:    pcb.FieldStat | pcb.FieldSched,
	Suspect:  suspectSpins,
	Judge: func(p *Pass) []Finding {
		return p.spins(false, func(f *Finding, s *spin, who string) {
			f.Summary = fmt.Sprintf("%s wants a whole CPU without pause: %s %%", who, short(s.demand))
			f.Why = "it never waits: an endless loop, or a long computation. " + f.proof()
		})
	},
}

var syscallSpin = &Detector{
	ID:    "syscall-spin",
	Title: "a thread that calls the kernel without pause and without end",
	Meaning: "A thread that never pauses and spends most of its time in the kernel calls something that returns at once each time: poll or read on a\n" +
		"descriptor that is closed, at its end, or on a terminal that is gone.",
	Advice:   "See which call it is (`strace -c -p PID`) and on what; restart it.",
	Severity: "warning; info for a process with nice above 0 or a batch policy, a known batch job (a compiler, an encoder) or one of a build",
	Params:   spinParams,
	Needs:    pcb.FieldStat | pcb.FieldSched,
	Suspect:  suspectSpins,
	Judge: func(p *Pass) []Finding {
		return p.spins(true, func(f *Finding, s *spin, who string) {
			f.Summary = fmt.Sprintf("%s calls the kernel without pause: %s %% of a CPU, %s %% of that in the kernel", who, short(s.demand), short(s.system))
			f.Why = "a system call that returns at once, again and again, such as poll on a closed descriptor or read at the end. " + f.proof()
			f.Remedies = append([]Remedy{{Do: "see which call it is", Command: fmt.Sprintf("strace -c -f -p %d", f.Subject.PID), Risk: "slows it while it is traced"}}, f.Remedies...)
		})
	},
}

func suspectSpins(p *Pass) []pcb.ProbeRequest {
	var spinning []int32
	for _, i := range p.History.watched {
		if _, ok := p.spinning(i); ok {
			spinning = append(spinning, i)
		}
	}
	return append(p.askHot(spinning...), p.askOrigin(spinning...)...)
}

// spins gives the findings of one of the two detectors: those in the kernel for most of the time, or the others.
func (p *Pass) spins(inKernel bool, word func(*Finding, *spin, string)) []Finding {
	var findings []Finding
	for _, i := range p.History.watched {
		s, ok := p.spinning(i)
		if !ok || s.system > p.Param("system") != inKernel {
			continue
		}
		f := s.finding(p, i)
		who := f.Subject.label()
		if p.proc(i).Threads > 1 {
			who = fmt.Sprintf("thread %d of %s", p.Rates.Procs[i].HotTID, who)
		}
		f.Remedies = p.slowDown(i, p.hot(i).lower("let others go first"))
		word(&f, &s, who)
		findings = append(findings, f)
	}
	return findings
}

// slowDown is what can be done about a process that takes too much CPU: lower it, or end it. The kernel's own threads
// can't be ended.
func (p *Pass) slowDown(i int32, lower []Remedy) []Remedy {
	if q := p.proc(i); !q.KernelThread() {
		return append(lower, p.end(q, ""))
	}
	return lower
}
