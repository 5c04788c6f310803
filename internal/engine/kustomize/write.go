package kustomize

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// writer writes the objects with the origins of their texts.
type writer struct {
	*plan
	marker  *marker
	places  map[string][]found
	losers  map[string][]model.Value
	sources *origin.Marks
	ids     map[string]origin.ID
}

// stretch is a part of the text of an object with its source.
type stretch struct {
	start, end int
	id         origin.ID
}

// id numbers a source, the same one once.
func (w *writer) id(key string, v func() model.Value) origin.ID {
	id, ok := w.ids[key]
	if !ok {
		id = w.sources.Add(v())
		w.ids[key] = id
	}
	return id
}

// document is one object; nth is which of those with its name.
func (w *writer) document(o object, nth int) origin.Document {
	name := w.root().File
	if w.doubtful(o) != nil || !origin.CanMark(o.yaml) {
		return origin.Document{Name: name, Text: origin.FromMarked(w.uncertain(o), w.sources)}
	}
	root := rootOf(o.yaml)
	if root == nil {
		return origin.Document{Name: name, Text: origin.FromMarked(w.uncertain(o), w.sources)}
	}
	t := &tokens{text: o.yaml, index: pos.NewIndex([]byte(o.yaml)), end: map[*yaml.Node]int{}}
	t.read(root)
	var all []stretch
	traced := map[*yaml.Node]bool{} // true when that what it comes from is known
	key := fmt.Sprint(o.key(), "#", nth)
	for _, f := range w.places[key] {
		// The comparison read the same text: its nodes have the same places.
		n := t.nodes[[2]int{f.node.Line, f.node.Column}]
		if n == nil {
			continue
		}
		traced[n] = w.certain(f)
		all = append(all, w.stretches(t, n, f, o)...)
	}
	all = append(all, w.rest(t, root, o, traced)...)
	doc := origin.Document{Name: name, Text: origin.FromMarked(insert(o.yaml, all), w.sources)}
	if !doc.Text.Matches(o.yaml) {
		doc.Text = origin.FromMarked(o.yaml, w.sources)
	}
	return doc
}

// certain reports whether all that a text comes from is known.
func (w *writer) certain(f found) bool {
	return !slices.ContainsFunc(f.pieces, func(p origin.Piece) bool { return w.marker.sources.Source(p.ID).State == model.Unknown })
}

// standsIn reports whether a text only stands for one that is not known.
func standsIn(text string) bool {
	plain, _ := decoded(text)
	return strings.Contains(text, standIn) || strings.Contains(plain, standIn)
}

// uncertain is an object that may be other than it looks.
func (w *writer) uncertain(o object) string {
	if !origin.CanMark(o.yaml) {
		return o.yaml
	}
	because := w.doubtful(o)
	if because == nil {
		return o.yaml
	}
	return origin.Wrap(w.id("doubtful "+because.Needs, func() model.Value { return *because }), o.yaml)
}

// doubtful says why all of an object may be other than it looks; nil when it is not.
func (w *writer) doubtful(o object) *model.Value {
	if w.tainted == nil && (o.kind == "ConfigMap" || o.kind == "Secret") {
		return w.merged
	}
	return w.tainted
}

// stretches are the parts of one scalar.
func (w *writer) stretches(t *tokens, n *yaml.Node, f found, o object) []stretch {
	start, end := t.span(n)
	exact := !f.coded && end-start == len(n.Value) && strings.HasPrefix(t.text[start:], n.Value)
	var out []stretch
	if !f.coded && !w.covers(n.Value, f.pieces) {
		out = append(out, stretch{start: start, end: end, id: w.coarse(o)})
	}
	for i, piece := range f.pieces {
		s := stretch{start: start, end: end, id: w.source(piece.ID, f.place, i == 0)}
		if exact {
			s.start, s.end = start+piece.Start, start+piece.End
		}
		out = append(out, s)
	}
	return out
}

// source is a source of the outcome: the one that was marked, with what it won over.
func (w *writer) source(id origin.ID, place string, first bool) origin.ID {
	losers := w.losers[place]
	if !first || len(losers) == 0 {
		return w.id(fmt.Sprint("mark ", id), func() model.Value { return w.marker.sources.Source(id) })
	}
	return w.id(fmt.Sprint("mark ", id, " at ", place), func() model.Value {
		v := w.marker.sources.Source(id)
		for _, loser := range losers {
			v = v.Over(loser)
		}
		return v
	})
}

