package checks

import (
	"fmt"
	"slices"
	"strings"
)

// Manual gives the manual page of the check, as `keyfit explain` prints it and as
// docs/findings holds it. Links lead to the pages beside it.
func Manual(c Check) string {
	var b strings.Builder
	p := c.Page
	fmt.Fprintf(&b, "# %s: %s\n\n%s\n\n", c.ID, c.Name, p.Summary)
	fmt.Fprintf(&b, "| id | name | severity |\n|---|---|---|\n| `%s` | `%s` | %s |\n\n", c.ID, c.Name, c.Severity)
	fmt.Fprintf(&b, "## Why it matters\n\n%s\n\n", p.Why)
	fmt.Fprintf(&b, "## Example\n\nThis fires it:\n\n```text\n%s\n```\n\nThis is right:\n\n```text\n%s\n```\n\n", p.Bad, p.Good)
	fmt.Fprintf(&b, "## How to mend it\n\n%s\n\n", p.Fix)
	fmt.Fprintf(&b, "## Limits\n\n%s\n\n", p.Limits)
	fmt.Fprintf(&b, "## How to ignore it\n\n%s\n", c.howToIgnore())
	b.WriteString(c.seeAlso())
	return b.String()
}

func (c Check) howToIgnore() string {
	slot, what := "staging/*/PAYMENT_API_KEY", "`slot` is `environment/consumer/VARIABLE`"
	if c.OnProblem {
		slot, what = "staging/*", "`slot` begins with the environment"
	}
	text := fmt.Sprintf("In `keyfit.yaml`; %s, and `*` stands for any text. A reason and a day are required. "+
		"From that day on the finding is back, together with a reminder.\n\n"+
		"```yaml\nignore:\n  - {id: %s, slot: \"%s\", reason: \"why it is fine until then\", expires: 2027-01-31}\n```\n\n", what, c.ID, slot)
	text += fmt.Sprintf("Or in the file that the finding points at, in a comment on that line or on one of its own just above, "+
		"in whatever way the file writes comments:\n\n```sh\n# keyfit: ignore[%s] until 2027-01-31: why it is fine until then\n```", c.ID)
	if slices.Contains(Guarded(), c.ID) {
		text += fmt.Sprintf("\n\nIn production neither is enough: `keyfit check --allow %s` must say it too. An environment is production by its name "+
			"(`production`, `prod-eu`, `live`), or because `mode: live` is expected of the key there.", c.ID)
	}
	return text
}

func (c Check) seeAlso() string {
	var b strings.Builder
	for _, id := range c.Page.See {
		if other, ok := Find(id); ok {
			fmt.Fprintf(&b, "- [%s: %s](%s.md): %s\n", other.ID, other.Name, other.ID, lowerFirst(other.Page.Summary))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## See also\n\n" + b.String()
}

// lowerFirst makes a sentence a clause, unless it begins with an acronym.
func lowerFirst(sentence string) string {
	if len(sentence) < 2 || sentence[1] >= 'A' && sentence[1] <= 'Z' {
		return sentence
	}
	return strings.ToLower(sentence[:1]) + sentence[1:]
}
