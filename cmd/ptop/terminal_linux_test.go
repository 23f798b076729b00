package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// sigStackFault is a signal that Go does not know: the runtime dies of it as of a fault of its own.
const sigStackFault = syscall.Signal(16)

// Whatever ends ptop, the terminal is as before.
func TestTerminalComesBack(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{
		{syscall.SIGTERM, 0},
		{syscall.SIGINT, 0},
		{syscall.SIGQUIT, 0},
		{syscall.SIGHUP, 0},
		{syscall.SIGSEGV, 128 + 11},
		{syscall.SIGABRT, 128 + 6},
		{syscall.SIGBUS, 128 + 7},
		{syscall.SIGILL, 128 + 4},
		{syscall.SIGFPE, 128 + 8},
		{syscall.SIGTRAP, 128 + 5},
		{syscall.SIGSYS, 128 + 31},
		{syscall.SIGKILL, -9},
		{sigStackFault, 2},
	} {
		t.Run(fmt.Sprint(int(c.signal)), func(t *testing.T) {
			p := newPty(t)
			cmd := p.screen()
			guard := p.guardOf(cmd.Process.Pid)
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if code := p.ends(cmd); code != c.code {
				t.Errorf("the exit code is %d, want %d", code, c.code)
			}
			p.wait("terminal as before", p.left)
			p.wait("end of the guard", func() bool { return gone(guard) })
		})
	}
}

// What the runtime says when it gives up can be read afterwards.
func TestDumpFollowsTheScreen(t *testing.T) {
	p := newPty(t)
	cmd := p.screen()
	_ = cmd.Process.Signal(sigStackFault)
	p.ends(cmd)
	p.wait("dump on the main screen", func() bool {
		_, after, _ := strings.Cut(p.shown(), "\x1b[?1049l")
		return strings.Contains(after, "goroutine ")
	})
}

// A guard that was ended is missed by nobody.
func TestGuardMayGo(t *testing.T) {
	p := newPty(t)
	cmd := p.screen()
	guard := p.guardOf(cmd.Process.Pid)
	if err := syscall.Kill(guard, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.wait("reaped guard", func() bool { return syscall.Kill(guard, 0) == syscall.ESRCH })
	p.typed("q")
	if code := p.ends(cmd); code != 0 {
		t.Errorf("the exit code is %d", code)
	}
	p.wait("terminal as before", p.left)
}

// stopped starts ptop from a shell with job control, stops it by Ctrl-Z, and gives its pid.
func (p *pty) stopped() int {
	p.t.Helper()
	shell := p.start(controlled(), []string{"PS1=$ "}, "bash", "--norc", "--noediting", "-i")
	p.waitFor("$ ")
	p.typed("ptop -d 0.5\n")
	p.waitFor("COMMAND")
	pid := p.childOf(shell.Process.Pid, "ptop")
	p.typed("\x1a")
	p.waitFor("Stopped")
	return pid
}

// ptop was killed while it was stopped: the terminal is the shell's, and the guard leaves it alone.
func TestGuardLeavesAnothersTerminal(t *testing.T) {
	p := newPty(t)
	pid := p.stopped()
	guard := p.guardOf(pid)
	p.typed("kill -KILL %1\n")
	p.wait("end of ptop and its guard", func() bool { return gone(pid) && gone(guard) })
	p.wait("terminal as before", p.left)
	if shown := p.shown(); strings.Count(shown, "\x1b[?1049l") != 1 {
		t.Errorf("the alternate screen was left more than once: %q", shown[strings.Index(shown, "\x1b[?1049l"):])
	}
}

// A ptop that is stopped ends when it is told to, without asking for the terminal, which the shell has.
func TestEndsWhileStopped(t *testing.T) {
	p := newPty(t)
	pid := p.stopped()
	p.typed("kill %1\n") // SIGTERM and SIGCONT
	p.wait("end of ptop", func() bool { return gone(pid) })
	p.wait("terminal as before", p.left)
	if shown := p.shown(); strings.Count(shown, "\x1b[?1049h") != 1 {
		t.Error("the alternate screen was entered once more")
	}
	p.typed("jobs; echo no $((6*7)) jobs\n")
	p.waitFor("no 42 jobs")
	if !strings.Contains(p.shown(), "Done") {
		t.Errorf("it did not end well: %q", p.shown()[strings.LastIndex(p.shown(), "\x1b[?1049l"):])
	}
}

// In the background ptop stops again; in the foreground its screen comes back.
func TestContinues(t *testing.T) {
	p := newPty(t)
	pid := p.stopped()
	p.typed("bg; sleep 1; jobs\n")
	p.wait("second stop", func() bool { return strings.Count(p.shown(), "Stopped") > 1 && inState(pid, "T") })
	p.typed("bg\n") // ptop is waiting for the terminal, or has stopped again
	p.typed("fg\n")
	p.wait("screen again", func() bool { return strings.Count(p.shown(), "\x1b[?1049h") >= 2 })
	p.typed("q")
	p.wait("end of ptop", func() bool { return gone(pid) })
	p.wait("terminal as before", p.left)
}

// guardOf gives the pid of the guard of a ptop.
func (p *pty) guardOf(pid int) int {
	p.t.Helper()
	return p.childOf(pid, "terminal-guard")
}

// childOf waits until a process has a child of that name, and gives its pid.
func (p *pty) childOf(parent int, name string) (pid int) {
	p.t.Helper()
	p.wait("child "+name, func() bool {
		out, _ := exec.Command("pgrep", "-x", "-P", strconv.Itoa(parent), name).Output()
		var err error
		pid, err = strconv.Atoi(strings.TrimSpace(string(out)))
		return err == nil
	})
	return pid
}

// gone reports whether a process has ended, with all its threads: before, its parent does not know. Whose child it is then may
// not care for it.
func gone(pid int) bool {
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	return len(threads) <= 1 && (inState(pid, "") || inState(pid, "Z"))
}

// inState reports whether a process is in a state of /proc/PID/stat; none is that of a process which is not there.
func inState(pid int, want string) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return want == ""
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return state[:1] == want
}

