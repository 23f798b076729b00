package export

import (
	"ptop/internal/column"
	"ptop/internal/monitor"
)

// schemaVersion changes only when a key is removed or changes its meaning.
const schemaVersion = 1

// JSON writes the Frame as one JSON document on one line, as docs/schema/ptop.schema.json describes it: with a line
// a Frame, a stream of them is NDJSON. With Query.Tree processes hold their children, with Query.GroupBy there are
// groups instead of processes.
func (w *Writer) JSON(f *monitor.Frame) error {
	e := newEncoder(w.buf, w.out)
	e.open('{')
	w.preamble(e, f)
	e.sample(f)
	e.system(f)
	e.events(f)
	if !w.opt.Findings {
		w.read(f)
		w.encodeRows(e)
	}
	e.findings(w.opt.Query.Select(f).Findings)
	e.close('}')
	w.buf = append(e.b, '\n')
	if e.err != nil {
		return e.err
	}
	return w.flush()
}

// preamble writes what every document begins with: the schema, the program and the machine.
func (w *Writer) preamble(e *encoder, f *monitor.Frame) {
	e.int("schema_version", schemaVersion)
	e.object("ptop")
	e.text("version", w.opt.Version)
	e.close('}')
	e.host(f)
}

func (w *Writer) columns() []*column.Column {
	if len(w.opt.Columns) > 0 {
		return w.opt.Columns
	}
	return jsonColumns
}

// jsonColumns is what a process has in JSON unless columns are chosen.
var jsonColumns = func() []*column.Column {
	var list []*column.Column
	for _, c := range column.All {
		if !c.OnDemand {
			list = append(list, c)
		}
	}
	return list
}()

func (w *Writer) encodeRows(e *encoder) {
	switch {
	case w.opt.Query.GroupBy != nil:
		w.encodeGroups(e)
	case w.opt.Query.Tree:
		w.encodeTree(e)
	default:
		e.array("processes")
		for i := 0; i < len(w.rows); {
			e.open('{')
			i = w.encodeProcess(e, i)
			e.close('}')
		}
		e.close(']')
	}
}

// encodeProcess writes the members of the process in rows[i] and of the threads that follow it; it gives the index
// of the row after them.
func (w *Writer) encodeProcess(e *encoder, i int) int {
	e.spill()
	r := &w.rows[i]
	e.key("id")
	e.id(r.Proc.ID)
	if r.Context {
		e.bool("context", true)
	}
	for _, c := range w.columns() {
		e.value(c, c.Value(r))
	}
	i++
	if i == len(w.rows) || w.rows[i].Thread == nil {
		return i
	}
	e.array("thread_list")
	for ; i < len(w.rows) && w.rows[i].Thread != nil; i++ {
		e.open('{')
		for _, c := range column.All {
			if c.PerThread {
				e.value(c, c.Value(&w.rows[i]))
			}
		}
		e.close('}')
	}
	e.close(']')
	return i
}

// encodeTree nests the rows, which stand depth first, by their depth.
func (w *Writer) encodeTree(e *encoder) {
	e.array("processes")
	depth := int32(-1) // of the process that is open
	for i := 0; i < len(w.rows); {
		next := w.rows[i].Depth
		if next > depth && depth >= 0 {
			e.array("children")
		}
		for ; depth >= next; depth-- {
			e.close('}')
			if depth > next {
				e.close(']')
			}
		}
		depth = next
		e.open('{')
		i = w.encodeProcess(e, i)
	}
	for ; depth >= 0; depth-- {
		e.close('}')
		e.close(']')
	}
	if len(w.rows) == 0 {
		e.close(']')
	}
}

func (w *Writer) encodeGroups(e *encoder) {
	by := w.opt.Query.GroupBy
	e.array("groups")
	for i := range w.rows {
		r := &w.rows[i]
		e.open('{')
		e.text("by", by.ID)
		e.text("name", r.Group.Name)
		e.int("count", int64(r.Group.Count))
		e.value(by, by.Value(r))
		for _, c := range w.columns() {
			if c.Sum && c != by {
				e.value(c, c.Value(r))
			}
		}
		e.array("members")
		for _, m := range r.Group.Members {
			e.comma()
			e.id(r.Snap.Procs[m].ID)
		}
		e.close(']')
		e.close('}')
	}
	e.close(']')
}

// value writes a column's value under its ID; nothing for an absent one.
func (e *encoder) value(c *column.Column, v column.Value) {
	switch v.Kind {
	case column.Int:
		e.int(c.ID, v.Int)
	case column.Float:
		e.float(c.ID, v.Float)
	case column.Bool:
		e.bool(c.ID, v.Int != 0)
	case column.Time:
		e.time(c.ID, v.Time)
	case column.Text:
		if c.List {
			e.list(c.ID, v.Text)
		} else {
			e.text(c.ID, v.Text)
		}
	}
}
