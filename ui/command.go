package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ptop/internal/column"
	"ptop/internal/view"
	"ptop/pcb"
)

// command is one word of the command line, declared once: dispatch, completion and help follow.
type command struct {
	name string
	arg  string // what it takes; empty for nothing
	run  func(a *app, arg string) error
	// completions of the argument; nil for none
	complete func(a *app) []string
}

func commands() []command {
	return []command{
		{name: "filter", arg: "EXPR", run: (*app).setFilter},
		{name: "sort", arg: "COLUMN", run: (*app).commandSort, complete: columnIDs},
		{name: "columns", arg: "LIST", run: (*app).commandColumns, complete: columnIDs},
		{name: "goto", arg: "PID", run: (*app).commandGoto},
		{name: "group", arg: "BY", run: (*app).commandGroup, complete: func(*app) []string { return groupings }},
		{name: "user", arg: "NAME", run: func(a *app, arg string) error { a.table.q.User = arg; a.table.rebuild(); return nil }},
		{name: "delay", arg: "SECONDS", run: (*app).setDelay},
		{name: "theme", arg: "NAME", run: (*app).commandTheme, complete: func(*app) []string { return ThemeNames() }},
		{name: "tree", run: func(a *app, _ string) error { a.toggleTree(); return nil }},
		{name: "kill", run: func(a *app, _ string) error { a.openSignals(); return nil }},
		{name: "renice", run: func(a *app, _ string) error { a.openRenice(); return nil }},
		{name: "help", run: func(a *app, _ string) error { a.openHelp(); return nil }},
		{name: "quit", run: func(a *app, _ string) error { a.stop(); return nil }},
	}
}

// commandNames lists the commands for the help.
func commandNames() string {
	var names []string
	for _, c := range commands() {
		names = append(names, strings.TrimSpace(c.name+" "+c.arg))
	}
	return strings.Join(names, ", ")
}

func (a *app) openCommand() {
	l := &prompt{label: ":"}
	l.changed = func(string) { l.note, l.bad = "", false }
	l.complete = func(text string) (string, bool) { return a.completeCommand(l, text) }
	l.enter = func(text string) bool {
		a.dismiss(l) // before what the command may open
		if err := a.runCommand(text); err != nil {
			l.note, l.bad = err.Error(), true
			a.open(l)
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
	return nil, fmt.Errorf("no command %q: want %s", name, commandNames())
}

// completeCommand completes the command, or its argument, as far as it is unambiguous; else it shows what there is.
func (a *app) completeCommand(l *prompt, text string) (string, bool) {
	name, arg, hasArg := strings.Cut(text, " ")
	var known []string
	if !hasArg {
		for _, c := range commands() {
			known = append(known, c.name)
		}
		arg = name
	} else if c, err := findCommand(name); err == nil && c.complete != nil {
		known = c.complete(a)
	}
	var fits []string
	for _, k := range known {
		if strings.HasPrefix(k, arg) {
			fits = append(fits, k)
		}
	}
	if len(fits) == 0 {
		return "", false
	}
	common := fits[0]
	for _, f := range fits[1:] {
		for !strings.HasPrefix(f, common) {
			common = common[:len(common)-1]
		}
	}
	if len(fits) == 1 && !hasArg {
		common += " "
	}
	if len(fits) > 1 && common == arg {
		l.note = strings.Join(fits, " ")
		return "", false
	}
	if hasArg {
		common = name + " " + common
	}
	return common, true
}

func columnIDs(*app) []string {
	var ids []string
	for _, c := range column.All {
		ids = append(ids, c.ID)
	}
	return ids
}

func (a *app) commandSort(arg string) error {
	keys, err := view.ParseSort(arg)
	if err != nil {
		return err
	}
	a.table.q.Sort = keys
	a.table.rebuild()
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
	if !a.goTo(id) {
		return fmt.Errorf("no process %s", arg)
	}
	return nil
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
		l.text = strconv.FormatFloat(a.o.Delay.Seconds(), 'g', -1, 64)
		l.at = len(l.text)
	}
	l.enter = func(text string) bool {
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
		m.items = append(m.items, menuItem{text: pad(c.Title, 10), help: c.Help, on: i < shown})
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
