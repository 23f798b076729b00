package ui

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"ptop/internal/column"
	"ptop/internal/view"
)

// setup is the dialog of everything that can be set, above the columns that can be shown. What it changes is seen at once;
// Esc puts all of it back.
type setup struct {
	a       *app
	set     []dial
	cols    []*column.Column // all of them: those that are shown in their order, then the others
	on      map[*column.Column]bool
	moved   bool // the order is the user's own: no text goes last by itself
	at      int  // in set, and behind that in cols
	was     state
	note    line // what became of it; nil for nothing
	finding bool
	word    string // that is looked for

	top  int
	list rect
	feet []footSpot
}

// dial is one thing that Left and Right change.
type dial struct {
	name  string
	help  func(*app) string
	value func(*app) string
	step  func(a *app, by int)
}

// state is what the dialog can change.
type state struct {
	q                view.Query
	opened           *column.Group
	openedBy         *column.Column
	cols             []*column.Column
	own              bool
	asked            column.Widths
	firstCol, scroll int
	mode             headerMode
	dress            dress
	delay            time.Duration
}

func (a *app) state() state {
	t := a.table
	return state{
		t.q, t.opened, t.openedBy, slices.Clone(t.cols), t.own, maps.Clone(t.asked), t.firstCol, t.scroll,
		a.header.mode, a.dress, a.o.Delay,
	}
}

func (a *app) putBack(s state) {
	t := a.table
	t.q, t.opened, t.openedBy, t.cols, t.own, t.firstCol, t.scroll = s.q, s.opened, s.openedBy, s.cols, s.own, s.firstCol, s.scroll
	t.asked = s.asked
	clear(t.widths) // they grow again with what is in sight
	a.header.mode = s.mode
	a.dressIn(s.dress)
	if a.o.Delay != s.delay {
		a.everyDelay(s.delay)
	}
	t.rebuild()
}

func (a *app) openSetup() {
	s := &setup{a: a, set: dials(), on: map[*column.Column]bool{}, was: a.state()}
	for _, c := range a.table.cols {
		s.on[c] = true
	}
	s.cols = slices.Clone(column.All)
	s.order()
	a.open(s)
}

// order puts those that are shown first, in their order.
func (s *setup) order() {
	shown := s.a.table.cols
	s.cols = slices.Concat(shown, slices.DeleteFunc(slices.Clone(s.cols), func(c *column.Column) bool { return slices.Contains(shown, c) }))
}

// cycled is the position that is by steps further, going round.
func cycled(at, by, n int) int { return ((at+by)%n + n) % n }

func fixed(text string) func(*app) string { return func(*app) string { return text } }

// dials are those above the columns.
func dials() []dial {
	return []dial{
		{"sort by", func(a *app) string {
			if c := a.table.sortColumn(); c != nil {
				return c.Title + ": " + c.Help
			}
			return ""
		}, func(a *app) string {
			if c := a.table.sortColumn(); c != nil {
				return c.ID
			}
			return "nothing"
		}, func(a *app, by int) { a.table.sortStep(by) }},
		{"direction", fixed("of the order: which end is on top"), func(a *app) string {
			if keys := a.table.q.Sort; len(keys) > 0 && keys[0].Desc {
				return "descending"
			}
			return "ascending"
		}, func(a *app, _ int) { a.table.invert() }},
		{
			"meters", fixed("the header: normal, every CPU and more figures, one line, none"),
			func(a *app) string { return meterModes[a.header.mode] },
			func(a *app, by int) {
				a.header.mode = headerMode(cycled(int(a.header.mode), by, len(meterModes)))
			},
		},
		{"theme", fixed("default is for any background; light for a white one, contrast for a black one"), func(a *app) string {
			if a.o.NoColor {
				return "mono, as NO_COLOR or --no-color has it"
			}
			return a.dress.theme.name
		}, (*app).stepTheme},
		{"colours", fixed("how many the terminal has; auto is what it says"), func(a *app) string {
			if name := depths[a.depthAt()].name; name != "auto" {
				return name
			}
			return "auto, which is " + strconv.Itoa(min(a.dress.has, 256)) + " here"
		}, (*app).stepDepth},
		{"delay", fixed("the time between two readings"), func(a *app) string {
			if a.o.Delay <= 0 {
				return "-"
			}
			return a.o.Delay.String()
		}, (*app).stepDelay},
		{"tree", fixed("parents and children, or a list"), func(a *app) string { return yesNo(a.table.q.Tree) }, func(a *app, _ int) { a.toggleTree() }},
		{"kernel threads", fixed("the kernel's own threads among the processes"), func(a *app) string { return onOff(!a.table.q.HideKernel) }, func(a *app, _ int) {
			a.table.q.HideKernel = !a.table.q.HideKernel
			a.table.rebuild()
		}},
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// meterModes are the names of the header's modes.
var meterModes = [headerModes]string{headerNormal: "normal", headerWide: "wide", headerLine: "line", headerNone: "none"}

// MeterModes lists the names that Options.Meters takes.
func MeterModes() []string { return meterModes[:] }

// meterMode is the mode of that name; the first for any other.
func meterMode(name string) headerMode { return headerMode(max(0, slices.Index(meterModes[:], name))) }

func (a *app) stepTheme(by int) {
	if a.o.NoColor {
		return
	}
	at := slices.Index(themes, a.dress.theme)
	a.dressIn(dress{themes[cycled(at, by, len(themes))], a.dress.depth, a.dress.has})
}

// depthAt is the position of the colour depth that was asked for.
func (a *app) depthAt() int { return max(0, slices.Index(ColorDepths(), a.dress.depth)) }

func (a *app) stepDepth(by int) {
	a.dressIn(dress{a.dress.theme, depths[cycled(a.depthAt(), by, len(depths))].name, a.dress.has})
}

// UsualDelay is the time between two readings of the screen where none was asked for: below that a person reads nothing new.
const UsualDelay = 2 * time.Second

// delaySteps are the delays that can be chosen without typing one.
var delaySteps = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond, UsualDelay,
	3 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
}

// stepDelay goes to the next longer or shorter delay; not round, since from the longest to the shortest is no step.
func (a *app) stepDelay(by int) {
	at, exact := slices.BinarySearch(delaySteps, a.o.Delay)
	switch {
	case by < 0:
		at--
	case exact:
		at++
	}
	if at >= 0 && at < len(delaySteps) {
		a.everyDelay(delaySteps[at])
	}
}

// everyDelay has a reading made that often.
func (a *app) everyDelay(d time.Duration) {
	a.o.Delay = d
	a.b.SetDelay(d)
}
