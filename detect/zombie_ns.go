package detect

import (
	"strings"

	"ptop/pcb"
)

// maxInits is how many dying inits are looked at for one group of zombies.
const maxInits = 8

// suspectInits asks which namespace a zombie is in whose parent is outside of it, and which those are whose init is dying.
func (p *Pass) suspectInits(b *brood) []pcb.ProbeRequest {
	inits := p.dyingInits(b)
	if len(inits) == 0 {
		return nil
	}
	want := []pcb.ProbeRequest{{ID: p.proc(p.oldest(b).i).ID, Kinds: pcb.ProbePIDNS}}
	for _, init := range inits {
		want = append(want, pcb.ProbeRequest{ID: init.ID, Kinds: pcb.ProbePIDNS | pcb.ProbeThreads})
	}
	return want
}

// dyingInits are the inits of pid namespaces as deep as the zombie's that are on their way out.
func (p *Pass) dyingInits(b *brood) []*pcb.Process {
	z := p.proc(p.oldest(b).i)
	var found []*pcb.Process
	for i := range p.Snap.Procs {
		init := &p.Snap.Procs[i]
		if len(init.NSPIDs) == len(z.NSPIDs) && namespaceInit(init) && init.KFlags&pcb.PFExiting != 0 && !init.Zombie() && len(found) < maxInits {
			found = append(found, init)
		}
	}
	return found
}

// teardownStuck looks for the init of the zombie's namespace, that is dying and waits. Who is in which namespace is
// read where that is permitted; else the only such init in the zombie's own cgroup is likely to be it.
func (q *inquest) teardownStuck() (Confidence, bool) {
	if q.b.kind != ofForeign {
		return 0, false
	}
	init, confidence := q.initOf(q.proc(q.oldest(q.b).i), q.dyingInits(q.b))
	if init == nil {
		return 0, false
	}
	q.f.know("namespace_init_dying", pid(init.PID), procFile(init.ID, "stat")+" flags")
	if confidence == Proved {
		q.f.know("pid_namespace", q.Probes[init.ID].PIDNS, procFile(init.ID, "ns/pid"))
	}
	probe := q.Probes[init.ID]
	if !in(probe, pcb.ProbeThreads) || len(probe.Threads) == 0 || probe.Threads[0].WChan == "" {
		q.f.Missing = append(q.f.Missing, procFile(init.ID, "wchan")+": could not be read; run ptop as root")
		return Likely, true
	}
	q.f.know("namespace_init_wchan", probe.Threads[0].WChan, procFile(init.ID, "wchan"))
	if probe.Threads[0].WChan != "zap_pid_ns_processes" {
		confidence = Likely
	}
	return confidence, true
}

// initOf picks the init of a zombie's pid namespace; nil when none of them is known to be it, or more than one can be.
func (q *inquest) initOf(z *pcb.Process, inits []*pcb.Process) (*pcb.Process, Confidence) {
	own := q.Probes[z.ID]
	var near []*pcb.Process
	for _, init := range inits {
		theirs := q.Probes[init.ID]
		if in(own, pcb.ProbePIDNS) && in(theirs, pcb.ProbePIDNS) {
			if own.PIDNS == theirs.PIDNS {
				return init, Proved
			}
		} else if z.Have.Has(pcb.FieldCgroup) && init.Have.Has(pcb.FieldCgroup) && z.Cgroup == init.Cgroup {
			near = append(near, init)
		}
	}
	if len(near) == 1 {
		return near[0], Likely
	}
	return nil, 0
}

func (q *inquest) foreign() (Confidence, bool) { return Proved, q.b.kind == ofForeign }

// namespaceInit fits PID 1 of a container that is no init. That these are orphans which were given to it, as its init
// would have to expect, and no children of its own making, the kernel does not tell: only who saw it knows.
func (q *inquest) namespaceInit() (Confidence, bool) {
	top := q.Snap.Coverage.PIDNamespace == "child" && q.parent.PID == 1
	if !namespaceInit(q.parent) && !top || realInit(q.parent) {
		return 0, false
	}
	q.f.know("parent_is_namespace_1", true, procFile(q.parent.ID, "status")+" NSpid")
	if c := q.parent.Container; c != nil && c.Pod != "" {
		q.f.know("pod", c.Pod, procFile(q.parent.ID, "cgroup"))
	}
	adopted := 0
	for _, c := range q.b.members {
		if q.History.of(c.i).lost != nil {
			adopted++
		}
	}
	if adopted > 0 {
		q.f.know("adopted", int64(adopted), "/proc/*/stat ppid, as watched")
	}
	if adopted == len(q.b.members) {
		return Proved, true
	}
	q.f.Missing = append(q.f.Missing, "whether it made them itself or was given them when their parent ended: that was before ptop watched")
	return Likely, true
}

// realInit reports whether a program is one that reaps orphans by trade.
func realInit(q *pcb.Process) bool {
	switch q.Comm {
	case "init", "systemd", "tini", "docker-init", "podman-init", "catatonit", "dumb-init", "s6-svscan", "runit", "pause", "conmon", "openrc-init":
		return true
	}
	return strings.HasPrefix(q.Comm, "tini-")
}
