package terraform

import (
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// grunt reads terragrunt.hcl: which module it deploys, and which inputs it gives. That is
// all that is read of it, and only as far as it can be told without running anything.
type grunt struct {
	e     *evaluator
	dir   string // of the file that is deployed
	files map[string]*gruntFile
	depth int
}

// gruntFile is one file of Terragrunt's language.
type gruntFile struct {
	g          *grunt
	name       string
	locals     map[string]*hcl.Attribute
	inputs     *hcl.Attribute
	source     *hcl.Attribute
	includes   []*gruntInclude
	generates  bool
	extra      []*hcl.Block
	memos      map[string]*memo
	incomplete bool
}

type gruntInclude struct {
	label    string
	block    *hcl.Block
	strategy string
	file     *gruntFile
}

const gruntName = "terragrunt.hcl"

// terragrunt reads the file of the step's directory, when there is one, and moves the root
// module to where it says. It gives the inputs, and what makes everything doubtful.
func (e *evaluator) terragrunt() (cty.Value, *model.Value) {
	name := path.Join(e.root, gruntName)
	if _, err := e.in.Files.Stat(name); err != nil {
		if _, err := e.in.Files.Stat(name + ".json"); err == nil {
			return cty.NilVal, doubtOf("a " + gruntName + " in the native syntax")
		}
		return cty.NilVal, nil
	}
	g := &grunt{e: e, dir: e.root, files: map[string]*gruntFile{}}
	f := g.read(name)
	if f == nil || f.incomplete {
		return cty.NilVal, doubtOf("a " + name + " that can be read")
	}
	if doubt := g.include(f); doubt != nil {
		return cty.NilVal, doubt
	}
	e.generated = f.generates
	for _, i := range f.includes {
		e.generated = e.generated || i.file.generates
	}
	if doubt := g.enter(f); doubt != nil {
		return cty.NilVal, doubt
	}
	if doubt := g.arguments(f); doubt != nil {
		return cty.NilVal, doubt
	}
	return g.merged(f), nil
}

// read parses a file, each once.
func (g *grunt) read(name string) *gruntFile {
	if f, ok := g.files[name]; ok {
		return f
	}
	f := &gruntFile{g: g, name: name, locals: map[string]*hcl.Attribute{}, memos: map[string]*memo{}}
	g.files[name] = f
	body, ok := g.e.parse(name)
	if body == nil {
		f.incomplete = true
		return f
	}
	content, _, diags := body.PartialContent(gruntSchema())
	g.e.diagnose(diags)
	f.incomplete = !ok || diags.HasErrors()
	f.inputs = content.Attributes["inputs"]
	for _, b := range content.Blocks {
		f.block(b)
	}
	return f
}

func gruntSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Attributes: attributes("inputs"), Blocks: []hcl.BlockHeaderSchema{
		{Type: "locals"}, {Type: "terraform"}, {Type: "include", LabelNames: []string{"name"}},
		{Type: "generate", LabelNames: []string{"name"}}, {Type: "dependency", LabelNames: []string{"name"}},
	}}
}

func (f *gruntFile) block(b *hcl.Block) {
	switch b.Type {
	case "locals":
		attrs, diags := b.Body.JustAttributes()
		f.g.e.diagnose(diags)
		for name, a := range attrs {
			f.locals[name] = a
		}
	case "terraform":
		content, _, _ := b.Body.PartialContent(&hcl.BodySchema{
			Attributes: attributes("source"), Blocks: []hcl.BlockHeaderSchema{{Type: "extra_arguments", LabelNames: []string{"name"}}},
		})
		f.source = content.Attributes["source"]
		f.extra = append(f.extra, content.Blocks...)
	case "include":
		f.includes = append(f.includes, &gruntInclude{label: b.Labels[0], block: b})
	case "generate":
		f.generates = true
	}
}

