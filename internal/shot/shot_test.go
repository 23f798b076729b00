package shot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
)

func screen() []tcell.SimCell {
	bold := tcell.StyleDefault.Foreground(tcell.ColorRed).Bold(true)
	bar := tcell.StyleDefault.Background(tcell.ColorGreen)
	cell := func(r rune, s tcell.Style) tcell.SimCell { return tcell.SimCell{Runes: []rune{r}, Style: s} }
	return []tcell.SimCell{
		cell('a', tcell.StyleDefault), cell('<', bold), cell('&', bold),
		cell(' ', bar), cell('█', tcell.StyleDefault.Reverse(true)), cell(' ', tcell.StyleDefault),
	}
}

func TestSVG(t *testing.T) {
	var b strings.Builder
	if err := SVG(&b, screen(), 3); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"&lt;&amp;", `font-weight="bold"`, named[tcell.ColorRed], named[tcell.ColorGreen], "█"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the picture lacks %s:\n%s", want, b.String())
		}
	}
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("no XML: %v", err)
		}
	}
	if err := SVG(&b, screen(), 4); err == nil {
		t.Error("six cells are taken for lines of four")
	}
}

func TestText(t *testing.T) {
	if got := Text(screen(), 3); got != "a<&\n █\n" {
		t.Errorf("got %q", got)
	}
}
