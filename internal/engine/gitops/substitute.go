package gitops

import (
	"encoding/json"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
	"github.com/fluxcd/pkg/envsubst/parse"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/strict"
)

// Substitution is what replaces ${NAME} in the manifests of a Flux Kustomization.
type Substitution struct {
	What string // "Kustomization/apps", for messages
	vars model.Env
	rest *model.Value
}

// Vars are the variables. A name that is not among them is replaced by nothing, unless the
// rest of the environment says that it may be set somewhere unknown.
func (s *Substitution) Vars() model.Env { return s.vars }

// substituteMark is the label or annotation by which an object opts out.
const substituteMark = "kustomize.toolkit.fluxcd.io/substitute"

// Apply replaces the variables in all objects of a document. Without any ${ or $$
// in it the document is given back as it is; otherwise it is written anew, with marks for the place
// of every scalar and of every variable that went into it.
func (s *Substitution) Apply(d origin.Document) (origin.Document, []model.Problem) {
	in := newDocument(d)
	if s == nil || !replaces(in.plain) {
		return d, nil
	}
	r := &reader{}
	m := &origin.Marks{}
	var b strings.Builder
	for _, o := range in.objects() {
		if !optedOut(o.node) {
			o.expand = s.expand
			o.retype = true
		}
		r.nodes = 0
		v := r.inline(o, o.node, o.what())
		if v.State == model.Unknown && len(v.Parts) == 0 {
			r.problem(o.doc.at(o.node), "is too large for substitution, expected fewer than 50000 nodes", "split it")
			continue
		}
		b.WriteString("---\n" + marked(v, m) + "\n")
	}
	return origin.Document{Name: d.Name, Text: origin.FromMarked(b.String(), m)}, model.SortProblems(r.problems)
}

// replaces reports whether Flux may change the text: two dollars become one.
func replaces(text string) bool { return strings.Contains(text, "${") || strings.Contains(text, "$$") }

func optedOut(n *yaml.Node) bool {
	return text(n, "metadata", "labels", substituteMark) == "disabled" || text(n, "metadata", "annotations", substituteMark) == "disabled"
}

// marked is the text of a value in which each piece carries its mark. What is not known is
// stood for by a word.
func marked(v model.Value, m *origin.Marks) string {
	var b strings.Builder
	for _, p := range partsOf(v) {
		text := p.Text.Reveal()
		switch {
		case p.State == model.Unknown:
			b.WriteString(origin.Wrap(m.Add(p), "unknown"))
		case p.Trail.IsEmpty() || !origin.CanMark(text):
			b.WriteString(origin.Plain(text))
		default:
			b.WriteString(origin.Wrap(m.Add(p), text))
		}
	}
	return b.String()
}

// expand replaces the expressions of one text.
func (s *Substitution) expand(v model.Value) model.Value {
	if !mentions(v, "$") {
		return v
	}
	text, ok := known(v)
	if !ok {
		return model.UnknownBecause(v.Why, v.Needs, v.Trail)
	}
	tree, err := parsed(text)
	if err != nil {
		return model.UnknownBecause(model.WhyUnsupported, "an expression that Flux can read", v.Trail)
	}
	e := &expansion{s: s, trail: v.Trail}
	pieces := e.pieces(tree.Root)
	if e.unknown != nil && e.coarse {
		return model.UnknownBecause(e.unknown.Why, e.unknown.Needs, model.Join(append(e.trails, e.unknown.Trail)...))
	}
	out := joined(pieces)
	if e.unknown != nil {
		return out
	}
	want, err := evaluated(text, s.vars)
	if err != nil {
		return model.UnknownBecause(model.WhyUnsupported, "an expression that Flux can read", v.Trail)
	}
	if got, _ := known(out); e.coarse || got != want {
		out = plain(want)
		out.Trail = model.Join(append([]model.Trail{v.Trail}, e.trails...)...)
	}
	return out
}

// parsed guards against the parser's own defects.
func parsed(text string) (tree *parse.Tree, err error) {
	defer func() {
		if recover() != nil {
			tree, err = nil, parse.ErrBadSubstitution
		}
	}()
	tree, err = parse.Parse(text)
	if err == nil && tree.Root == nil {
		err = parse.ErrBadSubstitution
	}
	return tree, err
}

