package life

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/detect"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/sick"
	"ptop/pcb"
)

// watched explains a real process again and again until what is said fits all the patterns, and gives the life then.
func watched(t *testing.T, pid int, patterns ...string) *Life {
	t.Helper()
	collector, err := collect.New(collect.Options{Container: container.Parse, Want: collect.WantUsual})
	if err != nil {
		t.Fatal(err)
	}
	defer collector.Close()
	settings := detect.NewSettings()
	settings.TimeScale = 0.03
	sampler := monitor.NewSampler(collector, detail.NewProber(""), detect.NewTracker(settings))
	sampler.Follow(pcb.ID{PID: int32(pid)})
	reader := detail.New("")
	said, lacks := "", ""
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		frame, err := sampler.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := frame.Snap.Lookup(pcb.ID{PID: int32(pid)})
		if p == nil {
			t.Fatalf("process %d is gone", pid)
		}
		d, err := reader.Read(t.Context(), p.ID, pcb.Dear{})
		if err != nil {
			t.Fatal(err)
		}
		l := Of(frame, p.ID, d)
		said, lacks = l.all(), ""
		for _, pattern := range patterns {
			if !regexp.MustCompile("(?m)" + pattern).MatchString(said) {
				lacks += "\n  " + pattern
			}
		}
		if lacks == "" {
			return l
		}
	}
	t.Fatalf("not said:%s\nin\n%s", lacks, said)
	return nil
}

