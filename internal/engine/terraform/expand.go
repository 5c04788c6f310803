package terraform

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
)

// expansion says how many instances a block has, and under which keys.
type expansion struct {
	mode  expansionMode
	keys  []string // of for_each, in order
	vals  []cty.Value
	count int
	// unknown is set when the number cannot be known: then one instance stands for all.
	unknown *mark
}

type expansionMode uint8

const (
	single expansionMode = iota
	counted
	keyed
	disabled // switched off: no instance, and reading it gives null
)

// occurrence is one instance of an expansion: the end of its address, and the names that hold
// within it.
type occurrence struct {
	key   string
	names map[string]cty.Value
}

// members lists the instances.
func (x expansion) members() []occurrence {
	switch {
	case x.mode == disabled:
		return nil
	case x.unknown != nil && x.mode == single:
		return []occurrence{{}}
	case x.unknown != nil:
		return []occurrence{{key: "[?]", names: unknownNames(x.mode, x.unknown)}}
	case x.mode == counted:
		out := make([]occurrence, x.count)
		for i := range out {
			out[i] = occurrence{fmt.Sprintf("[%d]", i), map[string]cty.Value{
				"count": cty.ObjectVal(map[string]cty.Value{"index": cty.NumberIntVal(int64(i))}),
			}}
		}
		return out
	case x.mode == keyed:
		out := make([]occurrence, len(x.keys))
		for i, k := range x.keys {
			out[i] = occurrence{"[" + quote(k) + "]", map[string]cty.Value{
				"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(k), "value": x.vals[i]}),
			}}
		}
		return out
	}
	return []occurrence{{}}
}

func unknownNames(mode expansionMode, why *mark) map[string]cty.Value {
	if mode == counted {
		return map[string]cty.Value{"count": cty.ObjectVal(map[string]cty.Value{"index": cty.UnknownVal(cty.Number).Mark(why)})}
	}
	return map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{
		"key": cty.UnknownVal(cty.String).Mark(why), "value": cty.DynamicVal.Mark(why),
	})}
}

