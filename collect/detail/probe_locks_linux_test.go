package detail

import (
	"encoding/binary"
	"os"
	"slices"
	"testing"
	"time"

	"ptop/internal/sick"
	"ptop/pcb"
)

// locksOf probes a case until n of its threads wait for locks.
func locksOf(t *testing.T, c *sick.Case, n int) []pcb.LockWait {
	t.Helper()
	var locks []pcb.LockWait
	for range 1000 {
		if locks = probed(t, NewProber(""), idOf(t, c.PID), pcb.ProbeLocks).Locks; len(locks) == n {
			return locks
		}
		time.Sleep(10 * time.Millisecond) // on their way
	}
	t.Fatalf("locks waited for: %+v, want %d", locks, n)
	return nil
}

func TestProbeLocks(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "lock-kept")
	for _, l := range locksOf(t, c, 3) {
		if l.Owner.Name != "keeper" || l.Owner.State != 'S' || l.Waiter.Name != "waiter" || int(l.Owner.PID) != c.PID || !l.Owner.Scheduled || l.Timed || l.Inherits {
			t.Errorf("%+v", l)
		}
	}
}

func TestProbeLocksOfAnotherProcess(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "deadlock-across")
	if l := locksOf(t, c, 1)[0]; int(l.Owner.PID) != c.Of("other") || int(l.Owner.TID) != c.Of("other") || int(l.Waiter.TID) != c.PID {
		t.Errorf("%+v", l)
	}
}

