package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"ptop/internal/blast"
	"ptop/pcb"
)

// setting is what the key of a setting does.
func setting(kind pcb.SettingKind) func(*app) {
	return func(a *app) {
		if ids := a.aimToSet(kind); len(ids) > 0 {
			a.chooseSetting(ids, kind.Info())
		}
	}
}

// aimToSet gives the processes whose setting is to be changed. It says why when there is none.
func (a *app) aimToSet(kind pcb.SettingKind) []pcb.ID {
	ids := a.aim()
	if slices.ContainsFunc(ids, func(id pcb.ID) bool { p := a.newest.Snap.Lookup(id); return p == nil || !blast.Beyond(p) }) {
		return ids
	}
	if len(ids) > 0 {
		p := a.newest.Snap.Lookup(ids[0])
		a.say(roleWarning, fmt.Sprintf("%s (%d) %s", p.Name(), p.PID, a.caveat(p.ID, blast.Deed{Set: kind})))
	}
	return nil
}

// commandSet is the command of a setting: with a value it asks at once, without one it lets choose.
func (a *app) commandSet(info *pcb.SettingInfo, arg string) error {
	if arg == "" || !a.mayAct() {
		setting(info.Kind)(a)
		return nil
	}
	s, err := info.Parse(arg)
	if err != nil {
		return err
	}
	if ids := a.aimToSet(info.Kind); len(ids) > 0 {
		a.ask(confirmSetting(s), a.bind(ids, pcb.Alone))
	}
	return nil
}

// confirmWords is how much of what is to be done stands in the title and on the button of a confirmation.
const confirmWords = 52

func confirmSetting(s pcb.Setting) *confirm {
	c := &confirm{
		what: s.Do(), help: s.Kind.Info().Effect, risk: s.Risk(), did: s.Did(""), none: "nothing was changed",
		deed: blast.Deed{Set: s.Kind}, run: func(t pcb.Target) []pcb.Outcome { return t.Set(s) },
	}
	if width(c.what) > confirmWords { // a long list of CPUs
		c.help = c.what + ": " + c.help
		c.what = clip(c.what, confirmWords)
	}
	return c
}

// chooseSetting opens the menu of a setting's values for these processes.
func (a *app) chooseSetting(ids []pcb.ID, info *pcb.SettingInfo) {
	m := &menu{title: info.Do + " to"}
	if info.Choices == nil {
		a.chooseCPUs(ids, info, m)
		return
	}
	for i := range info.Choices {
		c := &info.Choices[i]
		it := menuItem{text: pad(c.Setting.String(), 14), help: c.Help}
		if _, err := strconv.Atoi(c.Setting.String()); err == nil {
			it.key, it.text = c.Setting.String(), ""
		}
		m.items = append(m.items, it)
	}
	if info.More {
		m.items = append(m.items, menuItem{text: pad("another", 14), help: "to be typed"})
	}
	if now, known := a.presentInFrame(ids[0], info.Kind); known {
		m.at = max(0, choiceOf(info, &now))
	}
	a.chooseThen(ids, m, func(i int, b *bound) {
		if i == len(info.Choices) {
			a.askForValue(info, b)
			return
		}
		a.ask(confirmSetting(info.Choices[i].Setting), b)
	})
	a.readPresent(ids[0], info, func(now *pcb.Present) {
		if now == nil {
			return
		}
		m.title = titleFrom(info, now)
		if at := choiceOf(info, &now.Setting); at >= 0 && !m.moved {
			m.at = at
		}
	})
}

// choiceOf gives the position of a value among those that the menu offers, -1 for another one.
func choiceOf(info *pcb.SettingInfo, s *pcb.Setting) int {
	return slices.IndexFunc(info.Choices, func(c pcb.SettingChoice) bool { return c.Setting.String() == s.String() })
}

// presentInFrame gives the value of a setting as far as the reading that is shown has it.
func (a *app) presentInFrame(id pcb.ID, kind pcb.SettingKind) (pcb.Setting, bool) {
	p := a.frame.Snap.Lookup(id)
	switch {
	case p == nil:
	case kind == pcb.SetNice:
		return pcb.Nice(int(p.Nice)), p.Have.Has(pcb.FieldNice)
	case kind == pcb.SetPolicy:
		return pcb.Setting{Kind: kind, Policy: p.Policy, RTPriority: p.RTPriority}, p.Have.Has(pcb.FieldTask)
	}
	return pcb.Setting{}, false
}

