package report

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/checks"
)

// rules are all checks of this version, so that a reader sees what was looked for, and those
// of another version that a saved report speaks of.
type rules struct {
	list []sarifRule
	at   map[string]int
}

func newRules(d *Document) rules {
	r := rules{at: map[string]int{}}
	for _, c := range checks.All() {
		r.add(checkRule(c))
	}
	for _, f := range d.Findings {
		r.addStranger(f)
	}
	for _, i := range d.Ignored {
		r.addStranger(i.Finding)
	}
	return r
}

func (r *rules) add(rule sarifRule) {
	r.at[rule.ID] = len(r.list)
	r.list = append(r.list, rule)
}

// addStranger adds the rule of a finding that this version does not know.
func (r *rules) addStranger(f Finding) {
	if _, known := r.at[f.ID]; known {
		return
	}
	text, help := sarifText{"a finding that this version of keyfit does not know"}, homePage
	if isID(f.ID) {
		help = HelpURL(f.ID)
	}
	r.add(sarifRule{
		ID: f.ID, Name: shorten(f.Name, 255), ShortDescription: text, FullDescription: text,
		Help: sarifHelp{Text: text.Text}, HelpURI: help, DefaultConfiguration: sarifLevel{level(f.Severity)},
		Properties: sarifRuleTraits{Tags: []string{"security"}, Precision: "medium", SecuritySeverity: score(checks.Check{ID: f.ID, Severity: checks.Warning})},
	})
}

func checkRule(c checks.Check) sarifRule {
	return sarifRule{
		ID: c.ID, Name: c.Name,
		ShortDescription:     sarifText{shorten(unmarked(c.Page.Summary), maxSarifText)},
		FullDescription:      sarifText{shorten(unmarked(c.Page.Summary+" "+c.Page.Why), maxSarifText)},
		Help:                 sarifHelp{Text: unmarked("How to mend it: "+c.Page.Fix) + "\n\n" + HelpURL(c.ID), Markdown: manual(c)},
		HelpURI:              HelpURL(c.ID),
		DefaultConfiguration: sarifLevel{c.Severity.String()},
		Properties:           sarifRuleTraits{Tags: tags(c), Precision: precision(c), SecuritySeverity: score(c)},
	}
}

// manual is the manual page without its example, which shows a key, and without what stands
// in the file's own place: a link leads to the whole page.
func manual(c checks.Check) string {
	return fmt.Sprintf("%s\n\n## Why it matters\n\n%s\n\n## How to mend it\n\n%s\n\n## Limits\n\n%s\n\n[The whole page, with an example and how to ignore the finding](%s)\n",
		c.Page.Summary, c.Page.Why, c.Page.Fix, c.Page.Limits, HelpURL(c.ID))
}

// unmarked takes the code marks out of a paragraph of a manual page.
func unmarked(markdown string) string { return strings.ReplaceAll(markdown, "`", "") }

// tags are what readers filter by; GitHub shows ten.
func tags(c checks.Check) []string {
	tags := []string{"security", "secrets", "deployment"}
	switch {
	case acceptsDoubt(c.ID):
		tags = append(tags, "unverified")
	case c.OnProblem:
		tags = append(tags, "input")
	case c.ID < "K2":
		tags = append(tags, "value")
	case c.ID < "K3":
		tags = append(tags, "fit")
	default:
		tags = append(tags, "provider")
	}
	if c.ID == "K106" {
		tags = append(tags, "external/cwe/cwe-798")
	}
	return tags
}

// precision says how often the finding is right: what an API said almost always is, what a
// value's form suggests mostly.
func precision(c checks.Check) string {
	switch {
	case acceptsDoubt(c.ID), c.OnProblem:
		return "medium"
	case c.ID < "K2":
		return "high"
	}
	return "very-high"
}

// score is GitHub's security severity: high for what stops a deploy or opens it to others,
// medium for what is to be put in order, low for what is not known.
func score(c checks.Check) string {
	switch {
	case acceptsDoubt(c.ID), c.OnProblem:
		return "3.0"
	case c.Severity == checks.Error, c.ID == "K106":
		return "8.0"
	}
	return "5.0"
}
