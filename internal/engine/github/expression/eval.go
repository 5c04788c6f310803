package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// Context resolves what an expression names.
type Context struct {
	// Lookup gives a context by its name in lower case: github, env, vars, secrets, …;
	// false for one that is not available here, at which the runner gives up.
	Lookup func(name string) (Value, bool)
	// Status gives success, failure and cancelled, in lower case; nil: they are unknown.
	// always() is true.
	Status func(name string) Value
	// HashFiles gives the hash of files; nil: it is unknown.
	HashFiles func(patterns []Value) Value
}

// maxWork is how many bytes of text an evaluation may look at.
const maxWork = 16 << 20

// run is one evaluation.
type run struct {
	context Context
	place   Place
	base    int
	names   []Entry // the contexts that were looked up
	work    int
}

// spend counts work, and reports whether there is still some left.
func (r *run) spend(bytes int) bool {
	r.work += bytes + 1
	return r.work <= maxWork
}

// failed is the value at which the runner gives up.
func failed(format string, args ...any) Value {
	return Value{fault: fmt.Errorf(format, args...), may: anyKind,
		text: model.UnknownBecause(model.WhyUnsupported, "an expression that the runner can evaluate", model.Trail{})}
}

func (r *run) eval(n *node) Value {
	if !r.spend(0) {
		return tooMuch()
	}
	switch n.op {
	case opLiteral:
		return n.value
	case opName, opIndex:
		return r.arrived(n, r.reference(n))
	case opNot:
		return r.not(r.eval(n.args[0]))
	case opCompare:
		return r.compare(n)
	case opAnd:
		return r.logic(n.args, true)
	case opOr:
		return r.logic(n.args, false)
	case opCall:
		return r.call(n)
	}
	return failed("expected a value") // a star stands behind a point or in brackets only
}

// arrived adds the place of a reference to the journey of the text that it gives.
func (r *run) arrived(n *node, v Value) Value {
	if r.place == nil || v.kind >= KindArray || v.fault != nil || n.what == "" {
		return v
	}
	return v.Via(model.Hop{At: r.place(r.base+n.start, r.base+n.end), Kind: model.KindWorkflow, What: n.what})
}

// reference follows names, properties and indexes.
func (r *run) reference(n *node) Value {
	if n.op == opName {
		return r.named(n)
	}
	of := n.args[0]
	var v Value
	if of.op == opIndex || of.op == opName {
		v = r.reference(of)
	} else {
		v = r.eval(of)
	}
	switch {
	case v.fault != nil || !r.spend(0):
		return v
	case n.args[1].op == opStar:
		return r.star(v)
	}
	if v.possible().within(scalars) {
		return Null()
	}
	key := r.eval(n.args[1])
	if key.fault != nil && v.kind != KindUnknown {
		return key
	}
	return r.index(v, key.spared())
}

// spared is the value for where it may not be evaluated at all: not surely a fault.
func (v Value) spared() Value {
	v.fault = nil
	return v
}

// named gives a context. All names are looked up before anything is evaluated.
func (r *run) named(n *node) Value {
	for _, c := range r.names {
		if c.Name == n.name {
			return c.Value
		}
	}
	return failed("expected the name of a context, found %s", strict.Name(n.what))
}

// find looks up all contexts that the nodes name. The runner gives up at an expression that
// names one which is not available, whether it comes to it or not.
func (r *run) find(names []string) error {
	r.names = slices.Grow(r.names, len(names))
	for _, name := range names {
		var v Value
		ok := false
		if r.context.Lookup != nil {
			v, ok = r.context.Lookup(name)
		}
		if !ok {
			return failed("expected the name of a context that is available here, found %s", strict.Name(name)).fault
		}
		r.names = append(r.names, Entry{name, v})
	}
	return nil
}

func (r *run) not(v Value) Value {
	if v.fault != nil {
		return v
	}
	return r.lift1(v, func(v Value) Value {
		truth, decided := v.Truth()
		return answer(!truth, decided, v)
	})
}

// answer is true or false, or unknown because those that it is computed from are.
func answer(b, sure bool, from ...Value) Value {
	text := derived(from...)
	if sure {
		return Value{kind: KindBool, flag: b, text: text}
	}
	if text.Why == model.WhyNone {
		text.Why, text.Needs = model.WhyUnsupported, "texts whose letters are of ASCII"
	}
	return Value{text: text, may: 1 << KindBool}
}

