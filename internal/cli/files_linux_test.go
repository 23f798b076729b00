package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ptop/export"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/tree"
	"ptop/ui"
)

// reading is a Frame of n processes on a host whose name is no file's.
func reading(n int) *monitor.Frame {
	s := &pcb.Snapshot{Time: time.Date(2026, 3, 1, 3, 12, 0, 0, time.UTC), Source: "proc", Host: pcb.Host{Hostname: "../web 07\n/x", OS: "linux"}}
	f := &monitor.Frame{Snap: s, Rates: &pcb.RateSet{Procs: make([]pcb.Rates, n)}}
	for i := range n {
		s.Procs = append(s.Procs, pcb.Process{ID: pcb.ID{PID: int32(i + 1), Start: 1}, PPID: int32(i), State: 'S', Comm: "sh", Cmdline: "sh\x00-c\x00", Have: pcb.FieldStat | pcb.FieldCmdline})
	}
	f.Forest = tree.Build(s, nil)
	return f
}

func testBackend(env ...string) *backend { return &backend{p: &program{env: env}} }

func testIncident() *life.Incident {
	return &life.Incident{Shown: view.Shown{Frame: reading(3)}, At: time.Date(2026, 3, 1, 3, 12, 5, 0, time.Local)}
}

// asSchema fails unless text is one document that the schema describes.
func asSchema(t *testing.T, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(export.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("ptop.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("ptop.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v in %s", err, text)
	}
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%s has the mode %v (%v), want that of a file for its owner alone", path, info.Mode(), err)
	}
	return text
}

func TestReportFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	b := testBackend()
	where, err := b.Report(testIncident())
	base := filepath.Join(dir, "ptop-incident-web-07--x-20260301-031205")
	if err != nil || where != base+".md and .json" {
		t.Fatalf("the report is in %q, %v", where, err)
	}
	if text := content(t, base+".md"); !bytes.HasPrefix(text, []byte("# ptop incident report: ../web 07␊/x, 2026-03-01 03:12:05")) {
		t.Errorf("the report is %s", text)
	}
	asSchema(t, content(t, base+".json"))
	// A second one of the same second overwrites nothing, whichever file of it is there.
	if err := os.WriteFile(base+"-2.json", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if where, err = b.Report(testIncident()); err != nil || where != base+"-3.md and .json" {
		t.Errorf("the second report is in %q, %v", where, err)
	}
	if text := content(t, base+"-2.json"); string(text) != "mine" {
		t.Errorf("a file that was there is now %s", text)
	}
	if _, err := os.Stat(base + "-2.md"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a report is left: %v", err)
	}
}

// A link that somebody has put where the report would stand is not followed.
func TestReportFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	victim := filepath.Join(t.TempDir(), "victim")
	name := "ptop-incident-web-07--x-20260301-031205"
	for _, ending := range []string{".md", "-2.json"} {
		if err := os.Symlink(victim, name+ending); err != nil {
			t.Fatal(err)
		}
	}
	where, err := testBackend().Report(testIncident())
	if err != nil || !strings.Contains(where, name+"-3.md") {
		t.Errorf("the report is in %q, %v", where, err)
	}
	if _, err := os.Stat(victim); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a symbolic link was followed")
	}
}

// Where the current directory can't be written to, the report goes to the temporary files, and says why.
func TestReportElsewhere(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	t.Chdir(dir)
	if err := os.Remove(dir); err != nil { // not even root writes there
		t.Fatal(err)
	}
	where, err := testBackend("TMPDIR=" + temp).Report(testIncident())
	if err != nil || !strings.HasPrefix(where, temp) || !strings.Contains(where, "(in the current directory: no such file or directory)") {
		t.Errorf("the report is in %q, %v", where, err)
	}
	_, err = testBackend("TMPDIR=" + filepath.Join(temp, "none")).Report(testIncident())
	if err == nil || !strings.HasPrefix(err.Error(), "no incident report: can't write ptop-incident-") || strings.Contains(err.Error(), "\n") {
		t.Errorf("without any directory: %v", err)
	}
}

