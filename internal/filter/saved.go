package filter

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Saved is filters that stand under a name, in the order in which they were given. "@name" stands for one.
type Saved []struct{ Name, Text string }

var savedName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// Named reports whether a text is the name of a saved filter, which may not exist.
func Named(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), "@") }

// With gives the saved filters and one more, which is given as NAME=EXPR.
func (s Saved) With(text string) (Saved, error) {
	name, expr, ok := strings.Cut(text, "=")
	name, expr = strings.TrimSpace(name), strings.TrimSpace(expr)
	switch {
	case !ok || expr == "":
		return nil, errors.New("want NAME=EXPR")
	case !savedName.MatchString(name):
		return nil, errors.New("the name before the = is of letters, digits, _ and -, at most 40")
	case slices.Contains(s.Names(), "@"+name):
		return nil, fmt.Errorf("the name %s stands there twice", name)
	case Named(expr):
		return nil, fmt.Errorf("%s: a saved filter is no name of another", name)
	}
	if _, err := Compile(expr); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return append(slices.Clone(s), Saved{{name, expr}}...), nil
}

// Names lists the names, each with its @.
func (s Saved) Names() []string {
	names := make([]string, len(s))
	for i, f := range s {
		names[i] = "@" + f.Name
	}
	return names
}

// Compile reads an expression as the function of that name does, or that which a name stands for.
func (s Saved) Compile(text string) (*Filter, error) {
	if !Named(text) {
		return Compile(text)
	}
	at := slices.Index(s.Names(), strings.TrimSpace(text))
	switch {
	case at >= 0:
		return Compile(s[at].Text)
	case len(s) == 0:
		return nil, fmt.Errorf("filter: %s is no saved filter: there are none (saved-filter in the configuration makes one)", strings.TrimSpace(text))
	}
	return nil, fmt.Errorf("filter: %s is no saved filter: there are %s", strings.TrimSpace(text), strings.Join(s.Names(), ", "))
}
