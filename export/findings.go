package export

import (
	"fmt"
	"time"

	"ptop/detect"
	"ptop/internal/life"
	"ptop/internal/monitor"
)

// Findings writes what is sick among the selected processes as text: what, why, evidence, what to do and what that puts
// at risk.
func (w *Writer) Findings(f *monitor.Frame) error {
	p := w.page()
	selected := w.opt.Query.Select(f)
	for i, finding := range selected.Findings {
		if i > 0 {
			p.line()
		}
		p.finding(finding, f.Snap.Time)
	}
	if len(selected.Findings) == 0 {
		p.line("OK    nothing is sick among ", processCount(len(selected.Procs)))
	}
	if note := coverageWords(f.Snap); note != "" {
		p.labelled("unseen", note)
	}
	if e := f.Snap.Events; e != nil && e.Lost > 0 {
		p.labelled("unseen", fmt.Sprintf("%d births, ends and the like that the kernel could not tell in time", e.Lost))
	}
	if f.Problem != "" {
		p.labelled("problem", f.Problem)
	}
	return w.finish(p)
}

// finding adds one finding as it reads for a person.
func (p *page) finding(f *detect.Finding, now time.Time) { p.said(life.Finding(f, now)) }
