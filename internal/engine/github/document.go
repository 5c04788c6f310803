package github

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxNodes bounds the nodes of one file that are visited, aliases followed, as on GitHub.
const maxNodes = 50_000

// document is one YAML file: a workflow or the manifest of an action.
type document struct {
	name     string
	text     string
	index    *pos.Index
	reader   *strict.Reader
	root     *yaml.Node
	nodes    int
	problems []model.Problem
	// read holds what was parsed of scalars: the cells of a matrix read them again and again.
	templates  map[*yaml.Node]*expression.Template
	conditions map[*yaml.Node]*expression.Expr
	failed     map[*yaml.Node]bool
	entries    map[*yaml.Node][]strict.Pair
	spans      map[*yaml.Node]pos.Span
	places     map[*yaml.Node]func(start, end int) pos.Span
}

// DecodeStrict keeps the root, and who knows its places.
func (d *document) DecodeStrict(r *strict.Reader, n *yaml.Node) { d.reader, d.root = r, n }

// open reads a file. The document is nil when it cannot be read as YAML; then the problem
// says why.
func open(files repo.Files, name string) (*document, []model.Problem) {
	data, err := files.Read(name)
	if err == nil && !repo.IsText(data) {
		err = repo.ErrBinary
	}
	if err != nil {
		return nil, []model.Problem{{At: pos.Span{File: name}, Message: "cannot be read: " + reason(err), Fix: "correct the path, or commit the file"}}
	}
	d := &document{
		name: name, text: string(data), index: pos.NewIndex(data),
		templates: map[*yaml.Node]*expression.Template{}, conditions: map[*yaml.Node]*expression.Expr{}, failed: map[*yaml.Node]bool{},
		entries: map[*yaml.Node][]strict.Pair{}, spans: map[*yaml.Node]pos.Span{}, places: map[*yaml.Node]func(start, end int) pos.Span{},
	}
	problems := strict.Decode(name, data, d)
	if d.root == nil && len(problems) == 0 {
		problems = []model.Problem{{At: pos.Span{File: name}, Message: "is empty", Fix: "write the jobs, or remove the file"}}
	}
	if d.root == nil {
		return nil, problems
	}
	d.problems = problems
	return d, nil
}

// reason is what is wrong with a file, without its path: the place says that.
func reason(err error) string {
	if e := (*repo.Error)(nil); errors.As(err, &e) {
		return e.Kind.Error()
	}
	return err.Error()
}

// fail records a mistake at a node. No argument may be a text of the file that may be a key.
func (d *document) fail(n *yaml.Node, fix, format string, args ...any) {
	d.problems = append(d.problems, model.Problem{At: d.span(n), Message: fmt.Sprintf(format, args...), Fix: fix})
}

// span is the place of a node.
func (d *document) span(n *yaml.Node) pos.Span {
	if n == nil {
		return pos.Span{File: d.name}
	}
	at, ok := d.spans[n]
	if !ok {
		at = d.reader.Span(n)
		d.spans[n] = at
	}
	return at
}

// target follows aliases.
func target(n *yaml.Node) *yaml.Node {
	for range 100 {
		if n == nil || n.Kind != yaml.AliasNode {
			break
		}
		n = n.Alias
	}
	return n
}

// visit counts nodes, and reports whether reading may go on.
func (d *document) visit(n *yaml.Node, nodes int) bool {
	within := d.nodes <= maxNodes
	d.nodes += nodes
	if within && d.nodes > maxNodes {
		d.fail(n, "write out what the aliases repeat", "expands to more than %d nodes", maxNodes)
	}
	return d.nodes <= maxNodes
}

// pairs lists the entries of a mapping in their order, the first of several with one name.
// Anything else has none; a text with an expression in its place is the caller's to see.
func (d *document) pairs(n *yaml.Node) []strict.Pair {
	n = target(n)
	if n == nil || n.Kind != yaml.MappingNode || !d.visit(n, len(n.Content)/2) {
		return nil
	}
	out, ok := d.entries[n]
	if !ok {
		out = d.readPairs(n)
		d.entries[n] = out
	}
	return out
}

func (d *document) readPairs(n *yaml.Node) []strict.Pair {
	var out []strict.Pair
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := target(n.Content[i])
		first, twice := seen[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			d.fail(key, "write the name as plain text", "expected a name")
		case key.Tag == "!!merge":
			d.fail(key, "write the entries out, or put the alias in place of the whole mapping", "GitHub Actions knows no merge keys")
		case twice:
			d.fail(key, "keep one of the two", "%s stands twice, first at line %d", strict.Name(key.Value), first)
		default:
			seen[key.Value] = key.Line
			out = append(out, strict.Pair{Key: key, Value: target(n.Content[i+1])})
		}
	}
	return out
}

// items lists the entries of a list.
func (d *document) items(n *yaml.Node) []*yaml.Node {
	n = target(n)
	if n == nil || n.Kind != yaml.SequenceNode || !d.visit(n, len(n.Content)) {
		return nil
	}
	var out []*yaml.Node
	for _, item := range n.Content {
		out = append(out, target(item))
	}
	return out
}

// fields reads the entries of a mapping whose names are given, and reports other names.
func (d *document) fields(n *yaml.Node, what string, known ...string) map[string]strict.Pair {
	out := map[string]strict.Pair{}
	if n = target(n); n != nil && n.Kind != yaml.MappingNode && !isNull(n) {
		d.fail(n, "", "expected %s as a mapping of names to values", what)
	}
	for _, p := range d.pairs(n) {
		if i := indexOf(known, p.Key.Value); i >= 0 {
			out[known[i]] = p
			continue
		}
		fix := "remove it"
		if near := strict.Nearest(p.Key.Value, known); near != "" {
			fix = fmt.Sprintf("did you mean %q?", near)
		}
		d.fail(p.Key, fix, "%s has no field %s", what, strict.Name(p.Key.Value))
	}
	return out
}

