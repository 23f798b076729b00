package ui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// past is the histories that stand behind the bars, a value for each reading, in percent.
type past struct {
	memory, swap ring
	pressure     [3]ring // cpu, io, memory: how long some task has stalled
}

// pastReadings is how many readings they go back.
const pastReadings = 120

func newPast() past {
	r := ring{limit: pastReadings}
	return past{memory: r, swap: r, pressure: [3]ring{r, r, r}}
}

// record enters a reading; what it does not tell stays a gap.
func (h *past) record(s *pcb.Snapshot) {
	used := math.NaN()
	if m := s.System.Memory; m != nil && m.Total > 0 {
		used = percentOf(m.Used(), m.Total)
	}
	h.memory.add(used)
	used = math.NaN()
	if swap := s.System.Swap; swap != nil && swap.Total > 0 {
		used = percentOf(swap.Used(), swap.Total)
	}
	h.swap.add(used)
	for i, p := range pressures(s) {
		stalled := math.NaN()
		if p != nil {
			stalled = p.Some10
		}
		h.pressure[i].add(stalled)
	}
}

func percentOf(part, whole uint64) float64 { return 100 * float64(part) / float64(whole) }

// pressureNames name what pressures gives.
var pressureNames = [3]string{"cpu", "io", "mem"}

func pressures(s *pcb.Snapshot) [3]*pcb.Pressure {
	return [3]*pcb.Pressure{s.System.CPUPressure, s.System.IOPressure, s.System.MemPressure}
}

func havePressure(s *pcb.Snapshot) bool { return pressures(s) != [3]*pcb.Pressure{} }

// meters draws the bars of CPUs, memory, swap and pressure, and gives the lines used. The wide header has a bar for each
// pressure, the others a line for all.
func (h *header) meters(p painter, f *monitor.Frame, mode headerMode) int {
	below, label := 2, barLabel // memory and swap
	switch {
	case havePressure(f.Snap) && mode == headerWide:
		below, label = below+len(pressureNames), barLabelWide
	case havePressure(f.Snap):
		below++
	}
	room := max(1, p.h-below)
	if mode == headerNormal {
		room = min(room, max(2, p.h/2))
	}
	m := meters{p, label}
	y := m.part(0, room).cpus(f)
	m.part(y, 1).memory(f.Snap.System.Memory, h.past.memory.values)
	m.part(y+1, 1).swap(f.Snap.System.Swap, h.past.swap.values)
	switch {
	case havePressure(f.Snap) && mode == headerWide:
		for i, pressure := range pressures(f.Snap) {
			m.part(y+2+i, 1).stalls(pressureNames[i], pressure, h.past.pressure[i].values)
		}
	case havePressure(f.Snap):
		p.sub(0, y+2, p.w, 1).line(0, 0, pressureLine(f.Snap, &h.past, p))
	}
	return min(y+below, p.h)
}

// The width of what stands before a bar.
const barLabel, barLabelWide = 6, 8

// meters draws bars into a part of the screen.
type meters struct {
	painter
	label int
}

// part is h lines from y on.
func (m meters) part(y, h int) meters { return meters{m.sub(0, y, m.w, h), m.label} }

// piece is one piece of a bar, in percent of the whole; kind chooses its sign, so that the pieces can be told apart
// without colour.
type piece struct {
	percent float64
	kind    int
	role    role
}

// barText is the room for the figure behind a bar, so that the bars of a header end alike.
const barText = 6

// bar draws "label ▕███▓▓░···▏▁▂▃ text".
func (m meters) bar(label, text string, past []float64, pieces ...piece) {
	m.role(0, 0, clip(label, m.label-1), roleDim)
	textAt := m.w - max(width(text), barText)
	room := textAt - m.label - 3
	if past != nil {
		spark := min(room/3, 20)
		room -= spark
		if n := min(len(past), spark-1); n > 0 {
			m.role(textAt-1-n, 0, sparkline(past, n, 100, m.gl), roleBarOther)
		}
	}
	if room >= 3 {
		m.role(m.label-1, 0, m.gl.barEnds[0], roleDim)
		x, sum := 0, 0.0
		for _, piece := range pieces {
			if math.IsNaN(piece.percent) {
				continue
			}
			sum += piece.percent
			for ; x < int(sum/100*float64(room)+0.5) && x < room; x++ {
				m.role(m.label+x, 0, m.gl.bar[piece.kind], piece.role)
			}
		}
		for ; x < room; x++ {
			m.role(m.label+x, 0, m.gl.barEmpty, roleDim)
		}
		m.role(m.label+room, 0, m.gl.barEnds[1], roleDim)
	} else {
		textAt = m.label
	}
	m.role(textAt+max(0, m.w-textAt-width(text)), 0, text, roleText)
}

