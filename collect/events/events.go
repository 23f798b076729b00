// Package events has the kernel tell of every fork, exec and end of a process (the proc connector of Linux), and sums up
// for each reading what no list of processes shows: those that lived in between, who makes them, and which parents
// left children behind.
package events

import (
	"context"

	"ptop/pcb"
)

// collector is what the readings are from.
type collector interface {
	Collect(ctx context.Context, s *pcb.Snapshot) error
}

// Source adds to the readings of another one what happened between them.
type Source struct {
	of     collector
	stream *stream // nil where there is none
	why    string  // why there is none
}

// NewSource begins to listen. That it can't is told in the Snapshots, and is no error.
func NewSource(of collector) *Source {
	s := &Source{of: of}
	stream, err := listen()
	if err != nil {
		s.why = err.Error()
	}
	s.stream = stream
	return s
}

// Deaf is a Source for a single reading, before which there is no other: it does not listen, and says so.
func Deaf(of collector) *Source {
	return &Source{of: of, why: "one reading tells of no time before it: have two taken, with --delay"}
}

// Collect fills s with a new reading. The events are those up to its end, so that whatever it shows is explained.
func (s *Source) Collect(ctx context.Context, snap *pcb.Snapshot) error {
	began := now()
	if err := s.of.Collect(ctx, snap); err != nil {
		return err
	}
	switch {
	case snap.Foreign:
		snap.EventsOff = "the kernel tells them of its own processes, not of another /proc"
	case s.stream == nil:
		snap.EventsOff = s.why
	default:
		snap.Events, snap.EventsOff = s.stream.cut(snap, began)
	}
	return nil
}

// Close ends the listening. The kernel, too, must be told: before Linux 6.6 it would go on sending to nobody.
func (s *Source) Close() error {
	if s.stream == nil {
		return nil
	}
	return s.stream.close()
}
