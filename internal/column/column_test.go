package column

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/sanitize"
	"ptop/pcb"
	"ptop/tree"
)

const statusRead = pcb.FieldCreds | pcb.FieldSignals | pcb.FieldMemory | pcb.FieldSwitches

func testRow() *Row {
	s := &pcb.Snapshot{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Boot: time.Hour, Host: pcb.Host{CPUs: 4},
		System: pcb.System{Memory: &pcb.Memory{Total: 1000}},
		Procs: []pcb.Process{
			{
				ID: pcb.ID{PID: 7, Start: 1}, PPID: 1, State: 'S', Nice: -5, Threads: 2, RSS: 250, Voluntary: 100, Involuntary: 10,
				Comm: "app", Cmdline: "/bin/app\x00-x\x00\x00", User: "joe", TTY: 136<<8 | 3, Policy: 1, Started: 30 * time.Minute,
				UTime: 2 * time.Second, STime: time.Second, SigCaught: 1<<14 | 1, ExitSig: 17, Have: pcb.FieldStat | pcb.FieldCmdline | statusRead,
				ThreadCount: 2,
			},
			{ID: pcb.ID{PID: 8, Start: 2}, PPID: 7, State: 'Z', Threads: 1, Comm: "sh", ExitCode: 9, Have: pcb.FieldStat | pcb.FieldExitCode},
		},
		Threads: []pcb.Thread{{TID: 7, State: 'S', Comm: "app"}, {TID: 9, State: 'R', Comm: "worker", Nice: 3, Voluntary: 60, Have: pcb.FieldStat | pcb.FieldSwitches}},
	}
	rates := &pcb.RateSet{Procs: []pcb.Rates{{CPU: 40, Wait: math.NaN(), Voluntary: 5, Involuntary: 1}, {CPU: math.NaN(), Wait: 1}}}
	return &Row{Snap: s, Proc: &s.Procs[0], RateSet: rates, Rates: &rates.Procs[0], Forest: tree.Build(s, nil)}
}

func shown(t *testing.T, id string, r *Row) string {
	t.Helper()
	c, ok := ByID(id)
	if !ok {
		t.Fatalf("no column %s", id)
	}
	return c.Format(c.Value(r))
}

func TestDeclarations(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	for _, c := range All {
		if !form.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("%s: not one snake-case ID of its own", c.ID)
		}
		seen[c.ID] = true
		if c.Title == "" || c.Help == "" || c.Group == "" || c.Kind == Absent || c.Width < 1 || c.Value == nil {
			t.Errorf("%s: declared in part", c.ID)
		}
		if strings.HasSuffix(c.ID, "_bytes") && c.Unit != Bytes || strings.HasSuffix(c.ID, "_percent") && c.Unit != Percent ||
			strings.HasSuffix(c.ID, "_seconds") && c.Unit != Seconds || strings.HasSuffix(c.ID, "_per_s") && c.Unit != PerSecond && c.Unit != BytesPerS {
			t.Errorf("%s: its name says another unit than %q", c.ID, c.Unit)
		}
		if c.Sum && c.Kind != Int && c.Kind != Float || c.List && c.Kind != Text {
			t.Errorf("%s: its kind can't be summed, or listed", c.ID)
		}
	}
	if len(Default()) < 8 {
		t.Errorf("the default table has %d columns", len(Default()))
	}
}

// No column makes up a value for a process of which nothing could be read, nor panics on a row that lacks parts.
func TestUnknownIsAbsent(t *testing.T) {
	s := &pcb.Snapshot{Procs: []pcb.Process{{ID: pcb.ID{PID: 5, Start: 1}}}}
	r := &Row{Snap: s, Proc: &s.Procs[0]}
	always := map[string]bool{"pid": true, "tgid": true, "command": true, "blocks_readers": true}
	for _, c := range All {
		if v := c.Value(r); v.Kind != Absent && !always[c.ID] {
			t.Errorf("%s is %+v though nothing was read", c.ID, v)
		}
		c.Value(&Row{Snap: s, Group: &Group{By: "user", Name: "x"}, Index: -1})
		c.Value(&Row{Snap: s, Proc: &s.Procs[0], Thread: &pcb.Thread{TID: 5}})
		if got := c.Format(Value{}); got != Absence {
			t.Errorf("%s shows the unknown as %q", c.ID, got)
		}
	}
}

