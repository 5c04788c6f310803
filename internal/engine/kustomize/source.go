package kustomize

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
)

// Limits of one YAML file.
const (
	maxNodes   = 400_000 // aliases followed
	maxNesting = 200
	maxDocs    = 5000
)

// source is a YAML file with its places.
type source struct {
	name  string
	data  []byte
	index *pos.Index
	docs  []*yaml.Node
	bad   *badYAML
}

type badYAML struct {
	line int
	why  string
}

func readSource(name string, data []byte) source {
	s := source{name: name, data: data, index: pos.NewIndex(data)}
	s.docs, s.bad = decode(data)
	return s
}

// decode reads all documents of a file.
func decode(data []byte) (docs []*yaml.Node, bad *badYAML) {
	defer func() {
		if recover() != nil {
			docs, bad = nil, &badYAML{why: "cannot be read"}
		}
	}()
	d := yaml.NewDecoder(bytes.NewReader(data))
	budget := maxNodes
	for len(docs) <= maxDocs {
		n := &yaml.Node{}
		if err := d.Decode(n); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return docs, &badYAML{line: errorLine(err), why: "is not valid YAML"}
		}
		if !affordable(n, &budget, 0) {
			return docs, &badYAML{line: n.Line, why: "is nested too deeply, or grows too large by its aliases"}
		}
		docs = append(docs, n)
	}
	return docs, &badYAML{why: "holds too many documents"}
}

// affordable counts nodes as if aliases were written out.
func affordable(n *yaml.Node, budget *int, depth int) bool {
	*budget--
	if *budget < 0 || depth > maxNesting {
		return false
	}
	if n.Kind == yaml.AliasNode {
		return affordable(n.Alias, budget, depth+1)
	}
	for _, c := range n.Content {
		if !affordable(c, budget, depth+1) {
			return false
		}
	}
	return true
}

func errorLine(err error) int {
	m := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	line, _ := strconv.Atoi(m[1])
	return line
}

// at is the beginning of a line; only the file when there is no line.
func (s source) at(line int) pos.Span {
	if line < 1 {
		return pos.Span{File: s.name}
	}
	offset := s.index.Offset(line, 1)
	return s.index.Span(s.name, offset, offset)
}

// span is where a node stands: to the end of its text when that is on one line as it is,
// else only its beginning.
func (s source) span(n *yaml.Node) pos.Span {
	start := s.index.Offset(n.Line, n.Column)
	end := start
	if n.Kind == yaml.ScalarNode {
		end = start + tokenLength(string(s.data[start:]), n)
	}
	return s.index.Span(s.name, start, end)
}

// tokenLength is how many bytes a scalar takes that begins the text and does not go over
// several lines; 0 for others.
func tokenLength(text string, n *yaml.Node) int {
	line, _, _ := strings.Cut(text, "\n")
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return quotedLength(line)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && strings.HasPrefix(line, n.Value):
		return len(n.Value)
	}
	return 0
}

func quotedLength(line string) int {
	if line == "" {
		return 0
	}
	quote := line[0]
	if quote != '"' && quote != '\'' {
		return 0
	}
	for i := 1; i < len(line); i++ {
		switch {
		case line[i] == '\\' && quote == '"':
			i++
		case line[i] == quote && quote == '\'' && i+1 < len(line) && line[i+1] == quote:
			i++
		case line[i] == quote:
			return i + 1
		}
	}
	return 0
}

// find goes down the first document by keys and indices. Keys are found in any case, as
// kustomize finds them.
func (s source) find(keys ...any) *yaml.Node {
	if len(s.docs) == 0 || len(s.docs[0].Content) == 0 {
		return nil
	}
	n := s.docs[0].Content[0]
	for _, key := range keys {
		if n = child(n, key); n == nil {
			return nil
		}
	}
	return n
}

func child(n *yaml.Node, key any) *yaml.Node {
	n = dealias(n)
	switch key := key.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && key < len(n.Content) {
			return dealias(n.Content[key])
		}
	case string:
		return dealias(entry(n, key))
	}
	return nil
}

func dealias(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// entry gives the value of a key of a mapping.
func entry(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if strings.EqualFold(n.Content[i].Value, key) {
			return n.Content[i+1]
		}
	}
	return nil
}
