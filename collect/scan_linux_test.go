package collect

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

// sleepers makes n processes that sleep until the test ends.
func sleepers(tb testing.TB, n int) {
	tb.Helper()
	cmd := exec.Command("sh", "-c", fmt.Sprintf("i=0; while [ $i -lt %d ]; do sleep 3600 & i=$((i+1)); done; echo ready; wait", n))
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		_ = cmd.Wait()
		for end := time.Now().Add(10 * time.Second); unix.Kill(-cmd.Process.Pid, 0) == nil && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond) // until whoever adopted them has reaped them
		}
	})
	if _, err := out.Read(make([]byte, 8)); err != nil {
		tb.Fatal(err)
	}
}

func scanner(tb testing.TB, source Source, want Want) (*Collector, *pcb.Snapshot) {
	tb.Helper()
	c, err := New(Options{Source: source, Want: want})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	var s pcb.Snapshot
	for range 2 { // the first fills the caches
		if err := c.Collect(tb.Context(), &s); err != nil {
			tb.Fatal(err)
		}
	}
	return c, &s
}

// In steady state a scan allocates nothing for a process: 300 more cost no allocation more.
func TestScanAllocatesNothingPerProcess(t *testing.T) {
	for _, source := range allowed(t) {
		t.Run(string(source), func(t *testing.T) { allocatesNothing(t, source) })
	}
}

// allowed are the sources that can be tried here: without root, /proc alone.
func allowed(t testing.TB) []Source {
	if os.Geteuid() != 0 {
		sick.NeedRoot(t, "other sources than /proc need it")
		return []Source{SourceProc}
	}
	return Sources[1:]
}

func allocatesNothing(t *testing.T, source Source) {
	allocations := func(more int) (float64, int) {
		sleepers(t, more)
		c, s := scanner(t, source, WantUsual)
		best := 1e9 // other processes come and go: the quietest of a few rounds
		for range 8 {
			best = min(best, testing.AllocsPerRun(1, func() {
				if err := c.Collect(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}))
		}
		return best, len(s.Procs)
	}
	few, fewProcs := allocations(1)
	many, manyProcs := allocations(300)
	t.Logf("%d processes: %.0f allocations; %d: %.0f", fewProcs, few, manyProcs, many)
	if manyProcs < fewProcs+250 {
		t.Fatalf("only %d processes beside %d", manyProcs, fewProcs)
	}
	if many > few+30 {
		t.Errorf("%d processes more cost %.0f allocations more", manyProcs-fewProcs, many-few)
	}
}

// BenchmarkScan times a whole scan and, in turns with it, the floor: a bare open, read, close of the files that are read of
// every process each time. (What cannot have changed since is not read again; "threads" is -H, which reads all of it; "at
// rest" is when nobody is attended, against a list and stat alone.) It tells microseconds a process of both, and their ratio.
func BenchmarkScan(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			sleepers(b, n)
			for _, v := range []struct {
				name  string
				want  Want
				files []string
			}{
				{"stat+status+cmdline", 0, []string{"stat", "status"}},
				{"usual", WantUsual, []string{"stat", "status"}},
				{"threads", WantUsual | WantThreads, []string{"stat", "status", "task/PID/status", "task/PID/schedstat", "task/PID/stat"}},
			} {
				b.Run(v.name, func(b *testing.B) { benchmarkScan(b, v.want, v.files, false) })
			}
			for _, v := range []struct {
				name string
				want Want
			}{{"stat at rest", 0}, {"usual at rest", WantUsual}} {
				b.Run(v.name, func(b *testing.B) { benchmarkScan(b, v.want, []string{"stat"}, true) })
			}
		})
	}
}

// benchmarkScan scans all whole, or as when nobody is attended.
func benchmarkScan(b *testing.B, want Want, files []string, rest bool) {
	c, s := scanner(b, SourceProc, want)
	if rest {
		c.Attend(nil)
	}
	paths := barePaths(s, files)
	var scan, bare time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := cpuTime()
		if err := c.Collect(b.Context(), s); err != nil {
			b.Fatal(err)
		}
		middle := cpuTime()
		listBare(b, c.rd.root)
		readBare(c.rd.root, paths)
		scan += middle - start
		bare += cpuTime() - middle
	}
	each := float64(b.N) * float64(len(s.Procs)) * 1000
	b.ReportMetric(float64(scan)/each, "µs/proc")
	b.ReportMetric(float64(bare)/each, "floor-µs/proc")
	b.ReportMetric(float64(scan)/float64(bare), "×floor")
}

// BenchmarkIterator times what the kernel and the taking apart of its records cost, with the listing of /proc beside it.
func BenchmarkIterator(b *testing.B) {
	sick.NeedRoot(b, "the task iterator")
	for _, n := range []int{300, 3000, 10000, 20000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			sleepers(b, n)
			c, s := scanner(b, SourceBPF, WantUsual)
			besideList(b, c, s, func() error {
				s.Procs = s.Procs[:0]
				c.scan++
				return c.iterateTasks(b.Context(), s)
			})
		})
	}
}

