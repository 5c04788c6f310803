// Package docs holds the pages that `keyfit explain` prints beside those of the findings. They
// are the Markdown files of this folder themselves, so that the program and what stands here
// cannot say different things.
package docs

import "embed"

//go:embed first-steps.md exit-codes.md reports.md support.md hooks.md unknown.md reasons.md configuration.md threat-model.md data.md
var files embed.FS

// Page is one page.
type Page struct{ Name, Summary string }

// Pages lists the pages, in the order in which a newcomer would read them.
func Pages() []Page {
	return []Page{
		{"first-steps", "from an empty folder to a wrong key that is caught"},
		{"configuration", "keyfit.yaml: what is found without it, the steps, and every field"},
		{"exit-codes", "how a run ends, and what a pipeline makes of it"},
		{"reports", "the formats, several jobs and repositories, two environments side by side"},
		{"support", "when a key fails: what a job can see, a control key, what a vendor's support asks for"},
		{"hooks", "before a push: the hook, pre-commit, lefthook, husky"},
		{"reasons", "the words that a verdict rests on, with their rungs: ok, key_revoked, owner_disabled, …"},
		{"unknown", "why a value is not known, and what makes it known: ci-secret, command-output, …"},
		{"data", "what leaves the machine, and what does not"},
		{"threat-model", "who could attack, and what they get"},
	}
}

// Text gives the Markdown of a page; "" when there is none of that name.
func Text(name string) string {
	data, err := files.ReadFile(name + ".md")
	if err != nil {
		return ""
	}
	return string(data)
}
