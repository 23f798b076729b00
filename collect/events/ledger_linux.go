package events

import (
	"bytes"
	"slices"
	"time"

	"ptop/pcb"
)

// event is what the kernel tells of one task. at is monotonic time.
type event struct {
	what      uint32
	at        time.Duration
	pid, tgid int32 // the task, and its process
	parent    int32 // of a fork: the process that forked
	status    int32 // of an exit
}

// process is one that lives, as far as the events and the readings tell.
type process struct {
	pcb.Told
	comm   string // the kernel's name, which children inherit; empty after an exec until it is known
	execed bool
	in     uint64 // number of the interval in which it was born; 0 for those there before
	seen   uint64 // number of the interval whose reading showed it last

	others       int32         // threads beside the main one
	asOf         time.Duration // monotonic; others counts what happened up to then
	leaderGone   bool
	leaderStatus int32

	parent            *process // who answers for it: who forked it or, when that has ended, who answered for that one
	adopted           bool     // it is not who forked it
	child, next, prev *process // its own children; its siblings
	lost              *end     // of who forked it, in this interval

	tally *tally // of what it made in this interval; nil when that is nothing
	busy  int    // the place in ledger.busy of one with a tally
	ended bool
}

// end is a parent that ended in this interval and left living children.
type end struct {
	pcb.Told
	status   int32
	at       time.Duration
	children []*process
	place    int // in ledger.ends
}

// ledger keeps who lives, and sums up what happens in an interval. It is bounded by the number of living processes,
// whatever happens and however long nobody asks.
type ledger struct {
	live  map[int32]*process
	began time.Duration // monotonic, of the interval
	boot  time.Duration // boot time less monotonic time
	nth   uint64        // number of the interval, from 1

	sum     pcb.Events
	busy    []*process // who has a tally
	ends    []*end
	execs   []int32 // who called exec of late
	spares  []*process
	tallies []*tally
}

func newLedger(at time.Duration) *ledger {
	return &ledger{live: map[int32]*process{}, began: at, nth: 1}
}

func (l *ledger) lose(n uint64) { l.sum.Lost += n }

func (l *ledger) fork(e *event) {
	if e.pid != e.tgid {
		l.sum.Threads++
		if p := l.live[e.tgid]; p != nil && e.at > p.asOf {
			p.others++
		}
		return
	}
	l.sum.Forks++
	if old := l.live[e.pid]; old != nil { // its end was lost
		l.remove(old)
	}
	p := l.add(e.pid)
	p.Born, p.in = e.at, l.nth
	if parent := l.live[e.parent]; parent != nil {
		p.comm = parent.comm
		p.Name = parent.name()
		l.adopt(parent, p)
		l.tallyOf(parent).forks++
	}
}

// execsKept bounds the list of those whose new names may be read.
const execsKept = 64

func (l *ledger) exec(e *event) {
	l.sum.Execs++
	p := l.live[e.tgid]
	if p == nil {
		return
	}
	// Only the caller is left, and has become the main thread.
	p.execed, p.others, p.leaderGone, p.comm, p.Name = true, 0, false, "", ""
	if len(l.execs) == execsKept {
		l.execs = l.execs[:copy(l.execs, l.execs[1:])]
	}
	l.execs = append(l.execs, e.tgid)
}

// comm takes up a name that a process gave itself. Those of its other threads are not the process's.
func (l *ledger) comm(e *event, name []byte) {
	if p := l.live[e.tgid]; p != nil && e.pid == e.tgid {
		p.rename(name)
	}
}

// rename takes up the kernel's name, which is followed by NUL bytes.
func (p *process) rename(name []byte) {
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	if p.comm != string(name) {
		p.comm = string(name)
		p.Name = p.comm
	}
}

func (p *process) name() string {
	if p.Name != "" {
		return p.Name
	}
	return p.comm
}

func (l *ledger) exit(e *event) {
	p := l.live[e.tgid]
	switch {
	case p == nil:
		if e.pid == e.tgid {
			l.sum.Exits++
		}
		return
	case e.pid == e.tgid:
		p.leaderGone, p.leaderStatus = true, e.status
	case e.at > p.asOf:
		p.others = max(0, p.others-1)
	}
	if !p.leaderGone || p.others > 0 {
		return
	}
	l.sum.Exits++
	status := e.status // when exit was called for all, each thread has its status
	if status == 0 {
		status = p.leaderStatus
	}
	l.bereave(p, status, e.at)
	if p.in == l.nth {
		l.charge(p, status)
	}
	l.remove(p)
}

// bereave notes the children that a process leaves.
func (l *ledger) bereave(p *process, status int32, at time.Duration) {
	var left *end
	for c := p.child; c != nil; c = c.next {
		if c.adopted || c.lost != nil {
			continue
		}
		if left == nil {
			left = &end{Told: pcb.Told{ID: p.ID, Born: p.Born, Name: p.name()}, status: status, at: at, place: len(l.ends)}
			l.ends = append(l.ends, left)
		}
		left.children = append(left.children, c)
		c.lost = left
	}
}

// settle strikes a process from the children that one left.
func (l *ledger) settle(p *process) {
	lost := p.lost
	if lost == nil {
		return
	}
	p.lost = nil
	lost.children = slices.DeleteFunc(lost.children, func(c *process) bool { return c == p })
	if len(lost.children) == 0 {
		last := len(l.ends) - 1
		l.ends[lost.place] = l.ends[last]
		l.ends[lost.place].place = lost.place
		l.ends = l.ends[:last]
	}
}

// add enters a process.
func (l *ledger) add(pid int32) *process {
	var p *process
	if n := len(l.spares); n > 0 {
		p, l.spares = l.spares[n-1], l.spares[:n-1]
	} else {
		p = &process{}
	}
	*p = process{Told: pcb.Told{ID: pcb.ID{PID: pid}}}
	l.live[pid] = p
	return p
}

// adopt has a process answer for another.
func (l *ledger) adopt(parent, p *process) {
	if parent == p {
		return
	}
	p.parent, p.prev, p.next = parent, nil, parent.child
	if p.next != nil {
		p.next.prev = p
	}
	parent.child = p
}

// leave takes a process from its siblings.
func (p *process) leave() {
	switch {
	case p.prev != nil:
		p.prev.next = p.next
	case p.parent != nil:
		p.parent.child = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	}
	p.parent, p.next, p.prev = nil, nil, nil
}

// remove forgets a process. Who answered for it answers for its children.
func (l *ledger) remove(p *process) {
	l.settle(p)
	heir := p.parent
	for c := p.child; c != nil; c = p.child {
		c.leave()
		c.adopted = true
		if heir != nil {
			l.adopt(heir, c)
		}
	}
	p.leave()
	delete(l.live, p.ID.PID)
	if p.tally != nil { // it is told of at the end of the interval
		p.ended = true
		return
	}
	l.spare(p)
}

// sparesMax bounds what is kept for reuse after a storm.
const sparesMax = 4096

func (l *ledger) spare(p *process) {
	if len(l.spares) < sparesMax {
		l.spares = append(l.spares, p)
	}
}