// BenchmarkSources times a whole reading by each source, at rest as most processes are, with the floor beside it: listing
// /proc alone, which is what the task iterator is measured by.
func BenchmarkSources(b *testing.B) {
	for _, n := range []int{300, 3000, 10000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			sleepers(b, n)
			for _, source := range allowed(b) {
				b.Run(string(source), func(b *testing.B) { benchmarkSource(b, source, WantUsual) })
			}
		})
	}
	b.Run("50x100threads", func(b *testing.B) {
		for range 50 {
			startHelper(b, "threads")
		}
		for _, source := range allowed(b) {
			b.Run(string(source), func(b *testing.B) { benchmarkSource(b, source, WantUsual) })
			b.Run(string(source)+" -H", func(b *testing.B) { benchmarkSource(b, source, WantUsual|WantThreads) })
		}
	})
}

func benchmarkSource(b *testing.B, source Source, want Want) {
	c, s := scanner(b, source, want)
	c.Attend(nil)
	besideList(b, c, s, func() error { return c.Collect(b.Context(), s) })
}

// besideList times readings into s and, in turns with them, the listing of /proc.
func besideList(b *testing.B, c *Collector, s *pcb.Snapshot, read func() error) {
	var scan, list time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := cpuTime()
		if err := read(); err != nil {
			b.Fatal(err)
		}
		middle := cpuTime()
		listBare(b, c.rd.root)
		scan += middle - start
		list += cpuTime() - middle
	}
	each := float64(b.N) * float64(len(s.Procs)) * 1000
	b.ReportMetric(float64(scan)/each, "µs/proc")
	b.ReportMetric(float64(list)/each, "list-µs/proc")
}

// BenchmarkFirstScan is what a one-shot mode costs, when nothing is known of any process before; and in turns with it the
// floor: the same files, bare.
func BenchmarkFirstScan(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			sleepers(b, n)
			benchmarkFirstScan(b)
		})
	}
}

func benchmarkFirstScan(b *testing.B) {
	b.ReportAllocs()
	var scan, bare time.Duration
	procs := 0
	for b.Loop() {
		start := cpuTime()
		c, err := New(Options{Source: SourceProc, Want: WantUsual})
		if err != nil {
			b.Fatal(err)
		}
		var s pcb.Snapshot
		if err := c.Collect(b.Context(), &s); err != nil {
			b.Fatal(err)
		}
		scan += cpuTime() - start
		procs += len(s.Procs)
		b.StopTimer()
		paths := barePaths(&s, []string{"stat", "status", "cmdline", "cgroup", "schedstat", "io", "sched"})
		links := barePaths(&s, []string{"exe"})
		start = cpuTime()
		listBare(b, c.rd.root)
		readBare(c.rd.root, paths)
		readLinksBare(c.rd.root, links)
		bare += cpuTime() - start
		c.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(scan)/float64(procs)/1000, "µs/proc")
	b.ReportMetric(float64(bare)/float64(procs)/1000, "floor-µs/proc")
	b.ReportMetric(float64(scan)/float64(bare), "×floor")
}

// cpuTime is the CPU time of the whole program, so that what other processes do to the clock does not count.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

func barePaths(s *pcb.Snapshot, files []string) []byte {
	var paths strings.Builder
	for i := range s.Procs {
		for _, file := range files {
			pid := strconv.Itoa(int(s.Procs[i].PID))
			fmt.Fprintf(&paths, "%s/%s\x00", pid, strings.Replace(file, "PID", pid, 1))
		}
	}
	return []byte(paths.String())
}

// listBare lists a directory and looks at nothing.
func listBare(b *testing.B, root int) {
	data := make([]byte, 64*1024)
	if _, err := unix.Seek(root, 0, 0); err != nil {
		b.Fatal(err)
	}
	for n := 1; n > 0; {
		var err error
		if n, err = unix.Getdents(root, data); err != nil {
			b.Fatal(err)
		}
	}
}

// readBare opens, reads and closes each file and looks at nothing, as a C program would.
func readBare(root int, paths []byte) {
	var data [8192]byte
	for len(paths) > 0 {
		fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(root), uintptr(unsafe.Pointer(&paths[0])), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
		if errno == 0 {
			_, _, _ = unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)))
			_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
		}
		paths = paths[bytes.IndexByte(paths, 0)+1:]
	}
}

func readLinksBare(root int, paths []byte) {
	var data [4096]byte
	for len(paths) > 0 {
		_, _, _ = unix.RawSyscall6(unix.SYS_READLINKAT, uintptr(root), uintptr(unsafe.Pointer(&paths[0])), uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), 0, 0)
		paths = paths[bytes.IndexByte(paths, 0)+1:]
	}
}

// A /proc that shows processes alone is one: what it does not tell of the machine is absent.
func TestProcOfProcessesAlone(t *testing.T) {
	sick.NeedRoot(t, "a mount")
	root := t.TempDir()
	if err := unix.Mount("proc", root, "proc", 0, "subset=pid"); err != nil {
		sick.Missing(t, "needs a kernel that mounts /proc with subset=pid: "+err.Error())
	}
	defer unix.Unmount(root, unix.MNT_DETACH) //nolint:errcheck // it goes with the directory
	s := collectFrom(t, Options{Root: root})
	if len(s.Procs) < 2 || !s.Coverage.SubsetPID || s.System.Memory != nil || s.System.Load != nil || s.Host.CPUs != 0 {
		t.Errorf("%d processes, coverage %+v, memory %v, load %v, %d CPUs", len(s.Procs), s.Coverage, s.System.Memory, s.System.Load, s.Host.CPUs)
	}
}

func TestMain(m *testing.M) {
	if helper := os.Getenv("PTOP_TEST_HELPER"); helper != "" {
		runHelper(helper)
		return
	}
	os.Exit(m.Run())
}
