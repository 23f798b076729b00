package ui

import (
	"fmt"
	"slices"

	"ptop/detect"
	"ptop/internal/blast"
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
	case a.scope() == inDetail:
		return a.there([]pcb.ID{a.detail.id}, a.detail.name())
	}
	ids := a.table.targets()
	if len(ids) == 0 {
		return nil
	}
	name := fmt.Sprintf("process %d", ids[0].PID)
	if r := a.table.row(); r != nil && r.Proc != nil && r.Proc.ID == ids[0] { // it may have ended by now
		name = fmt.Sprintf("%s (%d)", r.Proc.Name(), r.Proc.PID)
	} else if p := a.frame.Snap.Lookup(ids[0]); p != nil {
		name = fmt.Sprintf("%s (%d)", p.Name(), p.PID)
	}
	return a.there(ids, name)
}

// there gives ids when the newest reading, which is not the one that is shown while that is held, has any of them; else it
// says that they have ended. name is the first in words.
func (a *app) there(ids []pcb.ID, name string) []pcb.ID {
	if slices.ContainsFunc(ids, func(id pcb.ID) bool { return a.newest.Snap.Lookup(id) != nil }) {
		return ids
	}
	if len(ids) > 1 {
		name = fmt.Sprintf("each of %d processes", len(ids))
	}
	a.say(roleWarning, name+" has ended: there is nothing left to act on")
	return nil
}

// chooseAndConfirm binds the targets, lets a menu choose what to do, and asks before it is done.
func (a *app) chooseAndConfirm(ids []pcb.ID, m *menu, make func(i int) *confirm) {
	b := a.bind(ids, pcb.Alone)
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
	c.scout()
	a.open(c)
}

func (a *app) openSignals() {
	ids := a.aim()
	if len(ids) == 0 || a.advise(ids) {
		return
	}
	m := &menu{title: "send which signal"}
	m.items = append(m.items, menuItem{text: "graceful stop", help: fmt.Sprintf("TERM, and KILL for who is left after %v", a.o.Grace)})
	for _, s := range pcb.Signals {
		if s.Number == pcb.SIGTERM {
			m.at = len(m.items)
		}
		m.items = append(m.items, menuItem{key: fmt.Sprint(int(s.Number)), text: pad(s.Name, 7), help: s.Help})
	}
	a.chooseAndConfirm(ids, m, func(i int) *confirm {
		if i == 0 {
			return confirmStop(a.o.Grace)
		}
		return confirmSignal(pcb.Signals[i-1].Number)
	})
}

// The nice values.
const niceMin, niceMax = -20, 19

// openRenice opens the menu of nice values at the current one.
func (a *app) openRenice() {
	if ids := a.aim(); len(ids) > 0 && !a.refuseNice(ids) {
		a.chooseNice(ids)
	}
}

// refuseNice says why no nice value is for any of these processes, if it is so.
func (a *app) refuseNice(ids []pcb.ID) bool {
	if slices.ContainsFunc(ids, func(id pcb.ID) bool { p := a.newest.Snap.Lookup(id); return p == nil || !blast.Beyond(p) }) {
		return false
	}
	p := a.newest.Snap.Lookup(ids[0])
	a.say(roleWarning, fmt.Sprintf("%s (%d) %s", p.Name(), p.PID, a.caveat(p.ID, blast.Deed{})))
	return true
}

// chooseNice opens the menu of nice values for these processes.
func (a *app) chooseNice(ids []pcb.ID) {
	m := &menu{title: "renice to"}
	for n := niceMin; n <= niceMax; n++ {
		help := map[int]string{niceMin: "the most CPU", 0: "the usual", niceMax: "only what the others leave"}[n]
		m.items = append(m.items, menuItem{key: fmt.Sprint(n), help: help})
	}
	if p := a.frame.Snap.Lookup(ids[0]); p != nil {
		m.at = int(p.Nice) - niceMin
	}
	a.chooseAndConfirm(ids, m, func(i int) *confirm { return confirmRenice(niceMin + i) })
}

// stepNice asks for the next nice value up or down. Of several processes that differ in theirs it lets choose.
func (a *app) stepNice(by int) {
	ids := a.aim()
	if len(ids) == 0 || a.refuseNice(ids) {
		return
	}
	first := a.frame.Snap.Lookup(ids[0])
	for _, id := range ids {
		if p := a.frame.Snap.Lookup(id); p == nil || !p.Have.Has(pcb.FieldStat) || p.Nice != first.Nice {
			a.chooseNice(ids)
			return
		}
	}
	nice := int(first.Nice) + by
	if nice < niceMin || nice > niceMax {
		a.say(roleInfo, fmt.Sprintf("the nice value is %d already: it goes from %d to %d", first.Nice, niceMin, niceMax))
		return
	}
	a.ask(confirmRenice(nice), a.bind(ids, pcb.Alone))
}

// openRemedies offers what ptop can do about the selected finding, or about those of the process that is shown in depth.
func (a *app) openRemedies() {
	if !a.mayAct() {
		return
	}
	var about []*detect.Finding
	switch {
	case a.scope() == inDetail && a.there([]pcb.ID{a.detail.id}, a.detail.name()) == nil:
		return
	case a.scope() == inDetail && a.detail.row != nil:
		about = a.detail.row.Findings
	case a.scope() == inFindings && a.findings.finding() != nil:
		if !a.findings.rows[a.findings.selected].cleared.IsZero() {
			a.say(roleInfo, "it has cleared: there is nothing left to do")
			return
		}
		about = []*detect.Finding{a.findings.finding()}
	}
	if len(about) == 0 {
		a.say(roleInfo, "nothing is found about it")
		return
	}
	m := a.remedies("which remedy", about)
	switch len(m.items) {
	case 0:
		a.say(roleInfo, "ptop itself can do nothing here; the explanation says what can be done")
	case 1:
		m.choose(0)
	default:
		a.open(m)
	}
}

// remedies is the menu of what ptop can do about findings.
func (a *app) remedies(title string, about []*detect.Finding) *menu {
	m := &menu{title: title, tall: &tall{}}
	var acts []func()
	for _, f := range about {
		kept := *f // the row it stands in is made anew with each Frame
		for _, r := range f.Remedies {
			if r.Act != nil && !r.Never {
				acts = append(acts, func() { a.confirmRemedy(&kept, &r) })
				m.items = append(m.items, menuItem{text: r.Do, help: r.Risk})
			}
		}
	}
	m.choose = func(i int) { acts[i]() }
	return m
}
