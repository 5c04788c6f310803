package terraform

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// growing turns evaluated values into trees.
type growing struct{ nodes int }

// treeOf is the tree of an evaluated value.
func treeOf(v cty.Value) *tree { return new(growing).tree(v, 0) }

func (g *growing) tree(v cty.Value, depth int) *tree {
	g.nodes++
	if depth > maxTreeDepth || g.nodes > maxTreeNodes {
		return unknownTree(model.UnknownBecause(model.WhyLimit, "an argument of fewer and less nested values", model.Trail{}))
	}
	plain, set := v.Unmark()
	t := plain.Type()
	switch {
	case !plain.IsKnown():
		return &tree{form: treeUnknown, value: valueOf(v), source: sourceOf(v), pieced: isPieced(v), inner: innerOf(v)}
	case plain.IsNull():
		return &tree{}
	case t.IsObjectType() || t.IsMapType():
		return g.object(plain, set, depth)
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		out := &tree{form: treeList}
		for it := plain.ElementIterator(); it.Next(); {
			_, el := it.Element()
			out.items = append(out.items, g.tree(below(el, set), depth+1))
		}
		return out
	case t.IsPrimitiveType():
		return &tree{form: treeText, plain: t == cty.String, value: valueOf(v), source: sourceOf(v), pieced: isPieced(v), inner: innerOf(v)}
	}
	return unknownTree(valueOf(v))
}

func (g *growing) object(v cty.Value, set cty.ValueMarks, depth int) *tree {
	out := &tree{form: treeObject, members: map[string]*tree{}}
	for it := v.ElementIterator(); it.Next(); {
		key, el := it.Element()
		key, _ = key.Unmark()
		name := key.AsString()
		out.members[name] = g.tree(below(el, set), depth+1)
	}
	out.names = slices.Sorted(maps.Keys(out.members))
	return out
}

// below gives an element what marks its container: what chose the container chose it too,
// and where an element has no origin of its own it has that of the container.
func below(el cty.Value, set cty.ValueMarks) cty.Value {
	if len(set) == 0 {
		return el
	}
	_, own := el.UnmarkDeep()
	data, _ := sources(own)
	down := cty.ValueMarks{}
	for k := range set {
		if m, ok := k.(*mark); ok && (m.cause || len(data) == 0) {
			down[k] = struct{}{}
		}
	}
	return el.WithMarks(down)
}

// innerOf gives what a text was encoded from, when it is known to be just that.
func innerOf(v cty.Value) func() *tree {
	raw, ok := structured(v)
	if !ok {
		return nil
	}
	return func() *tree { return treeOf(raw) }
}

// applied is one instance of a resource, be it evaluated or planned.
type applied struct {
	Instance
	body    *tree
	planned bool
}

func appliedOf(i Instance) applied {
	body := treeOf(i.Body)
	if body.form != treeObject && body.form != treeUnknown {
		body = &tree{form: treeObject}
	}
	return applied{Instance: i, body: body}
}

// place is where an argument stands, or else the resource.
func (r applied) place(path string) model.Hop {
	name, _, _ := cutPath(path)
	at := r.Places[name]
	if !at.IsValid() {
		at = r.At
	}
	kind := model.KindTerraform
	if r.planned {
		kind = model.KindTerraformPlan
	}
	return model.Hop{At: at, Kind: kind, What: r.Address}
}

// compareApplied orders resources by address.
func compareApplied(a, b applied) int { return cmp.Compare(a.Address, b.Address) }

// sourceOf names the declaration of the resource that a value is an attribute of.
func sourceOf(v cty.Value) string {
	_, set := v.Unmark()
	if data, _ := sources(set); len(data) != 1 {
		return ""
	}
	return sourceOfValue(valueOf(v))
}

// isPieced reports whether the parts of a value are the pieces of a text, in order.
func isPieced(v cty.Value) bool {
	_, set := v.Unmark()
	data, _ := sources(set)
	return len(data) == 1
}

// identifies is an attribute that stands for its resource, as the evaluator tells it.
var identifies = lazy.Regexp(`^attribute "(?:arn|id|name|secret_id|secret_name|versionless_id|resource_id|resource_versionless_id)" of (.+)$`)

// sourceOfValue tells it by the first stop of the journey. A value that some expression
// was made from the attribute does not count: it may stand for something else.
func sourceOfValue(v model.Value) string {
	m := identifies().FindStringSubmatch(v.Needs)
	origin := v.Trail.Origin()
	if v.State != model.Unknown || m == nil || m[1] != origin.What || len(v.Parts)+len(v.Alternatives) > 0 {
		return ""
	}
	for _, hop := range v.Trail.Hops() {
		if strings.HasSuffix(hop.What, "()") {
			return ""
		}
	}
	return declaration(origin.At, origin.What)
}

// declaration is the name of a block of the configuration, of which there may be several
// instances.
func declaration(at pos.Span, label string) string { return at.String() + " " + label }

// declared is the block that an instance comes from.
func (r applied) declared() string {
	label := r.Type + "." + r.Name
	if !r.Managed {
		label = "data." + label
	}
	return declaration(r.At, label)
}

// holds reports whether a literal stands in the resource itself, so that its journey is at
// its end there.
func (r applied) holds(last model.Hop) bool {
	return last.Literal && (r.planned || last.Kind == model.KindTerraform && last.At.File == r.At.File && strings.HasPrefix(last.What, r.Type+"."+r.Name+"."))
}
