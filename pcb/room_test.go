package pcb

import (
	"slices"
	"testing"
)

func TestRoom(t *testing.T) {
	few := []int{1, 2, 3}
	more := Room(few, 100)
	if !slices.Equal(more, few) || cap(more) < 100 || cap(more) > 200 {
		t.Errorf("room for 100: %v of %d", more, cap(more))
	}
	if same := Room(more, 50); &same[0] != &more[0] || cap(same) != cap(more) {
		t.Errorf("there was room for 50 in %d: now it is %d", cap(more), cap(same))
	}
	if less := Room(append(make([]int, 0, 100000), few...), 10); !slices.Equal(less, few) || cap(less) > 1024 {
		t.Errorf("room for 10: %v of %d", less, cap(less))
	}
}

// Memory for what a machine once had is not kept for ever.
func TestMemoryShrinks(t *testing.T) {
	if s := Room(make([]int, 0, 100_000), 300); cap(s) > 1000 {
		t.Errorf("room for %d is kept for 300", cap(s))
	}
	if s := Room(make([]int, 5, 400)[:0], 300); cap(s) != 400 || len(s) != 0 {
		t.Errorf("room for 400 became one for %d", cap(s))
	}
}
