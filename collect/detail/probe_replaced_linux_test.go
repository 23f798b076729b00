package detail

import (
	"path/filepath"
	"testing"
	"time"

	"ptop/internal/sick"
	"ptop/pcb"
)

func TestProbeExeFile(t *testing.T) {
	t.Parallel()
	for name, replaced := range map[string]bool{"exe-replaced": true, "exe-gone": false, "exe-other": false, "exe-restored": false, "exe-memfd": false} {
		got := probed(t, NewProber(""), idOf(t, sick.Start(t, name).Of("old")), pcb.ProbeExeFile)
		if got.ExeReplaced.IsZero() == replaced || time.Since(got.ExeReplaced) < 0 {
			t.Errorf("%s: %v", name, got.ExeReplaced)
		}
	}
}

func TestProbeLibraries(t *testing.T) {
	t.Parallel()
	for name, replaced := range map[string]bool{"library-replaced": true, "library-gone": false, "exe-replaced": false} {
		got := probed(t, NewProber(""), idOf(t, sick.Start(t, name).PID), pcb.ProbeLibraries)
		if (len(got.Libraries) == 1 && filepath.Base(got.Libraries[0]) == "libsick.so.1" && !got.LibrariesChanged.IsZero()) != replaced {
			t.Errorf("%s: %q, %v", name, got.Libraries, got.LibrariesChanged)
		}
	}
}

func TestDeletedLibrary(t *testing.T) {
	for line, want := range map[string]string{
		"7f0-7f1 r-xp 00000000 08:01 12  /usr/lib/libssl.so.3 (deleted)": "/usr/lib/libssl.so.3",
		"7f0-7f1 r-xp 00000000 08:01 12  /opt/a b/x.so (deleted)":        "/opt/a b/x.so",
		"7f0-7f1 r--p 00000000 08:01 12  /usr/lib/libssl.so.3 (deleted)": "",
		"7f0-7f1 r-xp 00000000 08:01 12  /usr/lib/libssl.so.3":           "",
		"7f0-7f1 r-xp 00000000 00:01 12  /memfd:jit (deleted)":           "",
		"7f0-7f1 rwxp 00000000 00:01 12  /dev/zero (deleted)":            "",
		"7f0-7f1 r-xp 00000000 08:01 12   (deleted)":                     "",
		" (deleted)": "",
		"":           "",
	} {
		path, inode, ok := deletedLibrary([]byte(line))
		if ok != (want != "") || ok && (path != want || inode != 12) {
			t.Errorf("%q: %q, %d, %v", line, path, inode, ok)
		}
	}
}

func TestUnder(t *testing.T) {
	for _, c := range []struct {
		path, dir string
		want      bool
	}{{"/a/b", "/", true}, {"/a/b", "/a", true}, {"/a/b", "/a/b", true}, {"/ab", "/a", false}, {"", "/", true}, {"pipe:[1]", "/a", false}} {
		if under(c.path, c.dir) != c.want {
			t.Errorf("%+v", c)
		}
	}
}
