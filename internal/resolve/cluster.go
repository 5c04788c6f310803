package resolve

import (
	"context"
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/engine/kustomize"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// clusters holds what a deploy path applies, apart for every Kubernetes cluster that its
// commands name.
type clusters struct {
	all     map[string]*cluster
	order   []*cluster
	current string // the one that commands work on which name none
	edits   []kustomize.Edit
	names   []model.Value // namespaces that are not known
}

// cluster is one of them.
type cluster struct {
	kube.Cluster
	namespace model.Value // that later commands take by default; absent when none was chosen
	applied   []applied   // what may lead to further charts and overlays
	changed   []changed
}

// applied is what one command or step put into a cluster.
type applied struct {
	documents []origin.Document
	depth     int
}

// changed is a workload that a command changed. When no manifest applies it, the command
// is all that is known of it.
type changed struct{ consumer model.Consumer }

// of gives the cluster that the values name; without any, the current one.
func (k *clusters) of(names []model.Value) *cluster {
	id := k.current
	if len(names) > 0 {
		id = clusterID(names)
	}
	c := k.all[id]
	if c == nil {
		c = &cluster{namespace: model.Value{State: model.Absent}}
		if k.all == nil {
			k.all = map[string]*cluster{}
		}
		k.all[id] = c
		k.order = append(k.order, c)
	}
	return c
}

// clusterID tells clusters apart. What is not known is the same only when it comes from
// the same place.
func clusterID(names []model.Value) string {
	var b strings.Builder
	for _, v := range names {
		if v.State == model.Known {
			fmt.Fprintf(&b, "%q ", v.Text.Reveal())
			continue
		}
		fmt.Fprintf(&b, "%s %s %v ", v.Why, v.Needs, v.Trail.Hops())
	}
	return b.String()
}

// in turns a namespace into the word by which a cluster tells namespaces apart. One that
// is not known has a name of its own, for as long as it comes from the same place.
func (k *clusters) in(c *cluster, namespace model.Value) string {
	if namespace.State == model.Absent || namespace.State == model.Known && namespace.Text.IsEmpty() {
		namespace = c.namespace
	}
	switch namespace.State {
	case model.Known:
		return namespace.Text.Reveal()
	case model.Absent:
		return ""
	}
	for i, v := range k.names {
		if v.Same(namespace) {
			return kube.UnknownNamespace(i)
		}
	}
	k.names = append(k.names, namespace)
	return kube.UnknownNamespace(len(k.names) - 1)
}

// lose remembers that something is deployed which is not in the repository.
func (w *walk) lose(problem model.Problem, needs string) {
	w.problems = append(w.problems, problem)
	w.applies = true
	if w.lost == nil {
		lost := model.UnknownBecause(model.WhyMissingFile, needs, model.Trail{})
		w.lost = &lost
	}
}

// apply puts documents into a cluster.
func (w *walk) apply(c *cluster, in kube.Input, depth int) {
	w.problems = append(w.problems, c.Apply(in)...)
	c.applied = append(c.applied, applied{documents: in.Documents, depth: depth})
	w.applies = true
}

// receivers lists the containers of all clusters, with what controllers in them deploy.
func (w *walk) receivers(ctx context.Context) ([]model.Consumer, error) {
	var out []model.Consumer
	for _, c := range w.kube.order {
		if err := w.controllers(ctx, c); err != nil {
			return nil, err
		}
		consumers, problems := c.Consumers()
		w.problems = append(w.problems, problems...)
		for _, change := range c.changed {
			if !hasWorkload(consumers, change.consumer) {
				out = append(out, change.consumer)
			}
		}
		out = append(out, consumers...)
	}
	return out, nil
}

func hasWorkload(consumers []model.Consumer, wanted model.Consumer) bool {
	for _, c := range consumers {
		if c.Workload == wanted.Workload && c.Namespace == wanted.Namespace && (wanted.Container == "" || c.Container == wanted.Container) {
			return true
		}
	}
	return false
}
