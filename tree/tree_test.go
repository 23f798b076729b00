package tree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"ptop/pcb"
)

// snap makes a Snapshot of pid, ppid pairs, which must be in order of pid.
func snap(pairs ...[2]int32) *pcb.Snapshot {
	s := &pcb.Snapshot{}
	for _, p := range pairs {
		s.Procs = append(s.Procs, pcb.Process{ID: pcb.ID{PID: p[0], Start: 1}, PPID: p[1]})
	}
	return s
}

func pids(f *Forest, list []int32) []int32 {
	out := []int32{}
	for _, i := range list {
		out = append(out, f.Snap.Procs[i].PID)
	}
	return out
}

func TestBuild(t *testing.T) {
	for _, c := range []struct {
		name         string
		pairs        [][2]int32
		roots, order []int32
	}{
		{"empty", nil, []int32{}, []int32{}},
		{"usual", [][2]int32{{1, 0}, {2, 0}, {10, 1}, {11, 2}, {12, 10}, {13, 1}}, []int32{1, 2}, []int32{1, 10, 12, 13, 2, 11}},
		{"parent missing", [][2]int32{{5, 4}, {6, 5}}, []int32{5}, []int32{5, 6}},
		{"own parent", [][2]int32{{5, 5}, {6, 5}}, []int32{5}, []int32{5, 6}},
		{"cycle of two", [][2]int32{{5, 6}, {6, 5}, {7, 6}}, []int32{5}, []int32{5, 6, 7}},
		{"cycle with a tail", [][2]int32{{3, 9}, {5, 9}, {8, 5}, {9, 8}}, []int32{5}, []int32{5, 8, 9, 3}},
		{"parent with the higher pid", [][2]int32{{1, 0}, {5, 900}, {900, 1}}, []int32{1}, []int32{1, 900, 5}},
		{"negative parent", [][2]int32{{1, -4}}, []int32{1}, []int32{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := Build(snap(c.pairs...), nil)
			if got := pids(f, f.Roots()); !slices.Equal(got, c.roots) {
				t.Errorf("roots %v, want %v", got, c.roots)
			}
			if got := pids(f, f.Order()); !slices.Equal(got, c.order) {
				t.Errorf("order %v, want %v", got, c.order)
			}
		})
	}
}

func TestRelations(t *testing.T) {
	s := snap([2]int32{1, 0}, [2]int32{10, 1}, [2]int32{11, 10}, [2]int32{12, 11}, [2]int32{13, 10}, [2]int32{20, 1})
	f := Build(s, nil)
	at := func(pid int32) int32 { return int32(s.Index(pid)) }
	if got := pids(f, f.Ancestors(at(12))); !slices.Equal(got, []int32{11, 10, 1}) {
		t.Errorf("ancestors of 12: %v", got)
	}
	if got := pids(f, f.Descendants(at(10))); !slices.Equal(got, []int32{11, 12, 13}) {
		t.Errorf("descendants of 10: %v", got)
	}
	if d := f.Depth(at(12)); d != 3 {
		t.Errorf("depth of 12 is %d, want 3", d)
	}
	if !f.IsAncestor(at(10), at(12)) || f.IsAncestor(at(10), at(20)) || f.IsAncestor(at(10), at(10)) {
		t.Error("IsAncestor is wrong about 10 and 12, 20 or itself")
	}
	sums := f.SubtreeSums(nil, func(int32) float64 { return 1 })
	if sums[at(1)] != 6 || sums[at(10)] != 4 || sums[at(20)] != 1 {
		t.Errorf("subtree counts %v", sums)
	}
}

// Whatever the parents are, every process stands in the forest once, after its parent.
func TestAnyParents(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		n := rng.IntN(30)
		s := &pcb.Snapshot{}
		for i := range n {
			s.Procs = append(s.Procs, pcb.Process{ID: pcb.ID{PID: int32(i + 1)}, PPID: int32(rng.IntN(n + 3))})
		}
		f := Build(s, nil)
		if len(f.Order()) != n {
			t.Fatalf("round %d: %d of %d processes in the forest", round, len(f.Order()), n)
		}
		seen := map[int32]bool{}
		for _, i := range f.Order() {
			if p := f.Parent(i); seen[i] || p != None && !seen[p] {
				t.Fatalf("round %d: process %d stands twice or before its parent", round, i)
			}
			seen[i] = true
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{300, 3000} {
		s := &pcb.Snapshot{}
		for i := range n {
			s.Procs = append(s.Procs, pcb.Process{ID: pcb.ID{PID: int32(i + 1)}, PPID: int32(i / 4)})
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Build(s, nil)
			}
		})
	}
}
