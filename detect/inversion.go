package detect

import (
	"fmt"
	"time"

	"ptop/pcb"
)

var priorityInversion = &Detector{
	ID:    "priority-inversion",
	Title: "a lock held by a thread that gets no CPU",
	Meaning: "A thread waits for a lock, and the one that holds it is ready to go on but is let run hardly at all, since others of higher priority have\n" +
		"its CPU. So the waiter, however important, makes no more progress than the least of them. Seen for glibc's mutexes, which name their owner.",
	Advice:   "Give the owner the priority of those who wait for it, or make the lock one that inherits priority (PTHREAD_PRIO_INHERIT).",
	Severity: "warning; info where the waiter has a low priority, too",
	Causes: []Cause{
		{
			ID: "low-priority", Title: "the owner is below the waiter",
			Why: "what holds the lock has a lower priority than what waits for it, and others that are above the owner have the CPU",
			Do:  "give the owner the priority of the waiter", Risk: "others get less as long as it has it",
		},
		{
			ID: "starved-owner", Title: "the owner is as high as the waiter, and others are above both",
			Why: "what holds the lock is ready, and others of higher priority have its CPU",
			Do:  "raise the owner", Risk: "others get less as long as it has it",
		},
	},
	Params: []Param{
		{paramHold, 10, "s", "how long the owner must have been starved while the other waits"},
		{"share", 25, "%", "of a CPU that the owner gets at most"},
		{"wait", 50, "%", "share of time that the owner waits for a CPU at least"},
		{paramClear, 10, "s", "how long it must not have been seen"},
	},
	Needs:   pcb.FieldStat,
	Suspect: suspectInversions,
	Judge: func(p *Pass) (findings []Finding) {
		for _, look := range p.lookAtLocks() {
			if f, ok := p.worstInversion(look); ok {
				findings = append(findings, f)
			}
		}
		return findings
	},
}

// suspectInversions asks for the locks of processes whose owners wait for a CPU, and how those are scheduled that may have it.
func suspectInversions(p *Pass) (want []pcb.ProbeRequest) {
	for _, id := range p.withWaits() {
		for _, w := range recall[lockLook](p, id).waits {
			if w.Owner.State == 'R' {
				want = append(want, pcb.ProbeRequest{ID: id, Kinds: pcb.ProbeLocks})
				break
			}
		}
	}
	if len(want) > 0 {
		want = append(want, p.askHot(p.History.watched[:min(lockFollowed, len(p.History.watched))]...)...)
	}
	return want
}

// inversion is a wait for a lock of which the owner is starved.
type inversion struct {
	*lockWait
	over      time.Duration // watched for so long
	run, wait float64       // what the owner got, and how much it waited for a CPU, percent
	runner    runner
}

// runner is who has the owner's CPU.
type runner struct {
	name string
	sched
	rank int
	run  float64 // percent
}

// worstInversion gives the inversion that has lasted longest in a process.
func (p *Pass) worstInversion(look *lockLook) (worst Finding, ok bool) {
	var most *inversion
	waiters := map[int32]int{} // by owner
	for k := range look.waits {
		waiters[look.waits[k].Owner.TID]++
		if v := p.inverted(&look.waits[k]); v != nil && (most == nil || v.since(p.Snap.Mono) > most.since(p.Snap.Mono)) {
			most = v
		}
	}
	if most == nil {
		return worst, false
	}
	return p.inversionFinding(most, waiters[most.Owner.TID]), true
}

// inverted gives the wait as an inversion, if it is one that has been watched for long enough.
func (p *Pass) inverted(w *lockWait) *inversion {
	v := &inversion{lockWait: w, over: p.Snap.Mono - w.first}
	if p.Snap.Lookup(pcb.ID{PID: w.Owner.PID}) == nil {
		return nil
	}
	if w.Inherits || w.Owner.State != 'R' || w.Owner.TID == w.Waiter.TID || !w.Owner.Scheduled || v.over < p.Duration(paramHold) || v.over <= 0 {
		return nil
	}
	percent := func(d time.Duration) float64 { return 100 * float64(d) / float64(v.over) }
	v.run = percent(w.Owner.RunTime - w.owner.RunTime)
	v.wait = percent(min(v.over, w.Owner.RunDelay-w.owner.RunDelay+min(v.over, w.Owner.Idle))) // a wait is counted when it ends
	if v.run >= p.Param("share") || v.wait < p.Param("wait") {
		return nil
	}
	if v.runner = p.runnerInstead(w, v.over); v.runner.name == "" {
		return nil
	}
	return v
}

