package docs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/provider"
)

// read lists what is taken out of an answer; everything else is thrown away.
func read(p *provider.Provider) string {
	text := readOnce(p)
	for i := range p.Probe.Then {
		view, _ := p.ForStep(p.Probe.Then[i].ID)
		text += fmt.Sprintf("\nFrom the answer to %s:\n\n%s", code(p.Probe.Then[i].ID), readOnce(view))
	}
	return text
}

func readOnce(p *provider.Provider) string {
	id, evidence := &p.Probe.Identity, &p.Probe.Evidence
	var rows []string
	for _, piece := range []struct {
		name string
		from *provider.Extract
	}{
		{"user", id.User}, {"name", id.Name}, {"kind of owner", id.Kind}, {"owner active", id.Active}, {"tenant", id.Tenant},
		{"account", id.Account}, {"mode", id.Mode}, {"scopes", id.Scopes}, {"expires", id.Expires}, {"created", id.Created},
		{"administrator", id.Admin}, {"given to later requests, never shown", savedExtract(p)}, {"error code", evidence.Code}, {"request id", evidence.RequestID},
	} {
		if piece.from != nil {
			rows = append(rows, fmt.Sprintf("| %s | %s |\n", piece.name, extract(piece.from)))
		}
	}
	if len(rows) == 0 {
		return "Nothing but the verdict: the answer does not say whose key it is."
	}
	return "| piece | from |\n|---|---|\n" + strings.Join(rows, "")
}

// savedExtract gives where what is saved is read; nil when nothing is.
func savedExtract(p *provider.Provider) *provider.Extract {
	for _, role := range slices.Sorted(maps.Keys(p.Probe.Save)) {
		return p.Probe.Save[role]
	}
	return nil
}

func extract(e *provider.Extract) string {
	var from string
	switch {
	case e.JSON != "":
		from = code(string(e.JSON))
	case e.Header != "":
		from = "header " + code(e.Header)
	case e.Part != "":
		from = "the part " + code("$"+e.Part) + " of the credential"
	case e.Const != "":
		from = "always " + code(e.Const)
	default:
		from = "the body's text"
	}
	if e.Regex != nil {
		from += ", the part that matches " + code(e.Regex.String())
	}
	if e.Split != "" {
		from += ", a list split at " + quote(e.Split)
	}
	if len(e.In) > 0 {
		from += ", whether it is " + oneOf(e.In)
	}
	for _, word := range slices.Sorted(maps.Keys(e.Map)) {
		from += fmt.Sprintf(", %s means %s", code(word), code(e.Map[word]))
	}
	if e.Else != nil {
		from += "; else " + extract(e.Else)
	}
	return from
}

// quote shows a separator, which may well be a space.
func quote(text string) string { return "`" + strconv.Quote(escaped(text)) + "`" }

