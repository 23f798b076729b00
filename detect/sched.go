package detect

import (
	"fmt"

	"ptop/pcb"
)

// The scheduling policies (include/uapi/linux/sched.h).
const (
	schedOther = 0
	schedFIFO  = 1
	schedRR    = 2
	schedBatch = 3
	schedIdle  = 5
)

// sched is how the hottest thread of a process is scheduled. Each thread has a nice value and a policy of its own.
type sched struct {
	tid    int32
	nice   int32
	policy uint32
	cpu    int32 // that it last ran on
	known  bool
	alone  pcb.ID // the process, when it has but this thread
}

// only gives the identity of a process with a single thread.
func only(q *pcb.Process) pcb.ID {
	if q.Threads == 1 {
		return q.ID
	}
	return pcb.ID{}
}

// hot gives how the hottest thread of the process at i is scheduled: the leader as the Snapshot shows it, or another as
// a probe does.
func (p *Pass) hot(i int32) sched {
	q, tid := p.proc(i), p.hotThread(i)
	if tid == q.PID {
		return sched{tid, q.Nice, q.Policy, q.Processor, true, only(q)}
	}
	if probe := p.Probes[q.ID]; in(probe, pcb.ProbeThread) && probe.TID == tid {
		return sched{tid: tid, nice: probe.Nice, policy: probe.Policy, cpu: probe.CPU, known: true}
	}
	return sched{tid: tid}
}

// hotThread is the hottest thread of the process at i; its leader where no other is known.
func (p *Pass) hotThread(i int32) int32 {
	if tid := p.Rates.Procs[i].HotTID; tid != 0 {
		return tid
	}
	return p.proc(i).PID
}

// askHot asks how the hottest threads of processes are scheduled, where the Snapshot does not tell.
func (p *Pass) askHot(list ...int32) []pcb.ProbeRequest {
	var want []pcb.ProbeRequest
	for _, i := range list {
		if id, tid := p.proc(i).ID, p.hotThread(i); tid != id.PID {
			want = append(want, pcb.ProbeRequest{ID: id, Kinds: pcb.ProbeThread, TID: tid})
		}
	}
	return want
}

// askOrigin asks whether builds made processes, of those whose names do not tell.
func (p *Pass) askOrigin(list ...int32) []pcb.ProbeRequest {
	var want []pcb.ProbeRequest
	for _, i := range list {
		if q := p.proc(i); !batchJob(q) && !q.KernelThread() {
			want = append(want, pcb.ProbeRequest{ID: q.ID, Kinds: pcb.ProbeEnv})
		}
	}
	return want
}

// background reports whether the thread was told to let others go first.
func (s sched) background() bool {
	return s.known && (s.nice > 0 || s.policy == schedBatch || s.policy == schedIdle)
}

// lowNice is the nice value by which others go first.
const lowNice = 10

// lower is the remedy that lets others go before the thread, but none that would raise it or have no effect: nice values
// concern the normal policy alone, and where they are not known, 10 may be more than it has.
func (s sched) lower(do string) []Remedy {
	switch {
	case !s.known:
		return nil
	case s.policy == schedFIFO || s.policy == schedRR:
		return []Remedy{{Do: do, Command: fmt.Sprintf("chrt --other -p 0 %d", s.tid), Risk: "it takes longer, and may miss what its real-time priority was for"}}
	case s.policy == schedOther && s.nice <= 0:
		r := Remedy{Do: do, Command: fmt.Sprintf("renice -n %d -p %d", lowNice, s.tid), Risk: "it takes longer"}
		if !s.alone.IsZero() { // ptop renices all threads of a process, not one
			r.Act = &Action{Kind: ActRenice, Nice: lowNice, Target: s.alone}
		}
		return []Remedy{r}
	}
	return nil
}

// lowerAll is the remedy that lets others go before all threads of a process that is not in the background as it is.
func lowerAll(q *pcb.Process, do string) []Remedy {
	if q.Policy != schedOther || q.Nice > 0 {
		return nil
	}
	if q.Threads == 1 {
		return sched{q.PID, q.Nice, q.Policy, q.Processor, true, q.ID}.lower(do)
	}
	return []Remedy{{
		Do: do, Command: fmt.Sprintf("renice -n %d -p $(ls /proc/%d/task)", lowNice, q.PID), Risk: fmt.Sprintf("it takes longer; all its threads get nice %d", lowNice),
		Act: &Action{Kind: ActRenice, Nice: lowNice, Target: q.ID},
	}}
}

// scheduled adds how a process's hottest thread is scheduled, or that it is not known.
func (f *Finding) scheduled(q *pcb.Process, s sched) {
	stat := procFile(q.ID, "stat")
	if s.tid != q.PID {
		stat = procFile(q.ID, "task/"+pid(s.tid)+"/stat")
	}
	if !s.known {
		f.Missing = append(f.Missing, stat+": could not be read; whether the thread was told to let others go first is not known")
		return
	}
	f.know("nice", int64(s.nice), stat+" nice")
	f.know("policy", policyName(s.policy), stat+" policy")
}

// policyName names a scheduling policy.
func policyName(policy uint32) string {
	names := [...]string{"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "4", "SCHED_IDLE", "SCHED_DEADLINE", "SCHED_EXT"}
	if int(policy) < len(names) {
		return names[policy]
	}
	return fmt.Sprint(policy)
}
