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
	"ptop/internal/near"
	"ptop/internal/view"
	"ptop/pcb"
)

// command is one word of the command line, declared once: dispatch, completion and help follow.
type command struct {
	name string
	arg  string // what it takes; empty for nothing
	help string // what it does
	acts bool   // it does something to processes: not completed where no action is possible
	run  func(a *app, arg string) error
	// completes the argument; nil for none
	complete func(a *app, text string) (head string, fits []string)
}

func commands() []command {
	list := []command{
		{name: "filter", arg: "EXPR", help: "hide what does not match; without an expression, end that", run: (*app).setFilter, complete: (*app).completeFilter},
		{name: "sort", arg: "COLUMN", help: "order by a column, or by several with commas between them; - before one turns it round", run: (*app).commandSort, complete: always(completeExpression)},
		{name: "columns", arg: "LIST", help: "the columns to show, with commas between them", run: (*app).commandColumns, complete: always(completeExpression)},
		{name: "goto", arg: "PID", help: "to that process; filters and folds that hide it are lifted", run: (*app).commandGoto},
		{name: "group", arg: "BY", help: "a row for each container, unit, user, name or state; without one, end that", run: (*app).commandGroup, complete: oneOf(groupings)},
		{name: "user", arg: "NAME", help: "only that user's processes; without a name, everybody's", run: (*app).commandUser, complete: (*app).completeUser},
		{name: "delay", arg: "SECONDS", help: "the time between two readings", run: (*app).setDelay},
		{name: "theme", arg: "NAME", help: "the colours", run: (*app).commandTheme, complete: oneOf(ThemeNames())},
		{name: "tree", help: "tree of parents and children, or list", run: func(a *app, _ string) error { a.toggleTree(); return nil }},
		{name: "kill", arg: "[SIGNAL]", acts: true, help: "send a signal to the selected or the tagged processes, after a confirmation; without one, the menu of signals", run: (*app).commandKill, complete: oneOf(signalNames())},
		{name: "report", help: "write an incident report of what is on the screen: Markdown and JSON", run: func(a *app, _ string) error { a.writeReport(); return nil }},
		{name: "export", arg: "FORM FILE", help: "write the rows of the table into a new file: json, csv, text or tree", run: (*app).commandExport, complete: always(completeForm)},
		{name: "record", arg: "FILE", help: "write every reading from now on into a new file, a JSON document a line; without a file, end that", run: (*app).commandRecord},
		{name: "help", help: "the help", run: func(a *app, _ string) error { a.openHelp(); return nil }},
		{name: "quit", help: "quit", run: func(a *app, _ string) error { a.stop(); return nil }},
	}
	return slices.Insert(list, 1+slices.IndexFunc(list, func(c command) bool { return c.name == "kill" }), settingCommands()...)
}

// settingCommands are those that change a setting of a process, from its declaration.
func settingCommands() (list []command) {
	for i := range pcb.Settings {
		info := &pcb.Settings[i]
		list = append(list, command{
			name: info.Command, arg: "[" + info.Arg + "]", acts: true, complete: oneOf(valueNames(info)),
			help: "change their " + info.Name + ", after a confirmation; without a value, the menu",
			run:  func(a *app, arg string) error { return a.commandSet(info, arg) },
		})
	}
	return list
}

// usage is the command as it is typed.
func (c *command) usage() string { return strings.TrimSpace(c.name + " " + c.arg) }

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

// commandNames are the commands as they are typed, without what they take.
func commandNames() (names []string) {
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

func (a *app) openCommand() {
	l := &prompt{label: ":", history: a.commands, past: len(a.commands), complete: a.completeCommand}
	l.changed = func(string) { l.note = "" }
	l.enter = func(text string) bool {
		a.dismiss(l) // before what the command may open
		a.log.hush()
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
	if meant := near.Name(name, commandNames()); meant != "" {
		return nil, fmt.Errorf("no command %q (did you mean %s?); ? lists all", name, meant)
	}
	return nil, fmt.Errorf("no command %q: want one of %s", name, strings.Join(commandNames(), ", "))
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
	head, fits = c.complete(a, arg)
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

// always completes the same wherever the app stands.
func always(c completer) func(*app, string) (string, []string) {
	return func(_ *app, text string) (string, []string) { return c(text) }
}

// oneOf completes to one of some words.
func oneOf(words []string) func(*app, string) (string, []string) { return always(completeOf(words)) }

// completeUser completes to those who have processes here.
func (a *app) completeUser(text string) (head string, fits []string) {
	if a.frame == nil {
		return "", nil
	}
	var names []string
	for i := range a.frame.Snap.Procs {
		if name := a.frame.Snap.Procs[i].User; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return completeOf(names)(text)
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
	cols, widths, err := column.ParseSized(arg)
	if err != nil {
		return err
	}
	a.table.asked = widths
	clear(a.table.widths)
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
	a.dressIn(dress{th, a.dress.depth, a.dress.has})
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
	a.everyDelay(d)
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
