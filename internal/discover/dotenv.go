package discover

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/lazy"
)

const common = ".env" // what every environment loads first

// A file .env.WORD is no environment if any of its words, separated by dots, is one of
// these. The text says what it is instead.
var others = map[string]string{
	"example": template, "examples": template, "sample": template, "template": template, "tmpl": template, "tpl": template,
	"dist": template, "default": template, "defaults": template, "schema": template,
	"local": oneMachine, "devcontainer": oneMachine,
	"vault": tooling, "keys": tooling, "me": tooling, "previous": tooling, "project": tooling,
	"enc": encrypted, "encrypted": encrypted, "gpg": encrypted, "pgp": encrypted, "asc": encrypted, "age": encrypted, "sops": encrypted, "sealed": encrypted,
	"bak": leftover, "backup": leftover, "old": leftover, "orig": leftover, "rej": leftover, "save": leftover, "tmp": leftover,
	"swp": leftover, "swo": leftover, "copy": leftover, "disabled": leftover,
	"md": document, "txt": document, "json": document, "yaml": document, "yml": document, "js": document, "ts": document, "py": document, "sh": document,
	"d":      document,
	"common": shared, "base": shared, "shared": shared, "global": shared, "globals": shared, "all": shared, "override": shared, "overrides": shared,
	"secret": shared, "secrets": shared, "docker": purpose, "compose": purpose, "build": purpose, "ci": purpose, "e2e": purpose, "unit": purpose,
	"jest": purpose, "vitest": purpose, "cypress": purpose, "playwright": purpose, "storybook": purpose,
}

const (
	template   = "is a template"
	oneMachine = "belongs to one machine, not to a deploy"
	tooling    = "belongs to a tool that manages .env files"
	encrypted  = "is encrypted"
	leftover   = "is a leftover copy"
	document   = "is no .env file by its name"
	shared     = "is a part of several environments"
	purpose    = "belongs to a tool, not to a deploy"
)

// dotenv finds the .env files of the directory itself. Those of directories below it are
// told of: loaded one after the other, each would find what the others set.
func (d *discovery) dotenv() {
	var names []string
	for _, dir := range d.dirs {
		var here []string
		for _, file := range d.in[dir].files {
			name, ok := strings.CutPrefix(file, common+".")
			switch {
			case file == common && dir == ".":
				d.common = true
			case !ok || name == "":
			case dir != ".":
				if notAnEnvironment(name) == "" {
					here = append(here, file)
				}
			default:
				names = append(names, d.named(file, name)...)
			}
		}
		if len(here) > 0 {
			d.note("the .env files in %q belong to what lies there; to check it, start keyfit with -C %s", dir, dir)
		}
	}
	if len(names) > maxEnvironments {
		d.note("only the first %d of %d .env files were taken for environments; write keyfit.yaml to choose", maxEnvironments, len(names))
		names = names[:maxEnvironments]
	}
	for _, name := range names {
		layers := []string{common + "." + name}
		if d.common {
			layers = []string{common, common + "." + name}
		}
		s := d.layers(layers)
		s.environment = name
		d.sources = append(d.sources, s)
	}
}

// named tells whether a file .env.NAME makes an environment.
func (d *discovery) named(file, name string) []string {
	if why := notAnEnvironment(name); why != "" {
		d.note("%q %s, so it is left out", file, why)
		return nil
	}
	if isStage(name) || d.inPipelines(name) {
		return []string{name}
	}
	if by := d.loaderOf(file); by != "" {
		d.note("%q is loaded by %q, so it is no environment of its own; if it is one, write it into keyfit.yaml", file, by)
		return nil
	}
	if d.inPipelines("") {
		d.note("%q is left out: the pipelines name other environments; if it is one, write it into keyfit.yaml", file)
		return nil
	}
	return []string{name}
}

// inPipelines reports whether the pipelines name an environment, or any at all.
func (d *discovery) inPipelines(name string) bool {
	return slices.ContainsFunc(d.sources, func(s source) bool {
		return s.kind == ofPipelines && (name == "" || sameAs(s.environment) == sameAs(name))
	})
}

