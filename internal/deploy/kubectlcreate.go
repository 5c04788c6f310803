package deploy

import (
	"path"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

const (
	createObject = "f,filename k,kustomize raw l,selector type from-literal from-file from-env-file docker-server docker-username docker-password docker-email cert key"
	createFlags  = "append-hash save-config edit windows-line-endings R,recursive"
)

// create reads `kubectl create secret generic`, `create configmap` and `create -f`.
func (k kube) create(rest arguments) (Delivery, bool) {
	words := 3
	if len(rest.words) > 0 && rest.words[0].is("configmap", "cm") {
		words = 2
	}
	l := readFlags(rest, kubeRules(createObject, createFlags, words))
	switch {
	case len(l.all("filename", "kustomize")) > 0:
		return k.manifests(l)
	case l.doubt != nil && (len(l.operands) == 0 || l.operands[0].unknown() != nil):
		return k.unreadable(l)
	case len(l.operands) >= 2 && l.operands[0].is("secret") && l.operands[1].is("generic", "docker-registry", "tls"):
		k.tool += " secret"
		return k.entries(l, "kubernetes-secret", l.operands[2:])
	case len(l.operands) >= 1 && l.operands[0].is("configmap", "cm"):
		k.tool += " configmap"
		return k.entries(l, "kubernetes-configmap", l.operands[1:])
	case l.doubt == nil && dryRun(l) == yes && l.operands[0].is(withoutEnvironment()...):
		k.d.Printed = true
		return k.result()
	}
	return Delivery{}, false
}

// withoutEnvironment are objects that no container takes a variable from.
func withoutEnvironment() []string {
	return []string{
		"namespace", "ns", "serviceaccount", "sa", "role", "rolebinding", "clusterrole", "clusterrolebinding", "quota", "resourcequota",
		"ingress", "ing", "service", "svc", "priorityclass", "pc", "poddisruptionbudget", "pdb",
	}
}

// entries are the keys of a Secret or ConfigMap.
func (k kube) entries(l flagLine, store string, names []word) (Delivery, bool) {
	k.take(l)
	k.printed(l)
	if len(names) != 1 && k.open == nil {
		k.doubt(model.Value{Why: model.WhyUnsupported, Needs: "one name"}, k.tool+" has more or fewer names than one, expected one", "put values with spaces in quotes")
	}
	if len(l.all("from-env-file")) > 0 && len(l.all("from-literal", "from-file")) > 0 && k.open == nil {
		k.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a command that kubectl accepts"},
			"kubectl refuses --from-env-file beside --from-literal or --from-file, so nothing is created", "write the other keys into the file, or make a second object")
	}
	k.cluster(l)
	e := entrySet{kube: k, store: store, namespace: k.namespace(l), seen: map[string]bool{}}
	if len(names) > 0 {
		e.name = names[0]
	}
	switch a := l.has("append-hash"); {
	case a == no || l.doubt != nil:
	default:
		k.problem("the name of the object gets a hash, so what reads it is not known", "leave out --append-hash")
		e.hashed = true
	}
	for _, o := range l.flags {
		e.source(o)
	}
	return k.result()
}

// entrySet collects the keys of one object.
type entrySet struct {
	kube
	store     string
	name      word
	hashed    bool
	namespace model.Value
	seen      map[string]bool
}

func (e entrySet) source(o option) {
	switch o.name {
	case "from-literal":
		e.literal(o.value)
	case "from-file":
		for _, v := range e.list(o.value) {
			e.file(wordOf(v))
		}
	case "from-env-file":
		for _, v := range e.list(o.value) {
			e.envFile(wordOf(v))
		}
	case "docker-password", "docker-username", "docker-server", "docker-email":
		e.put("."+o.name, o.value.value())
	case "cert", "key":
		e.put("tls."+map[string]string{"cert": "crt", "key": "key"}[o.name], e.fileText(o.value))
	}
}

