package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The library is the one that Helm uses. It is asked here the way Helm asks it, but for
// what lies elsewhere.

var errElsewhere = errors.New("lies elsewhere")

type elsewhere struct{}

func (elsewhere) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	return nil, errElsewhere
}

// oracle is a schema of the library. What it answers is certain, unless apart is set.
type oracle struct {
	schema  *jsonschema.Schema
	refused bool
	apart   bool
}

func newOracle(data []byte) (out oracle) {
	defer func() {
		if recover() != nil {
			out = oracle{refused: true}
		}
	}()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return oracle{refused: true}
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(elsewhere{})
	if err := c.AddResource(ownName, doc); err != nil {
		return oracle{refused: true}
	}
	s, err := c.Compile(ownName)
	return oracle{schema: s, refused: err != nil, apart: errors.Is(err, errElsewhere)}
}

func (o oracle) valid(value any) (valid bool) {
	defer func() {
		if recover() != nil {
			valid = false
		}
	}()
	return o.schema.Validate(value) == nil
}

// agree compares a decisive answer about a value that is known throughout with the
// library. It reports whether the answer is decisive.
func agree(t *testing.T, text string, s *Schema, o oracle, value any) bool {
	t.Helper()
	answer, found := s.Validate(value)
	if (answer == Broken) != (len(found) > 0) {
		t.Errorf("schema %s\nvalue %s: answer %d with the violations %v", text, show(value), answer, found)
	}
	if answer == NotKnown || o.apart {
		return answer != NotKnown
	}
	if valid := o.valid(value); valid != (answer == Holds) {
		t.Errorf("schema %s\nvalue %s\nthe library says %v, and this package says %d: %v", text, show(value), valid, answer, found)
	}
	return true
}

func show(v any) string {
	text, err := json.Marshal(shown(v))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func shown(v any) any {
	switch v := v.(type) {
	case Unknown:
		return "<unknown>"
	case map[string]any:
		out := map[string]any{}
		for key, child := range v {
			out[key] = shown(child)
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, shown(item))
		}
		return out
	}
	return v
}

// parse reads a schema with both. It reports whether there is something to ask.
func parse(t *testing.T, text string) (*Schema, oracle, bool) {
	t.Helper()
	s, err := Parse([]byte(text))
	o := newOracle([]byte(text))
	if err != nil && !o.refused {
		t.Errorf("schema %s: the library takes it, and this package refuses it", text)
	}
	if err == nil && s.root != nil && !s.apart && o.refused && !o.apart {
		t.Errorf("schema %s: the library refuses it, and this package takes it", text)
	}
	return s, o, err == nil && o.schema != nil
}
