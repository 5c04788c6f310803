package terraform

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// declare takes over the blocks of one file. A second declaration of a name is a problem,
// and the first one counts.
func (e *evaluator) declare(c *config, content *hcl.BodyContent) {
	for _, b := range content.Blocks {
		switch b.Type {
		case "variable":
			put(e, c.variables, b.Labels[0], b, e.variable(b, nil))
		case "locals":
			for name, l := range e.locals(b) {
				put(e, c.locals, name, b, l)
			}
		case "output":
			put(e, c.outputs, b.Labels[0], b, e.output(b, nil))
		case "module":
			put(e, c.calls, b.Labels[0], b, e.call(b, nil))
		case "resource", "data":
			r := e.resource(b, nil)
			put(e, c.resources, r.resourceKey, b, r)
		}
	}
}

func put[K comparable, V any](e *evaluator, all map[K]V, key K, b *hcl.Block, v V) {
	if _, twice := all[key]; twice {
		e.problem(e.span(b.DefRange), "this "+b.Type+" is declared twice, expected one declaration of the name", "remove one of the two")
		return
	}
	all[key] = v
}

// override merges the blocks of an override file over what the others declare: argument
// by argument, and of nested blocks all of a type.
func (e *evaluator) override(c *config, content *hcl.BodyContent) {
	for _, b := range content.Blocks {
		switch b.Type {
		case "variable":
			over(e, c.variables, b.Labels[0], b, e.variable)
		case "locals":
			for name, l := range e.locals(b) {
				c.locals[name] = l
			}
		case "output":
			over(e, c.outputs, b.Labels[0], b, e.output)
		case "module":
			over(e, c.calls, b.Labels[0], b, e.call)
		case "resource", "data":
			over(e, c.resources, resourceKey{b.Type == "resource", b.Labels[0], b.Labels[1]}, b, e.resource)
		}
	}
}

func over[K comparable, V any](e *evaluator, all map[K]*V, key K, b *hcl.Block, read func(*hcl.Block, *V) *V) {
	base := all[key]
	if base == nil {
		e.problem(e.span(b.DefRange), "this "+b.Type+" overrides nothing, expected one of that name in another file", "declare it outside of the override files")
	}
	all[key] = read(b, base)
}

func attributes(names ...string) []hcl.AttributeSchema {
	var out []hcl.AttributeSchema
	for _, n := range names {
		out = append(out, hcl.AttributeSchema{Name: n})
	}
	return out
}

// variable reads a `variable` block, over what base declares already.
func (e *evaluator) variable(b *hcl.Block, base *variable) *variable {
	v := &variable{name: b.Labels[0], at: e.span(b.DefRange), constraint: cty.DynamicPseudoType, literal: true, nullable: true}
	if base != nil {
		*v = *base
	}
	content, _, diags := b.Body.PartialContent(&hcl.BodySchema{
		Attributes: attributes("type", "default", "nullable", "sensitive", "ephemeral"), Blocks: []hcl.BlockHeaderSchema{{Type: "validation"}},
	})
	e.diagnose(diags)
	if a := content.Attributes["type"]; a != nil {
		e.typed(v, a)
	}
	if a := content.Attributes["default"]; a != nil {
		v.fallback, v.fallbackAt = a.Expr, e.span(a.Range)
	}
	if a := content.Attributes["nullable"]; a != nil {
		v.nullable = e.flag(a.Expr, true)
	}
	if a := content.Attributes["sensitive"]; a != nil {
		v.sensitive = e.flag(a.Expr, false)
	}
	if a := content.Attributes["ephemeral"]; a != nil {
		v.ephemeral = e.flag(a.Expr, false)
	}
	v.validations = append(v.validations, e.conditions(content.Blocks, "validation")...)
	e.onlyKnown(b, "type", "default", "nullable", "sensitive", "ephemeral", "description", "deprecated", "const")
	return v
}

// onlyKnown reports arguments that a block does not have, which are mostly slips.
func (e *evaluator) onlyKnown(b *hcl.Block, names ...string) {
	body, ok := b.Body.(*hclsyntax.Body)
	if !ok {
		return
	}
	for _, name := range sortedKeys(body.Attributes) {
		if !slices.Contains(names, name) {
			e.problem(e.span(body.Attributes[name].NameRange), b.Type+" has no argument \""+name+"\", expected one of "+strings.Join(names, ", "), "correct the name")
		}
	}
}

