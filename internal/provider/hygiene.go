package provider

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// Defect is one thing wrong with the text that arrives where a key should be.
type Defect struct {
	Kind DefectKind
	// What says it in one clause; it is a fixed text and never holds any of the key.
	What string
}

// DefectKind is the kind of a defect.
type DefectKind uint8

// The kinds. The first two mean that no key arrived at all.
const (
	NoDefect DefectKind = iota
	Reference
	Placeholder
	OuterSpace
	InnerSpace
	Quotes
	Newline
	ByteOrderMark
	Invisible
	Unprintable
	SchemeWord
	Assignment
	URLEncoded
	Base64Encoded
	CutShort
	TooLong
	NotTheForm
	FilePath
)

// Unresolved reports whether no key arrived, only what should have been replaced by one.
func (k DefectKind) Unresolved() bool { return k == Reference || k == Placeholder }

// what gives the clause of each kind that needs no further detail.
var what = map[DefectKind]string{
	OuterSpace:    "a space at the beginning or the end",
	InnerSpace:    "a space inside",
	Quotes:        "quotes around it, which became part of the key",
	Newline:       "a line break",
	ByteOrderMark: "a byte order mark in front, which some editors write into files",
	Invisible:     "a character without width, as copying from a web page brings along",
	Unprintable:   "a character that cannot be printed",
	SchemeWord:    "the word of an Authorization header in front, which the application adds itself",
	Assignment:    "a variable's name and = in front",
	URLEncoded:    "its special characters written as in a URL, with %",
	Base64Encoded: "encoded in base64, as a Kubernetes Secret's data field is",
	FilePath:      "the value is the path of a file: is the variable of type File?",
}

// Inspect lists what is wrong with the text of a slot. p is the slot's provider, or nil.
// An empty text has no defect: nothing arrived.
func Inspect(text secret.Text, p *Provider) []Defect {
	key := text.Reveal()
	if key == "" {
		return nil
	}
	if len(key) > maxKey {
		return []Defect{{TooLong, "longer than any key"}}
	}
	if p == nil {
		p = &Provider{}
	}
	if d, ok := placeholder(key, p); ok {
		return []Defect{d}
	}
	if d, ok := reference(key); ok {
		return []Defect{d}
	}
	if p.formOf(key) != nil {
		return nil
	}
	if _, ok := model.VariableFile(key); ok {
		return []Defect{{FilePath, what[FilePath]}}
	}
	return append(wrapping(key), p.formDefects(key)...)
}

// wrapping lists what stands around or inside a key and does not belong to it. A
// document, such as a service account's JSON, has spaces and lines of its own.
func wrapping(key string) []Defect {
	var out []Defect
	found := map[DefectKind]bool{}
	add := func(k DefectKind, bad bool) {
		if bad && !found[k] {
			found[k] = true
			out = append(out, Defect{k, what[k]})
		}
	}
	add(ByteOrderMark, strings.HasPrefix(key, byteOrderMark))
	key = strings.TrimPrefix(key, byteOrderMark)
	add(Invisible, strings.ContainsFunc(key, isInvisible))
	add(Unprintable, !utf8.ValidString(key) || strings.ContainsFunc(key, isUnprintable))
	trimmed := strings.TrimSpace(key)
	if isDocument(trimmed) {
		return out
	}
	add(Newline, strings.ContainsAny(key, "\n\r"))
	add(OuterSpace, strings.Trim(key, "\n\r") != strings.TrimSpace(strings.Trim(key, "\n\r")))
	for range maxWraps {
		inner, kind := unwrap(trimmed)
		if kind == NoDefect {
			break
		}
		add(kind, kind != OuterSpace)
		trimmed = inner
	}
	add(InnerSpace, strings.ContainsFunc(trimmed, func(r rune) bool { return r == ' ' || r == '\t' || r == '\u00a0' }))
	return out
}

const (
	byteOrderMark = "\ufeff"
	maxWraps      = 6
)

// unwrap takes off one wrapping; NoDefect when there is none.
func unwrap(key string) (inner string, kind DefectKind) {
	if bare := strings.TrimSpace(key); bare != key {
		return bare, OuterSpace
	}
	if n := len(key); n >= 2 && strings.ContainsRune("\"'`", rune(key[0])) && key[n-1] == key[0] {
		return key[1 : n-1], Quotes
	}
	if word, rest, found := strings.Cut(key, " "); found {
		switch strings.ToLower(strings.TrimSuffix(word, ":")) {
		case "bearer", "basic", "token", "apikey", "authorization", "x-api-key":
			return rest, SchemeWord
		}
	}
	if m := assignmentForm().FindStringSubmatch(key); m != nil {
		return key[len(m[1]):], Assignment
	}
	return key, NoDefect
}

// bare takes off everything that does not belong to a key.
func bare(key string) string {
	key = strings.Map(func(r rune) rune {
		if isInvisible(r) || string(r) == byteOrderMark || isUnprintable(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, key)
	for range maxWraps {
		inner, kind := unwrap(key)
		if kind == NoDefect {
			break
		}
		key = inner
	}
	return key
}

func isInvisible(r rune) bool {
	switch {
	case r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u2064':
		return true
	}
	return r == '\u00ad' || r == '\u180e' || r == '\ufeff'
}

func isUnprintable(r rune) bool {
	return r == unicode.ReplacementChar || (unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t')
}

// isDocument reports whether a text is JSON or PEM, which may well be a credential.
func isDocument(text string) bool {
	return (strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") && strings.Contains(text, `"`)) ||
		strings.HasPrefix(text, "-----BEGIN ")
}
