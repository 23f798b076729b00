package collect

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// The kernel can make a reader of nearly every file of a process wait: of stat, io and exe while the process is in an
// exec that does not end, because it closes a file of a dead FUSE server, or because its old memory map, which it shares
// with its parent, is locked. Neither a signal nor a close ends such a read. So the processes are read by a goroutine that
// can be lost: it says in a guard when it is in a read, and when that does not end, the process is set aside, with what
// status tells of it, which never blocks; another goroutine goes on behind it. The lost one ends when its read does, without
// touching anything, and the process is read again from then on.
// A command line comes from the process's own memory, and one whose memory map is locked lets whoever reads it wait, while
// all else can be read. So a process that blocks there loses its command line alone.

const (
	guardTick  = 10 * time.Millisecond
	guardTicks = 5  // that a read may take when nothing is known to block. They are counted rather than the time: a stall of the machine stalls both
	stuckTicks = 2  // that it may take when others have blocked in the same reading, so that many cost little
	argsTicks  = 2  // times as many for a command line, of which a part may have to come from a disk
	stuckMax   = 64 // goroutines, and with them threads, that may be lost; beyond that nobody is read who could block
	readersMax = 8  // of these, that may be lost to command lines of processes that can't be woken, and as many to others'
)

// guard is what a reading goroutine and who waits for it both know.
type guard struct {
	reads atomic.Uint64 // even outside of reads, odd in one, and given up
	tid   atomic.Int32  // the thread of the reads
	args  atomic.Bool   // it reads a command line
	held  atomic.Bool   // of a process that can't be woken
}

const givenUp = 1<<64 - 1

// enter is called before a read.
func (g *guard) enter() { g.reads.Add(1) }

// leave is called after it. The answer false says that the read was given up: the goroutine must end then.
func (g *guard) leave() bool {
	n := g.reads.Load()
	return n != givenUp && g.reads.CompareAndSwap(n, n+1)
}

// giveUp ends the wait for read n, unless it has ended just now.
func (g *guard) giveUp(n uint64) bool { return g.reads.CompareAndSwap(n, givenUp) }

// runnable reports whether the reading thread has or waits for a CPU. Where no descriptor is to be had to ask, it may: a
// read must not be given up for that.
func (g *guard) runnable() bool {
	text, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(int(g.tid.Load())) + "/stat")
	var errno unix.Errno
	if errors.As(err, &errno) && starved(errno) {
		return true
	}
	end := bytes.LastIndexByte(text, ')')
	return err == nil && end > 0 && bytes.HasPrefix(text[end:], []byte(") R"))
}

// stuck is the lost passes, by what each hangs at.
type stuck struct {
	mu    sync.Mutex
	reads map[hang]*pass
	args  map[bool]int // how many of them hang at command lines, of processes that can't be woken and of others
}

// hang is a read that does not end: of a process, or of its command line.
type hang struct {
	pid  int32
	args bool
}

func (s *stuck) add(p *pass, args, held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.args, p.held = args, held
	if s.reads == nil {
		s.reads, s.args = map[hang]*pass{}, map[bool]int{}
	}
	if p.ended {
		return
	}
	s.reads[p.hang()] = p
	if p.args {
		s.args[p.held]++
	}
}

func (s *stuck) end(p *pass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.ended = true
	if s.reads[p.hang()] != p {
		return
	}
	delete(s.reads, p.hang())
	if p.args {
		s.args[p.held]--
	}
}

// forbids reports whether a process may not be read: it blocked, or too many others did.
func (s *stuck) forbids(pid int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[hang{pid, false}] != nil || len(s.reads) >= stuckMax
}

// forbidsArgs reports whether a command line may not be read: because its reader is blocked, or too many others are. Those
// that can't be woken, who are the ones to hold such a lock, are counted by themselves, so that they do not keep the others'
// from being read.
func (s *stuck) forbidsArgs(p *pcb.Process) (blocked, busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[hang{p.PID, true}] != nil, s.args[held(p)] >= readersMax
}

// round is what is to be read, process by process, of a reading.
type round struct {
	n     int
	pid   func(i int) int32
	read  func(i int) error   // an error ends the round
	aside func(i int)         // tells what can be told of a process that may not be read
	lost  func(at *pass) bool // does the same of one at which a pass was lost; false when it is to be set aside
}

