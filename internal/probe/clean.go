package probe

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/verdict"
)

// minShared is how long a key must be to be taken out of the other keys' verdicts too.
// Shorter ones are words, such as "test", that verdicts need.
const minShared = 12

// keyScrubber hides everything secret of one question. What is like a secret that the
// whole run hides is hidden by then.
func keyScrubber(q *Question) *scrubber {
	texts := secretsOf(q)
	s := newFormScrubber(texts)
	s.likeness = newLikeness(slices.DeleteFunc(texts, func(text string) bool { return len(text) >= minShared }))
	return s
}

// runScrubber hides the keys of a whole run: an API may know its neighbours' keys.
func runScrubber(questions []Question) *scrubber {
	seen := map[string]bool{}
	var texts []string
	for i := range questions {
		for _, text := range secretsOf(&questions[i]) {
			if len(text) >= minShared && !seen[text] {
				seen[text] = true
				texts = append(texts, text)
			}
		}
	}
	return newScrubber(texts...)
}

func secretsOf(q *Question) []string {
	texts := []string{q.Key.Reveal()}
	for role, text := range q.Parts {
		if q.Provider == nil || isSecret(q.Provider, role) {
			texts = append(texts, text.Reveal())
		}
	}
	return texts
}

// cleanVerdict passes every text that an answer had a part in through the scrubber. Our
// own texts (Says, Causes, hosts, failures) go through it as well: it costs nothing. Of
// those only the forms of a key are taken out, not what is merely like it: a key may well
// be named after its host.
func cleanVerdict(v *verdict.Verdict, s *scrubber) {
	v.Says, v.Needs, v.Doubt = s.clean(v.Says), s.conceal(v.Needs), s.clean(v.Doubt)
	v.Causes = s.cleanAll(v.Causes)
	cleanIdentity(&v.Identity, s)
	cleanEvidence(&v.Evidence, s)
	if v.Elsewhere != nil {
		elsewhere := *v.Elsewhere
		cleanIdentity(&elsewhere.Identity, s)
		cleanEvidence(&elsewhere.Evidence, s)
		v.Elsewhere = &elsewhere
	}
	v.Asked = slices.Clone(v.Asked)
	for i := range v.Asked {
		cleanEvidence(&v.Asked[i].Evidence, s)
	}
}

func cleanIdentity(i *verdict.Identity, s *scrubber) {
	for _, text := range []*string{&i.User, &i.Name, &i.Kind, &i.Tenant, &i.Account, &i.Mode} {
		*text = s.conceal(*text)
	}
	i.Scopes = s.concealAll(i.Scopes)
}

func cleanEvidence(e *verdict.Evidence, s *scrubber) {
	for _, text := range []*string{&e.Code, &e.RequestID} {
		*text = s.conceal(*text)
	}
	for _, text := range []*string{&e.Host, &e.Path, &e.Failure} {
		*text = s.clean(*text)
	}
}

// concealAll conceals each text of a list, and the list when its texts in a row give a
// secret away: a text that is spaced out is split where the spaces are. The list is one
// of its own: verdicts of the same request share theirs.
func (s *scrubber) concealAll(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, s.conceal(text))
	}
	if len(out) > 1 && s.likeness.gives(strings.Join(out, "")) {
		return []string{s.mark}
	}
	return out
}

// cleanAll cleans each text of a list, into a list of its own.
func (s *scrubber) cleanAll(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, s.clean(text))
	}
	return out
}
