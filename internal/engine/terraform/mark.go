package terraform

import (
	"cmp"
	"slices"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/keyfit/keyfit/internal/engine/terraform/function"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
)

// mark says where a leaf of a cty value came from, or why it is unknown. Every leaf that
// the evaluator gives has at least one. Marks are compared by their address.
type mark struct {
	// value has the trail and the losers of what is marked, or the reason of an unknown
	// value. Its text is that of the source, which the marked text may only be made from.
	value model.Value
	// cause says that the mark does not tell where the text comes from but what chose it.
	cause bool
	order int // for reports that do not change from run to run
}

// valueOf turns a marked value into what a consumer receives: a text, nothing for null, or
// an unknown with its reason.
func valueOf(v cty.Value) model.Value {
	v, set := v.Unmark()
	data, causes := sources(set)
	out := gathered(data)
	out.DecidedBy = decided(out.DecidedBy, causes)
	switch {
	case !v.IsKnown():
		return unknownOf(out, append(data, causes...))
	case v.IsNull():
		return model.Value{State: model.Absent, Trail: out.Trail, Losers: out.Losers, DecidedBy: out.DecidedBy}
	}
	text, err := convert.Convert(v, cty.String)
	if err != nil || !text.IsKnown() || text.IsNull() {
		out.State, out.Why, out.Needs = model.Unknown, model.WhyUnsupported, "a text, where a list or an object stands"
		return out
	}
	out.State, out.Why, out.Needs, out.Alternatives = model.Known, model.WhyNone, "", nil
	out.Text = secret.New(text.AsString())
	out.Ref = model.Ref{}
	return out
}

// unknownOf gives the reason of an unknown value: that of the first mark that has one.
func unknownOf(out model.Value, marks []*mark) model.Value {
	out.State, out.Text = model.Unknown, secret.Text{}
	for _, m := range marks {
		if m.value.State == model.Unknown {
			out.Why, out.Needs, out.Alternatives, out.Ref = m.value.Why, m.value.Needs, m.value.Alternatives, m.value.Ref
			if out.Why != model.WhyNone {
				return out
			}
		}
	}
	out.Why = cmp.Or(out.Why, model.WhyUnsupported)
	out.Needs = cmp.Or(out.Needs, "an expression that can be evaluated without running anything")
	return out
}

// gathered is one value that comes from all of the marks.
func gathered(data []*mark) model.Value {
	if len(data) == 1 {
		return data[0].value
	}
	var out model.Value
	var trails []model.Trail
	for _, m := range data {
		trails = append(trails, m.value.Trail)
		out.Losers = append(out.Losers, m.value.Losers...)
		out.Parts = append(out.Parts, m.value)
		out.DecidedBy = append(out.DecidedBy, m.value.DecidedBy...)
	}
	out.Trail = model.Join(trails...)
	return out
}

