package gitlab

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// block is `$[[ inputs.name | function ]]`.
var block = lazy.Regexp(`\$\[\[\s*(.*?)\s*\]\]`)

// Parts of what stands in a block.
var (
	truncation = lazy.Regexp(`^truncate\(\s*(\d+)\s*,\s*(\d+)\s*\)$`)
	posixSafe  = lazy.Regexp(`[^A-Za-z0-9_\-.,:+/@\n]`)
)

// maxText is how long a text may grow by putting inputs into it.
const maxText = 1 << 20

// interpolator puts the inputs of a file into its body.
type interpolator struct {
	inputs map[string]*node
	hops   map[string]model.Hop
	done   map[*node]*node
	size   int
	report func(at pos.Span, message, fix string)
}

// inputsOf are the inputs that the header of a file declares, with what they are given.
func (l *loader) inputsOf(header *node, given map[string]*node) *interpolator {
	in := &interpolator{inputs: map[string]*node{}, hops: map[string]model.Hop{}, done: map[*node]*node{}, report: l.report}
	spec := header.get("spec", "inputs")
	if spec == nil || spec.kind != mapping {
		if header.get("spec", "include") == nil {
			return in
		}
		spec = newMapping(header)
	}
	for _, name := range spec.keys {
		declared := spec.fields[name]
		value := given[name]
		if value == nil {
			value = declared.get("default")
		}
		if value == nil {
			l.report(spec.keyAt(name), "the input "+quoted(name)+" has no value and no default", "give it under `inputs:` where the file is included")
			value = unknownNode(spec.names[name], model.UnknownBecause(model.WhyInput, "the input "+quoted(name), model.Trail{}))
		}
		if declared.get("type").word() == "string" || declared.get("type") == nil {
			value = asText(value)
		}
		in.inputs[name] = value
		in.hops[name] = model.Hop{At: value.at(), Kind: model.KindGitLab, What: "input " + quoted(name), Literal: value.value == nil}
	}
	return in
}

// asText makes a string of a scalar.
func asText(n *node) *node {
	if n.kind != scalar || n.class == textual {
		return n
	}
	out := *n
	out.class = textual
	return &out
}

// unknownNode is a scalar of which nothing is known, at the place of like.
func unknownNode(like *node, v model.Value) *node {
	return &node{kind: scalar, value: &v, src: like.src, yaml: like.yaml}
}

// fill puts the inputs into n.
func (in *interpolator) fill(n *node) *node {
	if len(in.inputs) == 0 {
		return n
	}
	if done, ok := in.done[n]; ok {
		return done
	}
	out := n
	switch n.kind {
	case scalar:
		out = in.scalar(n)
	case list, reference:
		out = &node{kind: n.kind, src: n.src, yaml: n.yaml, mixed: n.mixed}
		for _, item := range n.items {
			out.items = append(out.items, in.fill(item))
		}
	case mapping:
		out = newMapping(n)
		for _, key := range n.keys {
			name := in.scalar(n.names[key])
			out.set(name.text, name, in.fill(n.fields[key]))
		}
	}
	in.done[n] = out
	return out
}

func (in *interpolator) scalar(n *node) *node {
	if n.value != nil || !strings.Contains(n.text, "$[[") {
		return n
	}
	if m := block().FindStringSubmatchIndex(n.text); m != nil && m[0] == 0 && m[1] == len(n.text) {
		return in.moved(n, in.access(n, n.text[m[2]:m[3]]))
	}
	if in.size > maxText {
		return unknownNode(n, model.UnknownBecause(model.WhyLimit, "less text in inputs", model.Trail{}))
	}
	out := *n
	out.class, out.text = textual, ""
	rest := n.text
	var unknown *model.Value
	for m := block().FindStringSubmatchIndex(rest); m != nil; m = block().FindStringSubmatchIndex(rest) {
		v := in.access(n, rest[m[2]:m[3]])
		switch {
		case v == nil:
			out.text += rest[:m[1]]
		case v.value != nil:
			unknown = v.value
		case v.kind != scalar:
			in.report(n.at(), "an input that is a list or a mapping stands within a text", "let the input be the whole value")
		default:
			out.text += rest[:m[0]] + v.text
			out.hops = append(out.hops, v.hops...)
		}
		rest = rest[m[1]:]
		in.size += len(out.text)
		if in.size > maxText {
			in.report(n.at(), "grows too large by the inputs in it", "put in less text")
			break
		}
	}
	out.text += rest
	if unknown != nil {
		out.value = unknown
	}
	return &out
}

// moved is an input as the whole of a value: it stands where it is used, and came from
// where it was given.
func (in *interpolator) moved(n, v *node) *node {
	if v == nil {
		return n
	}
	if v.kind != scalar {
		return v
	}
	out := *v
	out.src, out.yaml = n.src, n.yaml
	return &out
}

// access evaluates what stands in a block. Nil for what is left as it is.
func (in *interpolator) access(n *node, text string) *node {
	parts := strings.Split(text, "|")
	path := strings.Split(strings.TrimSpace(parts[0]), ".")
	if len(path) < 2 || path[0] != "inputs" {
		if path[0] != "matrix" {
			in.report(n.at(), "holds a `$[[ ]]` that is not an input", "write $[[ inputs.NAME ]]")
		}
		return nil
	}
	v := in.inputs[path[1]]
	if v == nil {
		in.report(n.at(), "uses the input "+quoted(path[1])+", which is not declared", "declare it under `spec: inputs:` at the top of the file")
		return unknownNode(n, model.UnknownBecause(model.WhyInput, "the input "+quoted(path[1]), model.Trail{}))
	}
	for _, step := range path[2:] {
		if v = v.get(step); v == nil {
			in.report(n.at(), "uses a part of an input that is not there", "correct the name")
			return unknownNode(n, model.UnknownBecause(model.WhyInput, "the input "+quoted(path[1]), model.Trail{}))
		}
	}
	out := *v
	if v.kind == scalar {
		out.hops = append(append([]model.Hop{}, v.hops...), in.hops[path[1]])
	}
	for _, f := range parts[1:] {
		if !call(&out, strings.TrimSpace(f)) {
			u := model.UnknownBecause(model.WhyUnsupported, "a function in a `$[[ ]]` that keyfit does not evaluate", model.Trail{})
			out.value = &u
		}
	}
	return &out
}

// call applies a function to a scalar.
func call(n *node, f string) bool {
	if n.kind != scalar || n.value != nil {
		return n.value != nil
	}
	switch m := truncation().FindStringSubmatch(f); {
	case m != nil:
		from, err1 := strconv.Atoi(m[1])
		length, err2 := strconv.Atoi(m[2])
		letters := []rune(n.text)
		if err1 != nil || err2 != nil {
			return false
		}
		from = min(from, len(letters))
		n.text, n.class = string(letters[from:min(len(letters), from+length)]), textual
		return true
	case f == "expand_vars":
		return !strings.ContainsAny(n.text, "$%")
	case f == "posix_escape":
		n.text, n.class = posixEscape(n.text), textual
		return true
	}
	return false
}

// posixEscape writes a text so that a shell takes it as it is.
func posixEscape(s string) string {
	if s == "" {
		return "''"
	}
	s = posixSafe().ReplaceAllStringFunc(s, func(c string) string { return `\` + c })
	return strings.ReplaceAll(s, "\n", "'\n'")
}