// begun starts a program with a pipe as its input, and ends it with the test.
func begun(t *testing.T, args ...string) int {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// Whether system calls of other processes can be read depends on rights that a sandbox may lack.
func needsCalls(t *testing.T) {
	t.Helper()
	pid := begun(t, "sleep", "300")
	if _, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid)); err != nil {
		sick.Missing(t, "needs to read system calls: "+err.Error())
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	needsCalls(t)
	l := watched(t, begun(t, "env", "--default-signal=HUP", "sh", "-c", "trap '' TERM; trap 'x=1' HUP; read line"),
		`^waits: for something to read from descriptor 0, a pipe, pipe:\[\d+\] \(read\)`, `^SIGTERM: ignored: it does nothing$`,
		`^SIGHUP: caught: `, `^INFO: sh \(\d+\) ignores SIGTERM`,
		`^origin: child of life.test \(\d+\); has called exec since its fork$`, `^parent: life.test \(\d+\): .*life\.test`, `^spent: running .*waiting (over )?\d+\.\d % of the .* since its creation$`,
		`^last ran: .* ago on CPU \d+$`, `^scheduled: fairly among the others \(other\), nice -?\d+`)
	for key, want := range map[string]any{"sigterm": "ignored", "sighup": "caught", "syscall": "read", "healthy": false, "phase": "waiting", "threads_counted": int64(1)} {
		if got := l.fact(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if w, _ := l.fact("waiting_percent").(float64); w < 50 || w > 100 {
		t.Errorf("waiting_percent is %v", l.fact("waiting_percent"))
	}
}

func TestSleeperAndItsParent(t *testing.T) {
	t.Parallel()
	needsCalls(t)
	parent := begun(t, "sh", "-c", "sleep 300; :")
	l := watched(t, parent, `^waits: for its child sleep \(\d+\) to end, whose state is waiting \((wait4|waitid)\)`, `^OK: nothing was found about it; no orphan: its parent, .*; none of its children is a zombie$`)
	child, ok := l.fact("waits_for_pid").(int64)
	if !ok {
		t.Fatalf("facts %v", l.Facts)
	}
	l = watched(t, int(child), `^waits: for time to pass: it sleeps \((clock_)?nanosleep\), for at most 5m00s`, `^belongs: .*session of sh \(`)
	if got := l.fact("timeout_seconds"); got != 300.0 {
		t.Errorf("the timeout is %v", got)
	}
}

func TestZombieAndItsParent(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "zombie-no-wait")
	l := watched(t, c.Of("zombie"), `zombie: dead \(exit \d+\), its parent has not waited for it$`, `^waits: dead for .*; for zombie-no-wait \(\d+\), its parent, to take note of its death with wait\(\)`,
		`^what: zombie, no-wait; cause proved$`, `^never: `, `^spent: running .* and ready .* of the at most .* from its creation to its death$`, `^all: it is dead: none has an effect, SIGKILL neither$`)
	if l.fact("healthy") != false || l.fact("turnaround_max_seconds") == nil || l.fact("dead_seconds") == nil {
		t.Errorf("facts %v", l.Facts)
	}
	watched(t, c.PID, `^(WARN|INFO): zombie`, `^SIGCHLD: nothing happens: the default`)
}

func TestStopped(t *testing.T) {
	t.Parallel()
	pid := begun(t, "sleep", "300")
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	l := watched(t, pid, `, stopped \(T: stopped by a signal\)$`, `^waits: to go on \(SIGCONT\); it was stopped by SIGSTOP, .* ago$`,
		`^spent: .*, stopped \d+\.\d %`, `^SIGTERM: ends it: the default, once it goes on \(SIGCONT\)$`, `^INFO: sleep \(\d+\) is stopped$`)
	if l.fact("stopped_by") != "SIGSTOP" {
		t.Errorf("facts %v", l.Facts)
	}
}

func TestSpinner(t *testing.T) {
	t.Parallel()
	c := sick.Start(t, "spin")
	l := watched(t, c.PID, `, (running|ready) \(R: running or ready\)$`, `^spent: running \d+\.\d %, ready`, `^waits: for (a CPU|nothing: it runs)$`, `^lately: running \d+`)
	run, _ := l.fact("run_percent").(float64)
	ready, _ := l.fact("ready_percent").(float64)
	waiting, _ := l.fact("waiting_percent").(float64)
	if sum := run + ready + waiting; sum < 99 || sum > 101 || run+ready < 50 {
		t.Errorf("running %v, ready %v, waiting %v", run, ready, waiting)
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	needsCalls(t)
	c := sick.Start(t, "thread-spin")
	l := watched(t, c.PID, `^threads: \d+ threads: .*1 running or ready`, `^spent: running .* of the time of its \d+ threads, `)
	if n, _ := l.fact("threads_counted").(int64); n < 2 {
		t.Errorf("%v threads", l.fact("threads_counted"))
	}
}

func TestOneOfNohupIsNoOrphan(t *testing.T) {
	t.Parallel()
	watched(t, sick.Start(t, "nohup").PID, `^OK: nothing was found about it; no orphan: started with nohup: SIGHUP ignored, output kept`, `^SIGHUP: ignored`)
}

func TestDaemonIsNoOrphan(t *testing.T) {
	t.Parallel()
	watched(t, sick.Start(t, "daemon").PID, `^OK: nothing was found about it; no orphan: it is set up as a daemon: in /, without a terminal or pipes`)
}

// What a service manager started, as far as it shows: a child of one that is called systemd, in a cgroup of a service.
func TestMainProcess(t *testing.T) {
	t.Parallel()
	shell, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	manager := filepath.Join(t.TempDir(), "systemd")
	syscall.ForkLock.RLock() // no fork may hold it open for writing: it could not be executed then
	err = os.WriteFile(manager, shell, 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	parent := begun(t, manager, "-c", "sleep 300; :")
	l := watched(t, parent, `^children: 1: sleep \(\d+\)`)
	var child int
	if _, err := fmt.Sscanf(l.Sections[0].Lines[slices.IndexFunc(l.Sections[0].Lines, func(l Line) bool { return l.Label == "children" })].Text, "1: sleep (%d)", &child); err != nil {
		t.Fatal(err)
	}
	unit := fmt.Sprintf("ptop-life-%d.service", child)
	if !sick.Enter(t, child, unit) {
		sick.Missing(t, "needs cgroups of version 2 that may be written to")
	}
	l = watched(t, child, `^role: main process of `+unit+`$`, `^OK: nothing was found about it; no orphan: main process of `+unit+`$`, `^belongs: .*unit `+unit)
	if l.fact("role") != "main process of "+unit {
		t.Errorf("role %v", l.fact("role"))
	}
}

func TestNamespaceInit(t *testing.T) {
	t.Parallel()
	sick.NeedRoot(t, "a pid namespace")
	c := sick.Start(t, "zombie-ns-init")
	watched(t, c.PID, `^role: PID 1 of `, `^SIGTERM: (dropped: it is PID 1|caught|ignored|blocked)`)
}

func TestKernelThread(t *testing.T) {
	t.Parallel()
	if text, err := os.ReadFile("/proc/2/comm"); err != nil || string(text) != "kthreadd\n" {
		sick.Missing(t, "needs kernel threads in sight")
	}
	watched(t, 2, `^origin: made by the kernel$`, `no orphan: the kernel made it`, `^waits: for work from the kernel`, `^all: a kernel thread takes none$`)
}
