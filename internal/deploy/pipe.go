package deploy

import (
	"slices"

	"github.com/keyfit/keyfit/internal/model"
)

// Piped joins what commands print with the commands that apply it, as in `helm template …
// | kubectl apply -f -`. It takes the deliveries of one script in their order. printers
// says which of them, by their place in all, print just what number i finds in the file
// name, which is "-" for its standard input; nil when anything else may be in it. The
// command that applies them then stands for its other files alone. What nobody applies is
// left out.
//
// A namespace that the applying command names holds for what names none.
func Piped(all []Delivery, printers func(i int, m Manifests, name string) []int) []Delivery {
	var out []Delivery
	for i, d := range all {
		if d.Printed {
			out = append(out, Delivery{Problems: d.Problems, Passes: d.Passes, Tool: d.Tool})
			continue
		}
		var kept []Manifests
		for _, m := range d.Manifests {
			rest := slices.DeleteFunc(slices.Clone(m.Paths), func(p model.Value) bool {
				name, ok := wordOf(p).known()
				if !ok || m.Kustomize {
					return false
				}
				if name == "/dev/stdin" {
					name = "-"
				}
				printed, ok := printedBy(all, printers(i, m, name))
				for _, one := range printed {
					out = append(out, one.appliedBy(d, m))
				}
				return ok
			})
			if len(rest) > 0 || len(m.Paths) == 0 {
				m.Paths = rest
				kept = append(kept, m)
			}
		}
		d.Manifests = kept
		out = append(out, d)
	}
	return out
}

// printedBy gives the deliveries of those numbers, if all of them are printed.
func printedBy(all []Delivery, numbers []int) ([]Delivery, bool) {
	var out []Delivery
	for _, n := range numbers {
		if n < 0 || n >= len(all) || !all[n].Printed {
			return nil, false
		}
		out = append(out, all[n])
	}
	return out, len(out) > 0
}

// appliedBy is what was printed, as the applying command has it: on its cluster, in its
// namespace where it names one, and as doubtful as that command.
func (d Delivery) appliedBy(by Delivery, m Manifests) Delivery {
	d.Printed, d.Problems, d.Cluster = false, nil, by.Cluster
	d.Charts, d.Manifests, d.Store = slices.Clone(d.Charts), slices.Clone(d.Manifests), slices.Clone(d.Store)
	for i := range d.Charts {
		fill(&d.Charts[i].Namespace, m.Namespace)
		doubted(&d.Charts[i].Doubt, m.Doubt)
	}
	for i := range d.Manifests {
		fill(&d.Manifests[i].Namespace, m.Namespace)
		doubted(&d.Manifests[i].Doubt, m.Doubt)
	}
	for i := range d.Store {
		fill(&d.Store[i].Namespace, m.Namespace)
		if m.Doubt != nil {
			d.Store[i].Value = veiled(d.Store[i].Value, *m.Doubt)
		}
	}
	return d
}

func doubted(doubt **model.Value, by *model.Value) {
	if *doubt == nil {
		*doubt = by
	}
}

func fill(namespace *model.Value, to model.Value) {
	if namespace.State == model.Absent && to.State != model.Absent {
		*namespace = to
	}
}
