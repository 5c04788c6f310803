package gitops

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

const sourceGroup = "source.toolkit.fluxcd.io"

// fluxSource finds the directory that a path of a Flux source means.
func (r *reader) fluxSource(o *object, ref *yaml.Node, path model.Value) (place, bool) {
	at := o.doc.at(o.node)
	if ref != nil {
		at = o.doc.at(ref)
	}
	kind, name := text(ref, "kind"), text(ref, "name")
	if kind != "GitRepository" {
		r.problem(at, "leads to a source that is not in this repository, expected a GitRepository", "")
		return place{}, false
	}
	namespace := text(ref, "namespace")
	if namespace == "" {
		namespace = o.namespace
	}
	s := origins{at: at, what: o.what(), url: absent(), revision: absent(), path: path}
	git := r.named(sourceGroup, "GitRepository", namespace, name)
	if git != nil {
		s.url = r.field(git, git.node, "spec", "url")
		for _, field := range []string{"branch", "tag", "semver", "name", "commit"} { // later ones win
			if v := r.field(git, git.node, "spec", "ref", field); v.State != model.Absent {
				s.revision = v
			}
		}
	}
	p, ok := r.place(s)
	if ok && git != nil && len(items(find(git.node, "spec", "include"))) > 0 {
		p.doubted(model.WhyUnsupported, "a GitRepository that includes no others", model.Trail{})
	}
	return p, ok
}

