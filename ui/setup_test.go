package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"ptop/internal/column"
	"ptop/internal/filter"
	"ptop/internal/view"
)

// row moves the setup's cursor to a setting, by its name, or to a column, by its ID.
func (d *bench) row(name string) *setup {
	d.t.Helper()
	s := d.top().(*setup)
	if i := slices.IndexFunc(s.set, func(x dial) bool { return x.name == name }); i >= 0 {
		s.at = i
		return s
	}
	i := slices.IndexFunc(s.cols, func(c *column.Column) bool { return c.ID == name })
	if i < 0 {
		d.t.Fatalf("the setup has no row %s", name)
	}
	s.at = len(s.set) + i
	return s
}

func (d *bench) columnIDs() string { return column.List(d.table.cols, d.table.asked) }

var sizes = [][2]int{{80, 24}, {200, 50}}

// Every setting is changed by Right, put back by Left, and put back by Esc however often it was changed.
func TestSettingsGoBothWaysAndBack(t *testing.T) {
	for _, size := range sizes {
		for _, o := range []Options{{Delay: UsualDelay}, {Delay: 700 * time.Millisecond, Meters: "line", Theme: "light", Colors: "16", Query: view.Query{Tree: true}}} {
			d := newBench(t, size[0], size[1], o)
			before := d.savable()
			for _, set := range dials() {
				d.keys("F2")
				d.row(set.name)
				was := set.value(d.app)
				d.keys("Right")
				if got := set.value(d.app); got == was {
					t.Errorf("%s: Right leaves it at %s", set.name, got)
				}
				d.wants("< " + set.value(d.app) + " >")
				d.keys("Left")
				if got := set.value(d.app); got != was && set.name != "delay" { // which is in steps, and was between two
					t.Errorf("%s: Left leads to %s, not back to %s", set.name, got, was)
				}
				d.keys("Right Right Space Esc")
				if d.top() != nil || !slices.Equal(d.savable(), before) {
					t.Errorf("%s: Esc leaves %v, it was %v", set.name, d.savable(), before)
				}
			}
			if got := d.b.delay; got != d.o.Delay {
				t.Errorf("the readings are %v apart, the screen says %v", got, d.o.Delay)
			}
		}
	}
}

func TestSetupIsKept(t *testing.T) {
	for _, size := range sizes {
		d := newBench(t, size[0], size[1], Options{Delay: UsualDelay})
		d.keys("F2")
		d.row("sort by")
		d.keys("Right")
		sorted := d.table.sortColumn().ID
		d.row("direction")
		d.keys("Right")
		d.row("meters")
		d.keys("Right Right")
		d.row("theme")
		d.keys("Left Left")
		d.row("colours")
		d.keys("Right Right")
		d.row("delay")
		d.keys("Right Right")
		d.row("tree")
		d.keys("Space")
		d.row("kernel threads")
		d.keys("Space Enter")
		want := "+" + sorted
		if got := sortText(d.table.q.Sort); got != want {
			t.Errorf("the order is %s, want %s", got, want)
		}
		if d.header.mode != headerLine || d.dress.theme != sixteen || d.dress.depth != "16" || d.b.delay != 5*time.Second || !d.table.q.Tree || d.table.q.HideKernel {
			t.Errorf("what was set is %v", d.savable())
		}
		d.wants("├─ ")
		if !slices.ContainsFunc(d.table.rows, func(r column.Row) bool { return r.Proc.PID == pidKernel }) {
			t.Error("the kernel's threads are hidden")
		}
		d.lacks("setup", "cpu0")
	}
}

func TestSetupOfColumns(t *testing.T) {
	for _, size := range sizes {
		d := newBench(t, size[0], size[1], Options{})
		usual := d.columnIDs()
		d.keys("F2")
		for _, c := range []struct {
			row, keys, want string
		}{
			{"user", "Space", strings.Replace(usual, ",user", "", 1)},
			{"user", "Space", usual},
			{"user", "]", strings.Replace(usual, "user,nice", "nice,user", 1)},
			{"user", "[ [", strings.Replace(usual, "pid,user", "user,pid", 1)},
			{"user", "[", strings.Replace(usual, "pid,user", "user,pid", 1)}, // it is the first
			{"user", "]", usual},
			{"user", "+", strings.Replace(usual, "user", "user:10", 1)},
			{"user", "- -", strings.Replace(usual, "user", "user:8", 1)},
			{"user", "0", usual},
			{"nice", "- -", strings.Replace(usual, "nice", "nice:1", 1)},
			{"nice", "-", usual}, // none: as wide as its texts
			{"exe", "Space", usual + ",exe"},
		} {
			d.row(c.row)
			d.keys(c.keys)
			if got := d.columnIDs(); got != c.want {
				t.Errorf("%s %s gives %s, want %s", c.row, c.keys, got, c.want)
			}
		}
		d.keys("Esc")
		if got := d.columnIDs(); got != usual {
			t.Errorf("Esc leaves %s", got)
		}
	}
	d := newBench(t, 80, 24, Options{Columns: column.Default()[:1]})
	d.keys("F2")
	d.row("pid")
	d.keys("Space")
	d.wants("one column has to stay")
	if got := d.columnIDs(); got != "pid" {
		t.Errorf("the columns are %s", got)
	}
}

