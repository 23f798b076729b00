package ui

import (
	"slices"
	"strings"
	"testing"

	"ptop/pcb"
)

func idOf(pid int32) pcb.ID { return pcb.ID{PID: pid, Start: uint64(pid) * 10} }

// What the dialog is about is bound when it opens, and stays so whatever moves under it.
func TestBoundWhenTheDialogOpens(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("Down k")
	if want := [][]pcb.ID{{idOf(pidAgent)}}; len(d.b.bound) != 1 || !slices.Equal(d.b.bound[0], want[0]) {
		t.Fatalf("bound are %v, not %v", d.b.bound, want)
	}
	d.feed(3)
	d.feed(4) // the order has changed
	d.keys("Enter")
	d.feed(5)
	d.wants("send SIGTERM?", "checkout-agent")
	if len(d.b.signals) != 0 {
		t.Fatalf("before the confirmation: %v", d.b.signals)
	}
	d.keys("y")
	if want := []string{"sent SIGTERM " + idOf(pidAgent).String()}; !slices.Equal(d.b.signals, want) {
		t.Errorf("signalled %v, not %v", d.b.signals, want)
	}
	if len(d.b.bound) != 1 || d.b.closed != 1 {
		t.Errorf("bound %d times, let go %d times", len(d.b.bound), d.b.closed)
	}
	d.wants("p (400): sent SIGTERM")
}

// No single stroke, and no Enter held down, sends anything.
func TestNoActionByAccident(t *testing.T) {
	for _, keys := range []string{"k", "F9", "k Enter", "k Enter Enter", "k Enter Enter Enter", "k Enter n", "k Enter Esc", "k Esc", "r", "F7 Enter Enter", "F8 Enter n", "k 9 Enter Enter"} {
		d := newBench(t, 80, 24, Options{})
		d.keys(keys)
		if len(d.b.signals) != 0 {
			t.Errorf("%s: %v", keys, d.b.signals)
		}
		if d.top() == nil && d.b.closed != len(d.b.bound) {
			t.Errorf("%s: bound %d times, let go %d times", keys, len(d.b.bound), d.b.closed)
		}
	}
}

// The menus tell what the confirmation behind them takes; typed too early, s goes to a name that begins so.
func TestMenuTellsOfTheSubtree(t *testing.T) {
	for _, keys := range []string{"k", "r", "a", "i", "Y", "O"} {
		d := newBench(t, 80, 24, Options{})
		d.keys(keys)
		d.wants("Esc leaves; then y: yes, s: with the subtree")
	}
}

// A paste acts nowhere but in a line to type into.
func TestPasteIsNoKey(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	(&root{a: d.app}).PasteHandler()("k\r\ny", nil)
	if d.top() != nil {
		t.Error("a paste opened a dialog")
	}
	d.keys("/")
	(&root{a: d.app}).PasteHandler()("check\x1b\nout", nil)
	d.wants("filter: checkout")
}

func TestSignalChosen(t *testing.T) {
	for keys, want := range map[string]string{
		"k 9 Enter y":                  "sent SIGKILL",
		"k 1 8 Enter y":                "sent SIGCONT",
		"k H U Enter Tab Enter":        "sent SIGHUP",
		"k Up Enter Left Right Left y": "sent SIGALRM",
		"r Home Enter y":               "reniced to -20",
		"r 1 0 Enter y":                "reniced to 10",
		"F7 y":                         "reniced to -1",
		"F8 y":                         "reniced to 1",
		"Enter k Enter y":              "sent SIGTERM",
	} {
		d := newBench(t, 80, 40, Options{})
		d.keys(keys)
		if len(d.b.signals) != 1 || !strings.HasPrefix(d.b.signals[0], want+" ") {
			t.Errorf("%s: %v, not %s", keys, d.b.signals, want)
		}
	}
}

func TestActionOnTagged(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("Space Space k Enter")
	d.wants("400", "500")
	d.keys("y")
	if len(d.b.signals) != 2 {
		t.Errorf("signalled: %v", d.b.signals)
	}
	d.wants("sent SIGTERM: 2 processes")
}

// The dialog is there at once, and does nothing before the binding has come.
func TestSlowBinding(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.hold = true
	d.keys("k")
	d.wants("binding to 1 process…")
	d.keys("Enter y y")
	d.wants("binding…")
	d.work()
	d.hold = false
	d.keys("y")
	if len(d.b.signals) != 1 {
		t.Errorf("signalled: %v", d.b.signals)
	}
}

// A dialog that is left before the binding has come lets go of what comes.
func TestBindingThatComesTooLate(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.hold = true
	d.keys("k Esc")
	d.work()
	if len(d.b.bound) != 1 || d.b.closed != 1 {
		t.Errorf("bound %d times, let go %d times", len(d.b.bound), d.b.closed)
	}
}

func TestBindingThatFails(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.b.bindFail = true
	d.keys("k Enter")
	d.wants("has ended; nothing was signalled", "[ n ] close")
	d.lacks("[ y ]")
	d.keys("Tab y")
	if len(d.b.signals) != 0 {
		t.Errorf("signalled: %v", d.b.signals)
	}
	d.wants("has ended; nothing was signalled")
}

