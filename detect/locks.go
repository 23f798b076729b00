package detect

import (
	"cmp"
	"slices"
	"time"

	"ptop/pcb"
)

// What deadlock and priority-inversion share: who waits for which lock, and since when.

// Every process with several threads is looked at in turn, more of them in the first reading. One that has not moved since
// is not looked at again, and one that has locks waited for is in every reading.
const (
	lockTurn      = 8
	lockFirstTurn = 32
	lockFollowed  = 16
)

// lockLook is what a look at a process's locks found.
type lockLook struct {
	at       time.Duration // Mono
	cpu      time.Duration // its CPU time, switches and threads then: what shows that it has moved
	switches uint64
	threads  int32
	waits    []lockWait
}

// lockWait is a wait for a lock over time.
type lockWait struct {
	pcb.LockWait
	first  time.Duration // Mono of the look that found it first, with the same owner and no run of the waiter since
	owner  pcb.TaskProbe // as it was then
	rivals map[int32]time.Duration
}

// since is for how long the thread has waited, from one reading where the kernel tells.
func (w *lockWait) since(now time.Duration) time.Duration {
	watched := now - w.first
	if w.Waiter.IdleKnown {
		return max(watched, w.Waiter.Idle)
	}
	return watched
}

// same reports whether it is the wait of an earlier look: the waiter has not run, and who holds the lock neither changed.
func (w *lockWait) same(l *pcb.LockWait) bool {
	return w.Waiter.TID == l.Waiter.TID && w.Owner.TID == l.Owner.TID && w.Address == l.Address && w.Waiter.Scheduled && l.Waiter.Scheduled &&
		w.Waiter.RunTime == l.Waiter.RunTime
}

// askLocks names whose locks are to be looked at.
func (p *Pass) askLocks() (want []pcb.ProbeRequest) {
	ask := func(id pcb.ID) {
		if len(want) < lockFollowed {
			want = append(want, pcb.ProbeRequest{ID: id, Kinds: pcb.ProbeLocks})
		}
	}
	for _, id := range p.withWaits() {
		ask(id)
		for _, w := range recall[lockLook](p, id).waits {
			if owner := p.Snap.Lookup(pcb.ID{PID: w.Owner.PID}); owner != nil && owner.ID != id {
				ask(owner.ID)
			}
		}
	}
	n := lockTurn
	if p.firstReading() {
		n = lockFirstTurn
	}
	for _, i := range p.turn(n, p.lockDue) {
		want = append(want, pcb.ProbeRequest{ID: p.proc(i).ID, Kinds: pcb.ProbeLocks, InTurn: true})
	}
	return want
}

// withWaits gives the processes in which a thread was found to wait for a lock, in order.
func (p *Pass) withWaits() (ids []pcb.ID) {
	for id := range p.History.kept[p.det] {
		if look := recall[lockLook](p, id); look != nil && len(look.waits) > 0 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b pcb.ID) int { return cmp.Compare(a.PID, b.PID) })
	return ids
}

// lockDue reports whether a process may wait for a lock, which others than its own threads can hold, too, and has moved since
// its locks were looked at.
func (p *Pass) lockDue(i int32, q *pcb.Process) bool {
	if q.Threads < 2 && q.State != 'S' || q.KernelThread() || !p.judged(i) {
		return false
	}
	look := recall[lockLook](p, q.ID)
	return look == nil || len(look.waits) == 0 && look.moved(q)
}

func (l *lockLook) moved(q *pcb.Process) bool {
	return l.cpu != q.UTime+q.STime || l.switches != q.Voluntary+q.Involuntary || l.threads != q.Threads
}

// lookAtLocks takes up what this reading's probes found, and gives the processes in which threads wait.
func (p *Pass) lookAtLocks() (looks []*lockLook) {
	for _, id := range p.probedFor(pcb.ProbeLocks) {
		q, probe := p.Snap.Lookup(id), p.Probes[id]
		if q == nil || probe.Blocked&pcb.ProbeLocks != 0 { // a reader that was late has seen nothing: it is asked again
			continue
		}
		before := recall[lockLook](p, id)
		look := &lockLook{at: p.Snap.Mono, cpu: q.UTime + q.STime, switches: q.Voluntary + q.Involuntary, threads: q.Threads}
		for _, l := range probe.Locks {
			look.waits = append(look.waits, before.take(l, p.Snap.Mono, probe.Rivals))
		}
		keep(p, id, look)
		if len(look.waits) > 0 {
			looks = append(looks, look)
		}
	}
	return looks
}

// take gives a wait its beginning, which an earlier look may have seen.
func (l *lockLook) take(now pcb.LockWait, at time.Duration, rivals []pcb.TaskProbe) lockWait {
	if l != nil {
		if k := slices.IndexFunc(l.waits, func(w lockWait) bool { return w.same(&now) }); k >= 0 {
			w := l.waits[k]
			w.LockWait = now
			return w
		}
	}
	w := lockWait{LockWait: now, first: at, owner: now.Owner}
	if len(rivals) > 0 {
		w.rivals = make(map[int32]time.Duration, len(rivals))
		for _, r := range rivals {
			w.rivals[r.TID] = r.RunTime
		}
	}
	return w
}

// taskLabel is how prose names a thread: 101 (worker-1).
func taskLabel(t *pcb.TaskProbe) string { return pid(t.TID) + " (" + t.Name + ")" }
