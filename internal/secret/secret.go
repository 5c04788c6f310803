// Package secret holds text that cannot print itself.
//
// A [Text] keeps its string in a closure: reflection, and with it fmt, the encoders,
// loggers, templates and diff tools, finds a function there and nothing to show. The
// one way to the text is [Text.Reveal], and a test of the architecture names the few
// packages that may call it.
package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Redacted is what every Text prints as, the empty one included, so that not even
// its length is told.
const Redacted = "[redacted]"

// FingerprintPrefix is what every fingerprint begins with.
const FingerprintPrefix = "kf:"

// Text is a string that may be a key.
//
// The zero value is the empty text. Two Texts cannot be compared with ==; use [Text.Equal].
type Text struct{ reveal func() string }

// New wraps text. It is not copied out again except by [Text.Reveal].
func New(text string) Text {
	if text == "" {
		return Text{}
	}
	return Text{reveal: func() string { return text }}
}

// Reveal gives the text itself. Only engines, the recogniser of providers, the probe,
// masking and `resolve --reveal` may call it; internal/arch lists them.
func (t Text) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// IsEmpty reports whether the text is "". It tells nothing else about it.
func (t Text) IsEmpty() bool { return t.reveal == nil }

// Equal reports whether both hold the same text, in a time that depends on nothing
// but their lengths. It is also what go-cmp uses.
func (t Text) Equal(u Text) bool {
	return hmac.Equal([]byte(t.Reveal()), []byte(u.Reveal()))
}

// Shares reports whether both hold one same stretch of n bytes or more. It tells nothing else of
// either; n must be positive.
func (t Text) Shares(u Text, n int) bool {
	a, b := t.Reveal(), u.Reveal()
	for i := 0; i+n <= len(a); i++ {
		if strings.Contains(b, a[i:i+n]) {
			return true
		}
	}
	return false
}

// Format answers every verb of fmt, %#v and %x included, with [Redacted].
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String gives [Redacted].
func (t Text) String() string { return Redacted }

// GoString gives [Redacted].
func (t Text) GoString() string { return Redacted }

// LogValue gives [Redacted] to slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText gives [Redacted] to every encoder that asks for text, XML attributes
// and map keys included.
func (t Text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON gives [Redacted] as a JSON string.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalYAML gives [Redacted] as a YAML string.
func (t Text) MarshalYAML() (any, error) { return Redacted, nil }

// MarshalXML gives [Redacted] as the element's text.
func (t Text) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(Redacted, start)
}

// GobEncode gives [Redacted]; a Text never travels between processes.
func (t Text) GobEncode() ([]byte, error) { return []byte(Redacted), nil }

// Printer makes fingerprints under one key. It is safe for concurrent use.
type Printer struct {
	key  Text
	kept bool
}

// NewPrinter takes the key that makes fingerprints of several runs comparable. With
// an empty key it draws a random one, so that a fingerprint means nothing outside
// this run.
func NewPrinter(key Text) *Printer {
	if !key.IsEmpty() {
		return &Printer{key: key, kept: true}
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: crypto/rand aborts the program instead
	return &Printer{key: New(string(random))}
}

// Fingerprint gives "kf:" and 32 hexadecimal digits of HMAC-SHA-256: equal texts have
// equal fingerprints, and nothing else can be learned from one.
func (p *Printer) Fingerprint(t Text) string {
	mac := hmac.New(sha256.New, []byte(p.key.Reveal()))
	_, _ = io.WriteString(mac, t.Reveal())
	return FingerprintPrefix + hex.EncodeToString(mac.Sum(nil)[:16])
}

// KeyID tells whether fingerprints can be compared with those of other runs, and gives what
// is then equal for equal keys: no key can be found from it but by guessing.
func (p *Printer) KeyID() (id string, kept bool) {
	if !p.kept {
		return "", false
	}
	mac := hmac.New(sha256.New, []byte(p.key.Reveal()))
	_, _ = io.WriteString(mac, "the key of these fingerprints\x00")
	return hex.EncodeToString(mac.Sum(nil)[:8]), true
}
