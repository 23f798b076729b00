package collect

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/internal/sick"
	"ptop/pcb"
)

// restful is how many processes sleep beside the reader.
const restful = 30

// beAtRest reads a pid namespace by the task iterator until all is known and nothing happens there, and, between two marks, ten
// times more.
func beAtRest() {
	mountProc()
	for range restful {
		if err := exec.Command("sleep", "1000").Start(); err != nil {
			panic(err)
		}
	}
	c, err := New(Options{Source: SourceBPF, Want: WantUsual})
	if err != nil {
		panic(err)
	}
	answer(func() string {
		var s pcb.Snapshot
		read := func() {
			if err := c.Collect(context.Background(), &s); err != nil {
				panic(err)
			}
		}
		for n := 0; n < 3 || slices.ContainsFunc(s.Procs, stirs); n++ {
			time.Sleep(50 * time.Millisecond)
			read()
		}
		_, _ = os.Stat("/ptop-mark")
		for range 10 {
			read()
		}
		_, _ = os.Stat("/ptop-mark")
		return fmt.Sprint(os.Getpid(), len(s.Procs), " ", s.Source)
	})
}

// stirs reports whether a process other than the reader and who traces it may still be at its beginning.
func stirs(p pcb.Process) bool {
	return p.PID != 1 && p.PID != int32(os.Getpid()) && p.Idle < 200*time.Millisecond
}

// ofAProcess is a call that looks at a file of a process in /proc, by the path or by one below its descriptor.
var ofAProcess = regexp.MustCompile(`\b(?:openat|open|readlinkat|readlink|statx|newfstatat)\([^"]*"(?:/proc/)?([0-9]+)/`)

// At rest, nothing of a process is looked at but what the task iterator tells.
func TestNoFileOfAProcessIsReadAtRest(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		sick.Missing(t, "needs strace")
	}
	log := filepath.Join(t.TempDir(), "strace")
	h := startIn(t, "at-rest", "strace", "-f", "-qq", "-o", log, "-e", "trace=openat,open,readlinkat,readlink,statx,newfstatat")
	var own string // strace is process 1. These two run
	var seen int
	var source Source
	if _, err := fmt.Sscan(h.line(), &own, &seen, &source); err != nil || seen != restful+2 || source != SourceBPF {
		t.Errorf("%d processes were read by %q, %v", seen, source, err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), `"/ptop-mark"`)
	if len(parts) != 3 {
		t.Fatalf("%d marks in what strace saw", len(parts)-1)
	}
	if before := ofAProcess.FindAllString(parts[0], -1); len(before) < restful {
		t.Errorf("in the first readings %d files of processes were looked at: the case shows nothing", len(before))
	}
	for _, call := range ofAProcess.FindAllStringSubmatch(parts[1], -1) {
		if pid := call[1]; pid != "1" && pid != own {
			t.Errorf("at rest, a file of a process was looked at: %s", call[0])
		}
	}
}
