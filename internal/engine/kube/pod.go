package kube

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// podPath is where an object of a kind keeps the template of its pods; nil for a kind that
// has none. The path of a Pod is its own.
func podPath(group, kind string) []string {
	switch group + "/" + kind {
	case "/Pod":
		return []string{}
	case "apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "apps/ReplicaSet", "/ReplicationController", "batch/Job",
		"extensions/Deployment", "extensions/DaemonSet", "extensions/ReplicaSet", "argoproj.io/Rollout",
		"serving.knative.dev/Service", "serving.knative.dev/Configuration", "apps.openshift.io/DeploymentConfig", "/DeploymentConfig":
		return []string{"spec", "template"}
	case "batch/CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}
	}
	return nil
}

// workload is an object that has pods.
type workload struct {
	ident
	at       pos.Span
	nameless *model.Value
	batch    int
	pod      *pod
	refers   ident // the workload whose template an Argo Rollout takes
}

// pod is the template of a workload's pods.
type pod struct {
	containers []container
	volumes    map[string]volume
	links      bool         // variables of the services of the namespace are set
	linksKnown bool         // links is certain
	webhook    bool         // a webhook replaces texts that begin with "vault:"
	injected   []fileSlot   // files that the Vault agent writes
	gap        *model.Value // the containers are not known
	volumeGap  *model.Value // the volumes are not known
	fileless   *model.Value // any of the files may be missing
}

type container struct {
	name    string
	at      pos.Span
	init    bool
	self    bool // keyfit runs in it
	envFrom []envSource
	env     []variable
	mounts  []mount
	gap     *model.Value // the variables are not known
	fileGap *model.Value // the mounts are not known
	missing *model.Value // the container may be missing
}

// envSource is an entry of envFrom.
type envSource struct {
	prefix    string
	prefixGap *model.Value
	ref       ref
	missing   *model.Value // the entry may be missing
}

// variable is an entry of env.
type variable struct {
	name     string
	nameless *model.Value
	hop      model.Hop
	value    model.Value
	expands  bool         // $(NAME) in value stands for other variables
	ref      *ref         // value comes from an object
	missing  *model.Value // the entry may be missing
}

// ref names an object, and maybe a key in it.
type ref struct {
	kind     string
	name     string
	key      string
	gap      *model.Value // the source of the name or the key, when it is not known
	optional bool
	missing  bool // the reference itself may be missing, or optional
	hop      model.Hop
	via      []model.Hop
	doubt    *model.Value
	chosen   []model.Hop // what named the object and the key
}

// workload reads an object that has pods.
func (a *applying) workload(o object) {
	w := workload{ident: o.ident, at: o.at, nameless: o.nameless, batch: a.batch}
	if from := o.get("spec", "workloadRef"); o.kind == "Rollout" && from.there() {
		kind, _ := from.field("kind").term("the kind")
		name, _ := from.field("name").term("the name")
		w.refers = ident{kind, o.namespace, name}
	}
	template := o.get(podPath(o.group, o.kind)...)
	if template.get("spec").there() || w.refers.name == "" {
		p := a.pod(o, template)
		w.pod = &p
	}
	if o.nameless != nil {
		a.workloads = append(a.workloads, &w)
		return
	}
	if i, ok := a.byName[o.ident]; ok {
		a.overWorkload(&w, a.workloads[i])
		a.workloads[i] = &w
		return
	}
	a.byName[o.ident] = len(a.workloads)
	a.workloads = append(a.workloads, &w)
}

// overWorkload keeps what variables of the same name were before.
func (a *applying) overWorkload(w, old *workload) {
	if old.batch == w.batch {
		a.problem(w.at, "keep one of the two", "%s is applied twice by one command; the later one counts", w.title())
	}
	if w.pod == nil || old.pod == nil {
		return
	}
	for i := range w.pod.containers {
		c := &w.pod.containers[i]
		at := slices.IndexFunc(old.pod.containers, func(d container) bool { return d.name == c.name && d.init == c.init })
		if at < 0 {
			continue
		}
		for j := range c.env {
			c.env[j].over(old.pod.containers[at].env)
		}
	}
}

func (v *variable) over(old []variable) {
	for _, o := range slices.Backward(old) {
		if o.name != v.name || o.nameless != nil || v.nameless != nil {
			continue
		}
		if o.ref == nil && v.ref == nil && !o.value.Same(v.value) {
			v.value = v.value.Over(o.value)
		}
		return
	}
}

