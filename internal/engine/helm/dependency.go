package helm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/keyfit/keyfit/internal/model"
)

// compatible reports whether a version lies within a constraint.
func compatible(constraint, version string) bool {
	v, err := semver.NewVersion(version)
	if err != nil {
		return false
	}
	c, err := semver.NewConstraint(constraint)
	return err == nil && c.Check(v)
}

// enable replaces names by aliases and takes disabled dependencies away, on every level.
// Helm looks conditions up in the values of the root, below the path of the chart.
func (l *loader) enable(c *loadedChart, values *node, path string) error {
	if c.meta.Dependencies == nil {
		return nil
	}
	c.setDependencies(l.listed(c))
	for _, want := range c.meta.Dependencies {
		want.Enabled = true
	}
	all, err := coalesce(c, values, false)
	if err != nil {
		return err
	}
	doubts := map[string]*model.Value{}
	for _, want := range c.meta.Dependencies {
		doubt := l.byTags(want, all)
		if answered, why := l.byCondition(want, all, path); answered {
			doubt = why
		}
		if doubts[want.Name] = doubt; doubt != nil {
			want.Enabled = true // it may be
		}
	}
	off := map[string]bool{}
	for _, want := range c.meta.Dependencies {
		off[want.Name] = off[want.Name] || !want.Enabled
	}
	var left []*loadedChart
	for _, sub := range c.deps {
		if !off[sub.name()] {
			sub.doubtful(doubts[sub.name()])
			left = append(left, sub)
		}
	}
	for _, sub := range left {
		if err := l.enable(sub, all, path+sub.name()+"."); err != nil {
			return err
		}
	}
	var listed []*chart.Dependency // nil when none is left, as in Helm
	for _, d := range c.meta.Dependencies {
		if !off[d.Name] {
			listed = append(listed, d)
		}
	}
	c.meta.Dependencies = listed
	c.setDependencies(left)
	return nil
}

// doubtful says that a chart is perhaps not deployed: then what it and its dependencies add
// to the values of others is not known either.
func (c *loadedChart) doubtful(why *model.Value) {
	if why == nil {
		return
	}
	c.doubt = why
	if c.values != nil {
		c.values = c.values.because(why).at(nothing())
	}
	c.deps = slices.Clone(c.deps)
	for i, sub := range c.deps {
		copied := *sub
		copied.doubtful(why)
		c.deps[i] = &copied
	}
	c.setDependencies(c.deps)
}

// listed gives the dependencies: first those in charts/ that Chart.yaml does not name, then
// those that it names, in its order and under their aliases.
func (l *loader) listed(c *loadedChart) []*loadedChart {
	var out []*loadedChart
	for _, sub := range c.deps {
		if !slices.ContainsFunc(c.meta.Dependencies, func(d *chart.Dependency) bool {
			return sub.name() == d.Name && compatible(d.Version, sub.meta.Version)
		}) {
			out = append(out, sub)
		}
	}
	for _, want := range c.meta.Dependencies {
		if sub := l.vendored(c, want); sub != nil {
			out = append(out, sub)
		}
		if want.Alias != "" {
			want.Name = want.Alias
		}
	}
	return out
}

// vendored finds the chart in charts/ that a dependency asks for.
func (l *loader) vendored(c *loadedChart, want *chart.Dependency) *loadedChart {
	var found *loadedChart
	for _, sub := range c.deps {
		if sub.name() != want.Name || !compatible(want.Version, sub.meta.Version) {
			continue
		}
		if found != nil {
			l.problem(c.at, fmt.Sprintf("the dependency %q is in charts/ more than once, so that helm takes any of them", want.Name), "remove all but one")
			l.doubt(&model.Value{Why: model.WhyAmbiguous, Needs: "one chart for each dependency", Trail: model.Trail{}.Append(c.hop())})
			break
		}
		out, meta := *sub, *sub.meta
		out.meta = &meta
		if want.Alias != "" {
			meta.Name = want.Alias
		}
		found = &out
	}
	return found
}

