package ui

import (
	"slices"
	"strings"

	"ptop/internal/column"
	"ptop/internal/filter"
)

// setFilter shows only what matches; an error leaves the table as it is.
func (a *app) setFilter(text string) error {
	f, err := a.o.Saved.Compile(text)
	if err != nil {
		return err
	}
	a.table.q.Filter = f
	a.table.rebuild()
	return nil
}

// openFilter filters while it is typed. Until Enter what can't be read as a filter, or is a word that nothing matches
// (the beginning of an expression, perhaps), leaves the filter that stood.
func (a *app) openFilter() {
	was := a.table.q.Filter.String()
	saved := slices.DeleteFunc(a.o.Saved.Names(), func(name string) bool { return slices.Contains(a.filters, name) })
	history := slices.Concat(saved, a.filters)
	l := &prompt{label: "filter:", history: history, past: len(history), complete: a.completeFilter}
	l.changed = func(text string) {
		l.note, l.bad = "", false
		err := a.setFilter(text)
		matches := len(a.table.rows)
		if err != nil || matches == 0 && a.table.q.Filter.Word() {
			_ = a.setFilter(was) // it was compiled before
		}
		if err != nil {
			l.note, l.bad = plainError(err), true
			return
		}
		l.note = plural(matches, "row", "rows")
	}
	l.enter = func(text string) bool {
		if err := a.setFilter(text); err != nil {
			return false
		}
		if text != "" && !slices.Contains(a.filters, text) {
			a.filters = append(a.filters, text)
		}
		return true
	}
	l.leave = func() { _ = a.setFilter(was) } // it was compiled before
	l.text, l.at = was, len(was)
	a.open(l)
}

// completeFilter completes the name of a saved filter, or the column that an expression ends with.
func (a *app) completeFilter(text string) (head string, fits []string) {
	if filter.Named(text) {
		return completeOf(a.o.Saved.Names())(text)
	}
	return completeExpression(text)
}

// plainError is an error of a filter, a column or a theme in the screen's terms.
func plainError(err error) string {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "filter: "), "ui: ")
	return strings.ReplaceAll(text, column.WhereListed, "F2 lists all")
}

func (a *app) searching() bool { return a.search != "" }

func (a *app) openFind() {
	was, key := a.search, a.table.key
	l := &prompt{label: "find:", text: a.search, at: len(a.search)}
	l.changed = func(text string) {
		a.search = text
		l.note, l.bad = "", false
		if text != "" && !a.findFrom(a.table.selected, 1, true) {
			l.note, l.bad = "not found", true
		}
	}
	l.enter = func(string) bool { return true }
	l.leave = func() {
		a.search = was
		a.table.selectID(key.id)
	}
	a.open(l)
}

func (a *app) findNext(by int) {
	if !a.findFrom(a.table.selected+by, by, false) {
		a.say(roleWarning, "not found: "+a.search)
	}
}

// findFrom moves to the next row, going round, that shows the word.
func (a *app) findFrom(from, by int, stay bool) bool {
	t, n := a.table, len(a.table.rows)
	word := strings.ToLower(a.search)
	for k := range n {
		i := ((from+k*by)%n + n) % n
		if strings.Contains(strings.ToLower(t.rowText(i)), word) {
			if i != t.selected || !stay {
				t.selectRow(i)
			}
			t.anchored = true
			return true
		}
	}
	return false
}
