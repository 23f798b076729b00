package detect

import (
	"fmt"
	"slices"
	"strings"

	"ptop/pcb"
)

// The points. What shows that a process was adopted counts once, however many signs there are of it: a daemon that
// ptop saw being made shows them all.
const (
	pointsAdopted       = 3
	pointsSessionDead   = 2
	pointsGroupDead     = 1
	pointsStopped       = 3
	pointsTerminal      = 3
	pointsPipe          = 2
	pointsCI            = 3
	pointsLogin         = 1
	pointsCwd           = 2
	pointsContainerInit = 2
)

// belief is the score of one candidate, with its reasons.
type belief struct {
	*Pass
	i       int32
	q       *pcb.Process
	parent  *pcb.Process
	adopted bool
	score   float64
	open    float64 // what guards could still take, whose evidence could not be read
	unsure  bool    // its parent may be the one that made it, and the kernel does not show whether that adopts
	lone    bool    // it leads its own session, see Pass.lone
	reasons []point
	against []point
	missing []string
	weight  float64 // of the guard that takes most, which is guarded
	guarded string
}

func (b *belief) add(points float64, reason string) {
	b.score += points
	if points < 0 {
		if points < b.weight {
			b.weight, b.guarded = points, reason
		}
		b.against = append(b.against, point{points, reason})
	} else {
		b.reasons = append(b.reasons, point{points, reason})
	}
}

// point is a reason for or against, which is put into words only for those that are told: a dead job can leave many.
type point struct {
	points float64
	reason string
}

// spelt puts points into words: "its session's leader is dead (+2)".
func spelt(points []point) (said []string) {
	for _, p := range points {
		sign := ""
		if p.points >= 0 {
			sign = "+"
		}
		said = append(said, p.reason+" ("+sign+short(p.points)+")")
	}
	return said
}

// possible is how many points probes could add at the most.
func (b *belief) possible() float64 {
	return pointsTerminal + pointsPipe + pointsCI + pointsLogin + pointsCwd
}

// proven is the score that stands whatever the evidence says that could not be read.
func (b *belief) proven() float64 { return b.score + b.open }

// doubtful reports whether evidence is missing that could make it no orphan.
func (b *belief) doubtful() bool { return b.perhapsMade() || b.open < 0 }

// perhapsMade reports whether its parent may be the one that made it. The machine's init makes services alone, which are in
// units of their own.
func (b *belief) perhapsMade() bool { return b.unsure || b.lone && !realInit(b.parent) }

func (b *belief) sources(names ...string) string { return procFile(b.q.ID, strings.Join(names, ", ")) }

// believed scores what the Snapshot and the history tell.
func (p *Pass) believed(i int32) *belief {
	b := &belief{Pass: p, i: i, q: p.proc(i), parent: p.parent(i)}
	b.lone = p.lone(i, b.q)
	q := b.q
	lost := p.History.of(i).lost
	switch {
	case lost != nil:
		b.adopt(fmt.Sprintf("it was seen to lose its parent, %s", lost.who()))
	case b.parent != nil && q.Started < b.parent.Started:
		b.adopt("it is older than its parent")
	case b.parent != nil && leaderless(p.Snap, q, q.PGID, b.parent.PGID):
		b.adopt("its process group's leader is dead and its parent is outside the group")
		b.unsure = b.parent.SID == q.SID && !adopter(b.parent)
	}
	if leaderDead(p.Snap, q, q.SID) {
		b.add(pointsSessionDead, "its session's leader is dead")
	}
	if leaderDead(p.Snap, q, q.PGID) {
		b.add(pointsGroupDead, "its process group's leader is dead")
	}
	if q.State == 'T' {
		b.add(pointsStopped, "it is stopped")
	}
	if b.adopted && b.parent != nil && (namespaceInit(b.parent) || b.parent.PID == 1 && p.Snap.Coverage.PIDNamespace == "child") {
		b.add(pointsContainerInit, "a container's PID 1 adopted it")
	}
	if livesAlone(q) {
		b.add(guardMultiplexer, "such programs are meant to outlive their terminal")
	}
	if unit := service(q); unit != "" {
		b.add(guardService, "it belongs to "+unit)
	}
	return b
}

