package ui

import (
	"strings"
	"testing"

	"ptop/internal/monitor"
	"ptop/pcb"
)

// burnerWith is a reading in which the burner has so many descriptors; negative for one that did not count them.
func burnerWith(seq uint64, fds int32) *monitor.Frame {
	f := machine(seq)
	if p := &f.Snap.Procs[f.Snap.Index(pidBurner)]; fds >= 0 {
		p.FDs, p.Have = fds, p.Have|pcb.FieldFDs
	}
	return f
}

// A figure that was not read is a gap, and no zero; what full height stands for is told, and lowest and highest are of
// what is drawn.
func TestHistoryOfDescriptors(t *testing.T) {
	d := newBench(t, 110, 60, Options{})
	d.keys("Enter Shift-Tab")
	d.wants("open descriptors    -   not known")
	for i, fds := range []int32{40, -1, 10, 80} {
		d.show(burnerWith(uint64(3+i), fds))
	}
	d.wants("open descriptors    80   lowest 10, highest 80; drawn from 0 to 80", "6 readings since")
	lines := strings.Split(d.text(), "\n")
	if got := strings.TrimRight(lines[d.lineOf("open descriptors")+1], " "); got != "   ▅ ▂█" {
		t.Errorf("drawn is %q", got)
	}
}

// What is drawn of a long history is its newest part, and the scale is of that.
func TestHistoryScaleIsOfWhatIsDrawn(t *testing.T) {
	d := newBench(t, 76, 60, Options{})
	d.keys("Enter Shift-Tab")
	d.show(burnerWith(3, 9000))
	for seq := range uint64(90) {
		d.show(burnerWith(4+seq, 50))
	}
	d.wants("lowest 50, highest 50; drawn from 0")
	d.lacks("9000")
}
