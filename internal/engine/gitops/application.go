package gitops

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// app is one Application: an object of its own, or what a template makes.
type app struct {
	r    *reader
	o    *object
	spec *yaml.Node
	at   pos.Span
	name model.Value
	what string
}

// application reads an Application of Argo CD.
func (r *reader) application(o *object) { r.app(o, o.node) }

// app reads the Application that n is, which may be the template of a set.
func (r *reader) app(o *object, n *yaml.Node) {
	a := &app{r: r, o: o, spec: find(n, "spec"), name: r.field(o, n, "metadata", "name"), what: o.what(), at: o.doc.at(n)}
	if name := find(n, "metadata", "name"); name != nil {
		a.at = o.doc.at(name)
	}
	if a.spec == nil {
		return
	}
	if p := find(a.spec, "sourceHydrator"); p != nil {
		r.problem(o.doc.at(p), "sourceHydrator is not understood here, expected source or sources", "")
		return
	}
	sources := items(find(a.spec, "sources"))
	if len(sources) == 0 {
		if s := find(a.spec, "source"); s != nil {
			sources = []*yaml.Node{s}
		}
	}
	if len(sources) == 0 {
		r.problem(a.at, "has no source, expected source or sources", "add spec.source with repoURL and path")
	}
	for _, s := range sources {
		a.source(s, sources)
	}
}

func (a *app) field(n *yaml.Node, path ...string) model.Value { return a.r.field(a.o, n, path...) }

func (a *app) at2(n *yaml.Node, path ...string) pos.Span {
	if found := find(n, path...); found != nil {
		return a.o.doc.at(found)
	}
	return a.at
}

// source follows one source of the application.
func (a *app) source(n *yaml.Node, all []*yaml.Node) {
	if find(n, "chart") != nil {
		a.r.problem(a.at2(n, "chart"), "names a chart that is not in this repository, so what it deploys is not known here", "")
		return
	}
	if find(n, "path") == nil && find(n, "ref") != nil {
		return // only lends its files to the others
	}
	p, ok := a.r.place(origins{at: a.at2(n, "path"), what: a.what, url: a.field(n, "repoURL"), revision: a.field(n, "targetRevision"), path: a.field(n, "path")})
	if !ok {
		return
	}
	l := Lead{At: a.at, What: a.what, Path: p.dir, Release: absent(), Namespace: a.field(a.spec, "destination", "namespace")}
	l.Hops = append(p.hops, model.Hop{At: a.at2(n, "path"), Kind: model.KindManifest, What: a.what + " source"})
	l.Doubt = p.doubt
	a.overrides(&l, p)
	if plugin := find(n, "plugin"); plugin != nil {
		a.r.problem(a.o.doc.at(plugin), "a plugin is not understood here, expected a chart, a kustomization or manifests", "")
		return
	}
	switch l.Kind = a.kind(n, p.dir); l.Kind {
	case KindHelm:
		a.helm(&l, find(n, "helm"), n, all)
	case KindKustomize:
		a.overlay(&l, find(n, "kustomize"))
	default:
		if !a.directory(&l, find(n, "directory")) {
			return
		}
	}
	a.r.add(l)
}

// kind tells what the directory is: what the source has fields for, or what lies in it.
func (a *app) kind(n *yaml.Node, dir string) string {
	for _, kind := range []string{KindHelm, KindKustomize} { // the fields are named like the kinds
		if f := find(n, kind); f != nil && len(f.Content) > 0 {
			return kind
		}
	}
	if f := find(n, "directory"); f != nil && (text(f, "recurse") == "true" || find(f, "include") != nil || find(f, "exclude") != nil || find(f, "jsonnet") != nil) {
		return KindDirectory
	}
	switch {
	case a.r.has(dir, "Chart.yaml"):
		return KindHelm
	case a.r.isKustomization(dir):
		return KindKustomize
	}
	return KindDirectory
}

