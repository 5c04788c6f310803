package schema

import (
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// hasFormat checks a format as the library does in drafts 4, 6 and 7. A format that it does
// not know allows everything.
func (r *run) hasFormat(name, text string) Answer {
	if !r.spend(len(text) / 16) {
		return NotKnown
	}
	switch name {
	case "regex":
		p := newPattern(text, r.steps)
		if p == nil || !r.spend(p.cost) {
			return NotKnown
		}
		return truth(p.regexp != nil)
	case "date":
		return isDate(text)
	case "time":
		return isTime(text)
	case "date-time":
		return isDateTime(text)
	case "ipv4":
		return isIPv4(text)
	case "ipv6":
		return isIPv6(text)
	case "hostname":
		return truth(isHostname(text))
	case "email":
		return isEmail(text)
	case "uri", "iri":
		return isURI(text)
	case "uri-reference", "iri-reference":
		return isURIReference(text)
	case "uuid":
		return truth(isUUID(text))
	case "json-pointer":
		return isPointer(text)
	case "semver":
		return truth(isVersion(text))
	case "relative-json-pointer", "duration", "period", "uri-template":
		return NotKnown // known to the library, and not here
	}
	return Holds
}

func isDate(text string) Answer {
	_, err := time.Parse(time.DateOnly, text)
	return truth(err == nil)
}

// isTime does not decide about leap seconds, nor about signs within numbers.
func isTime(text string) Answer {
	if len(text) < 9 || text[2] != ':' || text[5] != ':' {
		return Broken
	}
	clock, zone := text[:8], text[8:]
	if strings.ContainsAny(clock, "+-") || len(zone) > 1 && strings.ContainsAny(zone[1:], "+-") && !strings.HasPrefix(zone, ".") {
		return NotKnown
	}
	if !below100(clock[:2], 23) || !below100(clock[3:5], 59) || !below100(clock[6:], 60) {
		return Broken
	}
	out := isZone(zone)
	if out != Broken && clock[6:] == "60" {
		return NotKnown
	}
	return out
}

func isZone(zone string) Answer {
	if rest, ok := strings.CutPrefix(zone, "."); ok {
		zone = strings.TrimLeft(rest, "0123456789")
		if zone == rest {
			return Broken
		}
	}
	if zone == "z" || zone == "Z" {
		return Holds
	}
	if len(zone) != 6 || zone[0] != '+' && zone[0] != '-' || zone[3] != ':' {
		return Broken
	}
	if strings.ContainsAny(zone[1:], "+-") {
		return NotKnown
	}
	return truth(below100(zone[1:3], 23) && below100(zone[4:], 59))
}

// below100 reports whether a text is two digits, and at most most.
func below100(text string, most int) bool {
	a, b := text[0]-'0', text[1]-'0'
	return a <= 9 && b <= 9 && int(a)*10+int(b) <= most
}

func isDateTime(text string) Answer {
	if len(text) < 20 || text[10]|0x20 != 't' || isDate(text[:10]) != Holds {
		return Broken
	}
	return isTime(text[11:])
}

func isIPv4(text string) Answer {
	groups := strings.Split(text, ".")
	if len(groups) != 4 {
		return Broken
	}
	if strings.ContainsAny(text, "+-") {
		return NotKnown // package strconv takes signs
	}
	_, err := netip.ParseAddr(text)
	return truth(err == nil)
}

func isIPv6(text string) Answer {
	if !strings.Contains(text, ":") {
		return Broken
	}
	addr, err := netip.ParseAddr(text)
	return truth(err == nil && addr.Zone() == "")
}

func isHostname(text string) bool {
	text = strings.TrimSuffix(text, ".")
	if len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.ContainsFunc(label, func(c rune) bool { return !isAlphanumeric(c) && c != '-' }) {
			return false
		}
	}
	return true
}

func isAlphanumeric(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isEmail does not decide about local parts in quotes, nor about addresses in brackets.
func isEmail(text string) Answer {
	at := strings.LastIndexByte(text, '@')
	if len(text) > 254 || at < 0 || at > 64 {
		return Broken
	}
	local, domain := text[:at], text[at+1:]
	if strings.HasPrefix(local, `"`) || strings.HasPrefix(domain, "[") {
		return NotKnown
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return Broken
	}
	odd := func(c rune) bool { return !isAlphanumeric(c) && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", c) }
	return truth(!strings.ContainsFunc(local, odd) && isHostname(domain))
}

// isReference reports whether package net/url takes a text. It does not decide about hosts
// with colons.
func isReference(text string) (*url.URL, Answer) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, Broken
	}
	if strings.Contains(u.Hostname(), ":") {
		return u, NotKnown
	}
	return u, Holds
}

func isURI(text string) Answer {
	u, answer := isReference(text)
	if u != nil && !u.IsAbs() {
		return Broken
	}
	return answer
}

func isURIReference(text string) Answer {
	if strings.Contains(text, `\`) {
		return Broken
	}
	_, answer := isReference(text)
	return answer
}

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
				return false
			}
		}
	}
	return true
}

func isPointer(text string) Answer {
	if text == "" {
		return Holds
	}
	if text[0] != '/' {
		return Broken
	}
	for token := range strings.SplitSeq(text[1:], "/") {
		if _, ok := unescape(token); !ok {
			return Broken
		}
	}
	return Holds
}

// isVersion reports whether a text is a version of three numbers, as semver.org has it.
func isVersion(text string) bool {
	text, build, hasBuild := strings.Cut(text, "+")
	if hasBuild && !areIdentifiers(build, false) {
		return false
	}
	core, pre, hasPre := strings.Cut(text, "-")
	if hasPre && !areIdentifiers(pre, true) {
		return false
	}
	if strings.Count(core, ".") != 2 || !areIdentifiers(core, true) {
		return false
	}
	return strings.Trim(core, "0123456789.") == ""
}

// areIdentifiers checks what dots separate. In some places numbers do not start with 0.
func areIdentifiers(text string, canonical bool) bool {
	for part := range strings.SplitSeq(text, ".") {
		if part == "" || strings.ContainsFunc(part, func(c rune) bool { return !isAlphanumeric(c) && c != '-' }) {
			return false
		}
		if canonical && len(part) > 1 && part[0] == '0' && strings.Trim(part, "0123456789") == "" {
			return false
		}
	}
	return true
}
