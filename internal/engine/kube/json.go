package kube

import (
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jsonTree reads a manifest in JSON into the nodes of YAML, which knows fewer escapes.
type jsonTree struct {
	dec     *json.Decoder
	text    string
	base    int // where the text begins in its stream
	extents map[*yaml.Node][2]int
}

// parseJSON reads one object; the decoder found before that it is valid.
func parseJSON(text string, base int) (*yaml.Node, map[*yaml.Node][2]int) {
	t := jsonTree{dec: json.NewDecoder(strings.NewReader(text)), text: text, base: base, extents: map[*yaml.Node][2]int{}}
	t.dec.UseNumber()
	return t.value(0), t.extents
}

// value reads one value; nil at the end of a list or mapping.
func (t *jsonTree) value(depth int) *yaml.Node {
	start := int(t.dec.InputOffset())
	token, err := t.dec.Token()
	if err != nil {
		return nil
	}
	end := int(t.dec.InputOffset())
	for start < end && strings.IndexByte(" \t\r\n,:", t.text[start]) >= 0 {
		start++
	}
	n := &yaml.Node{Kind: yaml.ScalarNode}
	t.extents[n] = [2]int{t.base + start, t.base + end}
	switch token := token.(type) {
	case json.Delim:
		if token == '}' || token == ']' {
			return nil
		}
		n.Kind = yaml.SequenceNode
		if token == '{' {
			n.Kind = yaml.MappingNode
		}
		t.extents[n] = [2]int{t.base + start, t.base + start}
		for inner := t.value(depth + 1); inner != nil; inner = t.value(depth + 1) {
			n.Content = append(n.Content, inner)
		}
	case string:
		n.Value, n.Style = token, yaml.DoubleQuotedStyle
	default:
		n.Value = t.text[start:end] // a number, true, false or null
	}
	return n
}
