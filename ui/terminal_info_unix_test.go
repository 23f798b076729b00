//go:build unix

package ui

import (
	"strings"
	"testing"
)

func TestTerminalInfo(t *testing.T) {
	for _, c := range []struct {
		name, want string // the name of the description that serves; empty for none
	}{
		{"xterm-256color", "xterm-256color"},
		{"xterm", "xterm"},
		{"xterm-kitty", "xterm-kitty"},
		{"xterm-something-256color", "xterm-256color"},
		{"screen.xterm-256color", "screen-256color"},
		{"screen.linux", "screen"},
		{"tmux-direct", "tmux"},
		{"rxvt-unicode-256color", "rxvt-unicode-256color"},
		{"foot-direct", "foot"},
		{"linux-16color", "linux"},
		{"putty-256color", "xterm-256color"},
		{"wezterm", "xterm-256color"},
		{"", ""},
		{"dumb", ""},
		{"dumb-256color", ""},
		{"-256color", ""},
		{"..", ""},
		{"nosuchterm", ""},
		{"/etc/passwd", ""},
	} {
		info, err := terminalInfo(c.name, false)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%q is taken for %s", c.name, info.Name)
		case c.want != "" && err != nil:
			t.Errorf("%q: %v", c.name, err)
		case c.want != "" && info.Name != c.want:
			t.Errorf("%q is taken for %s, want %s", c.name, info.Name, c.want)
		}
	}
}

// What is said on leaving holds no pause that nobody has expanded.
func TestLeaveHasNoPadding(t *testing.T) {
	info, err := terminalInfo("vt100", false)
	if err != nil {
		t.Fatal(err)
	}
	if got := leave(info); strings.Contains(got, "$<") || !strings.Contains(got, "\x1b[?7h") {
		t.Errorf("leave is %q", got)
	}
}

// A terminal that says less than it can is given the 256 colours that it was asked to have.
func TestGiveColours(t *testing.T) {
	info, err := terminalInfo("xterm", false)
	if err != nil || info.Colors >= 256 {
		t.Fatalf("xterm has %d colours: %v", info.Colors, err)
	}
	giveColours(info)
	if got := info.TParm(info.SetFg, 136); info.Colors != 256 || got != "\x1b[38;5;136m" {
		t.Errorf("colour 136 of %d is %q", info.Colors, got)
	}
	if again, _ := terminalInfo("xterm", false); again.Colors >= 256 {
		t.Error("the description that everybody shares was changed")
	}
}
