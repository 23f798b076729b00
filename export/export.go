// Package export writes Frames for scripts, monitoring and pipes: JSON, CSV, text, trees, findings, checks. Its
// writers are pure: what they write follows from the Frame.
package export

import (
	"io"
	"slices"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
)

// Options says what a Writer writes.
type Options struct {
	Version  string           // ptop's
	Columns  []*column.Column // nil: all that are not on demand in JSON, the default table elsewhere
	Widths   column.Widths    // text: of columns of which a width was asked for; figures that need more have more
	Query    *view.Query      // nil: every process by pid
	Findings bool             // JSON: the findings alone, without processes
	// NoHeaders leaves out the heading row, and of the text table the summary of the machine above it.
	NoHeaders bool
	ASCII     bool // text: no character beyond ASCII
	Stream    bool // CSV: several readings follow each other, so the first field is their time
	Width     int  // text: cells of a line, longer ones are cut; 0 does not cut
	Terminal  bool // CSV: a terminal reads it, so what that would obey in a text is replaced by visible stand-ins
}

// Writer writes one Frame after the other in one form. It keeps its buffers, so that a stream of documents does
// not allocate for every process, and makes one write of each document, but for JSON beyond a chunk. It is for
// one goroutine.
type Writer struct {
	out  io.Writer
	opt  Options
	buf  []byte
	rows []column.Row
	// headed is set once the heading of a stream, which comes but once, is written.
	headed bool
	told   map[string]bool // the findings, by ID, that events have told and that have not cleared
}

// NewWriter makes a Writer.
func NewWriter(out io.Writer, opt Options) *Writer {
	query := view.Query{}
	if opt.Query != nil {
		query = *opt.Query
	}
	query.ASCII = query.ASCII || opt.ASCII
	opt.Query = &query
	return &Writer{out: out, opt: opt}
}

// table is the columns of the forms for people and spreadsheets.
func (w *Writer) table() []*column.Column {
	columns := w.opt.Columns
	if len(columns) == 0 {
		columns = column.Default()
		if tid, ok := column.ByID("tid"); ok && w.opt.Query.Threads {
			columns = slices.Insert(columns, 1, tid)
		}
	}
	if w.opt.Query.GroupBy != nil {
		columns = column.ForGroup(w.opt.Query.GroupBy, columns)
	}
	return columns
}

// read fills rows with those of a Frame.
func (w *Writer) read(f *monitor.Frame) {
	clear(w.rows[:cap(w.rows)])
	w.rows = w.opt.Query.Rows(w.rows[:0], f)
}

// flush writes buf in one call.
func (w *Writer) flush() error {
	_, err := w.out.Write(w.buf)
	return err
}
