package terraform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// delivered is what resources deliver.
type delivered struct {
	Consumers []model.Consumer
	Documents []origin.Document
	Charts    []Chart
	Stored    []Stored
	Problems  []model.Problem
}

// consumers says what the instances of a configuration deliver. Relative paths start from
// the root module.
func consumers(instances []Instance, files repo.Files, root string) delivered {
	var all []applied
	for _, i := range instances {
		all = append(all, appliedOf(i))
	}
	d := delivering{files: files, root: root}
	return d.deliver(all)
}

// delivering goes through the resources.
type delivering struct {
	delivered
	at       map[string]applied   // by address
	stored   map[string][]stored  // by the kind of store
	declared map[string][]applied // by declaration
	joined   map[string]int       // consumers that several resources have a part in
	refers   pointsTo
	files    repo.Files // for charts in the repository; may be nil
	root     string     // the root module, which relative paths start from
}

// pointsTo tells what an argument of a resource refers to, where the argument itself
// does not.
type pointsTo func(r applied, path string) string

func (d *delivering) deliver(all []applied) delivered {
	d.at, d.stored, d.joined, d.declared = map[string]applied{}, map[string][]stored{}, map[string]int{}, map[string][]applied{}
	for _, r := range all {
		d.at[r.Address] = r
		d.declared[r.declared()] = append(d.declared[r.declared()], r)
	}
	for _, r := range all {
		if s, ok := shapeOf(r.Type); ok && r.Managed && s.store != "" {
			d.remember(r, s)
		}
	}
	for _, r := range all {
		if r.Managed {
			d.resource(r)
		}
	}
	order.By(d.Consumers, func(a, b model.Consumer) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Workload, b.Workload), cmp.Compare(a.Container, b.Container))
	})
	d.Problems = model.SortProblems(d.Problems)
	return d.delivered
}

func (d *delivering) resource(r applied) {
	if s, ok := shapeOf(r.Type); ok {
		d.shaped(r, s)
	} else if special := specialOf(r.Type); special != nil {
		special(d, r)
	}
	d.provisioners(r)
}

