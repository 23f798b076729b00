// Package sanitize is the one place where text that came from a process is made fit for a terminal: no character
// that could drive it, forge a row, hide or reorder text passes, and what is replaced stays visible.
package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Replacement stands for what has no picture of its own: invalid UTF-8, C1 controls, formats, bidi overrides,
// private and unassigned characters.
const Replacement = '\uFFFD'

// marksMax is how many combining marks one letter keeps: real scripts need no more, stacks of them overprint
// the rows above and below.
const marksMax = 3

// Text gives s with everything that could drive a terminal or forge a row replaced by visible stand-ins: a control
// character by its picture (␛ for escape, ␊ for a line feed), the rest by �. Plain text is given back as it is,
// without an allocation.
func Text(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' {
			return slow(s, i)
		}
	}
	return s
}

func slow(s string, clean int) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	b.WriteString(s[:clean])
	marks := marksMax // how many marks stand on the letter before; a mark without one is stray
	if clean > 0 && isBase(rune(s[clean-1])) {
		marks = 0
	}
	for _, r := range s[clean:] { // an invalid byte comes as U+FFFD
		switch {
		case unicode.IsMark(r) && !hidden(r) && !unicode.Is(unicode.Me, r) && marks < marksMax:
			marks++
		case unicode.IsMark(r):
			r = Replacement
			marks = marksMax
		default:
			r = standIn(r)
			marks = marksMax
			if isBase(r) {
				marks = 0
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isBase reports whether a combining mark may stand on r.
func isBase(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func standIn(r rune) rune {
	switch {
	case r >= ' ' && r <= '~':
		return r
	case r < ' ':
		return 0x2400 + r
	case r == 0x7f:
		return 0x2421
	case unicode.Is(unicode.Zs, r):
		return ' '
	case hidden(r) || !unicode.IsPrint(r):
		return Replacement
	}
	return r
}

// hidden reports characters that Unicode counts as letters, marks or symbols although nothing is drawn for them.
func hidden(r rune) bool {
	switch {
	case r == 0x034F, // combining grapheme joiner
		r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, // Hangul fillers
		r == 0x17B4, r == 0x17B5, // Khmer inherent vowels
		r == 0x2800,                // blank braille pattern
		r >= 0x180B && r <= 0x180F, // Mongolian variation selectors
		r >= 0xFE00 && r <= 0xFE0F, // variation selectors
		r >= 0xE0000:               // tags, more variation selectors, private planes
		return true
	}
	return false
}

// Cells gives s, which Text has gone over, cut to width terminal cells between grapheme clusters; "…" marks the cut.
func Cells(s string, width int) string {
	if len(s) <= width && isASCII(s) {
		return s
	}
	if width <= 0 {
		return ""
	}
	used, end, state := 0, 0, -1 // end: how much fits beside the mark
	for rest := s; rest != ""; {
		_, tail, cells, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if used+cells > width {
			return s[:end] + "…"
		}
		used += cells
		if used < width {
			end = len(s) - len(tail)
		}
		rest, state = tail, next
	}
	return s
}

// Width is the number of terminal cells of s.
func Width(s string) int {
	if isASCII(s) {
		return len(s)
	}
	return uniseg.StringWidth(s)
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// ASCII gives s, which Text has gone over, for a terminal without UTF-8: "?" for what is not ASCII, "~" for the mark
// of a cut.
func ASCII(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '…':
			return '~'
		case r >= utf8.RuneSelf:
			return '?'
		}
		return r
	}, s)
}
