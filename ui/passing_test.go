package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// later is a reading at a time after the start in which some processes are missing.
func later(seq uint64, at time.Duration, pids ...int32) *monitor.Frame {
	f := machine(seq)
	f.Snap.Mono, f.Snap.Time = at, t0.Add(at)
	return without(f, func(p *pcb.Process) bool { return slices.Contains(pids, p.PID) }, f.Findings...)
}

// line is the line of the screen that has a text.
func (d *bench) line(text string) string {
	d.t.Helper()
	return strings.Split(d.text(), "\n")[d.lineOf(text)]
}

// Who has ended stays for a moment where it stood, marked, and can't be acted on; then the row goes.
func TestDeathsAreLit(t *testing.T) {
	for _, keys := range []string{"", "t"} {
		d := newBench(t, 120, 50, Options{})
		d.keys(keys)
		d.show(later(3, 6*time.Second, pidBurner))
		if line := d.line("report.py"); !strings.HasPrefix(line, "×") {
			t.Errorf("keys %q: who has just ended is shown as %q", keys, line)
		}
		if keys == "t" && !strings.Contains(d.text(), "├─ python3") {
			t.Errorf("its branch:\n%s", d.text())
		}
		for d.table.row().Proc.PID != pidBurner {
			before := d.table.selected
			if d.keys("Down"); d.table.selected == before {
				t.Fatal("the cursor does not reach the row")
			}
		}
		d.keys("k")
		d.wants("python3 (500) has ended: there is nothing left to act on")
		if len(d.b.bound) > 0 {
			t.Errorf("bound %v", d.b.bound)
		}
		d.show(later(4, 7*time.Second, pidBurner))
		d.wants("report.py")
		d.show(later(5, 8*time.Second, pidBurner))
		d.lacks("report.py")
	}
}

// A death out of sight is not shown, nor one in a list of groups; a changed filter takes the dead away.
func TestDeathsInSightOnly(t *testing.T) {
	d := newBench(t, 120, 20, Options{})
	d.keys("N")
	d.show(later(3, 6*time.Second, pidFirstZombie))
	if len(d.table.dead) != 0 {
		t.Errorf("who was not in sight is kept: %d", len(d.table.dead))
	}
	d.show(later(4, 7*time.Second, 11, pidFirstZombie))
	d.wants("svc11")
	d.keys("K")
	d.lacks("svc11")
}

// Births are lit until the next reading, and for the time of a death at least.
func TestBirthsAreLit(t *testing.T) {
	d := newBench(t, 120, 50, Options{})
	f := machine(3)
	for i := range f.Snap.Procs {
		f.Rates.Procs[i].Born = f.Snap.Procs[i].PID == 11
		if f.Snap.Procs[i].PID == 12 {
			f.Snap.Procs[i].Started = f.Snap.Boot - time.Second
		}
	}
	d.show(f)
	for _, name := range []string{"svc11", "svc12"} {
		if line := d.line(name); !strings.HasPrefix(line, "+") {
			t.Errorf("%s, which is new, is shown as %q", name, line)
		}
	}
	if line := d.line("svc13"); !strings.HasPrefix(line, " ") {
		t.Errorf("an old process is shown as %q", line)
	}
}

// In the tree who was adopted says which parent it lost.
func TestLostParentIsNamed(t *testing.T) {
	d := newBench(t, 120, 50, Options{})
	f := machine(3)
	f.Adopted = []detect.Adoption{
		{ID: pcb.ID{PID: 11, Start: 110}, Parent: pcb.ID{PID: 4242}, Name: "make\x1b"},
		{ID: pcb.ID{PID: 12, Start: 1}, Parent: pcb.ID{PID: 4243}, Name: "other"}, // an earlier bearer of the pid
	}
	d.show(f)
	d.lacks("make")
	d.keys("t")
	if line := d.line("svc11"); !strings.Contains(line, "─ ⇠make") || !strings.Contains(line, "(4242) /usr") {
		t.Errorf("adopted: %q", line)
	}
	d.lacks("other(4243)")
}

// A folded branch tells how sick what is in it is, and sums it.
func TestFoldedBranchSums(t *testing.T) {
	d := newBench(t, 120, 50, Options{})
	f := machine(3)
	f.Findings = f.Findings[1:] // about the burner, a child of init
	d.show(f)
	d.keys("t")
	open := d.line("/sbin/init")
	d.keys("-")
	folded := d.line("/sbin/init")
	if !strings.HasPrefix(folded, "▲") || !strings.Contains(folded, "▲runaway-cpu") || !strings.Contains(folded, "⊞") {
		t.Errorf("folded: %q", folded)
	}
	if strings.Contains(open, "▲") || !strings.Contains(folded, "248.7") { // 98.7 and 150 below it
		t.Errorf("open %q, folded %q", open, folded)
	}
}

