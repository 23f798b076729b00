package view

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/filter"
	"ptop/internal/monitor"
	"ptop/pcb"
	"ptop/tree"
)

// machine makes a Frame of "pid ppid comm cpu" lines in order of pid.
func machine(lines ...string) *monitor.Frame {
	s := &pcb.Snapshot{}
	rates := &pcb.RateSet{}
	for _, line := range lines {
		p := pcb.Process{State: 'S', Threads: 1, User: "root", Have: pcb.FieldStat | pcb.FieldCreds | pcb.FieldCgroup}
		var r pcb.Rates
		fmt.Sscan(line, &p.PID, &p.PPID, &p.Comm, &r.CPU)
		p.Start = uint64(p.PID) * 10
		s.Procs = append(s.Procs, p)
		rates.Procs = append(rates.Procs, r)
	}
	return &monitor.Frame{Snap: s, Rates: rates, Forest: tree.Build(s, nil)}
}

func usual() *monitor.Frame {
	return machine("1 0 init 1", "10 1 shop 5", "11 10 sh 50", "12 10 web 70", "13 12 web 3", "20 1 cron 9", "30 0 kthread 2")
}

// drawn gives the rows as "prefix comm" lines.
func drawn(rows []column.Row) string {
	var b strings.Builder
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Thread != nil:
			fmt.Fprintf(&b, "%s{%d}", r.Prefix, r.Thread.TID)
		case r.Proc != nil:
			fmt.Fprintf(&b, "%s%d", r.Prefix, r.Proc.PID)
		default:
			fmt.Fprintf(&b, "%s:%d", r.Group.Name, r.Group.Count)
		}
		if r.Context {
			b.WriteByte('~')
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func sorted(t *testing.T, text string) []SortKey {
	t.Helper()
	keys, err := ParseSort(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func matching(t *testing.T, text string) *filter.Filter {
	t.Helper()
	f, err := filter.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func by(t *testing.T, id string) *column.Column {
	t.Helper()
	c, ok := column.ByID(id)
	if !ok {
		t.Fatalf("no column %s", id)
	}
	return c
}

func TestRows(t *testing.T) {
	f := usual()
	f.Snap.Procs[3].User, f.Snap.Procs[3].EUID = "app", 1000
	f.Snap.Procs[3].Container = &pcb.Container{ID: "abcdef", Name: "box", Unit: "box.service"}
	f.Snap.Procs[4].Container = &pcb.Container{ID: "abcdef"}
	f.Snap.Procs[6].KFlags = pcb.PFKernelThread
	f.Snap.Procs[3].NSPIDs, f.Snap.Procs[4].NSPIDs = []int32{12, 1}, []int32{13, 7}
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"everything by pid", Query{}, "1 10 11 12 13 20 30"},
		{"by CPU", Query{Sort: sorted(t, "cpu_percent")}, "12 11 20 10 13 30 1"},
		{"by name, then pid down", Query{Sort: sorted(t, "name,-pid")}, "20 1 30 11 10 13 12"},
		{"limit", Query{Sort: sorted(t, "cpu_percent"), Limit: 2}, "12 11"},
		{"pids", Query{PIDs: []int32{12, 999, 1}}, "1 12"},
		{"pids with what is below", Query{PIDs: []int32{10}, Descendants: true}, "10 11 12 13"},
		{"user by name", Query{User: "app"}, "12"},
		{"user by uid", Query{User: "1000"}, "12"},
		{"container by name", Query{Container: "box"}, "12"},
		{"container by id", Query{Container: "abc"}, "12 13"},
		{"unit", Query{Unit: "box"}, "12"},
		{"whole unit", Query{Unit: "box.service"}, "12"},
		{"namespace", Query{Namespace: 12}, "12 13"},
		{"namespace of nobody", Query{Namespace: 77}, ""},
		{"no kernel threads", Query{HideKernel: true}, "1 10 11 12 13 20"},
		{"filter", Query{Filter: matching(t, "cpu_percent > 8")}, "11 12 20"},
		{"word", Query{Filter: matching(t, "WEB")}, "12 13"},
		{"tree", Query{Tree: true}, "1|├─ 10|│  ├─ 11|│  └─ 12|│     └─ 13|└─ 20|30"},
		{"tree in ASCII", Query{Tree: true, ASCII: true}, "1||- 10||  |- 11||  `- 12||     `- 13|`- 20|30"},
		{"tree, siblings by CPU", Query{Tree: true, Sort: sorted(t, "cpu_percent")}, "30|1|├─ 20|└─ 10|   ├─ 12|   │  └─ 13|   └─ 11"},
		{"tree keeps ancestors", Query{Tree: true, Filter: matching(t, "pid == 13")}, "1~|└─ 10~|   └─ 12~|      └─ 13"},
		{"what is below", Query{Below: true, Filter: matching(t, "pid == 10")}, "10 11~ 12~ 13~"},
		{"tree keeps what is below", Query{Below: true, Tree: true, Filter: matching(t, "pid == 12")}, "1~|└─ 10~|   └─ 12|      └─ 13~"},
		{"what is below but hidden", Query{Below: true, Filter: matching(t, "pid == 1"), PIDs: []int32{1, 10}}, "1 10~"},
		{"tree of a part", Query{Tree: true, PIDs: []int32{12}, Descendants: true}, "12|└─ 13"},
		{"tree with a gap", Query{Tree: true, PIDs: []int32{1, 12, 13}}, "1|└─ 12|   └─ 13"},
		{"folded", Query{Tree: true, Folded: func(r *column.Row) bool { return r.Proc.PID == 10 || r.Proc.PID == 20 }}, "1|├+ 10|└─ 20|30"},
		{"folded root", Query{Tree: true, Folded: func(r *column.Row) bool { return r.Proc.PID == 1 }}, "+ 1|30"},
		{"tree with a limit", Query{Tree: true, Limit: 2}, "1|├─ 10"},
		{"groups", Query{GroupBy: by(t, "user")}, "root:6|app:1"},
		{"groups by CPU", Query{GroupBy: by(t, "name"), Sort: sorted(t, "cpu_percent"), Limit: 2}, "web:2|sh:1"},
		{"groups of the unknown", Query{GroupBy: by(t, "container")}, "-:5|box:1|abcdef:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.TrimSuffix(drawn(c.q.Rows(nil, f)), "\n")
			want := c.want
			if !strings.ContainsAny(want, "|:") && !strings.Contains(want, "+") {
				want = strings.ReplaceAll(want, " ", "\n")
			} else {
				got = strings.ReplaceAll(got, "\n", "|")
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Branch draws one more child as the tree draws those that there are.
func TestBranch(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		q := Query{Tree: true, ASCII: ascii}
		rows := q.Rows(nil, usual())
		for i := range rows {
			r := &rows[i]
			for k := i - 1; r.Depth > 0; k-- {
				if rows[k].Depth < r.Depth {
					if got := Branch(&rows[k], false, ascii); got != r.Prefix && Branch(&rows[k], true, ascii) != r.Prefix {
						t.Errorf("under %d: %q, drawn is %q", rows[k].Proc.PID, got, r.Prefix)
					}
					break
				}
			}
		}
	}
}

func TestSelect(t *testing.T) {
	f := usual()
	f.Snap.Procs[6].KFlags = pcb.PFKernelThread
	subject := func(i int) detect.Subject { return detect.Subject{ID: f.Snap.Procs[i].ID} }
	culprit := subject(3)
	f.Findings = []detect.Finding{
		{Detector: "a", Subject: subject(4), Culprit: &culprit, Members: []pcb.ID{f.Snap.Procs[4].ID, f.Snap.Procs[5].ID}},
		{Detector: "b", Subject: subject(1)},
		{Detector: "c", Subject: detect.Subject{ID: pcb.ID{PID: 12, Start: 1}}}, // another bearer of the pid
	}
	for _, c := range []struct {
		name     string
		q        Query
		procs    int
		findings string
	}{
		{"everything", Query{}, 7, "abc"},
		{"an empty filter", Query{Filter: matching(t, "")}, 7, "abc"},
		{"subject", Query{PIDs: []int32{13}}, 1, "a"},
		{"culprit", Query{PIDs: []int32{12}}, 1, "a"},
		{"member", Query{Filter: matching(t, `comm == "cron"`)}, 1, "a"},
		{"below", Query{PIDs: []int32{10}, Descendants: true}, 4, "ab"},
		{"nobody sick", Query{PIDs: []int32{1}}, 1, ""},
		{"the limit is on rows", Query{User: "root", Limit: 1}, 7, "ab"},
		{"in a tree no ancestors", Query{PIDs: []int32{1, 13}, Filter: matching(t, "pid == 13"), Tree: true}, 1, "a"},
		{"no kernel threads", Query{HideKernel: true}, 6, "ab"},
		{"nobody", Query{User: "nobody"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.q.Select(f)
			got := ""
			for _, finding := range s.Findings {
				got += finding.Detector
			}
			if got != c.findings || len(s.Procs) != c.procs || s.All != strings.Contains(got, "c") {
				t.Errorf("%d processes, findings %q, all: %v", len(s.Procs), got, s.All)
			}
		})
	}
}

func TestFoldedRowSumsWhatIsBelow(t *testing.T) {
	f := usual()
	q := Query{Tree: true, Folded: func(r *column.Row) bool { return r.Proc.PID == 10 }}
	rows := q.Rows(nil, f)
	if v := by(t, "cpu_percent").Value(&rows[1]); v.Float != 128 || rows[1].Group.Count != 4 {
		t.Errorf("the folded subtree has %v percent, %d processes", v.Float, rows[1].Group.Count)
	}
}

func TestThreads(t *testing.T) {
	f := usual()
	f.Snap.Threads = []pcb.Thread{{TID: 10}, {TID: 15}, {TID: 16}, {TID: 11}}
	f.Snap.Procs[1].ThreadCount, f.Snap.Procs[1].Threads = 3, 3
	f.Snap.Procs[2].FirstThread, f.Snap.Procs[2].ThreadCount = 3, 1
	f.Rates.Threads = []pcb.ThreadRates{{CPU: 1}, {CPU: 2}, {CPU: 3}, {CPU: 4}}
	q := Query{Threads: true, PIDs: []int32{10, 11}, Sort: sorted(t, "cpu_percent")}
	if got, want := drawn(q.Rows(nil, f)), "11\n10\n  {16}\n  {15}\n  {10}\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	q = Query{Threads: true, Tree: true, PIDs: []int32{10, 11}}
	if got, want := drawn(q.Rows(nil, f)), "10\n├─ {10}\n├─ {15}\n├─ {16}\n└─ 11\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestFindingsStandAtTheirProcesses(t *testing.T) {
	f := usual()
	culprit := detect.Subject{ID: f.Snap.Procs[1].ID}
	f.Findings = []detect.Finding{
		{Detector: "zombie", Severity: detect.Critical, Subject: detect.Subject{ID: f.Snap.Procs[2].ID}, Culprit: &culprit, Members: []pcb.ID{f.Snap.Procs[2].ID, f.Snap.Procs[3].ID}},
		{Detector: "orphan", Subject: detect.Subject{ID: f.Snap.Procs[2].ID}},
		{Detector: "gone", Subject: detect.Subject{ID: pcb.ID{PID: 12, Start: 1}}}, // an earlier bearer of the pid
	}
	got := map[int32]string{}
	for _, r := range (&Query{}).Rows(nil, f) {
		for _, finding := range r.Findings {
			got[r.Proc.PID] += finding.Detector + " "
		}
	}
	if want := map[int32]string{10: "zombie ", 11: "zombie orphan ", 12: "zombie "}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("findings %v, want %v", got, want)
	}
	groups := (&Query{GroupBy: by(t, "user")}).Rows(nil, f)
	if len(groups[0].Findings) != 2 || groups[0].Findings[0].Detector != "zombie" {
		t.Errorf("the group has %d findings", len(groups[0].Findings))
	}
	if r := Row(f, f.Snap.Procs[2].ID); r.Index != 2 || len(r.Findings) != 2 {
		t.Errorf("Row gives index %d with %d findings", r.Index, len(r.Findings))
	}
	if r := Row(f, pcb.ID{PID: 12, Start: 1}); r.Index != -1 || r.Proc != nil {
		t.Error("Row takes another bearer of the pid")
	}
}

func TestParseSort(t *testing.T) {
	for text, want := range map[string]string{
		"cpu_percent": "cpu_percent:true ", "-cpu_percent,pid": "cpu_percent:true pid:false ", "+rss_bytes, -name": "rss_bytes:false name:true ",
		"severity,nice": "severity:true nice:false ",
	} {
		keys, err := ParseSort(text)
		got := ""
		for _, key := range keys {
			got += fmt.Sprintf("%s:%v ", key.Column.ID, key.Desc)
		}
		if err != nil || got != want {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "cpu", "--pid", "pid,,"} {
		if _, err := ParseSort(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// Whatever the query, a row stands for a process at most once, and in a tree after its parent.
func TestAnyQuery(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		n := rng.IntN(40) + 1
		var lines []string
		for i := range n {
			lines = append(lines, fmt.Sprintf("%d %d p%d %d", i+1, rng.IntN(n+1), rng.IntN(5), rng.IntN(100)))
		}
		f := machine(lines...)
		q := Query{Tree: rng.IntN(2) == 0, Sort: sorted(t, "cpu_percent,name"), Filter: matching(t, "p3")}
		if rng.IntN(3) == 0 {
			q.PIDs, q.Descendants = []int32{int32(rng.IntN(n) + 1), 2}, true
		}
		seen := map[int32]bool{}
		matches := 0
		for _, r := range q.Rows(nil, f) {
			if seen[r.Index] {
				t.Fatalf("process %d stands twice", r.Index)
			}
			seen[r.Index] = true
			if !r.Context {
				matches++
				if r.Proc.Comm != "p3" {
					t.Fatalf("%s does not match", r.Proc.Comm)
				}
			}
		}
		flat := q
		flat.Tree = false
		if want := len(flat.Rows(nil, f)); matches != want {
			t.Fatalf("%d matches in the tree, %d without", matches, want)
		}
	}
}

func TestRowsOfADeepTree(t *testing.T) {
	var lines []string
	for i := range 5000 {
		lines = append(lines, fmt.Sprintf("%d %d p 0", i+1, i))
	}
	rows := (&Query{Tree: true}).Rows(nil, machine(lines...))
	if len(rows) != 5000 || len(rows[4999].Prefix) > 1000 {
		t.Errorf("%d rows, the last is indented by %d bytes", len(rows), len(rows[len(rows)-1].Prefix))
	}
}

func TestRowsAllocateNothingPerProcess(t *testing.T) {
	for name, q := range map[string]Query{"sorted": {Sort: sorted(t, "cpu_percent,pid")}, "tree": {Tree: true, Sort: sorted(t, "cpu_percent")}} {
		f := crowd(2000)
		dst := q.Rows(nil, f)
		if n := testing.AllocsPerRun(5, func() { dst = q.Rows(dst[:0], f) }); n > 300 { // a pool that is emptied meanwhile costs some
			t.Errorf("%s: %v allocations for 2,000 processes", name, n)
		}
	}
}

func crowd(n int) *monitor.Frame {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("%d %d worker-%d %d", i+1, i/5, i%50, i*7919%1000))
	}
	return machine(lines...)
}

func BenchmarkRows(b *testing.B) {
	f := crowd(3000)
	cpu, _ := ParseSort("cpu_percent")
	name, _ := ParseSort("name,-cpu_percent")
	expression, err := filter.Compile(`cpu_percent > 500 and user == "root"`)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		q    Query
	}{
		{"by-cpu-3000", Query{Sort: cpu}},
		{"by-name-3000", Query{Sort: name}},
		{"filtered-3000", Query{Sort: cpu, Filter: expression}},
		{"tree-3000", Query{Tree: true, Sort: cpu}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var dst []column.Row
			b.ReportAllocs()
			for b.Loop() {
				dst = c.q.Rows(dst[:0], f)
			}
		})
	}
}
