// Package life says one process in words: what started it, how it spent its life, what it waits for, what signals would
// do to it, and what was found about it. The text and the JSON of --explain and the screen's page show what this says.
package life

import (
	"fmt"
	"strings"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
)

// Tone is what a line means to its reader; a screen has a colour for it.
type Tone uint8

// The tones.
const (
	Plain Tone = iota
	Dim
	Strong
	Good
	Info
	Warning
	Critical
)

// Line is one thing said, under a label; lines that go on have none.
type Line struct {
	Label string
	Text  string
	Note  string // where it was read; empty where the text says so
	Tone  Tone
	Act   bool // ptop itself can do it
}

// Section is lines under a title, which may be empty.
type Section struct {
	Title string
	Lines []Line
}

// Fact is something said as a value, for programs. Facts declares the keys.
type Fact struct {
	Key   string
	Value any // bool, int64, float64, string, []string
}

// Life is a process in words. What could not be told is not there.
type Life struct {
	Headline string // its name and state
	State    string
	Origin   string // what made it
	Orphan   string // whether it is an orphan, or why it is none; empty where that was not asked
	Verdict  []Line // where nothing was found: that, and what could not be judged
	Findings []Section
	Sections []Section
	Facts    []Fact
}

// builder puts a Life together.
type builder struct {
	Life
	f *monitor.Frame
	r *column.Row
	p *pcb.Process
	d *pcb.Detail // nil where nothing was read in depth
}

// Of says the life of a process that the Frame holds, else nil. What only d would tell is left out where that is nil.
func Of(f *monitor.Frame, id pcb.ID, d *pcb.Detail) *Life {
	row := view.Row(f, id)
	if row.Proc == nil {
		return nil
	}
	b := &builder{f: f, r: &row, p: row.Proc, d: d}
	b.State = b.stateWords()
	b.Headline = fmt.Sprintf("%s (pid %d), %s", b.p.Name(), b.p.PID, b.State)
	b.origin()
	if b.p.Have.Has(pcb.FieldCore) {
		b.course()
		b.waits()
	}
	b.signals()
	b.resources()
	b.findings()
	return &b.Life
}

// say adds a line to the last section.
func (b *builder) say(label, text string) {
	if text == "" {
		return
	}
	s := &b.Sections[len(b.Sections)-1]
	s.Lines = append(s.Lines, Line{Label: label, Text: text})
}

// begin opens a section.
func (b *builder) begin(title string) { b.Sections = append(b.Sections, Section{Title: title}) }

func (b *builder) know(key string, value any) { b.Facts = append(b.Facts, Fact{key, value}) }

// standing is what the orphan's detector holds of the process, empty when it was not followed.
func (b *builder) standing() detect.Standing {
	if b.f.Standing == nil || b.f.Standing.ID != b.p.ID {
		return detect.Standing{}
	}
	return *b.f.Standing
}

// shown is a column's value as a person reads it; empty when unknown.
func (b *builder) shown(id string) string {
	c, ok := column.ByID(id)
	if !ok {
		return ""
	}
	v := c.Value(b.r)
	if v.Kind == column.Absent {
		return ""
	}
	return c.Format(v)
}

func (b *builder) dead() bool { return b.p.Zombie() && !b.p.LeaderExited() }

func (b *builder) stateWords() string {
	p := b.p
	phase := b.r.Snap.Phase(p)
	letter := " (" + string(rune(p.State)) + ": " + pcb.StateName(p.State) + ")"
	switch {
	case !p.Have.Has(pcb.FieldCore):
		return "state unknown"
	case p.LeaderExited():
		return fmt.Sprintf("alive: its main thread has ended, %d threads work on", p.Threads-1)
	case p.Zombie() && p.Have.Has(pcb.FieldExitCode):
		return "zombie: dead (" + pcb.DescribeExit(p.ExitCode) + "), its parent has not waited for it"
	case phase != p.Phase():
		return phase.String() + " in another thread than the main one" + letter
	}
	return phase.String() + letter
}

// named is how a process is spoken of.
func named(p *pcb.Process) string { return fmt.Sprintf("%s (%d)", p.Name(), p.PID) }

func join(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "; ")
}
