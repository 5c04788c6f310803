package terraform

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// load reads the module of a directory, each once. It gives nil when there is none.
func (e *evaluator) load(dir string) *config {
	if c, ok := e.configs[dir]; ok {
		return c
	}
	names, err := e.sources(dir)
	if err != nil || len(names) == 0 {
		e.configs[dir] = nil
		return nil
	}
	c := newConfig(dir)
	e.configs[dir] = c
	var overrides []*hcl.BodyContent
	for _, name := range names {
		content, ok := e.content(name)
		if !ok {
			c.broken = true
		}
		switch {
		case content == nil:
		case isOverride(name):
			overrides = append(overrides, content)
		default:
			e.declare(c, content)
		}
	}
	for _, content := range overrides {
		e.override(c, content)
	}
	return c
}

// sources lists the files of a module in the order in which they count.
func (e *evaluator) sources(dir string) ([]string, error) {
	infos, err := e.in.Files.List(dir)
	if err != nil {
		return nil, err
	}
	present := map[string]bool{}
	for _, info := range infos {
		present[info.Name] = !info.Dir && !info.Broken
	}
	var out []string
	for _, info := range infos {
		if present[info.Name] && e.counts(info.Name, present) {
			out = append(out, path.Join(dir, info.Name))
		}
	}
	return out, nil
}

// counts reports whether a file belongs to the module. OpenTofu takes x.tofu instead of
// x.tf when both are there.
func (e *evaluator) counts(name string, present map[string]bool) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") {
		return false
	}
	stem, extension := splitSource(name)
	switch extension {
	case ".tofu", ".tofu.json":
		return e.tofu()
	case ".tf", ".tf.json":
		return !e.tofu() || !present[stem+strings.Replace(extension, ".tf", ".tofu", 1)]
	}
	return false
}

func (e *evaluator) tofu() bool { return e.in.Tool == "tofu" }

func splitSource(name string) (stem, extension string) {
	for _, x := range []string{".tofu.json", ".tf.json", ".tofu", ".tf"} {
		if stem, ok := strings.CutSuffix(name, x); ok {
			return stem, x
		}
	}
	return name, ""
}

func isOverride(name string) bool {
	stem, _ := splitSource(path.Base(name))
	return stem == "override" || strings.HasSuffix(stem, "_override")
}

// content parses one file of configuration. ok is false when some of it was lost.
func (e *evaluator) content(name string) (content *hcl.BodyContent, ok bool) {
	body, ok := e.parse(name)
	if body == nil {
		return nil, false
	}
	content, _, diags := body.PartialContent(rootSchema())
	e.diagnose(diags)
	if native, isNative := body.(*hclsyntax.Body); isNative {
		e.strangers(native)
	}
	return content, ok && !diags.HasErrors()
}

// parse reads a file in either syntax and lets it remember its places. Of a native file
// with mistakes, what could be read is kept.
func (e *evaluator) parse(name string) (body hcl.Body, ok bool) {
	data, err := e.read(name)
	if err != nil {
		return nil, false
	}
	return e.parseText(name, data, func(native *hclsyntax.Body) {
		r := &rewriter{e: e, file: name, index: e.index(name)}
		r.body(native, "")
	})
}

// parseText reads the text of a file; remember is given the body of one in the native syntax.
func (e *evaluator) parseText(name string, data []byte, remember func(*hclsyntax.Body)) (body hcl.Body, ok bool) {
	tooDeep := func() (hcl.Body, bool) {
		e.problem(pos.Span{File: name}, "the file nests too deep to be read", "split it up")
		return nil, false
	}
	var file *hcl.File
	var diags hcl.Diagnostics
	if strings.HasSuffix(name, ".json") {
		if deepJSON(data) {
			return tooDeep()
		}
		file, diags = json.Parse(data, name)
	} else {
		if deepTokens(data, name) {
			return tooDeep()
		}
		file, diags = hclsyntax.ParseConfig(data, name, hcl.InitialPos)
	}
	e.diagnose(diags)
	if file == nil {
		return nil, false
	}
	if native, isNative := file.Body.(*hclsyntax.Body); isNative {
		remember(native)
	}
	return file.Body, !diags.HasErrors()
}

// read gives a file of configuration, with a problem when it cannot be read.
func (e *evaluator) read(name string) ([]byte, error) {
	data, err := e.in.Files.Read(name)
	if err == nil && len(data) > maxSource {
		err = &repo.Error{Path: name, Kind: errors.New("is larger than 4 MiB, the limit for configuration")}
	}
	if err != nil {
		at, message := pos.Span{File: name}, err.Error()
		if shown := strict.Path(name); shown != strconv.Quote(name) { // a command line may name a key here
			at, message = e.in.At, strings.ReplaceAll(message, strconv.Quote(name), shown)
		}
		e.problem(at, message, "")
		return nil, err
	}
	e.indexes[name] = pos.NewIndex(data)
	return data, nil
}

func (e *evaluator) index(name string) *pos.Index {
	if x := e.indexes[name]; x != nil {
		return x
	}
	return pos.NewIndex(nil)
}

// span is a range of the language's own as a place of the repository. The language counts
// columns in letters as people see them, so only its offsets are used.
func (e *evaluator) span(at hcl.Range) pos.Span {
	if e.indexes[at.Filename] == nil {
		return e.in.At
	}
	return e.indexes[at.Filename].Span(at.Filename, at.Start.Byte, at.End.Byte)
}

// diagnose turns what the language says is wrong into problems. Its details quote values,
// so they are left out.
func (e *evaluator) diagnose(diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		at := e.in.At
		if d.Subject != nil {
			at = e.span(*d.Subject)
		}
		message := summary(d)
		if line := e.excerpt(at); line != "" {
			message += ", in `" + line + "`"
		}
		e.problem(at, message, "correct the configuration: "+toolOf(e.in.Tool)+" refuses it")
	}
}

func toolOf(name string) string { return cmp.Or(name, "terraform") }

// summary is the headline of a diagnostic in the style of messages here.
func summary(d *hcl.Diagnostic) string {
	text := strings.TrimSuffix(d.Summary, ".")
	if text == "" {
		return "cannot be read, expected an expression or a block"
	}
	if len(text) > 1 && text[1] >= 'a' && text[1] <= 'z' {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

func (e *evaluator) problem(at pos.Span, message, fix string) {
	if len(e.problems) >= maxProblems {
		return
	}
	p := model.Problem{At: at, Message: message, Fix: fix}
	if !slices.Contains(e.problems, p) {
		e.problems = append(e.problems, p)
	}
}

func rootSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "output", LabelNames: []string{"name"}},
		{Type: "module", LabelNames: []string{"name"}},
		{Type: "resource", LabelNames: []string{"type", "name"}},
		{Type: "data", LabelNames: []string{"type", "name"}},
		{Type: "ephemeral", LabelNames: []string{"type", "name"}},
	}}
}

// strangers reports what no configuration has at its top, which is mostly a slip.
func (e *evaluator) strangers(body *hclsyntax.Body) {
	for _, name := range sortedKeys(body.Attributes) {
		e.problem(e.span(body.Attributes[name].NameRange), "\""+name+"\" stands outside of a block, expected blocks alone", "")
	}
	for _, b := range body.Blocks {
		switch b.Type {
		case "variable", "locals", "output", "module", "resource", "data", "ephemeral",
			"terraform", "provider", "moved", "import", "removed", "check", "action", "language", "encryption":
		default:
			e.problem(e.span(b.TypeRange), "there are no blocks \""+b.Type+"\", expected variable, locals, module, resource, data or output", "correct the name")
		}
	}
}
