package detect

import (
	"slices"
	"strings"

	"ptop/pcb"
)

// The guards: what shows that a process is meant to live alone. One that was told to outweighs dead leaders of group and
// session, a container's PID 1 as parent and a login's marks, which are what it brings about.
const (
	guardMultiplexer = -6
	guardDaemon      = -6
	guardNohup       = -6
	guardPipeline    = -6
	guardService     = -5
	guardServer      = -2
)

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

// guard scores the guards that probes tell, and notes how much those could take whose evidence could not be read.
func (b *belief) guard(probe *pcb.Probe) {
	if in(probe, pcb.ProbeFiles) {
		if how := b.daemon(probe); how != "" {
			b.add(guardDaemon, "it is set up as a daemon: "+how+", without a terminal or pipes")
		}
		if b.ownSession() && b.q.TTY == 0 && len(probe.Listening) > 0 {
			b.add(guardServer, "it serves: "+probe.Listening[0])
		}
		if b.unsure && strings.HasPrefix(probe.FDs[0], "pipe:") {
			b.add(guardPipeline, "it reads from a pipe, as one of a pipeline of which the first has ended")
		}
	} else if b.q.TTY == 0 || b.unsure {
		b.open += guardDaemon
	}
	switch who, unread := b.hungOn(); {
	case who == b.q:
		b.add(guardNohup, "started with nohup: SIGHUP ignored, output kept")
	case who != nil:
		b.add(guardNohup, "of one job with "+who.Name()+" ("+pid(who.PID)+"), which was started with nohup")
	case unread:
		b.open += guardNohup
	}
}

// ownSession reports whether the process made its session itself, or what made it is gone.
func (b *belief) ownSession() bool { return b.q.SID == b.q.PID || leaderDead(b.Snap, b.q, b.q.SID) }

// daemon says how a process has become a daemon, or nothing for one that has not. What is attached to a terminal, to a
// pipe or to a build is none.
func (b *belief) daemon(probe *pcb.Probe) string {
	switch {
	case b.q.TTY != 0 || ofBuild(probe) || slices.ContainsFunc(probe.FDs[:], attached):
		return ""
	case probe.Cwd == "/":
		return "in /"
	case b.q.SID == b.q.PID:
		return "in a session of its own"
	case b.forkedAway() && !ofLogin(probe):
		return "forked away by the program itself, the only one left of its session"
	}
	return ""
}

// forkedAway reports whether it looks like the end of a double fork: the first child, which made the session, was gone
// before a reading could see it, and this one runs the same program. A shell leaves its background jobs so; and several
// of one session are what is left of a killed server.
func (b *belief) forkedAway() bool {
	lost := b.History.of(b.i).lost
	if !b.q.ForkedNoExec() || shell(b.q) || lost != nil && !lost.unseen || !leaderDead(b.Snap, b.q, b.q.SID) {
		return false
	}
	return !slices.ContainsFunc(b.History.strays, func(k int32) bool {
		other := b.proc(k)
		return k != b.i && other.SID == b.q.SID && other.PPID == b.q.PPID
	})
}

// hungOn gives the process of b's job that was started with nohup, b itself before others: it ignores SIGHUP, its output
// goes where somebody may look for it or to nowhere on purpose, and no build made it. unread is that one may be so.
func (b *belief) hungOn() (who *pcb.Process, unread bool) {
	for _, k := range b.History.strays {
		m := b.proc(k)
		if m.PGID != b.q.PGID || !m.Have.Has(pcb.FieldSignals) || !pcb.SIGHUP.InMask(m.SigIgnored) {
			continue
		}
		switch probe := b.Probes[m.ID]; {
		case !in(probe, pcb.ProbeFiles):
			unread = true
		case probe.StdoutNoReader || terminal(probe.FDs[1]) || ofBuild(probe):
		case m == b.q:
			return m, false
		case who == nil:
			who = m
		}
	}
	return who, unread
}

// attached reports whether a standard descriptor leads to somebody: a terminal or a pipe.
func attached(target string) bool { return terminal(target) || strings.HasPrefix(target, "pipe:") }

func terminal(target string) bool {
	return strings.HasPrefix(target, "/dev/pts/") || strings.HasPrefix(target, "/dev/tty") || target == "/dev/console"
}
