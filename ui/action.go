package ui

import (
	"fmt"
	"slices"

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
	a.chooseThen(ids, m, func(i int, b *bound) { a.ask(make(i), b) })
}

// chooseThen binds the targets and lets a menu choose. Then has to let go of them, or hand them on.
func (a *app) chooseThen(ids []pcb.ID, m *menu, then func(i int, b *bound)) {
	b := a.bind(ids, pcb.Alone)
	handed := false
	m.note, m.next = b.note, "then y: yes, s: with the subtree"
	m.choose = func(i int) {
		handed = true
		then(i, b)
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

// commandKill is the command of signals: with one it asks at once, without it lets choose.
func (a *app) commandKill(arg string) error {
	if arg == "" || !a.mayAct() {
		a.openSignals()
		return nil
	}
	sig, err := pcb.ParseSignal(arg)
	if err != nil {
		return err
	}
	if ids := a.aim(); len(ids) > 0 && !a.advise(ids) {
		a.ask(confirmSignal(sig), a.bind(ids, pcb.Alone))
	}
	return nil
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
