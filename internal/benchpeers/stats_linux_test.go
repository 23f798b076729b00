package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(c.of); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.of, got, c.want)
		}
	}
}

func TestCells(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{number(0), "0.00"},
		{number(0.0625), "0.062"},
		{number(1.128), "1.13"},
		{number(12.34), "12.3"},
		{number(153.4), "153"},
		{ranged(nil), "-"},
		{ranged([]float64{2}), "2.00"},
		{ranged([]float64{3, 1, 2}), "2.00 (1.00–3.00)"},
		{ratio([]float64{1, 1, 9}, []float64{4}), "0.250 ×"},
		{ratio(nil, []float64{4}), "-"},
		{ratio([]float64{1}, []float64{0}), "-"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	got := table([]string{"what", "µs"}, [][]string{{"list", "0.75"}, {"×", "12.34"}})
	want := strings.Join([]string{
		"| what |    µs |",
		"|------|------:|",
		"| list |  0.75 |",
		"| ×    | 12.34 |",
		"",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Every ptop has a column that compares it with each program, and what is missing is no zero.
func TestCompared(t *testing.T) {
	got := compared("screen", []*series{
		{name: "ptop", own: true, source: "bpf", cpu: []float64{2, 1, 3}, rss: []float64{30}, ownRSS: []float64{22}},
		{name: "ptop --source proc", own: true, cpu: []float64{5}, rss: []float64{20}},
		{name: "top -d 1", cpu: []float64{8}},
	}, column{"CPU", cpuOf}, column{"RSS", rssOf})
	want := strings.Join([]string{
		"| screen                                      |              CPU | ptop by it | ptop --source proc by it |  RSS | ptop by it | ptop --source proc by it |",
		"|---------------------------------------------|-----------------:|-----------:|-------------------------:|-----:|-----------:|-------------------------:|",
		"| ptop (source bpf, first process 22.0 MiB)   | 2.00 (1.00–3.00) |     1.00 × |                   2.50 × | 30.0 |     1.00 × |                  0.667 × |",
		"| ptop --source proc                          |             5.00 |    0.400 × |                   1.00 × | 20.0 |     1.50 × |                   1.00 × |",
		"| top -d 1                                    |             8.00 |    0.250 × |                  0.625 × |    - |          - |                        - |",
		"",
	}, "\n")
	if squeeze(got) != squeeze(want) {
		t.Errorf("got\n%s", got)
	}
}

// squeeze makes one blank of several, and one line of several.
func squeeze(table string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(table), " "), "-", "")
}
