package ui

import (
	"strings"
	"testing"

	"github.com/rivo/tview"

	"ptop/internal/column"
	"ptop/pcb"
)

// The keys of an order always mean the most on top; what turns it round is I and a click on the heading.
func TestOrderKeysDoNotInvert(t *testing.T) {
	for keys, want := range map[string]string{
		"P": "CPU%▼", "P P": "CPU%▼", "M M": "RSS▼", "T T": "TIME▼", "N N": "PID▲", "I P": "CPU%▼", "M I": "RSS▲", "F6 Enter": "CPU%▼",
	} {
		d := newBench(t, 120, 30, Options{})
		d.keys(keys)
		d.wants(want)
	}
	d := newBench(t, 120, 30, Options{})
	d.text()
	for _, h := range d.table.heads {
		if h.col.ID == "cpu_percent" {
			d.mouse(tview.MouseLeftClick, h.from+1, d.bodyRect.y)
		}
	}
	d.wants("CPU%▲")
}

// The column ordered by is on the screen, however narrow that is and whatever columns were chosen.
func TestOrderIsSeen(t *testing.T) {
	for _, ids := range []string{"+pid", "pid,name", "pid,user,uid,rss_bytes,vsize_bytes,cpu_time_seconds,swap_bytes,command"} {
		for _, w := range []int{120, 80, 40} {
			d := newBench(t, w, 24, Options{Columns: columnsOf(t, ids)})
			d.keys("T")
			d.wants("TIME▼")
			d.keys(":").typed("sort swap_bytes").keys("Enter")
			d.wants("SWAP▼")
			d.keys("Right Right Right")
			d.wants("SWAP▼")
		}
	}
}

// Who adds a column to the usual ones, or takes one off, still sees what the rows are, and can scroll to every column.
func TestChosenColumnsLeaveTheCommand(t *testing.T) {
	for _, keys := range []string{"F2 / w a i t Enter Space Enter", "F2 / p p i d Enter Space Enter"} {
		d := newBench(t, 80, 24, Options{})
		d.keys(keys)
		d.wants("COMMAND", "/sbin/init splash")
		for _, title := range []string{"THR", "SW/s", "IDLE"} {
			for n := 0; !strings.Contains(d.text(), title); n++ {
				if n > 20 {
					t.Fatalf("%s: %s is not to be scrolled to:\n%s", keys, title, d.text())
				}
				d.keys("Right")
			}
		}
		d.wants("COMMAND", "CPU%▼")
	}
}

// Lines are not scrolled out of sight, so that one key back shows them again.
func TestScrollEnds(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	for range 30 {
		d.keys("Right").text()
	}
	d.keys("Left")
	d.wants("eground") // of svc10 --foreground
	d.keys("? ")
	for range 30 {
		d.keys("Right").text()
	}
	d.keys("Left")
	d.wants("goes back.")
}

// What is left out for want of room is what matters least.
func TestColumnsGiveWay(t *testing.T) {
	for w, want := range map[int]string{
		120: "PID USER NI S CPU%▼ WAIT% RSS MEM% TIME THR SW/s IDLE COMMAND",
		80:  "PID USER S CPU%▼ RSS MEM% TIME COMMAND",
		60:  "PID S CPU%▼ RSS COMMAND",
		40:  "PID S CPU%▼ COMMAND",
	} {
		d := newBench(t, w, 20, Options{})
		line := strings.Split(d.text(), "\n")[d.bodyRect.y]
		if got := strings.Join(strings.Fields(line), " "); got != want {
			t.Errorf("%d cells: %s, not %s", w, got, want)
		}
	}
}

// Who asks for an order sees its top, wherever the cursor was; who is followed stays in sight.
func TestOrderShowsItsTop(t *testing.T) {
	d := newBench(t, 80, 20, Options{})
	d.keys("End P")
	d.wants("python3 report.py")
	d = newBench(t, 80, 20, Options{})
	d.keys("N End F P")
	if r := d.table.row(); r.Proc.PID < pidFirstZombie {
		t.Errorf("following, the cursor is on %d", r.Proc.PID)
	}
}

func TestContainerWhereThereIsOne(t *testing.T) {
	d := newBench(t, 140, 24, Options{})
	d.lacks("CONTAINER")
	f := machine(3)
	f.Snap.Procs[f.Snap.Index(pidAgent)].Container = &pcb.Container{Runtime: "docker", ID: "abc", Name: "shop"}
	f.Snap.Procs[f.Snap.Index(pidAgent)].Have |= pcb.FieldCgroup
	d.show(f)
	d.wants("CONTAINER", "shop")
	d.keys("/").typed("python3").keys("Enter")
	d.lacks("CONTAINER")
	newBench(t, 140, 24, Options{Columns: columnsOf(t, "pid,container,command")}).wants("CONTAINER")
}

func columnsOf(t *testing.T, ids string) []*column.Column {
	t.Helper()
	list, err := column.Parse(ids)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
