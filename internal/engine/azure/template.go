package azure

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// template puts a template of the repository in: what stands under its section.
func (s *scope) template(name, given *tree.Node, section string) []item {
	inner, root := s.open(name, given)
	if root == nil {
		return nil
	}
	if section == "variables" {
		inner.variables = s.variables.copy()
		inner.live = inner.variables
	}
	p, ok := root.Pair(section)
	if !ok {
		s.fail(name.Span(), "name a template that has "+section, "the template has no `%s:`", section)
		return nil
	}
	out := inner.expand(p.Value, section)
	if out.isMap() && section == "variables" {
		return inner.asItems(out)
	}
	return out.each()
}

// asItems turns the mapping form of variables into the list form.
func (s *scope) asItems(n *node) []item {
	var out []item
	for _, p := range n.pairs {
		name := &node{kind: tree.Scalar, at: p.at, text: tree.Pasted(p.key, p.at), quoted: true}
		i := item{node: &node{kind: tree.Map, at: p.at, pairs: []pair{{key: "name", at: p.at, value: name}, {key: "value", at: p.at, value: p.value}}}}
		if p.perhaps != nil {
			i.perhaps = &p.perhaps.why
		}
		out = append(out, i)
	}
	return out
}

// open finds a template and gives its parameters their arguments.
func (s *scope) open(name, given *tree.Node) (*scope, *tree.Node) {
	t := s.expand(name, "").scalar()
	at := name.Span()
	lost := func(message, fix string) (*scope, *tree.Node) {
		s.fail(at, fix, "%s", message)
		s.doubt(model.UnknownBecause(model.WhyMissingFile, "what a template holds", model.Trail{}.Append(s.hop(at, "template"))))
		return nil, nil
	}
	if !t.Known() {
		return lost("the name of a template is not known here", "give the parameters that it is put together from under `inputs`")
	}
	file, repository, remote := strings.Cut(strings.TrimSpace(t.String()), "@")
	if remote && repository != "self" {
		return lost("a template of another repository is not followed", "follow the deploy with steps of its own in keyfit.yaml")
	}
	if s.depth >= maxDepth {
		return lost("templates are put into each other too deeply", "put fewer templates into each other")
	}
	if s.templates++; s.templates > maxTemplates {
		return lost("the pipeline has too many templates", "put fewer templates in")
	}
	if strings.HasPrefix(file, "/") || remote && s.file != s.in.File.Value {
		file = path.Clean(strings.TrimPrefix(file, "/"))
	} else {
		file = path.Join(path.Dir(s.file), file)
	}
	var root *tree.Node
	if info, err := s.files.Stat(file); err == nil && !info.Dir {
		root = s.load(file)
	}
	if !root.IsMap() {
		return lost("there is no template "+strict.Path(file), "correct its path, which is relative to this file")
	}
	inner := &scope{reader: s.reader, file: file, variables: s.variables, depth: s.depth + 1}
	inner.parameters = s.arguments(root.Get("parameters"), s.given(given), at)
	return inner, root
}

// given are the arguments of a template, by their names.
func (s *scope) given(n *tree.Node) map[string]*node {
	out := map[string]*node{}
	if n == nil {
		return out
	}
	for _, p := range s.expand(n, "").pairs {
		v := p.value
		if p.perhaps != nil {
			v = scalarOf(unknownValue(p.perhaps.why, p.at), p.at)
		}
		out[strings.ToLower(p.key)] = v
	}
	return out
}

