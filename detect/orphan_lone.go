package detect

import (
	"slices"
	"time"

	"ptop/pcb"
)

// A process that made a session of its own shows nothing of having been adopted: its group and session have their leader,
// itself, and whoever has it may have made it. So do all daemons. Only its descriptors, directory and environment can tell
// what is left of a build or a login from those, and they are looked at in turn.
const (
	loneTurn      = 8 // a reading
	loneFirstTurn = 32
	loneAgain     = time.Minute // after which one that looked well is looked at anew
	loneSuspects  = 16          // of those that did not, looked at in each reading
)

// loneLook is when one was looked at, and whether it looked like an orphan.
type loneLook struct {
	at      time.Duration // Mono
	suspect bool
}

// lone reports whether a process leads its own session, and its parent adopts.
func (p *Pass) lone(i int32, q *pcb.Process) bool {
	if q.SID != q.PID || q.KernelThread() || q.Zombie() || adopter(q) || !p.judged(i) {
		return false
	}
	if parent := p.parent(i); parent == nil || !adopter(parent) {
		return false
	}
	_, stray := slices.BinarySearch(p.History.strays, i)
	return !stray && !livesAlone(q) && service(q) == ""
}

// askLone asks for evidence about the next of them, and about those that looked like orphans.
func (p *Pass) askLone() (want []pcb.ProbeRequest) {
	var suspects []pcb.ID
	for id := range p.History.kept[p.det] {
		if recall[loneLook](p, id).suspect {
			suspects = append(suspects, id)
		}
	}
	slices.SortFunc(suspects, func(a, b pcb.ID) int { return int(a.PID) - int(b.PID) })
	for _, id := range suspects[:min(len(suspects), loneSuspects)] {
		want = append(want, pcb.ProbeRequest{ID: id, Kinds: orphanProbes})
	}
	n := loneTurn
	if p.firstReading() {
		n = loneFirstTurn
	}
	next := p.turn(n, p.loneDue)
	want = slices.Grow(want, len(next))
	for _, i := range next {
		want = append(want, pcb.ProbeRequest{ID: p.proc(i).ID, Kinds: orphanProbes, InTurn: true})
	}
	return want
}

func (p *Pass) loneDue(i int32, q *pcb.Process) bool {
	if !p.lone(i, q) {
		return false
	}
	look := recall[loneLook](p, q.ID)
	return look == nil || !look.suspect && p.Snap.Mono-look.at >= loneAgain
}

// judgeLone gives those of them that were looked at and are orphans.
func (p *Pass) judgeLone() (findings []Finding) {
	for _, id := range p.probedFor(orphanProbes) {
		i := int32(p.Snap.Index(id.PID))
		if i < 0 || !p.lone(i, p.proc(i)) {
			continue
		}
		f, is := p.orphan(i)
		if is || p.Probes[id].Blocked&orphanProbes == 0 { // a reader that was late has seen too little: it is asked again
			keep(p, id, &loneLook{p.Snap.Mono, is})
		}
		if is {
			findings = append(findings, f)
		}
	}
	return findings
}
