package ui

import (
	"fmt"
	"slices"
	"strings"

	"ptop/detect"
	"ptop/internal/blast"
	"ptop/pcb"
)

// advise explains, instead of sending a signal, why none does anything to any of these processes, and offers what does
// help. It reports whether that is so.
func (a *app) advise(ids []pcb.ID) bool {
	s := a.newest.Snap
	for _, id := range ids {
		if p := s.Lookup(id); p == nil || !blast.Beyond(p) {
			return false
		}
	}
	about := a.findingsOf(ids)
	m := a.remedies("no signal reaches this", about)
	m.tall.say(a.beyondText(s.Lookup(ids[0]), len(ids)))
	for _, f := range about {
		m.tall.say(f.Summary)
		m.tall.say(f.Why)
		for i := range f.Remedies {
			if r := &f.Remedies[i]; !r.Never && r.Act == nil {
				m.tall.say("What helps: " + strings.TrimSuffix(r.Do+" ($ "+r.Command+")", " ($ )"))
			}
		}
	}
	if len(m.items) > 0 {
		m.tall.text = append(m.tall.text, "", "What ptop can do about it:")
	}
	a.open(m)
	return true
}

// findingsOf gives the findings that have one of these processes among their members.
func (a *app) findingsOf(ids []pcb.ID) []*detect.Finding {
	var out []*detect.Finding
	for i := range a.newest.Findings {
		f := &a.newest.Findings[i]
		if slices.ContainsFunc(ids, func(id pcb.ID) bool { return f.Subject.ID == id || slices.Contains(f.Members, id) }) {
			out = append(out, f)
		}
	}
	return out
}

// beyondText says of the first of n processes why no signal does anything to it.
func (a *app) beyondText(p *pcb.Process, n int) string {
	more := ""
	if n > 1 {
		more = fmt.Sprintf(" So it is with %d more.", n-1)
	}
	text := fmt.Sprintf("%s (%d) %s.", p.Name(), p.PID, a.caveat(p.ID, blast.Deed{Signal: pcb.SIGKILL}))
	if p.KernelThread() {
		return text + more + " Nothing is sent."
	}
	if p.Have.Has(pcb.FieldExitCode) {
		text += " How it ended: " + pcb.DescribeExit(p.ExitCode)
		if p.Have.Has(pcb.FieldEnded) {
			text += ", " + age(p.Ended) + " ago"
		}
		text += "."
	}
	return text + more + " No signal does anything to the dead, SIGKILL neither: nothing is sent."
}
