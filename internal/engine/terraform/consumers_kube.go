package terraform

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// specialOf gives the reader of a resource that is no plain consumer.
func specialOf(name string) func(*delivering, applied) {
	if kind, ok := kubeKinds()[strings.TrimSuffix(name, "_v1")]; ok {
		return func(d *delivering, r applied) { d.object(r, kind) }
	}
	switch name {
	case "kubernetes_manifest":
		return (*delivering).manifest
	case "kubectl_manifest", "kubectl_server_version":
		return (*delivering).yamlBody
	case "kubernetes_secret_v1_data", "kubernetes_secret_data":
		return func(d *delivering, r applied) { d.keys(r, "kubernetes-secret") }
	case "kubernetes_config_map_v1_data", "kubernetes_config_map_data":
		return func(d *delivering, r applied) { d.keys(r, "kubernetes-configmap") }
	case "helm_release":
		return (*delivering).release
	case "nomad_job":
		return (*delivering).nomad
	}
	return nil
}

// kubeKind is a type of object that the kubernetes provider has a resource for.
type kubeKind struct{ version, kind string }

var kubeKinds = sync.OnceValue(func() map[string]kubeKind {
	return map[string]kubeKind{
		"kubernetes_secret":                 {"v1", "Secret"},
		"kubernetes_config_map":             {"v1", "ConfigMap"},
		"kubernetes_pod":                    {"v1", "Pod"},
		"kubernetes_replication_controller": {"v1", "ReplicationController"},
		"kubernetes_deployment":             {"apps/v1", "Deployment"},
		"kubernetes_stateful_set":           {"apps/v1", "StatefulSet"},
		"kubernetes_daemonset":              {"apps/v1", "DaemonSet"},
		"kubernetes_daemon_set":             {"apps/v1", "DaemonSet"},
		"kubernetes_job":                    {"batch/v1", "Job"},
		"kubernetes_cron_job":               {"batch/v1", "CronJob"},
	}
})

// writing makes a manifest of which every text knows its origin. It writes JSON, in which
// a text cannot reach into what stands around it.
type writing struct {
	b      strings.Builder
	marks  origin.Marks
	pieces []origin.Piece
}

// text writes a string.
func (w *writing) text(v model.Value) {
	start := w.b.Len()
	text := "unknown"
	if v.State == model.Known {
		text = v.Text.Reveal()
	}
	w.b.WriteString(jsonQuoted(text))
	w.pieces = append(w.pieces, origin.Piece{Start: start, End: w.b.Len(), ID: w.marks.Add(v)})
}

func jsonQuoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(out)
}

// bare writes a number or a boolean.
func (w *writing) bare(v model.Value) {
	start := w.b.Len()
	w.b.WriteString(v.Text.Reveal())
	w.pieces = append(w.pieces, origin.Piece{Start: start, End: w.b.Len(), ID: w.marks.Add(v)})
}

// value is what was written as one text, with its pieces.
func (w *writing) value() model.Value {
	text := w.b.String()
	var parts []model.Value
	from := 0
	for _, p := range w.pieces {
		v := w.marks.Source(p.ID)
		parts = append(parts, written(text[from:p.Start]))
		if v.State == model.Known {
			parts = append(parts, within(v, text[p.Start:p.End]))
		} else {
			parts = append(parts, written(`"`), v, written(`"`))
		}
		from = p.End
	}
	return joinedText(append(parts, written(text[from:])))
}

// object writes members; each writes its own value.
func (w *writing) object(names []string, member func(name string)) {
	w.b.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.b.WriteString(jsonQuoted(name) + ":")
		member(name)
	}
	w.b.WriteByte('}')
}

func (w *writing) list(items []*tree, item func(*tree)) {
	w.b.WriteByte('[')
	for i, x := range items {
		if i > 0 {
			w.b.WriteByte(',')
		}
		item(x)
	}
	w.b.WriteByte(']')
}

// plain writes a tree as it is.
func (w *writing) plain(t *tree) {
	switch {
	case !t.there():
		w.b.WriteString("null")
	case t.form == treeObject:
		w.object(t.names, func(name string) { w.plain(t.members[name]) })
	case t.form == treeList:
		w.list(t.items, w.plain)
	case t.form == treeText && !t.plain && t.val().State == model.Known:
		w.bare(t.val())
	default:
		w.text(t.val())
	}
}

