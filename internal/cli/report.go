package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ptop/detect"
	"ptop/export"
	"ptop/internal/monitor"
	"ptop/internal/view"
)

// report writes Frames in one of the forms for scripts and pipes: JSON, CSV, text, findings.
func (p *program) report(ctx context.Context) (exitCode, error) {
	ctx, stop := p.untilInterrupted(ctx)
	defer stop()
	query, err := p.query(!p.opt.once || p.opt.findings)
	if err != nil {
		return exitUsage, err
	}
	writer, err := p.writer(query)
	if err != nil {
		return exitUsage, err
	}
	p.putOffGC()
	sampler, err := p.sampler(p.load())
	if err != nil {
		return exitUsage, err
	}
	write := p.form(writer)
	code, first := exitDone, true
	err = p.readings(ctx, sampler, func(f *monitor.Frame) error {
		if first {
			if err := p.answerable(f, query); err != nil {
				return err
			}
			first = false
		}
		if p.opt.strict && !export.Wholly(f.Snap) {
			code = exitPartial
		}
		return write(f)
	})
	return code, err
}

// form is the writer's method for the form that the flags ask for.
func (p *program) form(w *export.Writer) func(*monitor.Frame) error {
	switch {
	case p.changes() && p.opt.json:
		return w.Events
	case p.changes():
		return w.EventsText
	case p.opt.json:
		return w.JSON
	case p.opt.csv:
		return w.CSV
	case p.opt.findings:
		return w.Findings
	}
	return w.Table
}

// changes reports whether a log of what appeared, changed and cleared is asked for, and not what is found now.
func (p *program) changes() bool { return p.opt.findings && p.opt.iterations != 1 }

func (p *program) writer(query *view.Query) (*export.Writer, error) {
	columns, widths, err := p.columns()
	if err != nil {
		return nil, err
	}
	tag, _ := buildVersion()
	return export.NewWriter(p.out, export.Options{
		Version: tag, Columns: columns, Widths: widths, Query: query, Findings: p.opt.findings,
		NoHeaders: p.opt.noHeaders, ASCII: p.ascii(), Stream: p.opt.iterations != 1, Width: p.width(), Terminal: p.toTerminal(),
	}), nil
}

// readings hands the asked number of Frames to do: the first after watching for --observe or one delay, the others a
// delay apart. do does not keep one. An interrupt between two of them is a regular end.
func (p *program) readings(ctx context.Context, sampler *monitor.Sampler, do func(*monitor.Frame) error) error {
	delay := time.Duration(p.opt.delay)
	// A delay of 0 in a stream would load the machine that it watches.
	if p.opt.iterations != 1 {
		sampler.SetDelay(max(delay, 10*time.Millisecond))
	}
	frame, err := sampler.Observe(ctx, max(delay, time.Duration(p.opt.observe)), p.step())
	for n := 1; err == nil; n++ {
		err = do(frame)
		frame.Release()
		if err != nil || n == p.opt.iterations {
			return err
		}
		if frame, err = sampler.After(ctx, sampler.Delay()); err != nil && p.changes() {
			frame, err = p.again(ctx, sampler, sampler.Delay(), err)
		}
	}
	if ctx.Err() != nil && p.opt.iterations != 1 {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted before the reading was complete")
	}
	return err
}

// again goes on after a reading that failed, until one does not: whoever waits for what changes is to hear of it, too. Why
// is told once.
func (p *program) again(ctx context.Context, sampler *monitor.Sampler, delay time.Duration, err error) (*monitor.Frame, error) {
	if ctx.Err() != nil {
		return nil, err
	}
	fmt.Fprintf(p.stderr, "ptop: %s: nothing is told until a reading succeeds\n", oneLine(err))
	for {
		frame, err := sampler.After(ctx, delay)
		if err == nil {
			fmt.Fprintln(p.stderr, "ptop: readings succeed again")
		}
		if err == nil || ctx.Err() != nil {
			return frame, err
		}
	}
}

// step is the time between the readings of a longer observation: short enough to see a process that lives for seconds.
func (p *program) step() time.Duration {
	if delay := time.Duration(p.opt.delay); delay > 0 {
		return delay
	}
	return defaultDelay
}

// check answers as a monitoring plugin. Whatever fails, Run tells as UNKNOWN.
func (p *program) check(ctx context.Context) (exitCode, error) {
	ctx, stop := p.untilInterrupted(ctx)
	defer stop()
	on, err := export.ParseFailOn(p.opt.failOn, detect.All)
	if err != nil {
		return exitUsage, usage(err)
	}
	query, err := p.query(true)
	if err != nil {
		return exitUsage, err
	}
	writer, err := p.writer(query)
	if err != nil {
		return exitUsage, err
	}
	p.putOffGC()
	sampler, err := p.sampler(p.load())
	if err != nil {
		return exitUsage, err
	}
	state := export.StateUnknown
	err = p.readings(ctx, sampler, func(f *monitor.Frame) error {
		err := p.answerable(f, query)
		if err != nil {
			return err
		}
		state, err = writer.Check(f, export.Checking{Detectors: detect.All, FailOn: on, Strict: p.opt.strict})
		return err
	})
	return exitCode(state), err
}
