package terraform

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
)

// sentinel is an attribute that no provider has. An object with it may have more
// attributes than are listed: those that only its provider knows.
const sentinel = "\x00more"

func isPartial(t cty.Type) bool { return t.IsObjectType() && t.HasAttribute(sentinel) }

// hasPartial reports whether such an object is within a type.
func hasPartial(t cty.Type) bool {
	switch {
	case isPartial(t):
		return true
	case t.IsObjectType():
		for _, el := range t.AttributeTypes() {
			if hasPartial(el) {
				return true
			}
		}
	case t.IsTupleType():
		for _, el := range t.TupleElementTypes() {
			if hasPartial(el) {
				return true
			}
		}
	case t.IsCollectionType():
		return hasPartial(t.ElementType())
	}
	return false
}

// traversalExpr is a reference. An attribute that is not listed of an object that may have
// more is unknown, and no mistake.
type traversalExpr struct {
	*hclsyntax.ParenthesesExpr
	inner *hclsyntax.ScopeTraversalExpr
	e     *evaluator
}

// AsTraversal lets what takes references instead of values see one.
func (t *traversalExpr) AsTraversal() hcl.Traversal { return t.inner.AsTraversal() }

func (t *traversalExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if v, ok := t.e.beyond(t.inner.Traversal, ctx); ok {
		return v, nil
	}
	return t.inner.Value(ctx)
}

// beyond gives the value of a reference that leads to an attribute which is not listed.
func (e *evaluator) beyond(t hcl.Traversal, ctx *hcl.EvalContext) (cty.Value, bool) {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[t.RootName()]; ok {
			return e.unlisted(v, t[1:])
		}
	}
	return cty.NilVal, false
}

// unlisted follows the steps from v as long as they lead to such objects.
func (e *evaluator) unlisted(v cty.Value, steps hcl.Traversal) (cty.Value, bool) {
	var marks cty.ValueMarks
	for _, s := range steps {
		plain, set := v.Unmark()
		if name, ok := attributeName(s); ok && plain.IsKnown() && !plain.IsNull() && isPartial(plain.Type()) && !plain.Type().HasAttribute(name) {
			return e.provided(plain.GetAttr(sentinel), name).WithMarks(marks, set), true
		}
		if !plain.IsKnown() {
			return cty.NilVal, false
		}
		next, diags := s.TraversalStep(v)
		if diags.HasErrors() {
			return cty.NilVal, false
		}
		v = next
	}
	return cty.NilVal, false
}

func attributeName(s hcl.Traverser) (string, bool) {
	switch s := s.(type) {
	case hcl.TraverseAttr:
		return s.Name, true
	case hcl.TraverseIndex:
		k, _ := s.Key.Unmark()
		if k.Type() == cty.String && k.IsKnown() && !k.IsNull() {
			return k.AsString(), true
		}
	}
	return "", false
}

// provided is one attribute that a provider decides; all is what stands for all of them.
func (e *evaluator) provided(all cty.Value, name string) cty.Value {
	_, set := all.Unmark()
	out := cty.ValueMarks{}
	for k := range set {
		m, ok := k.(*mark)
		if !ok {
			out[k] = struct{}{}
			continue
		}
		c := *m
		if of, ok := strings.CutPrefix(c.value.Needs, allOf); ok {
			c.value.Needs = "attribute \"" + name + "\" of " + of
		}
		out[&c] = struct{}{}
	}
	return cty.DynamicVal.WithMarks(out)
}

// allOf begins what it takes to know all attributes of a resource.
const allOf = "the attributes of "

// relativeExpr is a reference that starts at a value instead of a name.
type relativeExpr struct {
	*hclsyntax.RelativeTraversalExpr
	e *evaluator
}

func (r *relativeExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	src, diags := r.Source.Value(ctx)
	if !diags.HasErrors() {
		if v, ok := r.e.unlisted(src, r.Traversal); ok {
			return v, diags
		}
	}
	return (&hclsyntax.RelativeTraversalExpr{
		Source: &fixedExpr{r.Source, src, diags}, Traversal: r.Traversal, SrcRange: r.SrcRange,
	}).Value(ctx)
}

// whole is a value for something that needs all of its attributes.
func (e *evaluator) whole(v cty.Value) cty.Value {
	if !hasPartial(v.Type()) {
		return v
	}
	out := cty.DynamicVal
	plain, _ := v.UnmarkDeep()
	_ = cty.Walk(v, func(_ cty.Path, el cty.Value) (bool, error) {
		bare, _ := el.Unmark()
		if out.IsMarked() || !bare.IsKnown() || bare.IsNull() || !isPartial(bare.Type()) {
			return !out.IsMarked(), nil
		}
		out = out.WithMarks(bare.GetAttr(sentinel).Marks())
		return false, nil
	})
	if !out.IsMarked() && plain.Type() != cty.NilType {
		out = out.Mark(e.newMark(model.UnknownBecause(model.WhyRemoteState, "all attributes of a resource", model.Trail{})))
	}
	return out
}
