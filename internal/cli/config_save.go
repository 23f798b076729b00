package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/spf13/pflag"

	"ptop/ui"
)

// saveSettings writes settings into the configuration file, which keeps everything else that stands in it, and gives the
// file's name. A file that can't be read as one, or may not be written, is left as it is.
func (p *program) saveSettings(settings []ui.Setting) (string, error) {
	path := p.opt.config
	if path == "" {
		path = defaultConfig(p.env)
	}
	if path == "" {
		return "", errors.New("saving the settings: neither XDG_CONFIG_HOME nor HOME names a directory: --config names a file")
	}
	if err := saveConfig(path, settings); err != nil {
		return "", fmt.Errorf("saving the settings, %s is as it was: %w", path, err)
	}
	return path, nil
}

func saveConfig(path string, settings []ui.Setting) error {
	path, err := behindLinks(path)
	if err != nil {
		return err
	}
	text, err := readConfig(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	exists := err == nil
	all := newFlags(&options{}).all
	if err := applyConfig(all, path, text); err != nil { // what can't be read can't be edited
		return err
	}
	edited := editConfig(all, text, settings)
	if exists && bytes.Equal(edited, text) {
		return nil
	}
	if err := readAgain(path, edited); err != nil {
		return fmt.Errorf("what was to be written would not be read again: %w", err)
	}
	return replaceFile(path, edited)
}

// readAgain says why a start with just this configuration would fail.
func readAgain(path string, text []byte) error {
	p := &program{}
	p.flags = newFlags(&p.opt)
	p.given = settled(p.flags.all)
	if err := applyConfig(p.flags.all, path, text); err != nil {
		return err
	}
	return p.settle()
}

// behindLinks is the file that a path leads to: a link stays, and what it names is written anew.
func behindLinks(path string) (string, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return filepath.EvalSymlinks(path)
}

// edit is a range of bytes with what comes into its place.
type edit struct {
	from, to uint32
	text     string
}

// editConfig gives the text of a configuration, which is known to be one, with other values. Those that are usual and do
// not stand there stay away.
func editConfig(all *pflag.FlagSet, text []byte, settings []ui.Setting) []byte {
	values := map[string]string{}
	for _, s := range settings {
		values[s.Key] = tomlValue(all.Lookup(s.Key), s.Value)
	}
	var edits []edit
	there := map[string]bool{}
	var parser unstable.Parser
	parser.Reset(text)
	for parser.NextExpression() {
		node := parser.Expression()
		keys := node.Key()
		keys.Next()
		key := string(keys.Node().Data)
		there[key] = true
		value, wanted := values[key]
		if !wanted {
			continue
		}
		// An array has no range of its own: a value begins behind the key and its sign, and ends with the line's statement.
		from, to := keys.Node().Raw.Offset+keys.Node().Raw.Length, node.Raw.Offset+node.Raw.Length
		for strings.IndexByte(" \t=", text[from]) >= 0 {
			from++
		}
		if !slices.Equal(configValues(node.Value()), []string{unquoted(value)}) {
			edits = append(edits, edit{from, to, value})
		}
	}
	for _, e := range slices.Backward(edits) {
		text = slices.Concat(text[:e.from], []byte(e.text), text[e.to:])
	}
	end := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		end = "\r\n"
	}
	var added strings.Builder
	for _, s := range settings {
		if !there[s.Key] && !s.Usual {
			added.WriteString(s.Key + " = " + values[s.Key] + end)
		}
	}
	if added.Len() > 0 && len(text) > 0 && text[len(text)-1] != '\n' {
		text = slices.Concat(text, []byte(end))
	}
	return slices.Concat(text, []byte(added.String()))
}

// tomlValue is a flag's value as TOML has it: a switch and a number without quotes.
func tomlValue(flag *pflag.Flag, value string) string {
	switch kind := flag.Value.Type(); {
	case kind == "bool":
		return value
	case kind != "string":
		if f, err := strconv.ParseFloat(value, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == value {
			return value
		}
	}
	return strconv.Quote(value) // of printable ASCII, as all that the screen can set is: what TOML quotes, too
}

func unquoted(value string) string {
	if text, err := strconv.Unquote(value); err == nil {
		return text
	}
	return value
}

// replaceFile writes a file beside the one that is there and puts it in its place, so that nobody ever reads half of it.
// It has the mode and the owner of the old one.
func replaceFile(path string, text []byte) (err error) {
	dir := filepath.Dir(path)
	old, err := os.Stat(path)
	switch {
	case err == nil:
		err = writable(path) // else it would be replaced though it is protected
	case errors.Is(err, fs.ErrNotExist):
		err = makeDir(dir)
	}
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // 0600, and new
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if _, err := file.Write(text); err != nil {
		return err
	}
	if old == nil {
		err = ownAsParent(file)
	} else if err = ownAs(file, old); err == nil {
		err = file.Chmod(old.Mode().Perm())
	}
	if err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	syncDir(dir)
	return nil
}

// makeDir makes a directory, which is there or not, and those that it is in.
func makeDir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeDir(filepath.Dir(dir)); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	made, err := openDir(dir)
	if err != nil {
		return err
	}
	defer made.Close()
	return ownAsParent(made)
}

// ownAsParent gives what is new the owner of the directory that it is in, where that can be done.
func ownAsParent(made *os.File) error {
	if !mayOwn() { // it is the user's own
		return nil
	}
	model, err := os.Stat(filepath.Dir(made.Name()))
	if err != nil {
		return err
	}
	return ownAs(made, model)
}

// writable says why a file may not be written.
func writable(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return file.Close()
}

// syncDir has the new name survive a loss of power. Not every file system can; the file is whole either way.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
