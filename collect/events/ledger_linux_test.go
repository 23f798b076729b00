package events

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"ptop/pcb"
)

// desk feeds a ledger with events made by hand; each is a millisecond after the one before.
type desk struct {
	*ledger
	t  *testing.T
	at time.Duration
}

func newDesk(t *testing.T) *desk { return &desk{newLedger(time.Second), t, time.Second} }

func (d *desk) tick() time.Duration {
	d.at += time.Millisecond
	return d.at
}

func (d *desk) forks(parent, pid int32) {
	d.fork(&event{at: d.tick(), parent: parent, pid: pid, tgid: pid})
}

func (d *desk) thread(tgid, tid int32) { d.fork(&event{at: d.tick(), pid: tid, tgid: tgid}) }

func (d *desk) execs(tgid int32) { d.exec(&event{at: d.tick(), pid: tgid, tgid: tgid}) }

func (d *desk) ends(tgid, tid, status int32) {
	d.exit(&event{at: d.tick(), pid: tid, tgid: tgid, status: status})
}

// look ends the interval with a reading of these, which have the boot clock of the events.
func (d *desk) look(procs ...pcb.Process) *pcb.Events {
	d.tick()
	began := d.at
	s := &pcb.Snapshot{Boot: began, Procs: procs}
	return d.cut(s, began, d.tick(), 0)
}

// there is a process that a reading shows.
func there(pid, parent int32, name string, started time.Duration) pcb.Process {
	return pcb.Process{
		ID: pcb.ID{PID: pid, Start: uint64(started / pcb.Tick)}, PPID: parent, Comm: name, State: 'S', Threads: 1, Have: pcb.FieldStat,
		Started: started / pcb.Tick * pcb.Tick,
	}
}

func (d *desk) one(e *pcb.Events, pid int32) *pcb.Forker {
	d.t.Helper()
	for i := range e.Forkers {
		if e.Forkers[i].ID.PID == pid {
			return &e.Forkers[i]
		}
	}
	d.t.Fatalf("%d is no forker of %+v", pid, e.Forkers)
	return nil
}

// What short-lived ones make counts for who lives, with its name, statuses and programs; what is left over is counted.
func TestShortLivedCountForWhoLives(t *testing.T) {
	d := newDesk(t)
	shell := there(10, 1, "bash", 0)
	d.look(there(1, 0, "init", 0), shell)
	for i := range int32(3) {
		d.forks(10, 20)
		d.forks(20, 21)
		d.execs(21)
		d.named(21, []byte("true"))
		d.ends(21, 21, i<<8)
		d.ends(20, 20, 0)
	}
	d.forks(99, 30) // by one of whom nothing is known
	d.forks(30, 31)
	d.ends(31, 31, 0)
	d.ends(30, 30, 0)
	d.forks(10, 40) // lives on
	d.forks(10, 41)
	d.comm(&event{pid: 41, tgid: 41}, []byte("renamed\x00"))
	d.ends(41, 41, 0)
	e := d.look(there(1, 0, "init", 0), shell)
	f := d.one(e, 10)
	if f.ID != shell.ID || f.Name != "bash" || f.Forks != 8 || f.ShortLived != 7 || f.Execs != 3 || fmt.Sprint(f.Names) != "[true renamed]" {
		t.Errorf("%+v", f)
	}
	if len(f.Statuses) != 3 || f.Statuses[0] != (pcb.ExitCount{Status: 0, Count: 5}) {
		t.Errorf("statuses %v", f.Statuses)
	}
	if e.ShortLived != 9 || e.Rest != 2 || e.Forks != 10 || e.Exits != 9 || len(e.Forkers) != 1 {
		t.Errorf("%+v", e)
	}
	d.ends(40, 40, 0) // born in the interval before
	if e = d.look(there(1, 0, "init", 0), shell); e.ShortLived != 0 || e.Exits != 1 || len(e.Forkers) != 0 {
		t.Errorf("one that lived over a reading counts as short-lived: %+v", e)
	}
}

