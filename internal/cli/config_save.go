package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"ptop/ui"
)

// saveSettings writes settings into the table [screen] of the configuration file, which keeps everything else that stands in
// it, and gives the file's name; none where no file is there or needed. A file that can't be read as one, or may not be written, is left as it is.
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
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", nil
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
	p, c, err := screenStart(path, text)
	if err != nil { // what can't be read can't be edited
		return err
	}
	edited := editConfig(c, p.flags.all, text, settings)
	if bytes.Equal(edited, text) {
		return nil
	}
	if err := readAgain(path, edited); err != nil {
		return fmt.Errorf("what was to be written would not be read again: %w", err)
	}
	return replaceFile(path, edited)
}

// screenStart is a start of the screen with just this configuration, as far as that can be read.
func screenStart(path string, text []byte) (*program, *configText, error) {
	p := &program{}
	p.flags = newFlags(&p.opt)
	p.given = settled(p.flags.all)
	c, err := parseConfig(p.flags.all, path, text)
	if err == nil {
		err = p.applyConfig(c)
	}
	if err == nil {
		err = p.applyScreen(c)
	}
	return p, c, err
}

// readAgain says why a start of the screen with just this configuration would fail.
func readAgain(path string, text []byte) error {
	p, _, err := screenStart(path, text)
	if err != nil {
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
	from, to int
	text     string
}

// editConfig gives the text of a configuration with other values in [screen]; what holds for every mode stays. Values that
// are usual stay away, unless they stand there or would be others without.
func editConfig(c *configText, all *pflag.FlagSet, text []byte, settings []ui.Setting) []byte {
	end := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		end = "\r\n"
	}
	var edits []edit
	var added strings.Builder
	for _, s := range settings {
		value := tomlValue(all.Lookup(s.Key), s.Value)
		switch there := c.entry(true, s.Key); {
		case there == nil && (!s.Usual || c.entry(false, s.Key) != nil):
			added.WriteString(s.Key + " = " + value + end)
		case there != nil && !slices.Equal(there.values, []string{unquoted(value)}):
			edits = append(edits, edit{there.from, there.to, value})
		}
	}
	if added.Len() > 0 {
		edits = append(edits, c.addition(text, added.String(), end))
	}
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	for _, e := range slices.Backward(edits) {
		text = slices.Concat(text[:e.from], []byte(e.text), text[e.to:])
	}
	return text
}

// addition has lines come behind what stands in [screen], which is made at the end where it is not there.
func (c *configText) addition(text []byte, lines, end string) edit {
	at := c.header
	if n := len(c.entries); n > 0 && c.entries[n-1].screen {
		at = c.entries[n-1].to
	}
	if at == 0 {
		at = len(text)
		lines = "[" + screenTable + "]" + end + lines
		if at > 0 && !bytes.HasSuffix(text, []byte(end+end)) {
			lines = end + lines
		}
	} else if eol := bytes.IndexByte(text[at:], '\n'); eol >= 0 {
		at += eol + 1
	} else {
		at = len(text)
	}
	if at > 0 && text[at-1] != '\n' {
		lines = end + lines
	}
	return edit{at, at, lines}
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
