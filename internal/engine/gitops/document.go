package gitops

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one run. Aliases let a short file unfold to a huge one, so that nodes are
// counted as they are visited.
const (
	maxObjects  = 20_000
	maxNodes    = 50_000
	maxDepth    = 100
	maxLeads    = 2_000
	maxElements = 2_000 // of the generators of one ApplicationSet
	maxListed   = 20_000
)

// document is one stream of manifests.
type document struct {
	name  string
	text  origin.Text
	plain string
	index *pos.Index
}

// object is one object of a document. Scalars of it are read through expand, when it is a
// template.
type object struct {
	doc                               *document
	node                              *yaml.Node
	apiVersion, kind, name, namespace string
	expand                            func(model.Value) model.Value
	retype                            bool // expanded texts are read as YAML again
}

// separator is a line that begins a new document.
var separator = lazy.Regexp(`(?m)^---(?:[ \t].*)?$`)

func newDocument(d origin.Document) *document {
	plain := d.Text.Secret().Reveal()
	name := d.Text.File()
	if name == "" {
		name = d.Name
	}
	return &document{name: name, text: d.Text, plain: plain, index: pos.NewIndex([]byte(plain))}
}

// objects parses the stream. What cannot be parsed is left to whoever deploys it.
func (d *document) objects() []*object {
	var out []*object
	from := 0
	for _, at := range append(separator().FindAllStringIndex(d.plain, maxObjects), []int{len(d.plain), len(d.plain)}) {
		if o := d.object(from, at[0]); o != nil {
			out = append(out, o)
		}
		from = at[1]
	}
	return out
}

func (d *document) object(from, to int) (o *object) {
	if !strings.Contains(d.plain[from:to], "apiVersion") {
		return nil
	}
	defer func() {
		if recover() != nil { // the parser's own defects must not reach the user
			o = nil
		}
	}()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(d.plain[from:to]), &doc); err != nil || len(doc.Content) == 0 {
		return nil
	}
	at := d.index.At(from)
	shift(&doc, at.Line-1, at.Column-1)
	n := doc.Content[0]
	return &object{
		doc: d, node: n, apiVersion: text(n, "apiVersion"), kind: text(n, "kind"),
		name: text(n, "metadata", "name"), namespace: text(n, "metadata", "namespace"),
	}
}

// shift moves the places of nodes that were parsed as a text of their own.
func shift(n *yaml.Node, lines, columns int) {
	if n.Line == 1 {
		n.Column += columns
	}
	n.Line += lines
	for _, c := range n.Content {
		shift(c, lines, columns)
	}
}

// text is the scalar that path leads to; empty when there is none.
func text(n *yaml.Node, path ...string) string {
	p, ok := strict.Find(n, path...)
	if !ok {
		return ""
	}
	if v := resolved(p.Value); v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
		return v.Value
	}
	return ""
}

// resolved follows aliases. The parser does not allow them to go in circles.
func resolved(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n.Kind != yaml.AliasNode {
			break
		}
		n = n.Alias
	}
	return n
}

// find is the node that path leads to; nil when there is none, or nothing but null.
func find(n *yaml.Node, path ...string) *yaml.Node {
	if n == nil {
		return nil
	}
	p, ok := strict.Find(n, path...)
	if !ok {
		return nil
	}
	v := resolved(p.Value)
	if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
		return nil
	}
	return v
}

func items(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	return strict.Items(n)
}

// extent is the stretch of a scalar in the text.
func (d *document) extent(n *yaml.Node) (start, end int) {
	start = d.index.Offset(n.Line, n.Column)
	return start, strict.ScalarEnd(d.plain, start, n)
}

func (d *document) span(n *yaml.Node) pos.Span {
	start, end := d.extent(n)
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		end = start
	}
	return d.text.Span(d.index, start, end)
}

// at is the place of a node for messages: in a text that was put together, that of the
// first source.
func (d *document) at(n *yaml.Node) pos.Span {
	if s := d.span(n); s.IsValid() {
		return s
	}
	start, end := d.extent(n)
	for _, v := range d.text.Sources(start, max(end, start+1)) {
		if at := v.Trail.At(); at.IsValid() {
			return at
		}
	}
	return pos.Span{File: d.name}
}

// scalar is the value of a scalar, with the hop of its place. Text is taken as it stands.
func (d *document) scalar(n *yaml.Node, what string) model.Value {
	start, end := d.extent(n)
	if u, ok := d.text.Unknown(start, max(end, start+1)); ok {
		return model.UnknownBecause(u.Why, u.Needs, u.Trail)
	}
	if d.text.File() != "" && n.Style&yaml.LiteralStyle != 0 {
		if lines := d.lines(n, start, end, what); len(lines) > 0 {
			return joined(lines)
		}
	}
	return d.known(n.Value, start, end, what)
}

