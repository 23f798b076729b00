//go:build amd64 || arm64

package collect

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"ptop/collect/bpf"
	"ptop/pcb"
)

// iterator reads Snapshots by the task iterator: one reading of the kernel's own structures, and files of /proc only for
// what changed and stands nowhere else (command line, executable, cgroup path, descriptors).
type iterator struct {
	reader  *bpf.Reader
	page    uint64        // bytes
	self    int32         // ptop's pid
	offset  time.Duration // of our time namespace's boot time from the first one's
	last    time.Duration // when the last reading began; 0 for none that succeeded
	tasks   tasks
	entries []*entry             // of s.Procs
	before  []*entry             // the entries of the reading before
	met     int                  // how many of those have been gone past in this one
	open    []int32              // places in s.Procs of those of which files are read
	cpus    []time.Duration      // by CPU: its run queue's clock at this reading, 0 where no task told it
	memory  map[int32]bpf.Record // by process: what a thread's record tells of it whose main thread has ended

	unseen     []int32 // processes that it does not show, in order
	nextUnseen int     // the first of them that has no place yet in this reading
	readings   int
}

func openIterator() (*iterator, error) {
	reader, err := bpf.Open()
	if err != nil {
		return nil, err
	}
	return &iterator{reader: reader, page: uint64(os.Getpagesize()), self: int32(os.Getpid()), offset: bootOffset(), memory: map[int32]bpf.Record{}}, nil
}

func (it *iterator) close() { _ = it.reader.Close() } // what was loaded goes with the process at the latest

// bootOffset reads how far the boot time of our time namespace is ahead of the kernel's own; 0 where there is none.
func bootOffset() time.Duration {
	text, err := os.ReadFile("/proc/self/timens_offsets")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) != 3 || string(fields[0]) != "boottime" {
			continue
		}
		seconds, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		nanoseconds, _ := strconv.ParseInt(string(fields[2]), 10, 64)
		return time.Duration(seconds)*time.Second + time.Duration(nanoseconds)
	}
	return 0
}

// iterate reads the processes into s by the task iterator, and by files what that does not tell.
func (c *Collector) iterate(ctx context.Context, s *pcb.Snapshot) error {
	if err := c.iterateTasks(ctx, s); err != nil {
		return err
	}
	if err := c.files(ctx, s); err != nil {
		return err
	}
	c.keepUnseen(s)
	return nil
}

