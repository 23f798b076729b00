package export

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/filter"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/tree"
)

// compiled is the schema, made strict: a key that it does not describe is an error.
func compiled(t *testing.T) *jsonschema.Schema { return compiledFor(t, "") }

// compiledFor is a part of it.
func compiledFor(t *testing.T, part string) *jsonschema.Schema {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(Schema()), &doc); err != nil {
		t.Fatal(err)
	}
	strict(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("ptop.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("ptop.schema.json" + part)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func strict(n any) {
	switch n := n.(type) {
	case map[string]any:
		if _, described := n["properties"]; described {
			n["additionalProperties"] = false
		}
		for _, v := range n {
			strict(v)
		}
	case []any:
		for _, v := range n {
			strict(v)
		}
	}
}

func valid(t *testing.T, s *jsonschema.Schema, text []byte) map[string]any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	if err := s.Validate(doc); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func write(t *testing.T, opt Options, f *monitor.Frame) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := NewWriter(&out, opt).JSON(f); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestJSONIsAsTheSchemaSays(t *testing.T) {
	s := compiled(t)
	user, _ := column.ByID("user")
	word, err := filter.Compile("checkout")
	if err != nil {
		t.Fatal(err)
	}
	bare := &monitor.Frame{Snap: &pcb.Snapshot{Time: frameTime}, Rates: &pcb.RateSet{}}
	bare.Forest = tree.Build(bare.Snap, nil)
	for name, c := range map[string]struct {
		opt   Options
		frame *monitor.Frame
	}{
		"plain":     {Options{Version: "1.0"}, frame()},
		"all":       {Options{Columns: column.All}, frame()},
		"tree":      {Options{Query: &view.Query{Tree: true}}, frame()},
		"threads":   {Options{Query: &view.Query{Threads: true}}, frame()},
		"both":      {Options{Query: &view.Query{Threads: true, Tree: true}}, frame()},
		"groups":    {Options{Query: &view.Query{GroupBy: user}}, frame()},
		"findings":  {Options{Findings: true}, frame()},
		"filtered":  {Options{Query: &view.Query{Filter: word, Tree: true}}, frame()},
		"nothing":   {Options{}, bare},
		"no trees":  {Options{Query: &view.Query{Tree: true}}, bare},
		"many":      {Options{Query: &view.Query{Tree: true}}, big(200)},
		"no groups": {Options{Query: &view.Query{GroupBy: user}}, bare},
	} {
		t.Run(name, func(t *testing.T) {
			text := write(t, c.opt, c.frame)
			if bytes.Count(text, []byte("\n")) != 1 || text[len(text)-1] != '\n' {
				t.Errorf("not one line: %q", text)
			}
			valid(t, s, text)
		})
	}
}

func TestJSONValues(t *testing.T) {
	text := write(t, Options{Version: "1.0"}, frame())
	m := valid(t, compiled(t), text)
	processes := m["processes"].([]any)
	if len(processes) != 7 {
		t.Fatalf("%d processes", len(processes))
	}
	server := processes[1].(map[string]any)
	for key, want := range map[string]any{
		"id": "42:4200", "pid": 42.0, "ppid": 1.0, "state": "S", "phase": "running", "cpu_percent": 12.5, "rss_bytes": 212.0 * (1 << 20),
		"cmdline": "/srv/checkout-agent --workers 8", "container": "checkout", "cpu_time_seconds": 91.5, "ctx_per_s": 61.0,
		"start_time": "2025-12-20T23:04:47.6789Z", "exit_signal": "SIGCHLD", "severity": "critical", "kernel_thread": false, "child_count": 2.0,
	} {
		if server[key] != want {
			t.Errorf("%s is %v, want %v", key, server[key], want)
		}
	}
	if fmt.Sprint(server["args"]) != "[/srv/checkout-agent --workers 8]" || fmt.Sprint(server["signals_caught"]) != "[SIGTERM SIGCHLD]" {
		t.Errorf("args %v, caught %v", server["args"], server["signals_caught"])
	}
	for _, key := range []string{"wait_percent", "read_bytes_per_s", "tty", "wchan", "tid", "command", "exit_code"} {
		if v, there := server[key]; there {
			t.Errorf("%s is %v, though it is unknown", key, v)
		}
	}
	dead := processes[2].(map[string]any)
	if dead["exit_code"] != 3.0 || dead["exit_status"] != "exit 3" || dead["idle_seconds"] != 432.0 {
		t.Errorf("the zombie: %v", dead)
	}
	if _, there := dead["rss_bytes"]; there {
		t.Error("a zombie has memory")
	}
	unread := processes[6].(map[string]any)
	if fmt.Sprint(unread["denied"]) != "[io exe]" {
		t.Errorf("denied: %v", unread["denied"])
	}
	for _, key := range []string{"ppid", "state", "phase", "user", "uid", "rss_bytes", "threads", "cmdline", "name", "cpu_time_seconds", "signals_blocked"} {
		if v, there := unread[key]; there {
			t.Errorf("%s is %v, though it could not be read", key, v)
		}
	}
}

// The true bytes of a hostile text can be had back, and none of them could drive a terminal that shows the document.
func TestJSONKeepsTrueBytes(t *testing.T) {
	text := write(t, Options{}, frame())
	for _, r := range string(text) {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%U stands in the document", r)
		}
	}
	m := valid(t, compiled(t), text)
	evil := m["processes"].([]any)[5].(map[string]any)
	if got := evil["name"]; got != strings.ReplaceAll(hostile, "\xff", `\xff`) {
		t.Errorf("name is %q", got)
	}
	back, err := base64.StdEncoding.DecodeString(evil["comm_base64"].(string))
	if err != nil || string(back) != hostile {
		t.Errorf("the true bytes are %q, %v", back, err)
	}
	args := evil["args_base64"].([]any)
	if last, _ := base64.StdEncoding.DecodeString(args[1].(string)); string(last) != "--\xfe" {
		t.Errorf("the last argument is %q", last)
	}
	if _, there := m["processes"].([]any)[1].(map[string]any)["comm_base64"]; there {
		t.Error("a valid text has a twin")
	}
}

