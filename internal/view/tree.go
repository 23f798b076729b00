package view

import (
	"strings"

	"ptop/internal/column"
	"ptop/tree"
)

// branch is a process on its way into the rows of a tree.
type branch struct {
	index, depth int32
	indent       *indent
	last         bool
}

// tree appends the chosen processes and, for their context, the ancestors of them, each before its children. Siblings
// stand in the query's order.
func (w *work) tree(dst []column.Row) []column.Row {
	forest := w.f.Forest
	n := len(w.f.Snap.Procs)
	kept := resized(w.pen.kept, n)
	w.pen.kept = kept
	for _, i := range w.chosen {
		for j := i; j != tree.None && !kept[j]; j = w.parentInside(j) {
			kept[j] = true
		}
	}
	w.chosen = w.chosen[:0]
	for _, i := range forest.Order() {
		if kept[i] {
			w.chosen = append(w.chosen, i)
		}
	}
	if len(w.q.Sort) == 0 { // siblings by pid
		w.chosen = w.chosen[:0]
		for i := range kept {
			if kept[i] {
				w.chosen = append(w.chosen, int32(i))
			}
		}
	}
	w.order(w.chosen)
	w.hang(n)
	return w.draw(dst)
}

// hang puts each of chosen under its parent, in order. Slot n of start is for the roots.
func (w *work) hang(n int) {
	pen := &w.pen
	pen.start = resized(pen.start, n+2)
	pen.parents = pen.parents[:0]
	for _, i := range w.chosen {
		parent := w.parentInside(i)
		if parent == tree.None {
			parent = int32(n)
		}
		pen.parents = append(pen.parents, parent)
		pen.start[parent+1]++
	}
	for k := range n + 1 {
		pen.start[k+1] += pen.start[k]
	}
	pen.next = append(pen.next[:0], pen.start...)
	pen.kids = resized(pen.kids, len(w.chosen))
	for k, i := range w.chosen {
		parent := pen.parents[k]
		pen.kids[pen.next[parent]] = i
		pen.next[parent]++
	}
}

func (w *work) draw(dst []column.Row) []column.Row {
	pen := &w.pen
	pen.begin(w.q.ASCII)
	n := int32(len(w.f.Snap.Procs))
	stack := pen.stack[:0]
	stack = pen.push(stack, n, branch{depth: -1, indent: &pen.root})
	for len(stack) > 0 {
		b := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		dst = append(dst, column.Row{})
		r := &dst[len(dst)-1]
		w.fill(r, b.index)
		r.Depth, r.Context = b.depth, !w.match[b.index]
		folded := len(pen.children(b.index)) > 0 && w.q.Folded != nil && w.q.Folded(r)
		r.Prefix = pen.prefix(b, folded)
		if folded {
			r.Group = w.subtree(b.index)
			r.Findings = w.findingsOf(r.Group.Members)
			continue
		}
		below := b
		if b.depth >= 0 {
			below.indent = pen.below(b)
		}
		if w.q.Threads {
			mark, last := pen.prefix(branch{depth: b.depth + 1, indent: below.indent}, false),
				pen.prefix(branch{depth: b.depth + 1, indent: below.indent, last: len(pen.children(b.index)) == 0}, false)
			dst = w.threads(dst, mark, last)
		}
		stack = pen.push(stack, b.index, below)
		if w.q.Limit > 0 && len(dst) > w.q.Limit {
			break
		}
	}
	pen.stack = stack
	return dst
}

// subtree is the group that a folded row stands for: the process and what is kept below it.
func (w *work) subtree(i int32) *column.Group {
	g := &column.Group{Members: []int32{i}}
	for _, below := range w.f.Forest.Descendants(i) {
		if w.pen.kept[below] {
			g.Members = append(g.Members, below)
		}
	}
	g.Count = len(g.Members)
	return g
}

// pen draws the lines of a tree.
type pen struct {
	kept    []bool
	start   []int32 // where a process's children begin in kids
	next    []int32
	parents []int32 // of chosen
	kids    []int32
	stack   []branch

	root  indent
	ascii bool
	made  int
}

// indent is what stands before the children of a process: one line or gap for each ancestor. They form a tree of
// their own, so that each shape is made but once.
type indent struct {
	text     string
	level    int
	prefixes [4]string // before a child: last or not, folded or not
	deeper   [2]*indent
}

// Depth and number of indents are bounded: a chain of thousands of processes must not cost their square in memory.
const (
	depthMax   = 100
	indentsMax = 10000
)

func (p *pen) begin(ascii bool) {
	if ascii != p.ascii || p.made > indentsMax {
		p.root, p.made, p.ascii = indent{}, 0, ascii
	}
}

func (p *pen) children(i int32) []int32 { return p.kids[p.start[i]:p.start[i+1]] }

// push puts the children of i on the stack, the first on top.
func (p *pen) push(stack []branch, i int32, parent branch) []branch {
	kids := p.children(i)
	for k := len(kids) - 1; k >= 0; k-- {
		stack = append(stack, branch{kids[k], parent.depth + 1, parent.indent, k == len(kids)-1})
	}
	return stack
}

// Branch is what stands before the command of one more child of a row in a tree.
func Branch(parent *column.Row, last, ascii bool) string {
	text := parent.Prefix
	if parent.Depth > 0 {
		box := &boxes[pick(ascii)]
		if above, more := strings.CutSuffix(text, box[0]); more {
			text = above + lines[pick(ascii)]
		} else {
			text = strings.TrimSuffix(text, box[1]) + gap
		}
	}
	return text + boxes[pick(ascii)][pick(last)]
}

var boxes = [2][4]string{{"├─ ", "└─ ", "├+ ", "└+ "}, {"|- ", "`- ", "|+ ", "`+ "}}

// What stands under a branch that goes on, and under one that was the last.
var lines = [2]string{"│  ", "|  "}

const gap = "   "

// prefix is what stands before the command of b.
func (p *pen) prefix(b branch, folded bool) string {
	if b.depth <= 0 {
		if folded {
			return "+ "
		}
		return ""
	}
	shape := pick(b.last) + 2*pick(folded)
	if b.indent.prefixes[shape] == "" {
		b.indent.prefixes[shape] = b.indent.text + boxes[pick(p.ascii)][shape]
	}
	return b.indent.prefixes[shape]
}

// below is the indent of b's children.
func (p *pen) below(b branch) *indent {
	if b.depth <= 0 || b.indent.level >= depthMax {
		return b.indent
	}
	deeper := &b.indent.deeper[pick(b.last)]
	if *deeper == nil {
		line := lines[pick(p.ascii)]
		if b.last {
			line = gap
		}
		*deeper = &indent{text: b.indent.text + line, level: b.indent.level + 1}
		p.made++
	}
	return *deeper
}

func pick(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