func (b *belief) adopt(reason string) {
	b.adopted = true
	b.add(pointsAdopted, reason)
}

// adopter reports whether a process surely adopts: PID 1 of the machine or of a namespace. Who else does, the kernel
// does not show.
func adopter(q *pcb.Process) bool { return q.PID == 1 || namespaceInit(q) }

// ciMarks are variables that builds set.
var ciMarks = []string{"BUILD_ID", "JENKINS_NODE_COOKIE", "GITHUB_RUN_ID", "CI_JOB_ID"}

// ofBuild reports whether a build made it, as far as its environment could be read.
func ofBuild(probe *pcb.Probe) bool {
	return in(probe, pcb.ProbeEnv) && len(set(probe.Env, ciMarks)) > 0
}

// ofLogin reports whether it is of an ssh login.
func ofLogin(probe *pcb.Probe) bool {
	return probe.Env["SSH_TTY"] != "" || probe.Env["SSH_CONNECTION"] != ""
}

// probed scores what probes tell, too.
func (b *belief) probed(probe *pcb.Probe) {
	if in(probe, pcb.ProbeEnv) {
		b.environment(probe)
	} else {
		b.unread(probe, pcb.ProbeEnv, "environ")
	}
	if in(probe, pcb.ProbeFiles) {
		b.files(probe)
	} else {
		b.unread(probe, pcb.ProbeFiles, "fd, cwd")
	}
	b.guard(probe)
	if b.lone && !realInit(b.parent) {
		b.missing = append(b.missing, "whether "+b.parent.Name()+" made it itself: that was before ptop watched")
	}
	if b.unsure {
		b.missing = append(b.missing, fmt.Sprintf("whether %s adopts the children of others (prctl PR_SET_CHILD_SUBREAPER): the kernel does not show it", b.parent.Name()))
	}
}

// unread says which evidence could not be had.
func (b *belief) unread(probe *pcb.Probe, kind pcb.ProbeKinds, name string) {
	b.missing = append(b.missing, procFile(b.q.ID, name)+whyUnread(probe, kind))
}

func (b *belief) environment(probe *pcb.Probe) {
	if ofBuild(probe) {
		b.add(pointsCI, "a build made it ("+strings.Join(set(probe.Env, ciMarks), ", ")+")")
	}
	session := probe.Env["XDG_SESSION_ID"]
	switch {
	case ofLogin(probe):
		b.add(pointsLogin, "it is of an ssh login")
	case session != "" && b.sessionEnded(session):
		b.add(pointsLogin, "its login session "+session+" has ended")
	}
}

func set(env map[string]string, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return env[name] == "" })
}

// sessionEnded reports whether no process is in a login session any more, on a machine that has such sessions.
func (b *belief) sessionEnded(session string) bool {
	any := false
	for i := range b.Snap.Procs {
		c := b.Snap.Procs[i].Container
		if c == nil || c.Session == "" {
			continue
		}
		if c.Session == session {
			return false
		}
		any = true
	}
	return any
}

func (b *belief) files(probe *pcb.Probe) {
	if slices.ContainsFunc(probe.FDs[:], deletedTerminal) {
		b.add(pointsTerminal, "its terminal is gone")
	}
	if probe.StdoutNoReader {
		b.add(pointsPipe, "nobody reads its output")
	}
	if strings.HasSuffix(probe.Cwd, " (deleted)") {
		b.add(pointsCwd, "its working directory is deleted")
	}
}

func deletedTerminal(target string) bool {
	return strings.HasPrefix(target, "/dev/pts/") && strings.HasSuffix(target, " (deleted)")
}