// Old terminals need pauses, according to their descriptions. The keyboard lives all the same.
func TestKeyboardOfOldTerminals(t *testing.T) {
	for _, name := range []string{"vt100", "vt102", "vt220", "sun", "screen.xterm-256color", "xterm-nobody-knows", "tmux-direct"} {
		t.Run(name, func(t *testing.T) {
			p := newPty(t)
			cmd := p.screen("TERM=" + name)
			p.typed("q")
			if code := p.ends(cmd); code != 0 {
				t.Errorf("the exit code is %d", code)
			}
			if p.modes() != p.before {
				t.Error("the terminal's modes are not those of before")
			}
		})
	}
}

// A kind of terminal that ptop does not know is told in one line, and no program is asked about it.
func TestUnknownTerminal(t *testing.T) {
	dir := t.TempDir()
	asked := filepath.Join(dir, "asked")
	if err := os.WriteFile(filepath.Join(dir, "infocmp"), []byte("#!/bin/sh\n>"+asked+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nosuchterm", "dumb", "dumb-256color", "", "-", "."} {
		p := newPty(t)
		cmd := p.start(controlled(), []string{"TERM=" + name, "PATH=" + dir + ":" + os.Getenv("PATH")}, "ptop")
		if code := p.ends(cmd); code != 2 {
			t.Errorf("TERM=%s: the exit code is %d", name, code)
		}
		p.waitFor("\n")
		want := fmt.Sprintf("ptop: the terminal can't show a screen (TERM is %q): try ptop --json, --once or --check\r\n", name)
		if got := p.shown(); got != want {
			t.Errorf("TERM=%s: it says %q", name, got)
		}
	}
	if _, err := os.Stat(asked); err == nil {
		t.Error("infocmp was run")
	}
}

// Without a controlling terminal the inherited one serves, and stays usable for those who share it.
func TestNoControllingTerminal(t *testing.T) {
	p := newPty(t)
	cmd := p.start(&syscall.SysProcAttr{Setsid: true}, nil, "ptop", "-d", "0.5")
	p.waitFor("COMMAND")
	p.typed("q")
	if code := p.ends(cmd); code != 0 {
		t.Errorf("the exit code is %d", code)
	}
	p.wait("terminal as before", p.left)
	if flags, err := unix.FcntlInt(p.slave.Fd(), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("the terminal was made non-blocking (%v)", err)
	}

	p = newPty(t)
	cmd = p.start(&syscall.SysProcAttr{Setsid: true}, nil, "ptop", "-d", "0.5")
	p.waitFor("COMMAND")
	_ = cmd.Process.Kill()
	p.ends(cmd)
	p.wait("terminal as before", p.left)
}

func TestNoColorNoColorCodes(t *testing.T) {
	colors := regexp.MustCompile(`\x1b\[[0-9;]*(?:\b[34][0-9]|\b9[0-7]|\b10[0-7])[0-9;]*m`)
	for _, c := range []struct {
		arg, env string
		want     bool
	}{{"--theme=default", "X=", true}, {"--no-color", "X=", false}, {"--theme=default", "NO_COLOR=1", false}} {
		p := newPty(t)
		cmd := p.start(controlled(), []string{c.env, "COLORTERM=truecolor"}, "ptop", "-d", "0.5", c.arg)
		p.waitFor("COMMAND")
		p.typed("q")
		p.ends(cmd)
		if code := colors.FindString(p.shown()); (code != "") != c.want {
			t.Errorf("%s %s: a colour code is %q", c.env, c.arg, code)
		}
	}
}
