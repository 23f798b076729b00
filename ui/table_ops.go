package ui

import (
	"strings"

	"ptop/internal/column"
	"ptop/pcb"
)

// isFolded reports whether what is below a row is folded. When everything is folded the roots stay open, and so does who
// is shown for the sake of what matches below it.
func (t *table) isFolded(r *column.Row) bool {
	if v, ok := t.folded[r.Proc.ID]; ok {
		return v
	}
	return t.foldedAll && !r.Context && r.Forest.Depth(r.Index) > 0
}

// hasBranch reports whether the row has something to fold or unfold.
func (t *table) hasBranch(r *column.Row) bool {
	return t.q.Tree && r != nil && r.Proc != nil && r.Thread == nil && len(r.Forest.Children(r.Index)) > 0
}

// fold folds or unfolds the selected branch. Unfolding a row that stands for several zombies shows each of them;
// folding one of those puts them together again.
func (t *table) fold(on bool) {
	r := t.row()
	if r == nil || r.Proc == nil || !t.q.Tree {
		return
	}
	if !t.hasBranch(r) {
		if r.Proc.Zombie() {
			t.bunches.set(r, !on)
			t.rebuild()
		}
		return
	}
	t.folded[r.Proc.ID] = on
	t.rebuild()
}

// foldAll folds every branch below the roots, or unfolds all.
func (t *table) foldAll() {
	t.foldedAll = !t.foldedAll
	clear(t.folded)
	t.rebuild()
}

const scrollStep = 8

// scrolledOn is where a scroll to the right leads from a place: no further than leaves something of the longest line.
func scrolledOn(from, longest int) int { return max(from, min(from+scrollStep, longest-scrollStep)) }

// left folds an open branch; else it scrolls back; else it goes to the parent.
func (t *table) left() {
	r := t.row()
	switch {
	case t.scroll > 0:
		t.scroll = max(0, t.scroll-scrollStep)
	case t.firstCol > 0:
		t.firstCol--
	case t.hasBranch(r) && !t.isFolded(r):
		t.fold(true)
	case t.q.Tree && r != nil && r.Proc != nil && r.Proc.Zombie() && t.bunches.isOpen(r):
		t.fold(true)
	}
}

// right unfolds a folded branch; else it scrolls the columns that do not fit, then the last one.
func (t *table) right() {
	r := t.row()
	switch {
	case t.hasBranch(r) && t.isFolded(r):
		t.fold(false)
	case t.q.Tree && r != nil && t.bunches.stands(r) > 1:
		t.fold(false)
	case t.crowded && t.firstCol < len(t.shown)-2:
		t.firstCol++
	default:
		t.scroll = scrolledOn(t.scroll, t.longest)
	}
}

// tag tags the selected process or takes its tag off, and moves on. A group's row stands for its members.
func (t *table) tag() {
	r := t.row()
	if r == nil {
		return
	}
	if r.Proc != nil {
		t.flip(r.Proc.ID)
	} else {
		for _, i := range r.Group.Members {
			t.flip(r.Snap.Procs[i].ID)
		}
	}
	t.selectRow(t.selected + 1)
}

func (t *table) flip(id pcb.ID) {
	if t.tags[id] {
		delete(t.tags, id)
	} else {
		t.tags[id] = true
	}
}

// tagSubtree tags the selected process and all its descendants.
func (t *table) tagSubtree() {
	r := t.row()
	if r == nil || r.Proc == nil {
		return
	}
	t.tags[r.Proc.ID] = true
	for _, i := range r.Forest.Descendants(r.Index) {
		t.tags[r.Snap.Procs[i].ID] = true
	}
}

func (t *table) untag() { clear(t.tags) }

// openGroup shows the members of the selected group, and tells whether there was one.
func (t *table) openGroup() bool {
	r := t.row()
	if r == nil || r.Proc != nil || t.q.GroupBy == nil {
		return false
	}
	t.opened, t.openedBy = r.Group, t.q.GroupBy
	t.q.GroupBy = nil
	t.rebuild()
	t.selectRow(0)
	return true
}

// closeGroup goes back from the members to the groups.
func (t *table) closeGroup() {
	t.q.GroupBy = t.openedBy
	name := t.opened.Name
	t.opened, t.openedBy = nil, nil
	t.key, t.anchored = rowKey{group: name}, true
	t.rebuild()
}

// bunches puts the dead children of one parent together in the tree: one row stands for all of them until it is
// unfolded.
type bunches struct {
	open  map[pcb.ID]bool // by parent
	count map[pcb.ID]int  // by the zombie whose row stands for others: how many in all
}

// bunchFrom is how many zombies of one parent are put together.
const bunchFrom = 3

// gather takes out of rows, which are in tree order, all zombies of one parent but the last, whose branch drawing
// is right for what remains.
func (b *bunches) gather(rows []column.Row) []column.Row {
	b.count = map[pcb.ID]int{}
	left := map[int32]int{} // by parent: zombies not yet met
	for i := range rows {
		if parent, ok := b.bunched(&rows[i]); ok {
			left[parent]++
		}
	}
	total := map[int32]int{}
	for parent, n := range left {
		total[parent] = n
	}
	out := rows[:0]
	for i := range rows {
		parent, ok := b.bunched(&rows[i])
		if ok && total[parent] >= bunchFrom {
			left[parent]--
			if left[parent] > 0 {
				continue
			}
			b.count[rows[i].Proc.ID] = total[parent]
		}
		out = append(out, rows[i])
	}
	clear(rows[len(out):])
	return out
}

// bunched gives the parent's index of a row that can be put together with others.
func (b *bunches) bunched(r *column.Row) (int32, bool) {
	if r.Proc == nil || r.Thread != nil || !r.Proc.Zombie() || r.Proc.LeaderExited() || len(r.Forest.Children(r.Index)) > 0 {
		return 0, false
	}
	parent := r.Forest.Parent(r.Index)
	if parent < 0 || b.open[r.Snap.Procs[parent].ID] {
		return 0, false
	}
	return parent, true
}

// stands is how many zombies the row stands for; 0 for any other row.
func (b *bunches) stands(r *column.Row) int {
	if r.Proc == nil || r.Thread != nil {
		return 0
	}
	return b.count[r.Proc.ID]
}

// set opens or closes the bunch that the zombie of a row belongs to.
func (b *bunches) set(r *column.Row, open bool) {
	if parent := r.Forest.Parent(r.Index); parent >= 0 {
		b.open[r.Snap.Procs[parent].ID] = open
	}
}

func (b *bunches) isOpen(r *column.Row) bool {
	parent := r.Forest.Parent(r.Index)
	return parent >= 0 && b.open[r.Snap.Procs[parent].ID]
}

// rowText is what finding searches: everything the row shows.
func (t *table) rowText(i int) string {
	var b strings.Builder
	for _, c := range t.columns() {
		b.WriteString(c.Format(c.Value(&t.rows[i])))
		b.WriteByte(' ')
	}
	return b.String()
}

// selectBunch moves the cursor to the row that stands for the zombies of one parent, when id is one of them.
func (t *table) selectBunch(id pcb.ID) bool {
	at := t.frame.Snap.Index(id.PID)
	if at < 0 {
		return false
	}
	parent := t.frame.Forest.Parent(int32(at))
	for i := range t.rows {
		r := &t.rows[i]
		if t.bunches.stands(r) > 0 && r.Forest.Parent(r.Index) == parent {
			t.selectRow(i)
			return true
		}
	}
	return false
}
