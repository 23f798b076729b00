package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rivo/tview"

	"ptop/pcb"
)

// workers makes the fake's process one of four threads: 900 burns 10 %, 1000 burns 90 %, of 1100 nothing is known, and 1200
// idles. What they sleep in was read of all but 1100.
func workers(b *fakeBackend) {
	b.bend = func(d *pcb.Detail) {
		n := time.Duration(b.details)
		thread := func(tid int32, name string, share time.Duration) pcb.Thread {
			return pcb.Thread{TID: tid, State: 'S', Comm: name, Have: seen, At: n * time.Second, RunTime: n * share, UTime: share, Started: time.Second}
		}
		d.ThreadList = []pcb.Thread{
			thread(900, "steady", 100*time.Millisecond), thread(1000, "burner", 900*time.Millisecond),
			{TID: 1100, State: 'S', Comm: "unread"},
			thread(1200, "idler", 0),
		}
		d.Calls = []pcb.ThreadProbe{
			{TID: 900, WChan: "futex_do_wait", SyscallKnown: true, Syscall: 202, SyscallName: "futex"},
			{TID: 1000, WChan: "ep_poll", SyscallKnown: true, Syscall: 232, SyscallName: "epoll_wait"},
			{TID: 1200, WChan: "do_wait", SyscallKnown: true, Syscall: 61, SyscallName: "wait4"},
		}
	}
}

// threadOrder is the thread ids on the screen, from above.
func (d *bench) threadOrder() []string {
	var tids []string
	for l := range strings.Lines(d.text()) {
		if f := strings.Fields(l); len(f) > 2 && slices.Contains([]string{"900", "1000", "1100", "1200"}, f[0]) {
			tids = append(tids, f[0])
		}
	}
	return tids
}

func (d *bench) wantThreads(what, want string) {
	d.t.Helper()
	if got := strings.Join(d.threadOrder(), " "); got != want {
		d.t.Errorf("%s: the order is %s, not %s:\n%s", what, got, want, d.text())
	}
}

// The threads page is sorted as the table is, by values and not by texts, with what is unknown last either way.
func TestThreadsAreSorted(t *testing.T) {
	d := newBench(t, 160, 40, Options{})
	workers(d.b)
	d.keys("Enter 4")
	d.wantThreads("before there are rates", "900 1000 1100 1200")
	d.feed(3)
	d.wants("CPU%▼", "WCHAN", "futex_do_wait", "epoll_wait")
	d.wantThreads("by CPU", "1000 900 1200 1100")
	d.keys("I")
	d.wants("CPU%▲")
	d.wantThreads("by CPU, inverted", "1200 900 1000 1100")
	d.keys("N")
	d.wants("TID▲")
	d.wantThreads("by thread", "900 1000 1100 1200")
	d.keys("I")
	d.wantThreads("by thread, inverted: numbers are no texts", "1200 1100 1000 900")
	d.keys("T")
	d.wants("TIME▼")
	d.wantThreads("by time", "1000 900 1200 1100")
	d.keys(">")
	d.wants("WCHAN▲")
	d.wantThreads("by what they sleep in", "1200 1000 900 1100")
	d.keys("< <")
	d.wants("ISW/s▼")
}

func TestThreadsAreSortedByClick(t *testing.T) {
	d := newBench(t, 100, 40, Options{})
	workers(d.b)
	d.keys("Enter 4")
	d.feed(3)
	head := func(title string) {
		t.Helper()
		for y, l := range strings.Split(d.text(), "\n") {
			if x := strings.Index(l, title); x >= 0 && strings.Contains(l, "VSW/s") {
				d.mouse(tview.MouseLeftClick, len([]rune(l[:x])), y)
				return
			}
		}
		t.Fatalf("no heading %s:\n%s", title, d.text())
	}
	head("NAME")
	d.wants("NAME▲")
	d.wantThreads("by name", "1000 1200 900 1100")
	head("NAME")
	d.wantThreads("by name again", "1100 900 1200 1000")
	d.keys("> > > > > > > > > >") // past what fits
	if d.detail.pager.left == 0 {
		t.Fatal("nothing was scrolled: the test shows nothing")
	}
	d.wants("PRI", "TID", "burner")
	head("CALL")
	d.wants("CALL▲")
}

// The cursor stays on its thread whatever the order becomes, once it was moved there; the order survives another process.
func TestThreadCursor(t *testing.T) {
	d := newBench(t, 120, 40, Options{})
	workers(d.b)
	d.keys("Enter 4")
	d.feed(3)
	if got := d.detail.pager.link().PID; got != 1000 {
		t.Fatalf("unmoved, the cursor is on %d and not on top", got)
	}
	d.keys("Down Down")
	if got := d.detail.pager.link().PID; got != 1200 {
		t.Fatalf("the cursor is on %d", got)
	}
	swap := d.b.bend
	d.b.bend = func(x *pcb.Detail) { swap(x); x.ThreadList[3].RunTime = 100 * time.Duration(d.b.details) * time.Second }
	d.feed(4)
	d.feed(5)
	d.wantThreads("the idler burns", "1200 1000 900 1100")
	if got := d.detail.pager.link().PID; got != 1200 {
		t.Errorf("the cursor went to %d", got)
	}
	d.keys("N J")
	d.wants("TID▲")
}

// Of thousands of threads only the lines in sight are made.
func TestManyThreads(t *testing.T) {
	d := newBench(t, 120, 30, Options{})
	d.b.bend = func(x *pcb.Detail) {
		x.ThreadList = nil
		for tid := range int32(3000) {
			x.ThreadList = append(x.ThreadList, pcb.Thread{TID: 5000 + tid, State: 'S', Comm: fmt.Sprintf("worker-%d", tid), Have: seen})
		}
		x.Calls = make([]pcb.ThreadProbe, 256)
	}
	d.keys("Enter 4")
	d.wants("3000 threads; what they sleep in was read of 256", "worker-0 ")
	made := 0
	for i := range d.detail.pager.lines {
		if d.detail.pager.lines[i].line != nil {
			made++
		}
	}
	if made > 0 {
		t.Errorf("%d lines were made before they came into sight", made)
	}
	d.keys("End")
	d.wants("worker-2999", "3000 threads")
}
