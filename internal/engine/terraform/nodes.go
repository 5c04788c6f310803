package terraform

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// fixedExpr is an expression that was evaluated already.
type fixedExpr struct {
	hclsyntax.Expression
	val   cty.Value
	diags hcl.Diagnostics
}

func (f *fixedExpr) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return f.val, f.diags }

// condExpr is a conditional whose result comes from the branch that is taken, and only was
// chosen by the condition. The language's own conditional gives it the marks of all three.
type condExpr struct {
	*hclsyntax.ConditionalExpr
	e  *evaluator
	at pos.Span
}

func (c *condExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	c.e.step()
	cond, condDiags := c.Condition.Value(ctx)
	yes, yesDiags := c.TrueResult.Value(ctx)
	no, noDiags := c.FalseResult.Value(ctx)
	plainYes, yesMarks := yes.Unmark()
	plainNo, noMarks := no.Unmark()
	plainCond, _ := cond.Unmark()
	if hasPartial(yes.Type()) || hasPartial(no.Type()) { // whose types would not unify as the real ones do
		return c.e.either(cond, c.at, fixedExpr{val: yes, diags: yesDiags}, fixedExpr{val: no, diags: noDiags}, condDiags)
	}
	out, diags := (&hclsyntax.ConditionalExpr{
		Condition:   &fixedExpr{c.Condition, plainCond, condDiags},
		TrueResult:  &fixedExpr{c.TrueResult, plainYes, yesDiags},
		FalseResult: &fixedExpr{c.FalseResult, plainNo, noDiags},
		SrcRange:    c.SrcRange,
	}).Value(ctx)
	causes := c.e.conditionCauses(cond, c.at)
	out = out.WithMarks(secrecy(yesMarks), secrecy(noMarks))
	truth, known := isTrue(plainCond)
	switch {
	case known && truth:
		return out.WithMarks(causes, yesMarks), diags
	case known:
		return out.WithMarks(causes, noMarks), diags
	}
	return c.e.undecided(out, causes, yes, no), diags
}

// either is a conditional between resources.
func (e *evaluator) either(cond cty.Value, at pos.Span, yes, no fixedExpr, diags hcl.Diagnostics) (cty.Value, hcl.Diagnostics) {
	causes := e.conditionCauses(cond, at)
	plain, _ := cond.Unmark()
	switch truth, known := isTrue(plain); {
	case diags.HasErrors():
		return cty.DynamicVal, diags
	case known && truth:
		return yes.val.WithMarks(causes), append(diags, yes.diags...)
	case known:
		return no.val.WithMarks(causes), append(diags, no.diags...)
	}
	return cty.DynamicVal.WithMarks(causes), diags
}

func isTrue(cond cty.Value) (truth, known bool) {
	if !cond.IsKnown() || cond.IsNull() {
		return false, false
	}
	b, err := convert.Convert(cond, cty.Bool)
	if err != nil || !b.IsKnown() || b.IsNull() {
		return false, false
	}
	return b.True(), true
}

// conditionCauses are the marks of a condition, with its own place as what decided.
func (e *evaluator) conditionCauses(cond cty.Value, at pos.Span) cty.ValueMarks {
	causes := e.causes(cond)
	hop := model.Hop{At: at, Kind: model.KindTerraform, What: "condition"}
	m := e.newMark(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)})
	m.cause = true
	causes[m] = struct{}{}
	return causes
}

// undecided is the result of a conditional whose condition is not known. When both
// branches are, the result is one of two candidates.
func (e *evaluator) undecided(out cty.Value, causes cty.ValueMarks, yes, no cty.Value) cty.Value {
	if out.IsKnown() { // both are null
		return out.WithMarks(causes)
	}
	v := model.Value{State: model.Unknown}
	a, b := valueOf(yes), valueOf(no)
	if isCandidate(yes) && isCandidate(no) {
		v = model.Ambiguous("the condition", a, b)
		v.State, v.Text = model.Unknown, secret.Text{}
	}
	_, why := sources(causes)
	reason := unknownOf(model.Value{}, why)
	v.Why, v.Needs, v.Ref = reason.Why, reason.Needs, reason.Ref
	v.DecidedBy = decided(nil, why)
	v.Trail = model.Join(a.Trail, b.Trail)
	plain, set := out.UnmarkDeep()
	return plain.Mark(e.newMark(v)).WithMarks(secrecy(set))
}

func isCandidate(v cty.Value) bool {
	return v.IsKnown() && (v.IsNull() || v.Type().IsPrimitiveType())
}

// templateExpr is a text with interpolations. Its result has one mark, with the pieces in
// their order.
type templateExpr struct {
	*hclsyntax.TemplateExpr
	e *evaluator
}

func (t *templateExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	t.e.step()
	fixed := &hclsyntax.TemplateExpr{SrcRange: t.SrcRange}
	var pieces []model.Value
	causes := cty.ValueMarks{}
	size := 0
	for _, part := range t.Parts {
		val, diags := part.Value(ctx)
		plain, set := val.Unmark()
		piece := pieceOf(val)
		size += len(piece.Text.Reveal())
		if piece.State == model.Unknown || !piece.Text.IsEmpty() {
			pieces = append(pieces, piece)
		}
		for k := range set {
			if m, ok := k.(*mark); ok && m.cause {
				causes[m] = struct{}{}
			}
			if m, ok := k.(function.Mark); ok {
				causes[m] = struct{}{}
			}
		}
		fixed.Parts = append(fixed.Parts, &fixedExpr{part, plain, diags})
	}
	t.e.grown(size)
	out, diags := fixed.Value(ctx)
	if diags.HasErrors() {
		return out, diags
	}
	return out.Mark(t.e.newMark(composed(pieces))).WithMarks(causes), diags
}

