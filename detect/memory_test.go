package detect

import (
	"slices"
	"testing"
	"time"

	"ptop/pcb"
)

// Everyone who is due has a turn, and who is gone is forgotten.
func TestMemory(t *testing.T) {
	l := newLab(t)
	p := &l.tracker.pass
	third := proc(30, 1, "c")
	read := func(at time.Duration, procs ...pcb.Process) {
		l.sees(at, procs...)
		p.det = stoppedJob
	}
	read(0, proc(10, 1, "a"), proc(20, 1, "b"), third)
	notB := func(_ int32, q *pcb.Process) bool { return q.PID != 20 }
	for _, want := range [][]int32{{0}, {2}, {0}} {
		if got := p.turn(1, notB); !slices.Equal(got, want) {
			t.Errorf("turn %v, want %v", got, want)
		}
	}
	if got := p.turn(9, notB); !slices.Equal(got, []int32{2, 0}) {
		t.Errorf("more turns than processes: %v", got)
	}
	*keep(p, third.ID, new(int)) = 7
	if got := recall[int](p, third.ID); got == nil || *got != 7 {
		t.Errorf("recalled %v, want 7", got)
	}
	read(time.Second, proc(10, 1, "a"))
	if got := recall[int](p, third.ID); got != nil {
		t.Errorf("recalled %d of a process that is gone", *got)
	}
}
