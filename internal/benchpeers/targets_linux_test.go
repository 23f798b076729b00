package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func verdicts(all []judged) map[string]string {
	m := make(map[string]string)
	for _, j := range all {
		m[j.what] = string(j.verdict) + " " + j.measured
	}
	return m
}

// The first ptop is judged, by medians; a limit that is just reached is met; what was not measured is neither.
func TestTargets(t *testing.T) {
	own := func(s series) *series { s.own = true; return &s }
	sizes := []size{
		{
			idle:    300,
			screens: []*series{own(series{name: "ptop", cpu: []float64{2, 2, 90}}), own(series{name: "ptop --source proc", cpu: []float64{50}}), {name: "top -d 1", cpu: []float64{8}}},
			shots:   []*series{own(series{name: "ptop", cpu: []float64{15}}), {name: "ps -eo pid", cpu: []float64{20}}, {name: "pstree -p", cpu: []float64{1}}},
			frames:  []*series{own(series{name: "ptop", wall: []float64{24.9}})},
		},
		{
			idle:    10000,
			screens: []*series{own(series{name: "ptop", cpu: []float64{30}, rss: []float64{26}}), {name: "top -d 1", cpu: []float64{100}}},
		},
	}
	want := map[string]string{
		"CPU of the screen at 300":               "met 0.250 × (2.00 ms, 8.00 ms)",
		"CPU of the screen at 3000":              "not measured -",
		"CPU of the screen at 10000":             "**not met** 0.300 × (30.0 ms, 100 ms)",
		"CPU of one `--json --delay 0` at 300":   "**not met** 0.750 × (15.0 ms, 20.0 ms)",
		"CPU of one `--json --delay 0` at 10000": "not measured -",
		"first picture at 300":                   "met 24.9 ms",
		"peak RSS of the screen at 10000":        "**not met** 26.0 MiB",
	}
	if diff := cmp.Diff(want, verdicts(targets(sizes, nil))); diff != "" {
		t.Error(diff)
	}
}

const goTest = `goos: linux
pkg: ptop/collect
BenchmarkScan/300/stat+status+cmdline-2         	     100	   9854321 ns/op	        1.240 ×floor	        19.00 floor-µs/proc	        23.00 µs/proc	     812 B/op	       9 allocs/op
BenchmarkScan/300/stat+status+cmdline-2         	     100	   9854321 ns/op	        1.400 ×floor	        19.00 floor-µs/proc	        25.00 µs/proc	     812 B/op	       9 allocs/op
BenchmarkScan/300/stat+status+cmdline-2         	     100	   9854321 ns/op	        1.320 ×floor	        19.00 floor-µs/proc	        24.00 µs/proc	     812 B/op	       9 allocs/op
BenchmarkScan/3000/stat+status+cmdline-2        	      10	  98543210 ns/op	        1.250 ×floor	        20.00 floor-µs/proc	        40.00 µs/proc	     812 B/op	       9 allocs/op
BenchmarkScan/300/threads-2                     	      10	  98543210 ns/op	        2.250 ×floor	     812 B/op	       9 allocs/op
BenchmarkFirstScan-2 	     200	   5000000 ns/op	        16.00 µs/proc
--- BENCH: BenchmarkFirstScan-2
    scan_linux_test.go:1: 2 processes of somebody
PASS
ok  	ptop/collect	12.3s
pkg: ptop/collect/bpf
BenchmarkIterator/10000 	     100	  12000000 ns/op	         1.200 µs/proc	     100 B/op	     200 allocs/op
PASS
`

func TestMarks(t *testing.T) {
	marks := parseMarks(goTest)
	var names []string
	for _, m := range marks {
		names = append(names, m.name)
	}
	if diff := cmp.Diff([]string{"Scan/300/stat+status+cmdline", "Scan/3000/stat+status+cmdline", "Scan/300/threads", "FirstScan", "Iterator/10000"}, names); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{
		"Scan/300/stat+status+cmdline":                                            "**not met** 1.32 × the floor",
		"Scan/3000/stat+status+cmdline":                                           "met 1.25 × the floor",
		"Scan/N/stat+status+cmdline: the dearest process by the cheapest, over N": "**not met** 1.67 ×",
		"Iterator/10000: time":                                                    "met 1.20 µs a process",
		"Iterator/10000: allocations":                                             "**not met** 0.020 a process",
	}
	if diff := cmp.Diff(want, verdicts(markTargets(marks))); diff != "" {
		t.Error(diff)
	}
	table := marksTable(marks)
	for _, want := range []string{"| 24.0 (23.0–25.0) |", "| FirstScan", "×floor"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}

// A document can be made of any part of a run.
func TestDocument(t *testing.T) {
	r := report{
		sizes:      []size{{idle: 300, processes: 400, floor: []*series{{name: "list", cpu: []float64{2}}}}},
		marksError: "go test: exit status 1",
	}
	text := r.document()
	for _, want := range []string{"## 300 idle processes, 400 in all", "Not complete: go test", "0.800", "not measured"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