func TestKindsAreAsDeclared(t *testing.T) {
	r := testRow()
	r.Proc.Have = 1<<31 - 1
	r.Proc.Container = &pcb.Container{ID: "0123456789abcdef", Pod: "p"}
	r.Findings = []*detect.Finding{{Detector: "zombie", Severity: detect.Critical}, {Detector: "orphan"}, {Detector: "zombie"}}
	for _, c := range All {
		if v := c.Value(r); v.Kind != Absent && v.Kind != c.Kind {
			t.Errorf("%s: a value of kind %d, declared %d", c.ID, v.Kind, c.Kind)
		}
	}
	if got := shown(t, "findings", r); got != "zombie orphan" {
		t.Errorf("findings: %q", got)
	}
	if got := shown(t, "container", r); got != "0123456789ab" {
		t.Errorf("container: %q", got)
	}
}

func TestValues(t *testing.T) {
	r := testRow()
	for id, want := range map[string]string{
		"pid": "7", "nice": "-5", "state": "S", "phase": "running", "tty": "pts/3", "policy": "fifo", "user": "joe", "cpu_percent": "40.0",
		"cpu_machine_percent": "10.0", "wait_percent": "-", "ctx_per_s": "6.0", "rss_bytes": "250", "mem_percent": "25.0", "cpu_time_seconds": "3.0s",
		"age_seconds": "30m00s", "command": "/bin/app -x", "args": "/bin/app -x", "signals_caught": "SIGHUP SIGTERM", "exit_signal": "SIGCHLD",
		"ctx_voluntary": "-", "leader_ctx_voluntary": "100", "run_time_seconds": "-", "child_count": "1", "subtree_cpu_percent": "40.0", "exe": "-",
	} {
		if got := shown(t, id, r); got != want {
			t.Errorf("%s shows %q, want %q", id, got, want)
		}
	}
	r.Proc = &r.Snap.Procs[1]
	r.Index = 1
	for id, want := range map[string]string{"command": "[sh] killed by SIGKILL, not reaped", "exit_code": "-", "exit_status": "killed by SIGKILL", "rss_bytes": "-"} {
		if got := shown(t, id, r); got != want {
			t.Errorf("of the zombie: %s shows %q, want %q", id, got, want)
		}
	}
}

// An empty name and an empty argument are values.
func TestEmptyTexts(t *testing.T) {
	r := testRow()
	r.Proc.Comm, r.Proc.Cmdline = "", "\x00"
	for id, want := range map[string]Value{"comm": {Kind: Text}, "args": {Kind: Text, Text: "\x00"}, "cmdline": {Kind: Text}} {
		c, _ := ByID(id)
		if got := c.Value(r); got != want {
			t.Errorf("%s is %+v, want %+v", id, got, want)
		}
	}
	r.Proc.Have = 0
	if c, _ := ByID("comm"); c.Value(r).Kind != Absent {
		t.Error("a name that was not read is no empty one")
	}
}

func TestThreadRow(t *testing.T) {
	r := testRow()
	r.Thread, r.ThreadRates, r.Prefix = &r.Snap.Threads[1], &pcb.ThreadRates{CPU: 12, Wait: math.NaN()}, "  "
	for id, want := range map[string]string{
		"pid": "7", "tid": "9", "state": "R", "nice": "3", "name": "worker", "command": "  {worker}", "cpu_percent": "12.0", "wait_percent": "-",
		"ctx_voluntary": "60", "rss_bytes": "-", "threads": "-", "user": "joe",
	} {
		if got := shown(t, id, r); got != want {
			t.Errorf("%s shows %q, want %q", id, got, want)
		}
	}
}

