//go:build !linux

package detail

import (
	"context"

	"ptop/pcb"
)

// Prober reads evidence about suspects, of which this system tells none.
type Prober struct{}

// NewProber makes a Prober; there is no /proc to choose on this system.
func NewProber(string) *Prober { return &Prober{} }

// Probe answers with nothing: a diagnosis that needs evidence says that it is missing.
func (*Prober) Probe(context.Context, *pcb.Snapshot, []pcb.ProbeRequest) map[pcb.ID]*pcb.Probe {
	return nil
}
