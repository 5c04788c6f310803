package deploy

import (
	"encoding/json"
	"errors"
	"slices"
	"sort"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

const kindHelmfile = "helmfile"

// maxInline bounds the nodes of values written in place.
const maxInline = 20_000

// literal is where a stretch of a template's own text stands.
type literal struct {
	file   string
	index  *pos.Index
	offset int
}

// textRun is a piece of a rendered text with everything that it comes from.
type textRun struct {
	start, end int
	ids        []origin.ID
}

// helmfileText is YAML with the origin of each of its bytes.
type helmfileText struct {
	h     *helmfileRun
	file  string
	plain string
	index *pos.Index
	runs  []textRun // side by side
}

func (h *helmfileRun) text(file, marked string) *helmfileText {
	plain, pieces := origin.Strip(marked)
	return &helmfileText{h: h, file: file, plain: plain, index: pos.NewIndex([]byte(plain)), runs: stretches(pieces, len(plain))}
}

// literalText marks a text as standing in a file.
func (h *helmfileRun) literalText(file string, data []byte) string {
	return h.literalAt(file, string(data), 0, string(data))
}

// stretches cuts nested pieces at every place where one begins or ends.
func stretches(pieces []origin.Piece, length int) []textRun {
	cuts := []int{0, length}
	for _, p := range pieces {
		cuts = append(cuts, p.Start, p.End)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []textRun
	var open []origin.Piece
	next := 0
	for i := 0; i+1 < len(cuts); i++ {
		for next < len(pieces) && pieces[next].Start <= cuts[i] {
			open = append(open, pieces[next])
			next++
		}
		open = slices.DeleteFunc(open, func(p origin.Piece) bool { return p.End <= cuts[i] })
		s := textRun{start: cuts[i], end: cuts[i+1]}
		for _, p := range open {
			s.ids = append(s.ids, p.ID)
		}
		out = append(out, s)
	}
	return out
}

// between are the values of the bytes from start up to end.
func (t *helmfileText) between(start, end int, what string) word {
	var w word
	first := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].end > start })
	for _, s := range t.runs[first:] {
		if s.start >= end {
			break
		}
		from, to := max(s.start, start), min(s.end, end)
		w.add(t.piece(s, from, to, what))
	}
	return w
}

// piece is one stretch of a scalar. What an action put there gets the place of the action.
func (t *helmfileText) piece(s textRun, from, to int, what string) model.Value {
	hop := model.Hop{At: t.at(from, to), Kind: kindHelmfile, What: what}
	v := model.Value{State: model.Known, Text: secret.New(t.plain[from:to])}
	var trails []model.Trail
	own := len(s.ids) == 0
	for _, id := range s.ids {
		if _, ok := t.h.literals[id]; ok {
			own = true
			continue
		}
		source := t.h.marks.Source(id)
		if source.State == model.Unknown {
			return model.UnknownBecause(source.Why, source.Needs, source.Trail.Append(hop))
		}
		own = false
		trails = append(trails, source.Trail)
	}
	hop.Literal = own
	v.Trail = model.Join(trails...).Append(hop)
	return v
}

// at is the place in the file of a stretch of the rendered text, or of the action that put
// it there: behind the text of the file before it.
func (t *helmfileText) at(from, to int) pos.Span {
	i := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].end > from })
	for ; i >= 0 && i < len(t.runs); i-- {
		s := t.runs[i]
		for _, id := range s.ids {
			l, ok := t.h.literals[id]
			if !ok {
				continue
			}
			begin := l.offset + min(from, s.end) - t.h.startOf(t, i, id)
			if from >= s.end {
				return l.index.Span(l.file, begin, begin)
			}
			return l.index.Span(l.file, begin, begin+to-from)
		}
	}
	return pos.Span{File: t.file}
}

// startOf is where the piece of id that reaches over run i begins.
func (h *helmfileRun) startOf(t *helmfileText, i int, id origin.ID) int {
	for i > 0 && slices.Contains(t.runs[i-1].ids, id) {
		i--
	}
	return t.runs[i].start
}

// word is a scalar with all that it comes from.
func (t *helmfileText) word(n *yaml.Node, what string) word {
	n = followed(n)
	if n.Kind != yaml.ScalarNode {
		return wordOf(model.UnknownBecause(model.WhyUnsupported, "a plain text in the helmfile", model.Trail{}))
	}
	if n.Tag == "!!null" {
		return word{}
	}
	start, end := t.extent(n)
	raw := t.between(start, end, what)
	if inner := strings.Index(raw.text, n.Value); inner >= 0 && len(raw.text)-len(n.Value) <= 2 && n.Value != "" {
		return raw.slice(inner, inner+len(n.Value))
	}
	if n.Value == "" {
		return plain("")
	}
	if n.Style&yaml.LiteralStyle != 0 || raw.unknown() == nil {
		if u := raw.unknown(); u != nil {
			return wordOf(model.UnknownBecause(u.Why, u.Needs, raw.value().Trail))
		}
		v := raw.as(n.Value)
		v.Parts = nil
		return wordOf(v)
	}
	u := raw.unknown()
	return wordOf(model.UnknownBecause(u.Why, u.Needs, u.Trail))
}