// conditions reads the blocks of a type that hold a condition.
func (e *evaluator) conditions(blocks hcl.Blocks, kind string) []validation {
	var out []validation
	for _, b := range blocks.OfType(kind) {
		content, _, _ := b.Body.PartialContent(&hcl.BodySchema{Attributes: attributes("condition")})
		if a := content.Attributes["condition"]; a != nil {
			out = append(out, validation{a.Expr, e.span(b.DefRange)})
		}
	}
	return out
}

// typed reads the type of a variable. The names of types in quotes are those of old.
func (e *evaluator) typed(v *variable, a *hcl.Attribute) {
	word := hcl.ExprAsKeyword(a.Expr)
	if text, ok := quoted(a.Expr); ok {
		word = text
		e.problem(e.span(a.Range), "the type stands in quotes, which is refused", "remove the quotes")
	}
	v.defaults = nil
	switch word {
	case "string":
		v.constraint, v.literal = cty.String, true
		return
	case "list":
		v.constraint, v.literal = cty.List(cty.DynamicPseudoType), false
		return
	case "map":
		v.constraint, v.literal = cty.Map(cty.DynamicPseudoType), false
		return
	}
	t, defaults, diags := typeexpr.TypeConstraintWithDefaults(a.Expr)
	if diags.HasErrors() {
		e.diagnose(diags)
		v.broken = true
		return
	}
	v.constraint, v.defaults, v.literal = t, defaults, t.IsPrimitiveType()
}

func quoted(expr hcl.Expression) (string, bool) {
	t, ok := expr.(*hclsyntax.TemplateExpr)
	if !ok || !t.IsStringLiteral() {
		return "", false
	}
	return staticText(expr)
}