func TestGroupRow(t *testing.T) {
	r := testRow()
	r.Proc, r.Rates, r.Index = nil, nil, -1
	r.Group = &Group{By: "user", Name: "joe", Value: Value{Kind: Text, Text: "joe"}, Count: 2, Members: []int32{0, 1}}
	for id, want := range map[string]string{
		"user": "joe", "count": "2", "threads": "3", "cpu_percent": "40.0", "wait_percent": "1.0", "rss_bytes": "250", "pid": "-", "command": "joe", "run_time_seconds": "-",
	} {
		if got := shown(t, id, r); got != want {
			t.Errorf("%s shows %q, want %q", id, got, want)
		}
	}
	folded := testRow()
	folded.Group = &Group{Count: 2, Members: []int32{0, 1}}
	if pid, threads := shown(t, "pid", folded), shown(t, "threads", folded); pid != "7" || threads != "3" {
		t.Errorf("a folded subtree shows pid %s and %s threads", pid, threads)
	}
}

func TestCompare(t *testing.T) {
	number := func(n int64) Value { return Value{Kind: Int, Int: n} }
	for _, c := range []struct {
		name string
		a, b Value
		desc bool
		want int
	}{
		{"numbers, not their text", number(9), number(10), false, -1},
		{"descending", number(9), number(10), true, 1},
		{"absent last", Value{}, number(1), false, 1},
		{"absent last, descending", Value{}, number(1), true, 1},
		{"both absent", Value{}, Value{}, true, 0},
		{"texts", Value{Kind: Text, Text: "a"}, Value{Kind: Text, Text: "b"}, false, -1},
		{"rank before text", Value{Kind: Text, Text: "critical", Int: 2}, Value{Kind: Text, Text: "info"}, false, 1},
		{"times", Value{Kind: Time, Time: time.Unix(1, 0)}, Value{Kind: Time, Time: time.Unix(2, 0)}, true, 1},
		{"floats", Value{Kind: Float, Float: 1.5}, Value{Kind: Float, Float: 1.5}, false, 0},
	} {
		if got := Compare(c.a, c.b, c.desc); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	list, err := Parse("pid, rss_bytes,pid")
	if err != nil || len(list) != 2 || list[1].ID != "rss_bytes" {
		t.Errorf("Parse gives %v, %v", list, err)
	}
	list, err = Parse("+exe,+wchan")
	if err != nil || len(list) != len(Default())+2 || list[len(list)-1].ID != "wchan" {
		t.Errorf("adding to the default gives %d columns, %v", len(list), err)
	}
	for in, want := range map[string]string{
		"pid,cpu": "did you mean cpu_percent?", "rss": "did you mean rss_bytes?", "usr": "did you mean user?", "": `unknown column "";`,
		"qqqqqqqqq": `unknown column "qqqqqqqqq"; --help-columns`, "comand": "did you mean command?", "thread": "did you mean threads?",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want …%s", in, err, want)
		}
	}
}