// arguments binds what is given to what a template, or the pipeline, declares.
func (s *scope) arguments(declared *tree.Node, given map[string]*node, at pos.Span) map[string]value {
	out := map[string]value{}
	defaults := &scope{reader: s.reader, file: s.file, variables: &variables{}}
	if declared.IsMap() { // the old form: names with their defaults
		for _, p := range declared.Pairs {
			out[strings.ToLower(p.Key.Text())] = defaults.expand(p.Value, p.Key.Text()).value()
		}
	}
	var list []*tree.Node
	if declared.IsList() {
		list = declared.Items
	}
	for _, n := range list {
		name := n.Get("name").Text()
		if name == "" {
			continue
		}
		kind, lower := n.Get("type").Text(), strings.ToLower(name)
		hop := s.hop(n.Span(), "parameter "+shown(name))
		if v, ok := given[lower]; ok {
			out[lower] = typed(v, kind)
			continue
		}
		if v, ok := s.offered(n, kind, at); ok {
			out[lower] = v
			continue
		}
		if fallback, ok := n.Pair("default"); ok {
			out[lower] = typed(defaults.expand(fallback.Value, name), kind)
			continue
		}
		if allowed := n.Get("values").Each(); len(allowed) > 0 && kind != "boolean" && at == (pos.Span{}) {
			out[lower] = typed(defaults.expand(allowed[0], name), kind) // what the run asks for at first
			if s.host != nil {
				out[lower] = unknownValue(model.UnknownBecause(model.WhyInput, "the parameter "+shown(name), model.Trail{}.Append(hop)), n.Span())
			}
			continue
		}
		if at.IsValid() {
			s.fail(at, "give it, or write a `default:`", "the parameter %s has no value", shown(name))
		}
		out[lower] = unknownValue(model.UnknownBecause(model.WhyInput, "the parameter "+shown(name), model.Trail{}.Append(hop)), n.Span())
	}
	for lower, v := range given {
		if declared.IsMap() {
			out[lower] = v.value()
		}
	}
	return out
}

// offered is a parameter of the run of which somebody picks one of several values, and nobody said
// which. A run that nobody starts by hand has the default.
func (s *scope) offered(n *tree.Node, kind string, at pos.Span) (value, bool) {
	reason, _ := s.predefined("Build.Reason", n.Span())
	if s.host == nil || at != (pos.Span{}) || reason.State == model.Known && !strings.EqualFold(reason.Text.Reveal(), "Manual") {
		return value{}, false
	}
	name := n.Get("name").Text()
	hop := s.hop(n.Span(), "parameter "+shown(name))
	hop.Literal = true
	var candidates []model.Value
	for _, one := range n.Get("values").Each() {
		if len(candidates) < pipeline.MaxChoices {
			candidates = append(candidates, model.KnownText(one.Text(), hop))
		}
	}
	if kind == "boolean" {
		candidates = []model.Value{model.KnownText("True", hop), model.KnownText("False", hop)}
	}
	if len(candidates) < 2 {
		return value{}, false
	}
	v := pipeline.Picked(name, s.in.Environment, "what the run is started with: give "+shown(name)+" under `parameters`", candidates)
	if v.State == model.Known {
		return textValue(tree.Of(v, n.Span())), true
	}
	v.Trail = model.Trail{}.Append(s.hop(n.Span(), "parameter "+shown(name)))
	return unknownValue(v, n.Span()), true
}

// typed is an argument by the type of its parameter.
func typed(n *node, kind string) value {
	v := n.value()
	if v.kind == object || v.kind == unsure || v.kind == null {
		return v
	}
	t := v.string(n.span())
	switch s := t.String(); kind {
	case "boolean":
		if strings.EqualFold(s, "true") || strings.EqualFold(s, "false") {
			return boolValue(strings.EqualFold(s, "true"))
		}
	case "number":
		if f, ok := textValue(t).number(); ok {
			return value{kind: number, num: f, text: t}
		}
	case "object", "":
		return v
	}
	return textValue(t)
}

// parameters of the pipeline itself are what the run is started with.
func (r *reader) runParameters(root *tree.Node) map[string]value {
	given := map[string]*node{}
	for name, v := range r.in.Inputs {
		given[strings.ToLower(name)] = &node{kind: tree.Scalar, text: tree.Of(v, r.in.At), quoted: true}
	}
	s := &scope{reader: r, file: r.in.File.Value, variables: &variables{}}
	return s.arguments(root.Get("parameters"), given, pos.Span{})
}

// plan is a pipeline behind the expansion of its templates.
type plan struct {
	variables *variables
	stages    []*stage
	pool      *node
	branches  string // a branch that starts it, when it is one alone
}

type stage struct {
	name, display string
	at            pos.Span
	variables     *variables
	condition     *node
	pool          *node
	jobs          []*job
	needs         []string
	perhaps       *model.Value
}

type job struct {
	stage         *stage
	name, display string
	at            pos.Span
	deployment    bool
	environment   tree.Text
	node          *node
	variables     *variables
	needs         []string
	perhaps       *model.Value
}

// plan expands the pipeline; nil when there is none.
func (r *reader) plan() *plan {
	root := r.load(r.in.File.Value)
	if root == nil {
		return nil
	}
	if !root.IsMap() {
		r.fail(root.Span(), "write `steps:`, `jobs:` or `stages:`", "expected a pipeline as a mapping")
		return nil
	}
	p := &plan{variables: &variables{}, branches: onlyBranch(root.Get("trigger"))}
	s := &scope{reader: r, file: r.in.File.Value, variables: p.variables, parameters: r.runParameters(root)}
	s.whole(p, root)
	return p
}

