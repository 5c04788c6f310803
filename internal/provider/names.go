package provider

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/lazy"
)

// HasName reports whether the variable's name is one that usually holds such a key. A star
// at the end of a catalogue's name stands for a variation of it, such as _STAGING or _2:
// STRIPE_SECRET_KEY_FILE holds a path, and HF_TOKENIZER another word.
func (p *Provider) HasName(name string) bool {
	if p.isAnothers(name) {
		return false
	}
	name = strings.ToLower(name)
	return slices.ContainsFunc(p.Names, func(glob string) bool {
		glob = strings.ToLower(glob)
		return Glob(glob, name) && (p.Custom || isVariation(glob, name))
	})
}

// isAnothers reports whether the variable's name names another vendor, whose keys have the
// same form.
func (p *Provider) isAnothers(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(p.NotNames, func(glob string) bool { return Glob(strings.ToLower(glob), name) })
}

// aboutKeys are last words of variables that tell something about a key and do not hold it.
var aboutKeys = []string{
	"file", "path", "dir", "url", "uri", "endpoint", "host", "port", "version", "name", "type", "kind", "id", "arn", "ref", "expiry", "expires",
	"expiration", "at", "ttl", "lifetime", "timeout", "limit", "length", "size", "count", "enabled", "disabled", "required", "header", "prefix",
	"suffix", "scope", "scopes", "issuer", "audience", "algorithm", "role", "hash", "fingerprint", "hint", "description",
}

// isVariation reports whether a name that a glob matches is still one of what the glob
// names: nothing, or further words that do not make it something else.
func isVariation(glob, name string) bool {
	stem, open := strings.CutSuffix(glob, "*")
	if !open {
		return true
	}
	for end := len(name); end > 0; end-- {
		rest := name[end:]
		first, _ := utf8.DecodeRuneInString(rest)
		if (rest == "" || !unicode.IsLetter(first)) && !slices.Contains(aboutKeys, lastWord(rest)) && Glob(stem, name[:end]) {
			return true
		}
	}
	return false
}

func lastWord(text string) string { return text[strings.LastIndexByte(text, '_')+1:] }

// otherAddress is an address that is none of the data store's: of another scheme, in the
// way of Go's MySQL driver, or a list of key=value.
var otherAddress = lazy.Regexp(`^(?:[A-Za-z][A-Za-z0-9.-]*:(?:$|[^/]|/[^/])|[A-Za-z][A-Za-z0-9+.-]*:/|[^\s:/@]*:[^\s@]*@[a-z0-9]+\(|[a-z_]+ *=)`)

// isOnlyAddress reports whether the text in a variable of a data store is an address without
// a login, or another kind of address, and so no key of this provider.
func (p *Provider) isOnlyAddress(text string) bool {
	if p.Probe.Wire == "" || text == "" {
		return false
	}
	text = bare(text)
	if _, unresolved := reference(text); unresolved {
		return false
	}
	if p.formOf(text) == nil {
		return p.nearestForm(text) == nil && otherAddress().MatchString(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return false // a password that was not escaped, for one
	}
	return u.User == nil && !strings.Contains(strings.ToLower(u.RawQuery), "pass") && !strings.Contains(text, "@")
}
