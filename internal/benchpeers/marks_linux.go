package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// markRuns is how often each benchmark runs.
const markRuns = "3"

// addMarks runs the benchmarks of collect, once nothing else is measured. An error is in the report, too.
func (r *report) addMarks(ctx context.Context, pattern string) error {
	progress("the benchmarks of collect")
	out, err := benchmarks(ctx, pattern)
	r.marks = parseMarks(out)
	if err != nil {
		r.marksError = err.Error()
	}
	return err
}

// benchmarks runs them, and ends whatever they have left.
func benchmarks(ctx context.Context, pattern string) (string, error) {
	if err := adoptOrphans(); err != nil {
		return "", err
	}
	defer endOrphans()
	argv := []string{"go", "test", "-run", "^$", "-bench", pattern, "-benchmem", "-count", markRuns, "./collect/..."}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	err := cmd.Start()
	if err == nil {
		ended := make(chan struct{})
		go reapAdopted(cmd.Process.Pid, ended)
		err = cmd.Wait()
		close(ended)
	}
	return out.String(), explained(ctx, err, argv, failure(out.String()))
}

// failure is the first line of go test's output that tells of one.
func failure(out string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "FAIL") || strings.Contains(line, "panic:") {
			return line
		}
	}
	return ""
}

// mark is a benchmark: its figures by their units, of each run.
type mark struct {
	name    string // with what it is run for, without "Benchmark" and the number of CPUs
	figures map[string][]float64
}

// What go test calls a benchmark: Benchmark, the name, -GOMAXPROCS.
var markName = regexp.MustCompile(`^Benchmark(\S+?)(-\d+)?$`)

// parseMarks reads the output of go test -bench. Lines that are no result are passed over.
func parseMarks(out string) []*mark {
	var all []*mark
	byName := make(map[string]*mark)
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		name := markName.FindStringSubmatch(fields[0])
		if _, err := strconv.Atoi(fields[1]); name == nil || err != nil {
			continue
		}
		m := byName[name[1]]
		if m == nil {
			m = &mark{name[1], make(map[string][]float64)}
			byName[m.name] = m
			all = append(all, m)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if v, err := strconv.ParseFloat(fields[i], 64); err == nil {
				m.figures[fields[i+1]] = append(m.figures[fields[i+1]], v)
			}
		}
	}
	return all
}

// figure is the median of the runs in one unit.
func (m *mark) figure(unit string) (float64, bool) {
	v, ok := m.figures[unit]
	if !ok {
		return 0, false
	}
	return median(v), true
}

// A number that is a part of a benchmark's name is the number of processes.
var markSize = regexp.MustCompile(`/(\d+)(/|$)`)

// processes is the number of processes of a benchmark, 0 if its name has none.
func (m *mark) processes() float64 {
	if n := markSize.FindStringSubmatch(m.name); n != nil {
		v, _ := strconv.ParseFloat(n[1], 64)
		return v
	}
	return 0
}

// family is the name for any number of processes.
func (m *mark) family() string { return markSize.ReplaceAllString(m.name, "/N$2") }

// marksTable has a row for each benchmark and a column for each unit that one of them tells.
func marksTable(marks []*mark) string {
	units := []string{"µs/proc", "floor-µs/proc", "×floor", "ns/op", "B/op", "allocs/op"}
	for _, m := range marks {
		units = withNew(units, m.figures)
	}
	var used []string
	for _, unit := range units {
		for _, m := range marks {
			if _, ok := m.figures[unit]; ok {
				used = append(used, unit)
				break
			}
		}
	}
	var lines [][]string
	for _, m := range marks {
		line := []string{m.name}
		for _, unit := range used {
			line = append(line, ranged(m.figures[unit]))
		}
		lines = append(lines, line)
	}
	return table(append([]string{fmt.Sprintf("benchmark, median of %s", markRuns)}, used...), lines)
}
