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
		said := fmt.Sprint(os.Getpid(), len(s.Procs), " ", s.Source)
		for i := range s.Procs {
			if undated(&s.Procs[i]) {
				said += fmt.Sprint(" ", s.Procs[i].PID)
			}
		}
		return said
	})
}

// undated reports whether it is unknown when a process last ran: the kernel forgets that of who is moved to another CPU on its
// way to sleep. Whether it has changed its command line since can't be told, then.
func undated(p *pcb.Process) bool { return !p.Have.Has(pcb.FieldIdle) }

// stirs reports whether a process other than the reader and who traces it may still be at its beginning.
func stirs(p pcb.Process) bool {
	return p.PID != 1 && p.PID != int32(os.Getpid()) && !undated(&p) && p.Idle < 200*time.Millisecond
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
	said := strings.Fields(h.line()) // strace is process 1. It and the reader run
	if len(said) < 3 || said[1] != fmt.Sprint(restful+2) || said[2] != string(SourceBPF) {
		t.Fatalf("the reader says %q", said)
	}
	if len(said) > 3+restful/3 {
		t.Errorf("of most it is unknown when they ran last: %q", said)
	}
	runs := append(said[3:], "1", said[0]) // or may have
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
		if !slices.Contains(runs, call[1]) {
			t.Errorf("at rest, a file of a process was looked at: %s", call[0])
		}
	}
}
