package detect

import (
	"ptop/pcb"
)

// memory is what detectors keep of single processes between readings, each of its own kind, beyond the entry that every
// process has. It is for suspects: what is kept of a process is forgotten when it is gone.
type memory map[*Detector]map[pcb.ID]any

// sweep forgets the processes that a reading no longer shows.
func (m memory) sweep(s *pcb.Snapshot) {
	for _, of := range m {
		for id := range of {
			if s.Lookup(id) == nil {
				delete(of, id)
			}
		}
	}
}

// recall gives what the detector at work keeps of a process; nil when that is nothing.
func recall[T any](p *Pass, id pcb.ID) *T {
	kept, _ := p.History.kept[p.det][id].(*T)
	return kept
}

// keep has the detector at work remember something of a process from now on.
func keep[T any](p *Pass, id pcb.ID, what *T) *T {
	of := p.History.kept[p.det]
	if of == nil {
		of = map[pcb.ID]any{}
		p.History.kept[p.det] = of
	}
	of[id] = what
	return what
}

// turn gives the next n processes, after those of the last reading, that are due: what costs too much to be read of
// everyone is read of all in turn. The detector at work has one turn a reading, in Suspect.
func (p *Pass) turn(n int, due func(i int32, q *pcb.Process) bool) []int32 {
	procs := p.Snap.Procs
	last := p.History.turns[p.det] // pid
	from := 0
	for from < len(procs) && procs[from].PID <= last {
		from++
	}
	var chosen []int32
	for k := range procs {
		i := int32((from + k) % len(procs))
		if q := p.proc(i); due(i, q) {
			if chosen == nil {
				chosen = make([]int32, 0, n)
			}
			chosen = append(chosen, i)
			p.History.turns[p.det] = q.PID
			if len(chosen) == n {
				break
			}
		}
	}
	return chosen
}
