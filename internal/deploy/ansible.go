package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

const kindAnsible = "ansible"

func ansibleAdapter() Adapter { return Adapter{Names: []string{"ansible-playbook"}, Read: readAnsible} }

// readAnsible reads the extra variables of a playbook, which win over all others of the
// same name. They are variables of Ansible; whether a task hands them on as environment
// variables stands in the playbook.
func readAnsible(call Call) (Delivery, bool) {
	r := newReading(call, "ansible-playbook")
	l := r.line(grammar{
		values: []string{
			"-e", "--extra-vars", "-i", "--inventory", "-l", "--limit", "-t", "--tags", "--skip-tags", "-u", "--user", "--private-key", "--key-file",
			"-c", "--connection", "-T", "--timeout", "--vault-id", "--vault-password-file", "--vault-pass-file", "-f", "--forks", "-M", "--module-path",
			"--become-method", "--become-user", "--start-at-task", "--ssh-common-args", "--ssh-extra-args", "--become-password-file", "--connection-password-file",
		},
		bools: []string{"-b", "--become", "-v", "--verbose", "-C", "--check", "-D", "--diff", "-k", "--ask-pass", "-K", "--ask-become-pass",
			"-J", "--ask-vault-password", "--ask-vault-pass", "--force-handlers", "--flush-cache", "--syntax-check", "--list-tasks", "--list-hosts", "--list-tags", "--step"},
		short: true, abbreviated: true, need: 1,
	}, r.words())
	if !l.has("-e", "--extra-vars") && r.open == nil || l.has("--syntax-check", "--list-tasks", "--list-hosts", "--list-tags") {
		return Delivery{}, false
	}
	name := wordOf(model.Value{})
	if len(l.rest) > 0 && l.strange == "" {
		name = l.rest[0]
	}
	t := r.target(kindAnsible, name, "ansible-playbook -e")
	t.wild(model.UnknownBecause(model.WhyUnsupported, "the other variables of the playbook", model.Trail{}))
	for _, w := range l.each("-e", "--extra-vars") {
		t.extraVars(w)
	}
	t.done()
	return r.result()
}

// extraVars takes @file, YAML or JSON, or NAME=value pairs with blanks between.
func (t *target) extraVars(w word) {
	head := w.head()
	switch {
	case strings.HasPrefix(head, "@"):
		t.varsFile(w.slice(1, len(w.text)))
	case strings.HasPrefix(head, "{"), strings.HasPrefix(head, "["):
		t.inlineVars(w)
	default:
		t.pairs(w)
	}
}

func (t *target) varsFile(w word) {
	text, name, ok := t.r.content(w, "the file of variables")
	if !ok {
		return
	}
	if strings.HasPrefix(text, "$ANSIBLE_VAULT") {
		t.r.doubt(model.UnknownBecause(model.WhyEncrypted, "the vault of the variables", model.Trail{}), "a file of variables is encrypted, expected plain YAML", "")
		return
	}
	m, err := readYAML(name, text, "ansible-playbook -e")
	t.ansibleMap(m, err)
}

func (t *target) inlineVars(w word) {
	if u := w.mayHold("\"\\"); u != nil {
		t.r.doubt(*u, "a text within JSON is not known and may change what stands around it, expected one that is known", "pass it with a tool that quotes it, such as jq")
	}
	m, err := readJSON(w.text, w.source)
	t.ansibleMap(m, err)
}

func (t *target) ansibleMap(m *tree, err error) {
	if err != nil || m.kind != 'o' {
		t.r.unsupported("variables that are no map in YAML or JSON")
		return
	}
	for _, name := range m.names {
		child := m.members[name]
		if child.kind != 's' {
			t.set(name, model.UnknownBecause(model.WhyUnsupported, "a text for "+name, model.Trail{}))
			continue
		}
		t.set(name, templated(child.value))
	}
}

// templated leaves unknown what Ansible would still evaluate, or has encrypted.
func templated(v model.Value) model.Value {
	if v.State == model.Known && (strings.Contains(v.Text.Reveal(), "{{") || strings.Contains(v.Text.Reveal(), "{%")) {
		return model.UnknownBecause(model.WhyUnsupported, "a text without a template", v.Trail)
	}
	return v
}

// pairs reads NAME=value NAME='value with blanks'.
func (t *target) pairs(w word) {
	if u := w.mayHold(" \t\r\n\"'\\"); u != nil {
		t.r.doubt(*u, "a text in a list of variables is not known and may hold a blank or a quote, expected one that is known", "pass the variables as JSON or in a file")
	}
	if strings.ContainsAny(w.text, "\\\r\n") || strings.Contains(w.text, "{{") || strings.Contains(w.text, "{%") {
		t.r.unsupported("a backslash, a line break or a template in its variables")
		return
	}
	for at := 0; at < len(w.text); {
		end, ok := blankAfter(w.text, at)
		if !ok {
			t.r.unsupported("quotes in its variables that are not closed")
			return
		}
		if item := w.slice(at, end); end > at {
			t.ansiblePair(item)
		}
		at = end + 1
	}
}

// blankAfter finds the end of a word, within which quotes hold blanks together.
func blankAfter(text string, at int) (int, bool) {
	quote := byte(0)
	for ; at < len(text); at++ {
		switch c := text[at]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		case quote == 0 && (c == ' ' || c == '\t'):
			return at, true
		}
	}
	return at, quote == 0
}

func (t *target) ansiblePair(item word) {
	name, value, ok := item.cut("=")
	if !ok {
		t.bad(item)
		return
	}
	text := value.text
	if n := len(text); n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		value = value.slice(1, n-1)
	}
	if strings.ContainsAny(value.text, "\"'") || strings.TrimSpace(name) != name {
		t.set(name, model.UnknownBecause(model.WhyUnsupported, "a value without quotes within it", value.value().Trail))
		return
	}
	t.set(name, templated(value.value()))
}
