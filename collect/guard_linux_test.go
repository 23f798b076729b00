package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// statOf is a stat file of a process with one thread.
func statOf(pid int) string {
	return fmt.Sprintf("%d (p%d)%s", pid, pid, strings.Replace(statTail, " 3 0 66157", " 1 0 66157", 1))
}

// hangingProc makes a /proc on disk with the processes 1 to n, of which those that hang let every reader of their stat
// wait (it is a pipe that nobody writes to), as the kernel does in the middle of an exec.
func hangingProc(t *testing.T, n int, hangs func(pid int) bool) string {
	t.Helper()
	files := map[string]string{"stat": "cpu  1 0 1 9 0 0 0 0 0 0\nctxt 1\nbtime 1\nprocesses 1\n"}
	for pid := 1; pid <= n; pid++ {
		dir := fmt.Sprintf("%d/", pid)
		files[dir+"status"] = strings.Replace(statusText, "Name:\ta\\nb\\\\c", fmt.Sprintf("Name:\tp%d\nPPid:\t1", pid), 1)
		files[dir+"cmdline"] = "p\x00"
		if !hangs(pid) {
			files[dir+"stat"] = statOf(pid)
		}
	}
	root := procWith(t, files)
	for pid := 1; pid <= n; pid++ {
		if hangs(pid) {
			if err := unix.Mkfifo(filepath.Join(root, fmt.Sprint(pid), "stat"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Cleanup(func() {
		for pid := 1; pid <= n; pid++ {
			if hangs(pid) {
				letGo(t, root, pid)
			}
		}
	})
	return root
}

// letGo ends the waiting of whoever reads the stat file of a process, and makes it one that can be read.
func letGo(t *testing.T, root string, pid int) {
	t.Helper()
	stat := filepath.Join(root, fmt.Sprint(pid), "stat")
	if err := os.WriteFile(stat+"~", []byte(statOf(pid)), 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(stat, unix.O_WRONLY|unix.O_NONBLOCK, 0)
	if err == nil {
		unix.Close(fd)
	}
	if err := os.Rename(stat+"~", stat); err != nil {
		t.Fatal(err)
	}
}

// collectBy is Collect that must come back.
func collectBy(t *testing.T, c *Collector, s *pcb.Snapshot) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.Collect(t.Context(), s) }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		t.Fatal("the scan hangs")
		return nil
	}
}

// goroutinesLost gives how many more there are than before, once no more than allowed are left or none ends any more.
func goroutinesLost(before, allowed int) int {
	more := runtime.NumGoroutine() - before
	for end := time.Now().Add(20 * time.Second); more > allowed && time.Now().Before(end); more = runtime.NumGoroutine() - before {
		time.Sleep(5 * time.Millisecond) // one that has answered may not have ended yet
	}
	return more
}

func TestProcessesThatBlockEveryReader(t *testing.T) {
	hangs := func(pid int) bool { return pid == 1 || pid == 4 || pid == 9 }
	root := hangingProc(t, 9, hangs)
	c, err := New(Options{Root: root, Want: WantSched | WantIO})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for reading := range 3 {
		var s pcb.Snapshot
		if err := collectBy(t, c, &s); err != nil {
			t.Fatal(err)
		}
		if len(s.Procs) != 9 || s.Coverage.Blocked != 3 || s.Coverage.Vanished != 0 {
			t.Fatalf("reading %d: %d processes, coverage %+v", reading, len(s.Procs), s.Coverage)
		}
		for i := range s.Procs {
			p := &s.Procs[i]
			hung := hangs(int(p.PID))
			if p.Blocked != hung || p.Have.Has(pcb.FieldStat) == hung || p.Have.Has(pcb.FieldCmdline) == hung {
				t.Errorf("reading %d: process %d: blocked %v, have %b", reading, p.PID, p.Blocked, p.Have)
			}
			if p.PID != int32(i+1) || p.Comm != fmt.Sprintf("p%d", p.PID) || p.State != 'S' || p.PPID != 1 || !p.Have.Has(pcb.FieldCreds) {
				t.Errorf("reading %d: row %d is process %d, %q, state %q, have %b", reading, i, p.PID, p.Comm, p.State, p.Have)
			}
		}
	}
	letGo(t, root, 4) // as if its exec came to its end
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		var s pcb.Snapshot
		if err := collectBy(t, c, &s); err != nil {
			t.Fatal(err)
		}
		if p := find(t, &s, 4); !p.Blocked && p.Have.Has(pcb.FieldStat) && p.Start == 66157 && s.Coverage.Blocked == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the process is not read again")
		}
	}
}

