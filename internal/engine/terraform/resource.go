package terraform

import (
	"maps"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	library "github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/model"
)

// expanded is a resource with its instances.
type expanded struct {
	expansion
	all        []Instance
	busy, done bool
	val        cty.Value // as other expressions read it; NilVal until one does
}

// resource evaluates all instances of a resource, once.
func (m *module) resource(key resourceKey) *expanded {
	x := m.instances[key]
	if x == nil {
		x = &expanded{}
		m.instances[key] = x
	}
	r := m.config.resources[key]
	if x.done || r == nil {
		return x
	}
	if x.busy || m.e.depth >= maxDepth {
		return nil
	}
	x.busy = true
	m.e.depth++
	defer func() { m.e.depth-- }()
	x.expansion = m.expand(r.count, r.forEach, r.enabled, r.at)
	for _, one := range x.members() {
		if m.e.made++; m.e.made > maxInstances {
			m.e.problem(r.at, "the configuration has more than 50000 instances of resources, which is the limit", "")
			break
		}
		x.all = append(x.all, m.instance(r, one, x.unknown))
	}
	x.busy, x.done = false, true
	return x
}

func (r resourceKey) label() string {
	if r.managed {
		return r.kind + "." + r.name
	}
	return "data." + r.kind + "." + r.name
}

// instance evaluates what one instance is given.
func (m *module) instance(r *resource, one occurrence, unknown *mark) Instance {
	b := &bodies{m: m, names: one.names}
	attrs := b.content(r.body)
	m.persist(r, attrs)
	m.conditions(r.conditions, one.names)
	m.ignore(r, attrs)
	in := Instance{
		Address: m.address + r.label() + one.key, Managed: r.managed, Type: r.kind, Name: r.name,
		Module: strings.TrimSuffix(m.address, "."), ModuleDir: m.config.dir, At: r.at, Provider: r.provider,
		Places: m.places(r.body),
	}
	if len(r.provisions) > 0 {
		attrs["provisioner"] = m.provisions(r, one, attrs)
	}
	in.Body = cty.ObjectVal(attrs)
	if unknown != nil {
		in.Body = doubted(in.Body, unknown)
	}
	if m.doubt != nil {
		in.Body = doubted(in.Body, m.doubt)
	}
	return in
}

// ignore makes unknown what the lifecycle leaves as it is: a resource that is there
// already keeps what it has.
func (m *module) ignore(r *resource, attrs map[string]cty.Value) {
	for name, v := range attrs {
		if r.ignoresAll || r.ignored[name] {
			u := valueOf(v)
			attrs[name] = cty.DynamicVal.Mark(m.e.newMark(model.UnknownBecause(model.WhyRemoteState,
				"whether "+r.label()+" is there already, since its lifecycle ignores changes of "+name, u.Trail)))
		}
	}
}

// provisions evaluates the provisioners of an instance, which may read its own attributes.
func (m *module) provisions(r *resource, one occurrence, attrs map[string]cty.Value) cty.Value {
	names := maps.Clone(one.names)
	if names == nil {
		names = map[string]cty.Value{}
	}
	names["self"] = m.asRead(r, attrs)
	var out []cty.Value
	for _, p := range r.provisions {
		b := &bodies{m: m, names: names, keywords: map[string]bool{"when": true, "on_failure": true}}
		attrs := b.content([]hcl.Body{p.Body})
		delete(attrs, "connection")
		attrs["type"] = cty.StringVal(p.Labels[0])
		out = append(out, cty.ObjectVal(attrs))
	}
	return cty.TupleVal(out)
}

// resourceValue is a resource as other expressions read it.
func (m *module) resourceValue(key resourceKey) cty.Value {
	r := m.config.resources[key]
	if r == nil {
		name := key.kind + "." + key.name
		if !key.managed {
			name = "data." + name
		}
		return m.memo("resource "+name, func() cty.Value {
			if !m.config.broken {
				m.e.problem(m.where(), "\""+name+"\" is used but not declared", "declare it, or correct the name")
			}
			return m.e.unknown(model.WhyUnsupported, "a declaration of \""+name+"\"", m.e.here)
		})
	}
	x := m.resource(key)
	if x == nil {
		m.e.problem(r.at, "\""+r.label()+"\" depends on itself, expected definitions without a cycle", "take one of the references out")
		return m.e.unknown(model.WhyUnsupported, "\""+r.label()+"\" without a cycle", r.at)
	}
	if x.val == cty.NilVal {
		x.val = m.read(r, x)
	}
	return x.val
}

func (m *module) read(r *resource, x *expanded) cty.Value {
	if x.unknown != nil {
		return cty.DynamicVal.Mark(x.unknown)
	}
	var objects []cty.Value
	for _, in := range x.all {
		attrs := in.Body.AsValueMap()
		delete(attrs, "provisioner")
		v := m.e.referring(m.asRead(r, attrs), in)
		v = m.e.pass(v, model.Hop{At: r.at, Kind: model.KindTerraform, What: r.label()})
		if m.doubt != nil {
			v = doubted(v, m.doubt)
		}
		objects = append(objects, v)
	}
	return x.shaped(objects)
}

