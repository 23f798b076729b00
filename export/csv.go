package export

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
)

// CSV writes the rows of the Frame as RFC 4180 has it, with raw values and, before the first ones, the columns' IDs.
// An absent value is an empty field. In a stream (Options.Stream) the reading's time comes first. What a terminal
// would obey in a text is replaced by visible stand-ins; the true bytes are in JSON.
func (w *Writer) CSV(f *monitor.Frame) error {
	w.read(f)
	columns := w.table()
	var buf bytes.Buffer
	out := csv.NewWriter(&buf)
	out.UseCRLF = true
	record := make([]string, 0, len(columns)+1)
	if !w.opt.NoHeaders && !w.headed {
		if w.opt.Stream {
			record = append(record, "sample_time")
		}
		for _, c := range columns {
			record = append(record, c.ID)
		}
		if err := out.Write(record); err != nil {
			return err
		}
		w.headed = true
	}
	for i := range w.rows {
		record = record[:0]
		if w.opt.Stream {
			record = append(record, f.Snap.Time.UTC().Format(time.RFC3339Nano))
		}
		for _, c := range columns {
			record = append(record, raw(c.Value(&w.rows[i])))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	w.buf = append(w.buf[:0], buf.Bytes()...)
	return w.flush()
}

// raw gives a value for a spreadsheet: figures without a unit, times as RFC 3339.
func raw(v column.Value) string {
	switch v.Kind {
	case column.Int:
		return strconv.FormatInt(v.Int, 10)
	case column.Float:
		return string(appendFloat(nil, v.Float))
	case column.Bool:
		return strconv.FormatBool(v.Int != 0)
	case column.Time:
		return v.Time.UTC().Format(time.RFC3339Nano)
	case column.Text:
		return sanitize.Text(column.Spaced(v.Text))
	}
	return ""
}
