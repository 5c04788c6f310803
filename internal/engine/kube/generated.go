package kube

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
)

// made is a Secret that a controller makes of another object, such as an ExternalSecret.
// Its texts lie in a store outside of the manifests.
type made struct {
	ident
	at      pos.Span
	entries map[string]model.Value
	rest    *model.Value // what keys hold that cannot be named
	adds    bool         // it adds to a Secret that is there, rather than owning it
	store   ident        // the SecretStore that says where the texts lie; may be zero
}

// generator says of a kind of objects which Secret a controller makes of it, and from where.
type generator struct {
	secret    string // the field that names the Secret; the object's own name without one
	namespace string // the field that names its namespace
	store     string // the kind of store
	name      string // the field that names the store
	path      string // the fields that make up the entry, separated by blanks
	key       string // the field that names the one key; any key without one
	needs     string
}

// simple gives the generators that one rule describes.
func simple(group, kind string) (generator, bool) {
	switch group + "/" + kind {
	case "secrets.hashicorp.com/VaultStaticSecret", "secrets.hashicorp.com/VaultDynamicSecret":
		return generator{secret: "spec.destination.name", store: "vault", name: "spec.vaultAuthRef", path: "spec.mount spec.path", needs: "the entry in Vault"}, true
	case "onepassword.com/OnePasswordItem":
		return generator{store: "onepassword", path: "spec.itemPath", needs: "the item in 1Password"}, true
	case "secrets.doppler.com/DopplerSecret":
		return generator{secret: "spec.managedSecret.name", namespace: "spec.managedSecret.namespace", store: "doppler", name: "spec.project", path: "spec.config", needs: "the config in Doppler"}, true
	case "secrets.infisical.com/InfisicalSecret":
		return generator{secret: "spec.managedSecretReference.secretName", namespace: "spec.managedSecretReference.secretNamespace", store: "infisical", needs: "the secrets in Infisical"}, true
	case "spv.no/AzureKeyVaultSecret":
		return generator{secret: "spec.output.secret.name", store: "azure-keyvault", name: "spec.vault.name", path: "spec.vault.object.name", key: "spec.output.secret.dataKey", needs: "the secret in the key vault"}, true
	case "cert-manager.io/Certificate":
		return generator{secret: "spec.secretName", store: "cert-manager", path: "metadata.name", needs: "the certificate that cert-manager issues"}, true
	}
	return generator{}, false
}

func isGenerator(group, kind string) bool {
	_, ok := simple(group, kind)
	return ok || group == "external-secrets.io" && kind == "ExternalSecret" || group == "bitnami.com" && kind == "SealedSecret" ||
		group == "isindir.github.com" && kind == "SopsSecret"
}

// generated reads an object that a controller makes a Secret of.
func (a *applying) generated(o object) {
	switch o.kind {
	case "ExternalSecret":
		a.externalSecret(o)
	case "SealedSecret":
		a.sealedSecret(o)
	case "SopsSecret":
		a.sopsSecret(o)
	default:
		if g, ok := simple(o.group, o.kind); ok {
			a.simple(o, g)
		}
	}
}

func (a *applying) newMade(o object, target node) *made {
	m := &made{ident: ident{"Secret", o.namespace, o.name}, at: o.at, entries: map[string]model.Value{}}
	if target.there() {
		name, gap := target.term("the name of the Secret")
		m.name, o.nameless = name, gap
	}
	if o.nameless != nil {
		a.nameless = append(a.nameless, anonymous{kind: "Secret", namespace: o.namespace, batch: a.batch, helm: a.in.Source == FromHelm, because: *o.nameless})
	}
	return m
}

func (a *applying) makes(m *made) {
	if m.name != "" {
		a.made[m.ident] = m
	}
}

func (o object) dotted(path string) node {
	if path == "" {
		return node{reader: o.reader}
	}
	return o.get(strings.Split(path, ".")...)
}

