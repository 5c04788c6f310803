package jenkins

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// share is which part of a credential a variable holds.
type share uint8

const (
	whole    share = iota // all of it
	user                  // what stands before the first colon
	password              // what stands behind it
	inFile                // the path of a file that holds it
	other                 // something that `credentials.ID` does not hold
)

// bound is one variable of a kind of binding: the argument that names it, and its name
// when nothing does.
type bound struct {
	argument string
	byItself string
	holds    share
}

// bindings are the kinds of withCredentials, by their symbols.
var bindings = map[string][]bound{
	"string":                 {{"variable", "", whole}},
	"usernamePassword":       {{"usernameVariable", "", user}, {"passwordVariable", "", password}},
	"usernameColonPassword":  {{"variable", "", whole}},
	"file":                   {{"variable", "", inFile}},
	"zip":                    {{"variable", "", inFile}},
	"sshUserPrivateKey":      {{"keyFileVariable", "", inFile}, {"usernameVariable", "", other}, {"passphraseVariable", "", other}},
	"certificate":            {{"keystoreVariable", "", inFile}, {"passwordVariable", "", other}, {"aliasVariable", "", other}},
	"dockerCert":             {{"variable", "DOCKER_CERT_PATH", inFile}},
	"aws":                    {{"accessKeyVariable", "AWS_ACCESS_KEY_ID", user}, {"secretKeyVariable", "AWS_SECRET_ACCESS_KEY", password}},
	"azureServicePrincipal":  {{"clientIdVariable", "AZURE_CLIENT_ID", other}, {"clientSecretVariable", "AZURE_CLIENT_SECRET", other}, {"tenantIdVariable", "AZURE_TENANT_ID", other}, {"subscriptionIdVariable", "AZURE_SUBSCRIPTION_ID", other}},
	"gitUsernamePassword":    {{"", "GIT_ASKPASS", inFile}, {"", "GIT_USERNAME", other}, {"", "GIT_PASSWORD", other}},
	"vaultString":            {{"variable", "", whole}},
	"vaultUsernamePassword":  {{"usernameVariable", "", user}, {"passwordVariable", "", password}},
	"vaultFile":              {{"variable", "", inFile}},
	"vaultToken":             {{"addrVariable", "VAULT_ADDR", other}, {"tokenVariable", "VAULT_TOKEN", whole}, {"vaultNamespaceVariable", "VAULT_NAMESPACE", other}},
	"conjurSecretCredential": {{"variable", "", whole}},
	"conjurSecretUsername":   {{"usernameVariable", "", user}, {"passwordVariable", "", password}},
	"kubeconfigFile":         {{"variable", "KUBECONFIG", inFile}},
	"kubeconfigContent":      {{"variable", "KUBECONFIG_CONTENT", whole}},
}

// classes are the kinds of bindings by the names of their classes.
var classes = map[string]string{
	"StringBinding": "string", "UsernamePasswordMultiBinding": "usernamePassword", "UsernamePasswordBinding": "usernameColonPassword",
	"FileBinding": "file", "ZipFileBinding": "zip", "SSHUserPrivateKeyBinding": "sshUserPrivateKey", "CertificateMultiBinding": "certificate",
	"DockerServerCredentialsBinding": "dockerCert", "AmazonWebServicesCredentialsBinding": "aws", "AzureCredentialsBinding": "azureServicePrincipal",
	"VaultTokenCredentialBinding": "vaultToken", "ConjurSecretCredentialsBinding": "conjurSecretCredential",
	"VaultStringCredentialBinding": "vaultString", "VaultUsernamePasswordCredentialBinding": "vaultUsernamePassword", "GitUsernamePasswordBinding": "gitUsernamePassword",
}

// withCredentials runs its body with the variables of each binding.
func (m *machine) withCredentials(c *invocation) value {
	list := c.either("bindings", 0)
	items, open := []value{list}, (*model.Value)(nil)
	if list.kind != kindMap {
		items, open = m.elements(list, c.node)
	}
	var l layer
	l.open = open
	for _, item := range items {
		vars, why := m.credentialVars(item, c.node)
		l.vars = append(l.vars, vars...)
		if why != nil {
			l.open = why
		}
	}
	return m.within(l, func() value { return m.body(c) })
}

// credentialVars are the variables of one binding.
func (m *machine) credentialVars(item value, n *node) ([]binding, *model.Value) {
	if item.kind != kindMap {
		why := m.undecidedBy(item, n)
		return nil, &why
	}
	h := m.content(item)
	get := func(key string) (string, bool) {
		v, _ := h.find(key, false)
		return v.words()
	}
	kind, _ := get(symbolKey)
	if class, ok := get("$class"); ok && kind == "" {
		kind = classes[class[strings.LastIndexAny(class, ".$")+1:]]
	}
	id, found := h.find("credentialsId", false)
	if !found {
		id = nullValue()
	}
	fields := bindings[kind]
	if fields == nil { // of a kind that is not known: whatever it names is a variable
		for _, e := range h.entries {
			if strings.HasSuffix(e.key, "ariable") {
				fields = append(fields, bound{e.key, "", other})
			}
		}
	}
	at := m.placed(h, n)
	var out []binding
	for _, f := range fields {
		name, known := get(f.argument)
		v, set := h.find(f.argument, false)
		switch {
		case set && !known && v.kind != kindNull:
			why := m.undecidedBy(v, n)
			return out, &why
		case name == "":
			name = f.byItself
		}
		if name != "" {
			out = append(out, binding{name: name, value: m.shareOf(id, f.holds, name, m.hop(at, "withCredentials", name), n), secret: f.holds != inFile})
		}
	}
	return out, nil
}

