package ui

import (
	"strings"
	"testing"

	"ptop/internal/monitor"
	"ptop/pcb"
)

// of gives the process of a made-up reading.
func of(f *monitor.Frame, pid int32) *pcb.Process { return &f.Snap.Procs[f.Snap.Index(pid)] }

// The risk of a remedy can be read to its end.
func TestRiskIsReadable(t *testing.T) {
	for _, w := range []int{60, 80, 120} {
		d := newBench(t, w, 24, Options{})
		f := machine(3)
		f.Findings[0].Remedies[0].Do = "restart the parent, checkout-agent, so that init adopts its dead children and waits for them one after the other"
		f.Findings[0].Remedies[0].Risk = "whatever it has in memory is lost, its connections drop, and its clients have to come back by themselves"
		d.show(f)
		d.keys("f x")
		d.wants("risk: whatever", "[ n ] no")
		var inside []string
		for _, l := range strings.Split(d.text(), "\n") {
			if parts := strings.Split(l, "│"); len(parts) == 3 {
				inside = append(inside, parts[1])
			}
		}
		if text := strings.Join(strings.Fields(strings.Join(inside, " ")), " "); !strings.Contains(text, f.Findings[0].Remedies[0].Risk) {
			t.Errorf("%d cells: the risk is cut: %s", w, text)
		}
	}
}

func TestNoSaysSo(t *testing.T) {
	for keys, want := range map[string]string{
		"k Enter Enter": "nothing was sent", "k Enter n": "nothing was sent", "k Enter Esc": "nothing was sent", "r Enter Enter": "nothing was changed",
	} {
		d := newBench(t, 80, 24, Options{})
		d.keys(keys)
		d.wants(want)
	}
}

// The dialog says what the readings know against a signal.
func TestDialogKnowsTheProcess(t *testing.T) {
	const term = 1 << (pcb.SIGTERM - 1)
	for _, c := range []struct {
		name string
		bend func(p *pcb.Process)
		want string
	}{
		{"ignores", func(p *pcb.Process) { p.SigIgnored = term }, "ignores SIGTERM"},
		{"blocks", func(p *pcb.Process) { p.SigBlocked = term }, "blocks SIGTERM"},
		{"sleeps", func(p *pcb.Process) { p.State = 'D' }, "sleeps uninterruptibly"},
		{"stopped", func(p *pcb.Process) { p.State = 'T' }, "is stopped: it acts"},
		{"masks unknown", func(p *pcb.Process) { p.SigIgnored, p.Have = term, p.Have&^pcb.FieldSignals }, ""},
	} {
		d := newBench(t, 100, 30, Options{})
		d.keys("K")
		f := machine(4)
		c.bend(of(f, pidBurner))
		d.show(f)
		d.keys("k Enter")
		d.wants("send SIGTERM?", c.want)
		if c.want == "" {
			d.lacks("ignores SIGTERM")
		}
	}
	d := newBench(t, 100, 30, Options{})
	f := machine(4)
	of(f, pidBurner).SigIgnored = term | 1<<(pcb.SIGKILL-1)
	d.show(f)
	d.keys("k 9 Enter")
	d.lacks("ignores")
}

func TestDialogTellsTheEnd(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("k Enter")
	d.lacks("has ended")
	d.show(emptied(machine(3)))
	d.wants("send SIGTERM?", "has ended meanwhile")
}

func TestNoActionOnTheEnded(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("Enter")
	d.show(emptied(machine(3)))
	for _, key := range []string{"k", "r"} {
		d.keys(key)
		d.wants("python3 (500) has ended: there is nothing left to act on")
		if d.top() != nil || len(d.b.bound) > 0 {
			t.Errorf("%s opens a dialog", key)
		}
	}
}

// Of those that got a signal it is told who ended, and why the others did not.
func TestWhatASignalBroughtAbout(t *testing.T) {
	ask := func(gone ...pcb.ID) *bench {
		d := newBench(t, 200, 24, Options{})
		f := machine(4)
		of(f, pidAgent).SigIgnored = 1 << (pcb.SIGTERM - 1)
		d.show(f)
		d.b.gone = gone
		d.keys("Space Space k Enter y")
		if d.b.closed != 1 {
			t.Errorf("let go %d times", d.b.closed)
		}
		return d
	}
	ask(idOf(pidBurner)).wants("sent SIGTERM: 2 processes; 1 ended; 1 lives on: p (400), which ignores SIGTERM")
	ask().wants("0 ended; 2 live on")
	ask(idOf(pidBurner), idOf(pidAgent)).wants("sent SIGTERM: 2 processes; all have ended")
	d := newBench(t, 200, 24, Options{})
	d.keys("k 1 8 Enter y")
	if text := d.text(); !strings.Contains(text, "sent SIGCONT") || strings.Contains(text, "lives on") {
		t.Errorf("after SIGCONT:\n%s", text)
	}
}

// F7 and F8 ask for the next nice value at once; of several that differ there is none.
func TestNiceSteps(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys("F7")
	d.wants("renice to -1?")
	d.keys("Esc F8")
	d.wants("renice to 1?")
	d.keys("Esc")
	f := machine(4)
	of(f, pidBurner).Nice = 19
	d.show(f)
	d.keys("F8")
	d.wants("the nice value is 19 already")
	d.keys("Space Space F7")
	d.wants("renice to ", "the usual")
}

// What is read for a dialog is read of the machine as it was when the dialog opened, however many readings come meanwhile.
func TestAScoutKeepsItsReading(t *testing.T) {
	d := newBench(t, 120, 40, Options{})
	d.hold = true
	d.keys("k Enter")
	d.feed(3)
	d.feed(4)
	d.work()
	if len(d.b.scouted) == 0 || d.b.scouted[0] != len(machine(1).Snap.Procs) {
		t.Errorf("the plans that were scouted had so many processes: %v", d.b.scouted)
	}
}