// word is a short text of the object, empty when it is not known.
func (x node) word() string {
	if x.n == nil || len(x.n.Content) > 0 {
		return ""
	}
	if _, gap := x.gap(x.n); gap {
		return ""
	}
	return scalarText(x.n)
}

func (a *applying) simple(o object, g generator) {
	m := a.newMade(o, o.dotted(g.secret))
	if ns := o.dotted(g.namespace).word(); ns != "" {
		m.namespace = ns
	}
	var steps []string
	for field := range strings.FieldsSeq(g.path) {
		steps = append(steps, o.dotted(field).word())
	}
	v := o.remote(o.node, o.title(), g.needs, model.Ref{Store: g.store, Name: o.dotted(g.name).word(), Path: path.Join(steps...)})
	if key := o.dotted(g.key).word(); key != "" {
		m.entries[key] = v
	} else {
		m.rest = &v
	}
	a.makes(m)
}

// remote is a text that lies in a store outside.
func (o object) remote(x node, what, needs string, r model.Ref) model.Value {
	v := model.UnknownBecause(model.WhyRemoteState, needs, model.Trail{}.Append(model.Hop{At: x.spot(), Kind: model.KindSecret, What: what}))
	v.Ref = r
	return o.passed(v)
}

// externalSecret reads an object of the External Secrets operator.
func (a *applying) externalSecret(o object) {
	spec := o.field("spec")
	target := spec.field("target")
	m := a.newMade(o, target.field("name"))
	switch target.field("creationPolicy").word() {
	case "None":
		return
	case "Merge", "Orphan":
		m.adds = true
	}
	m.store = storeIdent(spec.field("secretStoreRef"), o.namespace)
	for _, x := range spec.field("data").items() {
		a.remoteEntry(o, m, x)
	}
	for _, x := range spec.field("dataFrom").items() {
		from := x.field("extract")
		r := model.Ref{Store: "external-secrets", Name: m.store.name, Path: from.field("key").word(), Property: from.field("property").word(), Version: from.field("version").word()}
		v := o.remote(x, o.title(), "the entries in "+m.store.kind+" "+shown(m.store.name), r)
		m.rest = &v
	}
	a.template(o, m, target.field("template"))
	a.makes(m)
}

func storeIdent(x node, namespace string) ident {
	id := ident{kind: "SecretStore", namespace: namespace, name: x.field("name").word()}
	if x.field("kind").word() == "ClusterSecretStore" {
		id.kind, id.namespace = "ClusterSecretStore", ""
	}
	return id
}

func (a *applying) remoteEntry(o object, m *made, x node) {
	from := x.field("remoteRef")
	store := m.store
	if own := x.get("sourceRef", "storeRef"); own.there() {
		store = storeIdent(own, o.namespace)
	}
	r := model.Ref{Store: "external-secrets", Name: store.name, Path: from.field("key").word(), Property: from.field("property").word(), Version: from.field("version").word()}
	key, gap := x.field("secretKey").term("the key")
	v := o.remote(x, o.title()+" key "+label(key), "the entry "+shownPath(r.Path)+" in "+store.kind+" "+shown(store.name), r)
	if gap != nil {
		m.rest = &v
		return
	}
	m.entries[key] = v
}

// template reads what the operator puts around the texts. Its keys replace the others
// unless it says that they are merged.
func (a *applying) template(o object, m *made, x node) {
	data := x.field("data")
	if !data.there() && !x.field("templateFrom").there() {
		return
	}
	inner := m.entries
	if x.field("mergePolicy").word() != "Merge" {
		m.entries, m.rest = map[string]model.Value{}, nil
	}
	if x.field("templateFrom").there() {
		v := o.remote(x.field("templateFrom"), o.title(), "the template", model.Ref{})
		m.rest = &v
	}
	for _, p := range data.pairs() {
		v := p.value.value(model.Hop{Kind: model.KindSecret, What: o.title() + " key " + label(p.name)})
		if v.State == model.Known && strings.Contains(v.Text.Reveal(), "{{") {
			v = model.UnknownBecause(model.WhyRemoteState, "the texts that the template of "+o.title()+" uses", v.Trail)
			if len(inner) == 1 {
				for _, only := range inner {
					v.Ref = only.Ref
				}
			}
		}
		if p.nameless != nil {
			m.rest = &v
			continue
		}
		m.entries[p.name] = v
	}
}

