package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ptop/internal/sick"
)

// comesBack is how long a mode may take beside a process that blocks its readers, on a machine with other things to do.
const comesBack = 30 * time.Second

// No mode hangs at a process in an exec that does not end, and a suspect at that. It is made once, and not for long:
// whoever else reads it on this machine does hang.
func TestNothingHangsAtAStuckExec(t *testing.T) {
	sick.NeedFUSE(t)
	c := sick.Start(t, "stuck-exec")
	pid := strconv.Itoa(c.Of("stuck"))
	tar := filepath.Join(t.TempDir(), "proc.tar")
	modes := []struct {
		args string
		says string // on either output
	}{
		{"--json -n 2 -d 0.2 --time-scale 0.001", "the kernel lets whoever reads it wait"},
		{"--once --time-scale 0.001", "processes"},
		{"--findings --time-scale 0.001", "/proc/" + pid + "/task/*/{status,syscall}: not read; the kernel lets whoever reads it wait"},
		{"--explain " + pid, "blocked reader: "},
		{"--once -p " + pid, pid},
		{"--capture " + tar, ""},
		{"--renice 1 " + pid, "reniced to 1"},
		{"--signal CONT " + pid, "sent SIGCONT"},
		{"--signal CONT " + pid + ":1", "failed: "},
	}
	var all sync.WaitGroup
	for _, mode := range modes {
		all.Go(func() {
			if out := runBounded(t, mode.args); !strings.Contains(out, mode.says) {
				t.Errorf("ptop %s lacks %q:\n%.3000s", mode.args, mode.says, out)
			}
		})
	}
	screen := newTerminal(t, 140, 30)
	screen.typed("ptop\n")
	screen.waitFor(" blocked", "ptop")
	screen.keys("q")
	all.Wait()
	if info, err := os.Stat(tar); err != nil || info.Size() == 0 {
		t.Errorf("the capture: %v", err)
	}
}

// runBounded runs the command and gives what it said.
func runBounded(t *testing.T, args string) string {
	ctx, cancel := context.WithTimeout(t.Context(), comesBack)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ptop", strings.Fields(args)...).CombinedOutput()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Errorf("ptop %s hangs: %v", args, err)
	}
	return string(out)
}