// One that was read before keeps its identity while it blocks.
func TestIdentityOfOneThatBlocksLater(t *testing.T) {
	root := hangingProc(t, 2, func(int) bool { return false })
	c, err := New(Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var s pcb.Snapshot
	if err := collectBy(t, c, &s); err != nil {
		t.Fatal(err)
	}
	stat := filepath.Join(root, "2/stat")
	if err := os.Remove(stat); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(stat, 0o600); err != nil {
		t.Fatal(err)
	}
	defer letGo(t, root, 2)
	if err := collectBy(t, c, &s); err != nil {
		t.Fatal(err)
	}
	if p := s.Lookup(pcb.ID{PID: 2, Start: 66157}); p == nil || !p.Blocked || p.Started != 661570*time.Millisecond || p.Have.Has(pcb.FieldStat) {
		t.Errorf("the process is now %+v", p)
	}
}

// Where more block than threads may be lost, all the rest is told by status alone; when they let go, a reading is whole.
func TestTooManyThatBlockEveryReader(t *testing.T) {
	const n = stuckMax + 20
	hangs := func(pid int) bool { return pid > 1 }
	root := hangingProc(t, n, hangs)
	c, err := New(Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	before := runtime.NumGoroutine()
	var s pcb.Snapshot
	for range 3 {
		if err := collectBy(t, c, &s); err != nil || len(s.Procs) != n || s.Coverage.Blocked < n-1 {
			t.Fatalf("with %d processes that block: %d processes, coverage %+v, %v", n-1, len(s.Procs), s.Coverage, err)
		}
	}
	if more := runtime.NumGoroutine() - before; more > stuckMax+8 {
		t.Errorf("%d goroutines were lost, more than %d", more, stuckMax)
	}
	for pid := 2; pid <= n; pid++ {
		letGo(t, root, pid)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if err := collectBy(t, c, &s); err == nil && len(s.Procs) == n && s.Coverage.Blocked == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not whole again: %d processes, coverage %+v", len(s.Procs), s.Coverage)
		}
	}
}

// A thread that could run and gets no CPU is not stuck in a read.
func TestWhoWaitsForACPUIsNotStuck(t *testing.T) {
	var g guard
	var stop atomic.Bool
	locked := func(f func()) {
		ready := make(chan bool)
		go func() {
			runtime.LockOSThread()
			g.tid.Store(int32(unix.Gettid()))
			ready <- true
			f()
		}()
		<-ready
	}
	locked(func() {
		for !stop.Load() {
		}
	})
	for deadline := time.Now().Add(time.Minute); !g.runnable(); { // it may still be handing over
		if time.Now().After(deadline) {
			t.Fatal("a spinning thread counts as stuck")
		}
	}
	stop.Store(true)
	p := pipe()
	defer unix.Close(p[1])
	locked(func() { _, _ = unix.Read(p[0], make([]byte, 1)) })
	for deadline := time.Now().Add(time.Minute); g.runnable(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a thread in a read that does not end counts as able to run")
		}
	}
}

// Where no descriptor is to be had to ask what a reading thread does, its read is not given up.
func TestWithoutDescriptorsNoReadIsGivenUp(t *testing.T) {
	h := startHelper(t, "guardless")
	if line := h.line(); line != "false true" {
		t.Errorf("a sleeping thread counts as able to run, with descriptors and without: %s", line)
	}
}

// Without a descriptor to be had a machine does not look empty.
func TestNoDescriptorIsNoEmptyMachine(t *testing.T) {
	h := startHelper(t, "starved")
	line := h.line()
	if !strings.Contains(line, "too many open files") {
		t.Errorf("without descriptors a reading gives %q", line)
	}
}
