package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// Each setting is changed from the screen, of a whole process group, and the kernel is asked for every member.
func TestSettingsOnScreen(t *testing.T) {
	shell := exec.Command("sh", "-c", "sleep 1409 & sleep 1410")
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	leader := shell.Process.Pid
	t.Cleanup(func() { _ = syscall.Kill(-leader, syscall.SIGKILL); _ = shell.Wait() })
	term := newTerminal(t, 80, 24)
	term.typed(buildPtop(t) + " -d 0.5 -p " + strconv.Itoa(leader) + "; echo exit code $?")
	term.keys("Enter")
	term.waitFor("COMMAND", "Help", strconv.Itoa(leader))
	cpus, err := pcb.ParseCPUList(procField(t, leader, "status", "Cpus_allowed_list:"))
	if err != nil {
		t.Fatal(err)
	}
	cpu := strconv.Itoa(cpus[0])
	for _, c := range []struct {
		key, menu, typed string // what is typed leads to the value
		asks, want       string
		of               func(pid int) string
	}{
		{
			"i", "set the I/O priority from", "best effort 6", "set the I/O priority to best effort 6", "2 6",
			func(pid int) string {
				v, _, _ := unix.Syscall(unix.SYS_IOPRIO_GET, 1, uintptr(pid), 0)
				return fmt.Sprint(v>>13, " ", v&7)
			},
		},
		{"Y", "set the scheduling policy from other to", "batch", "set the scheduling policy to batch", "3", func(pid int) string { return statField(t, pid, 41) }},
		{
			"O", "set the OOM score adjustment from", "900", "set the OOM score adjustment to 900", "900",
			func(pid int) string { return procField(t, pid, "oom_score_adj", "") },
		},
		{"r", "renice", "19", "renice to 19", "19", func(pid int) string { return statField(t, pid, 19) }},
		{
			":", ":", "affinity " + cpu, "set the CPU affinity to CPU " + cpu, cpu,
			func(pid int) string { return procField(t, pid, "status", "Cpus_allowed_list:") },
		},
	} {
		term.keys(c.key)
		term.waitFor(c.menu)
		term.typed(c.typed)
		term.keys("Enter")
		term.waitFor(c.asks + "?")
		term.keys("s")
		term.waitFor("to: with the whole subtree")
		term.keys("s")
		term.waitUntil("binding", func(s string) bool {
			return strings.Contains(s, "to: the whole process group, 3 processes") && !strings.Contains(s, "binding…")
		})
		term.keys("y")
		did := strings.Replace(c.asks, "renice", "reniced", 1) + ": 3 processes"
		term.waitFor(did)
		members := groupMembers(t, leader)
		if len(members) != 3 {
			t.Fatalf("%v are in the group", members)
		}
		for _, pid := range members {
			if got := c.of(pid); got != c.want {
				t.Errorf("%s: %d has %q, not %q", did, pid, got, c.want)
			}
		}
	}
	term.keys("q")
	term.waitFor("exit code 0")
}

// procField gives what follows a word in a file of a process; all of it for no word.
func procField(t *testing.T, pid int, file, word string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, word); ok {
			return strings.TrimSpace(rest)
		}
	}
	t.Fatalf("/proc/%d/%s has no %q", pid, file, word)
	return ""
}

// statField gives one field of stat, as proc(5) numbers them.
func statField(t *testing.T, pid, n int) string {
	t.Helper()
	text := procField(t, pid, "stat", "")
	return strings.Fields(text[strings.LastIndexByte(text, ')')+1:])[n-3]
}

func groupMembers(t *testing.T, group int) (pids []int) {
	t.Helper()
	names, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name.Name())
		if err != nil {
			continue
		}
		if of, err := unix.Getpgid(pid); err == nil && of == group {
			pids = append(pids, pid)
		}
	}
	return pids
}
