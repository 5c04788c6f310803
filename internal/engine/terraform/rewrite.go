package terraform

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// rewriter goes through the syntax tree of one file, once, and makes it remember: literals
// are marked with their place, and a few nodes are wrapped in ones that keep apart where a
// text comes from and what chose it. No wrapped node changes what an expression gives.
type rewriter struct {
	e     *evaluator
	file  string
	index *pos.Index
	kind  string // of hops; empty: KindTerraform
}

// body rewrites all of a body, blocks within included. what names its place for people.
func (r *rewriter) body(b *hclsyntax.Body, what string) {
	for name, a := range b.Attributes {
		inner := dotted(what, name)
		if strings.HasPrefix(what, "output.") && name == "value" {
			inner = what
		}
		a.Expr = r.expr(a.Expr, inner, true)
	}
	for _, block := range b.Blocks {
		r.block(block, what)
	}
}

func (r *rewriter) block(b *hclsyntax.Block, what string) {
	switch {
	case what != "" && b.Type == "dynamic" && len(b.Labels) == 1:
		r.body(b.Body, dotted(what, b.Labels[0]))
	case what != "" && b.Type == "content":
		r.body(b.Body, what)
	case what != "":
		r.body(b.Body, dotted(what, b.Type))
	case b.Type == "locals":
		r.body(b.Body, "local")
	case b.Type == "variable" && len(b.Labels) == 1:
		r.variable(b)
	default:
		r.body(b.Body, rootName(b.Type, b.Labels))
	}
}

// rootName is how people call a block at the top of a file.
func rootName(kind string, labels []string) string {
	name := strings.Join(labels, ".")
	switch kind {
	case "resource":
		return name
	case "data", "ephemeral", "module", "output":
		return kind + "." + name
	}
	return dotted(kind, name)
}

func (r *rewriter) variable(b *hclsyntax.Block) {
	for name, a := range b.Body.Attributes {
		switch name {
		case "type": // read from the tree, not evaluated
		case "default":
			a.Expr = r.expr(a.Expr, "var."+b.Labels[0], true)
		default:
			a.Expr = r.expr(a.Expr, "var."+b.Labels[0], false)
		}
	}
	for _, inner := range b.Body.Blocks {
		for _, a := range inner.Body.Attributes {
			a.Expr = r.expr(a.Expr, "var."+b.Labels[0], false)
		}
	}
}

func dotted(what, name string) string {
	if what == "" || name == "" {
		return what + name
	}
	return what + "." + name
}

func (r *rewriter) span(at hcl.Range) pos.Span {
	return r.index.Span(r.file, at.Start.Byte, at.End.Byte)
}

// expr rewrites one expression. Literals are marked only where their text may become part
// of the result.
func (r *rewriter) expr(e hclsyntax.Expression, what string, literal bool) hclsyntax.Expression {
	next := func(e hclsyntax.Expression) hclsyntax.Expression { return r.expr(e, what, literal) }
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		r.literal(e, what, literal)
	case *hclsyntax.ExprSyntaxError:
		return &fixedExpr{Expression: e, val: r.e.unknown(model.WhyUnsupported, "an expression that can be read", r.span(e.SrcRange))}
	case *hclsyntax.ScopeTraversalExpr:
		return &traversalExpr{inParentheses(e), e, r.e}
	case *hclsyntax.RelativeTraversalExpr:
		e.Source = next(e.Source)
		return &relativeExpr{e, r.e}
	case *hclsyntax.ParenthesesExpr:
		e.Expression = next(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		e.Wrapped = next(e.Wrapped)
	case *hclsyntax.TemplateJoinExpr:
		e.Tuple = r.plain(next(e.Tuple))
	case *hclsyntax.TemplateExpr:
		return r.template(e, what, literal)
	case *hclsyntax.ConditionalExpr:
		e.Condition = r.expr(e.Condition, what, false)
		e.TrueResult, e.FalseResult = next(e.TrueResult), next(e.FalseResult)
		return &condExpr{ConditionalExpr: e, e: r.e, at: r.span(e.Condition.Range())}
	case *hclsyntax.BinaryOpExpr:
		e.LHS, e.RHS = r.plain(next(e.LHS)), r.plain(next(e.RHS))
	case *hclsyntax.UnaryOpExpr:
		e.Val = next(e.Val)
	case *hclsyntax.TupleConsExpr:
		for i := range e.Exprs {
			e.Exprs[i] = next(e.Exprs[i])
		}
	case *hclsyntax.ObjectConsExpr:
		r.object(e, what, literal)
	case *hclsyntax.IndexExpr:
		e.Collection, e.Key = next(e.Collection), r.expr(e.Key, what, false)
		return &indexExpr{IndexExpr: e, e: r.e}
	case *hclsyntax.SplatExpr:
		e.Source, e.Each = next(e.Source), r.stepped(next(e.Each))
	case *hclsyntax.ForExpr:
		r.loop(e, what, literal)
	case *hclsyntax.FunctionCallExpr:
		return r.call(e, what, literal)
	}
	return e
}

