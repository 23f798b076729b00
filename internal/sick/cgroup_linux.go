package sick

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Enter moves a process into a new cgroup of that name, until the test ends. It gives false where this machine has no
// cgroup hierarchy of version 2 that may be written to.
func Enter(t testing.TB, pid int, name string) bool {
	t.Helper()
	top := cgroupRoot()
	group := filepath.Join(top, name)
	if top == "" || os.Mkdir(group, 0o755) != nil {
		return false
	}
	number := []byte(strconv.Itoa(pid))
	t.Cleanup(func() {
		_ = os.WriteFile(filepath.Join(top, "cgroup.procs"), number, 0o600)
		if err := os.Remove(group); err != nil {
			t.Errorf("sick: %v", err)
		}
	})
	return os.WriteFile(filepath.Join(group, "cgroup.procs"), number, 0o600) == nil
}