func indexOf(list []string, name string) int {
	for i, s := range list {
		if s == name {
			return i
		}
	}
	return -1
}

// isNull reports whether there is nothing at a node.
func isNull(n *yaml.Node) bool {
	n = target(n)
	if n == nil {
		return true
	}
	if n.Kind != yaml.ScalarNode || n.Style&^yaml.TaggedStyle != 0 {
		return false
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// isScalar reports whether there is a text, number or the like.
func isScalar(n *yaml.Node) bool {
	n = target(n)
	return n != nil && n.Kind == yaml.ScalarNode && !isNull(n)
}

// literal is the text of a scalar that stands for itself; false for one with expressions in it.
func literal(n *yaml.Node) (string, bool) {
	if !isScalar(n) {
		return "", false
	}
	n = target(n)
	return n.Value, !strings.Contains(n.Value, "${{")
}

// place gives the places within the text of a scalar.
func (d *document) place(n *yaml.Node) func(start, end int) pos.Span {
	if place, ok := d.places[n]; ok {
		return place
	}
	var found func(start, end int) pos.Span
	place := func(start, end int) pos.Span {
		if found == nil {
			found = d.findPlaces(n)
		}
		return found(start, end)
	}
	d.places[n] = place
	return place
}

func (d *document) findPlaces(n *yaml.Node) func(start, end int) pos.Span {
	whole := d.span(n)
	from := whole.Start.Byte
	to := max(strict.ScalarEnd(d.text, from, n), min(whole.End.Byte, len(d.text)))
	if n.Style&^yaml.TaggedStyle == 0 {
		to = d.plainEnd(n, from, to)
	}
	at, ok := align(n.Value, d.text[min(from, to):to], quoteOf(n))
	if !ok {
		return func(int, int) pos.Span { return whole }
	}
	return func(start, end int) pos.Span {
		start = min(max(start, 0), len(n.Value))
		end = min(max(end, start), len(n.Value))
		last := at[start]
		if end > start {
			last = at[end-1] + 1
		}
		return d.index.Span(d.name, from+at[start], from+max(last, at[start]))
	}
}

// plainEnd gives where a text without quotes may end that goes over several lines.
func (d *document) plainEnd(n *yaml.Node, from, to int) int {
	if strings.HasPrefix(d.text[from:], n.Value) {
		return from + len(n.Value)
	}
	return min(len(d.text), max(to, from+4*len(n.Value)+200))
}

func quoteOf(n *yaml.Node) byte {
	switch {
	case n.Style&yaml.SingleQuotedStyle != 0:
		return '\''
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return '"'
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return '|'
	}
	return 0
}

// align finds for every byte of a scalar's text, and for its end, where it stands in the
// source that the scalar was read from.
func align(value, source string, quote byte) ([]int, bool) {
	at := make([]int, 0, len(value)+1)
	j := 0
	switch quote {
	case '\'', '"':
		j = strings.IndexByte(source, quote) + 1
	case '|':
		j = strings.IndexByte(source, '\n') + 1
		j += indentOf(value, source[j:])
	}
	for i := 0; i < len(value); i++ {
		k, next := match(value, i, source, j, quote)
		if next < 0 {
			return nil, false
		}
		at, j = append(at, k), next
	}
	return append(at, min(j, len(source))), true
}

// indentOf is how far the first line of a block is moved in.
func indentOf(value, source string) int {
	blanks := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	return max(0, blanks(source)-blanks(value))
}

// match finds the byte value[i] in the source from j on. It gives its place, and where the
// next byte may stand; -1 when it is not there.
func match(value string, i int, source string, j int, quote byte) (at, next int) {
	for j < len(source) && skipped(value[i], source, j, quote) {
		j++
	}
	if j >= len(source) {
		return j, -1
	}
	c, s := value[i], source[j]
	switch {
	case quote == '\'' && s == '\'' && c == '\'':
		return j, j + 2
	case quote == '"' && s == '\\' && j+1 < len(source):
		return escaped(c, source, j)
	case s == '\n' && (c == '\n' || c == ' '):
		return j, afterBreak(value, i, source, j)
	case c == s:
		return j, j + 1
	}
	return j, -1
}

// skipped reports whether a byte of the source is not in the text: blanks around the breaks
// of lines, and the first half of a Windows line end.
func skipped(c byte, source string, j int, quote byte) bool {
	switch s := source[j]; {
	case s == '\r':
		return j+1 < len(source) && source[j+1] == '\n'
	case quote == '|' || s == c || s == '\n' && c == ' ':
		return false
	default:
		return s == ' ' || s == '\t' || s == '\n'
	}
}

func escaped(c byte, source string, j int) (at, next int) {
	simple := map[byte]byte{'n': '\n', 't': '\t', '"': '"', '\\': '\\', '/': '/', ' ': ' ', 'r': '\r'}
	if got, ok := simple[source[j+1]]; ok && got == c {
		return j, j + 2
	}
	return j, -1
}

// afterBreak skips the indentation of the line that follows, as far as it is not text.
func afterBreak(value string, i int, source string, j int) int {
	j++
	if i+1 >= len(value) || value[i+1] == '\n' {
		for k := j; k < len(source); k++ { // an empty line may hold blanks
			if source[k] == '\n' {
				return k
			}
			if source[k] != ' ' && source[k] != '\r' {
				break
			}
		}
		if i+1 >= len(value) {
			return j
		}
	}
	return j + indentOf(value[i+1:], source[j:])
}
