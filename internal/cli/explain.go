package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"ptop/collect"
	"ptop/collect/detail"
	"ptop/internal/monitor"
	"ptop/pcb"
)

// explain tells everything about one process: what it is, what started it, what it does, what is wrong with it.
func (p *program) explain(ctx context.Context) (exitCode, error) {
	ctx, stop := p.untilInterrupted(ctx)
	defer stop()
	id, _, err := pcb.ParseID(p.opt.explain)
	if err != nil {
		return exitUsage, usage(err)
	}
	writer, err := p.writer(nil)
	if err != nil {
		return exitUsage, err
	}
	p.putOffGC()
	sampler, err := p.sampler(p.load())
	if err != nil {
		return exitUsage, err
	}
	sampler.Follow(id)
	return exitDone, p.readings(ctx, sampler, func(f *monitor.Frame) error {
		proc := f.Snap.Lookup(id)
		if proc == nil {
			return noProcess(p.opt.explain)
		}
		in, err := p.detail(ctx, detail.New(p.root()), proc.ID, pcb.Dear{Maps: true})
		switch {
		case errors.Is(err, detail.ErrEnded):
			return noProcess(p.opt.explain)
		case err != nil:
			return fmt.Errorf("process %s could not be read: %w", p.opt.explain, whyUnread(err))
		}
		if p.opt.json {
			return writer.ExplainJSON(f, in)
		}
		return writer.Explain(f, in)
	})
}

// whyUnread is the innermost reason, since what stands before it says again what was read.
func whyUnread(err error) error {
	var why syscall.Errno
	switch {
	case !errors.As(err, &why):
		return err
	case errors.Is(why, fs.ErrPermission):
		return fmt.Errorf("%w: run ptop as root", why)
	}
	return why
}

// capture writes the /proc files that a reading uses, for a bug report: whole or not at all.
func (p *program) capture(ctx context.Context) (exitCode, error) {
	ctx, stop := p.untilInterrupted(ctx)
	defer stop()
	if _, err := p.sampler(p.load()); err != nil { // is it a /proc at all?
		return exitUsage, err
	}
	path := p.opt.capture
	if path == "-" {
		return exitUsage, usagef("writing the capture: it goes to a file, so name one")
	}
	if _, err := os.Lstat(path); err == nil { // it would be replaced, be it a device
		return exitUsage, usagef("writing the capture: %s is there already: name a file that is not", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".ptop-capture-*")
	var at *fs.PathError
	if errors.As(err, &at) { // the name of the temporary file tells nobody anything
		err = at.Err
	}
	if err != nil {
		return exitFailed, fmt.Errorf("writing the capture %s: %w", path, err)
	}
	err = collect.Capture(ctx, p.root(), file, collect.CaptureOptions{RedactTexts: p.opt.redact || p.opt.noArgs, PIDs: p.opt.pids})
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
		return exitFailed, fmt.Errorf("writing the capture %s: %w", path, err)
	}
	return exitDone, nil
}
