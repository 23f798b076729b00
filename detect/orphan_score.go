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

	guardMultiplexer = -6
	guardService     = -5
	guardDaemon      = -4
	guardNohup       = -5 // outweighs dead leaders of group and session and a login's marks: what nohup is for
	guardServer      = -2
)

// believed scores what the Snapshot and the history tell.
func (p *Pass) believed(i int32) *belief {
	b := &belief{Pass: p, i: i, q: p.proc(i), parent: p.parent(i)}
	q := b.q
	lost := p.History.of(i).lost
	switch {
	case lost != nil:
		b.adopt(fmt.Sprintf("it was seen to lose its parent, %d (%s)", lost.ID.PID, lost.Name))
	case b.parent != nil && q.Started < b.parent.Started:
		b.adopt("it is older than its parent")
	case b.parent != nil && leaderless(p.Snap, q, q.PGID, b.parent.PGID):
		b.adopt("its process group's leader is dead and its parent is outside the group")
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

// livesAlone reports whether a program is a terminal multiplexer, an agent or a bus, made to outlive who started it.
func livesAlone(q *pcb.Process) bool {
	switch q.Comm {
	case "tmux: server", "tmux", "screen", "SCREEN", "zellij", "dtach", "abduco", "ssh-agent", "gpg-agent", "keyboxd",
		"dbus-daemon", "dbus-broker", "mosh-server", "dirmngr", "scdaemon", "emacs", "at-spi-bus-laun", "conmon":
		return true
	}
	return strings.HasPrefix(q.Comm, "containerd-shim")
}

// service gives the systemd service whose cgroup a process is in. The units in which others' jobs and logins run are
// none.
func service(q *pcb.Process) string {
	if q.Container == nil || !strings.HasSuffix(q.Container.Unit, ".service") {
		return ""
	}
	unit := q.Container.Unit
	for _, host := range []string{"user@", "ssh", "cron", "atd", "getty@", "serial-getty@", "jenkins", "buildkite", "gitlab-runner", "actions.runner"} {
		if strings.HasPrefix(unit, host) {
			return ""
		}
	}
	return unit
}

// ciMarks are variables that builds set.
var ciMarks = []string{"BUILD_ID", "JENKINS_NODE_COOKIE", "GITHUB_RUN_ID", "CI_JOB_ID"}

// probed scores what probes tell, too.
func (b *belief) probed(probe *pcb.Probe) {
	ci := false
	if in(probe, pcb.ProbeEnv) {
		for _, mark := range ciMarks {
			ci = ci || probe.Env[mark] != ""
		}
		b.environment(probe, ci)
	} else {
		b.unread(probe, pcb.ProbeEnv, "environ")
	}
	if in(probe, pcb.ProbeFiles) {
		b.files(probe, ci)
	} else {
		b.unread(probe, pcb.ProbeFiles, "fd, cwd")
	}
}

// unread says which evidence could not be had. What is missing counts neither way.
func (b *belief) unread(probe *pcb.Probe, kind pcb.ProbeKinds, name string) {
	why := ": could not be read"
	if probe != nil && probe.Denied&kind != 0 {
		why = ": not permitted; run ptop as root or as the owner of the process"
	}
	b.missing = append(b.missing, procFile(b.q.ID, name)+why)
}

func (b *belief) environment(probe *pcb.Probe, ci bool) {
	if ci {
		b.add(pointsCI, "a build made it ("+strings.Join(set(probe.Env, ciMarks), ", ")+")")
	}
	session := probe.Env["XDG_SESSION_ID"]
	switch {
	case probe.Env["SSH_TTY"] != "" || probe.Env["SSH_CONNECTION"] != "":
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

func (b *belief) files(probe *pcb.Probe, ci bool) {
	if slices.ContainsFunc(probe.FDs[:], deletedTerminal) {
		b.add(pointsTerminal, "its terminal is gone")
	}
	if probe.StdoutNoReader {
		b.add(pointsPipe, "nobody reads its output")
	}
	if strings.HasSuffix(probe.Cwd, " (deleted)") {
		b.add(pointsCwd, "its working directory is deleted")
	}
	if b.q.TTY == 0 && probe.Cwd == "/" && !slices.ContainsFunc(probe.FDs[:], attached) {
		b.add(guardDaemon, "it is set up as a daemon: in /, no terminal, no pipes")
	}
	if b.q.Have.Has(pcb.FieldSignals) && pcb.SIGHUP.InMask(b.q.SigIgnored) && regularFile(probe.FDs[1]) && !ci {
		b.add(guardNohup, "started with nohup: SIGHUP ignored, output to a file")
	}
	ownSession := b.q.SID == b.q.PID || leaderDead(b.Snap, b.q, b.q.SID)
	if ownSession && b.q.TTY == 0 && len(probe.Listening) > 0 {
		b.add(guardServer, "it serves: "+probe.Listening[0])
	}
}

func deletedTerminal(target string) bool {
	return strings.HasPrefix(target, "/dev/pts/") && strings.HasSuffix(target, " (deleted)")
}

// attached reports whether a standard descriptor leads to somebody: a terminal or a pipe.
func attached(target string) bool {
	return strings.HasPrefix(target, "/dev/pts/") || strings.HasPrefix(target, "/dev/tty") || strings.HasPrefix(target, "pipe:") || target == "/dev/console"
}

func regularFile(target string) bool {
	return strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "/dev/")
}