// sealedSecret reads an object of Sealed Secrets: only the cluster can decrypt it.
func (a *applying) sealedSecret(o object) {
	m := a.newMade(o, o.get("spec", "template", "metadata", "name"))
	for _, p := range o.get("spec", "template", "data").pairs() {
		v := p.value.value(model.Hop{Kind: model.KindSecret, What: o.title() + " key " + label(p.name)})
		if v.State == model.Known && strings.Contains(v.Text.Reveal(), "{{") {
			v = model.UnknownBecause(model.WhyEncrypted, "the key of the cluster that the Secret is sealed for", v.Trail)
		}
		m.entries[p.name] = v
	}
	for _, p := range o.get("spec", "encryptedData").pairs() {
		hop := model.Hop{At: p.value.spot(), Kind: model.KindSecret, What: o.title() + " key " + label(p.name)}
		v := o.passed(model.UnknownBecause(model.WhyEncrypted, "the key of the cluster that the Secret is sealed for", model.Trail{}.Append(hop)))
		if p.nameless != nil {
			m.rest = &v
			continue
		}
		m.entries[p.name] = v
	}
	a.makes(m)
}

// sopsSecret reads an object of the SOPS Secrets operator.
func (a *applying) sopsSecret(o object) {
	for _, x := range o.get("spec", "secretTemplates").items() {
		m := a.newMade(o, x.field("name"))
		for _, field := range []string{"data", "stringData"} {
			for _, p := range x.field(field).pairs() {
				hop := model.Hop{At: p.value.spot(), Kind: model.KindSecret, What: o.title() + " key " + label(p.name)}
				m.entries[p.name] = o.passed(model.UnknownBecause(model.WhyEncrypted, "the key that decrypts the file", model.Trail{}.Append(hop)))
			}
		}
		a.makes(m)
	}
}

// secretStore remembers which kind of store a SecretStore stands for.
func (a *applying) secretStore(o object) {
	id := o.ident
	if o.kind == "ClusterSecretStore" {
		id.namespace = ""
	}
	for _, p := range o.get("spec", "provider").pairs() {
		kind := p.name
		switch p.name {
		case "aws":
			kind = "aws-secretsmanager"
			if p.value.field("service").word() == "ParameterStore" {
				kind = "aws-ssm"
			}
		case "gcpsm":
			kind = "gcp-secretmanager"
		case "azurekv":
			kind = "azure-keyvault"
		case "kubernetes":
			kind = "kubernetes-secret"
		case "onepassword", "onepasswordSDK":
			kind = "onepassword"
		}
		a.secretStores[id] = label(kind)
	}
}

// agentFiles are the files that the Vault agent writes into the containers of a pod.
func agentFiles(o object, named map[string]node, dirs, paths map[string]string) []fileSlot {
	var out []fileSlot
	for name, x := range named {
		dir := "/vault/secrets"
		for _, of := range []string{"", name} {
			if dirs[of] != "" {
				dir = dirs[of]
			}
		}
		file := name
		if paths[name] != "" {
			file = paths[name]
		}
		v := o.remote(x, o.title()+" annotation of the Vault agent", "the entry in Vault", model.Ref{Store: "vault", Path: x.word()})
		out = append(out, fileSlot{path: path.Join("/", dir, file), value: v})
	}
	order.By(out, func(a, b fileSlot) int { return strings.Compare(a.path, b.path) })
	return out
}
