package helm

import (
	"slices"
	"strings"
	"text/template/parse"
)

// mutators are the functions that change values in place.
const mutators = "set unset merge mustMerge mergeOverwrite mustMergeOverwrite"

// calls reports whether a template calls one of the functions.
func calls(n parse.Node, functions string) bool {
	switch n := n.(type) {
	case *parse.ListNode:
		return n != nil && slices.ContainsFunc(n.Nodes, func(n parse.Node) bool { return calls(n, functions) })
	case *parse.ActionNode:
		return calls(n.Pipe, functions)
	case *parse.TemplateNode:
		return calls(n.Pipe, functions)
	case *parse.IfNode:
		return callsBranch(&n.BranchNode, functions)
	case *parse.WithNode:
		return callsBranch(&n.BranchNode, functions)
	case *parse.RangeNode:
		return callsBranch(&n.BranchNode, functions)
	case *parse.PipeNode:
		return n != nil && slices.ContainsFunc(n.Cmds, func(c *parse.CommandNode) bool {
			return slices.ContainsFunc(c.Args, func(n parse.Node) bool { return calls(n, functions) })
		})
	case *parse.ChainNode:
		return calls(n.Node, functions)
	case *parse.IdentifierNode:
		return slices.Contains(strings.Fields(functions), n.Ident)
	}
	return false
}

func callsBranch(n *parse.BranchNode, functions string) bool {
	return calls(n.Pipe, functions) || calls(n.List, functions) || calls(n.ElseList, functions)
}
