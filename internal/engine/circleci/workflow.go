package circleci

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// invocation is one job as a workflow starts it.
type invocation struct {
	workflow string
	flow     *tree.Node // of the workflow; nil when there is none
	job      string     // the name under `jobs:`
	name     string     // as it runs
	at       pos.Span
	args     *tree.Node // what is written below it; nil when nothing is
	cell     map[string]tree.Text
	scope    *scope // what its arguments are read in
	numbered bool   // CircleCI makes the name unique in a way of its own
}

// isCell reports whether the values of a matrix are those asked for.
func (v invocation) isCell(want map[string]string) bool {
	for name, text := range want {
		if got, ok := v.cell[name]; !ok || got.String() != text {
			return false
		}
	}
	return true
}

// invocations lists all jobs of all workflows. A configuration without workflows has one job.
func (r *reader) invocations() []invocation {
	var out []invocation
	flows := r.root.Get("workflows")
	if !flows.IsMap() {
		if jobs := r.root.Get("jobs"); jobs.IsMap() {
			for _, p := range jobs.Pairs {
				out = append(out, invocation{job: p.Key.Text(), name: p.Key.Text(), at: p.Key.Span(), scope: r.top()})
			}
		}
		return out
	}
	for _, p := range flows.Pairs {
		if !p.Value.IsMap() {
			continue
		}
		var own []invocation
		for _, item := range p.Value.Get("jobs").Each() {
			own = append(own, r.invocation(p.Key.Text(), p.Value, item, 0)...)
		}
		out = append(out, numbered(own)...)
	}
	return out
}

// numbered marks the jobs of a workflow whose name is not certain: those of which there are
// several, and those of a matrix of several parameters.
func numbered(jobs []invocation) []invocation {
	times := map[string]int{}
	for _, v := range jobs {
		times[v.name]++
	}
	for i, v := range jobs {
		jobs[i].numbered = times[v.name] > 1 || len(v.cell) > 1 && v.args.Get("name") == nil
	}
	return jobs
}

// top is the scope of what stands outside of any job.
func (r *reader) top() *scope { return &scope{lib: r.main} }

func (r *reader) invocation(workflow string, flow, item *tree.Node, depth int) []invocation {
	v := invocation{workflow: workflow, flow: flow, job: item.Text(), at: item.Span(), scope: r.top()}
	if item.IsMap() && len(item.Pairs) > 0 {
		v.job, v.at, v.args = item.Pairs[0].Key.Text(), item.Pairs[0].Key.Span(), item.Pairs[0].Value
	}
	if v.job == "" || !r.step(v.at) {
		return nil
	}
	if group := r.root.Get("job-groups", v.job); group.IsMap() && depth < 5 {
		var out []invocation
		for _, inner := range group.Get("jobs").Each() {
			out = append(out, r.invocation(workflow, flow, inner, depth+1)...)
		}
		return out
	}
	if kind := r.kind(v); kind != "" && kind != "build" {
		return nil // approval, release and no-op run nothing
	}
	var out []invocation
	for _, cell := range r.cells(v) {
		one := v
		one.cell, one.scope = cell, &scope{lib: r.main, matrix: cell}
		one.name = r.nameOf(one)
		out = append(out, one)
	}
	return out
}

func (r *reader) kind(v invocation) string {
	if t := v.args.Get("type").Text(); t != "" {
		return t
	}
	return r.root.Get("jobs", v.job, "type").Text()
}

// nameOf is the name that the job runs under. Jobs of a matrix are named by their values.
func (r *reader) nameOf(v invocation) string {
	if n := v.args.Get("name"); n != nil {
		return r.expand(n, v.scope, "name").String()
	}
	name := v.job
	if len(v.cell) > 0 {
		for _, p := range v.args.Get("matrix", "parameters").Pairs {
			name += "-" + v.cell[p.Key.Text()].String()
		}
	}
	return name
}

// cells lists the values of a matrix; one cell of nothing when there is no matrix.
func (r *reader) cells(v invocation) []map[string]tree.Text {
	cells := []map[string]tree.Text{nil}
	parameters := v.args.Get("matrix", "parameters")
	if !parameters.IsMap() {
		return cells
	}
	for _, p := range parameters.Pairs {
		var next []map[string]tree.Text
		for _, cell := range cells {
			for _, value := range p.Value.Each() {
				if len(next) >= maxCells {
					r.fail(p.Key.Span(), "write fewer values", "a matrix has more than %d cells", maxCells)
					break
				}
				with := maps.Clone(cell)
				if with == nil {
					with = map[string]tree.Text{}
				}
				with[p.Key.Text()] = r.expand(value, r.top(), "matrix "+strict.Name(p.Key.Text()))
				next = append(next, with)
			}
		}
		cells = next[:min(len(next), maxCells)]
	}
	return slices.DeleteFunc(cells, func(cell map[string]tree.Text) bool { return r.excluded(v, cell) })
}

func (r *reader) excluded(v invocation, cell map[string]tree.Text) bool {
	return slices.ContainsFunc(v.args.Get("matrix", "exclude").Each(), func(n *tree.Node) bool {
		if !n.IsMap() {
			return false
		}
		for _, p := range n.Pairs {
			if cell[p.Key.Text()].String() != p.Value.Text() {
				return false
			}
		}
		return len(n.Pairs) > 0
	})
}

// runs says whether the workflow starts the job, as far as branch, tag and parameters tell.
func (r *reader) runs(v invocation) answer {
	out := yes
	if when, ok := v.flow.Pair("when"); ok {
		out = out.And(r.condition(when.Value, v.scope, true).answer)
	}
	if unless, ok := v.flow.Pair("unless"); ok {
		out = out.And(r.condition(unless.Value, v.scope, true).answer.Not())
	}
	return out.And(r.filtered(v.args.Get("filters"), v.scope))
}

// filtered reads the filters of a job. Without a filter for tags, a job does not run for one.
func (r *reader) filtered(n *tree.Node, sc *scope) answer {
	if n.IsScalar() {
		return r.condition(n, sc, true).answer
	}
	if r.in.Tag != "" && r.in.Branch == "" {
		tags := n.Get("tags")
		if tags.IsNull() {
			return no
		}
		return filter(tags, r.in.Tag)
	}
	if r.in.Branch == "" {
		return maybe
	}
	return filter(n.Get("branches"), r.in.Branch)
}

// filter decides whether a name passes `only` and `ignore`.
func filter(n *tree.Node, name string) answer {
	if only := n.Get("only"); only != nil {
		return matchesAny(only, name)
	}
	if ignore := n.Get("ignore"); ignore != nil {
		return matchesAny(ignore, name).Not()
	}
	return yes
}

func matchesAny(n *tree.Node, name string) answer {
	out := no
	for _, pattern := range n.Each() {
		out = out.Or(matches(pattern.Text(), name))
	}
	return out
}

// matches compares a name with a pattern: a plain name, or an expression in slashes that all
// of the name has to match.
func matches(pattern, name string) answer {
	if len(pattern) > 1 && strings.HasPrefix(pattern, "/") && strings.HasSuffix(pattern, "/") {
		return matchesWhole(pattern[1:len(pattern)-1], name)
	}
	return tree.AnswerOf(pattern == name)
}
