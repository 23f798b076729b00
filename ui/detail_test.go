package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/pcb"
)

// What could not be read is said to be so, and is no zero beside that.
func TestDeniedIsNotZero(t *testing.T) {
	for page, lacks := range map[string][]string{
		"7": {"0 variables", "masked", "m shows"},
		"6": {"virtual size", "maps "},
		"5": {"0 open files", "TARGET"},
		"4": {"0 threads", "WAIT%"},
		"8": {"LIMIT"},
		"9": {"Namespaces"},
	} {
		d := newBench(t, 120, 30, Options{})
		d.b.bend = func(x *pcb.Detail) {
			*x = pcb.Detail{ID: x.ID, Time: x.Time, With: x.With, Process: x.Process, Problems: map[pcb.DetailPart]string{}}
			for _, p := range d.detail.pages {
				for _, part := range p.parts {
					x.Problems[part] = "not permitted"
				}
			}
		}
		d.keys("m m m Enter " + page)
		d.wants("not permitted")
		d.lacks(lacks...)
	}
}

// Why something could not be read, and what to do about it, is told to its end on a narrow screen.
func TestProblemIsWrapped(t *testing.T) {
	d := newBench(t, 60, 40, Options{})
	d.b.bend = func(x *pcb.Detail) {
		x.Problems = map[pcb.DetailPart]string{pcb.PartNamespaces: "not permitted: ptop lacks CAP_SYS_PTRACE, or the process is protected: run ptop as root"}
	}
	d.keys("Enter 9")
	d.wants("run ptop as root")
}

// A process that belongs to nothing is told to, one of which that is unknown is not.
func TestBelongsToNothing(t *testing.T) {
	d := newBench(t, 120, 40, Options{})
	d.keys("Enter 9")
	d.lacks("Belongs to")
	f := machine(3)
	f.Snap.Procs[f.Snap.Index(pidBurner)].Have |= pcb.FieldCgroup
	d.show(f)
	d.wants("Belongs to", "no container")
}

// Of a process that has no environment any more there is nothing to unmask.
func TestEnvironmentOfTheDead(t *testing.T) {
	d := newBench(t, 120, 30, Options{})
	d.b.bend = func(x *pcb.Detail) {
		x.Environ, x.Problems = nil, map[pcb.DetailPart]string{pcb.PartEnviron: "the process has none any more"}
	}
	d.keys("e")
	d.wants("environ: the process has none any more")
	d.lacks("variables", "masked")
}

// The readings tell the standing of the process that is looked at, and of none when nobody looks any more.
func TestStandingIsAskedFor(t *testing.T) {
	d := newBench(t, 120, 40, Options{})
	d.keys("Enter 2")
	if d.b.followed.PID != pidBurner {
		t.Errorf("followed is %v", d.b.followed)
	}
	f := machine(2)
	f.Findings = nil
	f.Standing = &detect.Standing{ID: d.b.followed, Role: "main process of report.service", Verdict: "no orphan: main process of report.service", Reason: "main process of report.service"}
	d.show(f)
	d.wants("nothing was found about it; no orphan: main process of report.service")
	d.keys("Esc")
	d.show(machine(3))
	if !d.b.followed.IsZero() {
		t.Errorf("still followed is %v", d.b.followed)
	}
}

// Sockets show who is at the other end and what waits, and a pipe of which the process holds both ends says so; at 80 cells,
// too.
func TestFilesPage(t *testing.T) {
	d := newBench(t, 80, 40, Options{})
	d.b.bend = func(x *pcb.Detail) {
		x.Sockets = []pcb.Socket{
			{FD: 4, Proto: "tcp", Local: "127.0.0.1:50324", Remote: "127.0.0.1:35331", State: "ESTABLISHED", RecvQ: 1000},
			{FD: 5, Proto: "unix", Remote: "/run/dbus/system_bus_socket", State: "CONNECTED"},
		}
		x.Files = []pcb.OpenFile{
			{FD: 7, Target: "pipe:[12]", Kind: "pipe", Flags: "r cloexec"},
			{FD: 8, Target: "pipe:[12]", Kind: "pipe", Flags: "w cloexec"},
			{FD: 9, Target: "pipe:[13]", Kind: "pipe", Flags: "w"},
			{FD: 10, Target: "/tmp/x (deleted)", Kind: "file", Flags: "rw"},
		}
		x.FilesTotal = 4
	}
	d.keys("m m m Enter 5")
	d.wants("127.0.0.1:50324 127.0.0.1:35331", "1.0K", "-               /run/dbus/system_bus_soc", "pipe:[12]  (other end: 8)", "pipe:[12]  (other end: 7)", "/tmp/x (deleted)")
	for l := range strings.Lines(d.text()) {
		if strings.Contains(l, "pipe:[13]") && strings.Contains(l, "other end") {
			t.Errorf("the other end of a pipe that the process holds one end of: %s", l)
		}
	}
}

