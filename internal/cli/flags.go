package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ptop/collect"
	"ptop/internal/filter"
	"ptop/internal/ladder"
	"ptop/ui"
)

// options is the command line and the configuration file, parsed.
type options struct {
	// Modes.
	json, csv, once, tree, findings, check bool
	failOn, explain, signal                string
	renice                                 int
	stop, dryRun                           bool
	capture                                string

	// Sampling.
	delay, observe seconds
	budget         float64
	iterations     int
	procfs, source string

	// Selection and order.
	pids                         pidList
	descendants, threads, kernel bool
	processGroup                 bool
	user, filter, sort, columns  string
	savedFilters                 filter.Saved
	container, unit, groupBy     string
	namespace                    int32
	limit                        int

	// Diagnosis.
	set       []string
	timeScale float64

	// Output.
	noHeaders, ascii, noColor, redact, noArgs, strict, vimKeys bool
	theme, colors, meters                                      string

	// Safety and configuration.
	readOnly   bool
	grace      seconds
	config     string
	completion string

	// Help.
	helpColumns, helpDetectors, version, verbose, help bool
}

// flagGroup is a heading of --help and docs/flags.md with its flags.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// flags is every flag, registered once; the help, the configuration keys, the completions and docs/flags.md
// follow from it.
type flags struct {
	groups []flagGroup
	all    *pflag.FlagSet
}

// sources are the readers that can be asked for, the default first.
var sources = sourceNames()

func sourceNames() []string {
	var names []string
	for _, s := range collect.Sources {
		names = append(names, string(s))
	}
	return names
}

const defaultDelay = 500 * time.Millisecond

// defaultBudget is what ptop may cost, in percent of one CPU.
const defaultBudget = 5

func newFlags(o *options) *flags {
	f := &flags{all: pflag.NewFlagSet("ptop", pflag.ContinueOnError)}
	f.all.SortFlags = false
	f.all.Usage = func() {}
	f.all.SetOutput(io.Discard)
	for _, g := range []struct {
		title    string
		register func(*pflag.FlagSet, *options)
	}{
		{"Modes (none: the terminal screen)", modeFlags},
		{"Which processes, in which order", selectionFlags},
		{"Sampling", samplingFlags},
		{"Diagnosis", diagnosisFlags},
		{"Output", outputFlags},
		{"Safety and configuration", configFlags},
		{"Help", helpFlags},
	} {
		set := pflag.NewFlagSet(g.title, pflag.ContinueOnError)
		set.SortFlags = false
		g.register(set, o)
		f.groups = append(f.groups, flagGroup{g.title, set})
		f.all.AddFlagSet(set)
	}
	return f
}

func modeFlags(f *pflag.FlagSet, o *options) {
	f.BoolVar(&o.json, "json", false, "one JSON document; with -n a stream, one a line")
	f.BoolVarP(&o.once, "once", "b", false, "one text table, as top -b; with -n several")
	f.BoolVar(&o.csv, "csv", false, "CSV with a header row and raw values")
	f.BoolVarP(&o.tree, "tree", "t", false, "show the parent and child tree, in any mode")
	f.BoolVar(&o.findings, "findings", false, "only what is sick, as text or with --json; with -n other than 1 a log of changes: what appeared, changed and cleared, with --json one object a line")
	f.BoolVar(&o.check, "check", false, "health check as a monitoring plugin: status line, perfdata, exit 0 to 3")
	f.Var(text(&o.failOn, checkFailOn), "fail-on", "`DETECTORS` that --check minds: zombie,orphan:warning (default all)")
	f.Var(text(&o.explain, checkID), "explain", "one process in words, `PID` or pid:start: what started it, how it lives, what it waits for, what is wrong with it")
	f.BoolVar(&o.stop, "stop", false, "end the processes named as arguments gracefully: SIGTERM, and after --grace SIGKILL to who is left")
	f.Var(text(&o.signal, checkSignal), "signal", "send signal `NAME` to the processes named as arguments (pid or pid:start)")
	f.Var(whole(&o.renice, -20, 19, "want -20 (first) to 19 (last)"), "renice", "set nice value `N` (-20 to 19) of the processes named as arguments")
	f.BoolVar(&o.dryRun, "dry-run", false, "with --stop, --signal, --renice: only tell whom it would reach, and what would follow")
	f.Var(text(&o.capture, nil), "capture", "write the /proc files that a reading uses to `FILE.tar`, for a bug report")
}