func TestWidthsOfAList(t *testing.T) {
	for in, want := range map[string]string{
		"pid,name:20": "pid,name:20", " pid:7 , name , user:1,exe:200": "pid:7,name,user:1,exe:200", "pid:3,name,pid:5": "pid:5,name", "pid,name": "pid,name",
	} {
		list, widths, err := ParseSized(in)
		if err != nil || List(list, widths) != want {
			t.Errorf("%q is read as %s, %v; want %s", in, List(list, widths), err, want)
		}
		if plain, err := Parse(in); err != nil || !slices.Equal(plain, list) {
			t.Errorf("%q without its widths is %v, %v", in, plain, err)
		}
	}
	if list, widths, err := ParseSized("+exe:30"); err != nil || len(list) != len(Default())+1 || len(widths) != 1 || widths[list[len(list)-1]] != 30 {
		t.Errorf("added to the default: %v, %v, %v", list, widths, err)
	}
	for _, in := range []string{"name:0", "name:-1", "name:201", "name:", "name:x", "name:1:2", "pid,name: 5", "name:99999999999999999999"} {
		if _, _, err := ParseSized(in); err == nil || err.Error() != "column name: a width is a number from 1 to 200, as in name:20" {
			t.Errorf("%q: %v", in, err)
		}
	}
	if _, _, err := ParseSized("rss:20"); err == nil || !strings.Contains(err.Error(), "did you mean rss_bytes?") {
		t.Errorf("an unknown column with a width: %v", err)
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{FormatBytes(0), "0"},
		{FormatBytes(999), "999"},
		{FormatBytes(1000), "1.0K"},
		{FormatBytes(1536), "1.5K"},
		{FormatBytes(212 << 20), "212M"},
		{FormatBytes(1023 << 20), "1.0G"},
		{FormatBytes(1288490188), "1.2G"},
		{FormatBytes(math.MaxUint64), "16E"},
		{FormatRate(0), "0"},
		{FormatRate(0.04), "0.0"},
		{FormatRate(9.96), "10"},
		{FormatRate(61.2), "61"},
		{FormatRate(41000), "41k"},
		{FormatRate(1234567), "1.2M"},
		{FormatPercent(99.95), "100.0"},
		{FormatPercent(1234.5), "1234"},
		{FormatSeconds(-1), "0s"},
		{FormatSeconds(3.24), "3.2s"},
		{FormatSeconds(59.4), "59s"},
		{FormatSeconds(59.9), "1m00s"},
		{FormatSeconds(432), "7m12s"},
		{FormatSeconds(3*3600 + 5*60), "3h05m"},
		{FormatSeconds(12*86400 + 4*3600), "12d04h"},
		{FormatDuration(90 * time.Second), "1m30s"},
		{formatCount(9999), "9999"},
		{formatCount(123456), "123k"},
		{ttyName(0), ""},
		{ttyName(4<<8 | 1), "tty1"},
		{ttyName(4<<8 | 64), "ttyS0"},
		{ttyName(137<<8 | 2), "pts/258"},
		{ttyName(5<<8 | 1), "console"},
		{ttyName(229 << 8), "hvc0"},
		{ttyName(204<<8 | 64), "204:64"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestFormatIsSanitised(t *testing.T) {
	c, _ := ByID("comm")
	if got := c.Format(Value{Kind: Text, Text: "a\x1b[2J\nb"}); got != sanitize.Text("a\x1b[2J\nb") || strings.ContainsAny(got, "\x1b\n") {
		t.Errorf("%q", got)
	}
}

func TestHelpHasEveryColumn(t *testing.T) {
	help, markdown := HelpText(), Markdown()
	for _, c := range All {
		if !strings.Contains(help, c.ID+" ") || !strings.Contains(markdown, "`"+c.ID+"`") {
			t.Errorf("%s is missing", c.ID)
		}
	}
}

func TestForGroup(t *testing.T) {
	user, _ := ByID("user")
	list := ForGroup(user, Default())
	if list[0].ID != "user" || list[1].ID != "count" || len(list) < 5 {
		t.Errorf("%d columns", len(list))
	}
	for _, c := range list[2:] {
		if !c.Sum {
			t.Errorf("%s has no sum", c.ID)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	n := newNames(func(uint64) string { return "x" })
	for i := range uint64(3 * namesMax) {
		n.of(i)
	}
	if len(n.made) > namesMax {
		t.Errorf("%d names are kept", len(n.made))
	}
}

// What other tools call a column leads to one that exists.
func TestCustomaryNames(t *testing.T) {
	for name, id := range customary {
		if _, ok := ByID(id); !ok || Nearest(strings.ToUpper(name)) != id {
			t.Errorf("%s leads to %q by way of %q", name, Nearest(name), id)
		}
	}
}
