package resolve

import (
	"cmp"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// keep remembers what a command puts into a store of secrets, or takes out of a cluster.
func (w *walk) keep(d deploy.Delivery) {
	for _, gone := range d.Deletes {
		kept := w.entries[:0:0]
		for _, e := range w.entries {
			if strings.HasPrefix(e.Store, "kubernetes-") && e.Name.Same(gone.Name) && strings.EqualFold("kubernetes-"+strings.TrimSuffix(gone.Kind, "s"), e.Store) {
				continue
			}
			kept = append(kept, e)
		}
		w.entries = kept
	}
	for _, s := range d.Store {
		if s.Value.State == model.Absent {
			continue
		}
		for i, e := range w.entries {
			if e.Store == s.Store && e.Key == s.Key && e.Name.State == model.Known && e.Name.Same(s.Name) && e.Namespace.Same(s.Namespace) {
				w.entries = append(w.entries[:i:i], w.entries[i+1:]...)
				break
			}
		}
		w.entries = append(w.entries, s)
	}
}

// unread gives a consumer for each object of a store that no other consumer is shown to read: the
// store is then as far as the deploy can be followed, and somebody reads what is in it.
func (w *walk) unread(consumers []model.Consumer) []model.Consumer {
	if len(w.entries) == 0 {
		return nil
	}
	read := map[pos.Span]bool{}
	for _, c := range consumers {
		for _, env := range []model.Env{c.Env, c.Files} {
			for _, v := range env.All() {
				for _, hop := range v.Trail.Hops() {
					if hop.Kind == model.KindCommand || hop.Kind == model.KindSecret || hop.Kind == model.KindConfigMap {
						read[hop.At] = true
					}
				}
			}
		}
	}
	var out []model.Consumer
	at := map[string]int{} // of an object's consumer in out
	for _, e := range w.entries {
		variable, ok := entryVariable(e)
		if !ok || read[e.At] {
			continue
		}
		namespace := ""
		if e.Namespace.State == model.Known {
			namespace = e.Namespace.Text.Reveal()
		}
		object := entryTitle(e) + "\x00" + namespace
		if e.Key == "" || e.Name.State != model.Known {
			object += "\x00" + e.At.String() // an entry of its own
		}
		n, seen := at[object]
		if !seen {
			n = len(out)
			at[object] = n
			out = append(out, model.Consumer{Kind: model.ConsumerStore, Namespace: namespace, Workload: entryTitle(e), At: e.At})
		}
		out[n].Env = out[n].Env.With(variable, e.Value)
	}
	return out
}

// entryTitle names an entry's object as its tools do.
func entryTitle(e deploy.Stored) string {
	name := "(of unknown name)"
	if e.Name.State == model.Known {
		name = e.Name.Text.Reveal()
	}
	switch e.Store {
	case "kubernetes-secret":
		return "Secret/" + name
	case "kubernetes-configmap":
		return "ConfigMap/" + name
	}
	return e.Store + " " + name
}

// entryVariable is the variable that an entry is most likely read into: its key, or the last part of
// its name, spelt as variables are.
func entryVariable(e deploy.Stored) (string, bool) {
	name := e.Key
	if name == "" && e.Name.State == model.Known {
		name = e.Name.Text.Reveal()
	}
	if strings.HasPrefix(name, ".") {
		return "", false // such as .dockerconfigjson
	}
	name = strings.ToUpper(path.Base(cmp.Or(name, ".")))
	name = strings.NewReplacer("-", "_", ".", "_").Replace(name)
	for i, r := range name {
		if r != '_' && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return "", false
		}
	}
	return name, strings.Trim(name, "_") != ""
}
