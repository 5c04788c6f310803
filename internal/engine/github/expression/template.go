package expression

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// Place gives the place of a stretch of a text, in bytes. It is where trails point to.
type Place func(start, end int) pos.Span

// Piece is a stretch of a template: literal text, or an expression.
type Piece struct {
	Start, End int    // in bytes of the template's text, `${{` and `}}` included
	Text       string // of a literal piece
	Expr       *Expr  // nil for a literal piece
}

// Template is a text that may hold expressions in `${{ }}`.
type Template struct {
	Pieces []Piece
	place  Place
}

// ParseTemplate reads a text with `${{ }}` in it. The error is an [*Error]. place may be nil.
func ParseTemplate(text string, place Place) (*Template, error) {
	t := &Template{place: place}
	at := 0
	for at < len(text) {
		start := strings.Index(text[at:], "${{")
		if start < 0 {
			break
		}
		if start += at; start > at {
			t.literal(text, at, start)
		}
		end := closing(text, start+3)
		if end < 0 {
			return nil, &Error{Offset: start, Message: `expected "}}" behind "${{"`, Fix: `close the expression with "}}"`}
		}
		expr, err := inner(text, start+3, end-2, place)
		if err != nil {
			return nil, err
		}
		t.Pieces = append(t.Pieces, Piece{Start: start, End: end, Expr: expr})
		at = end
	}
	if at < len(text) {
		t.literal(text, at, len(text))
	}
	return t, t.check(text)
}

func (t *Template) literal(text string, start, end int) {
	t.Pieces = append(t.Pieces, Piece{Start: start, End: end, Text: text[start:end]})
}

// closing gives the offset behind the braces that close an expression; -1 without any.
func closing(text string, at int) int {
	quoted := false
	for i := at; i < len(text); i++ {
		switch {
		case text[i] == '\'':
			quoted = !quoted
		case !quoted && text[i] == '}' && text[i-1] == '}':
			return i + 1
		}
	}
	return -1
}

// inner reads the expression that stands between start and end.
func inner(text string, start, end int, place Place) (*Expr, error) {
	body := strings.TrimRightFunc(text[start:end], unicode.IsSpace)
	trimmed := strings.TrimLeftFunc(body, unicode.IsSpace)
	base := start + len(body) - len(trimmed)
	root, err := parse(trimmed, base, place)
	if err != nil {
		return nil, err
	}
	return newExpr(root, place, base), nil
}

// check holds a text of several pieces to the limits that the runner's own expression for it
// has to keep: it makes one call of format of them.
func (t *Template) check(text string) error {
	expressions := t.Expressions()
	if len(expressions) == 0 || len(t.Pieces) == 1 {
		return nil
	}
	length := len("format('')")
	for i, p := range t.Pieces {
		if p.Expr == nil {
			length += length16(p.Text) + strings.Count(p.Text, "'") + strings.Count(p.Text, "{") + strings.Count(p.Text, "}")
			continue
		}
		source := strings.TrimFunc(text[p.Start+3:p.End-2], unicode.IsSpace)
		length += length16(source) + len(", {}") + len(fmt.Sprint(i/2))
		if err := p.Expr.root.check(maxDepth - 1); err != nil {
			err.(*Error).Offset += p.Expr.base
			return err
		}
	}
	switch {
	case length > maxLength:
		return &Error{Message: fmt.Sprintf("expected a text with expressions of at most %d characters", maxLength), Fix: "move a part of the text into a file, or hand the values over with env"}
	case len(expressions) >= maxArguments:
		return &Error{Message: fmt.Sprintf("expected fewer than %d expressions in one text", maxArguments), Fix: "hand the values over with env"}
	}
	return nil
}

// Expressions lists the expressions of the template in order; none for a plain text.
func (t *Template) Expressions() []*Expr {
	var out []*Expr
	for _, p := range t.Pieces {
		if p.Expr != nil {
			out = append(out, p.Expr)
		}
	}
	return out
}

// Evaluate gives the text with its expressions replaced. A template that is one single
// expression gives the value itself, whatever its kind.
func (t *Template) Evaluate(c Context) Value {
	if len(t.Pieces) == 1 && t.Pieces[0].Expr != nil {
		return t.Pieces[0].Expr.Eval(c)
	}
	r := &run{context: c, place: t.place}
	pieces := make([]piece, len(t.Pieces))
	var values []Value
	for _, e := range t.Expressions() {
		if err := r.find(e.uses); err != nil {
			return failed("%w", err)
		}
	}
	for i, p := range t.Pieces {
		pieces[i] = piece{argument: len(values)}
		v := t.plain(p)
		if p.Expr != nil {
			r.base = p.Expr.base
			v = r.eval(p.Expr.root)
		}
		if v.fault != nil {
			return v
		}
		values = append(values, v)
	}
	return r.filledWith(model.Value{}, pieces, values)
}

// plain is the value of a literal piece.
func (t *Template) plain(p Piece) Value {
	if t.place == nil {
		return String(p.Text)
	}
	hop := model.Hop{At: t.place(p.Start, p.End), Kind: model.KindWorkflow, What: "text", Literal: true}
	return Text(model.Value{State: model.Known, Text: secret.New(p.Text)}.Via(hop))
}

// ParseCondition reads the text of an `if:`, with or without `${{ }}`. Where it asks for no
// status, success() is put in front, as the runner does; an empty one is success(). The
// error is an [*Error].
func ParseCondition(text string, place Place) (*Expr, error) {
	status := &node{op: opCall, name: "success"}
	e, err := conditionOf(text, place)
	switch {
	case err != nil:
		return nil, err
	case e == nil:
		return newExpr(status, place, 0), nil
	}
	for _, name := range e.Calls() {
		switch name {
		case "success", "failure", "cancelled", "always":
			return e, nil
		}
	}
	e.root = join("&&", status, e.root)
	if err := e.root.check(maxDepth); err != nil {
		return nil, err
	}
	return e, nil
}

// conditionOf reads the expression itself; nil when there is none.
func conditionOf(text string, place Place) (*Expr, error) {
	if strings.TrimFunc(text, unicode.IsSpace) == "" {
		return nil, nil
	}
	if !strings.Contains(text, "${{") {
		return inner(text, 0, len(text), place)
	}
	t, err := ParseTemplate(text, place)
	if err != nil {
		return nil, err
	}
	if len(t.Pieces) > 1 {
		return t.formatted(), nil
	}
	e := t.Pieces[0].Expr
	if e.root.op == opLiteral && e.root.value.kind == KindString { // the text in it is the condition
		return conditionOf(e.root.value.text.Text.Reveal(), nil)
	}
	return e, nil
}

// formatted is the text of several pieces as one expression, which is what the runner makes
// of a condition. Its value is a text, and so is true.
func (t *Template) formatted() *Expr {
	var pattern strings.Builder
	call := &node{op: opCall, name: "format"}
	double := strings.NewReplacer("{", "{{", "}", "}}")
	for _, p := range t.Pieces {
		if p.Expr == nil {
			pattern.WriteString(double.Replace(p.Text))
			continue
		}
		fmt.Fprintf(&pattern, "{%d}", len(call.args))
		p.Expr.root.shift(p.Expr.base)
		call.args = append(call.args, p.Expr.root)
	}
	call.args = append([]*node{{op: opLiteral, value: String(pattern.String())}}, call.args...)
	return newExpr(call, t.place, 0)
}

// shift moves the places of the node to those of the whole text.
func (n *node) shift(by int) {
	n.each(func(n *node) { n.start, n.end = n.start+by, n.end+by })
}
