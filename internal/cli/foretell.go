package cli

import (
	"context"
	"fmt"
	"sync"

	"ptop/collect/detail"
	"ptop/internal/blast"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// foretell says what an action would reach, and does nothing.
func (p *program) foretell(ctx context.Context, d deed, ids []pcb.ID) (exitCode, error) {
	sampler, err := p.sampler()
	if err != nil {
		return exitFailed, err
	}
	f, err := sampler.Next(ctx)
	if err != nil {
		return exitFailed, err
	}
	if f.Snap.Foreign {
		return exitUsage, usagef("no action is possible: %s", f.Snap.ForeignWhy)
	}
	result := error(nil)
	for _, id := range ids {
		if f.Snap.Lookup(id) == nil {
			result = errTold
			fmt.Fprintf(p.stderr, "%d: failed: no process has that identity: it has ended, never was, or is hidden\n", id.PID)
		}
	}
	plan := &blast.Plan{Snap: f.Snap, Forest: f.Forest, IDs: ids, Scope: p.scope(), Deed: d.Deed}
	radius := plan.Radius(newScout(p.root()).read(ctx, plan))
	writer, err := p.writer(nil)
	if err != nil {
		return exitUsage, err
	}
	if p.opt.json {
		err = writer.RadiusJSON(f, d.words, &radius)
	} else {
		err = writer.Radius(f, d.words, &radius)
	}
	if err != nil {
		return exitFailed, err
	}
	return exitDone, result
}

// scout reads what a blast radius needs beyond the Snapshot. It may be used by several goroutines.
type scout struct {
	mu     sync.Mutex
	prober monitor.Prober
	local  bool // the /proc is this machine's: so are its unit files
}

func newScout(root string) *scout {
	return &scout{prober: detail.NewProber(root), local: root == "" || root == "/proc"}
}

func (s *scout) read(ctx context.Context, plan *blast.Plan) *blast.Evidence {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &blast.Evidence{Restart: map[string]string{}}
	probes, units := plan.Ask()
	if len(probes) > 0 {
		e.Probes = s.prober.Probe(ctx, plan.Snap, probes)
	}
	for _, unit := range units {
		if s.local {
			e.Restart[unit] = detail.Restart(unit)
		}
	}
	return e
}