func (a *applying) pod(o object, template node) pod {
	spec := template.field("spec")
	p := pod{volumes: map[string]volume{}, links: true, linksKnown: true}
	if gap, ok := spec.whole(); ok {
		p.gap = &gap
		return p
	}
	if !spec.there() {
		o.fail(o.n, "write the template of the pods", "%s has no containers", o.title())
		return p
	}
	p.fileless = o.fileless
	p.links, p.linksKnown = spec.field("enableServiceLinks").yes(true)
	a.annotations(o, template, &p)
	a.volumes(o, spec, &p)
	for _, field := range []string{"initContainers", "containers", "ephemeralContainers"} {
		list := spec.field(field)
		if gap, ok := list.whole(); ok {
			p.gap = &gap
			continue
		}
		if !list.list() {
			continue
		}
		for _, x := range list.items() {
			c := a.container(o, template, x)
			c.init = field == "initContainers"
			p.containers = append(p.containers, c)
		}
	}
	return p
}

func (a *applying) container(o object, template, x node) container {
	it := x.assume()
	x = it.node
	c := container{at: x.spot(), missing: it.missing}
	if gap, ok := x.whole(); ok {
		c.gap, c.fileGap = &gap, &gap
		return c
	}
	if n := x.field("name"); n.there() {
		name, gap := n.term("the name of the container")
		c.name, c.at = name, n.spot()
		if gap != nil {
			c.name = ""
		}
	} else if o.group == "serving.knative.dev" {
		c.name = "user-container"
	}
	c.self = x.runsKeyfit()
	env, envFrom, mounts := x.field("env"), x.field("envFrom"), x.field("volumeMounts")
	for _, list := range []node{env, envFrom} {
		if gap, ok := list.whole(); ok {
			c.gap = &gap
		}
	}
	if gap, ok := mounts.whole(); ok {
		c.fileGap = &gap
	}
	where := o.title() + " container " + label(c.name)
	if envFrom.list() {
		for _, item := range envFrom.items() {
			c.envFrom = append(c.envFrom, a.envSourceMaybe(item, where)...)
		}
	}
	if env.list() {
		for _, item := range env.items() {
			c.env = append(c.env, a.variableMaybe(o, template, item, where)...)
		}
	}
	if c.gap == nil {
		c.gap, c.fileGap = x.doubt, cmp.Or(c.fileGap, x.doubt)
	}
	if mounts.list() {
		for _, item := range mounts.items() {
			c.mounts = append(c.mounts, readMount(item, where))
		}
	}
	return c
}

// runsKeyfit reports whether keyfit runs in a container, by its command or its image.
func (x node) runsKeyfit() bool {
	if command := x.field("command"); command.there() && command.n.Kind == yaml.SequenceNode {
		if words := command.items(); len(words) > 0 && model.IsSelf(words[0].word()) {
			return true
		}
	}
	image, _, _ := strings.Cut(x.field("image").word(), "@")
	name := image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	return name == "keyfit"
}

// envSourceMaybe reads an entry of envFrom that may be missing. One that is there in part
// may stand for any variables.
func (a *applying) envSourceMaybe(x node, where string) []envSource {
	it := x.assume()
	out := a.envSource(it.node, where)
	for i := range out {
		s := &out[i]
		s.missing, s.ref.missing = it.missing, it.missing != nil
		if it.partly != nil {
			s.ref.gap, s.prefix, s.prefixGap = it.partly, "", nil
		}
	}
	return out
}

// variableMaybe reads an entry of env that may be missing, or of which a part may be.
func (a *applying) variableMaybe(o object, template, x node, where string) []variable {
	it := x.assume()
	out := a.variable(o, template, it.node, where)
	for i := range out {
		v := &out[i]
		v.missing = it.missing
		if it.partly != nil {
			v.value = veiled(v.value, *it.partly)
		}
		if v.ref != nil {
			v.ref.missing = v.ref.missing || it.missing != nil
			v.ref.doubt = cmp.Or(it.partly, v.ref.doubt)
		}
	}
	return out
}

// envSource reads an entry of envFrom.
func (a *applying) envSource(x node, where string) []envSource {
	var s envSource
	if gap, ok := x.whole(); ok {
		s.ref.gap = &gap
		return []envSource{s}
	}
	if !x.mapping() {
		return nil
	}
	s.prefix, s.prefixGap = x.field("prefix").term("the prefix")
	hop := model.Hop{Kind: model.KindManifest, What: where + " envFrom"}
	switch config, secret := x.field("configMapRef"), x.field("secretRef"); {
	case config.there() && secret.there() || !config.there() && !secret.there():
		x.fail(x.n, "name one configMapRef or secretRef", "expected one source of variables: Kubernetes refuses the object")
		return nil
	case config.there():
		s.ref = readRef(config, "ConfigMap", hop, false)
	default:
		s.ref = readRef(secret, "Secret", hop, false)
	}
	return []envSource{s}
}

