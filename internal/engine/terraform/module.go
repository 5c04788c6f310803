package terraform

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	library "github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// module is one instance of a module: its declarations with the values that it is given.
// What it defines is evaluated when something needs it, once.
type module struct {
	e      *evaluator
	config *config
	parent *module
	call   *call
	// address is empty for the root, else ends in a dot: module.api["a"].
	address string
	names   []string // of the calls that lead here
	path    string   // of its files from the root module, as path.module has it
	given   map[string][]given
	argue   func(name string) []given // of a called module: what it is given
	// doubt is set when it is not known how many instances there are, so that nothing here
	// is certain.
	doubt *mark

	memos     map[string]*memo
	instances map[resourceKey]*expanded
	children  map[string]*children
}

// memo is a definition that is evaluated once. One that needs itself is a cycle.
type memo struct {
	val        cty.Value
	busy, done bool
}

func (e *evaluator) newModule(c *config) *module {
	return &module{
		e: e, config: c, memos: map[string]*memo{}, instances: map[resourceKey]*expanded{}, children: map[string]*children{},
		path: ".", given: map[string][]given{},
	}
}

func (m *module) memo(name string, evaluate func() cty.Value) cty.Value {
	known := m.memos[name]
	if known == nil {
		known = &memo{}
		m.memos[name] = known
	}
	switch {
	case known.done:
		return known.val
	case known.busy:
		m.e.problem(m.at(name), "\""+name+"\" depends on itself, expected definitions without a cycle", "take one of the references out")
		return m.e.unknown(model.WhyUnsupported, "\""+name+"\" without a cycle", m.at(name))
	case m.e.depth >= maxDepth:
		m.e.problem(m.at(name), "definitions need each other more than 800 deep, which is the limit", "")
		return m.e.unknown(model.WhyLimit, "definitions that need each other less deep", m.at(name))
	}
	known.busy = true
	m.e.depth++
	defer func() { m.e.depth-- }()
	val := evaluate()
	known.val, known.busy, known.done = val, false, true
	return val
}

// at is where a definition stands.
func (m *module) at(name string) pos.Span {
	kind, rest, _ := strings.Cut(name, ".")
	switch kind {
	case "var":
		if v := m.config.variables[rest]; v != nil {
			return v.at
		}
	case "local":
		if l := m.config.locals[rest]; l != nil {
			return l.at
		}
	case "output":
		if o := m.config.outputs[rest]; o != nil {
			return o.at
		}
	}
	return m.e.in.At
}

func (m *module) local(name string) cty.Value {
	l := m.config.locals[name]
	if l == nil {
		return m.undeclared("local", name)
	}
	return m.memo("local."+name, func() cty.Value {
		v, _ := m.value(l.expr, nil)
		return m.e.pass(v, model.Hop{At: l.at, Kind: model.KindTerraform, What: "local." + name})
	})
}

func (m *module) output(name string) cty.Value {
	o := m.config.outputs[name]
	if o == nil {
		return m.undeclared("output", name)
	}
	return m.memo("output."+name, func() cty.Value {
		if o.expr == nil {
			return m.e.unknown(model.WhyUnsupported, "a value of output \""+name+"\"", o.at)
		}
		v, _ := m.value(o.expr, nil)
		if m.parent == nil && !o.sensitive && len(secrecy(deepMarks(v))) > 0 {
			m.e.problem(o.at, "output \""+name+"\" shows a sensitive or ephemeral value, which is refused", "set sensitive = true")
		}
		v = m.e.pass(v, model.Hop{At: o.at, Kind: model.KindTerraform, What: "output." + name})
		if o.sensitive {
			v = v.Mark(library.Sensitive)
		}
		return v
	})
}

// undeclared is a reference to nothing. A file that could not be read may declare it.
func (m *module) undeclared(kind, name string) cty.Value {
	full := kind + "." + name
	return m.memo(full, func() cty.Value {
		at := pos.Span{}
		if !m.config.broken {
			m.e.problem(m.where(), "\""+full+"\" is used but not declared", "declare it, or correct the name")
		}
		return m.e.unknown(model.WhyUnsupported, "a declaration of \""+full+"\"", at)
	})
}

// where is the module's directory, or the place that is being evaluated.
func (m *module) where() pos.Span {
	if m.e.here.IsValid() {
		return m.e.here
	}
	return pos.Span{File: m.config.dir}
}

