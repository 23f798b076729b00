package sick

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// field gives a field of /proc/PID/status.
func field(t *testing.T, pid int, name string) string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); key == name {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("no %s in the status of %d", name, pid)
	return ""
}

func state(t *testing.T, pid int) string { return field(t, pid, "State")[:1] }

func TestZombiesAreThere(t *testing.T) {
	for _, name := range []string{
		"zombie-no-wait", "zombie-sigchld-blocked", "zombie-parent-stopped", "zombie-traced", "zombie-ns-init",
		"zombie-waits-for-another", "zombie-exit-signal", "zombie-late-ignore",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "zombie-ns-init" {
				NeedRoot(t, "a pid namespace")
			}
			c := Start(t, name)
			if got := state(t, c.Of("zombie")); got != "Z" {
				t.Errorf("the zombie is in state %s", got)
			}
			want := "S"
			if name == "zombie-parent-stopped" {
				want = "T"
			}
			if got := state(t, c.PID); got != want && got != "R" {
				t.Errorf("who holds it is in state %s, want %s", got, want)
			}
		})
	}
}

func TestLeaderExited(t *testing.T) {
	t.Parallel()
	c := Start(t, "zombie-leader-exited")
	if state(t, c.PID) != "Z" || field(t, c.PID, "Threads") != "4" {
		t.Errorf("state %s, %s threads", state(t, c.PID), field(t, c.PID, "Threads"))
	}
}

func TestOrphansAreAdopted(t *testing.T) {
	for _, name := range []string{"orphan-job", "orphan-stopped", "orphan-subreaper", "daemon", "nohup"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Start(t, name)
			session, _ := strconv.Atoi(stat(c.PID)[3])
			if adopter := field(t, c.PID, "PPid"); name == "orphan-subreaper" {
				if adopter != strconv.Itoa(c.Of("adopter")) {
					t.Errorf("its parent is %s, want the subreaper %d", adopter, c.Of("adopter"))
				}
			} else if len(stat(session)) > 0 {
				t.Errorf("its session leader %d is still there", session)
			}
		})
	}
}

// Whatever a case made is gone after its test: what left its session, was stopped, or hangs on.
func TestCasesLeaveNothing(t *testing.T) {
	var cases []*Case
	t.Run("cases", func(t *testing.T) {
		for _, name := range []string{
			"orphan-job", "orphan-stopped", "daemon", "nohup", "zombie-leader-exited", "zombie-parent-stopped",
			"zombie-traced", "zombie-growing", "sigchld-ignored", "zombie-transient",
		} {
			cases = append(cases, Start(t, name))
		}
	})
	for _, c := range cases {
		for _, pid := range c.Pids() {
			if fields := stat(pid); len(fields) > 0 && fields[0] != "Z" {
				t.Errorf("%s is left with process %d in state %s", c.mark, pid, fields[0])
			}
		}
	}
}

func TestWaitGone(t *testing.T) {
	t.Parallel()
	c := Start(t, "zombie-no-wait")
	if err := syscall.Kill(c.PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.WaitGone()
	if fields := stat(c.PID); len(fields) > 0 && fields[0] != "Z" {
		t.Errorf("state %s", fields[0])
	}
}

// A reader of the process hangs until the case is over, and nothing is left of it then.
func TestStuckExecIsLetGo(t *testing.T) {
	NeedFUSE(t)
	var c *Case
	read := make(chan error, 1)
	t.Run("case", func(t *testing.T) {
		c = Start(t, "stuck-exec")
		stuck := c.Of("stuck")
		go func() {
			_, err := os.ReadFile("/proc/" + strconv.Itoa(stuck) + "/io")
			read <- err
		}()
		select {
		case err := <-read:
			t.Errorf("whoever reads it does not hang: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
	})
	if !t.Failed() {
		<-read
	}
	for _, pid := range c.Pids() {
		if fields := stat(pid); len(fields) > 0 && fields[0] != "Z" {
			t.Errorf("process %d is left", pid)
		}
	}
}
