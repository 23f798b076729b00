package ui

import (
	"fmt"
	"strings"
)

// helpView is the help screen, made from the bindings.
type helpView struct{ pager }

func (v *helpView) scope() scope   { return inHelp }
func (v *helpView) click(_, y int) { v.pager.click(y) }

// newHelp writes the help; what holds in the view it was asked from comes first.
func newHelp(a *app) *helpView {
	v := &helpView{}
	out := []pageLine{
		textLine("ptop "+a.o.Version+": what is sick here, why, and what to do about it.  Esc or q goes back.", roleStrong), blank,
	}
	group := ""
	acting := a.b.ActionsOff() == ""
	for _, b := range a.keys.list {
		if b.acts && !acting {
			continue
		}
		if b.group != group {
			group = b.group
			out = append(out, blank, heading(group))
		}
		keys := a.keys.strokes(b, anywhere)
		for i, k := range keys {
			keys[i] = k
			if !a.o.ASCII {
				keys[i] = strokeText(k)
			}
		}
		where := ""
		if b.where&inTable == 0 {
			where = " (" + b.where.String() + ")"
		}
		if len(keys) > 0 {
			out = append(out, pageLine{line: line{{"  " + pad(strings.Join(keys, " "), 16) + " ", roleKey}, {b.help, roleText}, {where, roleDim}}})
		}
	}
	out = append(out, blank, heading(headCommands))
	for _, c := range commands() {
		if c.acts && !acting {
			continue
		}
		out = append(out, pageLine{line: line{{"  " + pad(":"+c.usage(), 17) + " ", roleKey}, {c.help, roleText}}})
	}
	out = append(out, blank, heading("Pages of a process"))
	for i, p := range a.detail.pages {
		key := "Tab"
		if i < 10 {
			key = fmt.Sprint((i + 1) % 10)
		}
		out = append(out, pageLine{line: line{{"  " + pad(key, 16) + " ", roleKey}, {p.title + ": " + p.help, roleText}}})
	}
	out = append(out, blank, heading("Signs"))
	out = append(out, []pageLine{
		{line: line{{"  " + pad(a.gl.mark[2], 16) + " ", roleCritical}, {"a critical finding is about this process", roleText}}},
		{line: line{{"  " + pad(a.gl.mark[1], 16) + " ", roleWarning}, {"a warning", roleText}}},
		{line: line{{"  " + pad(a.gl.mark[0], 16) + " ", roleInfo}, {"worth knowing", roleText}}},
		{line: line{{"  " + pad("*", 16) + " ", roleTag}, {"tagged", roleText}}},
		{line: line{{"  " + pad("-", 16) + " ", roleDim}, {"unknown: it could not be read, or there is only one reading yet", roleText}}},
	}...)
	out = append(out, blank, heading("CPU bars"), pageLine{line: line{
		{"  ", roleText},
		{a.gl.bar[0] + " user  ", roleBarUser},
		{a.gl.bar[1] + " system, interrupts  ", roleBarSystem},
		{a.gl.bar[2] + " stolen by the host, guests  ", roleBarOther},
		{a.gl.bar[3] + " waiting for I/O", roleBarWait},
	}})
	out = append(out, blank, heading("Mouse"), textLine("  a click selects, a double click opens, the wheel scrolls; a click on a heading sorts, and again turns the order round; on a hint it acts, on what the header says of findings it opens them", roleText))
	v.set(out)
	return v
}

func (a *app) openHelp() { a.show(newHelp(a)) }
