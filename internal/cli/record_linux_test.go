package cli

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ptop/export"
)

// fullFile is a file that takes no byte beyond its size.
func fullFile(t *testing.T, size int64) *os.File {
	t.Helper()
	fd, err := unix.MemfdCreate("full", unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "full")
	t.Cleanup(func() { file.Close() })
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_GROW); err != nil {
		t.Fatal(err)
	}
	return file
}

// Where there is no more room, a recording ends with the last whole line.
func TestRecordingOnAFullDisk(t *testing.T) {
	var line bytes.Buffer
	if err := export.NewWriter(&line, export.Options{}).JSON(reading(2000)); err != nil {
		t.Fatal(err)
	}
	file := fullFile(t, int64(line.Len())*3/2+1000)
	fd, err := unix.Dup(int(file.Fd())) // to look at it when the recording has closed it
	if err != nil {
		t.Fatal(err)
	}
	look := os.NewFile(uintptr(fd), "look")
	defer look.Close()
	r := &recording{files: &files{}, path: "/x/day.json", file: file}
	r.writer = export.NewWriter(r, export.Options{})
	size, err := r.Add(reading(2000))
	if err != nil {
		t.Fatal(err)
	}
	after, err := r.Add(reading(2000))
	if err == nil || after != size || !strings.HasPrefix(err.Error(), "can't write /x/day.json: ") || strings.Contains(err.Error(), "cut short") {
		t.Errorf("on a full disk: %d bytes, %v", after, err)
	}
	if r.written <= size {
		t.Error("nothing of the second line was written: this shows nothing")
	}
	text, err := io.ReadAll(io.NewSectionReader(look, 0, 1<<30))
	if err != nil || int64(len(text)) != size || bytes.Count(text, []byte("\n")) != 1 || text[size-1] != '\n' {
		t.Errorf("%d bytes are left, want %d (%v)", len(text), size, err)
	}
}
