package circleci

import (
	"strconv"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
)

// verdict is the outcome of a condition, with what it would take to know it.
type verdict struct {
	answer answer
	why    model.Value // of maybe
}

func (r *reader) open(n *tree.Node, t tree.Text) verdict {
	u, ok := t.Unknown()
	if !ok {
		u = model.UnknownBecause(model.WhyUnsupported, "a condition that can be decided", model.Trail{})
	}
	return verdict{maybe, u.Via(r.hop(n.Span(), "condition"))}
}

// condition decides a logic statement (reference/configuration-reference, "Logic statement
// syntax"). Where direct is set, a text is an expression without << and >>.
func (r *reader) condition(n *tree.Node, sc *scope, direct bool) verdict {
	if !r.step(n.Span()) {
		return r.open(n, tree.Text{})
	}
	if n.IsScalar() {
		return r.simple(n, sc, direct)
	}
	if !n.IsMap() || len(n.Pairs) == 0 {
		return verdict{answer: no}
	}
	p := n.Pairs[0]
	switch p.Key.Text() {
	case "and", "or":
		return r.all(p.Value, sc, p.Key.Text() == "or")
	case "not":
		v := r.condition(p.Value, sc, false)
		v.answer = v.answer.Not()
		return v
	case "equal":
		return r.equal(p.Value, sc)
	case "matches":
		return r.matching(p.Value, sc)
	}
	r.fail(p.Key.Span(), "write and, or, not, equal or matches", "unknown logic statement")
	return r.open(n, tree.Text{})
}

// all joins the statements of `and`, or of `or`. Without any, both are false.
func (r *reader) all(n *tree.Node, sc *scope, or bool) verdict {
	items := n.Each()
	if len(items) == 0 {
		return verdict{answer: no}
	}
	out := verdict{answer: tree.AnswerOf(!or)}
	for _, item := range items {
		v := r.condition(item, sc, false)
		if v.answer == maybe {
			out.why = v.why
		}
		if or {
			out.answer = out.answer.Or(v.answer)
		} else {
			out.answer = out.answer.And(v.answer)
		}
	}
	return out
}

func (r *reader) simple(n *tree.Node, sc *scope, direct bool) verdict {
	v := r.operand(n, sc)
	if _, reference := onlyReference(n.Text()); direct && !reference && !n.Quoted || direct && n.Quoted && !reference {
		if e, ok := r.evaluate(n.Text(), sc, n.Span()); ok {
			v = e
		}
	}
	if a := v.truthy(); a != maybe {
		return verdict{answer: a}
	}
	return r.open(n, v.text)
}

// operand is a scalar of a statement, with the type that YAML or the parameter gives it.
func (r *reader) operand(n *tree.Node, sc *scope) value {
	if name, ok := onlyReference(n.Text()); ok && r.v21 {
		if v, ok := r.evaluate(name, sc, n.Span()); ok {
			return v
		}
	}
	switch t := r.expand(n, sc, "condition"); {
	case n.IsNull():
		return value{kind: null}
	case !t.Known():
		return value{text: t}
	case n.Tag == "!!bool" && !n.Quoted:
		truth, err := strconv.ParseBool(n.Text())
		if err != nil {
			return value{}
		}
		return value{kind: boolean, truth: truth}
	case n.Tag == "!!int" && !n.Quoted:
		return typed(t, "integer")
	case n.Tag == "!!str" || n.Quoted:
		return value{kind: text_, text: t}
	}
	return value{}
}

func (r *reader) equal(n *tree.Node, sc *scope) verdict {
	items := n.Each()
	out := verdict{answer: yes}
	if len(items) == 0 {
		out.answer = no
	}
	var first value
	for i, item := range items {
		v := r.operand(item, sc)
		if i == 0 {
			first = v
			continue
		}
		a := first.equal(v)
		if a == maybe {
			out.why = r.open(n, tree.Join(first.text, v.text)).why
		}
		out.answer = out.answer.And(a)
	}
	return out
}

func (r *reader) matching(n *tree.Node, sc *scope) verdict {
	v := r.operand(n.Get("value"), sc)
	pattern := r.expand(n.Get("pattern"), sc, "pattern")
	if v.kind == null {
		return verdict{answer: no}
	}
	if v.kind != text_ || !pattern.Known() {
		return r.open(n, tree.Join(v.text, pattern))
	}
	if a := match(pattern.String(), v.text.String()); a != maybe && (a == no || a == matchesWhole(pattern.String(), v.text.String())) {
		return verdict{answer: a}
	}
	return r.open(n, tree.Text{})
}
