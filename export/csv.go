package export

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
)

// CSV writes the rows of the Frame as RFC 4180 has it, with raw values and, before the first ones, the columns' IDs.
// An absent value is an empty field. In a stream (Options.Stream) the reading's time comes first. A text has its true
// characters, line breaks too, unless a terminal shows it (Options.Terminal); a byte that is not UTF-8 is \xHH as in JSON,
// and the NULs between a command line's arguments are spaces.
func (w *Writer) CSV(f *monitor.Frame) error {
	w.read(f)
	columns := w.table()
	record := make([]string, 0, len(columns)+1)
	w.buf = w.buf[:0]
	if !w.opt.NoHeaders && !w.headed {
		if w.opt.Stream {
			record = append(record, "sample_time")
		}
		for _, c := range columns {
			record = append(record, c.ID)
		}
		w.buf = appendRecord(w.buf, record)
	}
	w.headed = true
	for i := range w.rows {
		r := &w.rows[i]
		r.Prefix = "" // the drawing of a tree is no value
		record = record[:0]
		if w.opt.Stream {
			record = append(record, f.Snap.Time.UTC().Format(time.RFC3339Nano))
		}
		for _, c := range columns {
			record = append(record, w.raw(c.Value(r)))
		}
		w.buf = appendRecord(w.buf, record)
	}
	return w.flush()
}

// appendRecord appends a line of CSV. (encoding/csv changes line breaks within a field.)
func appendRecord(b []byte, record []string) []byte {
	for i, field := range record {
		if i > 0 {
			b = append(b, ',')
		}
		if strings.ContainsAny(field, ",\"\r\n") || field == "" && len(record) == 1 { // an empty line would be no record
			b = append(b, '"')
			b = append(b, strings.ReplaceAll(field, `"`, `""`)...)
			b = append(b, '"')
		} else {
			b = append(b, field...)
		}
	}
	return append(b, '\r', '\n')
}

// raw gives a value for a spreadsheet: figures without a unit, times as RFC 3339.
func (w *Writer) raw(v column.Value) string {
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
		text := column.Spaced(v.Text)
		if w.opt.Terminal {
			return sanitize.Text(text)
		}
		return escaped(text)
	}
	return ""
}

// escaped gives a text in which a byte that is not UTF-8 is \xHH.
func escaped(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b []byte
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, '\\', 'x', hex[s[i]>>4], hex[s[i]&15])
		} else {
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return string(b)
}
