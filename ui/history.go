package ui

import (
	"math"
	"time"

	"ptop/internal/monitor"
	"ptop/pcb"
)

// history keeps, for the session, figures of the processes that were in sight, have findings or were opened. It is
// bounded; those that nobody has looked at longest give way.
type history struct {
	series map[pcb.ID]*series
}

const (
	historyProcs  = 256
	historyLength = 120
)

// series is the past of one process.
type series struct {
	cpu, wait, switches, rss, threads, fds ring
	wanted                                 time.Time
	since                                  time.Time
}

func newHistory() *history { return &history{series: map[pcb.ID]*series{}} }

// record enters a Frame: for the processes of watch, those with findings, and those whose history has begun.
func (h *history) record(f *monitor.Frame, watch []pcb.ID, now time.Time) {
	for _, id := range watch {
		h.want(id, now)
	}
	for i := range f.Findings {
		h.want(f.Findings[i].Subject.ID, now)
		if c := f.Findings[i].Culprit; c != nil {
			h.want(c.ID, now)
		}
	}
	for id, s := range h.series {
		i := f.Snap.Index(id.PID)
		if i < 0 || f.Snap.Procs[i].ID != id {
			continue
		}
		s.add(&f.Snap.Procs[i], &f.Rates.Procs[i])
	}
}

// want begins the history of a process, or keeps it from giving way.
func (h *history) want(id pcb.ID, now time.Time) {
	s := h.series[id]
	if s == nil {
		if len(h.series) >= historyProcs {
			h.dropOldest()
		}
		r := ring{limit: historyLength}
		s = &series{cpu: r, wait: r, switches: r, rss: r, threads: r, fds: r, since: now}
		h.series[id] = s
	}
	s.wanted = now
}

func (h *history) dropOldest() {
	var oldest pcb.ID
	for id, s := range h.series {
		if oldest.IsZero() || s.wanted.Before(h.series[oldest].wanted) {
			oldest = id
		}
	}
	delete(h.series, oldest)
}

func (s *series) add(p *pcb.Process, r *pcb.Rates) {
	s.cpu.add(r.CPU)
	s.wait.add(r.Wait)
	s.switches.add(r.Voluntary + r.Involuntary)
	s.threads.add(float64(p.Threads))
	known := func(group pcb.Fields, figure float64) float64 {
		if !p.Have.Has(group) {
			return math.NaN()
		}
		return figure
	}
	s.rss.add(known(pcb.FieldRSS, float64(p.RSS)))
	s.fds.add(known(pcb.FieldFDs, float64(p.FDs)))
}