func (d *document) known(text string, start, end int, what string) model.Value {
	var trails []model.Trail
	for _, v := range d.text.Sources(start, max(end, start+1)) {
		trails = append(trails, v.Trail)
	}
	v := model.KnownText(text, model.Hop{})
	v.Trail = model.Join(trails...)
	if d.text.File() != "" {
		v.Trail = model.Trail{}.Append(model.Hop{At: d.text.Span(d.index, start, end), Kind: model.KindManifest, What: what, Literal: true})
	}
	return v
}

// lines are the lines of a literal block, each with its own place; nothing when they do
// not stand in the file one for one.
func (d *document) lines(n *yaml.Node, start, end int, what string) []model.Value {
	source := strings.SplitAfter(d.plain[start:end], "\n")
	if len(source) < 2 {
		return nil
	}
	at := start + len(source[0])
	var out []model.Value
	left := n.Value
	for _, line := range source[1:] {
		content, rest, _ := cutLine(left)
		if content == "" {
			break
		}
		bare := strings.TrimSuffix(content, "\n")
		skip := len(strings.TrimSuffix(line, "\n")) - len(bare)
		if bare != "" {
			if skip < 0 || strings.TrimLeft(line[:skip], " ") != "" || line[skip:skip+len(bare)] != bare {
				return nil
			}
			out = append(out, d.known(content, at+skip, at+skip+len(bare), what))
		} else {
			out = append(out, d.known(content, at, at, what))
		}
		at += len(line)
		left = rest
	}
	if left != "" {
		return nil
	}
	return out
}

// cutLine takes the first line off a text, its newline included.
func cutLine(text string) (line, rest string, more bool) {
	i := strings.IndexByte(text, '\n')
	if i < 0 {
		return text, "", false
	}
	return text[:i+1], text[i+1:], true
}

// reader reads all objects of a run.
type reader struct {
	in       Input
	objects  []*object
	leads    []Lead
	problems []model.Problem
	nodes    int
}

func newReader(in Input) *reader {
	r := &reader{in: in}
	documents := slices.Clone(in.Documents)
	for _, name := range in.Names {
		if in.Files == nil {
			break
		}
		data, err := in.Files.Read(name)
		if err != nil {
			r.problem(pos.Span{File: name}, "cannot be read, expected a manifest", "correct the path, or commit the file")
			continue
		}
		if !strings.Contains(string(data), "apiVersion") {
			continue
		}
		documents = append(documents, origin.Document{Name: name, Text: origin.FromFile(name, data)})
	}
	for _, d := range documents {
		r.objects = append(r.objects, newDocument(d).objects()...)
		if len(r.objects) > maxObjects {
			r.problem(pos.Span{File: d.Name}, "is one of more manifests than 20000, the limit", "read fewer at once")
			r.objects = r.objects[:maxObjects]
			break
		}
	}
	return r
}

func (r *reader) problem(at pos.Span, message, fix string) {
	r.problems = append(r.problems, model.Problem{At: at, Message: message, Fix: fix})
}

// named finds an object by its kind and name. An object without a namespace counts for
// every namespace: whoever applies it says where it goes.
func (r *reader) named(group, kind, namespace, name string) *object {
	for _, o := range r.objects {
		if o.kind == kind && o.name == name && strings.HasPrefix(o.apiVersion, group) &&
			(o.namespace == namespace || o.namespace == "" || namespace == "") {
			return o
		}
	}
	return nil
}

type readFunc func(*reader, *object)

func readerOf(apiVersion, kind string) readFunc {
	group, _, _ := strings.Cut(apiVersion, "/")
	switch group + " " + kind {
	case "argoproj.io Application":
		return (*reader).application
	case "argoproj.io ApplicationSet":
		return (*reader).applicationSet
	case "helm.toolkit.fluxcd.io HelmRelease":
		return (*reader).helmRelease
	case "kustomize.toolkit.fluxcd.io Kustomization":
		return (*reader).kustomization
	}
	return nil
}

func (r *reader) read(o *object) {
	if read := readerOf(o.apiVersion, o.kind); read != nil {
		read(r, o)
	}
}

func (r *reader) add(l Lead) {
	if len(r.leads) == maxLeads {
		r.problem(l.At, "leads to more than 2000 charts and directories, the limit", "read fewer manifests at once")
	}
	if len(r.leads) <= maxLeads {
		r.leads = append(r.leads, l)
	}
}

// unmarshal guards against the parser's own defects.
func unmarshal(data []byte, n *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errUnknown
		}
	}()
	return yaml.Unmarshal(data, n)
}

// fileObject is a file that holds parameters, to be read like an object.
func fileObject(name string, data []byte) *object {
	return &object{doc: newDocument(origin.Document{Name: name, Text: origin.FromFile(name, data)}), kind: "file"}
}
