// Package docs writes the reference pages: one for each finding, out of its manual page,
// one for each provider, out of the catalogue, and those of the commands, of the reasons and
// of the configuration's fields. What users read is so what keyfit
// does; a test holds the committed pages to it.
//
//go:generate go run ./gen
package docs

import (
	"fmt"
	"maps"
	"strings"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/provider"
)

const generated = "<!-- Generated: run `go generate ./internal/docs`. -->\n\n"

// Pages gives every generated page, by its path under docs/. Of the page about the configuration,
// the committed one holds the part that is written by hand; the manual of the commands comes from
// above, where they are.
func Pages(configuration, commands []byte) map[string][]byte {
	pages := map[string][]byte{"commands.md": append([]byte(generated), commands...)}
	for _, more := range []map[string][]byte{Findings(), Providers(), Determinacy(), Reasons(), Configuration(configuration)} {
		maps.Copy(pages, more)
	}
	return pages
}

// Findings gives the pages of all findings, by their paths under docs/.
func Findings() map[string][]byte {
	pages := map[string][]byte{}
	var index strings.Builder
	index.WriteString(generated + "# Findings\n\nWhat `keyfit check` reports. `keyfit explain K105` prints one of these pages.\n\n" +
		"| id | name | severity | what is wrong |\n|---|---|---|---|\n")
	for _, c := range checks.All() {
		pages["findings/"+c.ID+".md"] = []byte(generated + checks.Manual(c))
		fmt.Fprintf(&index, "| [%s](%s.md) | %s | %s | %s |\n", c.ID, c.ID, c.Name, c.Severity, cell(c.Page.Summary))
	}
	pages["findings/README.md"] = []byte(index.String())
	return pages
}

// Providers gives the pages of the catalogue, by their paths under docs/.
func Providers() map[string][]byte {
	pages := map[string][]byte{}
	var index strings.Builder
	index.WriteString(generated + "# Providers\n\nThe APIs that keyfit knows: what a key looks like, what is sent where, and what the answers mean.\n\n" +
		"| id | name | kinds of keys | request |\n|---|---|---|---|\n")
	for _, p := range provider.Catalogue().All() {
		pages["providers/"+p.ID+".md"] = []byte(generated + string(Provider(p)))
		fmt.Fprintf(&index, "| [%s](%s.md) | %s | %s | %s |\n", p.ID, p.ID, cell(p.Name), cell(strings.Join(kinds(p), ", ")), cell(requestLine(p)))
	}
	pages["providers/README.md"] = []byte(index.String())
	return pages
}

// kinds lists the kinds of keys that a provider has, each once, in the order of its file.
func kinds(p *provider.Provider) []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range p.Forms {
		if !seen[f.Kind] {
			seen[f.Kind] = true
			out = append(out, f.Kind)
		}
	}
	return out
}

// cell makes a text fit for a cell of a Markdown table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// code marks a text as code; one with a backquote in it needs two around it.
func code(text string) string {
	text = cell(text)
	switch {
	case text == "":
		return ""
	case strings.Contains(text, "`"):
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}
