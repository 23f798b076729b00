package collect

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/column"
	"ptop/internal/sick"
	"ptop/pcb"
)

// Facts about whole processes that are easily got wrong: each is read from the real kernel, by every source that can tell it,
// and held against another source than ptop's.

func init() {
	if os.Getenv("PTOP_TEST_HELPER") == "workers" {
		runtime.LockOSThread() // keeps main on the process's main thread
	}
}

const (
	busyThreads  = 8
	endedThreads = 2
	endedNaps    = 1000                   // of each ended thread; nearly all are voluntary switches
	endedWork    = 100 * time.Millisecond // of each, on a CPU
)

// beWorkers has 8 busy threads, a leader that sleeps, and 2 threads that have worked and ended. It answers with its own
// switches, voluntary and not, and its CPU time in nanoseconds.
func beWorkers() {
	for range endedThreads {
		tid := make(chan int)
		go func() {
			runtime.LockOSThread()
			id := unix.Gettid()
			for range endedNaps {
				_ = unix.Nanosleep(&unix.Timespec{Nsec: 1}, nil)
			}
			spin(endedWork)
			tid <- id // and ends, and its thread with it
		}()
		for id := <-tid; unix.Tgkill(os.Getpid(), id, 0) == nil; {
			time.Sleep(time.Millisecond)
		}
	}
	begun := make(chan bool)
	for range busyThreads {
		go func() {
			runtime.LockOSThread()
			begun <- true
			for {
				spin(time.Millisecond)
				_ = unix.Nanosleep(&unix.Timespec{Nsec: 1e6}, nil)
			}
		}()
	}
	for range busyThreads {
		<-begun
	}
	answer(func() string {
		var use unix.Rusage
		_ = unix.Getrusage(unix.RUSAGE_SELF, &use)
		return fmt.Sprint(use.Nvcsw, use.Nivcsw, int64(ownCPU()))
	})
}

// spin uses a CPU for that long.
func spin(work time.Duration) {
	clock := func() time.Duration {
		var t unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
		return time.Duration(t.Nano())
	}
	for start := clock(); clock()-start < work; {
	}
}

// counts is a process's switches and CPU time.
type counts struct {
	voluntary, involuntary uint64
	run                    time.Duration
}

// counts asks a helper that tells all three of itself.
func (h *helper) counts() (f counts) {
	h.t.Helper()
	if _, err := fmt.Sscan(h.line(), &f.voluntary, &f.involuntary, &f.run); err != nil {
		h.t.Fatal(err)
	}
	return f
}

// threadCounts is what /proc tells of one thread.
func threadCounts(t *testing.T, pid int, tid string) (f counts) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/task/%s/", pid, tid)
	status, err := os.ReadFile(dir + "status")
	if err != nil {
		t.Fatal(err)
	}
	schedstat, err := os.ReadFile(dir + "schedstat")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &f.voluntary)
		_, _ = fmt.Sscanf(line, "nonvoluntary_ctxt_switches: %d", &f.involuntary)
	}
	if _, err := fmt.Sscan(string(schedstat), &f.run); err != nil {
		t.Fatal(err)
	}
	return f
}

// livingCounts sums up what /proc tells of the threads that a process has.
func livingCounts(t *testing.T, pid int) (sum counts) {
	t.Helper()
	tids, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, tid := range tids {
		f := threadCounts(t, pid, tid.Name())
		sum = counts{sum.voluntary + f.voluntary, sum.involuntary + f.involuntary, sum.run + f.run}
	}
	return sum
}

// within checks that counts lie between two that were taken before and after. missing is how much of it they may lack.
func (f counts) within(t *testing.T, before, after, missing counts) {
	t.Helper()
	if f.voluntary+missing.voluntary < before.voluntary || f.voluntary > after.voluntary ||
		f.involuntary+missing.involuntary < before.involuntary || f.involuntary > after.involuntary ||
		f.run+missing.run < before.run || f.run > after.run {
		t.Errorf("%+v does not lie between %+v and %+v", f, before, after)
	}
}

// covers is what the column tells of a process's sums.
func covers(t *testing.T, p *pcb.Process) string {
	t.Helper()
	c, ok := column.ByID("sums_cover")
	if !ok {
		t.Fatal("the column has gone")
	}
	return c.Value(&column.Row{Proc: p}).Text
}

