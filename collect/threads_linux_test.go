package collect

import (
	"slices"
	"testing"
	"time"

	"ptop/pcb"
)

// Where the threads are more than a reading walks, the next reading goes on where it stopped, so that all have their turn.
func TestTurns(t *testing.T) {
	sizes := []int32{3, 4, 5, 20, 2, 9, 1} // of the processes 1 to 7
	w := turn{budget: 10}
	for reading, want := range [][]int32{{1, 2, 5, 7}, {3, 5, 7}, {4}, {5, 7}, {6, 7}, {1, 2, 5, 7}} {
		w.begin()
		var got []int32
		for i, n := range sizes {
			if w.takes(&pcb.Process{ID: pcb.ID{PID: int32(i + 1)}, Threads: n}, oversizeAge) {
				got = append(got, int32(i+1))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("reading %d walks %v, want %v", reading, got, want)
		}
	}
	w = turn{budget: 10}
	w.begin()
	if w.takes(&pcb.Process{ID: pcb.ID{PID: 1}, Threads: 20}, time.Second) {
		t.Error("a process that is larger than a turn is walked each time")
	}
}