// staticText is the text of an expression that needs nothing.
func staticText(expr hcl.Expression) (string, bool) {
	v, diags := expr.Value(nil)
	v, _ = v.Unmark()
	if diags.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

func (e *evaluator) flag(expr hcl.Expression, otherwise bool) bool {
	v, diags := expr.Value(nil)
	v, _ = v.Unmark()
	b, err := convert.Convert(v, cty.Bool)
	if diags.HasErrors() || err != nil || !b.IsKnown() || b.IsNull() {
		return otherwise
	}
	return b.True()
}

func (e *evaluator) locals(b *hcl.Block) map[string]*local {
	attrs, diags := b.Body.JustAttributes()
	e.diagnose(diags)
	out := map[string]*local{}
	for name, a := range attrs {
		out[name] = &local{name: name, at: e.span(a.Range), expr: a.Expr}
	}
	return out
}

func (e *evaluator) output(b *hcl.Block, base *output) *output {
	o := &output{name: b.Labels[0], at: e.span(b.DefRange)}
	if base != nil {
		*o = *base
	}
	content, _, diags := b.Body.PartialContent(&hcl.BodySchema{
		Attributes: attributes("value", "sensitive"), Blocks: []hcl.BlockHeaderSchema{{Type: "precondition"}},
	})
	e.diagnose(diags)
	if base == nil && content.Attributes["value"] == nil {
		e.problem(o.at, "output \""+o.name+"\" has no value, expected one", "")
	}
	o.conditions = append(o.conditions, e.conditions(content.Blocks, "precondition")...)
	if a := content.Attributes["sensitive"]; a != nil {
		o.sensitive = e.flag(a.Expr, false)
	}
	if a := content.Attributes["value"]; a != nil {
		o.expr, o.at = a.Expr, e.span(a.Range)
	}
	return o
}

// call reads a `module` block: what the language itself takes, and the arguments.
func (e *evaluator) call(b *hcl.Block, base *call) *call {
	m := &call{name: b.Labels[0], at: e.span(b.DefRange), args: map[string]*hcl.Attribute{}}
	if base != nil {
		*m = *base
		m.args = make(map[string]*hcl.Attribute, len(base.args))
		for name, a := range base.args {
			m.args[name] = a
		}
	}
	content, rest, diags := b.Body.PartialContent(&hcl.BodySchema{
		Attributes: attributes("source", "version", "count", "for_each", "depends_on", "providers"),
		Blocks:     []hcl.BlockHeaderSchema{{Type: "lifecycle"}, {Type: "_"}},
	})
	e.diagnose(diags)
	set(&m.source, content.Attributes["source"])
	set(&m.count, content.Attributes["count"])
	set(&m.forEach, content.Attributes["for_each"])
	set(&m.enabled, e.lifecycle(content.Blocks, nil))
	attrs, diags := justAttributes(rest)
	e.diagnose(diags)
	for name, a := range attrs {
		m.args[name] = a
	}
	return m
}

func set(to *hcl.Expression, a *hcl.Attribute) {
	if a != nil {
		*to = a.Expr
	}
}

// resource reads a `resource` or `data` block.
func (e *evaluator) resource(b *hcl.Block, base *resource) *resource {
	r := &resource{
		resourceKey: resourceKey{managed: b.Type == "resource", kind: b.Labels[0], name: b.Labels[1]},
		at:          e.span(b.DefRange), ignored: map[string]bool{},
	}
	if base != nil {
		*r = *base
	}
	content, rest, diags := b.Body.PartialContent(&hcl.BodySchema{
		Attributes: attributes("count", "for_each", "provider", "depends_on"),
		Blocks: []hcl.BlockHeaderSchema{
			{Type: "lifecycle"}, {Type: "connection"}, {Type: "provisioner", LabelNames: []string{"type"}}, {Type: "_"},
		},
	})
	e.diagnose(diags)
	set(&r.count, content.Attributes["count"])
	set(&r.forEach, content.Attributes["for_each"])
	if a := content.Attributes["provider"]; a != nil {
		r.provider = providerName(a.Expr)
	}
	set(&r.enabled, e.lifecycle(content.Blocks, r))
	if provisions := content.Blocks.OfType("provisioner"); len(provisions) > 0 {
		r.provisions = provisions
	}
	r.body = append(slices.Clone(r.body), rest)
	return r
}

func providerName(expr hcl.Expression) string {
	t, diags := hcl.AbsTraversalForExpr(expr)
	if diags.HasErrors() {
		text, _ := staticText(expr)
		return text
	}
	name := t.RootName()
	if len(t) > 1 {
		if alias, ok := t[1].(hcl.TraverseAttr); ok {
			name += "." + alias.Name
		}
	}
	return name
}

// lifecycle reads which attributes of a resource are left as they are, and gives the
// `enabled` argument of OpenTofu.
func (e *evaluator) lifecycle(blocks hcl.Blocks, r *resource) *hcl.Attribute {
	var enabled *hcl.Attribute
	for _, b := range blocks.OfType("lifecycle") {
		content, _, _ := b.Body.PartialContent(&hcl.BodySchema{
			Attributes: attributes("ignore_changes", "enabled"), Blocks: []hcl.BlockHeaderSchema{{Type: "precondition"}},
		})
		if r != nil {
			r.conditions = append(r.conditions, e.conditions(content.Blocks, "precondition")...)
		}
		if a := content.Attributes["enabled"]; a != nil {
			enabled = a
		}
		a := content.Attributes["ignore_changes"]
		if a == nil || r == nil {
			continue
		}
		r.ignored, r.ignoresAll = map[string]bool{}, false
		if text, ok := quoted(a.Expr); ok && text == "all" || hcl.ExprAsKeyword(a.Expr) == "all" {
			r.ignoresAll = true
			continue
		}
		list, diags := hcl.ExprList(a.Expr)
		r.ignoresAll = diags.HasErrors()
		for _, item := range list {
			r.ignore(item)
		}
	}
	return enabled
}

func (r *resource) ignore(item hcl.Expression) {
	t, diags := hcl.RelTraversalForExpr(item)
	if diags.HasErrors() || len(t) == 0 {
		r.ignoresAll = true
		return
	}
	name, ok := t[0].(hcl.TraverseAttr)
	r.ignoresAll = r.ignoresAll || !ok || name.Name == "*"
	r.ignored[name.Name] = true
}

// justAttributes are the arguments of what is left of a body. The language's own function
// would take blocks that were read already for mistakes.
func justAttributes(rest hcl.Body) (hcl.Attributes, hcl.Diagnostics) {
	native, ok := rest.(*hclsyntax.Body)
	if !ok {
		return rest.JustAttributes()
	}
	out := hcl.Attributes{}
	for name, a := range native.Attributes {
		switch name {
		case "source", "version", "count", "for_each", "depends_on", "providers":
		default:
			out[name] = a.AsHCLAttribute()
		}
	}
	return out, nil
}
