package collect

import (
	"errors"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The number of a process's descriptors is the size of its fd directory, which everybody may ask for; kernels before 6.2
// give no size, and the names must be counted. It is read of each process once, then of those that ran since, in turn, as
// many as cost little. Until a process has its turn the last number stands, with its own time (FDsAt).

// fdTurnMin and fdTurnMax bound how many processes have their turn in a reading: a quarter of all, within these. Those that
// opened some within fdLately have theirs in every reading, up to fdTurnMax of them.
const (
	fdTurnMin = 8
	fdTurnMax = 64
	fdLately  = 2 * time.Minute
)

// fdCount is the last number of a process's descriptors.
type fdCount struct {
	at     time.Duration // when it was read; 0 for never
	n      int32
	denied bool
	ran    uint64        // figures that grow when it runs, as they were then
	grew   time.Duration // when there were more than the time before; 0 for never
}

// fdWalk is the state of counting descriptors within one reading.
type fdWalk struct {
	usual, grown turn
	sized        bool // the kernel tells the number as the directory's size
	names        []int32
	live         bool
}

func newFDWalk(live bool) fdWalk {
	info, err := os.Stat("/proc/self/fd") // this kernel's, whichever /proc is read
	return fdWalk{grown: turn{budget: fdTurnMax}, sized: err == nil && info.Size() > 0, live: live}
}

func (w *fdWalk) begin(processes int) {
	w.usual.budget = min(fdTurnMax, max(fdTurnMin, processes/4))
	w.usual.begin()
	w.grown.begin()
}

// takes reports whether the descriptors of a process are to be counted in this reading. One of a single thread that has
// not run since has opened none; of one with more the figures do not tell for sure.
func (w *fdWalk) takes(p *pcb.Process, f *fdCount, ran uint64) bool {
	switch {
	case f.at == 0:
		return true
	case f.grew > 0 && p.At-f.grew < fdLately:
		return w.grown.grants(p.PID, 1)
	case p.State != 'R' && ran == f.ran && (p.Threads == 1 && p.Have.Has(pcb.FieldSwitches) || p.FromIterator.Has(pcb.FieldSwitchesSum)):
		return false
	}
	return w.usual.grants(p.PID, 1)
}

// descriptors gives the process the number of its descriptors.
func (c *Collector) descriptors(p *pcb.Process, e *entry) {
	if !c.count.live || p.KernelThread() || p.Zombie() || !p.Have.Has(pcb.FieldStat) {
		return
	}
	f := &e.fds
	ran := p.Voluntary + p.Involuntary + uint64(p.UTime+p.STime)
	if c.count.takes(p, f, ran) {
		c.countFDs(p.PID, f, max(p.At, 1))
		f.ran = ran
	}
	if f.denied {
		p.Denied |= pcb.FieldFDs
		return
	}
	if f.n >= 0 {
		p.FDs, p.FDsAt = f.n, f.at
		p.Have |= pcb.FieldFDs
	}
}

// countFDs counts the descriptors of a process; the number is negative where that failed.
func (c *Collector) countFDs(pid int32, f *fdCount, now time.Duration) {
	before, known := f.n, f.at > 0 && f.n >= 0
	f.at, f.denied = now, false
	n, err := c.fdsOf(pid)
	if err != nil {
		f.n, f.denied = -1, errors.Is(err, os.ErrPermission)
		return
	}
	f.n = int32(min(n, math.MaxInt32))
	if known && f.n > before {
		f.grew = now
	}
}

func (c *Collector) fdsOf(pid int32) (uint64, error) {
	if c.count.sized {
		n, errno := c.rd.size(c.rd.of(pid), "fd")
		if errno != 0 {
			return 0, errno
		}
		return n, nil
	}
	dir, errno := c.rd.open(c.rd.of(pid), "fd")
	if errno != 0 {
		return 0, errno
	}
	defer unix.Close(dir)
	var err error
	c.count.names, err = c.rd.numbers(c.count.names[:0], dir)
	n := uint64(len(c.count.names))
	if n > 0 && int(pid) == os.Getpid() { // without the one by which this is listed
		n--
	}
	return n, err
}
