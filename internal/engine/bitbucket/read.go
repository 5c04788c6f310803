package bitbucket

import (
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one file. Pipelines itself takes 100 steps of a pipeline.
const (
	maxSteps   = 200
	maxInAll   = 5_000
	maxNesting = 10
)

// document is one file of pipelines.
type document struct {
	lines   []*line
	imports []strict.At[string] // pipelines of other repositories, by their group
}

// line is one pipeline.
type line struct {
	group     string // "default", "branches/main", "custom/deploy", …
	variables []variable
	steps     []*step
}

// branch is the branch that the pipeline is of; empty when it is of several.
func (l *line) branch() string {
	section, pattern, _ := strings.Cut(l.group, "/")
	if section != "branches" || strings.ContainsAny(pattern, "*?{}[]") {
		return ""
	}
	return pattern
}

// variable is one that a custom pipeline is started with.
type variable struct {
	name     string
	at       pos.Span
	fallback *tree.Node
	allowed  []*tree.Node // one of them is picked; none: any text
}

type step struct {
	at            pos.Span
	name          string
	number        int // in its pipeline, from 1
	deployment    strict.At[string]
	image         string
	windows       bool
	token         bool // an OIDC token is made for it
	script, after []*tree.Node
	outputs       []string
	artifacts     []string
	condition     bool
	index, count  int // in a group of parallel steps; count is 0 outside of one
	group         int // which of the pipeline's groups, from 1: its steps hand nothing to each other
}

// label is how the step is called for people.
func (s *step) label() string {
	if s.name != "" {
		return s.name
	}
	return fmt.Sprintf("step %d", s.number)
}

// feeds reports whether the step hands something on to later ones.
func (s *step) feeds() bool { return len(s.outputs) > 0 || len(s.artifacts) > 0 }

func (s *step) callsDeployTool() bool {
	for _, item := range s.script {
		if pipeline.CallsDeployTool(item.Text()) {
			return true
		}
		if name := pipeName(item.Get("pipe").Text()); strings.Contains(name, "deploy") || pipes[name].command != nil {
			return true
		}
	}
	return false
}

// read reads the pipelines of a file.
func read(files repo.Files, name string) (document, []model.Problem) {
	root, problems := tree.Load(files, name)
	r := &reader{files: files, file: name, problems: problems, root: root}
	if root == nil {
		return document{}, r.problems
	}
	at := root.Get("pipelines")
	if !at.IsMap() {
		r.fail(firstValid(at.Span(), root.Span()), "write `pipelines:` with `default:`, `branches:` or another start condition", "expected pipelines")
		return document{}, r.problems
	}
	for _, p := range at.Pairs {
		switch section := p.Key.Text(); section {
		case "default":
			r.line(section, p.Value)
		case "branches", "tags", "bookmarks", "pull-requests", "custom":
			r.section(section, p.Value)
		default:
			r.fail(p.Key.Span(), "write default, branches, tags, pull-requests or custom", "unknown start condition %s", strict.Name(section))
		}
	}
	return r.doc, r.problems
}

type reader struct {
	files    repo.Files
	file     string
	root     *tree.Node
	doc      document
	problems []model.Problem
	inAll    int
}

func (r *reader) fail(at pos.Span, fix, format string, args ...any) {
	r.problems = append(r.problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (r *reader) section(section string, n *tree.Node) {
	if !n.IsMap() {
		if !n.IsNull() {
			r.fail(n.Span(), "write a pattern such as main, and below it the steps", "expected pipelines by their name")
		}
		return
	}
	for _, p := range n.Pairs {
		r.line(section+"/"+p.Key.Text(), p.Value)
	}
}

// line reads one pipeline, or the one that it imports.
func (r *reader) line(group string, n *tree.Node) {
	l := &line{group: group}
	switch {
	case n.IsMap():
		from := n.Get("import")
		shared := r.shared(from)
		if shared == nil {
			r.doc.imports = append(r.doc.imports, strict.At[string]{Value: group, Span: firstValid(from.Span(), n.Span())})
			return
		}
		n = shared
	case !n.IsList():
		r.fail(n.Span(), "write a list of steps", "expected a list of steps")
		return
	}
	w := &stepsOf{reader: r, line: l}
	w.items(n, inherited{}, 0)
	if w.full {
		r.fail(n.Span(), "split the pipeline", "has more than %d steps", maxSteps)
	}
	r.doc.lines = append(r.doc.lines, l)
}

// shared finds the pipeline that `import: name@source` means, when the source is a file of
// this repository.
func (r *reader) shared(from *tree.Node) *tree.Node {
	name, source, ok := strings.Cut(from.Text(), "@")
	if !ok {
		return nil
	}
	file := r.root.Get("definitions", "imports", source).Text()
	if !strings.HasSuffix(file, ".yml") && !strings.HasSuffix(file, ".yaml") || strings.Contains(file, ":") {
		return nil
	}
	root, problems := tree.Load(r.files, path.Join(path.Dir(r.file), file))
	r.problems = append(r.problems, problems...)
	if found := root.Get("definitions", "pipelines", name); found.IsList() {
		return found
	}
	return nil
}

// stepsOf collects the steps of one pipeline in their order.
type stepsOf struct {
	*reader
	line   *line
	groups int
	full   bool
}

// inherited is what a step has of the stage that it stands in.
type inherited struct {
	deployment strict.At[string]
	condition  bool
}

func (w *stepsOf) items(n *tree.Node, of inherited, depth int) {
	if depth > maxNesting {
		w.full = true
		return
	}
	for _, item := range n.Each() {
		if w.full {
			return
		}
		switch {
		case item.Get("step") != nil:
			w.add(item.Get("step"), of)
		case item.Get("parallel") != nil:
			w.parallel(item.Get("parallel"), of, depth)
		case item.Get("stage") != nil:
			stage := item.Get("stage")
			inner := of
			inner.condition = inner.condition || stage.Get("condition") != nil
			if d := stage.Get("deployment"); d.Text() != "" {
				inner.deployment = strict.At[string]{Value: d.Text(), Span: d.Span()}
			}
			w.items(stage.Get("steps"), inner, depth+1)
		case item.Get("variables") != nil:
			w.variables(item.Get("variables"))
		case item.IsList():
			w.items(item, of, depth+1) // an anchor that stands for several
		default:
			w.fail(item.Span(), "begin it with `step:`, `parallel:` or `stage:`", "expected a step")
		}
	}
}

func (w *stepsOf) parallel(n *tree.Node, of inherited, depth int) {
	if n.IsMap() {
		n = n.Get("steps")
	}
	first := len(w.line.steps)
	w.items(n, of, depth+1)
	group := w.line.steps[first:]
	w.groups++
	for i, s := range group {
		s.index, s.count, s.group = i, len(group), w.groups
	}
}

func (w *stepsOf) variables(n *tree.Node) {
	for _, item := range n.Each() {
		if name := item.Get("name").Text(); name != "" && len(w.line.variables) < maxSteps {
			w.line.variables = append(w.line.variables, variable{name: name, at: item.Get("name").Span(), fallback: item.Get("default"), allowed: item.Get("allowed-values").Each()})
		}
	}
}

func (w *stepsOf) add(n *tree.Node, of inherited) {
	if w.inAll++; len(w.line.steps) >= maxSteps || w.inAll > maxInAll {
		w.full = true
		return
	}
	s := &step{
		at: n.Span(), name: n.Get("name").Text(), number: len(w.line.steps) + 1, deployment: of.deployment,
		image: w.image(n), token: n.Get("oidc").Text() == "true",
		script: n.Get("script").Each(), after: n.Get("after-script").Each(),
		outputs: texts(n.Get("output-variables")), artifacts: artifactsOf(n.Get("artifacts")),
		condition: of.condition || n.Get("condition") != nil,
	}
	if d := n.Get("deployment"); d.Text() != "" {
		s.deployment = strict.At[string]{Value: d.Text(), Span: d.Span()}
	}
	for _, label := range texts(n.Get("runs-on")) {
		s.windows = s.windows || label == "windows"
	}
	w.line.steps = append(w.line.steps, s)
}

// image is the name of the image that the step runs in.
func (w *stepsOf) image(n *tree.Node) string {
	at := n.Get("image")
	if at.IsNull() {
		at = w.root.Get("image")
	}
	if at.IsMap() {
		at = at.Get("name")
	}
	return at.Text()
}

func texts(n *tree.Node) []string {
	var out []string
	for _, item := range n.Each() {
		if text := item.Text(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// artifactsOf lists the patterns of the files that later steps receive.
func artifactsOf(n *tree.Node) []string {
	if !n.IsMap() {
		return texts(n)
	}
	out := texts(n.Get("paths"))
	for _, item := range n.Get("upload").Each() {
		out = append(out, texts(item.Get("paths"))...)
	}
	return out
}
