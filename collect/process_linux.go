package collect

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// process reads one process and appends it to s, unless it has gone. An error is one that the next process would
// meet, too.
func (c *Collector) process(s *pcb.Snapshot, pid int32) error {
	text, errno := c.rd.stat(c.rd.of(pid))
	if starved(errno) {
		return fmt.Errorf("collect: reading process %d: %w", pid, errno)
	}
	if errno != 0 && !denied(errno) {
		if c.rd.live {
			s.Coverage.Vanished++
		} else { // whoever made the capture could not read it, or it went meanwhile: then there is no status
			c.setAside(s, pid)
		}
		return nil
	}
	s.Procs = append(s.Procs, pcb.Process{})
	p := &s.Procs[len(s.Procs)-1]
	p.PID = pid
	p.At = c.clocks.mono()
	var mark uint64
	if errno != 0 {
		p.Denied |= pcb.FieldStat
		text = nil
	} else {
		mark = maphash.Bytes(c.seed, text)
	}
	e := c.known[pid]
	if c.mayRest(e, mark) {
		c.rest(s, p, e)
	} else {
		e = c.whole(s, p, text)
		e.mark = mark
	}
	if !c.glances() {
		c.descriptors(p, e)
	}
	c.texts(p, e)
	account(s, p)
	return nil
}

// whole reads what there is of a process; text is its stat file, empty where that was refused.
func (c *Collector) whole(s *pcb.Snapshot, p *pcb.Process, text []byte) *entry {
	var line statLine
	parseStat(text, p, &line)
	e := c.entryOf(p.ID).byFiles()
	e.line = line.signs
	if p.Have.Has(pcb.FieldStat) {
		e.comm = c.words.of(e.comm, line.comm)
		p.Comm = e.comm
	}
	if says, errno := c.status(p, e); errno == 0 {
		c.complete(p, e, &says)
	}
	c.exit(p)
	if !c.glances() {
		c.schedule(s, p, e)
		c.io(p, e)
		c.idle(p, e)
		c.wchan(p, e)
	}
	e.keep(p, c.opt.Want)
	return e
}

// glances reports whether this reading is to be the quickest, and all else is left to the next.
func (c *Collector) glances() bool { return c.opt.Want&WantGlance != 0 }

// account counts what could not be read of a process.
func account(s *pcb.Snapshot, p *pcb.Process) {
	if p.Denied != 0 {
		s.Coverage.DeniedProcs++
		s.Coverage.DeniedFields += bits.OnesCount32(uint32(p.Denied))
	}
	if p.Blocked {
		s.Coverage.Blocked++
	}
}

// refuse notes that a file could not be read, where the reason is a want of right; a process that has gone meanwhile
// keeps what was read of it.
func refuse(p *pcb.Process, errno unix.Errno, groups pcb.Fields) {
	if denied(errno) {
		p.Denied |= groups
	}
}

func (c *Collector) status(p *pcb.Process, e *entry) (line statusLine, errno unix.Errno) {
	text, errno := c.rd.quick(c.rd.of(p.PID), "status")
	if errno != 0 {
		refuse(p, errno, pcb.FieldCreds|pcb.FieldSignals|pcb.FieldSwitches|pcb.FieldTracer)
		return line, errno
	}
	parseStatus(text, p, &line)
	p.SwitchesAt = p.At
	if p.Have.Has(pcb.FieldNSPID) {
		if !e.nsRead {
			e.nspids, e.nsRead = parseNSPIDs(line.nspids), true
		}
		p.NSPIDs = e.nspids
	}
	e.moved = p.Voluntary+p.Involuntary != e.switches
	e.switches = p.Voluntary + p.Involuntary
	if p.Zombie() && !p.LeaderExited() {
		// The dead have no dispositions any more: what the file shows are zeros.
		p.Have &^= pcb.FieldSignals
	}
	c.owner(p, e)
	return line, 0
}

