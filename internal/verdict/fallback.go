package verdict

import "github.com/keyfit/keyfit/internal/provider"

// fallback judges an answer that no rule holds for. It never refuses a key.
func (a answer) fallback(p *provider.Provider) Verdict {
	switch s := a.Status; {
	case s == 407 || s == 511:
		return unverified(provider.NetworkProxy, "a proxy on the way wants a login of its own")
	case s == 429:
		return unverified(provider.RateLimited, "too many requests")
	case s >= 500:
		return unverified(provider.ProviderDown, "the API reports a fault of its own")
	case s >= 300 && s < 400:
		return unverified(provider.Intermediary, "the answer is a redirect, which no key is sent after")
	case a.page:
		return unverified(provider.Intermediary, "the answer is a page for people, not the API's")
	case a.Truncated:
		return ambiguous("the answer was cut short")
	case a.lacksJSON(p):
		return unverified(provider.Intermediary, "the answer is not the API's JSON")
	case s >= 400:
		return ambiguous("the API, without a word that names the cause", "something on the way, such as a firewall", "a wrong host or path")
	}
	return ambiguous("an answer that the provider's rules do not know", "something on the way", "a wrong host or path")
}

// lacksJSON reports whether the API's own JSON is missing where it would have to be:
// in every success, and for the catalogue, whose errors are known, in every error with
// a body. The user's own API may well refuse in plain words.
func (a answer) lacksJSON(p *provider.Provider) bool {
	if a.isJSON || !p.SpeaksJSON() {
		return false
	}
	return a.Status < 300 || (!p.Custom && len(a.Body) > 0)
}

func unverified(reason provider.Reason, says string) Verdict {
	return Verdict{Reason: reason, Says: says}
}

func ambiguous(causes ...string) Verdict {
	return Verdict{Reason: provider.AmbiguousCause, Causes: causes}
}
