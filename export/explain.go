package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/tree"
)

// Explain writes one process in words: what it is, where it comes from, what is sick about it, and its control block
// in the textbook's order.
func (w *Writer) Explain(f *monitor.Frame, d *pcb.Detail) error {
	r := view.Row(f, d.ID)
	if r.Proc == nil {
		return fmt.Errorf("export: process %s is not in the reading", d.ID)
	}
	p := w.page()
	p.line(r.Proc.Name(), " (pid ", strconv.Itoa(int(r.Proc.PID)), "), ", stateWords(&r))
	p.labelled("command", commandOf(&r))
	p.labelled("started", startWords(&r))
	standing := standingOf(f, r.Proc.ID)
	p.labelled("origin", originWords(&r, standing))
	if standing.Verdict != "" {
		p.labelled("orphan", standing.Verdict)
	}
	p.labelled("ancestry", ancestryWords(&r))
	p.labelled("children", childrenWords(&r))
	if makes := detect.ShortLived(f.Snap, r.Proc.ID); makes != "" {
		p.labelled("forks", makes)
	}
	p.labelled("belongs", placeWords(&r))
	if n := r.Proc.ThreadCount; n > 1 {
		p.labelled("threads", fmt.Sprintf("%d read of %d", n, r.Proc.Threads))
	}
	p.line()
	for _, finding := range r.Findings {
		p.finding(finding, f.Snap.Time)
	}
	if len(r.Findings) == 0 {
		p.line("OK    nothing was found about it")
	}
	p.card(&r)
	p.detail(d)
	return w.finish(p)
}

func stateWords(r *column.Row) string {
	p := r.Proc
	phase := r.Snap.Phase(p)
	switch {
	case !p.Have.Has(pcb.FieldCore):
		return "state unknown"
	case p.LeaderExited():
		return fmt.Sprintf("alive: its main thread has ended, %d threads work on", p.Threads-1)
	case p.Zombie() && p.Have.Has(pcb.FieldExitCode):
		return "zombie: dead (" + pcb.DescribeExit(p.ExitCode) + "), its parent has not waited for it"
	}
	if phase != p.Phase() {
		return phase.String() + " in another thread than the main one (" + string(rune(p.State)) + ": " + pcb.StateName(p.State) + ")"
	}
	return phase.String() + " (" + string(rune(p.State)) + ": " + pcb.StateName(p.State) + ")"
}

func commandOf(r *column.Row) string {
	c, _ := column.ByID("command")
	return c.Format(c.Value(r))
}

func startWords(r *column.Row) string {
	if !r.Proc.Have.Has(pcb.FieldCore) {
		return "unknown"
	}
	return column.Clock(r.Snap.StartTime(r.Proc)) + ", " + column.FormatDuration(r.Snap.Age(r.Proc)) + " ago"
}

// standingOf gives the Standing of a process, empty when it was not followed.
func standingOf(f *monitor.Frame, id pcb.ID) detect.Standing {
	if f.Standing == nil || f.Standing.ID != id {
		return detect.Standing{}
	}
	return *f.Standing
}

// originWords says what made the process.
func originWords(r *column.Row, standing detect.Standing) string {
	p := r.Proc
	switch {
	case !p.Have.Has(pcb.FieldCore):
		return "unknown"
	case p.KernelThread():
		return "made by the kernel"
	case p.PPID == 0:
		return "the first process of its pid namespace"
	}
	origin := standing.Origin
	if origin == "" {
		origin = "child of pid " + strconv.Itoa(int(p.PPID)) + ", which is not visible"
		if up := r.Forest.Parent(r.Index); up != tree.None {
			origin = "child of " + processWords(&r.Snap.Procs[up])
		}
	}
	if p.ForkedNoExec() {
		return origin + "; runs the same program as what forked it (no exec since)"
	}
	return origin + "; has called exec since its fork"
}

func processWords(p *pcb.Process) string { return p.Name() + " (" + strconv.Itoa(int(p.PID)) + ")" }

func ancestryWords(r *column.Row) string {
	parts := []string{processWords(r.Proc)}
	for _, up := range r.Forest.Ancestors(r.Index) {
		parts = append(parts, processWords(&r.Snap.Procs[up]))
	}
	slices.Reverse(parts)
	return strings.Join(parts, " > ")
}

// childrenShown bounds a list in words.
const childrenShown = 8

func childrenWords(r *column.Row) string {
	kids := r.Forest.Children(r.Index)
	if len(kids) == 0 {
		return "none"
	}
	var parts []string
	for _, k := range kids[:min(len(kids), childrenShown)] {
		parts = append(parts, processWords(&r.Snap.Procs[k]))
	}
	if len(kids) > childrenShown {
		parts = append(parts, fmt.Sprintf("and %d more", len(kids)-childrenShown))
	}
	return fmt.Sprintf("%d: %s; %d descendants", len(kids), strings.Join(parts, ", "), len(r.Forest.Descendants(r.Index)))
}

func placeWords(r *column.Row) string {
	var parts []string
	for _, c := range column.All {
		if c.Group != "container" {
			continue
		}
		if v := c.Value(r); v.Kind != column.Absent {
			parts = append(parts, strings.ToLower(strings.ReplaceAll(c.ID, "_", " "))+" "+c.Format(v))
		}
	}
	if parts == nil {
		return "no container and no unit that could be told"
	}
	return strings.Join(parts, ", ")
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

// ExplainJSON writes the same as one JSON document: the control block, the ancestry, the findings, and in detail what
// was read for it. The environment is left out.
func (w *Writer) ExplainJSON(f *monitor.Frame, d *pcb.Detail) error {
	r := view.Row(f, d.ID)
	if r.Proc == nil {
		return fmt.Errorf("export: process %s is not in the reading", d.ID)
	}
	e := encoder{b: w.buf[:0]}
	e.open('{')
	e.int("schema_version", schemaVersion)
	e.object("ptop")
	e.text("version", w.opt.Version)
	e.close('}')
	e.host(f)
	e.sample(f)
	e.object("process")
	e.key("id")
	e.id(r.Proc.ID)
	for _, c := range jsonColumns {
		e.value(c, c.Value(&r))
	}
	e.close('}')
	e.text("state_in_words", stateWords(&r))
	standing := standingOf(f, r.Proc.ID)
	e.text("origin", originWords(&r, standing))
	if standing.Verdict != "" {
		e.text("orphan", standing.Verdict)
	}
	e.relatives("ancestry", r.Snap, r.Forest.Ancestors(r.Index))
	e.relatives("children", r.Snap, r.Forest.Children(r.Index))
	if makes := detect.ShortLived(r.Snap, r.Proc.ID); makes != "" {
		e.text("short_lived", makes)
	}
	e.findings(r.Findings)
	e.detail(d)
	e.close('}')
	w.buf = append(e.b, '\n')
	return w.flush()
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