func TestActionsOff(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.b.off = "--read-only"
	for _, keys := range []string{"k", "r", "F7", "f x"} {
		d.keys(keys)
		d.wants("no action is possible: --read-only")
		if d.top() != nil || len(d.b.bound) != 0 {
			t.Errorf("%s opened a dialog", keys)
		}
	}
}

// The key of a remedy is told where there is one.
func TestKeyOfRemedyIsToldWhereItActs(t *testing.T) {
	for _, keys := range []string{"f", "Enter 2"} {
		for off, told := range map[string]bool{"": true, "--read-only": false} {
			d := newBench(t, 80, 24, Options{})
			d.b.off = off
			d.table.selectID(idOf(pidFirstZombie))
			d.keys(keys)
			d.wants("restart checkout-agent")
			if text := d.text(); strings.Contains(text, "do (x)") != told {
				t.Errorf("%s with actions off %q: the key is told: %v\n%s", keys, off, !told, text)
			}
		}
	}
}

// Of a screen that is held, who has ended meanwhile is told as soon as something is to be done to them.
func TestNoActionOnTheEndedWhileHeld(t *testing.T) {
	for _, keys := range []string{"Z", "Enter Z"} {
		for _, key := range []string{"k", "r"} {
			d := newBench(t, 80, 24, Options{})
			d.keys(keys)
			d.show(emptied(machine(3)))
			d.keys(key)
			d.wants("python3 (500) has ended: there is nothing left to act on")
			if d.top() != nil || len(d.b.bound) > 0 {
				t.Errorf("%s %s opens a dialog", keys, key)
			}
		}
	}
}

// The hints offer nothing that can be done to one who has ended.
func TestHintsOfTheEnded(t *testing.T) {
	d := newBench(t, 120, 24, Options{})
	d.keys("Enter")
	d.wants("kSignal", "rRenice", "xRemedy")
	d.show(emptied(machine(3)))
	d.wants("has ended; this is what was read last")
	d.lacks("kSignal", "rRenice", "xRemedy")
}

func TestNoNiceForAKernelThread(t *testing.T) {
	for _, key := range []string{"r", "F7", "F8"} {
		d := newBench(t, 120, 24, Options{})
		d.keys("K")
		d.table.selectID(idOf(pidKernel))
		d.keys(key)
		d.wants("kthreadd (2) is a kernel thread: its nice value is left alone")
		if d.top() != nil || len(d.b.bound) > 0 {
			t.Errorf("%s opens a dialog", key)
		}
	}
}

// A dialog under which the last one ends has nothing to offer but to be closed.
func TestDialogThatReachesNobody(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("k Enter Tab")
	d.show(emptied(machine(3)))
	d.wants("500 has ended meanwhile", "there is nobody to reach", "[ n ] close")
	d.lacks("[ y ]")
	d.keys("Tab Enter")
	if d.top() != nil || len(d.b.signals) > 0 {
		t.Errorf("it is open yet, or signalled %v", d.b.signals)
	}
	d = newBench(t, 80, 24, Options{})
	d.keys("N")
	d.table.selectID(idOf(pidInit))
	d.keys("k Home Enter")
	d.wants("it is left out", "[ n ] close")
	d.keys("y")
	d.wants("there is nobody to reach: nothing was sent")
	if len(d.b.signals) > 0 {
		t.Errorf("signalled %v", d.b.signals)
	}
}

func TestRemedy(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("f x")
	d.wants("send SIGTERM?", "restart checkout-agent")
	d.keys("y")
	if len(d.b.signals) != 1 || d.b.signals[0] != "sent SIGTERM "+idOf(pidAgent).String() {
		t.Errorf("signalled: %v", d.b.signals)
	}
	d.keys("Down x")
	d.wants("ptop itself can do nothing here")
}

func TestJumpFromFinding(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("/").typed("python3").keys("Enter f Enter") // the culprit is hidden by the filter
	if r := d.table.row(); d.scope() != inTable || r == nil || r.Proc.PID != pidAgent {
		t.Errorf("Enter in the findings leads to %v", r)
	}
	d.wants("were lifted")
	if !d.table.q.HideKernel {
		t.Error("kernel threads are shown, which hid nothing of it")
	}
	d.keys(":").typed("goto 2").keys("Enter")
	if r := d.table.row(); r == nil || r.Proc.PID != pidKernel {
		t.Errorf("goto leads to %v, not to the kernel thread", r)
	}
}

func TestDelayIsPassedOn(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("d").typed("0.5").keys("Enter")
	if d.b.delay.Seconds() != 0.5 {
		t.Errorf("the delay is %v", d.b.delay)
	}
}

func TestThreadsAreAskedFor(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	if d.keys("H"); !d.b.threads {
		t.Error("threads are shown, and not asked for")
	}
	if d.keys("H"); d.b.threads {
		t.Error("threads are hidden, and still asked for")
	}
}

func TestQuit(t *testing.T) {
	for _, keys := range []string{"q", "F10", "Ctrl-C", "k Ctrl-C", "f q", "Enter q", "/ Ctrl-C"} {
		d := newBench(t, 80, 24, Options{})
		if d.keys(keys); d.quits != 1 {
			t.Errorf("%s quits %d times", keys, d.quits)
		}
	}
	d := newBench(t, 80, 24, Options{})
	d.keys("? q")
	if d.quits != 0 || d.scope() != inTable {
		t.Error("q in the help does not just go back")
	}
}
