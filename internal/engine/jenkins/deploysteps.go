package jenkins

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// deploys follows the steps that amount to a command line.
func (m *machine) deploys(c *invocation) bool {
	switch c.name {
	case "ansiblePlaybook":
		m.ansible(c)
	case "sshPublisher":
		m.sshPublisher(c)
	case "sshCommand":
		words := []model.Value{m.fixed(c, "ssh"), m.fixed(c, "host")}
		m.arguments(c, c.name, append(words, m.word(c, c.get("command")))...)
	case "kubernetesDeploy":
		m.kubernetesDeploy(c)
	case "build":
		m.buildStep(c)
	default:
		return false
	}
	return true
}

func (m *machine) word(c *invocation, v value) model.Value {
	return m.asText(v, c.node).bind(m.hop(c.node, c.name, ""))
}

func (m *machine) ansible(c *invocation) {
	words := []model.Value{m.fixed(c, "ansible-playbook"), m.word(c, c.get("playbook"))}
	for _, o := range []struct{ argument, flag string }{{"inventory", "-i"}, {"limit", "-l"}, {"tags", "-t"}, {"skippedTags", "--skip-tags"}} {
		if v := c.get(o.argument); v.kind != kindNull {
			words = append(words, m.fixed(c, o.flag), m.word(c, v))
		}
	}
	if v := c.get("extraVars"); v.kind == kindMap {
		for _, e := range m.content(v).entries {
			v := e.value
			if v.kind == kindMap { // [value: …, hidden: true]
				v, _ = m.content(v).find("value", false)
			}
			pair := append(text{note(e.key+"=", c.node)}, m.asText(v, c.node)...)
			words = append(words, m.fixed(c, "-e"), pair.bind(m.hop(c.node, "extraVars", e.key)))
		}
	}
	if extras, ok := c.get("extras").words(); ok {
		for _, word := range shellFields(extras) {
			words = append(words, m.fixed(c, word))
		}
	}
	m.arguments(c, c.name, words...)
}

// sshPublisher runs commands on other machines.
func (m *machine) sshPublisher(c *invocation) {
	for _, publisher := range m.maps(c.get("publishers"), c.node) {
		transfers, _ := publisher.find("transfers", false)
		for _, t := range m.maps(transfers, c.node) {
			if command, ok := t.find("execCommand", false); ok && command.kind != kindNull {
				host, _ := publisher.find("configName", false)
				m.arguments(c, c.name, m.fixed(c, "ssh"), m.word(c, host), m.word(c, command))
			}
		}
	}
}

// kubernetesDeploy applies manifests, in which it replaces $NAME by variables.
func (m *machine) kubernetesDeploy(c *invocation) {
	configs, ok := c.get("configs").words()
	if !ok {
		m.consume(c.node, c.name, m.env())
		return
	}
	apply := "kubectl apply -f -"
	if m.truth(c.get("enableConfigSubstitution")) == no && c.get("enableConfigSubstitution").kind == kindBool {
		m.command(text{note("cat "+strings.ReplaceAll(configs, ",", " ")+" | "+apply, c.node)}, c, c.name)
		return
	}
	var names []string
	for name := range m.env().All() {
		names = append(names, "$"+name)
	}
	m.command(text{note("cat "+strings.ReplaceAll(configs, ",", " ")+" | envsubst '"+strings.Join(names, " ")+"' | "+apply, c.node)}, c, c.name)
}

// buildStep starts another job: what it hands over are its parameters.
func (m *machine) buildStep(c *invocation) {
	var vars []binding
	for _, h := range m.maps(c.get("parameters"), c.node) {
		name := textOf(h, "name")
		v, _ := h.find("value", false)
		if name != "" {
			vars = append(vars, binding{name: name, value: m.asText(v, c.node).bind(m.hop(c.node, "parameter", name))})
		}
	}
	m.consume(c.node, "build", envOf(vars))
}
