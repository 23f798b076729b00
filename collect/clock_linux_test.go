package collect

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

func TestParseExecStart(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       time.Duration
		ok         bool
	}{
		{"plain", "cat (7730, #threads: 1)\n-----\nse.exec_start                                :       4040691.075630\nse.vruntime : 1.0\n", 4040691075630, true},
		{"last line without end", "x (1, #threads: 1)\n---\nse.exec_start : 0.000001", 1, true},
		{"name that looks like the line", "\nse.exec_start: (7, #threads: 1)\n---\nse.exec_start : 2.000000\n", 2000000, true},
		{"name with a figure", "a\nse.exec_start (7, #threads: 1)\n---\nse.exec_start : 2.000000\n", 2000000, true},
		{"empty", "", 0, false},
		{"cut in the figure", "x (1, #threads: 1)\n---\nse.exec_start : 4040691.07", 0, false},
		{"no figure", "x (1, #threads: 1)\n---\nse.exec_start : \n", 0, false},
		{"not a figure", "x (1, #threads: 1)\n---\nse.exec_start : 12a.000000\n", 0, false},
		{"negative", "x (1, #threads: 1)\n---\nse.exec_start : -1.000000\n", 0, false},
		{"too long for any machine", "x (1, #threads: 1)\n---\nse.exec_start : 99999999999999999999.000000\n", 0, false},
		{"another scheduler's file", "x (1, #threads: 1)\n---\npolicy : 0\n", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseExecStart([]byte(tt.text))
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %d, %v, want %d, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func FuzzParseExecStart(f *testing.F) {
	f.Add([]byte("x (1, #threads: 1)\n---\nse.exec_start : 4040691.075630\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if d, ok := parseExecStart(text); d < 0 || !ok && d != 0 {
			t.Errorf("%q gives %d, %v", text, d, ok)
		}
	})
}

func liveClocks(t *testing.T) *clocks {
	t.Helper()
	c := newClocks("/proc", true)
	c.beginScan()
	if _, ok := c.execStart(ownCPUs(t)[0]); !ok {
		if _, err := os.Stat("/proc/self/sched"); err != nil {
			sick.Missing(t, "needs a kernel with scheduler statistics (CONFIG_SCHED_DEBUG): there is no /proc/self/sched")
		}
		t.Fatal("no reference for a CPU that we may run on")
	}
	return c
}

// ownCPUs are the CPUs that the test may run on.
func ownCPUs(t *testing.T) []int32 {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	var cpus []int32
	for cpu := range 1024 {
		if set.IsSet(cpu) {
			cpus = append(cpus, int32(cpu))
		}
	}
	return cpus
}

func TestExecStartIsReadOncePerScan(t *testing.T) {
	c := liveClocks(t)
	for _, cpu := range ownCPUs(t) {
		first, ok := c.execStart(cpu)
		if !ok {
			t.Fatalf("CPU %d: none", cpu)
		}
		time.Sleep(20 * time.Millisecond)
		if again, _ := c.execStart(cpu); again != first {
			t.Errorf("CPU %d: asked again within a scan: %v, then %v", cpu, first, again)
		}
		c.beginScan()
		if next, ok := c.execStart(cpu); !ok || next-first < 10*time.Millisecond {
			t.Errorf("CPU %d: the next scan's is only %v later", cpu, next-first)
		}
	}
}

func TestExecStartLeavesTheAffinityAlone(t *testing.T) {
	c := liveClocks(t)
	for range 20 {
		c.beginScan()
		for _, cpu := range ownCPUs(t) {
			c.execStart(cpu)
		}
	}
	var want unix.CPUSet
	for _, cpu := range ownCPUs(t) {
		want.Set(int(cpu))
	}
	tids, err := numberedEntries("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, tid := range tids {
		var got unix.CPUSet
		if err := unix.SchedGetaffinity(int(tid), &got); err == nil && got != want {
			t.Errorf("thread %d may run on %d CPUs, want %d", tid, got.Count(), want.Count())
		}
	}
}

func TestExecStartOfNoCPU(t *testing.T) {
	c := liveClocks(t)
	for _, cpu := range []int32{-1, 5000} {
		if at, ok := c.execStart(cpu); ok {
			t.Errorf("CPU %d: %v", cpu, at)
		}
	}
}

// A reference that does not come in time costs a scan the bound and no more, and what comes late is not used.
func TestExecStartThatDoesNotAnswer(t *testing.T) {
	c := newClocks("/proc", true)
	late := make(chan execReference, 1)
	c.pending[0] = late
	c.beginScan()
	if _, ok := c.execStart(0); ok {
		t.Error("an answer, with one still under way")
	}
	late <- execReference{at: 1, ok: true}
	c.beginScan()
	if at, _ := c.execStart(0); at == 1 {
		t.Error("an earlier scan's answer was used")
	}
}

// After a scan that did not wait long enough the next ones have their references again.
func TestExecStartAfterALateAnswer(t *testing.T) {
	c := liveClocks(t)
	cpu := ownCPUs(t)[0]
	c.beginScan()
	c.left = 0
	c.execStart(cpu)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		c.beginScan()
		if _, ok := c.execStart(cpu); ok {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no reference any more")
		}
	}
	if len(c.pending) != 0 {
		t.Errorf("%d questions are still open", len(c.pending))
	}
}

