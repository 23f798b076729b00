package export

import (
	"fmt"

	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/monitor"
)

// changes gives what changed among the selected findings since the Frame before: those that are there at the first one
// have appeared. What appeared is cleared when it is no more found, and not when its process is no more selected.
func (w *Writer) changes(f *monitor.Frame) (events []detect.Event) {
	if w.told == nil {
		w.told = map[string]bool{}
	}
	changed := map[string]detect.Event{}
	for _, event := range f.Events {
		switch id := event.Finding.ID(); {
		case event.What == detect.Changed:
			changed[id] = event
		case event.What == detect.Cleared && w.told[id]:
			events = append(events, event)
			delete(w.told, id)
		}
	}
	for _, finding := range w.opt.Query.Select(f).Findings {
		id := finding.ID()
		event, there := changed[id]
		switch {
		case !w.told[id]:
			w.told[id] = true
			events = append(events, detect.Event{What: detect.Appeared, Finding: *finding, Lasted: f.Snap.Time.Sub(finding.Since)})
		case there:
			events = append(events, event)
		}
	}
	return events
}

// Events writes what appeared, changed or cleared since the Frame before, one JSON object a line; nothing when nothing did.
func (w *Writer) Events(f *monitor.Frame) error {
	events := w.changes(f)
	if len(events) == 0 {
		return nil
	}
	e := encoder{b: w.buf[:0]}
	for i := range events {
		event := &events[i]
		e.open('{')
		w.preamble(&e, f)
		e.time("time", f.Snap.Time)
		e.text("event", event.What.String())
		if !event.Finding.Since.IsZero() {
			e.seconds("lasted_seconds", event.Lasted)
		}
		e.finding(&event.Finding)
		e.close('}')
		e.b = append(e.b, '\n')
	}
	w.buf = e.b
	return w.flush()
}

// EventsText writes the same for a person: a line with the time and what happened, and of what appeared or changed the
// whole finding.
func (w *Writer) EventsText(f *monitor.Frame) error {
	events := w.changes(f)
	if len(events) == 0 {
		return nil
	}
	p := w.page()
	at := column.Clock(f.Snap.Time)
	for i := range events {
		finding := &events[i].Finding
		if w.headed {
			p.line()
		}
		w.headed = true
		if events[i].What == detect.Cleared {
			p.wrapped(at+" cleared ", fmt.Sprintf("after %s: %s", column.FormatDuration(events[i].Lasted), finding.Summary))
			continue
		}
		p.line(at, " ", events[i].What.String())
		p.finding(finding, f.Snap.Time)
	}
	return w.finish(p)
}
