package main

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"ptop/internal/sick"
)

// A remedy is started from the finding, behind its confirmation, and what it does to the zombies is told.
func TestRemedyOnScreen(t *testing.T) {
	for name, c := range map[string]struct{ signal, outcome string }{
		"zombie-parent-stopped": {"CONT", `the zombie is gone after [0-9.]+ s`},
		"zombie-handler-misses": {"CHLD", `([0-9]+) of ([0-9]+) zombies gone after [0-9.]+ s`}, // one with each signal
	} {
		t.Run(name, func(t *testing.T) {
			parent := sick.Start(t, name)
			pid := strconv.Itoa(parent.PID)
			term := newTerminal(t, 120, 40)
			term.typed(buildPtop(t) + " -d 0.5 --set zombie.min_age=0; echo exit code $?")
			term.keys("Enter")
			term.waitFor("COMMAND", "PID", "Help", "zombie")
			term.keys("f")
			term.waitFor("WHAT")
			term.selectFinding("$ kill -" + c.signal + " " + pid)
			term.keys("x")
			term.waitUntil("confirmation", func(s string) bool {
				return strings.Contains(s, "send SIG"+c.signal) && strings.Contains(s, "risk: ") && !strings.Contains(s, "binding…")
			})
			term.keys("y")
			outcome := regexp.MustCompile(c.outcome)
			said := outcome.FindStringSubmatch(term.waitUntil("outcome", outcome.MatchString))
			if len(said) == 3 && (said[1] != said[2] || said[1] == "1") {
				t.Errorf("it says %q", said[0])
			}
			term.keys("q")
			term.waitFor("exit code 0")
		})
	}
}

// A graceful stop tells before what it would reach, and each step while it is done.
func TestGracefulStopOnScreen(t *testing.T) {
	parent := sick.Start(t, "zombie-no-wait")
	term := newTerminal(t, 120, 40)
	term.typed(buildPtop(t) + " -d 0.5 --grace 1 -p " + strconv.Itoa(parent.PID) + "; echo exit code $?")
	term.keys("Enter")
	term.waitFor("COMMAND", "Help", strconv.Itoa(parent.PID))
	term.keys("k")
	term.waitFor("graceful stop", "TERM", "KILL")
	term.keys("Home", "Enter")
	term.waitFor("stop gracefully?", "1 dead child goes to", "to: this process alone (s: with the subtree)")
	term.keys("s")
	term.waitUntil("binding", func(s string) bool { // what is answered before is not taken
		return strings.Contains(s, "to: with the whole subtree, 1 process ") && !strings.Contains(s, "binding…")
	})
	term.keys("y")
	term.waitFor("SIGTERM sent to ", ") ended after", "Esc closes")
	parent.WaitGone()
	term.keys("Enter")
	term.waitUntil("end of the dialog", func(s string) bool { return !strings.Contains(s, "Esc closes") })
	term.keys("q")
	term.waitFor("exit code 0")
}

// Who quits during the grace reads on the terminal what has been sent, and that nothing follows.
func TestQuitDuringAGracefulStop(t *testing.T) {
	deaf := exec.Command("sh", "-c", "trap '' TERM; while :; do sleep 1000 & wait; done")
	deaf.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := deaf.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-deaf.Process.Pid, syscall.SIGKILL); _ = deaf.Wait() })
	term := newTerminal(t, 120, 40)
	term.typed(buildPtop(t) + " -d 0.5 --grace 3600 -p " + strconv.Itoa(deaf.Process.Pid) + "; echo exit code $?")
	term.keys("Enter")
	term.waitFor("COMMAND", "Help", strconv.Itoa(deaf.Process.Pid))
	term.keys("k")
	term.waitFor("graceful stop")
	term.keys("Home", "Enter")
	term.waitUntil("the dialog", func(s string) bool {
		return strings.Contains(s, "stop gracefully?") && !strings.Contains(s, "binding…")
	})
	term.keys("y")
	term.waitFor("SIGTERM sent to sh (", "waiting for sh (")
	term.keys("C-c")
	term.waitFor("ptop: SIGTERM was sent to sh ("+strconv.Itoa(deaf.Process.Pid)+"); no SIGKILL follows", "exit code 0")
}
