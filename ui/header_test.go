package ui

import (
	"math"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// show gives the bench a reading that was bent.
func (d *bench) show(f *monitor.Frame) {
	d.clock = f.Snap.Time
	d.mail.mail.frame = f
	d.mail.mail.events = f.Events
	d.receive()
}

func TestManyCPUs(t *testing.T) {
	f := machine(3)
	f.Rates.System.CPUs = nil
	for id := range 256 {
		f.Rates.System.CPUs = append(f.Rates.System.CPUs, pcb.CPUShare{ID: id, User: float64(id % 100), Busy: float64(id % 100)})
	}
	for _, size := range [][2]int{{80, 24}, {200, 50}, {60, 20}} {
		d := newBench(t, size[0], size[1], Options{})
		d.show(f)
		d.wants("cpu ", "60%", "█")
		if d.text(); d.bodyRect.h < size[1]/2 {
			t.Errorf("%v: the header leaves the table %d lines", size, d.bodyRect.h)
		}
	}
	d := newBench(t, 200, 50, Options{})
	f.Rates.System.CPUs = f.Rates.System.CPUs[:8]
	d.show(f)
	d.wants("cpu7")
}

// What is unknown is a dash: on a first reading, and where the kernel tells nothing.
func TestUnknownIsNotZero(t *testing.T) {
	f := machine(3)
	nan := math.NaN()
	share := pcb.CPUShare{User: nan, System: nan, Busy: nan, IOWait: nan}
	f.Rates.System = pcb.SystemRates{CPUs: []pcb.CPUShare{share}, Total: share, CtxSwitches: nan, Forks: nan, SelfCPU: nan}
	f.Snap.System = pcb.System{}
	f.Snap.Coverage = pcb.Coverage{HidePID: true, Blocked: 2, DeniedProcs: 7}
	f.Findings = nil
	d := newBench(t, 120, 30, Options{})
	d.show(f)
	d.wants("switches -/s", "forks -/s", "load -", "ptop - ", "unseen: others' processes, 2 blocked, parts of 7 processes", "no findings", "nothing is sick, as far as could be seen")
	d.lacks("psi")
}

func TestPidsRunOut(t *testing.T) {
	h := newHeader()
	f := machine(1)
	for i := range 10 {
		f.Snap.Procs[0].Threads = int32(100 + 100*i)
		f.Snap.Mono += time.Duration(1+i%3*3/2) * time.Second // 1, 2, 4: the delay is changed, or a reading asked for
		h.record(f)
	}
	left := h.pidsLast(4096)
	if left != "full in 1m11s" && left != "full in 1m12s" { // 900 in 21 s, 3066 left
		t.Errorf("growth by 43 a second: %q", left)
	}
	f.Snap.Procs[0].Threads = 1
	h.record(f)
	if left := h.pidsLast(4096); left != "" {
		t.Errorf("after a fall: %q", left)
	}
}

// While somebody moves through the table, readings do not change its order.
func TestOrderHoldsStill(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("Down Up") // on the burner, in the first row
	f := machine(3)   // in which the agent is first
	f.Snap.Time = d.clock.Add(holdOrder / 2)
	d.show(f)
	if d.table.selected != 0 || d.table.row().Proc.PID != pidBurner {
		t.Errorf("just after a key the cursor is on row %d", d.table.selected)
	}
	d.show(machine(5))
	if d.table.selected != 1 || d.table.row().Proc.PID != pidBurner {
		t.Errorf("later the cursor is on row %d", d.table.selected)
	}
}

// So it is in the tree, where siblings keep their order, and while a filter is typed.
func TestOrderHoldsStillInTheTree(t *testing.T) {
	for _, keys := range []string{"t Down Up", "t /", "t H"} {
		d := newBench(t, 80, 50, Options{})
		order := func() string {
			text := d.text()
			if i, j := strings.Index(text, "python3"), strings.Index(text, "checkout-agent --"); i < j && i >= 0 {
				return "burner first"
			}
			return "agent first"
		}
		d.keys(keys)
		if keys == "t /" {
			d.typed("e")
		}
		if order() != "burner first" {
			t.Fatalf("%s: %s", keys, d.text())
		}
		f := machine(3) // in which the agent is first
		f.Snap.Time = d.clock.Add(holdOrder / 2)
		d.show(f)
		if order() != "burner first" {
			t.Errorf("%s: just after a key the order has changed:\n%s", keys, d.text())
		}
		if keys != "t /" {
			d.wants("⊞5 zombies")
		}
		d.show(machine(5))
		if order() != "agent first" {
			t.Errorf("%s: later the order is the old one:\n%s", keys, d.text())
		}
	}
}

func TestPauseHoldsTheScreen(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("Z")
	d.show(machine(7))
	if d.app.frame.Seq != 2 {
		t.Errorf("paused, reading %d is shown", d.app.frame.Seq)
	}
	d.keys("Z")
	if d.app.frame.Seq != 7 {
		t.Errorf("after the pause reading %d is shown", d.app.frame.Seq)
	}
}

// What clears is remembered for the session, and what appears is told.
func TestEvents(t *testing.T) {
	d := newBench(t, 110, 30, Options{})
	f := machine(3)
	gone := f.Findings[1]
	f.Findings = f.Findings[:1]
	f.Events = []detect.Event{{What: detect.Cleared, Finding: gone}, {What: detect.Appeared, Finding: f.Findings[0]}}
	d.show(f)
	if text := d.text(); strings.Count(text, "it never calls wait()") != 1 { // in the header, which is enough
		t.Errorf("what appeared is told otherwise than once:\n%s", text)
	}
	d.keys("m m m") // no header
	d.wants("it never calls wait()")
	d.keys("m f")
	d.lacks("runaway-cpu")
	d.keys("c")
	d.wants("runaway-cpu", "cleared")
	d.show(machine(8))
	d.keys("End")
	d.show(machine(8))
	d.wants("it cleared 10s ago, at", "evidence and advice are as they were then")
}

// News waits until what was said has stood: who has just been refused something must be able to read why.
func TestNewsWaits(t *testing.T) {
	d := newBench(t, 110, 30, Options{})
	d.command("theme nope")
	f := sicker(3)
	f.Events = []detect.Event{{What: detect.Appeared, Finding: f.Findings[1]}}
	d.show(f)
	d.wants("want one of default")
	d.lacks(f.Findings[1].Summary)
	d.command("theme light") // which takes the complaint down
	d.lacks("want one of default")
	d.wants(f.Findings[1].Summary)
	d.clock = d.clock.Add(logStands + time.Second)
	d.lacks(f.Findings[1].Summary)
}

func TestFollowTellsTheEnd(t *testing.T) {
	d := newBench(t, 110, 30, Options{})
	d.keys("F")
	d.show(emptied(machine(3)))
	d.wants("python3 (500), which was followed, has ended")
}

// Readings that come more seldom than was asked are told, with why.
func TestSlowedIsTold(t *testing.T) {
	for _, w := range []int{80, 140} {
		d := newBench(t, w, 40, Options{})
		d.lacks("budget")
		f := machine(3)
		f.Slowed = &monitor.Slowing{Asked: time.Second, Delay: 4 * time.Second, Cost: 200 * time.Millisecond, Budget: 5}
		d.show(f)
		d.wants("every 4.0 s: costs 200 ms, budget 5 % CPU")
	}
}
