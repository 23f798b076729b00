package detect

import (
	"fmt"
	"math"

	"ptop/pcb"
)

var fdLeak = &Detector{
	ID:    "fd-leak",
	Title: "descriptors that are opened and never closed",
	Meaning: "A process that opens files or sockets and does not close them comes to its limit (RLIMIT_NOFILE); from then on it can open nothing\n" +
		"more, accept no connection, and often fails in odd ways. The number has hardly ever fallen and its pace does not slow down. That of a\n" +
		"server goes up and down with its connections; a pool's comes to rest.",
	Advice:   "See what they are (`ls -l /proc/PID/fd`): many alike are the leak. Restart it; a higher limit only puts it off.",
	Severity: "warning; info when the limit is more than a day away; critical when nine tenths of it are in use",
	Params:   leakParams(Param{"least", 30, "", "by how many they must have become more in the window"}),
	Needs:    pcb.FieldCore | pcb.FieldFDs,
	Suspect: func(p *Pass) []pcb.ProbeRequest {
		return p.leakSuspects(fdGauge, pcb.ProbeFDs|pcb.ProbeNewFDs, p.leastCount)
	},
	Judge: func(p *Pass) (findings []Finding) {
		for _, l := range p.leaks(fdGauge, p.leastCount) {
			findings = append(findings, p.fdLeak(&l))
		}
		return findings
	},
}

func (p *Pass) leastCount(float64) float64 { return p.Param("least") }

func (p *Pass) fdLeak(l *leak) Finding {
	q, probe := p.proc(l.i), p.Probes[p.proc(l.i).ID]
	f := l.finding(p)
	source := procFile(q.ID, "fd")
	f.know("fds", int64(l.to), source)
	f.know("fds_from", int64(l.from), source)
	f.know("growth_per_min", l.slope*60, source)
	l.watched(&f, source)
	f.Summary = fmt.Sprintf("%s opens %s more than it closes: %.0f by now", f.Subject.label(), rate(l.slope, "descriptors"), l.to)
	f.So = "at its limit of descriptors it can open and accept nothing more"
	limit := uint64(math.MaxUint64)
	switch {
	case !in(probe, pcb.ProbeFDs):
		f.Missing = append(f.Missing, procFile(q.ID, "limits")+whyUnread(probe, pcb.ProbeFDs))
	case probe.FDLimit < math.MaxInt64:
		limit = probe.FDLimit
		f.know("fd_limit", int64(limit), procFile(q.ID, "limits"))
		rooms := []room{{float64(probe.FDCount), float64(limit), "fd_use_percent", "", procFile(q.ID, "limits")}}
		if nearest, left := l.toward(p, &f, rooms); nearest != nil {
			f.Summary = fmt.Sprintf("%s opens %s more than it closes: %d of %d", f.Subject.label(), rate(l.slope, "descriptors"), probe.FDCount, limit)
			f.So = fmt.Sprintf("at this rate its limit of %d descriptors is reached in %s; then it can open and accept nothing more", limit, seconds(left))
		}
	}
	if in(probe, pcb.ProbeNewFDs) {
		var kinds []string
		for _, t := range probe.NewFDs[:min(len(probe.NewFDs), 3)] {
			if t.Count*10 >= probe.NewFDs[0].Count { // what is rare among them did not leak
				kinds = append(kinds, times(t.Name, t.Count))
			}
		}
		f.know("newest_fds", kinds, source)
	} else {
		f.Missing = append(f.Missing, source+whyUnread(probe, pcb.ProbeNewFDs))
	}
	f.Why = "they are opened and not closed. " + f.proof()
	f.Remedies = fdRemedies(p, &f, q, probe, limit)
	return f
}

func fdRemedies(p *Pass, f *Finding, q *pcb.Process, probe *pcb.Probe, limit uint64) []Remedy {
	look := Remedy{Do: "see what they are: many alike are the leak", Command: fmt.Sprintf("ls -l /proc/%d/fd | tail -n 40", q.PID)}
	if in(probe, pcb.ProbeNewFDs) && len(probe.NewFDs) > 0 && probe.NewFDs[0].Name == "socket" {
		look = Remedy{Do: "see to whom the sockets lead: many in CLOSE-WAIT are those that the other end has closed", Command: fmt.Sprintf("ss -anp | grep pid=%d,", q.PID)}
	}
	all := []Remedy{look, p.restartFor(f, q)}
	if limit < 1<<30 {
		all = append(all, Remedy{
			Do: "raise its limit, to gain time", Command: fmt.Sprintf("prlimit --pid %d --nofile=%d:", q.PID, 2*limit),
			Risk: "it goes on leaking, and programs that use select() can't use descriptors from 1024 on; refused above its hard limit",
		})
	}
	return all
}
