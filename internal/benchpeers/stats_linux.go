package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// series is what one program was measured at, a figure for each run. What is not measured of it is empty.
type series struct {
	name   string
	own    bool   // it is ptop
	source string // what ptop's screen says it reads; "" if it says nothing

	cpu    []float64 // ms a second of a screen, ms of a one-shot program, µs a process of the floor
	wall   []float64 // ms to the end or the first picture
	rss    []float64 // MiB, peak, all processes of the program
	ownRSS []float64 // MiB, peak, its first process alone
}

// named finds a series by name, nil if there is none.
func named(all []*series, name string) *series {
	i := slices.IndexFunc(all, func(s *series) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// first is the series of the first ptop, the one that the targets are for, or of a peer by the start of its name.
func first(all []*series, peer string) *series {
	i := slices.IndexFunc(all, func(s *series) bool {
		return peer == "" && s.own || peer != "" && strings.HasPrefix(s.name, peer+" ")
	})
	if i < 0 {
		return nil
	}
	return all[i]
}

// median of at least one figure.
func median(v []float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// number prints a figure with three digits that count.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1 || v == 0:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// ranged prints the median, and behind it the lowest and the highest where they differ; - for what is not measured.
func ranged(v []float64) string {
	if len(v) == 0 {
		return "-"
	}
	low, high := number(slices.Min(v)), number(slices.Max(v))
	if low == high {
		return low
	}
	return fmt.Sprintf("%s (%s–%s)", number(median(v)), low, high)
}

// ratio prints the median of one figure as a multiple of another's, - where one is missing or nothing.
func ratio(v, by []float64) string {
	if len(v) == 0 || len(by) == 0 || median(by) == 0 {
		return "-"
	}
	return number(median(v)/median(by)) + " ×"
}

// withNew adds to units those that figures have besides, in order.
func withNew(units []string, figures map[string][]float64) []string {
	for _, unit := range slices.Sorted(maps.Keys(figures)) {
		if !slices.Contains(units, unit) {
			units = append(units, unit)
		}
	}
	return units
}

// table writes a Markdown table that can be read as it stands: names to the left, figures to the right.
func table(heading []string, lines [][]string) string {
	widths := make([]int, len(heading))
	for _, line := range append([][]string{heading}, lines...) {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	var out strings.Builder
	write := func(line []string) {
		for i, cell := range line {
			blanks := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				out.WriteString("| " + cell + blanks)
			} else {
				out.WriteString(" | " + blanks + cell)
			}
		}
		out.WriteString(" |\n")
	}
	write(heading)
	for i, width := range widths {
		if i == 0 {
			out.WriteString("|" + strings.Repeat("-", width+2))
		} else {
			out.WriteString("|" + strings.Repeat("-", width+1) + ":")
		}
	}
	out.WriteString("|\n")
	for _, line := range lines {
		write(line)
	}
	return out.String()
}

// spread is the highest figure as a multiple of the lowest.
func spread(v []float64) float64 { return slices.Max(v) / slices.Min(v) }
