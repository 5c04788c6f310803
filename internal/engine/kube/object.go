package kube

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// ident names an object within a cluster.
type ident struct{ kind, namespace, name string }

// object is what all objects have.
type object struct {
	node
	ident
	group    string
	at       pos.Span
	nameless *model.Value // the source of the name, when that is not known
	in       *Input
}

// applying is one call of Apply.
type applying struct {
	*Cluster
	in       *Input
	batch    int
	problems []model.Problem
}

// stream reads one text of an input.
func (a *applying) stream(s *stream) {
	if len(s.raw) > maxBytes {
		a.problem(s.line(1), "split it", "is larger than %d MiB, the limit for manifests", maxBytes>>20)
		return
	}
	chunks := s.chunks()
	if len(chunks) > maxDocuments {
		a.problem(s.line(1), "split it", "holds more than %d objects, the limit of one text", maxDocuments)
		chunks = chunks[:maxDocuments]
	}
	share(s.text.Gaps(), chunks)
	for _, c := range chunks {
		a.chunk(s, c)
	}
}

func (a *applying) problem(at pos.Span, fix, format string, args ...any) {
	a.problems = append(a.problems, model.Problem{At: at, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// chunk reads one object. Its tree is dropped afterwards.
func (a *applying) chunk(s *stream, c chunk) {
	var doc *yaml.Node
	var problem *model.Problem
	var extents map[*yaml.Node][2]int
	if c.json {
		doc, extents = parseJSON(s.raw[c.start:c.end], c.start)
	} else {
		doc, problem = s.parse(c)
	}
	r := s.reader(c, a.in.Via, a.in.Doubt, &a.problems)
	if doc == nil {
		because, open := r.openText(c)
		if open { // what stands there may be any object
			a.forget(because)
		}
		if problem != nil && !(open && s.readsWithout(c)) {
			a.problems = append(a.problems, *problem)
		}
		return
	}
	if problem != nil {
		a.problems = append(a.problems, *problem)
	}
	r.extents = extents
	gap, ok := r.loose(doc)
	if !ok {
		gap, ok = r.missing(doc)
	}
	if ok && r.doubt == nil {
		r.doubt = &gap
	}
	root := node{reader: r}.at(doc)
	a.any(root, "", "")
}

// openText gives the first source of a chunk that is not known, comments left out.
func (r *reader) openText(c chunk) (because model.Value, open bool) {
	for _, gap := range c.gaps {
		if v, ok := r.text.Unknown(gap.Start, gap.End); ok && !r.comment(gap.Start) {
			return v, true
		}
	}
	return model.Value{}, false
}

// readsWithout reports whether a chunk is YAML once what merely stands for a text that is
// not known is left out: then it is no mistake of the user's that it cannot be read.
func (s *stream) readsWithout(c chunk) bool {
	raw := []byte(s.raw)
	for _, gap := range c.gaps {
		for i := max(gap.Start, c.start); i < min(gap.End, c.end); i++ {
			if raw[i] != '\n' {
				raw[i] = ' '
			}
		}
	}
	_, problem := (&stream{name: s.name, raw: string(raw), lines: s.lines}).parse(c)
	return problem == nil
}

// loose finds a stretch that is not known and that is no part of a text: it may hold more
// fields, or none at all. What lies around the whole object puts it in doubt, and says
// nothing of its name.
func (r *reader) loose(doc *yaml.Node) (because model.Value, found bool) {
	if len(r.gaps) == 0 {
		return model.Value{}, false
	}
	spans := r.scalars(doc)
	var inner []origin.Piece
	for _, gap := range r.gaps {
		if gap.Maybe {
			inner = append(inner, gap)
			continue
		}
		within, around := false, true
		for _, s := range spans {
			within = within || s[0] <= gap.Start && gap.End <= s[1]
			around = around && gap.Start <= s[0] && s[1] <= gap.End
		}
		if around && len(spans) > 1 {
			r.around = true
		} else {
			inner = append(inner, gap)
		}
		if !within && !r.comment(gap.Start) && !found {
			because, found = r.text.Unknown(gap.Start, gap.End)
		}
	}
	r.gaps = inner
	return because, found
}

// scalars gives the extents of all scalars, save the names of fields: what is not known of
// those may change the meaning of the object.
func (r *reader) scalars(doc *yaml.Node) [][2]int {
	type place struct {
		n    *yaml.Node
		open bool // the names in it are free to choose
	}
	out := [][2]int{}
	stack := []place{{n: doc}}
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if p.n.Kind == yaml.ScalarNode {
			start, end := r.extent(p.n)
			out = append(out, [2]int{start, end})
		}
		for i, inner := range p.n.Content {
			if p.n.Kind != yaml.MappingNode {
				stack = append(stack, place{n: inner})
			} else if key := p.n.Content[i&^1]; i%2 == 1 {
				stack = append(stack, place{inner, hasFreeNames(key.Value)})
			} else if _, gap := r.text.Unknown(r.extent(key)); p.open || !gap {
				stack = append(stack, place{n: inner})
			}
		}
	}
	return out
}

// hasFreeNames reports whether the names below a field are chosen by whoever writes them.
func hasFreeNames(field string) bool {
	switch field {
	case "data", "stringData", "binaryData", "encryptedData", "labels", "annotations", "matchLabels", "nodeSelector":
		return true
	}
	return false
}

// comment reports whether an offset outside of all scalars lies behind a number sign.
func (r *reader) comment(at int) bool {
	line := r.raw[strings.LastIndexByte(r.raw[:at], '\n')+1 : at]
	return strings.HasPrefix(line, "#") || strings.Contains(line, " #") || strings.Contains(line, "\t#")
}

// any reads an object, or a list of them. The kind and version of a list's items may be
// told by the list.
func (a *applying) any(x node, kind, version string) {
	if !x.there() || x.depth > maxDepth || !x.spend(x.n, objectCost) {
		return
	}
	if x.n.Kind != yaml.MappingNode {
		x.fail(x.n, "", "expected an object of Kubernetes, found something else")
		return
	}
	own, gap := x.field("kind").term("the kind")
	if gap != nil {
		if !x.field("kind").refused() {
			a.forget(*gap)
		}
		return
	}
	if own != "" {
		kind = own
	}
	if v, _ := x.field("apiVersion").term("the version"); v != "" {
		version = v
	}
	if items := x.field("items"); strings.HasSuffix(kind, "List") && items.n != nil {
		of := strings.TrimSuffix(kind, "List")
		for _, item := range items.items() {
			a.any(item, of, version)
		}
		return
	}
	if kind == "" {
		x.fail(x.n, "", "has no kind, expected an object of Kubernetes")
		return
	}
	a.object(x, kind, version)
}

func group(version string) string {
	g, _, ok := strings.Cut(version, "/")
	if !ok {
		return ""
	}
	return g
}

// object files one object by its kind.
func (a *applying) object(x node, kind, version string) {
	o := object{node: x, ident: ident{kind: kind}, group: group(version), in: a.in, at: x.spot()}
	if !interesting(o.group, kind) || !a.identify(&o) || a.isHook(o) {
		return
	}
	switch {
	case o.group == "" && kind == "Secret":
		a.secret(o)
	case o.group == "" && kind == "ConfigMap":
		a.configMap(o)
	case podPath(o.group, kind) != nil || kind == "Rollout":
		a.workload(o)
	case o.group == "secrets-store.csi.x-k8s.io":
		a.providerClass(o)
	case kind == "SecretStore" || kind == "ClusterSecretStore":
		a.secretStore(o)
	default:
		a.generated(o)
	}
}

func interesting(group, kind string) bool {
	return group == "" && (kind == "Secret" || kind == "ConfigMap") || podPath(group, kind) != nil || kind == "Rollout" && group == "argoproj.io" ||
		isGenerator(group, kind) || kind == "SecretProviderClass" && group == "secrets-store.csi.x-k8s.io" ||
		(kind == "SecretStore" || kind == "ClusterSecretStore") && group == "external-secrets.io"
}

// identify reads the name and the namespace, and refuses what kubectl refuses.
func (a *applying) identify(o *object) bool {
	meta := o.field("metadata")
	if meta.field("name").refused() || meta.field("namespace").refused() {
		o.fail(meta.n, "put it in quotes", "the name or the namespace is no text: Kubernetes refuses the object")
		return false
	}
	o.name, o.nameless = meta.field("name").term("the name")
	if o.name == "" && o.nameless == nil {
		prefix, _ := meta.field("generateName").term("the name")
		if prefix == "" {
			o.fail(o.n, "write metadata.name", "an object of kind %s has no name", shown(o.kind))
			return false
		}
		o.name = prefix + "*"
	}
	named, gap := meta.field("namespace").term("the namespace")
	switch {
	case gap != nil && o.nameless == nil:
		o.nameless = gap
	case gap != nil:
	case named == "":
		o.namespace = a.in.Namespace
	case a.in.NamespaceForced && a.in.Namespace != "" && named != a.in.Namespace:
		o.fail(meta.field("namespace").n, "leave one of the two out", "the object is of the namespace %s, but the command is for %s, so that kubectl refuses it", shown(named), shown(a.in.Namespace))
		return false
	default:
		o.namespace = named
	}
	return true
}

// isHook reports whether Helm keeps an object for other occasions than an install or an
// upgrade.
func (a *applying) isHook(o object) bool {
	if a.in.Source != FromHelm {
		return false
	}
	hooks, gap := o.get("metadata", "annotations", "helm.sh/hook").term("the hook")
	if gap != nil && o.doubt == nil {
		o.reader.doubt = gap // with another hook it would not be there
	}
	if hooks == "" || gap != nil {
		return false
	}
	for hook := range strings.SplitSeq(hooks, ",") {
		switch strings.TrimSpace(hook) {
		case "test", "test-success", "test-failure", "pre-delete", "post-delete", "pre-rollback", "post-rollback":
		default:
			return false
		}
	}
	return true
}

// title is how messages call an object.
func (o object) title() string { return title(o.ident, o.nameless) }

func (w *workload) title() string { return title(w.ident, w.nameless) }

func title(id ident, nameless *model.Value) string {
	if nameless != nil {
		return "a " + id.kind + " whose name is not known"
	}
	return id.kind + "/" + label(strings.TrimSuffix(id.name, "*")) + strings.Repeat("*", strings.Count(id.name, "*"))
}
