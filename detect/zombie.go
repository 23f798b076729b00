package detect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

var zombie = &Detector{
	ID:    "zombie",
	Title: "dead children that nobody waits for",
	Meaning: "A process that has ended stays in the process table, as a zombie, until its parent has asked for its exit status with a function of the\n" +
		"wait family. It uses neither CPU nor memory, but a pid, a slot of RLIMIT_NPROC and one of the cgroup's pids.max. Zombies are told by\n" +
		"the parent that doesn't reap them, since that is who is sick; the first cause that fits is given. Of a parent that has reaped\n" +
		"others, which the kernel's count of its children's page faults shows, no-wait is no more than likely.",
	Advice:   "See to the parent. `kill -9` on a zombie does nothing: it is dead already.",
	Severity: "info from `min_age`, warning from `warn_age`; critical from `critical_count` on, when growing, or when they bring the use of pids (of the machine, or of the parent's cgroup) over `pids_share`; info when others are reaped and their number keeps within bounds",
	Causes:   zombieCauses,
	Params: []Param{
		{"min_age", 5, "s", "age of the oldest from which on it is told at all"},
		{"warn_age", 60, "s", "age of the oldest from which on it is a warning"},
		{"critical_count", 50, "", "number from which on it is critical"},
		{"growth", 1, "/min", "net growth that is critical when it lasts growth_window"},
		{"growth_window", 600, "s", "how long growth must last"},
		{"growth_fast", 60, "/min", "net growth that is critical when it lasts a tenth of growth_window"},
		{"pids_share", 80, "%", "share of all pids, or of its cgroup's pids.max, in use due to these zombies, that is critical"},
		{"clear_for", 0, "s", "how long they must be gone"},
	},
	Needs:   pcb.FieldStat,
	Suspect: suspectParents,
	Judge:   judgeZombies,
}

// brood is zombies that one process is to blame for.
type brood struct {
	kind    broodKind
	culprit int32 // index, or tree.None when it can't be seen
	members []corpse
	oldest  time.Duration
}

// corpse is one zombie and how long it has been dead at least.
type corpse struct {
	i      int32
	dead   time.Duration
	source string // of that
}

type broodKind uint8

const (
	ofParent  broodKind = iota // the parent doesn't reap
	ofClone                    // likewise, but they were made with another exit signal, so that no plain wait would take them
	ofForeign                  // the parent is outside the zombie's pid namespace
	ofTracer                   // a tracer holds it
	ofLeader                   // no zombie at all: the main thread ended, others work on
)

// part tells apart the findings about broods of one culprit.
func (k broodKind) part() string { return [...]string{"", "clone", "foreign", "traced", "leader"}[k] }

// broods groups the zombies by who is to blame. Those whose oldest is younger than min_age are left out.
func (p *Pass) broods() []*brood {
	if len(p.History.zombies) == 0 {
		return nil
	}
	type group struct {
		kind    broodKind
		culprit int32
	}
	at := map[group]*brood{}
	var all []*brood
	for _, i := range p.History.zombies {
		if !p.judged(i) {
			continue
		}
		g := group{}
		if g.kind, g.culprit = p.blame(i); p.justAdopted(i, g.culprit) {
			continue
		}
		b := at[g]
		if b == nil || g.culprit == tree.None {
			b = &brood{kind: g.kind, culprit: g.culprit}
			at[g] = b
			all = append(all, b)
		}
		dead, source := p.dead(i)
		b.members = append(b.members, corpse{i, dead, source})
		b.oldest = max(b.oldest, dead)
	}
	least := p.Duration("min_age")
	all = slices.DeleteFunc(all, func(b *brood) bool { return b.oldest < least })
	slices.SortStableFunc(all, func(x, y *brood) int { return cmp.Compare(x.kind, y.kind) }) // two of one culprit keep their order
	for _, b := range all {
		slices.SortStableFunc(b.members, func(x, y corpse) int { return cmp.Compare(p.proc(x.i).Start, p.proc(y.i).Start) })
	}
	return all
}

// justAdopted reports whether a zombie may have been given to its parent so shortly ago that this had no time to reap it. Of
// one that was not seen to lose its parent that can be so where the parent adopts, and is known to reap.
func (p *Pass) justAdopted(i, culprit int32) bool {
	e := p.History.of(i)
	if culprit == tree.None || culprit == i || culprit != p.Forest.Parent(i) {
		return false
	}
	if e.lost != nil {
		return p.Snap.Mono-e.lost.At < p.Duration("min_age")
	}
	parent := p.proc(culprit)
	return adopter(parent) && parent.CMinFlt > 0 && p.Snap.Mono-e.firstSeen < p.Duration("min_age")
}