// typed writes an argument of the kubernetes provider, which has its own names for fields,
// and blocks where an object stands.
func (w *writing) typed(name string, t *tree, depth int) {
	switch {
	case !t.there() || depth > maxTreeDepth:
		w.b.WriteString("null")
	case t.form == treeObject && isFree(name):
		w.object(t.names, func(n string) { w.free(t.members[n]) })
	case t.form == treeObject:
		var names []string
		fields := map[string]string{}
		for _, n := range t.names {
			if m := t.members[n]; m.there() && !(m.form == treeList && len(m.items) == 0) {
				names = append(names, fieldName(n))
				fields[fieldName(n)] = n
			}
		}
		w.object(names, func(n string) { w.typed(fields[n], t.members[fields[n]], depth+1) })
	case t.form == treeList && len(t.items) == 1 && t.items[0].form == treeObject && !isListed(name):
		w.typed(name, t.items[0], depth+1)
	case t.form == treeList:
		w.list(t.items, func(x *tree) { w.typed(name, x, depth+1) })
	case t.form == treeText && isFlag(name) && (t.is("true") || t.is("false")):
		w.bare(t.val())
	default:
		w.text(t.val())
	}
}

// free writes a member of a map of texts.
func (w *writing) free(t *tree) {
	if !t.there() {
		w.b.WriteString("null")
		return
	}
	w.text(t.val())
}

func isFlag(name string) bool {
	return slices.Contains([]string{"optional", "enable_service_links", "read_only", "immutable"}, name)
}

// isFree reports whether the names in an argument are the user's own.
func isFree(name string) bool {
	return slices.Contains([]string{"annotations", "labels", "match_labels", "node_selector", "limits", "requests", "volume_attributes"}, name)
}

// isListed reports whether blocks of a name make up a list.
func isListed(name string) bool {
	_, plural := plurals()[name]
	return plural || slices.Contains([]string{"env", "env_from", "items", "sources", "image_pull_secrets"}, name)
}

// plurals are the fields whose blocks the provider names in the singular.
func plurals() map[string]string {
	return map[string]string{
		"container": "containers", "init_container": "initContainers", "volume": "volumes", "volume_mount": "volumeMounts", "port": "ports",
		"toleration": "tolerations", "volume_claim_template": "volumeClaimTemplates", "host_aliases": "hostAliases",
	}
}

