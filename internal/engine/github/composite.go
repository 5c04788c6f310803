package github

import (
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// manifest is an action of the repository: its action.yml.
type manifest struct {
	*document
	dir     string
	using   string // composite, docker, node20, …
	inputs  []input
	outputs []output
	env     *yaml.Node // of a container
	steps   []*step
	checked bool // its references were checked
}

// manifest reads the action in a directory, once. It is nil when there is none.
func (f *follow) manifest(dir string, at pos.Span) *manifest {
	if m, ok := f.manifests[dir]; ok {
		return m
	}
	f.manifests[dir] = nil
	for _, name := range []string{"action.yml", "action.yaml"} {
		file := path.Join(dir, name)
		if info, err := f.files.Stat(file); err != nil || info.Dir {
			continue
		}
		doc, problems := open(f.files, file)
		if doc == nil {
			f.problems = append(f.problems, problems...)
			return nil
		}
		f.manifests[dir] = readManifest(doc, dir)
		return f.manifests[dir]
	}
	f.problem(at, "correct the path, which counts from the root of the repository, or commit the file", "there is no action.yml in %s", strict.Path(dir))
	return nil
}

func readManifest(d *document, dir string) *manifest {
	m := &manifest{document: d, dir: dir}
	m.inputs = readInputs(d, find(d.root, "inputs"))
	m.outputs = readOutputs(d, find(d.root, "outputs"))
	runs := find(d.root, "runs")
	m.using, _ = literal(find(runs, "using"))
	m.env = find(runs, "env")
	switch {
	case m.using == "":
		d.fail(d.root, "add `runs:` with `using: composite` and `steps:`", "the action does not say how it runs")
	case strings.EqualFold(m.using, "composite"):
		m.steps = readSteps(d, find(runs, "steps"), true)
	}
	return m
}

// local follows an action of the repository.
func (r *stepRun) local(uses string, with []assignment) *result {
	dir := path.Clean(strings.TrimPrefix(strings.TrimPrefix(uses, "$"), "."))
	dir = strings.TrimPrefix(dir, "/")
	if dir == "" {
		dir = "."
	}
	if strings.HasPrefix(uses, "./") {
		var ok bool
		if dir, ok = r.inCheckout(path.Clean(dir)); !ok {
			return r.lost("the files of another repository")
		}
	}
	m := r.manifest(dir, r.doc.span(target(r.step.uses)))
	switch {
	case m == nil:
		return r.lost("the action that is used")
	case !strings.EqualFold(m.using, "composite"):
		r.program(m, with)
		return &result{outputs: r.unseenOutputs()}
	case r.depth >= maxActions:
		r.problem(r.step.at, "call fewer actions within each other", "more than %d composite actions stand within each other here", maxActions)
		return r.lost("fewer actions within each other")
	}
	return r.composite(m)
}

// program is an action of the repository that is a program: its inputs are variables.
func (r *stepRun) program(m *manifest, with []assignment) {
	inputs := r.actionInputs(m)
	var all []assignment
	for _, in := range m.inputs {
		all = append(all, assignment{name: in.name, value: pasted(inputs.Get(in.name))})
	}
	for _, w := range with {
		if _, ok := findInput(m.inputs, w.name); !ok {
			all = append(all, w)
		}
	}
	if m.env != nil {
		s := scope{doc: m.document, get: func(string, pos.Span) expression.Value { return inputs }}
		sets, _ := s.mapping(m.env, inActionEnv, "env %s of the action")
		for _, set := range sets {
			if !r.env.Has(set.name) {
				r.env = r.env.With(set.name, set.value)
			}
		}
	}
	r.consume(all)
	r.mayExport("the action " + strict.Path(m.dir))
}

// composite follows the steps of a composite action.
func (r *stepRun) composite(m *manifest) *result {
	action := r.frame.action
	if action == "" {
		action = r.step.action
	}
	inner := &frame{
		jobRun: r.jobRun, doc: m.document, inputs: r.actionInputs(m), label: r.label(), dir: m.dir, action: action, depth: r.depth + 1,
		perhaps: r.perhaps, over: map[string]model.Value{}, results: map[string]*result{},
		shell: model.Value{State: model.Absent}, workdir: model.Value{State: model.Absent},
	}
	for name, v := range r.frame.over {
		inner.over[name] = v
	}
	for _, set := range r.sets {
		inner.over[set.name] = r.env.Get(set.name)
	}
	if !m.checked {
		m.checked = true
		inner.checkSteps(m)
	}
	for _, st := range m.steps {
		if !r.count(st.at) {
			break
		}
		inner.step(st)
	}
	return &result{outputs: inner.actionOutputs(m)}
}

// actionInputs are the inputs of an action: what the step gives, or the defaults. All of
// them are texts.
func (r *stepRun) actionInputs(m *manifest) expression.Value {
	given := map[string]model.Value{}
	for _, p := range r.doc.pairs(r.step.with) {
		name := strings.ToLower(p.Key.Value)
		if _, ok := findInput(m.inputs, name); !ok {
			fix := "declare it under `inputs:` of the action, or remove it"
			if near := strict.Nearest(p.Key.Value, inputNames(m.inputs)); near != "" {
				fix = fmt.Sprintf("did you mean %q?", near)
			}
			r.problem(r.doc.span(p.Key), fix, "the action has no input %s", strict.Name(p.Key.Value))
		}
		given[name] = r.scope.text(p.Value, r.field(inStep), "input "+shownName(p.Key.Value)+" of "+called(r.name))
	}
	var entries []expression.Entry
	for _, in := range m.inputs {
		v, ok := given[strings.ToLower(in.name)]
		if !ok {
			v = r.defaultOf(m, in)
		}
		entries = append(entries, expression.Entry{Name: in.name, Value: expression.Text(v)})
	}
	return expression.Object(entries...)
}

func (r *stepRun) defaultOf(m *manifest, in input) model.Value {
	hop := model.Hop{At: in.at, Kind: model.KindWorkflow, What: "input " + shownName(in.name) + " without a default", Literal: true}
	if in.fallback == nil {
		return model.KnownText("", hop)
	}
	s := r.scope.within(m.document)
	return s.text(in.fallback, inActionInput, "default of input "+shownName(in.name))
}

// actionOutputs evaluates what a composite action leaves.
func (fr *frame) actionOutputs(m *manifest) model.Env {
	s := fr.scope(fr.globalHere(), nil)
	out := map[string]model.Value{}
	for _, o := range m.outputs {
		out[o.name] = s.text(o.value, inActionOutput, "output "+shownName(o.name)+" of the action")
	}
	return model.NewEnv(out)
}

func secretText(text string) secret.Text { return secret.New(text) }

// unmarshal guards against the parser's own defects.
func unmarshal(data []byte, n *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("is not valid YAML")
		}
	}()
	return yaml.Unmarshal(data, n)
}
