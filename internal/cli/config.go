package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/spf13/pflag"
)

// maxConfig is more than any sane configuration has, in bytes.
const maxConfig = 1 << 20

// loadConfig sets the flags that the configuration file names and the command line did not.
func loadConfig(all *pflag.FlagSet, path string, env environment) error {
	named := path != ""
	if !named {
		if path = defaultConfig(env); path == "" {
			return nil
		}
	}
	if !named && !reachable(path) {
		return nil
	}
	text, err := readConfig(path)
	if err != nil {
		return usagef("reading the configuration: %w", err)
	}
	return usage(applyConfig(all, path, text))
}

func defaultConfig(env environment) string {
	dir := env.get("XDG_CONFIG_HOME")
	if dir == "" {
		home := env.get("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	if !filepath.IsAbs(dir) { // never from the current directory
		return ""
	}
	return filepath.Join(dir, "ptop", "config.toml")
}

// reachable reports whether the default configuration is there for this user. A directory that may not be searched is
// another's: HOME is kept by sudo and setpriv. A file that may be seen and not be read is a fault.
func reachable(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission)
}

func readConfig(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err == nil && len(text) > maxConfig {
		err = fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return text, err
}

// applyConfig walks the file's keys with their lines: an error names the line and never quotes it, since what stands
// there may be anybody's.
func applyConfig(all *pflag.FlagSet, path string, text []byte) error {
	given := settled(all)
	seen := map[string]bool{}
	var parser unstable.Parser
	parser.Reset(text)
	for parser.NextExpression() {
		node := parser.Expression()
		if node.Kind != unstable.KeyValue {
			return fmt.Errorf("%s: line %d: tables are not known here: every key is a long flag at top level", path, lineOf(&parser, node))
		}
		key, line, err := configKey(&parser, node)
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", path, line, err)
		}
		flag := all.Lookup(key)
		switch {
		case flag == nil || notSettings[key]:
			return fmt.Errorf("%s: line %d: unknown key%s", path, line, suggest(key, settingNames(all)))
		case seen[key]:
			return fmt.Errorf("%s: line %d: key %s stands there twice", path, line, key)
		}
		seen[key] = true
		if given[key] { // the command line wins
			continue
		}
		for _, value := range configValues(node.Value()) {
			if err := all.Set(key, value); err != nil {
				return fmt.Errorf("%s: line %d: %s: %s", path, line, key, strings.TrimPrefix(cause(err), key+": "))
			}
		}
	}
	if err := parser.Error(); err != nil {
		line := 0
		var perr *unstable.ParserError
		if errors.As(err, &perr) {
			line = parser.Shape(parser.Range(perr.Highlight)).Start.Line
		}
		return fmt.Errorf("%s: line %d: not TOML: %s", path, line, cause(err))
	}
	return nil
}

func lineOf(p *unstable.Parser, node *unstable.Node) int {
	keys := node.Key()
	if keys.Next() {
		return p.Shape(keys.Node().Raw).Start.Line
	}
	return p.Shape(node.Raw).Start.Line
}

func configKey(p *unstable.Parser, node *unstable.Node) (string, int, error) {
	keys := node.Key()
	keys.Next()
	first := keys.Node()
	line := p.Shape(first.Raw).Start.Line
	if keys.Next() {
		return "", line, fmt.Errorf("dotted keys are not known here")
	}
	return string(first.Data), line, nil
}

// configValues gives a value as a flag takes it; an array is the flag given several times.
func configValues(node *unstable.Node) []string {
	if node.Kind != unstable.Array {
		return []string{string(node.Data)}
	}
	var out []string
	for items := node.Children(); items.Next(); {
		out = append(out, string(items.Node().Data))
	}
	return out
}

// cause is the innermost text of a wrapped error, which does not repeat the input.
func cause(err error) string {
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &invalid) && invalid.GetFlag().Value.Type() == "bool":
		return "want true or false"
	case errors.As(err, &invalid):
		return errors.Unwrap(invalid).Error()
	}
	return err.Error()
}

// settled are the flags that the configuration does not touch: those of the command line and, when it asks for a mode,
// every other mode.
func settled(all *pflag.FlagSet) map[string]bool {
	names, asked := map[string]bool{}, false
	all.Visit(func(f *pflag.Flag) { names[f.Name] = true })
	for _, m := range modes() {
		name := strings.TrimPrefix(m.name, "--")
		asked = asked || names[name] && all.Lookup(name).Value.String() != "false"
	}
	if asked {
		for _, m := range modes() {
			names[strings.TrimPrefix(m.name, "--")] = true
		}
	}
	return names
}

func settingNames(all *pflag.FlagSet) []string {
	var names []string
	all.VisitAll(func(f *pflag.Flag) {
		if !notSettings[f.Name] {
			names = append(names, f.Name)
		}
	})
	return names
}
