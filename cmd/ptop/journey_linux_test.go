package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"ptop/internal/sick"
)

// terminal is a real terminal (tmux) with a shell in it.
type terminal struct {
	t      *testing.T
	socket string
}

func needTmux(t *testing.T) {
	if _, err := exec.LookPath("tmux"); err != nil {
		sick.Missing(t, "needs tmux")
	}
}

func newTerminal(t *testing.T, width, height int) *terminal {
	needTmux(t)
	term := &terminal{t, filepath.Join(t.TempDir(), "tmux")}
	term.tmux("-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height),
		"env", "PS1=$ ", "LC_ALL=C.UTF-8", "TERM=screen-256color", "sh")
	t.Cleanup(func() { term.tmux("kill-server") })
	term.waitFor("$")
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-u", "-S", term.socket}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

func (term *terminal) keys(keys ...string) { term.tmux(append([]string{"send-keys"}, keys...)...) }

func (term *terminal) typed(text string) { term.tmux("send-keys", "-l", text) }

func (term *terminal) screen() string { return term.tmux("capture-pane", "-p", "-J") }

// waitFor waits until every text is on the screen at once, and gives the screen.
func (term *terminal) waitFor(texts ...string) string {
	term.t.Helper()
	return term.waitUntil("screen with "+strings.Join(texts, " and "), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

func (term *terminal) waitUntil(what string, ok func(screen string) bool) string {
	term.t.Helper()
	var screen string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if screen = term.screen(); ok(screen) {
			return screen
		}
	}
	term.t.Fatalf("no %s; there is:\n%s", what, screen)
	return ""
}

// selectFinding goes down the list of findings until the details of the selected one have that text: other tests' sick
// processes are on the machine, too.
func (term *terminal) selectFinding(text string) {
	term.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); term.keys("Home") { // it may have been passed by, or have come later
		for range 12 {
			time.Sleep(200 * time.Millisecond) // for the screen to show what the key did
			if strings.Contains(term.screen(), text) {
				return
			}
			term.keys("Down")
		}
	}
	term.t.Fatalf("no finding says %q:\n%s", text, term.screen())
}

// buildPtop builds the command as a user would.
func buildPtop(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "ptop")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return path
}

// stty gives the terminal's settings as the shell in it sees them.
func (term *terminal) stty(mark string) string {
	term.t.Helper()
	term.typed("echo " + mark + "=$(stty -g)=end")
	term.keys("Enter")
	line := regexp.MustCompile(`(?m)^` + mark + `=([0-9a-f:]+)=end`)
	screen := term.waitUntil(mark, line.MatchString)
	return line.FindStringSubmatch(screen)[1]
}

// TestJourney goes the way of an engineer who finds a zombie: start, sort, tree, filter, the finding, its parent, SIGTERM
// with confirmation, the outcome, quit; and the terminal is as before.
func TestJourney(t *testing.T) {
	parent := sick.Start(t, "zombie-no-wait")
	term := newTerminal(t, 120, 35)
	ptop := buildPtop(t)
	before := term.stty("before")

	term.typed(ptop + " -d 0.5 --set zombie.min_age=0; echo exit code $?")
	term.keys("Enter")
	term.waitFor("COMMAND", "PID", "Help", "zombie")

	term.keys("N") // by pid
	term.waitUntil("rows by pid", func(s string) bool { return strings.Contains(s, "PID▼") || strings.Contains(s, "PID▲") })
	term.keys("t")
	term.waitFor("─ ")
	term.keys("t")

	pid := strconv.Itoa(parent.PID)
	term.keys("/")
	term.typed("ppid == " + pid)
	term.keys("Enter")
	term.waitFor("[zombie-no-wait] exit 3")
	term.keys("/")
	term.keys("C-u", "Enter")

	term.keys("f")
	term.waitFor("zombie", pid, "never calls wait")
	term.selectFinding("$ kill -TERM " + pid)
	term.keys("Enter") // to the culprit
	term.keys("Enter") // into its details
	term.waitFor("PCB", pid)
	term.keys("Escape")
	term.waitFor("COMMAND") // a key that follows Escape at once is Alt with that key

	term.keys("k")
	term.waitFor("TERM", "KILL")
	term.keys("Enter")
	term.waitFor("SIGTERM", pid, "?")
	term.keys("y")
	term.waitFor("sent SIGTERM")
	parent.WaitGone()

	term.keys("q")
	term.waitFor("exit code 0")
	if after := term.stty("after"); after != before {
		t.Errorf("the terminal was %s and is %s", before, after)
	}
}
