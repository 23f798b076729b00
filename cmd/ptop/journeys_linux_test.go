package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ptop/internal/monitor"
	"ptop/ui"
)

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s", what)
		}
	}
}

// family starts a shell with n sleeping children, all in a session of their own, and gives its pid and theirs.
func family(t *testing.T, n int) (parent int, children []int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", fmt.Sprintf("for i in $(seq %d); do sleep 1000 & done; wait; exec sleep 1000", n))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	parent = cmd.Process.Pid
	t.Cleanup(func() { _ = syscall.Kill(-parent, syscall.SIGKILL); _ = cmd.Wait() })
	eventually(t, fmt.Sprintf("%d children of %d", n, parent), func() bool {
		out, _ := exec.Command("pgrep", "-P", strconv.Itoa(parent), "-x", "sleep").Output()
		children = nil
		for _, pid := range strings.Fields(string(out)) {
			number, _ := strconv.Atoi(pid)
			children = append(children, number)
		}
		return len(children) == n
	})
	return parent, children
}

// ptopIn starts ptop in a new terminal and waits for its table.
func ptopIn(t *testing.T, width, height int, flags string) *terminal {
	t.Helper()
	term := newTerminal(t, width, height)
	term.typed(buildPtop(t) + " -d 0.5 " + flags + "; echo exit code $?")
	term.keys("Enter")
	term.waitFor("COMMAND", "Help")
	return term
}

// answer waits for the confirmation, bound, and says yes.
func (term *terminal) answer(title string) {
	term.t.Helper()
	term.waitUntil(title, func(s string) bool {
		return strings.Contains(s, title) && !strings.Contains(s, "binding…")
	})
	term.keys("y")
}

func (term *terminal) quits() {
	term.t.Helper()
	term.keys("q")
	term.waitFor("exit code 0")
}

// A nice value is changed from the screen, and the kernel has it.
func TestReniceOnScreen(t *testing.T) {
	parent, _ := family(t, 1)
	term := ptopIn(t, 100, 30, "-p "+strconv.Itoa(parent))
	term.waitFor("sh -c for")
	term.keys("r")
	term.waitFor("renice from 0 to")
	term.typed("7")
	term.keys("Enter")
	term.answer("renice to 7?")
	term.waitFor("reniced to 7")
	if nice := statField(t, parent, 19); nice != "7" {
		t.Errorf("its nice value is %s", nice)
	}
	term.waitUntil("the value in the table", regexp.MustCompile(strconv.Itoa(parent)+` \w+ +7 S`).MatchString)
	term.quits()
}

// In the tree a filter keeps the ancestors of what matches and, after D, what is below it.
func TestTreeWithFilterOnScreen(t *testing.T) {
	parent, children := family(t, 2)
	term := ptopIn(t, 120, 30, "--tree -s pid")
	term.keys("/")
	term.typed("pid == " + strconv.Itoa(children[0]))
	term.keys("Enter")
	row := func(pid int) *regexp.Regexp { return regexp.MustCompile(`(?m)^.?\s*` + strconv.Itoa(pid) + ` `) }
	term.waitUntil("the child below its parent", func(s string) bool {
		above, below := row(parent).FindStringIndex(s), row(children[0]).FindStringIndex(s)
		return above != nil && below != nil && above[0] < below[0] && !row(children[1]).MatchString(s) && strings.Contains(s, "─ sleep 1000")
	})
	term.keys("/", "C-u")
	term.typed("pid == " + strconv.Itoa(parent))
	term.keys("Enter")
	term.waitUntil("the parent alone", func(s string) bool { return row(parent).MatchString(s) && !row(children[1]).MatchString(s) })
	term.keys("D")
	term.waitUntil("what is below it", func(s string) bool { return row(children[0]).MatchString(s) && row(children[1]).MatchString(s) })
	term.quits()
}

// Three are tagged and stopped gracefully: they and nobody else.
func TestTagThreeAndStop(t *testing.T) {
	parent, children := family(t, 4)
	term := ptopIn(t, 120, 30, "-s pid -p "+strconv.Itoa(parent)+" --descendants")
	term.waitFor("sh -c for", "sleep 1000")
	term.keys("Down") // from the parent to its first child
	for i := range 3 {
		term.keys("Space")
		term.waitFor("tagged " + strconv.Itoa(i+1))
	}
	term.keys("k")
	term.waitFor("graceful stop")
	term.keys("Home", "Enter")
	term.answer("stop gracefully?")
	term.waitUntil("their end", func(s string) bool {
		return strings.Contains(s, "all 3 ended after")
	})
	for _, pid := range children[:3] {
		eventually(t, fmt.Sprintf("end of %d", pid), func() bool { return gone(pid) })
	}
	if gone(children[3]) || gone(parent) {
		t.Error("somebody else was stopped, too")
	}
	term.keys("Escape")
	term.waitUntil("end of the dialog", func(s string) bool { return !strings.Contains(s, "Esc closes") })
	term.quits()
}

