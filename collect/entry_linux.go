package collect

import (
	"time"

	"ptop/pcb"
)

// entry is what is kept of a process between readings, by identity: what is costly to read and seldom changes.
type entry struct {
	id   pcb.ID
	scan uint64 // the reading that saw it last

	comm   string
	wchan  string
	nspids []int32
	nsRead bool

	// Texts, and the signs by which they are known to be stale.
	texts   texts
	exec    uint64 // statLine.exec when they were read
	named   string // comm when they were read
	noExec  bool   // it had not called exec
	zombie  bool
	textsAt time.Duration

	uid, gid    uint32
	user, group string

	sums threadSums
	rest rest
	fds  fdCount
}

// rest is what was read of a process of one thread. As long as it does not run, none of it can change: and a task that
// has run since has been switched out again, which status counts.
type rest struct {
	switches     uint64
	have, denied pcb.Fields
	run, delay   time.Duration
	lastRan      time.Duration
	endedAsOne   bool // of a zombie: that is when it died
	io           [6]uint64
}

// stands reports whether what was read of those groups still holds.
func (r *rest) stands(p *pcb.Process, groups pcb.Fields) bool {
	return (r.have | r.denied).Has(groups) && p.State != 'R' && p.Threads == 1 &&
		p.Have.Has(pcb.FieldSwitches) && p.Voluntary+p.Involuntary == r.switches
}

// keep notes that groups were read or refused just now.
func (r *rest) keep(p *pcb.Process, groups pcb.Fields) {
	if now := p.Voluntary + p.Involuntary; now != r.switches {
		*r = rest{switches: now}
	}
	r.have |= p.Have & groups
	r.denied |= p.Denied & groups
}

// texts are the command line, the executable and the cgroup.
type texts struct {
	cmdline, exe string
	room
	have, denied pcb.Fields
	blocked      bool // the command line's reader did not return
	again        bool // it could not be asked for
}

// textsAge is how old texts may get without a sign of change: setproctitle and a move to another cgroup give none.
// blindAge is for those of whom the kernel does not show where their texts lie, so that an exec may give none either.
const (
	textsAge = 30 * time.Second
	blindAge = 4 * time.Second
)

// entryOf gives the entry of an identity, a new one when the pid has another bearer than before.
func (c *Collector) entryOf(id pcb.ID) *entry {
	e := c.known[id.PID]
	if e == nil || e.id != id {
		e = &entry{id: id}
		c.known[id.PID] = e
	}
	e.scan = c.scan
	return e
}

// intern gives text as a string: the one that is kept when it is the same.
func intern(kept string, text []byte) string {
	if kept == string(text) {
		return kept
	}
	return string(text)
}
