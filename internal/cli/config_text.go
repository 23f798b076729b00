package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
	"github.com/spf13/pflag"
)

// screenTable is the one table of a configuration. Its keys hold for the terminal screen alone, so that what is set there
// changes nothing for a script.
const screenTable = "screen"

// configText is a configuration that could be read: its keys are known and stand there once, at top level or in [screen].
type configText struct {
	path    string
	entries []configEntry
	header  int // where the name in the header of [screen] ends, in bytes; 0 without that table
}

// configEntry is a key with its value.
type configEntry struct {
	screen   bool // in [screen]
	key      string
	line     int
	values   []string // as a flag takes them, one after the other
	from, to int      // where the value stands, in bytes
}

var (
	errOtherTable = fmt.Errorf("the only table is [%s]; every other key is a long flag at top level", screenTable)
	errDotted     = errors.New("dotted keys are not known here")
)

// parseConfig reads a configuration, but for what its values mean. An error names the line and never quotes it, since what
// stands there may be anybody's.
func parseConfig(all *pflag.FlagSet, path string, text []byte) (*configText, error) {
	c := &configText{path: path}
	var parser unstable.Parser
	parser.Reset(text)
	for parser.NextExpression() {
		node := parser.Expression()
		keys := node.Key()
		keys.Next()
		key := keys.Node()
		line := parser.Shape(key.Raw).Start.Line
		plain := !keys.Next()
		var err error
		if node.Kind == unstable.KeyValue {
			err = c.addKey(all, text, node, key, plain, line)
		} else {
			err = c.addTable(node, key, plain)
		}
		if err != nil {
			return nil, c.fault(line, err)
		}
	}
	if err := parser.Error(); err != nil {
		line := 0
		var perr *unstable.ParserError
		if errors.As(err, &perr) {
			line = parser.Shape(parser.Range(perr.Highlight)).Start.Line
		}
		return nil, c.fault(line, errors.New("not TOML: "+cause(err)))
	}
	return c, nil
}

func (c *configText) fault(line int, err error) error {
	return fmt.Errorf("%s: line %d: %w", c.path, line, err)
}

func (c *configText) addTable(node, name *unstable.Node, plain bool) error {
	switch {
	case node.Kind != unstable.Table || !plain || string(name.Data) != screenTable:
		return errOtherTable
	case c.header > 0:
		return fmt.Errorf("[%s] stands there twice", screenTable)
	}
	c.header = int(name.Raw.Offset + name.Raw.Length)
	return nil
}

func (c *configText) addKey(all *pflag.FlagSet, text []byte, node, name *unstable.Node, plain bool, line int) error {
	e := configEntry{screen: c.header > 0, key: string(name.Data), line: line, values: configValues(node.Value())}
	known := all.Lookup(e.key) != nil
	switch {
	case !plain:
		return errDotted
	case node.Value().Kind == unstable.InlineTable:
		return errOtherTable
	case e.screen && known && !settingOfScreen(e.key):
		return fmt.Errorf("%s is no setting of the screen", e.key)
	case e.screen && !known:
		return errors.New("unknown key" + suggest(e.key, screenSettingNames(all)))
	case !known || notSettings[e.key]:
		return errors.New("unknown key" + suggest(e.key, settingNames(all)))
	case c.entry(e.screen, e.key) != nil:
		return fmt.Errorf("key %s stands there twice", e.key)
	}
	// An array has no range of its own: a value begins behind the key and its sign, and ends with the line's statement.
	e.from, e.to = int(name.Raw.Offset+name.Raw.Length), int(node.Raw.Offset+node.Raw.Length)
	for strings.IndexByte(" \t=", text[e.from]) >= 0 {
		e.from++
	}
	c.entries = append(c.entries, e)
	return nil
}

// entry is a key in [screen] or at top level, nil if it does not stand there.
func (c *configText) entry(screen bool, key string) *configEntry {
	for i := range c.entries {
		if e := &c.entries[i]; e.screen == screen && e.key == key {
			return e
		}
	}
	return nil
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

// set sets the flags that the keys of [screen], or those at top level, name, but for those that are given already.
func (c *configText) set(all *pflag.FlagSet, screen bool, given map[string]bool) error {
	for _, e := range c.entries {
		if e.screen != screen || given[e.key] {
			continue
		}
		if l, ok := all.Lookup(e.key).Value.(interface{ clear() }); ok { // in place of what was said before, not beside it
			l.clear()
		}
		for _, value := range e.values {
			if err := all.Set(e.key, value); err != nil {
				return c.fault(e.line, fmt.Errorf("%s: %s", e.key, strings.TrimPrefix(cause(err), e.key+": ")))
			}
		}
	}
	return nil
}
