package ui

import (
	"fmt"

	"ptop/internal/life"
)

// toneRoles are the roles of life's tones.
var toneRoles = [...]role{
	life.Plain: roleText, life.Dim: roleDim, life.Strong: roleStrong, life.Good: roleGood,
	life.Info: roleInfo, life.Warning: roleWarning, life.Critical: roleCritical,
}

// saidLines lays out what is said: labels at the left, each once, and behind a fact where it was read. The key of what
// ptop can do is told where it may act.
func saidLines(said []life.Line, w int, mayAct bool) []pageLine {
	var out []pageLine
	before := ""
	for _, l := range said {
		label := l.Label
		if l.Act && mayAct {
			label += " (x)"
		}
		if label == before {
			label = ""
		} else {
			before = label
		}
		text := l.Text
		if l.Note != "" {
			text += "  (" + l.Note + ")"
		}
		for _, part := range wrap(text, w-11, 0) {
			out = append(out, pageLine{line: line{{fmt.Sprintf("%-10s ", label), roleTitle}, {part, toneRoles[l.Tone]}}})
			label = ""
		}
	}
	return out
}

// explainLines is the life of the process: what started it, what is sick about it, what it does and waits for.
func (v *detailView) explainLines(w int) []pageLine {
	var l *life.Life
	if v.row != nil {
		l = life.Of(v.held, v.id, v.detail)
	}
	if l == nil {
		return []pageLine{textLine("no reading has had this process", roleDim)}
	}
	var out []pageLine
	mayAct := v.a.b.ActionsOff() == "" && !v.gone
	for _, f := range l.Findings {
		out = append(append(out, saidLines(f.Lines, w, mayAct)...), blank)
	}
	out = append(out, saidLines(l.Verdict, w, mayAct)...)
	for i := range l.Sections {
		s := &l.Sections[i]
		if len(out) > 0 && out[len(out)-1].line != nil {
			out = append(out, blank)
		}
		if s.Title != "" {
			out = append(out, heading(s.Title))
		}
		out = append(out, saidLines(s.Lines, w, mayAct)...)
	}
	return out
}
