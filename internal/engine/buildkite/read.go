package buildkite

import (
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// The limits of one file. An agent uploads 500 steps at once.
const (
	maxSteps   = 2_000
	maxNesting = 5
)

// document is one file.
type document struct {
	root    *tree.Node
	env     *tree.Node
	secrets *tree.Node
	steps   []*step
	fields  map[string]field // of block and input steps, by their key
}

// step is a step that runs something, or starts another pipeline.
type step struct {
	node       *tree.Node
	at         pos.Span
	key, label string
	number     int
	commands   []*tree.Node
	trigger    *tree.Node
	groups     []*tree.Node // that it stands in
	says       *bool        // whether it deploys, once somebody asked
}

// field is what a person answers before the build goes on.
type field struct {
	at       pos.Span
	fallback *tree.Node
	options  []string
}

var emoji = lazy.Regexp(`:[a-z0-9_+-]+:`)

// plainLabel is the label without its emoji.
func (s *step) plainLabel() string { return strings.TrimSpace(emoji().ReplaceAllString(s.label, "")) }

// name is what a configuration calls the step.
func (s *step) name() string {
	if s.key != "" {
		return s.key
	}
	return s.label
}

// called is the step for people.
func (s *step) called() string {
	if label := s.plainLabel(); label != "" {
		return label
	}
	if s.key != "" {
		return s.key
	}
	return "a step"
}

// read reads a file. One that is no pipeline has no steps.
func read(files repo.Files, name string) (document, []model.Problem) {
	root, problems := tree.Load(files, name)
	r := &reader{problems: problems}
	r.doc.root, r.doc.fields = root, map[string]field{}
	switch {
	case root.IsList():
		r.steps(root, nil, 0)
	case root.IsMap():
		r.doc.env, r.doc.secrets = root.Get("env"), root.Get("secrets")
		r.steps(root.Get("steps"), nil, 0)
	case root != nil:
		r.problems = append(r.problems, model.Problem{At: root.At, Message: "expected the steps of a pipeline", Fix: "write `steps:` and a list below it"})
	}
	return r.doc, r.problems
}

type reader struct {
	doc      document
	problems []model.Problem
	visited  int
	full     bool
}

func (r *reader) steps(n *tree.Node, groups []*tree.Node, depth int) {
	for _, item := range n.Each() {
		if r.visited++; r.visited > maxSteps || depth > maxNesting {
			if !r.full {
				r.problems = append(r.problems, model.Problem{At: n.Span(), Message: "has too many steps, or steps nested too deeply", Fix: "upload it in parts"})
			}
			r.full = true
			return
		}
		r.item(item, groups, depth)
	}
}

func (r *reader) item(n *tree.Node, groups []*tree.Node, depth int) {
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := n.Pair(name); ok {
				return true
			}
		}
		return false
	}
	kind := n.Get("type").Text()
	switch {
	case !n.IsMap(): // wait, block
	case kind == "command", kind == "script", kind == "" && has("command", "commands", "plugins"):
		r.add(n, groups)
	case kind == "" && has("wait", "waiter"), kind == "wait", kind == "waiter":
	case kind == "" && has("block", "input", "manual"), kind == "block", kind == "input", kind == "manual":
		r.fields(n.Get("fields"))
	case kind == "" && has("trigger"), kind == "trigger":
		r.add(n, groups)
	case has("group"):
		r.steps(n.Get("steps"), append(groups[:len(groups):len(groups)], n), depth+1)
	case len(n.Pairs) == 1 && n.Pairs[0].Value.IsMap(): // `- command: {command: …}`, an old way to write it
		r.item(n.Pairs[0].Value, groups, depth)
	}
}

func (r *reader) add(n *tree.Node, groups []*tree.Node) {
	s := &step{node: n, at: n.At, number: len(r.doc.steps), trigger: n.Get("trigger"), groups: groups}
	for _, name := range []string{"key", "id", "identifier"} {
		if s.key == "" {
			s.key = n.Get(name).Text()
		}
	}
	for _, name := range []string{"label", "name"} {
		if s.label == "" {
			s.label = n.Get(name).Text()
		}
	}
	for _, name := range []string{"commands", "command"} {
		if len(s.commands) == 0 {
			s.commands = n.Get(name).Each()
		}
	}
	r.doc.steps = append(r.doc.steps, s)
}

func (r *reader) fields(n *tree.Node) {
	for _, f := range n.Each() {
		key := f.Get("key").Text()
		if key == "" {
			continue
		}
		one := field{at: f.Span(), fallback: f.Get("default")}
		for _, o := range f.Get("options").Each() {
			if v := o.Get("value").Text(); v != "" && len(one.options) < 100 {
				one.options = append(one.options, v)
			}
		}
		r.doc.fields[key] = one
	}
}