func onlyBranch(trigger *tree.Node) string {
	list := trigger.Each()
	if trigger.IsMap() {
		list = trigger.Get("branches", "include").Each()
		if b := trigger.Get("branches"); b.IsList() {
			list = b.Items
		}
	}
	if len(list) != 1 || strings.ContainsAny(list[0].Text(), "*?$") || list[0].Text() == "none" {
		return ""
	}
	return strings.TrimPrefix(list[0].Text(), "refs/heads/")
}

// whole reads the root of a pipeline, or of a template that it extends.
func (s *scope) whole(p *plan, root *tree.Node) {
	if v, ok := root.Pair("variables"); ok {
		inner := *s
		inner.live = s.variables
		s.define(p.variables, inner.expand(v.Value, "variables"), false)
	}
	if pool, ok := root.Pair("pool"); ok {
		p.pool = s.expand(pool.Value, "pool")
	}
	if extends := root.Get("extends"); extends.IsMap() {
		if inner, below := s.open(extends.Get("template"), extends.Get("parameters")); below != nil {
			inner.whole(p, below)
		}
		return
	}
	// The root may itself hold conditions around its sections.
	sections := &node{kind: tree.Map, at: root.Span(), pairs: s.mapping(s, without(root), "")}
	switch {
	case sections.get("stages") != nil:
		for _, i := range sections.get("stages").each() {
			s.stage(p, i)
		}
	case sections.get("jobs") != nil:
		s.jobs(p, sections.get("jobs"), &stage{at: root.Span(), variables: p.variables.within()})
	case sections.get("steps") != nil:
		st := &stage{at: root.Span(), variables: p.variables.within()}
		st.jobs = []*job{{stage: st, name: "Job", at: root.Get("steps").Span(), node: sections, variables: st.variables.within()}}
		p.stages = append(p.stages, st)
	default:
		s.fail(root.Span(), "write `steps:`, `jobs:` or `stages:`", "the pipeline has no steps")
	}
}

// without is the root without what was read before.
func without(root *tree.Node) *tree.Node {
	out := *root
	out.Pairs = slices.DeleteFunc(slices.Clone(root.Pairs), func(p tree.Pair) bool {
		return slices.Contains([]string{"variables", "parameters", "resources", "trigger", "pr", "schedules", "name", "extends", "pool"}, p.Key.Text())
	})
	return &out
}

func (s *scope) stage(p *plan, i item) {
	name := i.get("stage").plain()
	if !i.isMap() || i.get("stage") == nil {
		s.fail(i.span(), "write `stage:` and its jobs", "expected a stage")
		return
	}
	st := &stage{
		name: name, display: i.get("displayName").plain(), at: i.get("stage").span(), condition: i.get("condition"),
		pool: i.get("pool"), perhaps: i.perhaps, needs: names(i.get("dependsOn")), variables: p.variables.within(),
	}
	s.define(st.variables, i.get("variables"), false)
	s.jobs(p, i.get("jobs"), st)
}

func names(n *node) []string {
	var out []string
	for _, i := range n.each() {
		if name := i.plain(); name != "" {
			out = append(out, name)
		}
	}
	return out
}

func (s *scope) jobs(p *plan, n *node, st *stage) {
	p.stages = append(p.stages, st)
	for _, i := range n.each() {
		j := &job{stage: st, node: i.node, perhaps: i.perhaps, display: i.get("displayName").plain(), needs: names(i.get("dependsOn")), variables: st.variables.within()}
		head, ok := i.pair("job")
		if !ok {
			head, j.deployment = i.pair("deployment")
		}
		if !ok && !j.deployment {
			if i.get("template") == nil {
				s.fail(i.span(), "write `job:` or `deployment:`", "expected a job")
			}
			continue
		}
		j.name, j.at = head.value.plain(), place(head.value, head.at)
		if j.name == "" {
			j.name = "Job"
		}
		environment := i.get("environment")
		if j.environment = environment.scalar(); environment.isMap() {
			j.environment = environment.get("name").scalar()
		}
		s.define(j.variables, i.get("variables"), false)
		st.jobs = append(st.jobs, j)
	}
}
