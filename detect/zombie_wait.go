package detect

import (
	"fmt"

	"ptop/pcb"
)

// waitCall is what one thread of the parent waits for, in a call of the wait family.
type waitCall struct {
	tid   int32
	other string // the living child or the process group that it waits for alone
	only  string // what else it waits for, that these are not
	takes bool   // it could take one of the brood, as far as can be told
}

// waits reads what the parent's threads wait for.
func (q *inquest) waits() []waitCall {
	var calls []waitCall
	for i := range q.threads {
		switch t := &q.threads[i]; {
		case isWait(t):
			calls = append(calls, q.decode(t))
		case t.WChan == "do_wait":
			calls = append(calls, waitCall{tid: t.TID, takes: true}) // for whom can't be read
		}
	}
	return calls
}

// isWait reports whether a thread is in wait4 or waitid, the calls behind the whole family.
func isWait(t *pcb.ThreadProbe) bool {
	return t.SyscallKnown && (t.SyscallName == "wait4" || t.SyscallName == "waitid" || t.SyscallName == "waitpid")
}

// The kinds of target of waitid, and what a wait can ask for (linux/wait.h).
const (
	waitAPID   = 1
	waitAGroup = 2
	waitAPIDFD = 3

	waitExited = 0x00000004
	waitClone  = 0x80000000
	waitAll    = 0x40000000
)

// decode tells what one call waits for.
func (q *inquest) decode(t *pcb.ThreadProbe) waitCall {
	options := t.Args[2] | waitExited // the older calls always wait for deaths
	if t.SyscallName == "waitid" {
		options = t.Args[3]
	}
	c := waitCall{tid: t.TID}
	switch {
	case options&waitExited == 0:
		c.only = "children that are stopped or go on"
	case options&waitClone != 0 && options&waitAll == 0 && q.b.kind == ofParent:
		c.only = "children that were made with another exit signal (__WCLONE)"
	default:
		q.target(t, &c)
	}
	return c
}

// target enters whom a call waits for. That of which nothing is known could take any.
func (q *inquest) target(t *pcb.ThreadProbe, c *waitCall) {
	switch who, group := q.waitTarget(t); {
	case who != nil && (!who.Zombie() || who.LeaderExited()):
		c.other = fmt.Sprintf("%s (%d)", who.Name(), who.PID)
	case group > 0 && !q.groupHasDead(group):
		c.other = fmt.Sprintf("process group %d", group)
	default:
		c.takes = true
	}
}

// waitTarget gives the child or the process group that a thread waits for; neither when it takes any child, or when
// who it is can't be told.
func (q *inquest) waitTarget(t *pcb.ThreadProbe) (who *pcb.Process, group int32) {
	if t.SyscallName == "waitid" {
		switch t.Args[0] {
		case waitAPID:
			return q.childNumbered(int32(t.Args[1])), 0
		case waitAGroup:
			return nil, q.orOwn(int32(t.Args[1]))
		case waitAPIDFD:
			return q.behind(t), 0
		}
		return nil, 0
	}
	switch n := int32(t.Args[0]); {
	case n > 0:
		return q.childNumbered(n), 0
	case n == 0:
		return nil, q.orOwn(0)
	case n < -1:
		return nil, -n
	}
	return nil, 0
}

// behind gives the process that the pidfd of a waiting thread stands for.
func (q *inquest) behind(t *pcb.ThreadProbe) *pcb.Process {
	if t.PIDFD == 0 {
		q.f.Missing = append(q.f.Missing, procFile(q.parent.ID, fmt.Sprintf("fdinfo/%d", t.Args[1]))+": whom the pidfd that it waits for stands for could not be read")
		return nil
	}
	if i := q.Snap.Index(t.PIDFD); i >= 0 {
		return q.proc(int32(i))
	}
	return nil
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

// mayTake reports whether a thread of the parent sits in a wait that could take one of them, as far as can be told.
func (q *inquest) mayTake() bool {
	for _, c := range q.calls {
		if c.takes {
			return true
		}
	}
	return false
}

// waitsForAnother fits a parent of which a thread waits for one live child, or for the children of another group, and
// none for these. Where its other threads do not wait they are free to reap, and why they do not is not known.
func (q *inquest) waitsForAnother() (Confidence, bool) {
	waiting := 0
	for _, c := range q.calls {
		if c.takes {
			return 0, false
		}
		if c.other == "" {
			continue
		}
		if waiting++; waiting == 1 {
			q.other = c.other
			q.f.know("waited_for", c.other, procFile(q.parent.ID, fmt.Sprintf("task/%d/syscall", c.tid)))
		}
	}
	if waiting == 0 {
		return 0, false
	}
	if free := max(len(q.threads), int(q.parent.Threads)) - waiting; free > 0 {
		q.f.know("threads_free", int64(free), procFile(q.parent.ID, "task/*/syscall"))
		return Likely, true
	}
	return Proved, true
}
