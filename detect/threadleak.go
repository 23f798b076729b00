package detect

import (
	"fmt"
	"strings"

	"ptop/pcb"
)

var threadLeak = &Detector{
	ID:    "thread-leak",
	Title: "threads that are started and never end",
	Meaning: "Each thread takes a pid, a stack and kernel memory. A process that starts threads which never end comes to the limit of its cgroup\n" +
		"(pids.max) or of the machine, where nothing can fork any more. The number has hardly ever fallen and its pace does not slow down. A\n" +
		"pool's comes to rest.",
	Advice:   "See what they wait for (`cat /proc/PID/task/*/wchan`, a thread dump). Restart it.",
	Severity: "warning; info when the limit is more than a day away; critical when nine tenths of it are in use",
	Params:   leakParams(Param{"least", 20, "", "by how many they must have become more in the window"}),
	Needs:    pcb.FieldCore,
	Suspect: func(p *Pass) []pcb.ProbeRequest {
		return p.leakSuspects(threadGauge, pcb.ProbePids|pcb.ProbeExe, p.leastCount)
	},
	Judge: func(p *Pass) (findings []Finding) {
		for _, l := range p.leaks(threadGauge, p.leastCount) {
			findings = append(findings, p.threadLeak(&l))
		}
		return findings
	},
}

func (p *Pass) threadLeak(l *leak) Finding {
	q := p.proc(l.i)
	f := l.finding(p)
	source := procFile(q.ID, "stat") + " num_threads"
	f.know("threads", int64(l.to), source)
	f.know("threads_from", int64(l.from), source)
	f.know("growth_per_min", l.slope*60, source)
	l.watched(&f, source)
	if names := p.threadNames(q); len(names) > 0 {
		f.know("thread_names", names, procFile(q.ID, "task/*/comm"))
	}
	f.Summary = fmt.Sprintf("%s starts %s more than end: %.0f by now", f.Subject.label(), rate(l.slope, "threads"), l.to)
	f.So = "each holds a pid, a stack and kernel memory"
	nearest, left := l.toward(p, &f, p.rooms(l.i))
	if nearest != nil {
		f.So = fmt.Sprintf("at this rate the limit of %.0f pids%s is full in %s; then nothing can be forked there", nearest.limit, nearest.whose, seconds(left))
	}
	f.Why = "they are started and do not end. " + f.proof()
	look := profile(q, p.Probes[q.ID], "Thread.print", "goroutine")
	if look == nil {
		look = &Remedy{Do: "see what they are and in which call of the kernel they sleep", Command: fmt.Sprintf("ps -L -o comm=,wchan:32= -p %d | sort | uniq -c | sort -rn | head", q.PID)}
	}
	f.Remedies = []Remedy{*look, p.restartFor(&f, q)}
	if nearest != nil && strings.HasSuffix(nearest.source, "/pids.max") {
		f.Remedies = append(f.Remedies, Remedy{
			Do: "raise the limit of its cgroup, to gain time", Command: fmt.Sprintf("echo %.0f > %s", 2*nearest.limit, shellWord(nearest.source)),
			Risk: "it goes on leaking, and the machine's own limit is the next",
		})
	}
	return f
}
