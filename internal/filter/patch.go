package filter

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"ptop/internal/column"
)

// patcher walks the parsed expression before it is compiled: it notes the columns that are used, gives known() the
// name of its column, keeps an absent figure from being unequal to anything, and refuses a pattern that is no
// constant, which would be compiled for each row.
type patcher struct {
	filter *Filter
	err    error
}

// Visit implements ast.Visitor.
func (p *patcher) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if c, ok := column.ByID(n.Value); ok && !slices.Contains(p.filter.used, c) {
			p.filter.used = append(p.filter.used, c)
		}
	case *ast.BinaryNode:
		p.binary(node, n)
	case *ast.CallNode:
		p.call(n)
	}
}

func (p *patcher) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "matches":
		if _, constant := n.Right.(*ast.StringNode); !constant {
			p.fail(n.Right, "a pattern after matches is a text in quotes")
		}
	case "!=":
		for _, side := range []ast.Node{n.Left, n.Right} {
			if isFigure(side) {
				itself := &ast.BinaryNode{Operator: "==", Left: side, Right: side} // false for NaN
				ast.Patch(node, &ast.BinaryNode{Operator: "and", Left: *node, Right: itself})
			}
		}
	}
}

func isFigure(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return false
	}
	c, ok := column.ByID(id.Value)
	return ok && (c.Kind == column.Int || c.Kind == column.Float)
}

func (p *patcher) call(n *ast.CallNode) {
	if callee, ok := n.Callee.(*ast.IdentifierNode); !ok || callee.Value != "known" || len(n.Arguments) != 1 {
		return
	}
	switch arg := n.Arguments[0].(type) {
	case *ast.IdentifierNode:
		if _, ok := column.ByID(arg.Value); ok {
			ast.Patch(&n.Arguments[0], &ast.StringNode{Value: arg.Value})
		}
	default:
		p.fail(arg, "known() wants the name of a column")
	}
}

func (p *patcher) fail(n ast.Node, message string) {
	if p.err == nil {
		at := n.Location()
		p.err = &file.Error{Location: at, Line: 1, Column: at.From, Message: message}
	}
}
