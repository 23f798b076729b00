// Package detect finds what is sick in a Frame, says why, with what evidence, and what to do about it. It is pure:
// it reads nothing, and what it concludes follows from Snapshots, their rates, the probes that it asked for and the
// history it kept of them.
package detect

import (
	"time"

	"ptop/pcb"
	"ptop/tree"
)

// Severity is how bad a finding is.
type Severity uint8

// The severities. Info is worth knowing, Warning wants a look today, Critical wants one now.
const (
	Info Severity = iota
	Warning
	Critical
)

func (s Severity) String() string { return [...]string{"info", "warning", "critical"}[s] }

// Confidence is how sure a finding is of its cause.
type Confidence uint8

// The confidences. Proved: the evidence admits no other cause. Likely: it speaks for it. Unknown: evidence could
// not be read, and the finding says which.
const (
	Unknown Confidence = iota
	Likely
	Proved
)

func (c Confidence) String() string { return [...]string{"unknown", "likely", "proved"}[c] }

// Detector is one kind of sickness, declared once: the flags, the configuration keys, the documentation, the JSON
// and the screens follow from this value. Each lives in a file of its own and stands in All.
type Detector struct {
	ID       string // as in JSON, --set and docs: zombie, runaway-cpu
	Title    string // a few words
	Meaning  string // what it is, in operating-system terms
	Advice   string // what to do, in general
	Severity string // the severity rule, in words
	Causes   []Cause
	Params   []Param
	Needs    pcb.Fields // groups without which a process is not evaluated (never "healthy")
	// Gate picks the processes that Suspect and Judge look at (Pass.gated). It is asked of everyone alive in each reading, so
	// it is cheap. Nil for detectors that go by what History remembers.
	Gate func(*pcb.Process) bool
	// Suspect names from the Snapshot alone whom Judge wants to be probed, and for what. May be nil.
	Suspect func(*Pass) []pcb.ProbeRequest
	// Judge gives the findings of this Pass: a pure function over Snapshot, rates, history and probes.
	Judge func(*Pass) []Finding
}

// Cause is one reason that a detector can tell for what it found.
type Cause struct {
	ID    string // as in JSON: parent-stopped
	Title string
	Why   string // one sentence on the mechanism
	Do    string // the remedy in general
	Risk  string // what the remedy puts at risk
}

// Param is one threshold of a detector: a flag (--set detector.name=value), a configuration key and a line of documentation.
type Param struct {
	Name    string
	Default float64
	Unit    string // "s" for those that --time-scale scales; "%", "/s", "" …
	Help    string
}

// Pass is one look at a Frame.
type Pass struct {
	Snap    *pcb.Snapshot
	Rates   *pcb.RateSet
	Forest  *tree.Forest
	Probes  map[pcb.ID]*pcb.Probe
	History *History
	det     *Detector
	set     *Settings
}

// Subject names a process in a finding. It stays valid when the process is gone.
type Subject struct {
	pcb.ID
	Name      string
	User      string
	Cmdline   string
	Unit      string // systemd unit, when in one
	Container string
}

// Evidence is one fact that a finding rests on, typed, with where it was read.
type Evidence struct {
	Key    string // snake case, with the unit: oldest_dead_seconds, sigchld_blocked
	Value  any    // bool, int64, float64, string, []string
	Source string // the file or field it is from: "/proc/10964/status SigBlk"
}

// Remedy is one thing that can be done about a finding.
type Remedy struct {
	Do      string // in words
	Command string // exact command, empty when there is none
	Risk    string // what it puts at risk
	Never   bool   // this is what does not work, and is said so that nobody tries
	// Act is what ptop itself can do, for the UI to offer behind its confirmation.
	Act *Action
}

// ActionKind is what an Action does.
type ActionKind uint8

// The kinds of actions. Stop asks with SIGTERM, lets who is stopped go on, and kills after a grace; Renice sets the nice
// value of every thread.
const (
	ActSignal ActionKind = iota
	ActStop
	ActRenice
)

func (k ActionKind) String() string { return [...]string{"signal", "stop", "renice"}[k] }

// Action is a remedy that ptop can carry out.
type Action struct {
	Kind      ActionKind
	Signal    pcb.Signal // of ActStop SIGTERM, of ActRenice 0
	Nice      int        // of ActRenice
	UntilGone bool       // the signal is sent again and again, until the members of the finding are gone or it no longer helps
	Target    pcb.ID
	Scope     pcb.Scope // whom it reaches beside the target
}

// Finding is one sickness found, with the process that suffers or shows it (Subject), and the one that causes it
// (Culprit), which may be the same or unknown.
type Finding struct {
	Detector   string
	Cause      string
	Severity   Severity
	Confidence Confidence
	Since      time.Time // since when it has been so, as far as the kernel tells or ptop watched
	Subject    Subject
	Culprit    *Subject
	Members    []pcb.ID // all processes concerned, the subject among them, e.g. every zombie of one parent
	Count      int      // how many, may exceed len(Members)
	Summary    string   // WHAT, one line
	Why        string   // WHY, one or two sentences, from the evidence
	So         string   // what follows if nothing is done; may be empty
	Evidence   []Evidence
	Remedies   []Remedy
	Missing    []string // evidence that could not be read, and what right would give it
	// Part tells it apart from the detector's other findings with the same Key; empty for the usual one.
	Part string

	linger time.Duration // how long it is told on when it is over, if that is longer than the detector's clear_for
	held   time.Duration // how long the condition counts as lasting already when it is first seen, for the detector's hold
}

// BySeverity counts findings by their severity.
func BySeverity(findings []Finding) (counts [Critical + 1]int) {
	for i := range findings {
		counts[findings[i].Severity]++
	}
	return counts
}

// Key identifies a finding over time: detector and the process it is grouped by.
func (f *Finding) Key() Key {
	if f.Culprit != nil {
		return Key{f.Detector, f.Culprit.ID}
	}
	return Key{f.Detector, f.Subject.ID}
}

// ID is the identity of a finding over time as text: the same as long as ptop watches, in every event and document.
func (f *Finding) ID() string {
	id := f.Detector + "/" + f.Key().Group.String()
	if f.Part != "" {
		id += "/" + f.Part
	}
	return id
}

// Key is what a finding is grouped by over time.
type Key struct {
	Detector string
	Group    pcb.ID
}

// Event is a change of what is found.
type Event struct {
	What    EventKind
	Finding Finding
	// Lasted is how long it was so, to the reading that showed it last.
	Lasted time.Duration
}

// EventKind is how a finding changed.
type EventKind uint8

// The kinds of events.
const (
	Appeared EventKind = iota
	Changed
	Cleared
)

func (k EventKind) String() string { return [...]string{"appeared", "changed", "cleared"}[k] }
