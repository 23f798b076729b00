package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// maxConfig is more than any sane configuration has, in bytes.
const maxConfig = 1 << 20

// loadConfig sets the flags that the configuration file names and the command line did not.
func (p *program) loadConfig() error {
	path := p.opt.config
	named := path != ""
	if !named {
		if path = defaultConfig(p.env); path == "" {
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
	c, err := parseConfig(p.flags.all, path, text)
	if err == nil {
		err = p.applyConfig(c)
	}
	if err == nil && p.onScreen() { // which the keys that hold for every mode have a say in
		err = p.applyScreen(c)
	}
	return usage(err)
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

// applyConfig sets what a configuration says to every mode, and says what is wrong with what it says to the screen, whether
// that is run or not.
func (p *program) applyConfig(c *configText) error {
	if err := c.set(p.flags.all, false, p.given); err != nil {
		return err
	}
	return c.set(newFlags(&options{}).all, true, nil)
}

// applyScreen sets what a configuration says to the screen alone.
func (p *program) applyScreen(c *configText) error {
	p.ofScreen = map[string]bool{}
	for _, e := range c.entries {
		p.ofScreen[e.key] = p.ofScreen[e.key] || e.screen
	}
	return c.set(p.flags.all, true, p.given)
}

// rank tells whose word a flag's value is: of two that do not go together the higher one is taken.
func (p *program) rank(flag string) int {
	switch {
	case p.given[flag]:
		return 2
	case p.ofScreen[flag]:
		return 1
	}
	return 0
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
	return namesOf(all, func(name string) bool { return !notSettings[name] })
}

func screenSettingNames(all *pflag.FlagSet) []string {
	return namesOf(all, settingOfScreen)
}

func namesOf(all *pflag.FlagSet, ok func(name string) bool) []string {
	var names []string
	all.VisitAll(func(f *pflag.Flag) {
		if ok(f.Name) {
			names = append(names, f.Name)
		}
	})
	return names
}

// settingOfScreen reports whether a flag can be a key of [screen].
func settingOfScreen(name string) bool {
	return !notSettings[name] && !notOfScreen[name] && !slices.ContainsFunc(modes(), func(m mode) bool { return m.name == "--"+name })
}
