package ui

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"ptop/internal/column"
	"ptop/internal/view"
)

// journeys lead to every view and dialog. wants is what must be readable there at 80×24 and at 200×50.
var journeys = []struct {
	name, keys, typed string
	then              string // keys after what was typed
	wants             []string
	lacks             []string
}{
	{"first screen", "", "", "", []string{"web-07", "▲ 1 critical", "it never calls wait()", "5 zomb", "4096", "load 1.20", "psi", "python3", "CPU%▼", "F1Help", "12G/24G"}, []string{"kthreadd"}},
	{"tree", "t", "", "", []string{"├─ ", "python3", "⊞5 zombies"}, nil},
	{"folded branch", "t Down Down Left", "", "", []string{"⊞6"}, []string{"zombies:"}},
	{"everything folded", "t *", "", "", nil, []string{"zombies:"}},
	{"kernel threads", "K", "", "", []string{"kernel threads shown"}, nil},
	{"sorted by pid", "N", "", "", []string{"PID▲"}, nil},
	{"sorted by memory, then inverted", "M I", "", "", []string{"RSS▲"}, nil},
	{"sorted by the column to the right", "N >", "", "", []string{"USER▲"}, nil},
	{"sort menu", "F6", "", "", []string{"sort by", "Enter chooses"}, nil},
	{"filter by word", "/", "checkout", "Enter", []string{"filter checkout", "1 row"}, []string{"python3 report"}},
	{"filter by expression", "/", `state == "Z"`, "Enter", []string{"5 rows"}, []string{"report.py"}},
	{"filter with a fault", "/", "state ==", "", []string{"filter: state ==", "column 8"}, nil},
	{"filter given up", "/", "checkout", "Esc", []string{"python3"}, []string{"filter"}},
	{"found", "F3", "vim", "Enter", nil, nil},
	{"not found", "F3", "xyzzy", "", []string{"not found"}, nil},
	{"user menu", "u", "", "", []string{"everybody's", "app"}, nil},
	{"group menu", "g", "", "", []string{"group by", "nothing"}, nil},
	{"groups", "g", "u", "Down Enter", []string{"app  30 processes"}, nil},
	{"whole command line", "p", "", "", []string{"command line of 500", "report.py"}, nil},
	{"following", "Down F", "", "", []string{"following checkout-agent"}, nil},
	{"paused", "Z", "", "", []string{"PAUSED"}, nil},
	{"tagged", "Space Space", "", "", []string{"tagged 2"}, nil},
	{"tagged subtree", "Down c", "", "", []string{"tagged 7"}, nil},
	{"findings", "f", "", "", []string{"why", "never calls wait", "evidence", "sigchld blocked: yes (/proc/400/status SigBlk)", "oldest dead 4m25s", "(its connections drop)", "never", "CAP_SYS_PTRACE", "xRemedy"}, []string{"$ kill -9"}},
	{"finding's process", "f Enter", "", "", []string{"fFindings"}, nil},
	{"cleared findings", "f c", "", "", []string{"critical"}, nil},
	{"help", "?", "", "", []string{"Leaving and help", "F1 ? h"}, nil},
	{"setup", "F2", "", "", []string{"< cpu_percent >", "< descending >", "< normal >", "< default >", "< auto, which is 256 here >", "< hidden >", "[x] PID", "Enter keeps", "s saves", "Esc undoes"}, nil},
	{"setup, the columns", "F2 / ", "rss", "Enter", []string{"rss_bytes: ", "[x] RSS", "Space shows", "[ ] moves", "- + width"}, nil},
	{"setup, looking for a column", "F2 / ", "context sw", "", []string{"find: context sw", "ends finding"}, nil},
	{"setup saved", "F2 s", "", "", []string{"saved in /home/app/.config/ptop/config.toml"}, nil},
	{"delay", "d", "", "", []string{"seconds between readings:"}, nil},
	{"delay refused", "d", "zzz", "Enter", []string{"is no delay"}, nil},
	{"header in one line", "m m", "", "", []string{"web-07"}, []string{"cpu0"}},
	{"no header", "m m m", "", "", []string{"PID"}, []string{"web-07"}},
	{"command", ":", "sort rss_bytes", "Enter", []string{"RSS▼"}, nil},
	{"command completed", ":", "fil", "Tab", []string{": filter"}, nil},
	{"command unknown", ":", "frobnicate", "Enter", []string{"no command"}, nil},
	{"goto", ":", "goto 700", "Enter", nil, nil},
	{"signals", "k", "", "", []string{"send which signal", "15 TERM", "Enter chooses", "report.py"}, nil},
	{"confirmation", "k Enter", "", "", []string{"send SIGTERM?", "[ n ] no", "500"}, nil},
	{"renice", "r", "", "", []string{"renice to", "the usual"}, nil},
	{"pcb", "Enter", "", "", []string{"500 python3 of app", "Identification", "1PCB"}, nil},
	{"explain", "Enter 2", "", "", []string{"WARN", "burns a CPU", "what", "runaway-cpu, spin", "origin", "child of systemd (1)"}, nil},
	{"explain, the end", "Enter 2 End", "", "", []string{"SIGTERM", "ends it: the default", "memory"}, nil},
	{"explain without a reading in depth", ":", "goto 700", "Enter Enter 2", []string{"detail: blocked reader", "vim notes"}, nil},
	{"tree page", "Down Enter 3", "", "", []string{"systemd", "checkout-agent", "Z "}, nil},
	{"threads page", "Enter 4", "", "", []string{"TID", "VSW/s", "1 thread", "CPU%▼"}, nil},
	{"threads by name", "Enter 4 > > > > > > > > >", "", "", []string{"TID", "NAME", "PRI"}, nil},
	{"what each map holds", "Enter 6 s", "", "End", []string{"LOCKED", "RANGE", "7f00-7fff rw-s"}, nil},
	{"files page", "l", "", "", []string{"4000 open files", "LISTEN", "/var/log/", "and 3999 more"}, nil},
	{"memory page", "Enter 6", "", "", []string{"virtual size", "1.0G"}, nil},
	{"environment", "e", "", "", []string{"DB_PASSWORD=(masked)", "HOME=/root"}, []string{"hunter2"}},
	{"secrets asked for", "e m", "", "", []string{"DB_PASSWORD=hunter2"}, nil},
	{"limits", "Enter 8", "", "", []string{"open files", "unlimited", "88%"}, nil},
	{"cgroup", "Enter 9", "", "", []string{"0::/system.slice/x.service", "512 MiB", "4026531836"}, nil},
	{"signals page", "Enter 0", "", "", []string{"SIGCHLD", "do_wait", "stack: not permitted"}, nil},
	{"history", "Enter Shift-Tab", "", "", []string{"context switches/s", "highest"}, nil},
	{"next page", "Enter Tab", "", "", []string{"burns a CPU"}, nil},
	{"paged", "PgDn PgUp End Up Home Down", "", "", []string{"checkout-agent"}, nil},
	{"scrolled to the right", "Right Right Ctrl-L", "", "", []string{"PID"}, nil},
	{"unfolded", "t - +", "", "", []string{"python3", "⊞5 zombies"}, nil},
	{"each zombie of a parent", "t Down Down Down Down +", "", "", []string{"[sh]"}, []string{"⊞5"}},
	{"what is below a match", "t /", "checkout", "Enter D", []string{"⊞5 zombies", "with what is below"}, nil},
	{"threads", "H", "", "", []string{"threads shown"}, nil},
	{"found again", "F3", "svc", "Enter n n N", []string{"svc"}, nil},
	{"finding given up", "F3", "svc", "Enter Esc", nil, nil},
	{"sorted by CPU time", "P T <", "", "", []string{"MEM%▼"}, nil},
	{"a group's members", "g", "u", "Down Enter Enter", []string{"USER app", "report.py"}, nil},
	{"tags taken off", "Space Space U", "", "", nil, []string{"tagged"}},
	{"explanation scrolled", "f Tab Down Right Left", "", "", []string{"WHAT"}, nil},
	{"back from the findings", "f f", "", "", []string{"COMMAND"}, nil},
	{"back by Esc", "f Esc R", "", "", []string{"COMMAND"}, nil},
	{"remedy", "f x", "", "", []string{"send SIGTERM?", "restart checkout-agent", "risk: its connections drop"}, nil},
	{"incident report", "w", "", "", []string{"incident report"}, nil},
	{"graceful stop", "k Home Enter", "", "", []string{"stop gracefully?", "SIGKILL for who is left"}, nil},
	{"graceful stop with more time", "k Home Enter + s", "", "", []string{"after 30s", "with the whole subtree"}, nil},
	{"signal to the tagged", "Space Space k Enter", "", "", []string{"to: the tagged alone"}, nil},
	{"signal sent", "k Enter y", "", "", []string{"sent SIGTERM"}, nil},
	{"affinity", "a", "", "", []string{"CPU affinity"}, nil},
	{"I/O priority", "i", "", "", []string{"I/O priority", "best effort 4", "idle"}, nil},
	{"policy", "Y", "", "", []string{"scheduling policy", "batch", "fifo 10"}, nil},
	{"policy of real time", ":", "policy fifo 10", "Enter", []string{"fifo 10?", "risk: "}, nil},
	{"OOM adjustment", "O", "", "", []string{"OOM score adjustment", "-1000"}, nil},
	{"one less nice", "F7", "", "", []string{"renice to -1?"}, nil},
	{"one nicer, done", "F8 y", "", "", []string{"reniced to 1"}, nil},
	{"threads page ordered", "Enter 4 T P < > N I", "", "", []string{"TID▼"}, nil},
	{"tree page, another opened", "Down Enter 3 Up Enter 1", "", "", []string{"1 systemd of app"}, nil},
	{"pages by number", "Enter 5 7", "", "", []string{"HOME=/root"}, nil},
	{"parent", "Down Enter J", "", "", []string{"1 systemd of app"}, nil},
}

