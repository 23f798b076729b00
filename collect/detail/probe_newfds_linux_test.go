package detail

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"ptop/pcb"
)

// newFDs probes the test itself.
func newFDs(t *testing.T) []pcb.FDTarget {
	t.Helper()
	return probed(t, NewProber(""), idOf(t, os.Getpid()), pcb.ProbeNewFDs).NewFDs
}

func openFile(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Of many descriptors the newest are looked at, wherever their numbers are.
func TestProbeNewFDs(t *testing.T) {
	dir := t.TempDir()
	for range 150 { // the older ones
		openFile(t, os.DevNull)
	}
	for range 100 {
		openFile(t, filepath.Join(dir, "log"))
	}
	for n := range 20 {
		openFile(t, filepath.Join(dir, strconv.Itoa(n)))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	got := newFDs(t)
	if len(got) < 3 || got[0] != (pcb.FDTarget{Name: filepath.Join(dir, "log"), Count: 100}) || got[1] != (pcb.FDTarget{Name: filepath.Join(dir, "*"), Count: 20}) {
		t.Errorf("%+v", got)
	}
	if !slices.ContainsFunc(got, func(f pcb.FDTarget) bool { return f.Name == "socket" && f.Count >= 1 }) {
		t.Errorf("no socket in %+v", got)
	}
	total := 0
	for _, f := range got {
		total += f.Count
	}
	if total > maxNewFDs {
		t.Errorf("%d descriptors, at most %d are looked at", total, maxNewFDs)
	}

	null := openFile(t, os.DevNull)
	far, err := unix.FcntlInt(null.Fd(), unix.F_DUPFD_CLOEXEC, 900)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(far)
	if got := newFDs(t); !slices.ContainsFunc(got, func(f pcb.FDTarget) bool { return f.Name == os.DevNull }) {
		t.Errorf("the one with a high number is missing in %+v", got)
	}
}

func TestCountTargets(t *testing.T) {
	got := countTargets([]string{
		"socket:[1]", "socket:[2]", "socket:[3]", "pipe:[9]", "anon_inode:[eventfd]", "anon_inode:[eventfd]", "anon_inode:inotify",
		"/var/log/a (deleted)", "/var/log/a (deleted)", "/tmp/1", "/tmp/2", "/tmp/x:[3]", "net:[4026531840]",
	})
	want := []pcb.FDTarget{
		{Name: "/tmp/*", Count: 3},
		{Name: "socket", Count: 3},
		{Name: "/var/log/a (deleted)", Count: 2},
		{Name: "eventfd", Count: 2},
		{Name: "inotify", Count: 1},
		{Name: "net", Count: 1},
		{Name: "pipe", Count: 1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v,\nwant %+v", got, want)
	}
}
