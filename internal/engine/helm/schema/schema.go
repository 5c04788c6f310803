// Package schema says whether values that are partly unknown obey a JSON schema, the way
// that Helm takes it: drafts 4, 6, 7, 2019-09 and 2020-12.
//
// There are three answers. [Holds] and [Broken] are given only when they are certain,
// whatever the unknown parts turn out to be; everything else is [NotKnown]. A schema that
// fetches parts from elsewhere is never fetched: those parts are not known.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// Unknown stands in a value for a part of which nothing is known. As the value of a key it
// may as well not be there; as an item of a list it is there.
type Unknown struct{}

// Answer says whether values obey a schema.
type Answer uint8

// The answers.
const (
	NotKnown Answer = iota
	Holds
	Broken
)

// Violation is a rule that is broken for certain.
type Violation struct {
	Path []string // keys, and indices in decimal
	Rule string   // the keyword of the schema
}

// ErrRefused says that Helm refuses the schema itself.
var ErrRefused = errors.New("the schema is refused")

// Schema is a schema that can be asked. One that is beyond what this package understands
// answers NotKnown to everything.
type Schema struct {
	root  *rules // nil when nothing is known of the schema
	apart bool   // parts of it lie elsewhere
}

// Parse reads a schema. The error is ErrRefused, and certain.
func Parse(data []byte) (*Schema, error) {
	if len(data) > maxBytes {
		return &Schema{}, nil
	}
	root, err := decode(data)
	if err != nil {
		return nil, ErrRefused
	}
	d := newDocument(root)
	if d.draft == 0 {
		return &Schema{}, nil
	}
	d.schema(root, "", nil, 0)
	c := &compiler{doc: d, known: map[string]*rules{}}
	out := &Schema{}
	if !d.odd && !d.refused {
		out.root = c.compile(root)
		out.apart = c.apart
	}
	switch {
	case d.odd:
		return &Schema{}, nil
	case d.refused:
		return nil, ErrRefused
	}
	return out, nil
}

func decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return out, nil
}

// Validate asks about a value: nil, bool, string, float64, int64, [json.Number], []any,
// map[string]any and Unknown. What is broken is listed once each, in an order that does not
// change. The list is never empty when the answer is Broken.
func (s *Schema) Validate(value any) (Answer, []Violation) {
	if s.root == nil {
		return NotKnown, nil
	}
	r := &run{steps: maxSteps}
	var found []Violation
	answer := r.check(visit{rules: s.root, value: value, place: &place{}, out: &found})
	if answer == Holds && s.apart {
		answer = NotKnown // what lies elsewhere may not be there
	}
	if answer != Broken {
		return answer, nil
	}
	return answer, once(found)
}

// once leaves out what is said twice.
func once(found []Violation) []Violation {
	var out []Violation
	for _, v := range found {
		same := func(o Violation) bool { return o.Rule == v.Rule && slices.Equal(o.Path, v.Path) }
		if !slices.ContainsFunc(out, same) {
			out = append(out, v)
		}
	}
	return out
}
