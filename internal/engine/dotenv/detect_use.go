package dotenv

import (
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// composeFiles looks for services that name the file under env_file.
func (s *detective) composeFiles() {
	for _, dir := range s.dirs() {
		for _, name := range s.names(dir, "compose.y*ml", "compose.*.y*ml", "docker-compose.y*ml", "docker-compose.*.y*ml") {
			var doc yaml.Node
			if yaml.Unmarshal([]byte(s.read(name)), &doc) != nil || len(doc.Content) == 0 {
				continue
			}
			services := child(doc.Content[0], "services")
			if services == nil || services.Kind != yaml.MappingNode {
				continue
			}
			for i := 1; i < len(services.Content); i += 2 {
				s.envFile(child(services.Content[i], "env_file"), dir, name)
			}
		}
	}
}

// child gives the value of a key of a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// envFile reads a name, a list of names, or of mappings with path and format.
func (s *detective) envFile(n *yaml.Node, dir, where string) {
	if n == nil {
		return
	}
	entries := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		entries = n.Content
	}
	for _, e := range entries {
		file, d := e.Value, Compose
		if e.Kind == yaml.MappingNode {
			if p := child(e, "path"); p != nil {
				file = p.Value
			}
			if f := child(e, "format"); f != nil && f.Value == "raw" {
				d = Docker
			}
		}
		if file != "" && s.isFile(dir, file) {
			s.found(d, "env_file in %s", where)
		}
	}
}

// isFile reports whether a path as written in a directory leads to the file.
func (s *detective) isFile(dir, written string) bool {
	return !path.IsAbs(written) && path.Join(dir, written) == s.name
}

// scripts looks at what stands where scripts usually stand.
func (s *detective) scripts() {
	seen := map[string]bool{}
	for _, dir := range s.dirs() {
		for _, sub := range []string{".", "scripts", "script", "bin", "ci", "deploy", ".github/workflows"} {
			in := path.Join(dir, sub)
			if seen[in] {
				continue
			}
			seen[in] = true
			for _, name := range s.names(in, "*.sh", "*.bash", "Makefile", "Procfile", "Justfile", "justfile", "*.yml", "*.yaml") {
				if !strings.Contains(name, "compose") {
					s.commands(s.read(name), in, name)
				}
			}
		}
	}
}

// commands looks for commands in a text that load the file.
func (s *detective) commands(text, dir, where string) {
	if !strings.Contains(text, s.base) {
		return
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, s.base) {
			s.command(strings.TrimSpace(line), dir, where)
		}
	}
}

func (s *detective) command(line, dir, where string) {
	if strings.HasPrefix(line, "#") {
		return
	}
	const word = `["']?([^\s"';&|()]+)`
	source := regexp.MustCompile(`(?:^|[\s;&|({:])(?:source|\.)\s+` + word)
	option := regexp.MustCompile(`--env-file(?:-if-exists)?[=\s]+` + word)
	piped := regexp.MustCompile(`(?:cat|grep|sed)\s[^|]*?` + word + `\s*\|[^|]*(?:xargs|sed|grep)`)
	for _, m := range source.FindAllStringSubmatch(line, -1) {
		if s.means(m[1], dir) {
			s.found(Bash, "source in %s", where)
		}
	}
	for _, m := range option.FindAllStringSubmatchIndex(line, -1) {
		if s.means(line[m[2]:m[3]], dir) {
			d, reader := optionReader(line[:m[0]])
			s.found(d, "%s --env-file in %s", reader, where)
		}
	}
	for _, m := range piped.FindAllStringSubmatch(line, -1) {
		if strings.Contains(line, "export") && s.means(m[1], dir) {
			s.found("", "export of its lines in %s", where)
		}
	}
}

// means reports whether a word of a script means the file: seen from the script's
// directory or from the root; a leading variable may stand for any directory.
func (s *detective) means(written, dir string) bool {
	if strings.HasPrefix(written, "$") {
		_, rest, ok := strings.Cut(written, "/")
		return ok && (s.name == rest || strings.HasSuffix(s.name, "/"+rest))
	}
	return s.isFile(dir, written) || s.isFile(".", written)
}

// optionReader tells whose option --env-file is, from what stands in front of it.
func optionReader(before string) (Dialect, string) {
	if i := strings.LastIndexAny(before, ";&|"); i >= 0 {
		before = before[i+1:]
	}
	for _, r := range []struct {
		pattern string
		dialect Dialect
		name    string
	}{
		{`docker[- ]compose\b`, Compose, "docker compose"},
		{`\bpodman\b`, "", "podman"},
		{`\bdocker\b`, Docker, "docker"},
		{`\bnode\b`, NodeEnvFile, "node"},
		{`\buvicorn\b`, Python, "uvicorn"},
	} {
		if regexp.MustCompile(r.pattern).MatchString(before) {
			return r.dialect, r.name
		}
	}
	return "", "a command with"
}