// helmRelease reads a HelmRelease of Flux.
func (r *reader) helmRelease(o *object) {
	spec := find(o.node, "spec")
	chart, ref, holder := find(spec, "chart", "spec"), find(spec, "chart", "spec", "sourceRef"), o
	if c := find(spec, "chartRef"); c != nil {
		holder = nil
		if text(c, "kind") == "HelmChart" {
			holder = r.named(sourceGroup, "HelmChart", or(text(c, "namespace"), o.namespace), text(c, "name"))
		}
		if holder == nil {
			r.problem(o.doc.at(c), "names a chart that is not in this repository, so what it deploys is not known here", "")
			return
		}
		chart = find(holder.node, "spec")
		ref = find(chart, "sourceRef")
	}
	if chart == nil {
		r.problem(o.doc.at(o.node), "has no chart, expected spec.chart or spec.chartRef", "")
		return
	}
	p, ok := r.fluxSource(holder, ref, r.field(holder, chart, "chart"))
	if !ok {
		return
	}
	if !r.has(p.dir, "Chart.yaml") {
		r.problem(holder.doc.at(chart), "leads to a directory without Chart.yaml, expected a chart", "correct the path")
		return
	}
	l := Lead{At: o.doc.at(o.node), What: o.what(), Kind: KindHelm, Path: p.dir, Hops: p.hops, Doubt: p.doubt}
	if n := find(o.node, "metadata", "name"); n != nil {
		l.At = o.doc.at(n)
	}
	l.Hops = append(l.Hops, model.Hop{At: holder.doc.at(chart), Kind: model.KindManifest, What: o.what() + " chart"})
	r.release(o, spec, &l)
	r.chartValues(holder, chart, &l)
	for _, n := range items(find(spec, "valuesFrom")) {
		r.valuesFrom(o, n, &l)
	}
	if n := find(spec, "values"); n != nil {
		l.Values = append(l.Values, Arg{Flag: "values", Inline: true, Text: r.inline(o, n, o.what()+" values")})
	}
	r.doubtRelease(o, spec, &l)
	r.add(l)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// release says what the release is called, and where it goes.
func (r *reader) release(o *object, spec *yaml.Node, l *Lead) {
	name := r.field(o, o.node, "metadata", "name")
	target := r.field(o, spec, "targetNamespace")
	l.Namespace = target
	if target.State == model.Absent {
		l.Namespace = r.field(o, o.node, "metadata", "namespace")
	}
	l.Release = r.field(o, spec, "releaseName")
	if l.Release.State == model.Absent {
		l.Release = name
		if target.State != model.Absent {
			l.Release = joined([]model.Value{target, plain("-"), name})
		}
	}
	if text, ok := known(l.Release); ok && len(text) > 53 {
		sum := sha256.Sum256([]byte(text))
		l.Release = withText(l.Release, text[:40]+"-"+hex.EncodeToString(sum[:])[:12])
	}
}

// chartValues are the files that take the place of the chart's own values.yaml.
func (r *reader) chartValues(o *object, chart *yaml.Node, l *Lead) {
	list := items(find(chart, "valuesFiles"))
	if len(list) == 0 {
		if n := find(chart, "valuesFile"); n != nil { // of older versions: a file on top of values.yaml
			list = []*yaml.Node{n}
			l.ChartValues = append(l.ChartValues, plain(path.Join(l.Path, "values.yaml")))
		}
	}
	for _, n := range list {
		v := r.value(o, n, o.what()+" valuesFiles")
		name, sure := known(v)
		full, inside := file(".", name)
		switch {
		case !sure:
		case !inside || !r.exists(full):
			if text(chart, "ignoreMissingValuesFiles") == "true" {
				continue
			}
			r.problem(o.doc.at(n), "names a file of values that is not in this repository", "commit it, or correct the path: it starts at the repository's root")
			v = model.UnknownBecause(model.WhyMissingFile, "the file of values", v.Trail)
		default:
			v = withText(v, full)
		}
		l.ChartValues = append(l.ChartValues, v)
	}
}

// doubtRelease finds what may change everything that the release renders.
func (r *reader) doubtRelease(o *object, spec *yaml.Node, l *Lead) {
	if text(spec, "suspend") == "true" {
		l.doubt(model.WhyRemoteState, "a release that is not suspended", model.Trail{})
	}
	for _, n := range items(find(spec, "postRenderers")) {
		k := find(n, "kustomize")
		for _, name := range yamlNames(orEmpty(k)) {
			if name != "images" {
				r.problem(o.doc.at(n), "a post-renderer is not understood here, expected none that patches", "")
				l.doubt(model.WhyUnsupported, "a release without post-renderers", model.Trail{})
			}
		}
		if k == nil {
			l.doubt(model.WhyUnsupported, "a release without post-renderers", model.Trail{})
		}
	}
}

func orEmpty(n *yaml.Node) *yaml.Node {
	if n == nil {
		return &yaml.Node{Kind: yaml.MappingNode}
	}
	return n
}

// valuesFrom adds the values that a ConfigMap or Secret holds.
func (r *reader) valuesFrom(o *object, n *yaml.Node, l *Lead) {
	for _, name := range yamlNames(n) {
		if !slices.Contains([]string{"kind", "name", "valuesKey", "targetPath", "optional"}, name) {
			r.problem(o.doc.at(n), "has a field that is not understood here, expected kind, name, valuesKey, targetPath and optional", "")
			l.doubt(model.WhyUnsupported, "values without that field", model.Trail{})
		}
	}
	kind, name := text(n, "kind"), text(n, "name")
	v := r.entry(o, kind, name, or(text(n, "valuesKey"), "values.yaml"), text(n, "optional") == "true")
	if v.State == model.Absent {
		return
	}
	if v.State == model.Unknown && len(v.Parts) == 0 {
		v.Trail = v.Trail.Append(model.Hop{At: o.doc.at(n), Kind: model.KindManifest, What: o.what() + " valuesFrom"})
	}
	target := text(n, "targetPath")
	if target == "" {
		l.Values = append(l.Values, Arg{Flag: "values", Inline: true, Text: v})
		return
	}
	at, ok := atPath(target, v)
	if !ok {
		r.problem(o.doc.at(n), "sets a value in a way that is not understood here, expected a path such as a.b and a value without commas", "")
		at = model.UnknownBecause(model.WhyUnsupported, "a plain targetPath", v.Trail)
	}
	l.Values = append(l.Values, Arg{Flag: "values", Inline: true, Text: at})
}

var plainPath = lazy.Regexp(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// atPath writes one value at a path, as values of their own: read the way --set reads it.
func atPath(target string, v model.Value) (model.Value, bool) {
	if !plainPath().MatchString(target) {
		return v, false
	}
	leaf := quoted(v)
	if text, ok := known(v); ok {
		if leaf, ok = setLeaf(v, text); !ok {
			return v, false
		}
	}
	pieces := []model.Value{}
	names := strings.Split(target, ".")
	for _, name := range names {
		pieces = append(pieces, plain(`{"`+escaped(name)+`":`))
	}
	return joined(append(pieces, leaf, plain(strings.Repeat("}", len(names))))), true
}

// setLeaf is one value as --set reads it; ok is false for what it would take apart.
func setLeaf(v model.Value, text string) (model.Value, bool) {
	for _, quote := range []string{"'", `"`} {
		if strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) && len(text) > 1 {
			text = strings.Trim(text, `'"`)
			return quoted(withText(v, text)), !strings.ContainsAny(text, ",{}\\")
		}
	}
	if strings.ContainsAny(text, ",{}\\\n") {
		return v, false
	}
	switch text {
	case "true", "false", "null", "0":
		return withText(v, text), true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && !strings.HasPrefix(text, "0") {
		return withText(v, strconv.FormatInt(n, 10)), true
	}
	return quoted(v), true
}

// entry is the text of one key of a ConfigMap or Secret among the manifests; absent when
// it may be missing, and is known to be.
func (r *reader) entry(o *object, kind, name, key string, optional bool) model.Value {
	from := r.named("v1", kind, o.namespace, name)
	if kind != "ConfigMap" && kind != "Secret" {
		return model.UnknownBecause(model.WhyUnsupported, "values of a ConfigMap or a Secret", model.Trail{})
	}
	if from == nil {
		return model.UnknownBecause(model.WhyKubeSecret, kind+"/"+name+", "+key, model.Trail{})
	}
	if find(from.node, "sops") != nil {
		return model.UnknownBecause(model.WhyEncrypted, kind+"/"+name+", "+key, model.Trail{}.Append(model.Hop{At: from.doc.at(from.node), Kind: model.KindManifest, What: from.what()}))
	}
	for _, field := range []string{"stringData", "data"} {
		n := find(from.node, field, key)
		if field == "stringData" && kind == "ConfigMap" || n == nil {
			continue
		}
		v := r.value(from, n, from.what()+" "+shown(key))
		if kind == "Secret" && field == "data" {
			return decoded(v)
		}
		return v
	}
	if optional {
		return absent()
	}
	return model.UnknownBecause(model.WhyKubeSecret, kind+"/"+name+", "+key, model.Trail{})
}

func decoded(v model.Value) model.Value {
	text, ok := known(v)
	if !ok {
		return model.UnknownBecause(v.Why, v.Needs, v.Trail)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return model.UnknownBecause(model.WhyUnsupported, "base64 in the data of a Secret", v.Trail)
	}
	return withText(v, string(data))
}
