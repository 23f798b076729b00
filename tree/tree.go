// Package tree builds the forest of parents and children from any Snapshot, whatever is missing, cyclic or has
// parent 0. It is pure, and refers to processes by their index in Snapshot.Procs.
package tree

import "ptop/pcb"

// None is the index that names no process.
const None = int32(-1)

// Forest is the hierarchy of one Snapshot. It is immutable. Siblings, and roots, stand in the order of
// Snapshot.Procs: by pid.
type Forest struct {
	Snap *pcb.Snapshot

	parent    []int32
	depth     []int32
	order     []int32 // every process, depth first
	pos       []int32 // where a process stands in order
	end       []int32 // where its subtree ends in order
	kids      []int32 // children of all, those of one process side by side
	kidsStart []int32 // where a process's children begin in kids; one longer than Procs
	roots     []int32
	stack     []int32 // of walk
	slab      []int32 // the memory of all of these
}

// Build makes the forest of a Snapshot. A process whose parent is 0, itself, or not in the Snapshot is a root; of a
// cycle, which only a torn reading can show, the process with the lowest pid is made one. old is a forest that nobody looks
// at any more, in whose memory the new one is made; nil for none.
func Build(s *pcb.Snapshot, old *Forest) *Forest {
	n := len(s.Procs)
	const slices = 9
	var slab []int32
	if old != nil {
		slab = old.slab[:0]
	}
	slab = pcb.Room(slab, slices*n+1)[:slices*n+1]
	clear(slab)
	rest := slab
	cut := func(size int) []int32 {
		part := rest[:size:size]
		rest = rest[size:]
		return part
	}
	f := &Forest{
		Snap: s, parent: cut(n), depth: cut(n), order: cut(n), pos: cut(n), end: cut(n), kids: cut(n), kidsStart: cut(n + 1),
		roots: cut(n)[:0], stack: cut(n)[:0], slab: slab,
	}
	f.link()
	f.cutCycles()
	f.collectKids()
	f.walk()
	return f
}

func (f *Forest) link() {
	pid, at := int32(0), None // the parent that was looked for last: neighbours are often siblings
	for i := range f.Snap.Procs {
		p := &f.Snap.Procs[i]
		f.parent[i] = None
		if p.PPID > 0 && p.PPID != p.PID {
			if p.PPID != pid {
				pid, at = p.PPID, int32(f.Snap.Index(p.PPID))
			}
			f.parent[i] = at
		}
	}
}

// cutCycles follows each chain of parents once. depth serves as the mark of the walk that saw a process first, so
// that meeting one's own mark again means a cycle.
func (f *Forest) cutCycles() {
	for i := range f.parent {
		mark := int32(i) + 1
		j := int32(i)
		for j != None && f.depth[j] == 0 {
			f.depth[j] = mark
			j = f.parent[j]
		}
		if j != None && f.depth[j] == mark {
			f.parent[f.lowestInCycle(j)] = None
		}
	}
}

func (f *Forest) lowestInCycle(from int32) int32 {
	lowest := from
	for j := f.parent[from]; j != from; j = f.parent[j] {
		lowest = min(lowest, j) // Procs is sorted by pid
	}
	return lowest
}

func (f *Forest) collectKids() {
	for i, parent := range f.parent {
		if parent == None {
			f.roots = append(f.roots, int32(i))
		} else {
			f.kidsStart[parent+1]++
		}
	}
	for i := range f.parent {
		f.kidsStart[i+1] += f.kidsStart[i]
	}
	next := f.pos // free until walk: where the next child of a process goes
	copy(next, f.kidsStart[:len(next)])
	for i, parent := range f.parent {
		if parent != None {
			f.kids[next[parent]] = int32(i)
			next[parent]++
		}
	}
}

// walk numbers the processes depth first. end holds, while a process waits on the stack, nothing that matters.
func (f *Forest) walk() {
	stack := f.stack
	push := func(list []int32) {
		for i := len(list) - 1; i >= 0; i-- {
			stack = append(stack, list[i])
		}
	}
	push(f.roots)
	n := int32(0)
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		f.order[n], f.pos[i] = i, n
		n++
		f.depth[i] = 0
		if parent := f.parent[i]; parent != None {
			f.depth[i] = f.depth[parent] + 1
		}
		push(f.Children(i))
	}
	for k := n - 1; k >= 0; k-- { // children come after their parent in order: ends are known from the back
		i := f.order[k]
		f.end[i] = k + 1
		if kids := f.Children(i); len(kids) > 0 {
			f.end[i] = f.end[kids[len(kids)-1]]
		}
	}
}

// Len is the number of processes.
func (f *Forest) Len() int { return len(f.parent) }

// Roots gives the processes without a parent. The caller does not write to it; so with every slice given here.
func (f *Forest) Roots() []int32 { return f.roots }

// Parent gives the parent, or None.
func (f *Forest) Parent(i int32) int32 { return f.parent[i] }

// Children gives the children.
func (f *Forest) Children(i int32) []int32 { return f.kids[f.kidsStart[i]:f.kidsStart[i+1]] }

// Depth is 0 for a root.
func (f *Forest) Depth(i int32) int { return int(f.depth[i]) }

// Order gives every process depth first: each stands before its descendants.
func (f *Forest) Order() []int32 { return f.order }

// Descendants gives everything below i, depth first.
func (f *Forest) Descendants(i int32) []int32 { return f.order[f.pos[i]+1 : f.end[i]] }

// IsAncestor reports whether i is above j.
func (f *Forest) IsAncestor(i, j int32) bool { return f.pos[i] < f.pos[j] && f.pos[j] < f.end[i] }

// Ancestors gives the parent, its parent and so on up to a root.
func (f *Forest) Ancestors(i int32) []int32 {
	var up []int32
	for j := f.parent[i]; j != None; j = f.parent[j] {
		up = append(up, j)
	}
	return up
}

// SubtreeSums adds up own(i) over each process and its descendants, into sums (reused when long enough).
func (f *Forest) SubtreeSums(sums []float64, own func(i int32) float64) []float64 {
	if cap(sums) < f.Len() {
		sums = make([]float64, f.Len())
	}
	sums = sums[:f.Len()]
	for k := len(f.order) - 1; k >= 0; k-- {
		i := f.order[k]
		sums[i] = own(i)
		for _, kid := range f.Children(i) {
			sums[i] += sums[kid]
		}
	}
	return sums
}