// readRef reads the name of an object, and of the key in it.
func readRef(x node, kind string, hop model.Hop, key bool) ref {
	r := ref{kind: kind, hop: hop, via: x.via, doubt: x.doubt}
	r.hop.At = x.spot()
	gap, ok := x.whole()
	if ok {
		r.gap = &gap
		return r
	}
	fields := []string{"name"}
	if key {
		fields = append(fields, "key")
	}
	for _, field := range fields {
		text, gap := x.field(field).term("the " + field)
		if !x.field(field).there() {
			x.fail(x.n, "write it", "the reference has no %s: Kubernetes refuses the object", field)
			u := model.UnknownBecause(model.WhyUnsupported, "the "+field+" of the object", model.Trail{})
			gap = &u
		}
		if gap != nil && r.gap == nil {
			r.gap = gap
		}
		if field == "key" {
			r.key = text
		} else {
			r.name = text
		}
		if x.field(field).n != nil {
			r.hop.At = x.field(field).spot()
		}
		r.chosen = append(r.chosen, x.field(field).deciders()...)
	}
	optional, sure := x.field("optional").yes(false)
	r.optional, r.missing = optional, !sure
	return r
}

// deciders are the places that a name comes from, when it was put together.
func (x node) deciders() []model.Hop {
	if x.n == nil {
		return nil
	}
	var out []model.Hop
	for _, s := range x.text.Sources(x.extent(x.n)) {
		if hop := s.Trail.Origin(); hop.Kind != "" && !slices.Contains(out, hop) {
			out = append(out, hop)
		}
	}
	return out
}

// variable reads an entry of env.
func (a *applying) variable(o object, template, x node, where string) []variable {
	if gap, ok := x.whole(); ok {
		return []variable{{nameless: &gap, value: gap}}
	}
	if !x.mapping() {
		return nil
	}
	v := variable{expands: true}
	v.name, v.nameless = x.field("name").term("the name of the variable")
	if x.field("name").refused() {
		return nil
	}
	if v.name == "" && v.nameless == nil {
		x.fail(x.n, "write its name", "a variable without a name: Kubernetes refuses the object")
		return nil
	}
	v.hop = model.Hop{At: x.field("name").spot(), Kind: model.KindManifest, What: where + " env " + label(v.name)}
	if v.nameless != nil {
		v.hop.What = where + " env"
	}
	value, from := x.field("value"), x.field("valueFrom")
	if gap, ok := from.whole(); ok {
		v.value, v.expands = gap, false
		return []variable{v}
	}
	if !from.there() {
		v.value = x.literal(value, v.hop)
		return []variable{v}
	}
	if value.there() && !(len(value.n.Content) == 0 && value.n.Value == "") {
		x.fail(value.n, "leave one of the two out", "the variable has both a value and a valueFrom: Kubernetes refuses the object")
		v.value, v.expands = value.bad(v.hop, "either a value or a valueFrom"), false
		return []variable{v}
	}
	v.expands = false
	a.valueFrom(o, template, from, &v)
	return []variable{v}
}

// literal is the value of a variable; none written is an empty one.
func (x node) literal(value node, hop model.Hop) model.Value {
	if value.n == nil {
		hop.At, hop.Literal = x.spot(), true
		return x.doubted(x.passed(decoded(model.Value{State: model.Known, Trail: model.Trail{}.Append(hop)}, "")))
	}
	v := value.value(hop)
	if v.State == model.Known && isSOPS(v.Text.Reveal()) && x.sopsEncrypted() {
		return model.UnknownBecause(model.WhyEncrypted, "the key that decrypts the file", v.Trail)
	}
	return v
}

// sopsEncrypted reports whether SOPS wrote this object.
func (r *reader) sopsEncrypted() bool {
	return strings.Contains(r.raw[r.start:r.end], "\nsops:") || strings.Contains(r.raw[r.start:r.end], `"sops":`)
}

func (a *applying) valueFrom(o object, template, from node, v *variable) {
	sources := 0
	for _, p := range from.pairs() {
		if p.value.there() {
			sources++
		}
	}
	v.hop.At = from.spot()
	unknown := func(why model.Reason, needs string) {
		v.value = from.passed(model.UnknownBecause(why, needs, model.Trail{}.Append(v.hop)))
	}
	switch {
	case sources != 1:
		from.fail(from.n, "name one source", "expected one source of the value: Kubernetes refuses the object")
		unknown(model.WhyUnsupported, "one source of the value")
	case from.field("secretKeyRef").there():
		r := readRef(from.field("secretKeyRef"), "Secret", v.hop, true)
		v.ref = &r
	case from.field("configMapKeyRef").there():
		r := readRef(from.field("configMapKeyRef"), "ConfigMap", v.hop, true)
		v.ref = &r
	case from.field("fieldRef").there():
		v.value = a.fieldRef(o, template, from.field("fieldRef"), v.hop)
	case from.field("resourceFieldRef").there():
		unknown(model.WhyRemoteState, "the resources that the node grants")
	case from.field("fileKeyRef").there():
		unknown(model.WhyRemoteState, "the file that another container writes")
	default:
		from.fail(from.n, "", "the source of the value is none that Kubernetes knows")
		unknown(model.WhyUnsupported, "a source of the value that Kubernetes knows")
	}
}
