package detect

import (
	"fmt"
	"slices"
	"time"

	"ptop/pcb"
)

// eventSource is where events are from.
const eventSource = "proc connector"

// enterEnds takes up which parents ended and left children. Those of the reading before count on: it may have shown a
// child shortly before its parent ended.
func (h *History) enterEnds(e *pcb.Events) {
	clear(h.heirs)
	clear(h.ends)
	enter := func(ends []pcb.ParentEnd) {
		for i := range slices.Backward(ends) { // the latest of one pid counts
			h.ends[ends[i].ID.PID] = &ends[i]
		}
	}
	enter(h.before)
	h.before = nil
	if e == nil {
		return
	}
	enter(e.Ends)
	h.before = e.Ends
	for i := range slices.Backward(e.Ends) {
		for _, pid := range e.Ends[i].Children {
			h.heirs[pid] = &e.Ends[i]
		}
	}
}

// loses gives a parent that a reading shows no more as the one of a process.
func (h *History) loses(s *pcb.Snapshot, parent pcb.ID, name string) *lostParent {
	lost := &lostParent{ID: parent, Name: name, At: s.Mono}
	if end := h.ends[parent.PID]; end != nil && end.Is(parent) {
		lost.ended(s, end)
	}
	return lost
}

// lostUnseen gives the parent that a process lost before a reading showed them together; nil when there was none.
func (h *History) lostUnseen(s *pcb.Snapshot, p, parent *pcb.Process) *lostParent {
	end := h.heirs[p.PID]
	if end == nil || p.Started > end.At || parent.PID == end.ID.PID && parent.Started <= end.At {
		return nil
	}
	lost := &lostParent{ID: end.ID, Name: end.Name, unseen: true}
	lost.ended(s, end)
	return lost
}

// ended notes how it ended and when.
func (l *lostParent) ended(s *pcb.Snapshot, end *pcb.ParentEnd) {
	kept := *end
	kept.Children = nil // the list is of a reading that is let go
	l.End, l.At = &kept, min(s.Mono, s.Mono+end.At-s.Boot)
}

// who names it.
func (l *lostParent) who() string {
	if l.Name == "" {
		return pid(l.ID.PID)
	}
	return pid(l.ID.PID) + " (" + l.Name + ")"
}

// source is where it was seen of a child.
func (l *lostParent) source(child pcb.ID) string {
	if l.End != nil {
		return eventSource + " exit"
	}
	return procFile(child, "stat") + " ppid, as watched"
}

// words says who it was and how it ended, as far as that is known.
func (l *lostParent) words(s *pcb.Snapshot) string {
	if l.End == nil {
		return l.who() + ", which is gone"
	}
	how := "exited " + pid(l.End.Status>>8&0xff)
	if l.End.Status&0x7f != 0 {
		how = "was " + pcb.DescribeExit(l.End.Status)
	}
	at := s.Time.Add(l.At - s.Mono)
	return fmt.Sprintf("%s, which %s at %s", l.who(), how, at.Local().Format(clockFormat(s.Time.Sub(at))))
}

// clockFormat tells a time of the last day by the clock.
func clockFormat(ago time.Duration) string {
	if ago < 24*time.Hour {
		return "15:04:05"
	}
	return "2006-01-02 15:04"
}
