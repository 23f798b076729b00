package ui

import (
	"slices"
	"testing"

	"ptop/internal/monitor"
)

// The same Shot gives the same picture.
func TestScreenshot(t *testing.T) {
	s := Shot{Frames: []*monitor.Frame{machine(1), machine(2)}, Keys: []string{"f"}, W: 100, H: 30}
	one, err := Screenshot(s)
	if err != nil {
		t.Fatal(err)
	}
	two, err := Screenshot(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(one) != 100*30 {
		t.Fatalf("%d cells", len(one))
	}
	for i := range one {
		if !slices.Equal(one[i].Runes, two[i].Runes) {
			t.Fatalf("cell %d differs", i)
		}
	}
	if s.Keys = []string{"e"}; s.Detail == nil { // an environment that nobody can read any more
		if _, err := Screenshot(s); err != nil {
			t.Error(err)
		}
	}
}
