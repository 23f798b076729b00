package detail

import (
	"slices"
	"time"

	"ptop/pcb"
)

// Most suspects rest, and are asked about in every reading. What is a matter of the process itself stands as long as none of
// its threads runs, and is not read again meanwhile: neither is the process touched, nor a goroutine begun for it.

// keptKinds is what may be kept. Nothing is of cgroups, of the machine's memory, of users and of files that others replace,
// since these change while the process rests; nor is the schedule of a thread, which anybody may set.
const keptKinds = pcb.ProbeThreads | pcb.ProbeFiles | pcb.ProbeEnv | pcb.ProbeExe | pcb.ProbeFDs | pcb.ProbePIDNS | pcb.ProbeNewFDs | pcb.ProbeLocks

const (
	// keptFor bounds how long evidence is kept: others close the other end of a pipe, delete a directory, set a limit.
	keptFor = 10 * time.Second
	// keptMargin is what the clock of a CPU and the Snapshot's may have drifted apart in that time, with room to spare.
	keptMargin = 50 * time.Millisecond
)

// kept is evidence about a process, and how that was in the reading for which the oldest of it was read.
type kept struct {
	probe pcb.Probe // At is when the oldest of it was read; what it shares with those that were given is never written to
	peers []int32   // that ProbeThreads were read for
	as    standing
}

// standing is what shows that a process has run, or that others have done something to it: signals that it blocks, its
// parent's end, a debugger.
type standing struct {
	state                                     byte
	ppid, threads                             int32
	flags                                     uint32
	switches                                  uint64
	cpu                                       time.Duration
	pending, shared, blocked, ignored, caught uint64
}

// standingOf gives it as the task iterator tells it, which looks at all threads; false of a process that runs, or that a
// debugger can change while it does not.
func standingOf(row *pcb.Process) (standing, bool) {
	const needed = pcb.FieldStat | pcb.FieldIdle | pcb.FieldSwitches | pcb.FieldSwitchesSum | pcb.FieldSignals | pcb.FieldTracer
	if row == nil || !row.Have.Has(needed) || !row.FromIterator.Has(needed) || row.Blocked || row.TracerPID != 0 {
		return standing{}, false
	}
	switch row.State {
	case 'S', 'D', 'T', 'Z':
	default:
		return standing{}, false
	}
	return standing{
		state: row.State, ppid: row.PPID, threads: row.Threads, flags: row.KFlags, switches: row.Voluntary + row.Involuntary,
		cpu: row.UTime + row.STime, pending: row.SigPending, shared: row.SigShared, blocked: row.SigBlocked, ignored: row.SigIgnored,
		caught: row.SigCaught,
	}, true
}

// rested reports whether the process is as it was when the evidence was read, and no thread of it has run since. A thread
// that ended meanwhile shows in their number, since none can have made another.
func (k *kept) rested(row *pcb.Process) bool {
	now, ok := standingOf(row)
	return ok && now == k.as && row.Idle > row.At-k.probe.At+keptMargin
}

// recall begins a probe with the evidence that is kept of the process and still stands. Where none is, it begins empty, now.
func (p *Prober) recall(request *pcb.ProbeRequest, row *pcb.Process) pcb.Probe {
	now := monotonic()
	empty := pcb.Probe{ID: request.ID, TID: request.TID, At: now}
	k := p.kept[request.ID]
	if k == nil {
		return empty
	}
	if now-k.probe.At >= keptFor || !k.rested(row) {
		delete(p.kept, request.ID)
		return empty
	}
	kinds := request.Kinds & (k.probe.Have | k.probe.Denied)
	if kinds&pcb.ProbeThreads != 0 && !slices.Equal(k.peers, request.Peers) {
		kinds &^= pcb.ProbeThreads
	}
	if kinds == 0 {
		return empty
	}
	probe := pcb.Probe{ID: request.ID, TID: request.TID, At: k.probe.At}
	take(&probe, &k.probe, kinds)
	for i := range probe.Locks { // copies
		probe.Locks[i].Waiter.Idle += row.At - k.probe.At
		probe.Locks[i].Owner.Idle += row.At - k.probe.At
	}
	return probe
}

// remember keeps what was read of a process, beside what is kept of it and still stands.
func (p *Prober) remember(request *pcb.ProbeRequest, row *pcb.Process, read *pcb.Probe, fresh pcb.ProbeKinds) {
	as, ok := standingOf(row)
	fresh &= standsAtRest(read)
	if !ok || fresh == 0 {
		return
	}
	k := p.kept[request.ID]
	if k == nil {
		k = &kept{probe: pcb.Probe{ID: request.ID, At: read.At}, as: as}
		p.kept[request.ID] = k
	}
	take(&k.probe, read, fresh)
	if fresh&pcb.ProbeThreads != 0 {
		k.peers = slices.Clone(request.Peers)
	}
}

// forget drops what is too old to be given again, of those that are gone as of all others.
func (p *Prober) forget(now time.Duration) {
	for id, k := range p.kept {
		if now-k.probe.At >= keptFor {
			delete(p.kept, id)
		}
	}
}

// standsAtRest gives the kinds in a probe that are the process's own matter: not a pipe or a pidfd at whose other end
// somebody else is, and no lock of which another process has a part.
func standsAtRest(read *pcb.Probe) pcb.ProbeKinds {
	kinds := keptKinds & (read.Have | read.Denied)
	for i := range read.Threads {
		if t := &read.Threads[i]; t.PIDFD != 0 || t.PipeHeldBy != nil {
			kinds &^= pcb.ProbeThreads
		}
	}
	for i := range read.Locks {
		if owner := &read.Locks[i].Owner; owner.PID != read.ID.PID || owner.State == 'R' {
			kinds &^= pcb.ProbeLocks
		}
	}
	return kinds
}

// take adds the evidence of these kinds from one probe to another.
func take(to, from *pcb.Probe, kinds pcb.ProbeKinds) {
	to.Have |= from.Have & kinds
	to.Denied |= from.Denied & kinds
	if kinds&pcb.ProbeThreads != 0 {
		to.Threads = slices.Clone(from.Threads)
	}
	if kinds&pcb.ProbeFiles != 0 {
		to.FDs, to.StdoutNoReader, to.Listening, to.Cwd = from.FDs, from.StdoutNoReader, from.Listening, from.Cwd
	}
	if kinds&pcb.ProbeEnv != 0 {
		to.Env = from.Env
	}
	if kinds&pcb.ProbeExe != 0 {
		to.GoBinary, to.ImportsWait, to.ImportsFork = from.GoBinary, from.ImportsWait, from.ImportsFork
	}
	if kinds&pcb.ProbeFDs != 0 {
		to.FDCount, to.FDLimit = from.FDCount, from.FDLimit
	}
	if kinds&pcb.ProbePIDNS != 0 {
		to.PIDNS = from.PIDNS
	}
	if kinds&pcb.ProbeNewFDs != 0 {
		to.NewFDs = slices.Clone(from.NewFDs)
	}
	if kinds&pcb.ProbeLocks != 0 {
		to.Locks, to.Rivals = slices.Clone(from.Locks), slices.Clone(from.Rivals)
	}
}
