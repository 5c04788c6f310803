package deploy

import (
	"errors"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

var errYAML = errors.New("is not valid YAML")

// yamlReader turns YAML into a tree of texts. What YAML readers disagree about is left
// unknown.
type yamlReader struct {
	name, what string
	text       string
	index      *pos.Index
	nodes      int
}

// maxNodes bounds how much aliases may unfold to.
const maxNodes = 100_000

// readYAML reads the first document of a file.
func readYAML(name, text, what string) (*tree, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, errYAML // the error may quote the text
	}
	r := &yamlReader{name: name, what: what, text: text, index: pos.NewIndex([]byte(text))}
	if len(doc.Content) == 0 {
		return newObject(), nil
	}
	return r.tree(doc.Content[0], 0)
}

func (r *yamlReader) tree(n *yaml.Node, depth int) (*tree, error) {
	if r.nodes++; depth > maxNesting || r.nodes > maxNodes {
		return nil, errNesting
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.tree(n.Alias, depth+1)
	case yaml.ScalarNode:
		return r.scalar(n), nil
	case yaml.SequenceNode:
		t := &tree{kind: 'a'}
		for _, c := range n.Content {
			child, err := r.tree(c, depth+1)
			if err != nil {
				return nil, err
			}
			t.items = append(t.items, child)
		}
		return t, nil
	}
	t := newObject()
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		child, err := r.tree(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || t.members[key.Value] != nil {
			return nil, errYAML
		}
		t.set(key.Value, child)
	}
	return t, nil
}

// wholeNumber reports whether text is one in its only form, which every reader writes
// back as it stands.
func wholeNumber(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && strconv.Itoa(n) == text && len(text) < 16
}

func (r *yamlReader) scalar(n *yaml.Node) *tree {
	start := r.index.Offset(n.Line, n.Column)
	hop := model.Hop{At: r.index.Span(r.name, start, min(len(r.text), start+max(1, len(n.Value)))), Kind: model.KindFile, What: r.what, Literal: true}
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	old := strings.Contains(" yes no on off y n ", " "+strings.ToLower(n.Value)+" ")
	if n.Tag == "!!str" && !(plain && (old || n.Value == "")) || n.Tag == "!!int" && wholeNumber(n.Value) {
		return &tree{kind: 's', text: n.Value, value: model.KnownText(n.Value, hop)}
	}
	v := model.UnknownBecause(model.WhyUnsupported, "a text in quotes", model.Trail{}.Append(hop))
	return &tree{kind: 's', value: v}
}