func TestJSONTreeNests(t *testing.T) {
	m := valid(t, compiled(t), write(t, Options{Query: &view.Query{Tree: true}}, frame()))
	var shape func(list []any) string
	shape = func(list []any) string {
		var b strings.Builder
		for _, p := range list {
			p := p.(map[string]any)
			fmt.Fprint(&b, " ", p["pid"])
			if kids, ok := p["children"].([]any); ok {
				fmt.Fprint(&b, " (", shape(kids), " )")
			}
		}
		return b.String()
	}
	if got, want := shape(m["processes"].([]any)), " 1 ( 42 ( 43 44 ) 60 ) 50 70"; got != want {
		t.Errorf("the tree is%s, want%s", got, want)
	}
}

func TestJSONTreeMarksWhatIsContext(t *testing.T) {
	only, err := filter.Compile("pid == 44")
	if err != nil {
		t.Fatal(err)
	}
	m := valid(t, compiled(t), write(t, Options{Query: &view.Query{Tree: true, Filter: only}}, frame()))
	root := m["processes"].([]any)[0].(map[string]any)
	leaf := root["children"].([]any)[0].(map[string]any)["children"].([]any)[0].(map[string]any)
	if root["context"] != true || leaf["pid"] != 44.0 || leaf["context"] != nil {
		t.Errorf("root %v, leaf %v", root["context"], leaf)
	}
}

