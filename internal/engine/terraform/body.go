package terraform

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/pos"
)

// bodies evaluates bodies of which no schema is known: every argument is an attribute, and
// all blocks of a type are one tuple.
type bodies struct {
	m        *module
	names    map[string]cty.Value // that hold within: each, count, self, iterators
	keywords map[string]bool      // arguments that take a word instead of a value
}

// built is a body that is being put together.
type built struct {
	attrs   map[string]cty.Value
	blocks  map[string][]cty.Value
	unknown map[string]*mark // types of blocks of which the number is not known
}

// content evaluates bodies of which later ones override earlier ones, argument by argument
// and of blocks a whole type.
func (b *bodies) content(all []hcl.Body) map[string]cty.Value {
	out := map[string]cty.Value{}
	for _, body := range all {
		maps.Copy(out, b.one(body, true))
	}
	return out
}

func (b *bodies) one(body hcl.Body, top bool) map[string]cty.Value {
	to := &built{attrs: map[string]cty.Value{}, blocks: map[string][]cty.Value{}, unknown: map[string]*mark{}}
	if native, ok := body.(*hclsyntax.Body); ok {
		b.native(native, top, to)
	} else {
		b.json(body, to)
	}
	for kind, blocks := range to.blocks {
		to.attrs[kind] = cty.TupleVal(blocks)
	}
	for kind, why := range to.unknown {
		to.attrs[kind] = cty.DynamicVal.Mark(why)
	}
	return to.attrs
}

// isMeta reports whether the language itself reads an argument or block of a resource.
func isMeta(name string) bool {
	switch name {
	case "count", "for_each", "provider", "depends_on", "lifecycle", "connection", "provisioner":
		return true
	}
	return false
}

func (b *bodies) native(body *hclsyntax.Body, top bool, to *built) {
	for _, name := range sortedKeys(body.Attributes) {
		if top && isMeta(name) {
			continue
		}
		to.attrs[name] = b.attribute(name, body.Attributes[name].Expr)
	}
	for _, block := range body.Blocks {
		switch {
		case top && isMeta(block.Type):
		case top && block.Type == "_": // an escape: what is in it stands outside of it
			b.native(block.Body, false, to)
		case block.Type == "dynamic" && len(block.Labels) == 1:
			b.dynamic(block.Labels[0], block.Body, to)
		default:
			to.blocks[block.Type] = append(to.blocks[block.Type], cty.ObjectVal(b.one(block.Body, false)))
		}
	}
}

func (b *bodies) attribute(name string, expr hcl.Expression) cty.Value {
	if word := hcl.ExprAsKeyword(expr); b.keywords[name] && word != "" {
		return cty.StringVal(word)
	}
	v, _ := b.m.value(expr, b.names)
	return b.m.e.whole(v)
}

// json evaluates a body of the JSON syntax, where blocks look like arguments.
func (b *bodies) json(body hcl.Body, to *built) {
	content, rest, diags := body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "dynamic", LabelNames: []string{"type"}}}})
	b.m.e.diagnose(diags)
	attrs, diags := rest.JustAttributes()
	b.m.e.diagnose(diags)
	for _, name := range sortedKeys(attrs) {
		to.attrs[name] = b.attribute(name, attrs[name].Expr)
	}
	for _, block := range content.Blocks {
		b.dynamic(block.Labels[0], block.Body, to)
	}
}

// dynamic writes out a dynamic block: one block for each element of a collection.
func (b *bodies) dynamic(kind string, body hcl.Body, to *built) {
	content, _, diags := body.PartialContent(&hcl.BodySchema{
		Attributes: attributes("for_each", "iterator", "labels"), Blocks: []hcl.BlockHeaderSchema{{Type: "content"}},
	})
	b.m.e.diagnose(diags)
	each, inner := content.Attributes["for_each"], content.Blocks.OfType("content")
	at := b.m.e.span(body.MissingItemRange())
	if each == nil || len(inner) != 1 {
		b.m.e.problem(at, "the dynamic block has no for_each or not one content, expected both", "")
		to.unknown[kind] = b.m.e.why("a dynamic block that is complete", at)
		return
	}
	iterator := kind
	if a := content.Attributes["iterator"]; a != nil {
		iterator = hcl.ExprAsKeyword(a.Expr)
	}
	v, ok := b.m.value(each.Expr, b.names)
	plain, set := v.Unmark()
	switch {
	case !ok || !plain.IsKnown() || isPartial(plain.Type()):
		to.unknown[kind] = b.m.e.unknownNumber(v)
		return
	case plain.IsNull() || !plain.CanIterateElements():
		b.m.e.problem(b.m.e.span(each.Range), "for_each of the dynamic block goes over no collection, expected a list, a set or a map", "")
		to.unknown[kind] = b.m.e.why("a collection as for_each", at)
		return
	}
	if plain.Type().IsSetType() && !plain.IsWhollyKnown() || plain.LengthInt() > maxPerBlock {
		to.unknown[kind] = b.m.e.unknownNumber(b.m.e.firstUnknown(v))
		return
	}
	if to.blocks[kind] == nil {
		to.blocks[kind] = []cty.Value{}
	}
	for it := plain.ElementIterator(); it.Next(); {
		b.m.e.step()
		k, el := it.Element()
		if plain.Type().IsSetType() {
			k = el
		}
		k, _ = k.Unmark()
		names := maps.Clone(b.names)
		if names == nil {
			names = map[string]cty.Value{}
		}
		names[iterator] = cty.ObjectVal(map[string]cty.Value{"key": k, "value": el.WithMarks(set)})
		within := &bodies{m: b.m, names: names, keywords: b.keywords}
		to.blocks[kind] = append(to.blocks[kind], cty.ObjectVal(within.one(inner[0].Body, false)))
	}
}

// places says where each argument and the first block of each type stand.
func (m *module) places(all []hcl.Body) map[string]pos.Span {
	out := map[string]pos.Span{}
	for _, body := range all {
		native, ok := body.(*hclsyntax.Body)
		if !ok {
			attrs, _ := body.JustAttributes()
			for name, a := range attrs {
				out[name] = m.e.span(a.Range)
			}
			continue
		}
		for name, a := range native.Attributes {
			out[name] = m.e.span(a.SrcRange)
		}
		for _, block := range slices.Backward(native.Blocks) {
			kind := block.Type
			if kind == "dynamic" && len(block.Labels) == 1 {
				kind = block.Labels[0]
			}
			out[kind] = m.e.span(block.DefRange())
		}
	}
	return out
}
