package ui

import (
	"fmt"
	"math"
	"time"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// meters draws the bars of CPUs, memory, swap and pressure, and gives the lines used.
func (h *header) meters(p painter, f *monitor.Frame, mode headerMode) int {
	below := 2 // memory and swap
	pressure := pressureLine(f.Snap, h.pressure.values, p)
	if pressure != nil {
		below++
	}
	room := max(1, p.h-below)
	if mode == headerNormal {
		room = min(room, max(2, p.h/2))
	}
	y := cpuMeters(p.sub(0, 0, p.w, room), f)
	memoryMeter(p.sub(0, y, p.w, 1), f.Snap.System.Memory)
	swapMeter(p.sub(0, y+1, p.w, 1), f.Snap.System.Swap)
	if pressure != nil {
		p.sub(0, y+2, p.w, 1).line(0, 0, pressure)
	}
	return min(y+below, p.h)
}

// barLabel is the width of what stands before a bar.
const barLabel = 6

// part is one piece of a bar, in percent of the whole; kind chooses its sign, so that the parts can be told apart
// without colour.
type part struct {
	percent float64
	kind    int
	role    role
}

// bar draws "label ▕███▓▓░···▏ text".
func bar(p painter, label, text string, parts ...part) {
	p.role(0, 0, clip(label, barLabel-1), roleDim)
	textAt := p.w - max(width(text), 5)
	room := textAt - barLabel - 3
	if room >= 3 {
		p.role(barLabel-1, 0, p.gl.barEnds[0], roleDim)
		x, sum := 0, 0.0
		for _, part := range parts {
			if math.IsNaN(part.percent) {
				continue
			}
			sum += part.percent
			for ; x < int(sum/100*float64(room)+0.5) && x < room; x++ {
				p.role(barLabel+x, 0, p.gl.bar[part.kind], part.role)
			}
		}
		for ; x < room; x++ {
			p.role(barLabel+x, 0, p.gl.barEmpty, roleDim)
		}
		p.role(barLabel+room, 0, p.gl.barEnds[1], roleDim)
	} else {
		textAt = barLabel
	}
	p.role(textAt+max(0, p.w-textAt-width(text)), 0, text, roleText)
}

func cpuBar(p painter, label string, c *pcb.CPUShare) {
	bar(p, label, percent(c.Busy),
		part{c.User + c.Nice, 0, roleBarUser}, part{c.System, 1, roleBarSystem},
		part{c.IRQ + c.SoftIRQ + c.Steal + c.Guest, 2, roleBarOther}, part{c.IOWait, 3, roleBarWait})
}

// cpuMeters draws one bar for each CPU, in columns where that is needed; where they do not fit, one bar for all and
// a grid with a cell for each. It gives the lines used.
func cpuMeters(p painter, f *monitor.Frame) int {
	cpus := f.Rates.System.CPUs
	const narrow = 18
	columns := max(1, min(p.w/narrow, 8))
	for c := 1; c <= columns; c++ {
		rows := (len(cpus) + c - 1) / c
		if rows > p.h || len(cpus) == 0 {
			continue
		}
		w := p.w / c
		for i := range cpus {
			cpuBar(p.sub(i/rows*w, i%rows, w-min(1, c-1), 1), fmt.Sprintf("cpu%d", cpus[i].ID), &cpus[i])
		}
		return rows
	}
	cpuBar(p.sub(0, 0, p.w, 1), "cpu", &f.Rates.System.Total)
	if len(cpus) < 2 || p.h < 2 {
		return 1
	}
	return 1 + cpuGrid(p.sub(0, 1, p.w, p.h-1), cpus)
}

// cpuGrid draws a cell for each CPU, or for as many neighbours as it takes to fit: the busiest of them.
func cpuGrid(p painter, cpus []pcb.CPUShare) int {
	w := p.w - barLabel
	if w < 1 {
		return 0
	}
	each := (len(cpus) + w*p.h - 1) / (w * p.h)
	label := "each"
	if each > 1 {
		label = fmt.Sprintf("of %d", each)
	}
	p.role(0, 0, clip(label, barLabel-1), roleDim)
	cells := 0
	for i := 0; i < len(cpus); i += each {
		busiest := math.NaN()
		for _, c := range cpus[i:min(i+each, len(cpus))] {
			if !(busiest >= c.Busy) {
				busiest = c.Busy
			}
		}
		p.role(barLabel+cells%w, cells/w, level(busiest, 100, p.gl), loadRole(busiest))
		cells++
	}
	return (cells + w - 1) / w
}

// loadRole colours a share of a resource.
func loadRole(v float64) role {
	switch {
	case v >= 90:
		return roleBarSystem
	case v >= 50:
		return roleBarCache
	}
	return roleBarUser
}

func memoryMeter(p painter, m *pcb.Memory) {
	if m == nil || m.Total == 0 {
		bar(p, "mem", "-")
		return
	}
	share := func(b uint64) float64 { return 100 * float64(b) / float64(m.Total) }
	bar(p, "mem", size(m.Used())+"/"+size(m.Total), part{share(m.Used()), 0, roleBarMemory},
		part{share(min(m.Buffers+m.Cached, m.Total-m.Used())), 3, roleBarCache})
}

func swapMeter(p painter, s *pcb.Swap) {
	switch {
	case s == nil:
		bar(p, "swap", "-")
	case s.Total == 0:
		bar(p, "swap", "none")
	default:
		used := s.Total - min(s.Free, s.Total)
		bar(p, "swap", size(used)+"/"+size(s.Total), part{100 * float64(used) / float64(s.Total), 0, roleBarMemory})
	}
}

// pressureLine is the stall information with its history, or nil where the kernel has none.
func pressureLine(s *pcb.Snapshot, past []float64, p painter) line {
	l := line{{"psi   ", roleDim}}
	any := false
	for _, r := range []struct {
		name string
		p    *pcb.Pressure
	}{{"cpu", s.System.CPUPressure}, {"io", s.System.IOPressure}, {"mem", s.System.MemPressure}} {
		v, role := math.NaN(), roleText
		if r.p != nil {
			any, v = true, r.p.Some10
		}
		switch {
		case v >= 40:
			role = roleCritical
		case v >= 10:
			role = roleWarning
		}
		l = append(l, span{r.name + " ", roleDim}, span{wholePercent(v) + " ", role})
	}
	if !any {
		return nil
	}
	if room := p.w - l.width() - 1; room > 3 {
		l = append(l, span{sparkline(past, min(room, 40), 10, p.gl), roleBarOther})
	}
	return l
}

func wholePercent(v float64) string {
	if math.IsNaN(v) {
		return column.Absence
	}
	return fmt.Sprintf("%.0f%%", v)
}

func secondsOf(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
