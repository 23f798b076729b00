package ui

import (
	"slices"
	"strings"
	"testing"

	"ptop/pcb"
)

// settled is how the settings of the fake machine's processes stand.
func settled() map[pcb.SettingKind]pcb.Present {
	return map[pcb.SettingKind]pcb.Present{
		pcb.SetAffinity:    {Setting: pcb.Setting{Kind: pcb.SetAffinity, CPUs: []int{0, 2}}, Allowed: []int{0, 1, 2, 5}},
		pcb.SetIOPriority:  {Setting: pcb.Setting{Kind: pcb.SetIOPriority, IOClass: pcb.IOBestEffort, IOLevel: 6}},
		pcb.SetPolicy:      {Setting: pcb.Setting{Kind: pcb.SetPolicy, Policy: pcb.PolicyRR, RTPriority: 50}, Differ: true},
		pcb.SetOOMScoreAdj: {Setting: pcb.Setting{Kind: pcb.SetOOMScoreAdj, OOMScoreAdj: 200}},
	}
}

func settingBench(t *testing.T, w, h int) *bench {
	d := newBench(t, w, h, Options{})
	d.b.present = settled()
	return d
}

// Each menu opens on what the setting is now, fits, and leads by way of a confirmation to what was chosen.
func TestSettingChosen(t *testing.T) {
	for _, test := range []struct{ keys, typed, then, menu, asks, did string }{
		{"a", "", "Enter", "set the CPU affinity from CPUs 0,2 to", "set the CPU affinity to CPUs 0,2?", "set the CPU affinity to CPUs 0,2"},
		{"a", "", "Space Space Enter", "[x] 0", "every thread of it runs on these CPUs alone", "set the CPU affinity to CPUs 1-2"},
		{"a", "5", "Space Enter", "[ ] 5", "", "set the CPU affinity to CPUs 0,2,5"},
		{"i", "", "Enter", "set the I/O priority from best effort 6 to", "", "set the I/O priority to best effort 6"},
		{"i", "none", "Enter", "none", "", "set the I/O priority to none"},
		{"i", "idle", "Enter", "", "risk: on a busy disk", "set the I/O priority to idle"},
		{"i", "realtime 3", "Enter", "", "risk: it goes before everybody else at the disk", "set the I/O priority to realtime 3"},
		{"Y", "", "Enter", "set the scheduling policy from rr 50, not all threads alike, to", "", "set the scheduling policy to rr 50"},
		{"Y", "fifo 10", "Enter", "", "may stop answering", "set the scheduling policy to fifo 10"},
		{"Y", "batch", "Enter", "", "", "set the scheduling policy to batch"},
		{"Y End Enter", "rr 33", "Enter", "set the scheduling policy to (NAME PRIORITY):", "risk:", "set the scheduling policy to rr 33"},
		{"O", "", "Enter", "set the OOM score adjustment from 200 to", "", "set the OOM score adjustment to 200"},
		{"O", "-1000", "Enter", "", "risk: when memory runs out, everybody else is killed before it", "set the OOM score adjustment to -1000"},
		{"O Home", "", "Enter", "never killed", "", "set the OOM score adjustment to -1000"},
		{"O End Enter", "-123", "Enter", "(N):", "", "set the OOM score adjustment to -123"},
		{"r", "7", "Enter", "renice to", "renice to 7?", "reniced to 7"},
	} {
		for _, view := range []string{"", "Enter "} {
			d := settingBench(t, 80, 24)
			d.keys(view + test.keys)
			d.wants(test.menu)
			d.typed(test.typed).keys(test.then)
			d.wants(test.asks, "[ n ] no", "[ y ] yes, "+strings.Replace(test.did, "reniced", "renice", 1))
			if len(d.b.signals) != 0 {
				t.Fatalf("%s: before the confirmation: %v", test.did, d.b.signals)
			}
			d.keys("y")
			if want := []string{test.did + " " + idOf(pidBurner).String()}; !slices.Equal(d.b.signals, want) {
				t.Errorf("%s%s %q: %v, not %v", view, test.keys, test.typed, d.b.signals, want)
			}
			if len(d.b.bound) != 1 || d.b.closed != 1 {
				t.Errorf("%s: bound %d times, let go %d times", test.did, len(d.b.bound), d.b.closed)
			}
			d.wants("p (500): " + test.did)
		}
	}
}

