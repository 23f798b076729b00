package collect

import (
	"fmt"
	"os"
	"path/filepath"
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
		write(dir+"stat", fmt.Sprintf("%d (p%d)%s", pid, pid, strings.Replace(statTail, " 3 0 66157", " 1 0 66157", 1)))
		write(dir+"status", statusText)
		if pid == n+1 {
			write(dir+"cmdline", "free\x00-v\x00")
		} else if err := unix.Mkfifo(filepath.Join(root, dir, "cmdline"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { // let the readers go
		for pid := 1; pid <= n; pid++ {
			if fd, err := unix.Open(filepath.Join(root, fmt.Sprint(pid), "cmdline"), unix.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
				unix.Close(fd)
			}
		}
	})
	return root
}

// Processes that block their readers cost a bounded wait once, are marked, and nobody else is: not those that could
// not be asked meanwhile either.
func TestStuckProcesses(t *testing.T) {
	const stuck = 20
	c, err := New(Options{Root: stuckProc(t, stuck)})
	if err != nil {
		t.Fatal(err)
	}
	var s pcb.Snapshot
	done := make(chan error, 1)
	go func() { done <- c.Collect(t.Context(), &s) }()
	select {
	case err = <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the scan hangs")
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Procs) != stuck+1 {
		t.Fatalf("%d rows, want %d", len(s.Procs), stuck+1)
	}
	for i := range s.Procs {
		p := &s.Procs[i]
		if p.Comm != fmt.Sprintf("p%d", p.PID) || !p.Have.Has(pcb.FieldStat|pcb.FieldCreds) {
			t.Errorf("process %d is not fresh: %q", p.PID, p.Comm)
		}
		if p.PID <= stuck && p.Have.Has(pcb.FieldCmdline) {
			t.Errorf("process %d has a command line: %q", p.PID, p.Cmdline)
		}
	}
	if s.Coverage.Blocked != readersMax {
		t.Errorf("%d processes count as blocking, want %d: the others were not asked", s.Coverage.Blocked, readersMax)
	}
	if free := &s.Procs[stuck]; free.Blocked {
		t.Error("the one that does not block counts as blocking")
	}
}