// include reads the files that f includes.
func (g *grunt) include(f *gruntFile) *model.Value {
	for _, i := range f.includes {
		content, _, _ := i.block.Body.PartialContent(&hcl.BodySchema{Attributes: attributes("path", "merge_strategy")})
		if a := content.Attributes["merge_strategy"]; a != nil {
			i.strategy, _ = staticText(a.Expr)
		}
		a := content.Attributes["path"]
		if a == nil {
			return doubtOf("the path of include \"" + i.label + "\"")
		}
		name, ok := g.path(f.value(a.Expr))
		if !ok {
			g.e.problem(g.e.span(a.Range), "the path of include \""+i.label+"\" leads to no file of the repository, expected one", "write the path out")
			return doubtOf("the file that include \"" + i.label + "\" names")
		}
		if i.file = g.read(name); i.file.incomplete {
			return doubtOf("a " + name + " that can be read")
		}
	}
	return nil
}

// enter moves the root module to the source, when that lies in the repository. Files that
// stand beside terragrunt.hcl are copied into it.
func (g *grunt) enter(f *gruntFile) *model.Value {
	source, from := f.source, f
	for _, i := range f.includes {
		if source == nil && i.file.source != nil && i.strategy != "no_merge" {
			source, from = i.file.source, i.file
		}
	}
	if source == nil {
		return nil
	}
	at := g.e.span(source.Range)
	dir, ok := g.path(from.value(source.Expr))
	if !ok {
		g.e.problem(at, "the source of the module is not in the repository, expected a local path", "nothing of a module from elsewhere is known here")
		d := model.UnknownBecause(model.WhyMissingFile, "the module that "+f.name+" names as its source", model.Trail{})
		return &d
	}
	if beside, err := g.e.sources(g.dir); err == nil && len(beside) > 0 && dir != g.dir {
		g.e.problem(at, "configuration stands beside "+gruntName+", which is mixed with that of the source; expected it in one place", "move it to the module")
		return doubtOf("the configuration of the module in one place")
	}
	g.e.beside, g.e.root = g.dir, dir
	return nil
}

// path is what a value names in the repository: a path from the directory that is
// deployed, or one that starts with a directory whose place on the machine is not known.
func (g *grunt) path(v cty.Value) (string, bool) {
	text, ok := g.located(valueOf(v))
	if !ok || strings.Contains(text, "::") || strings.Contains(text, "://") {
		return "", false
	}
	text, _, _ = strings.Cut(text, "?")
	text = strings.ReplaceAll(text, "//", "/")
	if !strings.HasPrefix(text, anchored) {
		if !strings.HasPrefix(text, ".") && !strings.Contains(text, "/") && !strings.HasSuffix(text, ".hcl") || path.IsAbs(text) {
			return "", false
		}
		text = path.Join(g.dir, text)
	}
	name := path.Clean("./" + strings.TrimPrefix(text, anchored))
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", false
	}
	_, err := g.e.in.Files.Stat(name)
	return name, err == nil
}

// anchored begins a path that starts at the repository's root.
const anchored = "\x00root/"

// anchor is the store of a reference that stands for a directory or file of the
// repository, as an absolute path that differs from machine to machine.
const anchor = "repository-path"

// located writes a value as a path, with anchors in front of what has one.
func (g *grunt) located(v model.Value) (string, bool) {
	switch {
	case v.State == model.Known:
		return v.Text.Reveal(), true
	case v.Ref.Store == anchor && len(v.Parts) == 0:
		return anchored + v.Ref.Path, true
	case len(v.Parts) == 0 || v.Parts[0].Ref.Store != anchor:
		return "", false
	}
	text := anchored + v.Parts[0].Ref.Path
	for _, p := range v.Parts[1:] {
		if p.State != model.Known {
			return "", false
		}
		text += p.Text.Reveal()
	}
	return text, true
}

// absolute is the value of an absolute path within the repository.
func (g *grunt) absolute(name string) cty.Value {
	v := model.UnknownBecause(model.WhyUnsupported, "the absolute path of the repository", model.Trail{})
	v.Ref = model.Ref{Store: anchor, Path: path.Clean(name)}
	return cty.UnknownVal(cty.String).Mark(g.e.newMark(v))
}