// shaped puts the values of the instances together as expressions see them.
func (x expansion) shaped(vals []cty.Value) cty.Value {
	switch x.mode {
	case disabled:
		return cty.NullVal(cty.DynamicPseudoType)
	case counted:
		return cty.TupleVal(vals)
	case keyed:
		out := map[string]cty.Value{}
		for i := range vals {
			out[x.keys[i]] = vals[i]
		}
		return cty.ObjectVal(out)
	}
	return vals[0]
}

// asRead turns what a resource is given into what reading it gives. Arguments read as they
// were given; everything else only its provider knows, and a sentinel says so.
func (m *module) asRead(r *resource, attrs map[string]cty.Value) cty.Value {
	out := map[string]cty.Value{}
	exact := r.managed && (r.kind == "terraform_data" || r.kind == "null_resource")
	for name, v := range attrs {
		if name == "provisioner" || isNull(v) && !exact {
			continue
		}
		if !exact {
			v = m.settled(r, v, name)
		}
		out[name] = v
	}
	if r.managed && r.kind == "terraform_data" {
		return m.terraformData(r, out)
	}
	if triggers, ok := out["triggers"]; ok && exact {
		if converted, err := convert.Convert(triggers, cty.Map(cty.String)); err == nil {
			out["triggers"] = converted
		}
	}
	out[sentinel] = m.computed(r, "any")
	return cty.ObjectVal(out)
}

// terraformData is the one resource whose attributes are all part of the language.
func (m *module) terraformData(r *resource, attrs map[string]cty.Value) cty.Value {
	out := map[string]cty.Value{"id": m.computedText(r, "id")}
	for _, name := range []string{"input", "triggers_replace"} {
		out[name] = cty.NullVal(cty.DynamicPseudoType)
		if v, ok := attrs[name]; ok {
			out[name] = v
		}
	}
	out["output"] = out["input"]
	if isNull(out["input"]) {
		out["output"] = cty.NullVal(cty.DynamicPseudoType)
	}
	return cty.ObjectVal(out)
}

func (m *module) computedText(r *resource, name string) cty.Value {
	_, set := m.computed(r, name).Unmark()
	return cty.UnknownVal(cty.String).RefineNotNull().WithMarks(set)
}

// computed is an attribute that the provider decides.
func (m *module) computed(r *resource, name string) cty.Value {
	return m.memo("computed "+r.label()+" "+name, func() cty.Value {
		what := "attribute \"" + name + "\" of " + r.label()
		if name == "any" {
			what = allOf + r.label()
		}
		t := model.Trail{}.Append(model.Hop{At: r.at, Kind: model.KindTerraform, What: r.label()})
		return cty.DynamicVal.Mark(m.e.newMark(model.UnknownBecause(model.WhyRemoteState, what, t)))
	})
}

// settled is an argument as its provider's schema may change it on the way: a text that
// looks like a number may become one and the reverse, a list may become a set, and an
// object may have more attributes than were written. What all schemas leave alone stays.
func (m *module) settled(r *resource, v cty.Value, name string) cty.Value {
	plain, set := v.Unmark()
	t := plain.Type()
	unsure := func() cty.Value {
		return cty.DynamicVal.Mark(m.e.newMark(model.UnknownBecause(model.WhyRemoteState,
			"the type that attribute \""+name+"\" of "+r.label()+" has", valueOf(v).Trail)))
	}
	switch {
	case !plain.IsKnown():
		return cty.DynamicVal.WithMarks(set)
	case plain.IsNull():
		return m.computed(r, name)
	case t == cty.String:
		if convertible(plain) {
			return unsure()
		}
		return v
	case t.IsPrimitiveType():
		return unsure()
	case t.IsObjectType() || t.IsMapType():
		out := map[string]cty.Value{sentinel: m.computed(r, "any")}
		for k, el := range plain.AsValueMap() {
			out[k] = m.settled(r, el, name)
		}
		return cty.ObjectVal(out).WithMarks(set)
	case plain.LengthInt() > 1 || t.IsSetType():
		return unsure()
	}
	return rebuilt(plain, func(_, el cty.Value) cty.Value { return m.settled(r, el, name) }).WithMarks(set)
}

// convertible reports whether a text could become a number or a truth value.
func convertible(v cty.Value) bool {
	_, number := convert.Convert(v, cty.Number)
	_, truth := convert.Convert(v, cty.Bool)
	return number == nil || truth == nil
}

// persist holds what is kept in the state to the language's rule, as far as the resource
// is one of the language's own.
func (m *module) persist(r *resource, attrs map[string]cty.Value) {
	if r.kind != "terraform_data" || !r.managed {
		return
	}
	for _, name := range sortedKeys(attrs) {
		if _, ephemeral := deepMarks(attrs[name])[library.Ephemeral]; ephemeral {
			m.e.problem(r.at, "\""+name+"\" of "+r.label()+" is an ephemeral value, which is refused since it would be kept", "")
		}
	}
}

// conditions evaluates what has to hold before something is deployed.
func (m *module) conditions(all []validation, names map[string]cty.Value) {
	for _, c := range all {
		v, ok := m.value(c.condition, names)
		plain, _ := v.Unmark()
		truth, known := isTrue(plain)
		switch {
		case ok && known && !truth:
			m.e.problem(c.at, "the condition does not hold, so that nothing is deployed", "give values that the condition accepts")
		case ok && plain.IsKnown() && !known:
			m.e.problem(c.at, "the condition is neither true nor false", "")
		}
	}
}