// Of a process with one thread in the Snapshot, that one is looked at without a list.
func TestProbeLocksOfOneThread(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "deadlock-across")
	locksOf(t, c, 1)
	id := idOf(t, c.PID)
	snap := &pcb.Snapshot{Procs: []pcb.Process{{ID: id, Threads: 1, Have: pcb.FieldCore}}}
	p := NewProber("")
	for range 200 { // as in probed
		got := p.Probe(background, snap, []pcb.ProbeRequest{{ID: id, Kinds: pcb.ProbeLocks | pcb.ProbeThreads}})[id]
		if got != nil && got.Have == pcb.ProbeLocks|pcb.ProbeThreads {
			if len(got.Locks) != 1 || int(got.Locks[0].Waiter.TID) != c.PID || len(got.Threads) != 1 || got.Threads[0].SyscallName != "futex" {
				t.Errorf("%+v", got)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it was never probed")
}

func TestProbeTimedLocks(t *testing.T) {
	t.Parallel()
	for _, l := range locksOf(t, sick.Start(t, "lock-timed"), 2) {
		if !l.Timed {
			t.Errorf("%+v", l)
		}
	}
}

// A thread that is in a namespace is named there by another number than here.
func TestProbeLocksInNamespace(t *testing.T) {
	t.Parallel()
	sick.NeedRoot(t, "a pid namespace")
	c := sick.Start(t, "deadlock-in-namespace")
	var locks []pcb.LockWait
	for range 1000 {
		locks = probed(t, NewProber(""), idOf(t, c.Of("init")), pcb.ProbeLocks).Locks
		if len(locks) == 1 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(locks) != 1 || locks[0].Owner.TID != locks[0].Waiter.TID || int(locks[0].Owner.PID) != c.Of("init") {
		t.Errorf("%+v", locks)
	}
}

// Conditions, semaphores, barriers, read-write locks and joins are no locks with an owner.
func TestProbeOtherWaits(t *testing.T) {
	t.Parallel()
	id := idOf(t, sick.Start(t, "lock-other-waits").PID)
	p := NewProber("")
	asleep := func() int {
		n := 0
		for _, thread := range probed(t, p, id, pcb.ProbeThreads).Threads {
			if thread.SyscallName == "futex" {
				n++
			}
		}
		return n
	}
	for range 1000 {
		if asleep() == 8 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := asleep(); n != 8 {
		t.Fatalf("%d threads in futex, want 8", n)
	}
	if locks := probed(t, p, id, pcb.ProbeLocks).Locks; len(locks) > 0 {
		t.Errorf("%+v", locks)
	}
}

// The threads of a Go program that rest wait at words of its runtime, which name nobody.
func TestProbeGoRuntime(t *testing.T) {
	t.Parallel()
	id := idOf(t, os.Getpid())
	for range 1000 {
		got := probed(t, NewProber(""), id, pcb.ProbeLocks|pcb.ProbeThreads)
		if len(got.Locks) > 0 {
			t.Fatalf("%+v", got.Locks)
		}
		if slices.ContainsFunc(got.Threads, func(thread pcb.ThreadProbe) bool { return thread.SyscallName == "futex" }) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no thread was seen in futex")
}

// A rival of an owner that is ready is told.
func TestProbeRivals(t *testing.T) {
	c := sick.Start(t, "inversion-within")
	id := idOf(t, c.PID)
	for range 1000 {
		got := probed(t, NewProber(""), id, pcb.ProbeLocks)
		if len(got.Locks) == 1 && got.Locks[0].Owner.State == 'R' && len(got.Rivals) == 1 && got.Rivals[0].Name == "hog" && got.Locks[0].Owner.Nice == 19 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("never seen")
}

// mutex is a glibc mutex that thread 7 holds and another waits for.
func mutex(change func(set func(at int, value uint32))) []byte {
	m := make([]byte, mutexSize)
	set := func(at int, value uint32) { binary.NativeEndian.PutUint32(m[at:], value) }
	set(0, 2)
	set(8, 7)
	set(12, 1)
	if change != nil {
		change(set)
	}
	return m
}

func TestMutexOwner(t *testing.T) {
	type setter = func(int, uint32)
	plain := futexWait{address: 8, value: 2, private: true}
	robust := futexWait{address: 8, value: futexWaiters | 7, private: true}
	for _, c := range []struct {
		name   string
		wait   futexWait
		change func(setter)
		owner  int32
		shared bool
	}{
		{"plain", plain, nil, 7, false},
		{"recursive", plain, func(set setter) { set(4, 3); set(16, mutexRecursive) }, 7, false},
		{"adaptive", plain, func(set setter) { set(16, 3) }, 7, false},
		{"shared", plain, func(set setter) { set(16, mutexShared) }, 7, true},
		{"robust", robust, func(set setter) { set(0, futexWaiters|7); set(16, mutexRobust); set(24, 1) }, 7, false},
		{"lends priority", futexWait{inherits: true, private: true}, func(set setter) { set(0, futexWaiters|7) }, 7, false},
		{"free by now", plain, func(set setter) { set(0, 0); set(8, 0) }, 0, false},
		{"no longer waited for", plain, func(set setter) { set(0, 1) }, 0, false},
		{"between owners", plain, func(set setter) { set(8, 0) }, 0, false},
		{"no users", plain, func(set setter) { set(12, 0) }, 0, false},
		{"more users than threads", plain, func(set setter) { set(12, 99) }, 0, false},
		{"no kind", plain, func(set setter) { set(16, 0x4000) }, 0, false},
		{"counted, and not recursive", plain, func(set setter) { set(4, 1) }, 0, false},
		{"recursive, and not counted", plain, func(set setter) { set(16, mutexRecursive) }, 0, false},
		{"linked, and not robust", plain, func(set setter) { set(24, 1) }, 0, false},
		{"robust, of another owner", robust, func(set setter) { set(0, futexWaiters|7); set(8, 6); set(16, mutexRobust) }, 0, false},
		{"a reader-writer lock's bits", futexWait{value: futexWaiters | 7}, func(set setter) { set(0, futexWaiters|7) }, 0, false},
	} {
		owner, shared, ok := c.wait.owner(mutex(c.change), 4)
		if owner != c.owner && ok || ok != (c.owner != 0) || ok && shared != c.shared {
			t.Errorf("%s: owner %d, shared %v, %v", c.name, owner, shared, ok)
		}
	}
}

func TestFutexWaitOf(t *testing.T) {
	for _, c := range []struct {
		name      string
		op, value uint64
		timeout   uint64
		ok, timed bool
		inherits  bool
	}{
		{"a mutex", futexPrivate, 2, 0, true, false, false},
		{"with a time", futexBitset | futexPrivate, 2, 1, true, true, false},
		{"lends priority", futexLockPI2 | futexPrivate, 0, 0, true, false, true},
		{"a condition, or Go", futexPrivate, 0, 0, false, false, false},
		{"a wake", 1, 2, 0, false, false, false},
	} {
		w, ok := futexWaitOf(&pcb.ThreadProbe{SyscallKnown: true, SyscallName: "futex", Args: [6]uint64{4096, c.op, c.value, c.timeout}})
		if ok != c.ok || ok && (w.timed != c.timed || w.inherits != c.inherits) {
			t.Errorf("%s: %+v, %v", c.name, w, ok)
		}
	}
	if _, ok := futexWaitOf(&pcb.ThreadProbe{SyscallKnown: true, SyscallName: "read", Args: [6]uint64{4096, 0, 2}}); ok {
		t.Error("another call")
	}
}

func TestExecStartOfThread(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"x (1, #threads: 1)\n---\nse.exec_start      :     12.500000\n":        12500 * time.Microsecond,
		"\nse.exec_start (1, #threads: 1)\nse.exec_start     :  3.000000\nx\n": 3 * time.Millisecond,
		"":                       -1,
		"se.exec_start  :  -3\n": -1,
	} {
		got, ok := execStart(text)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}
