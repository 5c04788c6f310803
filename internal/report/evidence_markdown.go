package report

import (
	"fmt"
	"strings"
)

// markdown is the packet as people send it. Every text in it came over a network, and is
// escaped so that it can be nothing but text.
func (e Evidence) markdown() string {
	var b strings.Builder
	b.WriteString("# What an API answered\n\n" + md(e.Note) + "\n\n")
	written := strings.TrimSpace("keyfit " + e.Tool.Version)
	fmt.Fprintf(&b, "Written by %s; the run began at %s.\n", md(written), mdCode(moment(e.Started)))
	if len(e.Cases) == 0 {
		b.WriteString("\nThere is nothing to send: no key that was asked about was refused or left open.\n")
	}
	for i, c := range e.Cases {
		fmt.Fprintf(&b, "\n## %d. %s: %s\n\n", i+1, c.title(), md(c.Outcome))
		for _, f := range c.supportFacts() {
			if f.text != "" {
				fmt.Fprintf(&b, "- %s: %s\n", f.label, f.text)
			}
		}
		b.WriteString("\n" + c.tried())
	}
	return b.String()
}

func (c EvidenceCase) title() string {
	if c.KeyKind == "" {
		return mdCode(c.API)
	}
	return mdCode(c.API) + ", " + md(c.KeyKind)
}

// supportFact is one line of a case; its text is Markdown.
type supportFact struct{ label, text string }

func (c EvidenceCase) supportFacts() []supportFact {
	r := c.Request
	way, certificates := "direct", "those of the system"
	if c.Proxy {
		way = "through an HTTP proxy"
	}
	if c.OwnCA {
		certificates = "further ones are trusted beside or instead of the system's"
	}
	key := ""
	if c.KeyHint != "" {
		key = mdCode(c.KeyHint) + ", as the vendor's own list of keys shows it"
	}
	return []supportFact{
		{"What we conclude", md(c.Conclusion) + " (" + mdCode(c.Reason) + ")"},
		{"Asked", mdCode(strings.TrimSpace(r.Method + " " + r.Host + r.Path))},
		{"Time", mdCode(moment(r.At))},
		{"Answer", mdCode(answerText(r))},
		{"Error code", mdCode(r.Code)},
		{"Request id", mdCode(r.RequestID)},
		{"Attempts", fmt.Sprintf("%d, in %s seconds together", r.Attempts, seconds(r.DurationMS))},
		{"Key", key},
		{"Whose, as the API says", mdCode(identityText(c.Identity))},
		{"How far it gets", md(rungsText(c.Rungs))},
		{"Way", way + "; CA certificates: " + certificates},
		{"Documentation", mdCode(c.Documentation)},
	}
}

func answerText(r Request) string {
	switch {
	case r.Status != 0 && r.Failure != "":
		return fmt.Sprintf("HTTP %d, %s", r.Status, r.Failure)
	case r.Status != 0:
		return fmt.Sprintf("HTTP %d", r.Status)
	case r.Failure != "":
		return "none: " + r.Failure
	}
	return "none"
}

func rungsText(r Rungs) string {
	var parts []string
	for i, name := range []string{"format", "known", "linked", "active", "authorised"} {
		parts = append(parts, name+" "+r.all()[i])
	}
	return strings.Join(parts, ", ")
}

// tried is the table of all requests.
func (c EvidenceCase) tried() string {
	var b strings.Builder
	b.WriteString("| What was tried | Time | Asked | Answer | Request id | Came to |\n|---|---|---|---|---|---|\n")
	for _, t := range c.Tried {
		r := t.Request
		cells := []string{
			md(t.What), mdCode(moment(r.At)), mdCode(strings.TrimSpace(r.Method + " " + r.Host + r.Path)),
			mdCode(strings.TrimSpace(answerText(r) + " " + r.Code)), mdCode(r.RequestID), mdCode(t.Reason),
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}
