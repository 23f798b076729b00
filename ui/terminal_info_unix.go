//go:build unix

package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gdamore/tcell/v2/terminfo"
)

// terminalInfo tells how to drive the kind of terminal that TERM names. tcell's own look-up would run infocmp for a
// name that it does not know, from a PATH that somebody else may have set.
func terminalInfo(name string, noColor bool) (*terminfo.Terminfo, error) {
	known := lookUp(name)
	if known == nil {
		return nil, fmt.Errorf("TERM is %q", name)
	}
	info := *known
	info.PadChar = "" // a terminal that needs pauses is none of today's, and tcell would sleep at every move of the cursor
	if noColor {
		info.Colors = 0
		info.SetFg, info.SetBg, info.SetFgBg, info.ResetFgBg = "", "", "", ""
		info.SetFgRGB, info.SetBgRGB, info.SetFgBgRGB = "", "", ""
	}
	return &info, nil
}

// giveColours has a terminal take the 256 colours of xterm's, whatever its description says.
func giveColours(info *terminfo.Terminfo) {
	xterm := lookUp("xterm-256color")
	if xterm == nil || info.Colors >= xterm.Colors {
		return
	}
	info.Colors = xterm.Colors
	info.SetFg, info.SetBg, info.SetFgBg, info.ResetFgBg = xterm.SetFg, xterm.SetBg, xterm.SetFgBg, xterm.ResetFgBg
}

// likeXterm are terminals that tcell's table lacks and that do as xterm does.
var likeXterm = []string{"contour", "iterm", "iterm2", "mintty", "mlterm", "putty", "vte", "wezterm"}

// lookUp finds a terminal in tcell's table: itself, or that of which it is a variant, as screen.xterm-256color is one of
// screen and tmux-direct one of tmux.
func lookUp(name string) *terminfo.Terminfo {
	variant := ""
	if strings.HasSuffix(name, "-256color") {
		variant = "-256color"
	}
	for base := name; ; {
		if slices.Contains(likeXterm, base) {
			base, variant = "xterm", "-256color"
		}
		for _, candidate := range []string{base + variant, base} {
			if info, err := terminfo.LookupTerminfo(candidate); err == nil {
				return info
			}
		}
		end := strings.LastIndexAny(base, "-.")
		if end < 0 {
			return nil
		}
		base = base[:end]
	}
}

// leave is what takes a terminal out of all that tcell switches on, whatever it was about to write.
func leave(info *terminfo.Terminfo) string {
	const (
		endString = "\x1b\\" // of a title or a link that was cut short
		endXterm  = "\x1b[?2026l\x1b[?9001l\x1b[<u\x1b[>4;0m\x1b[23;2t"
		endMouse  = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l"
	)
	var b strings.Builder
	b.WriteString(endString)
	if info.Mouse != "" || info.XTermLike {
		b.WriteString(endMouse)
	}
	if info.XTermLike {
		b.WriteString(endXterm)
	}
	info.TPuts(&b, info.ShowCursor+info.ResetFgBg+info.AttrOff+info.ExitKeypad+info.EnableAutoMargin+info.ExitCA)
	return b.String()
}
