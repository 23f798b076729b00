package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// asNobody runs f with the rights on files that nobody in particular has.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	runtime.LockOSThread() // it is a property of the thread, which goes when this goroutine ends without having unlocked it
	if _, err := unix.SetfsuidRetUid(65534); err != nil {
		t.Fatal(err)
	}
	if now, err := unix.SetfsuidRetUid(-1); err != nil || now != 65534 {
		t.Fatalf("the file system's user is %d: %v", now, err)
	}
	f()
	if _, err := unix.SetfsuidRetUid(0); err != nil {
		t.Fatal(err)
	}
	runtime.UnlockOSThread()
}

// A file or a directory that may not be written is left as it is, and the error names it.
func TestSaveConfigWithoutTheRight(t *testing.T) {
	const before = "theme = \"contrast\"\n"
	for name, c := range map[string]struct {
		dir, file os.FileMode
		want      string
	}{
		"protected file":      {0o777, 0o444, "config.toml: permission denied"},
		"protected directory": {0o555, 0o666, ".config.toml."},
		"unreadable file":     {0o777, 0o000, "config.toml: permission denied"},
		"closed directory":    {0o000, 0o666, "permission denied"},
	} {
		top, err := os.MkdirTemp("", "ptop") // t.TempDir is in a directory that nobody else may search
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(top)
		dir := filepath.Join(top, "ptop")
		path := filepath.Join(dir, "config.toml")
		if err := os.Chmod(top, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, path, before)
		for file, mode := range map[string]os.FileMode{path: c.file, dir: c.dir} {
			if err := os.Chmod(file, mode); err != nil {
				t.Fatal(err)
			}
		}
		open := func(t *testing.T) { // so that it can be looked at, and removed
			for file, mode := range map[string]os.FileMode{dir: 0o777, path: 0o666} {
				if err := os.Chmod(file, mode); err != nil {
					t.Error(err)
				}
			}
		}
		p := &program{}
		p.opt.config = path
		asNobody(t, func() { _, err = p.saveSettings(chosen) })
		open(t)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "permission denied") || !strings.HasPrefix(err.Error(), "saving the settings, "+path+" is as it was: ") {
			t.Errorf("%s: %v", name, err)
		}
		if got := read(t, path); got != before {
			t.Errorf("%s: the file is %q", name, got)
		}
		onlyConfig(t, dir)
	}
}
