package resolve

import (
	"slices"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
)

// undecided is the reason of what depends on an open choice of a script.
func undecided() *model.Value {
	v := model.UnknownBecause(model.WhyUnsupported, "which way the script goes", model.Trail{})
	return &v
}

// elsewhere is the reason of what reads the files of another machine.
func elsewhere() *model.Value {
	v := model.UnknownBecause(model.WhyRemoteState, "the files of the machine on which the command runs", model.Trail{})
	return &v
}

// perhaps is what a command delivers to a cluster when it is not certain that it does: then
// no value that comes of it is known.
func perhaps(d deploy.Delivery, why model.Value) deploy.Delivery {
	d.Charts, d.Manifests, d.Store, d.Selections = slices.Clone(d.Charts), slices.Clone(d.Manifests), slices.Clone(d.Store), slices.Clone(d.Selections)
	for i := range d.Charts {
		doubt(&d.Charts[i].Doubt, why)
	}
	for i := range d.Manifests {
		doubt(&d.Manifests[i].Doubt, why)
	}
	d.Modules = slices.Clone(d.Modules)
	for i := range d.Modules {
		doubt(&d.Modules[i].Doubt, why)
	}
	d.Composes = slices.Clone(d.Composes)
	for i := range d.Composes {
		doubt(&d.Composes[i].Doubt, why)
	}
	for i := range d.Store {
		d.Store[i].Value = instead(d.Store[i].Value, why)
	}
	for i := range d.Selections {
		if d.Selections[i].Kind == "workspace" {
			continue // see [modules.selectWorkspace]
		}
		d.Selections[i].Name = instead(d.Selections[i].Name, why)
	}
	d.Perhaps = &why
	d.Deletes = nil // what may be gone counts as there: nothing in its place is known better
	if d.Partial {
		d.Consumers = slices.Clone(d.Consumers)
		for i := range d.Consumers {
			changed := map[string]model.Value{}
			for name, v := range d.Consumers[i].Env.All() {
				changed[name] = instead(v, why)
			}
			d.Consumers[i].Env = d.Consumers[i].Env.WithAll(changed)
		}
	}
	return d
}

func doubt(doubt **model.Value, why model.Value) {
	if *doubt == nil {
		*doubt = &why
	}
}

func instead(v, why model.Value) model.Value {
	why.Trail = v.Trail
	return why
}
