package jenkins

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
)

// maxRead bounds what is read of a file.
const maxRead = 1 << 20

// fileStep reads and writes files of the workspace.
func (m *machine) fileStep(c *invocation) value {
	switch c.name {
	case "pwd":
		return m.unsupported(c.node, needsWorkspace)
	case "writeFile":
		m.writeFile(c, c.either("text", 1))
		return nullValue()
	case "writeJSON", "writeYaml":
		m.writeFile(c, m.unsupported(c.node, "a file that is written as text"))
		return nullValue()
	case "fileExists":
		name, ok := m.pathOf(c.either("file", 0))
		if _, err := m.in.Files.Stat(name); ok && err == nil {
			return boolValue(true, c.node)
		}
		return unknownValue(model.UnknownBecause(model.WhyMissingFile, "whether the file is there in the run", m.trail(c.node)))
	}
	return m.readFile(c)
}

func (m *machine) readFile(c *invocation) value {
	content := c.get("text")
	if content.kind == kindNull {
		name := c.get("file")
		if name.kind == kindNull {
			name = c.get("path")
		}
		if name.kind == kindNull {
			name = c.arg(0)
		}
		content = m.contentOf(name, c)
	}
	switch c.name {
	case "readJSON", "readYaml", "readProperties":
		return m.structured(c, content)
	}
	return content
}

func (m *machine) contentOf(name value, c *invocation) value {
	if _, ok := m.pathOf(name); !ok {
		return m.unsupported(c.node, "the name of the file")
	}
	file, _ := m.pathOf(name)
	s := pipeline.Script{Shell: "sh", Label: m.label(c.name), At: m.span(c.node), Text: `cat "$1"`, Capture: true, Quiet: true}
	s.Args = []model.Value{m.fixed(c, path.Join(m.upFrom(), file))}
	after, ok := m.follow(s, c)
	if !ok {
		return m.unsupported(c.node, "the file")
	}
	if v := after.Output; v.State == model.Known && v.Text.IsEmpty() {
		if _, err := m.in.Files.Stat(file); err != nil { // the run would end here
			return unknownValue(model.UnknownBecause(model.WhyMissingFile, "the file that is read here", m.trail(c.node)))
		}
	}
	return textValue(valueText(after.Output, c.node))
}

// upFrom leads from the directory of this place to the root of the checkout.
func (m *machine) upFrom() string {
	if m.at.dir == "." || m.at.dir == "" {
		return "."
	}
	return strings.Repeat("../", strings.Count(m.at.dir, "/")+1)
}

func (m *machine) writeFile(c *invocation, content value) {
	file, ok := m.pathOf(c.either("file", 0))
	if !ok {
		if m.at.loud {
			m.doubts(m.unsupported(c.node, "the name of the file that is written").why)
		}
		return
	}
	if encoding := c.get("encoding"); encoding.kind != kindNull {
		if s, _ := encoding.words(); !strings.EqualFold(s, "UTF-8") {
			content = m.unsupported(c.node, "a file in UTF-8")
		}
	}
	name := path.Join(m.upFrom(), file)
	s := pipeline.Script{Shell: "sh", Label: m.label(c.name), At: m.span(c.node), Text: `printf '%s' "$2" > "$1"`, Quiet: true}
	if dir := path.Dir(name); dir != "." {
		s.Text = `mkdir -p "$3"; ` + s.Text
	}
	words := m.asText(content, c.node).bind(m.hop(c.node, "writeFile", ""))
	s.Args = []model.Value{m.fixed(c, name), words, m.fixed(c, path.Dir(name))}
	m.follow(s, c)
}
