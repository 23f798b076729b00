package detect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// The parameters by which a detector has the Tracker give its findings time. Both may be left undeclared.
const (
	paramHold  = "hold"      // how long a condition must have lasted before it is told
	paramClear = "clear_for" // how long it must be absent before it is no more told
)

// Tracker gives the detectors time: it keeps the history, applies hold and hysteresis, and tells events.
// It is for one goroutine.
type Tracker struct {
	set     *Settings
	history History
	pass    Pass
	seq     uint64 // of readings
	states  map[stateKey]*state
	ask     map[pcb.ID]int
	found   []pcb.ProbeRequest // what the detectors ask for

	unwatched time.Duration // how long in all nobody looked, see Gap

	followed pcb.ID // whose Standing is wanted; zero for none
}

// stateKey tells apart two findings that one detector groups by the same process, by what they are and not by which
// comes first: when one of them clears, the other must not be taken for it.
type stateKey struct {
	Key
	part string
}

// state is one condition over time, told or not yet.
type state struct {
	seq   uint64        // of the reading that showed it last
	at    time.Duration // Mono of that
	seen  time.Duration // Mono of the first reading that showed it
	first time.Duration // Mono since which it counts as lasting
	since time.Time
	sure  time.Duration // Mono of the reading that told its cause last

	unwatched time.Duration // the Tracker's at the reading that showed it last

	other     string        // another cause that is found by now, see wavers
	otherFrom time.Duration // Mono since which
	told      bool
	count     int // as it was last told in an event
	finding   Finding
}

// NewTracker makes a Tracker with the detectors All.
func NewTracker(set *Settings) *Tracker {
	return &Tracker{set: set, states: map[stateKey]*state{}, ask: map[pcb.ID]int{}, history: newHistory()}
}

// Gap says that before the reading to come nobody looked for so long: ptop was stopped, or the machine stood still. Of what
// was there before and is there after it, nobody knows that it lasted meanwhile, or was absent, so that no such time counts.
// What the kernel tells by itself (how long a process has been dead, a rate over the whole time) stays as it is.
func (t *Tracker) Gap(d time.Duration) {
	t.unwatched += d
	for _, st := range t.states {
		st.first += d
		st.sure += d
		st.otherFrom += d
	}
}

// Suspects enters a new reading into the history and names the processes to be probed for Judge.
func (t *Tracker) Suspects(s *pcb.Snapshot, r *pcb.RateSet, f *tree.Forest) []pcb.ProbeRequest {
	t.seq++
	t.history.enter(s, r, f, t.spans())
	t.pass = Pass{Snap: s, Rates: r, Forest: f, History: &t.history, set: t.set}
	clear(t.ask)
	t.found = t.found[:0]
	for _, d := range All {
		if d.Suspect != nil {
			t.pass.det = d
			t.found = append(t.found, d.Suspect(&t.pass)...)
		}
	}
	slices.SortStableFunc(t.found, func(a, b pcb.ProbeRequest) int { return inTurn(&a) - inTurn(&b) })
	want := t.join(nil, t.follows(s))
	want = t.join(want, t.history.places.ask(&t.pass)) // before the many that the detectors may have: it is bounded
	return t.join(want, t.found)
}

// inTurn orders requests: those of suspicions first.
func inTurn(r *pcb.ProbeRequest) int {
	if r.InTurn {
		return 1
	}
	return 0
}

// join adds requests, one for each process.
func (t *Tracker) join(want, more []pcb.ProbeRequest) []pcb.ProbeRequest {
	for _, request := range more {
		if at, asked := t.ask[request.ID]; asked {
			want[at].Join(request)
			continue
		}
		t.ask[request.ID] = len(want)
		want = append(want, request)
	}
	return want
}

// spans is how far back the memory has to reach for what is set.
func (t *Tracker) spans() spans {
	all := spans{busy: max(t.set.duration(runawayCPU, "window"), t.set.duration(syscallSpin, "window")), dead: t.set.duration(zombie, "growth_window")}
	for g, d := range [gauges]*Detector{memoryLeak, fdLeak, threadLeak} {
		all.leaks[g] = leakSpans{detector: d.ID, window: t.set.duration(d, "window"), long: t.set.duration(d, "long_window")}
	}
	all.leaks[memoryGauge].peak = t.set.param(memoryLeak, "peak")
	return all
}

// Judge gives the findings, most severe first, and what changed since the last call.
func (t *Tracker) Judge(probes map[pcb.ID]*pcb.Probe) ([]Finding, []Event) {
	p := &t.pass
	p.Probes = probes
	t.history.places.learn(p)
	var findings []Finding
	var events []Event
	for _, d := range All {
		p.det = d
		hold := t.set.optional(d, paramHold)
		for _, f := range d.Judge(p) {
			f.Detector = d.ID
			if p.Snap.Foreign {
				f.leaveAlone()
			}
			st := t.state(&f)
			st.unwatched = t.unwatched
			if event, told := st.update(p, f, hold); told {
				findings = append(findings, st.finding)
				events = append(events, event...)
			}
		}
	}
	findings, events = t.absent(findings, events)
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(place(a.Detector), place(b.Detector)),
			cmp.Compare(a.Key().Group.PID, b.Key().Group.PID), cmp.Compare(a.Cause, b.Cause))
	})
	return findings, events
}

