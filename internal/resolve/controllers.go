package resolve

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/engine/gitops"
	"github.com/keyfit/keyfit/internal/engine/helm"
	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/engine/kustomize"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/repo"
)

// The limits of what controllers lead to: an Application may deploy Applications.
const (
	maxLeadDepth = 5
	maxLeads     = 200
)

// controllers follows what Argo CD and Flux are told to deploy by the objects of a
// cluster. They work on their own, so that their order among the commands is not known:
// they come last.
func (w *walk) controllers(ctx context.Context, c *cluster) error {
	seen := map[string]bool{}
	var documents []origin.Document
	for i := 0; i < len(c.applied); i++ {
		step := c.applied[i]
		if !slices.ContainsFunc(step.documents, speaksToControllers) {
			continue
		}
		documents = append(documents, step.documents...)
		leads, problems := gitops.Read(gitops.Input{Files: w.files, Documents: documents})
		w.problems = append(w.problems, problems...)
		for _, lead := range leads {
			id := lead.At.String() + " " + lead.What + " " + lead.Path
			if seen[id] {
				continue
			}
			seen[id] = true
			if step.depth >= maxLeadDepth || len(seen) > maxLeads {
				w.problems = append(w.problems, model.Problem{At: lead.At, Message: fmt.Sprintf("is not followed: objects lead to others more than %d deep, or to more than %d", maxLeadDepth, maxLeads)})
				return nil
			}
			if err := w.lead(ctx, c, lead, step.depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// speaksToControllers spares the documents of most deploys another reading.
func speaksToControllers(d origin.Document) bool {
	text := d.Text.Secret().Reveal()
	return strings.Contains(text, "argoproj.io") || strings.Contains(text, "fluxcd.io")
}

func (w *walk) lead(ctx context.Context, c *cluster, lead gitops.Lead, depth int) error {
	in := kube.Input{Doubt: lead.Doubt, Via: lead.Hops, Namespace: w.kube.in(c, lead.Namespace)}
	switch {
	case lead.Kind == gitops.KindHelm:
		return w.leadToChart(ctx, c, lead, depth)
	case lead.Kind == gitops.KindKustomize || len(lead.Overlay) > 0:
		return w.leadToOverlay(ctx, c, lead, lead.Path, lead.Overlay, in, depth)
	}
	var files []string
	for _, name := range lead.Resources {
		if info, err := w.files.Stat(name); err == nil && info.Dir {
			if err := w.leadToOverlay(ctx, c, lead, name, nil, in, depth); err != nil {
				return err
			}
			continue
		}
		files = append(files, name)
	}
	documents, problems := read(w.files, files, lead.At)
	w.problems = append(w.problems, problems...)
	in.Documents = w.substituted(documents, lead)
	w.apply(c, in, depth)
	return nil
}

// substituted replaces the variables of Flux in what a lead puts out.
func (w *walk) substituted(documents []origin.Document, lead gitops.Lead) []origin.Document {
	if lead.Substitute == nil {
		return documents
	}
	var out []origin.Document
	for _, d := range documents {
		d, problems := lead.Substitute.Apply(d)
		w.problems = append(w.problems, problems...)
		out = append(out, d)
	}
	return out
}

func (w *walk) leadToChart(ctx context.Context, c *cluster, lead gitops.Lead, depth int) error {
	step := helm.Step{
		Files: w.files, At: lead.At, Dir: ".", Chart: lead.Path,
		Release: lead.Release, Namespace: lead.Namespace, Doubt: lead.Doubt,
	}
	own := path.Join(lead.Path, "values.yaml")
	for i, v := range lead.ChartValues {
		if i == 0 && v.State == model.Known && path.Clean(v.Text.Reveal()) == own {
			continue // as without the list
		}
		step.Values = append(step.Values, helm.Arg{Flag: "values", Text: v})
	}
	if n := len(lead.ChartValues); n > 0 && len(step.Values) == n && step.Doubt == nil {
		u := model.UnknownBecause(model.WhyUnsupported, "a list of values files that begins with the chart's own values.yaml", model.Trail{})
		step.Doubt = &u
	}
	for _, v := range lead.Values {
		step.Values = append(step.Values, helm.Arg{Flag: v.Flag, Text: v.Text, Inline: v.Inline})
	}
	return w.chart(ctx, c, step, lead.Hops, depth)
}

// leadToOverlay builds a kustomization, with the fields that the lead adds to it.
func (w *walk) leadToOverlay(ctx context.Context, c *cluster, lead gitops.Lead, dir string, fields []gitops.Field, in kube.Input, depth int) error {
	files := w.files
	if len(fields) > 0 {
		files = w.files.Fork()
		name, data, err := withFields(files, lead, fields)
		if err == nil {
			err = files.Write(name, data)
		}
		if err != nil {
			w.problems = append(w.problems, model.Problem{At: lead.At, Message: "what it adds to the kustomization cannot be followed", Fix: "put it into the kustomization itself"})
			return nil
		}
	}
	result, err := kustomize.Build(ctx, kustomize.Step{Files: files, At: lead.At, Dir: dir})
	if err != nil {
		return err
	}
	w.problems = append(w.problems, result.Problems...)
	in.Documents, in.Source = w.substituted(result.Documents, lead), kube.FromKustomize
	if in.Doubt == nil {
		in.Doubt = result.Doubt
	}
	w.apply(c, in, depth)
	return nil
}

// withFields gives the kustomization of a lead with fields added: lists are put behind
// those that stand there, mappings merged, and all else replaced. A directory without one
// has all its manifests as resources.
func withFields(files repo.Files, lead gitops.Lead, fields []gitops.Field) (name string, data []byte, err error) {
	name, data = kustomizationIn(files, lead)
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return "", nil, err
	}
	if len(doc.Content) == 0 {
		doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	root, rewritten := doc.Content[0], false
	for _, f := range fields {
		var value yaml.Node
		if err := yaml.Unmarshal([]byte(f.Text.Text.Reveal()), &value); err != nil || len(value.Content) == 0 {
			return "", nil, fmt.Errorf("field %s: not YAML", f.Name)
		}
		if old := fieldOf(root, f.Name); old != nil {
			merge(old, value.Content[0])
			rewritten = true
			continue
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Value: f.Name}
		root.Content = append(root.Content, key, value.Content[0])
		added, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, value.Content[0]}})
		if err != nil {
			return "", nil, err
		}
		data = append(slices.Clip(data), append([]byte("\n"), added...)...)
	}
	if rewritten || root.Style&yaml.FlowStyle != 0 {
		data, err = yaml.Marshal(&doc)
	}
	return name, data, err
}

// kustomizationIn is the kustomization of a directory, or one of all that is in it.
func kustomizationIn(files repo.Files, lead gitops.Lead) (name string, data []byte) {
	for _, base := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		name := path.Join(lead.Path, base)
		if data, err := files.Read(name); err == nil {
			return name, data
		}
	}
	var b strings.Builder
	b.WriteString("resources:\n")
	for _, r := range lead.Resources {
		rel := strings.TrimPrefix(strings.TrimPrefix(r, path.Clean(lead.Path)), "/")
		fmt.Fprintf(&b, "- %q\n", rel)
	}
	return path.Join(lead.Path, "kustomization.yaml"), []byte(b.String())
}

func fieldOf(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

func merge(old, more *yaml.Node) {
	switch {
	case old.Kind == yaml.SequenceNode && more.Kind == yaml.SequenceNode:
		old.Content = append(old.Content, more.Content...)
	case old.Kind == yaml.MappingNode && more.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(more.Content); i += 2 {
			if was := fieldOf(old, more.Content[i].Value); was != nil {
				*was = *more.Content[i+1]
				continue
			}
			old.Content = append(old.Content, more.Content[i], more.Content[i+1])
		}
	default:
		*old = *more
	}
}