// readPresent reads how a setting stands, off the UI goroutine; nil where it can't be read. Why is not told: the dialog has
// its own way to say why nothing is possible.
func (a *app) readPresent(id pcb.ID, info *pcb.SettingInfo, then func(*pcb.Present)) {
	a.spawn(func(ctx context.Context) func() {
		now, err := a.b.Present(ctx, id, info.Kind)
		return func() {
			if err != nil {
				then(nil)
				return
			}
			then(&now)
		}
	})
}

// titleFrom is the title of a menu when it is known how the setting stands: "renice from 0 to".
func titleFrom(info *pcb.SettingInfo, now *pcb.Present) string {
	from := clip(now.Setting.String(), 24)
	if now.Differ {
		from += ", not all threads alike,"
	}
	return info.Do + " from " + from + " to"
}

// chooseCPUs lets switch the CPUs that processes may run on. Those of which nothing is known yet are not offered.
func (a *app) chooseCPUs(ids []pcb.ID, info *pcb.SettingInfo, m *menu) {
	m.many = true
	var cpus []int
	offer := func(offered []int, now *pcb.Present) {
		cpus = offered
		for _, n := range cpus {
			m.items = append(m.items, menuItem{key: strconv.Itoa(n), help: a.busyText(n), on: now == nil || slices.Contains(now.Setting.CPUs, n)})
		}
	}
	a.chooseThen(ids, m, func(_ int, b *bound) {
		s := pcb.Setting{Kind: info.Kind}
		for i, n := range cpus {
			if m.items[i].on {
				s.CPUs = append(s.CPUs, n)
			}
		}
		if err := s.Check(); err != nil {
			a.say(roleWarning, err.Error()+"; nothing was changed")
			b.release()
			return
		}
		a.ask(confirmSetting(s), b)
	})
	all := a.frame.Snap.Host.CPUs
	a.readPresent(ids[0], info, func(now *pcb.Present) {
		if now == nil {
			offer(upTo(all), nil)
			return
		}
		m.title = titleFrom(info, now)
		offered := slices.Concat(now.Allowed, now.Setting.CPUs)
		slices.Sort(offered)
		offer(slices.Compact(offered), now)
	})
}

func upTo(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}

// busyText says how busy a CPU was in the reading that is shown.
func (a *app) busyText(cpu int) string {
	for _, c := range a.frame.Rates.System.CPUs {
		if int(c.ID) == cpu {
			return fmt.Sprintf("%.0f %% busy", c.Busy)
		}
	}
	return ""
}

// askForValue lets type a value for processes that are bound.
func (a *app) askForValue(info *pcb.SettingInfo, b *bound) {
	l := &prompt{label: info.Do + " to (" + info.Arg + "):", leave: b.release}
	l.changed = func(string) { l.note, l.bad = "", false }
	l.enter = func(text string) bool {
		s, err := info.Parse(text)
		if err != nil {
			l.note, l.bad = err.Error(), true
			return false
		}
		a.ask(confirmSetting(s), b)
		return true
	}
	a.open(l)
}

// stepNice asks for the next nice value up or down. Of several processes that differ in theirs it lets choose.
func (a *app) stepNice(by int) {
	ids := a.aimToSet(pcb.SetNice)
	if len(ids) == 0 {
		return
	}
	first := a.frame.Snap.Lookup(ids[0])
	for _, id := range ids {
		if p := a.frame.Snap.Lookup(id); p == nil || !p.Have.Has(pcb.FieldStat) || p.Nice != first.Nice {
			a.chooseSetting(ids, pcb.SetNice.Info())
			return
		}
	}
	next := pcb.Nice(int(first.Nice) + by)
	if next.Check() != nil {
		a.say(roleInfo, fmt.Sprintf("the nice value is %d already: it goes from %d to %d", first.Nice, pcb.NiceMin, pcb.NiceMax))
		return
	}
	a.ask(confirmSetting(next), a.bind(ids, pcb.Alone))
}