// worker starts a helper with busy threads, ended ones and a sleeping leader.
func worker(t *testing.T) (h *helper, pid int) {
	h = startHelper(t, "workers")
	pid = h.cmd.Process.Pid
	if own, leader := h.counts(), threadCounts(t, pid, strconv.Itoa(pid)); leader.voluntary*2 > own.voluntary || leader.run*2 > own.run {
		t.Fatalf("the leader alone has %+v of %+v: the case shows nothing", leader, own)
	}
	return h, pid
}

// The sums that the kernel keeps are those that the process has of itself, with those of the threads that have ended. What a
// thread does between the moment at which its figures are kept for taskstats and its end is in the process's own alone.
func TestSumsHaveTheEndedThreads(t *testing.T) {
	for source, missing := range map[Source]counts{
		SourceBPF:       {},
		SourceTaskstats: {voluntary: 100 * endedThreads, involuntary: 100 * endedThreads, run: endedThreads * endedWork / 2},
	} {
		t.Run(string(source), func(t *testing.T) {
			sick.NeedRoot(t, "it reads by "+string(source))
			h, pid := worker(t)
			c := newCollector(t, source)
			for range 10 {
				var s pcb.Snapshot
				before := h.counts()
				if err := c.Collect(t.Context(), &s); err != nil {
					t.Fatal(err)
				}
				after := h.counts()
				p := find(t, &s, int32(pid))
				if p.Threads <= busyThreads || covers(t, p) != "all threads" || !p.Have.Has(pcb.FieldSwitchesSum|pcb.FieldSchedSum) {
					t.Fatalf("%d threads, the sums cover %q", p.Threads, covers(t, p))
				}
				counts{p.Voluntary, p.Involuntary, p.RunTime}.within(t, before, after, missing)
			}
		})
	}
}

// By /proc the ended threads are missing, which is said; where the threads could not have their turn in a reading, so is that
// the leader's figures are all there is, and no rate is made of them.
func TestSumsOfProcAreOfTheLiving(t *testing.T) {
	h, pid := worker(t)
	c := newCollector(t, SourceProc)
	var first, second, third pcb.Snapshot
	for _, s := range []*pcb.Snapshot{&first, &second} {
		c.walk.busy.out, c.walk.resting.out = int32(pid)+1, int32(pid)+1 // the turn is of those behind it
		before := threadCounts(t, pid, strconv.Itoa(pid))
		if err := c.Collect(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		p := find(t, s, int32(pid))
		if covers(t, p) != "main thread" || p.Have.Has(pcb.FieldSwitchesSum) || p.Have.Has(pcb.FieldSchedSum) {
			t.Errorf("without a turn the sums cover %q, have %b", covers(t, p), p.Have)
		}
		counts{p.Voluntary, p.Involuntary, p.RunTime}.within(t, before, threadCounts(t, pid, strconv.Itoa(pid)), counts{})
	}
	noRates(t, &first, &second, pid)

	c.walk.busy.out, c.walk.resting.out = 0, 0
	before := livingCounts(t, pid)
	if err := c.Collect(t.Context(), &third); err != nil {
		t.Fatal(err)
	}
	p := find(t, &third, int32(pid))
	if covers(t, p) != "living threads" || !p.Have.Has(pcb.FieldSwitchesSum|pcb.FieldSchedSum) {
		t.Errorf("the sums cover %q, have %b", covers(t, p), p.Have)
	}
	counts{p.Voluntary, p.Involuntary, p.RunTime}.within(t, before, livingCounts(t, pid), counts{})
	living := livingCounts(t, pid)
	if own := h.counts(); own.voluntary < living.voluntary+endedThreads*endedNaps*9/10 || own.run < living.run+endedThreads*endedWork {
		t.Errorf("the process has %+v, its living threads %+v: the ended ones' part is not missing", own, living)
	}
	noRates(t, &second, &third, pid)
}

// noRates checks that of a process no rate of switches and no share of the CPU's time is told.
func noRates(t *testing.T, before, after *pcb.Snapshot, pid int) {
	t.Helper()
	var r pcb.RateSet
	r.Compute(before, after)
	if rates := r.Procs[after.Index(int32(pid))]; !math.IsNaN(rates.Voluntary) || !math.IsNaN(rates.Involuntary) || !math.IsNaN(rates.Wait) || !math.IsNaN(rates.Running) {
		t.Errorf("rates of the leader's figures: %+v", rates)
	}
}
