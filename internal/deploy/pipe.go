package deploy

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// Piped joins what a command prints with the command that applies it, as in `helm template
// … | kubectl apply -f -`. It takes the deliveries of one script in their order. What is
// printed arrives when a later command reads manifests from its standard input, and that
// is what the printing tool has printed last. That command then stands for its other
// files alone. What nobody applies is left out.
//
// A namespace that the applying command names holds for what names none.
func Piped(all []Delivery) []Delivery {
	var out []Delivery
	last := map[string]Delivery{}
	for _, d := range all {
		if d.Printed {
			last[d.Tool] = d
			out = append(out, Delivery{Problems: d.Problems, Passes: d.Passes, Tool: d.Tool})
			continue
		}
		for tool, printed := range last {
			rest, namespace, takes := d.withoutPipe(tool)
			if !takes {
				continue
			}
			d = rest
			delete(last, tool)
			printed.Printed, printed.Problems = false, nil
			out = append(out, printed.inNamespace(namespace))
		}
		out = append(out, d)
	}
	return out
}

// printsNeeds is what the shell says that an output of a tool needs to be known.
func printsNeeds(tool string) string { return "what " + tool + " prints" }

// withoutPipe takes from the manifests the standard input that the tool has printed.
func (d Delivery) withoutPipe(tool string) (out Delivery, namespace model.Value, takes bool) {
	var kept []Manifests
	for _, m := range d.Manifests {
		piped := m.Stdin.State == model.Unknown && m.Stdin.Needs == printsNeeds(tool)
		rest := slices.DeleteFunc(slices.Clone(m.Paths), func(p model.Value) bool { return piped && wordOf(p).is("-", "/dev/stdin") })
		if len(rest) < len(m.Paths) {
			takes, namespace = true, m.Namespace
		}
		if m.Paths = rest; len(rest) > 0 {
			kept = append(kept, m)
		}
	}
	d.Manifests = kept
	return d, namespace, takes
}

// inNamespace gives the objects a namespace that have none of their own.
func (d Delivery) inNamespace(namespace model.Value) Delivery {
	if namespace.State == model.Absent {
		return d
	}
	d.Charts, d.Manifests, d.Store = slices.Clone(d.Charts), slices.Clone(d.Manifests), slices.Clone(d.Store)
	for i := range d.Charts {
		fill(&d.Charts[i].Namespace, namespace)
	}
	for i := range d.Manifests {
		fill(&d.Manifests[i].Namespace, namespace)
	}
	for i := range d.Store {
		fill(&d.Store[i].Namespace, namespace)
	}
	return d
}

func fill(namespace *model.Value, to model.Value) {
	if namespace.State == model.Absent {
		*namespace = to
	}
}
