package collect

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ptop/pcb"
)

// capture captures root and unpacks the archive into a directory, which it gives.
func capture(t *testing.T, root string, o CaptureOptions) string {
	t.Helper()
	var archive bytes.Buffer
	if err := Capture(t.Context(), root, &archive, o); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for r := tar.NewReader(&archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		unpack(t, dir, h, r)
	}
}

func unpack(t *testing.T, dir string, h *tar.Header, from io.Reader) {
	t.Helper()
	if !filepath.IsLocal(h.Name) {
		t.Fatalf("the archive has an entry %q, which leads out of it", h.Name)
	}
	path := filepath.Join(dir, h.Name)
	var err error
	switch h.Typeflag {
	case tar.TypeDir:
		err = os.Mkdir(path, 0o700) // its parent must have come before it
	case tar.TypeSymlink:
		err = os.Symlink(h.Linkname, path)
	default:
		var text []byte
		if text, err = io.ReadAll(from); err == nil && int64(len(text)) != h.Size {
			t.Fatalf("%s has %d of %d bytes", h.Name, len(text), h.Size)
		}
		if err == nil {
			err = os.WriteFile(path, text, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func collectFrom(t *testing.T, opt Options) *pcb.Snapshot {
	t.Helper()
	c, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var s pcb.Snapshot
	if err := c.Collect(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// child starts a shell, which the test's end kills, and gives its pid.
func child(t *testing.T, script string, args ...string) int32 {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", script}, args...)...)
	cmd.Env = append(os.Environ(), "PTOP_TEST_SECRET=secretinenviron")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has begun
		t.Fatal(err)
	}
	return int32(cmd.Process.Pid)
}

func TestCaptureReadsAsTheLiveSystem(t *testing.T) {
	pid := child(t, "echo; read line", "first", "second")
	live := collectFrom(t, Options{Want: WantSched | WantIO})
	dir := capture(t, "/proc", CaptureOptions{PIDs: []int32{pid}})
	got := collectFrom(t, Options{Root: dir, Want: WantSched | WantIO})

	for q := pid; q > 0; q = live.Lookup(pcb.ID{PID: q}).PPID { // it and its ancestors
		i, j := live.Index(q), got.Index(q)
		if i < 0 || j < 0 {
			t.Fatalf("process %d: live at %d, captured at %d", q, i, j)
		}
		a, b := &live.Procs[i], &got.Procs[j]
		if a.ID != b.ID || a.PPID != b.PPID || a.Comm != b.Comm || a.Cmdline != b.Cmdline || a.Exe != b.Exe || a.Cgroup != b.Cgroup || a.Cgroups != b.Cgroups ||
			a.UID != b.UID || a.SigCaught != b.SigCaught || a.NSPIDs != nil && !slices.Equal(a.NSPIDs, b.NSPIDs) {
			t.Errorf("process %d reads otherwise from the capture:\n%+v\n%+v", q, a, b)
		}
		// The size of a directory is in no file; and an ancestor may have run, or slept in the kernel, at the one reading alone.
		if missing := a.Have &^ (b.Have | pcb.FieldFDs | pcb.FieldOnCPU | pcb.FieldWChan); missing != 0 {
			t.Errorf("process %d: groups %b are missing in the capture", q, missing)
		}
	}
	if !got.Foreign || got.ForeignWhy == "" {
		t.Error("a capture is not told to be foreign")
	}
	if got.Time.Sub(live.Time) > time.Minute || got.Boot < live.Boot || got.Host.BootID != live.Host.BootID || got.Host.Kernel != live.Host.Kernel ||
		got.Host.Arch != live.Host.Arch || got.Host.PageSize != live.Host.PageSize || got.Host.PIDMax != live.Host.PIDMax {
		t.Errorf("the host reads otherwise from the capture:\n%+v\n%+v", live.Host, got.Host)
	}
	if len(got.System.CPUs) != len(live.System.CPUs) || got.System.Memory == nil || got.System.Load == nil {
		t.Errorf("the system reads otherwise from the capture: %+v", got.System)
	}
}

// A second capture, of the first, is the same: nothing of the machine at hand gets into it.
func TestCaptureOfACapture(t *testing.T) {
	pid := child(t, "echo; read line")
	first := capture(t, "/proc", CaptureOptions{PIDs: []int32{pid}})
	second := capture(t, first, CaptureOptions{})
	out, err := exec.Command("diff", "-r", "--no-dereference", first, second).CombinedOutput()
	if err != nil {
		t.Errorf("the captures differ: %v\n%s", err, out)
	}
}

func TestCaptureTakesOnlyWhatIsAskedFor(t *testing.T) {
	pid := child(t, "echo; read line")
	other := child(t, "echo; read line")
	dir := capture(t, "/proc", CaptureOptions{PIDs: []int32{pid}})
	if _, err := os.Stat(filepath.Join(dir, strconv.Itoa(int(other)))); err == nil {
		t.Error("a process that was not asked for is in the capture")
	}
	if _, err := os.Stat(filepath.Join(dir, strconv.Itoa(os.Getpid()))); err != nil {
		t.Errorf("the parent is not in the capture: %v", err)
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("secretinenviron")) || d.Name() == "environ" {
			t.Errorf("%s holds the environment", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Capture(t.Context(), "/proc", io.Discard, CaptureOptions{PIDs: []int32{1 << 30}}); err == nil || !strings.Contains(err.Error(), "1073741824") {
		t.Errorf("capturing a process that is not there: %v", err)
	}
}

func TestCaptureRedacts(t *testing.T) {
	pid := child(t, "echo; read line", "--password=secretargument")
	dir := capture(t, "/proc", CaptureOptions{PIDs: []int32{pid}, RedactTexts: true})
	text, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(int(pid)), "cmdline"))
	if err != nil || string(text) != "sh\x00[redacted]\x00" {
		t.Errorf("the command line is %q, %v", text, err)
	}
}

func TestRedactArgs(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"sleep\x00":                            "sleep\x00",
		"sleep":                                "sleep",
		"sleep\x00100\x00":                     "sleep\x00[redacted]\x00",
		"nginx: worker --key=x":                "nginx:\x00[redacted]\x00",
		"a\x00\x00\x00b\x00":                   "a\x00[redacted]\x00",
		"/opt/My App/run\x00--token=x\x00":     "/opt/My\x00[redacted]\x00",
		"padded title\x00\x00\x00\x00\x00\x00": "padded\x00[redacted]\x00",
	} {
		if got := string(redactArgs([]byte(in))); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestCaptureThatCannotBeWritten(t *testing.T) {
	pid := child(t, "echo; read line")
	for _, room := range []int{0, 700, 20000} {
		err := Capture(t.Context(), "/proc", &full{room}, CaptureOptions{PIDs: []int32{pid}})
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
	}
}

// What blocks its readers is left out, and a capture goes on.
func TestCaptureLeavesOutWhatBlocks(t *testing.T) {
	root := hangingProc(t, 3, func(pid int) bool { return pid == 2 })
	status := strings.Replace(statusText, "Name:\ta\\nb\\\\c", "Name:\tp3\nPPid:\t2", 1)
	if err := os.WriteFile(filepath.Join(root, "3/status"), []byte(status), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := capture(t, root, CaptureOptions{PIDs: []int32{3}})
	for file, want := range map[string]bool{
		"1/stat": true, "2/stat": false, "2/status": true, "2/cmdline": true, "3/stat": true, "3/cmdline": true,
	} {
		if _, err := os.Stat(filepath.Join(dir, file)); (err == nil) != want {
			t.Errorf("%s is in the capture: %v, want %v", file, err == nil, want)
		}
	}
}