// leaveAlone takes the actions back: the pids are not this kernel's, and nothing can be done about them from here.
func (f *Finding) leaveAlone() {
	for i := range f.Remedies {
		f.Remedies[i].Act = nil
	}
}

// state gives what is kept of a condition, anew when it is there the first time. A second finding that nothing tells apart
// from a first of the same reading gets a number.
func (t *Tracker) state(f *Finding) *state {
	part := f.Part
	for nth := 2; ; nth++ {
		key := stateKey{f.Key(), f.Part}
		st := t.states[key]
		if st == nil {
			st = &state{first: -1}
			t.states[key] = st
		}
		if st.seq != t.seq {
			st.seq = t.seq
			return st
		}
		f.Part = strings.TrimPrefix(part+"-"+strconv.Itoa(nth), "-")
	}
}

// update enters that the condition is there, and reports whether it has lasted long enough to be told.
func (st *state) update(p *Pass, f Finding, hold time.Duration) (events []Event, told bool) {
	now := p.Snap.Mono
	began := now - f.held
	if st.first < 0 {
		st.first, st.seen = began, now
	}
	st.first = min(st.first, began)
	st.at = now
	since := f.Since
	if since.IsZero() {
		since = p.Snap.Time.Add(st.seen - now)
	}
	if st.since.IsZero() || since.Before(st.since.Add(-time.Second)) { // an age read twice differs by a little
		st.since = since
	}
	f.Since = st.since
	before := st.finding
	if st.told && st.wavers(&f, now, p.set.scaled(steady)) {
		f = before.still(&f)
	} else if f.Confidence > Unknown {
		st.sure = now
	} else if st.told && before.Confidence > Unknown && f.Severity == before.Severity && now-st.sure < p.set.scaled(lapse) {
		f = before.still(&f)
	}
	st.finding = f
	switch {
	case st.told && (f.Severity != before.Severity || f.Cause != before.Cause || f.Confidence != before.Confidence || st.muchMore()):
		events = []Event{st.event(Changed, p)}
	case !st.told && now-st.first >= hold:
		st.told = true
		p.History.told[f.Key()] = true
		events = []Event{st.event(Appeared, p)}
	}
	return events, st.told
}

// steady is for how long another cause must be found before it takes the place of the one that is told, unless it is surer
// or the matter worse: a reading in an unlucky moment makes none.
const steady = 3 * time.Second

// wavers reports whether a finding has another cause than the one that is told, and had not for long enough.
func (st *state) wavers(f *Finding, now, steady time.Duration) bool {
	before := &st.finding
	if f.Cause == before.Cause || f.Severity > before.Severity || f.Confidence > before.Confidence {
		st.other = ""
		return false
	}
	if f.Confidence == Unknown || before.Confidence == Unknown {
		return false
	}
	if st.other != f.Cause {
		st.other, st.otherFrom = f.Cause, now
	}
	if now-st.otherFrom >= steady {
		st.other = ""
		return false
	}
	return true
}

// lapse is for how long a cause stays that was known, when the evidence for it can't be read: on a busy machine a
// reading may go without it, and the next has it again.
const lapse = 15 * time.Second

// still gives the finding as it was known, of those whom it concerns now.
func (f Finding) still(now *Finding) Finding {
	f.Subject, f.Members, f.Count, f.Since = now.Subject, now.Members, now.Count, now.Since
	return f
}

// muchMore reports whether there are at least twice as many as were told, and some more: worth an event, which every
// zombie more or less is not.
func (st *state) muchMore() bool {
	return st.finding.Count >= 2*st.count && st.finding.Count >= st.count+5
}

func (st *state) event(what EventKind, p *Pass) Event {
	st.count = st.finding.Count
	return Event{what, st.finding, p.Snap.Time.Add(st.at - p.Snap.Mono).Sub(st.since)}
}

// absent goes through the conditions that this reading does not show: one that was told is told on for its
// detector's clear_for, unless its process is gone.
func (t *Tracker) absent(findings []Finding, events []Event) ([]Finding, []Event) {
	var cleared []Event
	for key, st := range t.states {
		if st.seq == t.seq {
			continue
		}
		if st.told {
			d, _ := byID(key.Detector)
			watched := t.pass.Snap.Mono - st.at - (t.unwatched - st.unwatched)
			stays := t.pass.Snap.Lookup(key.Group) != nil && watched < max(st.finding.linger, t.set.optional(d, paramClear))
			if stays {
				findings = append(findings, st.finding)
				continue
			}
			cleared = append(cleared, st.event(Cleared, &t.pass))
			if !t.toldElse(key) {
				delete(t.history.told, key.Key)
			}
		}
		delete(t.states, key)
	}
	slices.SortFunc(cleared, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Finding.Detector, b.Finding.Detector), cmp.Compare(a.Finding.Key().Group.PID, b.Finding.Key().Group.PID),
			cmp.Compare(a.Finding.Part, b.Finding.Part))
	})
	return findings, append(events, cleared...)
}

// toldElse reports whether another finding of the same detector and process is being told.
func (t *Tracker) toldElse(key stateKey) bool {
	for other, st := range t.states {
		if other.Key == key.Key && other.part != key.part && st.told {
			return true
		}
	}
	return false
}

// place is where a detector stands in All.
func place(id string) int { return slices.IndexFunc(All, func(d *Detector) bool { return d.ID == id }) }
