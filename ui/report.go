package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptop/internal/filter"
	"ptop/internal/life"
	"ptop/internal/view"
)

// What the screen has written into files. The files themselves are the Backend's.

var errNoReading = errors.New("there is no reading yet")

// shown is what the table shows, for others than the UI goroutine: it holds the Frame, and whoever gets it releases that.
// Folds are the screen's: behind them are rows like any other.
func (a *app) shown() (view.Shown, error) {
	if a.frame == nil {
		return view.Shown{}, errNoReading
	}
	t := a.table
	q := t.q
	q.Folded, q.PIDs, q.Sort = nil, slices.Clone(q.PIDs), slices.Clone(q.Sort)
	var err error
	if q.Filter, err = filter.Compile(q.Filter.String()); err != nil { // one of its own: it is for one goroutine
		return view.Shown{}, err
	}
	if t.opened != nil { // no query says that
		q.PIDs, q.Descendants = t.pids(), false
	}
	shown := view.Shown{Frame: a.frame.Keep(), Query: q}
	if t.own {
		shown.Columns = slices.Clone(t.cols)
	}
	return shown, nil
}

// pids are those of the rows; nobody's when there are no rows.
func (t *table) pids() []int32 {
	pids := []int32{noPID}
	for i := range t.rows {
		if p := t.rows[i].Proc; p != nil {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// noPID is no process's pid.
const noPID = -1

// writeReport writes an incident report of what is on the screen.
func (a *app) writeReport() {
	shown, err := a.shown()
	if err != nil {
		a.say(roleCritical, "no incident report: "+err.Error())
		return
	}
	if a.reporting {
		shown.Frame.Release()
		a.say(roleInfo, "an incident report is being written")
		return
	}
	a.reporting = true
	in := &life.Incident{Shown: shown, At: a.now(), Watched: a.header.watched(shown.Frame), Paused: a.paused, Limits: a.table.limits()}
	for _, e := range a.log.entries {
		in.Said = append(in.Said, life.Said{At: e.at, Text: e.text})
	}
	for _, c := range a.findings.log {
		in.Cleared = append(in.Cleared, life.Cleared{At: c.at, Finding: c.f})
	}
	a.spawn(func(context.Context) func() {
		where, err := a.b.Report(in)
		shown.Frame.Release()
		return func() {
			a.reporting = false
			a.sayWritten("incident report: ", where, err)
		}
	})
}

// sayWritten tells what became of a file.
func (a *app) sayWritten(what, where string, err error) {
	if err != nil {
		a.say(roleCritical, err.Error())
		return
	}
	a.say(roleGood, what+where)
}

// commandExport writes the rows of the table into a file.
func (a *app) commandExport(arg string) error {
	form, path, _ := strings.Cut(arg, " ")
	path = strings.TrimSpace(path)
	switch {
	case !slices.Contains(ExportForms, form):
		return fmt.Errorf("can't export %q: want one of %s, and a file", form, strings.Join(ExportForms, ", "))
	case path == "":
		return fmt.Errorf("export %s needs the name of a file", form)
	}
	shown, err := a.shown()
	if err != nil {
		return err
	}
	a.spawn(func(context.Context) func() {
		where, err := a.b.Export(form, path, shown)
		shown.Frame.Release()
		return func() { a.sayWritten("exported: ", where, err) }
	})
	return nil
}

// completeForm completes the form of an export; a file's name is the user's.
func completeForm(text string) (head string, fits []string) {
	if strings.Contains(text, " ") {
		return "", nil
	}
	return completeOf(ExportForms)(text)
}
