package kustomize

//lint:file-ignore SA1019 people still write the deprecated fields, and kustomize still reads them

import (
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"sigs.k8s.io/kustomize/api/types"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

const fixCopy = "copy it into the repository"

// follow goes through everything that a kustomization names, and takes out what cannot
// be built: the rest goes on, with the doubt that this leaves.
func (p *plan) follow(o *overlay, above []string) {
	k := &o.k
	k.Resources = p.keep(o, "resources", k.Resources, func(at pos.Span, name string) bool { return p.resource(o, at, name, above) })
	k.Bases = p.keep(o, "bases", k.Bases, func(at pos.Span, name string) bool { return p.resource(o, at, name, above) })
	k.Components = p.keep(o, "components", k.Components, func(at pos.Span, name string) bool { return p.component(o, at, name, above) })
	p.patches(o)
	p.generators(o)
	p.settings(o)
	p.plugins(o)
	p.charts(o)
	p.replacements(o)
}

// keep drops the entries of a list that are not to be built.
func (p *plan) keep(o *overlay, field string, list []string, good func(at pos.Span, name string) bool) []string {
	var out []string
	for i, name := range list {
		if good(o.place(field, i), name) {
			out = append(out, name)
		} else {
			o.changed = true
		}
	}
	return out
}

// remote reports an address, which is never opened.
func (p *plan) remote(at pos.Span, name, what string) (*model.Value, bool) {
	if !mayBeRemote(name) {
		return nil, false
	}
	p.problem(at, fixCopy, "the %s %q lies outside the repository and is not loaded", what, withoutUser(name))
	v := unknown(at, model.WhyRemoteState, "a copy of "+withoutUser(name)+" in the repository")
	return v, true
}

// withoutUser takes the user and password, and the query, out of an address.
func withoutUser(address string) string {
	address, _, _ = strings.Cut(address, "?")
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	host, tail, _ := strings.Cut(rest, "/")
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = host[i+1:]
	}
	return scheme + "://" + host + "/" + tail
}

// resource checks a file of manifests, or a base.
func (p *plan) resource(o *overlay, at pos.Span, name string, above []string) bool {
	if v, ok := p.remote(at, name, "resource"); ok {
		p.lacks(v)
		p.vars = v
		return false
	}
	missing := unknown(at, model.WhyMissingFile, "the resource "+name)
	full, err := p.locate(o, name)
	if err != nil {
		p.problem(at, "name a file of the repository", "%s", err)
		p.lacks(missing)
		return false
	}
	info, err := p.step.Files.Stat(full)
	if err != nil {
		p.problem(at, "name a file or directory that is there", "%s", err)
		p.lacks(missing)
		return false
	}
	if !info.Dir {
		if !p.allowed(o, at, full) || !p.manifestFile(at, full) {
			p.lacks(missing)
			return false
		}
		return true
	}
	if !p.base(o, at, full, above) {
		p.lacks(missing)
		p.vars = missing
		return false
	}
	return true
}

// base follows a directory.
func (p *plan) base(o *overlay, at pos.Span, full string, above []string) bool {
	for _, dir := range above {
		if within(dir, full) {
			p.problem(at, "name a directory that does not hold this one", "%q leads back to itself", full)
			return false
		}
	}
	if _, ok := p.visit(full, at, above); !ok {
		return false
	}
	return true
}

// component follows a component, which may change everything beside it.
func (p *plan) component(o *overlay, at pos.Span, name string, above []string) bool {
	if v, ok := p.remote(at, name, "component"); ok {
		p.taints(v)
		return false
	}
	full, err := p.locate(o, name)
	if err == nil {
		_, err = p.step.Files.Stat(full)
	}
	if err != nil {
		p.problem(at, "name a directory of the repository", "%s", err)
	}
	if err != nil || !p.base(o, at, full, above) {
		p.taints(unknown(at, model.WhyMissingFile, "the component "+name))
		return false
	}
	return true
}

// allowed tells whether kustomize lets a kustomization name a file.
func (p *plan) allowed(o *overlay, at pos.Span, full string) bool {
	if p.step.LoadRestrictionsNone || within(full, o.dir) {
		return true
	}
	p.problem(at, "move it, or build with --load-restrictor LoadRestrictionsNone",
		"%q lies outside the directory of %q, and kustomize refuses it", full, o.file)
	return false
}

// manifestFile reads a YAML file of resources or patches.
func (p *plan) manifestFile(at pos.Span, full string) bool {
	if p.manifest[full] {
		return p.docs[full].bad == nil
	}
	if len(p.manifest) >= maxFiles {
		p.problem(at, "use fewer files", "more than %d files, the limit", maxFiles)
		return false
	}
	data, ok := p.read(full, at)
	if !ok {
		return false
	}
	s := readSource(full, data)
	p.manifest[full], p.docs[full] = true, s
	if s.bad != nil {
		p.problem(s.at(s.bad.line), "correct it", "%q %s", full, s.bad.why)
		return false
	}
	return true
}

// file checks a file of any sort that a kustomization names.
func (p *plan) file(o *overlay, at pos.Span, name, what string) (string, *model.Value) {
	if v, ok := p.remote(at, name, what); ok {
		return "", v
	}
	missing := unknown(at, model.WhyMissingFile, "the "+what+" "+name)
	full, err := p.locate(o, name)
	if err != nil {
		p.problem(at, "name a file of the repository", "%s", err)
		return "", missing
	}
	if !p.allowed(o, at, full) {
		return "", missing
	}
	if _, ok := p.read(full, at); !ok {
		return "", missing
	}
	return full, nil
}

