package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ptop/internal/act"
	"ptop/internal/blast"
	"ptop/internal/ladder"
	"ptop/internal/monitor"
	"ptop/internal/sanitize"
	"ptop/pcb"
)

func (p *program) signal(ctx context.Context) (exitCode, error) {
	sig, err := pcb.ParseSignal(p.opt.signal)
	if err != nil {
		return exitUsage, usage(err)
	}
	return p.act(ctx, deed{Deed: blast.Deed{Signal: sig}, words: "send " + sig.String(), do: func(t pcb.Target) []pcb.Outcome { return t.Signal(sig) }})
}

func (p *program) renice(ctx context.Context) (exitCode, error) {
	nice := p.opt.renice
	set := pcb.Nice(nice)
	return p.act(ctx, deed{Deed: blast.Deed{Set: set.Kind}, words: set.Do(), nice: &nice, do: func(t pcb.Target) []pcb.Outcome { return t.Set(set) }})
}

// stop ends processes step by step, and tells each step as it is made. An interrupt during the grace gives it up.
func (p *program) stop(ctx context.Context) (exitCode, error) {
	ctx, release := p.untilInterrupted(ctx)
	defer release()
	grace := time.Duration(p.opt.grace)
	words := fmt.Sprintf("send SIGTERM, and after %v SIGKILL to who is left", grace)
	var unwritten error // it is no reason to leave the ladder half way
	code, err := p.act(ctx, deed{Deed: blast.Deed{Signal: pcb.SIGTERM, Graceful: true}, words: words, grace: grace, do: func(t pcb.Target) []pcb.Outcome {
		result := ladder.Stop(ctx, t, ladder.Plan{Grace: grace}, func(s ladder.Step) {
			if s.Passing {
				return
			}
			if _, err := fmt.Fprintf(p.out, "%7s  %s\n", ladder.Seconds(s.At), sanitize.Text(s.Text)); err != nil && unwritten == nil {
				unwritten = err
			}
		})
		for i := range result.Left {
			result.Left[i].Err = errors.New("it lives on")
		}
		return append(result.Refused, result.Left...)
	}})
	if err == nil {
		err = unwritten
	}
	return code, err
}

// deed is one action of the command line.
type deed struct {
	blast.Deed
	words string        // "send SIGTERM"
	grace time.Duration // of a graceful one
	nice  *int          // nil for a signal
	do    func(pcb.Target) []pcb.Outcome
}

// act binds the processes named as arguments, does it to them, and tells what became of each.
func (p *program) act(ctx context.Context, d deed) (exitCode, error) {
	if why := p.actionsOff(); why != "" {
		return exitUsage, usagef("no action is possible: %s", why)
	}
	if p.opt.json && !p.opt.dryRun {
		return exitUsage, usagef("--json goes with --dry-run here")
	}
	if len(p.args) == 0 {
		return exitUsage, usagef("which process? name pids (1234) or identities (1234:66157) as arguments")
	}
	var ids []pcb.ID
	for _, arg := range p.args {
		id, _, err := pcb.ParseID(arg)
		if err != nil {
			return exitUsage, usage(err)
		}
		ids = append(ids, id)
	}
	if p.opt.dryRun {
		return p.foretell(ctx, d, distinct(ids))
	}
	target, failed := act.Bind(p.root(), distinct(ids), p.scope())
	defer target.Close()
	return p.tell(ctx, nil, append(failed, d.do(target)...))
}

// scope is whom an action reaches beside those that are named. A setting does not widen it: that takes a flag.
func (p *program) scope() pcb.Scope {
	switch {
	case p.given["process-group"] && p.opt.processGroup:
		return pcb.Group
	case p.given["descendants"] && p.opt.descendants:
		return pcb.Subtree
	}
	return pcb.Alone
}

// distinct leaves out what names a process again: the same ID, and a bare pid beside its identity.
func distinct(ids []pcb.ID) []pcb.ID {
	exact := map[int32]bool{}
	for _, id := range ids {
		exact[id.PID] = exact[id.PID] || id.Start != 0
	}
	var out []pcb.ID
	for _, id := range ids {
		if !slices.Contains(out, id) && (id.Start != 0 || !exact[id.PID]) {
			out = append(out, id)
		}
	}
	return out
}

// tell says what became of each process. What is found about zombies is taken from f; nil for a reading of its own.
func (p *program) tell(ctx context.Context, f *monitor.Frame, outcomes []pcb.Outcome) (exitCode, error) {
	result := error(nil)
	var zombies []pcb.ID
	for _, o := range outcomes {
		name := ""
		if o.Name != "" {
			name = " (" + sanitize.Text(o.Name) + ")"
		}
		line, to := o.Did, p.stdout
		if o.Err != nil {
			line, to, result = "failed: "+o.Err.Error(), p.stderr, errTold
		}
		if errors.Is(o.Err, act.ErrZombie) {
			zombies = append(zombies, o.ID)
		}
		if _, err := fmt.Fprintf(to, "%d%s: %s\n", o.ID.PID, name, sanitize.Text(line)); err != nil {
			return exitFailed, err
		}
	}
	p.explainZombies(ctx, f, zombies)
	return exitDone, result
}

// explainZombies tells what helps against those that no signal reaches: what one reading finds about them.
func (p *program) explainZombies(ctx context.Context, f *monitor.Frame, ids []pcb.ID) {
	if len(ids) == 0 {
		return
	}
	if f == nil {
		sampler, err := p.sampler(p.load())
		if err != nil {
			return
		}
		if f, err = sampler.Next(ctx); err != nil {
			return
		}
	}
	var told []string
	for i := range f.Findings {
		finding := &f.Findings[i]
		if !slices.ContainsFunc(ids, func(id pcb.ID) bool { return slices.Contains(finding.Members, id) }) {
			continue
		}
		lines := []string{"why: " + finding.Summary + "; " + finding.Why}
		for _, r := range finding.Remedies {
			if !r.Never {
				lines = append(lines, strings.TrimSuffix("do: "+r.Do+"; $ "+r.Command, "; $ "))
			}
		}
		told = append(told, lines...)
	}
	if told == nil {
		for _, id := range ids {
			if q := f.Snap.Lookup(id); q != nil && q.Have.Has(pcb.FieldEnded) {
				told = append(told, fmt.Sprintf("%d has been dead for %s", id.PID, ladder.Seconds(q.Ended)))
			}
		}
	}
	for _, line := range append(told, fmt.Sprintf("more: ptop --explain %d", ids[0].PID)) {
		fmt.Fprintf(p.stderr, "  %s\n", sanitize.Text(line))
	}
}

// actionsOff says why no action is possible; empty when they are.
func (p *program) actionsOff() string {
	if p.opt.readOnly {
		return "--read-only forbids it"
	}
	return ""
}