// quote writes a key of for_each as an address has it.
func quote(key string) string {
	r := strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n", "\r", "\\r", "\t", "\\t", "${", "$${", "%{", "%%{")
	return "\"" + r.Replace(key) + "\""
}

// expand evaluates count, for_each and enabled of a block.
func (m *module) expand(count, forEach, enabled hcl.Expression, at pos.Span) expansion {
	switch {
	case count != nil && forEach != nil:
		m.e.problem(at, "count and for_each stand in one block, expected one of the two", "remove one of the two")
		return expansion{mode: keyed, unknown: m.e.why("one of count and for_each", at)}
	case count != nil:
		return m.counted(count)
	case forEach != nil:
		return m.keyed(forEach)
	case enabled != nil:
		return m.enabled(enabled)
	}
	return expansion{}
}

func (e *evaluator) why(needs string, at pos.Span) *mark {
	return e.newMark(model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{}.Append(
		model.Hop{At: at, Kind: model.KindTerraform, What: "number of instances"})))
}

// unknownNumber is the mark for an expansion that depends on an unknown value.
func (e *evaluator) unknownNumber(v cty.Value) *mark {
	u := valueOf(v)
	if u.State != model.Unknown || u.Why == model.WhyNone {
		u = model.UnknownBecause(model.WhyUnsupported, "the number of instances", u.Trail)
	}
	u.Parts, u.Alternatives, u.Ref = nil, nil, model.Ref{}
	return e.newMark(u)
}

// revealing holds what decides about a number of instances to the language's rule: their
// addresses would tell a value that must not be told.
func (m *module) revealing(v cty.Value, at pos.Span) {
	if _, set := v.Unmark(); len(secrecy(set)) > 0 {
		m.e.problem(at, "the number of instances comes from a sensitive or ephemeral value, which is refused", "use nonsensitive(…) for what is no secret")
	}
}

func (m *module) counted(expr hcl.Expression) expansion {
	v, ok := m.value(expr, nil)
	at := m.e.span(expr.Range())
	m.revealing(v, at)
	plain, _ := v.Unmark()
	if !ok || !plain.IsKnown() {
		return expansion{mode: counted, unknown: m.e.unknownNumber(v)}
	}
	number, err := convert.Convert(plain, cty.Number)
	if err != nil || number.IsNull() || !number.IsKnown() {
		m.e.problem(at, "count is no number, expected a whole number", "")
		return expansion{mode: counted, unknown: m.e.why("a number as count", at)}
	}
	f := number.AsBigFloat()
	n, exact := f.Int64()
	switch {
	case exact != 0 || n < 0:
		m.e.problem(at, "count is not a whole number from 0 on", "")
		return expansion{mode: counted, unknown: m.e.why("a whole number as count", at)}
	case n > maxPerBlock:
		m.e.problem(at, fmt.Sprintf("count is larger than %d, the limit for one block", maxPerBlock), "")
		return expansion{mode: counted, unknown: m.e.limit("a smaller count")}
	}
	return expansion{mode: counted, count: int(n)}
}

func (e *evaluator) limit(needs string) *mark {
	return e.newMark(model.UnknownBecause(model.WhyLimit, needs, model.Trail{}))
}

func (m *module) keyed(expr hcl.Expression) expansion {
	v, ok := m.value(expr, nil)
	at := m.e.span(expr.Range())
	m.revealing(v, at)
	plain, set := v.Unmark()
	t := plain.Type()
	if !ok || !plain.IsKnown() || t.IsSetType() && !plain.IsNull() && !plain.IsWhollyKnown() || isPartial(t) {
		return expansion{mode: keyed, unknown: m.e.unknownNumber(m.e.firstUnknown(v))}
	}
	if plain.IsNull() || !(t.IsObjectType() || t.IsMapType() || t.IsSetType() && (t.ElementType() == cty.String || plain.LengthInt() == 0)) {
		m.e.problem(at, "for_each goes over neither a map nor a set of texts, expected one of the two", "use toset(…) for a list of texts")
		return expansion{mode: keyed, unknown: m.e.why("a map or a set of texts as for_each", at)}
	}
	if plain.LengthInt() > maxPerBlock {
		m.e.problem(at, fmt.Sprintf("for_each has more than %d elements, the limit for one block", maxPerBlock), "")
		return expansion{mode: keyed, unknown: m.e.limit("fewer elements in for_each")}
	}
	x := expansion{mode: keyed}
	for it := plain.ElementIterator(); it.Next(); {
		k, el := it.Element()
		if t.IsSetType() {
			if k = el; k.IsNull() {
				m.e.problem(at, "for_each goes over a set that holds null, expected texts", "")
				return expansion{mode: keyed, unknown: m.e.why("a set of texts as for_each", at)}
			}
		}
		x.keys = append(x.keys, k.AsString())
		x.vals = append(x.vals, el.WithMarks(set))
	}
	return x
}

// firstUnknown is the first unknown leaf of a value, or the value itself.
func (e *evaluator) firstUnknown(v cty.Value) cty.Value {
	if v.IsWhollyKnown() {
		return v
	}
	found := v
	_ = cty.Walk(v, func(_ cty.Path, el cty.Value) (bool, error) {
		if !el.IsKnown() && found.IsKnown() {
			_, set := el.Unmark()
			found = cty.DynamicVal.WithMarks(set, v.Marks())
		}
		return found.IsKnown(), nil
	})
	return found
}

// enabled is OpenTofu's switch for blocks that have one instance or none.
func (m *module) enabled(expr hcl.Expression) expansion {
	if !m.e.tofu() {
		return expansion{}
	}
	v, ok := m.value(expr, nil)
	plain, _ := v.Unmark()
	truth, known := isTrue(plain)
	switch {
	case !ok || !known:
		return expansion{unknown: m.e.unknownNumber(v)}
	case !truth:
		return expansion{mode: disabled}
	}
	return expansion{}
}

func compareAddresses(a, b Instance) int { return strings.Compare(a.Address, b.Address) }

func sortInstances(all []Instance) { order.By(all, compareAddresses) }
