package function

import (
	"fmt"
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/keyfit/keyfit/internal/model"
)

// maxTemplates is how deep templates may render templates.
const maxTemplates = 32

// templates are the functions that render a template with the functions of all.
func (c Context) templates(all func() map[string]function.Function) map[string]function.Function {
	t := templates{c: c, all: all}
	return map[string]function.Function{
		"templatefile":   defineAny(t.fromFile, nil, text("path"), notNull("vars")),
		"templatestring": defineAny(t.fromText, nil, marked(text("template")), notNull("vars")),
	}
}

type templates struct {
	c     Context
	all   func() map[string]function.Function
	depth int
}

// functions are those that a template may call: in it, templates count deeper.
func (t templates) functions() map[string]function.Function {
	inner := templates{c: t.c, all: t.all, depth: t.depth + 1}
	out := maps.Clone(t.all())
	for _, prefix := range []string{"", "core::"} {
		out[prefix+"templatefile"] = guard("templatefile", defineAny(inner.fromFile, nil, text("path"), notNull("vars")))
		out[prefix+"templatestring"] = guard("templatestring", defineAny(inner.fromText, nil, marked(text("template")), notNull("vars")))
	}
	return out
}

func (t templates) fromFile(args []cty.Value) (cty.Value, error) {
	if !args[1].IsKnown() {
		return cty.DynamicVal.WithMarks(everyMark(args)), nil
	}
	source, err := t.c.file(args[:1])
	if err != nil {
		return cty.NilVal, err
	}
	if !source.IsKnown() {
		return cty.DynamicVal.WithMarks(source.Marks()), nil
	}
	file, _ := t.c.locate(args[0].AsString(), cty.String)
	source, marks := source.Unmark()
	out, err := t.render(source.AsString(), file, args[1])
	if err != nil {
		return cty.NilVal, err
	}
	return out.WithMarks(marks), nil
}

func (t templates) fromText(args []cty.Value) (cty.Value, error) {
	source, marks := args[0].Unmark()
	if !source.IsKnown() || !args[1].IsKnown() {
		return cty.DynamicVal.WithMarks(everyMark(args)), nil
	}
	out, err := t.render(source.AsString(), "", args[1])
	if err != nil {
		return cty.NilVal, err
	}
	return out.WithMarks(marks), nil
}

func (t templates) render(source, file string, vars cty.Value) (cty.Value, error) {
	vars, marks := vars.Unmark()
	if !vars.Type().IsMapType() && !vars.Type().IsObjectType() {
		return cty.NilVal, complaint("expected a map of the variables of the template")
	}
	if t.depth > 0 && t.c.Tool == terraform {
		return cty.NilVal, complaint("expected no template within a template: Terraform refuses that")
	}
	if t.depth > maxTemplates || TooDeep([]byte(source)) {
		return unknown(cty.DynamicPseudoType, model.WhyLimit, "a template that nests less deeply"), nil
	}
	expr, diags := hclsyntax.ParseTemplate([]byte(source), file, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, wrong("the template cannot be read", diags)
	}
	ctx := &hcl.EvalContext{Variables: vars.AsValueMap(), Functions: t.functions()}
	if err := declared(expr, ctx.Variables); err != nil {
		return cty.NilVal, err
	}
	var prepared hcl.Expression = expr
	if t.c.Template != nil {
		prepared = t.c.Template(expr, file)
	}
	out, diags := prepared.Value(ctx)
	if diags.HasErrors() {
		return cty.NilVal, wrong("the template cannot be evaluated", diags)
	}
	if out.IsNull() {
		return unknown(cty.DynamicPseudoType, model.WhyUnsupported, "a template that is not null: versions disagree on one").WithMarks(out.Marks(), marks), nil
	}
	return out.WithMarks(marks), nil
}

// declared holds the variables of a template to what it is given: an error even where the
// template would never look.
func declared(expr hcl.Expression, vars map[string]cty.Value) error {
	for name := range vars {
		if !hclsyntax.ValidIdentifier(name) {
			return complaint("expected names of variables that a template can refer to")
		}
	}
	for _, use := range expr.Variables() {
		if _, ok := vars[use.RootName()]; !ok {
			return complaint(fmt.Sprintf("the template refers at line %d to what is not among its variables", use.SourceRange().Start.Line))
		}
	}
	return nil
}

// wrong says where a template is wrong. The words of the library may quote values.
func wrong(what string, diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil {
			return complaint(fmt.Sprintf("%s at line %d, column %d", what, d.Subject.Start.Line, d.Subject.Start.Column))
		}
	}
	return complaint(what)
}
