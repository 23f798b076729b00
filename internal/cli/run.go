// Package cli is the command: flags, configuration, modes, wiring, exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"ptop/collect"
	"ptop/detect"
	"ptop/internal/column"
	"ptop/internal/near"
	"ptop/ui"
)

// program is one run of ptop: what it was asked, and where it reads and writes.
type program struct {
	opt   options
	flags *flags
	// collector is the one that sampler made.
	collector *collect.Collector
	args      []string // the process IDs to act on
	env       environment
	stdin     *os.File
	stdout    io.Writer
	stderr    io.Writer
}

// Run is ptop: it does what args ask for and gives the exit code.
func Run(ctx context.Context, args, env []string, stdin *os.File, stdout, stderr io.Writer) int {
	p := &program{env: env, stdin: stdin, stdout: stdout, stderr: stderr}
	code, err := p.run(ctx, args)
	if err == nil {
		return int(code)
	}
	code = codeOf(err)
	if code != exitDone && !errors.Is(err, errTold) {
		fmt.Fprintf(stderr, "ptop: %s\n", oneLine(err))
	}
	return int(code)
}

// errTold is a failure that was already told, process by process.
var errTold = errors.New("some actions failed")

func (p *program) run(ctx context.Context, args []string) (exitCode, error) {
	if done, err := p.parse(args); done || err != nil {
		return exitDone, err
	}
	mode, err := p.mode()
	if err != nil {
		return exitUsage, usage(err)
	}
	return mode.run(p, ctx)
}

// parse reads the command line and the configuration. done is true when a flag asked for a text that was written.
func (p *program) parse(args []string) (done bool, err error) {
	p.flags = newFlags(&p.opt)
	if err := p.flags.all.Parse(args); err != nil {
		return false, usagef("%s (ptop --help lists the flags)", flagError(err, p.flags))
	}
	p.args = p.flags.all.Args()
	switch {
	case p.opt.help:
		return true, p.flags.writeHelp(p.stdout)
	case p.opt.version:
		return true, p.writeln(versionText())
	case p.opt.helpColumns:
		return true, p.writeln(column.HelpText())
	case p.opt.helpDetectors:
		return true, p.writeln(detect.HelpText())
	case p.opt.completion != "":
		return true, p.flags.writeCompletion(p.stdout, p.opt.completion)
	}
	if err := loadConfig(p.flags.all, p.opt.config, p.env); err != nil {
		return false, err
	}
	return false, usage(p.checkRanges())
}

func (p *program) writeln(text string) error {
	_, err := fmt.Fprintln(p.stdout, strings.TrimSuffix(text, "\n"))
	return err
}

func (p *program) checkRanges() error {
	o := &p.opt
	switch {
	case o.iterations < 0:
		return fmt.Errorf("--iterations %d: want 0 (no end) or more", o.iterations)
	case o.limit < 0:
		return fmt.Errorf("--limit %d: want 0 (all) or more", o.limit)
	case o.namespace < 0:
		return fmt.Errorf("--namespace %d: want a pid", o.namespace)
	case o.timeScale <= 0 || o.timeScale > 1000:
		return fmt.Errorf("--time-scale %v: want more than 0, at most 1000", o.timeScale)
	case o.descendants && len(o.pids) == 0:
		return fmt.Errorf("--descendants goes with --pid")
	case o.failOn != "" && !o.check:
		return fmt.Errorf("--fail-on goes with --check")
	case !slices.Contains(ui.ThemeNames(), o.theme):
		return fmt.Errorf("--theme %q: want %s", o.theme, strings.Join(ui.ThemeNames(), ", "))
	case o.source != "auto" && o.source != "proc":
		return fmt.Errorf("--source %q: want auto or proc", o.source)
	}
	return nil
}

// flagError is pflag's complaint in one line, with the nearest flag for one that does not exist.
func flagError(err error, f *flags) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		return "unknown flag --" + name + suggest(name, append(settingNames(f.all), "help", "version"))
	}
	return text
}

// suggest gives ` (did you mean "x"?)` for the known name nearest to what was typed, or nothing.
func suggest(typed string, known []string) string {
	if name := near.Name(typed, known); name != "" {
		return fmt.Sprintf(" (did you mean %q?)", name)
	}
	return ""
}