// D shows the descendants of what a filter matches, dimmed.
func TestBelow(t *testing.T) {
	d := newBench(t, 120, 50, Options{})
	d.keys("t /").typed("checkout")
	d.keys("Enter")
	d.lacks("zombies")
	d.keys("D")
	d.wants("⊞5 zombies", "with what is below")
	d.keys("D")
	d.lacks("zombies")
}

// What a filter matches is not hidden in a branch that is folded because all are.
func TestFilterOpensFoldedBranches(t *testing.T) {
	d := newBench(t, 120, 50, Options{})
	d.keys("t *")
	d.lacks("[red]x")
	d.keys("/").typed("pid == 600").keys("Enter")
	d.wants("checkout-agent", "[red]x")
	d.keys("Esc")
	d.lacks("[red]x")
	d.keys("/").typed("checkout").keys("Enter D") // which matches itself, and stays folded
	d.lacks("[red]x")
}

// Whatever the table says that Esc clears, Esc clears.
func TestEscClearsEveryLimit(t *testing.T) {
	d := newBench(t, 160, 30, Options{Query: view.Query{Below: true, Namespace: 1, Limit: 3, User: "app", PIDs: []int32{pidAgent, pidBurner}}})
	d.keys("/").typed("checkout").keys("Enter Space F")
	d.wants("with what is below", "limit 3", "user app", "only 2 pids", "filter checkout", "tagged 1", "following", "Esc clears")
	d.keys("Esc Esc Esc Esc Esc Esc Esc")
	d.lacks("Esc clears", "with what is below")
}

// In a filtered tree the cursor is on what matches, not on an ancestor that is there for its sake.
func TestCursorIsOnAMatch(t *testing.T) {
	d := newBench(t, 120, 50, Options{})
	d.keys("t /").typed("checkout").keys("Enter")
	if pid := d.table.row().Proc.PID; pid != pidAgent {
		t.Errorf("the cursor is on %d", pid)
	}
	d.keys("Home")
	if pid := d.table.row().Proc.PID; pid != pidInit {
		t.Errorf("at the top it is on %d", pid)
	}
}

// The user's own processes stand out, unless that is root.
func TestOwnProcesses(t *testing.T) {
	for _, uid := range []uint32{1000, 0} {
		d := newBench(t, 120, 50, Options{})
		f := machine(3)
		for i := range f.Snap.Procs {
			f.Snap.Procs[i].EUID = uid
			if f.Snap.Procs[i].PID == 11 {
				f.Snap.Procs[i].EUID = 1234
			}
		}
		d.show(f)
		own := func(word string) bool {
			d.text()
			cells, w, _ := d.screen.GetContents()
			for y := range 50 {
				if strings.Contains(strings.Split(contents(d.screen), "\n")[y], word) {
					return cells[y*w+10].Style == d.th.of(roleOwn)
				}
			}
			return false
		}
		if own("svc11") || own("svc12") != (uid != 0) {
			t.Errorf("uid %d: own is %t, another's is %t", uid, own("svc12"), own("svc11"))
		}
	}
}

// Memory, swap and pressure have their pasts behind the bars; the wide header a bar for each pressure.
func TestMeterHistories(t *testing.T) {
	d := newBench(t, 200, 50, Options{})
	for seq := range uint64(6) {
		f := machine(3 + seq)
		f.Snap.System.Memory.Available = uint64(20-3*seq) << 30
		f.Snap.System.CPUPressure.Some10 = float64(10 * seq)
		f.Snap.System.IOPressure = &pcb.Pressure{Some10: 3, Full10: 2}
		d.show(f)
	}
	if line := d.line("mem "); !strings.Contains(line, "▂▃▄▅▆▇") {
		t.Errorf("the memory meter: %q", line)
	}
	if line := d.line("psi"); !strings.Contains(line, "▁▂▄▅▇█ 50%") || !strings.Contains(line, "▃▃▃▃▃▃  3% mem") || !strings.Contains(line, "   - ") {
		t.Errorf("the pressures: %q", line)
	}
	d.keys("m")
	for _, label := range []string{"psi cpu▕", "psi io ▕"} {
		if !strings.Contains(d.text(), label) {
			t.Errorf("the wide header lacks %q:\n%s", label, d.text())
		}
	}
}
