package detect

import (
	"cmp"
	"fmt"
	"slices"

	"ptop/pcb"
)

var cpuContended = &Detector{
	ID:    "cpu-contended",
	Title: "several want one CPU",
	Meaning: "A ready process that waits for a CPU for most of the time, while others on the same CPU fare alike: there is more work than that CPU can\n" +
		"do. Often the machine has others that are idle, and an affinity or a cpuset keeps the work from them. The rate of involuntary switches\n" +
		"does not show it: six that share a CPU make some forty a second each.",
	Advice:   "Look at the affinity (`taskset -p PID`) and the cpuset; run fewer at a time.",
	Severity: "warning; info for a job with nice above 0 or a batch policy, which was told to wait, for known batch jobs and for builds",
	Params: []Param{
		{"wait", 50, "%", "share of time that the hottest thread waits for a CPU"},
		{"wait_clear", 35, "%", "share below which it is over"},
		{"alike", 4, "", "factor within which two count as faring alike"},
		{paramHold, 10, "s", "how long it must last"},
		{paramClear, 10, "s", "how long it must be over"},
	},
	Needs: pcb.FieldStat | pcb.FieldSched,
	Suspect: func(p *Pass) (want []pcb.ProbeRequest) {
		for _, c := range p.waiting() {
			want = append(append(want, p.askHot(c.i)...), p.askOrigin(c.i)...)
		}
		return want
	},
	Judge: judgeContention,
}

// contender is a process that waits for a CPU for most of the time.
type contender struct {
	i         int32
	run, wait float64 // of the hottest thread, percent
	cpu       int32   // that this thread last ran on
	peers     int     // processes and threads that fare alike on its CPU, itself included
}

func judgeContention(p *Pass) []Finding {
	all := p.contenders()
	var findings []Finding
	for len(all) > 0 { // those of one process group are one finding: they are one job
		group := p.proc(all[0].i).PGID
		var job, others []contender
		for _, c := range all {
			if p.proc(c.i).PGID == group {
				job = append(job, c)
			} else {
				others = append(others, c)
			}
		}
		findings = append(findings, p.contention(job))
		all = others
	}
	return findings
}

// leastWait is the share of time from which on a wait counts at all.
func (p *Pass) leastWait() float64 { return min(p.Param("wait"), p.Param("wait_clear")) }

// waiting gives those of which the hottest thread waits for most of the time.
func (p *Pass) waiting() (all []contender) {
	least := p.leastWait()
	for _, i := range p.History.watched {
		r := &p.Rates.Procs[i]
		if wait := r.HotDemand - r.HotCPU; p.judged(i) && wait >= least && !p.throttledNow(p.proc(i)) { // a quota's wait is nobody else's doing
			all = append(all, contender{i: i, run: r.HotCPU, wait: wait})
		}
	}
	return all
}

// contenders gives those of them that have a peer which fares alike on the same CPU. Which one that is of a thread that is not
// the main one takes a probe; where it is not known, nothing is said.
func (p *Pass) contenders() []contender {
	all := slices.DeleteFunc(p.waiting(), func(c contender) bool { return !p.hot(c.i).known })
	for k := range all {
		all[k].cpu = p.hot(all[k].i).cpu
		all[k].peers = p.peersWithin(&all[k])
	}
	alike := p.Param("alike")
	for k := range all {
		a := &all[k]
		for _, b := range all {
			if a.cpu == b.cpu && a.i != b.i && a.run <= alike*b.run && b.run <= alike*a.run {
				a.peers++
			}
		}
	}
	return slices.DeleteFunc(all, func(c contender) bool {
		raise := p.Param("wait")
		if p.activeGroup(c.i) {
			raise = p.leastWait()
		}
		return c.peers < 2 || c.wait < raise
	})
}

// peersWithin counts the threads of the process itself that fare alike, where all of them together get no more than one CPU;
// else the hottest alone.
func (p *Pass) peersWithin(c *contender) int {
	q := p.proc(c.i)
	alike, n, run := p.Param("alike"), 0, 0.0
	for k := range p.Snap.ThreadsOf(q) {
		r := &p.Rates.Threads[int(q.FirstThread)+k]
		if r.Wait >= p.leastWait() && r.CPU <= alike*c.run && c.run <= alike*r.CPU {
			n, run = n+1, run+r.CPU
		}
	}
	if run > 110 { // the clocks of several threads are not read at one instant
		return 1
	}
	return max(1, n)
}

// activeGroup reports whether a job is being told of: it is known by its first process.
func (p *Pass) activeGroup(i int32) bool {
	for key := range p.History.told {
		if key.Detector == p.det.ID {
			if q := p.Snap.Lookup(key.Group); q != nil && q.PGID == p.proc(i).PGID {
				return true
			}
		}
	}
	return false
}

// contention tells of the contenders of one job. Its subject is the first that started, so that it stays the same.
func (p *Pass) contention(job []contender) Finding {
	slices.SortFunc(job, func(a, b contender) int {
		x, y := p.proc(a.i), p.proc(b.i)
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(x.PID, y.PID))
	})
	c := job[0]
	q := p.proc(c.i)
	f := Finding{Severity: Warning, Confidence: Proved, Subject: p.subject(q), Count: len(job), held: p.Rates.Procs[c.i].Elapsed}
	for _, member := range job {
		f.Members = append(f.Members, p.proc(member.i).ID)
	}
	source := procFile(q.ID, "schedstat")
	f.know("wait_percent", c.wait, source)
	f.know("run_percent", c.run, source)
	f.know("peers", int64(c.peers), "/proc/*/schedstat")
	f.know("cpu", int64(c.cpu), procFile(q.ID, "task/"+pid(p.hot(c.i).tid)+"/stat")+" processor")
	f.know("involuntary_per_s", p.Rates.Procs[c.i].Involuntary, procFile(q.ID, "status")+" nonvoluntary_ctxt_switches")
	f.Summary = fmt.Sprintf("%s waits for CPU %d for %s %% of the time", f.Subject.label(), c.cpu, short(c.wait))
	if len(job) > 1 {
		f.Summary = fmt.Sprintf("%d processes of the job of %s want the same CPU: each waits %s %% of the time", len(job), f.Subject.label(), short(c.wait))
	}
	f.So = "all of them take several times as long"
	own := p.hot(c.i)
	switch {
	case p.allBackground(job):
		f.Severity, f.So = Info, "they run at low priority, so that others go first"
	case p.computes(c.i, &f):
		f.Severity, f.So = Info, "they take longer, and are done all the same"
	}
	f.scheduled(q, own)
	f.Why = "there is more to run on that CPU than it can, and they fare alike. " + f.proof()
	f.Remedies = append([]Remedy{{Do: "see whether an affinity keeps them on one CPU, and widen it", Command: fmt.Sprintf("taskset -p %d", own.tid)}},
		own.lower("run fewer of them at a time, or lower the priority of those that can wait")...)
	return f
}

// allBackground reports whether every contender of a job was told to let others go first.
func (p *Pass) allBackground(job []contender) bool {
	return !slices.ContainsFunc(job, func(c contender) bool { return !p.hot(c.i).background() })
}
