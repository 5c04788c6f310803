package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/verdict"
)

// What an API told (ids, names, scopes, codes) is another's text: it is always quoted,
// so that a line break or a workflow command in it stays harmless.

// subject names the slot: "KEY" of "Deployment/api" in "staging".
func (c *Case) subject() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q", c.Slot.Variable)
	if label := keys.Label(c.Slot.Consumer); label != "" {
		fmt.Fprintf(&b, " of %q", label)
	}
	if n := len(c.Slot.Also); n > 0 {
		fmt.Fprintf(&b, " and %d more", n)
	}
	if c.Slot.Environment != "" {
		fmt.Fprintf(&b, " in %q", c.Slot.Environment)
	}
	return b.String()
}

// service names the API that the slot's key is for.
func (c *Case) service() string {
	p := c.Slot.Provider
	switch {
	case p == nil:
		return "the API"
	case p.Name != "":
		return p.Name
	case p.ID != "":
		return p.ID
	}
	return "the API"
}

func (c *Case) aKey() string {
	if c.Slot.Provider == nil {
		return "a key"
	}
	return "a key of " + c.service()
}

// change says where the value is to be changed: the line that defines it and, where
// that line only takes it over, where it comes from.
func (c *Case) change() string {
	t := c.Slot.Value.Trail
	at, origin := t.At(), t.Origin()
	if kept, named, ok := stored(t); ok && (origin.Kind == model.KindProcess || origin.Kind == model.KindInput) {
		return fmt.Sprintf("in %s, or name another at %s", onGitHub(kept, "of"), place(named))
	}
	switch {
	case !at.IsValid() && origin.Kind == model.KindProcess:
		return "in " + processVariable(origin)
	case !at.IsValid():
		return "in the deploy path"
	case origin.Kind == model.KindProcess:
		return fmt.Sprintf("in %s, from which %s takes it", processVariable(origin), place(at))
	case origin.At.IsValid() && origin.At != at:
		return fmt.Sprintf("at %s, where it comes from", place(origin.At))
	}
	return "at " + place(at)
}

// stored is what the CI system keeps the value as, and where its file names that; ok is false
// when the value is from no such store, or from several.
func stored(t model.Trail) (kept model.Stored, named pos.Span, ok bool) {
	hops := t.Hops()
	for i, h := range hops {
		switch {
		case h.Stored.Kind == "" || h.Kind != model.KindWorkflow:
			continue
		case ok && h.Stored != kept:
			return model.Stored{}, pos.Span{}, false
		}
		kept, named, ok = h.Stored, h.At, true
		if i+1 < len(hops) && hops[i+1].Kind == model.KindWorkflow && hops[i+1].At.IsValid() {
			named = hops[i+1].At
		}
	}
	return kept, named, ok && named.IsValid()
}

// onGitHub names it as the settings of GitHub do: the secret "X" of the environment "Y" on GitHub.
func onGitHub(kept model.Stored, of string) string {
	whose := "repository"
	if kept.Environment != "" {
		whose = fmt.Sprintf("environment %q", kept.Environment)
	}
	return fmt.Sprintf("the %s %q %s the %s on GitHub", kept.Kind, kept.Name, of, whose)
}

// source names where a definition stands, in a few words.
func source(t model.Trail) string {
	if at := t.At(); at.IsValid() {
		return place(at)
	}
	if origin := t.Origin(); origin.Kind == model.KindProcess {
		return processVariable(origin)
	}
	return "the deploy path"
}

// processVariable names a variable of the environment that keyfit was started with.
func processVariable(hop model.Hop) string {
	if hop.What == "" {
		return "the environment of this job"
	}
	return fmt.Sprintf("the variable %q of this job", hop.What)
}

// place gives file:line; a column helps an editor, but nobody who reads.
func place(at pos.Span) string {
	if at.Start.Line == 0 {
		return at.File
	}
	return fmt.Sprintf("%s:%d", at.File, at.Start.Line)
}

// owner says whose key it is, as far as the API told; empty when it did not.
func owner(id verdict.Identity) string {
	name := id.Name
	if name == "" {
		name = id.User
	}
	kind := ""
	if id.Kind != "" {
		kind = " (" + word(id.Kind) + ")"
	}
	switch {
	case name != "":
		return fmt.Sprintf("user %q%s", name, kind)
	case id.Account != "":
		return fmt.Sprintf("account %q%s", id.Account, kind)
	case id.Tenant != "":
		return fmt.Sprintf("tenant %q%s", id.Tenant, kind)
	}
	return ""
}

// itsOwner is owner as a clause at the end of a message: `; it belongs to user "x"`.
func (c *Case) itsOwner(verb string) string {
	if o := owner(c.identity()); o != "" {
		return "; it " + verb + " " + o
	}
	return ""
}

// word passes on a plain word and quotes everything else.
func word(text string) string {
	for _, r := range text {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_') {
			return fmt.Sprintf("%q", text)
		}
	}
	return text
}

// heard tells what the vendor's support will ask for.
func (c *Case) heard() string {
	e := c.Verdict.Evidence
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" {
		parts = append(parts, fmt.Sprintf("code %q", e.Code))
	}
	if e.RequestID != "" {
		parts = append(parts, fmt.Sprintf("request %q", e.RequestID))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// meaning is what the catalogue says about the answer, as a clause.
func (c *Case) meaning() string {
	if c.Verdict.Says == "" {
		return ""
	}
	return ": " + c.Verdict.Says
}

// quoted lists words: "a", "b" and "c".
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return listed(out)
}

func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// prefixed puts a clause in front of a text; an empty text stays empty.
func prefixed(clause, text string) string {
	if text == "" {
		return ""
	}
	return clause + text
}
