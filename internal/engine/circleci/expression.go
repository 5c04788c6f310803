package circleci

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// value is what an expression gives.
type value struct {
	kind   kind
	text   tree.Text // of a text, and of what nobody knows
	number float64
	truth  bool
}

type kind uint8

const (
	unsure kind = iota
	null
	text_
	number
	boolean
)

func unknownValue(v model.Value, at pos.Span) value { return value{text: tree.Of(v, at)} }

// typed is a parameter's text by the type that it was declared with.
func typed(t tree.Text, declared string) value {
	if !t.Known() {
		return value{text: t}
	}
	switch s := t.String(); declared {
	case "boolean":
		return value{kind: boolean, truth: s == "true", text: t}
	case "integer":
		if n, err := strconv.ParseFloat(s, 64); err == nil {
			return value{kind: number, number: n, text: t}
		}
	}
	return value{kind: text_, text: t}
}

// string is the value as it is put into a text. Nothing becomes "<nil>" in some places and
// empty in others, so that it is left open.
func (v value) string(at pos.Span) tree.Text {
	switch v.kind {
	case null:
		return tree.Of(model.UnknownBecause(model.WhyUnsupported, "a value of the pipeline that is not empty", model.Trail{}), at)
	case boolean:
		if v.text.String() == "" {
			return tree.Pasted(strconv.FormatBool(v.truth), at)
		}
	case number:
		if v.text.String() == "" {
			return tree.Pasted(strconv.FormatFloat(v.number, 'f', -1, 64), at)
		}
	}
	return v.text
}

// truth decides whether a value counts as true. A text that reads like another kind of value
// may be taken for that.
func (v value) truthy() answer {
	switch v.kind {
	case null:
		return no
	case boolean:
		return tree.AnswerOf(v.truth)
	case number:
		return tree.AnswerOf(v.number != 0)
	case text_:
		switch s := strings.ToLower(strings.TrimSpace(v.text.String())); {
		case v.text.String() == "":
			return no
		case slices.Contains([]string{"", "false", "no", "off", "0", "null", "~", "nan"}, s):
			return maybe
		}
		return yes
	}
	return maybe
}

// equal compares two values; those of different kinds are never equal.
func (v value) equal(w value) answer {
	switch {
	case v.kind == unsure || w.kind == unsure:
		return maybe
	case v.kind != w.kind:
		return tree.AnswerOf(false)
	case v.kind == boolean:
		return tree.AnswerOf(v.truth == w.truth)
	case v.kind == number:
		return tree.AnswerOf(v.number == w.number)
	case v.kind == null:
		return yes
	}
	return tree.AnswerOf(v.text.String() == w.text.String())
}

func decided(a answer, why tree.Text) value {
	if a == maybe {
		return value{text: why}
	}
	return value{kind: boolean, truth: a == yes}
}

// evaluate reads an expression (reference/configuration-reference, "Using expressions in
// your configuration"). ok is false for a text that is none.
func (r *reader) evaluate(text string, sc *scope, at pos.Span) (value, bool) {
	tokens, ok := scan(text)
	if !ok || len(tokens) == 0 {
		return value{}, false
	}
	p := &parser{r: r, sc: sc, at: at, tokens: tokens}
	v := p.or()
	return v, !p.failed && len(p.tokens) == 0
}

var tokenForm = lazy.Regexp(`^(?:\s+|"[^"]*"|'[^']*'|/(?:[^/\\]|\\.)*/|==|!=|>=|<=|[<>()]|-?\d+(?:\.\d+)?\b|[A-Za-z][\w-]*(?:\.[\w-]+)*)`)

const maxTokens = 500

func scan(text string) ([]string, bool) {
	var out []string
	for text != "" {
		m := tokenForm().FindString(text)
		if m == "" || len(out) > maxTokens {
			return nil, false
		}
		if strings.TrimSpace(m) != "" {
			out = append(out, m)
		}
		text = text[len(m):]
	}
	return out, true
}

// parser evaluates while it reads: `or` binds least, then `and`, comparisons, `not`.
type parser struct {
	r      *reader
	sc     *scope
	at     pos.Span
	tokens []string
	depth  int
	failed bool
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) take(words ...string) (string, bool) {
	if t := p.peek(); t != "" && slices.Contains(words, t) {
		p.tokens = p.tokens[1:]
		return t, true
	}
	return "", false
}

