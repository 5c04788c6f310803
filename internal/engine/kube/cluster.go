// Package kube says which environment every container of a deploy gets, by the rules of
// the API server and of the kubelet of Kubernetes 1.34.
//
// A [Cluster] is fed with manifests in the order in which the deploy applies them, and with
// the keys that commands put into Secrets and ConfigMaps. It knows nothing of a running
// cluster: an object that no manifest holds is unknown, and what admission webhooks change
// in a pod on its way is out of its sight, except where annotations announce it.
package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// Sources of manifests: who applies them.
const (
	FromManifest  = "manifest"  // kubectl apply -f
	FromKustomize = "kustomize" // kubectl apply -k
	FromHelm      = "helm"      // a Helm release
)

// UnknownNamespace is the word for a namespace that is not known, one for each number. It may
// be any other namespace; two of the same number are the same.
func UnknownNamespace(number int) string {
	if number == 0 {
		return vague + ")"
	}
	return fmt.Sprintf("%s, %d)", vague, number+1)
}

const vague = "(not known"

// maySame reports whether two namespaces may be the same one.
func maySame(a, b string) bool {
	return a == b || a == "" || b == "" || vaguely(a, b)
}

// vaguely reports whether two namespaces may be the same one since one of them is not known.
func vaguely(a, b string) bool {
	return a != b && (strings.HasPrefix(a, vague) || strings.HasPrefix(b, vague))
}

// Input is what one command applies.
type Input struct {
	Documents []origin.Document
	// Namespace is that of the objects that name none. The empty one stands for the
	// namespace that the cluster's configuration chose, whichever that is.
	Namespace string
	// NamespaceForced refuses objects that name another namespace, as `kubectl -n` does.
	NamespaceForced bool
	// Doubt is set when something unknown may change all that is applied: then no value
	// that comes of it is known. With a doubt and without documents, anything at all may
	// have been applied, so nothing that was applied before stays known.
	Doubt *model.Value
	// Via are hops that every value of these documents passes behind its place, such as the
	// command that applies them.
	Via []model.Hop
	// Source says who applies: one of the From constants. Empty means FromManifest.
	Source string
}

// Stored is one key that a command put into a Secret or ConfigMap, such as `kubectl create
// secret generic pay --from-literal=key=…`.
type Stored struct {
	At        pos.Span
	Kind      string // "Secret" or "ConfigMap"
	Namespace string // as in [Input]
	Name      model.Value
	Key       string // empty: keys that cannot be named
	Value     model.Value
	// Create says that the command refuses an object that is there already. Its keys are
	// then only likely, since a script may go on with what was there before.
	Create bool
}

// EnvChange is what a command changes in the containers of a workload that is applied
// already, as `kubectl set env` does.
type EnvChange struct {
	At        pos.Span
	Namespace string       // as in [Input]
	Workload  string       // "Deployment/api"; empty: any that cannot be named
	Container string       // empty: all of them
	Vars      []EnvSet     // in order
	Rest      *model.Value // set when it may have changed any other variable
}

// EnvSet is one variable of an [EnvChange]. An absent value takes the variable away.
type EnvSet struct {
	Name  string
	Value model.Value
}

// Cluster is what a deploy has applied so far. The zero value is an empty one, ready for
// use. It is not safe for concurrent use.
type Cluster struct {
	stores       map[ident]*store
	made         map[ident]*made
	classes      map[ident]*class
	secretStores map[ident]string
	workloads    []*workload
	byName       map[ident]int // of workloads
	nameless     []anonymous
	changes      []change
	batch        int // counts the commands
	lost         *model.Value
	lostAt       int // the batch after which anything may have been applied
	put          pos.Span
	putBatch     int
}

// change is an EnvChange with the time of it.
type change struct {
	EnvChange
	batch int
}