func TestJSONGroups(t *testing.T) {
	state, _ := column.ByID("state")
	m := valid(t, compiled(t), write(t, Options{Query: &view.Query{GroupBy: state}}, frame()))
	groups := map[string]map[string]any{}
	for _, g := range m["groups"].([]any) {
		groups[g.(map[string]any)["name"].(string)] = g.(map[string]any)
	}
	if z := groups["Z"]; z["count"] != 2.0 || z["state"] != "Z" || fmt.Sprint(z["members"]) != "[43:4300 44:4400]" || z["rss_bytes"] != nil || z["cpu_percent"] != 62.5 {
		t.Errorf("zombies: %v", z)
	}
	if u := groups["-"]; u["count"] != 1.0 || u["state"] != nil {
		t.Errorf("those of unknown state: %v", u)
	}
}

// A document of many processes is written in parts, and is whole; a write that fails is told.
func TestLargeJSON(t *testing.T) {
	f := big(3000)
	for _, q := range []view.Query{{}, {Tree: true}} {
		var parts chunks
		w := NewWriter(&parts, Options{Query: &q})
		if err := w.JSON(f); err != nil {
			t.Fatal(err)
		}
		if parts.n < 2 || cap(w.buf) > 2*chunk {
			t.Errorf("%d parts, %d bytes kept", parts.n, cap(w.buf))
		}
		var m map[string]any
		if err := json.Unmarshal(parts.Bytes(), &m); err != nil || !q.Tree && len(m["processes"].([]any)) != 3000 {
			t.Errorf("tree %v: %v", q.Tree, err)
		}
	}
	if err := NewWriter(full{}, Options{}).JSON(f); err != errFull {
		t.Errorf("a failed write gives %v", err)
	}
}

type chunks struct {
	bytes.Buffer
	n int
}

func (c *chunks) Write(b []byte) (int, error) {
	c.n++
	return c.Buffer.Write(b)
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestEventsAreOneObjectALine(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Options{Version: "1.0"})
	s := compiledFor(t, "#/$defs/event")
	next := func(f *monitor.Frame) string {
		out.Reset()
		if err := w.Events(f); err != nil {
			t.Fatal(err)
		}
		said := ""
		for line := range strings.Lines(out.String()) {
			event := valid(t, s, []byte(line))
			said += fmt.Sprint(event["event"], " ", event["finding_id"], " ", event["lasted_seconds"], "; ")
		}
		return said
	}
	first, calm, worse, over := frame(), frame(), frame(), frame()
	calm.Events = nil
	worse.Events = []detect.Event{{What: detect.Changed, Finding: worse.Findings[0], Lasted: time.Minute}}
	over.Events = []detect.Event{{What: detect.Cleared, Finding: over.Findings[0], Lasted: 90 * time.Second}}
	over.Findings = over.Findings[1:]
	for _, c := range []struct {
		f    *monitor.Frame
		want string
	}{
		{first, "appeared zombie/42:4200 432; appeared orphan/60:6000 <nil>; "}, // what is there at first
		{calm, ""},
		{worse, "changed zombie/42:4200 60; "},
		{over, "cleared zombie/42:4200 90; "},
		{over, ""}, // what is not known to have appeared does not clear
		{first, "appeared zombie/42:4200 432; "},
	} {
		if got := next(c.f); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// The selection narrows the events, and a finding whose process is no more selected has not cleared.
func TestEventsOfASelection(t *testing.T) {
	var out bytes.Buffer
	query := view.Query{PIDs: []int32{42}}
	w := NewWriter(&out, Options{Query: &query})
	look := func(f *monitor.Frame, pids ...int32) int {
		out.Reset()
		w.opt.Query.PIDs = pids
		if err := w.Events(f); err != nil {
			t.Fatal(err)
		}
		return bytes.Count(out.Bytes(), []byte("\n"))
	}
	over := frame()
	over.Events = []detect.Event{{What: detect.Cleared, Finding: over.Findings[0]}, {What: detect.Cleared, Finding: over.Findings[1]}}
	over.Findings = nil
	for n, got := range []int{look(frame(), 42), look(frame(), 1), look(frame(), 42), look(over, 42)} {
		if want := []int{1, 0, 0, 1}[n]; got != want {
			t.Errorf("look %d: %d lines, want %d", n+1, got, want)
		}
	}
}

// A stream of documents does not allocate for each process.
func TestJSONAllocatesNothingPerProcess(t *testing.T) {
	small, large := allocs(t, 100), allocs(t, 2000)
	if large > small+50 {
		t.Errorf("%v allocations for 100 processes, %v for 2,000", small, large)
	}
}

func allocs(t *testing.T, n int) float64 {
	f := big(n)
	w := NewWriter(discard{}, Options{})
	return testing.AllocsPerRun(5, func() {
		if err := w.JSON(f); err != nil {
			t.Fatal(err)
		}
	})
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", hostile, "\xed\xa0\x80", "a\u2028\u009b", "\U000e0041\U0001f600", `\xff`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, clean := appendText(nil, s)
		var back string
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%q is written as %s: %v", s, text, err)
		}
		if clean && back != strings.ReplaceAll(s, "\x00", " ") {
			t.Fatalf("%q comes back as %q", s, back)
		}
		for _, r := range string(text) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q is written with %U", s, r)
			}
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	for _, n := range []int{300, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := big(n)
			w := NewWriter(discard{}, Options{})
			b.ReportAllocs()
			for b.Loop() {
				if err := w.JSON(f); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/process")
		})
	}
}