// blame tells who keeps a zombie from being reaped, as far as the zombie itself shows it.
func (p *Pass) blame(i int32) (broodKind, int32) {
	z := p.proc(i)
	parent := p.Forest.Parent(i)
	switch {
	case z.LeaderExited():
		return ofLeader, i
	case z.Have.Has(pcb.FieldTracer) && z.TracerPID != 0:
		if t := p.bearer(z.TracerPID); t == tree.None || t != parent {
			return ofTracer, t
		}
		return ofParent, parent
	case parent != tree.None && p.outside(z, p.proc(parent)):
		return ofForeign, parent
	case oddSignal(z):
		return ofClone, parent
	}
	return ofParent, parent
}

// bearer gives the process of which a thread has that number: what traces is a thread, and need not be the leader.
func (p *Pass) bearer(tid int32) int32 {
	if i := p.Snap.Index(tid); i >= 0 {
		return int32(i)
	}
	for i := range p.Snap.Procs {
		for _, t := range p.Snap.ThreadsOf(&p.Snap.Procs[i]) {
			if t.TID == tid {
				return int32(i)
			}
		}
	}
	return tree.None
}

// outside reports whether a zombie is in a deeper pid namespace than its parent, and not as the init of it, whose
// parent always is.
func (p *Pass) outside(z, parent *pcb.Process) bool {
	if !z.Have.Has(pcb.FieldNSPID) || !parent.Have.Has(pcb.FieldNSPID) || len(z.NSPIDs) == 0 {
		return false
	}
	return len(z.NSPIDs) > max(1, len(parent.NSPIDs)) && !namespaceInit(z)
}

// namespaceInit reports whether a process is PID 1 of a nested pid namespace.
func namespaceInit(q *pcb.Process) bool { return len(q.NSPIDs) > 1 && q.NSPIDs[len(q.NSPIDs)-1] == 1 }

// maxSuspectParents is for how many parents evidence is asked. A reading probes 64 processes, and other detectors want theirs.
const maxSuspectParents = 48

func suspectParents(p *Pass) []pcb.ProbeRequest {
	var want []pcb.ProbeRequest
	for _, b := range p.broods() {
		if len(want) >= maxSuspectParents {
			break
		}
		if b.culprit == tree.None {
			continue
		}
		switch b.kind {
		case ofParent:
			want = append(want, pcb.ProbeRequest{
				ID: p.proc(b.culprit).ID, Kinds: pcb.ProbeThreads | pcb.ProbeExe | pcb.ProbeFreezer | pcb.ProbeCgroup, Peers: p.leftBehind(b),
			})
		case ofClone:
			want = append(want, pcb.ProbeRequest{ID: p.proc(b.culprit).ID, Kinds: pcb.ProbeCgroup})
		case ofForeign:
			want = append(want, p.suspectInits(b)...)
		}
	}
	return want
}

func judgeZombies(p *Pass) []Finding {
	var findings []Finding
	for _, b := range p.broods() {
		tell := p.unreaped
		if b.kind == ofLeader {
			tell = p.leaderExited
		}
		f := tell(b)
		f.Part = b.kind.part()
		findings = append(findings, f)
	}
	return findings
}

// leaderExited tells of a process that looks dead to every other tool and is alive.
func (p *Pass) leaderExited(b *brood) Finding {
	q := p.proc(b.culprit)
	s := p.subject(q)
	f := Finding{
		Severity: Info, Confidence: Proved, Subject: s, Culprit: &s, Members: []pcb.ID{q.ID}, Count: 1, held: b.oldest,
		Since:   p.Snap.Time.Add(-b.oldest),
		Summary: fmt.Sprintf("%s is shown as a zombie, but it is alive: %s", s.label(), alive(int(q.Threads)-1)),
	}
	f.know("live_threads", int64(q.Threads-1), procFile(q.ID, "stat")+" num_threads")
	f.know("main_thread_ended_seconds", b.oldest, b.members[0].source)
	f.because(p.cause("leader-exited"), f.fill(""))
	f.Remedies[0].Command = fmt.Sprintf("ls -l /proc/%d/task/*/exe", q.PID)
	return f
}

// alive says how many threads are left.
func alive(threads int) string {
	if threads == 1 {
		return "1 thread works on"
	}
	return plural(threads, "thread") + " work on"
}