// Each page of the drill-down has what it is for, of a real process.
func TestDrillOnScreen(t *testing.T) {
	parent, _ := family(t, 2)
	term := ptopIn(t, 120, 40, "-p "+strconv.Itoa(parent))
	term.waitFor("sh -c for")
	term.keys("Enter")
	term.waitFor("Identification", "ppid", strconv.Itoa(parent))
	for _, page := range []struct {
		key   string
		wants []string
	}{
		{"2", []string{"origin", "Life"}},
		{"3", []string{"─ sleep", strconv.Itoa(parent)}},
		{"4", []string{"1 thread", "TID", "VSW/s"}},
		{"5", []string{"working directory", "open files", "/dev/null"}},
		{"6", []string{"resident (RSS)", "virtual size"}},
		{"7", []string{"variables", "PATH="}},
		{"8", []string{"open files", "SOFT"}},
		{"9 End", []string{"Namespaces", "the same as ptop's"}},
		{"0", []string{"blocked", "SIGCHLD", "sleeps in"}},
		{"Tab", []string{"context switches/s", "newest at the"}},
	} {
		term.keys(strings.Fields(page.key)...)
		term.waitFor(page.wants...)
	}
	term.keys("Tab") // round to the first
	term.waitFor("Identification")
	term.keys("Escape")
	term.waitFor("COMMAND")
	term.quits()
}

// However often and fast the terminal changes its size, down to one cell, the screen comes to rest whole.
func TestResizeStorm(t *testing.T) {
	term := ptopIn(t, 100, 30, "")
	for i := range 60 {
		term.tmux("resize-window", "-x", strconv.Itoa(1+i*37%160), "-y", strconv.Itoa(1+i*17%50))
	}
	term.tmux("resize-window", "-x", "110", "-y", "33")
	eventually(t, "whole screen of 110×33", func() bool {
		screen := term.tmux("capture-pane", "-p") // line by line: tmux takes some for wrapped that were at another width
		lines := strings.Split(strings.TrimRight(screen, "\n"), "\n")
		return strings.HasPrefix(lines[0], "ptop ") && strings.Contains(screen, "COMMAND") && len(lines) == 33 && strings.HasPrefix(lines[32], "F1Help")
	})
	term.quits()
}

// Ctrl-Z gives the terminal to the shell and fg gives it back; SIGTERM and SIGHUP leave it as it was.
func TestTerminalOnScreen(t *testing.T) {
	needTmux(t)
	for _, signal := range []string{"TERM", "HUP"} {
		term := newTerminal(t, 100, 30)
		path := buildPtop(t)
		before := term.stty("before")
		term.typed("set -m; " + path + " -d 0.5")
		term.keys("Enter")
		term.waitFor("COMMAND", "Help")
		term.keys("C-z")
		term.waitUntil("the shell's prompt", func(s string) bool {
			return strings.Contains(s, "Stopped") && !strings.Contains(s, "COMMAND") && strings.HasSuffix(strings.TrimRight(s, " \n"), "\n$")
		})
		if while := term.stty("while"); while != before {
			t.Errorf("stopped, the terminal is %s, before %s", while, before)
		}
		term.typed("fg")
		term.keys("Enter")
		term.waitFor("COMMAND", "Help")
		shell := strings.TrimSpace(term.tmux("display-message", "-p", "#{pane_pid}"))
		out, err := exec.Command("pkill", "-"+signal, "-P", shell, "-x", filepath.Base(path)).CombinedOutput()
		if err != nil {
			t.Fatalf("pkill: %v %s", err, out)
		}
		term.waitUntil("the shell's prompt", func(s string) bool {
			return !strings.Contains(s, "COMMAND") && strings.HasSuffix(strings.TrimRight(s, " \n"), "\n$")
		})
		if after := term.stty("after"); after != before {
			t.Errorf("after SIG%s the terminal is %s, before %s", signal, after, before)
		}
	}
}

// withFault is a backend with a fault, which the key R brings about on the UI goroutine.
type withFault struct{ ui.Backend }

func (withFault) Frames() <-chan *monitor.Frame { return nil }
func (withFault) ActionsOff() string            { return "" }
func (withFault) Refresh()                      { panic("an injected fault") }

// faulty is the screen of the program as cmd/ptop runs it, with that backend.
func faulty() {
	terminal, err := ui.Open(ui.Options{})
	if err == nil {
		_, err = terminal.Run(context.Background(), withFault{})
		terminal.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ptop:", err)
		os.Exit(1)
	}
}

// A panic ends the screen, gives the terminal back as it was, and is told on it with where it was.
func TestPanicOnScreen(t *testing.T) {
	p := newPty(t)
	cmd := p.start(controlled(), nil, "ptop-with-a-fault")
	p.waitFor("reading…")
	p.typed("R")
	if code := p.ends(cmd); code != 1 {
		t.Errorf("the exit code is %d", code)
	}
	p.wait("terminal as before", p.left)
	p.wait("fault on the main screen", func() bool {
		_, after, _ := strings.Cut(p.shown(), "\x1b[?1049l")
		return strings.Contains(after, "a fault in ptop: an injected fault") && strings.Contains(after, "goroutine ")
	})
}