// Wherever it is left, nothing is done and nobody is held on to.
func TestSettingGivenUp(t *testing.T) {
	for keys, said := range map[string]string{
		"a Esc": "", "i Esc": "", "Y Esc": "", "O q": "", "Y End Enter Esc": "", "O End Enter Enter Esc": "", "a Enter Esc": "nothing was changed", "i Enter Enter": "nothing was changed",
		"Y Enter n": "nothing was changed", "a Space Down Space Enter": "no CPU is named: a process needs one to run on; nothing was changed",
	} {
		d := settingBench(t, 80, 24)
		d.keys(keys)
		d.wants(said)
		if len(d.b.signals) != 0 || d.top() != nil || d.b.closed != len(d.b.bound) || len(d.b.bound) != 1 {
			t.Errorf("%s: did %v, bound %d times, let go %d times, open: %v", keys, d.b.signals, len(d.b.bound), d.b.closed, d.top() != nil)
		}
	}
}

func TestTypedValueThatIsNone(t *testing.T) {
	d := settingBench(t, 80, 24)
	d.keys("Y End Enter").typed("fifo").keys("Enter")
	d.wants("fifo takes a priority from 1 to 99")
	d.typed(" 3").keys("Enter y")
	if len(d.b.signals) != 1 || !strings.HasPrefix(d.b.signals[0], "set the scheduling policy to fifo 3 ") {
		t.Errorf("did %v", d.b.signals)
	}
}

// Whoever has moved before it is known how the setting stands stays where they are; CPUs are not offered before.
func TestPresentThatComesLate(t *testing.T) {
	d := settingBench(t, 80, 24)
	d.hold = true
	d.keys("O Down Down")
	d.work()
	d.keys("Enter")
	d.work()
	d.wants("set the OOM score adjustment to -800?")

	d = settingBench(t, 80, 24)
	d.hold = true
	d.keys("i n") // where the cursor is already
	d.work()
	d.keys("Enter")
	d.work()
	d.wants("set the I/O priority to none?")

	d = settingBench(t, 80, 24)
	d.hold = true
	d.keys("a")
	d.wants("set the CPU affinity to", "Space switches")
	d.lacks("[x]", "[ ]")
	d.work()
	d.wants("[x] 0", "[ ] 1", "[x] 2", "[ ] 5", "busy")
}

// Where it can't be read the menus are there all the same, and offer the CPUs that the machine has.
func TestPresentThatCannotBeRead(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("a")
	d.wants("set the CPU affinity to", "[x] 0", "[x] 1")
	d.lacks("] 2")
	d.keys("Esc O Enter")
	d.wants("set the OOM score adjustment to -1000?")
}

// What goes to several goes to the tagged, and with s to the subtree and the process group.
func TestSettingOfSeveral(t *testing.T) {
	d := settingBench(t, 80, 24)
	d.keys("Space Space i Enter")
	d.wants("400", "500", "to: the tagged alone (s: with the subtree)")
	d.keys("s")
	if d.wants("with the whole subtree"); d.b.scope != pcb.Subtree {
		t.Errorf("bound with %v", d.b.scope)
	}
	d.keys("s")
	if d.wants("the whole process group"); d.b.scope != pcb.Group {
		t.Errorf("bound with %v", d.b.scope)
	}
	d.keys("y")
	d.wants("set the I/O priority to best effort 6: 2 processes")
	if len(d.b.bound) != d.b.closed {
		t.Errorf("bound %d times, let go %d times", len(d.b.bound), d.b.closed)
	}
}

