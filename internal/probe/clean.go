package probe

import (
	"github.com/keyfit/keyfit/internal/verdict"
)

// minShared is how long a key must be to be taken out of the other keys' verdicts too.
// Shorter ones are words, such as "test", that verdicts need.
const minShared = 12

// keyScrubber hides everything secret of one question.
func keyScrubber(q *Question) *scrubber { return newScrubber(secretsOf(q)...) }

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

// cleanVerdict passes every text that an answer had a part in through the scrubber. The
// catalogue's own texts (Says, Causes) go through it as well: it costs nothing.
func cleanVerdict(v *verdict.Verdict, s *scrubber) {
	v.Says, v.Needs = s.clean(v.Says), s.clean(v.Needs)
	v.Causes = s.cleanAll(v.Causes)
	cleanIdentity(&v.Identity, s)
	cleanEvidence(&v.Evidence, s)
	if v.Elsewhere != nil {
		elsewhere := *v.Elsewhere
		cleanIdentity(&elsewhere.Identity, s)
		cleanEvidence(&elsewhere.Evidence, s)
		v.Elsewhere = &elsewhere
	}
}

func cleanIdentity(i *verdict.Identity, s *scrubber) {
	for _, text := range []*string{&i.User, &i.Name, &i.Kind, &i.Tenant, &i.Account, &i.Mode} {
		*text = s.clean(*text)
	}
	i.Scopes = s.cleanAll(i.Scopes)
}

func cleanEvidence(e *verdict.Evidence, s *scrubber) {
	for _, text := range []*string{&e.Host, &e.Path, &e.Code, &e.RequestID, &e.Failure} {
		*text = s.clean(*text)
	}
}

// cleanAll makes a list of its own: verdicts of the same request share theirs.
func (s *scrubber) cleanAll(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, s.clean(text))
	}
	return out
}
