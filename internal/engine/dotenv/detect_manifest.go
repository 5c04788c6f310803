package dotenv

import (
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// npmLoader is a package that loads .env files, from one major version on.
type npmLoader struct {
	name  string
	since int
	until int // 0: no end
	as    Dialect
}

// npmLoaders lists the packages that keyfit knows. One without a dialect, or of a
// version out of range, reads in a way of its own.
func npmLoaders() []npmLoader {
	return []npmLoader{
		{name: "next", since: 14, as: Next},
		{name: "vite", since: 6, as: NodeExpand},
		{name: "dotenv-expand", since: 12, until: 13, as: NodeExpand},
		{name: "dotenv", since: 16, as: Node},
		{name: "react-scripts"}, {name: "nuxt"}, {name: "@nestjs/config"}, {name: "env-cmd"}, {name: "dotenv-flow"},
		{name: "dotenv-cli"}, {name: "@dotenvx/dotenvx"},
	}
}

func (s *detective) packageJSON(name string) {
	var manifest struct {
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
		Scripts         map[string]string `json:"scripts"`
	}
	if json.Unmarshal([]byte(s.read(name)), &manifest) != nil {
		return
	}
	wanted := map[string]string{}
	maps.Copy(wanted, manifest.DevDependencies)
	maps.Copy(wanted, manifest.Dependencies)
	_, expands := wanted["dotenv-expand"]
	for _, l := range npmLoaders() {
		version, ok := wanted[l.name]
		if !ok || l.name == "dotenv" && expands {
			continue
		}
		s.found(l.dialect(version), "%s in %s", l.name, name)
	}
	for _, script := range slices.Sorted(maps.Keys(manifest.Scripts)) {
		s.commands(manifest.Scripts[script], path.Dir(name), name)
	}
}

// dialect gives how a version reads, as far as the range tells one.
func (l npmLoader) dialect(version string) Dialect {
	if l.as == "" || strings.Contains(version, "||") {
		return ""
	}
	digits := regexp.MustCompile(`\d+`).FindString(version)
	major, err := strconv.Atoi(digits)
	open := strings.ContainsAny(version, ">*") || err != nil
	switch {
	case open && l.until > 0, err == nil && major < l.since, l.until > 0 && major > l.until:
		return ""
	}
	return l.as
}

func (s *detective) goMod(name string) {
	for _, line := range strings.Split(s.read(name), "\n") {
		if strings.Contains(line, "// indirect") {
			continue
		}
		for _, field := range strings.Fields(line) {
			switch field {
			case "github.com/joho/godotenv":
				s.found(Godotenv, "%s in %s", field, name)
			case "github.com/subosito/gotenv", "github.com/hashicorp/go-envparse":
				s.found("", "%s in %s", field, name)
			}
		}
	}
}

func (s *detective) python(dir string) {
	word := regexp.MustCompile(`(?im)^[^#\n]*?\b(python-dotenv|pydantic-settings|django-environ|environs)\b`)
	for _, name := range s.names(dir, "requirements*.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg") {
		for _, m := range word.FindAllStringSubmatch(s.read(name), -1) {
			d := Python
			if strings.EqualFold(m[1], "django-environ") {
				d = ""
			}
			s.found(d, "%s in %s", m[1], name)
		}
	}
}

// others knows the loaders of languages that have no dialect here.
func (s *detective) others(dir string) {
	for _, o := range []struct{ file, pattern, what string }{
		{"Gemfile", `(?m)^\s*gem\s+["']dotenv(-rails)?["']`, "dotenv of Ruby"},
		{"composer.json", `"(vlucas/phpdotenv|symfony/dotenv)"`, "dotenv of PHP"},
		{"Cargo.toml", `(?m)^\s*dotenv(y)?\s*=`, "dotenv of Rust"},
	} {
		name := path.Join(dir, o.file)
		if regexp.MustCompile(o.pattern).MatchString(s.read(name)) {
			s.found("", "%s in %s", o.what, name)
		}
	}
}
