package expression

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// Limits of the runner itself.
const (
	maxLength    = 21_000 // of an expression, in units of UTF-16
	maxDepth     = 50     // of operators and calls in each other
	maxArguments = 255
)

// maxNesting is how deep brackets may be nested here. The runner sets no limit to groups.
const maxNesting = 500

type operation uint8

const (
	opLiteral operation = iota
	opName
	opIndex // of the first argument with the second
	opStar  // only as the second argument of opIndex
	opNot
	opCompare
	opAnd // flat: a chain is one node
	opOr
	opCall
)

// node is an operation with its arguments. Groups in parentheses are none.
type node struct {
	op         operation
	start, end int
	value      Value  // of opLiteral
	name       string // of opName and opCall in lower case; of opCompare the operator; of a property as it is written
	what       string // of opName and opIndex: what is referred to, for people
	args       []*node
}

// Error is a mistake in the text of an expression. Its message never repeats the text.
type Error struct {
	Offset  int // in bytes, within the text that was parsed
	Message string
	Fix     string
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

type parser struct {
	lexer lexer
	token token
	place Place
	base  int // where the expression begins in the text that place knows
	depth int
}

// parse reads an expression. Offsets of errors and places count from base.
func parse(text string, base int, place Place) (*node, error) {
	if length16(text) > maxLength {
		return nil, &Error{Offset: base, Message: fmt.Sprintf("expected an expression of at most %d characters", maxLength), Fix: "split the expression"}
	}
	p := &parser{lexer: lexer{text: text}, place: place, base: base}
	n, err := p.whole()
	if e, ok := err.(*Error); ok {
		e.Offset += base
	}
	return n, err
}

func (p *parser) whole() (*node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == tokenEnd {
		return nil, &Error{Message: "expected an expression, found nothing", Fix: "write an expression, or remove the braces"}
	}
	n, err := p.binary(0)
	if err == nil && p.token.kind != tokenEnd {
		err = p.expected("an operator or the end")
	}
	if err == nil {
		err = n.check(maxDepth)
	}
	return n, err
}

func length16(text string) int {
	if isASCII(text) {
		return len(text)
	}
	return len(utf16.Encode([]rune(text)))
}

func (p *parser) advance() (err error) {
	p.token, err = p.lexer.next()
	return err
}

func (p *parser) expected(what string) error {
	return &Error{Offset: p.token.start, Message: "expected " + what + ", found " + p.token.what()}
}

// take moves over the mark when it is the next token.
func (p *parser) take(mark string) (bool, error) {
	if !p.token.is(mark) {
		return false, nil
	}
	return true, p.advance()
}

// levels are the binary operators, the weakest first.
var levels = [][]string{{"||"}, {"&&"}, {"==", "!="}, {"<", "<=", ">", ">="}}

func (p *parser) binary(level int) (*node, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil && p.token.kind == tokenMark && slices.Contains(levels[level], p.token.text) {
		operator := p.token.text
		if err = p.advance(); err != nil {
			break
		}
		var right *node
		if right, err = p.binary(level + 1); err == nil {
			left = join(operator, left, right)
		}
	}
	return left, err
}

// join makes one node of two operands. Chains of && and || are flat, as the runner has them.
func join(operator string, left, right *node) *node {
	n := &node{op: opCompare, start: left.start, end: right.end, name: operator}
	switch operator {
	case "&&":
		n.op = opAnd
	case "||":
		n.op = opOr
	}
	for _, side := range []*node{left, right} {
		if n.op != opCompare && side.op == n.op {
			n.args = append(n.args, side.args...)
		} else {
			n.args = append(n.args, side)
		}
	}
	return n
}

// nested reads what stands within brackets.
func (p *parser) nested() (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, tooDeep(p.token.start)
	}
	n, err := p.binary(0)
	p.depth--
	return n, err
}

