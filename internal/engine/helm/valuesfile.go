package helm

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	yamlnode "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// The limits of one text of values. Aliases make a short text expand to a huge one, so that
// nodes are counted as they are visited.
const (
	maxValuesBytes = 50 << 20
	maxValuesNodes = 1_000_000
	maxValuesDepth = 500
)

var errLimit = fmt.Errorf("is too large for a file of values: the limits are %d MiB, %d values, and %d levels", maxValuesBytes>>20, maxValuesNodes, maxValuesDepth)

// document is a text of values: a file, or a text that stands in a command.
type document struct {
	data   []byte
	places *places
	// trail is where a leaf comes from, whose scalar stands in the bytes from start up to end.
	trail func(start, end int, path string) model.Trail
	// unknown tells of a piece among these bytes that is not known; nil when all is known.
	unknown func(start, end int) *model.Value
	nodes   int
	odd     *model.Value // of a key that is not known: then anything may be set
	sealed  bool         // what stands in the text are cipher texts of the values
}

// fileDocument is a values file. Of a file in an archive there are no lines.
func fileDocument(f File) *document {
	d := &document{data: f.Data, places: newPlaces(f.Data)}
	raw := f.Data
	if f.BOM > 0 {
		raw = append(slices.Clone(byteOrderMark), f.Data...)
	}
	index := pos.NewIndex(raw)
	d.trail = func(start, end int, path string) model.Trail {
		hop := model.Hop{Kind: model.KindHelmValues, What: path, Literal: true}
		switch {
		case f.Inner != "":
			hop.At, hop.What = pos.Span{File: f.Path}, f.Inner+": "+path
		case start < 0:
			hop.At = pos.Span{File: f.Path}
		default:
			hop.At = index.Span(f.Path, start+f.BOM, end+f.BOM)
		}
		return model.Trail{}.Append(hop)
	}
	return d
}

// parse reads the text as Helm does: what the values are says its YAML library, where they
// stand says another one.
func (d *document) parse() (*node, error) {
	if len(d.data) > maxValuesBytes {
		return nil, errLimit
	}
	root := d.outline()
	if root != nil && !d.withinLimits(root, 0) {
		return nil, errLimit
	}
	values, err := decode(d.data)
	if err != nil {
		return nil, syntaxOf(err)
	}
	d.nodes = 0
	if root != nil && root.Kind == yamlnode.DocumentNode && len(root.Content) > 0 {
		root = root.Content[0]
	}
	if values == nil {
		return newTable(&model.Value{State: model.Known, Trail: d.trail(0, 0, "")}), nil
	}
	return d.build(values, root, "", nil), nil
}

// decode is what Helm makes of a text: YAML 1.1, with every number a float.
func decode(data []byte) (values map[string]any, err error) {
	defer func() {
		if recover() != nil { // a defect of the parser must not reach the user
			values, err = nil, &syntaxError{}
		}
	}()
	err = yaml.Unmarshal(data, &values)
	return values, err
}

// outline parses the text for its places. It is nil where only Helm's library reads it.
func (d *document) outline() (root *yamlnode.Node) {
	defer func() {
		if recover() != nil {
			root = nil
		}
	}()
	if !utf8.Valid(d.data) {
		return nil // of another encoding, in which offsets mean something else
	}
	var n yamlnode.Node
	if err := yamlnode.NewDecoder(bytes.NewReader(d.data)).Decode(&n); err != nil {
		return nil
	}
	return &n
}

// withinLimits counts nodes, those behind aliases included.
func (d *document) withinLimits(n *yamlnode.Node, depth int) bool {
	if d.nodes++; d.nodes > maxValuesNodes || depth > maxValuesDepth {
		return false
	}
	if n.Kind == yamlnode.AliasNode {
		return d.withinLimits(n.Alias, depth+1)
	}
	return !slices.ContainsFunc(n.Content, func(c *yamlnode.Node) bool { return !d.withinLimits(c, depth+1) })
}

// alias is an alias on the way to a scalar.
type alias struct{ start, end int }