func TestFileWord(t *testing.T) {
	for name, want := range map[string]string{
		"web-07": "web-07", "": "host", "..": "host", "../../etc": "etc", "a b\x00c/d": "a-b-c-d", "wörker": "w-rker", "-rf": "rf",
		strings.Repeat("x", 300): strings.Repeat("x", 64), "\xff\xfe": "host",
	} {
		if got := fileWord(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestExportForms(t *testing.T) {
	dir := t.TempDir()
	b := testBackend("HOME=" + dir)
	want := map[string]string{"json": `{"schema_version":1`, "csv": "pid,", "text": "ptop ", "tree": "ptop "}
	for _, form := range ui.ExportForms {
		where, err := b.Export(form, "~/out."+form, view.Shown{Frame: reading(3)})
		if err != nil || where != filepath.Join(dir, "out."+form) {
			t.Fatalf("%s: %q, %v", form, where, err)
		}
		text := content(t, where)
		if !bytes.HasPrefix(text, []byte(want[form])) {
			t.Errorf("%s: %s", form, text)
		}
		if drawn := bytes.Contains(text, []byte("└─")); drawn != (form == "tree") {
			t.Errorf("%s: a tree is drawn: %v", form, drawn)
		}
		if form == "json" {
			asSchema(t, text)
		}
	}
	if _, err := b.Export("xml", "x", view.Shown{Frame: reading(1)}); err == nil {
		t.Error("there is a form xml")
	}
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := testBackend()
	for path, want := range map[string]string{
		there:                            there + " exists, and nothing is overwritten: name another file",
		dir:                              dir + " exists, and nothing is overwritten: name another file",
		filepath.Join(dir, "none", "x"):  "can't write " + filepath.Join(dir, "none", "x") + ": no such file or directory",
		filepath.Join(there, "x"):        "can't write " + filepath.Join(there, "x") + ": not a directory",
		"/dev/full":                      "/dev/full exists, and nothing is overwritten: name another file",
		"~/x":                            "~/x: HOME is not set: write the path in full",
		dir + strings.Repeat("/x", 3000): "can't write " + dir + strings.Repeat("/x", 3000) + ": file name too long",
	} {
		_, exported := b.Export("json", path, view.Shown{Frame: reading(1)})
		_, recorded := b.Record(path)
		if fmt.Sprint(exported) != want || fmt.Sprint(recorded) != want {
			t.Errorf("export: %v\nrecord: %v\nwant %s", exported, recorded, want)
		}
	}
	if string(content(t, there)) != "mine" {
		t.Error("a file that was there was overwritten")
	}
	broken := errors.New("broken")
	if _, err := writeNew(filepath.Join(dir, "half"), func(out io.Writer) error { _, _ = io.WriteString(out, "ha"); return broken }); !errors.Is(err, broken) {
		t.Errorf("half a file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "half")); err == nil {
		t.Error("half a file is left")
	}
}

func TestRecording(t *testing.T) {
	b := testBackend()
	path := filepath.Join(t.TempDir(), "day.json")
	r, err := b.Record(path)
	if err != nil || r.Path() != path {
		t.Fatal(r, err)
	}
	for n := 1; n <= 3; n++ {
		size, err := r.Add(reading(500 * n)) // more than a chunk of the writer's
		if info, _ := os.Stat(path); err != nil || info.Size() != size {
			t.Fatalf("after %d readings: %d bytes, %v", n, size, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Add(reading(1)); !errors.Is(err, errRecorded) {
		t.Errorf("after its end: %v", err)
	}
	lines := bytes.SplitAfter(content(t, path), []byte("\n"))
	if len(lines) != 4 || len(lines[3]) > 0 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines[:3] {
		asSchema(t, line)
		var doc struct{ Processes []any }
		if err := json.Unmarshal(line, &doc); err != nil || len(doc.Processes) != 500*(i+1) {
			t.Errorf("line %d: %d processes, %v", i, len(doc.Processes), err)
		}
	}
	if said := b.files.settle(time.Minute); said != nil {
		t.Errorf("of a recording that has ended ptop says %q in the end", said)
	}
}

// The end of ptop waits for what is being written, ends the recording, and does not wait for ever.
func TestSettle(t *testing.T) {
	b := testBackend()
	path := filepath.Join(t.TempDir(), "day.json")
	r, err := b.Record(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Add(reading(1)); err != nil {
		t.Fatal(err)
	}
	writing, written, done := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		b.files.busy.RLock()
		close(writing)
		<-written
		b.files.busy.RUnlock()
	}()
	<-writing
	stuck := &b.files
	if said := stuck.settle(time.Millisecond); len(said) != 1 || !strings.Contains(said[0], "still being written") {
		t.Errorf("while a file is being written: %q", said)
	}
	close(written)
	<-done
	other := testBackend()
	other.files.recorded = b.files.recorded
	if said := other.files.settle(time.Minute); len(said) != 1 || !strings.HasPrefix(said[0], "recorded in "+path+": 1 reading, ") {
		t.Errorf("in the end: %q", said)
	}
}
