package collect

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/bounded"
	"ptop/pcb"
)

// cmdlineWait is how long a reading waits for one command line. It comes from the process's own memory, and a process
// whose memory map is locked lets its readers wait for ever.
const cmdlineWait = 100 * time.Millisecond

// texts gives the process its command line, executable and cgroup: as they were read before, unless a sign says that
// they changed.
func (c *Collector) texts(p *pcb.Process, e *entry) {
	age := textsAge
	if e.line.hidden {
		age = blindAge
	}
	since := p.At - e.textsAt
	old := e.textsAt == 0 || since > age+age*time.Duration(p.PID%16)/32 && !slept(p, since) // not all at once
	if old || e.line.exec != e.exec || e.comm != e.named || p.ForkedNoExec() != e.noExec || p.Zombie() != e.zombie {
		c.readTexts(p, e)
		e.exec, e.named, e.noExec, e.zombie = e.line.exec, e.comm, p.ForkedNoExec(), p.Zombie()
		e.textsAt = max(p.At, 1)
		if e.texts.again {
			e.textsAt = 0
		}
	}
	e.texts.give(p)
}

// slept reports whether a process is known not to have run for that long: it can't have changed anything of itself.
func slept(p *pcb.Process, long time.Duration) bool {
	return p.FromIterator.Has(pcb.FieldIdle) && p.Idle > long
}

func (t *texts) give(p *pcb.Process) {
	p.Cmdline, p.Exe, p.Cgroup, p.Container, p.Blocked = t.cmdline, t.exe, t.path, t.container, t.blocked
	p.Cgroups = t.cgroups
	p.Have |= t.have
	p.Denied |= t.denied
}

// readTexts reads them anew. Of a zombie's nothing is left but its cgroup, and what was known of them is kept: it
// says what died.
func (c *Collector) readTexts(p *pcb.Process, e *entry) {
	t := &e.texts
	dead := p.Zombie() && !p.LeaderExited()
	if dead && t.have.Has(pcb.FieldCgroup) {
		return
	}
	known := t.have & (pcb.FieldCmdline | pcb.FieldExe)
	t.have, t.denied, t.blocked, t.again = 0, 0, false, false
	if dead {
		t.have |= known
	} else {
		c.readCmdline(p, t)
		c.readExe(p, t)
	}
	text, errno := c.rd.read(c.rd.of(p.PID), "cgroup")
	if errno != 0 {
		if denied(errno) {
			t.denied |= pcb.FieldCgroup
		}
		return
	}
	if t.cgroups != string(text) {
		t.room = c.rooms.of(text, c.opt.Container)
	}
	t.have |= pcb.FieldCgroup
}

func (c *Collector) readCmdline(p *pcb.Process, t *texts) {
	if p.KernelThread() {
		t.cmdline = ""
		t.have |= pcb.FieldCmdline
		return
	}
	path := strconv.Itoa(int(p.PID)) + "/cmdline"
	if p.LeaderExited() { // the leader's memory is gone, its threads' is not
		path = strconv.Itoa(int(p.PID)) + "/task/" + strconv.Itoa(int(c.liveThread(p.PID))) + "/cmdline"
	}
	root := c.rd.root
	text, err := c.blocky.Read(p.PID, cmdlineWait, func() ([]byte, error) { return readCmdline(root, path) })
	switch {
	case err == nil:
		t.cmdline = intern(t.cmdline, text)
		t.have |= pcb.FieldCmdline
	case errors.Is(err, bounded.ErrBlocked):
		t.blocked = true
	case errors.Is(err, bounded.ErrBusy): // others block, about this one nothing is known: ask again in the next reading
		t.again = true
	case errors.Is(err, os.ErrPermission):
		t.denied |= pcb.FieldCmdline
	}
}

// readCmdline reads the beginning of a command line, without the NUL that ends it.
func readCmdline(root int, path string) ([]byte, error) {
	fd, err := unix.Openat(root, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("collect: opening %s: %w", path, err)
	}
	defer unix.Close(fd)
	text := make([]byte, 256)
	n := 0
	for {
		got, err := unix.Read(fd, text[n:])
		if err != nil {
			return nil, fmt.Errorf("collect: reading %s: %w", path, err)
		}
		n += got
		if got == 0 || n == pcb.CmdlineMax {
			break
		}
		if n == len(text) {
			longer := make([]byte, min(4*len(text), pcb.CmdlineMax))
			copy(longer, text)
			text = longer
		}
	}
	for n > 0 && text[n-1] == 0 {
		n--
	}
	return text[:n], nil
}

func (c *Collector) readExe(p *pcb.Process, t *texts) {
	if p.KernelThread() {
		return
	}
	text, errno := c.rd.link(c.rd.of(p.PID), "exe")
	if errno == unix.ENOENT && p.LeaderExited() {
		text, errno = c.rd.link(c.rd.ofThread(p.PID, c.liveThread(p.PID)), "exe")
	}
	switch {
	case errno == 0:
		t.exe = intern(t.exe, text)
		t.have |= pcb.FieldExe
	case denied(errno):
		t.denied |= pcb.FieldExe
	}
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
