package filter

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"ptop/internal/column"
	"ptop/pcb"
)

func row() *column.Row {
	s := &pcb.Snapshot{Procs: []pcb.Process{{
		ID: pcb.ID{PID: 4242, Start: 9}, PPID: 1, State: 'S', Nice: 5, Threads: 3, RSS: 50 << 20,
		Comm: "Checkout", Cmdline: "/srv/checkout\x00--Workers\x008\x00", User: "app", EUID: 1000,
		Container: &pcb.Container{ID: "abc123", Name: "web-1"},
		Have:      pcb.FieldStat | pcb.FieldCreds | pcb.FieldCmdline | pcb.FieldCgroup,
	}}}
	r := &pcb.Rates{CPU: 72.5, Wait: math.NaN(), Voluntary: math.NaN()}
	return &column.Row{Snap: s, Proc: &s.Procs[0], Rates: r}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"", true},
		{"  ", true},
		{"checkout", true},
		{"CHECK", true},
		{"/srv/check", true},
		{"nginx", false},
		{"--workers", true},
		{`"--workers 8"`, true},
		{`'out --work'`, true},
		{"--workers  8", true},
		{"out --workers 9", false},
		{"8", true},
		{"8080", false},
		{"name", false},
		{"kernel_thread", false},
		{"not kernel_thread", true},
		{`state == "S"`, true},
		{`state == "Z" or cpu_percent > 50 and container matches "web"`, true},
		{`cpu_percent > 72 && cpu_percent < 73`, true},
		{`pid == 4242`, true},
		{`pid in [1, 4242]`, true},
		{`pid in 4000..5000`, true},
		{`ppid == 1 and nice != 0`, true},
		{`user == "app" and uid >= 1000`, true},
		{`cmdline contains "--Workers 8"`, true},
		{`lower(cmdline) contains "--workers 8"`, true},
		{`cmdline startsWith "/srv"`, true},
		{`cpu_percent * 2 > 100`, true},
		{`rss_bytes > 0`, false}, // memory was not read
		{`rss_bytes == 0`, false},
		{`rss_bytes != 0`, false},
		{`0 != rss_bytes`, false},
		{`rss_bytes <= 0 or wait_percent < 1e9 or ctx_per_s != 3`, false},
		{`known(rss_bytes)`, false},
		{`known(cpu_percent) and not known(wait_percent)`, true},
		{`known(exe)`, false},
		{`exe == ""`, true},
		{`true`, true},
		{`start_time > date("1990-01-01")`, false},
		{`findings contains "zombie"`, false},
		{`name endsWith "out" || !(pid == 4242)`, true},
		{`uid in 1000..60000 and rss_bytes in [1, 2]`, false},
		{`cpu_percent ** 2 > 5000 and round(cpu_percent) == 73`, true},
		{`pid in 1..1000001 and pid in 4242..4242 and pid not in 1..4241`, true},
		{`cpu_percent in 72..73 and cpu_percent in 72.25..72.5`, true},
		{`cpu_percent in 73..100 or rss_bytes in 0..9e18`, false},
		{`start_time in date("0001-01-01")..date("2300-01-01")`, true},
		{`pid % 2 == 0 and pid % 5 == 2 and cpu_percent % 1 == 0.5`, true},
		{`pid % 0 == 0 or rss_bytes % 2 == 0 or rss_bytes % 2 != 1 or rss_bytes + 1 != 0`, false},
		{`5 % 3 == 2 and len(comm) % 2 == 0`, true},
	} {
		f, err := Compile(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := f.Match(row()); got != c.want {
			t.Errorf("%q matches: %v, want %v", c.text, got, c.want)
		}
		if f.String() != strings.TrimSpace(c.text) {
			t.Errorf("%q gives itself as %q", c.text, f.String())
		}
	}
	var none *Filter
	if !none.Match(row()) || none.String() != "" {
		t.Error("no filter does not match everything")
	}
}