func TestSettingCommands(t *testing.T) {
	for typed, did := range map[string]string{
		"affinity 0-3,5": "set the CPU affinity to CPUs 0-3,5", "ionice best-effort 4": "set the I/O priority to best effort 4", "policy fifo 10": "set the scheduling policy to fifo 10",
		"oom -500": "set the OOM score adjustment to -500", "renice 12": "reniced to 12", "kill HUP": "sent SIGHUP", "kill 9": "sent SIGKILL",
	} {
		d := settingBench(t, 80, 24)
		d.keys(":").typed(typed).keys("Enter")
		d.wants("[ n ] no", "python3")
		if d.keys("y"); len(d.b.signals) != 1 || !strings.HasPrefix(d.b.signals[0], did+" ") {
			t.Errorf("%s: %v, not %s", typed, d.b.signals, did)
		}
	}
	for typed, want := range map[string]string{
		"affinity": "[x] 0", "ionice": "from best effort 6", "policy": "from rr 50", "oom": "from 200", "renice": "renice to", "kill": "send which signal",
		"affinity 9-1": "is no list of CPUs", "ionice fast": "is no I/O priority", "policy fifo": "fifo takes a priority", "oom 2000": "2000 does not exist: want -1000 to 1000",
		"renice 20": "nice 20 does not exist", "kill FOO": `signal "FOO" does not exist`,
	} {
		d := settingBench(t, 80, 24)
		d.keys(":").typed(typed).keys("Enter")
		d.wants(want)
		if opened, wrong := d.top() != nil, strings.Contains(typed, " "); opened == wrong {
			t.Errorf("%s opens a dialog: %v", typed, opened)
		}
	}
}

// A list too long for a button is told whole beside it.
func TestLongListOfCPUs(t *testing.T) {
	var odd []string
	for n := 1; n < 60; n += 2 {
		odd = append(odd, pcb.CPUList([]int{n}))
	}
	for _, w := range []int{50, 80, 120} {
		d := settingBench(t, w, 24)
		d.keys(":").typed("affinity " + strings.Join(odd, ",")).keys("Enter")
		d.wants("[ y ] yes, set the CPU affinity", "[ n ] no", "57,59")
	}
}

// Where no action is possible none of it is offered, and who asks is told why.
func TestSettingsReadOnly(t *testing.T) {
	for _, view := range []string{"", "Enter "} {
		for _, keys := range []string{"a", "i", "Y", "O", "r"} {
			d := settingBench(t, 80, 24)
			d.b.off = "--read-only"
			d.keys(view + keys)
			d.wants("no action is possible: --read-only")
			if d.top() != nil || len(d.b.bound) != 0 {
				t.Errorf("%s%s opened a dialog", view, keys)
			}
		}
	}
	for _, typed := range []string{"oom 5", "oom x", "policy", "kill TERM", "kill"} {
		d := settingBench(t, 80, 24)
		d.b.off = "--read-only"
		d.keys(":").typed(typed).keys("Enter")
		d.wants("no action is possible: --read-only")
		if d.top() != nil || len(d.b.bound) != 0 {
			t.Errorf(":%s opened a dialog", typed)
		}
	}
	offered := []string{"CPU affinity: which", "I/O priority: none", "scheduling policy: other", "OOM score adjustment: who", "change the nice value", "send a signal", "policy [NAME PRIORITY]", "kill [SIGNAL]"}
	for off, shown := range map[string]bool{"": true, "--read-only": false} {
		d := newBench(t, 400, 200, Options{})
		d.b.off = off
		d.keys("?")
		if shown {
			d.wants(offered...)
		} else {
			d.lacks(offered...)
		}
		_, fits := d.completeCommand("po")
		if (len(fits) == 1) != shown {
			t.Errorf("with actions off %q, :po becomes %v", off, fits)
		}
	}
}

func TestNoSettingForAKernelThread(t *testing.T) {
	for keys, name := range map[string]string{"a": "CPU affinity", "i": "I/O priority", "Y": "scheduling policy", "O": "OOM score adjustment"} {
		d := settingBench(t, 120, 24)
		d.keys("K")
		d.table.selectID(idOf(pidKernel))
		d.keys(keys)
		d.wants("kthreadd (2) is a kernel thread: its " + name + " is left alone")
		if d.top() != nil || len(d.b.bound) > 0 {
			t.Errorf("%s opens a dialog", keys)
		}
	}
}
