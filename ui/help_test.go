package ui

import (
	"slices"
	"strings"
	"testing"
)

// helpText is all of the help at a width, a word after the other.
func helpText(d *bench, w int) (lines []string, words string) {
	for _, l := range newHelp(d.app).layOut(w) {
		text := ""
		for _, s := range l.line {
			text += s.text
		}
		lines = append(lines, text)
		words += " " + text
	}
	return lines, strings.Join(strings.Fields(words), " ")
}

// The help can be read to its end without scrolling sideways.
func TestHelpFits(t *testing.T) {
	for _, w := range []int{80, 120, 40} {
		d := newBench(t, w, 24, Options{Version: "1.2.3"})
		lines, words := helpText(d, w)
		for _, l := range lines {
			if width(l) > w && !strings.Contains(l, "waiting for I/O") { // the legend of the bars
				t.Errorf("%d cells: %q", w, l)
			}
		}
		for _, b := range d.app.keys.list {
			if !strings.Contains(words, strings.Join(strings.Fields(b.help), " ")) {
				t.Errorf("%d cells: the help does not say %q", w, b.help)
			}
		}
		for _, c := range commands() {
			if !strings.Contains(words, ":"+c.usage()+" "+c.help) {
				t.Errorf("%d cells: the help does not say what :%s does", w, c.name)
			}
		}
	}
	d := newBench(t, 80, 24, Options{})
	d.keys("?")
	if lines, _ := helpText(d, 80); !strings.Contains(d.text(), lines[5]) {
		t.Errorf("the help on the screen lacks %q:\n%s", lines[5], d.text())
	}
}

// Each heading of the help stands once, with all that is below it together.
func TestHelpHeadings(t *testing.T) {
	var seen []string
	for _, it := range newHelp(newBench(t, 80, 24, Options{}).app).items {
		if it.text == "" && it.whole == nil {
			if slices.Contains(seen, it.sign) {
				t.Errorf("%q stands twice", it.sign)
			}
			seen = append(seen, it.sign)
		}
	}
}

// A screen that gets wider shows the help from its left edge again.
func TestHelpAfterResize(t *testing.T) {
	d := newBench(t, 20, 24, Options{})
	d.keys("m m m ?").text()
	for range 5 {
		d.keys("Right").text()
	}
	d.screen.SetSize(120, 24)
	d.w = 120
	d.wants("Leaving and help", "this help")
}
