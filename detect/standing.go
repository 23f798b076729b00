package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ptop/pcb"
	"ptop/tree"
)

// Standing is where one process comes from, and whether it is an orphan or why it is none, by the same score and guards
// as the detector's: what a person who looks at one process wants to know.
type Standing struct {
	ID      pcb.ID
	Role    string // what it is to others, where that is provable: "main process of nginx.service"; else empty
	Origin  string // who made it and who has it, where its parent need not be who made it; else empty
	Verdict string // "no orphan: …" and the like, with the reasons
	Orphan  bool   // the score says that it is one, or perhaps one
	Reason  string // of one that is no orphan: what says most why; else empty
}

const noOrphan = "no orphan: "

// Follow has one process probed for Standing from the next reading on, whatever it looks like. A start of 0 takes any
// bearer of the pid.
func (t *Tracker) Follow(id pcb.ID) { t.followed = id }

// Standing judges the followed process as the reading that was judged last shows it; nil where there is none.
func (t *Tracker) Standing() *Standing {
	q := t.pass.Snap.Lookup(t.followed)
	if t.followed.IsZero() || q == nil {
		return nil
	}
	t.pass.det = orphan
	s := t.pass.standing(int32(t.pass.Snap.Index(q.PID)))
	return &s
}

// follows asks for what Standing needs to know of the followed process.
func (t *Tracker) follows(s *pcb.Snapshot) []pcb.ProbeRequest {
	if q := s.Lookup(t.followed); q != nil && !t.followed.IsZero() && !q.KernelThread() {
		return []pcb.ProbeRequest{{ID: q.ID, Kinds: orphanProbes}}
	}
	return nil
}

func (p *Pass) standing(i int32) Standing {
	s := Standing{ID: p.proc(i).ID, Role: p.role(i)}
	if s.Verdict = p.outOfQuestion(i); s.Verdict != "" {
		if reason, none := strings.CutPrefix(s.Verdict, noOrphan); none {
			s.Reason = cmp.Or(s.Role, reason)
		}
		return s
	}
	b := p.believed(i)
	b.probed(p.Probes[s.ID])
	parent := fmt.Sprintf("%s (%d)", b.parent.Name(), b.parent.PID)
	guard := b.guarded
	switch {
	case slices.Contains(p.History.strays, i) && !p.jobOfLivingShell(i), b.lone && b.score >= p.Param("info_score"):
		s.Origin, s.Verdict = b.provenance(), b.verdict()
		s.Orphan = b.proven() >= p.Param("info_score")
	case adopter(b.parent):
		s.Origin = "child of or adopted by " + parent + ", which of them the kernel does not show"
		s.Verdict = noOrphan + "nothing shows that another than its parent, " + parent + ", made it"
		if len(b.against) > 0 {
			s.Verdict += "; and " + strings.Join(spelt(b.against), ", ")
		}
	default:
		guard = "" // none is needed
		s.Verdict = noOrphan + "its parent, " + parent + ", lives, and nothing shows that another made it"
	}
	if reason, none := strings.CutPrefix(s.Verdict, noOrphan); none {
		s.Reason = cmp.Or(s.Role, guard, reason)
		if s.Role != "" {
			s.Verdict = noOrphan + s.Role + "; " + reason
		}
	}
	return s
}

// role says what a process is to others.
func (p *Pass) role(i int32) string {
	q := p.proc(i)
	parent := p.parent(i)
	switch {
	case q.KernelThread() || !p.judged(i):
		return ""
	case namespaceInit(q) || q.PID == 1 && p.Snap.Coverage.PIDNamespace == "child":
		return "PID 1 of " + containerOf(q)
	case q.PID == 1:
		return "PID 1 of the machine: it starts the others and adopts their orphans"
	case livesAlone(q):
		return "one of those programs that are made to outlive who started them"
	case p.mainOfUnit(i):
		return "main process of " + q.Container.Unit
	case parent != nil && namespaceInit(parent) && q.SID == q.PID:
		return "leads a session of its own in " + containerOf(q)
	case q.SID == q.PID && q.TTY != 0:
		return "leads the session of its terminal, as a login's first process does"
	}
	return ""
}

func containerOf(q *pcb.Process) string {
	c := q.Container
	switch {
	case c == nil || c.ID == "" && c.Name == "":
		return "a pid namespace"
	case c.Name != "":
		return "container " + c.Name
	}
	return "container " + c.ID[:min(12, len(c.ID))]
}

// mainOfUnit reports whether a process is what a service manager started a service as: its child, and the oldest of those
// in the service's cgroup.
func (p *Pass) mainOfUnit(i int32) bool {
	q, parent := p.proc(i), p.parent(i)
	c := q.Container
	if c == nil || !strings.HasSuffix(c.Unit, ".service") || parent == nil || parent.Comm != "systemd" || parent.Cgroup == q.Cgroup {
		return false
	}
	for k := range p.Snap.Procs {
		other := &p.Snap.Procs[k]
		before := other.Started < q.Started || other.Started == q.Started && other.PPID == q.PPID // its own child can be as old
		if other != q && before && other.Cgroup == q.Cgroup && !other.KernelThread() {
			return false
		}
	}
	return true
}

// outOfQuestion says why a process can't be an orphan, or why that can't be told; empty where the score decides.
func (p *Pass) outOfQuestion(i int32) string {
	q := p.proc(i)
	switch {
	case q.KernelThread():
		return noOrphan + "the kernel made it"
	case !p.judged(i):
		return "whether it is an orphan can't be told: " + procFile(q.ID, "stat") + " could not be read"
	case adopter(q):
		return noOrphan + "it is the first process of its pid namespace, which adopts the others' orphans"
	case q.Zombie() && !q.LeaderExited():
		return noOrphan + "it is dead, and its parent has yet to wait for it"
	case p.Forest.Parent(i) == tree.None:
		return "whether it is an orphan can't be told: its parent can't be seen"
	}
	return ""
}

// verdict says what the score comes to.
func (b *belief) verdict() string {
	least := b.Param("info_score")
	words := fmt.Sprintf("a score of %s, and one is told from %s", short(b.score), short(least))
	if len(b.reasons) > 0 {
		words += "; for it: " + strings.Join(spelt(b.reasons), ", ")
	}
	if len(b.against) > 0 {
		words += "; against it: " + strings.Join(spelt(b.against), ", ")
	}
	switch {
	case b.score < least:
		return noOrphan + words
	case b.proven() < least:
		return "whether it is an orphan can't be told: what could speak against it could not be read (" + strings.Join(b.missing, "; ") + "). Without that: " + words
	case b.doubtful():
		return "perhaps an orphan: " + words + "; not known: " + strings.Join(b.missing, "; ")
	}
	return "an orphan: " + words
}
