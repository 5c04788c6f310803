package kube

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// node is a place in an object: a node that may not be there.
type node struct {
	*reader
	n     *yaml.Node
	depth int
}

// pair is one entry of a mapping.
type pair struct {
	name  string
	key   *yaml.Node
	value node
	// nameless is the source of the name, when that is not known.
	nameless *model.Value
}

func (x node) at(n *yaml.Node) node {
	for hops := 0; n != nil && n.Kind == yaml.AliasNode && hops < maxDepth; hops++ {
		n = n.Alias
	}
	return node{x.reader, n, x.depth + 1}
}

// there reports whether the node is there and holds something.
func (x node) there() bool { return x.n != nil && !x.null() }

// null reports whether the node is there and holds nothing.
func (x node) null() bool {
	if x.n == nil || x.n.Kind != yaml.ScalarNode || kindOf(x.n) != nullScalar {
		return false
	}
	_, gap := x.gap(x.n)
	return !gap
}

// get follows names through mappings.
func (x node) get(path ...string) node {
	for _, name := range path {
		x = x.field(name)
	}
	return x
}

func (x node) field(name string) node {
	for _, p := range x.pairs() {
		if p.name == name && p.nameless == nil {
			return p.value
		}
	}
	return node{reader: x.reader}
}

// pairs lists the entries of a mapping in order, each name once: of two that are equal the
// later one counts, be it written out or merged in with `<<`.
func (x node) pairs() []pair {
	if x.n == nil || x.n.Kind != yaml.MappingNode {
		return nil
	}
	if out, ok := x.known[x.n]; ok {
		return out
	}
	out := x.readPairs()
	x.known[x.n] = out
	return out
}

func (x node) readPairs() []pair {
	var out []pair
	if !x.visit(x.n) {
		return nil
	}
	seen := map[string]int{}
	put := func(p pair) bool {
		i, again := seen[p.name]
		if again && p.nameless == nil {
			out[i] = p
			return true
		}
		if p.nameless == nil {
			seen[p.name] = len(out)
		}
		out = append(out, p)
		return false
	}
	own := map[string]bool{}
	for i := 0; i+1 < len(x.n.Content); i += 2 {
		key, value := x.n.Content[i], x.n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Value == "<<" && (key.Tag == "" || key.Tag == "!" || key.ShortTag() == "!!merge") {
			for _, p := range x.merged(x.at(value)) {
				put(p)
			}
			continue
		}
		if !x.visit(key) {
			break
		}
		p, ok := x.entry(key, value)
		if !ok {
			continue
		}
		put(p)
		if p.nameless == nil && own[p.name] {
			x.repeated(p)
		}
		own[p.name] = true
	}
	return out
}

func (x node) entry(key, value *yaml.Node) (pair, bool) {
	if x.at(key).n.Kind != yaml.ScalarNode {
		return pair{}, false
	}
	key = x.at(key).n
	p := pair{name: key.Value, key: key, value: x.at(value)}
	if gap, ok := x.gap(key); ok {
		p.nameless = &gap
	} else if kind := kindOf(key); kind == boolScalar || kind == numberScalar {
		_, p.name = resolve11(key.Value)
	}
	return p, true
}

// repeated reports a name that stands twice.
func (x node) repeated(p pair) {
	x.fail(p.key, "keep one of the two", "%s stands twice here; the later one counts", shown(p.name))
}

func (x node) merged(from node) []pair {
	from.depth = x.depth + 1
	if from.n == nil || from.depth > maxDepth {
		return nil
	}
	if from.n.Kind != yaml.SequenceNode {
		return from.pairs()
	}
	var out []pair
	for _, item := range slices.Backward(from.n.Content) { // the earlier ones win
		if item := from.at(item); item.n.Kind == yaml.MappingNode && item.depth <= maxDepth {
			out = append(out, item.pairs()...)
		}
	}
	return out
}

// items lists the entries of a list.
func (x node) items() []node {
	if x.n == nil || x.n.Kind != yaml.SequenceNode || x.depth > maxDepth || !x.visit(x.n) {
		return nil
	}
	out := make([]node, 0, len(x.n.Content))
	for _, item := range x.n.Content {
		out = append(out, x.at(item))
	}
	return out
}

// mapping reports whether the node is a mapping, or nothing. Anything else is a mistake.
func (x node) mapping() bool { return x.expect(yaml.MappingNode, "a mapping of names to values") }

// list reports whether the node is a list, or nothing.
func (x node) list() bool { return x.expect(yaml.SequenceNode, "a list") }

func (x node) expect(kind yaml.Kind, what string) bool {
	if !x.there() || x.n.Kind == kind {
		return x.there()
	}
	x.fail(x.n, "", "expected %s, found something else", what)
	return false
}

// value is the text of a scalar with its journey, of which hop is the last stop. The place
// of the hop is filled in.
func (x node) value(hop model.Hop) model.Value {
	if x.n == nil {
		return model.Value{State: model.Absent}
	}
	if x.n.Kind != yaml.ScalarNode {
		x.fail(x.n, "", "expected text, found a list or a mapping")
		return x.bad(hop, "text instead of a list or a mapping")
	}
	start, end := x.extent(x.n)
	v := x.from(start, end, hop)
	if v.State == model.Unknown {
		return v
	}
	if x.n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && len(x.text.Sources(start+1, end-1)) > 0 {
		v = x.made(x.text.Sources(start+1, end-1), start, end, hop) // who wrote the quotes has not written the text
	}
	if kind := kindOf(x.n); kind != textScalar && kind != nullScalar {
		x.fail(x.n, "put it in quotes", "expected text, found %s: Kubernetes refuses the object", kind)
		return x.bad(hop, "quotes around the text")
	}
	return decoded(v, scalarText(x.n))
}

