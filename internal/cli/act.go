package cli

import (
	"context"
	"fmt"
	"slices"

	"ptop/internal/act"
	"ptop/internal/sanitize"
	"ptop/pcb"
)

func (p *program) signal(context.Context) (exitCode, error) {
	sig, err := pcb.ParseSignal(p.opt.signal)
	if err != nil {
		return exitUsage, usage(err)
	}
	return p.act(func(t pcb.Target) []pcb.Outcome { return t.Signal(sig) })
}

func (p *program) renice(context.Context) (exitCode, error) {
	return p.act(func(t pcb.Target) []pcb.Outcome { return t.Renice(p.opt.renice) })
}

// act binds the processes named as arguments, does it to them, and tells what became of each.
func (p *program) act(do func(pcb.Target) []pcb.Outcome) (exitCode, error) {
	if why := p.actionsOff(); why != "" {
		return exitUsage, usagef("no action is possible: %s", why)
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
	target, failed := act.Bind(p.root(), distinct(ids))
	defer target.Close()
	return p.tell(append(failed, do(target)...))
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

func (p *program) tell(outcomes []pcb.Outcome) (exitCode, error) {
	result := error(nil)
	for _, o := range outcomes {
		name := ""
		if o.Name != "" {
			name = " (" + sanitize.Text(o.Name) + ")"
		}
		line, to := o.Did, p.stdout
		if o.Err != nil {
			line, to, result = "failed: "+o.Err.Error(), p.stderr, errTold
		}
		if _, err := fmt.Fprintf(to, "%d%s: %s\n", o.ID.PID, name, sanitize.Text(line)); err != nil {
			return exitFailed, err
		}
	}
	return exitDone, result
}

// actionsOff says why no action is possible; empty when they are.
func (p *program) actionsOff() string {
	if p.opt.readOnly {
		return "--read-only forbids it"
	}
	return ""
}
