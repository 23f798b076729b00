package detect_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ptop/detect"
)

// ledgerPath is where `make diagnosis` has what the cases showed written.
var ledgerPath = flag.String("diagnosis", "", "write what ps, top and ptop say of each case to `FILE`")

func TestMain(m *testing.M) {
	flag.Parse()
	// The cases mostly sleep, and so do those who watch them: more than one for each CPU is no load.
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = flag.Set("test.parallel", "4")
	}
	code := m.Run()
	if *ledgerPath != "" && code == 0 {
		if err := os.WriteFile(*ledgerPath, []byte(cases.markdown()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// ledger is what every case showed.
type ledger struct {
	sync.Mutex
	lines map[string]ledgerLine // by the case's name
}

type ledgerLine struct {
	ps, top, ptop string
	after         time.Duration
	scale         float64
	silent        bool // nothing is to be told
}

var cases = ledger{lines: map[string]ledgerLine{}}

// enter notes what is said of a case now: by ptop this, or nothing.
func (l *ledger) enter(w *ward, f *detect.Finding) {
	if *ledgerPath == "" {
		return
	}
	line := ledgerLine{ps: w.ps(), top: w.top(), after: time.Since(w.began), scale: w.scale, silent: f == nil, ptop: "nothing"}
	if f != nil {
		what := f.Detector
		if f.Cause != "" {
			what += "/" + f.Cause
		}
		line.ptop = fmt.Sprintf("**%v %s** (%v): %s", f.Severity, what, f.Confidence, w.anonymous(f.Summary))
	}
	l.Lock()
	defer l.Unlock()
	l.lines[w.name] = line
}

// shown are the roles of a case of which ps and top are asked.
var shown = []string{"zombie", "main"}

// listed gives the pids that the table shows.
func (w *ward) listed() (pids []string) {
	for _, role := range shown {
		if pid := w.c.Has(role); pid != 0 && !slices.Contains(pids, strconv.Itoa(pid)) {
			pids = append(pids, strconv.Itoa(pid))
		}
	}
	return pids
}

func (w *ward) ps() string {
	out, _ := exec.Command("ps", "--no-headers", "-o", "stat:1,wchan:22,pcpu,comm", "-p", strings.Join(w.listed(), ",")).Output()
	return tidy(string(out))
}

func (w *ward) top() string {
	out, _ := exec.Command("top", "-b", "-n", "1", "-p", strings.Join(w.listed(), ",")).Output()
	_, rows, _ := strings.Cut(string(out), "COMMAND\n")
	var said []string
	for row := range strings.Lines(rows) {
		if field := strings.Fields(row); len(field) > 11 {
			said = append(said, strings.Join([]string{field[7], field[8], field[10], field[11]}, " "))
		}
	}
	return tidy(strings.Join(said, "\n"))
}

func tidy(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if words := strings.Join(strings.Fields(line), " "); words != "" {
			lines = append(lines, "`"+words+"`")
		}
	}
	return strings.Join(lines, "<br>")
}

var (
	number = regexp.MustCompile(`\((\d+)\)`)
	group  = regexp.MustCompile(`ptop-sick-\d+`)
)

// anonymous leaves out the pids: they are others each time.
func (w *ward) anonymous(text string) string {
	text = group.ReplaceAllString(text, "ptop-sick")
	return strings.ReplaceAll(number.ReplaceAllString(text, "(PID)"), "|", `\|`)
}

func (l *ledger) markdown() string {
	var b strings.Builder
	found, silent := 0, 0
	for _, line := range l.lines {
		if line.silent {
			silent++
		} else {
			found++
		}
	}
	fmt.Fprintf(&b, "# What ptop says of sick processes, and what others say\n\n"+
		"Written by `make diagnosis`, which makes each case for real, asks `ps -o stat,wchan,pcpu,comm` and `top` (state, CPU, time,\n"+
		"command) about its zombie and its main process, and watches until ptop has told what it should, or for a while in which it may say\n"+
		"nothing. The detectors' ages and holds are scaled as the last column says: with the defaults what depends on them takes\n"+
		"as much longer. %d sick cases were each told with the right detector, cause, severity and culprit; of %d healthy ones nothing was said\n"+
		"(the target fails otherwise, and writes nothing).\n\n"+
		"| case | ps says | top says | ptop says | after | scale |\n|---|---|---|---|---|---|\n", found, silent)
	names := slices.SortedFunc(maps.Keys(l.lines), func(x, y string) int {
		return cmp.Or(compareBools(l.lines[x].silent, l.lines[y].silent), cmp.Compare(x, y))
	})
	for _, name := range names {
		line := l.lines[name]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %.1f s | %g |\n", name, line.ps, line.top, line.ptop, line.after.Seconds(), line.scale)
	}
	return b.String()
}

func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}
