package detect

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"ptop/pcb"
)

// leakParams are the parameters that the detectors of leaks share. least is by how much the figure must rise.
func leakParams(least Param, more ...Param) []Param {
	return append([]Param{
		{"window", 60, "s", "how long it must have risen"},
		{"long_window", 1800, "s", "how long one must have risen that rises too slowly to be told from the shorter window"},
		{"warmup", 20, "s", "first part of a process's life that does not count"},
		least,
		{"steady", 95, "%", "share of the window in which it must not have fallen"},
		{"steady_clear", 80, "%", "share below which it is over"},
		{"late", 50, "%", "pace in the last third of the window, of that in all of it, below which it comes to an end: a warm-up, a pool that fills"},
		{"readings", 6, "", "how often it must have been read in the window"},
		{"soon", 24, "h", "time to the limit above which it is info"},
		{"full", 90, "%", "use of the limit from which it is critical"},
		{paramClear, 30, "s", "how long it must be over"},
	}, more...)
}

// leak is a figure of a process that has only risen.
type leak struct {
	rise
	i     int32
	began time.Duration // Snapshot clock
	slope float64       // a second
}

// leaks gives those of whom a gauge has only risen. least is by how much it must have in a window that began with a figure.
func (p *Pass) leaks(g gauge, least func(from float64) float64) (found []leak) {
	for _, i := range p.History.climbing[g] {
		c := p.History.of(i).figures.climbs[g]
		if !p.judged(i) || batchJob(p.proc(i)) {
			continue
		}
		for _, t := range []struct {
			trend  *trend
			window time.Duration
		}{{&c.near, p.Duration("window")}, {&c.far, p.Duration("long_window")}} {
			r := t.trend.over(t.window)
			if !p.rises(i, &r, t.window, least) {
				continue
			}
			if slope := t.trend.slope(t.window); slope > 0 {
				found = append(found, leak{r, i, c.began, slope})
				break
			}
		}
	}
	return found
}

// rises reports whether a figure has only risen, and does so still. One that is being told of needs less.
func (p *Pass) rises(i int32, r *rise, window time.Duration, least func(from float64) float64) bool {
	q := p.proc(i)
	if r.seen < window*19/20 || r.readings < int(p.Param("readings")) || p.Snap.Age(q)-r.seen < p.Duration("warmup") {
		return false
	}
	if p.active(q.ID) {
		return r.grown() > 0 && r.steady >= p.Param("steady_clear")
	}
	return r.steady >= p.Param("steady") && r.apart && r.late >= p.Param("late") && r.grown() >= least(r.from)
}

// leakSuspects asks for evidence about those whose gauge has only risen.
func (p *Pass) leakSuspects(g gauge, kinds pcb.ProbeKinds, least func(from float64) float64) (want []pcb.ProbeRequest) {
	for _, l := range p.leaks(g, least) {
		want = append(want, pcb.ProbeRequest{ID: p.proc(l.i).ID, Kinds: kinds})
	}
	return want
}

// finding begins what is told of a leak.
func (l *leak) finding(p *Pass) Finding {
	q := p.proc(l.i)
	return Finding{
		Severity: Warning, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1,
		Since: p.Snap.Time.Add(l.began - p.Snap.Mono),
	}
}

// watched adds how the figure rose, from where it was read.
func (l *leak) watched(f *Finding, source string) {
	f.know("steady_percent", l.steady, source)
	f.know("watched_seconds", l.seen, source)
}

// toward finds the limit that is reached first at this pace, and makes the severity that of how near it is. It gives nil
// where none is known.
func (l *leak) toward(p *Pass, f *Finding, rooms []room) (nearest *room, left time.Duration) {
	for k := range rooms {
		r := &rooms[k]
		if t, ok := untilFull(r.used, r.limit, l.slope); ok && (nearest == nil || t < left) {
			nearest, left = r, t
		}
	}
	if nearest == nil {
		return nil, 0
	}
	use := 100 * nearest.used / nearest.limit
	f.know(nearest.evidence, use, nearest.source)
	f.know("time_to_limit_seconds", left, nearest.source)
	switch {
	case use >= p.Param("full"):
		f.Severity = Critical
	case left > time.Duration(p.Param("soon")*float64(time.Hour)):
		f.Severity = Info
	}
	return nearest, left
}

// restartFor is the remedy that gives everything back that leaked, until it leaks again.
func (p *Pass) restartFor(f *Finding, q *pcb.Process) Remedy {
	r := Remedy{Do: "restart " + f.Subject.label() + ", which gives all of it back for a while", Risk: "interrupts its work"}
	r.restart(&f.Subject, q)
	return r
}

// times says things with how many of each there are, most frequent first: "socket ×180".
func times(name string, n int) string { return name + " ×" + strconv.Itoa(n) }

// rate says how many of something a second, a minute or an hour: "20 descriptors a second".
func rate(perSecond float64, what string) string {
	n, span := perSecond, "a second"
	switch {
	case perSecond*60 < 1:
		n, span = perSecond*3600, "an hour"
	case perSecond < 1:
		n, span = perSecond*60, "a minute"
	}
	if n >= 10 {
		n = math.Round(n)
	}
	return short(n) + " " + what + " " + span
}

// threadNames says how the threads of a process are called, those with most of one name first; empty where they were not
// read.
func (p *Pass) threadNames(q *pcb.Process) (names []string) {
	counts := map[string]int{}
	threads := p.Snap.ThreadsOf(q)
	for k := range threads {
		name := threads[k].Comm
		if counts[name]++; counts[name] == 1 {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return counts[b] - counts[a] })
	names = names[:min(len(names), 3)]
	for k, name := range names {
		names[k] = times(name, counts[name])
	}
	return names
}

// profile is how to see what a program of a known runtime holds; nil for others.
func profile(q *pcb.Process, probe *pcb.Probe, jcmd, pprof string) *Remedy {
	switch {
	case q.Name() == "java":
		return &Remedy{Do: "see what it holds", Command: fmt.Sprintf("jcmd %d %s", q.PID, jcmd), Risk: "it stands still for a moment"}
	case in(probe, pcb.ProbeExe) && probe.GoBinary:
		return &Remedy{Do: "see what it holds, if it serves net/http/pprof: go tool pprof http://HOST:PORT/debug/pprof/" + pprof}
	}
	return nil
}
