package column

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Widths is how many cells columns have where that was chosen. Those that are not in it are as wide as their texts.
type Widths map[*Column]int

// WidthMax is the widest that a column can be asked to be, in cells.
const WidthMax = 200

// Parse reads a list of column IDs as -o takes it: "pid,rss_bytes", or "+rss_bytes" to add to the default.
func Parse(list string) ([]*Column, error) {
	out, _, err := ParseSized(list)
	return out, err
}

// ParseSized reads a list as Parse does, with the widths that it gives as ps takes them: "pid,name:20".
func ParseSized(list string) ([]*Column, Widths, error) {
	var out []*Column
	var widths Widths
	rest, add := strings.CutPrefix(list, "+")
	if add {
		out = Default()
	}
	for item := range strings.SplitSeq(rest, ",") {
		id, size, sized := strings.Cut(strings.TrimPrefix(strings.TrimSpace(item), "+"), ":")
		c, ok := byID()[id]
		if !ok {
			return nil, nil, Unknown(id)
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
		if !sized {
			continue
		}
		w, err := strconv.Atoi(size)
		if err != nil || w < 1 || w > WidthMax {
			return nil, nil, errors.New("column " + id + ": a width is a number from 1 to " + strconv.Itoa(WidthMax) + ", as in " + id + ":20")
		}
		if widths == nil {
			widths = Widths{}
		}
		widths[c] = w
	}
	return out, widths, nil
}

// List is the text from which ParseSized reads these columns.
func List(columns []*Column, widths Widths) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.ID
		if w := widths[c]; w > 0 {
			parts[i] += ":" + strconv.Itoa(w)
		}
	}
	return strings.Join(parts, ",")
}
