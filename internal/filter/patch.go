package filter

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"ptop/internal/column"
)

// patcher walks the parsed expression, children first, before it is compiled. It notes the columns that are used, makes
// of the language what suits columns (their figures are all float64, NaN where unknown), and refuses what would fail
// for each row.
type patcher struct {
	filter *Filter
	ranges []ast.Node // that stand after no "in" so far
	err    error
}

var floatType = reflect.TypeFor[float64]()

// Visit implements ast.Visitor.
func (p *patcher) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if c, ok := column.ByID(n.Value); ok && !slices.Contains(p.filter.used, c) {
			p.filter.used = append(p.filter.used, c)
		}
	case *ast.NilNode:
		p.fail(n, "nothing is nil here: known(COLUMN) tells whether a value could be read")
	case *ast.BinaryNode:
		p.binary(node, n)
	case *ast.CallNode:
		p.call(n)
	case *ast.BuiltinNode:
		p.builtin(n)
	}
}

func (p *patcher) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "matches":
		if _, constant := n.Right.(*ast.StringNode); !constant { // it would be compiled for each row
			p.fail(n.Right, "a pattern after matches is a text in quotes")
		}
	case "!=":
		for _, side := range []ast.Node{n.Left, n.Right} {
			if side.Type() == floatType { // false for NaN
				ast.Patch(node, binaryAt(n, "and", *node, binaryAt(n, "==", side, side)))
			}
		}
	case "..":
		p.ranges = append(p.ranges, n)
	case "in":
		p.in(node, n)
	case "%":
		if isNumber(n.Left) && isNumber(n.Right) {
			call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: "mod"}, Arguments: []ast.Node{n.Left, n.Right}}
			call.SetType(floatType)
			ast.Patch(node, call)
		}
	}
}

// in makes of "x in a..b" two comparisons: a list of all whole numbers between would be made for each row, and hold no
// fraction.
func (p *patcher) in(node *ast.Node, n *ast.BinaryNode) {
	between, ok := n.Right.(*ast.BinaryNode)
	if !ok || between.Operator != ".." {
		return
	}
	p.ranges = slices.DeleteFunc(p.ranges, func(r ast.Node) bool { return r == between })
	if from, to := wholeNumber(between.Left), wholeNumber(between.Right); from != nil && to != nil && *from > *to {
		p.fail(between, fmt.Sprintf("nothing is in %d..%d: the lower end comes first", *from, *to))
	}
	ast.Patch(node, binaryAt(n, "and", binaryAt(n, ">=", n.Left, between.Left), binaryAt(n, "<=", n.Left, between.Right)))
}

func binaryAt(at ast.Node, operator string, left, right ast.Node) *ast.BinaryNode {
	n := &ast.BinaryNode{Operator: operator, Left: left, Right: right}
	n.SetLocation(at.Location())
	return n
}

func wholeNumber(n ast.Node) *int {
	if n, ok := n.(*ast.IntegerNode); ok {
		return &n.Value
	}
	return nil
}

func isNumber(n ast.Node) bool {
	kind := n.Type().Kind()
	return kind == reflect.Float64 || kind == reflect.Int
}

// mod is what % compiles to: the remainder of any two numbers, NaN where there is none.
func mod(args ...any) (any, error) { return math.Mod(number(args[0]), number(args[1])), nil }

func number(v any) float64 {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	f, _ := v.(float64)
	return f
}

func (p *patcher) call(n *ast.CallNode) {
	if callee, ok := n.Callee.(*ast.IdentifierNode); !ok || callee.Value != "known" || len(n.Arguments) != 1 {
		return
	}
	arg, ok := n.Arguments[0].(*ast.IdentifierNode)
	if !ok {
		p.fail(n.Arguments[0], "known() wants the name of a column")
		return
	}
	if _, ok := column.ByID(arg.Value); !ok {
		p.fail(arg, unknownName(arg.Value))
		return
	}
	ast.Patch(&n.Arguments[0], &ast.StringNode{Value: arg.Value})
}

// builtin refuses a call on constants that fails: it would for each row.
func (p *patcher) builtin(n *ast.BuiltinNode) {
	for _, arg := range n.Arguments {
		switch arg.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		default:
			return
		}
	}
	var at *file.Error
	if _, err := expr.Eval(n.String(), nil); errors.As(err, &at) {
		p.fail(n, at.Message)
	}
}

// done gives the first fault.
func (p *patcher) done() error {
	if len(p.ranges) > 0 {
		p.fail(p.ranges[0], "a range stands after in: pid in 1..100")
	}
	return p.err
}

func (p *patcher) fail(n ast.Node, message string) {
	if p.err == nil {
		at := n.Location()
		p.err = &file.Error{Location: at, Line: 1, Column: at.From, Message: message}
	}
}
