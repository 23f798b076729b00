package cli

import (
	"context"
	"slices"
	"sync"

	"ptop/collect/detail"
	"ptop/export"
	"ptop/internal/act"
	"ptop/internal/blast"
	"ptop/internal/ladder"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// foretell says what an action would reach, and does nothing.
func (p *program) foretell(ctx context.Context, d deed, ids []pcb.ID) (exitCode, error) {
	sampler, err := p.sampler(p.load())
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
	refused := p.refusals(d, ids)
	plan := &blast.Plan{Snap: f.Snap, Forest: f.Forest, IDs: ids, Scope: p.scope(), Deed: d.Deed}
	for _, o := range refused {
		plan.Barred = append(plan.Barred, o.ID)
	}
	radius := plan.Radius(newScout(p.root()).read(ctx, plan))
	writer, err := p.writer(nil)
	if err != nil {
		return exitUsage, err
	}
	if p.opt.json {
		err = writer.RadiusJSON(f, &export.Intent{Words: d.words, Deed: d.Deed, Grace: d.grace, Nice: d.nice, Scope: p.scope()}, &radius)
	} else {
		err = writer.Radius(f, d.words, &radius)
	}
	if err != nil {
		return exitFailed, err
	}
	return p.tell(ctx, f, refused)
}

// refusals gives those to whom the action would not be done, each with what would be said of it then.
func (p *program) refusals(d deed, ids []pcb.ID) []pcb.Outcome {
	target, refused := act.Bind(p.root(), ids, p.scope())
	defer target.Close()
	if d.Graceful {
		refused = append(refused, ladder.Refused(target.Look())...)
	}
	for _, o := range act.Refusals(target, d.Signal) {
		if !slices.ContainsFunc(refused, func(known pcb.Outcome) bool { return known.ID == o.ID }) {
			refused = append(refused, o)
		}
	}
	return refused
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
