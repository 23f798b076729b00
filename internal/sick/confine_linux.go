package sick

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Limits are what a cgroup allows its members; 0 sets none.
type Limits struct {
	Quota, Period time.Duration // of CPU time
	Memory        int           // bytes
	Pids          int
}

// Group is a cgroup in which a case is.
type Group struct{ Dir string }

// Confine puts the process that the case is about into a cgroup with a limit of one kind, before it has children. It gives
// nil where this machine has no hierarchy with that controller that may be written to.
func (c *Case) Confine(l Limits) *Group {
	c.t.Helper()
	controller, files := l.files()
	top, v1 := hierarchy(controller)
	g := &Group{filepath.Join(top, fmt.Sprintf("ptop-sick-%d", c.PID))}
	if top == "" || os.Mkdir(g.Dir, 0o755) != nil {
		return nil
	}
	c.t.Cleanup(func() {
		c.end()
		var err error
		for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if err = syscall.Rmdir(g.Dir); err == nil {
				return
			}
		}
		c.t.Errorf("sick: removing %s: %v", g.Dir, err)
	})
	for _, f := range files {
		if f.v1 == v1 && os.WriteFile(filepath.Join(g.Dir, f.name), []byte(f.text), 0o600) != nil {
			return nil
		}
	}
	if os.WriteFile(filepath.Join(g.Dir, "cgroup.procs"), []byte(strconv.Itoa(c.PID)), 0o600) != nil {
		return nil
	}
	return g
}

// limitFile is a file that sets a limit, in a hierarchy of version 1 or of version 2.
type limitFile struct {
	v1         bool
	name, text string
}

func (l Limits) files() (controller string, files []limitFile) {
	switch {
	case l.Quota > 0:
		quota, period := l.Quota.Microseconds(), l.Period.Microseconds()
		return "cpu", []limitFile{
			{true, "cpu.cfs_period_us", fmt.Sprint(period)},
			{true, "cpu.cfs_quota_us", fmt.Sprint(quota)},
			{false, "cpu.max", fmt.Sprintf("%d %d", quota, period)},
		}
	case l.Memory > 0:
		return "memory", []limitFile{
			{true, "memory.limit_in_bytes", fmt.Sprint(l.Memory)}, {false, "memory.max", fmt.Sprint(l.Memory)},
		}
	}
	return "pids", []limitFile{{true, "pids.max", fmt.Sprint(l.Pids)}, {false, "pids.max", fmt.Sprint(l.Pids)}}
}

// hierarchy gives where one with a controller is mounted, and whether it is of version 1; empty when there is none. In
// that of version 2 the controller is turned on for the groups below, where that is allowed.
func hierarchy(controller string) (dir string, v1 bool) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(text)) {
		before, after, _ := strings.Cut(line, " - ")
		kind := strings.Fields(after)
		if len(kind) == 3 && kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), controller) {
			return strings.Fields(before)[4], true
		}
	}
	dir = cgroupRoot()
	if dir == "" || os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o600) != nil {
		return "", false
	}
	return dir, false
}

// Begin has a case that waits for it begin: what it does from now on counts where it was put.
func (c *Case) Begin() {
	c.t.Helper()
	if err := syscall.Kill(c.PID, syscall.SIGUSR1); err != nil {
		c.t.Fatalf("sick: %v", err)
	}
}
