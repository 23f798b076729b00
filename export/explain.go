package export

import (
	"fmt"
	"strings"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/life"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// Explain writes one process in words: what it is, where it comes from, what is sick about it, how it lives, and its
// control block in the textbook's order.
func (w *Writer) Explain(f *monitor.Frame, d *pcb.Detail) error {
	l := life.Of(f, d.ID, d)
	if l == nil {
		return fmt.Errorf("export: process %s is not in the reading", d.ID)
	}
	r := view.Row(f, d.ID)
	p := w.page()
	p.line(l.Headline)
	p.section(&l.Sections[0])
	for i := range l.Findings {
		p.line()
		p.said(l.Findings[i].Lines)
	}
	if len(l.Verdict) > 0 {
		p.line()
		p.said(l.Verdict)
	}
	for i := range l.Sections[1:] {
		p.line()
		p.section(&l.Sections[1+i])
	}
	p.card(&r)
	p.detail(d)
	return w.finish(p)
}

// section adds a section under its title.
func (p *page) section(s *life.Section) {
	if s.Title != "" {
		p.line(strings.ToUpper(s.Title))
	}
	for i := range s.Lines {
		p.labelled(s.Lines[i].Label, s.Lines[i].Text)
	}
}

// said adds lines of which the first is a headline after its mark. Facts follow each other in one paragraph.
func (p *page) said(lines []life.Line) {
	for i := 0; i < len(lines); i++ {
		l := &lines[i]
		switch {
		case l.Label == "OK" || l.Tone >= life.Info && i == 0:
			p.wrapped(fmt.Sprintf("%-4s  ", l.Label), l.Text)
		case l.Label == "evidence":
			facts := []string{l.Text}
			for ; i+1 < len(lines) && lines[i+1].Label == l.Label; i++ {
				facts = append(facts, lines[i+1].Text)
			}
			p.labelled(l.Label, strings.Join(facts, "; "))
		default:
			p.labelled(l.Label, l.Text)
		}
	}
}

// card adds the process control block: every known column under its group.
func (p *page) card(r *column.Row) {
	group := ""
	for _, c := range column.All {
		v := c.Value(r)
		if v.Kind == column.Absent || c.OnDemand {
			continue
		}
		if c.Group != group {
			group = c.Group
			p.line()
			p.line(strings.ToUpper(group))
		}
		shown := c.Format(v)
		if shown == "" {
			shown = "none"
		}
		p.wrapped(fmt.Sprintf("  %-24s ", c.ID), shown)
	}
}

// ExplainJSON writes the same as one JSON document: the control block, the ancestry, the life in words and as facts, the
// findings, and in detail what was read for it. The environment is left out.
func (w *Writer) ExplainJSON(f *monitor.Frame, d *pcb.Detail) error {
	l := life.Of(f, d.ID, d)
	if l == nil {
		return fmt.Errorf("export: process %s is not in the reading", d.ID)
	}
	r := view.Row(f, d.ID)
	e := encoder{b: w.buf[:0]}
	e.open('{')
	w.preamble(&e, f)
	e.sample(f)
	e.object("process")
	e.key("id")
	e.id(r.Proc.ID)
	for _, c := range jsonColumns {
		e.value(c, c.Value(&r))
	}
	e.close('}')
	e.text("state_in_words", l.State)
	e.text("origin", l.Origin)
	e.known("orphan", l.Orphan)
	e.relatives("ancestry", r.Snap, r.Forest.Ancestors(r.Index))
	e.relatives("children", r.Snap, r.Forest.Children(r.Index))
	e.life(l)
	e.findings(r.Findings)
	e.detail(d)
	e.close('}')
	w.buf = append(e.b, '\n')
	return w.flush()
}

// life writes the facts and what is said.
func (e *encoder) life(l *life.Life) {
	e.object("life")
	for _, fact := range l.Facts {
		e.fact(fact.Key, fact.Value)
	}
	e.array("words")
	for i := range l.Sections {
		e.words(l.Sections[i].Title, l.Sections[i].Lines)
	}
	e.words("", l.Verdict)
	e.close(']')
	e.close('}')
}

func (e *encoder) words(title string, lines []life.Line) {
	for i := range lines {
		e.open('{')
		e.known("section", title)
		e.text("label", lines[i].Label)
		e.text("text", lines[i].Text)
		e.close('}')
	}
}

func (e *encoder) relatives(name string, s *pcb.Snapshot, list []int32) {
	e.array(name)
	for _, i := range list {
		p := &s.Procs[i]
		e.open('{')
		e.key("id")
		e.id(p.ID)
		e.int("pid", int64(p.PID))
		e.text("name", p.Name())
		e.close('}')
	}
	e.close(']')
}

func (e *encoder) findings(list []*detect.Finding) {
	e.array("findings")
	for _, f := range list {
		e.open('{')
		e.finding(f)
		e.close('}')
	}
	e.close(']')
}
