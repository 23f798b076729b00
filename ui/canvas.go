package ui

import (
	"unicode/utf8"

	"github.com/gdamore/tcell/v2"
)

// canvas is what is drawn, beside what tcell was given last: it gets what differs, and nothing else. Left to itself it
// would send the whole screen again with every reading: tview clears the screen before it draws, and tcell takes a cell
// for changed whose text is another than in that moment, when it was a blank.
type canvas struct {
	w, h         int
	drawn, shown []cell

	styles   []tcell.Style // by cell.style; the first is tcell's default
	numbers  map[tcell.Style]int32
	clusters []string // by -1-cell.char: characters of several code points
	known    map[string]int32

	last   tcell.Style // the style put last, and its number
	number int32
}

// cell is one place on the screen. It holds no pointer, so that thousands are compared and blanked at once.
type cell struct {
	char  int32 // a code point, or a cluster's number below 0; 0 is what no terminal shows
	style int32
}

var blankCell = cell{char: ' '}

// clustersMax and stylesMax bound what the texts of processes can make the canvas remember.
const clustersMax, stylesMax = 4096, 4096

// clear blanks the canvas, in the size that the screen has now.
func (c *canvas) clear(w, h int) {
	if w != c.w || h != c.h || len(c.clusters) > clustersMax || len(c.styles) > stylesMax || c.styles == nil {
		*c = canvas{
			w: w, h: h, drawn: make([]cell, w*h), shown: make([]cell, w*h),
			styles: []tcell.Style{tcell.StyleDefault}, numbers: map[tcell.Style]int32{tcell.StyleDefault: 0}, known: map[string]int32{},
		}
	}
	for i := range c.drawn {
		c.drawn[i] = blankCell
	}
}

// put draws one character.
func (c *canvas) put(x, y int, char string, style tcell.Style) {
	if x < 0 || y < 0 || x >= c.w || y >= c.h || char == "" {
		return
	}
	if style != c.last {
		c.last, c.number = style, c.styleNumber(style)
	}
	c.drawn[y*c.w+x] = cell{c.charNumber(char), c.number}
}

func (c *canvas) styleNumber(style tcell.Style) int32 {
	n, ok := c.numbers[style]
	if !ok {
		n = int32(len(c.styles))
		c.styles = append(c.styles, style)
		c.numbers[style] = n
	}
	return n
}

func (c *canvas) charNumber(char string) int32 {
	if len(char) == 1 {
		return int32(char[0])
	}
	if r, n := utf8.DecodeRuneInString(char); n == len(char) {
		return r
	}
	n, ok := c.known[char]
	if !ok {
		c.clusters = append(c.clusters, char)
		n = -int32(len(c.clusters))
		c.known[char] = n
	}
	return n
}

// flush gives tcell's screen what differs from what it was given last, and reports whether anything did.
func (c *canvas) flush(screen tcell.Screen) bool {
	changed := false
	for i, d := range c.drawn {
		if d == c.shown[i] {
			continue
		}
		c.shown[i], changed = d, true
		var char string
		if d.char < 0 {
			char = c.clusters[-1-d.char]
		} else {
			char = string(d.char)
		}
		screen.Put(i%c.w, i/c.w, char, c.styles[d.style])
	}
	return changed
}

// forget has the next flush give everything.
func (c *canvas) forget() { clear(c.shown) }
