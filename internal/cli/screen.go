package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/internal/act"
	"ptop/internal/blast"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
	"ptop/internal/view"
	"ptop/pcb"
	"ptop/ui"
)

func (p *program) screen(ctx context.Context) (exitCode, error) {
	if !p.onTerminal() {
		return exitUsage, usage(errNoTerminal)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	if !p.flags.all.Changed("delay") || p.opt.delay == 0 {
		p.opt.delay = seconds(ui.UsualDelay)
	}
	query, err := p.query(false)
	if err != nil { // told before the screen is taken
		return exitUsage, err
	}
	options, err := p.screenOptions(query)
	if err != nil {
		return exitUsage, err
	}
	open := sync.OnceValues(func() (*ui.Terminal, error) { return ui.Open(*options) })
	sampler, err := p.sampler(collect.LoadBehind)
	if err != nil {
		return exitFailed, err
	}
	go open() // beside the first reading
	sampling, end := context.WithCancel(ctx)
	defer end()
	p.collector.SetWant(collect.WantGlance)
	loop, err := monitor.StartLoop(sampling, sampler, time.Duration(p.opt.delay))
	if err != nil {
		return exitFailed, err
	}
	p.collector.SetWant(wants(p.opt.threads))
	terminal, err := open()
	if err != nil {
		return p.noTerminal(err)
	}
	defer terminal.Close()
	b := &backend{Loop: loop, reader: detail.New(p.root()), scout: newScout(p.root()), p: p}
	parting, err := terminal.Run(ctx, b)
	for _, words := range b.files.settle(settlePatience) {
		fmt.Fprintf(p.stderr, "ptop: %s\n", sanitize.Text(words))
	}
	if errors.Is(err, ui.ErrNoTerminal) {
		return p.noTerminal(err)
	}
	if parting != "" {
		fmt.Fprintf(p.stderr, "ptop: %s\n", sanitize.Text(parting))
	}
	return exitDone, err
}

func (p *program) noTerminal(err error) (exitCode, error) {
	return exitUsage, usagef("%w: try ptop --json, --once or --check", err)
}

func (p *program) screenOptions(query *view.Query) (*ui.Options, error) {
	o := &p.opt
	columns, widths, err := p.columns()
	if err != nil {
		return nil, err
	}
	tag, _ := buildVersion()
	return &ui.Options{
		Delay:   time.Duration(o.delay),
		Grace:   time.Duration(o.grace),
		Query:   *query,
		Columns: columns,
		Widths:  widths,
		NoColor: o.noColor || p.env.get("NO_COLOR") != "",
		ASCII:   p.ascii(),
		Theme:   o.theme,
		Colors:  o.colors,
		Meters:  o.meters,
		Saved:   o.savedFilters,
		VimKeys: o.vimKeys,
		Version: tag,
	}, nil
}

// backend is what the screen needs, from the packages that may touch the machine.
type backend struct {
	*monitor.Loop
	reader *detail.Reader
	scout  *scout
	p      *program
	files  files
}

func (b *backend) Detail(ctx context.Context, id pcb.ID, with pcb.Dear) (*pcb.Detail, error) {
	return b.p.detail(ctx, b.reader, id, with)
}

func (b *backend) Smaps(ctx context.Context, id pcb.ID) (*pcb.Smaps, error) {
	return b.reader.Smaps(ctx, id)
}

func (b *backend) Bind(_ context.Context, ids []pcb.ID, scope pcb.Scope) (pcb.Target, []pcb.Outcome) {
	return act.Bind(b.p.root(), ids, scope)
}

func (b *backend) Present(_ context.Context, id pcb.ID, kind pcb.SettingKind) (pcb.Present, error) {
	return act.Present(b.p.root(), id, kind)
}

func (b *backend) Scout(ctx context.Context, plan *blast.Plan) *blast.Evidence {
	return b.scout.read(ctx, plan)
}

func (b *backend) Attend(pids []int32) { b.p.collector.Attend(pids) }

func (b *backend) ReadThreads(on bool) { b.p.collector.SetWant(wants(on)) }

func (b *backend) SaveSettings(_ context.Context, settings []ui.Setting) (string, error) {
	return b.p.saveSettings(settings)
}

func (b *backend) ActionsOff() string { return b.p.actionsOff() }