// runnerInstead gives the thread of higher priority that has most of the owner's CPU, if such threads have it for a good part
// of the time: of the owner's process, or the hottest of others. None is found where the owner does not run for another
// reason, as a limit on CPU time.
func (p *Pass) runnerInstead(w *lockWait, over time.Duration) (best runner) {
	have := 0.0 // percent, of all of them
	seen := map[int32]bool{w.Owner.TID: true}
	consider := func(r runner) {
		if seen[r.tid] || r.cpu != w.Owner.Processor || r.rank <= rank(&w.Owner) {
			return
		}
		seen[r.tid] = true
		if have += r.run; r.run > best.run {
			best = r
		}
	}
	if probe := p.Probes[p.Snap.Lookup(pcb.ID{PID: w.Owner.PID}).ID]; in(probe, pcb.ProbeLocks) {
		for k := range probe.Rivals {
			t := &probe.Rivals[k]
			if before, known := w.rivals[t.TID]; known {
				consider(runner{
					"thread " + taskLabel(t) + " of the same process",
					sched{tid: t.TID, nice: t.Nice, policy: t.Policy, cpu: t.Processor, known: true},
					rank(t),
					100 * float64(t.RunTime-before) / float64(over),
				})
			}
		}
	}
	for _, i := range p.History.watched {
		if s := p.hot(i); s.known {
			who := p.subject(p.proc(i))
			consider(runner{who.label(), s, rank(&pcb.TaskProbe{Nice: s.nice, Policy: s.policy}), orZero(p.Rates.Procs[i].HotCPU)})
		}
	}
	if have < watchFromDemand {
		return runner{}
	}
	return best
}

// rank orders threads by who goes first: real-time before others, these by nice value, the idle policy last.
func rank(t *pcb.TaskProbe) int {
	switch t.Policy {
	case schedFIFO, schedRR:
		return 100 + int(t.RTPriority)
	case schedIdle:
		return 0
	case schedOther, schedBatch:
		return 20 - int(t.Nice)
	}
	return 200 // deadline, or one that a loaded scheduler rules over
}

func (p *Pass) inversionFinding(v *inversion, waiters int) Finding {
	q := p.Snap.Lookup(pcb.ID{PID: v.Owner.PID})
	f := Finding{
		Severity: Warning, Confidence: Proved, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: waiters,
		held: v.over, Since: p.Snap.Time.Add(-v.over),
	}
	cause := &p.det.Causes[0]
	if rank(&v.Owner) >= rank(&v.Waiter) {
		cause = &p.det.Causes[1]
		if v.Waiter.Nice > 0 || v.Waiter.Policy == schedIdle || v.Waiter.Policy == schedBatch {
			f.Severity = Info
		}
	}
	stat, sched := procFile(q.ID, "task/"+pid(v.Owner.TID)+"/stat"), procFile(q.ID, "task/"+pid(v.Owner.TID)+"/schedstat")
	f.know("lock_waiter", fmt.Sprintf("thread %s waits for the lock at %#x", taskLabel(&v.Waiter), v.Address), procFile(q.ID, "task/"+pid(v.Waiter.TID)+"/syscall"))
	f.know("lock_wait_seconds", v.since(p.Snap.Mono), procFile(q.ID, "task/"+pid(v.Waiter.TID)+"/sched")+" se.exec_start")
	f.know("waiter_priority", priority(&v.Waiter), procFile(q.ID, "task/"+pid(v.Waiter.TID)+"/stat")+" policy, nice")
	f.know("lock_owner", taskLabel(&v.Owner), procFile(q.ID, "mem"))
	f.know("owner_priority", priority(&v.Owner), stat+" policy, nice")
	f.know("owner_run_percent", v.run, sched)
	f.know("owner_wait_percent", v.wait, sched)
	f.know("cpu", int64(v.Owner.Processor), stat+" processor")
	f.know("runs_instead", v.runner.name, "/proc/"+pid(v.runner.tid)+"/stat")
	f.Summary = fmt.Sprintf("%s waits in thread %s for a lock whose owner, %s, gets %s %% of CPU %d", f.Subject.label(), taskLabel(&v.Waiter), taskLabel(&v.Owner), short(v.run), v.Owner.Processor)
	f.because(cause, f.fill(""))
	f.So = "what waits for the lock makes no progress as long; " + v.runner.name + " has the CPU"
	f.Remedies[0].Command = raise(v)
	f.Remedies = append(f.Remedies, v.runner.lower("lower the priority of what runs instead: "+v.runner.name)...)
	f.Remedies = append(f.Remedies, Remedy{Do: "in the program: initialise the mutex with PTHREAD_PRIO_INHERIT, so that the kernel lends the owner the waiter's priority"})
	return f
}

// priority says how a thread is scheduled: SCHED_OTHER, nice 19.
func priority(t *pcb.TaskProbe) string {
	if t.Policy == schedFIFO || t.Policy == schedRR {
		return fmt.Sprintf("%s, priority %d", policyName(t.Policy), t.RTPriority)
	}
	return fmt.Sprintf("%s, nice %d", policyName(t.Policy), t.Nice)
}

// raise gives the command by which the owner gets the priority of the waiter, or of what runs instead where that is no more.
func raise(v *inversion) string {
	owner, like := &v.Owner, &v.Waiter
	switch {
	case like.Policy == schedFIFO:
		return fmt.Sprintf("chrt --fifo -p %d %d", like.RTPriority, owner.TID)
	case like.Policy == schedRR:
		return fmt.Sprintf("chrt --rr -p %d %d", like.RTPriority, owner.TID)
	case owner.Policy == schedIdle || owner.Policy == schedBatch:
		command := fmt.Sprintf("chrt --other -p 0 %d", owner.TID)
		if like.Nice < owner.Nice {
			command += fmt.Sprintf(" && renice -n %d -p %d", like.Nice, owner.TID)
		}
		return command
	case rank(owner) >= rank(like):
		return fmt.Sprintf("renice -n %d -p %d", max(-20, min(like.Nice, v.runner.nice)), owner.TID)
	}
	return fmt.Sprintf("renice -n %d -p %d", like.Nice, owner.TID)
}