func (d *bench) journey(keys, typed, then string) {
	d.keys(keys)
	d.typed(typed)
	d.keys(then)
}

// Every view shows what it is for, and in none is a character drawn that could drive a terminal, whatever a process
// calls itself.
func TestViews(t *testing.T) {
	hostileShown := false
	for _, size := range [][2]int{{80, 24}, {200, 50}} {
		for _, j := range journeys {
			t.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], j.name), func(t *testing.T) {
				d := newBench(t, size[0], size[1], Options{})
				d.journey(j.keys, j.typed, j.then)
				d.wants(j.wants...)
				d.lacks(j.lacks...)
				d.feed(3) // a reading later it must not fall over, either
				text := d.text()
				hostileShown = hostileShown || strings.Contains(text, "[red]x")
				for _, r := range strings.ReplaceAll(text, "\n", "") {
					if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
						t.Errorf("%U is drawn", r)
					}
				}
			})
		}
	}
	if !hostileShown {
		t.Error("the hostile name was in no view: the test shows nothing")
	}
}

// Whatever the size, no view falls over.
func TestSizes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 1}, {1, 24}, {3, 3}, {80, 1}, {80, 4}, {10, 10}, {39, 12}, {65, 14}, {1000, 2}} {
		for i, j := range journeys {
			d := newBench(t, size[0], size[1], Options{ASCII: i%2 == 0})
			d.journey(j.keys, j.typed, j.then)
			d.text()
		}
	}
}

