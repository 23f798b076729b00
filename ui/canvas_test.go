package ui

import (
	"slices"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// counting is a screen that counts what it is given.
type counting struct {
	tcell.SimulationScreen
	puts, shows int
}

func (s *counting) Put(x, y int, text string, st tcell.Style) (string, int) {
	s.puts++
	return s.SimulationScreen.Put(x, y, text, st)
}

func (s *counting) Show() { s.shows++; s.SimulationScreen.Show() }

// What is drawn over a cleared screen as it was before costs the terminal nothing; what differs is shown as if it had been
// drawn on the terminal itself.
func TestOnlyWhatChangedIsGivenToTheTerminal(t *testing.T) {
	inner := &counting{SimulationScreen: tcell.NewSimulationScreen("UTF-8")}
	direct := tcell.NewSimulationScreen("UTF-8")
	for _, s := range []tcell.SimulationScreen{inner, direct} {
		if err := s.Init(); err != nil {
			t.Fatal(err)
		}
		defer s.Fini()
		s.SetSize(20, 3)
	}
	s := &opened{Screen: inner}
	th, err := themeFor(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text  string
		role  role
		y     int
		w     int
		puts  int
		shown int
	}{
		{"abc", roleText, 0, 20, 20 * 3, 1},
		{"abc", roleText, 0, 20, 0, 0},
		{"abd", roleText, 0, 20, 1, 1},
		{"abd", roleCritical, 0, 20, 3, 1},
		{"漢d", roleCritical, 0, 20, 2, 1}, // the second cell is the wide one's, and blank
		{"漢d", roleCritical, 0, 20, 0, 0},
		{"xyz", roleCritical, 0, 20, 3, 1},
		{"e\u0301f.", roleCritical, 0, 20, 3, 1},
		{"e\u0301f.", roleCritical, 0, 20, 0, 0},
		{"e\u0301f.", roleCritical, 1, 20, 6, 1},
		{"e\u0301f.", roleCritical, 1, 10, 10 * 3, 1},
	} {
		inner.puts, inner.shows = 0, 0
		for _, screen := range []tcell.Screen{s, direct} {
			if w, _ := screen.Size(); w != c.w {
				inner.SetSize(c.w, 3)
				direct.SetSize(c.w, 3)
			}
			screen.Clear()
			painter{screen: screen, w: c.w, h: 3, th: th, gl: unicodeGlyphs}.role(0, c.y, c.text, c.role)
			screen.Show()
		}
		got, _, _ := inner.GetContents()
		want, _, _ := direct.GetContents()
		if !slices.EqualFunc(got, want, func(a, b tcell.SimCell) bool { return slices.Equal(a.Runes, b.Runes) && a.Style == b.Style }) {
			t.Errorf("%q is shown as\n%swant\n%s", c.text, contents(inner), contents(direct))
		}
		if inner.puts != c.puts || inner.shows != c.shown {
			t.Errorf("%q: %d cells were given in %d goes, want %d in %d", c.text, inner.puts, inner.shows, c.puts, c.shown)
		}
	}
	s.stale.Store(true)
	inner.puts = 0
	s.Show()
	if inner.puts != 10*3 {
		t.Errorf("%d cells were given to a terminal that has lost them, want all", inner.puts)
	}
}