func (m meters) cpu(label string, c *pcb.CPUShare) {
	m.bar(label, percent(c.Busy), nil,
		piece{c.User + c.Nice, 0, roleBarUser}, piece{c.System + c.IRQ + c.SoftIRQ, 1, roleBarSystem},
		piece{c.Steal + c.Guest, 2, roleBarOther}, piece{c.IOWait, 3, roleBarWait})
}

// cpus draws one bar for each CPU, in columns where that is needed; where they do not fit, one bar for all and
// a grid with a cell for each. It gives the lines used.
func (m meters) cpus(f *monitor.Frame) int {
	cpus := f.Rates.System.CPUs
	narrow := m.label + 12
	columns := max(1, min(m.w/narrow, 8))
	for c := 1; c <= columns; c++ {
		rows := (len(cpus) + c - 1) / c
		if rows > m.h || len(cpus) == 0 {
			continue
		}
		w := m.w / c
		for i := range cpus {
			one := meters{m.sub(i/rows*w, i%rows, w-min(1, c-1), 1), m.label}
			one.cpu(fmt.Sprintf("cpu%d", cpus[i].ID), &cpus[i])
		}
		return rows
	}
	m.part(0, 1).cpu("cpu", &f.Rates.System.Total)
	if len(cpus) < 2 || m.h < 2 {
		return 1
	}
	return 1 + m.part(1, m.h-1).grid(cpus)
}

// grid draws a cell for each CPU, or for as many neighbours as it takes to fit: the busiest of them.
func (m meters) grid(cpus []pcb.CPUShare) int {
	w := m.w - m.label
	if w < 1 {
		return 0
	}
	each := (len(cpus) + w*m.h - 1) / (w * m.h)
	label := "each"
	if each > 1 {
		label = fmt.Sprintf("of %d", each)
	}
	m.role(0, 0, clip(label, m.label-1), roleDim)
	cells := 0
	for i := 0; i < len(cpus); i += each {
		busiest := math.NaN()
		for _, c := range cpus[i:min(i+each, len(cpus))] {
			if !(busiest >= c.Busy) {
				busiest = c.Busy
			}
		}
		m.role(m.label+cells%w, cells/w, level(busiest, 100, m.gl), loadRole(busiest))
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

func (m meters) memory(mem *pcb.Memory, past []float64) {
	if mem == nil || mem.Total == 0 {
		m.bar("mem", "-", nil)
		return
	}
	used := mem.Used()
	m.bar("mem", size(used)+"/"+size(mem.Total), past, piece{percentOf(used, mem.Total), 0, roleBarMemory},
		piece{percentOf(min(mem.Buffers+mem.Cached, mem.Total-used), mem.Total), 3, roleBarCache})
}

func (m meters) swap(s *pcb.Swap, past []float64) {
	switch {
	case s == nil:
		m.bar("swap", "-", nil)
	case s.Total == 0:
		m.bar("swap", "none", nil)
	default:
		m.bar("swap", size(s.Used())+"/"+size(s.Total), past, piece{percentOf(s.Used(), s.Total), 0, roleBarMemory})
	}
}

// stalls draws how long in the last 10 s some task has stalled for a resource, and how long all that were not idle.
func (m meters) stalls(name string, p *pcb.Pressure, past []float64) {
	if p == nil {
		m.bar("psi "+name, "-", nil)
		return
	}
	m.bar("psi "+name, wholePercent(p.Some10), past, piece{p.Full10, 0, stallRole(p.Some10)}, piece{p.Some10 - p.Full10, 3, stallRole(p.Some10)})
}

// stallRole colours a pressure.
func stallRole(some float64) role {
	switch {
	case some >= 40:
		return roleCritical
	case some >= 10:
		return roleWarning
	}
	return roleText
}

// pressureLine is the stall information, each with its history.
func pressureLine(s *pcb.Snapshot, h *past, p painter) line {
	l := line{{pad("psi", barLabel), roleDim}}
	const figures = len("cpu ") + len("io ") + len("mem ") + 3*len("100% ")
	spark := min((p.w-barLabel-figures)/3, 30)
	for i, pressure := range pressures(s) {
		v := math.NaN()
		if pressure != nil {
			v = pressure.Some10
		}
		l = append(l, span{pressureNames[i] + " ", roleDim})
		if spark > 0 {
			past := sparkline(h.pressure[i].values, spark, 10, p.gl)
			l = append(l, span{strings.Repeat(" ", spark-width(past)) + past, roleBarOther})
		}
		l = append(l, span{fmt.Sprintf("%4s ", wholePercent(v)), stallRole(v)})
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
