package filter

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"ptop/internal/column"
)

// asWord tells whether text is a word to search for, or several in a row, and not an expression: letters, digits and what
// stands in paths and options, or one quoted text. The name of a column that holds yes or no is an expression, and so is
// whatever has a column beside something else, or an operator.
func asWord(text string) (string, bool) {
	if text == "" {
		return "", true
	}
	if text[0] == '"' || text[0] == '\'' || text[0] == '`' {
		return quoted(text)
	}
	words := strings.Fields(text)
	for _, word := range words {
		c, isColumn := column.ByID(word)
		if isColumn && (c.Kind == column.Bool || len(words) > 1) || slices.Contains(operators, word) || strings.ContainsFunc(word, notInWords) {
			return "", false
		}
	}
	return strings.Join(words, " "), true
}

// operators are the words that make an expression of what they stand in.
var operators = []string{"and", "or", "not", "in", "contains", "startsWith", "endsWith", "matches", "true", "false"}

func notInWords(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("_./:@%+-~,", r)
}

// quoted gives the text between quotes, when text is that and nothing else.
func quoted(text string) (string, bool) {
	quote, rest := text[:1], text[1:]
	inside, after, found := strings.Cut(rest, quote)
	if !found || after != "" {
		return "", false
	}
	if quote == `"` {
		if plain, err := strconv.Unquote(text); err == nil {
			return plain, true
		}
	}
	return inside, true
}

var searched = sync.OnceValue(func() []*column.Column {
	var list []*column.Column
	for _, id := range []string{"name", "cmdline"} {
		c, _ := column.ByID(id)
		list = append(list, c)
	}
	return list
})

// find searches the word in the row's name and command line.
func (f *Filter) find(r *column.Row) bool {
	if r.Group != nil && r.Proc == nil {
		return containsFold(r.Group.Name, f.word)
	}
	for _, c := range searched() {
		if containsFold(c.Value(r).Text, f.word) {
			return true
		}
	}
	return false
}

// containsFold reports whether lower, which is in lower case, occurs in s in any case. The NULs between a command
// line's arguments count as spaces.
func containsFold(s, lower string) bool {
	for i := 0; i < len(lower); i++ {
		if lower[i] >= utf8.RuneSelf {
			return strings.Contains(strings.ToLower(column.Spaced(s)), lower)
		}
	}
	for i := 0; i+len(lower) <= len(s); i++ {
		n := 0
		for n < len(lower) && fold(s[i+n]) == lower[n] {
			n++
		}
		if n == len(lower) {
			return true
		}
	}
	return false
}

func fold(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	case c == 0:
		return ' '
	}
	return c
}
