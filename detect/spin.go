package detect

import (
	"time"

	"ptop/pcb"
)

// spinParams are the parameters of the two detectors of spinning threads, which differ in where the time goes.
var spinParams = []Param{
	{"demand", 85, "%", "demand of the hottest thread (CPU time and waiting for a CPU) that it must keep to for nine tenths of the window"},
	{"demand_clear", 60, "%", "demand below which it is over"},
	{"got", 5, "%", "CPU that it must have got over the window: of one that got none only that it waits can be told"},
	{"switches", 50, "/s", "voluntary context switches below which a thread counts as never pausing"},
	{"system", 50, "%", "share of CPU time in the kernel that makes it syscall-spin rather than runaway-cpu"},
	{"window", 60, "s", "how long it must last"},
	{paramClear, 30, "s", "how long it must be over"},
}

// spin is a thread that never pauses.
type spin struct {
	use
	demand   float64 // now, percent
	lifetime float64 // over its whole life, percent; NaN when unknown
	age      time.Duration
	watched  bool // the window was watched; else its lifetime proves it
}

// spinning reports whether the hottest thread of a process has never paused for the whole window: as watched or, before
// that is possible, by what the kernel counted since the thread began. One that is being told of needs less.
func (p *Pass) spinning(i int32) (s spin, ok bool) {
	r := &p.Rates.Procs[i]
	window := p.Duration("window")
	raise := p.Param("demand")
	s.use = p.History.of(i).watch.over(window)
	s.demand = r.HotDemand
	s.lifetime, s.age = p.lifetime(i)
	s.watched = s.seen >= window*19/20
	if s.seen == 0 || !p.judged(i) {
		return s, false
	}
	if p.active(p.proc(i).ID) {
		return s, s.demand >= p.Param("demand_clear")
	}
	if s.switches >= p.Param("switches") || s.got < p.Param("got") {
		return s, false
	}
	if s.watched {
		return s, s.low >= raise
	}
	return s, s.demand >= raise && s.low >= raise && s.age >= window && s.lifetime >= raise
}

// lifetime gives the demand of a process's hottest thread over its whole life, and how long that is.
func (p *Pass) lifetime(i int32) (demand float64, age time.Duration) {
	q := p.proc(i)
	if q.Threads == 1 {
		used := q.UTime + q.STime
		if q.Have.Has(pcb.FieldSchedSum) {
			used = q.RunTime + q.RunDelay
		}
		return percentOf(used, p.Snap.Age(q)), p.Snap.Age(q)
	}
	hot := p.Rates.Procs[i].HotTID
	threads := p.Snap.ThreadsOf(q)
	for k := range threads {
		t := &threads[k]
		if t.TID != hot || !t.Have.Has(pcb.FieldStat) {
			continue
		}
		used, age := t.UTime+t.STime, max(0, p.Snap.Boot-t.Started)
		if t.Have.Has(pcb.FieldSched) {
			used = t.RunTime + t.RunDelay
		}
		return percentOf(used, age), age
	}
	return 0, 0
}

func percentOf(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// finding makes what both detectors tell of a spinning thread.
func (s *spin) finding(p *Pass, i int32) Finding {
	q, r := p.proc(i), &p.Rates.Procs[i]
	f := Finding{Severity: Warning, Confidence: Likely, Subject: p.subject(q), Members: []pcb.ID{q.ID}, Count: 1}
	stat := procFile(q.ID, "schedstat")
	if q.Threads > 1 {
		stat = procFile(q.ID, "task/"+pid(r.HotTID)+"/schedstat")
		f.know("hot_thread", int64(r.HotTID), stat)
	}
	f.know("demand_percent", s.demand, stat)
	f.know("cpu_percent", r.HotCPU, stat)
	f.know("wait_percent", max(0, s.demand-r.HotCPU), stat)
	if s.watched {
		f.know("demand_low_percent", s.low, stat)
		f.know("watched_seconds", s.seen, stat)
		f.Since = p.Snap.Time.Add(-s.seen)
	} else {
		f.Since = p.Snap.Time.Add(-s.age)
	}
	if s.age > 0 { // beside what was watched it tells whether this is new
		f.know("lifetime_demand_percent", s.lifetime, stat)
		f.know("age_seconds", s.age, procFile(q.ID, "stat")+" starttime")
	}
	f.know("system_percent", s.system, procFile(q.ID, "stat")+" utime, stime")
	f.know("voluntary_per_s", s.switches, procFile(q.ID, "task/*/status")+" voluntary_ctxt_switches")
	if own := p.hot(i); own.background() || !own.known {
		f.scheduled(q, own)
		if own.known {
			f.Severity = Info
		}
	}
	f.So = "it takes a CPU for itself"
	switch {
	case f.Severity == Info:
		f.So = "it runs at low priority, so that others go first"
	case p.computes(i, &f):
		f.Severity, f.So = Info, "it takes a CPU for itself, until it is done"
	}
	return f
}
