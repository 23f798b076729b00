package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/rivo/tview"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// sicker is a machine with five findings, as the Tracker gives them: by severity and detector.
func sicker(seq uint64) *monitor.Frame {
	f := machine(seq)
	now := f.Snap.Time
	finding := func(detector string, pid int32, s detect.Severity, since time.Time, summary string) detect.Finding {
		return detect.Finding{
			Detector: detector, Severity: s, Since: since, Summary: summary, Count: 1, Why: strings.Repeat("because. ", 400),
			Subject: detect.Subject{ID: pcb.ID{PID: pid, Start: uint64(pid) * 10}, Name: "svc"},
		}
	}
	long := finding("starved", 14, detect.Warning, now.Add(-2*time.Minute), "svc14 waits "+strings.Repeat("and waits ", 20)+"until the end")
	long.Culprit = &detect.Subject{ID: pcb.ID{PID: 13, Start: 130}, Name: "a-process-with-a-long-name-" + hostile}
	f.Findings = append(f.Findings[:1],
		finding("deadlock", 10, detect.Warning, now.Add(-time.Minute), "younger warning"),
		finding("hung", 11, detect.Warning, time.Time{}, "warning of unknown age"),
		finding("leak", 12, detect.Warning, now.Add(-time.Hour), "older warning"), long)
	return f
}

// lineOf is the line of the screen that has a text.
func (d *bench) lineOf(text string) int {
	d.t.Helper()
	for y, l := range strings.Split(d.text(), "\n") {
		if strings.Contains(l, text) {
			return y
		}
	}
	d.t.Fatalf("the screen lacks %q:\n%s", text, d.text())
	return 0
}

// The list goes by severity, then by how long it has been so, and names the culprit; what does not fit into a line is
// in the explanation.
func TestFindingsList(t *testing.T) {
	for _, w := range []int{80, 200} {
		d := newBench(t, w, 50, Options{})
		d.show(sicker(3))
		d.keys("f")
		order := []int{d.lineOf("critical 7m00s"), d.lineOf("older warning"), d.lineOf("svc14 waits and"), d.lineOf("younger warning"), d.lineOf("warning of unknown")}
		for i := 1; i < len(order); i++ {
			if order[i] != order[i-1]+1 {
				t.Fatalf("at %d cells the order is %v:\n%s", w, order, d.text())
			}
		}
		d.wants("CULPRIT", "(400)", " 1h", "(13) ", "TabScroll")
		lines := strings.Split(d.text(), "\n")
		if l := lines[order[4]]; !strings.Contains(l, " -        ") {
			t.Errorf("an unknown age is told: %s", l)
		}
		if l := lines[order[1]]; strings.Contains(l, "(12)") {
			t.Errorf("the subject is its own culprit: %s", l)
		}
		if shown := strings.Contains(lines[order[0]-1], "DETECTOR"); shown != (w == 200) {
			t.Errorf("at %d cells the detector is shown: %v", w, shown)
		}
		d.keys("Down Down")
		d.wants("until the end")
		if w == 80 {
			d.wants("more lines below, Tab scrolls")
		}
		d.keys("Enter")
		if r := d.table.row(); d.scope() != inTable || r.Proc.PID != 13 {
			t.Errorf("Enter goes to %v", r.Proc.ID)
		}
	}
}

// A click on what the header tells selects that finding, wherever it stands.
func TestFindingOfTheHeader(t *testing.T) {
	d := newBench(t, 110, 40, Options{})
	f := sicker(3)
	f.Findings = f.Findings[1:] // the first is no longer the oldest
	d.show(f)
	y := d.lineOf("younger warning")
	d.mouse(tview.MouseLeftClick, 3, y)
	if got := d.findings.finding(); d.scope() != inFindings || got.Summary != "younger warning" {
		t.Errorf("selected is %q", got.Summary)
	}
}

// What has cleared is a log under what stands: newest first, with the time at which it cleared.
func TestClearedAreALog(t *testing.T) {
	d := newBench(t, 110, 40, Options{})
	d.keys("f c")
	d.wants("nothing has cleared in this session yet")
	d.keys("c Esc")
	f := sicker(3)
	gone := f.Findings[3] // the older warning
	f.Findings = append(f.Findings[:3:3], f.Findings[4:]...)
	f.Events = []detect.Event{{What: detect.Cleared, Finding: gone}}
	d.show(f)
	d.keys("f")
	d.lacks("older warning")
	d.keys("c")
	y := d.lineOf("older warning")
	l := strings.Split(d.text(), "\n")[y]
	if !strings.Contains(l, "cleared") || !strings.Contains(l, f.Snap.Time.Local().Format("15:04:05")) || y < d.lineOf("warning of unknown") {
		t.Errorf("the log has %q:\n%s", l, d.text())
	}
	d.keys("End")
	d.wants("it cleared 0s ago")
	if d.findings.finding().Summary != "older warning" {
		t.Errorf("at the end stands %q", d.findings.finding().Summary)
	}
}

func TestClipName(t *testing.T) {
	for _, c := range []struct {
		text, want string
		w          int
	}{
		{"python3 (42)", "python3 (42)", 12},
		{"a-long-name (42)", "a-long… (42)", 12},
		{"-", "-", 7},
		{"nothing to see", "nothin…", 7},
	} {
		if got := clipName(c.text, c.w); got != c.want {
			t.Errorf("%q in %d cells is %q, want %q", c.text, c.w, got, c.want)
		}
	}
}
