package collect

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// fixture reads one of the captures that testdata/proc/README.md describes.
func fixture(t *testing.T, name string) *pcb.Snapshot {
	t.Helper()
	return collectFrom(t, Options{Root: filepath.Join("..", "testdata", "proc", name), Want: WantSched | WantIO | WantThreads | WantIdle})
}

func find(t *testing.T, s *pcb.Snapshot, pid int32) *pcb.Process {
	t.Helper()
	p := s.Lookup(pcb.ID{PID: pid})
	if p == nil {
		t.Fatalf("process %d is missing", pid)
	}
	return p
}

func TestFixtureZombie(t *testing.T) {
	s := fixture(t, "zombie")
	if want := time.Date(2026, 11, 23, 14, 36, 7, 581164954, time.UTC); !s.Time.Equal(want) || s.Boot != 4865465014015 {
		t.Errorf("taken at %v, %v after boot, want %v, 4865465014015ns", s.Time, s.Boot, want)
	}
	if h := s.Host; h.Hostname != "web-07" || h.Kernel != "6.18.44" || h.Arch != "x86_64" || h.CPUs != 2 || h.PIDMax != 4194304 || h.PageSize != 4096 {
		t.Errorf("host: %+v", h)
	}
	if c := s.Coverage; len(s.Procs) != 3 || c.Read != 3 || c.Vanished != 0 {
		t.Errorf("%d processes, coverage %+v, want three", len(s.Procs), c)
	}
	z := find(t, s, 10)
	if !z.Zombie() || z.PPID != 8 || z.Comm != "agent" || z.ExitSig != 17 {
		t.Errorf("the zombie: %+v", z)
	}
	if !z.Have.Has(pcb.FieldExitCode) || pcb.DescribeExit(z.ExitCode) != "exit 3" {
		t.Errorf("it ended with %q, have %b", pcb.DescribeExit(z.ExitCode), z.Have)
	}
	if z.Have.Has(pcb.FieldMemory) || z.Have.Has(pcb.FieldSignals) || z.Have.Has(pcb.FieldIO) {
		t.Errorf("figures of the dead are told: %b", z.Have)
	}
	if want := time.Duration(4863624666096 - 4856610362621); !z.Have.Has(pcb.FieldIdle) || z.Idle != want {
		t.Errorf("dead for %v, want %v", z.Idle, want)
	}
	a := find(t, s, 8)
	chld := pcb.Signal(17)
	if a.State != 'S' || a.Cmdline != "/srv/agent\x00--workers\x004" || a.Exe != "/srv/agent" || a.Cgroup != "/" ||
		chld.InMask(a.SigCaught|a.SigIgnored|a.SigBlocked) {
		t.Errorf("its parent: %+v", a)
	}
}

func TestFixtureStoppedParent(t *testing.T) {
	s := fixture(t, "stopped-parent")
	p := find(t, s, 8)
	if p.State != 'T' || !pcb.Signal(17).InMask(p.SigShared) || p.ExitCode != 19 || !p.Have.Has(pcb.FieldExitCode) {
		t.Errorf("the parent: %+v", p)
	}
	if want := time.Duration(4863737684302 - 4856729850278); p.Idle != want {
		t.Errorf("stopped for %v, want %v", p.Idle, want)
	}
	for _, pid := range []int32{10, 11} {
		if z := find(t, s, pid); !z.Zombie() || z.PPID != 8 || z.ExitCode != 0 || !z.Have.Has(pcb.FieldExitCode) {
			t.Errorf("process %d: %+v", pid, z)
		}
	}
	if tasks := s.Tasks(); tasks.Zombies != 2 || tasks.ByPhase[pcb.PhaseStopped] != 1 || tasks.ByPhase[pcb.PhaseWaiting] != 2 {
		t.Errorf("tasks: %+v", tasks)
	}
}

// Whether an exit code of 0 is one, or is what the kernel shows to others, depends on who made the capture, and not on
// who looks at it.
func TestFixtureIsSeenByItsReader(t *testing.T) {
	for reader, want := range map[string]bool{
		`{"uid":0,"ptrace":true}`: true, `{"uid":0}`: true, `{"uid":65534,"ptrace":true}`: true, `{"uid":65534}`: false, `null`: false,
	} {
		root := t.TempDir()
		if err := os.CopyFS(root, os.DirFS(filepath.Join("..", "testdata", "proc", "stopped-parent"))); err != nil {
			t.Fatal(err)
		}
		meta := `{"time":"2020-01-02T03:04:05Z","boot_ns":12345678901234,"reader":` + reader + `}`
		if err := os.WriteFile(filepath.Join(root, metaFile), []byte(meta), 0o600); err != nil {
			t.Fatal(err)
		}
		z := find(t, collectFrom(t, Options{Root: root}), 10)
		if z.Have.Has(pcb.FieldExitCode) != want || z.Denied.Has(pcb.FieldExitCode) == want {
			t.Errorf("read by %s, the exit code is known: %v, refused: %v", reader, z.Have.Has(pcb.FieldExitCode), z.Denied.Has(pcb.FieldExitCode))
		}
	}
}

