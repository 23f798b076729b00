package ui

import (
	"fmt"

	"ptop/internal/monitor"
	"ptop/pcb"
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
	for _, r := range []struct {
		name string
		p    *pcb.Pressure
	}{{"cpu", f.Snap.System.CPUPressure}, {"io", f.Snap.System.IOPressure}, {"mem", f.Snap.System.MemPressure}} {
		if r.p != nil {
			lines = append(lines, pairs("psi "+r.name+" some", threeSpans(r.p.Some10, r.p.Some60, r.p.Some300), "full", threeSpans(r.p.Full10, r.p.Full60, r.p.Full300)))
		}
	}
	return lines
}

// threeSpans is a pressure over the last 10 s, minute and 5 minutes.
func threeSpans(short, middle, long float64) string {
	return fmt.Sprintf("%.0f/%.0f/%.0f%%", short, middle, long)
}
