package ui

import (
	"fmt"

	"ptop/detect"
	"ptop/pcb"
)

// mayAct reports whether actions are possible, and says why when they are not.
func (a *app) mayAct() bool {
	if why := a.b.ActionsOff(); why != "" {
		a.say(roleWarning, "no action is possible: "+why)
		return false
	}
	return a.frame != nil
}

// aim gives the processes that an action from this view goes to. It says why when there is nothing to act on.
func (a *app) aim() []pcb.ID {
	switch {
	case !a.mayAct():
		return nil
	case a.scope() != inDetail:
		return a.table.targets()
	case a.detail.gone:
		a.say(roleWarning, a.detail.name()+" has ended: there is nothing left to act on")
		return nil
	}
	return []pcb.ID{a.detail.id}
}

// chooseAndConfirm binds the targets, lets a menu choose what to do, and asks before it is done.
func (a *app) chooseAndConfirm(m *menu, make func(i int) *confirm) {
	ids := a.aim()
	if len(ids) == 0 {
		return
	}
	b := a.bind(ids)
	handed := false
	m.note = b.note
	m.choose = func(i int) {
		handed = true
		a.ask(make(i), b)
	}
	m.gone = func() {
		if !handed {
			b.release()
		}
	}
	a.open(m)
}

// ask opens a confirmation.
func (a *app) ask(c *confirm, b *bound) {
	c.b = b
	a.open(c)
}

func (a *app) openSignals() {
	m := &menu{title: "send which signal"}
	for i, s := range pcb.Signals {
		m.items = append(m.items, menuItem{key: fmt.Sprint(int(s.Number)), text: pad(s.Name, 7), help: s.Help})
		if s.Number == pcb.SIGTERM {
			m.at = i
		}
	}
	a.chooseAndConfirm(m, func(i int) *confirm { return confirmSignal(pcb.Signals[i].Number) })
}

// The nice values.
const niceMin, niceMax = -20, 19

// openRenice opens the menu of nice values at the current one.
func (a *app) openRenice() {
	m := &menu{title: "renice to"}
	for n := niceMin; n <= niceMax; n++ {
		help := map[int]string{niceMin: "the most CPU", 0: "the usual", niceMax: "only what the others leave"}[n]
		m.items = append(m.items, menuItem{key: fmt.Sprint(n), help: help})
	}
	if ids := a.aim(); len(ids) > 0 {
		if p := a.frame.Snap.Lookup(ids[0]); p != nil {
			m.at = int(p.Nice) - niceMin
		}
	}
	a.chooseAndConfirm(m, func(i int) *confirm { return confirmRenice(niceMin + i) })
}

// stepNice asks for the next nice value up or down. Of several processes that differ in theirs it lets choose.
func (a *app) stepNice(by int) {
	ids := a.aim()
	if len(ids) == 0 {
		return
	}
	first := a.frame.Snap.Lookup(ids[0])
	for _, id := range ids {
		if p := a.frame.Snap.Lookup(id); p == nil || !p.Have.Has(pcb.FieldStat) || p.Nice != first.Nice {
			a.openRenice()
			return
		}
	}
	nice := int(first.Nice) + by
	if nice < niceMin || nice > niceMax {
		a.say(roleInfo, fmt.Sprintf("the nice value is %d already: it goes from %d to %d", first.Nice, niceMin, niceMax))
		return
	}
	a.ask(confirmRenice(nice), a.bind(ids))
}

// openRemedies offers what ptop can do about the selected finding.
func (a *app) openRemedies() {
	f := a.findings.finding()
	if f == nil || !a.mayAct() {
		return
	}
	var acts []detect.Remedy
	m := &menu{title: "which remedy"}
	for _, r := range f.Remedies {
		if r.Act != nil && !r.Never {
			acts = append(acts, r)
			m.items = append(m.items, menuItem{text: r.Do, help: r.Risk})
		}
	}
	if len(acts) == 0 {
		a.say(roleInfo, "ptop itself can do nothing here; the explanation says what can be done")
		return
	}
	m.choose = func(i int) {
		c := confirmSignal(acts[i].Act.Signal)
		c.help, c.risk = acts[i].Do, acts[i].Risk
		a.ask(c, a.bind([]pcb.ID{acts[i].Act.Target}))
	}
	if len(acts) == 1 {
		m.choose(0)
		return
	}
	a.open(m)
}