func selectionFlags(f *pflag.FlagSet, o *options) {
	f.VarP(&o.pids, "pid", "p", "only these processes: 1,2,3")
	f.BoolVar(&o.descendants, "descendants", false, "with --pid, --stop, --signal, --renice: and everything below them")
	f.BoolVar(&o.processGroup, "process-group", false, "with --stop, --signal, --renice: everybody in their process groups")
	f.VarP(text(&o.user, checkUser), "user", "u", "only this effective user, by `NAME` or uid")
	f.VarP(text(&o.filter, checkFilter), "filter", "F", "only what matches `EXPR`: 'state == \"Z\" or cpu_percent > 50', or a word")
	f.Var(savedFilters(&o.savedFilters), "saved-filter", "keep a filter under a name, `NAME=EXPR`; repeatable; --filter @NAME, and @NAME at the screen's prompt, stand for it")
	f.Var(text(&o.container, nil), "container", "only this container, by `NAME` or id")
	f.Var(text(&o.unit, nil), "unit", "only this systemd `UNIT`")
	f.Var(value[int32]{&o.namespace, parsePID, "int32"}, "namespace", "only the pid namespace of process `PID`")
	f.BoolVar(&o.kernel, "kernel-threads", false, "show kernel threads (default: not on the screen and in text, yes in JSON and CSV)")
	f.BoolVarP(&o.threads, "threads", "H", false, "a row for each thread")
	f.VarP(text(&o.sort, checkSort), "sort", "s", "order by `COLUMNS`: -cpu_percent,pid; - is descending, figures are so by default")
	f.VarP(text(&o.columns, checkColumns), "columns", "o", "show `COLUMNS`: pid,rss_bytes, or +rss_bytes to add to the default; name:20 in 20 cells")
	f.Var(text(&o.groupBy, checkGroupBy), "group-by", "one row for each value of `COLUMN`")
	f.Var(whole(&o.limit, 0, math.MaxInt, "want 0 (all) or more"), "limit", "at most `N` rows")
}

func samplingFlags(f *pflag.FlagSet, o *options) {
	o.delay = seconds(defaultDelay)
	f.VarP(&o.delay, "delay", "d", "time between two readings: seconds or 500ms; the screen's default is 2s; 0 takes one reading, without rates")
	o.iterations = 1
	f.VarP(whole(&o.iterations, 0, math.MaxInt, "want 0 (no end) or more"), "iterations", "n", "`N` documents or tables, or readings of a log of changes; 0 goes on until interrupted")
	f.Var(&o.observe, "observe", "watch that long before answering (default: one --delay)")
	o.budget = defaultBudget
	f.Var(share(&o.budget), "budget", "what ptop may cost, `PERCENT` of one CPU: readings that would cost more come more seldom, and it says so; 0 for no bound")
	o.procfs = "/proc"
	f.Var(text(&o.procfs, nil), "procfs", "read another /proc at `DIR`; HOST_PROC is honoured")
	o.source = sources[0]
	f.Var(oneOf(&o.source, sources), "source", "which `READER` of processes: "+strings.Join(sources, ", ")+"; auto is the best that is allowed")
}

func diagnosisFlags(f *pflag.FlagSet, o *options) {
	f.Var(assignments(&o.set), "set", "a detector's parameter, `DETECTOR.PARAM=VALUE`; repeatable; see --help-detectors")
	o.timeScale = 1
	f.Var(factor(&o.timeScale), "time-scale", "multiply every age, hold and window of the detectors by `X`, for trials")
}

func outputFlags(f *pflag.FlagSet, o *options) {
	f.BoolVar(&o.noHeaders, "no-headers", false, "no heading lines in text and CSV")
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII only")
	f.BoolVar(&o.noColor, "no-color", false, "no colours, as NO_COLOR in the environment")
	o.theme = "default"
	f.Var(oneOf(&o.theme, ui.ThemeNames()), "theme", "colours of the screen, `NAME`: "+strings.Join(ui.ThemeNames(), ", "))
	o.colors = ui.ColorDepths()[0]
	f.Var(oneOf(&o.colors, ui.ColorDepths()), "colors", "how many colours the screen may have, `DEPTH`: "+strings.Join(ui.ColorDepths(), ", ")+"; auto is what the terminal says")
	o.meters = ui.MeterModes()[0]
	f.Var(oneOf(&o.meters, ui.MeterModes()), "meters", "how much of the screen's header, `MODE`: "+strings.Join(ui.MeterModes(), ", "))
	f.BoolVar(&o.vimKeys, "vim-keys", false, "j k h l g G move, and what they did elsewhere moves to capitals")
	f.BoolVar(&o.redact, "redact", false, "mask what looks like a secret in command lines")
	f.BoolVar(&o.noArgs, "no-args", false, "leave arguments out of command lines")
	f.BoolVar(&o.strict, "strict", false, "exit 3 when something was hidden or denied")
}

func configFlags(f *pflag.FlagSet, o *options) {
	f.BoolVar(&o.readOnly, "read-only", false, "no action in any mode")
	o.grace = seconds(ladder.DefaultGrace)
	f.Var(&o.grace, "grace", "how long a graceful stop waits between SIGTERM and SIGKILL")
	f.Var(text(&o.config, nil), "config", "read `FILE` instead of $XDG_CONFIG_HOME/ptop/config.toml; every long flag is a key, in its table [screen] for the screen alone")
	f.Var(oneOf(&o.completion, shells), "completion", "print the completion script for `SHELL`: "+strings.Join(shells, ", "))
}

