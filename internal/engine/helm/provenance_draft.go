package helm

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// draft is a document before it is handed over.
type draft struct {
	name  string
	v     *val
	doubt *model.Value
}

// document puts in what may be there, and leaves out of doubt what names it: of an object
// that is there or not, kind and name are certain; of an entry of a list, its name.
func (d *draft) document(e *eval) origin.Document {
	v := d.v
	text := v.v.(string)
	pieces := e.spread(v)
	if d.doubt != nil {
		pieces = append(pieces[:len(pieces):len(pieces)], piece{end: len(text), id: e.add(*d.doubt, true)})
	}
	if slices.ContainsFunc(pieces, func(p piece) bool { return p.extra != nil || e.notes[p.id].maybe }) {
		all, known, ok := e.complete(&val{v: text, p: pieces})
		if !ok {
			all, known = text, e.clouded(text, pieces)
		}
		text, pieces = all, known
	}
	return origin.Document{Name: d.name, Text: origin.FromPieces(text, e.ordered(text, pieces), e.marks)}
}

// complete gives the text with all that may be there in it. It reports false when that is
// no YAML, has a key twice, or depends on what may be there in more than that.
func (e *eval) complete(v *val) (string, []piece, bool) {
	whole := filled(v, 0)
	text := whole.v.(string)
	spared, ok := identities(text)
	if !ok {
		return "", nil, false
	}
	var layout *layout
	var pieces []piece
	for _, p := range whole.p {
		n := e.notes[p.id]
		if !n.maybe {
			pieces = append(pieces, p)
			continue
		}
		if n.either {
			pieces = append(pieces, around(p, spared)...)
			continue
		}
		if layout == nil {
			if layout, ok = layoutOf(text); !ok {
				return "", nil, false
			}
		}
		switch layout.place(p) {
		case torn:
			return "", nil, false
		case inScalar:
			pieces = append(pieces, p)
		case separate:
			p.whole = layout.trimmed(p)
			pieces = append(pieces, parts(p, spared)...)
		}
	}
	return text, pieces, layout == nil || layout.standsWithout()
}

// parts gives a piece that may be missing outside of what is spared; at least one byte of it.
func parts(p piece, spared [][2]int) []piece {
	out := around(p, spared)
	if len(out) == 0 {
		p.start = p.end - 1
		out = []piece{p}
	}
	for i := range out {
		out[i].whole = p.whole
	}
	return out
}

// filled puts in what may be there.
func filled(v *val, depth int) *val {
	text := v.v.(string)
	var holes []piece
	for _, p := range v.p {
		if p.extra != nil && depth < maxHoles {
			holes = append(holes, p)
		}
	}
	if len(holes) == 0 {
		return v
	}
	order.By(holes, func(a, b piece) int { return cmp.Compare(a.start, b.start) })
	var r rope
	at := 0
	put := make([]int, 0, len(holes)) // how much is put in, up to and with each
	for _, h := range holes {
		r.b = append(r.b, text[at:h.start]...)
		at = h.start
		in := filled(h.extra, depth+1)
		r.add(in.v.(string), in)
		put = append(put, len(r.b)-at)
	}
	r.b = append(r.b, text[at:]...)
	moved := func(at int, after bool) int {
		n := 0
		for n < len(holes) && (holes[n].start < at || after && holes[n].start == at) {
			n++
		}
		if n == 0 {
			return at
		}
		return at + put[n-1]
	}
	for _, p := range v.p {
		if p.extra == nil {
			r.p = append(r.p, piece{start: moved(p.start, true), end: moved(p.end, false), id: p.id})
		}
	}
	return &val{v: string(r.b), p: append(r.p, spreadOf(v, len(r.b))...)}
}

func spreadOf(v *val, length int) []piece {
	var out []piece
	for _, id := range v.src {
		out = append(out, piece{end: length, id: id})
	}
	return out
}

const maxHoles = 64 // of texts that may be there within others

// clouded marks all of a text as not known, for the reason of what cannot be placed in it.
func (e *eval) clouded(text string, pieces []piece) []piece {
	for _, p := range pieces {
		if p.extra != nil || e.notes[p.id].maybe {
			return append(pieces[:len(pieces):len(pieces)], piece{end: len(text), id: e.undecidedSource(ids{p.id}, false, false)})
		}
	}
	return pieces
}