// A capture read twice is one moment: there are no rates.
func TestFixtureHasNoRates(t *testing.T) {
	a, b := fixture(t, "threads"), fixture(t, "threads")
	var r pcb.RateSet
	r.Compute(a, b)
	if r.Interval != 0 {
		t.Errorf("there are %v between the readings", r.Interval)
	}
	for i := range r.Procs {
		if cpu := r.Procs[i].CPU; !math.IsNaN(cpu) {
			t.Errorf("process %d uses %v %% of a CPU", b.Procs[i].PID, cpu)
		}
	}
	if !math.IsNaN(r.System.CtxSwitches) || !math.IsNaN(r.System.Total.Busy) {
		t.Errorf("the system has rates: %+v", r.System)
	}
}

func TestFixtureOrphan(t *testing.T) {
	s := fixture(t, "orphan")
	o := find(t, s, 9)
	if o.State != 'R' || o.PPID != 1 || o.PGID != 8 || o.SID != 8 || s.Lookup(pcb.ID{PID: 8}) != nil {
		t.Errorf("the orphan: %+v", o)
	}
	if o.Cmdline != "sh\x00-c\x00while :; do :; done" || o.UTime < time.Second {
		t.Errorf("it runs %q, and has run for %v", o.Cmdline, o.UTime)
	}
}

func TestFixtureThreads(t *testing.T) {
	s := fixture(t, "threads")
	w := find(t, s, 8)
	threads := s.ThreadsOf(w)
	if w.Threads != 4 || len(threads) != 4 {
		t.Fatalf("%d threads, of which %d were read, want 4", w.Threads, len(threads))
	}
	var names []string
	var voluntary uint64
	var run time.Duration
	for i := range threads {
		names = append(names, threads[i].Comm)
		voluntary += threads[i].Voluntary
		run += threads[i].RunTime
	}
	if strings.Join(names, " ") != "worker busy-0 busy-1 ticker" {
		t.Errorf("they are named %q", names)
	}
	if !w.Have.Has(pcb.FieldSwitchesSum|pcb.FieldSchedSum) || w.Voluntary != voluntary || w.RunTime != run {
		t.Errorf("%d switches and %v of CPU time, the threads' sums are %d and %v", w.Voluntary, w.RunTime, voluntary, run)
	}
	if leader, ticker := &threads[0], &threads[3]; ticker.Voluntary < 100 || leader.Voluntary > 10 {
		t.Errorf("the ticker switched %d times, the leader %d", ticker.Voluntary, leader.Voluntary)
	}
}

func TestFixtureBentNames(t *testing.T) {
	s := fixture(t, "bent")
	for pid, want := range map[int32]string{
		1: "init", 100: ") R 1 1 (", 101: "two\nlines", 102: "\x1b]52;c;eA==\x07", 103: "caf\xe9\xff", 111: "", 112: "missing parent", 4194303: "seven digits",
	} {
		p := find(t, s, pid)
		ppid := int32(1)
		switch pid {
		case 1:
			ppid = 0
		case 112:
			ppid = 999999
		}
		if p.Comm != want || p.PPID != ppid || p.State != 'S' || !p.Have.Has(pcb.FieldStat|pcb.FieldCreds) || p.KernelThread() {
			t.Errorf("process %d: name %q, parent %d, state %q, have %b, want the name %q", pid, p.Comm, p.PPID, p.State, p.Have, want)
		}
	}
}

func TestFixtureBentFiles(t *testing.T) {
	s := fixture(t, "bent")
	if s.Coverage.Listed != 15 || len(s.Procs) != 15 {
		t.Errorf("%d of %d processes", len(s.Procs), s.Coverage.Listed)
	}
	for _, pid := range []int32{104, 110} { // stat cut short, stat empty: what the other files say is kept
		if p := find(t, s, pid); p.Have.Has(pcb.FieldStat) || !p.Have.Has(pcb.FieldCreds) || p.Cmdline != "/srv/agent" {
			t.Errorf("process %d: %+v", pid, p)
		}
	}
	if p := find(t, s, 105); !p.Have.Has(pcb.FieldStat) || p.Have&(pcb.FieldCreds|pcb.FieldSignals|pcb.FieldMemory|pcb.FieldSwitches|pcb.FieldTracer) != 0 {
		t.Errorf("an empty status: have %b", p.Have)
	}
	if p := find(t, s, 106); p.PPID != 0 {
		t.Errorf("the second root has the parent %d", p.PPID)
	}
	if a, b := find(t, s, 107), find(t, s, 108); a.PPID != 108 || b.PPID != 107 {
		t.Errorf("the ring: %d, %d", a.PPID, b.PPID)
	}
	if p := find(t, s, 109); p.Started <= s.Boot || s.Age(p) != 0 {
		t.Errorf("one that started after now is %v old", s.Age(p))
	}
	if p := &s.Procs[len(s.Procs)-1]; p.PID != 4194303 {
		t.Errorf("the last is process %d", p.PID)
	}
}
