package detect

import (
	"fmt"

	"ptop/pcb"
)

var ctxStorm = &Detector{
	ID:    "ctx-storm",
	Title: "threads that do little but switch",
	Meaning: "Each voluntary context switch is a thread that waits for something. Thousands a second with a few microseconds of work between them are\n" +
		"threads that hand each other small pieces: a lock that all want, a pipe read byte by byte. The sum over all threads counts; the figure that\n" +
		"/proc/PID/status shows is the main thread's alone. Involuntary switches, which are the scheduler's doing, do not count.",
	Advice:   "Batch the work, or use fewer threads. `perf trace -s -p PID` or `strace -c -f -p PID` tell by which call.",
	Severity: "warning",
	Params: []Param{
		{"switches", 5000, "/s", "voluntary context switches, all threads"},
		{"switches_clear", 3500, "/s", "voluntary context switches below which it is over"},
		{"cpu_per_switch", 100, "µs", "CPU time per switch below which it is one"},
		{paramHold, 5, "s", "how long it must last"},
		{paramClear, 5, "s", "how long it must be over"},
	},
	Needs: pcb.FieldStat | pcb.FieldSwitchesSum,
	Judge: judgeStorms,
}

func judgeStorms(p *Pass) []Finding {
	var findings []Finding
	for _, i := range p.History.watched {
		q, r := p.proc(i), &p.Rates.Procs[i]
		raise := p.Param("switches")
		if p.active(q.ID) {
			raise = p.Param("switches_clear")
		}
		if !p.judged(i) || !(r.Voluntary >= raise) {
			continue
		}
		perSwitch := r.CPU / 100 * 1e6 / r.Voluntary
		if !(perSwitch < p.Param("cpu_per_switch")) {
			continue
		}
		f := Finding{Severity: Warning, Confidence: Proved, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1, held: r.Elapsed}
		// A thread counts from its start, so that a mean over the life of the process is a lower bound.
		if age := p.Snap.Age(q); float64(q.Voluntary) >= p.Param("switches")*age.Seconds() {
			f.held, f.Since = age, p.Snap.StartTime(q)
		}
		source := procFile(q.ID, "task/*/status")
		f.know("voluntary_per_s", r.Voluntary, source+" voluntary_ctxt_switches")
		f.know("involuntary_per_s", r.Involuntary, source+" nonvoluntary_ctxt_switches")
		f.know("cpu_us_per_switch", perSwitch, procFile(q.ID, "task/*/schedstat"))
		f.know("cpu_percent", r.CPU, procFile(q.ID, "task/*/schedstat"))
		f.know("threads", int64(q.Threads), procFile(q.ID, "stat")+" num_threads")
		f.Summary = fmt.Sprintf("%s switches %s times a second, with %s µs of CPU time for each", f.Subject.label(), thousands(r.Voluntary), short(perSwitch))
		f.Why = fmt.Sprintf("%s. %s", waiting(q.Threads), f.proof())
		f.So = "the switches' own cost is among these " + short(perSwitch) + " µs each; how much of them it is was not measured"
		f.Remedies = append([]Remedy{{
			Do: "see by which call it waits", Command: fmt.Sprintf("strace -c -f -p %d", q.PID), Risk: "slows it while it is traced",
		}}, p.slowDown(i, lowerAll(q, "let others go first"))...)
		findings = append(findings, f)
	}
	return findings
}

// waiting says what so many switches come from.
func waiting(threads int32) string {
	if threads == 1 {
		return "its only thread waits for another process, or for very small pieces of work"
	}
	return fmt.Sprintf("its %d threads wait for each other or for other processes, or for very small pieces of work", threads)
}

// thousands says a large rate shortly: 5.2 k, 574 k.
func thousands(v float64) string {
	if v < 1000 {
		return short(v)
	}
	return short(v/1000) + " k"
}
