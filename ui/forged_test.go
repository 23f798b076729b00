package ui

import (
	"strings"
	"testing"

	"ptop/internal/ladder"
	"ptop/pcb"
)

// forger is a name that would write lines of its own, were it not made fit for the screen before lines are broken.
const forger = "a\nOK all fine\t\x1b[2J"

// withForger is a machine on which the agent, and all that is said of it, bears the forger's name.
func withForger(d *bench) {
	f := machine(3)
	f.Snap.Procs[f.Snap.Index(pidAgent)].Comm = forger
	say := func(s string) string { return strings.ReplaceAll(s, "checkout-agent", forger) }
	for i := range f.Findings {
		one := &f.Findings[i]
		one.Summary, one.Why, one.So = say(one.Summary), forger+" never waits.", "Then "+forger+" stays."
		if one.Culprit != nil {
			one.Culprit.Name, one.Culprit.User = forger, forger
		}
		for k := range one.Remedies {
			one.Remedies[k].Do, one.Remedies[k].Risk = say(one.Remedies[k].Do), "of "+forger
		}
	}
	d.show(f)
}

// No name begins a line on the screen, wherever prose is made with it.
func TestNameForgesNoLine(t *testing.T) {
	for name, open := range map[string]func(*bench){
		"explain":         func(d *bench) { d.table.selectID(idOf(pidAgent)); d.keys("Enter 2") },
		"explain a child": func(d *bench) { d.table.selectID(idOf(pidHostile)); d.keys("Enter 2") },
		"findings":        func(d *bench) { d.keys("f") },
		"remedy":          func(d *bench) { d.keys("f x") },
		"signal":          func(d *bench) { d.table.selectID(idOf(pidAgent)); d.keys("k Enter") },
		"zombie":          func(d *bench) { d.table.selectID(idOf(pidFirstZombie)); d.keys("k") },
		"message":         func(d *bench) { d.say(roleGood, forger+" (400): sent SIGTERM") },
		"outcome": func(d *bench) {
			d.report("sent", []pcb.Outcome{{ID: idOf(pidAgent), Name: forger, Did: "sent SIGTERM"}})
		},
		"command line":     func(d *bench) { d.open(&textBox{title: "command line", text: forger}) },
		"graceful stop":    func(d *bench) { d.open(&climbBox{a: d.app, steps: []ladder.Step{{Text: "waiting for " + forger}}}) },
		"menu with a text": func(d *bench) { d.open(&menu{title: "m", tall: &tall{text: []string{forger}}}) },
	} {
		d := newBench(t, 100, 50, Options{})
		withForger(d)
		open(d)
		text := d.text()
		for _, l := range strings.Split(text, "\n") {
			if strings.HasPrefix(strings.TrimLeft(l, " │─"), "OK all") {
				t.Errorf("%s: a line is forged:\n%s", name, text)
			}
		}
		if !strings.Contains(text, "a␊OK all fine␉␛[2J") && !strings.Contains(text, "a␊OK") {
			t.Errorf("%s: the name is not there:\n%s", name, text)
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s: an escape passes", name)
		}
	}
}