// fieldName is the name of a field in a manifest: env_from is envFrom.
func fieldName(name string) string {
	if p, ok := plurals()[name]; ok {
		return p
	}
	words := strings.Split(name, "_")
	for i, word := range words {
		if i > 0 && word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// object writes a resource of the kubernetes provider as a manifest.
func (d *delivering) object(r applied, kind kubeKind) {
	w := &writing{}
	body := r.body
	names := []string{"apiVersion", "kind", "metadata"}
	from := map[string]*tree{}
	add := func(field string, t *tree) {
		if t.there() {
			names, from[field] = append(names, field), t
		}
	}
	switch kind.kind {
	case "Secret":
		// What the provider encodes stands in the manifest as it is, under stringData.
		add("stringData", body.first("data|data_wo"))
		add("data", body.first("binary_data|binary_data_wo"))
		add("type", body.get("type"))
	case "ConfigMap":
		add("data", body.get("data"))
		add("binaryData", body.get("binary_data"))
	default:
		add("spec", body.get("spec"))
	}
	w.object(names, func(name string) {
		switch t := from[name]; {
		case name == "apiVersion":
			w.b.WriteString(jsonQuoted(kind.version))
		case name == "kind":
			w.b.WriteString(jsonQuoted(kind.kind))
		case name == "metadata":
			w.metadata(r)
		case name == "spec":
			w.typed("spec", t, 0)
		case t.form == treeObject:
			w.object(t.names, func(n string) { w.free(t.members[n]) })
		default:
			w.text(t.val())
		}
	})
	d.document(r, w)
}

// metadata writes the name of an object. The provider's own default is the namespace
// "default".
func (w *writing) metadata(r applied) {
	meta := r.body.get("metadata")
	if meta.isUnknown() {
		w.text(meta.val())
		return
	}
	names := []string{"namespace"}
	for _, n := range []string{"name", "annotations", "labels"} {
		if meta.get(n).there() {
			names = append(names, n)
		}
	}
	generated := !meta.get("name").there()
	if generated {
		names = append(names, "name")
	}
	w.object(names, func(name string) {
		t := meta.get(name)
		switch {
		case name == "name" && generated:
			w.text(model.UnknownBecause(model.WhyRemoteState, "the name that the cluster generates", meta.get("generate_name").trail()))
		case name == "namespace" && !t.there():
			w.b.WriteString(`"default"`)
		case name == "name" || name == "namespace":
			w.text(t.val())
		default:
			w.typed(name, t, 0)
		}
	})
}

// document keeps what was written as a stream of manifests.
func (d *delivering) document(r applied, w *writing) {
	hop := r.place("")
	var marks origin.Marks
	for i := range w.pieces {
		marks.Add(w.marks.Source(w.pieces[i].ID).Via(hop))
		w.pieces[i].ID = origin.ID(i + 1)
	}
	d.Documents = append(d.Documents, origin.Document{Name: r.At.File, Text: origin.FromPieces(w.b.String(), w.pieces, &marks)})
}

// manifest is a kubernetes_manifest, whose one argument is the object.
func (d *delivering) manifest(r applied) {
	w := &writing{}
	t := r.body.get("manifest")
	if r.body.isUnknown() {
		t = r.body
	}
	if t.isUnknown() && t.inner != nil {
		t = t.inner()
	}
	w.plain(t)
	d.document(r, w)
}

// yamlBody is a kubectl_manifest, whose one argument is the text of the object.
func (d *delivering) yamlBody(r applied) {
	t := r.body.get("yaml_body")
	if r.body.isUnknown() {
		t = r.body
	}
	if t.there() && t.inner != nil {
		if in := t.inner(); in != nil {
			w := &writing{}
			w.plain(in)
			d.document(r, w)
			return
		}
	}
	d.Documents = append(d.Documents, origin.Document{Name: r.At.File, Text: textOfPieces(t.val().Via(r.place("yaml_body")))})
}

// textOfPieces is a text of which each piece knows its origin. What is not known is a word
// in its place.
func textOfPieces(v model.Value) origin.Text {
	parts := v.Parts
	whole := ""
	for _, p := range parts {
		whole += p.Text.Reveal()
	}
	if len(parts) == 0 || v.State == model.Known && whole != v.Text.Reveal() {
		parts = []model.Value{v}
	}
	var b strings.Builder
	var marks origin.Marks
	var pieces []origin.Piece
	for _, p := range parts {
		start := b.Len()
		if p.State == model.Known {
			b.WriteString(p.Text.Reveal())
		} else {
			b.WriteString("unknown")
		}
		if b.Len() > start {
			pieces = append(pieces, origin.Piece{Start: start, End: b.Len(), ID: marks.Add(p)})
		}
	}
	return origin.FromPieces(b.String(), pieces, &marks)
}

// keys puts single keys into an object of which others may hold the rest.
func (d *delivering) keys(r applied, store string) {
	meta := r.body.get("metadata")
	ref := model.Ref{Store: store}
	ref.Name, _ = meta.get("namespace").text()
	ref.Path, _ = meta.get("name").text()
	if ref.Name == "" && !meta.get("namespace").there() {
		ref.Name = "default"
	}
	data := r.body.get("data")
	if data.there() && data.form == treeObject && ref.Path != "" {
		for _, name := range data.names {
			one := ref
			one.Property = name
			d.Stored = append(d.Stored, Stored{At: r.At, Address: r.Address, Ref: one, Value: textOf(data.members[name]).Via(r.place("data"))})
		}
		return
	}
	d.Stored = append(d.Stored, Stored{At: r.At, Address: r.Address, Ref: ref, Value: unknownLike(data.val()).Via(r.place("data"))})
}

func unknownLike(v model.Value) model.Value {
	if v.State == model.Unknown {
		return v
	}
	return model.UnknownBecause(model.WhyUnsupported, "keys that can be named", v.Trail)
}