func (t *helmfileText) extent(n *yaml.Node) (start, end int) {
	start = t.index.Offset(n.Line, n.Column)
	return start, strict.ScalarEnd(t.plain, start, n)
}

func (t *helmfileText) span(n *yaml.Node) pos.Span {
	start, end := t.extent(followed(n))
	return t.at(start, min(end, start+1))
}

// followed is what an alias stands for.
func followed(n *yaml.Node) *yaml.Node {
	for range 20 {
		if n.Kind != yaml.AliasNode {
			break
		}
		n = n.Alias
	}
	return n
}

// field is a scalar of a mapping; empty when it is not there.
func (t *helmfileText) field(n *yaml.Node, name string) word {
	if n == nil {
		return word{}
	}
	p, ok := strict.Find(n, name)
	if !ok {
		return word{}
	}
	return t.word(p.Value, name)
}

var errHelmfile = errors.New("is not valid YAML")

// document parses the text as one document.
func (t *helmfileText) document() (n *yaml.Node, err error) {
	defer func() {
		if recover() != nil { // the parser's own defects must not reach the user
			n, err = nil, errHelmfile
		}
	}()
	decoder := yaml.NewDecoder(strings.NewReader(t.plain))
	var found *yaml.Node
	for range maxHelmfiles {
		var doc yaml.Node
		if err := decoder.Decode(&doc); err != nil {
			if err.Error() == "EOF" {
				return found, nil
			}
			return nil, errHelmfile
		}
		if len(doc.Content) == 0 || doc.Content[0].Kind == yaml.ScalarNode && doc.Content[0].Tag == "!!null" {
			continue
		}
		if found != nil || !plainNames(doc.Content[0]) {
			return nil, errHelmfile
		}
		found = doc.Content[0]
	}
	return nil, errHelmfile
}

// plainNames reports whether all names in mappings are texts that are known. An action that
// was not run reads as a mapping that is the name of another.
func plainNames(n *yaml.Node) bool {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && (followed(c).Kind != yaml.ScalarNode || strings.Contains(c.Value, blank)) || !plainNames(c) {
			return false
		}
	}
	return true
}

// inline is a node as a text of its own: JSON, which is YAML. Its pieces keep their trails.
func (t *helmfileText) inline(n *yaml.Node) model.Value {
	left := maxInline
	var w word
	t.write(n, &w, &left)
	if left < 0 {
		return model.UnknownBecause(model.WhyLimit, "smaller values in the helmfile", model.Trail{})
	}
	return joinedWord(w).whole()
}

// joinedWord joins neighbouring pieces that come from nowhere.
func joinedWord(w word) word {
	var out word
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out.add(model.Value{State: model.Known, Text: secret.New(text.String())})
			text.Reset()
		}
	}
	for _, p := range w.parts {
		if p.value.State == model.Known && p.value.Trail.IsEmpty() {
			text.WriteString(p.value.Text.Reveal())
			continue
		}
		flush()
		out.add(p.value)
	}
	flush()
	return out
}

func (t *helmfileText) write(n *yaml.Node, w *word, left *int) {
	put := func(text string) { w.add(model.Value{State: model.Known, Text: secret.New(text)}) }
	if *left--; *left < 0 {
		put("null")
		return
	}
	n = followed(n)
	switch n.Kind {
	case yaml.MappingNode:
		put("{")
		for i, name := range strict.Names(n) {
			if i > 0 {
				put(",")
			}
			put(jsonText(name) + ":")
			p, _ := strict.Find(n, name)
			t.write(p.Value, w, left)
		}
		put("}")
	case yaml.SequenceNode:
		put("[")
		for i, c := range n.Content {
			if i > 0 {
				put(",")
			}
			t.write(c, w, left)
		}
		put("]")
	default:
		t.leaf(n, w)
	}
}

// leaf writes one scalar as helmfile does, which reads YAML 1.2 and writes it again.
func (t *helmfileText) leaf(n *yaml.Node, w *word) {
	v := t.word(n, "values")
	if n.Tag != "!!str" && v.unknown() == nil {
		var x any
		if err := n.Decode(&x); err == nil {
			if at, ok := x.(time.Time); ok {
				data, _ := yaml.Marshal(at)
				x = strings.TrimSpace(string(data))
			}
			if data, err := json.Marshal(x); err == nil {
				w.add(withTrail(string(data), v))
				return
			}
		}
		v = wordOf(model.UnknownBecause(model.WhyUnsupported, "a number that JSON can hold", v.value().Trail))
	}
	w.add(model.Value{State: model.Known, Text: secret.New(`"`)})
	for _, p := range v.parts {
		if p.value.State == model.Known {
			quoted := jsonText(p.value.Text.Reveal())
			p.value.Text = secret.New(quoted[1 : len(quoted)-1])
		}
		w.add(p.value)
	}
	w.add(model.Value{State: model.Known, Text: secret.New(`"`)})
}

func withTrail(text string, w word) model.Value {
	v := w.value()
	return model.Value{State: model.Known, Text: secret.New(text), Trail: v.Trail}
}

// jsonText is a text in quotes.
func jsonText(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
