package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// stuckProc makes a /proc on disk with n processes whose command lines block every reader (they are pipes that nobody
// writes to) and one, the last, whose does not.
func stuckProc(t *testing.T, n int) string {
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("stat", "cpu  1 0 1 9 0 0 0 0 0 0\nctxt 1\nbtime 1\nprocesses 1\n")
	for pid := 1; pid <= n+1; pid++ {
		dir := fmt.Sprintf("%d/", pid)
		write(dir+"stat", statOf(pid))
		write(dir+"status", statusText)
		write(dir+"io", "rchar: 7\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n")
		write(dir+"cgroup", "0::/a\n")
		if pid == n+1 {
			write(dir+"cmdline", "free\x00-v\x00")
		} else if err := unix.Mkfifo(filepath.Join(root, dir, "cmdline"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { letArgsGo(root, n) })
	return root
}

// Processes whose command lines block their readers cost a bounded wait once, are marked, and nobody else is: not those that
// could not be asked meanwhile either. All else of them is read as always, in each reading, and no more threads are lost.
func TestStuckProcesses(t *testing.T) {
	for _, stuck := range []int{1, 50} {
		t.Run(fmt.Sprint(stuck), func(t *testing.T) { testStuckProcesses(t, stuck) })
	}
}

func testStuckProcesses(t *testing.T, stuck int) {
	root := stuckProc(t, stuck)
	c, err := New(Options{Root: root, Want: WantIO})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	before := runtime.NumGoroutine()
	lost := min(stuck, readersMax)
	for reading := range 3 {
		for pid := 1; pid <= stuck+1; pid++ { // each ran a second since
			text := strings.Replace(statOf(pid), " 250 ", fmt.Sprintf(" %d ", 250+100*reading), 1)
			if err := os.WriteFile(filepath.Join(root, fmt.Sprint(pid), "stat"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var s pcb.Snapshot
		if err := collectBy(t, c, &s); err != nil {
			t.Fatal(err)
		}
		if len(s.Procs) != stuck+1 || s.Coverage.Blocked != lost {
			t.Fatalf("reading %d: %d rows, want %d; %d processes count as blocking, want %d: the others were not asked", reading, len(s.Procs), stuck+1, s.Coverage.Blocked, lost)
		}
		for i := range s.Procs {
			p := &s.Procs[i]
			if p.Comm != fmt.Sprintf("p%d", p.PID) || !p.Have.Has(pcb.FieldStat|pcb.FieldCreds|pcb.FieldIO|pcb.FieldCgroup) ||
				p.UTime != time.Duration(250+100*reading)*pcb.Tick || p.ReadChars != 7 || p.Cgroup != "/a" {
				t.Errorf("reading %d: process %d is not fresh: %q, have %b, %v", reading, p.PID, p.Comm, p.Have, p.UTime)
			}
			if p.PID <= int32(stuck) && p.Have.Has(pcb.FieldCmdline) {
				t.Errorf("process %d has a command line: %q", p.PID, p.Cmdline)
			}
		}
		free := &s.Procs[stuck]
		if free.Blocked || stuck < readersMax && free.Cmdline != "free\x00-v" {
			t.Errorf("the one that does not block: blocked %v, %q", free.Blocked, free.Cmdline)
		}
	}
	if more := goroutinesLost(before, lost); more > lost {
		t.Errorf("%d goroutines were lost, more than %d", more, lost)
	}
	letArgsGo(root, stuck)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		for _, e := range c.known {
			e.textsAt = 0 // as if they were old
		}
		var s pcb.Snapshot
		if err := collectBy(t, c, &s); err != nil {
			t.Fatal(err)
		}
		if p := find(t, &s, 1); !p.Blocked && p.Cmdline == "late" && s.Coverage.Blocked == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the command lines are not read again")
		}
	}
}

// letArgsGo ends the waiting of whoever reads the command lines, and makes these ones that can be read.
func letArgsGo(root string, n int) {
	for pid := 1; pid <= n; pid++ {
		args := filepath.Join(root, fmt.Sprint(pid), "cmdline")
		_ = os.WriteFile(args+"~", []byte("late\x00"), 0o600)
		if fd, err := unix.Open(args, unix.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
			unix.Close(fd)
		}
		_ = os.Rename(args+"~", args)
	}
}
