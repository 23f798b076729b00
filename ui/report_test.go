package ui

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ptop/detect"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/view"
)

// fakeFiles is what the screen has had written.
type fakeFiles struct {
	incidents []*life.Incident
	procs     []int // how many processes the Frame of each had when it was written
	exports   []string
	shown     []view.Shown
	rows      [][]int32 // pids of the exported rows
	recorded  bytes.Buffer
	closed    int
	fail      error
}

func (b *fakeBackend) Report(in *life.Incident) (string, error) {
	b.written.incidents = append(b.written.incidents, in)
	b.written.procs = append(b.written.procs, len(in.Frame.Snap.Procs))
	return "/home/me/ptop-incident.md and .json", b.written.fail
}

func (b *fakeBackend) Export(form, path string, shown view.Shown) (string, error) {
	b.written.exports = append(b.written.exports, form+" "+path)
	b.written.shown = append(b.written.shown, shown)
	var pids []int32
	for _, r := range shown.Query.Rows(nil, shown.Frame) {
		if r.Proc != nil {
			pids = append(pids, r.Proc.PID)
		}
	}
	b.written.rows = append(b.written.rows, pids)
	return "/home/me/" + path, b.written.fail
}

func (b *fakeBackend) Record(path string) (Recording, error) {
	if b.written.fail != nil {
		return nil, b.written.fail
	}
	return fakeRecording{b, path}, nil
}

type fakeRecording struct {
	b    *fakeBackend
	path string
}

func (r fakeRecording) Path() string { return r.path }
func (r fakeRecording) Close() error { r.b.written.closed++; return nil }

func (r fakeRecording) Add(f *monitor.Frame) (int64, error) {
	if r.b.written.fail != nil {
		return int64(r.b.written.recorded.Len()), r.b.written.fail
	}
	fmt.Fprintf(&r.b.written.recorded, "%d:%d\n", f.Seq, len(f.Snap.Procs))
	return int64(r.b.written.recorded.Len()), nil
}

// command types a command and enters it.
func (d *bench) command(text string) { d.keys(":").typed(text).keys("Enter") }

func TestReportKey(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.say(roleGood, "python3 (500): sent SIGTERM")
	for _, to := range []string{"", "f", "f Enter Enter"} {
		d.keys(to).keys("w")
		d.wants("incident report: /home/me/ptop-incident.md and .json")
	}
	d.keys("Esc Esc").command("report")
	if n := len(d.b.written.incidents); n != 4 {
		t.Fatalf("%d reports were written, want 4", n)
	}
	in := d.b.written.incidents[0]
	if len(in.Said) == 0 || in.Said[0].Text != "python3 (500): sent SIGTERM" || !in.At.Equal(d.clock) || in.Limits != "" {
		t.Errorf("the report has %+v", in)
	}
}

// The report is of the frame that is on the screen, however many readings came while it was paused or being written.
func TestReportOfWhatIsShown(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.command("user app")
	d.keys("Z")
	d.hold = true
	d.keys("w w")
	d.wants("an incident report is being written")
	for seq := uint64(3); seq < 6; seq++ {
		d.feed(seq)
	}
	d.keys("Z") // the frame that is written is no more shown
	d.hold = false
	d.work()
	if len(d.b.written.incidents) != 1 {
		t.Fatalf("%d reports were written, want 1", len(d.b.written.incidents))
	}
	in := d.b.written.incidents[0]
	if in.Frame.Seq != 2 || !in.Paused || in.Limits != "user app" || d.b.written.procs[0] < 20 {
		t.Errorf("the report is of frame %d with %d processes, paused %v, limits %q", in.Frame.Seq, d.b.written.procs[0], in.Paused, in.Limits)
	}
	if d.frame.Seq != 5 {
		t.Errorf("the screen shows frame %d", d.frame.Seq)
	}
	d.keys("w")
	if len(d.b.written.incidents) != 2 {
		t.Error("no second report can be written")
	}
}

func TestReportHasWhatCleared(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	f := machine(3)
	d.findings.record([]detect.Event{{What: detect.Appeared, Finding: f.Findings[0]}, {What: detect.Cleared, Finding: f.Findings[1]}}, d.clock)
	d.keys("w")
	in := d.b.written.incidents[0]
	if len(in.Cleared) != 1 || in.Cleared[0].Finding.Detector != "runaway-cpu" {
		t.Errorf("cleared: %+v", in.Cleared)
	}
}

func TestReportFails(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.b.written.fail = errors.New("can't write x.md: no space left on device")
	d.keys("w")
	d.wants("can't write x.md: no space left on device")
	d.app.frame.Release()
	d.app.frame = nil
	d.keys("w")
	d.wants("there is no reading yet")
	if len(d.b.written.incidents) != 1 {
		t.Error("a report without a reading was asked for")
	}
}