// byTags enables or disables a dependency by its tags. The doubt is that of a tag that is
// not known.
func (l *loader) byTags(want *chart.Dependency, values *node) (doubt *model.Value) {
	tags := values.below("tags")
	var on, off bool
	for _, tag := range want.Tags {
		if tags == nil || tags.kind != table || tags.table[tag] == nil {
			if doubt == nil {
				doubt = l.open
			}
			if tags != nil && tags.isUnknown() {
				doubt = tags.from
			}
			continue
		}
		n := tags.table[tag]
		if n.isUnknown() && doubt == nil {
			doubt = n.from
		}
		if b, ok := n.value.(bool); ok && b {
			on = true
		} else if ok {
			off = true
		}
	}
	want.Enabled = on || !off
	return doubt
}

// byCondition enables or disables a dependency by the first of its conditions that is a
// boolean. It says whether one answered, be it with a doubt.
func (l *loader) byCondition(want *chart.Dependency, values *node, path string) (answered bool, doubt *model.Value) {
	for _, condition := range strings.Split(strings.TrimSpace(want.Condition), ",") {
		if condition == "" {
			continue
		}
		n := values.below(strings.Split(path+condition, ".")...)
		if n == nil || n.kind == table && !n.isUnknown() {
			if why := l.open; why != nil {
				return true, why
			}
			continue
		}
		b, ok := n.value.(bool)
		if ok {
			want.Enabled = b
		}
		if n.isUnknown() {
			return true, n.from
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

// below follows keys; it gives nil where there is nothing. Within something unknown it
// gives that.
func (n *node) below(keys ...string) *node {
	for _, key := range keys {
		if n == nil || n.kind != table {
			if n != nil && n.isUnknown() {
				return n
			}
			return nil
		}
		if n.table[key] == nil && n.isUnknown() {
			return &node{from: n.from}
		}
		n = n.table[key]
	}
	return n
}

// imports lifts values of dependencies into their charts, from the bottom up.
func (l *loader) imports(c *loadedChart) error {
	for _, sub := range c.deps {
		if err := l.imports(sub); err != nil {
			return err
		}
	}
	if c.meta.Dependencies == nil {
		return nil
	}
	all, err := coalesce(c, nil, true)
	if err != nil {
		return err
	}
	lifted := newTable(nothing())
	for _, d := range c.meta.Dependencies {
		d.ImportValues = c.importEach(d, all, lifted)
	}
	if !all.fits() || !lifted.fits() {
		return fail(c.at, "import less", "%s", errTooDeep)
	}
	own := all.clone()
	mergeTables(own, lifted, true, 0)
	if !own.fits() {
		return fail(c.at, "import less", "%s", errTooDeep)
	}
	c.values = own
	return nil
}

func (c *loadedChart) importEach(d *chart.Dependency, all *node, lifted *node) []any {
	var normal []any
	for _, item := range d.ImportValues {
		child, parent := "", "."
		switch v := item.(type) {
		case map[string]any:
			child, parent = fmt.Sprint(v["child"]), fmt.Sprint(v["parent"])
		case string:
			child = "exports." + v
		default:
			continue
		}
		normal = append(normal, map[string]string{"child": child, "parent": parent})
		found := all.below(strings.Split(d.Name+"."+child, ".")...)
		if found == nil || found.kind != table {
			continue
		}
		if i := slices.IndexFunc(c.deps, func(sub *loadedChart) bool { return sub.name() == d.Name && sub.doubt != nil }); i >= 0 {
			found = found.because(c.deps[i].doubt).at(nothing())
		}
		if parent != "." {
			found = nested(strings.Split(parent, "."), found)
		}
		mergeTables(lifted, found, true, 0)
	}
	return normal
}

func nested(path []string, n *node) *node {
	for _, key := range slices.Backward(path) {
		outer := newTable(n.from)
		outer.table[key] = n
		n = outer
	}
	return n
}
