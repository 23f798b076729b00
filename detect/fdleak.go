package detect

import (
	"fmt"
	"math"
	"time"

	"ptop/pcb"
)

var fdLeak = &Detector{
	ID:    "fd-leak",
	Title: "descriptors that are opened and never closed",
	Meaning: "A process that opens files or sockets and does not close them comes to its limit (RLIMIT_NOFILE); from then on it can open nothing\n" +
		"more, accept no connection, and often fails in odd ways. The number has hardly ever fallen and its pace does not slow down. That of a\n" +
		"server goes up and down with its connections; a pool's comes to rest.",
	Advice:   "See what they are (`ls -l /proc/PID/fd`): many alike are the leak. Restart it; a higher limit only puts it off.",
	Severity: "warning; info when the limit is more than a day away, and for what a build runs; critical when nine tenths of it are in use",
	Params:   leakParams(Param{"least", 30, "", "by how many they must have become more in the window"}),
	Needs:    pcb.FieldCore, // descriptors are counted in turn: who was not yet is neither well nor unknown
	Suspect:  leakingFDs.suspects,
	Judge:    func(p *Pass) []Finding { return leakingFDs.judge(p, p.fdLeak) },
}

var leakingFDs = leaks{gauge: fdGauge, least: (*Pass).leastCount, ask: pcb.ProbeFDs | pcb.ProbeNewFDs, rooms: (*Pass).fdRooms, stays: true}

func (p *Pass) leastCount(float64) float64 { return p.Param("least") }

// fdRooms are the limits on a process's descriptors, as far as they are known: its own, when it has one.
func (p *Pass) fdRooms(i int32) []room {
	q := p.proc(i)
	if probe := p.Probes[q.ID]; in(probe, pcb.ProbeFDs) && probe.FDLimit < math.MaxInt64 {
		return []room{{float64(probe.FDCount), float64(probe.FDLimit), "fd_use_percent", "", procFile(q.ID, "limits")}}
	}
	return nil
}

func (p *Pass) fdLeak(l *leak, f *Finding, nearest *room, left time.Duration) {
	q, probe := p.proc(l.i), p.Probes[p.proc(l.i).ID]
	source := procFile(q.ID, "fd")
	f.know("fds", int64(l.to), source)
	f.know("fds_from", int64(l.from), source)
	f.know("growth_per_min", l.slope*60, source)
	l.course(f, source, nearest, left)
	f.Summary = fmt.Sprintf("%s opens %s more than it closes: %.0f by now", f.Subject.label(), rate(l.slope, "descriptors"), l.to)
	f.So = "at its limit of descriptors it can open and accept nothing more"
	if nearest != nil {
		f.know("fd_limit", int64(nearest.limit), nearest.source)
		f.Summary = fmt.Sprintf("%s opens %s more than it closes: %.0f of %.0f", f.Subject.label(), rate(l.slope, "descriptors"), nearest.used, nearest.limit)
		f.So = fmt.Sprintf("at this rate its limit of %.0f descriptors is reached in %s; then it can open and accept nothing more", nearest.limit, seconds(left))
	}
	if l.refused {
		f.Summary = fmt.Sprintf("%s opened descriptors and closed none until it had %.0f of %.0f", f.Subject.label(), nearest.used, nearest.limit)
		f.So = "it can open and accept hardly anything more"
	}
	if !in(probe, pcb.ProbeFDs) {
		f.Missing = append(f.Missing, procFile(q.ID, "limits")+whyUnread(probe, pcb.ProbeFDs))
	}
	if in(probe, pcb.ProbeNewFDs) {
		f.know("newest_fds", mostOf(probe.NewFDs), source)
	} else {
		f.Missing = append(f.Missing, source+whyUnread(probe, pcb.ProbeNewFDs))
	}
	f.Why = "they are opened and not closed. " + f.proof()
	f.Remedies = p.fdRemedies(f, q, probe, nearest)
}

// mostOf says what most of the descriptors are. What is rare among them did not leak.
func mostOf(targets []pcb.FDTarget) (kinds []string) {
	for _, t := range targets[:min(len(targets), 3)] {
		if t.Count*10 >= targets[0].Count {
			kinds = append(kinds, times(t.Name, t.Count))
		}
	}
	return kinds
}

func (p *Pass) fdRemedies(f *Finding, q *pcb.Process, probe *pcb.Probe, nearest *room) []Remedy {
	look := Remedy{Do: "see what they are: many alike are the leak", Command: fmt.Sprintf("ls -l /proc/%d/fd | tail -n 40", q.PID)}
	if in(probe, pcb.ProbeNewFDs) && len(probe.NewFDs) > 0 && probe.NewFDs[0].Name == "socket" {
		look = Remedy{Do: "see to whom the sockets lead: many in CLOSE-WAIT are those that the other end has closed", Command: fmt.Sprintf("ss -anp | grep pid=%d,", q.PID)}
	}
	all := []Remedy{look, p.restartFor(f, q)}
	if nearest != nil {
		all = append(all, Remedy{
			Do: "raise its limit, to gain time", Command: fmt.Sprintf("prlimit --pid %d --nofile=%.0f:", q.PID, 2*nearest.limit),
			Risk: "it goes on leaking, and programs that use select() can't use descriptors from 1024 on; refused above its hard limit",
		})
	}
	return all
}
