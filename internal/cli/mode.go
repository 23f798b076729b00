package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"
)

// mode is one way of running ptop.
type mode struct {
	name  string // the flag that chooses it
	asked func(*program) bool
	run   func(*program, context.Context) (exitCode, error)
}

// modes lists them; where two are asked for, the earlier one is run if together has the pair.
func modes() []mode {
	return []mode{
		{"--stop", func(p *program) bool { return p.opt.stop }, (*program).stop},
		{"--signal", func(p *program) bool { return p.opt.signal != "" }, (*program).signal},
		{"--renice", func(p *program) bool { return p.flags.all.Changed("renice") }, (*program).renice},
		{"--capture", func(p *program) bool { return p.opt.capture != "" }, (*program).capture},
		{"--explain", func(p *program) bool { return p.opt.explain != "" }, (*program).explain},
		{"--check", func(p *program) bool { return p.opt.check }, (*program).check},
		{"--csv", func(p *program) bool { return p.opt.csv }, (*program).report},
		{"--once", func(p *program) bool { return p.opt.once }, (*program).report},
		{"--json", func(p *program) bool { return p.opt.json }, (*program).report},
		{"--findings", func(p *program) bool { return p.opt.findings }, (*program).report},
	}
}

// together are the pairs of modes that make one: the second says what, the first how.
var together = map[[2]string]bool{
	{"--explain", "--json"}: true, {"--json", "--findings"}: true, {"--once", "--findings"}: true,
	{"--stop", "--json"}: true, {"--signal", "--json"}: true, {"--renice", "--json"}: true, // of a --dry-run
}

// acting reports whether something is to be done to processes.
func (p *program) acting() bool {
	return p.opt.stop || p.opt.signal != "" || p.flags.all.Changed("renice")
}

func (p *program) mode() (mode, error) {
	var chosen []mode
	for _, m := range modes() {
		if m.asked(p) {
			chosen = append(chosen, m)
		}
	}
	switch {
	case len(p.args) > 0 && !p.acting():
		return mode{}, fmt.Errorf("unexpected argument %q: processes are named with --pid, --explain, --stop, --signal or --renice", p.args[0])
	case len(chosen) > 2, len(chosen) == 2 && !together[[2]string{chosen[0].name, chosen[1].name}]:
		return mode{}, fmt.Errorf("%s and %s do not go together", chosen[0].name, chosen[1].name)
	case len(chosen) > 0:
		return chosen[0], nil
	case p.flags.all.Changed("tree") && p.opt.tree && !p.onTerminal():
		return mode{"--tree", nil, (*program).report}, nil // ptop --tree | less: a text is meant
	}
	return mode{"", nil, (*program).screen}, nil
}

// onScreen reports whether the terminal screen is what is asked for, and can be had.
func (p *program) onScreen() bool {
	m, err := p.mode()
	return err == nil && m.name == "" && p.onTerminal()
}

// onTerminal reports whether both ends of the conversation are a terminal.
func (p *program) onTerminal() bool {
	return p.toTerminal() && p.stdin != nil && term.IsTerminal(int(p.stdin.Fd()))
}

// toTerminal reports whether a terminal shows the output.
func (p *program) toTerminal() bool {
	out, ok := p.stdout.(*os.File)
	return ok && term.IsTerminal(int(out.Fd()))
}

// width is how many cells a line of text may have: those of the terminal, or no limit in a pipe.
func (p *program) width() int {
	if out, ok := p.stdout.(*os.File); ok {
		if width, _, err := term.GetSize(int(out.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// errNoTerminal is what the screen says without one.
var errNoTerminal = errors.New("no terminal for the screen: try ptop --json, --once or --check")