// A column is as wide as it was asked to be: its texts and its heading are cut, and what follows stands behind it.
func TestWidths(t *testing.T) {
	for _, size := range sizes {
		d := newBench(t, size[0], size[1], Options{})
		d.keys(":").typed("columns pid:6,comm:5,user:12,state,cmdline").keys("Enter N")
		d.wants("   PID▲ COMM  USER         S  CMDLINE", "      1 syst… app          S  /sbin/init splash")
		d.keys(":").typed("columns pid,comm:0").keys("Enter")
		d.wants("column comm: a width is a number from 1 to 200, as in comm:20")
		d.keys(":").typed("columns pid,user:1,cmdline").keys("Enter")
		d.wants(" … CMDLINE", " … /sbin/init splash")
		d.keys("F2")
		pid := d.row("pid").column()
		was := d.table.widths[pid]
		for range 9 {
			d.keys("+")
		}
		if got := d.table.widths[pid]; got != was+9 {
			t.Errorf("nine cells more than %d are %d", was, got)
		}
		d.keys("Esc")
		if got := d.table.widths[pid]; got != was {
			t.Errorf("put back, it is %d cells wide, not %d", got, was)
		}
	}
}

func TestSavedFilters(t *testing.T) {
	var saved filter.Saved
	for _, text := range []string{`hot = cpu_percent > 40`, `dead=state == "Z"`} {
		var err error
		if saved, err = saved.With(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range sizes {
		d := newBench(t, size[0], size[1], Options{Saved: saved})
		d.keys("/").typed("@d").keys("Tab")
		d.wants("filter: @dead", "5 rows")
		d.keys("Enter")
		d.wants(`filter state == "Z"`)
		d.keys("Esc /").typed("svc12").keys("Enter Esc /")
		for _, want := range []string{"svc12", "@dead", "@hot", "@hot"} { // the session's own, then those that are saved
			d.keys("Up")
			d.wants("filter: " + want)
		}
		d.keys("Enter")
		d.wants("filter cpu_percent > 40", "python3")
		d.keys("Esc /").typed("@").keys("Tab Enter")
		d.wants("filter cpu_percent > 40")
		d.keys("Esc :").typed("filter @d").keys("Tab Enter")
		d.wants("5 rows")
		d.keys("Esc :").typed("filter @nope").keys("Enter")
		d.wants("@nope is no saved filter: there are @hot, @dead")
		d.keys("/").typed("@nope")
		d.wants("there are @hot, @dead")
	}
	d := newBench(t, 200, 50, Options{})
	d.keys("/").typed("@nope").keys("Tab")
	d.wants("@nope is no saved filter: there are none")
}

func TestSetupSaves(t *testing.T) {
	d := newBench(t, 80, 24, Options{Delay: UsualDelay})
	d.keys("F2 s")
	for _, s := range d.b.saved {
		if !s.Usual {
			t.Errorf("%s = %s was chosen by nobody", s.Key, s.Value)
		}
	}
	d.row("delay")
	d.keys("Left")
	d.row("sort by")
	d.keys("Right")
	d.row("user")
	d.keys("+")
	d.b.saveFail = errors.New("saving the settings, /home/somebody/with/a/long/way/to/their/.config/ptop/config.toml is as it was: the disk is full")
	d.keys("s")
	d.wants("saving the settings", "the disk is full")
	d.b.saveFail = nil
	d.keys("s")
	d.wants("saved in /home/app")
	d.b.nothing = true
	d.keys("s")
	d.wants("nothing to save: everything is as it usually is")
	saved := map[string]string{}
	for _, s := range d.b.saved {
		if !s.Usual {
			saved[s.Key] = s.Value
		}
	}
	if saved["delay"] != "1.5" || saved["sort"] != sortText(d.table.q.Sort) || !strings.Contains(saved["columns"], "user:") || len(saved) != 3 {
		t.Errorf("saved is %v", saved)
	}
	d.row("theme")
	d.keys("Right Esc") // puts back what was done since
	if d.dress.theme != balanced || d.b.delay != 1500*time.Millisecond || d.o.Delay != 1500*time.Millisecond {
		t.Errorf("Esc after saving leaves %v", d.savable())
	}
	d.lacks("setup ─")
}

// What NO_COLOR makes of the theme is not saved as if it had been chosen.
func TestSetupUnderNoColor(t *testing.T) {
	d := newBench(t, 80, 24, Options{Delay: UsualDelay, NoColor: true})
	d.keys("F2")
	d.row("theme")
	d.keys("Right s")
	if d.th != monochrome {
		t.Errorf("the theme is %s", d.th.name)
	}
	for _, s := range d.b.saved {
		if s.Key == "theme" || s.Key == "colors" {
			t.Errorf("%s = %s is saved", s.Key, s.Value)
		}
	}
}

// What is saved is what the flags' readers read, to the same effect.
func TestSavedIsRead(t *testing.T) {
	d := newBench(t, 200, 50, Options{Delay: UsualDelay})
	d.keys("F2")
	d.row("pid")
	d.keys("] - Enter N I")
	keys, err := view.ParseSort(sortText(d.table.q.Sort))
	if err != nil || !slices.Equal(keys, d.table.q.Sort) {
		t.Errorf("%s is read as %v: %v", sortText(d.table.q.Sort), keys, err)
	}
	cols, widths, err := column.ParseSized(d.columnIDs())
	if err != nil || !slices.Equal(cols, d.table.cols) || column.List(cols, widths) != d.columnIDs() || len(widths) != 1 {
		t.Errorf("%s is read as %v: %v", d.columnIDs(), column.List(cols, widths), err)
	}
	again := newBench(t, 200, 50, Options{Columns: cols, Widths: widths, Query: view.Query{Sort: keys}})
	if again.columnIDs() != d.columnIDs() {
		t.Errorf("%s becomes %s", d.columnIDs(), again.columnIDs())
	}
}

func TestSetupByMouse(t *testing.T) {
	for _, size := range append(sizes, [2]int{40, 10}) {
		d := newBench(t, size[0], size[1], Options{Delay: UsualDelay})
		d.keys("F2")
		s := d.top().(*setup)
		click := func(x, y int) { d.mouse(tview.MouseLeftClick, x, y); d.text() }
		foot := func(stroke string) {
			t.Helper()
			for _, f := range s.feet {
				if f.stroke == stroke {
					click(f.x, f.y)
					return
				}
			}
			t.Errorf("%v: the foot lacks %s:\n%s", size, stroke, d.text())
		}
		click(s.list.x+dialValue+3, s.list.y+2)
		if d.header.mode != headerWide {
			t.Errorf("a click on a value leads to %s", meterModes[d.header.mode])
		}
		click(s.list.x+dialValue, s.list.y+2)
		if d.header.mode != headerNormal {
			t.Errorf("a click on its left sign leads to %s", meterModes[d.header.mode])
		}
		foot("Right")
		if d.header.mode != headerWide {
			t.Error("a click on a key of the foot does nothing")
		}
		d.row("user")
		d.text()
		click(s.list.x+1, s.list.y+s.lineOf(s.at)-s.top)
		if strings.Contains(d.columnIDs(), "user") {
			t.Errorf("a click on a column leaves %s", d.columnIDs())
		}
		click(0, 0)
		if d.top() == nil && size[1] > 10 {
			t.Error("a click beside the dialog closes it")
		}
		foot("Esc")
		if d.top() != nil || d.header.mode != headerNormal || !strings.Contains(d.columnIDs(), "user") {
			t.Errorf("a click on Esc leaves %v", d.savable())
		}
	}
}

// On the smallest screen that is of use every line can be reached, and the keys are told.
func TestSetupOnASmallScreen(t *testing.T) {
	d := newBench(t, 40, 10, Options{Delay: UsualDelay})
	d.keys("F2")
	d.wants("< cpu_percent >", "Enter keeps", "Esc undoes", "s saves")
	s := d.top().(*setup)
	for i := range len(s.set) + len(s.cols) {
		if s.at != i {
			t.Fatalf("the cursor is at %d, want %d", s.at, i)
		}
		want := "] " + s.cols[max(0, i-len(s.set))].ID
		if i < len(s.set) {
			want = s.set[i].name
		}
		d.wants(want[:min(len(want), 24)])
		d.keys("Down")
	}
	d.wants("Space shows", "width", "moves", "Enter keeps", "Esc undoes")
}

// In ASCII the foot names the arrows.
func TestSetupInASCII(t *testing.T) {
	d := newBench(t, 80, 24, Options{ASCII: true})
	d.keys("F2")
	d.wants("Left Right changes")
}

// Shift with an arrow moves a column as the brackets do.
func TestShiftMovesAColumn(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("F2")
	d.row("user")
	d.press(tcell.NewEventKey(tcell.KeyUp, 0, tcell.ModShift))
	if got := d.columnIDs(); !strings.HasPrefix(got, "user,pid,") {
		t.Errorf("the columns are %s", got)
	}
	if d.table.own {
		t.Error("who orders the usual columns anew has none of them give way any more")
	}
	d.press(tcell.NewEventKey(tcell.KeyDown, 0, tcell.ModShift))
	d.press(tcell.NewEventKey(tcell.KeyDown, 0, tcell.ModShift))
	if got := d.columnIDs(); !strings.HasPrefix(got, "pid,nice,user,") {
		t.Errorf("the columns are %s", got)
	}
}