func helpFlags(f *pflag.FlagSet, o *options) {
	f.BoolVar(&o.helpColumns, "help-columns", false, "list the columns")
	f.BoolVar(&o.helpDetectors, "help-detectors", false, "list the detectors with their parameters")
	f.BoolVar(&o.version, "version", false, "version, commit and Go version")
	f.BoolVar(&o.verbose, "verbose", false, "with --version: which sources can be used here, and why the others can't")
	f.BoolVarP(&o.help, "help", "h", false, "this text")
}

// notSettings are the flags that ask for one thing now; they are no configuration keys.
var notSettings = map[string]bool{
	"explain": true, "stop": true, "signal": true, "renice": true, "dry-run": true, "process-group": true, "capture": true, "config": true, "completion": true,
	"help-columns": true, "help-detectors": true, "version": true, "verbose": true, "help": true,
}

// notOfScreen are the settings that mean nothing to the terminal screen, beside those that choose another mode: they are no
// keys of [screen].
var notOfScreen = map[string]bool{"fail-on": true, "iterations": true, "observe": true, "no-headers": true, "strict": true}

const usageHead = `ptop: what runs on this machine, what is sick, why, and what to do about it

usage: ptop [flags]                 the terminal screen
       ptop --json | --once | --csv | --findings | --check [flags]
       ptop --explain PID
       ptop --stop ID...            ID is pid or pid:start
       ptop --signal NAME ID...
       ptop --renice N ID...
`

func (f *flags) writeHelp(w io.Writer) error {
	var b strings.Builder
	b.WriteString(usageHead)
	for _, g := range f.groups {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		g.flags.VisitAll(func(flag *pflag.Flag) { writeFlag(&b, flag) })
	}
	fmt.Fprintf(&b, "\nExit codes: %s.\n", strings.ReplaceAll(exitCodeHelp, "\n", "\n  "))
	_, err := io.WriteString(w, b.String())
	return err
}

// flagWidth is where the help text of a flag begins, lineWidth where a line ends.
const flagWidth, lineWidth = 31, 100

// writeFlag writes a flag's lines of --help. (pflag's own writer shows "[=true|false]" behind every switch.)
func writeFlag(b *strings.Builder, flag *pflag.Flag) {
	value, help := pflag.UnquoteUsage(flag)
	short := "    "
	if flag.Shorthand != "" {
		short = "-" + flag.Shorthand + ", "
	}
	if flag.DefValue != "" && flag.DefValue != "false" && flag.DefValue != "[]" && flag.DefValue != "0" && flag.DefValue != "0s" {
		help += " (default " + flag.DefValue + ")"
	}
	line := fmt.Sprintf("  %s%-*s", short, flagWidth-6, strings.TrimSpace("--"+flag.Name+" "+switchless(value)))
	for _, word := range strings.Fields(help) {
		if len(line)+1+len(word) > lineWidth {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", flagWidth)
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// switchless is the placeholder of a flag's value; a switch has none.
func switchless(value string) string {
	if value == "[=true|false]" || value == "true|false" {
		return ""
	}
	return value
}

// FlagsMarkdown is docs/flags.md.
func FlagsMarkdown() string {
	var b strings.Builder
	b.WriteString("# Flags\n\nGenerated by `make docs`. Every long flag is a key of the configuration file, but for those marked †. " +
		"In the file's one table, `[screen]`, it is a key too, but for those marked ‡: what stands there holds for the terminal screen alone " +
		"and goes before the rest of the file, as the command line goes before both. " +
		"The screen's setup saves there, so that it changes nothing for a script.\n")
	for _, g := range newFlags(&options{}).groups {
		fmt.Fprintf(&b, "\n## %s\n\n| flag | default | what it does |\n|---|---|---|\n", g.title)
		g.flags.VisitAll(func(flag *pflag.Flag) {
			value, help := pflag.UnquoteUsage(flag)
			name := "--" + flag.Name
			if flag.Shorthand != "" {
				name = "-" + flag.Shorthand + ", " + name
			}
			mark := ""
			switch {
			case notSettings[flag.Name]:
				mark = " †"
			case !settingOfScreen(flag.Name):
				mark = " ‡"
			}
			fmt.Fprintf(&b, "| `%s`%s | %s | %s |\n", strings.TrimSpace(name+" "+switchless(value)), mark, flag.DefValue, help)
		})
	}
	fmt.Fprintf(&b, "\nExit codes: %s.\n", strings.ReplaceAll(exitCodeHelp, "\n", " "))
	return b.String()
}
