package detect

import (
	"fmt"

	"ptop/pcb"
)

var cpuStarved = &Detector{
	ID:    "cpu-starved",
	Title: "ready to run, and hardly ever let",
	Meaning: "A process that is ready all the time and gets a small part of what others on the same CPU get: its priority or policy is below theirs.\n" +
		"What waits for it, for a lock that it holds, waits as long.",
	Advice:   "Look at nice, policy and the cgroup's cpu.weight of it and of those that run in its stead. One that a quota of its cgroup stops is told as cgroup-throttled.",
	Severity: "warning; info for a process with nice above 0",
	Params: []Param{
		{"wait", 50, "%", "share of time that it waits for a CPU"},
		{"share", 25, "%", "of what another on the same CPU gets, below which it counts as starved"},
		{paramHold, 10, "s", "how long it must last"},
		{paramClear, 5, "s", "how long it must be over"},
	},
	Needs: pcb.FieldStat | pcb.FieldSched,
	Gate:  func(q *pcb.Process) bool { return q.State == 'R' },
	Suspect: func(p *Pass) (want []pcb.ProbeRequest) {
		p.starvelings(func(i, other int32) {
			want = append(want, p.askHot(i, other)...)
			p.History.places.want(p.proc(i))
		})
		return want
	},
	Judge: func(p *Pass) (findings []Finding) {
		p.starvelings(func(i, other int32) { findings = append(findings, p.starved(i, other)) })
		return findings
	},
}

// starvelings gives those who are starved, each with who gets most of their CPU.
func (p *Pass) starvelings(do func(i, other int32)) {
	p.gated(func(i int32, _ *pcb.Process) {
		if !p.waits(i) || p.throttledNow(p.proc(i)) { // its quota stops it, and not others
			return
		}
		run := orZero(p.Rates.Procs[i].HotCPU)
		if other := p.richest(i); other >= 0 && run < p.Param("share")/100*p.Rates.Procs[other].HotCPU {
			do(i, other)
		}
	})
}

// waits reports whether a process that is ready waited for most of the time between the readings. The kernel counts a
// wait when it ends, so that one which goes on looks like no demand at all: that it is ready and has not run tells. It may
// have woken just now; only when the next reading finds it so again has it waited between them.
func (p *Pass) waits(i int32) bool {
	return p.waited(i) || p.Rates.Procs[i].HotCPU == 0
}

// waited reports whether the kernel counted the wait.
func (p *Pass) waited(i int32) bool {
	r := &p.Rates.Procs[i]
	return r.HotDemand-r.HotCPU >= p.Param("wait")
}

// richest gives the process that got most of the CPU that the one at i waits for; -1 for none.
func (p *Pass) richest(i int32) int32 {
	best, most := int32(-1), 0.0
	for _, k := range p.History.watched {
		if cpu := p.Rates.Procs[k].HotCPU; k != i && p.proc(k).Processor == p.proc(i).Processor && cpu > most {
			best, most = k, cpu
		}
	}
	return best
}

func (p *Pass) starved(i, other int32) Finding {
	q, rich := p.proc(i), p.subject(p.proc(other))
	r := &p.Rates.Procs[i]
	f := Finding{Severity: Warning, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1}
	if p.waited(i) {
		f.held = r.Elapsed
	}
	own := p.hot(i)
	if own.nice > 0 {
		f.Severity = Info
	}
	source := procFile(q.ID, "schedstat")
	f.know("run_percent", r.HotCPU, source)
	f.know("wait_percent", max(0, r.HotDemand-r.HotCPU), source)
	f.know("cpu", int64(q.Processor), procFile(q.ID, "stat")+" processor")
	f.scheduled(q, own)
	f.know("other_run_percent", p.Rates.Procs[other].HotCPU, procFile(rich.ID, "schedstat"))
	f.Summary = fmt.Sprintf("%s is ready and gets %s %% of CPU %d, while %s gets %s %%", f.Subject.label(), short(orZero(r.HotCPU)), q.Processor, rich.label(), short(p.Rates.Procs[other].HotCPU))
	f.Why = "others on its CPU go first. " + f.proof()
	f.So = "it makes no progress, and who waits for it neither"
	if !p.proc(other).KernelThread() {
		f.Remedies = p.hot(other).lower("lower the priority of " + rich.label())
	}
	if own.known && (own.policy == schedBatch || own.policy == schedIdle) && !q.KernelThread() {
		f.Remedies = append(f.Remedies, Remedy{Do: "give it a normal policy and priority", Command: fmt.Sprintf("chrt --other -p 0 %d", own.tid), Risk: "others get less"})
	}
	return f
}
