package gitops

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// kustomization reads a Kustomization of Flux.
func (r *reader) kustomization(o *object) {
	spec := find(o.node, "spec")
	if spec == nil {
		return
	}
	p, ok := r.fluxSource(o, find(spec, "sourceRef"), r.field(o, spec, "path"))
	if !ok {
		return
	}
	l := Lead{At: o.doc.at(o.node), What: o.what(), Path: p.dir, Hops: p.hops, Doubt: p.doubt, Release: absent(), Namespace: absent()}
	if n := find(o.node, "metadata", "name"); n != nil {
		l.At = o.doc.at(n)
	}
	l.Hops = append(l.Hops, model.Hop{At: l.At, Kind: model.KindManifest, What: o.what() + " path"})
	l.Kind = KindKustomize
	if !r.isKustomization(p.dir) {
		l.Kind = KindDirectory
		r.scan(&l)
	}
	r.fluxOverlay(o, spec, &l)
	l.Substitute = r.substitution(o, spec)
	if text(spec, "suspend") == "true" {
		l.doubt(model.WhyRemoteState, "a Kustomization that is not suspended", model.Trail{})
	}
	r.add(l)
}

// scan lists what Flux puts into the kustomization that it makes for a directory without
// one: all manifests below it, and the kustomizations, whose files it leaves to them.
func (r *reader) scan(l *Lead) {
	r.walk(l.Path, func(name string, dir bool) bool {
		full := path.Join(l.Path, name)
		if dir {
			if r.isKustomization(full) {
				l.Resources = append(l.Resources, full)
				return false
			}
			return true
		}
		if ext := path.Ext(name); ext == ".yaml" || ext == ".yml" {
			if data, err := r.in.Files.Read(full); err == nil && strings.Contains(string(data), "kind") {
				l.Resources = append(l.Resources, full)
			}
		}
		return false
	})
}

// fluxOverlay reads what is added to the kustomization. Images reach no variable.
func (r *reader) fluxOverlay(o *object, spec *yaml.Node, l *Lead) {
	if n := find(spec, "targetNamespace"); n != nil {
		l.Namespace, l.ForceNamespace = r.value(o, n, o.what()+" targetNamespace"), true
		l.Overlay = append(l.Overlay, Field{Name: "namespace", Text: r.inline(o, n, o.what()+" targetNamespace")})
	}
	for _, name := range []string{"namePrefix", "nameSuffix", "components", "patches", "patchesStrategicMerge", "patchesJson6902"} {
		if n := find(spec, name); n != nil {
			l.Overlay = append(l.Overlay, Field{Name: name, Text: r.inline(o, n, o.what()+" "+name)})
		}
	}
	for _, f := range l.Overlay {
		if f.Text.State == model.Unknown {
			l.doubt(f.Text.Why, f.Text.Needs, f.Text.Trail)
		}
	}
	for _, name := range yamlNames(spec) {
		if !slices.Contains(kustomizationFields(), name) {
			r.problem(o.doc.at(find(o.node, "spec")), "has a field that is not understood here, expected those of a Kustomization", "")
			l.doubt(model.WhyUnsupported, "a Kustomization without that field", model.Trail{})
		}
	}
}

func kustomizationFields() []string {
	return []string{
		"path", "sourceRef", "targetNamespace", "namePrefix", "nameSuffix", "components", "patches", "patchesStrategicMerge", "patchesJson6902", "images", "postBuild", "suspend",
		"interval", "retryInterval", "timeout", "prune", "wait", "force", "dependsOn", "healthChecks", "healthCheckExprs", "serviceAccountName", "kubeConfig", "decryption",
		"commonMetadata", "deletionPolicy", "ignoreMissingComponents", "validation", "buildMetadata",
	}
}

var variableName = lazy.Regexp(`^[_[:alpha:]][_[:alpha:][:digit:]]*$`)

// substitution reads postBuild: what stands in the Kustomization itself wins over what
// comes from ConfigMaps and Secrets, and of these the last one wins.
func (r *reader) substitution(o *object, spec *yaml.Node) *Substitution {
	build := find(spec, "postBuild")
	if build == nil {
		return nil
	}
	vars := map[string]model.Value{}
	s := &Substitution{What: o.what()}
	for _, n := range items(find(build, "substituteFrom")) {
		s.rest = r.substituteFrom(o, n, vars, s.rest)
	}
	if n := find(build, "substitute"); n != nil {
		for _, p := range pairs(n, 0) {
			v := mapped(r.value(o, p.Value, o.what()+" substitute "+shown(p.Key.Value)), withoutNewlines)
			if before, ok := vars[p.Key.Value]; ok {
				v = v.Over(before)
			}
			vars[p.Key.Value] = v
		}
	}
	for name := range vars {
		if !variableName().MatchString(name) {
			r.problem(o.doc.at(build), "has a variable whose name Flux refuses, expected letters, digits and underscores", "rename it")
			u := model.UnknownBecause(model.WhyUnsupported, "variables that Flux accepts", model.Trail{})
			s.rest = &u
		}
	}
	s.vars = model.NewEnv(vars)
	if s.rest != nil {
		s.vars = s.vars.WithRest(*s.rest)
	}
	if len(vars) == 0 && s.rest == nil {
		return nil
	}
	return s
}

func withoutNewlines(text string) string { return strings.ReplaceAll(text, "\n", "") }

// substituteFrom takes all entries of a ConfigMap or Secret. One that is not among the
// manifests may set any variable, and replace every one before it.
func (r *reader) substituteFrom(o *object, n *yaml.Node, vars map[string]model.Value, rest *model.Value) *model.Value {
	kind, name := text(n, "kind"), text(n, "name")
	from := r.named("v1", kind, o.namespace, name)
	if from == nil || kind != "ConfigMap" && kind != "Secret" {
		u := model.UnknownBecause(model.WhyKubeSecret, kind+"/"+name, model.Trail{}.Append(model.Hop{At: o.doc.at(n), Kind: model.KindManifest, What: o.what() + " substituteFrom"}))
		for name, v := range vars {
			vars[name] = u.Over(v)
		}
		return &u
	}
	for _, field := range []string{"data", "stringData"} {
		for _, p := range pairs(orEmpty(find(from.node, field)), 0) {
			v := r.entry(o, kind, name, p.Key.Value, false)
			v = mapped(v, withoutNewlines).Via(model.Hop{At: o.doc.at(n), Kind: model.KindManifest, What: o.what() + " substituteFrom"})
			if before, ok := vars[p.Key.Value]; ok && field == "data" {
				v = v.Over(before)
			}
			vars[p.Key.Value] = v
		}
	}
	return rest
}

// shown repeats a name in a hop, unless it may be a key.
func shown(name string) string {
	if strict.IsName(name) {
		return name
	}
	return "(not shown here)"
}