func (r *rewriter) literal(e *hclsyntax.LiteralValueExpr, what string, literal bool) {
	if !e.Val.IsKnown() { // the parser leaves it where it found no expression
		e.Val = r.e.unknown(model.WhyUnsupported, "an expression that can be read", r.span(e.SrcRange))
		return
	}
	if !literal || e.Val.IsNull() || e.Val.IsMarked() || !e.Val.Type().IsPrimitiveType() {
		return
	}
	v := literalText(e.Val)
	v.Trail = v.Trail.Append(model.Hop{At: r.span(e.SrcRange), Kind: cmp.Or(r.kind, model.KindTerraform), What: what, Literal: true})
	e.Val = e.Val.Mark(r.e.newMark(v))
}

func (r *rewriter) template(e *hclsyntax.TemplateExpr, what string, literal bool) hclsyntax.Expression {
	for i := range e.Parts {
		e.Parts[i] = r.expr(e.Parts[i], what, literal)
	}
	if e.IsStringLiteral() {
		return e
	}
	return &templateExpr{TemplateExpr: e, e: r.e}
}

func (r *rewriter) object(e *hclsyntax.ObjectConsExpr, what string, literal bool) {
	for i := range e.Items {
		item := &e.Items[i]
		inner := what
		if key, ok := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr); ok {
			inner = dotted(what, keyName(key))
			if _, bare := key.Wrapped.(*hclsyntax.ScopeTraversalExpr); !bare && keyName(key) == "" {
				key.Wrapped = r.cause(r.expr(key.Wrapped, what, false))
			}
		}
		item.ValueExpr = r.expr(item.ValueExpr, inner, literal)
	}
}

// keyName is the key of an object's item where it is written out.
func keyName(key *hclsyntax.ObjectConsKeyExpr) string {
	if key.ForceNonLiteral {
		return ""
	}
	if name := hcl.ExprAsKeyword(key.Wrapped); name != "" {
		return name
	}
	if t, ok := key.Wrapped.(*hclsyntax.TemplateExpr); ok && t.IsStringLiteral() {
		if v, diags := t.Value(nil); !diags.HasErrors() {
			v, _ = v.Unmark()
			return v.AsString()
		}
	}
	return ""
}

func (r *rewriter) loop(e *hclsyntax.ForExpr, what string, literal bool) {
	e.CollExpr = &wholeExpr{inParentheses(r.expr(e.CollExpr, what, literal)), r.e}
	if e.KeyExpr != nil {
		e.KeyExpr = r.cause(r.expr(e.KeyExpr, what, false))
	}
	e.ValExpr = r.stepped(r.expr(e.ValExpr, what, literal))
	if e.CondExpr != nil {
		e.CondExpr = r.stepped(r.cause(r.expr(e.CondExpr, what, false)))
	}
}

// choosers are functions some of whose arguments only choose among the others.
func choosers(name string) []int {
	if strings.HasPrefix(name, "file") || name == "templatefile" {
		return []int{0}
	}
	switch name {
	case "lookup", "element":
		return []int{1}
	case "slice":
		return []int{1, 2}
	case "substr":
		return []int{1, 2}
	}
	return nil
}

// movers hand on what they were given, or elements of it, and look at no more of it. Those
// that take objects whole are told apart.
func movers(name string) (elements, objects bool) {
	switch name {
	case "try", "can", "merge", "sensitive", "nonsensitive":
		return true, true
	case "concat", "element", "values", "one", "slice", "reverse":
		return true, false
	}
	return false, false
}

func (r *rewriter) call(e *hclsyntax.FunctionCallExpr, what string, literal bool) hclsyntax.Expression {
	name := strings.TrimPrefix(e.Name, "core::")
	for i := range e.Args {
		e.Args[i] = r.expr(e.Args[i], what, literal && !slices.Contains(choosers(name), i))
		switch elements, objects := movers(name); {
		case objects:
		case elements:
			e.Args[i] = &wholeExpr{inParentheses(e.Args[i]), r.e}
		default:
			e.Args[i] = r.plain(e.Args[i])
		}
	}
	for _, i := range choosers(name) {
		if i < len(e.Args) && !(e.ExpandFinal && i == len(e.Args)-1) {
			e.Args[i] = r.cause(e.Args[i])
		}
	}
	return &callExpr{FunctionCallExpr: e, e: r.e, at: r.span(e.NameRange), name: name}
}

// inParentheses lets another node stand around e, of which the language's own search for
// references sees the inside.
func inParentheses(e hclsyntax.Expression) *hclsyntax.ParenthesesExpr {
	return &hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}
}

func (r *rewriter) cause(e hclsyntax.Expression) hclsyntax.Expression {
	return &causeExpr{inParentheses(e), r.e}
}

func (r *rewriter) plain(e hclsyntax.Expression) hclsyntax.Expression {
	return &plainExpr{inParentheses(e), r.e}
}

func (r *rewriter) stepped(e hclsyntax.Expression) hclsyntax.Expression {
	return &steppedExpr{inParentheses(e), r.e}
}

// literalText is a value with the text of a literal.
func literalText(v cty.Value) model.Value {
	text, err := convert.Convert(v, cty.String)
	if err != nil {
		return model.Value{State: model.Known}
	}
	return model.Value{State: model.Known, Text: secret.New(text.AsString())}
}
