// Package redact masks what looks like a secret in command lines and environments, or leaves arguments out, before
// anything else of ptop sees them: so every screen, output and recording has them so.
package redact

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"ptop/pcb"
)

// Mask stands for a secret.
const Mask = "***"

// Rules says what to take away.
type Rules struct {
	Secrets bool // mask what looks like a secret
	NoArgs  bool // leave arguments out
}

// secretName is what the name of an option, variable, header or JSON member holds when its value is a secret.
const secretName = `(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|auth[-_]?key|encryption[-_]?key|credentials?|authorization|cookie)`

// patterns find secrets in arguments. They take milliseconds to compile, so that is left until one is needed.
type patterns struct{ named, inside, option, userinfo, bearer, shapes, sshpassShort, mysqlShort *regexp.Regexp }

var compiled = sync.OnceValue(func() *patterns {
	return &patterns{
		// named is a whole name that speaks of a secret: --db-password, PGPASSWORD, X-Api-Key; not --password-file.
		named: regexp.MustCompile(`(?i)^-{0,2}[\w.-]*` + secretName + `(?:[-_.]?(?:value|string|id))?$`),
		// inside finds name=value and name: value within an argument: queries, JSON, headers, shell commands.
		inside: regexp.MustCompile(`(?i)([\w.-]*` + secretName + `["']?\s*[=:]\s*(?:(?:bearer|basic|token)\s+)?)("[^"]*"|'[^']*'|[^\s"'&;,}]+)`),
		// option finds --password value within an argument: a shell command, or a title with spaces.
		option: regexp.MustCompile(`(?i)(\s--?[\w-]*` + secretName + `\s+)("[^"]*"|'[^']*'|[^-\s]\S*)`),
		// userinfo finds the credentials of a URL; a name alone before http is a token.
		userinfo: regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@`),
		bearer:   regexp.MustCompile(`(https?://)[^\s/:@]+@`),
		// shapes are secrets known by their own look: tokens of code forges and chat services, cloud keys, JSON Web Tokens.
		shapes: regexp.MustCompile(`\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|sk-[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)`),
		// The short options within an argument: a shell command, or a title with spaces.
		sshpassShort: regexp.MustCompile(`((?:^|[\s/;|&("'])sshpass(?:\s+-\S*)*?\s+-p\s*)` + shellWord),
		mysqlShort:   regexp.MustCompile(`((?:^|[\s/;|&("'])(?:` + strings.Join(mysqlClients, "|") + `)\s(?:[^;|&]*?\s)?["']?-p)` + shellWord),
	}
})

// Cmdline applies the rules to a NUL-separated command line.
func (r Rules) Cmdline(cmdline string) string {
	if r.NoArgs {
		cmdline = program(cmdline)
	}
	if !r.Secrets || cmdline == "" {
		return cmdline
	}
	args := strings.Split(cmdline, "\x00")
	r.mask(args)
	return strings.Join(args, "\x00")
}

// program is the first argument; of a title that a program wrote over its arguments, the first word.
func program(cmdline string) string {
	first, rest, _ := strings.Cut(cmdline, "\x00")
	if strings.Trim(rest, "\x00") == "" {
		first, _, _ = strings.Cut(first, " ")
	}
	return first
}

// Args applies the rules to a list of arguments, in a copy.
func (r Rules) Args(args []string) []string {
	if r.NoArgs {
		args = args[:min(1, len(args))]
	}
	out := append([]string(nil), args...)
	if r.Secrets {
		r.mask(out)
	}
	return out
}

// Environ applies the rules to KEY=value pairs, in a copy.
func (r Rules) Environ(environ []string) []string {
	out := append([]string(nil), environ...)
	if r.Secrets {
		for i := range out {
			out[i] = argument(out[i])
		}
	}
	return out
}

func (r Rules) mask(args []string) {
	var short shortOption
	for i := range args {
		arg, before := args[i], ""
		if i > 0 {
			before = args[i-1]
		}
		switch {
		case takesSecret(before, short) && arg != "" && arg[0] != '-':
			args[i] = Mask
		case short.name != "" && len(arg) > len(short.name) && strings.HasPrefix(arg, short.name):
			args[i] = short.name + Mask
		default:
			if i == 0 || runsOthers()[base(args[0])] {
				short = short.after(arg)
			}
			args[i] = argument(arg)
		}
	}
}

// takesSecret reports whether the argument after option is a secret.
func takesSecret(option string, short shortOption) bool {
	return strings.HasPrefix(option, "-") && compiled().named.MatchString(option) || short.apart && option == short.name
}

// argument masks the secrets within one argument.
func argument(arg string) string {
	p := compiled()
	if name, _, found := strings.Cut(arg, "="); found && p.named.MatchString(name) {
		return name + "=" + Mask
	}
	if !strings.ContainsAny(arg, "=: ") { // nothing has a value in it
		return p.shapes.ReplaceAllString(arg, Mask)
	}
	arg = p.userinfo.ReplaceAllString(arg, "${1}"+Mask+"@")
	arg = p.bearer.ReplaceAllString(arg, "${1}"+Mask+"@")
	arg = p.inside.ReplaceAllString(arg, "${1}"+Mask)
	arg = p.option.ReplaceAllString(arg, "${1}"+Mask)
	arg = p.maskShort(arg)
	return p.shapes.ReplaceAllString(arg, Mask)
}

// Detail applies the rules to a process in depth, in place.
func (r Rules) Detail(d *pcb.Detail) {
	d.Args = r.Args(d.Args)
	d.Environ = r.Environ(d.Environ)
	d.Process.Cmdline = r.Cmdline(d.Process.Cmdline)
}

// source is what Source wraps, and what monitor.Source asks for.
type source interface {
	Collect(context.Context, *pcb.Snapshot) error
}

// Source gives the Snapshots of another one with the rules applied. It remembers what it did to each command line.
type Source struct {
	from      source
	rules     Rules
	now, then map[string]string
}

// NewSource wraps from.
func NewSource(from source, rules Rules) *Source {
	return &Source{from: from, rules: rules, now: map[string]string{}, then: map[string]string{}}
}

// Collect implements monitor.Source.
func (s *Source) Collect(ctx context.Context, snap *pcb.Snapshot) error {
	if err := s.from.Collect(ctx, snap); err != nil {
		return err
	}
	s.now, s.then = s.then, s.now
	clear(s.now) // only what runs now is remembered
	for i := range snap.Procs {
		p := &snap.Procs[i]
		masked, known := s.then[p.Cmdline]
		if !known {
			masked = s.rules.Cmdline(p.Cmdline)
		}
		s.now[p.Cmdline] = masked
		p.Cmdline = masked
	}
	return nil
}
