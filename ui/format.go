package ui

import (
	"math"
	"strconv"
	"strings"
	"time"

	"ptop/internal/column"
)

// number formats a count or a rate; "-" when it is unknown.
func number(v float64) string {
	if math.IsNaN(v) {
		return column.Absence
	}
	return column.FormatRate(v)
}

// size formats bytes with binary units.
func size(b uint64) string { return column.FormatBytes(float64(b)) }

// percent formats a share in percent, with a decimal only where it matters; "-" when it is unknown.
func percent(v float64) string {
	if math.IsNaN(v) {
		return column.Absence
	}
	if v < 9.95 {
		return column.FormatPercent(v) + "%"
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + "%"
}

// age formats how long something has lasted.
func age(d time.Duration) string { return column.FormatSeconds(max(0, d).Seconds()) }

// plural says "1 process", "3 processes" …
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// sparkline draws the newest w values as a row of levels, scaled to the highest of them or to top when that is
// higher. Unknown values are blanks.
func sparkline(values []float64, w int, top float64, gl *glyphs) string {
	if len(values) > w {
		values = values[len(values)-w:]
	}
	for _, v := range values {
		if !math.IsNaN(v) {
			top = max(top, v)
		}
	}
	var b strings.Builder
	for _, v := range values {
		b.WriteString(level(v, top, gl))
	}
	return b.String()
}

// level is one cell of a sparkline.
func level(v, top float64, gl *glyphs) string {
	if math.IsNaN(v) {
		return " "
	}
	i := 0
	if top > 0 {
		i = int(v / top * float64(len(gl.levels)))
	}
	return gl.levels[max(0, min(i, len(gl.levels)-1))]
}

// ring keeps the newest values of a figure.
type ring struct {
	values []float64
	limit  int
}

func (r *ring) add(v float64) {
	if len(r.values) >= r.limit {
		copy(r.values, r.values[1:])
		r.values = r.values[:len(r.values)-1]
	}
	r.values = append(r.values, v)
}
