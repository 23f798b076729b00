// Package sick makes sick processes, and healthy ones that look so, for tests: real ones, by a small C program that
// is compiled once per test process. All that a case made is ended with the test.
package sick

import (
	"os"
	"os/exec"
	"testing"
)

// Missing ends a test that lacks something of the machine: as skipped, or, where PTOP_NO_SKIP says that everything is
// there, as failed.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("PTOP_NO_SKIP") != "" {
		t.Fatal("a test may not be skipped here: " + what)
	}
	t.Skip(what)
}

// NeedCompiler ends a test, as Missing does, that needs gcc: the cases are C.
func NeedCompiler(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		Missing(t, "needs gcc")
	}
}

// NeedRoot ends a test, as Missing does, that can't do without root: other users' processes, namespaces, raw sockets.
func NeedRoot(t testing.TB, why string) {
	t.Helper()
	if os.Geteuid() != 0 {
		Missing(t, "needs root: "+why)
	}
}

// NeedFUSE ends a test, as Missing does, that needs a file system of its own.
func NeedFUSE(t testing.TB) {
	t.Helper()
	NeedRoot(t, "a mount")
	if _, err := os.Stat("/dev/fuse"); err != nil {
		Missing(t, "needs /dev/fuse")
	}
}
