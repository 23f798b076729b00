// Package view selects and orders the rows of a Frame, for the screens and the writers alike.
package view

import (
	"strings"

	"ptop/internal/column"
	"ptop/internal/filter"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// Query says which rows of a Frame to show, and in which order. The zero Query gives every process by pid.
type Query struct {
	Filter      *filter.Filter
	Sort        []SortKey
	PIDs        []int32 // only these; empty for all
	Descendants bool    // … and everything below them
	Below       bool    // … and, dimmed, everything below what is selected
	User        string  // name or uid of the effective user
	Container   string  // name, id or a prefix of the id
	Unit        string
	Namespace   int32 // only processes whose pid namespace chain holds this pid as an init
	HideKernel  bool
	Threads     bool // a row for each thread that was read, under its process
	Tree        bool
	ASCII       bool                   // draw the tree without box characters
	Folded      func(*column.Row) bool // in a tree: whether what is below that row is folded; nil for none
	GroupBy     *column.Column
	Limit       int // rows; 0 for all
}

// SortKey is one key of an order.
type SortKey struct {
	Column *column.Column
	Desc   bool
}

// ParseSort reads "cpu_percent,-pid": figures default to descending, texts and pids to ascending; "-" forces
// descending, "+" ascending.
func ParseSort(text string) ([]SortKey, error) {
	var keys []SortKey
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		id := strings.TrimLeft(part, "+-")
		c, ok := column.ByID(id)
		if !ok || len(part)-len(id) > 1 {
			return nil, column.Unknown(id)
		}
		desc := c.Descending()
		if id != part {
			desc = part[0] == '-'
		}
		keys = append(keys, SortKey{c, desc})
	}
	return keys, nil
}

// Rows appends the rows of f that q selects to dst, in order.
func (q *Query) Rows(dst []column.Row, f *monitor.Frame) []column.Row {
	w := workPool.Get().(*work)
	defer w.release()
	w.begin(q, f)
	from := len(dst)
	w.choose()
	switch {
	case q.GroupBy != nil:
		dst = w.groups(dst)
	case q.Tree:
		dst = w.tree(dst)
	default:
		dst = w.flat(dst)
	}
	if q.Limit > 0 && len(dst)-from > q.Limit {
		dst = dst[:from+q.Limit]
	}
	return dst
}

// Row is the row of one process outside of any selection; its index is -1 when the Frame does not hold it.
func Row(f *monitor.Frame, id pcb.ID) column.Row {
	p := f.Snap.Lookup(id)
	if p == nil {
		return column.Row{Index: -1, Snap: f.Snap}
	}
	q := Query{PIDs: []int32{p.PID}}
	return q.Rows(nil, f)[0]
}
