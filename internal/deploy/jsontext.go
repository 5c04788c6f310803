package deploy

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// maxNesting bounds how deeply structures may be nested.
const maxNesting = 100

// errNesting says that a text is nested too deeply.
var errNesting = errors.New("is nested too deeply")

// tree is a structure that was read from JSON or a shorthand for it.
type tree struct {
	kind    byte // 's' text, 'o' object, 'a' list, 'n' anything else
	text    string
	names   []string // of an object, in order; a name that stands twice counts last
	members map[string]*tree
	items   []*tree
	value   model.Value // of a text
}

// get follows names through objects; nil when there is none.
func (t *tree) get(names ...string) *tree {
	for _, n := range names {
		if t == nil || t.members == nil {
			return nil
		}
		t = t.members[n]
	}
	return t
}

// string gives a text that is known.
func (t *tree) string() (string, bool) {
	if t == nil || t.kind != 's' || t.value.State != model.Known {
		return "", false
	}
	return t.text, true
}

func (t *tree) set(name string, child *tree) {
	if _, ok := t.members[name]; !ok {
		t.names = append(t.names, name)
	}
	t.members[name] = child
}

func newObject() *tree { return &tree{kind: 'o', members: map[string]*tree{}} }

// source turns stretches of a text into values.
type source func(start, end int, text string) model.Value

// source gives the values of the word's own text.
func (w word) source(start, end int, text string) model.Value {
	piece := w.slice(start, end)
	if piece.text == text {
		return piece.value()
	}
	return piece.as(text)
}

// fileSource gives the values of a file's text.
func fileSource(name, text, what string) source {
	index := pos.NewIndex([]byte(text))
	return func(start, end int, text string) model.Value {
		return model.KnownText(text, model.Hop{At: index.Span(name, start, end), Kind: model.KindFile, What: what, Literal: true})
	}
}

// jsonReader reads JSON and keeps where every text stands.
type jsonReader struct {
	text  string
	dec   *json.Decoder
	from  source
	depth int
}

// readJSON reads one JSON value and nothing behind it.
func readJSON(text string, from source) (*tree, error) {
	r := &jsonReader{text: text, dec: json.NewDecoder(strings.NewReader(text)), from: from}
	r.dec.UseNumber()
	t, err := r.value()
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); err != io.EOF {
		return nil, errors.New("has more behind its end")
	}
	return t, nil
}

// token reads one token, with the place where it begins.
func (r *jsonReader) token() (json.Token, int, error) {
	start := int(r.dec.InputOffset())
	tok, err := r.dec.Token()
	if err != nil {
		return nil, 0, err
	}
	for start < len(r.text) && strings.ContainsRune(" \t\r\n,:", rune(r.text[start])) {
		start++
	}
	return tok, start, nil
}

func (r *jsonReader) value() (*tree, error) {
	tok, start, err := r.token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Delim:
		if r.depth++; r.depth > maxNesting {
			return nil, errNesting
		}
		defer func() { r.depth-- }()
		if tok == '{' {
			return r.object()
		}
		return r.list()
	case string:
		return r.string(tok, start), nil
	case json.Number:
		return &tree{kind: 'n', text: tok.String()}, nil
	case bool:
		if tok {
			return &tree{kind: 'n', text: "true"}, nil
		}
		return &tree{kind: 'n', text: "false"}, nil
	}
	return &tree{kind: 'n', text: "null"}, nil
}

func (r *jsonReader) string(text string, start int) *tree {
	v := r.from(start+1, int(r.dec.InputOffset())-1, text)
	if strings.ContainsRune(text, utf8.RuneError) && v.State == model.Known {
		v = model.UnknownBecause(model.WhyUnsupported, "a text that is not Unicode", v.Trail)
	}
	return &tree{kind: 's', text: text, value: v}
}

func (r *jsonReader) object() (*tree, error) {
	t := newObject()
	for r.dec.More() {
		key, _, err := r.token()
		if err != nil {
			return nil, err
		}
		child, err := r.value()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		t.set(name, child)
	}
	_, err := r.dec.Token()
	return t, err
}

func (r *jsonReader) list() (*tree, error) {
	t := &tree{kind: 'a'}
	for r.dec.More() {
		child, err := r.value()
		if err != nil {
			return nil, err
		}
		t.items = append(t.items, child)
	}
	_, err := r.dec.Token()
	return t, err
}
