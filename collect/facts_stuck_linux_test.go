package collect

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"ptop/internal/sick"
	"ptop/pcb"
)

// Processes whose memory maps are locked, so that no reader of their command lines returns, cost no reading: each has all of
// them, with all but their texts, and no more threads are lost than may be. Whoever else reads them on this machine hangs, so
// they are not made for long.
func TestLockedMemoryMaps(t *testing.T) {
	sick.NeedFUSE(t)
	for name, n := range map[string]int{"locked-map": 1, "locked-maps": 50} {
		for _, source := range []Source{SourceBPF, SourceProc} {
			t.Run(fmt.Sprint(source, " ", n), func(t *testing.T) { lockedMaps(t, source, name, n) })
		}
	}
}

func lockedMaps(t *testing.T, source Source, name string, n int) {
	c := newCollector(t, source)
	own := startHelper(t, "load")
	var s pcb.Snapshot
	if err := collectBy(t, c, &s); err != nil {
		t.Fatal(err)
	}
	goroutines := runtime.NumGoroutine()
	sickness := sick.Start(t, name)
	lost := min(n, readersMax)
	var ran time.Duration
	for reading := range 3 {
		began := time.Now()
		if err := collectBy(t, c, &s); err != nil {
			t.Fatal(err)
		}
		t.Logf("reading %d took %v", reading, time.Since(began).Round(time.Millisecond))
		blocked := 0
		for i := 1; i <= n; i++ {
			p := find(t, &s, int32(sickness.Of(fmt.Sprint("stuck", i))))
			if p.State != 'D' || p.RunTime == 0 || !p.Have.Has(pcb.FieldCore|pcb.FieldSchedSum|pcb.FieldSwitchesSum|pcb.FieldCgroup|pcb.FieldExe) {
				t.Errorf("reading %d: process %d is in %c, ran for %v, have %b", reading, p.PID, p.State, p.RunTime, p.Have)
			}
			if p.Have.Has(pcb.FieldCmdline) {
				t.Errorf("reading %d: process %d has a command line: %q", reading, p.PID, p.Cmdline)
			}
			if p.Blocked {
				blocked++
			}
		}
		if blocked != lost || s.Coverage.Blocked < lost {
			t.Errorf("reading %d: %d of %d processes are marked as blocking, %d counted, want %d", reading, blocked, n, s.Coverage.Blocked, lost)
		}
		other := find(t, &s, int32(own.cmd.Process.Pid))
		if other.Blocked || other.RunTime <= ran || !other.Have.Has(pcb.FieldCmdline) {
			t.Errorf("reading %d: another process: blocked %v, ran for %v, then for %v, have %b", reading, other.Blocked, ran, other.RunTime, other.Have)
		}
		ran = other.RunTime
		own.figure()
		time.Sleep(150 * time.Millisecond) // in which the load runs
	}
	if more := goroutinesLost(goroutines, lost+2); more > lost+2 { // and two of the test's own, for the case
		t.Errorf("%d goroutines were lost, more than %d", more, lost)
	}

	if err := syscall.Kill(sickness.Of("server"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		for _, e := range c.known {
			e.textsAt = 0 // as if they were old
		}
		if err := collectBy(t, c, &s); err != nil {
			t.Fatal(err)
		}
		free := 0
		for i := 1; i <= n; i++ {
			if p := find(t, &s, int32(sickness.Of(fmt.Sprint("stuck", i)))); !p.Blocked && p.Have.Has(pcb.FieldCmdline) {
				free++
			}
		}
		if free == n && s.Coverage.Blocked == 0 && runtime.NumGoroutine() <= goroutines+1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("only %d of %d are read again, %d block, %d goroutines of %d", free, n, s.Coverage.Blocked, runtime.NumGoroutine(), goroutines)
		}
	}
}