func (p *parser) or() value {
	v := p.and()
	for {
		if _, ok := p.take("or"); !ok {
			return v
		}
		w := p.and()
		switch v.truthy() {
		case no:
			v = w
		case maybe:
			v = p.either(v, w)
		}
	}
}

func (p *parser) and() value {
	v := p.comparison()
	for {
		if _, ok := p.take("and"); !ok {
			return v
		}
		w := p.comparison()
		switch v.truthy() {
		case yes:
			v = w
		case maybe:
			if v = p.either(v, w); w.truthy() == no {
				v = value{kind: boolean}
			}
		}
	}
}

// either is one of two values, and nobody knows which.
func (p *parser) either(v, w value) value {
	if v.truthy() != maybe && v.truthy() == w.truthy() && v.kind == boolean && w.kind == boolean {
		return v
	}
	u, ok := tree.Join(v.text, w.text).Unknown()
	if !ok {
		u = model.UnknownBecause(model.WhyInput, "a value of the pipeline", model.Trail{})
	}
	return unknownValue(u, p.at)
}

func (p *parser) comparison() value {
	v := p.unary()
	op, ok := p.take("==", "!=", "starts-with", "matches", "<", ">", "<=", ">=")
	if !ok {
		return v
	}
	if op == "matches" {
		return p.matching(v)
	}
	w := p.unary()
	why := tree.Join(v.text, w.text)
	switch op {
	case "==":
		return decided(v.equal(w), why)
	case "!=":
		return decided(v.equal(w).Not(), why)
	case "starts-with":
		if v.kind == null {
			return value{kind: boolean}
		}
		if v.kind != text_ || w.kind != text_ {
			return value{text: why}
		}
		return value{kind: boolean, truth: strings.HasPrefix(v.text.String(), w.text.String())}
	}
	return ordered(op, v, w)
}

func ordered(op string, v, w value) value {
	if v.kind != number || w.kind != number {
		return value{text: tree.Join(v.text, w.text)}
	}
	less, equal := v.number < w.number, v.number == w.number
	truth := less
	switch op {
	case "<=":
		truth = less || equal
	case ">":
		truth = !less && !equal
	case ">=":
		truth = !less
	}
	return value{kind: boolean, truth: truth}
}

func (p *parser) matching(v value) value {
	t := p.peek()
	if len(t) < 2 || !strings.ContainsAny(t[:1], `/"'`) {
		p.failed = true
		return value{}
	}
	p.tokens = p.tokens[1:]
	if v.kind == null {
		return value{kind: boolean}
	}
	if v.kind != text_ {
		return value{text: v.text}
	}
	pattern := strings.ReplaceAll(t[1:len(t)-1], `\/`, `/`)
	if a := match(pattern, v.text.String()); a == matchesWhole(pattern, v.text.String()) {
		return decided(a, v.text)
	}
	return value{} // whether all of the text has to match, the documentation does not say
}

func (p *parser) unary() value {
	if p.depth++; p.depth > maxDepth {
		p.failed, p.tokens = true, nil
		return value{}
	}
	defer func() { p.depth-- }()
	if _, ok := p.take("not"); ok {
		v := p.unary()
		return decided(v.truthy().Not(), v.text)
	}
	if _, ok := p.take("("); ok {
		v := p.or()
		if _, ok := p.take(")"); !ok {
			p.failed = true
		}
		return v
	}
	return p.operand()
}

func (p *parser) operand() value {
	t := p.peek()
	if t == "" {
		p.failed = true
		return value{}
	}
	p.tokens = p.tokens[1:]
	name, ofPipeline := strings.CutPrefix(t, "pipeline.")
	switch {
	case t == "true" || t == "false":
		return value{kind: boolean, truth: t == "true"}
	case t == "null":
		return value{kind: null}
	case t[0] == '"' || t[0] == '\'':
		return value{kind: text_, text: tree.Pasted(t[1:len(t)-1], p.at)}
	case ofPipeline:
		return p.r.pipelineValue(name, p.at)
	}
	if name, ok := strings.CutPrefix(t, "parameters."); ok && p.sc != nil && p.sc.params[name] != nil {
		return typed(p.sc.params[name].text, p.sc.params[name].kind)
	}
	if name, ok := strings.CutPrefix(t, "matrix."); ok && p.sc != nil {
		if text, ok := p.sc.matrix[name]; ok {
			return typed(text, "string")
		}
	}
	if n, err := strconv.ParseFloat(t, 64); err == nil {
		return value{kind: number, number: n}
	}
	p.failed = true
	return value{}
}