// What is written is what strconv would write of the rounded figure.
func FuzzFloat(f *testing.F) {
	for _, seed := range []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.000001, 0.0000004, -0.0000005, 99.999999, 123.456, 1e9 - 1e-6, 999999999.9999999, 1e9, 1e300, -7.25, 5e-324} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		want := v
		if math.Abs(v) < 1e9 {
			want = math.Round(v*1e6)/1e6 + 0 // no -0
		}
		if got, want := string(appendFloat(nil, v)), strconv.FormatFloat(want, 'f', -1, 64); got != want {
			t.Errorf("%v is written as %s, want %s", v, got, want)
		}
	})
}

// That readings come more seldom than was asked is told with why, and nothing of it otherwise; ptop's nice value where the
// reading has ptop itself, and is of this kernel.
func TestSlowedAndNice(t *testing.T) {
	s := compiled(t)
	f := frame()
	f.Snap.Self.PID = f.Snap.Procs[0].PID
	f.Snap.Procs[0].Nice, f.Snap.Procs[0].Have = -10, pcb.FieldStat
	part := func(name ...string) map[string]any {
		m := valid(t, s, write(t, Options{}, f))
		for _, n := range name {
			m = m[n].(map[string]any)
		}
		return m
	}
	slowed := []string{"slowed_by_budget", "budget_percent", "interval_asked_seconds", "interval_slowed_seconds", "reading_cost_seconds"}
	for _, key := range slowed {
		if v, told := part("sample")[key]; told {
			t.Errorf("%s is %v and nothing was slowed", key, v)
		}
	}
	f.Slowed = &monitor.Slowing{Asked: time.Second, Delay: 4 * time.Second, Cost: 200 * time.Millisecond, Budget: 5}
	got := part("sample")
	for n, want := range []any{true, 5.0, 1.0, 4.0, 0.2} {
		if got[slowed[n]] != want {
			t.Errorf("%s is %v, want %v", slowed[n], got[slowed[n]], want)
		}
	}
	if nice := part("sample", "self")["nice"]; nice != -10.0 {
		t.Errorf("nice is %v, want -10", nice)
	}
	for name, blind := range map[string]func(){
		"the nice value was not read": func() { f.Snap.Procs[0].Have = pcb.FieldCore },
		"another kernel's /proc":      func() { f.Snap.Procs[0].Have, f.Snap.Foreign = pcb.FieldStat, true },
		"ptop is not in it":           func() { f.Snap.Foreign, f.Snap.Self.PID = false, 999_999 },
	} {
		blind()
		if nice, told := part("sample", "self")["nice"]; told {
			t.Errorf("%s: nice is %v", name, nice)
		}
	}
}