// owner gives the process the names of its user and its group.
func (c *Collector) owner(p *pcb.Process, e *entry) {
	if !p.Have.Has(pcb.FieldCreds) {
		return
	}
	if e.user == "" || e.uid != p.EUID {
		e.uid, e.user = p.EUID, c.names.user(p.EUID)
	}
	if e.group == "" || e.gid != p.EGID {
		e.gid, e.group = p.EGID, c.names.group(p.EGID)
	}
	p.User, p.Group = e.user, e.group
}

// complete adds what status says where stat did not, and the memory of a process whose leader has exited, which its other
// threads have still.
func (c *Collector) complete(p *pcb.Process, e *entry, says *statusLine) {
	if !p.Have.Has(pcb.FieldStat) {
		e.comm = intern(e.comm, unescapeName(says.name))
		p.Comm, p.State, p.PPID = e.comm, says.state, says.ppid
	}
	if !p.LeaderExited() || p.Have.Has(pcb.FieldMemory) {
		return
	}
	text, errno := c.rd.quick(c.rd.ofThread(p.PID, c.liveThread(p.PID)), "status")
	if errno != 0 {
		return
	}
	var thread pcb.Process
	parseStatus(text, &thread, &statusLine{})
	p.RSS, p.PeakRSS, p.Anon, p.Shared, p.Swap = thread.RSS, thread.PeakRSS, thread.Anon, thread.Shared, thread.Swap
	p.Have |= thread.Have & pcb.FieldMemory
}

// exit tells whether ExitCode means something: of the dead it is how they ended, of the stopped what stopped them; and
// a 0 shown to somebody without the right to know is no answer.
func (c *Collector) exit(p *pcb.Process) {
	switch p.State {
	case 'Z', 'X', 'T':
	default:
		return
	}
	if p.LeaderExited() { // the process will end with the code of whichever of its threads is the last
		return
	}
	allowed := c.place.reader.sees(p)
	switch {
	case p.ExitCode != 0 || allowed && p.State != 'T':
		p.Have |= pcb.FieldExitCode
	case !allowed:
		p.Denied |= pcb.FieldExitCode
	}
}

// io reads what the process transferred.
func (c *Collector) io(p *pcb.Process, e *entry) {
	if c.opt.Want&WantIO == 0 || p.Zombie() && !p.LeaderExited() {
		return
	}
	p.IOAt = p.At
	if last := &e.last; e.stands(p, pcb.FieldIO) {
		p.ReadChars, p.WriteChars, p.ReadCalls, p.WriteCalls = last.ReadChars, last.WriteChars, last.ReadCalls, last.WriteCalls
		p.ReadBytes, p.WriteBytes = last.ReadBytes, last.WriteBytes
		p.Have |= last.Have & pcb.FieldIO
		p.Denied |= last.Denied & pcb.FieldIO
		return
	}
	text, errno := c.rd.read(c.rd.of(p.PID), "io")
	if errno != 0 {
		refuse(p, errno, pcb.FieldIO)
		return
	}
	parseIO(text, p)
}

// held reports whether a process can't be woken, or does not come to its end.
func held(p *pcb.Process) bool {
	return p.State == 'D' || p.KFlags&pcb.PFExiting != 0 && !p.Zombie()
}

// wchan reads where a process sleeps that can't be woken, or that does not come to its end.
func (c *Collector) wchan(p *pcb.Process, e *entry) {
	if !held(p) {
		return
	}
	if e.wchan != "" && slept(p, p.At-e.wchanAt) {
		p.WChan = e.wchan
		p.Have |= pcb.FieldWChan
		return
	}
	text, errno := c.rd.read(c.rd.of(p.PID), "wchan")
	if errno != 0 || len(text) == 0 || string(text) == "0" { // it runs by now, or the kernel does not tell us
		return
	}
	e.wchan, e.wchanAt = intern(e.wchan, text), p.At
	p.WChan = e.wchan
	p.Have |= pcb.FieldWChan
}

