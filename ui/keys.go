package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"
)

// scope is a set of views in which a key holds.
type scope uint8

const (
	inTable scope = 1 << iota
	inFindings
	inDetail
	inHelp
	anywhere = inTable | inFindings | inDetail | inHelp
	inLists  = inTable | inFindings
)

var scopeNames = []struct {
	scope scope
	name  string
}{{inTable, "table"}, {inFindings, "findings"}, {inDetail, "details"}, {inHelp, "help"}}

func (s scope) String() string {
	if s == anywhere {
		return "everywhere"
	}
	var names []string
	for _, n := range scopeNames {
		if s&n.scope != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

// binding is one thing that keys do, declared once: dispatch, the help screen, the hint line and docs/keys.md all
// come from it.
type binding struct {
	keys  []string        // strokes as strokeOf names them
	vim   []string        // strokes that do it besides under --vim-keys, before any other binding
	group string          // heading in the help
	short string          // a word or two for the hint line; empty when it does not appear there
	help  string          // what it does
	where scope           // in which views
	acts  bool            // it does something to processes: no hint where no action is possible
	when  func(*app) bool // further condition; nil for none
	do    func(*app)
}

// keymap finds the binding of a stroke.
type keymap struct {
	list  []*binding
	vim   bool
	first map[string][]*binding // by stroke, in the order in which they are tried
}

func newKeymap(list []*binding, vim bool) *keymap {
	m := &keymap{list: list, vim: vim, first: map[string][]*binding{}}
	if vim {
		for _, b := range list {
			for _, k := range b.vim {
				m.first[k] = append(m.first[k], b)
			}
		}
	}
	for _, b := range list {
		for _, k := range b.keys {
			m.first[k] = append(m.first[k], b)
		}
	}
	return m
}

// find gives what the stroke does where the app stands, or nil.
func (m *keymap) find(stroke string, a *app) *binding {
	for _, b := range m.first[stroke] {
		if b.where&a.scope() != 0 && (b.when == nil || b.when(a)) {
			return b
		}
	}
	return nil
}

// unbound says of a stroke that finds nothing what it is for, if anything.
func (m *keymap) unbound(stroke string) string {
	if len(m.first[stroke]) == 0 {
		return strokeText(stroke) + " is no key of ptop; ? lists them"
	}
	b := m.first[stroke][0]
	what, _, _ := strings.Cut(b.help, ";")
	return fmt.Sprintf("%s does nothing now; it is for: %s (%v); ? lists the keys", strokeText(stroke), what, b.where)
}

// strokes lists the keys of b that reach it in at least one of the views s.
func (m *keymap) strokes(b *binding, s scope) []string {
	var out []string
	add := func(keys []string) {
		for _, k := range keys {
			for _, other := range m.first[k] {
				if other == b {
					out = append(out, k)
				}
				if other.when == nil && other.where&b.where&s == b.where&s {
					break // whoever comes later never gets it
				}
			}
		}
	}
	add(b.keys)
	if m.vim {
		add(b.vim)
	}
	return out
}

// namedKeys are the keys that are no character. Some codes are shared (Ctrl-H is Backspace, Ctrl-I is Tab).
var namedKeys = map[tcell.Key]string{
	tcell.KeyEnter: "Enter", tcell.KeyEscape: "Esc", tcell.KeyTab: "Tab", tcell.KeyBacktab: "Shift-Tab",
	tcell.KeyBackspace: "Backspace", tcell.KeyBackspace2: "Backspace", tcell.KeyDelete: "Delete", tcell.KeyInsert: "Insert",
	tcell.KeyUp: "Up", tcell.KeyDown: "Down", tcell.KeyLeft: "Left", tcell.KeyRight: "Right",
	tcell.KeyHome: "Home", tcell.KeyEnd: "End", tcell.KeyPgUp: "PgUp", tcell.KeyPgDn: "PgDn",
}

// strokeOf names a key press: q, F10, Ctrl-C, Space, Enter.
func strokeOf(ev *tcell.EventKey) string {
	k := ev.Key()
	if name, ok := namedKeys[k]; ok {
		if ev.Modifiers()&tcell.ModShift != 0 && (k == tcell.KeyLeft || k == tcell.KeyRight) {
			return "Shift-" + name
		}
		return name
	}
	switch {
	case k == tcell.KeyRune && ev.Rune() == ' ':
		return "Space"
	case k == tcell.KeyRune && ev.Modifiers()&tcell.ModAlt != 0:
		return "Alt-" + string(ev.Rune())
	case k == tcell.KeyRune:
		return string(ev.Rune())
	case k >= tcell.KeyF1 && k <= tcell.KeyF12:
		return fmt.Sprintf("F%d", k-tcell.KeyF1+1)
	case k >= tcell.KeyCtrlA && k <= tcell.KeyCtrlZ:
		return "Ctrl-" + string(rune('A'+k-tcell.KeyCtrlA))
	}
	return ""
}

// strokeText is a stroke as a person reads it.
func strokeText(s string) string {
	switch s {
	case "Left":
		return "←"
	case "Right":
		return "→"
	case "Up":
		return "↑"
	case "Down":
		return "↓"
	}
	return s
}

// KeysMarkdown is docs/keys.md: every key, what it does and where, and every command, from the bindings themselves.
func KeysMarkdown() string {
	var b strings.Builder
	b.WriteString("# Keys\n\nGenerated from the key bindings; do not edit.\n")
	m := newKeymap(bindings(), false)
	group := ""
	for _, bind := range m.list {
		if bind.group != group {
			group = bind.group
			fmt.Fprintf(&b, "\n## %s\n\n| keys | with --vim-keys also | what they do | where |\n|---|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", codes(bind.keys), codes(bind.vim), strings.ReplaceAll(bind.help, "|", "\\|"), bind.where)
	}
	fmt.Fprintf(&b, "\n## %s\n\n| command | what it does |\n|---|---|\n", headCommands)
	for _, c := range commands() {
		fmt.Fprintf(&b, "| %s | %s |\n", codes([]string{":" + c.usage()}), strings.ReplaceAll(c.help, "|", "\\|"))
	}
	return b.String()
}

func codes(strokes []string) string {
	out := slices.Clone(strokes)
	for i, s := range out {
		out[i] = "`" + strings.ReplaceAll(s, "|", "\\|") + "`"
	}
	return strings.Join(out, " ")
}
