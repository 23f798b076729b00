package ui

import "ptop/internal/monitor"

// attended are the pids that every reading is to read whole: of the rows in sight and a screen to either side, of what was
// found, and of the parents of zombies, by which those are judged. While it is recorded they are all.
func (a *app) attended(f *monitor.Frame) []int32 {
	var pids []int32
	if a.recording != nil { // of a recording every line is to be true of every process
		for i := range f.Snap.Procs {
			pids = append(pids, f.Snap.Procs[i].PID)
		}
		return pids
	}
	t := a.table
	for i := max(0, t.top-t.height); i < min(len(t.rows), t.top+2*t.height); i++ {
		if p := t.rows[i].Proc; p != nil {
			pids = append(pids, p.PID)
		}
	}
	for i := range f.Findings {
		pids = append(pids, f.Findings[i].Subject.PID)
		if c := f.Findings[i].Culprit; c != nil {
			pids = append(pids, c.PID)
		}
	}
	for i := range f.Snap.Procs {
		if p := &f.Snap.Procs[i]; p.Zombie() {
			pids = append(pids, p.PPID)
		}
	}
	if id := a.detail.id; !id.IsZero() {
		pids = append(pids, id.PID)
	}
	return pids
}
