package helm

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
)

func ofFormats() map[string]func(f *frame, args []*val) *val {
	write := func(plain func(any) string) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val {
			if len(args) != 1 {
				return nil
			}
			return f.written(args[0], plain)
		}
	}
	read := func(name string) func(f *frame, args []*val) *val {
		return func(f *frame, args []*val) *val { return f.readBack(name, args) }
	}
	return map[string]func(f *frame, args []*val) *val{
		"toYaml": write(toYAML), "toYamlPretty": write(toYAMLPretty),
		"toJson":   write(toJSON),
		"fromYaml": read("fromYaml"), "fromYamlArray": read("fromYamlArray"),
		"fromJson": read("fromJson"), "fromJsonArray": read("fromJsonArray"),
	}
}

// written writes a value as YAML or JSON, which is YAML as well, and finds what became of
// each of its leaves.
func (f *frame) written(v *val, plain func(any) string) *val {
	var g gathered
	stripped := f.e.strip(v, &g)
	text := plain(stripped)
	f.e.size(len(text))
	src, by := g.done()
	out := of(text, src, by)
	if len(src) == 0 && len(by) == 0 || !isContainer(v) || slices.Contains(src, f.e.openTo) {
		return out
	}
	var doc yaml.Node
	if yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) != 1 {
		return out
	}
	x := &marker{e: f.e, text: text, index: pos.NewIndex([]byte(text))}
	x.order(doc.Content[0])
	if !x.mark(v, doc.Content[0]) {
		return out
	}
	return &val{v: text, p: x.p, src: v.src, by: v.by.with(x.by)}
}

func isContainer(v *val) bool {
	switch v.v.(type) {
	case map[string]any, Values, []any:
		return true
	}
	return false
}

// marker finds the leaves of a value in the YAML that was made of it.
type marker struct {
	e     *eval
	text  string
	index *pos.Index
	next  map[*yaml.Node]int // where the node behind it starts
	last  *yaml.Node
	p     []piece
	by    ids
}

func (x *marker) start(n *yaml.Node) int { return x.index.Offset(n.Line, n.Column) }

// order notes for each scalar where the next node starts.
func (x *marker) order(n *yaml.Node) {
	if x.next == nil {
		x.next = map[*yaml.Node]int{}
	}
	if x.last != nil {
		x.next[x.last] = x.start(n)
	}
	x.last = nil
	if len(n.Content) == 0 {
		x.last = n
		return
	}
	for _, c := range n.Content {
		x.order(c)
	}
}

// end is where a scalar ends, at the latest.
func (x *marker) end(n *yaml.Node) int {
	end, ok := x.next[n]
	if !ok {
		end = len(x.text)
	}
	start := x.start(n)
	if end < start {
		return start
	}
	stretch := x.text[start:end]
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		if i := strings.IndexByte(stretch, '\n'); i >= 0 && !strings.Contains(strings.TrimSpace(stretch[i:]), "\n") && strings.Trim(stretch[i:], " -\n\t]},") == "" {
			stretch = stretch[:i]
		}
	}
	if i := strings.LastIndexByte(stretch, '\n'); i >= 0 && strings.Trim(stretch[i:], " -\n\t") == "" {
		stretch = stretch[:i]
	}
	return start + len(stretch)
}

// mark notes the pieces of v, which n was made of. It reports false when they do not match.
func (x *marker) mark(v *val, n *yaml.Node) bool {
	if m, ok := tableIn(v); ok && len(m) > 0 {
		if n.Kind != yaml.MappingNode || len(n.Content) != 2*len(m) {
			return false
		}
		x.leaf(&val{src: v.src}, n)
		for i := 0; i < len(n.Content); i += 2 {
			item, ok := m[n.Content[i].Value]
			if !ok || !x.mark(raw(item), n.Content[i+1]) {
				return false
			}
		}
		return true
	}
	if list, ok := listIn(v); ok && len(list) > 0 {
		if n.Kind != yaml.SequenceNode || len(n.Content) != len(list) {
			return false
		}
		x.leaf(&val{src: v.src}, n)
		for i, item := range list {
			if !x.mark(raw(item), n.Content[i]) {
				return false
			}
		}
		return true
	}
	x.leaf(v, n)
	return true
}

func (x *marker) leaf(v *val, n *yaml.Node) {
	x.by = x.by.with(v.by)
	start, end := x.start(n), x.end(n)
	if len(n.Content) > 0 {
		last := n
		for len(last.Content) > 0 {
			last = last.Content[len(last.Content)-1]
		}
		end = x.end(last)
	}
	var list ids
	if text, ok := v.v.(string); ok && end-start == len(text) && x.text[start:end] == text {
		for _, p := range v.p {
			x.p = append(x.p, piece{start: p.start + start, end: p.end + start, id: p.id, extra: p.extra})
		}
		list = v.src
	} else {
		list = v.all()
		if !ok && !isContainer(v) {
			var g gathered
			x.e.strip(v, &g)
			list, _ = g.done()
		}
	}
	for _, id := range list {
		x.p = append(x.p, piece{start: start, end: end, id: id})
	}
}

// readBack reads YAML or JSON and gives each leaf the origins of its place in the text.
func (f *frame) readBack(name string, args []*val) *val {
	if len(args) != 1 || len(args[0].p) == 0 && len(args[0].src) == 0 {
		return nil
	}
	text, ok := args[0].v.(string)
	if !ok {
		return nil
	}
	var g gathered
	f.e.strip(args[0], &g)
	for _, p := range args[0].p {
		if p.extra != nil || f.e.notes[p.id].maybe {
			return nil // it may be there or not
		}
	}
	in := []reflect.Value{reflect.ValueOf(text)}
	tree, err := safeCall(f.e.funcs[name].plain, in)
	if err != nil {
		return nil
	}
	var doc yaml.Node
	if yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) != 1 {
		return nil
	}
	x := &marker{e: f.e, text: text, index: pos.NewIndex([]byte(text))}
	x.order(doc.Content[0])
	r := &reader{marker: x, from: args[0]}
	out := r.read(tree, doc.Content[0])
	if r.lost {
		return nil
	}
	return of(out, args[0].src, args[0].by)
}

// reader gives the leaves of a tree the origins of their places.
type reader struct {
	*marker
	from *val
	lost bool
}

func (r *reader) read(tree any, n *yaml.Node) any {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch t := tree.(type) {
	case map[string]any:
		if n.Kind != yaml.MappingNode {
			r.lost = true
			return t
		}
		return r.readMap(t, n)
	case []any:
		if n.Kind != yaml.SequenceNode || len(n.Content) != len(t) {
			r.lost = true
			return t
		}
		out := make([]any, len(t))
		for i, item := range t {
			out[i] = r.read(item, n.Content[i])
		}
		return out
	}
	v := &val{v: tree, src: r.over(n)}
	return v
}

func (r *reader) readMap(t map[string]any, n *yaml.Node) any {
	out := make(map[string]any, len(t))
	for key, item := range t {
		out[key] = item
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		item, ok := t[key.Value]
		if !ok || key.Value == "<<" || len(r.e.unknowns(r.over(key))) > 0 {
			r.lost = true
			return t
		}
		out[key.Value] = r.read(item, n.Content[i+1])
	}
	if len(n.Content) != 2*len(t) {
		r.lost = true
	}
	return r.e.made(out)
}

// over gives the sources of the text of a node.
func (r *reader) over(n *yaml.Node) ids {
	start, end := r.start(n), r.end(n)
	var list ids
	for _, p := range r.from.p {
		if p.start < end && p.end > start {
			list = append(list, p.id)
		}
	}
	return sorted(list)
}
