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
		{"warmup", 30, "s", "first part of a process's life that does not count"},
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

// leaks says of a gauge when it leaks.
type leaks struct {
	gauge gauge
	least func(p *Pass, from float64) float64 // by how much it must have risen from a figure
	ask   pcb.ProbeKinds
	rooms func(p *Pass, i int32) []room // the limits that a process runs into, as far as they are known
	stays bool                          // at its limit it stands still, as what is asked for is refused
}

// leak is a figure of a process that has only risen.
type leak struct {
	rise
	i       int32
	began   time.Duration // Snapshot clock
	slope   float64       // a second
	refused bool          // it is at its limit, and stands still
}

// suspects asks for evidence about those who leak.
func (k leaks) suspects(p *Pass) (want []pcb.ProbeRequest) {
	k.found(p, func(l *leak) { want = append(want, pcb.ProbeRequest{ID: p.proc(l.i).ID, Kinds: k.ask}) })
	return want
}

// found gives those whose gauge has only risen, and those told of who still may be at their limit.
func (k leaks) found(p *Pass, do func(*leak)) {
	for _, i := range p.History.climbing[k.gauge] {
		c := p.History.of(i).figures.climbs[k.gauge]
		if !p.judged(i) || batchJob(p.proc(i)) {
			continue
		}
		l := leak{i: i, began: c.began}
		near, long := p.Duration("window"), p.Duration("long_window")
		switch {
		case k.rises(p, &l, &c.near, near) || k.rises(p, &l, &c.far, long):
		case k.stays && p.active(p.proc(i).ID):
			l.rise, l.refused = c.near.over(near), true
		default:
			continue
		}
		do(&l)
	}
}

// rises reports whether a figure has only risen in a window, and does so still. One that is being told of needs less.
func (k leaks) rises(p *Pass, l *leak, t *trend, window time.Duration) bool {
	l.rise = t.over(window)
	r, q := &l.rise, p.proc(l.i)
	if r.seen < window*19/20 || r.readings < int(p.Param("readings")) || p.Snap.Age(q)-r.seen < p.Duration("warmup") {
		return false
	}
	if p.active(q.ID) {
		if r.grown() <= 0 || r.steady < p.Param("steady_clear") {
			return false
		}
	} else if r.steady < p.Param("steady") || !r.apart || r.late < p.Param("late") || r.grown() < k.least(p, r.from) {
		return false
	}
	l.slope = t.slope(window)
	return l.slope > 0
}

// judge gives the findings. tell words one, with the limit that is reached first; nil where none is known.
func (k leaks) judge(p *Pass, tell func(l *leak, f *Finding, nearest *room, left time.Duration)) (findings []Finding) {
	k.found(p, func(l *leak) {
		q := p.proc(l.i)
		f := Finding{
			Severity: Warning, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1,
			Since: p.Snap.Time.Add(l.began - p.Snap.Mono),
		}
		nearest, left := l.toward(k.rooms(p, l.i))
		if l.refused && (nearest == nil || nearest.percent() < p.Param("full")) {
			return // it has come to rest
		}
		if f.Severity = p.urgency(nearest, left); f.Severity == Warning && p.runByBuild(l.i, &f) {
			f.Severity = Info
		}
		tell(l, &f, nearest, left)
		findings = append(findings, f)
	})
	return findings
}

// urgency is the severity that the nearest limit makes.
func (p *Pass) urgency(nearest *room, left time.Duration) Severity {
	switch {
	case nearest == nil:
	case nearest.percent() >= p.Param("full"):
		return Critical
	case left > time.Duration(p.Param("soon")*float64(time.Hour)):
		return Info
	}
	return Warning
}

// toward finds the limit that is reached first at this pace, or of one that stands still that which is fullest.
func (l *leak) toward(rooms []room) (nearest *room, left time.Duration) {
	for k := range rooms {
		r := &rooms[k]
		if l.refused {
			if nearest == nil || r.percent() > nearest.percent() {
				nearest = r
			}
		} else if t, ok := untilFull(r.used, r.limit, l.slope); ok && (nearest == nil || t < left) {
			nearest, left = r, t
		}
	}
	return nearest, left
}

// course adds how the figure moved, from where it was read, and how near its limit is.
func (l *leak) course(f *Finding, source string, nearest *room, left time.Duration) {
	f.know("steady_percent", l.steady, source)
	f.know("watched_seconds", l.seen, source)
	if nearest != nil {
		f.know(nearest.evidence, nearest.percent(), nearest.source)
		f.know("time_to_limit_seconds", left, nearest.source)
	}
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
