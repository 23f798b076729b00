// Package filter is the one filter language: an expression over the columns (expr-lang/expr), or a bare word that
// is searched in name and command line.
package filter

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"ptop/internal/column"
	"ptop/internal/sanitize"
)

// textMax bounds an expression, and with it how deep it can nest.
const textMax = 4096

// Filter is a compiled expression. It is safe for one goroutine at a time.
type Filter struct {
	text    string
	word    string // searched when program is nil; lower case, empty matches everything
	program *vm.Program
	machine vm.VM
	used    []*column.Column
	env     map[string]any
	row     *column.Row // during Match
	faults  Faults
}

// Faults counts the rows that Match was asked of.
type Faults struct {
	Computed int   // rows for which the expression has a value
	Failed   int   // rows of which it can't be computed, though no value that it uses is unknown
	First    error // of those that failed
}

// Compile reads an expression. An empty one matches everything. An error is one line that names the position of
// the fault.
func Compile(text string) (f *Filter, err error) {
	text = strings.TrimSpace(text)
	if len(text) > textMax {
		return nil, fmt.Errorf("filter: %d bytes are too long an expression: at most %d", len(text), textMax)
	}
	f = &Filter{text: text}
	if word, ok := asWord(text); ok {
		f.word = strings.ToLower(word)
		return f, nil
	}
	defer func() { // the compiler is not ours, and what a user typed must not end the program
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("filter: the expression can't be read: %s", oneLine(fmt.Sprint(r)))
		}
	}()
	f.env = map[string]any{}
	p := &patcher{filter: f}
	options := append([]expr.Option{
		expr.Env(zeros()), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(1000), expr.Patch(p), expr.DisableAllBuiltins(),
		expr.Function("known", f.known, new(func(string) bool)), expr.Function("mod", mod, new(func(float64, float64) float64)),
	}, builtins()...)
	// Line breaks would shift the position that an error names.
	f.program, err = expr.Compile(strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(text), options...)
	if fault := p.done(); fault != nil {
		err = fault
	}
	if err != nil {
		return nil, describe(err, text)
	}
	return f, nil
}

// builtins is what an expression may call, beside known: nothing that loops or makes large values.
func builtins() []expr.Option {
	var options []expr.Option
	for _, name := range []string{"len", "lower", "upper", "trim", "hasPrefix", "hasSuffix", "abs", "ceil", "floor", "round", "int", "float", "min", "max", "date", "duration"} {
		options = append(options, expr.EnableBuiltin(name))
	}
	return options
}

// zeros is an environment that tells the compiler the columns' types.
func zeros() map[string]any {
	env := make(map[string]any, len(column.All))
	for _, c := range column.All {
		env[c.ID] = goValue(c, column.Value{})
	}
	return env
}

// goValue gives what an expression computes with. An absent figure is NaN, so that no comparison with it holds.
func goValue(c *column.Column, v column.Value) any {
	switch c.Kind {
	case column.Int, column.Float:
		switch v.Kind {
		case column.Int:
			return float64(v.Int)
		case column.Float:
			return v.Float
		}
		return math.NaN()
	case column.Bool:
		return v.Int != 0
	case column.Time:
		return v.Time
	}
	return column.Spaced(v.Text)
}

// Match reports whether the row matches. A nil Filter matches everything. A row of which the expression can't be computed
// does not match, and is counted.
func (f *Filter) Match(r *column.Row) bool {
	if f == nil {
		return true
	}
	if f.program == nil {
		return f.word == "" || f.find(r)
	}
	f.row = r
	known := true
	for _, c := range f.used {
		v := c.Value(r)
		known = known && v.Kind != column.Absent
		f.env[c.ID] = goValue(c, v)
	}
	out, err := f.machine.Run(f.program, f.env)
	f.row = nil
	if err != nil {
		f.failed(err, known)
		return false
	}
	f.faults.Computed++
	matched, _ := out.(bool)
	return matched
}

// failed counts a row of which the expression can't be computed. That an unknown value has no meaning is no fault.
func (f *Filter) failed(err error, known bool) {
	if !known {
		return
	}
	f.faults.Failed++
	if f.faults.First == nil {
		f.faults.First = describe(err, f.text)
	}
}

