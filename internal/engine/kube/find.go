package kube

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// anonymous is an object whose name is not known: it may be any of its kind.
type anonymous struct {
	kind, namespace string
	batch           int
	helm            bool
	because         model.Value
}

// view is what a reference to a Secret or ConfigMap finds in the end.
type view struct {
	ident
	entries map[string]entry
	rest    *model.Value // keys that are not listed; nil when there are none
	missing bool         // no manifest holds the object
}

func (v *view) names() []string { return slices.Sorted(maps.Keys(v.entries)) }

// texts are the names of the keys that a variable can get.
func (v *view) texts() []string {
	return slices.DeleteFunc(v.names(), func(key string) bool { return v.entries[key].binary })
}

// finder follows references in the final state of a cluster.
type finder struct {
	*Cluster
	views    map[ident]*view
	spaces   map[ident][]string    // the namespaces that have an object of a kind and name
	alike    map[ident][]*workload // the workloads of a kind and name
	vague    bool                  // a namespace of what controllers make is not known
	problems []model.Problem
}

func (c *Cluster) finder() *finder {
	f := &finder{Cluster: c, views: map[ident]*view{}, spaces: map[ident][]string{}, alike: map[ident][]*workload{}}
	for _, w := range c.workloads {
		of := ident{kind: w.kind, name: w.name}
		f.alike[of] = append(f.alike[of], w)
	}
	for id := range c.stores {
		if id.namespace != "" {
			anywhere := ident{kind: id.kind, name: id.name}
			f.spaces[anywhere] = append(f.spaces[anywhere], id.namespace)
		}
	}
	for id := range c.made {
		f.vague = f.vague || vaguely(id.namespace, "")
	}
	for id := range c.stores {
		f.vague = f.vague || vaguely(id.namespace, "")
	}
	for _, spaces := range f.spaces {
		slices.Sort(spaces)
	}
	return f
}

// find gives the object that a reference means.
func (f *finder) find(namespace string, r ref) *view {
	id := ident{r.kind, namespace, r.name}
	if v, ok := f.views[id]; ok {
		return v
	}
	v := f.build(id)
	f.views[id] = v
	return v
}

func (f *finder) build(id ident) *view {
	v := &view{ident: id, entries: map[string]entry{}, missing: true}
	s, ok := f.stores[id]
	since := 0
	if ok {
		v.missing, v.rest, since = false, s.rest, s.batch
		maps.Copy(v.entries, s.entries)
	}
	if id.kind == "Secret" {
		f.make(v)
	}
	if v.missing {
		f.elsewhere(v)
		return v
	}
	for _, other := range f.sameName(id) {
		if other.batch >= since {
			v.maybe(other)
		} else if id.namespace != "" && other.namespace != "" {
			v.keeps(other)
		}
	}
	if f.vague && id.kind == "Secret" {
		f.madeElsewhere(v)
	}
	for _, a := range f.nameless {
		if a.kind == id.kind && maySame(a.namespace, id.namespace) && (a.batch > since || a.batch == since && !a.helm) {
			v.veil(model.UnknownBecause(model.WhyAmbiguous, "the name of a "+a.kind+" that is applied as well, which may be this one", a.because.Trail))
		}
	}
	if f.lost != nil && f.lostAt >= since {
		v.veil(*f.lost)
	}
	return v
}

// sameName lists the objects of that kind and name in namespaces that may be the same one.
func (f *finder) sameName(id ident) []*store {
	var out []*store
	if s, ok := f.stores[ident{id.kind, "", id.name}]; ok && id.namespace != "" {
		out = append(out, s)
	}
	for _, namespace := range f.spaces[ident{kind: id.kind, name: id.name}] {
		if namespace != id.namespace && maySame(namespace, id.namespace) {
			out = append(out, f.stores[ident{id.kind, namespace, id.name}])
		}
	}
	return out
}

// maybe takes in an object that may be the same one, applied later.
func (v *view) maybe(other *store) {
	needs := "the namespace of " + v.kind + "/" + label(v.name)
	for key, e := range other.entries {
		old, ok := v.entries[key]
		switch {
		case ok:
			e.value = keepTrail(model.Ambiguous(needs, old.value, e.value), old.value)
		case v.rest == nil:
			e.value = keepTrail(model.Ambiguous(needs, e.value, model.Value{State: model.Absent, Trail: e.value.Trail}), e.value)
		default:
			continue
		}
		v.entries[key] = e
	}
	if v.rest == nil {
		v.rest = other.rest
	}
}

// keeps takes in the keys of an object that may be the same one, applied before by others.
func (v *view) keeps(other *store) {
	for key, e := range other.entries {
		if _, ok := v.entries[key]; !ok && v.rest == nil {
			needs := model.UnknownBecause(model.WhyAmbiguous, "the namespace of "+v.kind+"/"+label(v.name), model.Trail{})
			e.value = orMissing(e.value, &needs)
			v.entries[key] = e
		}
	}
}

