package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sick"
)

// load uses 30 ms of a CPU's time in each 100 ms, or less where it does not get it.
func load() {
	clock := func() time.Duration {
		var t unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
		return time.Duration(t.Nano())
	}
	for {
		for start := clock(); clock()-start < 30*time.Millisecond; {
		}
		time.Sleep(70 * time.Millisecond)
	}
}

// A ptop that was stopped for a while, as a suspended machine or a debugger would have it, tells rates of the time that has
// passed, and takes the gap for no sign of anything.
func TestWhileItWasStopped(t *testing.T) {
	sick.NeedRoot(t, "a pid namespace, where nothing else happens")
	const script = `mount -t proc proc /proc || exit; load & sh -c "true & exec sleep 1000" & exec ptop --json -n 0 -d 0.3 --time-scale 0.2 -o pid,comm,cpu_percent`
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID, Unshareflags: unix.CLONE_NEWNS}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it is the namespace's first: the others end with it
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	next := func() sampled {
		t.Helper()
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		return documents(t, line)[0]
	}
	var usual []float64
	told := map[string]int{}
	note := func(doc sampled) {
		usual = append(usual, cpuOf(t, doc, "load"))
		for _, f := range doc.Findings {
			told[f.String()]++
		}
	}
	for deadline := time.Now().Add(time.Minute); len(usual) < 4; {
		if doc := next(); len(doc.Findings) > 0 {
			note(doc)
		} else if time.Now().After(deadline) {
			t.Fatal("the zombie is not found")
		}
	}
	signal := func(s syscall.Signal) {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(unix.SIGSTOP)
	time.Sleep(3 * time.Second)
	signal(unix.SIGCONT)
	doc := next()
	for n := 0; doc.Sample.Interval < 2.5; n++ {
		if n == 5 {
			t.Fatal("no document tells of the time for which ptop was stopped")
		}
		note(doc)
		doc = next()
	}
	for range 3 {
		note(next())
	}
	cpu := cpuOf(t, doc, "load")
	slices.Sort(usual)
	if median := usual[len(usual)/2]; cpu < median/3 || cpu > median*3 {
		t.Errorf("over %.1f s the load used %.1f %%, otherwise %.1f", doc.Sample.Interval, cpu, usual)
	}
	now := map[string]bool{}
	for _, f := range doc.Findings {
		if now[f.String()] = true; told[f.String()] == 0 {
			t.Errorf("%v was found behind the gap alone", f)
		}
	}
	for f, times := range told {
		if times == len(usual) && !now[f] {
			t.Errorf("%v was not found behind the gap alone", f)
		}
	}
	if len(doc.Findings) == 0 {
		t.Error("the zombie was not found behind the gap")
	}
}

// cpuOf is what a document tells of the only process of that name.
func cpuOf(t *testing.T, doc sampled, comm string) float64 {
	t.Helper()
	i := slices.IndexFunc(doc.Processes, func(p process) bool { return p.Comm == comm })
	if i < 0 || doc.Processes[i].CPU == nil {
		t.Fatalf("no CPU time of %s in %s", comm, fmt.Sprint(doc))
	}
	return *doc.Processes[i].CPU
}
