package detect

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// lab feeds a Tracker with readings made by hand.
type lab struct {
	t       testing.TB
	tracker *Tracker
	set     *Settings
	before  *pcb.Snapshot
	host    pcb.Host
	cover   pcb.Coverage
	foreign bool
	system  pcb.System
	threads []pcb.Thread
	events  *pcb.Events
	off     string             // why there are no events
	forks   *uint64            // since boot
	asked   []pcb.ProbeRequest // of the latest reading
	inTurn  []pcb.ProbeRequest // with what everyone is asked in turn
}

func newLab(t testing.TB, assignments ...string) *lab {
	t.Helper()
	set := NewSettings()
	for _, a := range assignments {
		if err := set.Set(a); err != nil {
			t.Fatal(err)
		}
	}
	return &lab{t: t, set: set, tracker: NewTracker(set), host: pcb.Host{PIDMax: 32768, CPUs: 2}}
}

// bootAt is how long the machine is up at the time 0 of a lab.
const bootAt = 100 * time.Hour

// epoch is the wall clock at the time 0 of a lab.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// everything is all groups of a process but its idle time, which the tests that need it add.
const everything = pcb.FieldStat | pcb.FieldCreds | pcb.FieldSignals | pcb.FieldSwitches | pcb.FieldSwitchesSum | pcb.FieldSched |
	pcb.FieldSchedSum | pcb.FieldCmdline | pcb.FieldExitCode | pcb.FieldTracer | pcb.FieldNSPID | pcb.FieldCgroup

// look takes a reading at a time and gives the findings and the events.
func (l *lab) look(at time.Duration, probes []*pcb.Probe, procs ...pcb.Process) ([]Finding, []Event) {
	l.t.Helper()
	s := &pcb.Snapshot{Mono: at, Boot: bootAt + at, Time: epoch.Add(at), Procs: slices.Clone(procs), Host: l.host, Coverage: l.cover, Foreign: l.foreign, Threads: l.threads, System: l.system}
	if l.forks != nil {
		s.System.Forks = l.forks
	}
	s.Events, s.EventsOff = l.events, l.off
	slices.SortFunc(s.Procs, func(a, b pcb.Process) int { return cmp.Compare(a.PID, b.PID) })
	for i := range s.Procs {
		s.Procs[i].At, s.Procs[i].SwitchesAt, s.Procs[i].IOAt = at, at, at
	}
	rates := &pcb.RateSet{}
	rates.Compute(l.before, s)
	l.before = s
	l.asked = l.tracker.Suspects(s, rates, tree.Build(s, nil))
	l.inTurn = slices.Clone(l.asked)
	for k := range l.asked { // what everyone is asked in turn says nothing of a suspicion
		l.asked[k].Kinds &^= pcb.ProbeLocks | pcb.ProbeLibraries
	}
	l.asked = slices.DeleteFunc(l.asked, func(r pcb.ProbeRequest) bool { return r.Kinds == 0 })
	read := map[pcb.ID]*pcb.Probe{}
	for _, probe := range probes {
		read[probe.ID] = probe
	}
	findings, events := l.tracker.Judge(read)
	for i := range findings {
		soundRemedies(l.t, &findings[i])
	}
	return findings, events
}

// sees is look for those who want the findings alone.
func (l *lab) sees(at time.Duration, procs ...pcb.Process) []Finding {
	l.t.Helper()
	findings, _ := l.look(at, nil, procs...)
	return findings
}

// withThreads is sees for one process of which the threads were read.
func (l *lab) withThreads(at time.Duration, threads []pcb.Thread, p pcb.Process) []Finding {
	l.t.Helper()
	l.threads = slices.Clone(threads)
	return l.sees(at, p)
}

type change func(*pcb.Process)

// proc is a healthy sleeper, an hour old.
func proc(n, parent int32, name string, changes ...change) pcb.Process {
	p := pcb.Process{
		ID: pcb.ID{PID: n, Start: uint64(n) * 10}, PPID: parent, PGID: n, SID: n, TPGID: -1, Comm: name, Cmdline: name + "\x00--flag",
		State: 'S', Threads: 1, ExitSig: 17, Have: everything, Started: bootAt - time.Hour,
	}
	for _, c := range changes {
		c(&p)
	}
	return p
}

func with(p pcb.Process, changes ...change) pcb.Process {
	for _, c := range changes {
		c(&p)
	}
	return p
}

// deadFor makes a zombie of it, of which the kernel tells how long it has been dead.
func deadFor(d time.Duration) change {
	return func(p *pcb.Process) {
		p.State, p.Idle, p.Ended = 'Z', d, d
		p.Have |= pcb.FieldIdle | pcb.FieldEnded
	}
}

func inState(letter byte) change { return func(p *pcb.Process) { p.State = letter } }

func in1(group, session int32) change { return func(p *pcb.Process) { p.PGID, p.SID = group, session } }

func numbered(pids ...int32) change { return func(p *pcb.Process) { p.NSPIDs = pids } }

func started(ago time.Duration) change { return func(p *pcb.Process) { p.Started = bootAt - ago } }

// chld is SIGCHLD's bit.
const chld = 1 << 16

// asleep is the probe of a process whose threads sleep in a call.
func asleep(n int32, call string, args ...uint64) *pcb.Probe {
	t := pcb.ThreadProbe{TID: n, State: 'S', SyscallKnown: true, SyscallName: call}
	copy(t.Args[:], args)
	return &pcb.Probe{
		ID: pcb.ID{PID: n, Start: uint64(n) * 10}, Have: pcb.ProbeThreads | pcb.ProbeExe | pcb.ProbeFreezer, ImportsWait: true, Threads: []pcb.ThreadProbe{t},
	}
}

// one is the only finding of a detector; nil when there is none.
func one(t testing.TB, findings []Finding, detector string) *Finding {
	t.Helper()
	var found *Finding
	for i := range findings {
		if findings[i].Detector != detector {
			continue
		}
		if found != nil {
			t.Fatalf("two findings: %s; %s", found.Summary, findings[i].Summary)
		}
		found = &findings[i]
	}
	return found
}

// fact gives the evidence of a key; nil when it is not there.
func (f *Finding) fact(key string) any {
	for _, e := range f.Evidence {
		if e.Key == key {
			return e.Value
		}
	}
	return nil
}
