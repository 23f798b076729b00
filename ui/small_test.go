package ui

import (
	"strings"
	"testing"

	"github.com/rivo/tview"

	"ptop/pcb"
	"ptop/tree"
)

// The tree page draws branches as the table does.
func TestTreePageHasBranches(t *testing.T) {
	d := newBench(t, 100, 40, Options{})
	f := machine(4)
	f.Snap.Procs = append(f.Snap.Procs, proc(5000, pidHostile, 'S', "leaf", "leaf"))
	f.Rates.Procs = append(f.Rates.Procs, pcb.Rates{})
	f.Forest = tree.Build(f.Snap, nil)
	d.show(f)
	d.keys("Down Enter 3")
	d.wants("└─ checkout-agent", "   ├─ ev", "   │  └─ leaf", "   ├─ sh", "   └─ sh")
	d = newBench(t, 100, 40, Options{ASCII: true})
	d.keys("Down Enter 3")
	d.wants("|- sh", "`- sh")
}

func TestThreadsPageNamesEachColumnOnce(t *testing.T) {
	d := newBench(t, 110, 30, Options{})
	d.keys("Enter 4")
	for _, l := range strings.Split(d.text(), "\n") {
		if strings.Contains(l, "WAIT%") {
			seen := map[string]bool{}
			for _, word := range strings.Fields(l) {
				if seen[word] {
					t.Errorf("%s stands twice: %s", word, l)
				}
				seen[word] = true
			}
		}
	}
}

// Before anything can be known nobody is called healthy.
func TestHealthyTakesTime(t *testing.T) {
	d := newBench(t, 110, 30, Options{})
	f := machine(3)
	f.Findings = nil
	d.show(f)
	d.wants("no findings", "nothing is sick, as far as could be seen in 4.0s of watching")
	d.app.header = newHeader()
	d.show(f)
	d.wants("no findings yet", "nothing can be said yet")
	d.lacks("nothing is sick")
	d.keys("f")
	d.lacks("nothing is sick")
}

// What the header says of findings leads to them.
func TestClicksOnFindings(t *testing.T) {
	for _, at := range []struct{ x, y int }{{105, 0}, {5, 6}} {
		d := newBench(t, 110, 30, Options{})
		d.text()
		d.mouse(tview.MouseLeftClick, at.x, at.y)
		if d.scope() != inFindings {
			t.Errorf("a click at %v opens no findings:\n%s", at, d.text())
		}
	}
	d := newBench(t, 110, 30, Options{})
	d.text()
	d.mouse(tview.MouseLeftClick, 5, 1)
	if d.scope() == inFindings {
		t.Error("a click on a meter opens the findings")
	}
}

// Where nothing can be done the hints do not offer it.
func TestReadOnlyHints(t *testing.T) {
	for _, keys := range []string{"", "f", "Enter"} {
		d := newBench(t, 160, 30, Options{})
		d.b.off = "--read-only forbids it"
		d.keys(keys)
		d.lacks("kSignal", "rRenice", "xRemedy", "SpaceTag")
		d.wants("F1Help")
	}
}

// Each mode of the header looks different.
func TestHeaderModesDiffer(t *testing.T) {
	for _, w := range []int{60, 110} {
		d := newBench(t, w, 40, Options{})
		seen := map[string]bool{}
		for range headerModes {
			if text := d.text(); seen[text] {
				t.Errorf("two modes look the same:\n%s", text)
			} else {
				seen[text] = true
			}
			d.keys("m")
		}
	}
	d := newBench(t, 110, 40, Options{})
	d.keys("m")
	d.wants("cpu user 40%", "psi cpu some 4/0/0%", "cached 4.0G")
}