// The limits of what is read to find out what loads a .env file.
const (
	maxLoaders    = 300
	maxLoaderSize = 256 << 10
)

// loads finds the .env files that a script loads, as in . ./.env.common.
var loads = lazy.Regexp(`(?m)(?:^|[\s;&|({])(?:\.|source|-?include)[ \t]+["']?(?:[\w./-]*/)?(\.env\.[\w.-]+)`)

// loaderOf is the first script or pipeline that loads a file; empty if there is none.
func (d *discovery) loaderOf(file string) string {
	if d.loaders == nil {
		d.loaders = map[string]string{}
		d.findLoaders()
	}
	return d.loaders[file]
}

func (d *discovery) findLoaders() {
	left := maxLoaders
	for _, dir := range d.dirs {
		for _, file := range d.in[dir].files {
			if !mayLoad(file) {
				continue
			}
			if left--; left < 0 {
				return
			}
			name := path.Join(dir, file)
			data, err := d.files.Read(path.Join(d.dir, name))
			if err != nil || len(data) > maxLoaderSize {
				continue
			}
			for _, m := range loads().FindAllSubmatch(data, -1) {
				if loaded := string(m[1]); d.loaders[loaded] == "" {
					d.loaders[loaded] = name
				}
			}
		}
	}
}

// mayLoad reports whether a file is a script, or a pipeline with scripts in it.
func mayLoad(file string) bool {
	switch path.Ext(file) {
	case ".sh", ".bash", ".yml", ".yaml", ".mk":
		return true
	}
	return slices.Contains([]string{"Makefile", "makefile", "Jenkinsfile", "Justfile", "justfile", "package.json", ".envrc", "Procfile"}, file) || strings.HasPrefix(file, common+".")
}

// notAnEnvironment says what .env.NAME is instead; empty if it is an environment.
func notAnEnvironment(name string) string {
	if strings.HasSuffix(name, "~") || strings.HasPrefix(name, "#") {
		return leftover
	}
	for word := range strings.SplitSeq(strings.ToLower(name), ".") {
		if word == "" {
			return document
		}
		if why := others[word]; why != "" {
			return why
		}
	}
	if !isEnvironmentName(name) || strings.ContainsRune(name, ' ') {
		return document
	}
	return ""
}

// layers is a step that loads files in order; later ones win.
func (d *discovery) layers(files []string) source {
	step := config.Step{Dotenv: &config.Dotenv{}}
	for _, file := range files {
		at := d.at(file)
		step.Dotenv.Files = append(step.Dotenv.Files, at)
		step.At = at.Span
	}
	return source{kind: ofDotenv, unit: ".", step: step, from: strings.Join(files, ", then ")}
}

// others tells of files that are no step, and that somebody may miss.
func (d *discovery) others() {
	if slices.ContainsFunc(d.sources, func(s source) bool { return s.kind == ofPipelines }) || len(d.loose) > 0 {
		return
	}
	for _, dir := range d.dirs {
		for _, file := range d.in[dir].files {
			name := path.Join(dir, file)
			switch {
			case composeFile(file):
				d.note("%q may be deployed, but no pipeline names it; write compose: {files: […]} in keyfit.yaml", name)
			case strings.HasPrefix(file, "deploy") && path.Ext(file) == ".sh":
				d.note("%q may deploy, but no pipeline calls it; write `run:` with its arguments in keyfit.yaml", name)
			}
		}
	}
}

// composeFile reports whether a file is a compose file of one environment.
func composeFile(file string) bool {
	ext := path.Ext(file)
	base := strings.TrimSuffix(file, ext)
	if ext != ".yml" && ext != ".yaml" {
		return false
	}
	for _, prefix := range []string{"compose.", "docker-compose.", "docker-compose-"} {
		if name, ok := strings.CutPrefix(base, prefix); ok && isStage(name) {
			return true
		}
	}
	return false
}