// patches checks the patches of all sorts. What one that cannot be read would change is
// not known.
func (p *plan) patches(o *overlay) {
	k := &o.k
	check := func(field string, list []types.Patch) []types.Patch {
		return sift(o, field, list, func(i int, patch types.Patch) bool {
			return patch.Path == "" || p.patchFile(o, o.place(field, i, "path"), patch.Path)
		})
	}
	k.Patches = check("patches", k.Patches)
	k.PatchesJson6902 = check("patchesJson6902", k.PatchesJson6902)
	k.PatchesStrategicMerge = sift(o, "patchesStrategicMerge", k.PatchesStrategicMerge, func(i int, patch types.PatchStrategicMerge) bool {
		return isInline(string(patch)) || p.patchFile(o, o.place("patchesStrategicMerge", i), string(patch))
	})
}

// sift keeps the good entries of a list of a kustomization.
func sift[T any](o *overlay, field string, list []T, good func(i int, entry T) bool) []T {
	var out []T
	var kept []int
	for i, entry := range list {
		if good(i, entry) {
			out, kept = append(out, entry), append(kept, i)
		}
	}
	if len(out) < len(list) {
		o.changed = true
		if before := o.kept[field]; before != nil {
			for n, i := range kept {
				kept[n] = before[i]
			}
		}
		o.kept[field] = kept
	}
	return out
}

// isInline tells objects from the path of a file with them, as kustomize does: by trying.
func isInline(text string) bool {
	if !strings.Contains(text, ":") {
		return false
	}
	docs, _ := decode([]byte(text))
	return len(docs) > 0 && len(docs[0].Content) > 0 && docs[0].Content[0].Kind == yaml.MappingNode
}

func (p *plan) patchFile(o *overlay, at pos.Span, name string) bool {
	full, v := p.file(o, at, name, "patch")
	if v == nil && !p.manifestFile(at, full) {
		v = unknown(at, model.WhyUnsupported, "a patch that can be read")
	}
	if v != nil {
		p.taints(v)
	}
	return v == nil
}

// settings checks the files that say how kustomize itself works.
func (p *plan) settings(o *overlay) {
	k := &o.k
	check := func(field, what string, list []string) []string {
		return p.keep(o, field, list, func(at pos.Span, name string) bool {
			full, v := p.file(o, at, name, what)
			if v == nil && !p.manifestFile(at, full) {
				v = unknown(at, model.WhyUnsupported, "a configuration that can be read")
			}
			if v != nil {
				p.taints(v)
			}
			return v == nil
		})
	}
	k.Configurations = check("configurations", "configuration", k.Configurations)
	k.Crds = check("crds", "CRD", k.Crds)
	if name, ok := k.OpenAPI["path"]; ok {
		at := o.place("openapi", "path")
		if _, v := p.file(o, at, name, "schema"); v != nil {
			p.taints(v)
			k.OpenAPI, o.changed = nil, true
		}
	}
}

// replacements checks the files that hold some.
func (p *plan) replacements(o *overlay) {
	o.k.Replacements = sift(o, "replacements", o.k.Replacements, func(i int, r types.ReplacementField) bool {
		if r.Path == "" {
			return true
		}
		at := o.place("replacements", i, "path")
		full, v := p.file(o, at, r.Path, "replacement")
		if v == nil && !p.manifestFile(at, full) {
			v = unknown(at, model.WhyUnsupported, "a replacement that can be read")
		}
		if v != nil {
			p.taints(v)
		}
		return v == nil
	})
}

// generators checks what ConfigMaps and Secrets are generated from.
func (p *plan) generators(o *overlay) {
	k := &o.k
	k.ConfigMapGenerator = sift(o, "configMapGenerator", k.ConfigMapGenerator, func(i int, args types.ConfigMapArgs) bool {
		return p.generator(o, "configMapGenerator", i, "ConfigMap", args.GeneratorArgs)
	})
	k.SecretGenerator = sift(o, "secretGenerator", k.SecretGenerator, func(i int, args types.SecretArgs) bool {
		return p.generator(o, "secretGenerator", i, "Secret", args.GeneratorArgs)
	})
}

// generator checks one. When a file of it is not known, neither is the object.
func (p *plan) generator(o *overlay, field string, i int, kind string, args types.GeneratorArgs) bool {
	var lost *model.Value
	check := func(name string, keys ...any) {
		at := o.place(append([]any{field, i}, keys...)...)
		if _, v := p.file(o, at, name, "file of the "+field); v != nil {
			lost = v
		}
	}
	for j, name := range args.EnvSources {
		check(name, "envs", j)
	}
	if args.EnvSource != "" {
		check(args.EnvSource, "env")
	}
	for j, text := range args.FileSources {
		_, name := fileSource(text)
		check(name, "files", j)
	}
	if lost != nil {
		p.spoiled = append(p.spoiled, ref{kind: kind, name: args.Name})
		p.lacks(lost)
	}
	return lost == nil
}

// fileSource splits an entry of `files`.
func fileSource(text string) (key, name string) {
	if key, name, ok := strings.Cut(text, "="); ok {
		return key, name
	}
	return path.Base(text), text
}

// explainFields puts what is wrong with the fields of a kustomization into words that
// quote no value.
func explainFields(err error) string {
	text := err.Error()
	if m := regexp.MustCompile(`unknown field "([\w.-]{1,60})"`).FindStringSubmatch(text); m != nil {
		return "it knows no field \"" + m[1] + "\""
	}
	if m := regexp.MustCompile(`Go struct field (?:[\w]+\.)*?([a-z][\w.]*) of type`).FindStringSubmatch(text); m != nil {
		return "\"" + m[1] + "\" is of another type than expected"
	}
	return "it does not have the form of one"
}
