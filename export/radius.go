package export

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ptop/internal/blast"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// Radius writes what an action would reach; do is the action in words: "send SIGTERM".
func (w *Writer) Radius(f *monitor.Frame, do string, r *blast.Radius) error {
	p := w.page()
	if strings.Contains(do, ",") { // a clause of its own ends before whom it goes to
		do += ","
	}
	switch n := len(r.Reached); n {
	case 0:
		p.line("would ", do, " to nobody")
	case 1:
		p.line("would ", do, " to 1 process")
	default:
		p.line("would ", do, " to ", strconv.Itoa(n), " processes")
	}
	for _, id := range r.Reached {
		p.line(fmt.Sprintf("%9d  %s", id.PID, nameOf(f, id)))
	}
	for i := range r.Points {
		p.labelled(r.Points[i].Weight.String(), r.Points[i].Text)
	}
	return w.finish(p)
}

func nameOf(f *monitor.Frame, id pcb.ID) string {
	if q := f.Snap.Lookup(id); q != nil {
		return q.Name()
	}
	return ""
}

// Intent is an action that is foretold.
type Intent struct {
	Words string // "send SIGTERM"
	blast.Deed
	Grace time.Duration // of a graceful one, between SIGTERM and SIGKILL
	Nice  *int          // nil for a signal
	Scope pcb.Scope
}

// RadiusJSON writes the same for programs.
func (w *Writer) RadiusJSON(f *monitor.Frame, do *Intent, r *blast.Radius) error {
	e := encoder{b: w.buf[:0]}
	e.open('{')
	e.int("schema_version", schemaVersion)
	e.text("would", do.Words)
	if do.Signal != 0 {
		e.text("signal", do.Signal.String())
	}
	if do.Graceful {
		e.seconds("grace_seconds", do.Grace)
	}
	if do.Nice != nil {
		e.int("nice", int64(*do.Nice))
	}
	e.text("scope", do.Scope.String())
	e.array("reached")
	for _, id := range r.Reached {
		e.open('{')
		e.int("pid", int64(id.PID))
		e.key("id")
		e.id(id)
		e.text("name", nameOf(f, id))
		e.close('}')
	}
	e.close(']')
	e.array("points")
	for i := range r.Points {
		point := &r.Points[i]
		e.open('{')
		e.text("kind", point.Kind)
		e.text("weight", point.Weight.String())
		if !point.ID.IsZero() {
			e.key("id")
			e.id(point.ID)
		}
		e.text("text", point.Text)
		e.close('}')
	}
	e.close(']')
	e.close('}')
	e.b = append(e.b, '\n')
	w.buf = e.b
	return w.flush()
}
