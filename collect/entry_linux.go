package collect

import (
	"hash/maphash"
	"time"

	"ptop/pcb"
)

// entry is what is kept of a process between readings, by identity: what is costly to read and seldom changes.
type entry struct {
	id      pcb.ID
	scan    uint64 // the reading that saw it last
	comm    string
	wchan   string
	wchanAt time.Duration
	nspids  []int32
	nsRead  bool

	same sameTexts // of the task iterator

	// Texts, and the signs by which they are known to be stale.
	texts   texts
	line    signs  // of stat, now
	exec    uint64 // signs.exec when they were read
	named   string // comm when they were read
	noExec  bool   // it had not called exec
	zombie  bool
	textsAt time.Duration

	uid, gid    uint32 // whose names these are
	user, group string

	fds fdCount

	*fileEntry            // of who reads /proc; nil as long as that was not done
	task       *taskEntry // of the task iterator, likewise
}

// fileEntry is what is kept of a process whose files of /proc are read.
type fileEntry struct {
	last pcb.Process // what was told of it when it was last read whole, but for its texts and descriptors

	// What says whether it must be read whole again: see mayRest.
	mark     uint64 // of the text of stat
	switches uint64 // of the leader, by status
	moved    bool   // they were more than the time before
	settled  bool
	want     Want

	sums       threadSums
	lastRan    time.Duration // what stands behind last.Idle
	endedAsOne bool          // of a zombie: that is when it died
}

// byFiles makes sure that what is kept by who reads /proc has its place.
func (e *entry) byFiles() *entry {
	if e.fileEntry == nil {
		e.fileEntry = &fileEntry{}
	}
	return e
}

// stands reports whether what was read of those groups the last time still holds, of a process of one thread. As long as
// that does not run, none of it can change: and a task that has run since has been switched out again, which status counts.
func (e *entry) stands(p *pcb.Process, groups pcb.Fields) bool {
	last := &e.last
	return (last.Have | last.Denied).Has(groups) && last.Threads == 1 && p.State != 'R' && p.Threads == 1 &&
		p.Have.Has(pcb.FieldSwitches) && p.Voluntary+p.Involuntary == last.Voluntary+last.Involuntary
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

// entryOf gives the entry of an identity, a new one when the pid has another bearer than before. /proc tells no more of two
// that started within one clock tick; who knows more looks at more, see record.
func (c *Collector) entryOf(id pcb.ID) *entry {
	e := c.known[id.PID]
	switch {
	case e == nil:
		e = c.entries.next()
		e.id = id
		c.known[id.PID] = e
	case e.id != id:
		*e = entry{id: id}
	}
	e.scan = c.scan
	return e
}

// entries hands out entries, which it allocates many at a time, and takes them back.
type entries struct{ free []*entry }

const entrySlab = 64

func (s *entries) next() *entry {
	if len(s.free) == 0 {
		slab := make([]entry, entrySlab)
		for i := range slab {
			s.free = append(s.free, &slab[i])
		}
	}
	e := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return e
}

func (s *entries) back(e *entry) {
	*e = entry{}
	s.free = append(s.free, e)
}

// words are the texts of processes that were made last: those of the same program share theirs.
type words struct {
	seed maphash.Seed
	made [1024]string
}

// of gives text as a string: the one that is kept, or one that another process has, when it is the same.
func (w *words) of(kept string, text []byte) string {
	if kept == string(text) {
		return kept
	}
	slot := &w.made[maphash.Bytes(w.seed, text)%uint64(len(w.made))]
	*slot = intern(*slot, text)
	return *slot
}

// intern gives text as a string: the one that is kept when it is the same.
func intern(kept string, text []byte) string {
	if kept == string(text) {
		return kept
	}
	return string(text)
}
