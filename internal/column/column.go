// Package column declares every column of ptop's tables once: the value here serves the table, the sort, the
// filter, -o, CSV, JSON, the column picker, --help-columns and docs/columns.md.
package column

import (
	"cmp"
	"strings"
	"sync"
	"time"

	"ptop/detect"
	"ptop/pcb"
	"ptop/tree"
)

// Row is what a column reads its value from: one process, or one thread of it, in one Frame.
type Row struct {
	Snap        *pcb.Snapshot
	Index       int32 // in Snap.Procs; -1 for a group
	Proc        *pcb.Process
	Rates       *pcb.Rates
	RateSet     *pcb.RateSet     // those of all processes, for sums
	Thread      *pcb.Thread      // nil for a process row
	ThreadRates *pcb.ThreadRates // nil for a process row
	Forest      *tree.Forest
	Findings    []*detect.Finding // those about this process, most severe first
	Depth       int32             // in a tree
	Prefix      string            // tree drawing before the command: "│  ├─ "
	Context     bool              // it does not match the query, a descendant or an ancestor does
	Group       *Group            // set for a row that stands for several processes: a group, or a folded subtree
}

// Group is the processes that one row stands for. Columns with Sum give the sum of theirs. The row of a group has
// no process of its own (Index -1); that of a folded subtree is its top process's, for the other columns.
type Group struct {
	By, Name string  // ID of the column grouped by and what a person reads there; empty for a folded subtree
	Value    Value   // the members' common value of that column
	Count    int     // of Members
	Members  []int32 // indices in Snap.Procs
}

// Kind is the type of a value. Comparison and filtering work on typed values, never on formatted text.
type Kind uint8

// The kinds. Absent is the value of what is unknown.
const (
	Absent Kind = iota
	Int
	Float
	Text
	Time
	Bool
)

// Value is one typed value.
type Value struct {
	Kind  Kind
	Int   int64 // also Bool: 0 or 1; of a Text its rank, which orders before the text (severities, phases)
	Float float64
	Text  string // of a column with List: its items, NUL-separated
	Time  time.Time
}

// Align is how a column stands.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Right
)

// Unit is what a figure counts; it decides how it is formatted for people. In JSON and CSV figures are raw.
type Unit string

// The units.
const (
	None      Unit = ""
	Bytes     Unit = "bytes"
	Percent   Unit = "percent"
	PerSecond Unit = "per second"
	BytesPerS Unit = "bytes per second"
	Seconds   Unit = "seconds"
	Count     Unit = "count"
	Rank      Unit = "rank"
)

// Column is one column.
type Column struct {
	ID        string // the JSON key, with its unit: rss_bytes, cpu_percent
	Title     string // heading: RSS
	Help      string // one line: what it is, from which file and field
	Group     string // PCB group: identification, state, scheduling, memory, io, accounting, signals, container, diagnosis
	Kind      Kind   // of the values that are not Absent
	Unit      Unit
	Align     Align
	Width     int  // usual width in cells; widths grow with the data
	Sum       bool // a group's or a folded subtree's value is the sum of its members'
	PerThread bool // a thread's row has a value of its own, not its process's
	List      bool // a Text of NUL-separated items, shown with spaces between them
	// OnDemand columns stand in JSON only when they are asked for: they are made for people, repeat others, or cost more.
	OnDemand bool
	Value    func(*Row) Value
}

// All is every column, in the order of docs and JSON.
var All = declare(identification, state, scheduling, memory, inputOutput, accounting, signals, container, diagnosis)

var byID = sync.OnceValue(func() map[string]*Column {
	m := make(map[string]*Column, len(All))
	for _, c := range All {
		m[c.ID] = c
	}
	return m
})

// defaultIDs is the table when nobody chose, made for 120 cells.
const defaultIDs = "pid,user,nice,state,cpu_percent,wait_percent,rss_bytes,mem_percent,cpu_time_seconds,threads,ctx_per_s,idle_seconds,container,command"

// declare puts the groups of columns together, and gives each the rule for rows that stand for several processes.
func declare(groups ...[]*Column) []*Column {
	all := make([]*Column, 0, 128)
	for _, group := range groups {
		for _, c := range group {
			c.Value = c.orGroup(c.Value)
			if c.Kind == Int || c.Kind == Float {
				c.Align = Right
			}
			all = append(all, c)
		}
	}
	return all
}

// orGroup wraps a column's accessor for single processes.
func (c *Column) orGroup(own func(*Row) Value) func(*Row) Value {
	return func(r *Row) Value {
		switch {
		case r.Group == nil:
			return own(r)
		case c.Sum:
			return c.sum(r, own)
		case r.Proc != nil:
			return own(r)
		case r.Group.By == c.ID:
			return r.Group.Value
		}
		return own(r) // with Proc nil: only what is known of a group as such
	}
}

// sum adds up what is known of the members; absent when nothing is known of any.
func (c *Column) sum(r *Row, own func(*Row) Value) Value {
	total := Value{}
	member := Row{Snap: r.Snap, RateSet: r.RateSet, Forest: r.Forest}
	for _, i := range r.Group.Members {
		member.Index, member.Proc, member.Rates = i, &r.Snap.Procs[i], nil
		if r.RateSet != nil && int(i) < len(r.RateSet.Procs) {
			member.Rates = &r.RateSet.Procs[i]
		}
		v := own(&member)
		if v.Kind == Absent {
			continue
		}
		total.Kind = v.Kind
		total.Int += v.Int
		total.Float += v.Float
	}
	return total
}

// Default is the columns of the table when none are chosen.
func Default() []*Column {
	list, err := Parse(defaultIDs)
	if err != nil {
		panic("column: " + err.Error())
	}
	return list
}

// ByID finds a column.
func ByID(id string) (*Column, bool) {
	c, ok := byID()[id]
	return c, ok
}

// Descending reports whether an order by this column begins with the highest unless told otherwise: figures do,
// names, identifiers and settings such as the nice value do not.
func (c *Column) Descending() bool { return c.Unit != None }

// Compare orders two values, absent ones last whatever the direction: callers pass desc rather than negate.
func Compare(a, b Value, desc bool) int {
	if a.Kind == Absent || b.Kind == Absent {
		switch {
		case a.Kind == b.Kind:
			return 0
		case a.Kind == Absent:
			return 1
		}
		return -1
	}
	n := compareKnown(&a, &b)
	if desc {
		return -n
	}
	return n
}

func compareKnown(a, b *Value) int {
	switch a.Kind {
	case Float:
		return cmp.Compare(a.Float, b.Float)
	case Text:
		if n := cmp.Compare(a.Int, b.Int); n != 0 {
			return n
		}
		return strings.Compare(a.Text, b.Text)
	case Time:
		return a.Time.Compare(b.Time)
	}
	return cmp.Compare(a.Int, b.Int)
}