// Without colours no cell has one; in ASCII nothing else is drawn.
func TestPlain(t *testing.T) {
	for _, j := range journeys {
		d := newBench(t, 100, 30, Options{ASCII: true, NoColor: true})
		d.journey(j.keys, j.typed, j.then)
		d.text()
		cells, _, _ := d.screen.GetContents()
		for _, c := range cells {
			if fg, bg, _ := c.Style.Decompose(); fg != tcell.ColorDefault || bg != tcell.ColorDefault || c.Runes[0] > '~' {
				t.Fatalf("%s: %q is drawn, in %v on %v", j.name, string(c.Runes), fg, bg)
			}
		}
	}
}

func TestThemes(t *testing.T) {
	for _, name := range ThemeNames() {
		newBench(t, 80, 24, Options{Theme: name}).wants("web-07")
	}
	if _, err := newApp(newFakeBackend(), Options{Theme: "nope"}); err == nil || !strings.Contains(err.Error(), "light") {
		t.Errorf("an unknown theme gives %v", err)
	}
}

// The cursor stays on the process whatever the order becomes, and at the top as long as nobody has moved it.
func TestSelectionFollowsIdentity(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	if got := d.table.key.id.PID; got != pidBurner {
		t.Fatalf("at the top stands %d", got)
	}
	d.feed(3) // the agent: 150 %
	if got := d.table.key.id.PID; got != pidAgent {
		t.Errorf("unmoved, the cursor is on %d and not at the top", got)
	}
	d.feed(4)
	d.keys("Down")
	if got := d.table.key.id.PID; got != pidAgent {
		t.Fatalf("the cursor is on %d", got)
	}
	d.feed(5)
	d.feed(7)
	if r := d.table.row(); d.table.selected != 0 || r.Proc.PID != pidAgent {
		t.Errorf("after two readings the cursor is on %d", r.Proc.PID)
	}
}

