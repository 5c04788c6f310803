package provider

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"
)

// formDefects says how a text that has none of the provider's forms fails them. What
// merely wraps a good key is told by the wrapping.
func (p *Provider) formDefects(key string) []Defect {
	if len(p.Forms) == 0 {
		return nil
	}
	key = bare(key)
	if p.formOf(key) != nil {
		return nil
	}
	if decoded, err := url.PathUnescape(key); err == nil && decoded != key && p.formOf(bare(decoded)) != nil {
		return []Defect{{URLEncoded, what[URLEncoded]}}
	}
	if decoded, ok := fromBase64(key); ok && p.strongForm(bare(decoded)) != nil {
		return []Defect{{Base64Encoded, what[Base64Encoded]}}
	}
	if p.OtherForms && p.nearestForm(key) == nil {
		return nil
	}
	return []Defect{p.mismatch(key)}
}

// mismatch compares a text with the form whose fixed beginning it shares, or with the
// forms as a whole.
func (p *Provider) mismatch(key string) Defect {
	form := p.nearestForm(key)
	if form == nil {
		return Defect{NotTheForm, "not of a form that this provider's keys have"}
	}
	least, most := form.Pattern.lengths()
	switch n := utf8.RuneCountInString(key); {
	case n < least:
		return Defect{CutShort, "begins like a " + form.Kind + " and is too short for one"}
	case most >= 0 && n > most:
		return Defect{TooLong, "begins like a " + form.Kind + " and is too long for one"}
	}
	return Defect{NotTheForm, "begins like a " + form.Kind + " and holds what such a key never does"}
}

// nearestForm gives the form with the longest fixed beginning that the text has; of several of one
// kind, where a longer beginning proves more and demands more, the last.
func (p *Provider) nearestForm(key string) *Form {
	var best *Form
	length := 2 // shorter beginnings tell nothing
	for i := range p.Forms {
		form := &p.Forms[i]
		prefix := form.Pattern.Prefix()
		if strings.HasPrefix(key, prefix) && (len(prefix) > length || len(prefix) > 2 && best != nil && best.Kind == form.Kind) {
			best, length = form, max(length, len(prefix))
		}
	}
	return best
}

func fromBase64(text string) (string, bool) {
	text = strings.TrimRight(text, "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if decoded, err := encoding.DecodeString(text); err == nil && utf8.Valid(decoded) {
			return string(decoded), true
		}
	}
	return "", false
}