// What a cgroup says stands by resource; where it has no pressure to tell, that is said.
func TestCgroupPage(t *testing.T) {
	figures := []pcb.CgroupFigure{
		{Name: "memory.max", Value: "512 MiB"}, {Name: "pids.current", Value: "7 (7 % of pids.max)"}, {Name: "cpu.max", Value: "1.5 CPUs"},
	}
	d := newBench(t, 80, 60, Options{})
	d.b.bend = func(x *pcb.Detail) { x.CgroupFigures = figures }
	d.keys("Enter 9")
	d.wants("no pressure: these cgroups do not tell it")
	if !(d.lineOf(" CPU ") < d.lineOf("cpu.max") && d.lineOf("cpu.max") < d.lineOf(" Memory ") && d.lineOf("memory.max") < d.lineOf(" Pids ")) {
		t.Errorf("the order is another:\n%s", d.text())
	}
	figures = append(figures, pcb.CgroupFigure{Name: "cpu.pressure some", Value: "1.50 %, 0.20 %, 0.00 % over 10, 60, 300 s"})
	d.keys("8 9")
	d.feed(3)
	d.wants("cpu.pressure some")
	d.lacks("no pressure:")
}

// The control block says each thing once, in as many columns as fit, and why a value is missing.
func TestControlBlock(t *testing.T) {
	d := newBench(t, 80, 200, Options{})
	d.keys("Enter")
	text := d.text()
	if strings.Contains(text, "  args ") || strings.Count(text, "/usr/bin/python3 report.py") != 1 {
		t.Errorf("the command line is told twice:\n%s", text)
	}
	d.wants("state                  R (running or ready)", "signals blocked        none", "ppid                   1", "I/O", "leaves no zombies")
	f := machine(3)
	p := &f.Snap.Procs[f.Snap.Index(pidBurner)]
	p.Denied |= pcb.FieldExe
	d.show(f)
	d.wants("- (not permitted)")
	d.keys("Esc K N").keys(":").typed("goto 2").keys("Enter Enter")
	d.wants("2 kthreadd", "- (a kernel thread has none)")
	for l := range strings.Lines(text) { // two columns at 80 cells
		if strings.HasPrefix(l, "   pid ") && !strings.Contains(l, "ppid") {
			t.Errorf("one column: %s", l)
		}
	}
}

func TestMaskText(t *testing.T) {
	for mask, want := range map[uint64]string{
		0: "none", ^uint64(0): "all", 1<<(pcb.SIGINT-1) | 1<<(pcb.SIGTERM-1): "SIGINT SIGTERM",
		^uint64(1<<(pcb.SIGKILL-1) | 1<<(pcb.SIGSTOP-1)): "all but SIGKILL SIGSTOP",
	} {
		if got := maskText(mask); got != want {
			t.Errorf("%#x is %q, want %q", mask, got, want)
		}
	}
}

// A process whose reading takes long is read seldom; but the second reading, which gives the rates, is not put off.
func TestSlowReadingsAreSeldom(t *testing.T) {
	d := newBench(t, 100, 30, Options{})
	slow := func(*pcb.Detail) { d.clock = d.clock.Add(time.Second) }
	d.b.bend = slow
	d.keys("Enter 4")
	reads := func(from uint64) []int {
		var at []int
		for seq := range uint64(12) {
			before := d.b.details
			d.feed(from + seq)
			if d.b.details > before {
				at = append(at, int(seq))
			}
		}
		return at
	}
	if got := reads(3); !slices.Equal(got, []int{0, 5, 10}) { // 2 s apart, and put off by 9 s
		t.Errorf("a slow one is read at %v", got)
	}
	d.b.bend = nil
	d.feed(30)
	if got := reads(31); len(got) < 11 {
		t.Errorf("a quick one is read at %v", got)
	}
}

// What is dear to read is read on the page that shows it, and on no other.
func TestMapsAreReadOnTheirPage(t *testing.T) {
	d := newBench(t, 120, 40, Options{})
	d.keys("Enter 4")
	if d.detail.detail.With.Maps {
		t.Error("the page of threads has the maps read")
	}
	d.hold = true
	d.keys("6")
	d.wants("reading…")
	d.lacks("maps  ")
	d.hold = false
	d.work()
	d.wants("virtual size", "1.0G")
	d.keys("4")
	d.show(machine(9))
	d.show(emptied(machine(10)))
	d.keys("6")
	d.wants("it has ended before this was read")
}
