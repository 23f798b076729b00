// Package monitor runs the sampling loop: it takes Snapshots from a Source, and makes of each a Frame, which is
// all that the screens, the writers and the recordings see.
package monitor

import (
	"context"
	"slices"

	"ptop/detect"
	"ptop/pcb"
	"ptop/tree"
)

// Frame is one moment of the machine with everything that was concluded from it. It is immutable as long as somebody holds
// it: whoever gets a Frame is one of its holders, and releases it or leaves it to be collected.
type Frame struct {
	Seq      uint64
	Snap     *pcb.Snapshot
	Rates    *pcb.RateSet // of Snap against the one before; all NaN on a first Frame
	Forest   *tree.Forest
	Probes   map[pcb.ID]*pcb.Probe
	Findings []detect.Finding  // most severe first
	Events   []detect.Event    // what appeared, changed or cleared since the Frame before
	Adopted  []detect.Adoption // whose parent was seen to end, in order of pid
	Standing *detect.Standing  // of the process that is followed; nil without one
	Problem  string            // why this is an older reading shown again; empty for a fresh one
	Slowed   *Slowing          // nil while readings come as often as was asked

	holders *holders // nil where the memory is never used again
}

// Adoption tells which parent a process was seen to lose; nil when it was not.
func (f *Frame) Adoption(id pcb.ID) *detect.Adoption {
	i, ok := slices.BinarySearchFunc(f.Adopted, id.PID, func(a detect.Adoption, pid int32) int { return int(a.ID.PID) - int(pid) })
	if !ok || f.Adopted[i].ID != id {
		return nil
	}
	return &f.Adopted[i]
}

// Source gives Snapshots: a Collector, or a recording.
type Source interface {
	// Collect fills s, which the caller owns, with a new reading. Memory of s is reused.
	Collect(ctx context.Context, s *pcb.Snapshot) error
}

// Prober reads evidence about the processes that detectors suspect, bounded in number and time.
type Prober interface {
	Probe(ctx context.Context, s *pcb.Snapshot, want []pcb.ProbeRequest) map[pcb.ID]*pcb.Probe
}