// unreaped tells of zombies and who is to blame for them.
func (p *Pass) unreaped(b *brood) Finding {
	oldest := p.oldest(b)
	f := Finding{
		Subject: p.subject(p.proc(oldest.i)), Count: len(b.members), held: b.oldest, Since: p.Snap.Time.Add(-b.oldest), Confidence: Unknown,
		Members: make([]pcb.ID, len(b.members)),
	}
	for n, c := range b.members {
		f.Members[n] = p.proc(c.i).ID
	}
	f.know("zombies", int64(len(b.members)), "/proc/*/stat state")
	f.know("oldest_dead_seconds", b.oldest, oldest.source)
	if exits := p.exits(b); len(exits) > 0 {
		f.know("exit_statuses", exits, procFile(f.Subject.ID, "stat")+" exit_code")
	}
	if b.culprit == tree.None {
		p.unseenCulprit(b, &f)
		return f
	}
	culprit := p.subject(p.proc(b.culprit))
	f.Culprit = &culprit
	g := p.growth(b)
	g.tell(&f)
	q := p.inquest(b, &g, &f)
	c := q.cause()
	f.Severity = p.severity(b, g, &f)
	switch c.ID {
	case "lazy-reaper":
		f.Severity, f.linger = Info, p.Duration("warn_age") // it comes and goes with every reaping
	case "parent-in-vfork":
		f.Severity = Info
	}
	f.because(c, f.fill(q.other))
	q.remedy(c)
	f.Summary, f.So = summary(b, c, &g, &f), p.follows(b, &g)
	return f
}

// unseenCulprit tells of a zombie of which nobody to blame is in sight.
func (p *Pass) unseenCulprit(b *brood, f *Finding) {
	f.Severity = p.severity(b, growth{}, f)
	f.Remedies = []Remedy{neverKill(f)}
	if b.kind == ofTracer {
		z := p.proc(b.members[0].i)
		f.Cause = "traced"
		f.Summary = fmt.Sprintf("%s %s held by a debugger, not by the parent", zombies(f), isOrAre(f))
		f.know("tracer_pid", int64(z.TracerPID), procFile(z.ID, "status")+" TracerPid")
		f.Why = "who traces a process is told of its death before the parent is, and has not taken it. " + f.proof()
		f.Missing = []string{fmt.Sprintf("which process thread %d, the tracer, is of", z.TracerPID)}
		return
	}
	f.Missing = []string{"its parent can't be seen from here (another pid namespace, or hidepid)"}
	f.Summary = zombies(f) + ": its parent can't be seen"
	f.Why = f.proof()
}

// oldest is the zombie that is dead longest; of those equally long, the one that started first.
func (p *Pass) oldest(b *brood) corpse {
	return slices.MaxFunc(b.members, func(x, y corpse) int { return cmp.Compare(x.dead/time.Second, y.dead/time.Second) })
}

// exits says how they died, each way once.
func (p *Pass) exits(b *brood) []string {
	var said []string
	for _, c := range b.members {
		z := p.proc(c.i)
		if !z.Have.Has(pcb.FieldExitCode) {
			continue
		}
		if words := pcb.DescribeExit(z.ExitCode); !slices.Contains(said, words) && len(said) < 5 {
			said = append(said, words)
		}
	}
	return said
}

func (p *Pass) severity(b *brood, g growth, f *Finding) Severity {
	switch {
	case len(b.members) >= int(p.Param("critical_count")) || g.critical || p.crowding(b, f):
		return Critical
	case b.oldest >= p.Duration("warn_age"):
		return Warning
	}
	return Info
}

func summary(b *brood, c *Cause, g *growth, f *Finding) string {
	if b.kind == ofTracer {
		return fmt.Sprintf("%s %s held by a debugger, %s, not by the parent", zombies(f), isOrAre(f), f.Culprit.label())
	}
	if g.critical {
		return fmt.Sprintf("zombies growing: %s leaves %s dead children a minute, %d now: %s", f.Culprit.label(), short(g.perMinute), f.Count, c.Title)
	}
	return fmt.Sprintf("%s of %s: %s", zombies(f), f.Culprit.label(), c.Title)
}

func zombies(f *Finding) string {
	if f.Count == 1 {
		return "zombie " + f.Subject.label()
	}
	return plural(f.Count, "zombie")
}

func isOrAre(f *Finding) string {
	if f.Count == 1 {
		return "is"
	}
	return "are"
}