// logic computes a chain of && or ||: the value of the first operand that decides it.
func (r *run) logic(args []*node, and bool) Value {
	v := r.eval(args[0])
	for _, arg := range args[1:] {
		if v.fault != nil {
			return v
		}
		truth, decided := v.Truth()
		if decided && truth != and {
			return v
		}
		next := r.eval(arg)
		switch {
		case decided && next.fault != nil:
			return next
		case decided:
			v = next.decidedBy(v)
		default:
			v = choice(v.reason(), append(v.narrowed(!and), next.decidedBy(v))...)
		}
	}
	return v
}

// compare computes the loose comparisons.
func (r *run) compare(n *node) Value {
	left := r.eval(n.args[0])
	if left.fault != nil {
		return left
	}
	right := r.eval(n.args[1])
	if right.fault != nil {
		return right
	}
	return r.lift2(left, right, func(a, b Value) Value {
		if !r.spend(a.size() + b.size()) {
			return tooMuch()
		}
		result, sure := compared(n.name, a, b)
		return answer(result, sure, a, b)
	})
}

// size is how many bytes of text the value holds.
func (v Value) size() int {
	if v.kind != KindString {
		return 0
	}
	return len(v.text.Text.Reveal())
}

// Expr is an expression that was read.
type Expr struct {
	root  *node
	place Place
	base  int
	uses  []string // the contexts that are named
}

// Parse reads what stands between `${{` and `}}`. The error is an [*Error]. place may be
// nil; then no trail says where an expression stands.
func Parse(text string, place Place) (*Expr, error) {
	root, err := parse(text, 0, place)
	if err != nil {
		return nil, err
	}
	return newExpr(root, place, 0), nil
}

func newExpr(root *node, place Place, base int) *Expr {
	e := &Expr{root: root, place: place, base: base}
	e.uses = e.names(opName)
	return e
}

// Eval computes the expression. What it cannot know is unknown; where the runner would give
// up, the value has a fault.
func (e *Expr) Eval(c Context) Value {
	r := &run{context: c, place: e.place, base: e.base}
	if err := r.find(e.uses); err != nil {
		return failed("%w", err)
	}
	return r.eval(e.root)
}

// Uses lists the contexts that the expression names, in lower case, each once and in the
// order of the text.
func (e *Expr) Uses() []string { return slices.Clone(e.uses) }

// Calls lists the functions that the expression calls, in lower case, each once and in the
// order of the text.
func (e *Expr) Calls() []string { return e.names(opCall) }

func (e *Expr) names(op operation) []string {
	var out []string
	e.root.each(func(n *node) {
		if n.op == op && !slices.Contains(out, n.name) {
			out = append(out, n.name)
		}
	})
	return out
}

// Paths lists what the expression refers to by fixed names, as far as they are fixed, such
// as {"needs", "build", "outputs", "image"}. The first name is in lower case, the others are
// as they are written.
func (e *Expr) Paths() [][]string {
	var out [][]string
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opName || n.op == opIndex {
			path, rest := n.path()
			if len(path) > 0 {
				out = append(out, path)
			}
			for _, r := range rest {
				walk(r)
			}
			return
		}
		for _, arg := range n.args {
			walk(arg)
		}
	}
	walk(e.root)
	return out
}

// path is the fixed beginning of a reference, with the parts of it that are computed.
func (n *node) path() (path []string, rest []*node) {
	switch {
	case n.op == opName:
		return []string{n.name}, nil
	case n.op != opIndex:
		return nil, []*node{n}
	}
	path, rest = n.args[0].path()
	key := n.args[1]
	fixed := n.args[0].isFixed() && key.op == opLiteral && key.value.kind == KindString
	switch {
	case fixed:
		path = append(path, key.value.text.Text.Reveal())
	case key.op != opStar && key.op != opLiteral:
		rest = append(rest, key)
	}
	return path, rest
}

// isFixed reports whether the node is a name with fixed properties only.
func (n *node) isFixed() bool {
	if n.op == opIndex {
		key := n.args[1]
		return n.args[0].isFixed() && key.op == opLiteral && key.value.kind == KindString
	}
	return n.op == opName
}

// String gives what the expression refers to, for people: the whole reference when it is
// one, else the word "expression".
func (e *Expr) String() string {
	if e.root.what != "" && !strings.Contains(e.root.what, "…") {
		return e.root.what
	}
	return "expression"
}
