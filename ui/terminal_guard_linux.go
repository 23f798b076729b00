package ui

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ptop/internal/sanitize"
)

// guardName is what the guard is called. Not "ptop …": pkill -9 ptop must not hit it.
const guardName = "terminal-guard"

// guardPatience is how long the guard waits for a terminal that takes no output.
const guardPatience = 2 * time.Second

// guard is a process that gives the terminal back when ptop can't: after SIGKILL, or after a fault that ends the program
// at once. It is ptop's own binary, reads claims from a pipe, and acts on the last one when the pipe ends. A nil guard
// is one that could not be started.
type guard struct {
	claim claim
	tty   *os.File
	words *os.File
	cmd   *exec.Cmd
	ended chan struct{}
}

// claim says whether ptop has the terminal, and how it is given back.
type claim struct {
	Held           bool
	Leave          string // what to write
	Before, During unix.Termios
}

// guardable is set by a program that calls GuardMain: that of another (a test) would not act as a guard.
var guardable bool

// GuardMain is where a program that calls Run has to begin: in a process that was started as the guard it does the work
// of one and ends the process; otherwise it does nothing.
func GuardMain() {
	if os.Args[0] != guardName {
		guardable = true
		return
	}
	_ = os.WriteFile("/proc/self/comm", []byte(guardName), 0) // otherwise it is "exe"
	watch(os.Stdin, os.Stdout)
	os.Exit(0)
}

// startGuard starts a guard of tty in a session of its own, where neither the terminal's signals nor those to ptop's
// job reach it.
func startGuard(tty *os.File) *guard {
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil || !guardable {
		return nil
	}
	ears, words, err := os.Pipe()
	if err != nil {
		return nil
	}
	defer ears.Close()
	g := &guard{claim: claim{Before: *before}, tty: tty, words: words, ended: make(chan struct{})}
	g.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{guardName}, Env: []string{"GOMAXPROCS=1"}, Dir: "/",
		Stdin: ears, Stdout: tty, Stderr: tty, SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := g.cmd.Start(); err != nil {
		words.Close()
		return nil
	}
	go func() {
		_ = g.cmd.Wait()
		close(g.ended)
	}()
	_ = debug.SetCrashOutput(words, debug.CrashOptions{}) // the runtime's own goes to the screen that is about to vanish
	return g
}

// prepare says what is to be written when the terminal is given back.
func (g *guard) prepare(leave string) {
	if g != nil {
		g.claim.Leave = leave
	}
}

// hold tells the guard that ptop has taken the terminal, or given it back.
func (g *guard) hold(held bool) {
	if g == nil {
		return
	}
	g.claim.Held = held
	if during, err := unix.IoctlGetTermios(int(g.tty.Fd()), unix.TCGETS); err == nil {
		g.claim.During = *during
	}
	_ = json.NewEncoder(g.words).Encode(g.claim) // a guard that was killed is missed by nobody
}

// close ends the guard.
func (g *guard) close() {
	if g == nil {
		return
	}
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	_ = g.cmd.Process.Kill()
	<-g.ended
	g.words.Close()
}

// watch waits for the end of ptop and gives the terminal back if ptop had it then. What the runtime said about a fault
// follows.
func watch(words io.Reader, tty *os.File) {
	last, dump := lastClaim(bufio.NewReader(words))
	if !last.Held {
		return
	}
	time.AfterFunc(guardPatience, func() { os.Exit(1) })
	// The shell may have been faster; then the modes are its own.
	if now, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS); err == nil && *now == last.During {
		_ = unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, &last.Before)
	}
	_, _ = tty.WriteString(last.Leave)
	for line := range strings.Lines(dump) {
		_, _ = tty.WriteString(sanitize.Text(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "    ")) + "\r\n")
	}
}

// lastClaim reads claims, one a line, to the end, or to what is none: the runtime's dump, which is the rest.
func lastClaim(words *bufio.Reader) (last claim, dump string) {
	for {
		line, err := words.ReadBytes('\n')
		if err != nil {
			return last, string(line)
		}
		var c claim
		if json.Unmarshal(line, &c) != nil {
			rest, _ := io.ReadAll(words)
			return last, string(line) + string(rest)
		}
		last = c
	}
}