// pass is one goroutine's way through a round.
type pass struct {
	at    int   // the place of the process that it reads
	pid   int32 // which that is
	args  bool  // it was lost at that one's command line
	held  bool  // and that one can't be woken
	done  chan error
	ended bool // it was lost, and the read that held it has ended
}

func (p *pass) hang() hang { return hang{p.pid, p.args} }

// guarded reads a round to its end, whichever reads do not come to theirs.
func (c *Collector) guarded(ctx context.Context, r *round) error {
	ticker := time.NewTicker(guardTick)
	defer ticker.Stop()
	patience := guardTicks
	for from := 0; ; {
		p := &pass{at: from, done: make(chan error, 1)}
		go c.pass(ctx, r, p, c.rd.guard)
		if lost, err := c.await(p, ticker, patience); !lost {
			return err
		}
		patience = stuckTicks
		c.stuck.add(p, c.rd.guard.args.Load(), c.rd.guard.held.Load())
		c.rd = newReader(c.rd.root, c.rd.live)
		from = p.at
		if r.lost(p) {
			from++
		}
	}
}

// await waits for a pass. lost says that it hangs in a read, and that it will end behind that without doing anything more.
func (c *Collector) await(p *pass, ticker *time.Ticker, patience int) (lost bool, err error) {
	g := c.rd.guard
	last, same := uint64(0), 0
	for {
		select {
		case err := <-p.done:
			return false, err
		case <-ticker.C:
		}
		n := g.reads.Load()
		if n%2 == 0 || n != last {
			last, same = n, 0
			continue
		}
		same++
		ticks := patience
		if g.args.Load() {
			ticks *= argsTicks
		}
		if same >= ticks && !g.runnable() && g.giveUp(n) {
			return true, nil
		}
	}
}

// pass goes through a round from p.at on. When it is lost in a read it ends there, and its thread with it.
func (c *Collector) pass(ctx context.Context, r *round, p *pass, g *guard) {
	runtime.LockOSThread() // so that the guard knows which thread reads, without asking at each read
	g.tid.Store(int32(unix.Gettid()))
	lost := true
	defer func() {
		if lost {
			c.stuck.end(p)
		}
	}()
	var err error
	for ; p.at < r.n && err == nil; p.at++ {
		if p.at%256 == 0 && ctx.Err() != nil {
			err = ctx.Err()
			break
		}
		p.pid = r.pid(p.at)
		if c.stuck.forbids(p.pid) {
			r.aside(p.at)
		} else {
			err = r.read(p.at)
		}
	}
	lost = false
	runtime.UnlockOSThread()
	p.done <- err
}

// processes reads every process of c.pids into s.
func (c *Collector) processes(ctx context.Context, s *pcb.Snapshot) error {
	threads := 0 // how many s had before the process that is read
	return c.guarded(ctx, &round{
		n:   len(c.pids),
		pid: func(i int) int32 { return c.pids[i] },
		read: func(i int) error {
			threads = len(s.Threads)
			return c.process(s, c.pids[i])
		},
		aside: func(i int) { c.setAside(s, c.pids[i]) },
		lost: func(at *pass) bool {
			n := len(s.Procs)
			if n == 0 || s.Procs[n-1].PID != at.pid {
				return false
			}
			p := &s.Procs[n-1] // some of it was read
			if at.args {
				c.known[p.PID].texts.loseArgs(p)
			} else {
				s.Threads = s.Threads[:threads]
				p.Blocked = true
			}
			account(s, p)
			return true
		},
	})
}

// setAside appends a process that blocks its readers to s, with what status tells of it.
func (c *Collector) setAside(s *pcb.Snapshot, pid int32) {
	s.Procs = append(s.Procs, pcb.Process{ID: pcb.ID{PID: pid}, At: c.clocks.mono(), FirstThread: int32(len(s.Threads)), Blocked: true})
	p := &s.Procs[len(s.Procs)-1]
	e := c.known[pid]
	if e == nil {
		e = &entry{}
	}
	line, errno := c.status(p, e.byFiles())
	if errno != 0 && !denied(errno) {
		s.Procs = s.Procs[:len(s.Procs)-1]
		s.Coverage.Vanished++
		return
	}
	known := e.comm
	c.complete(p, e, &line)
	if e.id.PID == pid && known == p.Comm { // it was read before, and is the same as far as can be seen
		e.scan = c.scan
		p.ID, p.Started = e.id, ticks(int64(e.id.Start))
	}
	account(s, p)
}
