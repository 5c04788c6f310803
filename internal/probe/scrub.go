package probe

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/secret"
)

// maxText bounds one text of an answer, in characters. verdict.Judge cuts at the same
// length, so a text of this length may have been cut already.
const maxText = 300

// redactions are what replaces a form of a key, in order of preference: one that holds
// a form itself, as it does for the key "red", is passed over.
func redactions() []string { return []string{secret.Redacted, "***", "…"} }

// scrubber takes every form of some secrets out of texts.
type scrubber struct {
	forms    []string // longest first
	mark     string   // what replaces one
	replacer *strings.Replacer
	likeness *likeness
}

// newScrubber prepares for the texts given. Empty ones are nothing to hide.
func newScrubber(texts ...string) *scrubber {
	s := newFormScrubber(texts)
	s.likeness = newLikeness(texts)
	return s
}

// newFormScrubber makes a scrubber that nothing is merely like.
func newFormScrubber(texts []string) *scrubber {
	s := &scrubber{likeness: newLikeness(nil)}
	for _, text := range texts {
		s.forms = append(s.forms, formsOf(text)...)
	}
	order.By(s.forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	s.forms = slices.Compact(s.forms)
	for _, candidate := range redactions() {
		if !s.holds(candidate) {
			s.mark = candidate
			break
		}
	}
	var pairs []string
	for _, form := range s.forms {
		pairs = append(pairs, form, s.mark)
	}
	s.replacer = strings.NewReplacer(pairs...)
	return s
}

// holds reports whether a text holds any form of the secrets.
func (s *scrubber) holds(text string) bool {
	return slices.ContainsFunc(s.forms, func(form string) bool { return strings.Contains(text, form) })
}

// scrub replaces every form. Replacing can put two halves of a form together, so it is
// done until nothing changes; a text that will not come clean is dropped.
func (s *scrubber) scrub(text string) string {
	for range 4 {
		next := s.replacer.Replace(text)
		if next == text {
			return text
		}
		text = next
	}
	return ""
}

// clean makes a text that came from outside fit for a report: no character that a
// terminal acts on, no form of a key, bounded length. The order matters: control
// characters may break a key up, and a bound may cut it in two.
func (s *scrubber) clean(text string) string {
	text = printable(text)
	if runes := []rune(text); len(runes) >= maxText {
		text = s.dropTail(text)
	}
	text = s.scrub(text)
	if runes := []rune(text); len(runes) > maxText {
		text = s.scrub(s.dropTail(string(runes[:maxText])))
	}
	return text
}

// conceal cleans a text of an answer. One that gives a secret away, in whatever writing,
// is hidden as a whole: what is left around a form tells the form.
func (s *scrubber) conceal(text string) string {
	if s.likeness.gives(text) {
		return s.mark
	}
	return s.clean(text)
}

// dropTail takes the beginning of a form off the end of a text that was cut.
func (s *scrubber) dropTail(text string) string {
	longest := 0
	for _, form := range s.forms {
		for n := min(len(form), len(text)); n > longest; n-- {
			if strings.HasSuffix(text, form[:n]) {
				longest = n
				break
			}
		}
	}
	return text[:len(text)-longest]
}

// printable drops what a terminal would act on and what no one can see.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// formsOf lists the ways in which a secret is commonly written.
func formsOf(text string) []string {
	if text == "" {
		return nil
	}
	forms := []string{text}
	if plain := strings.TrimSpace(printable(text)); plain != "" && plain != text {
		forms = append(forms, formsOf(plain)...) // what is left of it after cleaning
	}
	forms = append(forms, url.QueryEscape(text), url.PathEscape(text), escapeAll(text))
	for _, form := range forms[len(forms)-3:] {
		forms = append(forms, lowerEscapes(form))
	}
	forms = append(forms, jsonForms(text)...)
	forms = append(forms, hex.EncodeToString([]byte(text)), strings.ToUpper(hex.EncodeToString([]byte(text))))
	forms = append(forms, base64Forms(text)...)
	return slices.DeleteFunc(forms, func(form string) bool { return form != text && len(form) < 4 })
}

// base64Forms gives the stretches that a text leaves in the base64 of anything that
// contains it, `user:password` included: one for each of the three alignments, without
// the characters that neighbours share in.
func base64Forms(text string) []string {
	var out []string
	for shift := range 3 {
		padded := make([]byte, shift, shift+len(text))
		padded = append(padded, text...)
		first := (shift*8 + 5) / 6  // characters that hold a bit of what stands before
		last := len(padded) * 8 / 6 // characters that hold nothing of what comes after
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if whole := encoding.EncodeToString(padded); first < last {
				out = append(out, whole[first:last])
			}
		}
	}
	return out
}

// jsonForms gives the text as JSON writers put it between quotes.
func jsonForms(text string) []string {
	var out []string
	if data, err := json.Marshal(text); err == nil {
		out = append(out, string(data[1:len(data)-1]))
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err == nil {
		plain := strings.TrimSuffix(b.String(), "\n")
		plain = plain[1 : len(plain)-1]
		out = append(out, plain, strings.ReplaceAll(plain, "/", `\/`))
	}
	return out
}

// escapeAll percent-encodes every byte that is no letter or digit.
func escapeAll(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}

var percentEscape = lazy.Regexp(`%[0-9A-F]{2}`)

func lowerEscapes(text string) string {
	return percentEscape().ReplaceAllStringFunc(text, strings.ToLower)
}
