package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ptop/detect"
	"ptop/internal/filter"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/tree"
)

// incident is a report of a small machine, in which ptop has told this and that.
func incident(f *monitor.Frame) *life.Incident {
	in := &life.Incident{
		Shown: view.Shown{Frame: f, Query: view.Query{HideKernel: true}}, At: frameTime.Add(12 * time.Second), Watched: 90 * time.Second, Paused: true, Limits: "filter " + hostile,
		Said: []life.Said{{At: frameTime.Add(-time.Minute), Text: "▲ zombies growing"}, {At: frameTime.Add(5 * time.Second), Text: hostile + " (60): sent SIGTERM; it has ended"}},
	}
	if len(f.Findings) > 1 {
		in.Cleared = []life.Cleared{{At: frameTime.Add(-time.Second), Finding: f.Findings[1]}}
	}
	return in
}

func markdownOf(t *testing.T, in *life.Incident) string {
	t.Helper()
	var out bytes.Buffer
	if err := Incident(&out, "1.0", in); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestIncidentGolden(t *testing.T) {
	got := markdownOf(t, incident(frame()))
	path := filepath.Join("testdata", "incident.md")
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
}

// nasty are names that would be something else in Markdown, HTML or a terminal.
var nasty = []string{
	"a|b", "`rm`", "```", "``` `x", "x\n# heading", "\r\n\r\n- item", "<script>alert(1)</script>", "<!--", "&lt;b&gt;", "[x](http://evil)", "![x](http://evil/p.png)",
	"http://evil/", "**bold**", "__u__", "~~~", "~~gone~~", "\x1b[2J", "\x00nul", "\u202eevil", "$x$", `\`, `a\|b`, "| a | b |\n|---|---|", "    code", "  ", "\ttab", "\xff\xfe", hostile,
}

// shapes is the structure of a document: what its lines begin with, and how many cells those of tables have.
func shapes(text string) string {
	var out []string
	fenced := false
	for _, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			out = append(out, line)
		case fenced:
			out = append(out, "tree")
		case strings.HasPrefix(line, "|"):
			cells := regexp.MustCompile(`(^|[^\\])(\\\\)*\|`).FindAllString(line, -1)
			out = append(out, strings.Repeat("|", len(cells)))
		default:
			word, _, _ := strings.Cut(line, " ")
			if strings.HasPrefix(word, "-") || strings.HasPrefix(word, "#") || word == "" {
				out = append(out, word)
			} else {
				out = append(out, "text")
			}
		}
	}
	return strings.Join(out, "\n")
}

// Whatever a process calls itself, the report has the same headings, lists, tables and blocks.
func TestIncidentOfHostileNames(t *testing.T) {
	named := func(name string) *life.Incident {
		f := frame()
		for i := range f.Snap.Procs {
			p := &f.Snap.Procs[i]
			p.Comm, p.Cmdline, p.User = name, name+"\x00"+name, name
		}
		f.Snap.Host.Hostname, f.Snap.Host.Kernel, f.Problem, f.Snap.FallbackReason = name, name, name, name
		for i := range f.Findings {
			g := &f.Findings[i]
			g.Summary, g.Why, g.So, g.Subject.Name, g.Subject.Cmdline, g.Subject.User, g.Missing = name, name, name, name, name, name, []string{name}
			g.Evidence = []detect.Evidence{{Key: "name", Value: name, Source: name}, {Key: name, Value: []string{name}}}
			g.Remedies = []detect.Remedy{{Do: name, Risk: name, Command: name}}
		}
		in := incident(f)
		in.Limits, in.Said = name, []life.Said{{Text: name}}
		return in
	}
	want := shapes(markdownOf(t, named("plain")))
	for _, name := range nasty {
		text := markdownOf(t, named(name))
		if got := shapes(text); got != want {
			t.Errorf("%q bends the report from\n%s\nto\n%s", name, want, got)
		}
		outside := regexp.MustCompile("(?s)```text\n.*?\n```\n").ReplaceAllString(text, "")
		outside = regexp.MustCompile("(?m)^  `.*$").ReplaceAllString(outside, "")
		if found := regexp.MustCompile(`<[!a-z]|[^\\](\]\(|\*\*bold|~~gone|__u)|http:`).FindString(outside); found != "" {
			t.Errorf("%q: %q stands unescaped in the report:\n%s", name, found, outside)
		}
		if regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f\x{202e}]`).MatchString(text) || strings.ToValidUTF8(text, "") != text {
			t.Errorf("%q: a control character is in the report", name)
		}
	}
}

func TestCode(t *testing.T) {
	for s, want := range map[string]string{
		"kill 42": "`kill 42`", "a`b": "``a`b``", "`a`": "`` `a` ``", "a``b`c": "```a``b`c```", "": "`  `", "a\nb": "`a␊b`",
	} {
		if got := code(s); got != want {
			t.Errorf("%q becomes %s, want %s", s, got, want)
		}
	}
}

// A report stays readable where there is very much of something, and says what it leaves out.
func TestIncidentIsBounded(t *testing.T) {
	f := big(20000)
	parent := &f.Snap.Procs[0]
	for i := 1; i < len(f.Snap.Procs); i++ {
		f.Snap.Procs[i].PPID = parent.PID
		f.Snap.Procs[i].Cmdline = strings.Repeat("long ", 200)
		f.Findings = append(f.Findings, detect.Finding{Detector: "zombie", Summary: "it is dead", Subject: detect.Subject{ID: f.Snap.Procs[i].ID}, Culprit: &detect.Subject{ID: parent.ID}})
	}
	f.Forest = tree.Build(f.Snap, nil)
	in := incident(f)
	in.Said = make([]life.Said, 1000)
	text := markdownOf(t, in)
	if len(text) > 1<<20 {
		t.Errorf("the report has %d bytes", len(text))
	}
	for _, want := range []string{"19949 more findings", "(19979 more below it)", "25 of the 20000 processes", "older lines are left out"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%.3000s", want, text)
		}
	}
}

func TestIncidentTree(t *testing.T) {
	f := big(1)
	f.Snap.Procs = nil
	for pid := int32(1); pid <= 40; pid++ { // a chain, one process below the other
		f.Snap.Procs = append(f.Snap.Procs, proc(pid, pid-1, 'S', "deep", ""))
	}
	f.Snap.Procs = append(f.Snap.Procs, proc(50, 29, 'S', "beside", ""), proc(51, 29, 'S', "beside", ""))
	f.Rates = &pcb.RateSet{Procs: make([]pcb.Rates, len(f.Snap.Procs))}
	f.Forest = tree.Build(f.Snap, nil)
	f.Findings = []detect.Finding{
		{Detector: "stuck", Summary: "30 is stuck", Subject: detect.Subject{ID: f.Snap.Procs[29].ID}},
		{Detector: "stuck", Summary: "gone", Subject: detect.Subject{ID: pcb.ID{PID: 30, Start: 1}}},
	}
	text := markdownOf(t, incident(f))
	for _, want := range []string{"(17 ancestors above)\n18 S app deep", "30 S app deep  <- sick\n                        (beside it: 2 siblings)\n", "  40 S app deep", "It is not in the reading any more."} {
		if !strings.Contains(text, want) {
			t.Errorf("the tree lacks %q:\n%s", want, text)
		}
	}
}

// Of a machine of which nothing is known no figure is made up.
func TestIncidentOfTheUnknown(t *testing.T) {
	bare := &monitor.Frame{Snap: &pcb.Snapshot{Time: frameTime}, Rates: &pcb.RateSet{}}
	bare.Forest = tree.Build(bare.Snap, nil)
	text := markdownOf(t, &life.Incident{Shown: view.Shown{Frame: bare}, At: frameTime})
	for _, want := range []string{"| host | - |", "| memory | - |", "| load | - |", "| pressure: io | - |", "Nothing is sick, as far as could be seen.", "Nothing.\n", "nothing limits the table"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

// The busiest processes are those of the table's: what its filter hides is not among them.
func TestIncidentBusiest(t *testing.T) {
	f := frame()
	in := incident(f)
	var err error
	if in.Query.Filter, err = filter.Compile("sh"); err != nil {
		t.Fatal(err)
	}
	_, busiest, _ := strings.Cut(markdownOf(t, in), "## The busiest processes")
	busiest, _, _ = strings.Cut(busiest, "\n## ")
	first, second := strings.Index(busiest, "| 44 |"), strings.Index(busiest, "| 43 |")
	if first < 0 || second < first || strings.Contains(busiest, "\n| 1 |") {
		t.Errorf("the busiest are\n%s", busiest)
	}
}

func TestIncidentTellsWhatFails(t *testing.T) {
	if err := Incident(full{}, "", incident(frame())); !errors.Is(err, errFull) {
		t.Errorf("on a full disk: %v", err)
	}
}