// placed is where a binding stands.
func (m *machine) placed(h *heaped, n *node) *node {
	for _, e := range h.entries {
		if e.key == "credentialsId" && len(e.value.text) > 0 && e.value.text[0].src != nil && e.value.text[0].value == nil {
			p := e.value.text[0]
			return &node{start: p.whole, end: p.at + p.size + 1, src: p.src}
		}
	}
	return n
}

// shareOf is what a variable holds of a credential.
func (m *machine) shareOf(id value, holds share, variable string, hop model.Hop, n *node) model.Value {
	name, ok := id.words()
	if !ok || id.kind == kindNull {
		if choices, ok := m.choiceOfIDs(id, holds, variable, hop, n); ok {
			return choices
		}
		why := m.undecidedBy(id, n)
		return model.UnknownBecause(model.WhyCISecret, "which credential this is: "+why.Needs, why.Trail.Append(hop))
	}
	if strings.Contains(name, "$") { // Jenkins looks it up in a parameter of the run
		return model.UnknownBecause(model.WhyCISecret, "which credential this is: a parameter of the run says it", model.Trail{}.Append(hop))
	}
	v := m.credentialOf("credentials."+name, variable)
	switch holds {
	case inFile:
		needs := "the file of the credential " + strict.Name(name) + ", which lies on the agent alone"
		return model.UnknownBecause(model.WhyCISecret, needs, v.Trail.Append(hop))
	case other:
		needs := "a part of the credential " + strict.Name(name) + " that `credentials.ID` does not hold"
		return model.UnknownBecause(model.WhyCISecret, needs, v.Trail.Append(hop))
	case user, password:
		return m.half(v, holds, name, variable).Via(hop)
	}
	return v.Via(hop)
}

// credentialOf asks for a credential, or for a part of one.
func (m *machine) credentialOf(name, variable string) model.Value {
	if safe, ok := m.host.(pipeline.Safe); ok {
		return safe.Credential(name, variable)
	}
	return m.host.Input(name)
}

// choiceOfIDs is a credential whose id is one of several.
func (m *machine) choiceOfIDs(id value, holds share, variable string, hop model.Hop, n *node) (model.Value, bool) {
	v, ok := id.model()
	if !ok || v.Why != model.WhyAmbiguous || len(v.Alternatives) == 0 || len(v.Alternatives) > maxChoices {
		return model.Value{}, false
	}
	var out []model.Value
	for _, a := range v.Alternatives {
		if a.State != model.Known {
			return model.Value{}, false
		}
		out = append(out, m.shareOf(textValue(valueText(a, n)), holds, variable, hop, n))
	}
	return model.Ambiguous(v.Needs, out...), true
}

// half is the name or the password of a credential: by a name of its own, credentials.ID/username or
// credentials.ID/password, or of one that is bound to both with a colon between them. One that is
// bound without a colon is the password.
func (m *machine) half(v model.Value, holds share, id, variable string) model.Value {
	part := "/username"
	if holds == password {
		part = "/password"
	}
	if own := m.credentialOf("credentials."+id+part, variable); own.State == model.Known || v.State != model.Known {
		return own
	}
	before, behind, ok := strings.Cut(v.Text.Reveal(), ":")
	switch {
	case ok && holds == user:
		v.Text = secret.New(before)
	case ok:
		v.Text = secret.New(behind)
	case holds == user:
		return m.credentialOf("credentials."+id+part, variable)
	}
	v.Parts = nil
	return v
}

// credential is NAME = credentials('id') in environment {}. Whether there are NAME_USR and
// NAME_PSW depends on the kind of the credential, which Jenkins alone knows: they are taken
// to be there when the pipeline speaks of them.
func (m *machine) credential(n *node, name string, id value) []binding {
	hop := func(name string) model.Hop { return m.hop(n, "environment", name) }
	out := []binding{{name: name, value: m.shareOf(id, whole, name, hop(name), n), secret: true}}
	v := out[0].value
	if v.State == model.Known && !strings.Contains(v.Text.Reveal(), ":") && (strings.Contains(n.src.text, name+"_USR") || strings.Contains(n.src.text, name+"_PSW")) {
		// Somebody bound the password alone.
		out[0].value = model.UnknownBecause(model.WhyCISecret, "the credential as username:password, with the colon", v.Trail)
	}
	for _, one := range []struct {
		suffix string
		holds  share
	}{{"_USR", user}, {"_PSW", password}} {
		b := binding{name: name + one.suffix, secret: true}
		b.value = m.shareOf(id, one.holds, b.name, hop(b.name), n)
		if b.value.State == model.Unknown && !strings.Contains(n.src.text, b.name) {
			b.value.Needs = model.CredentialPart
		}
		if v.State == model.Known && !strings.Contains(n.src.text, b.name) {
			absent := model.Value{State: model.Absent}
			b.value = model.Ambiguous("what kind of credential this is", absent, b.value)
			if !strings.Contains(v.Text.Reveal(), ":") {
				b.value = absent
			}
		}
		out = append(out, b)
	}
	return slices.DeleteFunc(out, func(b binding) bool { return b.value.State == model.Absent })
}