func (x node) bad(hop model.Hop, needs string) model.Value {
	hop.At = x.spot()
	return x.passed(model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{}.Append(hop)))
}

// passed adds the hops behind the document.
func (r *reader) passed(v model.Value) model.Value {
	for _, hop := range r.via {
		v = v.Via(hop)
	}
	return v
}

// from is a value that comes out of the bytes from start to end: what is known of its
// sources, without the text.
func (r *reader) from(start, end int, hop model.Hop) model.Value {
	return r.made(r.text.Sources(start, end), start, end, hop)
}

// made is from, of chosen sources.
func (r *reader) made(sources []model.Value, start, end int, hop model.Hop) model.Value {
	hop.At = r.origin(start, end)
	if len(sources) == 0 {
		hop.Literal = true
		return r.doubted(r.passed(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}))
	}
	v := joined(sources)
	return r.doubted(r.passed(v.Via(hop)))
}

// doubted makes a value unknown when all of the object is in doubt.
func (r *reader) doubted(v model.Value) model.Value {
	if r.doubt == nil {
		return v
	}
	return veiled(v, *r.doubt)
}

// veiled is v when something unknown may have changed it.
func veiled(v, because model.Value) model.Value {
	if v.State == model.Unknown && len(v.Alternatives) == 0 {
		return v
	}
	return model.UnknownBecause(because.Why, because.Needs, v.Trail)
}

// joined puts sources together, without a text. Of sources that are not all known the
// result is not known either.
func joined(sources []model.Value) model.Value {
	if len(sources) == 1 {
		v := sources[0]
		if v.State != model.Unknown {
			v.State = model.Known
		}
		return v
	}
	v := model.Value{State: model.Known, Parts: sources}
	var trails []model.Trail
	for _, s := range sources {
		trails = append(trails, s.Trail)
		v.Losers = addLosers(v.Losers, s.Losers)
		for _, hop := range s.DecidedBy {
			if !slices.Contains(v.DecidedBy, hop) {
				v.DecidedBy = append(v.DecidedBy, hop)
			}
		}
		if s.State == model.Unknown && v.State == model.Known {
			v.State, v.Why, v.Needs = model.Unknown, s.Why, s.Needs
		}
	}
	v.Trail = model.Join(trails...)
	return v
}

// addLosers adds those that are not among them yet.
func addLosers(losers, more []model.Definition) []model.Definition {
	for _, d := range more {
		known := slices.ContainsFunc(losers, func(e model.Definition) bool {
			return e.Value.Same(d.Value) && e.Value.Trail.Equal(d.Value.Trail)
		})
		if !known {
			losers = append(slices.Clip(losers), d)
		}
	}
	return losers
}

// term is a short text that decides which object or field is meant. It is not known when
// its source is not.
func (x node) term(what string) (string, *model.Value) {
	if !x.there() {
		return "", nil
	}
	if x.n.Kind == yaml.ScalarNode {
		if gap, ok := x.gap(x.n); ok {
			return "", &gap
		}
		if kindOf(x.n) == textScalar {
			return scalarText(x.n), nil
		}
	}
	x.fail(x.n, "put it in quotes", "expected %s as text, found something else: Kubernetes refuses the object", what)
	u := model.UnknownBecause(model.WhyUnsupported, what+" as text", model.Trail{}.Append(model.Hop{At: x.spot(), Kind: model.KindManifest, What: what}))
	return "", &u
}

// refused reports whether a node is there and is no text, so that Kubernetes refuses it.
func (x node) refused() bool {
	if !x.there() {
		return false
	}
	if x.n.Kind != yaml.ScalarNode {
		return true
	}
	_, gap := x.gap(x.n)
	return !gap && kindOf(x.n) != textScalar
}

// yes reads a flag; sure is false when it is not known.
func (x node) yes(otherwise bool) (flag, sure bool) {
	if !x.there() {
		return otherwise, true
	}
	if x.n.Kind != yaml.ScalarNode {
		return otherwise, false
	}
	if _, gap := x.gap(x.n); gap || kindOf(x.n) != boolScalar {
		return otherwise, false
	}
	_, name := resolve11(x.n.Value)
	return name == "true", true
}

// spot is where a node stands: in a text that was put together, where the last piece of it
// comes from.
func (x node) spot() pos.Span {
	if x.n == nil {
		return pos.Span{}
	}
	return x.origin(x.extent(x.n))
}

func (r *reader) origin(start, end int) pos.Span {
	if r.stream.text.File() != "" {
		return r.span(start, end)
	}
	at := pos.Span{File: r.name}
	for _, s := range r.text.Sources(start, end) {
		if last := s.Trail.Last().At; last.IsValid() {
			at = last
		} else if from := s.Trail.At(); from.IsValid() {
			at = from
		}
	}
	return at
}

// gap gives the source of a scalar that is not known, if there is one.
func (r *reader) gap(n *yaml.Node) (model.Value, bool) {
	if len(r.gaps) == 0 {
		return model.Value{}, false
	}
	start, end := r.extent(n)
	if !r.around {
		return r.text.Unknown(start, end)
	}
	for _, gap := range r.gaps {
		if gap.End > start && gap.Start < end {
			return r.text.Unknown(gap.Start, gap.End)
		}
	}
	return model.Value{}, false
}