// holder is the process of those that could run on a CPU which got it last.
type holder struct {
	proc int           // its place in the Snapshot
	ran  time.Duration // its exec_start; 0 as long as no other could run there
}

// tellRunning tells running from ready: of the processes that could run on one CPU, it has the one whose exec_start is the
// newest. The others wait for it. A process that is alone on its CPU is not looked at.
func (c *Collector) tellRunning(s *pcb.Snapshot) {
	clear(c.onCPU)
	for i := range s.Procs {
		p := &s.Procs[i]
		if p.State != 'R' || !p.Have.Has(pcb.FieldStat) {
			continue
		}
		first, shared := c.onCPU[p.Processor]
		if !shared {
			c.onCPU[p.Processor] = holder{proc: i}
			continue
		}
		if first.ran == 0 {
			_, first.ran = c.sched(&s.Procs[first.proc])
		}
		_, ran := c.sched(p)
		if first.ran == 0 || ran == 0 { // one of them has ended, or the kernel does not tell
			continue
		}
		loser := p
		if ran > first.ran {
			loser, first = &s.Procs[first.proc], holder{i, ran}
		}
		c.onCPU[p.Processor] = first
		loser.Have |= pcb.FieldOnCPU
		s.Procs[first.proc].OnCPU = true
		s.Procs[first.proc].Have |= pcb.FieldOnCPU
		loser.OnCPU = false
	}
}

// sched reads the sched file of a process, and from it when its leader last got a CPU, by that CPU's clock; 0 when that
// can't be told.
func (c *Collector) sched(p *pcb.Process) (text []byte, execStart time.Duration) {
	text, errno := c.rd.read(c.rd.of(p.PID), "sched")
	if errno != 0 {
		refuse(p, errno, pcb.FieldIdle)
		return nil, 0
	}
	execStart, _ = parseExecStart(text)
	return text, execStart
}

// idle tells how long ago the process last ran: of those that do not run any more, and of all when wanted; and since
// when the dead are dead.
func (c *Collector) idle(p *pcb.Process, e *entry) {
	over := p.Zombie() || p.State == 'T' || p.State == 't'
	if !over && (c.opt.Want&WantIdle == 0 || p.State == 'R' || p.Threads > 1) || !p.Have.Has(pcb.FieldStat) {
		return
	}
	now, ok := c.clocks.execStart(p.Processor)
	if !ok {
		return
	}
	if !e.stands(p, pcb.FieldIdle) || !e.last.Have.Has(pcb.FieldIdle) {
		text, last := c.sched(p)
		if last == 0 {
			return
		}
		if p.LeaderExited() { // its other threads run: this is the end of the main one, and not kept as the process's
			p.Ended = max(0, now-last)
			p.Have |= pcb.FieldEnded
			return
		}
		e.lastRan, e.endedAsOne = last, p.Zombie() && c.endedAsOne(p, text)
	}
	p.Idle = max(0, now-e.lastRan)
	p.Have |= pcb.FieldIdle
	if p.Zombie() && e.endedAsOne {
		p.Ended = p.Idle
		p.Have |= pcb.FieldEnded
	}
}

// endedAsOne reports whether a zombie's main thread, whose sched file this is, ended when the process did. One that
// ended before the others last ran long before the death, and the kernel keeps no time of that. It ended with them
// when it was alone, which shows in the process's CPU time being its own, or when it was killed along with them.
func (c *Collector) endedAsOne(p *pcb.Process, sched []byte) bool {
	if p.KFlags&pcb.PFSignaled != 0 {
		return true
	}
	own, ok := parseSched(sched, "se.sum_exec_runtime")
	if !ok {
		return false
	}
	if all, ok := c.clocks.cpuTime(p.PID); ok {
		return all == own
	}
	return p.UTime+p.STime <= own // whole ticks, which a thread that did little does not fill
}