// literal reads KEY=value.
func (e entrySet) literal(w word) {
	key, value, ok := w.cut("=")
	if !ok || key == "" {
		e.badEntry(w, "--from-literal")
		return
	}
	e.put(key, value.value())
}

// file reads KEY=path, or a path, which may be a directory.
func (e entrySet) file(w word) {
	if key, file, ok := w.cut("="); ok {
		e.put(key, e.fileText(file))
		return
	}
	name, ok := w.known()
	if !ok {
		e.badEntry(w, "--from-file")
		return
	}
	if e.call.Files != nil {
		if info, err := e.call.Files.Stat(e.path(name)); err == nil && info.Dir {
			e.directory(name)
			return
		}
	}
	e.put(path.Base(name), e.fileText(w))
}

func (e entrySet) directory(name string) {
	list, _ := e.call.Files.List(e.path(name))
	for _, info := range list {
		if !info.Dir && envName().MatchString(info.Name) {
			e.put(info.Name, e.fileText(plain(path.Join(name, info.Name))))
		}
	}
}

// envFile reads the lines of a file. A name without a value comes from the environment.
func (e entrySet) envFile(w word) {
	given, ok := w.known()
	if !ok {
		e.badEntry(w, "--from-env-file")
		return
	}
	data, at, err := e.reading.file(given)
	if err != nil {
		e.problem("the file "+strict.Path(given)+" cannot be read here, expected a file in the repository", model.FileFix(given))
		e.put("", model.UnknownBecause(model.WhyMissingFile, model.FileNeeds(given), model.Trail{}))
		return
	}
	rules := kubectlFile()
	lines, bad := readRaw(path.Clean(at), data, rules)
	for _, l := range lines {
		switch {
		case bad != nil:
			e.put(l.name, model.UnknownBecause(model.WhyUnsupported, "a file that kubectl takes", model.Trail{}))
		case l.bare:
			e.put(l.name, e.inherited(l))
		default:
			e.put(l.name, l.known(rules))
		}
	}
	if bad != nil {
		e.d.Problems = append(e.d.Problems, *bad)
		e.put("", model.UnknownBecause(model.WhyUnsupported, "a file that kubectl takes", model.Trail{}))
	}
}

// inherited is empty when the environment does not have the name.
func (e entrySet) inherited(l rawLine) model.Value {
	hop := model.Hop{At: l.at, Kind: model.KindDotenv, What: l.name}
	v := e.call.Env.Get(l.name)
	if v.State == model.Absent {
		return model.KnownText("", hop)
	}
	return v.Via(hop)
}

// badEntry is a source that cannot be told. Any key may come of it.
func (e entrySet) badEntry(w word, flag string) {
	u := w.unknown()
	if u == nil {
		u = &model.Value{Why: model.WhyUnsupported, Needs: "arguments that kubectl accepts"}
	}
	e.problem("what "+flag+" adds is not known, expected KEY=value with a known key", "write the key out")
	e.put("", unknownLike(*u))
}

// put stores one key. The empty key stands for any that is not listed.
func (e entrySet) put(key string, v model.Value) {
	if key != "" && e.seen[key] {
		e.doubt(model.Value{Why: model.WhyUnsupported, Needs: "every key once"}, "kubectl refuses the same key twice, expected every key once", "keep one of the two")
	}
	e.seen[key] = true
	name := e.name.value()
	if e.hashed {
		name = model.UnknownBecause(model.WhyUnsupported, "a name without a hash", name.Trail)
	}
	if len(e.name.parts) == 0 {
		name = model.UnknownBecause(model.WhyUnsupported, "the name of the object", model.Trail{})
	}
	if e.open != nil {
		name = veiled(name, *e.open)
	}
	what := e.tool
	if key != "" {
		what += " " + key
	}
	e.d.Store = append(e.d.Store, Stored{At: e.call.At, Store: e.store, Name: name, Key: key, Value: e.via(v, what), Namespace: e.namespace, Create: !e.d.Printed})
}