// build puts a decoded value and its place together. Without a place, or where the two do
// not fit, what it says of the place is that of the whole text.
func (d *document) build(value any, n *yamlnode.Node, path string, aliases []alias) *node {
	for n != nil && n.Kind == yamlnode.AliasNode {
		start, _ := d.places.span(n)
		aliases = append(slices.Clip(aliases), alias{start, start + 1 + len(n.Value)})
		n = n.Alias
	}
	switch v := value.(type) {
	case map[string]any:
		out := newTable(d.from(n, "", path, aliases))
		var fields map[string]field
		if n != nil && n.Kind == yamlnode.MappingNode {
			fields = d.fields(n, aliases)
		}
		for key, child := range v {
			f := fields[key]
			d.oddKey(f)
			out.table[key] = d.build(child, f.value, join(path, key), f.aliases)
		}
		return out
	case []any:
		out := &node{kind: list, list: make([]*node, len(v)), from: d.from(n, "", path, aliases)}
		for i, child := range v {
			var item *yamlnode.Node
			if n != nil && n.Kind == yamlnode.SequenceNode && i < len(n.Content) {
				item = n.Content[i]
			}
			out.list[i] = d.build(child, item, path+"["+strconv.Itoa(i)+"]", aliases)
		}
		return out
	}
	if d.sealed && isCipher(n) {
		start, end := d.places.span(n)
		return &node{value: value, from: originOf(value, sealedPlace(d.trail(start, end, path)))}
	}
	if s, ok := value.(string); ok && n != nil && (n.Kind != yamlnode.ScalarNode || n.Value != s && n.ShortTag() == "!!str") {
		n = nil
	}
	return &node{value: value, from: d.from(n, text(value), path, aliases)}
}

// from is the origin of what stands at n.
func (d *document) from(n *yamlnode.Node, value, path string, aliases []alias) *model.Value {
	start, end := -1, -1
	if n != nil {
		start, end = d.places.span(n)
	}
	trail := d.trail(start, end, path)
	for _, a := range slices.Backward(aliases) {
		if hop := d.trail(a.start, a.end, path).Last(); hop.At.IsValid() {
			hop.Literal = false
			trail = trail.Append(hop)
		}
	}
	if d.unknown != nil && (n == nil || n.Kind == yamlnode.ScalarNode) {
		if why := d.unknown(start, end); why != nil {
			out := model.UnknownBecause(why.Why, why.Needs, trail)
			out.Losers, out.Alternatives, out.Ref = why.Losers, why.Alternatives, why.Ref
			return &out
		}
	}
	out := originOf(value, trail)
	return out
}

// oddKey notices a key that is not known.
func (d *document) oddKey(f field) {
	if d.unknown == nil || f.key == nil || d.odd != nil {
		return
	}
	start, end := d.places.span(f.key)
	d.odd = d.unknown(start, end)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// field is the place of an entry of a map.
type field struct {
	key, value *yamlnode.Node
	aliases    []alias
}

// fields gives the entries of a map in the way of Helm's YAML library: in the order of the
// text the last one counts, and << stands for what it merges at its place.
func (d *document) fields(n *yamlnode.Node, aliases []alias) map[string]field {
	out := map[string]field{}
	if d.nodes++; d.nodes > maxValuesNodes {
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yamlnode.ScalarNode && key.Value == "<<" && (key.Tag == "" || key.Tag == "!" || key.ShortTag() == "!!merge") {
			d.merged(value, aliases, out)
			continue
		}
		for key.Kind == yamlnode.AliasNode {
			key = key.Alias
		}
		out[keyText(key)] = field{key: key, value: value, aliases: aliases}
	}
	return out
}

func (d *document) merged(value *yamlnode.Node, aliases []alias, out map[string]field) {
	for value.Kind == yamlnode.AliasNode {
		start, _ := d.places.span(value)
		aliases = append(slices.Clip(aliases), alias{start, start + 1 + len(value.Value)})
		value = value.Alias
	}
	switch value.Kind {
	case yamlnode.MappingNode:
		for key, f := range d.fields(value, aliases) {
			out[key] = f
		}
	case yamlnode.SequenceNode:
		for _, item := range slices.Backward(value.Content) {
			d.merged(item, aliases, out)
		}
	}
}

// keyText is the key that Helm makes of a scalar: yes becomes "true".
func keyText(n *yamlnode.Node) string {
	if n.Kind != yamlnode.ScalarNode || n.Style&(yamlnode.DoubleQuotedStyle|yamlnode.SingleQuotedStyle) != 0 || isWord(n.Value) {
		return n.Value
	}
	values, err := decode([]byte(n.Value + ": 0"))
	if err != nil || len(values) != 1 {
		return n.Value
	}
	for key := range values {
		return key
	}
	return n.Value
}

// isWord reports whether a plain scalar is certainly a string.
func isWord(text string) bool {
	if text == "" || !('a' <= text[0] && text[0] <= 'z' || 'A' <= text[0] && text[0] <= 'Z') {
		return false
	}
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return true
}