func TestZombieBunch(t *testing.T) {
	d := newBench(t, 110, 40, Options{Query: view.Query{Tree: true}})
	d.wants("5 zombies:")
	for i := range d.table.rows {
		if d.table.bunches.stands(&d.table.rows[i]) == zombies {
			d.table.selectRow(i)
		}
	}
	rows := len(d.table.rows)
	d.keys("+")
	if got := len(d.table.rows); got != rows+zombies-1 {
		t.Errorf("unfolded there are %d rows, not %d", got, rows+zombies-1)
	}
	d.keys("-")
	if got := len(d.table.rows); got != rows {
		t.Errorf("folded again there are %d rows, not %d", got, rows)
	}
}

func TestMouse(t *testing.T) {
	d := newBench(t, 110, 30, Options{})
	d.text()
	click := func(x, y int) { d.mouse(tview.MouseLeftClick, x, y); d.text() }
	for _, h := range d.table.heads {
		if h.col.ID == "pid" {
			click(h.from+1, d.bodyRect.y)
		}
	}
	d.wants("PID▲")
	click(10, d.bodyRect.y+3)
	if d.table.selected != 2 {
		t.Errorf("a click on the third row selects row %d", d.table.selected)
	}
	d.mouse(tview.MouseScrollDown, 10, 12)
	if d.table.selected != 5 {
		t.Errorf("the wheel moves to row %d", d.table.selected)
	}
	d.mouse(tview.MouseLeftDoubleClick, 10, d.bodyRect.y+3)
	if d.scope() != inDetail {
		t.Error("a double click opens nothing")
	}
	d.text()
	for _, tab := range d.detail.tabs {
		if tab.page == pageEnviron {
			click(tab.from, d.bodyRect.y+tab.y)
		}
	}
	d.wants("DB_PASSWORD")
	for _, s := range d.hint.spots {
		if s.b.short == "Findings" {
			click(s.from, d.hint.y)
			break
		}
	}
	if d.scope() != inFindings {
		t.Error("a click on a hint does not act")
	}
}

func TestDetailOfTheBlocked(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.hold = true
	d.keys(":").typed("goto 700").keys("Enter e")
	d.wants("700 vim", "reading…")
	d.keys("Esc Down Up") // the table works meanwhile
	d.keys("e")
	d.work()
	d.wants("blocked reader")
}

func TestDetailOutlivesTheProcess(t *testing.T) {
	d := newBench(t, 80, 24, Options{})
	d.keys("e")
	d.mail.mail.frame = emptied(machine(3))
	d.receive()
	d.wants("has ended", "HOME=/root")
}

// What the command line selects is what the screen shows, and the screen says so.
func TestQueryOfTheCommandLine(t *testing.T) {
	byUser, _ := column.ByID("user")
	newBench(t, 110, 40, Options{Query: view.Query{GroupBy: byUser}}).wants("grouped by USER")
	newBench(t, 110, 40, Options{Query: view.Query{Limit: 2, PIDs: []int32{pidAgent, pidBurner, 1}}}).wants("limit 2", "only 3 pids")
}
