package gitlab

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxExtends is how many jobs may extend each other in a row, as in GitLab.
const maxExtends = 10

// extender puts the jobs together that extend others.
type extender struct {
	root   *node
	done   map[string]*node
	open   []string
	merge  *merger
	report func(at pos.Span, message, fix string)
	// open says that a part of the configuration is not here, in which a missing job may be.
	partial bool
	lost    map[string]bool // jobs that extend something that is not here
}

// extend gives the configuration with every `extends` followed.
func (e *extender) extend() *node {
	out := newMapping(e.root)
	for _, key := range e.root.keys {
		out.set(key, e.root.names[key], e.job(key, e.root.fields[key]))
	}
	return out
}

// job is one entry of the configuration with what it extends below it.
func (e *extender) job(name string, n *node) *node {
	if !n.has("extends") {
		return n
	}
	if done := e.done[name]; done != nil {
		return done
	}
	if slices.Contains(e.open, name) {
		e.report(n.keyAt("extends"), "extends itself, by way of others", "remove one `extends`")
		return n
	}
	if len(e.open) >= maxExtends {
		e.report(n.keyAt("extends"), "extends more than 10 jobs in a row, the limit of GitLab", "extend fewer jobs in a row")
		return n
	}
	e.open = append(e.open, name)
	defer func() { e.open = e.open[:len(e.open)-1] }()
	var under *node
	for _, base := range n.get("extends").flat(1) {
		if b := e.base(name, base); b != nil {
			under = e.merge.deep(under, b)
		}
	}
	out := n
	if under != nil {
		out = e.merge.deep(under, n)
	}
	e.done[name] = out
	return out
}

// base is the job that another one extends; nil when it is not there.
func (e *extender) base(name string, base *node) *node {
	if !base.isText() {
		e.report(base.at(), "expected the name of a job", "write the name of the job that is extended")
		return nil
	}
	b := e.root.get(base.text)
	if b == nil || b.kind != mapping {
		e.lost[name] = true
		if !e.partial {
			fix := "correct the name, or add the job"
			if near := strict.Nearest(base.text, e.root.keys); near != "" {
				fix = "did you mean " + quoted(near) + "?"
			}
			e.report(base.at(), "extends "+quoted(base.text)+", which is not there", fix)
		}
		return nil
	}
	out := e.job(base.text, b)
	if e.lost[base.text] {
		e.lost[name] = true
	}
	return out
}

// resolver replaces every !reference by what it leads to.
type resolver struct {
	root    *node
	done    map[*node]*node
	open    map[*node]bool
	left    int
	partial bool
	report  func(at pos.Span, message, fix string)
	depth   int
}

// maxReferences is how deep references may lead to each other, as in GitLab.
const maxReferences = 10

func (r *resolver) resolve(n *node) *node {
	if n == nil || !n.mixed {
		return n
	}
	if done, ok := r.done[n]; ok {
		return done
	}
	if r.left--; r.left < 0 {
		return &node{src: n.src, yaml: n.yaml}
	}
	var out *node
	switch n.kind {
	case reference:
		out = r.follow(n)
	case list:
		out = &node{kind: list, src: n.src, yaml: n.yaml}
		for _, item := range n.items {
			out.items = append(out.items, r.resolve(item))
		}
	case mapping:
		out = newMapping(n)
		for _, key := range n.keys {
			out.set(key, n.names[key], r.resolve(n.fields[key]))
		}
	default:
		out = n
	}
	r.done[n] = out
	return out
}

// follow gives what a reference leads to, with the references in there resolved.
func (r *resolver) follow(n *node) *node {
	missing := &node{src: n.src, yaml: n.yaml}
	if r.open[n] || r.depth >= maxReferences {
		r.report(n.at(), "leads to itself, or through more than 10 other references", "write out what it refers to")
		return missing
	}
	to := r.root
	for _, step := range n.items {
		if !step.isText() || to == nil || to.kind != mapping {
			to = nil
			break
		}
		to = to.fields[step.text]
	}
	if len(n.items) == 0 || to == nil || to.kind == null {
		if r.partial {
			missing.value = absentPart(n.at())
			missing.kind = scalar
			return missing
		}
		r.report(n.at(), "refers to something that is not there", r.advice(n))
		return missing
	}
	r.open[n] = true
	r.depth++
	defer func() {
		delete(r.open, n)
		r.depth--
	}()
	return r.resolve(to)
}

func (r *resolver) advice(n *node) string {
	if len(n.items) > 0 && n.items[0].isText() && !r.root.has(n.items[0].text) {
		if near := strict.Nearest(n.items[0].text, r.root.keys); near != "" {
			return "did you mean " + quoted(near) + "?"
		}
	}
	return "correct the path of the reference"
}

// absentPart is the value of what stands in a part of the configuration that is not here.
func absentPart(at pos.Span) *model.Value {
	v := model.UnknownBecause(model.WhyMissingFile, needsIncluded, model.Trail{}.Append(model.Hop{At: at, Kind: model.KindGitLab, What: "!reference"}))
	return &v
}

const needsIncluded = "the included files that are not in this repository"