// value evaluates an expression of the module. more are names that hold only here, such as
// each. A mistake is a problem, and its value unknown.
func (m *module) value(expr hcl.Expression, more map[string]cty.Value) (cty.Value, bool) {
	before := m.e.here
	m.e.here = m.e.span(expr.Range())
	defer func() { m.e.here = before }()
	refs := m.e.references(expr)
	ctx := m.scope(refs, more)
	if !native(expr) {
		for _, t := range refs {
			if v, ok := m.e.beyond(t, ctx); ok {
				return v, true
			}
		}
		for name, v := range ctx.Variables {
			ctx.Variables[name] = library.Opaque(v)
		}
	}
	v, diags := m.e.guarded(expr, ctx)
	if diags.HasErrors() {
		m.e.diagnose(diags)
		return m.e.unknown(model.WhyUnsupported, "an expression that can be evaluated", m.e.here), false
	}
	if !native(expr) {
		v = m.e.written(library.Opaque(v), model.Hop{At: m.e.here, Kind: model.KindTerraform, What: "text of JSON", Literal: len(refs) == 0})
	}
	v = m.explained(v, refs, ctx)
	if m.doubt != nil {
		v = doubted(v, m.doubt)
	}
	return v, true
}

// explained gives unknown leaves that lost their reason that of what the expression reads.
func (m *module) explained(v cty.Value, refs []hcl.Traversal, ctx *hcl.EvalContext) cty.Value {
	if v.IsWhollyKnown() {
		return v
	}
	var why cty.ValueMarks
	return remark(v, func(set cty.ValueMarks, leaf bool) cty.ValueMarks {
		if !leaf || len(set) > 0 && hasReason(set) {
			return set
		}
		if why == nil {
			why = reasons(refs, ctx)
		}
		out := maps.Clone(set)
		if out == nil {
			out = cty.ValueMarks{}
		}
		maps.Copy(out, why)
		return out
	})
}

func hasReason(set cty.ValueMarks) bool {
	data, causes := sources(set)
	return slices.ContainsFunc(append(data, causes...), func(m *mark) bool { return m.value.State == model.Unknown })
}

// reasons are the marks of what is unknown among what an expression reads, as causes,
// since it may be no more than that.
func reasons(refs []hcl.Traversal, ctx *hcl.EvalContext) cty.ValueMarks {
	out := cty.ValueMarks{}
	for _, t := range refs {
		v, diags := t.TraverseAbs(ctx)
		if diags.HasErrors() {
			continue
		}
		if bare, _ := v.Unmark(); isPartial(bare.Type()) && bare.IsKnown() && !bare.IsNull() {
			v = bare.GetAttr(sentinel)
		}
		data, causes := sources(deepMarks(v))
		for _, m := range append(data, causes...) {
			if m.value.State == model.Unknown {
				c := *m
				c.cause = true
				out[&c] = struct{}{}
				return out
			}
		}
	}
	return out
}

// doubted makes every leaf unknown, for the reason of the mark.
func doubted(v cty.Value, why *mark) cty.Value {
	plain, set := v.Unmark()
	t := plain.Type()
	if plain.IsKnown() && !plain.IsNull() && (t.IsObjectType() || t.IsTupleType() || t.IsListType() || t.IsMapType()) {
		if plain.LengthInt() > 0 {
			plain = rebuilt(plain, func(_, el cty.Value) cty.Value { return doubted(el, why) })
		}
		return plain.WithMarks(set)
	}
	return library.Opaque(cty.UnknownVal(t).WithMarks(set)).Mark(why)
}

// scope gives an expression the names that it refers to, and no others: everything else
// stays unevaluated.
func (m *module) scope(refs []hcl.Traversal, more map[string]cty.Value) *hcl.EvalContext {
	s := newScope(m)
	for _, t := range refs {
		if _, ok := more[t.RootName()]; !ok {
			s.refer(t)
		}
	}
	variables := s.variables()
	maps.Copy(variables, more)
	return &hcl.EvalContext{Variables: variables, Functions: m.e.functions()}
}

// functions gives the function library, made once.
func (e *evaluator) functions() map[string]function.Function {
	if e.library != nil {
		return e.library
	}
	e.library = library.All(e.functionContext())
	return e.library
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
