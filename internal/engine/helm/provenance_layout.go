package helm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/origin"
)

// layout is a text of YAML with the places of its nodes, for telling whether stretches of it
// can be left out without a change to the rest.
type layout struct {
	text    string
	docs    []*yaml.Node
	starts  map[*yaml.Node]int
	nodes   [][2]int // entries of maps and lists, and objects: from their first to their last byte
	scalars [][2]int
	out     []origin.Range // the stretches that can be left out
	spent   int            // bytes of text read once more
	work    int
}

// The limits of what may be there, beyond which all of a text is taken for unknown.
const (
	maxReread = 16 << 20
	maxPlaced = 1 << 26
)

// layoutOf reads a text. It reports false for one whose parts refer to each other.
func layoutOf(text string) (*layout, bool) {
	docs, ok := documentsOf(text)
	l := &layout{text: text, docs: docs, starts: map[*yaml.Node]int{}}
	places := newPlaces([]byte(text))
	for _, doc := range docs {
		start, end, whole := l.read(places, doc, 0)
		l.nodes = append(l.nodes, [2]int{start, end})
		ok = ok && whole
	}
	return l, ok
}

func documentsOf(text string) ([]*yaml.Node, bool) {
	var docs []*yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, true
		}
		if err != nil {
			return nil, false
		}
		docs = append(docs, &doc)
	}
}

// read notes where a node and all below it start and end.
func (l *layout) read(places *places, n *yaml.Node, depth int) (start, end int, ok bool) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || depth > deepest {
		return 0, 0, false
	}
	start = places.at(n.Line, n.Column)
	end = start
	l.starts[n] = start
	if n.Kind == yaml.ScalarNode {
		from, to := places.span(n)
		l.scalars = append(l.scalars, [2]int{start, to})
		return start, to, to > from || n.Value == ""
	}
	for i, c := range n.Content {
		from, to, whole := l.read(places, c, depth+1)
		if !whole {
			return 0, 0, false
		}
		end = max(end, to)
		switch {
		case n.Kind == yaml.SequenceNode:
			l.nodes = append(l.nodes, [2]int{from, to})
		case n.Kind == yaml.MappingNode && i%2 == 1:
			l.nodes = append(l.nodes, [2]int{l.starts[n.Content[i-1]], to})
		}
	}
	return start, end, true
}

const deepest = 200

// placed says how a stretch lies among the nodes of a text.
type placed uint8

const (
	torn     placed = iota // it ends amid something that begins within it
	inScalar               // it is a part of one value, or all of it
	nowhere                // nothing is in it
	separate               // it can be left out
)

// trimmed is the stretch of a piece without the blanks around it.
func (l *layout) trimmed(p piece) origin.Range {
	text := l.text[p.start:p.end]
	start := p.start + len(text) - len(strings.TrimLeft(text, " \t\r\n"))
	return origin.Range{Start: start, End: max(start, p.start+len(strings.TrimRight(text, " \t\r\n")))}
}

// place tells how a piece lies in the text.
func (l *layout) place(p piece) placed {
	if p.start >= p.end {
		return nowhere
	}
	l.work += len(l.nodes) + len(l.scalars)
	if l.work > maxPlaced {
		return torn
	}
	r := l.trimmed(p)
	found := nowhere
	for _, s := range l.scalars {
		switch {
		case s[0] == s[1] || r.End <= s[0] || s[1] <= r.Start:
		case s[0] <= r.Start && r.End <= s[1]:
			return inScalar
		case !r.Covers(s[0], s[1]):
			return torn
		}
	}
	for _, n := range l.nodes {
		switch {
		case r.End <= n[0] || n[1] < r.Start || n[0] < r.Start:
		case !r.Covers(n[0], n[1]):
			return torn
		default:
			found = separate
		}
	}
	switch {
	case r.Start == r.End:
		return nowhere
	case found == nowhere:
		return torn
	case !l.sameWithout([]origin.Range{{Start: p.start, End: p.end}}):
		return torn
	}
	l.out = append(l.out, origin.Range{Start: p.start, End: p.end})
	return separate
}

// standsWithout reports whether the rest stays what it is when all that can be left out is.
func (l *layout) standsWithout() bool {
	order.By(l.out, func(a, b origin.Range) int { return a.Start - b.Start })
	var apart []origin.Range
	for _, r := range l.out {
		if n := len(apart); n > 0 && r.Start < apart[n-1].End {
			apart[n-1].End = max(apart[n-1].End, r.End)
			continue
		}
		apart = append(apart, r)
	}
	return len(apart) < 2 || l.sameWithout(apart)
}

// sameWithout reads the text without some stretches, and reports whether that leaves what
// is around them as it is.
func (l *layout) sameWithout(gone []origin.Range) bool {
	if l.spent += len(l.text); l.spent > maxReread {
		return false
	}
	var rest strings.Builder
	at := 0
	for _, r := range gone {
		rest.WriteString(l.text[at:r.Start])
		at = r.End
	}
	rest.WriteString(l.text[at:])
	docs, ok := documentsOf(rest.String())
	if !ok {
		return false
	}
	var want, got strings.Builder
	for _, doc := range l.docs {
		l.shape(&want, doc, gone)
		want.WriteString("\n")
	}
	for _, doc := range docs {
		l.shape(&got, doc, nil)
		got.WriteString("\n")
	}
	return objects(want.String()) == objects(got.String())
}

// objects leaves out the documents in which nullTag stands.
func objects(shapes string) string {
	return strings.ReplaceAll("\n"+shapes, "\n"+nullTag, "")
}

const nullTag = "!!null"

// shape writes a node, without those that start in stretches that are gone.
func (l *layout) shape(b *strings.Builder, n *yaml.Node, gone []origin.Range) {
	// A map starts where its first entry does, and need not be gone with it.
	if n.Kind == yaml.ScalarNode && (n.ShortTag() == nullTag || l.isGone(n, gone)) {
		b.WriteString(nullTag)
		return
	}
	if n.Kind == yaml.ScalarNode {
		fmt.Fprintf(b, "%s %q", n.ShortTag(), n.Value)
		return
	}
	left := 0
	var inner strings.Builder
	for i, c := range n.Content {
		of := c
		if n.Kind == yaml.MappingNode {
			of = n.Content[i&^1]
		}
		if l.isGone(of, gone) {
			continue
		}
		left++
		l.shape(&inner, c, gone)
		inner.WriteByte(',')
	}
	switch {
	case left == 0 || n.Kind == yaml.DocumentNode:
		b.WriteString(strings.TrimSuffix(inner.String(), ","))
		if left == 0 {
			b.WriteString(nullTag)
		}
	default:
		fmt.Fprintf(b, "%d(%s)", n.Kind, inner.String())
	}
}

func (l *layout) isGone(n *yaml.Node, gone []origin.Range) bool {
	start, ok := l.starts[n]
	return ok && slices.ContainsFunc(gone, func(r origin.Range) bool { return r.Start <= start && start < r.End })
}
