package probe

import (
	"strings"
	"unicode"
)

// shownPart gives the parts of the credential that an identity may tell.
func (c *Client) shownPart(q *Question) func(role string) (string, bool) {
	r := newRenderer(q, q.Key.Reveal(), c.options.Now)
	return func(role string) (string, bool) {
		if isSecret(q.Provider, role) {
			return "", false
		}
		return r.parts[role], r.parts[role] != ""
	}
}

// minHint is how many characters of a key a vendor must show at its end for the key to count
// as the one that is meant.
const minHint = 3

// shows reports whether a text is a key with its middle masked, as vendors list keys: its
// beginning, then dots or stars, then its end.
func shows(hint, key string) bool {
	isMask := func(r rune) bool { return r == '*' || r == '.' || r == '\u2026' || r == '\u2022' || unicode.IsSpace(r) }
	hint = strings.TrimSpace(hint)
	from := strings.IndexFunc(hint, isMask)
	to := strings.LastIndexFunc(hint, isMask)
	if from < 0 {
		return false
	}
	head, tail := hint[:from], strings.TrimLeftFunc(hint[to:], isMask)
	return len(tail) >= minHint && len(head)+len(tail) < len(key) && strings.HasPrefix(key, head) && strings.HasSuffix(key, tail)
}
