package detail

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// An open stat file stays that of the process it was opened of, whoever has the pid by then.
func TestReadAt0OfTheDead(t *testing.T) {
	cmd := helper("sleep")
	pid, _ := start(t, cmd)
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/stat", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for range 2 {
		if got, err := readAt0(fd, make([]byte, 1024)); err != nil || startOf(got) != idOf(t, int(pid)).Start {
			t.Errorf("of the living: %q, %v", got, err)
		}
	}
	must(cmd.Process.Kill())
	_ = cmd.Wait()
	if got, err := readAt0(fd, make([]byte, 1)); !errors.Is(err, unix.ESRCH) {
		t.Errorf("of the dead: %q, %v", got, err)
	}
}
