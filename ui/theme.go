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

// themes are the looks to choose from by --theme. Those with colours differ only in them.
var themes = []*theme{
	newTheme("default", palette{
		roleTitle: {tcell.ColorAqua, none, tcell.AttrBold}, roleHead: {tcell.ColorBlack, tcell.ColorGreen, 0},
		roleHeadSort: {tcell.ColorBlack, tcell.ColorAqua, tcell.AttrBold}, roleCursor: {tcell.ColorBlack, tcell.ColorAqua, 0},
		roleDim: {tcell.ColorGray, none, 0}, roleTag: {tcell.ColorYellow, none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
		roleHint: {tcell.ColorBlack, tcell.ColorTeal, 0}, roleGood: {tcell.ColorGreen, none, 0}, roleInfo: {tcell.ColorAqua, none, 0},
		roleWarning: {tcell.ColorYellow, none, tcell.AttrBold}, roleCritical: {tcell.ColorRed, none, tcell.AttrBold},
		roleRunning: {tcell.ColorLime, none, 0}, roleWaiting: {tcell.ColorFuchsia, none, tcell.AttrBold},
		roleStopped: {tcell.ColorYellow, none, 0}, roleZombie: {tcell.ColorRed, none, tcell.AttrBold}, roleKernel: {tcell.ColorGray, none, 0},
		roleBarUser: {tcell.ColorGreen, none, 0}, roleBarSystem: {tcell.ColorRed, none, 0}, roleBarOther: {tcell.ColorTeal, none, 0},
		roleBarWait: {tcell.ColorGray, none, 0}, roleBarMemory: {tcell.ColorGreen, none, 0}, roleBarCache: {tcell.ColorOlive, none, 0},
		roleOwn: {tcell.ColorAqua, none, 0}, roleBorn: {tcell.ColorLime, none, 0}, roleDead: {tcell.ColorRed, none, 0}, roleOrphan: {tcell.ColorYellow, none, 0},
		roleFrame: {tcell.ColorTeal, none, 0}, roleStrong: {none, none, tcell.AttrBold},
	}),
	newTheme("light", palette{
		roleTitle: {tcell.ColorNavy, none, tcell.AttrBold}, roleHead: {tcell.ColorWhite, tcell.ColorNavy, 0},
		roleHeadSort: {tcell.ColorWhite, tcell.ColorPurple, tcell.AttrBold}, roleCursor: {tcell.ColorWhite, tcell.ColorNavy, 0},
		roleDim: {tcell.ColorGray, none, 0}, roleTag: {tcell.ColorPurple, none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
		roleHint: {tcell.ColorBlack, tcell.ColorSilver, 0}, roleGood: {tcell.ColorGreen, none, 0}, roleInfo: {tcell.ColorTeal, none, 0},
		roleWarning: {tcell.ColorOlive, none, tcell.AttrBold}, roleCritical: {tcell.ColorMaroon, none, tcell.AttrBold},
		roleRunning: {tcell.ColorGreen, none, tcell.AttrBold}, roleWaiting: {tcell.ColorPurple, none, tcell.AttrBold},
		roleStopped: {tcell.ColorOlive, none, 0}, roleZombie: {tcell.ColorMaroon, none, tcell.AttrBold}, roleKernel: {tcell.ColorGray, none, 0},
		roleBarUser: {tcell.ColorGreen, none, 0}, roleBarSystem: {tcell.ColorMaroon, none, 0}, roleBarOther: {tcell.ColorTeal, none, 0},
		roleBarWait: {tcell.ColorGray, none, 0}, roleBarMemory: {tcell.ColorGreen, none, 0}, roleBarCache: {tcell.ColorOlive, none, 0},
		roleOwn: {tcell.ColorTeal, none, tcell.AttrBold}, roleBorn: {tcell.ColorGreen, none, 0}, roleDead: {tcell.ColorMaroon, none, 0}, roleOrphan: {tcell.ColorPurple, none, 0},
		roleFrame: {tcell.ColorNavy, none, 0}, roleStrong: {none, none, tcell.AttrBold},
	}),
	newTheme("contrast", palette{
		roleTitle: {tcell.ColorWhite, none, tcell.AttrBold}, roleHead: {tcell.ColorBlack, tcell.ColorWhite, tcell.AttrBold},
		roleHeadSort: {tcell.ColorBlack, tcell.ColorYellow, tcell.AttrBold}, roleCursor: {tcell.ColorBlack, tcell.ColorYellow, tcell.AttrBold},
		roleDim: {tcell.ColorSilver, none, 0}, roleTag: {tcell.ColorYellow, none, tcell.AttrBold}, roleKey: {tcell.ColorYellow, none, tcell.AttrBold},
		roleHint: {tcell.ColorBlack, tcell.ColorWhite, 0}, roleGood: {tcell.ColorLime, none, tcell.AttrBold}, roleInfo: {tcell.ColorAqua, none, tcell.AttrBold},
		roleWarning: {tcell.ColorYellow, none, tcell.AttrBold}, roleCritical: {tcell.ColorWhite, tcell.ColorMaroon, tcell.AttrBold},
		roleRunning: {tcell.ColorLime, none, tcell.AttrBold}, roleWaiting: {tcell.ColorFuchsia, none, tcell.AttrBold},
		roleStopped: {tcell.ColorYellow, none, tcell.AttrBold}, roleZombie: {tcell.ColorWhite, tcell.ColorMaroon, tcell.AttrBold},
		roleKernel: {tcell.ColorSilver, none, 0}, roleBarUser: {tcell.ColorLime, none, 0}, roleBarSystem: {tcell.ColorRed, none, 0},
		roleBarOther: {tcell.ColorAqua, none, 0}, roleBarWait: {tcell.ColorSilver, none, 0}, roleBarMemory: {tcell.ColorLime, none, 0},
		roleOwn: {tcell.ColorAqua, none, tcell.AttrBold}, roleBorn: {tcell.ColorLime, none, 0}, roleDead: {tcell.ColorRed, none, tcell.AttrBold}, roleOrphan: {tcell.ColorYellow, none, 0},
		roleBarCache: {tcell.ColorSilver, none, 0}, roleFrame: {tcell.ColorWhite, none, tcell.AttrBold},
		roleStrong: {tcell.ColorWhite, none, tcell.AttrBold},
	}),
	monochrome,
}

// monochrome is the look under NO_COLOR.
var monochrome = newTheme("mono", palette{
	roleTitle: {none, none, tcell.AttrBold}, roleHead: {none, none, tcell.AttrReverse},
	roleHeadSort: {none, none, tcell.AttrReverse | tcell.AttrBold | tcell.AttrUnderline}, roleCursor: {none, none, tcell.AttrReverse},
	roleDim: {none, none, tcell.AttrDim}, roleTag: {none, none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
	roleHint: {none, none, tcell.AttrReverse}, roleWarning: {none, none, tcell.AttrBold}, roleCritical: {none, none, tcell.AttrBold | tcell.AttrUnderline},
	roleZombie: {none, none, tcell.AttrBold}, roleWaiting: {none, none, tcell.AttrBold}, roleKernel: {none, none, tcell.AttrDim},
	roleStrong: {none, none, tcell.AttrBold}, roleOwn: {none, none, tcell.AttrBold}, roleDead: {none, none, tcell.AttrDim},
})

type palette map[role]look

func newTheme(name string, p palette) *theme {
	t := &theme{name: name}
	for r := range t.style {
		l := p[role(r)]
		t.style[r] = tcell.StyleDefault.Foreground(l.fg).Background(l.bg).Bold(l.attr&tcell.AttrBold != 0).
			Dim(l.attr&tcell.AttrDim != 0).Reverse(l.attr&tcell.AttrReverse != 0).Underline(l.attr&tcell.AttrUnderline != 0)
	}
	return t
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
