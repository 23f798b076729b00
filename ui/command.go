package ui

import (
	"context"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ptop/internal/column"
	"ptop/internal/view"
	"ptop/pcb"
)

// command is one word of the command line, declared once: dispatch, completion and help follow.
type command struct {
	name string
	arg  string // what it takes; empty for nothing
	acts bool   // it does something to processes: not completed where no action is possible
	run  func(a *app, arg string) error
	// completes the argument; nil for none
	complete completer
}

func commands() []command {
	list := []command{
		{name: "filter", arg: "EXPR", run: (*app).setFilter, complete: completeExpression},
		{name: "sort", arg: "COLUMN", run: (*app).commandSort, complete: completeExpression},
		{name: "columns", arg: "LIST", run: (*app).commandColumns, complete: completeExpression},
		{name: "goto", arg: "PID", run: (*app).commandGoto},
		{name: "group", arg: "BY", run: (*app).commandGroup, complete: completeOf(groupings)},
		{name: "user", arg: "NAME", run: (*app).commandUser},
		{name: "delay", arg: "SECONDS", run: (*app).setDelay},
		{name: "theme", arg: "NAME", run: (*app).commandTheme, complete: completeOf(ThemeNames())},
		{name: "tree", run: func(a *app, _ string) error { a.toggleTree(); return nil }},
		{name: "kill", arg: "[SIGNAL]", acts: true, run: (*app).commandKill, complete: completeOf(signalNames())},
		{name: "help", run: func(a *app, _ string) error { a.openHelp(); return nil }},
		{name: "quit", run: func(a *app, _ string) error { a.stop(); return nil }},
	}
	for i := range pcb.Settings {
		info := &pcb.Settings[i]
		list = append(list, command{
			name: info.Command, arg: "[" + info.Arg + "]", acts: true, complete: completeOf(valueNames(info)),
			run: func(a *app, arg string) error { return a.commandSet(info, arg) },
		})
	}
	return list
}

func signalNames() (names []string) {
	for _, s := range pcb.Signals {
		names = append(names, s.Name)
	}
	return names
}

// valueNames are the values of a setting that can be completed: those that a menu offers.
func valueNames(info *pcb.SettingInfo) (names []string) {
	for i := range info.Choices {
		names = append(names, info.Choices[i].Setting.String())
	}
	return names
}

// commandNames lists the commands for the help, with those that do something to processes or without.
func commandNames(acting bool) string {
	var names []string
	for _, c := range commands() {
		if acting || !c.acts {
			names = append(names, strings.TrimSpace(c.name+" "+c.arg))
		}
	}
	return strings.Join(names, ", ")
}

func (a *app) openCommand() {
	l := &prompt{label: ":", history: a.commands, past: len(a.commands), complete: a.completeCommand}
	l.changed = func(string) { l.note = "" }
	l.enter = func(text string) bool {
		a.dismiss(l) // before what the command may open
		if text != "" {
			a.commands = append(a.commands, text)
		}
		if err := a.runCommand(text); err != nil {
			a.say(roleCritical, plainError(err))
		}
		return false
	}
	a.open(l)
}

func (a *app) runCommand(text string) error {
	name, arg, _ := strings.Cut(strings.TrimSpace(text), " ")
	if name == "" {
		return nil
	}
	found, err := findCommand(name)
	if err != nil {
		return err
	}
	return found.run(a, strings.TrimSpace(arg))
}

// findCommand finds a command by its name or the beginning of it.
func findCommand(name string) (*command, error) {
	all := commands()
	for i := range all {
		if strings.HasPrefix(all[i].name, name) {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("no command %q: want %s", name, commandNames(true))
}

// completeCommand completes the command, or its argument.
func (a *app) completeCommand(text string) (head string, fits []string) {
	name, arg, hasArg := strings.Cut(text, " ")
	if !hasArg {
		off := a.b.ActionsOff() != ""
		for _, c := range commands() {
			if !c.acts || !off {
				fits = append(fits, c.name+" ")
			}
		}
		return completeOf(fits)(text)
	}
	c, err := findCommand(name)
	if err != nil || c.complete == nil {
		return "", nil
	}
	head, fits = c.complete(arg)
	return name + " " + head, fits
}

// completeOf completes to one of some words.
func completeOf(words []string) completer {
	return func(text string) (head string, fits []string) {
		for _, w := range words {
			if strings.HasPrefix(w, text) {
				fits = append(fits, w)
			}
		}
		return "", fits
	}
}

// completeExpression completes the column that a list or an expression ends with; the usual ones come first.
func completeExpression(text string) (head string, fits []string) {
	from := strings.LastIndexFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) }) + 1
	var ids []string
	for _, c := range slices.Concat(column.Default(), column.All) {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	_, fits = completeOf(ids)(text[from:])
	return text[:from], fits
}

