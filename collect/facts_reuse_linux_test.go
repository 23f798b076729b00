package collect

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
	"ptop/pcb"
)

// startIn starts the test binary as a helper of that name in a pid namespace of its own, by another program if one is given.
func startIn(t *testing.T, name string, by ...string) *helper {
	t.Helper()
	sick.NeedRoot(t, "a pid namespace")
	return startHelperBy(t, name, by, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS})
}

// mountProc makes /proc that of the pid namespace.
func mountProc() {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		panic(err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		panic(err)
	}
}

// bearer starts a process that is to have that pid, of which nothing but its command line tells it from another.
func bearer(pid int, arg string) (*exec.Cmd, bool) {
	if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(pid-1)), 0); err != nil {
		panic(err)
	}
	cmd := exec.Command("sleep", arg)
	err := cmd.Start()
	if err != nil {
		panic(err)
	}
	for text := []byte(nil); len(text) == 0; { // it is in its exec
		if text, err = os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid)); err != nil {
			panic(err)
		}
	}
	return cmd, cmd.Process.Pid == pid
}

// beReused lets two processes have the same pid within one clock tick, with a reading of each, and answers with what was told.
func beReused() {
	mountProc()
	c, err := New(Options{Source: SourceBPF, Want: WantUsual})
	if err != nil {
		panic(err)
	}
	read := func(s *pcb.Snapshot) {
		if err := c.Collect(context.Background(), s); err != nil {
			panic(err)
		}
	}
	read(&pcb.Snapshot{})
	end := func(cmd *exec.Cmd) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	answer(func() string {
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
			const pid = 20000
			var before, after pcb.Snapshot
			waitForTick()
			first, ok := bearer(pid, "1001")
			if ok {
				read(&before)
			}
			end(first)
			second, again := bearer(pid, "1002")
			if again {
				read(&after)
			}
			end(second)
			if told := ofReused(&before, &after, pid); told != "" {
				return told
			}
		}
		return "no pid was reused within a tick"
	})
}

// waitForTick returns when a clock tick of the boot time has just begun.
func waitForTick() {
	in := func() time.Duration {
		var t unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &t)
		return time.Duration(t.Nano()) % pcb.Tick
	}
	for last := in(); ; {
		now := in()
		if now < last {
			return
		}
		last = now
	}
}

// ofReused tells what two readings say of two bearers of a pid; nothing where they did not start within one tick.
func ofReused(before, after *pcb.Snapshot, pid int32) string {
	i, j := before.Index(pid), after.Index(pid)
	if i < 0 || j < 0 || before.Procs[i].ID != after.Procs[j].ID {
		return ""
	}
	a, b := &before.Procs[i], &after.Procs[j]
	var r pcb.RateSet
	r.Compute(before, after)
	born := r.Procs[j].Born && r.Born == 1 && r.Gone == 1
	return fmt.Sprintf("%q, then %q; another start: %v; born: %v; its own CPU time: %v",
		a.Cmdline, b.Cmdline, a.Started != b.Started, born, b.UTime+b.STime == b.RunTime)
}

// A pid that is reused within the clock tick that an ID tells is a new process all the same by the task iterator, which knows
// its start more exactly: nothing is taken from the one before. By /proc it can't be told.
func TestPIDReusedWithinATick(t *testing.T) {
	const want = `"sleep\x001001", then "sleep\x001002"; another start: true; born: true; its own CPU time: true`
	if got := startIn(t, "reused").line(); got != want {
		t.Errorf("told: %s\nwant: %s", got, want)
	}
}
