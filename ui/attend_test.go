package ui

import (
	"slices"
	"testing"
)

// Every reading is to hold everything of what is in sight, and of what is judged by its parent.
func TestAttended(t *testing.T) {
	s := newBench(t, 120, 30, Options{})
	s.b.mu.Lock()
	pids := slices.Clone(s.b.attend)
	s.b.mu.Unlock()
	if len(pids) == 0 {
		t.Fatal("nobody is attended")
	}
	for _, p := range s.app.frame.Snap.Procs {
		if p.Zombie() && !slices.Contains(pids, p.PPID) {
			t.Errorf("%d, the parent of the zombie %d, is not attended", p.PPID, p.PID)
		}
	}
	for i := s.app.table.top; i < min(len(s.app.table.rows), s.app.table.top+s.app.table.height); i++ {
		if p := s.app.table.rows[i].Proc; p != nil && !slices.Contains(pids, p.PID) {
			t.Errorf("%d, which is in sight, is not attended", p.PID)
		}
	}
}
