package expression

import (
	"math"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// YAML says how nodes of a workflow become values.
type YAML struct {
	Span func(n *yaml.Node) pos.Span // where a node stands; nil: nowhere
	Hop  model.Hop                   // the hop of its leaves, without the place; Literal is set
	// Text gives the value of a text that holds `${{`; nil: it is taken as it stands.
	Text func(n *yaml.Node) Value
}

const (
	maxYAMLDepth = 100
	maxYAMLNodes = 50_000
)

// FromYAML gives the value of a node as GitHub reads YAML: by the core schema of version
// 1.2. What is beyond its limits, or not to be read so, is unknown.
func FromYAML(n *yaml.Node, y YAML) Value {
	left := maxYAMLNodes
	return y.value(n, maxYAMLDepth, &left)
}

func (y YAML) value(n *yaml.Node, depth int, left *int) Value {
	if *left--; n == nil || depth == 0 || *left < 0 {
		return tooMuch()
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return y.scalar(n)
	case yaml.AliasNode:
		return y.value(n.Alias, depth-1, left)
	case yaml.SequenceNode:
		items := make([]Value, len(n.Content))
		for i, c := range n.Content {
			items[i] = y.value(c, depth-1, left)
		}
		return Array(items...)
	case yaml.MappingNode:
		return y.mapping(n, depth, left)
	}
	return y.unreadable(n)
}

func (y YAML) mapping(n *yaml.Node, depth int, left *int) Value {
	var entries []Entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || strings.Contains(key.Value, "${{") {
			return y.unreadable(n)
		}
		entries = append(entries, Entry{Name: y.scalar(key).Model().Text.Reveal(), Value: y.value(n.Content[i+1], depth-1, left)})
	}
	return Object(entries...)
}

func (y YAML) unreadable(n *yaml.Node) Value {
	hop := y.hop(n)
	hop.Literal = false
	return Unknown(model.UnknownBecause(model.WhyUnsupported, "YAML as GitHub reads it", model.Trail{}.Append(hop)))
}

func (y YAML) hop(n *yaml.Node) model.Hop {
	hop := y.Hop
	hop.Literal = true
	if y.Span != nil {
		hop.At = y.Span(n)
	}
	return hop
}

func (y YAML) scalar(n *yaml.Node) Value {
	if strings.Contains(n.Value, "${{") && y.Text != nil {
		return y.Text(n)
	}
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	out, ok := core(n.Value)
	if plain && isPrefixed(n.Value) && math.IsNaN(out.number) { // too large
		return y.unreadable(n)
	}
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		if !ok || !plain || !strings.Contains(tags[out.kind], n.Tag) {
			return y.unreadable(n)
		}
	case !ok || !plain:
		return Text(model.KnownText(n.Value, y.hop(n)))
	}
	out.text = out.text.Via(y.hop(n))
	return out
}

// tags are the explicit tags that GitHub takes. That of texts is not among them.
var tags = map[Kind]string{KindNull: "!!null", KindBool: "!!bool", KindNumber: "!!int !!float"}

// core reads a plain scalar that is no text by the core schema.
func core(text string) (Value, bool) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null(), true
	case "true", "True", "TRUE":
		return Bool(true), true
	case "false", "False", "FALSE":
		return Bool(false), true
	case ".nan", ".NaN", ".NAN":
		return Number(math.NaN()), true
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return Number(math.Inf(1)), true
	case "-.inf", "-.Inf", "-.INF":
		return Number(math.Inf(-1)), true
	}
	if isDecimal(text) {
		return Number(parseNumber(text)), true
	}
	return Number(parseNumber(text)), isPrefixed(text)
}

// isPrefixed reports whether text is a number to the base of 16 or 8.
func isPrefixed(text string) bool {
	hex, isHex := strings.CutPrefix(text, "0x")
	octal, isOctal := strings.CutPrefix(text, "0o")
	return isHex && hex != "" && strings.Trim(hex, "0123456789abcdefABCDEF") == "" ||
		isOctal && octal != "" && strings.Trim(octal, "01234567") == ""
}
