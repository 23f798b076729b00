package ui

import (
	"strings"
	"testing"

	"ptop/internal/monitor"
	"ptop/pcb"
	"ptop/tree"
)

// The delay is typed as it is to be, and not behind the one that stands.
func TestDelayPromptIsEmpty(t *testing.T) {
	d := newBench(t, 80, 24, Options{Delay: 2e9})
	d.keys("d")
	d.wants("(2 now)")
	d.typed("5").keys("Enter")
	if d.b.delay.Seconds() != 5 {
		t.Errorf("the delay is %v", d.b.delay)
	}
	d.keys("d Enter")
	if d.b.delay.Seconds() != 5 || d.top() != nil {
		t.Errorf("without an answer the delay becomes %v", d.b.delay)
	}
}

// While a filter is typed, what is none yet leaves the one that stood.
func TestFilterHoldsWhileItIsTyped(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys("/").typed("python3").keys("Enter /")
	for range "python3" {
		d.keys("Backspace")
	}
	d.typed("cpu_percent")
	d.wants("python3 report")
	d.lacks("no process matches")
	d.typed(" >")
	d.wants("python3 report", "something is missing at the end")
	d.lacks("svc10", "unexpected", "Operator")
	d.keys("Enter")
	d.wants("python3 report", "something is missing")
	d.typed(" 40").keys("Enter")
	d.wants("checkout-agent", "filter cpu_percent > 40")
	d.keys("/ Backspace Backspace Backspace Enter Esc")
	d.wants("filter cpu_percent > 40")
	d.keys("/ Ctrl-U").typed("xyzzy").keys("Enter")
	d.wants("no process matches", "filter xyzzy")
}

// A command that fails closes the prompt, so that what is typed then is no part of it, and tells why.
func TestFailedCommandClosesThePrompt(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys(":").typed("sort nope").keys("Enter")
	if d.top() != nil {
		t.Error("the prompt stays")
	}
	d.wants(`unknown column "nope"`, "F2 lists all")
	d.lacks("--help-columns")
	d.keys(": Up")
	d.wants(": sort nope")
}

// While a filter is typed it stands on the screen once, and what else limits the table beside it.
func TestTypedFilterStandsOnce(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys("/").typed("checkout")
	d.lacks("Esc clears")
	d.keys("Enter Space /")
	d.wants("filter checkout   tagged 1", "filter: checkout")
}

// Ctrl-W takes the last word off, as in a shell.
func TestPromptTakesAWordOff(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys(":").typed("sort rss_bytes ").keys("Ctrl-W").typed("pid").keys("Ctrl-A Right Ctrl-W")
	if l := d.top().(*prompt); l.text != "ort pid" || l.at != 0 {
		t.Errorf("the line is %q with the cursor at %d", l.text, l.at)
	}
	d.keys("Ctrl-W Ctrl-E Ctrl-W Ctrl-W Ctrl-W")
	if l := d.top().(*prompt); l.text != "" {
		t.Errorf("the line is %q", l.text)
	}
}

// Who mistypes a command is told which was meant, or all there are, in full at 80 cells.
func TestUnknownCommand(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	for typed, want := range map[string]string{"gruop user": "did you mean group?", "nice 5": "did you mean renice?", "frobnicate": "help, quit", "theme nope": "theme \"nope\" does"} {
		d.command(typed)
		d.wants(want)
		d.lacks("…", "ui:")
	}
}

func TestUserThatDoesNotExist(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys(":").typed("user nosuch-user-here").keys("Enter")
	d.wants("no user nosuch-user-here", "python3 report")
	for _, name := range []string{"app", "1000", "root"} { // root has none here, and exists
		d.keys(":").typed("user " + name).keys("Enter")
		d.wants("user " + name + " ")
	}
}

// What was said does not hide what limits the table.
func TestMessageBesideTheStatus(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys("/").typed("python3").keys("Enter k Enter n")
	d.wants("filter python3", "nothing was sent")
	d = newBench(t, 40, 30, Options{})
	d.say(roleInfo, strings.Repeat("many words ", 9)+"and the end")
	d.wants("and the end")
}

func TestCompletion(t *testing.T) {
	for _, c := range []struct{ typed, keys, want string }{
		{"sort ", "Tab", ": sort pid"},
		{"sort ", "Tab Tab", ": sort user"},
		{"sort -rss", "Tab", ": sort -rss_bytes"},
		{"sort cpu_p", "Tab", ": sort cpu_percent"},
		{"columns pid,thr", "Tab", ": columns pid,threads"},
		{"group con", "Tab", ": group container"},
		{"gro", "Tab", ": group "},
		{"sort mem", "Tab a Tab", ": sort mem_percenta"},
	} {
		d := newBench(t, 100, 30, Options{})
		d.keys(":").typed(c.typed).keys(c.keys)
		lines := strings.Split(d.text(), "\n")
		if got := lines[len(lines)-1]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%q %s: %s", c.typed, c.keys, got)
		}
	}
	d := newBench(t, 100, 30, Options{})
	d.keys("/").typed("state == \"Z\" or thr").keys("Tab")
	d.wants("or threads")
}

// The pickers of columns show what sort, filter and -o call them, and typing that finds them.
func TestPickersShowTheIDs(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	d.keys("F6")
	d.wants("cpu_percent", "rss_bytes")
	d.typed("cpu_time")
	if m := d.top().(*menu); m.items[m.at].name != "cpu_time_seconds" {
		t.Errorf("typing cpu_time leads to %s", m.items[m.at].name)
	}
	for _, key := range []string{"F2", "S"} {
		d := newBench(t, 100, 40, Options{})
		d.keys(key)
		d.wants("cpu_percent", "rss_bytes")
		d.keys("/").typed("cpu_time")
		if c := d.top().(*setup).column(); c == nil || c.ID != "cpu_time_seconds" {
			t.Errorf("%s: typing cpu_time leads to %v", key, c)
		}
	}
}

// A process born since the reading is looked for in the next one before it is refused.
func TestGotoTheNewborn(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	refreshed := d.b.refreshed
	d.keys(":").typed("goto 5000").keys("Enter")
	if d.b.refreshed == refreshed {
		t.Error("no reading is asked for")
	}
	d.lacks("no process")
	f := machine(3)
	f.Snap.Procs = append(f.Snap.Procs, proc(5000, 1, 'S', "newborn", "/bin/newborn"))
	f.Rates.Procs = append(f.Rates.Procs, pcb.Rates{})
	f.Forest = tree.Build(f.Snap, nil)
	d.show(f)
	if got := d.table.key.id.PID; got != 5000 {
		t.Errorf("the cursor is on %d", got)
	}
	d.keys(":").typed("goto 6000").keys("Enter")
	stale := machine(4)
	stale.Snap.Time = d.clock.Add(-1)
	d.receiveFrame(stale)
	d.lacks("no process 6000")
	d.show(machine(5))
	d.wants("no process 6000")
	d.keys("Z :").typed("goto 6000").keys("Enter")
	d.wants("no process 6000 in this reading")
}

// receiveFrame gives a reading that began at another time than now.
func (d *bench) receiveFrame(f *monitor.Frame) {
	d.mail.mail.frame = f
	d.receive()
}