// A pid that is given anew within an interval is another process.
func TestPidReuse(t *testing.T) {
	d := newDesk(t)
	d.look(there(10, 1, "bash", 0))
	d.forks(10, 20)
	d.ends(20, 20, 0)
	d.forks(10, 20)
	d.ends(20, 20, 9)
	d.forks(10, 20) // whose end is lost
	d.forks(10, 20)
	e := d.look(there(10, 1, "bash", 0))
	if f := d.one(e, 10); f.ShortLived != 2 || len(f.Statuses) != 2 || e.Forks != 4 {
		t.Errorf("%+v", e)
	}
	old := there(50, 10, "old", 0)
	d.look(there(10, 1, "bash", 0), old)
	d.ends(50, 50, 0)
	d.forks(10, 50) // after the reading had shown the old one
	d.at -= 3 * time.Millisecond
	s := &pcb.Snapshot{Procs: []pcb.Process{there(10, 1, "bash", 0), old}}
	d.cut(s, d.at, d.tick(), 0)
	if p := d.live[50]; p == nil || p.ID.Start != 0 || p.name() != "bash" {
		t.Errorf("the new bearer of the pid is taken for the old one: %+v", p)
	}
}

// A process has ended when its last thread has; an exec leaves but its caller, whichever thread that was.
func TestThreadsAndTheirProcess(t *testing.T) {
	d := newDesk(t)
	d.look(there(10, 1, "server", 0))
	d.forks(10, 20)
	d.thread(20, 21)
	d.thread(20, 22)
	d.ends(20, 20, 0)
	d.ends(20, 21, 0)
	if d.sum.Exits != 0 {
		t.Error("it has ended before its last thread")
	}
	d.ends(20, 22, 3<<8)
	d.forks(10, 30)
	d.thread(30, 31)
	d.thread(30, 32)
	d.ends(30, 32, 0) // 31 calls exec: the others are ended, and it takes the main thread's place
	d.ends(30, 30, 0)
	d.execs(30)
	if d.live[30] == nil {
		t.Fatal("an exec of another thread than the main one ended it")
	}
	d.ends(30, 30, 4<<8)
	e := d.look(there(10, 1, "server", 0))
	f := d.one(e, 10)
	if e.Exits != 2 || e.Forks != 2 || e.Threads != 4 || f.ShortLived != 2 || f.Execs != 1 {
		t.Errorf("%+v", e)
	}
	for _, s := range f.Statuses {
		if s.Status != 3<<8 && s.Status != 4<<8 {
			t.Errorf("statuses %v", f.Statuses)
		}
	}
}

// Ends of parents name the children that live on, whoever adopted them, and only those that the parent forked.
func TestLostParents(t *testing.T) {
	d := newDesk(t)
	d.look(there(1, 0, "init", 0), there(10, 1, "bash", 0))
	d.forks(10, 20)
	d.comm(&event{pid: 20, tgid: 20}, []byte("worker\x00\x00\x00\x00"))
	d.forks(20, 21)
	d.forks(20, 22)
	d.forks(20, 23)
	d.ends(20, 20, 7<<8)
	at := d.at
	d.ends(22, 22, 0)
	d.forks(10, 30)
	d.forks(30, 31)
	d.ends(30, 30, 0)
	d.ends(31, 31, 0)
	e := d.look(there(1, 0, "init", 0), there(10, 1, "bash", 0), there(21, 1, "worker", at), there(23, 1, "worker", at))
	if len(e.Ends) != 1 {
		t.Fatalf("%+v", e.Ends)
	}
	if end := e.Ends[0]; end.ID.PID != 20 || end.Name != "worker" || end.Status != 7<<8 || end.At != at || fmt.Sprint(end.Children) != "[23 21]" && fmt.Sprint(end.Children) != "[21 23]" {
		t.Errorf("%+v", end)
	}
	d.ends(10, 10, 9) // it answers for 21 and 23, but has not forked them
	if e = d.look(there(1, 0, "init", 0), there(21, 1, "worker", at), there(23, 1, "worker", at)); len(e.Ends) != 0 || d.live[21] == nil {
		t.Errorf("%+v", e.Ends)
	}
}

// What was lost is counted, and what a reading no longer shows is forgotten.
func TestLosses(t *testing.T) {
	d := newDesk(t)
	d.look(there(10, 1, "bash", 0))
	d.forks(10, 20)
	d.forks(20, 21)
	d.lose(7)
	if e := d.look(there(10, 1, "bash", 0), there(21, 1, "left", d.at)); e.Lost != 7 || d.live[20] != nil || d.live[21] == nil {
		t.Errorf("lost %d, still live %v", e.Lost, d.live)
	}
}

