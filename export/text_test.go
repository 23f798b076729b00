package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
	"ptop/internal/view"
	"ptop/pcb"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain holds the time zone still: times in text are local.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

func columns(t *testing.T, list string) []*column.Column {
	t.Helper()
	out, err := column.Parse(list)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func testDetail(f *monitor.Frame) *pcb.Detail {
	used, score := int64(12), 7
	return &pcb.Detail{
		ID: f.Snap.Procs[1].ID, Args: []string{"/srv/checkout-agent", "--workers", "8"}, Environ: []string{"SECRET=1"}, Cwd: "/", Exe: "/srv/" + hostile,
		Files: []pcb.OpenFile{{FD: 0, Target: "/dev/null", Kind: "dev", Flags: "r"}, {FD: 3, Target: "socket:[7]", Kind: "socket", Flags: "rw"}}, FilesTotal: 12,
		Sockets:    []pcb.Socket{{FD: 3, Proto: "tcp", Local: "0.0.0.0:80", State: "LISTEN", Inode: 7}},
		ThreadList: f.Snap.Threads, Maps: pcb.MapsSummary{Count: 30, Size: 1 << 30, HaveRollup: true, RSS: 1 << 20},
		Limits:     []pcb.Limit{{Name: "open files", Soft: 1024, Hard: -1, Unit: "files", Used: &used}},
		Namespaces: []pcb.Namespace{{Kind: "pid", Inode: 1, Own: true}, {Kind: "net", Inode: 2}},
		CgroupPath: []string{"0::/docker/0123"}, CgroupFigures: []pcb.CgroupFigure{{Name: "memory.max", Value: "512 MiB"}},
		WChan: "do_epoll_wait", Syscall: "epoll_wait(4)", Stack: []string{"do_epoll_wait", "entry"}, OOMScore: &score,
		Problems: map[pcb.DetailPart]string{pcb.PartEnviron: "not permitted"},
	}
}

// forms is every text form of the same Frame.
func forms(t *testing.T) map[string]func(*Writer) error {
	f := frame()
	sick := func(w *Writer) error {
		_, err := w.Check(f, Checking{Detectors: []*detect.Detector{{ID: "zombie"}}})
		return err
	}
	return map[string]func(*Writer) error{
		"table":    func(w *Writer) error { return w.Table(f) },
		"csv":      func(w *Writer) error { return w.CSV(f) },
		"findings": func(w *Writer) error { return w.Findings(f) },
		"check":    sick,
		"explain":  func(w *Writer) error { return w.Explain(f, testDetail(f)) },
	}
}

func text(t *testing.T, opt Options, write func(*Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(NewWriter(&out, opt)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	all := forms(t)
	user, _ := column.ByID("user")
	for _, c := range []struct {
		name, form string
		opt        Options
	}{
		{"table", "table", Options{Version: "1.0"}},
		{"table-narrow", "table", Options{Width: 80, NoHeaders: true}},
		{"table-threads", "table", Options{NoHeaders: true, Query: &view.Query{Threads: true}}},
		{"table-groups", "table", Options{NoHeaders: true, Query: &view.Query{GroupBy: user}}},
		{"tree", "table", Options{Version: "1.0", Query: &view.Query{Tree: true}, Columns: columns(t, "pid,state,command")}},
		{"tree-ascii", "table", Options{NoHeaders: true, ASCII: true, Query: &view.Query{Tree: true}, Columns: columns(t, "pid,state,command")}},
		{"csv", "csv", Options{Columns: columns(t, "pid,name,cpu_percent,wait_percent,start_time,kernel_thread,cmdline")}},
		{"csv-terminal", "csv", Options{Terminal: true, NoHeaders: true, Columns: columns(t, "pid,name")}},
		{"csv-tree", "csv", Options{Query: &view.Query{Tree: true}, Columns: columns(t, "pid,ppid,command")}},
		{"csv-stream", "csv", Options{Columns: columns(t, "pid,signals_caught"), Stream: true}},
		{"findings", "findings", Options{}},
		{"findings-narrow", "findings", Options{Width: 72, ASCII: true}},
		{"check", "check", Options{}},
		{"explain", "explain", Options{Width: 110}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := text(t, c.opt, all[c.form])
			path := filepath.Join("testdata", c.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Whatever a process calls itself, no form of text lets it drive the terminal or forge a line.
func TestNoTextDrivesTheTerminal(t *testing.T) {
	calm := frame()
	for i := range calm.Snap.Procs {
		calm.Snap.Procs[i].Comm = "evil"
	}
	for name, write := range forms(t) {
		for _, ascii := range []bool{false, true} {
			got := text(t, Options{ASCII: ascii, Width: 100, Terminal: true}, write)
			for _, r := range strings.ReplaceAll(got, "\r\n", "\n") {
				if r != '\n' && (!unicode.IsPrint(r) || ascii && r > '~' && name != "csv") {
					t.Errorf("%s has %U", name, r)
				}
			}
			for line := range strings.Lines(got) {
				if strings.HasPrefix(line, "1 root") {
					t.Errorf("%s has a forged line", name)
				}
				if cells := sanitize.Width(strings.TrimRight(line, "\r\n")); cells > 100 && name != "csv" && name != "check" {
					t.Errorf("%s has a line of %d cells", name, cells)
				}
			}
		}
	}
}

// What goes into CSV comes out of it, whatever it is.
func TestCSVIsRaw(t *testing.T) {
	f := frame()
	f.Snap.Procs[1].Comm, f.Snap.Procs[2].Comm = "a\r\nb \"c\", d\n\x1b[0m", ""
	got := text(t, Options{NoHeaders: true, Columns: columns(t, "comm")}, func(w *Writer) error { return w.CSV(f) })
	want := "systemd\r\n\"a\r\nb \"\"c\"\", d\n\x1b[0m\"\r\n\"\"\r\nsh\r\n"
	if !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q…", got, want)
	}
}

// One long text does not make its whole column wide in a pipe, where nothing is cut.
func TestWideTextsInAPipe(t *testing.T) {
	f := frame()
	f.Snap.Procs[1].Cmdline = strings.Repeat("x", 4000)
	got := text(t, Options{NoHeaders: true, Columns: columns(t, "cmdline,pid")}, func(w *Writer) error { return w.Table(f) })
	if len(got) > 5000 || !strings.Contains(got, strings.Repeat("x", 4000)) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestStreamOfTables(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Options{Stream: true, Columns: columns(t, "pid")})
	for range 2 {
		if err := w.CSV(frame()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "sample_time"); n != 1 {
		t.Errorf("%d headings in a stream of CSV", n)
	}
	out.Reset()
	w = NewWriter(&out, Options{})
	for range 2 {
		if err := w.Table(frame()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "\n\nptop "); n != 1 {
		t.Errorf("%d gaps between two tables", n)
	}
}

func TestNothingFound(t *testing.T) {
	f := frame()
	f.Findings, f.Snap.Coverage, f.Snap.Events = nil, pcb.Coverage{}, nil
	got := text(t, Options{}, func(w *Writer) error { return w.Findings(f) })
	if got != "OK    nothing is sick among 7 processes\n" {
		t.Errorf("%q", got)
	}
}

func TestCheckStates(t *testing.T) {
	detectors := []*detect.Detector{{ID: "zombie", Needs: pcb.FieldStat}, {ID: "orphan", Needs: pcb.FieldStat}, {ID: "ctx-storm", Needs: pcb.FieldOnCPU}}
	finding := func(id string, s detect.Severity) detect.Finding {
		return detect.Finding{Detector: id, Severity: s, Summary: id + " | found"}
	}
	for _, c := range []struct {
		name     string
		findings []detect.Finding
		failOn   string
		problem  string
		empty    bool
		want     State
		line     string
	}{
		{"nothing", nil, "zombie,orphan", "", false, StateOK, "PTOP OK - no zombie, no orphan among 7 processes | critical=0;;;0 "},
		{"not evaluated", nil, "", "", false, StateUnknown, "PTOP UNKNOWN - not evaluated: ctx-storm; what that needs could not be read of 7 of 7 processes | "},
		{"not evaluated, but found", []detect.Finding{finding("zombie", detect.Warning)}, "", "", false, StateWarning, "PTOP WARNING - 1 finding: zombie / found | "},
		{"info does not count", []detect.Finding{finding("zombie", detect.Info)}, "zombie", "", false, StateOK, "PTOP OK - no zombie worse than info among 7 processes | "},
		{"info counts when asked", []detect.Finding{finding("zombie", detect.Info)}, "zombie:info", "", false, StateWarning, ""},
		{"warning below critical", []detect.Finding{finding("orphan", detect.Warning)}, "orphan:critical", "", false, StateOK, "PTOP OK - no orphan worse than warning among 7 processes | "},
		{"another detector", []detect.Finding{finding("ctx-storm", detect.Critical)}, "zombie", "", false, StateOK, "PTOP OK - no zombie among 7 processes | critical=1;;;0 "},
		{"the worst", []detect.Finding{finding("orphan", detect.Critical), finding("zombie", detect.Warning)}, "zombie,orphan:warning", "", false, StateCritical, "PTOP CRITICAL - 2 findings, the worst: orphan / found"},
		{"an old reading", nil, "zombie", "collect: no /proc", false, StateUnknown, "PTOP UNKNOWN - collect: no /proc |"},
		{"no process", nil, "zombie", "", true, StateUnknown, "PTOP UNKNOWN - no process could be read |"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := frame()
			f.Findings, f.Problem = c.findings, c.problem
			if c.empty {
				f.Snap.Procs = nil
			}
			on, err := ParseFailOn(c.failOn, detectors)
			if err != nil {
				t.Fatal(err)
			}
			var state State
			got := text(t, Options{}, func(w *Writer) (err error) {
				state, err = w.Check(f, Checking{Detectors: detectors, FailOn: on})
				return err
			})
			if state != c.want || !strings.HasPrefix(got, c.line) {
				t.Errorf("%s: %q", state, got)
			}
			first, details, _ := strings.Cut(got, "\n")
			if strings.Count(first, "|") != 1 || strings.Contains(details, "|") {
				t.Errorf("bars stand where performance data do not begin: %q", got)
			}
		})
	}
	for in, want := range map[string]string{"zombi": "did you mean zombie?", "zombie:bad": `unknown severity "bad"`, "": "", "xyzzyx": "want zombie, orphan, ctx-storm"} {
		if _, err := ParseFailOn(in, detectors); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// What was not seen is not healthy.
func TestCheckOfWhatCouldNotBeSeen(t *testing.T) {
	zombie := []*detect.Detector{{ID: "zombie", Needs: pcb.FieldStat}}
	for _, c := range []struct {
		name   string
		denied int // processes that refuse their state
		hidden bool
		query  view.Query
		strict bool
		want   string
	}{
		{"all", 0, false, view.Query{}, false, "PTOP OK - nothing is sick among 7 processes | critical=0;;;0 warning=0;;;0 zombies=2;;;0 processes=7;;;0;32768 threads=7;;;0 load1"},
		{"less than half", 3, false, view.Query{}, false, "PTOP OK - nothing is sick among 7 processes | critical=0;;;0 warning=0;;;0 load1"},
		{"most", 4, false, view.Query{}, false, "PTOP UNKNOWN - not evaluated: zombie; what that needs could not be read of 4 of 7 processes | critical=0;;;0 warning=0;;;0 load1"},
		{"most, of the others", 4, false, view.Query{PIDs: []int32{60}}, false, "PTOP OK - nothing is sick among 1 process |"},
		{"hidden", 0, true, view.Query{}, false, "PTOP UNKNOWN - others' processes are hidden (hidepid): run the check as root | critical=0;;;0 warning=0;;;0 load1"},
		{"hidden, but not these", 0, true, view.Query{PIDs: []int32{42}}, false, "PTOP OK - nothing is sick among 1 process |"},
		{"perhaps hidden", 0, true, view.Query{User: "www"}, false, "PTOP UNKNOWN - others' processes are hidden"},
		{"nobody", 0, false, view.Query{User: "www"}, false, "PTOP OK - nothing is sick among 0 processes |"},
		{"strict", 0, false, view.Query{}, true, "PTOP OK - nothing is sick"},
		{"strict, in part", 1, false, view.Query{}, true, "PTOP UNKNOWN - not all could be seen, and that is asked for (--strict) |"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := frame()
			f.Findings, f.Snap.Coverage = nil, pcb.Coverage{HidePID: c.hidden, DeniedFields: c.denied}
			for i := range f.Snap.Procs {
				p := &f.Snap.Procs[i]
				p.Have, p.Denied = p.Have|pcb.FieldStat, 0
				if i < c.denied {
					p.Have, p.Denied = 0, pcb.FieldStat
				}
			}
			got := text(t, Options{Query: &c.query}, func(w *Writer) error {
				_, err := w.Check(f, Checking{Detectors: zombie, Strict: c.strict})
				return err
			})
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%q, want %q…", got, c.want)
			}
		})
	}
}

func TestCheckTellsNoUntruth(t *testing.T) {
	f := frame()
	f.Findings = f.Findings[1:] // of severity info
	got := text(t, Options{}, func(w *Writer) error {
		_, err := w.Check(f, Checking{})
		return err
	})
	if !strings.HasPrefix(got, "PTOP OK - nothing worse than info among 7 processes |") {
		t.Errorf("%q", got)
	}
}

func TestExplainJSON(t *testing.T) {
	f := frame()
	doc := text(t, Options{}, func(w *Writer) error { return w.ExplainJSON(f, testDetail(f)) })
	m := valid(t, compiledFor(t, "#/$defs/explanation"), []byte(doc))
	if strings.Contains(doc, "SECRET") {
		t.Error("the environment is exported")
	}
	if m["detail"].(map[string]any)["limits"].([]any)[0].(map[string]any)["hard_unlimited"] != true {
		t.Errorf("limits: %v", m["detail"])
	}
	gone := testDetail(f)
	gone.ID.Start++
	if err := NewWriter(&bytes.Buffer{}, Options{}).Explain(f, gone); err == nil {
		t.Error("another bearer of the pid is explained")
	}
}

// What the detector holds of an adoption is said as the origin, and its verdict, of the process that was followed only.
func TestExplainStanding(t *testing.T) {
	f := frame()
	standing := detect.Standing{ID: f.Snap.Procs[1].ID, Origin: "adopted by 1 (systemd)", Verdict: "no orphan: a daemon"}
	explained := func() (string, map[string]any) {
		f.Standing = &standing
		doc := text(t, Options{}, func(w *Writer) error { return w.ExplainJSON(f, testDetail(f)) })
		return text(t, Options{}, func(w *Writer) error { return w.Explain(f, testDetail(f)) }), valid(t, compiledFor(t, "#/$defs/explanation"), []byte(doc))
	}
	words, m := explained()
	if !strings.Contains(words, "origin    adopted by 1 (systemd); has called exec") || !strings.Contains(words, "orphan    no orphan: a daemon") {
		t.Error(words)
	}
	if m["orphan"] != standing.Verdict || !strings.HasPrefix(m["origin"].(string), standing.Origin) {
		t.Errorf("%v, %v", m["orphan"], m["origin"])
	}
	standing.ID.PID++
	if words, m := explained(); strings.Contains(words, "adopted") || m["orphan"] != nil {
		t.Error("the standing of another is told")
	}
}

// Whatever the texts of a process are, JSON is valid, CSV has its fields, and a terminal is safe from the rest.
func FuzzForms(f *testing.F) {
	f.Add(hostile, "/bin/x\x00\xff\x00", "joe", "box")
	f.Add("", "\x00\x00", "a,b", "\"\r\n")
	f.Fuzz(func(t *testing.T, comm, cmdline, user, box string) {
		machine := frame()
		p := &machine.Snap.Procs[1]
		p.Comm, p.Cmdline, p.User, p.Container = comm, cmdline, user, &pcb.Container{Name: box, ID: box}
		machine.Findings[0].Subject.Name = comm
		if doc := text(t, Options{}, func(w *Writer) error { return w.JSON(machine) }); !json.Valid([]byte(doc)) || strings.Count(doc, "\n") != 1 {
			t.Fatalf("no JSON on one line: %s", doc)
		}
		rows, err := csv.NewReader(strings.NewReader(text(t, Options{}, func(w *Writer) error { return w.CSV(machine) }))).ReadAll()
		if err != nil || len(rows) != 8 {
			t.Fatalf("%d rows of CSV, %v", len(rows), err)
		}
		for _, write := range []func(*Writer) error{
			func(w *Writer) error { return w.Table(machine) }, func(w *Writer) error { return w.Findings(machine) },
			func(w *Writer) error { return w.Explain(machine, testDetail(machine)) },
		} {
			for _, r := range text(t, Options{Width: 60}, write) {
				if r != '\n' && !unicode.IsPrint(r) && !unicode.IsMark(r) {
					t.Fatalf("%U reaches the terminal", r)
				}
			}
		}
	})
}

// The first line of a check is short, whatever a finding says, and tells how many findings each detector has.
func TestCheckHeadline(t *testing.T) {
	f := frame()
	f.Findings[0].Summary = strings.Repeat("zombies of a very long name ", 40)
	got := text(t, Options{}, func(w *Writer) error {
		_, err := w.Check(f, Checking{})
		return err
	})
	first, rest, _ := strings.Cut(got, "\n")
	headline, perf, _ := strings.Cut(first, " | ")
	if len(headline) > 200+len("…") || !strings.Contains(perf, " findings_orphan=1;;;0 findings_zombie=1;;;0 ") || !strings.Contains(rest, f.Findings[0].Summary[:400]) {
		t.Errorf("%q, %q", headline, perf)
	}
}

func TestEventsText(t *testing.T) {
	f := frame()
	var out bytes.Buffer
	w := NewWriter(&out, Options{})
	if err := w.EventsText(f); err != nil {
		t.Fatal(err)
	}
	if said := out.String(); !strings.HasPrefix(said, "2026-01-02 03:04:05 appeared\nCRIT  zombies growing") || !strings.Contains(said, "\n\n2026-01-02 03:04:05 appeared\nINFO  orphan") {
		t.Error(said)
	}
	out.Reset()
	f.Events = []detect.Event{{What: detect.Cleared, Finding: f.Findings[0], Lasted: time.Minute}}
	f.Findings = f.Findings[1:]
	if err := w.EventsText(f); err != nil {
		t.Fatal(err)
	}
	if said := out.String(); !strings.HasPrefix(said, "\n2026-01-02 03:04:05 cleared after 1m00s: zombies growing") || strings.Count(said, "\n") != 2 {
		t.Error(said)
	}
}

// Whatever detector a finding is of, --fail-on minds it, and the answer tells its cause and what to do.
func TestFailOnEveryDetector(t *testing.T) {
	for _, d := range detect.All {
		f := frame()
		f.Findings[0].Detector, f.Findings[0].Severity, f.Findings[0].Cause = d.ID, detect.Warning, "because"
		on, err := ParseFailOn(d.ID, detect.All)
		if err != nil {
			t.Fatal(err)
		}
		for severity, want := range map[detect.Severity]State{detect.Info: StateOK, detect.Warning: StateWarning, detect.Critical: StateCritical} {
			f.Findings[0].Severity = severity
			state := StateUnknown
			got := text(t, Options{}, func(w *Writer) (err error) {
				state, err = w.Check(f, Checking{Detectors: []*detect.Detector{{ID: d.ID}}, FailOn: on})
				return err
			})
			if state != want || want != StateOK && (!strings.Contains(got, d.ID+", because; cause proved") || !strings.Contains(got, "restart 42")) {
				t.Errorf("%s, %v: %v, want %v\n%s", d.ID, severity, state, want, got)
			}
		}
	}
}
