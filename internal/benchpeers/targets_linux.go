package main

import (
	"fmt"
	"strings"
)

// judged is a target beside what was measured.
type judged struct {
	what, target, measured string
	verdict                verdict
}

type verdict string

const (
	met        verdict = "met"
	notMet     verdict = "**not met**"
	unmeasured verdict = "not measured"
)

// atMost judges a figure by its limit.
func atMost(figure, limit float64) verdict {
	if figure <= limit {
		return met
	}
	return notMet
}

// targets judges ptop as it is called, the first of the variants.
func targets(sizes []size, marks []*mark) []judged {
	var all []judged
	for _, n := range []int{300, 3000, 10000} {
		all = append(all, share(fmt.Sprintf("CPU of the screen at %d", n), 0.25, "top's", screensAt(sizes, n), "top"))
	}
	for _, n := range []int{300, 10000} {
		all = append(all, share(fmt.Sprintf("CPU of one `--json --delay 0` at %d", n), 0.7, "ps's", shotsAt(sizes, n), "ps"))
	}
	all = append(all,
		figure("first picture at 300", 25, "ms", wallOf(first(framesAt(sizes, 300), ""))),
		figure("peak RSS of the screen at 10000", 25, "MiB", rssOf(first(screensAt(sizes, 10000), ""))))
	return append(all, markTargets(marks)...)
}

// share judges ptop's CPU time by a part of a peer's.
func share(what string, limit float64, whose string, all []*series, peer string) judged {
	j := judged{what, fmt.Sprintf("≤ %s × %s", number(limit), whose), "-", unmeasured}
	own, other := first(all, ""), first(all, peer)
	if own == nil || other == nil || len(own.cpu) == 0 || len(other.cpu) == 0 {
		return j
	}
	mine, theirs := median(own.cpu), median(other.cpu)
	j.measured = fmt.Sprintf("%s × (%s ms, %s ms)", number(mine/theirs), number(mine), number(theirs))
	j.verdict = atMost(mine, limit*theirs)
	return j
}

// figure judges a median.
func figure(what string, limit float64, unit string, v []float64) judged {
	j := judged{what, fmt.Sprintf("≤ %g %s", limit, unit), "-", unmeasured}
	if len(v) > 0 {
		j.measured, j.verdict = number(median(v))+" "+unit, atMost(median(v), limit)
	}
	return j
}

// markTargets judges the benchmarks by what they are called and tell: a scan of /proc files (named after them) by its floor, the
// task iterator by its time and allocations at 10,000, and what is measured at several numbers of processes by its constancy.
func markTargets(marks []*mark) []judged {
	var all []judged
	byFamily := make(map[string][]float64)
	var families []string
	for _, m := range marks {
		parts := strings.Split(m.name, "/")
		if times, ok := m.figure("×floor"); ok && strings.HasPrefix(parts[len(parts)-1], "stat") {
			all = append(all, figure(m.name, 1.3, "× the floor", []float64{times}))
		}
		us, ok := m.figure("µs/proc")
		if !ok || m.processes() == 0 {
			continue
		}
		if strings.Contains(m.name, "Iterat") && m.processes() == 10000 {
			all = append(all, figure(m.name+": time", 1.5, "µs a process", []float64{us}))
			if n, ok := m.figure("allocs/op"); ok {
				all = append(all, figure(m.name+": allocations", 0.01, "a process", []float64{n / m.processes()}))
			}
		}
		if byFamily[m.family()] == nil {
			families = append(families, m.family())
		}
		byFamily[m.family()] = append(byFamily[m.family()], us)
	}
	for _, name := range families {
		if v := byFamily[name]; len(v) > 1 {
			all = append(all, figure(name+": the dearest process by the cheapest, over N", 1.5, "×", []float64{spread(v)}))
		}
	}
	return all
}
