package detect

import (
	"cmp"
	"slices"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// Param gives a parameter of the detector at work.
func (p *Pass) Param(name string) float64 { return p.set.param(p.det, name) }

// Duration gives a parameter in seconds, scaled by Settings.TimeScale.
func (p *Pass) Duration(name string) time.Duration { return p.set.duration(p.det, name) }

// proc gives the process at i.
func (p *Pass) proc(i int32) *pcb.Process { return &p.Snap.Procs[i] }

// gated gives the processes that passed the detector's Gate and of which what it needs could be read.
func (p *Pass) gated(do func(i int32, q *pcb.Process)) {
	for _, i := range p.History.gated[p.det] {
		if p.judged(i) {
			do(i, p.proc(i))
		}
	}
}

// judged reports whether the groups of fields that the detector needs could be read of a process.
func (p *Pass) judged(i int32) bool { return p.proc(i).Have.Has(p.det.Needs) }

// active reports whether the detector's finding grouped by a process is being told.
func (p *Pass) active(id pcb.ID) bool { return p.History.told[Key{p.det.ID, id}] }

// parent gives the process that the kernel names as parent, or nil where it can't be seen.
func (p *Pass) parent(i int32) *pcb.Process {
	if j := p.Forest.Parent(i); j != tree.None {
		return p.proc(j)
	}
	return nil
}

// subject names a process.
func (p *Pass) subject(q *pcb.Process) Subject {
	s := Subject{ID: q.ID, Name: q.Name(), User: q.User, Cmdline: q.Cmdline}
	if c := q.Container; c != nil {
		s.Unit, s.Container = c.Unit, c.Name
		if s.Container == "" {
			s.Container = c.ID
		}
	}
	return s
}

// idle is how long ago a process last ran, when the kernel tells: for a zombie since its death, for a stopped one
// since its stop. It is a lower bound.
func (p *Pass) idle(i int32) (time.Duration, bool) {
	q := p.proc(i)
	return min(q.Idle, p.Snap.Age(q)), q.Have.Has(pcb.FieldIdle)
}

// dead is how long a zombie has been dead at least, or of a live process its main thread: what the kernel tells from
// one reading, or what was watched. source says which.
func (p *Pass) dead(i int32) (since time.Duration, source string) {
	q, e := p.proc(i), p.History.of(i)
	watched := p.Snap.Mono - e.deadSince
	if ended := p.Snap.Mono - e.died; e.dated && ended >= watched {
		return ended, procFile(q.ID, "sched") + " se.exec_start"
	}
	return watched, procFile(q.ID, "stat") + " state, as watched"
}

// blockedReaders is why evidence is missing that would cost whoever reads it a thread.
const blockedReaders = ": not read; the kernel lets whoever reads it wait"

// whyUnread says why a probe does not hold a kind of evidence, behind the name of what was to be read.
func whyUnread(probe *pcb.Probe, kind pcb.ProbeKinds) string {
	switch {
	case probe == nil:
	case probe.Denied&kind != 0:
		return ": not permitted; run ptop as root or as the owner of the process"
	case probe.Blocked&kind != 0:
		return blockedReaders
	}
	return ": could not be read"
}

// in reports whether a probe was made and holds that kind of evidence.
func in(probe *pcb.Probe, kind pcb.ProbeKinds) bool { return probe != nil && probe.Have&kind != 0 }

// firstReading reports whether nothing was seen before.
func (p *Pass) firstReading() bool { return p.Snap.Boot == p.History.began }

// probedFor gives the processes of which that kind of evidence was read, or refused, in order.
func (p *Pass) probedFor(kind pcb.ProbeKinds) (ids []pcb.ID) {
	for id, probe := range p.Probes {
		if (probe.Have|probe.Denied|probe.Blocked)&kind != 0 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b pcb.ID) int { return cmp.Compare(a.PID, b.PID) })
	return ids
}
