// Package shot writes a picture of a terminal screen, as SVG or as text, for the documentation.
package shot

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/gdamore/tcell/v2"
)

// A cell of the picture, in pixels, and the colours of what has none of its own.
const (
	cellW, cellH = 8.4, 18
	margin       = 10
	fontSize     = 14
	foreground   = "#d4d4d4"
	background   = "#16181d"
)

// named are the 16 colours of a terminal as the picture shows them: those of tcell are meant to be the terminal's own.
var named = map[tcell.Color]string{
	tcell.ColorBlack: "#16181d", tcell.ColorMaroon: "#b3453e", tcell.ColorGreen: "#5fa760", tcell.ColorOlive: "#b58d3d",
	tcell.ColorNavy: "#3f6fb5", tcell.ColorPurple: "#9a5fb0", tcell.ColorTeal: "#3d9aa1", tcell.ColorSilver: "#c8ccd4",
	tcell.ColorGray: "#7d8590", tcell.ColorRed: "#ff6b61", tcell.ColorLime: "#8ce07f", tcell.ColorYellow: "#f0c95c",
	tcell.ColorBlue: "#6ea8ff", tcell.ColorFuchsia: "#d98cf0", tcell.ColorAqua: "#62d0da", tcell.ColorWhite: "#ffffff",
}

func colour(c tcell.Color, otherwise string) string {
	if hex, ok := named[c]; ok {
		return hex
	}
	if c == tcell.ColorDefault || c.Hex() < 0 {
		return otherwise
	}
	return fmt.Sprintf("#%06x", c.Hex())
}

// run is neighbouring cells of one style.
type run struct {
	at, cells int
	text      strings.Builder
	style     tcell.Style
}

// runs splits a line of cells where the style changes.
func runs(line []tcell.SimCell) []*run {
	var out []*run
	for x := range line {
		c := &line[x]
		if len(out) == 0 || out[len(out)-1].style != c.Style {
			out = append(out, &run{at: x, style: c.Style})
		}
		r := out[len(out)-1]
		r.cells++
		r.text.WriteString(text(c))
	}
	return out
}

func text(c *tcell.SimCell) string {
	if len(c.Runes) == 0 {
		return " "
	}
	return string(c.Runes)
}

// SVG writes the cells of a screen that is cols wide as a picture.
func SVG(w io.Writer, cells []tcell.SimCell, cols int) error {
	if cols < 1 || len(cells)%cols != 0 {
		return fmt.Errorf("shot: %d cells are no screen of %d columns", len(cells), cols)
	}
	rows := len(cells) / cols
	b := bufio.NewWriter(w)
	width, height := float64(cols)*cellW+2*margin, rows*cellH+2*margin
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="%d">`+"\n", width, height, fontSize)
	fmt.Fprintf(b, `<rect width="100%%" height="100%%" rx="6" fill="%s"/>`+"\n", background)
	for y := range rows {
		for _, r := range runs(cells[y*cols : (y+1)*cols]) {
			r.write(b, y)
		}
	}
	fmt.Fprintln(b, "</svg>")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("shot: writing the picture: %w", err)
	}
	return nil
}

func (r *run) write(b *bufio.Writer, y int) {
	fg, bg, attrs := r.style.Decompose()
	front, back := colour(fg, foreground), colour(bg, background)
	if attrs&tcell.AttrReverse != 0 {
		front, back = back, front
	}
	x, top := margin+float64(r.at)*cellW, margin+y*cellH
	if back != background {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", x, top, float64(r.cells)*cellW, cellH, back)
	}
	content := r.text.String()
	if strings.TrimSpace(content) == "" {
		return
	}
	extra := ""
	if attrs&tcell.AttrBold != 0 {
		extra += ` font-weight="bold"`
	}
	if attrs&tcell.AttrDim != 0 {
		extra += ` opacity="0.65"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f" xml:space="preserve" fill="%s"%s>`, x, top+fontSize, float64(r.cells)*cellW, front, extra)
	_ = xml.EscapeText(b, []byte(content)) // an error stays with b, whose Flush tells it
	fmt.Fprintln(b, "</text>")
}

// Text gives the cells of a screen as lines of text, without blanks at their ends.
func Text(cells []tcell.SimCell, cols int) string {
	var out strings.Builder
	for y := 0; y+cols <= len(cells); y += cols {
		var line strings.Builder
		for x := range cols {
			line.WriteString(text(&cells[y+x]))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return out.String()
}
