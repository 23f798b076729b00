package ui

import (
	"math"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// luminance is what WCAG 2 calls the relative luminance.
func luminance(c tcell.Color) float64 {
	linear := func(v int32) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	r, g, b := c.RGB()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func contrastOf(a, b tcell.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Every text can be read: on the background that it brings along, and on those that the terminal may have.
func TestContrast(t *testing.T) {
	if got := contrastOf(black, white); math.Abs(got-21) > 0.01 {
		t.Fatalf("black on white has a contrast of %.2f: the measure is wrong", got)
	}
	for _, c := range []struct {
		theme *theme
		on    []tcell.Color
		least float64
	}{
		{balanced, []tcell.Color{black, white}, 3},
		{light, []tcell.Color{white}, 3},
		{contrast, []tcell.Color{black}, 4.5},
	} {
		for r, style := range c.theme.style {
			fg, bg, _ := style.Decompose()
			switch {
			case fg == none && bg == none: // the terminal's own
			case fg == none || fg < black || bg != none && bg < black:
				t.Errorf("%s: role %d has colours that are not the same everywhere: %v on %v", c.theme.name, r, fg, bg)
			case bg != none:
				if got := contrastOf(fg, bg); got < 4.5 {
					t.Errorf("%s: role %d: %v on %v has a contrast of %.2f", c.theme.name, r, fg, bg, got)
				}
			default:
				for _, on := range c.on {
					if got := contrastOf(fg, on); got < c.least {
						t.Errorf("%s: role %d: %v on %v has a contrast of %.2f, want %.1f", c.theme.name, r, fg, on, got, c.least)
					}
				}
			}
		}
	}
}

// What stands side by side and means different things looks different.
func TestRolesDiffer(t *testing.T) {
	for _, th := range []*theme{balanced, light, contrast, sixteen, lightSixteen, contrastSixteen} {
		for _, together := range [][]role{
			{roleText, roleDim, roleInfo, roleWarning, roleCritical, roleGood},
			{roleText, roleDim, roleRunning, roleWaiting, roleStopped, roleZombie},
			{roleBarUser, roleBarSystem, roleBarOther, roleBarWait},
			{roleBarMemory, roleBarCache, roleBarWait},
			{roleText, roleStrong, roleDim, roleTag, roleCursor, roleHead},
			{roleHead, roleHeadSort, roleText},
			{roleKey, roleHint, roleText},
		} {
			for i, a := range together {
				for _, b := range together[:i] {
					if th.of(a) == th.of(b) {
						t.Errorf("%s: the roles %d and %d look the same", th.name, a, b)
					}
				}
			}
		}
	}
}

// A theme gives way to what the screen can show, unless it is told what that is; NO_COLOR is above all.
func TestColourDepth(t *testing.T) {
	for _, c := range []struct {
		theme, colors string
		has           int
		want          *theme
	}{
		{"", "", 1 << 24, balanced},
		{"", "auto", 256, balanced},
		{"", "auto", 88, sixteen},
		{"", "auto", 8, sixteen},
		{"", "", 2, monochrome},
		{"", "", 0, monochrome},
		{"", "256", 8, balanced},
		{"", "16", 1 << 24, sixteen},
		{"", "mono", 256, monochrome},
		{"light", "", 256, light},
		{"light", "", 16, lightSixteen},
		{"light", "256", 0, light},
		{"contrast", "16", 256, contrastSixteen},
		{"16", "", 256, sixteen},
		{"mono", "256", 256, monochrome},
	} {
		d := newBench(t, 80, 24, Options{Theme: c.theme, Colors: c.colors})
		d.showing(c.has)
		if d.th != c.want {
			t.Errorf("theme %q with --colors %q of %d colours is %s", c.theme, c.colors, c.has, d.th.name)
		}
		d = newBench(t, 80, 24, Options{Theme: c.theme, Colors: c.colors, NoColor: true})
		d.showing(c.has)
		if d.keys(":").typed("theme light").keys("Enter"); d.th != monochrome {
			t.Errorf("with NO_COLOR the theme is %s", d.th.name)
		}
	}
}
