//go:build amd64 || arm64

package collect

import (
	"slices"

	"ptop/pcb"
)

// A kernel can keep processes from the task iterator that /proc shows: a security module hides the machine's first process
// so, for one. They are found by listing /proc now and then, and read there. In the Snapshot and in iterator.entries they
// have places like the others, without an entry.

// compareEvery is how many readings apart the two are compared; to list /proc costs about as much as to iterate.
const compareEvery = 32

// leaveRoom keeps places in s for the unseen processes below pid.
func (it *iterator) leaveRoom(s *pcb.Snapshot, pid int32) {
	for ; it.nextUnseen < len(it.unseen) && it.unseen[it.nextUnseen] < pid; it.nextUnseen++ {
		s.Procs = append(s.Procs, pcb.Process{ID: pcb.ID{PID: it.unseen[it.nextUnseen]}})
		it.entries = append(it.entries, nil)
	}
	if it.nextUnseen < len(it.unseen) && it.unseen[it.nextUnseen] == pid { // it is shown now
		it.nextUnseen++
	}
}

// compare makes room for the processes that were listed and are not there.
func (it *iterator) compare(s *pcb.Snapshot, listed []int32) {
	at := 0
	for _, pid := range listed {
		for at < len(s.Procs) && s.Procs[at].PID < pid {
			at++
		}
		if at == len(s.Procs) || s.Procs[at].PID != pid {
			s.Procs = slices.Insert(s.Procs, at, pcb.Process{ID: pcb.ID{PID: pid}})
			it.entries = slices.Insert(it.entries, at, nil)
		}
	}
}

// readUnseen reads a process by /proc into its place.
func (c *Collector) readUnseen(s *pcb.Snapshot, i int) error {
	err := c.process(s, s.Procs[i].PID) // behind all others
	c.settleUnseen(s, i)
	return err
}

// settleUnseen moves what was read of an unseen process from behind all others into its place.
func (c *Collector) settleUnseen(s *pcb.Snapshot, i int) {
	if n := len(c.iter.entries); len(s.Procs) > n {
		s.Procs[i] = s.Procs[n]
		s.Procs = s.Procs[:n]
	}
}

// keepUnseen notes which processes are to be read by /proc the next time, too, and drops the places of those that have
// ended meanwhile.
func (c *Collector) keepUnseen(s *pcb.Snapshot) {
	it := c.iter
	it.unseen = it.unseen[:0]
	gone := false
	for i, e := range it.entries {
		switch p := &s.Procs[i]; {
		case e != nil:
		case p.Have|p.Denied == 0 && !p.Blocked:
			gone = true
		default:
			it.unseen = append(it.unseen, p.PID)
		}
	}
	if gone {
		s.Procs = slices.DeleteFunc(s.Procs, func(p pcb.Process) bool { return p.Have|p.Denied == 0 && !p.Blocked })
	}
}