// However long nobody asks, memory is bounded by who lives; and so is what is told.
func TestBounds(t *testing.T) {
	d := newDesk(t)
	var procs []pcb.Process
	for i := range int32(1000) {
		procs = append(procs, there(100+i, 1, "shell", 0))
	}
	d.look(procs...)
	for i := range int32(200_000) {
		d.forks(100+i%1000, 5000+i%3000)
		d.forks(5000+i%3000, 9000+i%3000)
		d.ends(5000+i%3000, 5000+i%3000, i/1000%100<<8)
		d.ends(9000+i%3000, 9000+i%3000, 0)
	}
	if len(d.live) != 1000 || len(d.busy) > 1000 || len(d.ledger.ends) != 0 || len(d.spares) > sparesMax || len(d.tallies) > sparesMax {
		t.Errorf("%d live, %d busy, %d ends, %d and %d for reuse", len(d.live), len(d.busy), len(d.ledger.ends), len(d.spares), len(d.tallies))
	}
	allocs := testing.AllocsPerRun(1000, func() {
		d.forks(100, 5000)
		d.ends(5000, 5000, 0)
	})
	if allocs > 0 {
		t.Errorf("a fork and an end allocate %v times", allocs)
	}
	for i := range int32(1000) { // each leaves a child
		d.forks(100+i, 20_000+i)
		procs[i] = there(20_000+i, 1, "left", d.at)
		d.ends(100+i, 100+i, 0)
	}
	e := d.look(procs...)
	var told, others uint64
	for i := range e.Forkers {
		f := &e.Forkers[i]
		told += f.ShortLived
		others += f.OtherStatuses
		if len(f.Statuses) > statusesMax || !f.Ended {
			t.Errorf("%+v", f)
		}
	}
	if len(e.Forkers) != forkersMax || told+e.Rest != e.ShortLived || e.ShortLived < 400_000 || others == 0 {
		t.Errorf("%d forkers of %d, %d of others, of %d short-lived; %d further statuses", len(e.Forkers), told, e.Rest, e.ShortLived, others)
	}
	if len(e.Ends) != endsMax || e.EndsLeft != 1000-endsMax || e.Ends[0].At < e.Ends[1].At {
		t.Errorf("%d ends, %d more", len(e.Ends), e.EndsLeft)
	}
}

// A gap in a CPU's own numbers is what was lost, also where they wrap; answers to other listeners are numbered, too, but by old kernels.
func TestLossesAreExact(t *testing.T) {
	s, l := &socket{next: map[uint32]uint32{}}, newLedger(0)
	for _, x := range []struct{ what, cpu, seq uint32 }{
		{eventExec, 0, 4_294_967_290}, {eventExec, 1, 5}, {eventExec, 0, 4_294_967_294}, {eventExec, 1, 6}, {eventNone, 0xffffffff, 99}, {eventExec, 0, 1}, {eventNone, 1, 7}, {eventExec, 1, 11},
	} {
		s.enter(l, message(x.what, x.cpu, x.seq))
	}
	if l.sum.Lost != 3+2+3 {
		t.Errorf("%d lost, want 8", l.sum.Lost)
	}
}

func message(what, cpu, seq uint32) []byte {
	m := make([]byte, headerLen+eventLen)
	put := func(at int, v uint32) { binary.NativeEndian.PutUint32(m[at:], v) }
	put(24, seq)
	put(headerLen, what)
	put(headerLen+4, cpu)
	return m
}

// Whatever comes in whatever order, nothing is counted twice and nobody is forgotten in a list.
func FuzzLedger(f *testing.F) {
	f.Add([]byte("0abc1bcd2cde3bbb4xyz5"))
	f.Fuzz(func(t *testing.T, ops []byte) {
		d := newDesk(t)
		for i := 0; i+3 < len(ops); i += 4 {
			a, b := int32(ops[i+1]%16+1), int32(ops[i+2]%16+1)
			switch ops[i] % 7 {
			case 0, 1:
				d.forks(a, b)
			case 2:
				d.thread(a, b+100)
			case 3:
				d.execs(a)
			case 4:
				d.ends(a, a, int32(ops[i+3]))
			case 5:
				d.ends(a, b+100, 0)
			case 6:
				e := d.look(there(a, b, "x", 0), there(a+16, a, "y", d.at))
				var sum uint64
				for k := range e.Forkers {
					sum += e.Forkers[k].ShortLived
				}
				if sum+e.Rest != e.ShortLived {
					t.Errorf("%d attributed, %d not, of %d", sum, e.Rest, e.ShortLived)
				}
			}
			listed := 0
			for _, p := range d.live {
				if p.parent != nil {
					for c := p.parent.child; c != nil; c = c.next {
						if c == p {
							listed++
						}
					}
					listed--
				}
				if p.tally != nil && d.busy[p.busy] != p || p.lost != nil && d.ledger.ends[p.lost.place] != p.lost {
					t.Errorf("%+v is lost", p)
				}
			}
			if listed != 0 {
				t.Errorf("of the living %d are in wrong lists", listed)
			}
		}
	})
}