// madeElsewhere minds what controllers make in a namespace that may be the same one.
func (f *finder) madeElsewhere(v *view) {
	for id := range f.made {
		if id.name == v.name && vaguely(id.namespace, v.namespace) {
			v.veil(model.UnknownBecause(model.WhyAmbiguous, "the namespace of "+v.kind+"/"+label(v.name), model.Trail{}))
		}
	}
}

// veil makes all of it unknown.
func (v *view) veil(because model.Value) {
	for key, e := range v.entries {
		e.value = veiled(e.value, because)
		v.entries[key] = e
	}
	if v.rest == nil {
		v.rest = &because
	}
}

// elsewhere says of an object that is not here whether another namespace has it.
func (f *finder) elsewhere(v *view) {
	needs := f.object(v.ident)
	if others := f.sameName(v.ident); len(others) > 0 && others[0].namespace == "" {
		needs += "; there is one in the manifests that names no namespace"
	} else if len(others) > 0 {
		needs += "; there is one in the namespace " + shown(others[0].namespace)
	}
	why := model.WhyRemoteState
	if v.kind == "Secret" {
		why = model.WhyKubeSecret
	}
	missing := model.UnknownBecause(why, needs, model.Trail{})
	missing.Ref = model.Ref{Store: "kubernetes-" + strings.ToLower(v.kind), Name: v.namespace, Path: v.name}
	v.rest = &missing
}

func (f *finder) object(id ident) string {
	out := "the " + id.kind + " " + shown(id.name)
	if id.namespace != "" {
		out += " in the namespace " + shown(id.namespace)
	}
	return out
}

// make adds what a controller puts into a Secret.
func (f *finder) make(v *view) {
	m, ok := f.made[v.ident]
	if !ok {
		return
	}
	if !m.adds {
		for key, e := range v.entries { // the controller may take it away again
			e.value = model.Ambiguous("which of two definitions of "+v.kind+"/"+label(v.name)+" the cluster keeps", e.value, model.Value{State: model.Absent, Trail: e.value.Trail})
			v.entries[key] = e
		}
	}
	kind := f.secretStores[m.store]
	for key, value := range m.entries {
		if kind != "" && value.Ref.Store == "external-secrets" {
			value.Ref.Store = kind
		}
		if old, again := v.entries[key]; again {
			value = value.Over(old.value)
		}
		v.entries[key] = entry{value: value}
	}
	if m.rest != nil {
		rest := *m.rest
		if kind != "" && rest.Ref.Store == "external-secrets" {
			rest.Ref.Store = kind
		}
		v.veilLater(rest)
	} else if v.missing && m.adds {
		f.elsewhere(v)
	}
	v.missing = false
}

// veilLater says that keys that cannot be named may lie over those that are listed.
func (v *view) veilLater(rest model.Value) {
	for key, e := range v.entries {
		if e.value.State == model.Known {
			e.value = model.Ambiguous("the keys that "+v.kind+"/"+label(v.name)+" gets", e.value, rest)
			v.entries[key] = e
		}
	}
	v.rest = &rest
}

// through is a value that a reference passes on.
func through(v model.Value, r ref) model.Value {
	v = v.Via(r.hop)
	for _, hop := range r.via {
		v = v.Via(hop)
	}
	for _, hop := range r.chosen {
		if !slices.Contains(v.DecidedBy, hop) {
			v.DecidedBy = append(slices.Clip(v.DecidedBy), hop)
		}
	}
	if r.doubt != nil {
		v = veiled(v, *r.doubt)
	}
	return v
}

// pick gives the key that a reference means: absent when the object is here without it.
func (f *finder) pick(w *workload, v *view, r ref, files bool) model.Value {
	if e, ok := v.entries[r.key]; ok && (files || !e.binary) {
		return through(e.value, r)
	}
	if v.rest != nil {
		rest := *v.rest
		if v.missing {
			rest.Needs = "the key " + shown(r.key) + " of " + rest.Needs
			rest.Ref.Property = r.key
			if r.optional {
				rest.Needs += " (it is optional, so it may be left out)"
			}
		}
		return through(rest, r)
	}
	if !r.optional && !r.missing && r.doubt == nil {
		f.problems = append(f.problems, model.Problem{
			At: r.hop.At, Message: fmt.Sprintf("%s/%s has no key %s, so that the container does not start", v.kind, label(v.name), shown(r.key)),
			Fix: "add the key" + oneOf(v.texts()),
		})
	}
	return through(model.Value{State: model.Absent}, r)
}

func oneOf(keys []string) string {
	const most = 8
	var out []string
	for _, key := range keys {
		if plainName(key) && len(out) < most {
			out = append(out, key)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ", or refer to one of: " + strings.Join(out, ", ")
}