func evaluated(text string, vars model.Env) (out string, err error) {
	defer func() {
		if recover() != nil {
			out, err = "", parse.ErrBadSubstitution
		}
	}()
	return envsubst.Eval(text, func(name string) (string, bool) { return vars.Get(name).Text.Reveal(), true })
}

// expansion takes a text apart into pieces. It is coarse when a piece is made of a
// variable in a way that only the whole text can tell.
type expansion struct {
	s       *Substitution
	trail   model.Trail // of the text itself
	trails  []model.Trail
	coarse  bool
	unknown *model.Value
	depth   int
}

func (e *expansion) pieces(n parse.Node) []model.Value {
	if e.depth++; e.depth > 10_000 {
		e.coarse = true
		return nil
	}
	switch n := n.(type) {
	case *parse.TextNode:
		p := plain(n.Value)
		p.Trail = e.trail
		return []model.Value{p}
	case *parse.ListNode:
		var out []model.Value
		for _, c := range n.Nodes {
			out = append(out, e.pieces(c)...)
		}
		return out
	case *parse.FuncNode:
		return e.function(n)
	}
	e.coarse = true
	return nil
}

// function is one ${…}. The fallbacks of all kinds mean the same to Flux: what stands
// behind the sign, when the variable is empty.
func (e *expansion) function(n *parse.FuncNode) []model.Value {
	v := e.s.vars.Get(n.Param)
	e.trails = append(e.trails, v.Trail)
	if v.State == model.Unknown {
		u := model.UnknownBecause(v.Why, v.Needs, v.Trail)
		e.unknown = &u
	}
	switch n.Name {
	case "", "-", "+", "=", "?", ":-", ":+", ":=", ":?":
	default:
		e.coarse = true
		for _, a := range n.Args {
			e.pieces(a)
		}
		return nil
	}
	if v.State == model.Unknown || !v.Text.IsEmpty() {
		return []model.Value{v}
	}
	var out []model.Value
	for _, a := range n.Args {
		out = append(out, e.pieces(a)...)
	}
	return out
}

// retyped is a substituted text as it is read again: Flux puts texts into YAML that is
// written without quotes where it can be, so that a text may come out as a number.
func (r *reader) retyped(before, after model.Value) model.Value {
	source, _ := known(before)
	result, ok := known(after)
	if !ok || !replaces(source) {
		return quoted(after)
	}
	line, err := yaml.Marshal(map[string]string{"k": source})
	if err != nil {
		return model.UnknownBecause(model.WhyUnsupported, "a text that YAML can hold", after.Trail)
	}
	if strings.HasPrefix(string(line), "k: |") || strings.HasPrefix(string(line), "k: >") || strings.Contains(source, "\n") {
		return quoted(after) // a block stays a text, whatever is put into its lines
	}
	value := strings.TrimSuffix(strings.TrimPrefix(string(line), "k: "), "\n")
	replaced := strings.Replace(value, source, result, 1)
	if !strings.Contains(value, source) {
		return model.UnknownBecause(model.WhyUnsupported, "a text that is written without escapes", after.Trail)
	}
	var doc yaml.Node
	if err := unmarshal([]byte("k: "+replaced+"\n"), &doc); err != nil || len(doc.Content) == 0 || len(strict.Names(doc.Content[0])) != 1 {
		return model.UnknownBecause(model.WhyUnsupported, "values that leave the YAML around them valid", after.Trail)
	}
	n := find(doc.Content[0], "k")
	switch {
	case n == nil:
		return withText(after, "null")
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value == result && !oldBoolean(n):
		return quoted(after)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value == result:
		return leafText(n, after)
	case n.Kind == yaml.ScalarNode && n.Tag != "!!str" && n.Tag != "!!timestamp":
		return typed(n, after)
	}
	var x any
	if err := n.Decode(&x); err == nil {
		if data, err := json.Marshal(x); err == nil {
			return withText(after, string(data))
		}
	}
	return model.UnknownBecause(model.WhyUnsupported, "values that leave the YAML around them valid", after.Trail)
}
