package terraform

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/model"
)

// variable gives the value of a variable within a module instance.
func (m *module) variable(name string) cty.Value {
	v := m.config.variables[name]
	if v == nil {
		return m.undeclared("var", name)
	}
	return m.memo("var."+name, func() cty.Value { return m.settle(v) })
}

// settle converts what the variable is given, or its default, and keeps what that
// replaces as losers.
func (m *module) settle(v *variable) cty.Value {
	e := m.e
	all := m.given[v.name]
	if m.argue != nil {
		all = m.argue(v.name)
	}
	if v.fallback != nil {
		def := e.constantDefault(v)
		if len(all) == 0 || m.nullGiven(v, all[len(all)-1].val) {
			all = []given{{def, v.fallbackAt}}
		} else {
			all = append([]given{{def, v.fallbackAt}}, all...)
		}
	}
	if len(all) == 0 {
		return e.missing(m, v)
	}
	winner := all[len(all)-1]
	val := m.convert(v, winner)
	if !v.nullable && isNull(val) {
		e.problem(winner.at, "variable \""+v.name+"\" is null, expected a value since nullable is false", "")
		val = e.unknown(model.WhyUnsupported, "a value of variable \""+v.name+"\"", v.at)
	}
	val = e.overlay(val, all[:len(all)-1])
	val = e.pass(val, model.Hop{At: v.at, Kind: model.KindTerraform, What: "var." + v.name})
	if v.sensitive {
		val = val.Mark(function.Sensitive)
	}
	if v.ephemeral {
		val = val.Mark(function.Ephemeral)
	}
	return val
}

func isNull(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.IsKnown() && v.IsNull()
}

// nullGiven reports whether the variable was given null and takes its default then.
func (m *module) nullGiven(v *variable, val cty.Value) bool {
	return !v.nullable && isNull(val)
}

func (e *evaluator) constantDefault(v *variable) cty.Value {
	val, diags := e.guarded(v.fallback, nil)
	if diags.HasErrors() {
		e.diagnose(diags)
		return e.unknown(model.WhyUnsupported, "a plain value as the default of \""+v.name+"\"", v.at)
	}
	return e.written(val, model.Hop{At: v.fallbackAt, Kind: model.KindTerraform, What: "var." + v.name, Literal: true})
}

// missing is a variable that is given nothing and has no default.
func (e *evaluator) missing(m *module, v *variable) cty.Value {
	hop := model.Hop{At: v.at, Kind: model.KindTerraform, What: "var." + v.name}
	if m.parent != nil {
		e.problem(m.call.at, "module \""+m.call.name+"\" does not get \""+v.name+"\", expected an argument since the variable has no default", "give the argument")
	}
	return cty.UnknownVal(v.constraint.WithoutOptionalAttributesDeep()).Mark(
		e.newMark(model.UnknownBecause(model.WhyInput, "a value for variable \""+v.name+"\"", model.Trail{}.Append(hop))))
}

// convert brings a value to the variable's type.
func (m *module) convert(v *variable, g given) cty.Value {
	e := m.e
	if v.broken {
		return e.unknown(model.WhyUnsupported, "the type of variable \""+v.name+"\"", v.at)
	}
	val := g.val
	if v.constraint != cty.DynamicPseudoType {
		val = e.whole(val)
	}
	if v.defaults != nil && !isNull(val) {
		val = v.defaults.Apply(val)
	}
	out, err := convert.Convert(val, v.constraint)
	if err != nil {
		at := g.at
		if !at.IsValid() {
			at = v.at
		}
		e.problem(at, "the value of \""+v.name+"\" has the wrong type, expected "+friendly(v.constraint), "")
		return e.unknown(model.WhyUnsupported, "a value of the right type for \""+v.name+"\"", v.at)
	}
	return e.written(out, model.Hop{At: v.at, Kind: model.KindTerraform, What: "default in the type of var." + v.name})
}

func friendly(t cty.Type) string { return t.FriendlyNameForConstraint() }

// overlay notes what the leaves of val replaced: in every weaker definition the leaf of
// the same path, strongest first.
func (e *evaluator) overlay(val cty.Value, weaker []given) cty.Value {
	if len(weaker) == 0 {
		return val
	}
	return e.lose(val, weaker, func(v cty.Value) (cty.Value, bool) { return v, true })
}

// lose goes through the leaves of val; at finds the leaf of the same path.
func (e *evaluator) lose(val cty.Value, weaker []given, at func(cty.Value) (cty.Value, bool)) cty.Value {
	plain, set := val.Unmark()
	t := plain.Type()
	if plain.IsKnown() && !plain.IsNull() && (t.IsObjectType() || t.IsMapType()) && plain.LengthInt() > 0 {
		plain = rebuilt(plain, func(key, el cty.Value) cty.Value {
			return e.lose(el, weaker, func(v cty.Value) (cty.Value, bool) {
				v, ok := at(v)
				if !ok {
					return v, false
				}
				return member(v, key.AsString())
			})
		})
		return plain.WithMarks(set)
	}
	if plain.IsKnown() && !plain.IsNull() && !t.IsPrimitiveType() {
		return val
	}
	out := cty.ValueMarks{}
	for k := range set {
		m, ok := k.(*mark)
		if !ok || m.cause {
			out[k] = struct{}{}
			continue
		}
		c := *m
		c.value = losing(m.value, weaker, at)
		out[&c] = struct{}{}
	}
	return plain.WithMarks(out)
}

func losing(v model.Value, weaker []given, at func(cty.Value) (cty.Value, bool)) model.Value {
	for i := len(weaker) - 1; i >= 0; i-- {
		if w, ok := at(weaker[i].val); ok && isCandidateOrUnknown(w) {
			v = v.Over(valueOf(w))
		}
	}
	return v
}

func isCandidateOrUnknown(v cty.Value) bool {
	v, _ = v.Unmark()
	return !v.IsKnown() || isCandidate(v)
}

// member is what an object or a map has under a name.
func member(v cty.Value, name string) (cty.Value, bool) {
	v, set := v.Unmark()
	switch t := v.Type(); {
	case !v.IsKnown() || v.IsNull():
		return cty.NilVal, false
	case t.IsObjectType() && t.HasAttribute(name):
		return v.GetAttr(name).WithMarks(set), true
	case t.IsMapType() && v.HasIndex(cty.StringVal(name)).True():
		return v.Index(cty.StringVal(name)).WithMarks(set), true
	}
	return cty.NilVal, false
}

// validate holds a module against its own rules, and evaluates what nothing reads: a
// mistake there stops the deploy all the same.
func (m *module) validate() {
	for _, name := range sortedKeys(m.config.variables) {
		m.variable(name)
		for _, rule := range m.config.variables[name].validations {
			v, ok := m.value(rule.condition, nil)
			plain, _ := v.Unmark()
			truth, known := isTrue(plain)
			switch {
			case ok && known && !truth:
				m.e.problem(rule.at, "the value of \""+name+"\" fails the validation of the variable, so that nothing is deployed", "give a value that the condition accepts")
			case ok && plain.IsKnown() && !known:
				m.e.problem(rule.at, "the validation of \""+name+"\" is neither true nor false", "")
			}
		}
	}
	for _, name := range sortedKeys(m.config.locals) {
		m.local(name)
	}
	for _, name := range sortedKeys(m.config.outputs) {
		m.output(name)
		m.conditions(m.config.outputs[name].conditions, nil)
	}
}
