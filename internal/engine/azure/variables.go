package azure

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

func itoa(n int) string { return strconv.Itoa(n) }

// definition is one variable as a `variables:` section defines it, or one group of variables
// of the library.
type definition struct {
	name    string
	group   tree.Text
	isGroup bool
	text    tree.Text
	at      pos.Span
	perhaps *branch
	fixed   bool // it is read-only
}

// variables are the definitions of one section, and those around it.
type variables struct {
	list  []definition
	outer *variables
}

func (v *variables) within() *variables { return &variables{outer: v} }

func (v *variables) copy() *variables {
	out := *v
	out.list = append([]definition(nil), v.list...)
	return &out
}

// add takes one definition. One that is there already is not repeated.
func (v *variables) add(d definition) {
	for _, old := range v.list {
		if old.at == d.at && old.name == d.name && old.isGroup == d.isGroup {
			return
		}
	}
	v.list = append(v.list, d)
}

// define reads an expanded section, in the form of a list or of a mapping.
func (s *scope) define(v *variables, n *node, quiet bool) {
	switch {
	case n.isList():
		for _, i := range n.items {
			s.defineItem(v, i)
		}
	case n.isMap():
		for _, p := range n.pairs {
			s.definePair(v, p)
		}
	case !n.isNull() && !quiet:
		s.fail(n.at, "write names and values, or a list of them", "expected variables")
	}
}

func (s *scope) definePair(v *variables, p pair) {
	if !p.value.isNull() && p.value.kind != tree.Scalar {
		s.fail(p.at, "write a text", "expected the value of a variable")
		return
	}
	v.add(definition{name: p.key, text: textOf(p.value), at: place(p.value, p.at), perhaps: p.perhaps})
}

func (s *scope) defineItem(v *variables, i item) {
	var perhaps *branch
	if i.perhaps != nil {
		perhaps = &branch{why: *i.perhaps}
	}
	if group := i.get("group"); group != nil {
		v.add(definition{isGroup: true, group: group.scalar(), name: group.scalar().String(), at: group.at, perhaps: perhaps})
		return
	}
	name := i.get("name")
	if name.plain() == "" {
		if i.isMap() && len(i.pairs) > 0 && i.get("template") == nil {
			s.fail(i.at, "write `name:` and `value:`, or `group:`", "expected a variable")
		}
		return
	}
	value := i.get("value")
	if !value.isNull() && value.kind != tree.Scalar {
		s.fail(value.at, "write a text", "expected the value of a variable")
	}
	v.add(definition{
		name: name.plain(), text: textOf(value), at: place(value, name.at), perhaps: perhaps,
		fixed: strings.EqualFold(i.get("readonly").plain(), "true"),
	})
}

func place(n *node, other pos.Span) pos.Span {
	if n.isNull() || !n.at.IsValid() {
		return other
	}
	return n.at
}

func textOf(n *node) tree.Text {
	if n.isNull() {
		return tree.Text{}
	}
	return n.text
}

// one gives the value of a name within one section, when the section defines it.
func one(list []definition, name string) (v value, found bool) {
	before, chain := value{kind: null}, 0
	var branches []value
	for _, d := range list {
		if d.isGroup || !strings.EqualFold(d.name, name) {
			continue
		}
		next := textValue(d.text)
		b := d.perhaps
		switch {
		case b == nil:
			chain = 0
		case b.chain == 0 || b.chain != chain:
			before, chain, branches = v, b.chain, []value{next}
			next = either(b.why, v, next, d.at)
		default:
			branches = append(branches, next)
			from := before
			if len(branches) == b.parts { // one of them is taken for certain
				from = branches[0]
			}
			next = from
			for _, w := range branches {
				next = either(b.why, next, w, d.at)
			}
		}
		v, found = next, true
	}
	return v, found
}

// either is one of two values, and nobody knows which.
func either(why model.Value, a, b value, at pos.Span) value {
	hop := model.Hop{At: at, Kind: model.KindAzure, What: "variable"}
	before := a.string(at).Value(hop)
	if a.kind == null || a.kind == unsure && a.text.String() == "" {
		before = model.Value{State: model.Absent}
	}
	joined := model.Ambiguous(why.Needs, before, b.string(at).Value(hop))
	if joined.State == model.Known {
		return b
	}
	return unknownValue(joined.Via(hop), at)
}

// compileVariable is a variable in a template expression: one that the file defines before,
// or one that the system has when it reads the file. What the user interface or a group
// defines may be empty here.
func (s *scope) compileVariable(name string, at pos.Span) value {
	outer := s.variables
	for outer.outer != nil {
		outer = outer.outer
	}
	found, ok := one(outer.list, name)
	for v := s.variables; v.outer != nil; v = v.outer {
		if inner, has := one(v.list, name); has {
			why := model.UnknownBecause(model.WhyUnsupported, "whether template expressions see the variables of a stage or job", model.Trail{})
			return either(why, found, inner, at)
		}
	}
	if ok {
		return found
	}
	if v, ok := s.predefined(name, at); ok {
		if v.State == model.Absent {
			return value{kind: null}
		}
		return textValue(tree.Of(v, at))
	}
	return unknownValue(s.perhapsSet(name, tree.Text{}, at), at)
}

// perhapsSet is a variable that nothing in the file defines: it may be set in the user
// interface or by a group of the library. The text is what stands there when it is not.
func (r *reader) perhapsSet(name string, unset tree.Text, at pos.Span) model.Value {
	hop := r.hop(at, "variable "+shown(name))
	input := model.UnknownBecause(model.WhyCISecret, "the variable "+shown(name), model.Trail{})
	if r.host != nil {
		input = r.host.Input(name)
	}
	input = input.Via(hop)
	needs := "a value for " + shown(name) + " under `inputs` in keyfit.yaml, if the pipeline's settings or a variable group set it"
	if unset.String() != "" {
		needs += "; if neither does, the literal text $(…) arrives"
	}
	input.Needs = needs
	v := model.UnknownBecause(model.WhyCISecret, needs, input.Trail)
	v.Alternatives = []model.Value{input, unset.Value(hop)}
	return v
}