// overrides doubts a source that has a file of Argo CD's own with further parameters.
func (a *app) overrides(l *Lead, p place) {
	list, err := a.r.in.Files.List(p.dir)
	if err != nil {
		return
	}
	name, sure := known(a.name)
	for _, info := range list {
		rest, ok := strings.CutPrefix(info.Name, ".argocd-source")
		if ok && (rest == ".yaml" || !sure || strings.HasSuffix(rest, name+".yaml")) {
			l.doubt(model.WhyUnsupported, "an application without "+path.Join(p.dir, ".argocd-source.yaml"), model.Trail{})
		}
	}
}

func (l *Lead) doubt(why model.Reason, needs string, trail model.Trail) {
	if l.Doubt == nil {
		u := model.UnknownBecause(why, needs, trail)
		l.Doubt = &u
	}
}

// helm reads a source's helm fields in the order in which Argo CD hands them to helm.
func (a *app) helm(l *Lead, h *yaml.Node, source *yaml.Node, all []*yaml.Node) {
	l.Release = a.name
	if h == nil {
		return
	}
	if v := a.field(h, "releaseName"); v.State == model.Unknown || v.State == model.Known && !v.Text.IsEmpty() {
		l.Release = v
	}
	if v := a.field(h, "namespace"); v.State != model.Absent {
		l.Namespace = v
	}
	for _, n := range items(find(h, "valueFiles")) {
		a.valueFile(l, n, text(h, "ignoreMissingValueFiles") == "true", source, all)
	}
	if n := find(h, "valuesObject"); n != nil {
		l.Values = append(l.Values, Arg{Flag: "values", Inline: true, Text: a.r.inline(a.o, n, a.what+" valuesObject")})
	} else if v := a.field(h, "values"); v.State != model.Absent {
		l.Values = append(l.Values, Arg{Flag: "values", Inline: true, Text: v})
	}
	a.parameters(l, items(find(h, "parameters")), source)
	for _, n := range items(find(h, "fileParameters")) {
		a.fileParameter(l, n, source, all)
	}
}

// valueFile adds one file of values.
func (a *app) valueFile(l *Lead, n *yaml.Node, optional bool, source *yaml.Node, all []*yaml.Node) {
	v := a.r.value(a.o, n, a.what+" valueFiles")
	v, ok := a.path(l, v, n, source, all)
	if !ok {
		return
	}
	name, sure := known(v)
	if sure && (strings.Contains(name, "://") || strings.ContainsAny(name, "*?[")) {
		a.r.problem(a.o.doc.at(n), "is not understood here, expected the path of one file in this repository", "")
		v = model.UnknownBecause(model.WhyUnsupported, "values in a file of this repository", v.Trail)
	} else if sure && !a.r.exists(name) {
		if optional {
			return
		}
		a.r.problem(a.o.doc.at(n), "names a file of values that is not in this repository", "commit it, or set ignoreMissingValueFiles")
		v = model.UnknownBecause(model.WhyMissingFile, "the file of values", v.Trail)
	}
	l.Values = append(l.Values, Arg{Flag: "values", Text: v})
}

// path makes a path of the application relative to the repository's root. One that begins
// with $NAME/ lies in the source with that ref.
func (a *app) path(l *Lead, v model.Value, n, source *yaml.Node, all []*yaml.Node) (model.Value, bool) {
	name, sure := known(v)
	if !sure {
		return v, true
	}
	if ref, rest, ok := strings.Cut(strings.TrimPrefix(name, "$"), "/"); ok && strings.HasPrefix(name, "$") {
		for _, s := range all {
			if text(s, "ref") != ref {
				continue
			}
			p, ok := a.r.place(origins{at: a.o.doc.at(n), what: a.what, url: a.field(s, "repoURL"), revision: a.field(s, "targetRevision"), path: plain(".")})
			if !ok {
				return model.UnknownBecause(model.WhyMissingFile, "the values of another repository", v.Trail), true
			}
			if p.doubt != nil {
				return model.UnknownBecause(p.doubt.Why, p.doubt.Needs, v.Trail), true
			}
			return a.inside(l, v, n, ".", "./"+rest)
		}
	}
	v = a.environment(v, source)
	if name, sure = known(v); !sure {
		return v, true
	}
	if strings.Contains(name, "://") {
		return v, true
	}
	return a.inside(l, v, n, l.Path, name)
}

