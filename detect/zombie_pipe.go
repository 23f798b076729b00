package detect

import (
	"fmt"

	"ptop/pcb"
)

// maxLeftBehind is how many processes are looked at for the end of a pipe.
const maxLeftBehind = 16

// leftBehind gives who may hold a pipe that the zombies wrote to: the living of their jobs, who lost them as parents.
func (p *Pass) leftBehind(b *brood) []int32 {
	jobs := map[int32]bool{}
	for _, c := range b.members {
		z := p.proc(c.i)
		jobs[z.PGID], jobs[z.SID] = true, true
	}
	var pids []int32
	for i := range p.Snap.Procs {
		q := p.proc(int32(i))
		of := (jobs[q.PGID] || jobs[q.SID]) && (!q.Zombie() || q.LeaderExited()) && int32(i) != b.culprit
		if of && q.Started >= p.proc(b.members[0].i).Started {
			if pids = append(pids, q.PID); len(pids) == maxLeftBehind {
				break
			}
		}
	}
	return pids
}

// readsPipe fits a parent of which a thread reads what the zombie's job writes. That it would reap after the end of that
// is what such programs do, and not to be seen.
func (q *inquest) readsPipe() (Confidence, bool) {
	for i := range q.threads {
		t := &q.threads[i]
		if len(t.PipeHeldBy) == 0 {
			continue
		}
		holder := q.Snap.Lookup(pcb.ID{PID: t.PipeHeldBy[0]})
		if holder == nil {
			continue
		}
		s := q.subject(holder)
		q.holder, q.other = holder, s.label()
		source := procFile(q.parent.ID, fmt.Sprintf("task/%d/syscall", t.TID))
		q.f.know("reads_from", t.Pipe, source+", fd")
		q.f.know("pipe_held_by", q.other, procFile(holder.ID, "fd"))
		return Likely, true
	}
	return 0, false
}
