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

	"github.com/spf13/pflag"

	"ptop/collect"
	"ptop/collect/events"
	"ptop/detect"
	"ptop/export"
	"ptop/internal/column"
	"ptop/internal/near"
	"ptop/internal/sanitize"
)

// program is one run of ptop: what it was asked, and where it reads and writes.
type program struct {
	opt   options
	flags *flags
	// given are the flags that the configuration does not touch; nil until the command line could be read.
	given map[string]bool
	// ofScreen are the keys of the configuration's [screen], where the screen is run.
	ofScreen map[string]bool
	// collector is the one that sampler made.
	collector *collect.Collector
	// events is what it added to that: to be closed, or the kernel goes on telling.
	events *events.Source
	args   []string // the process IDs to act on
	env    environment
	stdin  *os.File
	stdout io.Writer
	out    io.Writer // stdout, or what an interrupt makes give up a blocked write to it
	stderr io.Writer
}

// Run is ptop: it does what args ask for and gives the exit code.
func Run(ctx context.Context, args, env []string, stdin *os.File, stdout, stderr io.Writer) int {
	p := &program{env: env, stdin: stdin, stdout: stdout, out: stdout, stderr: stderr}
	code, err := p.run(ctx, args)
	if p.events != nil {
		_ = p.events.Close() // it can't be done about; the socket's end ends it on newer kernels
	}
	switch {
	case err == nil:
		return int(code)
	case p.checking(args):
		return int(p.unknown(err))
	}
	if code = codeOf(err); code != exitDone && !errors.Is(err, errTold) {
		fmt.Fprintf(stderr, "ptop: %s\n", oneLine(err))
	}
	return int(code)
}

// checking reports whether --check was asked for, also by a command line that could not be read.
func (p *program) checking(args []string) bool {
	return p.opt.check || p.given == nil && slices.Contains(args, "--check")
}

// unknown answers as a monitoring plugin that could not check: on stdout, where a plugin's caller reads.
func (p *program) unknown(err error) exitCode {
	if _, failed := fmt.Fprintf(p.out, "PTOP UNKNOWN - %s\n", export.WithoutBar(oneLine(err))); failed != nil {
		fmt.Fprintf(p.stderr, "ptop: %s\n", oneLine(failed))
	}
	return exitUnknown
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
		return false, usagef("%s", flagError(err, p.flags))
	}
	p.args = p.flags.all.Args()
	switch {
	case p.opt.help:
		return true, p.flags.writeHelp(p.stdout)
	case p.opt.version:
		return true, p.writeln(p.versionText())
	case p.opt.helpColumns:
		return true, p.writeln(column.HelpText())
	case p.opt.helpDetectors:
		return true, p.writeln(detect.HelpText())
	case p.opt.completion != "":
		return true, p.flags.writeCompletion(p.stdout, p.opt.completion)
	}
	if p.opt.verbose {
		return false, usagef("--verbose goes with --version")
	}
	p.given = settled(p.flags.all)
	if err := p.loadConfig(); err != nil {
		return false, err
	}
	return false, usage(p.settle())
}

func (p *program) writeln(text string) error {
	_, err := fmt.Fprintln(p.stdout, strings.TrimSuffix(text, "\n"))
	return err
}

// settle refuses flags of the command line that do not go together. Of a setting and a flag, the flag is taken; of a setting
// of the screen and one of every mode, the screen's.
func (p *program) settle() error {
	o := &p.opt
	switch {
	case p.given["descendants"] && o.descendants && len(o.pids) == 0 && !p.acting():
		return fmt.Errorf("--descendants goes with --pid, --stop, --signal or --renice")
	case (o.processGroup || o.dryRun) && !p.acting():
		return fmt.Errorf("--process-group and --dry-run go with --stop, --signal or --renice")
	case o.processGroup && o.descendants && p.given["descendants"]:
		return fmt.Errorf("--process-group and --descendants do not go together")
	case p.given["fail-on"] && !o.check:
		return fmt.Errorf("--fail-on goes with --check")
	case p.given["iterations"] && o.check:
		return fmt.Errorf("--check answers once: --iterations does not go with it")
	}
	if !p.given["iterations"] && (o.check || o.explain != "") {
		o.iterations = 1
	}
	if !o.tree || o.groupBy == "" {
		return nil
	}
	switch tree, groups := p.rank("tree"), p.rank("group-by"); {
	case tree == groups:
		return fmt.Errorf("--tree and --group-by do not go together")
	case tree > groups:
		o.groupBy = ""
	default:
		o.tree = false
	}
	return nil
}

// flagError is pflag's complaint in one line, in ptop's words.
func flagError(err error, f *flags) string {
	var none *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	const list = " (ptop --help lists the flags)"
	switch {
	case errors.As(err, &none) && none.GetSpecifiedShortnames() == "":
		name := none.GetSpecifiedName()
		return "unknown flag --" + name + suggest(name, append(settingNames(f.all), "help", "version")) + list
	case errors.As(err, &missing):
		return "--" + missing.GetFlag().Name + " needs a value"
	case errors.As(err, &invalid):
		return invalidFlag(invalid)
	}
	return err.Error() + list
}

func invalidFlag(err *pflag.InvalidValueError) string {
	name, why := err.GetFlag().Name, cause(err)
	if why == errNoValue.Error() {
		return "--" + name + " " + why
	}
	if strings.HasPrefix(why, name) { // it says by itself what it is about
		return why
	}
	return fmt.Sprintf("--%s %s: %s", name, sanitize.Cells(sanitize.Text(err.GetValue()), 60), why)
}

// suggest gives ` (did you mean "x"?)` for the known name nearest to what was typed, or nothing.
func suggest(typed string, known []string) string {
	if name := near.Name(typed, known); name != "" {
		return fmt.Sprintf(" (did you mean %q?)", name)
	}
	return ""
}