// composed is a text that is put together from pieces, in order.
func composed(pieces []model.Value) model.Value {
	out := model.Value{State: model.Known}
	var trails []model.Trail
	for _, p := range pieces {
		if p.State == model.Unknown && out.State == model.Known {
			out.State, out.Why, out.Needs, out.Ref = p.State, p.Why, p.Needs, p.Ref
		}
		trails = append(trails, p.Trail)
		out.Losers = append(out.Losers, p.Losers...)
		out.DecidedBy = append(out.DecidedBy, p.DecidedBy...)
		out.Parts = append(out.Parts, flatParts(p)...)
	}
	if len(pieces) == 1 {
		out.Parts = pieces[0].Parts
		out.Alternatives = pieces[0].Alternatives
	}
	out.Trail = model.Join(trails...)
	return out
}

// flatParts are the pieces of a piece, or itself when it has none that make it up.
func flatParts(p model.Value) []model.Value {
	text := ""
	for _, q := range p.Parts {
		text += q.Text.Reveal()
	}
	if len(p.Parts) > 0 && len(p.Parts) <= maxParts && (p.State == model.Unknown || p.Text.Equal(secret.New(text))) {
		return p.Parts
	}
	return []model.Value{p}
}

// indexExpr is an element that a key chose.
type indexExpr struct {
	*hclsyntax.IndexExpr
	e *evaluator
}

func (i *indexExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	key, keyDiags := i.Key.Value(ctx)
	plain, _ := key.UnmarkDeep()
	collection, collectionDiags := i.Collection.Value(ctx)
	if isPartial(collection.Type()) && !plain.IsNull() && !keyDiags.HasErrors() {
		if v, ok := i.e.unlisted(collection, hcl.Traversal{hcl.TraverseIndex{Key: plain}}); ok {
			return v.WithMarks(i.e.causes(key)), collectionDiags
		}
	}
	v, diags := (&hclsyntax.IndexExpr{
		Collection: &fixedExpr{i.Collection, collection, collectionDiags}, Key: &fixedExpr{i.Key, plain, keyDiags}, SrcRange: i.SrcRange, OpenRange: i.OpenRange, BracketRange: i.BracketRange,
	}).Value(ctx)
	return v.WithMarks(i.e.causes(key)), diags
}

// causeExpr is an expression that only chooses among others.
type causeExpr struct {
	*hclsyntax.ParenthesesExpr
	e *evaluator
}

func (c *causeExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := c.Expression.Value(ctx)
	if !v.ContainsMarked() {
		return v, diags
	}
	plain, _ := v.UnmarkDeep()
	return plain.WithMarks(c.e.causes(v)), diags
}

// plainExpr is an argument of something that makes a new value from it: an object of which
// only some attributes are known does not count as known there.
type plainExpr struct {
	*hclsyntax.ParenthesesExpr
	e *evaluator
}

func (p *plainExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := p.Expression.Value(ctx)
	return p.e.whole(v), diags
}

// wholeExpr is what a loop goes over. The attributes of a resource are not all known.
type wholeExpr struct {
	*hclsyntax.ParenthesesExpr
	e *evaluator
}

func (w *wholeExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := w.Expression.Value(ctx)
	if isPartial(v.Type()) {
		return w.e.whole(v), diags
	}
	return v, diags
}

// steppedExpr counts how often it is evaluated, so that loops end.
type steppedExpr struct {
	*hclsyntax.ParenthesesExpr
	e *evaluator
}

func (s *steppedExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	s.e.step()
	return s.Expression.Value(ctx)
}

// callExpr is a function call whose result is as unknown as its arguments say.
type callExpr struct {
	*hclsyntax.FunctionCallExpr
	e    *evaluator
	at   pos.Span
	name string
}

func (c *callExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	c.e.step()
	if isProviders(c.Name) {
		return c.e.unknown(model.WhyUnsupported, "the function "+c.Name+" of a provider", c.at), nil
	}
	v, diags := c.FunctionCallExpr.Value(ctx)
	if plain, _ := v.Unmark(); plain.Type() == cty.String && plain.IsKnown() && !plain.IsNull() {
		c.e.grown(len(plain.AsString()))
	}
	switch c.name {
	case "templatefile":
		v = withoutFile(v)
	case "jsonencode", "yamlencode":
		v = c.e.pass(v, model.Hop{At: c.at, Kind: model.KindTerraform, What: c.name})
	}
	return c.e.madeFrom(c.name, v), diags
}

// withoutFile takes the mark of a file as a whole away where its pieces have their own.
func withoutFile(v cty.Value) cty.Value {
	plain, set := v.Unmark()
	pieces := map[string]bool{}
	for k := range set {
		if m, ok := k.(*mark); ok {
			for _, h := range m.value.Trail.Hops() {
				if h.Kind == model.KindTerraform {
					pieces[h.At.File] = true
				}
			}
		}
	}
	for k := range set {
		m, ok := k.(*mark)
		if ok && m.value.Trail.Last().Kind == model.KindFile && pieces[m.value.Trail.Last().At.File] {
			delete(set, k)
		}
	}
	return plain.WithMarks(set)
}