func TestErrorsNameThePosition(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"state == \"Z\" or cpu > 50", `filter: column 17: unknown column "cpu" (did you mean cpu_percent?)`},
		{"state == Z", `filter: column 10: unknown column "Z"; a text`},
		{`state = "Z"`, `filter: column 7: "=" does not compare, "==" does`},
		{`cpu_percent >`, "filter: column 13: something is missing at the end"},
		{`(cpu_percent > 1`, "filter: column 16: "},
		{`cpu_percent + 1`, "filter: the expression gives a number, not yes or no"},
		{`state == 3`, `filter: column 7: "==" does not go with a text and a number`},
		{`cpu_percent == == 3`, `filter: column 16: "==" can't stand here`},
		{`not pid`, `filter: column 1: "not" does not go with a number`},
		{`pid $ 3`, `filter: column 5: "$" can't stand here`},
		{`(pid == 1`, "filter: column 9: something is missing at the end"},
		{`[1] == 1`, "filter: column 5: invalid operation: == (mismatched types list and number)"},
		{`{"a": 1}`, "filter: the expression gives a value of another kind, not yes or no"},
		{`name % 2 == 0`, "filter: column 6: \"%\" does not go with a text and a number"},
		{`name in 1..5`, "filter: column 6: \">=\" does not go with a text and a number"},
		{`pid == 1 or pid in 9..2`, "filter: column 21: nothing is in 9..2: the lower end comes first"},
		{`len(1..3) == 3`, "filter: column 6: a range stands after in"},
		{`name == nil`, "filter: column 9: nothing is nil here: known(COLUMN)"},
		{`known(nope)`, `filter: column 7: unknown column "nope" (did you mean name?)`},
		{`start_time > date("foo")`, "filter: column 14: invalid date foo"},
		{`int("x") > 1`, "filter: column 1: invalid operation: int(x)"},
		{`name matches "["`, "filter: column 6: error parsing regexp"},
		{`name matches user`, "filter: column 14: a pattern after matches"},
		{`known(1)`, "filter: column 7: known() wants"},
		{`repeat("x", 1000000000) == ""`, `filter: column 1: unknown column "repeat"`},
		{"pid b", `filter: column 5: "b" can't stand here`},
		{"pid ==\n  nope", "filter: column 10: unknown column"},
		{"\"abc", "filter: column 5: the quote is not closed"},
		{"pid == 1 \x1b[31m", "filter: column 10: "},
	} {
		_, err := Compile(c.text)
		if err == nil {
			t.Errorf("%q compiles", c.text)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: %q, want %q…", c.text, err, c.want)
		}
		if strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q: the error is not one plain line: %q", c.text, err)
		}
	}
	if _, err := Compile(strings.Repeat("(", textMax+1)); err == nil || len(err.Error()) > 120 {
		t.Errorf("too long an expression: %v", err)
	}
}

// A filter that can't be computed of a process must not look like one that it does not match.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		text             string
		computed, failed int
		first            string
	}{
		{`int(comm) > 3`, 0, 1, "filter: column 1: invalid operation: int(Checkout)"},
		{`pid == 1 and int(comm) > 3`, 1, 0, ""}, // never came to it
		{`int(exe) > 3`, 0, 0, ""},               // unknown
		{`pid > 3`, 1, 0, ""},
	} {
		f, err := Compile(c.text)
		if err != nil {
			t.Fatalf("%q: %v", c.text, err)
		}
		f.Match(row())
		got := f.Faults()
		first := ""
		if got.First != nil {
			first = got.First.Error()
		}
		if got.Computed != c.computed || got.Failed != c.failed || first != c.first {
			t.Errorf("%q: %+v, want %d computed, %d failed, %q", c.text, got, c.computed, c.failed, c.first)
		}
	}
	var none *Filter
	if none.Faults() != (Faults{}) {
		t.Error("no filter has faults")
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`state == "Z" or cpu_percent > 50 and container matches "web"`, "nginx", "((((", `pid in 1..9`, `known(pid)`, `name matches "(a*)*b"`,
		`{"a": 1}.a > 0`, `[1,2][0] == 1`, `let x = pid; x > 1`, `pid ?? 1 > 0`, `name[0:3] == "x"`, `-pid < 0`, `1..1000000`, "'", "\\", `if pid > 1 { true } else { false }`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := Compile(text)
		if err != nil {
			if !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Fatalf("%q: the error is not one plain line: %q", text, err)
			}
			return
		}
		filter.Match(row())
		filter.Match(&column.Row{Snap: &pcb.Snapshot{}, Group: &column.Group{Name: "x"}})
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, text := range []string{"nginx", `state == "Z" or cpu_percent > 90 and container matches "web"`} {
		b.Run(text, func(b *testing.B) {
			f, err := Compile(text)
			if err != nil {
				b.Fatal(err)
			}
			r := row()
			b.ReportAllocs()
			for b.Loop() {
				f.Match(r)
			}
		})
	}
}
