// Package discover tells environments from the files of a repository that has no
// keyfit.yaml. It guesses as little as it can: a file .env.staging beside .env makes
// the environment "staging", loaded from .env and then .env.staging, and nothing else
// does. Whatever it found, and whatever it left out and why, is in its notes.
package discover

import (
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// Default is the environment of a repository that names none.
const Default = "default"

// maxEnvironments bounds how many are taken from one directory.
const maxEnvironments = 100

const common = ".env" // what every environment loads first

// Found is a configuration as it could have been written, and what led to it.
type Found struct {
	Config *config.File
	Notes  []string // one line each, for people
}

// A file .env.WORD is no environment if any of its words, separated by dots, is one of
// these. The text says what it is instead.
var others = map[string]string{
	"example": template, "examples": template, "sample": template, "template": template, "tmpl": template, "tpl": template,
	"dist": template, "default": template, "defaults": template, "schema": template,
	"local": "belongs to one machine, not to a deploy",
	"vault": tooling, "keys": tooling, "me": tooling, "previous": tooling, "project": tooling,
	"enc": encrypted, "encrypted": encrypted, "gpg": encrypted, "pgp": encrypted, "asc": encrypted, "age": encrypted, "sops": encrypted, "sealed": encrypted,
	"bak": leftover, "backup": leftover, "old": leftover, "orig": leftover, "rej": leftover, "save": leftover, "tmp": leftover,
	"swp": leftover, "swo": leftover, "copy": leftover, "disabled": leftover,
	"md": document, "txt": document, "json": document, "yaml": document, "yml": document, "js": document, "ts": document, "py": document, "sh": document,
	"d": document,
}

const (
	template  = "is a template"
	tooling   = "belongs to a tool that manages .env files"
	encrypted = "is encrypted"
	leftover  = "is a leftover copy"
	document  = "is no .env file by its name"
)

// Environments discovers from the directory start, slash-separated and relative to the
// repository's root. There is always at least one environment; without any .env file it
// is one that holds just what keyfit's own process holds.
func Environments(files repo.Files, start string) Found {
	d := &discovery{dir: path.Clean(start), found: Found{Config: &config.File{Version: 1, Environments: map[string]*config.Environment{}}}}
	entries, err := files.List(start)
	if err != nil {
		d.note("the directory %q cannot be listed, so no .env file was looked for", d.dir)
	}
	var names []string
	for _, entry := range entries {
		if name, ok := d.environment(entry); ok {
			names = append(names, name)
		}
		d.hasCommon = d.hasCommon || entry.Name == common && !entry.Dir
	}
	if len(names) > maxEnvironments {
		d.note("only the first %d of %d .env files were taken for environments; write keyfit.yaml to choose", maxEnvironments, len(names))
		names = names[:maxEnvironments]
	}
	d.build(names)
	return d.found
}

type discovery struct {
	dir       string
	hasCommon bool
	found     Found
}

func (d *discovery) note(format string, args ...any) {
	d.found.Notes = append(d.found.Notes, fmt.Sprintf(format, args...))
}

// environment tells whether an entry makes an environment, and which.
func (d *discovery) environment(entry repo.Info) (name string, ok bool) {
	name, ok = strings.CutPrefix(entry.Name, common+".")
	if !ok || entry.Dir || name == "" {
		return "", false
	}
	if why := notAnEnvironment(name); why != "" {
		d.note("%q %s, so it is left out", entry.Name, why)
		return "", false
	}
	return name, true
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
	if strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return document
	}
	return ""
}

func (d *discovery) build(names []string) {
	for _, name := range names {
		var layers []string
		if d.hasCommon {
			layers = append(layers, common)
		}
		d.add(name, append(layers, common+"."+name))
	}
	switch {
	case len(names) > 0:
	case d.hasCommon:
		d.add(Default, []string{common})
	default:
		d.found.Config.Environments[Default] = &config.Environment{}
		d.note("no .env file was found: the environment %q holds what this process holds", Default)
	}
}

// add makes an environment of one step that loads the files in order; later ones win.
func (d *discovery) add(name string, layers []string) {
	step := config.Step{Dotenv: &config.Dotenv{}}
	for _, file := range layers {
		at := pos.Span{File: path.Join(d.dir, file)}
		step.Dotenv.Files = append(step.Dotenv.Files, strict.At[string]{Value: file, Span: at})
		step.At = at
	}
	d.found.Config.Environments[name] = &config.Environment{Deploy: []config.Step{step}, At: step.At}
	d.note("environment %q from %s", name, strings.Join(layers, ", then "))
}