// iterateTasks reads what the task iterator tells into s.
func (c *Collector) iterateTasks(ctx context.Context, s *pcb.Snapshot) error {
	it := c.iter
	it.tasks.begin()
	it.before, it.entries, it.met = it.entries, it.before[:0], 0
	it.nextUnseen = 0
	c.same.begin()
	clear(it.cpus)
	clear(it.memory)
	began := c.clocks.mono()
	since := time.Duration(0)
	if it.last > 0 {
		since = began - it.last
	}
	it.last = 0
	compare := it.readings%compareEvery == 0
	if compare {
		if err := c.list(); err != nil {
			return err
		}
		s.Procs = pcb.Room(s.Procs, len(c.pids))
	}
	if err := it.reader.Begin(since); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	defer it.reader.End()
	for {
		more, err := it.reader.Next()
		if err != nil {
			return fmt.Errorf("collect: %w", err)
		}
		if !more {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		at := c.clocks.mono()
		for r := range it.reader.Records() {
			c.record(s, r, at)
		}
	}
	it.leaveRoom(s, math.MaxInt32)
	it.reader.End()
	if compare {
		it.compare(s, c.pids)
	}
	it.last = max(1, began)
	it.readings++
	c.join(s)
	s.Coverage.Listed, s.Coverage.HidePID = len(s.Procs), false
	s.ExecStart = it.references()
	return nil
}

// files reads what stands in files alone, of the processes of which it may have changed. As long as that is none, no file is
// opened, and no goroutine begun that could be lost.
func (c *Collector) files(ctx context.Context, s *pcb.Snapshot) error {
	it := c.iter
	it.open = it.open[:0]
	for i, e := range it.entries {
		p := &s.Procs[i]
		if e == nil || e.stale(p) || held(p) || !p.Have.Has(pcb.FieldFDs) && !p.KernelThread() && !p.Zombie() {
			it.open = append(it.open, int32(i))
			continue
		}
		e.texts.give(p)
		account(s, p)
	}
	if len(it.open) == 0 {
		return nil
	}
	c.count.begin(len(s.Procs))
	c.walk.begin()
	c.resting.begin(0, nil)
	return c.guarded(ctx, &round{
		n:     len(it.open),
		pid:   func(k int) int32 { return s.Procs[it.open[k]].PID },
		read:  func(k int) error { return c.filesOf(s, int(it.open[k])) },
		aside: func(k int) { c.spared(s, int(it.open[k])) },
		lost: func(at *pass) bool {
			i := int(it.open[at.at])
			c.settleUnseen(s, i)
			if e := it.entries[i]; at.args && e != nil {
				e.texts.loseArgs(&s.Procs[i])
				account(s, &s.Procs[i])
			} else {
				c.spared(s, i)
			}
			return true
		},
	})
}

func (c *Collector) filesOf(s *pcb.Snapshot, i int) error {
	e := c.iter.entries[i]
	if e == nil {
		return c.readUnseen(s, i)
	}
	p := &s.Procs[i]
	if !p.Have.Has(pcb.FieldFDs) {
		c.descriptors(p, e)
	}
	c.texts(p, e)
	c.wchan(p, e)
	account(s, p)
	return nil
}

// spared gives a process whose readers do not return the texts that are known of it.
func (c *Collector) spared(s *pcb.Snapshot, i int) {
	p := &s.Procs[i]
	if e := c.iter.entries[i]; e != nil {
		e.texts.give(p)
	}
	p.Blocked = true
	account(s, p)
}

// mixer spreads the parts of a sign over all of it.
const mixer = 0x9E3779B97F4A7C15

// record takes one task's record.
func (c *Collector) record(s *pcb.Snapshot, r *bpf.Record, at time.Duration) {
	it := c.iter
	it.clock(r)
	if r.Is&bpf.Process == 0 {
		if r.Is&bpf.Memory != 0 { // what it shares with a main thread that has none any more
			it.memory[r.Tgid] = *r
		}
		it.tasks.add(r, at, it.offset)
		return
	}
	it.leaveRoom(s, r.Tid)
	p := appended(s)
	p.PID, p.At = r.Tid, at
	it.identify(p, r)
	e := c.iterated(p.ID)
	if e.task != nil && e.task.started != p.Started { // the pid was reused within the tick that the ID tells
		*e = entry{id: p.ID, scan: c.scan}
	}
	it.entries = append(it.entries, e)
	first := e.task == nil
	if first {
		e.task, e.fileEntry = &taskEntry{started: p.Started}, nil
	}
	c.name(p, r, e)
	c.nsPIDs(p, r, e)
	c.owner(p, e)
	it.state(p, r)
	it.dispositions(p, r, &e.task.handlers)
	it.memoryOf(p, r)
	p.CUTime, p.CSTime, p.CMinFlt = time.Duration(r.Cutime), time.Duration(r.Cstime), r.CminFlt
	c.ofScheduler(p, r, e.task, at)
	if r.Fds >= 0 && !p.KernelThread() {
		p.FDs, p.FDsAt = r.Fds, at
		if p.PID == it.self { // without the one by which this is read
			p.FDs--
		}
		p.Have |= pcb.FieldFDs
	}
	e.same = sameTexts{exe: r.ExeFile*mixer + r.ExeMount, room: r.CgroupSet*mixer + r.Cgroup}
	e.line = signs{exec: (r.ExecId*mixer+r.Cgroup)*mixer + r.CgroupSet}
	if first { // texts that were read by another source are not read again: the signs are others, and not what they stand for
		e.exec = e.line.exec
	}
}

// name gives the process its comm. That of a kernel thread is longer than the kernel keeps with the task: where it was cut,
// /proc tells all of it. What a worker does at the moment, which /proc puts behind its name, is left out.
func (c *Collector) name(p *pcb.Process, r *bpf.Record, e *entry) {
	name := r.Name()
	if p.KernelThread() && len(name) == commMax {
		if e.comm == "" {
			if text, errno := c.rd.quick(c.rd.of(p.PID), "comm"); errno == 0 {
				name = bytes.TrimSuffix(text, []byte("\n"))
			}
			e.comm = string(name)
		}
	} else {
		e.comm = intern(e.comm, name)
	}
	p.Comm = e.comm
}

// commMax is the length of a comm that may have been cut.
const commMax = 15

// clock notes what the clock of a CPU's run queue shows, as far as a task's record tells it.
func (it *iterator) clock(r *bpf.Record) {
	if r.Is&bpf.Idle == 0 || r.Cpu > 1<<16 {
		return
	}
	for int(r.Cpu) >= len(it.cpus) {
		it.cpus = append(it.cpus, 0)
	}
	if it.cpus[r.Cpu] == 0 {
		it.cpus[r.Cpu] = time.Duration(r.ExecStart + r.Idle)
	}
}

// references gives the clocks of the CPUs' run queues.
func (it *iterator) references() map[int32]time.Duration {
	out := make(map[int32]time.Duration, len(it.cpus))
	for cpu, at := range it.cpus {
		if at > 0 {
			out[int32(cpu)] = at
		}
	}
	return out
}

func (it *iterator) identify(p *pcb.Process, r *bpf.Record) {
	p.Started = time.Duration(r.Start) + it.offset
	p.Start = uint64(max(0, p.Started) / pcb.Tick)
	p.PPID, p.PGID, p.SID, p.TPGID, p.TTY = r.Ppid, r.Pgid, r.Sid, r.Tpgid, int32(r.Tty)
	p.UID, p.EUID, p.GID, p.EGID = r.Uid, r.Euid, r.Gid, r.Egid
	p.PIDNS, p.Execs = r.Pidns, r.ExecId
	p.KFlags = r.Flags
	p.Have |= pcb.FieldStat | pcb.FieldCreds | pcb.FieldPIDNS | pcb.FieldExecs
	if r.Is&bpf.KnowsCgroup != 0 {
		p.CgroupID = r.Cgroup
		p.Have |= pcb.FieldCgroupID
	}
}

// appended gives the place of one more process in s. To append an empty one would copy it.
func appended(s *pcb.Snapshot) *pcb.Process {
	n := len(s.Procs)
	if n == cap(s.Procs) {
		s.Procs = append(s.Procs, pcb.Process{})
		return &s.Procs[n]
	}
	s.Procs = s.Procs[:n+1]
	s.Procs[n] = pcb.Process{}
	return &s.Procs[n]
}

// iterated gives the entry of an identity. Both readings are in the order of the pids, so that it is mostly the next of the
// reading before.
func (c *Collector) iterated(id pcb.ID) *entry {
	it := c.iter
	for ; it.met < len(it.before); it.met++ {
		e := it.before[it.met]
		if e == nil || e.id.PID < id.PID {
			continue
		}
		if e.id == id && e.scan == c.scan-1 {
			e.scan = c.scan
			return e
		}
		break
	}
	return c.entryOf(id)
}

// nsPIDs gives the pids that the process has in nested namespaces. They never change.
func (c *Collector) nsPIDs(p *pcb.Process, r *bpf.Record, e *entry) {
	if !e.nsRead {
		switch {
		case r.Nspids < 2:
		case int(r.Nspids) <= len(r.Nspid):
			e.nspids = append([]int32(nil), r.Nspid[:r.Nspids]...)
		default: // deeper than a record holds
			text, errno := c.rd.quick(c.rd.of(p.PID), "status")
			var line statusLine
			if parseStatus(text, &pcb.Process{}, &line); errno != 0 || line.nspids == nil {
				return
			}
			e.nspids = parseNSPIDs(line.nspids)
		}
		e.nsRead = true
	}
	p.NSPIDs = e.nspids
	p.Have |= pcb.FieldNSPID
}

func (it *iterator) state(p *pcb.Process, r *bpf.Record) {
	p.State = stateLetter(r.State, r.ExitState)
	p.Threads = r.Threads
	p.ExitCode, p.ExitSig, p.TracerPID = r.ExitCode, r.ExitSignal, r.Tracer
	p.Have |= pcb.FieldTracer
	if r.Is&bpf.KnowsOnCPU != 0 && p.State == 'R' {
		p.OnCPU = r.Is&bpf.OnCPU != 0
		p.Have |= pcb.FieldOnCPU
	}
	if r.Is&bpf.KnowsBlocker != 0 {
		p.Blocker = r.Blocker
		p.Have |= pcb.FieldBlocker
	}
	switch p.State {
	case 'Z', 'X':
		if !p.LeaderExited() {
			p.Have |= pcb.FieldExitCode
		}
	case 'T':
		if p.ExitCode != 0 {
			p.Have |= pcb.FieldExitCode
		}
	}
}

// The kernel's task states (include/linux/sched.h): those that are told by a letter, and marks on others.
const (
	taskReport         = 0x7f
	taskUninterrupt    = 0x02
	taskNoLoad         = 0x400
	taskIdle           = taskUninterrupt | taskNoLoad
	taskRTLockWait     = 0x1000
	taskFrozen         = 0x8000
	stateLetters       = "RSDTtXZPI"
	stateLetterOfIdle  = 'I'
	stateLetterOfSleep = 'D'
)

// stateLetter gives the letter that /proc shows for a task's state, as the kernel's task_state_index does.
func stateLetter(state, exitState uint32) byte {
	switch {
	case exitState == 0 && state&taskIdle == taskIdle:
		return stateLetterOfIdle
	case exitState == 0 && state&(taskRTLockWait|taskFrozen) != 0 && state&taskReport == 0:
		return stateLetterOfSleep
	}
	bit := 0
	for rest := (state | exitState) & taskReport; rest != 0; rest >>= 1 {
		bit++
	}
	return stateLetters[bit]
}

// ofScheduler gives what the scheduler knows of a process: of one with more threads that of its main thread and the ended
// ones, until join adds the others.
func (c *Collector) ofScheduler(p *pcb.Process, r *bpf.Record, e *taskEntry, at time.Duration) {
	p.Nice, p.Priority = r.StaticPrio-120, r.Prio-100
	p.RTPriority, p.Policy, p.Processor = r.RtPriority, r.Policy, int32(r.Cpu)
	p.Have |= pcb.FieldSwitches
	if r.Is&bpf.KnowsRunDelay != 0 {
		p.Have |= pcb.FieldSched
	}
	if r.Is&bpf.KnowsIO != 0 {
		p.Have |= pcb.FieldIO
	}
	e.lastRun(p, r, at)
	own := sumsOf(r, at)
	own.addEnded(r)
	if p.Threads > 1 {
		own.give(p)
		e.own = own
	} else {
		e.give(p, &own)
	}
	if p.Threads > 1 || c.opt.Want&WantThreads != 0 {
		c.iter.tasks.add(r, at, c.iter.offset)
	}
}

// lastRun tells how long ago a process ran, as far as its main thread and the threads that ended tell, and when it ended.
// When the ended ones ran is not known: it was not after the last time at which their sum grew.
func (e *taskEntry) lastRun(p *pcb.Process, r *bpf.Record, at time.Duration) {
	if ended := time.Duration(r.DeadRun); ended != e.ended || e.endedAt == 0 {
		e.ended, e.endedAt = ended, max(1, at)
	}
	if r.Is&bpf.Idle == 0 {
		return
	}
	p.Idle = time.Duration(r.Idle)
	p.Have |= pcb.FieldIdle
	if p.LeaderExited() || p.Zombie() && (r.DeadRun == 0 || r.Flags&pcb.PFSignaled != 0) {
		p.Ended = p.Idle
		p.Have |= pcb.FieldEnded
	}
	if r.DeadRun != 0 {
		p.Idle = min(p.Idle, at-e.endedAt)
	}
}

// dispositions gives what the process does with signals, and with what its children leave.
func (it *iterator) dispositions(p *pcb.Process, r *bpf.Record, h *handlers) {
	p.Subreaper = r.Is&bpf.Subreaper != 0
	if p.Zombie() && !p.LeaderExited() { // the dead have none any more
		return
	}
	if r.Is&bpf.Handlers != 0 {
		*h = handlers{ignored: r.Ignored, caught: r.Caught, noChildWait: r.Is&bpf.NoChildWait != 0, known: true}
	}
	if !h.known {
		return
	}
	p.SigPending, p.SigShared, p.SigBlocked, p.SigIgnored, p.SigCaught = r.Pending, r.Shared, r.Blocked, h.ignored, h.caught
	p.NoChildWait = h.noChildWait
	p.Have |= pcb.FieldSignals | pcb.FieldReaping
}

// memoryOf gives the memory that a record tells of.
func (it *iterator) memoryOf(p *pcb.Process, r *bpf.Record) {
	if r.Is&bpf.Memory == 0 {
		return
	}
	bytes := func(pages int64) uint64 { return uint64(max(0, pages)) * it.page } // a counter can be below zero for a moment
	p.VSize = r.Vsize * it.page
	p.Anon, p.Swap = bytes(r.RssAnon), bytes(r.Swap)
	p.Shared = bytes(r.RssFile) + bytes(r.RssShmem)
	p.RSS = p.Anon + p.Shared
	p.PeakRSS = max(p.RSS, r.HiwaterRss*it.page)
	p.Have |= pcb.FieldMemory
}
