package provider

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Bounds of a path: no answer is nested as deep as this.
const (
	maxPathText  = 500
	maxPathSteps = 40
	maxPathFound = 10_000
	maxIndex     = 9_999
)

// Path is a JSON path: $.a.b, $.list[0].c, $.list[*].c, $['odd name'], $ for the
// whole document. The empty Path leads nowhere.
type Path string

// pathStep is one step: into a field, into an element of a list, or into all of them.
type pathStep struct {
	name  string
	index int // -1: a field; allItems: every element
}

const (
	aField   = -1
	allItems = -2
)

// DecodeStrict reads the path and refuses one with a mistake in it.
func (p *Path) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	var text string
	r.Decode(n, &text)
	if n.Kind != yaml.ScalarNode {
		return
	}
	checkPath(r, n, Path(text))
	*p = Path(text)
}

func checkPath(r *strict.Reader, n *yaml.Node, p Path) {
	if _, err := p.steps(); err != nil {
		r.Fail(n, "write it like $.user.id, $.list[0], $.list[*].id or $['odd name']", "is not a JSON path: %v", err)
	}
}

// JSONSchema describes a path.
func (p Path) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "pattern": `^\$`, "description": "JSON path, such as $.user.id"}
}

// Get finds the value in a decoded JSON document. A path with [*] gives the list of
// everything it leads to, and nothing when that is empty.
func (p Path) Get(doc any) (any, bool) {
	found, all := p.find(doc)
	switch {
	case len(found) == 0:
		return nil, false
	case all:
		return found, true
	}
	return found[0], true
}

// find lists every value that the path leads to; all tells whether the path has [*].
func (p Path) find(doc any) (found []any, all bool) {
	steps, err := p.steps()
	if err != nil {
		return nil, false
	}
	found = []any{doc}
	for _, s := range steps {
		all = all || s.index == allItems
		var next []any
		for _, v := range found {
			next = append(next, s.into(v)...)
		}
		if len(next) > maxPathFound {
			return nil, all
		}
		found = next
	}
	return found, all
}

func (s pathStep) into(v any) []any {
	if s.index == aField {
		if object, ok := v.(map[string]any); ok {
			if item, ok := object[s.name]; ok {
				return []any{item}
			}
		}
		return nil
	}
	list, ok := v.([]any)
	switch {
	case !ok:
		return nil
	case s.index == allItems:
		return list
	case s.index < len(list):
		return list[s.index : s.index+1]
	}
	return nil
}

// through reports whether the path leads through a field of this name.
func (p Path) through(name string) bool {
	steps, _ := p.steps()
	return slices.ContainsFunc(steps, func(s pathStep) bool { return s.index == aField && s.name == name })
}

// Set returns the document with v at the path; the document given stays as it was.
// Objects on the way are made, lists must be long enough or one short.
func (p Path) Set(doc any, v any) (any, error) {
	steps, err := p.steps()
	if err != nil {
		return nil, err
	}
	return set(doc, steps, v)
}

func set(doc any, steps []pathStep, v any) (any, error) {
	if len(steps) == 0 {
		return v, nil
	}
	if steps[0].index == allItems {
		return nil, errors.New("[*] names no single place")
	}
	if steps[0].index == aField {
		return setField(doc, steps, v)
	}
	return setItem(doc, steps, v)
}

func setField(doc any, steps []pathStep, v any) (any, error) {
	object, ok := doc.(map[string]any)
	if !ok && doc != nil {
		return nil, fmt.Errorf("%q stands in something that is no object", steps[0].name)
	}
	out := make(map[string]any, len(object)+1)
	for name, item := range object {
		out[name] = item
	}
	item, err := set(object[steps[0].name], steps[1:], v)
	out[steps[0].name] = item
	return out, err
}

func setItem(doc any, steps []pathStep, v any) (any, error) {
	list, ok := doc.([]any)
	if at := steps[0].index; (!ok && doc != nil) || at > len(list) {
		return nil, fmt.Errorf("there is no list with a place for element %d", at)
	}
	out := slices.Clone(list)
	if steps[0].index == len(out) {
		out = append(out, nil)
	}
	item, err := set(out[steps[0].index], steps[1:], v)
	out[steps[0].index] = item
	return out, err
}

// steps takes the path apart. Its errors never repeat the path.
func (p Path) steps() ([]pathStep, error) {
	text := string(p)
	if !strings.HasPrefix(text, "$") {
		return nil, errors.New("it must start with $")
	}
	if len(text) > maxPathText {
		return nil, errors.New("it is too long")
	}
	var out []pathStep
	for rest := text[1:]; rest != ""; {
		s, after, err := nextStep(rest)
		if err != nil {
			return nil, fmt.Errorf("%w at character %d", err, len(text)-len(rest)+1)
		}
		if out = append(out, s); len(out) > maxPathSteps {
			return nil, errors.New("it has too many steps")
		}
		rest = after
	}
	return out, nil
}

func nextStep(text string) (s pathStep, rest string, err error) {
	switch {
	case text[0] == '.':
		end := strings.IndexAny(text[1:], ".[]'\" ")
		if end < 0 {
			end = len(text) - 1
		}
		if end == 0 {
			return s, "", errors.New("a name is missing")
		}
		return pathStep{name: text[1 : 1+end], index: aField}, text[1+end:], nil
	case strings.HasPrefix(text, "['"), strings.HasPrefix(text, `["`):
		name, after, ok := strings.Cut(text[2:], text[1:2]+"]")
		if !ok || name == "" {
			return s, "", errors.New("a quoted name does not end")
		}
		return pathStep{name: name, index: aField}, after, nil
	case strings.HasPrefix(text, "[*]"):
		return pathStep{index: allItems}, text[3:], nil
	case text[0] == '[':
		inner, after, ok := strings.Cut(text[1:], "]")
		i, numErr := strconv.Atoi(inner)
		if !ok || numErr != nil || i < 0 || i > maxIndex || strings.HasPrefix(inner, "+") {
			return s, "", errors.New("expected [0], [*] or ['name']")
		}
		return pathStep{index: i}, after, nil
	}
	return s, "", errors.New("expected . or [")
}

// Items lists the elements of the list that the path leads to; an object is a list of one.
func (p Path) Items(doc any) []any {
	found, _ := p.find(doc)
	var out []any
	for _, v := range found {
		switch v := v.(type) {
		case []any:
			out = append(out, v...)
		case map[string]any:
			out = append(out, v)
		}
	}
	return out
}

// Text gives the one plain value that the path leads to.
func (p Path) Text(doc any) (string, bool) {
	text := only(p.texts(doc))
	return text, text != ""
}