func (c *Cluster) ready() {
	if c.stores == nil {
		c.stores, c.made, c.classes = map[ident]*store{}, map[ident]*made{}, map[ident]*class{}
		c.secretStores, c.byName = map[ident]string{}, map[ident]int{}
	}
}

// Apply takes over what one command applies, and reports what it could not read.
func (c *Cluster) Apply(in Input) []model.Problem {
	c.ready()
	c.batch++
	a := applying{Cluster: c, in: &in, batch: c.batch}
	if len(in.Documents) == 0 && in.Doubt != nil {
		c.forget(*in.Doubt)
	}
	for _, d := range in.Documents {
		a.stream(newStream(d))
	}
	if len(a.problems) > maxProblems {
		a.problems = append(a.problems[:maxProblems:maxProblems], model.Problem{
			At: a.problems[maxProblems].At, Message: fmt.Sprintf("%d further problems of these manifests are left out", len(a.problems)-maxProblems),
		})
	}
	return model.SortProblems(a.problems)
}

// forget says that anything may have been applied.
func (c *Cluster) forget(because model.Value) {
	c.lost, c.lostAt = &because, c.batch
}

// Put takes over one key that a command stored. The keys of one command, which have the
// same place, are put one after the other.
func (c *Cluster) Put(s Stored) {
	c.ready()
	if s.At != c.put || c.putBatch != c.batch {
		c.batch++
		c.put, c.putBatch = s.At, c.batch
	}
	c.store(s)
}

// Delete takes an object away, as `kubectl delete secret pay` does.
func (c *Cluster) Delete(kind, namespace, name string) {
	c.ready()
	c.batch++
	id := ident{kind, namespace, name}
	if s, ok := c.stores[id]; ok { // it is known not to be there, unlike one that was never seen
		gone := model.UnknownBecause(model.WhyRemoteState, "the "+kind+" "+shown(name)+", which was deleted here", model.Trail{})
		c.stores[id] = &store{ident: id, at: s.at, batch: c.batch, manager: byCommand, entries: map[string]entry{}, rest: &gone, deleted: true}
	}
	because := model.UnknownBecause(model.WhyAmbiguous, "the namespace in which the "+kind+" "+shown(name)+" is deleted", model.Trail{})
	for other, s := range c.stores {
		if other.kind == kind && other.name == name && vaguely(other.namespace, namespace) {
			s.veil(because)
		}
	}
	if i, ok := c.byName[id]; ok {
		c.workloads[i].pod = nil
		delete(c.byName, id)
	}
}

// SetEnv changes workloads that were applied before.
func (c *Cluster) SetEnv(e EnvChange) {
	c.batch++
	c.changes = append(c.changes, change{e, c.batch})
}

// Consumers gives the containers of all workloads with their environment, and what is
// wrong with it.
func (c *Cluster) Consumers() ([]model.Consumer, []model.Problem) {
	c.ready()
	f := c.finder()
	var out []model.Consumer
	for _, w := range c.workloads {
		out = append(out, f.consumers(w)...)
	}
	order.By(out, func(a, b model.Consumer) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Workload, b.Workload))
	})
	return out, model.SortProblems(f.problems)
}

// consumers gives the containers of one workload.
func (f *finder) consumers(w *workload) []model.Consumer {
	p := w.pod
	if w.refers.name != "" {
		if i, ok := f.byName[w.refers]; ok {
			p = f.workloads[i].pod
		}
	}
	if p == nil && w.refers.name == "" {
		return nil
	}
	one := *w
	one.pod = p
	if p == nil {
		gap := model.UnknownBecause(model.WhyRemoteState, "the "+label(w.refers.kind)+" "+shown(w.refers.name)+", whose template the Rollout takes", model.Trail{})
		one.pod = &pod{gap: &gap}
	}
	var out []model.Consumer
	because := f.replacedElsewhere(w)
	for _, ctr := range one.pod.containers {
		ctr.env = f.changed(&one, ctr)
		if because != nil {
			ctr.gap, ctr.fileGap, ctr.missing = because, because, because
		}
		out = append(out, model.Consumer{
			Kind: model.ConsumerKubernetes, Namespace: w.namespace, Workload: w.title(), Container: ctr.name,
			At: ctr.at, Env: f.containerEnv(&one, ctr), Files: f.containerFiles(&one, ctr), Self: ctr.self,
		})
	}
	if one.pod.gap != nil {
		out = append(out, model.Consumer{
			Kind: model.ConsumerKubernetes, Namespace: w.namespace, Workload: w.title(), At: w.at,
			Env: model.Env{}.WithRest(*one.pod.gap), Files: model.Env{}.WithRest(*one.pod.gap),
		})
	}
	return out
}