func (p *parser) unary() (*node, error) {
	start, nots := p.token.start, 0
	for p.token.is("!") {
		nots++
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if nots > maxDepth {
		return nil, tooDeep(start)
	}
	n, err := p.operand()
	for ; err == nil && nots > 0; nots-- {
		n = &node{op: opNot, start: start, end: n.end, args: []*node{n}}
	}
	return n, err
}

func (p *parser) operand() (*node, error) {
	t := p.token
	switch {
	case t.kind == tokenLiteral:
		return p.literal()
	case t.is("("):
		return p.group()
	case t.kind == tokenName:
		return p.named()
	}
	return nil, p.expected("a value")
}

func (p *parser) literal() (*node, error) {
	t := p.token
	n := &node{op: opLiteral, start: t.start, end: t.end, value: t.value}
	if p.place != nil && t.value.kind == KindString {
		hop := model.Hop{At: p.place(p.base+t.start, p.base+t.end), Kind: model.KindWorkflow, What: "text in an expression", Literal: true}
		n.value.text = n.value.text.Via(hop)
	}
	n.value.written = true
	return n, p.advance()
}

func (p *parser) group() (*node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.nested()
	if err != nil {
		return nil, err
	}
	if ok, err := p.take(")"); !ok || err != nil {
		return nil, p.either(err, `")"`)
	}
	return p.indexed(n)
}

// either gives the error that there is, or says what was expected.
func (p *parser) either(err error, what string) error {
	if err != nil {
		return err
	}
	return p.expected(what)
}

func (p *parser) named() (*node, error) {
	t := p.token
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.is("(") {
		n, err := p.call(t)
		if err != nil {
			return nil, err
		}
		return p.indexed(n)
	}
	return p.indexed(&node{op: opName, start: t.start, end: t.end, name: strings.ToLower(t.text), what: t.text})
}

func (p *parser) call(name token) (*node, error) {
	n := &node{op: opCall, start: name.start, name: strings.ToLower(name.text)}
	if _, ok := signatures[n.name]; !ok {
		return nil, unknownFunction(name)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for more := !p.token.is(")"); more; {
		arg, err := p.nested()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if more, err = p.take(","); err != nil {
			return nil, err
		}
	}
	n.end = p.token.end
	if ok, err := p.take(")"); !ok || err != nil {
		return nil, p.either(err, `"," or ")"`)
	}
	return n, signatures[n.name].check(n)
}

func unknownFunction(name token) error {
	known := slices.Sorted(maps.Keys(signatures))
	e := &Error{Offset: name.start, Message: "expected the name of a function, found " + strict.Name(name.text)}
	if near := strict.Nearest(strings.ToLower(name.text), known); near != "" {
		e.Fix = "did you mean " + strconv.Quote(signatures[near].name) + "?"
	}
	return e
}

func (p *parser) indexed(n *node) (*node, error) {
	for {
		switch {
		case p.token.is("."):
			if err := p.advance(); err != nil {
				return nil, err
			}
			key, err := p.property()
			if err != nil {
				return nil, err
			}
			n = p.at(n, key, key.end)
		case p.token.is("["):
			key, end, err := p.bracketed()
			if err != nil {
				return nil, err
			}
			n = p.at(n, key, end)
		default:
			return n, nil
		}
	}
}

func (p *parser) at(of, key *node, end int) *node {
	n := &node{op: opIndex, start: of.start, end: end, args: []*node{of, key}}
	if of.what == "" {
		return n
	}
	switch {
	case key.op == opStar:
		n.what = of.what + ".*"
	case key.op == opLiteral && key.name != "":
		n.what = of.what + "." + key.name
	case key.op == opLiteral && strict.IsName(key.value.Model().Text.Reveal()):
		n.what = of.what + "." + key.value.Model().Text.Reveal()
	default:
		n.what = of.what + "[…]"
	}
	return n
}

// property reads what stands behind a point.
func (p *parser) property() (*node, error) {
	t := p.token
	switch {
	case t.is("*"):
		return &node{op: opStar, start: t.start, end: t.end}, p.advance()
	case t.kind == tokenProperty:
		return &node{op: opLiteral, start: t.start, end: t.end, value: String(t.text), name: t.text}, p.advance()
	}
	return nil, p.expected(`the name of a property or "*"`)
}

// bracketed reads an index in brackets.
func (p *parser) bracketed() (key *node, end int, err error) {
	if err := p.advance(); err != nil {
		return nil, 0, err
	}
	if t := p.token; t.is("*") {
		key, err = &node{op: opStar, start: t.start, end: t.end}, p.advance()
	} else {
		key, err = p.nested()
	}
	if err != nil {
		return nil, 0, err
	}
	end = p.token.end
	if ok, err := p.take("]"); !ok || err != nil {
		return nil, 0, p.either(err, `"]"`)
	}
	return key, end, nil
}

// check reports what lies deeper than the runner takes.
func (n *node) check(depth int) error {
	if depth == 0 {
		return tooDeep(n.start)
	}
	for _, arg := range n.args {
		if err := arg.check(depth - 1); err != nil {
			return err
		}
	}
	return nil
}

func tooDeep(at int) error {
	return &Error{Offset: at, Message: fmt.Sprintf("expected at most %d operators and calls within each other", maxDepth), Fix: "split the expression"}
}

// each calls f for the node and all below it, in the order of the text.
func (n *node) each(f func(*node)) {
	f(n)
	for _, arg := range n.args {
		arg.each(f)
	}
}