// rest gives the texts that matter and were not traced the coarse origin that they have:
// the overlay that they were put together by. What a part that is missing might have
// changed is not known.
func (w *writer) rest(t *tokens, root *yaml.Node, o object, traced map[*yaml.Node]bool) []stretch {
	var out []stretch
	add := func(n *yaml.Node, id origin.ID) {
		if start, end := t.span(n); end > start {
			out = append(out, stretch{start: start, end: end, id: id})
		}
	}
	eachText(root, func(n *yaml.Node) {
		if certain, ok := traced[n]; (certain || !ok) && standsIn(n.Value) {
			add(n, w.id("stand-in", func() model.Value {
				return *unknown(w.root(), model.WhyUnsupported, "the text that kustomize edit puts there")
			}))
		}
		if w.vars != nil && strings.Contains(n.Value, "$(") {
			add(n, w.id("vars", func() model.Value { return *w.vars }))
		}
	})
	eachEntry(root, func(n *yaml.Node) {
		if _, ok := traced[n]; !ok {
			add(n, w.coarse(o))
		}
	})
	return out
}

// coarse is the origin of what has no exact one.
func (w *writer) coarse(o object) origin.ID {
	return w.id("coarse "+o.key(), func() model.Value {
		return known("", model.Hop{At: w.root(), Kind: model.KindKustomize, What: "build of " + o.kind + "/" + o.name})
	})
}

// covers reports whether all of a text comes from the pieces, but for cuts between them.
func (w *writer) covers(text string, pieces []origin.Piece) bool {
	left := []byte(text)
	for _, piece := range pieces {
		for i := piece.Start; i < piece.End; i++ {
			left[i] = 0
		}
	}
	rest := strings.ReplaceAll(string(left), "\x00", "")
	for _, cut := range w.marker.cuts {
		rest = strings.ReplaceAll(rest, cut, "")
	}
	return rest == ""
}

func eachText(n *yaml.Node, do func(*yaml.Node)) {
	if n.Kind == yaml.ScalarNode {
		do(n)
	}
	for _, c := range n.Content {
		eachText(c, do)
	}
}

// eachEntry visits the values of variables, and the entries of ConfigMaps and Secrets.
func eachEntry(root *yaml.Node, do func(*yaml.Node)) {
	if kind := scalar(exact(root, "kind")); kind == "Secret" || kind == "ConfigMap" {
		for _, field := range []string{"data", "stringData", "binaryData"} {
			if m := exact(root, field); m != nil && m.Kind == yaml.MappingNode {
				for i := 1; i < len(m.Content); i += 2 {
					eachText(m.Content[i], do)
				}
			}
		}
	}
	eachVariable(root, do)
}

func eachVariable(n *yaml.Node, do func(*yaml.Node)) {
	if env := exact(n, "env"); env != nil && env.Kind == yaml.SequenceNode {
		for _, item := range env.Content {
			if v := exact(item, "value"); v != nil && v.Kind == yaml.ScalarNode {
				do(v)
			}
		}
	}
	for _, c := range n.Content {
		eachVariable(c, do)
	}
}

// tokens tells where the scalars of a text as kustomize writes it stand.
type tokens struct {
	text  string
	index *pos.Index
	nodes map[[2]int]*yaml.Node
	last  *yaml.Node
	end   map[*yaml.Node]int // of scalars over several lines
}

func (t *tokens) read(n *yaml.Node) {
	if t.nodes == nil {
		t.nodes = map[[2]int]*yaml.Node{}
	}
	if n.Kind == yaml.ScalarNode {
		t.close(t.index.Offset(n.Line, 1))
		t.nodes[[2]int{n.Line, n.Column}] = n
		t.last = n
	}
	for _, c := range n.Content {
		t.read(c)
	}
	if n.Kind == yaml.MappingNode {
		t.closeAtEnd()
	}
}

func (t *tokens) closeAtEnd() {
	if t.last != nil && t.end[t.last] == 0 {
		t.end[t.last] = len(strings.TrimRight(t.text, "\n"))
	}
}

// close notes that the scalar before ends before the line of the next one.
func (t *tokens) close(line int) {
	if t.last != nil {
		t.end[t.last] = line - 1
	}
}

// span gives the bytes of a scalar.
func (t *tokens) span(n *yaml.Node) (start, end int) {
	start = t.index.Offset(n.Line, n.Column)
	if l := tokenLength(t.text[start:], n); l > 0 {
		return start, start + l
	}
	return start, max(start, t.end[n])
}

// insert puts the marks of stretches into a text. Stretches lie within one another, or
// apart.
func insert(text string, all []stretch) string {
	order.By(all, func(a, b stretch) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	var b strings.Builder
	at := 0
	for i := 0; i < len(all); {
		first := all[i]
		inner := i + 1
		for inner < len(all) && all[inner].start < first.end {
			inner++
		}
		b.WriteString(text[at:first.start])
		b.WriteString(origin.Wrap(first.id, insertFrom(text, first, all[i+1:inner])))
		at, i = first.end, inner
	}
	return b.String() + text[at:]
}

func insertFrom(text string, outer stretch, inner []stretch) string {
	shifted := slices.Clone(inner)
	for i := range shifted {
		shifted[i].start -= outer.start
		shifted[i].end = min(shifted[i].end, outer.end) - outer.start
	}
	return insert(text[outer.start:outer.end], shifted)
}
