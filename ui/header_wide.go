package ui

import (
	"fmt"

	"ptop/internal/monitor"
)

// more is the figures that the wide header has beyond the others'.
func more(f *monitor.Frame) []line {
	c := &f.Rates.System.Total
	lines := []line{
		pairs("cpu user", percent(c.User), "nice", percent(c.Nice), "system", percent(c.System)),
		pairs("cpu iowait", percent(c.IOWait), "irq", percent(c.IRQ+c.SoftIRQ), "steal", percent(c.Steal), "guest", percent(c.Guest)),
	}
	if m := f.Snap.System.Memory; m != nil {
		lines = append(lines, pairs("mem free", size(m.Free), "cached", size(m.Cached+m.Buffers), "shared", size(m.Shared), "slab", size(m.Slab)))
	}
	for i, p := range pressures(f.Snap) {
		if p != nil {
			lines = append(lines, pairs("psi "+pressureNames[i]+" some", threeSpans(p.Some10, p.Some60, p.Some300), "full", threeSpans(p.Full10, p.Full60, p.Full300)))
		}
	}
	return lines
}

// threeSpans is a pressure over the last 10 s, minute and 5 minutes.
func threeSpans(short, middle, long float64) string {
	return fmt.Sprintf("%.0f/%.0f/%.0f%%", short, middle, long)
}