func (a *app) inside(l *Lead, v model.Value, n *yaml.Node, dir, name string) (model.Value, bool) {
	full, ok := file(dir, name)
	if !ok {
		a.r.problem(a.o.doc.at(n), "leads out of this repository, expected a path within it", "correct the path")
		l.doubt(model.WhyMissingFile, "files within the repository", v.Trail)
		return v, false
	}
	return withText(v, full), true
}

// parameters become --set and --set-string. Of two with one name the later one counts.
func (a *app) parameters(l *Lead, list []*yaml.Node, source *yaml.Node) {
	type key struct{ flag, name string }
	at := map[key]int{}
	var sets, texts []Arg
	for _, n := range list {
		name, value := a.field(n, "name"), a.environment(a.field(n, "value"), source)
		if value.State == model.Absent {
			value = plain("")
		}
		arg := Arg{Flag: "set", Text: joined([]model.Value{name, plain("="), commas(value)})}
		into := &sets
		if text(n, "forceString") == "true" {
			arg.Flag, into = "set-string", &texts
		}
		k := key{arg.Flag, name.Text.Reveal()}
		if i, ok := at[k]; ok && name.State == model.Known {
			(*into)[i] = arg
			continue
		}
		at[k] = len(*into)
		*into = append(*into, arg)
	}
	l.Values = append(append(l.Values, sets...), texts...)
}

var unescapedComma = lazy.Regexp(`(^|[^\\]),`)

// commas escapes the commas of a value that is no list of --set.
func commas(v model.Value) model.Value {
	if text, ok := known(v); ok && strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
		return v
	}
	return mapped(v, func(text string) string {
		for range 2 { // neighbours share a character
			text = unescapedComma().ReplaceAllString(text, `$1\,`)
		}
		return text
	})
}

func (a *app) fileParameter(l *Lead, n, source *yaml.Node, all []*yaml.Node) {
	found := find(n, "path")
	if found == nil {
		return
	}
	v, ok := a.path(l, a.field(n, "path"), found, source, all)
	if !ok {
		return
	}
	if name, sure := known(v); sure && !a.r.exists(name) {
		a.r.problem(a.o.doc.at(found), "names a file that is not in this repository", "commit it")
		v = model.UnknownBecause(model.WhyMissingFile, "the file of the parameter", v.Trail)
	}
	l.Values = append(l.Values, Arg{Flag: "set-file", Text: joined([]model.Value{a.field(n, "name"), plain("="), v})})
}

// overlay reads a source's kustomize fields. Images and replicas reach no variable.
func (a *app) overlay(l *Lead, k *yaml.Node) {
	if k == nil {
		return
	}
	for _, name := range []string{"namePrefix", "nameSuffix", "namespace", "commonLabels", "commonAnnotations", "components", "patches"} {
		n := find(k, name)
		if n == nil || len(n.Content) == 0 && n.Value == "" {
			continue
		}
		f := Field{Name: name, Text: a.r.inline(a.o, n, a.what+" "+name)}
		l.Overlay = append(l.Overlay, f)
		if f.Text.State == model.Unknown {
			l.doubt(f.Text.Why, f.Text.Needs, f.Text.Trail)
		}
	}
	if v := a.field(k, "namespace"); v.State != model.Absent {
		l.Namespace, l.ForceNamespace = v, true
	}
	for _, name := range yamlNames(k) {
		if !slices.Contains([]string{"namePrefix", "nameSuffix", "namespace", "commonLabels", "commonAnnotations", "components", "patches", "images", "replicas", "version", "forceCommonLabels", "forceCommonAnnotations", "labelWithoutSelector", "labelIncludeTemplates", "commonAnnotationsEnvsubst", "ignoreMissingComponents", "kubeVersion", "apiVersions"}, name) {
			a.r.problem(a.at2(k, name), "is not understood here, expected a field of kustomize that keyfit knows", "")
			l.doubt(model.WhyUnsupported, "an application without that field of kustomize", model.Trail{})
		}
	}
}

func yamlNames(n *yaml.Node) []string {
	var out []string
	for _, p := range pairs(n, 0) {
		out = append(out, p.Key.Value)
	}
	return out
}
