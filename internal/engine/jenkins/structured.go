package jenkins

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// structured reads the text of a file as JSON, YAML or properties.
func (m *machine) structured(c *invocation, content value) value {
	s, ok := m.asText(content, c.node).known()
	if !ok || len(s) > maxRead {
		return m.tainted(content, nullValue(), c.node)
	}
	if c.name == "readProperties" {
		return m.propertiesOf(c, s, content.text)
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(s))
	if err := decoder.Decode(&doc); err != nil || len(doc.Content) == 0 {
		return m.unsupported(c.node, "a file that can be read")
	}
	var second yaml.Node
	if decoder.Decode(&second) == nil { // several documents make a list
		return m.unsupported(c.node, "a file with one document")
	}
	budget := maxItems
	return m.tree(c, doc.Content[0], content.text, &budget, 0)
}

// tree is a piece of YAML as Groovy gets it. JSON is YAML, but for what is never written so.
func (m *machine) tree(c *invocation, n *yaml.Node, from text, budget *int, depth int) value {
	if *budget--; *budget < 0 || depth > maxNesting || n.Anchor != "" || n.Kind == yaml.AliasNode {
		return m.unsupported(c.node, "a simpler file")
	}
	switch n.Kind {
	case yaml.MappingNode:
		var entries []entry
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Kind != yaml.ScalarNode || n.Content[i].ShortTag() != "!!str" {
				return m.unsupported(c.node, "a simpler file")
			}
			entries = append(entries, entry{key: n.Content[i].Value, value: m.tree(c, n.Content[i+1], from, budget, depth+1)})
		}
		return m.dict(entries)
	case yaml.SequenceNode:
		var items []value
		for _, k := range n.Content {
			items = append(items, m.tree(c, k, from, budget, depth+1))
		}
		return m.list(items)
	}
	return m.scalar(c, n, from)
}

// scalar is a text of a file. What older YAML reads as something else is not told.
func (m *machine) scalar(c *invocation, n *yaml.Node, from text) value {
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	switch {
	case n.ShortTag() == "!!null":
		return nullValue()
	case n.ShortTag() == "!!bool" && (n.Value == "true" || n.Value == "false"):
		return value{kind: kindBool, text: derived(n.Value, c.node, from)}
	case n.ShortTag() == "!!int" && isDigits(n.Value):
		return value{kind: kindNumber, text: derived(n.Value, c.node, from)}
	case n.ShortTag() != "!!str" || plain && isDoubtful(n.Value):
		return m.unsupported(c.node, "a value in quotes")
	}
	return textValue(derived(n.Value, c.node, from))
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == "" && (len(s) == 1 || s[0] != '0') && len(s) < 10
}

// isDoubtful reports whether YAML 1.1 may read a plain text as something else: yes, 1:20,
// 2024-01-01, 0o7, 1_000.
func isDoubtful(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "~", "":
		return true
	}
	return strings.ContainsAny(s[:1], "0123456789+-.")
}

// propertiesOf reads a file of properties. Anything unusual in it is not told.
func (m *machine) propertiesOf(c *invocation, s string, from text) value {
	var entries []entry
	if v := c.get("defaults"); v.kind == kindMap {
		entries = append(entries, m.content(v).entries...)
	} else if v.kind != kindNull {
		return m.unsupported(c.node, "a file of properties alone")
	}
	h := &heaped{entries: entries}
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line = strings.TrimLeft(line, " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		if strings.ContainsAny(line, "\\\r") || !isASCII(line) {
			return m.unsupported(c.node, "a simpler file of properties")
		}
		at := strings.IndexAny(line, "=: \t\f")
		key, rest := line, ""
		if at >= 0 {
			key, rest = line[:at], strings.TrimLeft(line[at:], " \t\f")
			if rest != "" && (rest[0] == '=' || rest[0] == ':') {
				rest = strings.TrimLeft(rest[1:], " \t\f")
			}
		}
		v := textValue(derived(rest, c.node, from))
		if strings.Contains(rest, "${") && c.get("interpolate").kind != kindNull {
			v = m.unsupported(c.node, "a value without a reference")
		}
		h = h.with(entry{key: key, value: v})
	}
	ref := m.id()
	m.st.heap[ref] = h
	return value{kind: kindMap, ref: ref}
}
