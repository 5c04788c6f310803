package gitops

import (
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// joined is one value that is put together from pieces. It is known when all of them are.
func joined(pieces []model.Value) model.Value {
	var flat []model.Value
	for _, p := range pieces {
		flat = append(flat, partsOf(p)...)
	}
	flat = merged(flat)
	switch len(flat) {
	case 0:
		return model.Value{State: model.Known}
	case 1:
		return flat[0]
	}
	var b strings.Builder
	var trails []model.Trail
	var unknown *model.Value
	for i, p := range flat {
		if p.State == model.Unknown && unknown == nil {
			unknown = &flat[i]
		}
		b.WriteString(p.Text.Reveal())
		trails = append(trails, p.Trail)
	}
	v := model.Value{State: model.Known, Text: secret.New(b.String()), Trail: model.Join(trails...), Parts: flat}
	if unknown != nil {
		v = model.UnknownBecause(unknown.Why, unknown.Needs, v.Trail)
		v.Parts = flat
	}
	return v
}

func partsOf(v model.Value) []model.Value {
	if len(v.Parts) > 0 {
		return v.Parts
	}
	return []model.Value{v}
}

// merged joins neighbours that come from nowhere, such as the punctuation between texts,
// and drops what is empty.
func merged(pieces []model.Value) []model.Value {
	var out []model.Value
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out = append(out, plain(text.String()))
			text.Reset()
		}
	}
	for _, p := range pieces {
		switch {
		case p.State == model.Known && p.Text.IsEmpty():
		case bare(p):
			text.WriteString(p.Text.Reveal())
		default:
			flush()
			out = append(out, p)
		}
	}
	flush()
	return out
}

func bare(v model.Value) bool { return v.State == model.Known && v.Trail.IsEmpty() }

func plain(text string) model.Value {
	return model.Value{State: model.Known, Text: secret.New(text)}
}

func absent() model.Value { return model.Value{State: model.Absent} }

func known(v model.Value) (string, bool) { return v.Text.Reveal(), v.State == model.Known }

// mapped changes the text of every known piece.
func mapped(v model.Value, change func(string) string) model.Value {
	var pieces []model.Value
	for _, p := range partsOf(v) {
		if p.State == model.Known {
			p.Text = secret.New(change(p.Text.Reveal()))
		}
		pieces = append(pieces, p)
	}
	return joined(pieces)
}

// quoted writes a value as a text in double quotes, as JSON and YAML both read it.
func quoted(v model.Value) model.Value {
	return joined([]model.Value{plain(`"`), mapped(v, escaped), plain(`"`)})
}

func escaped(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return ""
	}
	s := strings.TrimSuffix(b.String(), "\n")
	return s[1 : len(s)-1]
}

// value is the text of a scalar as the object's reader gets it, with the expressions of an
// ApplicationSet replaced. Of what is no text it is unknown.
func (r *reader) value(o *object, n *yaml.Node, what string) model.Value {
	n = resolved(n)
	if n.Kind != yaml.ScalarNode {
		return model.UnknownBecause(model.WhyUnsupported, "a text in the "+o.kind, model.Trail{})
	}
	v := o.doc.scalar(n, what)
	if o.expand == nil {
		return v
	}
	return o.expand(v)
}

// field is the value that path leads to; absent when there is none.
func (r *reader) field(o *object, n *yaml.Node, path ...string) model.Value {
	found := find(n, path...)
	if found == nil {
		return absent()
	}
	return r.value(o, found, o.what()+" "+path[len(path)-1])
}

func (o *object) what() string {
	if !strict.IsName(o.name) {
		return o.kind
	}
	return o.kind + "/" + o.name
}

// inline writes a node as one text of YAML, in which every scalar is a piece with its own
// place.
func (r *reader) inline(o *object, n *yaml.Node, what string) model.Value {
	var pieces []model.Value
	r.write(o, n, what, 0, &pieces)
	if r.nodes > maxNodes {
		return model.UnknownBecause(model.WhyLimit, "smaller values in the "+o.kind, model.Trail{})
	}
	return joined(pieces)
}