func TestExportIsWhatTheTableShows(t *testing.T) {
	d := newBench(t, 100, 40, Options{})
	d.command("export json all.json")
	d.wants("exported: /home/me/all.json")
	d.command("filter python3")
	d.command("columns pid,name")
	d.command("export csv  a file.csv")
	if got := d.b.written.exports; strings.Join(got, "|") != "json all.json|csv a file.csv" {
		t.Fatalf("exported %q", got)
	}
	all, one := d.b.written.shown[0], d.b.written.shown[1]
	if all.Columns != nil || len(one.Columns) != 2 || one.Frame.Seq != 2 {
		t.Errorf("columns %v, then %v", all.Columns, one.Columns)
	}
	if got := d.b.written.rows[1]; len(got) != 1 || got[0] != pidBurner {
		t.Errorf("of python3 alone these were exported: %v", got)
	}
	if got := d.b.written.rows[0]; got[0] != pidBurner || len(got) < 20 || slices.Contains(got, pidKernel) {
		t.Errorf("in the order of the table these were exported: %v", got)
	}
	if one.Query.Filter == d.table.q.Filter {
		t.Error("two goroutines have one filter")
	}
}

func TestExportOfAnOpenedGroup(t *testing.T) {
	d := newBench(t, 100, 40, Options{})
	d.command("group state")
	d.keys("Home")
	for d.table.row().Group.Name != "Z" && d.table.selected < len(d.table.rows)-1 {
		d.keys("Down")
	}
	d.keys("Enter")
	shown := d.table.pids()[1:]
	d.command("export tree x")
	if got := d.b.written.rows[0]; len(got) != len(shown) || len(got) == 0 || len(got) > 10 {
		t.Errorf("of a group with %v these were exported: %v", shown, got)
	}
}

func TestExportRefuses(t *testing.T) {
	d := newBench(t, 120, 30, Options{})
	for command, want := range map[string]string{
		"export":         "want one of json, csv, text, tree",
		"export xml a":   `can't export "xml"`,
		"export json":    "export json needs the name of a file",
		"export json   ": "export json needs the name of a file",
	} {
		d.command(command)
		d.wants(want)
	}
	if d.b.written.exports != nil {
		t.Errorf("exported %q", d.b.written.exports)
	}
	head, fits := d.completeCommand("export c")
	if head+strings.Join(fits, "|") != "export csv" {
		t.Errorf("export c is completed to %q %q", head, fits)
	}
	if _, fits = d.completeCommand("export csv x"); fits != nil {
		t.Errorf("a file is completed to %q", fits)
	}
}

// A user is completed to those who have processes here.
func TestUserIsCompleted(t *testing.T) {
	head, fits := newBench(t, 80, 24, Options{}).completeCommand("user a")
	if head+strings.Join(fits, "|") != "user app" {
		t.Errorf("completed to %q %q", head, fits)
	}
}

func TestRecord(t *testing.T) {
	d := newBench(t, 120, 30, Options{})
	d.command("record")
	d.wants("nothing is being recorded")
	d.command("record day.json")
	d.wants("REC 0 readings", "recording each reading in day.json")
	d.feed(3)
	d.keys("Z") // what is recorded goes on when what is shown is held
	d.feed(4)
	d.wants("REC 2 readings, 10")
	if len(d.b.attend) < 20 {
		t.Errorf("only %d processes are read whole", len(d.b.attend))
	}
	d.command("record other.json")
	d.wants("day.json is being recorded")
	d.command("record")
	d.feed(5)
	d.wants("recorded in day.json: 2 readings")
	d.lacks("REC")
	if got := d.b.written.recorded.String(); got != "3:31\n4:31\n" || d.b.written.closed != 1 {
		t.Errorf("recorded %q, closed %d times", got, d.b.written.closed)
	}
}

// A disk that is slower than the readings costs readings, not time of the screen.
func TestRecordOnASlowDisk(t *testing.T) {
	d := newBench(t, 120, 30, Options{})
	d.command("record day.json")
	d.hold = true
	for seq := uint64(3); seq < 7; seq++ {
		d.feed(seq)
	}
	if len(d.waiting) != 1 {
		t.Fatalf("%d readings are being written at once", len(d.waiting))
	}
	d.wants("REC 0 readings, 0, 3 dropped")
	d.command("record") // while one is being written
	d.wants("the recording ends as soon as")
	d.hold = false
	d.work()
	d.wants("recorded in day.json: 1 reading, 5, 3 dropped")
	if got := d.b.written.recorded.String(); got != "3:31\n" || d.b.written.closed != 1 {
		t.Errorf("recorded %q, closed %d times", got, d.b.written.closed)
	}
	d.command("record next.json")
	d.feed(7)
	d.feed(11) // three that the screen did not come to
	d.wants("REC 2 readings", "3 dropped")
}

func TestRecordOnAFullDisk(t *testing.T) {
	d := newBench(t, 120, 30, Options{})
	d.command("record day.json")
	d.feed(3)
	d.b.written.fail = errors.New("can't write day.json: no space left on device")
	d.feed(4)
	d.wants("the recording has ended: can't write day.json: no space left on device; what it holds: 1 reading")
	d.lacks("REC")
	d.command("record again.json")
	d.wants("no space left on device")
	d.lacks("REC")
}
