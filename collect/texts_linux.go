package collect

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// texts gives the process its command line, executable and cgroup: as they were read before, unless a sign says that
// they changed.
func (c *Collector) texts(p *pcb.Process, e *entry) {
	if e.stale(p) {
		e.exec, e.named, e.noExec, e.zombie = e.line.exec, e.comm, p.ForkedNoExec(), p.Zombie()
		e.textsAt = max(p.At, 1)
		c.readTexts(p, e)
		if e.texts.again {
			e.textsAt = 0
		}
	}
	e.texts.give(p)
}

// stale reports whether the texts that are known of a process may be no more what they are.
func (e *entry) stale(p *pcb.Process) bool {
	age := textsAge
	if e.line.hidden {
		age = blindAge
	}
	since := p.At - e.textsAt
	old := e.textsAt == 0 || midExec(p, e, since) || since > age+age*time.Duration(p.PID%16)/32 && !slept(p, since) // not all at once
	return old || e.line.exec != e.exec || e.comm != e.named || p.ForkedNoExec() != e.noExec || p.Zombie() != e.zombie
}

// midExec reports whether a process may have been in the middle of an exec when its texts were read: it counted already, and
// had no command line yet. The files of /proc show where that lies, so that its coming is a sign.
func midExec(p *pcb.Process, e *entry, since time.Duration) bool {
	return p.FromIterator != 0 && e.texts.cmdline == "" && e.texts.have.Has(pcb.FieldCmdline) && !p.KernelThread() && !p.Zombie() && !slept(p, since)
}

// slept reports whether a process is known not to have run for that long: it can't have changed anything of itself.
func slept(p *pcb.Process, long time.Duration) bool {
	return p.FromIterator.Has(pcb.FieldIdle) && p.Idle > long
}

// loseArgs gives a process its texts when the reader of its command line does not return.
func (t *texts) loseArgs(p *pcb.Process) {
	t.blocked = true
	t.give(p)
}

func (t *texts) give(p *pcb.Process) {
	p.Cmdline, p.Exe, p.Cgroup, p.Container, p.Blocked = t.cmdline, t.exe, t.path, t.container, t.blocked
	p.Cgroups = t.cgroups
	p.Have |= t.have
	p.Denied |= t.denied
}

// readTexts reads them anew, the command line last, as its reader can be lost. Of a zombie's nothing is left but its cgroup,
// and what was known of them is kept: it says what died.
func (c *Collector) readTexts(p *pcb.Process, e *entry) {
	t := &e.texts
	dead := p.Zombie() && !p.LeaderExited()
	if dead && t.have.Has(pcb.FieldCgroup) {
		return
	}
	known := t.have & (pcb.FieldCmdline | pcb.FieldExe)
	t.have, t.denied, t.blocked, t.again = 0, 0, false, false
	if c.glances() {
		if !dead {
			c.readCmdline(p, t)
		}
		t.again = true
		return
	}
	c.readCgroup(p, e)
	if dead {
		t.have |= known
		return
	}
	c.readExe(p, e)
	c.readCmdline(p, t)
}

// failed notes that a text could not be read.
func (t *texts) failed(errno unix.Errno, group pcb.Fields) {
	switch {
	case denied(errno):
		t.denied |= group
	case starved(errno):
		t.again = true
	}
}

func (c *Collector) readCgroup(p *pcb.Process, e *entry) {
	t := &e.texts
	if known := c.same.room.of(e.same.room); known != nil {
		t.room = *known
		t.have |= pcb.FieldCgroup
		return
	}
	text, errno := c.rd.read(c.rd.of(p.PID), "cgroup")
	if errno != 0 {
		t.failed(errno, pcb.FieldCgroup)
		return
	}
	if t.cgroups != string(text) {
		t.room = c.rooms.of(text, c.opt.Container)
	}
	if !p.Zombie() { // hierarchies of version 1 show the dead in their root
		c.same.room.note(e.same.room, t.room)
	}
	t.have |= pcb.FieldCgroup
}

// readCmdline reads the beginning of a command line, without the NULs that end it.
func (c *Collector) readCmdline(p *pcb.Process, t *texts) {
	if p.KernelThread() {
		t.cmdline = ""
		t.have |= pcb.FieldCmdline
		return
	}
	var busy bool
	if t.blocked, busy = c.stuck.forbidsArgs(p); t.blocked || busy {
		t.again = !t.blocked // of this one nothing is known: it is asked in the next reading
		return
	}
	base := c.rd.of(p.PID)
	if p.LeaderExited() { // the leader's memory is gone, its threads' is not
		base = c.rd.ofThread(p.PID, c.liveThread(p.PID))
	}
	g := c.rd.guard
	g.held.Store(held(p))
	g.args.Store(true)
	text, errno := c.rd.read(base, "cmdline")
	g.args.Store(false)
	if errno != 0 {
		t.failed(errno, pcb.FieldCmdline)
		return
	}
	text = bytes.TrimRight(text[:min(len(text), pcb.CmdlineMax)], "\x00")
	t.cmdline = c.words.of(t.cmdline, text)
	t.have |= pcb.FieldCmdline
}

func (c *Collector) readExe(p *pcb.Process, e *entry) {
	t := &e.texts
	if p.KernelThread() {
		return
	}
	if known := c.same.exe.of(e.same.exe); known != nil {
		t.exe = *known
		t.have |= pcb.FieldExe
		return
	}
	text, errno := c.rd.link(c.rd.of(p.PID), "exe")
	if errno == unix.ENOENT && p.LeaderExited() {
		text, errno = c.rd.link(c.rd.ofThread(p.PID, c.liveThread(p.PID)), "exe")
	}
	if errno != 0 {
		t.failed(errno, pcb.FieldExe)
		return
	}
	t.exe = c.words.of(t.exe, text)
	c.same.exe.note(e.same.exe, t.exe)
	t.have |= pcb.FieldExe
}

// roomCache keeps what the cgroup files say: processes in the same cgroups share one string and one Container.
type roomCache map[string]room

// room is where a process is put.
type room struct {
	cgroups   string // the file
	path      string // the cgroup in it that tells most, see parseCgroup
	container *pcb.Container
}

// roomsMax bounds the cache; a machine that has seen so many cgroups come and go starts it anew.
const roomsMax = 4096

func (r roomCache) of(cgroups []byte, parse func(string) *pcb.Container) room {
	if known, ok := r[string(cgroups)]; ok {
		return known
	}
	if len(r) >= roomsMax {
		clear(r)
	}
	made := room{cgroups: string(cgroups), path: string(parseCgroup(cgroups))}
	if parse != nil {
		made.container = parse(made.path)
	}
	r[made.cgroups] = made
	return made
}