func (r *reader) write(o *object, n *yaml.Node, what string, depth int, out *[]model.Value) {
	put := func(text string) { *out = append(*out, plain(text)) }
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		r.nodes = max(r.nodes, maxNodes+1)
		put("null")
		return
	}
	n = resolved(n)
	switch n.Kind {
	case yaml.MappingNode:
		put("{")
		for i, p := range pairs(n, 0) {
			if i > 0 {
				put(",")
			}
			*out = append(*out, quoted(r.key(o, p.Key)))
			put(":")
			r.write(o, p.Value, what, depth+1, out)
		}
		put("}")
	case yaml.SequenceNode:
		put("[")
		for i, c := range n.Content {
			if i > 0 {
				put(",")
			}
			r.write(o, c, what, depth+1, out)
		}
		put("]")
	default:
		*out = append(*out, r.leaf(o, n, what))
	}
}

func (r *reader) key(o *object, n *yaml.Node) model.Value {
	v := plain(n.Value)
	if oldBoolean(n) { // as a name, too, it is a boolean to YAML 1.1
		v = plain(leafText(n, v).Text.Reveal())
	}
	if o.expand != nil {
		v = o.expand(v)
	}
	return v
}

// leaf writes a scalar as the API server would hand it out: read as YAML 1.1.
func (r *reader) leaf(o *object, n *yaml.Node, what string) model.Value {
	before := o.doc.scalar(n, what)
	v := before
	if o.expand != nil {
		v = o.expand(v)
	}
	if v.State != model.Known && len(v.Parts) == 0 {
		return quoted(v)
	}
	if n.Tag == "!!int" || n.Tag == "!!float" || n.Tag == "!!bool" || n.Tag == "!!null" {
		return typed(n, v)
	}
	if o.retype {
		if source, ok := known(before); ok && replaces(source) {
			return r.retyped(before, v)
		}
	}
	return leafText(n, v)
}

// leafText writes a text. Some plain words are booleans to YAML 1.1.
func leafText(n *yaml.Node, v model.Value) model.Value {
	if !oldBoolean(n) {
		return quoted(v)
	}
	switch strings.ToLower(n.Value) {
	case "yes", "on":
		return withText(v, "true")
	case "no", "off":
		return withText(v, "false")
	}
	return model.UnknownBecause(model.WhyUnsupported, "a text in quotes", v.Trail)
}

func oldBoolean(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0 && n.Tag == "!!str" &&
		strings.Contains(" yes no on off y n ", " "+strings.ToLower(n.Value)+" ")
}

// typed writes a number, a boolean or null as JSON.
func typed(n *yaml.Node, v model.Value) model.Value {
	var x any
	if err := n.Decode(&x); err == nil {
		if data, err := json.Marshal(x); err == nil {
			return withText(v, string(data))
		}
	}
	return model.UnknownBecause(model.WhyUnsupported, "a number that JSON can hold", v.Trail)
}

func withText(v model.Value, text string) model.Value {
	v.Text, v.Parts = secret.New(text), nil
	return v
}

// pairs are the entries of a mapping, those that are merged in behind its own.
func pairs(n *yaml.Node, depth int) []strict.Pair {
	var out, more []strict.Pair
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), n.Content[i+1]
		if key.Tag == "!!merge" {
			more = append(more, mergedPairs(resolved(value), depth+1)...)
			continue
		}
		seen[key.Value] = true
		out = append(out, strict.Pair{Key: key, Value: value})
	}
	for _, p := range more {
		if !seen[p.Key.Value] {
			seen[p.Key.Value] = true
			out = append(out, p)
		}
	}
	return out
}

func mergedPairs(n *yaml.Node, depth int) []strict.Pair {
	if depth > 10 {
		return nil
	}
	if n.Kind == yaml.MappingNode {
		return pairs(n, depth)
	}
	var out []strict.Pair
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			out = append(out, mergedPairs(resolved(c), depth+1)...)
		}
	}
	return out
}
