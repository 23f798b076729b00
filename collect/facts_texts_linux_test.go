package collect

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"unsafe"

	"ptop/internal/sick"
	"ptop/pcb"
)

// beRenamed writes over its own command line, as setproctitle does, each time that it is asked.
func beRenamed() {
	title := unsafe.Slice(unsafe.StringData(os.Args[0]), len(os.Args[0])) // where the kernel put it
	answer(func() string {
		title[0]++
		return string(title)
	})
}

// beNameless has no command line, and has it again, in turn with each time that it is asked.
func beNameless() {
	title := unsafe.Slice(unsafe.StringData(os.Args[0]), len(os.Args[0]))
	kept := string(title)
	answer(func() string {
		if title[0] != 0 {
			clear(title)
		} else {
			copy(title, kept)
		}
		return string(bytes.Trim(title, "\x00"))
	})
}

// dialogue starts a program that writes a byte before each line that it reads. It gives what feeds it a line.
func dialogue(t *testing.T, args ...string) (pid int32, feed func()) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	hear := func() { _, _ = out.Read(make([]byte, 1)) } // or it ends
	hear()
	return int32(cmd.Process.Pid), func() {
		fmt.Fprintln(in)
		hear()
	}
}

// copyOf makes a copy of a program with the same name.
func copyOf(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(t.TempDir(), program)
	if err := os.WriteFile(made, text, 0o700); err != nil {
		t.Fatal(err)
	}
	return made
}

// An exec shows in the next reading, though the pid and the name stay the same, and then the program, too.
func TestExecShowsInTheNextReading(t *testing.T) {
	for _, source := range allowed(t) {
		t.Run(string(source), func(t *testing.T) {
			other := copyOf(t, "sh")
			pid, feed := dialogue(t, "sh", "-c", `printf 1; read x; exec sh -c "$1" sh "$2" "$3"`, "sh", `printf 2; read x; exec "$1" -c "$2"`, other, "printf 3; read x")
			c := newCollector(t, source)
			var s pcb.Snapshot
			var told []string
			for range 3 {
				if err := c.Collect(t.Context(), &s); err != nil {
					t.Fatal(err)
				}
				p := find(t, &s, pid)
				cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				if err != nil {
					t.Fatal(err)
				}
				exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
				if err != nil {
					t.Fatal(err)
				}
				if p.Comm != "sh" || p.Cmdline+"\x00" != string(cmdline) || p.Exe != exe {
					t.Errorf("%q, %s is told to be %q, %s", cmdline, exe, p.Cmdline, p.Exe)
				}
				told = append(told, p.Cmdline)
				feed()
			}
			if told[0] == told[1] || told[1] == told[2] {
				t.Errorf("the case shows nothing: %q", told)
			}
		})
	}
}

// A command line that its process writes over gives no sign. It shows once the one that was read is old, of a process that
// has run since.
func TestCommandLineThatIsWrittenOver(t *testing.T) {
	for _, source := range allowed(t) {
		t.Run(string(source), func(t *testing.T) {
			h := startHelper(t, "renamed")
			c := newCollector(t, source)
			pid := int32(h.cmd.Process.Pid)
			var s pcb.Snapshot
			for range 3 {
				title := h.line()
				if e := c.known[pid]; e != nil {
					e.textsAt -= 2 * textsAge
				}
				if err := c.Collect(t.Context(), &s); err != nil {
					t.Fatal(err)
				}
				if p := find(t, &s, pid); p.Cmdline != title {
					t.Errorf("%q is told to be %q", title, p.Cmdline)
				}
			}
		})
	}
}

// In the middle of an exec, when the kernel has counted it already, a process has no command line for a moment. Where none was
// read, it is read again as soon as the process has run.
func TestNoCommandLineIsReadAgain(t *testing.T) {
	sick.NeedRoot(t, "it reads by bpf")
	h := startHelper(t, "nameless")
	c := newCollector(t, SourceBPF)
	var s pcb.Snapshot
	for range 2 {
		for _, none := range []bool{true, false} {
			title := h.line()
			if none {
				c.known, c.iter.entries = map[int32]*entry{}, nil // as if it had been new
			}
			if err := c.Collect(t.Context(), &s); err != nil {
				t.Fatal(err)
			}
			if p := find(t, &s, int32(h.cmd.Process.Pid)); p.Cmdline != title || none != (title == "") {
				t.Errorf("%q is told to be %q", title, p.Cmdline)
			}
		}
	}
}

// A move to another cgroup shows in the next reading by the task iterator, in whichever hierarchy it is.
func TestCgroupMoveShowsInTheNextReading(t *testing.T) {
	sick.NeedRoot(t, "it moves a process to another cgroup")
	pid, _ := dialogue(t, "sh", "-c", "printf 1; read x")
	c := newCollector(t, SourceBPF)
	var s pcb.Snapshot
	read := func() (cgroups string) {
		t.Helper()
		if err := c.Collect(t.Context(), &s); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
		if err != nil {
			t.Fatal(err)
		}
		if p := find(t, &s, pid); p.Cgroups != string(text) {
			t.Errorf("%q is told to be %q", text, p.Cgroups)
		}
		return string(text)
	}
	last, moves := read(), 0
	name := fmt.Sprintf("ptop-facts-%d", pid)
	for _, enter := range []func() bool{
		func() bool { return sick.Enter(t, int(pid), name) },
		func() bool { return enterOld(t, pid, name) },
	} {
		if !enter() {
			continue
		}
		moves++
		now := read()
		if now == last {
			t.Errorf("the case shows nothing: %q", now)
		}
		last = now
	}
	if moves == 0 {
		sick.Missing(t, "needs a cgroup hierarchy that can be written to")
	}
}

// enterOld moves a process into a new cgroup of a hierarchy of version 1, until the test ends; false where there is none.
func enterOld(t *testing.T, pid int32, name string) bool {
	const top = "/sys/fs/cgroup/pids"
	group, number := filepath.Join(top, name), []byte(strconv.Itoa(int(pid)))
	if os.Mkdir(group, 0o755) != nil {
		return false
	}
	t.Cleanup(func() {
		_ = os.WriteFile(filepath.Join(top, "cgroup.procs"), number, 0o600)
		if err := os.Remove(group); err != nil {
			t.Error(err)
		}
	})
	return os.WriteFile(filepath.Join(group, "cgroup.procs"), number, 0o600) == nil
}
