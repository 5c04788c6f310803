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

// minHinted is how long a key must be for any of its characters to be told.
const minHinted = 20

// maxHint is how many characters of a key's end are told, whatever a vendor shows.
const maxHint = 4

// hintOf gives a key as its vendor shows it, for the vendor's own support: the beginning that
// all keys of its form share, and of the end no more than the vendor shows, and never more than
// a few characters. It is made of the key anew, so that nothing else of an answer is in it.
func hintOf(q *Question, shown string) string {
	key := q.Key.Reveal()
	if len(key) <= minHinted {
		return ""
	}
	head, tail := hintParts(shown)
	fixed := ""
	if q.Form != nil && !q.Form.Weak {
		fixed = q.Form.Pattern.Prefix()
	}
	if len(fixed) > len(head) || !strings.HasPrefix(key, fixed) || len(fixed)+maxHint > len(key)/2 {
		fixed = ""
	}
	return fixed + "..." + key[len(key)-min(len(tail), maxHint):]
}

// shows reports whether a text is a key with its middle masked, as vendors list keys: its
// beginning, then dots or stars, then its end.
func shows(hint, key string) bool {
	head, tail := hintParts(hint)
	return len(tail) >= minHint && len(head)+len(tail) < len(key) && strings.HasPrefix(key, head) && strings.HasSuffix(key, tail)
}

// hintParts gives what stands before and behind the mask; nothing behind where there is no mask.
func hintParts(hint string) (head, tail string) {
	isMask := func(r rune) bool { return r == '*' || r == '.' || r == '\u2026' || r == '\u2022' || unicode.IsSpace(r) }
	hint = strings.TrimSpace(hint)
	from := strings.IndexFunc(hint, isMask)
	if from < 0 {
		return "", ""
	}
	return hint[:from], strings.TrimLeftFunc(hint[strings.LastIndexFunc(hint, isMask):], isMask)
}
