package cli

import (
	"context"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/collect/events"
	"ptop/detect"
	"ptop/internal/act"
	"ptop/internal/container"
	"ptop/internal/monitor"
	"ptop/internal/redact"
	"ptop/pcb"
)

// root is the /proc to read.
func (p *program) root() string {
	if host := p.env.get("HOST_PROC"); host != "" && !p.flags.all.Changed("procfs") {
		return host
	}
	return p.opt.procfs
}

// sampler wires what reads the machine to what concludes from it.
func (p *program) sampler(load collect.Load) (*monitor.Sampler, error) {
	settings := detect.NewSettings()
	settings.TimeScale = p.opt.timeScale
	for _, assignment := range p.opt.set {
		if err := settings.Set(assignment); err != nil {
			return nil, usagef("--set: %w", err)
		}
	}
	collector, err := collect.New(collect.Options{
		Root: p.root(), Container: container.Parse, Want: wants(p.opt.threads), Source: collect.Source(p.opt.source), Load: load,
	})
	if err != nil {
		return nil, sourceError{err}
	}
	p.collector = collector
	if !p.opt.readOnly {
		act.RaiseOwn()
	}
	var source monitor.Source = collector
	if rules := p.rules(); rules != (redact.Rules{}) {
		source = redact.NewSource(collector, rules)
	}
	if load == collect.LoadIfMany {
		p.events = events.Deaf(source)
	} else {
		p.events = events.NewSource(source)
	}
	sampler := monitor.NewSampler(p.events, detail.NewProber(p.root()), detect.NewTracker(settings))
	sampler.SetBudget(p.opt.budget)
	return sampler, nil
}

// load is when a mode without a screen has the task iterator loaded: one reading, which LoadIfMany is for, of few processes
// costs less than that.
func (p *program) load() collect.Load {
	if p.opt.delay == 0 && p.opt.observe == 0 && p.opt.iterations == 1 {
		return collect.LoadIfMany
	}
	return collect.LoadFirst
}

// wants is what the readings must hold: the usual, and every thread where threads are shown.
func wants(threads bool) collect.Want {
	if threads {
		return collect.WantUsual | collect.WantThreads
	}
	return collect.WantUsual
}

// rules says what is taken away from command lines and environments before anything sees them.
func (p *program) rules() redact.Rules {
	return redact.Rules{Secrets: p.opt.redact, NoArgs: p.opt.noArgs}
}

// detail reads one process in depth.
func (p *program) detail(ctx context.Context, reader *detail.Reader, id pcb.ID, with pcb.Dear) (*pcb.Detail, error) {
	d, err := reader.Read(ctx, id, with)
	if err == nil {
		p.rules().Detail(d)
	}
	return d, err
}
