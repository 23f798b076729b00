package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"ptop/internal/column"
	"ptop/internal/view"
)

// savable is everything that is set, as the configuration has it.
func (a *app) savable() []Setting {
	t := a.table
	out := []Setting{
		{"columns", column.List(t.cols, t.asked), slices.Equal(t.cols, column.Default()) && len(t.asked) == 0},
		{"sort", sortText(t.q.Sort), slices.Equal(t.q.Sort, busiestFirst())},
		{"tree", strconv.FormatBool(t.q.Tree), !t.q.Tree},
		{"kernel-threads", strconv.FormatBool(!t.q.HideKernel), t.q.HideKernel},
		{"meters", meterModes[a.header.mode], a.header.mode == headerNormal},
	}
	if a.o.Delay > 0 {
		out = append(out, Setting{"delay", strconv.FormatFloat(a.o.Delay.Seconds(), 'f', -1, 64), a.o.Delay == UsualDelay})
	}
	if !a.o.NoColor { // else what is seen was not chosen
		out = append(
			out,
			Setting{"theme", a.dress.theme.name, a.dress.theme == themes[0]},
			Setting{"colors", depths[a.depthAt()].name, a.depthAt() == 0},
		)
	}
	return out
}

// sortText is the order as --sort takes it.
func sortText(keys []view.SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		switch parts[i] = k.Column.ID; {
		case k.Desc:
			parts[i] = "-" + parts[i]
		case k.Column.Descending():
			parts[i] = "+" + parts[i]
		}
	}
	return strings.Join(parts, ",")
}

// saving saves settings off the UI goroutine, and tells what became of it, also where no dialog is left to show it.
func saving(a *app, settings []Setting, then func(said line, saved bool)) func(context.Context) func() {
	return func(ctx context.Context) func() {
		path, err := a.b.SaveSettings(ctx, settings)
		return func() {
			text, r := "settings saved in "+path, roleGood
			switch {
			case err != nil:
				text, r = err.Error(), roleCritical
			case path == "":
				text, r = "nothing to save: everything is as it usually is", roleInfo
			}
			a.say(r, text)
			then(line{{text, r}}, err == nil)
		}
	}
}
