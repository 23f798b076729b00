package ui

import (
	"fmt"
	"strings"
)

// helpView is the help screen, made from the bindings.
type helpView struct {
	pager
	items []helpItem
	w     int // that the lines were made for
}

// helpItem is a heading, a sign with what it means, or a paragraph.
type helpItem struct {
	sign  string // or heading
	role  role   // of the sign
	text  string
	where string // the views in which a key holds; empty where that goes without saying
	whole line   // a line that stands as it is
}

func (v *helpView) scope() scope   { return inHelp }
func (v *helpView) click(_, y int) { v.pager.click(y) }

// draw lays the help out for the width that there is: what a key does must not end at the edge.
func (v *helpView) draw(p painter) {
	if v.w != p.w {
		v.w, v.left = p.w, 0
		v.set(v.layOut(p.w))
	}
	v.pager.draw(p)
}

// newHelp writes the help.
func newHelp(a *app) *helpView {
	v := &helpView{}
	add := func(r role, sign, text string) { v.items = append(v.items, helpItem{sign: sign, role: r, text: text}) }
	head := func(title string) { v.items = append(v.items, helpItem{sign: title, role: roleTitle}) }
	add(roleStrong, "", "ptop "+a.o.Version+": what is sick here, why, and what to do about it. Esc or q goes back.")
	group := ""
	acting := a.b.ActionsOff() == ""
	for _, b := range a.keys.list {
		if b.acts && !acting {
			continue
		}
		if b.group != group {
			group = b.group
			head(group)
		}
		if keys := a.keys.strokes(b, anywhere); len(keys) > 0 {
			v.items = append(v.items, helpItem{sign: strings.Join(a.readable(keys), " "), role: roleKey, text: b.help, where: b.elsewhere()})
		}
	}
	head(headCommands)
	for _, c := range commands() {
		if acting || !c.acts {
			add(roleKey, ":"+c.usage(), c.help)
		}
	}
	head("Pages of a process")
	for i, p := range a.detail.pages {
		key := "Tab"
		if i < 10 {
			key = fmt.Sprint((i + 1) % 10)
		}
		add(roleKey, key, p.title+": "+p.help)
	}
	head("Signs before a process")
	add(roleCritical, a.gl.mark[2], "a critical finding is about this process")
	add(roleWarning, a.gl.mark[1], "a warning")
	add(roleInfo, a.gl.mark[0], "worth knowing")
	add(roleTag, "*", "tagged")
	add(roleBorn, a.gl.born, "new since the reading before")
	add(roleDead, a.gl.dead, "it has ended since the reading before")
	head("Signs in its line")
	add(roleDim, "-", "unknown: it could not be read, or there is only one reading yet")
	add(roleTag, a.gl.fold+"5", "a folded branch with 5 processes below it, or 5 zombies of one parent")
	add(roleOrphan, a.gl.lost+"sh(7)", "it was a child of sh (7), which has ended")
	head("CPU bars")
	v.items = append(v.items, helpItem{whole: line{
		{"  ", roleText},
		{a.gl.bar[0] + " user  ", roleBarUser},
		{a.gl.bar[1] + " system, interrupts  ", roleBarSystem},
		{a.gl.bar[2] + " stolen by the host, guests  ", roleBarOther},
		{a.gl.bar[3] + " waiting for I/O", roleBarWait},
	}})
	head("Mouse")
	add(roleText, "", "a click selects, a double click opens, the wheel scrolls; a click on a heading sorts, and again turns the order round; on a hint it acts, on what the header says of findings it opens them")
	return v
}

// readable are strokes as a person reads them.
func (a *app) readable(strokes []string) []string {
	if a.o.ASCII {
		return strokes
	}
	out := make([]string, len(strokes))
	for i, s := range strokes {
		out[i] = strokeText(s)
	}
	return out
}

// elsewhere names the views in which a key holds that does not hold in the table.
func (b *binding) elsewhere() string {
	if b.where&inTable != 0 {
		return ""
	}
	return "(" + b.where.String() + ")"
}

// signCells is how many cells the signs of the help have.
const signCells = 19

// layOut makes lines of at most w cells.
func (v *helpView) layOut(w int) (out []pageLine) {
	for _, it := range v.items {
		switch {
		case it.whole != nil:
			out = append(out, pageLine{line: it.whole})
		case it.text == "":
			out = append(out, blank, heading(it.sign))
		case it.sign == "":
			for _, l := range wrap(it.text, w, 0) {
				out = append(out, textLine(l, it.role))
			}
		default:
			out = append(out, it.lines(w)...)
		}
	}
	return out
}

// lines are the sign and, beside it, its meaning. A sign that is too long has a line of its own.
func (it *helpItem) lines(w int) (out []pageLine) {
	sign := line{{"  " + pad(it.sign, signCells-3) + " ", it.role}}
	indent := plain(strings.Repeat(" ", signCells), roleText)
	if width(sign[0].text) > signCells {
		out, sign = append(out, pageLine{line: sign}), indent
	}
	for _, text := range wrap(it.text, w-signCells, 0) {
		out = append(out, pageLine{line: line{sign[0], {text, roleText}}})
		sign = indent
	}
	if it.where == "" {
		return out
	}
	last := &out[len(out)-1]
	if where := " " + it.where; last.width()+width(where) <= w {
		last.line = append(last.line, span{where, roleDim})
		return out
	}
	for _, text := range wrap(it.where, w-signCells, 0) {
		out = append(out, pageLine{line: line{indent[0], {text, roleDim}}})
	}
	return out
}

func (a *app) openHelp() { a.show(newHelp(a)) }
