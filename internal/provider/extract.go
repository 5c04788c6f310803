package provider

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/strict"
)

// Extract reads one piece out of an answer. In the file, a plain text such as
// $.user.id is a JSON path, and a list holds alternatives, of which the first that tells
// something is taken. The piece is read from one source and goes through regex, split,
// in and map, in this order.
type Extract struct {
	JSON   Path        `yaml:"json" doc:"a path into the JSON body"`
	Header string      `yaml:"header" doc:"the name of a header"`
	Whole  bool        `yaml:"text" doc:"the whole body as text; goes with regex"`
	Part   string      `yaml:"part" doc:"a part of the credential that is not secret, given or derived"`
	Const  string      `yaml:"const" doc:"this text, when the answer was accepted"`
	Regex  *Expression `yaml:"regex" doc:"the first group is taken"`
	Split  string      `yaml:"split" doc:"a list in one text, separated by this"`
	// In turns the piece into yes or no: whether it is one of these texts.
	In  []string          `yaml:"in" doc:"gives true or false: whether the piece is one of these"`
	Map map[string]string `yaml:"map" doc:"translates the vendor's words; others stay"`
	At  strict.Placed     `yaml:"-"`
	// Else is asked when this one does not tell.
	Else *Extract `yaml:"-"`
}

// Source is where an Extract reads.
type Source struct {
	JSON     any // decoded with UseNumber; nil when the body is none
	Header   func(name string) (string, bool)
	Text     string // the body, where it is a text of the vendor's
	Accepted bool   // whether the answer accepted the key
	// Part gives a part of the credential that may be shown; nil when there is none.
	Part func(role string) (string, bool)
}

// DecodeStrict reads a path, or a mapping with exactly one source.
func (e *Extract) DecodeStrict(r *strict.Reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		e.At = r.Span(n)
		r.Decode(n, &e.JSON)
		return
	}
	if n.Kind == yaml.SequenceNode {
		e.decodeList(r, n)
		return
	}
	type written Extract // without this method
	r.Decode(n, (*written)(e))
	sources := 0
	for _, given := range []bool{e.JSON != "", e.Header != "", e.Whole, e.Part != "", e.Const != ""} {
		if given {
			sources++
		}
	}
	switch {
	case n.Kind == yaml.MappingNode && sources != 1:
		r.Fail(n, "give exactly one of json, header, text, part and const", "expected one source, found %d", sources)
	case e.Whole && e.Regex == nil:
		r.Fail(n, "add `regex:` with one group", "a whole body is no piece of one")
	}
}

const maxAlternatives = 8

func (e *Extract) decodeList(r *strict.Reader, n *yaml.Node) {
	if len(n.Content) == 0 || len(n.Content) > maxAlternatives {
		r.Fail(n, "write one alternative, or a few", "expected 1 to %d alternatives, found %d", maxAlternatives, len(n.Content))
		return
	}
	last := e
	for i, item := range n.Content {
		if i > 0 {
			last.Else = &Extract{}
			last = last.Else
		}
		if item.Kind == yaml.SequenceNode {
			r.Fail(item, "write the alternatives one after the other", "expected an alternative, found a list")
			continue
		}
		r.Decode(item, last)
	}
}

// JSONSchema describes an extract.
func (e Extract) JSONSchema() map[string]any {
	text := strict.Text()
	one := map[string]any{"anyOf": []any{e.JSON.JSONSchema(), map[string]any{
		"type": "object", "additionalProperties": false,
		"properties": map[string]any{
			"json": e.JSON.JSONSchema(), "header": text, "text": map[string]any{"const": true}, "part": text, "const": text, "regex": text, "split": text,
			"in":  map[string]any{"type": "array", "items": text},
			"map": map[string]any{"type": "object", "additionalProperties": text},
		},
	}}}
	return map[string]any{"anyOf": []any{one, map[string]any{"type": "array", "items": one, "minItems": 1, "maxItems": maxAlternatives}}}
}

// List reads every text that the piece holds: the elements of a list, or of a text that
// is split. It is nil when the answer does not tell.
func (e *Extract) List(from Source) []string {
	if e == nil {
		return nil
	}
	if out := e.own(from); len(out) > 0 {
		return out
	}
	return e.Else.List(from)
}

func (e *Extract) own(from Source) []string {
	var out []string
	for _, text := range e.read(from) {
		if e.Regex != nil {
			found, ok := e.Regex.Find(text)
			if !ok {
				continue
			}
			text = found
		}
		for _, item := range e.split(text) {
			out = append(out, e.translate(item))
		}
	}
	return out
}

// Text reads the one text that the piece holds; ok is false when the answer does not
// tell, or tells several that differ.
func (e *Extract) Text(from Source) (text string, ok bool) {
	all := e.List(from)
	slices.Sort(all)
	if all = slices.Compact(all); len(all) != 1 {
		return "", false
	}
	return all[0], all[0] != ""
}

func (e *Extract) reads(name string) bool {
	return e != nil && (e.JSON.through(name) || e.Else.reads(name))
}

func (e *Extract) read(from Source) []string {
	switch {
	case e.Const != "":
		if from.Accepted {
			return []string{e.Const}
		}
	case e.Part != "":
		if from.Part != nil {
			if text, ok := from.Part(e.Part); ok {
				return []string{text}
			}
		}
	case e.Header != "":
		if text, ok := from.Header(e.Header); ok {
			return []string{text}
		}
	case e.Whole:
		if from.Text != "" {
			return []string{from.Text}
		}
	case from.JSON != nil:
		return e.JSON.texts(from.JSON)
	}
	return nil
}

// texts lists the plain values that a path leads to, as texts. A list at its end is
// taken element by element.
func (p Path) texts(doc any) []string {
	found, _ := p.find(doc)
	var out []string
	for _, v := range found {
		if list, ok := v.([]any); ok {
			for _, item := range list {
				out = appendText(out, item)
			}
			continue
		}
		out = appendText(out, v)
	}
	return out
}

func appendText(out []string, v any) []string {
	switch v := v.(type) {
	case string:
		return append(out, v)
	case bool:
		return append(out, strconv.FormatBool(v))
	case json.Number:
		return append(out, v.String())
	}
	return out
}

func (e *Extract) split(text string) []string {
	if e.Split == "" {
		return []string{text}
	}
	var out []string
	for item := range strings.SplitSeq(text, e.Split) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

func (e *Extract) translate(text string) string {
	if len(e.In) > 0 {
		text = strconv.FormatBool(slices.Contains(e.In, text))
	}
	if word, ok := e.Map[text]; ok {
		return word
	}
	return text
}