// decided adds the places of what chose a value, each once.
func decided(hops []model.Hop, causes []*mark) []model.Hop {
	out := slices.Clone(hops)
	for _, m := range causes {
		for _, h := range []model.Hop{m.value.Trail.Origin(), m.value.Trail.Last()} {
			if h != (model.Hop{}) && !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}

// sources sorts the marks of a leaf into those of its text and those of what chose it.
func sources(set cty.ValueMarks) (data, causes []*mark) {
	for k := range set {
		if r, ok := k.(function.Reason); ok {
			data = append(data, &mark{value: model.UnknownBecause(r.Why, r.Needs, model.Trail{})})
		}
		switch m, ok := k.(*mark); {
		case !ok:
		case m.cause:
			causes = append(causes, m)
		default:
			data = append(data, m)
		}
	}
	order.By(data, compareMarks)
	order.By(causes, compareMarks)
	return slices.Compact(data), slices.Compact(causes)
}

// compareMarks orders marks by when their journeys began, so that reports do not change
// from run to run.
func compareMarks(a, b *mark) int {
	if a.order != b.order || a == b {
		return cmp.Compare(a.order, b.order)
	}
	return slices.CompareFunc(a.value.Trail.Hops(), b.value.Trail.Hops(), func(x, y model.Hop) int {
		return cmp.Or(pos.Compare(x.At, y.At), cmp.Compare(x.What, y.What))
	})
}

func deepMarks(v cty.Value) cty.ValueMarks {
	_, set := v.UnmarkDeep()
	return set
}

// newMark gives a mark of its own.
func (e *evaluator) newMark(v model.Value) *mark {
	e.order++
	return &mark{value: v, order: e.order}
}

// unknown is a value that nothing is known of, for the reason.
func (e *evaluator) unknown(why model.Reason, needs string, at pos.Span) cty.Value {
	var t model.Trail
	if at.IsValid() {
		t = t.Append(model.Hop{At: at, Kind: model.KindTerraform, What: "not known here"})
	}
	return cty.DynamicVal.Mark(e.newMark(model.UnknownBecause(why, needs, t)))
}

// unknownFrom is a value that is unknown because v is.
func (e *evaluator) unknownFrom(v model.Value) cty.Value {
	v.State, v.Text = model.Unknown, secret.Text{}
	return cty.DynamicVal.Mark(e.newMark(v))
}

// remark changes the marks of every leaf and of every container. Elements of sets cannot
// have marks of their own, so a set counts as a leaf.
func remark(v cty.Value, change func(set cty.ValueMarks, leaf bool) cty.ValueMarks) cty.Value {
	plain, set := v.Unmark()
	t := plain.Type()
	if !plain.IsKnown() || plain.IsNull() || !(t.IsObjectType() || t.IsTupleType() || t.IsListType() || t.IsMapType()) {
		return plain.WithMarks(change(set, true))
	}
	if plain.LengthInt() > 0 {
		plain = rebuilt(plain, func(_, el cty.Value) cty.Value { return remark(el, change) })
	}
	return plain.WithMarks(change(set, false))
}

// rebuilt is a known list, tuple, map or object with each element replaced.
func rebuilt(v cty.Value, replace func(key, el cty.Value) cty.Value) cty.Value {
	t := v.Type()
	if t.IsTupleType() || t.IsListType() {
		var els []cty.Value
		for it := v.ElementIterator(); it.Next(); {
			k, el := it.Element()
			els = append(els, replace(k, el))
		}
		if t.IsTupleType() || !sameTypes(els) {
			return cty.TupleVal(els)
		}
		return cty.ListVal(els)
	}
	els := map[string]cty.Value{}
	var all []cty.Value
	for it := v.ElementIterator(); it.Next(); {
		k, el := it.Element()
		els[k.AsString()] = replace(k, el)
		all = append(all, els[k.AsString()])
	}
	if t.IsObjectType() || !sameTypes(all) {
		return cty.ObjectVal(els)
	}
	return cty.MapVal(els)
}

func sameTypes(els []cty.Value) bool {
	return !slices.ContainsFunc(els, func(el cty.Value) bool { return !el.Type().Equals(els[0].Type()) })
}

// pass moves a value through a place: every leaf gets the hop at the end of its trail, and
// one that came from nowhere starts there.
func (e *evaluator) pass(v cty.Value, hop model.Hop) cty.Value {
	moved := map[*mark]*mark{}
	here := func() *mark { return e.newMark(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}) }
	return remark(v, func(set cty.ValueMarks, leaf bool) cty.ValueMarks {
		out, traced := cty.ValueMarks{}, false
		for k := range set {
			m, ok := k.(*mark)
			if raw, is := k.(*function.Raw); is {
				c := *raw
				c.Value = e.pass(raw.Value, hop)
				out[&c] = struct{}{}
				continue
			}
			if !ok {
				out[k] = struct{}{}
				continue
			}
			traced = traced || !m.cause
			if moved[m] == nil {
				moved[m] = e.moved(m, hop)
			}
			out[moved[m]] = struct{}{}
		}
		if leaf && !traced {
			out[here()] = struct{}{}
		}
		return out
	})
}

func (e *evaluator) moved(m *mark, hop model.Hop) *mark {
	if m.cause || redundant(m.value.Trail.Last(), hop) {
		return m
	}
	c := *m
	c.value = m.value.Via(hop)
	return &c
}

// redundant reports whether hop only repeats the literal that stands in it.
func redundant(last, hop model.Hop) bool {
	if !last.Literal || last.Kind != hop.Kind || last.At.File != hop.At.File {
		return false
	}
	rest, ok := cutPrefix(last.What, hop.What)
	return ok && (rest == "" || rest[0] == '.')
}

func cutPrefix(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || s[:len(prefix)] != prefix {
		return s, false
	}
	return s[len(prefix):], true
}

// causes turns all marks of a value, however deep, into marks of what chose another one.
func (e *evaluator) causes(v cty.Value) cty.ValueMarks {
	all := deepMarks(v)
	out := secrecy(all)
	data, causes := sources(all)
	for _, m := range data {
		c := *m
		c.cause = true
		out[&c] = struct{}{}
	}
	for _, m := range causes {
		out[m] = struct{}{}
	}
	return out
}

// secrecy gives those of the marks that the language itself knows, such as that of a
// sensitive value. They spread as in Terraform, whose functions can ask for them.
func secrecy(set cty.ValueMarks) cty.ValueMarks {
	out := cty.ValueMarks{}
	for k := range set {
		if m, ok := k.(function.Mark); ok {
			out[m] = struct{}{}
		}
	}
	return out
}