// How long ago a zombie died is the distance of its exec_start from the reference: a lower bound, which grows with it.
func TestIdleOfAZombie(t *testing.T) {
	liveClocks(t)
	cmd := exec.Command("true")
	before := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	stat := filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "stat")
	for { // until it is dead
		text, err := os.ReadFile(stat)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), ") Z ") {
			break
		}
		time.Sleep(time.Millisecond)
	}
	dead := time.Now()
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	idle := func() (told, most time.Duration) {
		var s pcb.Snapshot
		if err := c.Collect(t.Context(), &s); err != nil {
			t.Fatal(err)
		}
		p := s.Index(int32(cmd.Process.Pid))
		if p < 0 || !s.Procs[p].Have.Has(pcb.FieldIdle) {
			t.Fatal("the zombie's idle time is unknown")
		}
		return s.Procs[p].Idle, time.Since(before)
	}
	last := time.Duration(0)
	for range 3 {
		time.Sleep(300 * time.Millisecond)
		least := time.Since(dead)
		told, most := idle()
		t.Logf("dead for %v to %v, told %v", least, most, told)
		// How much less it is than the truth depends on what was stolen from the machine meanwhile.
		if told > most || told <= last {
			t.Errorf("idle %v, and %v before, of a zombie that has been dead for %v to %v", told, last, least, most)
		}
		last = told
	}
}

// Since when a process is dead its main thread tells only where that ended with it.
func TestSinceWhenItIsDead(t *testing.T) {
	t.Parallel()
	liveClocks(t) // skips where the kernel does not tell
	of := sick.Start(t, "zombie-late-death")
	leader := sick.Start(t, "zombie-leader-exited")
	_, s := scanner(t, SourceProc, 0)
	for _, want := range []struct {
		pid         int
		idle, ended bool
	}{{of.Of("single"), true, true}, {of.Of("killed"), true, true}, {of.Of("zombie"), true, false}, {leader.PID, false, true}, {of.PID, false, false}} {
		p := find(t, s, int32(want.pid))
		if p.Have.Has(pcb.FieldIdle) != want.idle || p.Have.Has(pcb.FieldEnded) != want.ended {
			t.Errorf("of %d (%c, %d threads) idle is known: %v, ended: %v; want %v and %v",
				want.pid, p.State, p.Threads, p.Have.Has(pcb.FieldIdle), p.Have.Has(pcb.FieldEnded), want.idle, want.ended)
		}
	}
	if single := find(t, s, int32(of.Of("single"))); single.Ended != single.Idle {
		t.Errorf("dead for %v, and last ran %v ago", single.Ended, single.Idle)
	}
}

func TestNowOfTheLiveProc(t *testing.T) {
	c := newClocks("/proc", true)
	var lo, hi unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &lo); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	wall, mono, boot := c.now()
	after := time.Now()
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &hi); err != nil {
		t.Fatal(err)
	}
	if boot < time.Duration(lo.Nano()) || boot > time.Duration(hi.Nano()) {
		t.Errorf("boot %v is not between %v and %v", boot, lo, hi)
	}
	if wall.Before(before) || wall.After(after) || mono < 0 || c.mono() < mono {
		t.Errorf("wall %v, mono %v are not of now", wall, mono)
	}
}

func TestNowOfAForeignProc(t *testing.T) {
	dir := t.TempDir()
	if _, _, boot := newClocks(dir, false).now(); boot != 0 {
		t.Errorf("boot is %v without any file that tells", boot)
	}
	if err := os.WriteFile(filepath.Join(dir, "uptime"), []byte("12345.67 23456.78\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, boot := newClocks(dir, false).now(); boot != 12345670*time.Millisecond {
		t.Errorf("boot is %v, uptime says 12345.67 s", boot)
	}
	meta := `{"time":"2020-01-02T03:04:05Z","boot_ns":12345678901234,"exec_start":{"3":42}}`
	if err := os.WriteFile(filepath.Join(dir, metaFile), []byte(meta), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newClocks(dir, false)
	wall, _, boot := c.now()
	if !wall.Equal(time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)) || boot != 12345678901234 {
		t.Errorf("wall %v, boot %v: not those of the capture", wall, boot)
	}
	if a, b := c.mono(), c.mono(); a != b || a != 12345678901234 {
		t.Errorf("the capture's clock is %v, then %v: it should stand", a, b)
	}
	if at, ok := c.execStart(3); !ok || at != 42 {
		t.Errorf("reference of CPU 3: %v, %v", at, ok)
	}
	if at, ok := c.execStart(0); ok {
		t.Errorf("reference of CPU 0, of which the capture says nothing: %v", at)
	}
}

func BenchmarkExecStart(b *testing.B) {
	c := newClocks("/proc", true)
	b.ReportAllocs()
	for b.Loop() {
		c.beginScan()
		c.execStart(0)
	}
}
