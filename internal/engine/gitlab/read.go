package gitlab

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one file.
const (
	maxBytes = 1 << 20 // GitLab's own limit for the YAML of a pipeline
	maxNodes = 100_000
	maxDepth = 100 // GitLab's own limit
)

// document is what one file holds: the configuration, and the header with its inputs.
type document struct{ header, body *node }

// parser turns one file into nodes.
type parser struct {
	src      *source
	nodes    int
	made     map[*yaml.Node]*node // of anchors, so that aliases share
	open     map[*yaml.Node]bool
	problems []model.Problem
	failed   bool // a limit was hit, and said so
}

// unread decodes itself from any document: what strict says about it is a mistake of the
// syntax.
type unread struct{}

// DecodeStrict takes no notice of the document.
func (*unread) DecodeStrict(*strict.Reader, *yaml.Node) {}

// parse reads the documents of a file. It goes on after mistakes as far as it can.
func parse(name string, data []byte) (document, []model.Problem) {
	p := &parser{
		src:  &source{name: name, text: string(data), index: pos.NewIndex(data)},
		made: map[*yaml.Node]*node{}, open: map[*yaml.Node]bool{},
	}
	if len(data) > maxBytes {
		return document{}, []model.Problem{{
			At: pos.Span{File: name}, Message: fmt.Sprintf("is larger than %d MiB, the limit of GitLab for a pipeline", maxBytes>>20),
			Fix: "split it with `include:`",
		}}
	}
	roots, ok := p.documents(data)
	if !ok {
		return document{}, p.syntax(data)
	}
	var nodes []*node
	for _, root := range roots {
		nodes = append(nodes, p.convert(root, 0))
	}
	var d document
	switch {
	case len(nodes) == 1:
		d.body = nodes[0]
	case len(nodes) >= 2 && nodes[0].has("spec"):
		d.header, d.body = nodes[0], nodes[1]
	case len(nodes) >= 2:
		d.body = nodes[0]
	}
	if len(nodes) == 1 && d.body.has("spec") && len(d.body.keys) == 1 {
		d.header, d.body = d.body, nil
	}
	return d, p.problems
}

// documents parses the YAML; ok is false when it is none.
func (p *parser) documents(data []byte) (roots []*yaml.Node, ok bool) {
	defer func() {
		if recover() != nil { // the parser's own defects must not reach the user
			roots, ok = nil, false
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	for len(roots) < 3 {
		var n yaml.Node
		switch err := dec.Decode(&n); {
		case errors.Is(err, io.EOF):
			return roots, true
		case err != nil:
			return nil, false
		}
		if len(n.Content) > 0 {
			roots = append(roots, n.Content[0])
		}
	}
	return roots, true
}

// syntax says what is wrong with a file that is no YAML.
func (p *parser) syntax(data []byte) []model.Problem {
	for _, problem := range strict.Decode(p.src.name, data, &unread{}) {
		if !strings.Contains(problem.Message, "second YAML document") {
			return []model.Problem{problem}
		}
	}
	return []model.Problem{{At: pos.Span{File: p.src.name}, Message: "is not valid YAML", Fix: "correct the YAML syntax"}}
}

func (p *parser) fail(n *yaml.Node, fix, format string, args ...any) {
	at := (&node{src: p.src, yaml: n}).at()
	p.problems = append(p.problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// limit reports that a limit was hit, once.
func (p *parser) limit(n *yaml.Node, fix, format string, args ...any) *node {
	if !p.failed {
		p.failed = true
		p.fail(n, fix, format, args...)
	}
	return &node{src: p.src, yaml: n}
}

func (p *parser) convert(n *yaml.Node, depth int) *node {
	p.nodes++
	switch {
	case n.Kind == yaml.AliasNode && n.Alias != nil:
		return p.convert(n.Alias, depth)
	case p.made[n] != nil:
		return p.made[n]
	case p.open[n]:
		return p.limit(n, "write out what the alias repeats", "holds an anchor that contains itself")
	case depth > maxDepth:
		return p.limit(n, "make it flatter", "is nested deeper than %d levels", maxDepth)
	case p.nodes > maxNodes:
		return p.limit(n, "split it with `include:`", "holds more than %d values", maxNodes)
	}
	p.open[n] = true
	defer delete(p.open, n)
	out := p.made1(n, depth)
	if n.Anchor != "" {
		p.made[n] = out
	}
	return out
}

func (p *parser) made1(n *yaml.Node, depth int) *node {
	switch n.Kind {
	case yaml.MappingNode:
		return p.mapping(n, depth)
	case yaml.SequenceNode:
		return p.sequence(n, depth)
	case yaml.ScalarNode:
		return p.scalar(n)
	}
	return &node{src: p.src, yaml: n}
}

func (p *parser) sequence(n *yaml.Node, depth int) *node {
	out := &node{kind: list, src: p.src, yaml: n}
	for _, item := range n.Content {
		made := p.convert(item, depth+1)
		out.items = append(out.items, made)
		out.mixed = out.mixed || made.mixed
	}
	switch {
	case n.Tag == "!reference":
		out.kind, out.mixed = reference, true
	case n.Style&yaml.TaggedStyle != 0 && n.ShortTag() != "!!seq":
		p.fail(n, "remove the tag", "has a YAML tag that GitLab does not know")
	}
	return out
}

// mapping reads entry after entry, as Ruby does: of entries with the same name the last
// one counts, and `<<` replaces what stands above it.
func (p *parser) mapping(n *yaml.Node, depth int) *node {
	out := newMapping(&node{src: p.src, yaml: n})
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], p.convert(n.Content[i+1], depth+1)
		if isMerge(key) && p.merge(out, value) {
			continue
		}
		if key.Kind == yaml.AliasNode && key.Alias != nil {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			p.fail(key, "write the name as plain text", "expected a name, found a list or a mapping")
			continue
		}
		name := p.scalar(key)
		out.set(name.text, name, value)
	}
	return out
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && key.Style&yaml.TaggedStyle == 0
}

// merge puts the fields of value, or of all mappings in it, into out.
func (p *parser) merge(out, value *node) bool {
	from := []*node{value}
	if value.kind == list {
		from = nil
		for _, item := range value.items {
			from = append([]*node{item}, from...)
		}
	}
	for _, f := range from {
		if f.kind != mapping {
			return false
		}
	}
	for _, f := range from {
		p.nodes += len(f.keys)
		if p.nodes > maxNodes {
			p.limit(out.yaml, "split it with `include:`", "holds more than %d values", maxNodes)
			return true
		}
		for _, key := range f.keys {
			out.set(key, f.names[key], f.fields[key])
		}
	}
	return true
}

func (p *parser) scalar(n *yaml.Node) *node {
	out := &node{kind: scalar, text: n.Value, src: p.src, yaml: n}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	tag := ""
	if n.Style&yaml.TaggedStyle != 0 {
		tag = n.ShortTag()
	}
	switch tag {
	case "":
	case "!!str", "!":
		return out
	case "!!int", "!!float", "!!bool", "!!null":
		quoted = false
	case "!!binary":
		if data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), "")); err == nil {
			out.text = string(data)
		}
		return out
	default:
		p.fail(n, "remove the tag", "has a YAML tag that GitLab does not know")
		return out
	}
	if quoted {
		return out
	}
	text, class, ok := plain(n.Value)
	switch {
	case !ok:
		return &node{src: p.src, yaml: n}
	case class == dated:
		p.fail(n, "put it in quotes", "is a date, which GitLab refuses")
	}
	out.text, out.class = text, class
	return out
}
