package report

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// maxText bounds every string of a report, in characters.
const maxText = 4096

// Clean makes a text from outside fit to be shown: one line, valid UTF-8, without
// control characters, terminal sequences, and without the invisible characters that
// reorder or hide text. It also breaks the openings that CI runners take for commands
// anywhere in a line ("##[", "##vso["). What is left can be long, and can hold every
// visible character: each format still has to escape it.
func Clean(text string) string {
	if isPlain(text) {
		return text
	}
	text = dropSequences(strings.ToValidUTF8(text, "\uFFFD"))
	var b strings.Builder
	count := 0
	for _, r := range text {
		r, keep := visible(r)
		if !keep {
			continue
		}
		if count++; count > maxText {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return breakCommands(strings.TrimSpace(b.String()))
}

// isPlain spares the common case: short printable ASCII.
func isPlain(text string) bool {
	if len(text) > maxText {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' || text[i] == '#' {
			return false
		}
	}
	return text == "" || text[0] != ' ' && text[len(text)-1] != ' '
}

// visible gives the character to show for r: line breaks become a space, whatever has
// no shape of its own is dropped.
func visible(r rune) (rune, bool) {
	switch {
	case r == '\n', r == '\t', unicode.In(r, unicode.Zl, unicode.Zp):
		return ' ', true
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector):
		return 0, false
	case unicode.Is(unicode.Zs, r):
		return ' ', true
	}
	return r, true
}

// breakCommands puts a space into what Actions and Azure runners obey wherever it
// stands in a line.
func breakCommands(text string) string {
	return strings.NewReplacer("##[", "# #[", "##vso[", "# #vso[").Replace(text)
}

// dropSequences takes out terminal sequences as a whole, so that no "[31m" is left
// behind when the escape character goes.
func dropSequences(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if n := sequenceLength(text[i:]); n > 0 {
			i += n
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// sequenceLength is the length of the terminal sequence at the start of text, or 0.
func sequenceLength(text string) int {
	var body int
	switch {
	case strings.HasPrefix(text, "\x1b["):
		body = 2
	case strings.HasPrefix(text, "\u009b"): // the same in one character
		body = len("\u009b")
	case strings.HasPrefix(text, "\x1b]"), strings.HasPrefix(text, "\x1bP"), strings.HasPrefix(text, "\x1b_"), strings.HasPrefix(text, "\x1b^"):
		return stringSequence(text)
	case strings.HasPrefix(text, "\x1b") && len(text) > 1 && text[1] >= ' ' && text[1] < 0x7f:
		return 2
	default:
		return 0
	}
	for body < len(text) && text[body] >= 0x20 && text[body] <= 0x3f {
		body++
	}
	if body < len(text) && text[body] >= 0x40 && text[body] <= 0x7e {
		body++
	}
	return body
}

// stringSequence measures a sequence that runs up to BEL or ST, such as a link. One
// without an end is only its opening: the text behind it stays.
func stringSequence(text string) int {
	if end := strings.IndexAny(text, "\a\n"); end > 0 && text[end] == '\a' {
		return end + 1
	}
	if end := strings.Index(text[2:], "\x1b\\"); end >= 0 {
		return 2 + end + 2
	}
	return 2
}

// exact is a text that must stay as it is, because it is a value that was asked for
// with --reveal.
type exact string

// cleanAll cleans every string below v, which must be a pointer. That it goes by
// reflection makes it complete: a field that is added later is cleaned too.
func cleanAll(v any) { cleaner{}.clean(reflect.ValueOf(v), 0) }

// cleanAndVeil is cleanAll that also hides texts in names and messages. What a file is
// called, and whom a key belongs to, is told as it is.
func cleanAndVeil(v any, veil secret.Veil) { cleaner{&veil}.clean(reflect.ValueOf(v), 0) }

// toldAsTheyAre are places in files, and what an API said of a key.
var toldAsTheyAre = map[reflect.Type]bool{
	reflect.TypeFor[At](): true, reflect.TypeFor[Identity](): true, reflect.TypeFor[Request](): true, reflect.TypeFor[Tool](): true,
}

type cleaner struct{ veil *secret.Veil }

// hide takes out the texts of the veil, and whatever else looks like a key: a name can be put
// together from one that no consumer receives.
func (c cleaner) hide(text string) string {
	if c.veil == nil || strings.HasPrefix(text, secret.FingerprintPrefix) {
		return text
	}
	text = c.veil.Hide(text)
	var b strings.Builder
	for len(text) > 0 {
		n := strings.IndexFunc(text, func(r rune) bool { return !isRun(r) })
		if n < 0 {
			n = len(text)
		}
		if run := text[:n]; strict.IsKeyRun(run) {
			b.WriteString(secret.Redacted)
		} else {
			b.WriteString(run)
		}
		rest := strings.TrimLeftFunc(text[n:], func(r rune) bool { return !isRun(r) })
		b.WriteString(text[n : len(text)-len(rest)])
		text = rest
	}
	return b.String()
}

func isRun(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func (c cleaner) clean(v reflect.Value, depth int) {
	if depth > 16 { // the structures are not recursive; this only bounds a mistake
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.clean(v.Elem(), depth+1)
		}
	case reflect.Struct:
		if toldAsTheyAre[v.Type()] {
			c = cleaner{}
		}
		for i := range v.NumField() {
			c.clean(v.Field(i), depth+1)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.clean(v.Index(i), depth+1)
		}
	case reflect.String:
		if v.Type() != reflect.TypeFor[exact]() {
			v.SetString(c.hide(Clean(v.String())))
		}
	}
}

// textsOf lists the known texts of a value, those that lost to it and those that it may be.
func textsOf(v model.Value) []secret.Text {
	var out []secret.Text
	if v.State == model.Known {
		out = append(out, v.Text)
	}
	for _, l := range v.Losers {
		out = append(out, textsOf(l.Value)...)
	}
	for _, more := range slices.Concat(v.Alternatives, v.Parts) {
		out = append(out, textsOf(more)...)
	}
	return out
}
