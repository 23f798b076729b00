package collect

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// procWith makes a directory with the files given, as a /proc.
func procWith(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func readSystemOf(t *testing.T, root string) (sys pcb.System, host pcb.Host) {
	t.Helper()
	r, err := newSystemReader(root)
	if err != nil {
		t.Fatal(err)
	}
	r.read(&sys, &host)
	return sys, host
}

func TestSystemOfAFile(t *testing.T) {
	sys, host := readSystemOf(t, procWith(t, map[string]string{
		// CPU 1 is offline; user and nice hold the guests' time.
		"stat": "cpu  1000 200 300 4000 50 6 7 8 100 20\ncpu0 600 100 200 2000 25 3 4 5 100 20\ncpu2 400 100 100 2000 25 3 3 3 0 0\n" +
			"intr 99 1 2 3\nctxt 123456\nbtime 1700000000\nprocesses 789\nprocs_running 1\nprocs_blocked 0\nsoftirq 10 1 1 1 1 1 1 1 1 1 1\n",
		"meminfo": "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  400 kB\nBuffers:  10 kB\nCached:  200 kB\nShmem:  5 kB\n" +
			"Slab:  30 kB\nSwapTotal:  500 kB\nSwapFree:  300 kB\n",
		"loadavg":                "0.50 1.25 2.00 1/234 5678\n",
		"pressure/cpu":           "some avg10=1.50 avg60=2.50 avg300=3.50 total=4000\n", // Linux before 5.13 has no full line here
		"pressure/memory":        "some avg10=1.00 avg60=2.00 avg300=3.00 total=4000\nfull avg10=0.10 avg60=0.20 avg300=0.30 total=400\n",
		"sys/kernel/pid_max":     "32768\n",
		"sys/kernel/threads-max": "1000\n",
		"sys/kernel/hostname":    "other\n",
		"sys/kernel/osrelease":   "5.4.0\n",
	}))
	if len(sys.CPUs) != 2 || sys.CPUs[0].ID != 0 || sys.CPUs[1].ID != 2 || host.CPUs != 2 {
		t.Fatalf("CPUs: %+v", sys.CPUs)
	}
	if c := sys.CPUs[0]; c != (pcb.CPUTimes{ID: 0, User: 5, Nice: 0.8, System: 2, Idle: 20, IOWait: 0.25, IRQ: 0.03, SoftIRQ: 0.04, Steal: 0.05, Guest: 1.2}) {
		t.Errorf("CPU 0: %+v", c)
	}
	if got := sys.Total.Sum(); got < 55.70 || got > 55.72 { // guests counted once
		t.Errorf("the total is %v, want 55.71", got)
	}
	if *sys.CtxSwitches != 123456 || *sys.Forks != 789 || *sys.ThreadsMax != 1000 || host.PIDMax != 32768 {
		t.Errorf("switches %d, forks %d, threads-max %d, pid_max %d", *sys.CtxSwitches, *sys.Forks, *sys.ThreadsMax, host.PIDMax)
	}
	if m := *sys.Memory; m != (pcb.Memory{Total: 1000 << 10, Available: 400 << 10, Free: 100 << 10, Buffers: 10 << 10, Cached: 200 << 10, Shared: 5 << 10, Slab: 30 << 10}) {
		t.Errorf("memory: %+v", m)
	}
	if *sys.Swap != (pcb.Swap{Total: 500 << 10, Free: 300 << 10}) || *sys.Load != [3]float64{0.5, 1.25, 2} {
		t.Errorf("swap %+v, load %v", *sys.Swap, *sys.Load)
	}
	if p := *sys.CPUPressure; p != (pcb.Pressure{Some10: 1.5, Some60: 2.5, Some300: 3.5, SomeTotal: 4 * time.Millisecond}) {
		t.Errorf("CPU pressure: %+v", p)
	}
	if p := *sys.MemPressure; p.Full300 != 0.3 || p.FullTotal != 400*time.Microsecond || sys.IOPressure != nil {
		t.Errorf("memory pressure: %+v, I/O pressure %v", p, sys.IOPressure)
	}
	// Of another machine nothing is told that is this one's.
	if host.Hostname != "other" || host.Kernel != "5.4.0" || host.Arch != "" || host.PageSize != 0 || host.BootID != "" {
		t.Errorf("host: %+v", host)
	}
}

func TestSystemWithoutFiles(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"none": nil,
		"all empty": {
			"stat": "", "meminfo": "", "loadavg": "", "pressure/cpu": "", "sys/kernel/pid_max": "", "sys/kernel/threads-max": "",
		},
		"all garbage": {
			"stat": "cpu x\n", "meminfo": "MemTotal: many kB\n", "loadavg": "high\n", "pressure/cpu": "some avg10=x\n", "sys/kernel/pid_max": "x\n",
			"sys/kernel/threads-max": "x\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			sys, host := readSystemOf(t, procWith(t, files))
			if sys.Memory != nil || sys.Swap != nil || sys.Load != nil || sys.CPUPressure != nil || sys.ThreadsMax != nil || len(sys.CPUs) != 0 || host.PIDMax != 0 {
				t.Errorf("something is told: %+v, %+v", sys, host)
			}
			if sys.CtxSwitches != nil || sys.Forks != nil {
				t.Errorf("%d switches, %d forks are told", *sys.CtxSwitches, *sys.Forks)
			}
		})
	}
}

// A file that is not there is asked for once; one that failed otherwise is tried again.
func TestSystemAsksOnce(t *testing.T) {
	for _, tt := range []struct {
		err    error
		absent bool
	}{
		{fmt.Errorf("reading: %w", &os.PathError{Op: "read", Path: "x", Err: unix.EOPNOTSUPP}), true},
		{&os.PathError{Op: "open", Path: "x", Err: unix.ENOENT}, true},
		{&os.PathError{Op: "open", Path: "x", Err: unix.EACCES}, true},
		{&os.PathError{Op: "open", Path: "x", Err: unix.EMFILE}, false},
		{errors.New("malformed"), false},
	} {
		r := &systemReader{absent: map[string]bool{}}
		if r.try("x", tt.err) || r.absent["x"] != tt.absent {
			t.Errorf("%v: absent from then on is %v, want %v", tt.err, r.absent["x"], tt.absent)
		}
	}
	dir := procWith(t, nil)
	r, err := newSystemReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	var sys pcb.System
	var host pcb.Host
	r.read(&sys, &host)
	if err := os.WriteFile(filepath.Join(dir, "loadavg"), []byte("1 2 3 1/1 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.read(&sys, &host); sys.Load != nil {
		t.Error("a missing file was asked for again")
	}
}

func TestHostOfThisMachine(t *testing.T) {
	_, host := readSystemOf(t, "/proc")
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		t.Fatal(err)
	}
	if host.Hostname != name || host.Kernel != unix.ByteSliceToString(uts.Release[:]) || host.Arch != unix.ByteSliceToString(uts.Machine[:]) {
		t.Errorf("host: %+v", host)
	}
	if host.OS != "linux" || len(host.BootID) != 36 || host.PageSize != os.Getpagesize() || host.CPUs < 1 || host.CPUs < runtime.NumCPU() || host.PIDMax < 300 {
		t.Errorf("host: %+v", host)
	}
}

func BenchmarkSystemRead(b *testing.B) {
	r, err := newSystemReader("/proc")
	if err != nil {
		b.Fatal(err)
	}
	var sys pcb.System
	var host pcb.Host
	b.ReportAllocs()
	for b.Loop() {
		r.read(&sys, &host)
	}
}
