package detect

import (
	"fmt"
	"strings"
	"time"

	"ptop/pcb"
)

var threadLeak = &Detector{
	ID:    "thread-leak",
	Title: "threads that are started and never end",
	Meaning: "Each thread takes a pid, a stack and kernel memory. A process that starts threads which never end comes to the limit of its cgroup\n" +
		"(pids.max) or of the machine, where nothing can fork any more. The number has hardly ever fallen and its pace does not slow down. A\n" +
		"pool's comes to rest.",
	Advice:   "See what they wait for (`cat /proc/PID/task/*/wchan`, a thread dump). Restart it.",
	Severity: "warning; info when the limit is more than a day away, and for what a build runs; critical when nine tenths of it are in use",
	Params:   leakParams(Param{"least", 20, "", "by how many they must have become more in the window"}),
	Needs:    pcb.FieldCore,
	Suspect:  leakingThreads.suspects,
	Judge:    func(p *Pass) []Finding { return leakingThreads.judge(p, p.threadLeak) },
}

var leakingThreads = leaks{gauge: threadGauge, least: (*Pass).leastCount, ask: pcb.ProbeCgroup | pcb.ProbeExe, rooms: (*Pass).rooms, stays: true}

func (p *Pass) threadLeak(l *leak, f *Finding, nearest *room, left time.Duration) {
	q := p.proc(l.i)
	source := procFile(q.ID, "stat") + " num_threads"
	f.know("threads", int64(l.to), source)
	f.know("threads_from", int64(l.from), source)
	f.know("growth_per_min", l.slope*60, source)
	l.course(f, source, nearest, left)
	if names := p.threadNames(q); len(names) > 0 {
		f.know("thread_names", names, procFile(q.ID, "task/*/comm"))
	}
	f.Summary = fmt.Sprintf("%s starts %s more than end: %.0f by now", f.Subject.label(), rate(l.slope, "threads"), l.to)
	f.So = "each holds a pid, a stack and kernel memory"
	switch {
	case l.refused:
		f.Summary = fmt.Sprintf("%s started %.0f threads that do not end, up to the limit", f.Subject.label(), l.to)
		f.So = fmt.Sprintf("of the limit of %.0f pids%s %.0f are in use; what forks there fails", nearest.limit, nearest.whose, nearest.used)
	case nearest != nil:
		f.So = fmt.Sprintf("at this rate the limit of %.0f pids%s is full in %s; then nothing can be forked there", nearest.limit, nearest.whose, seconds(left))
	}
	f.Why = "they are started and do not end. " + f.proof()
	look := profile(q, p.Probes[q.ID], "Thread.print", "goroutine")
	if look == nil {
		look = &Remedy{Do: "see what they are and in which call of the kernel they sleep", Command: fmt.Sprintf("ps -L -o comm=,wchan:32= -p %d | sort | uniq -c | sort -rn | head", q.PID)}
	}
	f.Remedies = []Remedy{*look, p.restartFor(f, q)}
	if nearest != nil && strings.HasSuffix(nearest.source, "/pids.max") {
		f.Remedies = append(f.Remedies, Remedy{
			Do: "raise the limit of its cgroup, to gain time", Command: fmt.Sprintf("echo %.0f > %s", 2*nearest.limit, shellWord(nearest.source)),
			Risk: "it goes on leaking, and the machine's own limit is the next",
		})
	}
}
