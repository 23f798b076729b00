package detect

import (
	"fmt"

	"ptop/pcb"
	"ptop/tree"
)

// inWait reports whether a thread of the parent sits in a call of the wait family, whatever for.
func (q *inquest) inWait() bool {
	for i := range q.threads {
		if t := &q.threads[i]; waits(t) || t.WChan == "do_wait" {
			return true
		}
	}
	return false
}

// waitsForAnother fits a parent of which a thread waits for one live child, or for the children of another group.
func (q *inquest) waitsForAnother() (Confidence, bool) {
	for i := range q.threads {
		t := &q.threads[i]
		if !waits(t) {
			continue
		}
		who, group := q.waitTarget(t)
		switch {
		case who > 0:
			child := q.childNumbered(who)
			if child == nil || child.Zombie() && !child.LeaderExited() {
				continue
			}
			q.other = fmt.Sprintf("%s (%d)", child.Name(), child.PID)
		case group > 0:
			if q.groupHasDead(group) {
				continue
			}
			q.other = fmt.Sprintf("process group %d", group)
		default:
			continue
		}
		q.f.know("waited_for", q.other, procFile(q.parent.ID, fmt.Sprintf("task/%d/syscall", t.TID)))
		return Proved, true
	}
	return 0, false
}

// waits reports whether a thread is in wait4 or waitid, the calls behind the whole family.
func waits(t *pcb.ThreadProbe) bool {
	return t.SyscallKnown && (t.SyscallName == "wait4" || t.SyscallName == "waitid" || t.SyscallName == "waitpid")
}

// The kinds of target of waitid (sys/wait.h).
const (
	waitAPID   = 1
	waitAGroup = 2
)

// waitTarget gives the pid or the process group that a thread waits for; neither when it takes any child.
func (q *inquest) waitTarget(t *pcb.ThreadProbe) (who, group int32) {
	if t.SyscallName == "waitid" {
		switch t.Args[0] {
		case waitAPID:
			return int32(t.Args[1]), 0
		case waitAGroup:
			return 0, q.orOwn(int32(t.Args[1]))
		}
		return 0, 0
	}
	switch n := int32(t.Args[0]); {
	case n > 0:
		return n, 0
	case n == 0:
		return 0, q.orOwn(0)
	case n < -1:
		return 0, -n
	}
	return 0, 0
}

func (q *inquest) orOwn(group int32) int32 {
	if group == 0 {
		return q.parent.PGID
	}
	return group
}

// childNumbered finds the parent's child by the pid that it has in the parent's own pid namespace, in which the
// arguments of its calls are.
func (q *inquest) childNumbered(n int32) *pcb.Process {
	level := max(1, len(q.parent.NSPIDs))
	if q.b.culprit == tree.None {
		return nil
	}
	for _, i := range q.Forest.Children(q.b.culprit) {
		child := q.proc(i)
		if level == 1 && child.PID == n || len(child.NSPIDs) >= level && child.NSPIDs[level-1] == n {
			return child
		}
	}
	return nil
}

// groupHasDead reports whether a zombie of the brood is in a process group; then the parent's wait would take it.
// Group numbers of a nested namespace can't be compared, and count as if it were.
func (q *inquest) groupHasDead(group int32) bool {
	if len(q.parent.NSPIDs) > 1 {
		return true
	}
	for _, c := range q.b.members {
		if q.proc(c.i).PGID == group {
			return true
		}
	}
	return false
}
