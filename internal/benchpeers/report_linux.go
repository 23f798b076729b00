package main

import (
	"fmt"
	"strings"
)

// report is everything that one run has found.
type report struct {
	options
	machine, versions [][]string
	sizes             []size
	marks             []*mark
	marksError        string // why the benchmarks are missing or not complete; "" if they are
}

// size is what was measured beside one number of idle processes.
type size struct {
	idle, processes               int // processes: all that /proc listed
	screens, shots, frames, floor []*series
}

// document is the whole report as Markdown.
func (r *report) document() string {
	var out strings.Builder
	fmt.Fprintf(&out, `# ptop beside its peers

Written by `+"`make bench-peers`"+`. Each table is of one run on one machine, the programs in turn with each other on the same load:
idle processes, one in a hundred of them a zombie, and %d that are always busy. A figure is the median of its runs, with the lowest and
the highest. Times depend on the machine and on what else it does; ratios do so less.

CPU time is that of the processes' own clocks, the terminal's not counted; of ptop it is the sum over its two. The screens are
%d×%d in tmux, at a delay of 1 s, with no configuration of the user's, and measured for %g s in each of %d rounds after %g s of warm-up.
Peak RSS is VmHWM, added up over the processes; what they share counts for each. One-shot programs write to /dev/null, in %d rounds.
The first picture is in a terminal when it shows the heading and %d processes; %d rounds. The floor is a C program that opens, reads and closes,
and looks at nothing.

## The machine

`, busy, columns, rows, r.each.Seconds(), r.rounds, warmUp.Seconds(), shotRuns, frameRows, frameRuns)
	out.WriteString(table([]string{"what", "which"}, append(r.machine, r.versions...)) + "\n")
	for _, s := range r.sizes {
		out.WriteString(s.tables())
	}
	out.WriteString(r.conclusion())
	return out.String()
}

// conclusion is what follows from all sizes.
func (r *report) conclusion() string {
	var out strings.Builder
	out.WriteString("## The benchmarks of collect\n\n")
	if r.marksError != "" {
		out.WriteString("Not complete: " + r.marksError + "\n\n")
	}
	out.WriteString(marksTable(r.marks) + "\n## Targets\n\n")
	var lines [][]string
	for _, j := range targets(r.sizes, r.marks) {
		lines = append(lines, []string{j.what, j.target, j.measured, string(j.verdict)})
	}
	out.WriteString(table([]string{"what", "target", "measured", "met"}, lines))
	return out.String()
}

// tables shows one size.
func (s size) tables() string {
	var out strings.Builder
	fmt.Fprintf(&out, "## %d idle processes, %d in all\n\n", s.idle, s.processes)
	out.WriteString(s.screenTable() + "\n")
	out.WriteString(compared("one shot", s.shots, column{"CPU, ms", cpuOf}, column{"to its end, ms", wallOf}) + "\n")
	out.WriteString(compared("first picture", s.frames, column{"ms", wallOf}) + "\n")
	var lines [][]string
	for _, f := range s.floor {
		lines = append(lines, []string{f.name, ranged(f.cpu), number(median(f.cpu) * float64(s.processes) / 1000)})
	}
	out.WriteString(table([]string{"the floor of /proc", "CPU, µs a process", "ms a scan"}, lines) + "\n")
	return out.String()
}

// screenTable has beside the programs what a scan of /proc in each second would take at least.
func (s size) screenTable() string {
	all := s.screens
	for _, f := range s.floor {
		scan := &series{name: "the floor: " + f.name}
		for _, us := range f.cpu {
			scan.cpu = append(scan.cpu, us*float64(s.processes)/1000)
		}
		all = append(all[:len(all):len(all)], scan)
	}
	return compared("screen", all, column{"CPU, ms a second", cpuOf}, column{"peak RSS, MiB", rssOf})
}

// column is a figure with its heading.
type column struct {
	heading string
	of      func(*series) []float64
}

func cpuOf(s *series) []float64  { return figures(s, func(s *series) []float64 { return s.cpu }) }
func wallOf(s *series) []float64 { return figures(s, func(s *series) []float64 { return s.wall }) }
func rssOf(s *series) []float64  { return figures(s, func(s *series) []float64 { return s.rss }) }

// figures of no series are none.
func figures(s *series, of func(*series) []float64) []float64 {
	if s == nil {
		return nil
	}
	return of(s)
}

// compared has a row for each program, with each figure of it and what every ptop's is as a multiple of it.
func compared(title string, all []*series, figures ...column) string {
	heading := []string{title}
	for _, c := range figures {
		heading = append(heading, c.heading)
		for _, s := range all {
			if s.own {
				heading = append(heading, s.name+" by it")
			}
		}
	}
	var lines [][]string
	for _, s := range all {
		line := []string{s.label()}
		for _, c := range figures {
			line = append(line, ranged(c.of(s)))
			for _, own := range all {
				if own.own {
					line = append(line, ratio(c.of(own), c.of(s)))
				}
			}
		}
		lines = append(lines, line)
	}
	return table(heading, lines)
}

// label is the name with what only ptop has: its source, and its first process's part of the memory.
func (s *series) label() string {
	var notes []string
	if s.source != "" {
		notes = append(notes, "source "+s.source)
	}
	if s.own && len(s.ownRSS) > 0 {
		notes = append(notes, "first process "+number(median(s.ownRSS))+" MiB")
	}
	if len(notes) == 0 {
		return s.name
	}
	return s.name + " (" + strings.Join(notes, ", ") + ")"
}

func at(sizes []size, n int, of func(size) []*series) []*series {
	for _, s := range sizes {
		if s.idle == n {
			return of(s)
		}
	}
	return nil
}

func screensAt(sizes []size, n int) []*series {
	return at(sizes, n, func(s size) []*series { return s.screens })
}

func shotsAt(sizes []size, n int) []*series {
	return at(sizes, n, func(s size) []*series { return s.shots })
}

func framesAt(sizes []size, n int) []*series {
	return at(sizes, n, func(s size) []*series { return s.frames })
}
