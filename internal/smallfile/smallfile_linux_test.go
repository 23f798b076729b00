package smallfile

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func whole(path string) ([]byte, error) { return ReadFirst(path, math.MaxInt) }

func TestReadIsWhatTheFileHolds(t *testing.T) {
	for _, size := range []int{0, 1, first - 1, first, first + 1, 2 * first, 5*first + 7} {
		path, want := filepath.Join(t.TempDir(), "file"), bytes.Repeat([]byte("x\n"), size)[:size]
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		for name, read := range map[string]func(string) ([]byte, error){"ReadFirst": whole, "ReadRecord": ReadRecord} {
			if got, err := read(path); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s of %d bytes gave %d, %v", name, size, len(got), err)
			}
		}
		for _, most := range []int{1, first, first + 5, 6 * first} {
			if got, err := ReadFirst(path, most); err != nil || !bytes.Equal(got, want[:min(size, most)]) {
				t.Errorf("the first %d of %d bytes are %d, %v", most, size, len(got), err)
			}
		}
	}
}

// The kernel's own files, of one record, of many, and with tables that are longer than the first buffer.
func TestReadOfTheKernel(t *testing.T) {
	for _, name := range []string{"limits", "cgroup", "comm", "environ", "oom_score_adj"} {
		path := "/proc/self/" + name
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadRecord(path); name != "environ" && (err != nil || !bytes.Equal(got, want)) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
		if got, err := whole(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	if got, err := whole("/proc/self/smaps"); err != nil || len(got) < 2*first || !bytes.Contains(got, []byte("[stack]")) {
		t.Errorf("smaps: %d bytes, %v", len(got), err)
	}
}

// What comes in pieces is read to its end, whatever a piece holds.
func TestReadOfPieces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer file.Close()
		for i := range 3 {
			fmt.Fprintf(file, "piece %d\n", i)
			time.Sleep(time.Millisecond)
		}
	}()
	if got, err := whole(path); err != nil || string(got) != "piece 0\npiece 1\npiece 2\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, lengths := range [][]int{{}, {0}, {1, 0, 3}, {first - 1, 1}, {first, 1}, {3 * first, first + 1, 7}, slices.Repeat([]int{100}, 500)} {
		var want []string
		for i, n := range lengths {
			want = append(want, strings.Repeat(string(rune('a'+i%26)), n))
		}
		for _, end := range []string{"", "\n"} {
			if err := os.WriteFile(path, []byte(strings.Join(want, "\n")+end), 0o600); err != nil {
				t.Fatal(err)
			}
			if end == "" && len(want) > 0 && want[len(want)-1] == "" || len(want) == 0 && end != "" {
				continue // no line, or an empty one: Lines and Join differ
			}
			var got []string
			err := Lines(path, func(line []byte) bool { got = append(got, string(line)); return true })
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("lines of %v: %d, %v", lengths, len(got), err)
			}
		}
	}
	n := 0
	if err := Lines(path, func([]byte) bool { n++; return n < 3 }); err != nil || n != 3 {
		t.Errorf("%d lines where 3 were wanted, %v", n, err)
	}
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 1000 {
		name := fmt.Sprintf("%0*d", 1+i%40, i)
		want = append(want, name)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, total, err := Names(dir, 2000)
	slices.Sort(got)
	slices.Sort(want)
	if err != nil || total != len(want) || !slices.Equal(got, want) {
		t.Errorf("%d names of %d, %v", len(got), total, err)
	}
	if got, total, err = Names(dir, 3); err != nil || total != len(want) || len(got) != 3 {
		t.Errorf("cut: %q of %d, %v", got, total, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	for name, do := range map[string]func(string) error{
		"ReadFirst": func(p string) error { _, err := whole(p); return err }, "ReadRecord": func(p string) error { _, err := ReadRecord(p); return err },
		"Lines": func(p string) error { return Lines(p, func([]byte) bool { return true }) },
		"Names": func(p string) error { _, _, err := Names(p, 1); return err },
	} {
		var told *os.PathError
		if err := do(missing); !errors.Is(err, os.ErrNotExist) || !errors.As(err, &told) || told.Path != missing {
			t.Errorf("%s of a missing file: %v", name, err)
		}
	}
	if _, err := whole(dir); !errors.Is(err, unix.EISDIR) {
		t.Errorf("a directory read as a file: %v", err)
	}
	if _, _, err := Names("/proc/self/stat", 1); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("a file listed: %v", err)
	}
}