// Faults tells how many rows could be computed so far.
func (f *Filter) Faults() Faults {
	if f == nil {
		return Faults{}
	}
	return f.faults
}

// known is the function of that name: whether a column's value could be read. The patcher gives it the column's ID.
func (f *Filter) known(args ...any) (any, error) {
	id, _ := args[0].(string)
	c, ok := column.ByID(id)
	return ok && c.Value(f.row).Kind != column.Absent, nil
}

// Word reports whether it is a word to search for and not an expression.
func (f *Filter) Word() bool { return f != nil && f.word != "" }

// String gives the expression as it was written.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return f.text
}

// describe makes one line of the compiler's error, in ptop's terms.
func describe(err error, text string) error {
	var at *file.Error
	if !errors.As(err, &at) {
		message := err.Error()
		if got, found := strings.CutPrefix(message, "expected bool, but got "); found {
			return fmt.Errorf("filter: the expression gives a %s, not yes or no; want a comparison such as cpu_percent > 50", typeName(got))
		}
		return fmt.Errorf("filter: %s", oneLine(message))
	}
	return fmt.Errorf("filter: column %d: %s", min(at.Column, len([]rune(text)))+1, oneLine(strings.TrimSpace(inWords(at.Message))))
}

// sayings find what the compiler says, as far as it is known. They are compiled when it has found a fault.
type sayings struct{ unexpectedToken, unexpectedChar, wrongTypes, goTypes *regexp.Regexp }

var said = sync.OnceValue(func() *sayings {
	return &sayings{
		unexpectedToken: regexp.MustCompile(`^unexpected token \w+\((".*")\)$`),
		unexpectedChar:  regexp.MustCompile(`^unrecognized character: U\+[0-9A-F]+ '(.*)'$`),
		wrongTypes:      regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types? (\S+?)(?: and (\S+))?\)$`),
		// goTypes are the names of types.
		goTypes: regexp.MustCompile(`\b(?:float64|int|string|bool|time\.Time|time\.Duration|interface \{\}|any|unknown)\b|\[\](?:interface \{\}|any|int|string)|map\[string\](?:interface \{\}|any)`),
	}
})

// inWords says one of the compiler's messages as a person would.
func inWords(message string) string {
	if name, found := strings.CutPrefix(message, "unknown name "); found {
		return unknownName(name)
	}
	if m := said().unexpectedToken.FindStringSubmatch(message); m != nil {
		if m[1] == `"="` {
			return `"=" does not compare, "==" does`
		}
		return m[1] + " can't stand here"
	}
	if m := said().unexpectedChar.FindStringSubmatch(message); m != nil {
		return `"` + m[1] + `" can't stand here`
	}
	if m := said().wrongTypes.FindStringSubmatch(message); m != nil {
		operands := "a " + typeName(m[2])
		if m[3] != "" {
			operands += " and a " + typeName(m[3])
		}
		return fmt.Sprintf("%q does not go with %s", m[1], operands)
	}
	switch message {
	case "unexpected token EOF", "unexpected end of expression":
		return "something is missing at the end"
	case "literal not terminated":
		return "the quote is not closed"
	}
	if strings.Contains(message, "type") {
		return said().goTypes.ReplaceAllStringFunc(message, typeName)
	}
	return message
}

func unknownName(name string) string {
	if near := column.Nearest(name); near != "" {
		return fmt.Sprintf("unknown column %q (did you mean %s?)", name, near)
	}
	return fmt.Sprintf("unknown column %q; a text to compare with wants quotes, and %s", name, column.WhereListed)
}

// typeName is a type as the documentation calls it.
func typeName(goType string) string {
	switch goType {
	case "float64", "int":
		return "number"
	case "string":
		return "text"
	case "bool":
		return "yes or no"
	case "time.Time":
		return "time"
	case "time.Duration":
		return "duration"
	}
	if strings.HasPrefix(goType, "[]") {
		return "list"
	}
	return "value of another kind"
}

func oneLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return sanitize.Cells(sanitize.Text(s), 200)
}
