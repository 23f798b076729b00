package collect

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ptop/pcb"
)

// restingProc is a /proc on disk of processes that sleep, with a collector that has read each until it rests.
type restingProc struct {
	t    *testing.T
	root string
	c    *Collector
	s    pcb.Snapshot
}

const restingProcs = 200

func newRestingProc(t *testing.T) *restingProc {
	d := &restingProc{t: t, root: procWith(t, map[string]string{"stat": "cpu  1 0 1 9 0 0 0 0 0 0\n"})}
	for pid := 1; pid <= restingProcs; pid++ {
		d.write(pid, "stat", statOf(pid))
		d.write(pid, "status", restingStatus(1, 0))
		d.write(pid, "io", "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n")
	}
	c, err := New(Options{Root: d.root, Want: WantIO})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	d.c = c
	for range 3 { // new; the same as the time before
		d.read()
	}
	c.Attend(nil)
	for pid := 1; pid <= restingProcs; pid++ {
		d.write(pid, "status", restingStatus(2, 0))
	}
	return d
}

// restingStatus is a status file with that many kB of memory and switches, and those signals blocked.
func restingStatus(n, blocked int) string {
	return fmt.Sprintf("Name:\tx\nState:\tS (sleeping)\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nVmRSS:\t%d kB\n"+
		"SigPnd:\t0\nShdPnd:\t0\nSigBlk:\t%x\nSigIgn:\t0\nSigCgt:\t0\nvoluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t0\n", n, blocked, n)
}

func (d *restingProc) write(pid int, file, text string) {
	d.t.Helper()
	path := filepath.Join(d.root, fmt.Sprint(pid), file)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *restingProc) read() pcb.Snapshot {
	d.t.Helper()
	s := pcb.Snapshot{}
	if err := d.c.Collect(d.t.Context(), &s); err != nil {
		d.t.Fatal(err)
	}
	d.s = s
	return s
}

// fresh gives how many were read whole, after their status had been changed.
func (d *restingProc) fresh() (n int) {
	for i := range d.s.Procs {
		if d.s.Procs[i].Voluntary == 2 {
			n++
		}
	}
	return n
}

// Whose stat is the same rests: the figures of its status stand with their own time, and make no rate. All have their turn.
func TestTheRestingHaveTurns(t *testing.T) {
	d := newRestingProc(t)
	before := d.s
	var r pcb.RateSet
	for reading, want := range []int{64, 128, 192, 200} {
		now := d.read()
		r.Compute(&before, &now)
		if got := d.fresh(); got != want {
			t.Errorf("reading %d: %d were read whole, want %d", reading, got, want)
		}
		for i := range now.Procs {
			p, b := &now.Procs[i], &before.Procs[i]
			if p.At <= b.At || p.ID != b.ID || p.Comm != b.Comm || p.Have&^pcb.FieldIdle != b.Have&^pcb.FieldIdle || p.Threads != 1 || p.WriteBytes != 6 {
				t.Fatalf("process %d is %+v, was %+v", p.PID, p, b)
			}
			resting := p.Voluntary == b.Voluntary
			if same := p.SwitchesAt == b.SwitchesAt && p.IOAt == b.IOAt; same != (resting && p.SwitchesAt < now.Mono) {
				t.Errorf("process %d: switches %d of %v, before %d of %v", p.PID, p.Voluntary, p.SwitchesAt, b.Voluntary, b.SwitchesAt)
			}
			if p.RSS != 1024*p.Voluntary {
				t.Errorf("process %d: memory and switches are of two readings: %d, %d", p.PID, p.RSS, p.Voluntary)
			}
			if rate := r.Procs[i].Voluntary; math.IsNaN(rate) != (p.SwitchesAt == b.SwitchesAt) {
				t.Errorf("process %d: %v switches a second, of %v and %v", p.PID, rate, p.SwitchesAt, b.SwitchesAt)
			}
			if math.IsNaN(r.Procs[i].CPU) {
				t.Errorf("process %d: no CPU percentage, though stat was read", p.PID)
			}
		}
		before = now
	}
}

// Whoever is attended, moves or can't be judged by stat alone is read whole each time.
func TestWhoDoesNotRest(t *testing.T) {
	d := newRestingProc(t)
	d.c.Attend([]int32{199, 150})
	d.write(180, "stat", statOf(180)+" 1")
	d.read()
	for pid, want := range map[int32]uint64{150: 2, 180: 2, 199: 2, 151: 1, 179: 1, 200: 1} {
		if got := find(t, &d.s, pid).Voluntary; got != want {
			t.Errorf("process %d: status of reading %d, want %d", pid, got, want)
		}
	}
	// Its switches had grown: it is read again, while the others still have their turns.
	d.write(180, "status", restingStatus(3, 0))
	if d.read(); find(t, &d.s, 180).Voluntary != 3 {
		t.Error("a process that ran a reading ago is not read again")
	}
	d.c.SetWant(WantIO | WantSched)
	if d.read(); d.fresh() != restingProcs-1 {
		t.Errorf("with another wish %d were read whole", d.fresh())
	}
}

func TestSettles(t *testing.T) {
	const have = pcb.FieldStat | pcb.FieldSwitches | pcb.FieldCreds | pcb.FieldSignals
	for _, x := range []struct {
		name string
		p    pcb.Process
		want bool
	}{
		{"sleeps", pcb.Process{State: 'S', Have: have}, true},
		{"a kernel thread", pcb.Process{State: 'I', Have: have, KFlags: pcb.PFKernelThread}, true},
		{"dead", pcb.Process{State: 'Z', Have: have &^ pcb.FieldSignals, KFlags: pcb.PFExiting}, true},
		{"its leader is dead", pcb.Process{State: 'Z', Have: have, Threads: 2}, false},
		{"runs", pcb.Process{State: 'R', Have: have}, false},
		{"can't be woken", pcb.Process{State: 'D', Have: have}, false},
		{"stopped", pcb.Process{State: 'T', Have: have}, false},
		{"traced", pcb.Process{State: 'S', Have: have, TracerPID: 7}, false},
		{"holds back a signal", pcb.Process{State: 'S', Have: have, SigBlocked: 1}, false},
		{"has one pending", pcb.Process{State: 'S', Have: have, SigShared: 1}, false},
		{"does not come to its end", pcb.Process{State: 'S', Have: have, KFlags: pcb.PFExiting}, false},
		{"its status is denied", pcb.Process{State: 'S', Have: pcb.FieldStat}, false},
	} {
		if got := settles(&x.p); got != x.want {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}

func TestAttendWhileReading(t *testing.T) {
	d := newRestingProc(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range int32(1000) {
			d.c.Attend([]int32{n % restingProcs, 1})
		}
	})
	for range 3 {
		d.read()
	}
	wg.Wait()
	d.write(1, "status", restingStatus(9, 0))
	if d.read(); find(t, &d.s, 1).Voluntary != 9 {
		t.Error("the attended is not read whole")
	}
}