// escaped keeps spaces, which cell would take away.
func escaped(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// verdicts is the table of a provider's rules, in their order.
func verdicts(p *provider.Provider) string {
	text := verdictsOnce(p)
	for i := range p.Probe.Then {
		view, _ := p.ForStep(p.Probe.Then[i].ID)
		text += fmt.Sprintf("\nAnswers to %s:\n\n%s", code(p.Probe.Then[i].ID), verdictsOnce(view))
	}
	return text
}

func verdictsOnce(p *provider.Provider) string {
	if len(p.Probe.Verdicts) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("The first row that fits decides. An answer that fits none could not be verified: it never makes a key invalid.\n\n" +
		"| answer | reason | outcome | known from |\n|---|---|---|---|\n")
	for _, rule := range p.Probe.Verdicts {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", when(rule.When), rule.Reason, cell(outcome(p, rule)), rule.Source)
	}
	return b.String()
}

// outcome says which rung the reason fails, or what an accepted answer proves, and what
// the vendor means by it.
func outcome(p *provider.Provider, rule provider.Rule) string {
	text := "not verified"
	rung, refused := rule.Reason.FailedRung()
	switch class := rule.Reason.Class(); {
	case refused:
		text = "fails " + rung.String()
	case class == provider.Misfit:
		text = "does not fit"
	case p.Probe.Step != nil && p.Probe.Step.Finds != "":
		text = "finds what the request " + code(p.Probe.Step.Finds) + " needs"
	case class == provider.Accepted:
		text = "passes"
		if proves := proven(p, rule); len(proves) > 0 {
			text += " " + strings.Join(proves, ", ")
		}
	}
	if rule.Says != "" {
		text += ": " + rule.Says
	}
	if len(rule.Causes) > 0 {
		text += ": " + strings.Join(rule.Causes, "; or ")
	}
	if rule.Ask != "" {
		text += "; the request " + code(rule.Ask) + " may settle it"
	}
	if rule.Elsewhere {
		text += "; the other hosts are asked too"
	}
	if rule.Needs != nil {
		text += "; the answer names what is missing"
	}
	return text
}

func proven(p *provider.Provider, rule provider.Rule) []string {
	if rule.Proves != nil {
		return rule.Proves
	}
	return p.Probe.Proves
}

// when describes the condition of a rule.
func when(w provider.When) string {
	var out []string
	if len(w.Status) > 0 {
		out = append(out, statuses(w.Status))
	}
	for _, path := range slices.Sorted(maps.Keys(w.JSON)) {
		out = append(out, code(string(path))+" "+match(w.JSON[path]))
	}
	for _, name := range slices.Sorted(maps.Keys(w.Header)) {
		out = append(out, "header "+code(name)+" "+match(w.Header[name]))
	}
	if w.Text != nil {
		out = append(out, "the body "+match(w.Text.Match))
	}
	if w.ContentType != nil {
		out = append(out, "content type "+match(*w.ContentType))
	}
	if w.Picked != nil && *w.Picked {
		out = append(out, "the key's own item is in the list")
	}
	if w.Picked != nil && !*w.Picked {
		out = append(out, "the key's own item is not in the list")
	}
	if w.Mode != "" {
		out = append(out, "for "+w.Mode+" keys")
	}
	if w.Kind != "" {
		out = append(out, "for keys of the kind "+code(w.Kind))
	}
	for _, role := range slices.Sorted(maps.Keys(w.Parts)) {
		out = append(out, code("$"+role)+" "+match(w.Parts[role]))
	}
	return strings.Join(out, ", ")
}

func statuses(s provider.Statuses) string {
	var out []string
	for _, r := range s {
		switch {
		case r.First == r.Last:
			out = append(out, strconv.Itoa(r.First))
		case r.First%100 == 0 && r.Last == r.First+99:
			out = append(out, strconv.Itoa(r.First/100)+"xx")
		default:
			out = append(out, fmt.Sprintf("%d to %d", r.First, r.Last))
		}
	}
	return strings.Join(out, " or ")
}

func match(m provider.Match) string {
	switch {
	case m.Exists != nil && *m.Exists:
		return "is there"
	case m.Exists != nil:
		return "is not there"
	case m.HasEqual:
		return "is " + literal(m.Equals)
	case len(m.In) > 0:
		texts := make([]string, len(m.In))
		for i, v := range m.In {
			texts[i] = literal(v)
		}
		return "is " + strings.Join(texts, " or ")
	case m.Prefix != nil:
		return "begins with " + code(*m.Prefix)
	case m.Contains != nil:
		return "contains " + code(*m.Contains)
	case m.Regex != nil:
		return "matches " + code(m.Regex.String())
	case m.GT != nil:
		return "is more than " + literal(*m.GT)
	case m.LT != nil:
		return "is less than " + literal(*m.LT)
	}
	return "is anything"
}

func literal(v any) string {
	if v == nil {
		return "`null`"
	}
	text := fmt.Sprint(v)
	if text == "" {
		return "empty"
	}
	return code(text)
}

func oneOf(texts []string) string {
	return strings.ReplaceAll(codes(texts), "`, `", "` or `")
}