// value evaluates an expression of the file.
func (f *gruntFile) value(expr hcl.Expression) cty.Value {
	e := f.g.e
	variables := map[string]map[string]cty.Value{}
	for _, t := range e.references(expr) {
		root, name := t.RootName(), step(t, 1)
		if variables[root] == nil {
			variables[root] = map[string]cty.Value{}
		}
		if name != "" && variables[root][name] == cty.NilVal {
			variables[root][name] = f.refer(root, name, e.span(expr.Range()))
		}
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: f.functions()}
	for root, values := range variables {
		ctx.Variables[root] = cty.ObjectVal(values)
	}
	v, diags := e.guarded(expr, ctx)
	if diags.HasErrors() {
		e.diagnose(diags)
		return e.unknown(model.WhyUnsupported, "an expression that can be evaluated", e.span(expr.Range()))
	}
	return (&module{e: e}).explained(v, e.references(expr), ctx)
}

func (f *gruntFile) refer(root, name string, at pos.Span) cty.Value {
	e := f.g.e
	switch root {
	case "local":
		return f.local(name, at)
	case "include":
		for _, i := range f.includes {
			if i.label == name && i.file != nil {
				return i.file.exposed()
			}
		}
	case "dependency":
		outputs := e.unknown(model.WhyRemoteState, "the outputs of dependency \""+name+"\"", at)
		return cty.ObjectVal(map[string]cty.Value{"outputs": outputs, "inputs": outputs})
	}
	return e.unknown(model.WhyUnsupported, "\""+root+"."+name+"\"", at)
}

func (f *gruntFile) local(name string, at pos.Span) cty.Value {
	e, a := f.g.e, f.locals[name]
	if a == nil {
		e.problem(at, "\"local."+name+"\" is used but not declared", "declare it, or correct the name")
		return e.unknown(model.WhyUnsupported, "a declaration of \"local."+name+"\"", at)
	}
	m := f.memos[name]
	switch {
	case m == nil:
		m = &memo{busy: true}
		f.memos[name] = m
	case m.done:
		return m.val
	default:
		e.problem(at, "\"local."+name+"\" depends on itself, expected definitions without a cycle", "take one of the references out")
		return e.unknown(model.WhyUnsupported, "\"local."+name+"\" without a cycle", at)
	}
	if f.g.depth++; f.g.depth > maxDepth {
		return e.limited("definitions that need each other less deep")
	}
	m.val = e.pass(f.value(a.Expr), model.Hop{At: e.span(a.Range), Kind: model.KindTerraform, What: "local." + name})
	f.g.depth--
	m.done = true
	return m.val
}

// exposed is what other files see of this one.
func (f *gruntFile) exposed() cty.Value {
	locals := map[string]cty.Value{}
	for _, name := range sortedKeys(f.locals) {
		locals[name] = f.local(name, f.g.e.span(f.locals[name].Range))
	}
	return cty.ObjectVal(map[string]cty.Value{"locals": cty.ObjectVal(locals), "inputs": f.given()})
}

// given is what the file itself gives as inputs.
func (f *gruntFile) given() cty.Value {
	if f.inputs == nil {
		return cty.EmptyObjectVal
	}
	return f.value(f.inputs.Expr)
}

// merged is the inputs of the file over those of the files that it includes.
func (g *grunt) merged(f *gruntFile) cty.Value {
	out := cty.EmptyObjectVal
	for _, i := range f.includes {
		switch i.strategy {
		case "no_merge":
		case "", "shallow":
			out = g.over(out, i.file.given())
		default: // maps merge, lists are appended
			out = g.over(out, g.e.unknown(model.WhyUnsupported, "an include that is merged shallowly", g.e.span(i.block.DefRange)))
		}
	}
	return g.over(out, f.given())
}

// over lays the attributes of one object over those of another.
func (g *grunt) over(under, over cty.Value) cty.Value {
	a, _ := under.Unmark()
	b, _ := over.Unmark()
	switch {
	case !a.IsKnown() || a.IsNull():
		return under
	case !b.IsKnown() || b.IsNull() || !b.CanIterateElements():
		return over
	}
	out := a.AsValueMap()
	if out == nil {
		out = map[string]cty.Value{}
	}
	for it := b.ElementIterator(); it.Next(); {
		k, v := it.Element()
		if k.Type() == cty.String {
			out[k.AsString()] = v
		}
	}
	return cty.ObjectVal(out)
}
