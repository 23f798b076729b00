package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2"

	"ptop/detect"
)

// role is what a piece of text means; the theme says how it looks. No drawing code names a colour.
type role uint8

const (
	roleText role = iota
	roleDim
	roleStrong
	roleTitle    // the program's name, dialog titles
	roleHead     // column headings
	roleHeadSort // heading of the column sorted by
	roleCursor   // the selected row
	roleTag      // tagged rows
	roleKey      // a key in the hint line
	roleHint     // what it does
	roleGood
	roleInfo
	roleWarning
	roleCritical
	roleRunning
	roleWaiting // uninterruptible
	roleStopped
	roleZombie
	roleKernel
	roleOwn    // the user of the user's own processes
	roleBorn   // a process that is new
	roleDead   // one that has just ended
	roleOrphan // the parent that a process has lost
	roleBarUser
	roleBarSystem
	roleBarOther
	roleBarWait
	roleBarMemory
	roleBarCache
	roleFrame // lines around dialogs
	roles     // number of roles
)

// theme is one look: a style for every role. In one without colours meaning rests on attributes and on the signs
// that stand beside every colour.
type theme struct {
	name  string
	style [roles]tcell.Style
	few   *theme // the same with the 16 named colours alone; nil for itself
}

func (t *theme) of(r role) tcell.Style { return t.style[r] }

// severityRole is the role of a finding's severity.
func severityRole(s detect.Severity) role {
	return [...]role{roleInfo, roleWarning, roleCritical}[min(s, detect.Critical)]
}

// look is one role's foreground and attributes.
type look struct {
	fg, bg tcell.Color
	attr   tcell.AttrMask
}

const none = tcell.ColorDefault

// themes are the looks to choose from by --theme, the default first.
var themes = []*theme{balanced, light, contrast, sixteen, monochrome}

type palette map[role]look

func newTheme(name string, p palette, few *theme) *theme {
	t := &theme{name: name, few: few}
	for r := range t.style {
		l := p[role(r)]
		t.style[r] = tcell.StyleDefault.Foreground(l.fg).Background(l.bg).Bold(l.attr&tcell.AttrBold != 0).
			Dim(l.attr&tcell.AttrDim != 0).Reverse(l.attr&tcell.AttrReverse != 0).Underline(l.attr&tcell.AttrUnderline != 0)
	}
	return t
}

// within is the theme on a screen of that many colours.
func (t *theme) within(colours int) *theme {
	switch {
	case colours <= 2:
		return monochrome
	case colours < 256 && t.few != nil:
		return t.few
	}
	return t
}

// depths are the numbers of colours to choose from by --colors: what the terminal says, the default, comes first.
var depths = []struct {
	name    string
	colours int // 0 for what the terminal says
}{{"auto", 0}, {"256", 256}, {"16", 16}, {"mono", 1}}

// ColorDepths lists the names that Options.Colors takes.
func ColorDepths() []string {
	var names []string
	for _, d := range depths {
		names = append(names, d.name)
	}
	return names
}

// dress is which theme was chosen, and what the screen can show of it.
type dress struct {
	theme *theme
	depth string // of depths; empty for auto
	has   int    // colours, as the terminal says
}

// colours is how many may be shown.
func (d *dress) colours() int {
	for _, known := range depths {
		if known.name == d.depth && known.colours > 0 {
			return known.colours
		}
	}
	return d.has
}

// dressIn changes how the screen looks.
func (a *app) dressIn(d dress) {
	a.dress = d
	a.th = d.theme.within(d.colours())
}

// showing tells what the terminal can show.
func (a *app) showing(colours int) {
	d := a.dress
	d.has = colours
	a.dressIn(d)
}

// themeFor finds the theme that the options ask for.
func themeFor(o Options) (*theme, error) {
	if o.NoColor {
		return monochrome, nil
	}
	if o.Theme == "" {
		return themes[0], nil
	}
	i := slices.IndexFunc(themes, func(t *theme) bool { return t.name == o.Theme })
	if i < 0 {
		return nil, fmt.Errorf("ui: theme %q does not exist: want one of %s", o.Theme, strings.Join(ThemeNames(), ", "))
	}
	return themes[i], nil
}

// ThemeNames lists the names that Options.Theme takes.
func ThemeNames() []string {
	names := make([]string, len(themes))
	for i, t := range themes {
		names[i] = t.name
	}
	return names
}

// glyphs are the signs that drawing uses: of Unicode, or of ASCII for terminals that have no more.
type glyphs struct {
	mark     [3]string // by severity
	bar      [4]string // user, system, other, wait
	barEmpty string
	barEnds  [2]string
	levels   []string // of sparklines and grids, lowest first
	frame    [6]string
	up, down string // direction of a sort
	dot      string
	fold     string // a folded branch
	born     string // a new process
	dead     string // one that has just ended
	lost     string // before the parent that a process has lost
}

var unicodeGlyphs = &glyphs{
	mark: [3]string{"△", "▲", "▲"}, bar: [4]string{"█", "▓", "▒", "░"}, barEmpty: "·", barEnds: [2]string{"▕", "▏"},
	levels: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, frame: [6]string{"┌", "┐", "└", "┘", "─", "│"},
	up: "▲", down: "▼", dot: "·", fold: "⊞", born: "+", dead: "×", lost: "⇠",
}

var asciiGlyphs = &glyphs{
	mark: [3]string{"i", "!", "!"}, bar: [4]string{"|", "#", "%", "w"}, barEmpty: " ", barEnds: [2]string{"[", "]"},
	levels: []string{"_", ".", ":", "-", "=", "+", "*", "#"}, frame: [6]string{"+", "+", "+", "+", "-", "|"},
	up: "^", down: "v", dot: "-", fold: "+", born: "+", dead: "x", lost: "<-",
}
