package gitlab

import (
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// reserved are the names at the top of the configuration that are no jobs.
var reserved = []string{
	"after_script", "before_script", "cache", "default", "image", "include", "services", "spec", "stages", "types", "variables", "workflow",
}

// inherited are what a job takes from `default:`, and ofOld what it takes from the top of
// the configuration, as it was written before there was a default.
var (
	inherited = []string{
		"after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "identity", "image", "interruptible", "retry",
		"services", "tags", "timeout",
	}
	ofOld = []string{"after_script", "before_script", "cache", "image", "services"}
)

// config is a whole pipeline: everything included, extended and referred to is in it.
type config struct {
	root    *node
	stages  []string
	jobs    []*job
	partial *model.Value    // why there may be more; nil when all of it is here
	lost    map[string]bool // jobs that extend something that is not here
	keyfit  bool            // a component of keyfit's own is included
	report  func(at pos.Span, message, fix string)
}

// job is one job as the configuration declares it.
type job struct {
	cfg  *config
	name string
	node *node
	made []cell // see cells
}

func newConfig(root *node, partial *model.Value, report func(at pos.Span, message, fix string)) *config {
	c := &config{root: root, partial: partial, report: report, stages: []string{".pre"}}
	stages := root.get("stages")
	if stages == nil {
		stages = root.get("types")
	}
	for _, s := range stages.words() {
		if s != ".pre" && s != ".post" {
			c.stages = append(c.stages, s)
		}
	}
	if stages == nil {
		c.stages = append(c.stages, "build", "test", "deploy")
	}
	c.stages = append(c.stages, ".post")
	for _, name := range root.keys {
		n := root.fields[name]
		if slices.Contains(reserved, name) || strings.HasPrefix(name, ".") || n.kind != mapping {
			continue
		}
		c.jobs = append(c.jobs, &job{cfg: c, name: name, node: n})
	}
	return c
}

// job finds a job by its name; nil when there is none.
func (c *config) job(name string) *job {
	for _, j := range c.jobs {
		if j.name == name {
			return j
		}
	}
	return nil
}

func (c *config) names() []string {
	var out []string
	for _, j := range c.jobs {
		out = append(out, j.name)
	}
	return out
}

// at is where the job is declared.
func (j *job) at() pos.Span { return j.cfg.root.keyAt(j.name) }

// what names the job in messages.
func (j *job) what() string { return "job " + quoted(j.name) }

// stage is the stage of the job, and its place among them.
func (j *job) stage() (string, int) {
	name := j.node.get("stage").word()
	if name == "" {
		name = "test"
	}
	return name, slices.Index(j.cfg.stages, name)
}

// field is a keyword of the job: its own, or else the default.
func (j *job) field(key string) *node {
	if n := j.node.get(key); n != nil {
		return n
	}
	if !slices.Contains(inherited, key) || !j.inheriting("default")(key) {
		return nil
	}
	if n := j.cfg.root.get("default", key); n != nil {
		return n
	}
	if slices.Contains(ofOld, key) {
		return j.cfg.root.get(key)
	}
	return nil
}

// inheriting tells which default keywords, or which global variables, the job takes.
func (j *job) inheriting(group string) func(name string) bool {
	n := j.node.get("inherit", group)
	switch {
	case n == nil:
		return func(string) bool { return true }
	case n.kind == list:
		names := map[string]bool{}
		for _, name := range n.words() {
			names[name] = true
		}
		return func(name string) bool { return names[name] }
	}
	all := n.word() != "false"
	return func(string) bool { return all }
}

// isTrigger reports whether the job starts another pipeline.
func (j *job) isTrigger() bool { return j.node.get("trigger") != nil }

// variable is one entry of `variables:`.
type variable struct {
	key   string
	value model.Value
	raw   bool
}

// variables reads a mapping of variables. in says whose they are.
func (c *config) variables(n *node, in string) []variable {
	if n == nil {
		return nil
	}
	if n.kind != mapping {
		if n.value == nil {
			c.report(n.at(), "expected variables, a mapping of names to texts", "write NAME: text")
		}
		return nil
	}
	var out []variable
	for _, key := range n.keys {
		value := n.fields[key]
		what := "variables " + quoted(key)
		if in != "" {
			what += " of " + in
		}
		raw := false
		if value.kind == mapping {
			raw = value.get("expand").word() == "false"
			inner := value.get("value")
			if inner == nil {
				inner = &node{kind: scalar, src: value.src, yaml: value.yaml}
			}
			value = inner
		}
		if value.kind != scalar {
			c.report(n.keyAt(key), "has no text, which GitLab refuses", `write "" for an empty one`)
			out = append(out, variable{key: key, value: model.UnknownBecause(model.WhyUnsupported, "a text", model.Trail{}.Append(model.Hop{At: n.keyAt(key), Kind: model.KindGitLab, What: what}))})
			continue
		}
		out = append(out, variable{key: key, value: value.scalarValue(what), raw: raw})
	}
	return out
}

// over lays stronger variables on weaker ones: each replaces the one of its name, in its
// place.
func over(weak, strong []variable) []variable {
	out := slices.Clone(weak)
	at := make(map[string]int, len(out))
	for i, v := range out {
		at[v.key] = i
	}
	for _, v := range strong {
		i, ok := at[v.key]
		if !ok {
			at[v.key] = len(out)
			out = append(out, v)
			continue
		}
		v.value = orBelow(v.value, map[string]model.Value{v.key: out[i].value}, v.key).Over(out[i].value)
		out[i] = v
	}
	return out
}

// either joins sets of variables, of which one is the one that counts.
func either(needs string, sets [][]variable) []variable {
	if len(sets) == 1 {
		return sets[0]
	}
	var out []variable
	for _, set := range sets {
		for _, v := range set {
			if slices.ContainsFunc(out, func(o variable) bool { return o.key == v.key }) {
				continue
			}
			out = append(out, eitherOf(needs, v.key, sets))
		}
	}
	return out
}

func eitherOf(needs, key string, sets [][]variable) variable {
	out := variable{key: key, raw: true}
	var candidates []model.Value
	raw, cooked := false, false
	for _, set := range sets {
		i := slices.IndexFunc(set, func(o variable) bool { return o.key == key })
		if i < 0 {
			candidates = append(candidates, absent())
			continue
		}
		candidates = append(candidates, set[i].value)
		raw, cooked = raw || set[i].raw, cooked || !set[i].raw
	}
	out.value, out.raw = model.Ambiguous(needs, candidates...), !cooked
	if raw && cooked {
		out.value = model.UnknownBecause(model.WhyAmbiguous, needs, model.Trail{})
	}
	return out
}

// cell is one of the jobs that `parallel:` makes.
type cell struct {
	vars   []variable
	values map[string]string
	name   string // of the job, as GitLab calls it; empty when it is one of several
	index  int    // from 1; 0 when there is one job, or it is one of several
	total  int
}

// maxCells is how many jobs one `parallel:matrix` may make.
const maxCells = 256

// cells are the jobs that a job stands for.
func (j *job) cells() []cell {
	if j.made == nil {
		j.made = j.makeCells()
	}
	return j.made
}

func (j *job) makeCells() []cell {
	n := j.node.get("parallel")
	switch {
	case n == nil:
		return []cell{{name: j.name, total: 1}}
	case n.kind == scalar:
		total, err := strconv.Atoi(n.word())
		if err != nil || total < 1 {
			return []cell{{name: j.name, total: 1}}
		}
		return []cell{{total: total}}
	}
	var out []cell
	for _, entry := range n.get("matrix").flat(1) {
		out = append(out, j.product(entry)...)
		if len(out) > maxCells {
			j.cfg.report(n.at(), "makes more than 256 jobs, the limit", "let the matrix make fewer")
			out = out[:maxCells]
			break
		}
	}
	if len(out) == 0 {
		return []cell{{name: j.name, total: 1}}
	}
	for i := range out {
		out[i].index, out[i].total = i+1, len(out)
		var texts []string
		for _, v := range out[i].vars {
			if v.value.State == model.Known {
				texts = append(texts, v.value.Text.Reveal())
			}
		}
		if len(texts) == len(out[i].vars) {
			out[i].name = j.name + ": [" + strings.Join(texts, ", ") + "]"
		}
	}
	return out
}

// product are the cells of one entry of a matrix: the last variable changes fastest.
func (j *job) product(entry *node) []cell {
	if entry.kind != mapping {
		return nil
	}
	out := []cell{{values: map[string]string{}}}
	for _, key := range entry.keys {
		var next []cell
		for _, c := range out {
			for _, item := range entry.fields[key].flat(maxNested) {
				if item.kind != scalar || len(next) > maxCells {
					continue
				}
				d := cell{vars: slices.Clone(c.vars), values: map[string]string{key: item.word()}}
				for k, v := range c.values {
					d.values[k] = v
				}
				d.vars = append(d.vars, variable{key: key, value: item.scalarValue("parallel:matrix " + quoted(key) + " of " + j.what())})
				next = append(next, d)
			}
		}
		out = next
	}
	return out
}
