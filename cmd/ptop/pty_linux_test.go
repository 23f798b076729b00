package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long anything may take before a test gives up.
const patience = 30 * time.Second

// pty is a pseudo-terminal whose output is kept, byte by byte.
type pty struct {
	t             testing.TB
	master, slave *os.File
	before        unix.Termios
	mu            sync.Mutex
	output        bytes.Buffer
}

func newPty(t testing.TB) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pty{t: t, master: master, slave: slave}
	p.before = p.modes()
	go p.keep()
	t.Cleanup(func() { master.Close(); slave.Close() })
	return p
}

// keep reads the output until the terminal is closed.
func (p *pty) keep() {
	buf := make([]byte, 1<<16)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.output.Write(buf[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *pty) shown() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

func (p *pty) modes() unix.Termios {
	p.t.Helper()
	modes, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return *modes
}

func (p *pty) typed(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pty) wait(what string, ok func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			shown := p.shown()
			p.t.Fatalf("no %s; the output ends with %q", what, shown[max(0, len(shown)-2000):])
		}
	}
}

func (p *pty) waitFor(text string) {
	p.t.Helper()
	p.wait(text, func() bool { return strings.Contains(p.shown(), text) })
}

// start runs a command on the terminal; env is added to a small environment.
func (p *pty) start(attr *syscall.SysProcAttr, env []string, name string, args ...string) *exec.Cmd {
	p.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.slave, p.slave, p.slave
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LANG=C.UTF-8", "TERM=xterm-256color"}, env...)
	cmd.SysProcAttr = attr
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// controlled makes the terminal the controlling one of the command.
func controlled() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true, Setctty: true} }

// screen starts ptop and waits for its first frame.
func (p *pty) screen(env ...string) *exec.Cmd {
	p.t.Helper()
	cmd := p.start(controlled(), env, "ptop", "-d", "0.5")
	p.waitFor("COMMAND")
	if p.modes() == p.before {
		p.t.Fatal("the terminal's modes are those of before")
	}
	return cmd
}

// ends waits for the end of a command and gives its exit code, or minus the signal that ended it.
func (p *pty) ends(cmd *exec.Cmd) int {
	p.t.Helper()
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		p.t.Fatalf("%v does not end", cmd.Args)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return -int(status.Signal())
	}
	return status.ExitStatus()
}

// left reports whether everything that was switched on has been switched off.
func (p *pty) left() bool {
	shown := p.shown()
	for on, off := range map[string]string{
		"\x1b[?1049h": "\x1b[?1049l", "\x1b[?25l": "\x1b[?25h", "\x1b[?1000h": "\x1b[?1000l", "\x1b[?1006h": "\x1b[?1006l",
		"\x1b[?2004h": "\x1b[?2004l", "\x1b[>4;2m": "\x1b[>4;0m", "\x1b[?1h": "\x1b[?1l", "\x1b[?7l": "\x1b[?7h",
	} {
		if strings.LastIndex(shown, off) < strings.LastIndex(shown, on) {
			return false
		}
	}
	return p.modes() == p.before
}
