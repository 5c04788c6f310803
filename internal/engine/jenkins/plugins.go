package jenkins

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// awsLayer is what withAWS sets.
func (m *machine) awsLayer(c *invocation) layer {
	l := m.unknownVars(c.node, model.WhyCISecret, "the account of AWS that Jenkins knows", "withAWS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
	id := c.get("credentials")
	if id.kind != kindNull && c.get("role").kind == kindNull && c.get("roleAccount").kind == kindNull {
		l = layer{vars: []binding{
			{name: "AWS_ACCESS_KEY_ID", value: m.shareOf(id, user, "AWS_ACCESS_KEY_ID", m.hop(c.node, "withAWS", "AWS_ACCESS_KEY_ID"), c.node), secret: true},
			{name: "AWS_SECRET_ACCESS_KEY", value: m.shareOf(id, password, "AWS_SECRET_ACCESS_KEY", m.hop(c.node, "withAWS", "AWS_SECRET_ACCESS_KEY"), c.node), secret: true},
		}}
	}
	if id.kind == kindNull && c.get("role").kind == kindNull && c.get("profile").kind == kindNull {
		l = layer{}
	}
	for argument, names := range map[string][]string{"region": {"AWS_REGION", "AWS_DEFAULT_REGION"}, "profile": {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}, "endpointUrl": {"AWS_ENDPOINT_URL"}} {
		if v := c.get(argument); v.kind != kindNull {
			for _, name := range names {
				l.vars = append(l.vars, binding{name: name, value: m.asText(v, c.node).bind(m.hop(c.node, "withAWS", name))})
			}
		}
	}
	return l
}

// maps gives the maps in a list.
func (m *machine) maps(v value, n *node) []*heaped {
	items, _ := m.elements(v, n)
	if v.kind == kindMap {
		items = []value{v}
	}
	var out []*heaped
	for _, item := range items {
		if item.kind == kindMap {
			out = append(out, m.content(item))
		}
	}
	return out
}

func textOf(h *heaped, key string) string {
	v, _ := h.find(key, false)
	s, _ := v.words()
	return s
}

// vaultLayer is what withVault sets: each entry of a secret under its own name.
func (m *machine) vaultLayer(c *invocation) layer {
	l := m.unknownVars(c.node, model.WhyRemoteState, "the configuration of Vault in Jenkins", "withVault", "VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE")
	list := c.get("vaultSecrets")
	if list.kind == kindNull {
		list = c.arg(0)
	}
	if h := m.content(list); list.kind != kindList || h.open != nil {
		why := m.undecidedBy(list, c.node)
		l.open = &why
	}
	for _, h := range m.maps(list, c.node) {
		values, _ := h.find("secretValues", false)
		for _, one := range m.maps(values, c.node) {
			key := textOf(one, "vaultKey")
			name := textOf(one, "envVar")
			if name == "" {
				name = key
			}
			if name == "" {
				continue
			}
			v := model.UnknownBecause(model.WhyRemoteState, "the entry of Vault", model.Trail{}.Append(m.hop(c.node, "withVault", name)))
			v.Ref = model.Ref{Store: "vault", Path: textOf(h, "path"), Property: key}
			l.vars = append(l.vars, binding{name: name, value: v, secret: true})
		}
	}
	return l
}

// azureLayer is what withAzureKeyvault sets.
func (m *machine) azureLayer(c *invocation) layer {
	var l layer
	list := c.get("azureKeyVaultSecrets")
	if list.kind == kindNull {
		list = c.arg(0)
	}
	vault, _ := c.get("keyVaultURLOverride").words()
	for _, h := range m.maps(list, c.node) {
		if name := textOf(h, "envVariable"); name != "" {
			v := model.UnknownBecause(model.WhyRemoteState, "the secret of the key vault", model.Trail{}.Append(m.hop(c.node, "withAzureKeyvault", name)))
			v.Ref = model.Ref{Store: "azure-keyvault", Name: vault, Path: textOf(h, "name")}
			l.vars = append(l.vars, binding{name: name, value: v, secret: true})
		}
	}
	return l
}

// configLayer is what configFileProvider sets: paths of files.
func (m *machine) configLayer(c *invocation) layer {
	var l layer
	for _, h := range m.maps(c.either("managedFiles", 0), c.node) {
		if name := textOf(h, "variable"); name != "" {
			l.vars = append(l.vars, m.unknownVars(c.node, model.WhyInput, "a file that Jenkins keeps", "configFile", name).vars...)
		}
	}
	return l
}

// wrapLayer is what wrap([$class: …]) sets.
func (m *machine) wrapLayer(c *invocation) layer {
	class, _ := c.get("$class").words()
	switch class[strings.LastIndexByte(class, '.')+1:] {
	case "AnsiColorBuildWrapper", "TimestamperBuildWrapper", "Xvfb", "MaskPasswordsBuildWrapper", "BuildTimeoutWrapper":
		return layer{}
	case "BuildUser":
		w := wrappers["withBuildUser"]
		return m.unknownVars(c.node, model.WhyInput, w.needs, "BuildUser", w.names...)
	}
	return anything(m.unsupported(c.node, "what the wrapper sets").why)
}
