package gitops

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
)

// matrix combines every element of the first generator with every one of the second, which
// may ask for params of the first.
func (s *set) matrix(n *yaml.Node, depth int) ([]params, bool) {
	list := items(find(n, "generators"))
	if len(list) != 2 {
		s.refuse(n, "of kind matrix needs two generators")
		return nil, false
	}
	first, ok := s.generator(list[0], depth+1)
	if !ok {
		return nil, false
	}
	var out []params
	for _, a := range first {
		inner := *s
		o := *s.o
		o.expand = func(v model.Value) model.Value { return a.render(v, s.golang) }
		inner.o = &o
		second, ok := inner.generator(list[1], depth+1)
		if !ok {
			return nil, false
		}
		for _, b := range second {
			if out = append(out, a.with(b)); len(out) > maxElements {
				return out, true
			}
		}
	}
	return out, true
}

// with is both together; what stands in both comes from b.
func (p params) with(b params) params {
	out := newParams()
	if out.open = p.open; b.open != nil {
		out.open = b.open
	}
	for _, from := range []params{p, b} {
		for name, v := range from.values {
			out.values[name] = v
			delete(out.typed, name)
			if x, ok := from.typed[name]; ok {
				out.typed[name] = x
			}
		}
	}
	return out
}

// merge changes the elements of the first generator by those of the others that agree with
// them in the merge keys.
func (s *set) merge(n *yaml.Node, depth int) ([]params, bool) {
	list := items(find(n, "generators"))
	var keys []string
	for _, k := range items(find(n, "mergeKeys")) {
		keys = append(keys, k.Value)
	}
	if len(list) < 2 || len(keys) == 0 {
		s.refuse(n, "of kind merge needs two generators and mergeKeys")
		return nil, false
	}
	var out []params
	for i, g := range list {
		elements, ok := s.generator(g, depth+1)
		if !ok {
			return nil, false
		}
		if slices.ContainsFunc(elements, func(p params) bool { return p.open != nil }) {
			s.refuse(g, "cannot be merged here, since what it gives is not known")
			return nil, false
		}
		if i == 0 {
			out = elements
			continue
		}
		for j := range out {
			for _, e := range elements {
				if agree(out[j], e, keys) {
					out[j] = out[j].with(e)
				}
			}
		}
	}
	return out, true
}

func agree(a, b params, keys []string) bool {
	for _, k := range keys {
		x, ok := a.values[k]
		y, also := b.values[k]
		if !ok || !also || x.State != model.Known || !x.Same(y) {
			return false
		}
	}
	return true
}
