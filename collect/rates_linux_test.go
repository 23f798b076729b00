package collect

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// runHelper is what the test binary does when a test has started it as a process to be looked at. It answers each
// line on its standard input with one of figures.
func runHelper(name string) {
	switch name {
	case "starved": // answers with what a reading says where no file can be opened
		c, err := New(Options{})
		if err != nil {
			panic(err)
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Max: 1 << 10}); err != nil {
			panic(err)
		}
		var s pcb.Snapshot
		err = c.Collect(context.Background(), &s)
		answer(func() string { return fmt.Sprint(len(s.Procs), " processes, ", err) })
	case "guardless": // answers whether a thread that sleeps counts as able to run: as it is, and where no file can be opened
		var g guard
		p := pipe()
		asleep := make(chan bool)
		go func() {
			runtime.LockOSThread()
			g.tid.Store(int32(unix.Gettid()))
			asleep <- true
			_, _ = unix.Read(p[0], make([]byte, 1))
		}()
		<-asleep
		for g.runnable() {
			time.Sleep(time.Millisecond)
		}
		before := g.runnable()
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Max: 1 << 10}); err != nil {
			panic(err)
		}
		answer(func() string { return fmt.Sprint(before, " ", g.runnable()) })
	case "workers":
		beWorkers()
	case "renamed":
		beRenamed()
	case "nameless":
		beNameless()
	case "at-rest":
		beAtRest()
	case "reused":
		beReused()
	case "threads": // has a hundred threads that sleep
		for range 100 {
			go func() {
				runtime.LockOSThread()
				_ = unix.Pause()
			}()
		}
		answer(func() string { return "" })
	case "load": // spins for 30 ms of each 100, answers with its own CPU time in nanoseconds
		go func() {
			for {
				for start := ownCPU(); ownCPU()-start < 30*time.Millisecond; {
				}
				time.Sleep(70 * time.Millisecond)
			}
		}()
		answer(func() string { return strconv.FormatInt(int64(ownCPU()), 10) })
	case "tickers": // three threads that wake fifty times a second and use little; answers with its switches
		for range 3 {
			go func() {
				runtime.LockOSThread()
				for {
					_ = unix.Nanosleep(&unix.Timespec{Nsec: 20e6}, nil)
				}
			}()
		}
		answer(voluntary)
	case "pingpong": // two threads hand a byte to and fro while the leader sleeps; answers with its switches
		there, back := pipe(), pipe()
		go bounce(there[0], back[1])
		go bounce(back[0], there[1])
		_, _ = unix.Write(there[1], []byte{0})
		answer(voluntary)
	}
}

// voluntary is how often this process gave up its CPU.
func voluntary() string {
	var use unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &use)
	return strconv.FormatInt(use.Nvcsw, 10)
}

func ownCPU() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

func pipe() [2]int {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		panic(err)
	}
	return p
}

func bounce(from, to int) {
	runtime.LockOSThread()
	var b [1]byte
	for {
		_, _ = unix.Read(from, b[:])
		_, _ = unix.Write(to, b[:])
	}
}

func answer(figure func() string) {
	in := bufio.NewReader(os.Stdin)
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		fmt.Println(figure())
	}
}

// helper is a process of ours under observation.
type helper struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

func startHelper(t testing.TB, name string) *helper { return startHelperBy(t, name, nil, nil) }

// startHelperBy starts it by another program that gets its path as the last argument, where one is given.
func startHelperBy(t testing.TB, name string, by []string, attr *syscall.SysProcAttr) *helper {
	args := append(slices.Clone(by), os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = attr
	cmd.Env = append(os.Environ(), "PTOP_TEST_HELPER="+name)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &helper{t, cmd, in, bufio.NewReader(out)}
}

// line asks the helper.
func (h *helper) line() string {
	h.t.Helper()
	fmt.Fprintln(h.in)
	line, err := h.out.ReadString('\n')
	if err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// figure asks the helper for its own count.
func (h *helper) figure() float64 {
	h.t.Helper()
	n, err := strconv.ParseFloat(h.line(), 64)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// watch reads the machine twice, window apart, and gives the helper's rates and what it says itself happened between
// the readings, with the time between them.
func (h *helper) watch(c *Collector, window time.Duration) (rates pcb.Rates, counted float64) {
	var before, after pcb.Snapshot
	if err := c.Collect(h.t.Context(), &before); err != nil {
		h.t.Fatal(err)
	}
	first := h.figure()
	time.Sleep(window)
	if err := c.Collect(h.t.Context(), &after); err != nil {
		h.t.Fatal(err)
	}
	second := h.figure()
	var r pcb.RateSet
	r.Compute(&before, &after)
	i := after.Index(int32(h.cmd.Process.Pid))
	if i < 0 {
		h.t.Fatal("the helper was not seen")
	}
	return r.Procs[i], second - first
}

func TestCPUOfACalibratedLoad(t *testing.T) {
	h := startHelper(t, "load")
	c, _ := scanner(t, SourceProc, WantSched)
	var off float64
	for range 5 { // a moment's stall between the two clocks would spoil a try
		rates, cpu := h.watch(c, 2*time.Second)
		own := 100 * cpu / float64(rates.Elapsed)
		if off = math.Abs(rates.CPU - own); off <= 3 && own > 5 {
			t.Logf("ptop %.1f %%, the load itself %.1f %%", rates.CPU, own)
			return
		}
	}
	t.Errorf("CPU percent is %.1f points off what the load says itself", off)
}

// The leader sleeps, the threads switch: the rate is the sum over threads.
func TestSwitchesOfAPingPong(t *testing.T) {
	h := startHelper(t, "pingpong")
	c, _ := scanner(t, SourceProc, WantSched)
	var off float64
	for range 5 {
		rates, switches := h.watch(c, time.Second)
		own := switches / rates.Elapsed.Seconds()
		if off = math.Abs(rates.Voluntary-own) / own; off <= 0.05 && own > 1000 {
			t.Logf("ptop %.0f switches a second, counted %.0f", rates.Voluntary, own)
			return
		}
	}
	t.Errorf("the switch rate is %.1f %% off what the kernel counts for the process itself", 100*off)
}

// The threads of a process that hardly runs are not read each time. What is told of their switches is true all the same:
// none, or the rate of the whole time since they were read.
func TestSwitchesOfTheHardlyBusy(t *testing.T) {
	h := startHelper(t, "tickers")
	c, err := New(Options{Want: WantSched})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.walk.resting.budget = 0 // as on a machine with many more threads
	var told []float64
	var before pcb.Snapshot
	first, start := h.figure(), time.Now()
	for len(told) < 5 {
		var after pcb.Snapshot
		if err := c.Collect(t.Context(), &after); err != nil {
			t.Fatal(err)
		}
		var r pcb.RateSet
		r.Compute(&before, &after)
		if rate := r.Procs[after.Index(int32(h.cmd.Process.Pid))].Voluntary; before.Mono > 0 && !math.IsNaN(rate) {
			told = append(told, rate)
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("in a minute only %v was told", told)
		}
		before = after
		time.Sleep(500 * time.Millisecond)
	}
	own := (h.figure() - first) / time.Since(start).Seconds()
	t.Logf("ptop %.0f switches a second, counted %.0f", told, own)
	slices.Sort(told) // one may be off: the machine can stall between the two clocks
	if median := told[2]; median < own/2 || median > own*2 {
		t.Errorf("%.0f switches a second, while the kernel counts %.0f", median, own)
	}
}
