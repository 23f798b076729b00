package ui

import (
	"slices"
	"time"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/tree"
)

// litFor is how long a birth or a death is shown as one: for a reading at least, of those that come less often.
const litFor = 1900 * time.Millisecond

// deadRow is the row of a process that has ended since it was last in sight, where it stood.
type deadRow struct {
	row column.Row
	at  int           // its place among the rows
	end time.Duration // Mono of the reading that lacks it
}

// born reports whether the row's process is new.
func born(r *column.Row) bool {
	return r.Proc != nil && r.Thread == nil && (r.Rates != nil && r.Rates.Born || r.Snap.Age(r.Proc) < litFor)
}

// isDead reports whether the row is of a process that the reading shown lacks.
func (t *table) isDead(r *column.Row) bool {
	return r.Proc != nil && len(t.dead) > 0 && r.Snap != t.frame.Snap
}

// bury keeps, for a moment, the rows in sight whose processes the new reading f lacks, and forgets those of before.
func (t *table) bury(f *monitor.Frame) {
	var ended []deadRow
	for i := t.top; t.q.GroupBy == nil && t.frame != nil && i < min(t.top+t.height, len(t.rows)); i++ {
		r := &t.rows[i]
		if r.Proc != nil && r.Thread == nil && !t.isDead(r) && f.Snap.Lookup(r.Proc.ID) == nil {
			ended = append(ended, deadRow{*r, i, f.Snap.Mono})
		}
	}
	t.dead = slices.DeleteFunc(t.dead, func(d deadRow) bool { return f.Snap.Mono-d.end >= litFor })
	if len(ended) > 0 {
		copyOut(ended)
		t.dead = append(t.dead, ended...)
		slices.SortStableFunc(t.dead, func(a, b deadRow) int { return a.at - b.at })
	}
}

// copyOut takes the processes of the rows out of the reading that they stand in, which is about to be let go.
func copyOut(rows []deadRow) {
	snap, rates := *rows[0].row.Snap, &pcb.RateSet{}
	snap.Procs, snap.Threads, snap.System.CPUs = nil, nil, nil
	slices.SortFunc(rows, func(a, b deadRow) int { return int(a.row.Proc.PID) - int(b.row.Proc.PID) })
	for i := range rows {
		p := *rows[i].row.Proc
		p.NSPIDs, p.ThreadCount = slices.Clone(p.NSPIDs), 0
		snap.Procs = append(snap.Procs, p)
		of := pcb.Rates{}
		if r := rows[i].row.Rates; r != nil {
			of = *r
		}
		rates.Procs = append(rates.Procs, of)
	}
	forest := tree.Build(&snap, nil)
	for i := range rows {
		r := &rows[i].row
		r.Snap, r.Index, r.Proc, r.Rates = &snap, int32(i), &snap.Procs[i], &rates.Procs[i]
		r.RateSet, r.Forest, r.Group = rates, forest, nil
	}
}

// addDead puts the rows of the dead where they stood; in a tree that is under their parents.
func (t *table) addDead() {
	for i := range t.dead {
		row, at := t.dead[i].row, min(t.dead[i].at, len(t.rows))
		if t.q.Tree {
			if at = t.underParent(&row); at < 0 {
				continue
			}
		}
		t.rows = slices.Insert(t.rows, at, row)
	}
}

// underParent gives the place of a row right behind its parent's, and draws its branch; -1 where that is not shown.
func (t *table) underParent(row *column.Row) int {
	if row.Depth == 0 {
		return 0
	}
	parent := slices.IndexFunc(t.rows, func(r column.Row) bool { return r.Proc != nil && r.Thread == nil && r.Proc.PID == row.Proc.PPID })
	if parent < 0 || t.rows[parent].Group != nil {
		return -1
	}
	at, above := parent+1, &t.rows[parent]
	last := at == len(t.rows) || t.rows[at].Depth <= above.Depth
	row.Depth, row.Prefix = above.Depth+1, view.Branch(above, last, t.q.ASCII)
	return at
}