func (a *app) commandSort(arg string) error {
	keys, err := view.ParseSort(arg)
	if err != nil {
		return err
	}
	a.table.sortBy(keys)
	return nil
}

func (a *app) commandColumns(arg string) error {
	cols, err := column.Parse(arg)
	if err != nil {
		return err
	}
	a.table.setColumns(cols)
	return nil
}

func (a *app) commandGoto(arg string) error {
	id, _, err := pcb.ParseID(arg)
	if err != nil {
		return err
	}
	if a.goTo(id) {
		return nil
	}
	if a.paused || a.ended {
		return fmt.Errorf("no process %s in this reading", arg)
	}
	a.sought = &sought{id, a.now()} // it may have been born since the reading
	a.b.Refresh()
	return nil
}

// sought is a process that the next reading may have.
type sought struct {
	id pcb.ID
	at time.Time // when it was asked for: a reading that began before does not tell
}

// seek goes to the process that is sought, or tells that there is none.
func (a *app) seek() {
	if a.sought == nil || a.goTo(a.sought.id) {
		a.sought = nil
		return
	}
	if !a.frame.Snap.Time.Before(a.sought.at) {
		a.say(roleCritical, fmt.Sprintf("no process %d", a.sought.id.PID))
		a.sought = nil
	}
}

// commandUser shows one user's processes: one that has some here, or is known to the system.
func (a *app) commandUser(name string) error {
	if name == "" || a.hasProcesses(name) {
		a.showUser(name)
		return nil
	}
	a.spawn(func(context.Context) func() { // a lookup can take its time, in a directory on the network
		_, err := user.Lookup(name)
		if err != nil {
			_, err = user.LookupId(name)
		}
		return func() {
			if err != nil {
				a.say(roleCritical, fmt.Sprintf("no user %s, and no process of one", name))
				return
			}
			a.showUser(name)
		}
	})
	return nil
}

func (a *app) showUser(name string) {
	a.table.q.User = name
	a.table.rebuild()
}

// hasProcesses reports whether a user, by name or number, has processes in the reading.
func (a *app) hasProcesses(name string) bool {
	return a.frame != nil && slices.ContainsFunc(a.frame.Snap.Procs, func(p pcb.Process) bool {
		return p.Have.Has(pcb.FieldCreds) && (p.User == name || strconv.FormatUint(uint64(p.EUID), 10) == name)
	})
}

func (a *app) commandGroup(arg string) error {
	if arg == "" {
		a.groupBy(nil)
		return nil
	}
	c, ok := column.ByID(arg)
	if !ok || !slices.Contains(groupings, arg) {
		return fmt.Errorf("can't group by %q: want one of %s", arg, strings.Join(groupings, ", "))
	}
	a.groupBy(c)
	return nil
}

func (a *app) commandTheme(arg string) error {
	th, err := themeFor(Options{Theme: arg, NoColor: a.o.NoColor})
	if err != nil {
		return err
	}
	a.th = th
	return nil
}

// setDelay takes seconds or a Go duration.
func (a *app) setDelay(arg string) error {
	d, err := time.ParseDuration(arg)
	if s, e := strconv.ParseFloat(arg, 64); e == nil {
		d, err = secondsOf(s), nil
	}
	const least, most = 100 * time.Millisecond, time.Hour
	if err != nil || d < least || d > most {
		return fmt.Errorf("%q is no delay: want seconds (2, 0.5) or a duration (500ms), from %v to %v", arg, least, most)
	}
	a.o.Delay = d
	a.b.SetDelay(d)
	a.say(roleInfo, "a reading every "+d.String())
	return nil
}

func (a *app) openDelay() {
	l := &prompt{label: "seconds between readings:"}
	if a.o.Delay > 0 {
		l.label = fmt.Sprintf("seconds between readings (%s now):", strconv.FormatFloat(a.o.Delay.Seconds(), 'g', -1, 64))
	}
	l.enter = func(text string) bool {
		if text == "" {
			return true
		}
		err := a.setDelay(text)
		if err != nil {
			l.note, l.bad = err.Error(), true
		}
		return err == nil
	}
	l.changed = func(string) { l.note, l.bad = "", false }
	a.open(l)
}

// openSetup opens the picker of columns.
func (a *app) openSetup() {
	m := &menu{title: "columns", many: true}
	cols := slices.Clone(a.table.cols)
	shown := len(cols)
	for _, c := range column.All {
		if !slices.Contains(cols, c) {
			cols = append(cols, c)
		}
	}
	for i, c := range cols {
		m.items = append(m.items, menuItem{text: pad(c.Title, 12), name: c.ID, help: c.Help, on: i < shown})
	}
	m.choose = func(int) {
		var chosen []*column.Column
		for i, it := range m.items {
			if it.on {
				chosen = append(chosen, cols[i])
			}
		}
		if len(chosen) > 0 {
			a.table.setColumns(chosen)
		}
	}
	a.open(m)
}
