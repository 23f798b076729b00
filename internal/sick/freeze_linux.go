package sick

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Freeze freezes the process that the case is about, in a cgroup of its own. It gives false where this machine has
// no cgroup hierarchy of version 2 that may be written to.
func (c *Case) Freeze() bool {
	c.t.Helper()
	top := cgroupRoot()
	group := filepath.Join(top, fmt.Sprintf("ptop-sick-%d", c.PID))
	pid := []byte(strconv.Itoa(c.PID))
	if top == "" || os.Mkdir(group, 0o755) != nil {
		return false
	}
	c.t.Cleanup(func() {
		_ = os.WriteFile(filepath.Join(group, "cgroup.freeze"), []byte("0"), 0o600)
		_ = os.WriteFile(filepath.Join(top, "cgroup.procs"), pid, 0o600)
		if err := os.Remove(group); err != nil {
			c.t.Errorf("sick: %v", err)
		}
	})
	if os.WriteFile(filepath.Join(group, "cgroup.procs"), pid, 0o600) != nil ||
		os.WriteFile(filepath.Join(group, "cgroup.freeze"), []byte("1"), 0o600) != nil {
		return false
	}
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		events, err := os.ReadFile(filepath.Join(group, "cgroup.events"))
		if err == nil && strings.Contains(string(events), "frozen 1") {
			return true
		}
	}
	c.t.Fatalf("sick: %s does not freeze", group)
	return false
}

// cgroupRoot gives where version 2 is mounted; empty when it is not.
func cgroupRoot() string {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if before, after, ok := strings.Cut(line, " - "); ok && strings.HasPrefix(after, "cgroup2 ") {
			return strings.Fields(before)[4]
		}
	}
	return ""
}