// replacedElsewhere says of a workload whether another one that is applied later may be the
// same, since the namespace of one of them is not known.
func (f *finder) replacedElsewhere(w *workload) *model.Value {
	for _, other := range f.alike[ident{kind: w.kind, name: w.name}] {
		if other != w && other.pod != nil && w.nameless == nil && other.batch >= w.batch && vaguely(other.namespace, w.namespace) {
			v := model.UnknownBecause(model.WhyAmbiguous, "the namespace of "+w.title()+", which is applied more than once", model.Trail{})
			return &v
		}
	}
	return nil
}

// changed is the list of a container's variables after the commands that changed it.
func (f *finder) changed(w *workload, ctr container) []variable {
	out := slices.Clone(ctr.env)
	for _, ch := range f.changes {
		if ch.Workload != "" && ch.Workload != w.kind+"/"+w.name || ch.Container != "" && ch.Container != ctr.name {
			continue
		}
		if !maySame(ch.Namespace, w.namespace) {
			continue
		}
		sure := ch.Workload != "" && ch.Namespace == w.namespace && w.nameless == nil
		for _, set := range ch.Vars {
			out = ch.apply(out, set, ch.batch > w.batch, sure)
		}
		if ch.Rest != nil && ch.batch > w.batch {
			out = append(out, variable{nameless: ch.Rest, value: *ch.Rest})
		}
	}
	return out
}

// apply makes one change. Of one that came before the workload was applied, variables stay
// that the manifest does not name.
func (ch change) apply(list []variable, set EnvSet, later, sure bool) []variable {
	i := slices.IndexFunc(list, func(v variable) bool { return v.name == set.Name && v.nameless == nil })
	hop := model.Hop{At: ch.At, Kind: model.KindManifest, What: ch.what() + " env " + label(set.Name)}
	v := variable{name: set.Name, hop: hop, value: set.Value.Via(hop), expands: true}
	switch {
	case !later && (i >= 0 || set.Value.State == model.Absent):
		return list
	case !later || !sure:
		return append(list, ch.maybe(v, i >= 0))
	case set.Value.State == model.Absent:
		return slices.DeleteFunc(list, func(v variable) bool { return v.name == set.Name && v.nameless == nil })
	case i < 0:
		return append(list, v)
	}
	if list[i].ref == nil {
		v.value = v.value.Over(list[i].value)
	}
	list[i] = v
	return list
}

// what is how hops call the workload.
func (ch change) what() string {
	if kind, name, ok := strings.Cut(ch.Workload, "/"); ok {
		return label(kind) + "/" + label(name)
	}
	return "a workload whose name is not known"
}

// maybe is a variable that may have been set, and may not.
func (ch change) maybe(v variable, there bool) variable {
	const needs = "whether this variable of the workload was changed"
	trail := v.value.Trail
	if there || strings.Contains(v.value.Text.Reveal(), "$") {
		v.value = model.UnknownBecause(model.WhyAmbiguous, needs, trail)
	} else {
		v.value = model.Ambiguous(needs, v.value, model.Value{State: model.Absent, Trail: trail})
		v.value.Trail = trail
	}
	v.expands = false
	return v
}