// problem reports a mistake. No argument may be a text of the configuration but a name.
func (d *delivering) problem(at pos.Span, fix, format string, args ...any) {
	d.Problems = append(d.Problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// shaped reads a resource by its shape.
func (d *delivering) shaped(r applied, s shape) {
	if r.body.isUnknown() {
		t := d.target(r, s, r.body)
		t.wild(r.body.val())
		t.done()
		return
	}
	if s.each == "" {
		t := d.target(r, s, r.body)
		for _, v := range s.vars {
			t.read(v, r.body)
		}
		t.done()
		return
	}
	for _, path := range strings.Split(s.each, "|") {
		for _, c := range d.containers(r, path) {
			d.container(r, s, path, c)
		}
	}
}

func (d *delivering) container(r applied, s shape, path string, c *tree) {
	t := d.target(r, s, c)
	t.path = path
	if s.container == "@" { // the name is that of the path
		t.consumer.Container = path[strings.LastIndexByte(path, '.')+1:]
	}
	for _, v := range s.shared {
		t.read(v, r.body)
	}
	t.share()
	if c.isUnknown() {
		t.wild(c.val())
	} else {
		for _, v := range s.vars {
			t.read(v, c)
		}
	}
	t.done()
}

// containers are what a path leads to. The first name may be that of a text in JSON.
func (d *delivering) containers(r applied, path string) []*tree {
	name, rest, _ := cutPath(path)
	top := r.body.get(name)
	if top.isUnknown() && top.inner == nil {
		if in := top.inside(); in != nil {
			top = in
		}
	}
	if top != nil && top.form == treeText {
		in := top.inside()
		if in == nil || in.form == treeText {
			d.problem(r.place(name).At, "write it with jsonencode", "%s of %s is not valid JSON, expected the definition of containers", name, r.Address)
			return []*tree{unknownTree(model.UnknownBecause(model.WhyUnsupported, "a text of valid JSON", top.val().Trail))}
		}
		top = in
	}
	return top.all(rest)
}

// cutPath splits off the first name of a path.
func cutPath(path string) (first, rest string, more bool) { return strings.Cut(path, ".") }

// target is a consumer while its variables are collected.
type target struct {
	d        *delivering
	r        applied
	s        shape
	path     string // of the container within the resource
	consumer model.Consumer
	vars     map[string]model.Value
	base     map[string]model.Value // what all containers have, unless they say otherwise
	rest     *model.Value
}

func (d *delivering) target(r applied, s shape, c *tree) *target {
	t := &target{d: d, r: r, s: s, vars: map[string]model.Value{}}
	t.consumer = model.Consumer{Kind: s.kind, Workload: r.Address, At: r.At}
	if s.store == "" && s.name != "" {
		t.consumer.Workload = d.nameOf(r, s.name)
	}
	if s.container != "" && s.container != "@" {
		t.consumer.Container = words(c.get(s.container))
		if s.store == "" && t.consumer.Container == "" && s.each == "" {
			t.consumer.Container = words(r.body.get(s.container))
		}
	}
	if s.rest != "" {
		t.wild(model.UnknownBecause(model.WhyRemoteState, s.rest, model.Trail{}))
	}
	return t
}

// words is a name, or a list of them.
func words(t *tree) string {
	var out []string
	for _, x := range flat([]*tree{t}) {
		if text, ok := x.text(); ok {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

// nameOf is the name that a resource has by one of the paths: the text that stands there,
// or the name of the resource that it refers to, or the resource's own address.
func (d *delivering) nameOf(r applied, paths string) string {
	for _, path := range strings.Split(paths, "|") {
		t := r.body.at(path)
		if text, ok := t.text(); ok && text != "" {
			return text
		}
		if other, ok := d.referred(r, path, t); ok {
			for _, name := range []string{"name", "family", "function_name", "secret_id", "app_name"} {
				if text, ok := other.body.get(name).text(); ok && text != "" {
					return text
				}
			}
			return other.Address
		}
	}
	return r.Address
}

// referred is the resource of the same configuration that an argument stands for.
func (d *delivering) referred(r applied, path string, t *tree) (applied, bool) {
	if t != nil && t.source != "" {
		return d.instance(r, t.source)
	}
	if d.refers == nil || t != nil && t.form == treeText {
		return applied{}, false
	}
	for s := d.refers(r, path); s != ""; s = s[:max(strings.LastIndexByte(s, '.'), 0)] {
		if other, ok := d.at[s]; ok {
			return other, true
		}
	}
	return applied{}, false
}

// instance is the only instance of a declaration, or the only one in the module that asks.
func (d *delivering) instance(r applied, declaration string) (applied, bool) {
	all := d.declared[declaration]
	if len(all) > 1 {
		all = slices.DeleteFunc(slices.Clone(all), func(other applied) bool { return other.Module != r.Module })
	}
	if len(all) != 1 || strings.Contains(all[0].Address, "[?]") {
		return applied{}, false
	}
	return all[0], true
}

// wild says that the consumer has variables that cannot be named.
func (t *target) wild(v model.Value) {
	why := cmp.Or(v.Why, model.WhyUnsupported)
	u := model.UnknownBecause(why, cmp.Or(v.Needs, "variables that can be named"), v.Trail)
	u.Ref, u.DecidedBy = v.Ref, v.DecidedBy
	t.rest = &u
	for name, old := range t.base { // may be replaced by what cannot be named
		t.vars[name] = model.UnknownBecause(u.Why, u.Needs, old.Trail)
	}
}

// share makes what was read so far the ground for what the container says itself.
func (t *target) share() { t.base = maps.Clone(t.vars) }

// hop is the last stop of a variable.
func (t *target) hop(path, name string) model.Hop {
	h := t.r.place(cmp.Or(t.path, path))
	h.What += " " + shownName(name)
	return h
}

// set gives a variable its value. One that is set twice with two values is left open,
// since it depends on the service which of them counts.
func (t *target) set(path, name string, v model.Value) {
	if !t.r.holds(v.Trail.Last()) {
		v = v.Via(t.hop(path, name))
	}
	if before, ok := t.base[name]; ok {
		delete(t.base, name)
		t.vars[name] = v.Over(before)
		return
	}
	if before, ok := t.vars[name]; ok && !before.Same(v) {
		v = model.UnknownBecause(model.WhyUnsupported, "one entry only for "+shownName(name), v.Trail).Over(before)
	}
	t.vars[name] = v
}

// nameless is an entry whose name is not known: it may be any.
func (t *target) nameless(v model.Value) {
	if v.State != model.Unknown {
		v = model.UnknownBecause(model.WhyUnsupported, "a name", v.Trail)
	}
	t.wild(v)
}

// done keeps the consumer, or gives its variables to the one that it is a part of.
func (t *target) done() {
	t.consumer.Env = model.NewEnv(t.vars)
	if t.rest != nil {
		t.consumer.Env = t.consumer.Env.WithRest(*t.rest)
	}
	key := t.consumer.Kind + "\x00" + t.consumer.Workload + "\x00" + t.consumer.Container
	i, again := t.d.joined[key]
	if !t.s.joins || !again {
		if t.s.joins {
			t.d.joined[key] = len(t.d.Consumers)
		}
		t.d.Consumers = append(t.d.Consumers, t.consumer)
		return
	}
	before := &t.d.Consumers[i]
	vars := maps.Clone(t.vars)
	for name, v := range vars {
		if old := before.Env.Get(name); before.Env.Has(name) && !old.Same(v) {
			vars[name] = model.UnknownBecause(model.WhyUnsupported, "one resource only for "+shownName(name), v.Trail).Over(old)
		}
	}
	before.Env = before.Env.WithAll(vars)
	if t.rest != nil {
		before.Env = before.Env.WithRest(*t.rest)
	}
}

// shownName repeats a name in a message or a hop when it has the form of one.
func shownName(name string) string {
	if name == "" || len(name) > 253 || strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._/:@", r))
	}) {
		return "(a name that is not shown here)"
	}
	return name
}