// ordered gives pieces as an origin.Text wants them.
func (e *eval) ordered(text string, pieces []piece) []origin.Piece {
	out := make([]origin.Piece, 0, len(pieces))
	for _, p := range pieces {
		if p.start == p.end {
			p.start, p.end = beside(text, p.start)
		}
		if p.start < p.end {
			out = append(out, origin.Piece{Start: p.start, End: p.end, ID: p.id, Maybe: p.whole.End > 0, Whole: p.whole})
		}
	}
	order.By(out, func(a, b origin.Piece) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	return out
}

// beside gives the characters next to an empty text that are part of the same scalar: it
// has no bytes of its own that could have an origin.
func beside(text string, at int) (start, end int) {
	start, end = at, at
	if at > 0 && scalarByte(text[at-1]) {
		start--
	}
	if at < len(text) && scalarByte(text[at]) {
		end++
	}
	return start, end
}

func scalarByte(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || strings.IndexByte(`"'[]()<>,;/=-_.@`, b) >= 0
}

// around gives the parts of a piece outside of the stretches that are spared.
func around(p piece, spared [][2]int) []piece {
	var out []piece
	i, _ := slices.BinarySearchFunc(spared, p.start, func(s [2]int, at int) int { return cmp.Compare(s[1], at) })
	for ; i < len(spared) && spared[i][0] < p.end; i++ {
		if s := spared[i]; s[0] > p.start {
			out = append(out, piece{start: p.start, end: s[0], id: p.id})
		}
		p.start = max(p.start, spared[i][1])
	}
	if p.start < p.end {
		out = append(out, p)
	}
	return out
}

// identities finds what names objects and entries in a stream of YAML: keys, kinds and
// names. It reports false when the text is no YAML, or has a key twice.
func identities(text string) ([][2]int, bool) {
	x := &marker{text: text, index: pos.NewIndex([]byte(text))}
	dec := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var docs []*yaml.Node
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false
		}
		docs = append(docs, &doc)
		x.order(&doc)
	}
	n := &namer{marker: x}
	for _, doc := range docs {
		for _, c := range doc.Content {
			n.walk(c, "", 0)
		}
	}
	order.By(n.found, func(a, b [2]int) int { return cmp.Compare(a[0], b[0]) })
	return n.found, !n.twice
}

// namer collects what names things in YAML.
type namer struct {
	*marker
	found [][2]int
	twice bool
}

func (n *namer) spare(node *yaml.Node) {
	n.found = append(n.found, [2]int{n.start(node), n.end(node)})
}

// walk goes through a node that stands under a key.
func (n *namer) walk(node *yaml.Node, under string, depth int) {
	switch node.Kind {
	case yaml.SequenceNode:
		for _, item := range node.Content {
			if item.Kind == yaml.MappingNode && under != "imagePullSecrets" {
				n.nameOf(item, "name")
			}
			n.walk(item, under+"[]", depth+1)
		}
	case yaml.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			n.twice = n.twice || seen[key.Value]
			seen[key.Value] = true
			n.spare(key)
			n.walk(node.Content[i+1], key.Value, depth+1)
		}
		if depth == 0 {
			n.nameOf(node, "apiVersion", "kind")
		}
		if depth == 1 && under == "metadata" {
			n.nameOf(node, "name", "namespace")
		}
	}
}

func (n *namer) nameOf(m *yaml.Node, keys ...string) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if slices.Contains(keys, m.Content[i].Value) && m.Content[i+1].Kind == yaml.ScalarNode {
			n.spare(m.Content[i+1])
		}
	}
}

// skeleton lists the keys and names in lines of YAML.
func skeleton(text string) map[string]bool {
	out := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.ContainsAny(line, "[{") || naming().MatchString(line) || strings.HasPrefix(line, "---") {
			out[line] = true
		}
		if m := tokenKey().FindStringSubmatch(line); m != nil {
			out[m[1]] = true
		}
	}
	return out
}

var naming = lazy.Regexp(`^(?:-[ \t]+)*(?:name|kind|apiVersion|namespace):`)

// covers reports whether all keys and names of b are in a as well.
func covers(a, b string) bool {
	have := skeleton(a)
	for key := range skeleton(b) {
		if !have[key] {
			return false
		}
	}
	return true
}
