package probe

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/lazy"
)

// Bounds of likeness.
const (
	gram         = 8       // bytes in a row that a text must share with a secret to be looked at
	minSecret    = 8       // shorter ones are words
	minLike      = 10      // bytes of a secret that give it away
	likePercent  = 40      // and that share of it; less may be an account's number inside
	alwaysLike   = 100     // so much of a secret gives away a long one, such as a private key
	maxLikeText  = 4 << 10 // bytes of a text that are looked at
	maxDecodings = 2       // one inside the other
	minToken     = 12      // characters of an encoded piece
)

// likeness tells whether a text holds so much of a secret that it gives it away, however
// it is written: in other letters, backwards, with gaps, escaped or encoded.
type likeness struct {
	secrets []int              // how many letters and digits of each must be found
	places  map[uint64][]place // every run of letters and digits of a gram's length
}

type place struct{ secret, at int32 }

func newLikeness(texts []string) *likeness {
	l := &likeness{places: map[uint64][]place{}}
	for _, text := range texts {
		plain := letters(text)
		l.add(plain)
		if decoded := letters(unescape(text)); decoded != plain {
			l.add(decoded)
		}
	}
	return l
}

func (l *likeness) add(plain string) {
	if len(plain) < minSecret {
		return
	}
	number := int32(len(l.secrets))
	share := (len(plain)*likePercent + 99) / 100
	l.secrets = append(l.secrets, min(len(plain), alwaysLike, max(minLike, share)))
	for at := range len(plain) - gram + 1 {
		g := gramOf(plain[at:])
		l.places[g] = append(l.places[g], place{number, int32(at)})
	}
}

func gramOf(text string) (g uint64) {
	for i := range gram {
		g = g<<8 | uint64(text[i])
	}
	return g
}

// gives reports whether a text gives a secret away.
func (l *likeness) gives(text string) bool {
	if len(l.secrets) == 0 || len(text) < minSecret {
		return false
	}
	return l.inside(text[:min(len(text), maxLikeText)], maxDecodings)
}

// inside looks at a text as it is, without its escapes, and backwards; then at whatever
// is encoded in it.
func (l *likeness) inside(text string, decodings int) bool {
	views := []string{text}
	if plain := unescape(text); plain != text {
		views = append(views, plain)
	}
	for _, view := range views {
		plain := letters(view)
		if l.shares(plain) || l.shares(reverse(plain)) {
			return true
		}
		if decodings > 0 && len(plain) >= minToken && (l.encoded(view, decodings-1) || l.encoded(reverse(view), decodings-1)) {
			return true
		}
	}
	return false
}

func (l *likeness) encoded(text string, decodings int) bool {
	return slices.ContainsFunc(decoded(text), func(found string) bool { return l.inside(found, decodings) })
}

// shares reports whether the letters and digits of a text hold enough of a secret's: in
// one run or in several, each place of the secret counted once.
func (l *likeness) shares(plain string) bool {
	var found map[int32]map[int32]bool // by secret: the places that the text holds
	for i := range len(plain) - gram + 1 {
		for _, p := range l.places[gramOf(plain[i:])] {
			if found == nil {
				found = map[int32]map[int32]bool{}
			}
			if found[p.secret] == nil {
				found[p.secret] = map[int32]bool{}
			}
			for at := range int32(gram) {
				found[p.secret][p.at+at] = true
			}
			if len(found[p.secret]) >= l.secrets[p.secret] {
				return true
			}
		}
	}
	return false
}

// letters keeps the letters and digits of a text, the letters small and of normal width.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

func reverse(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}

// escapes are the ways of writing one character by its number: %73, =73, \x73, \u0073,
// \u{73}, \163, U+0073.
var escapes = lazy.Regexp(`[%=]([0-9A-Fa-f]{2})|\\x\{?([0-9A-Fa-f]{2,6})\}?|(?:\\[uU]|[Uu]\+|%u)\{?([0-9A-Fa-f]{2,8})\}?|\\([0-7]{3})`)

// unescape undoes escapes, also those of escapes.
func unescape(text string) string {
	for range 4 {
		next := html.UnescapeString(text)
		if strings.ContainsAny(next, `%=\+`) {
			next = escapes().ReplaceAllStringFunc(next, unescapeOne)
		}
		if next == text {
			break
		}
		text = next
	}
	return text
}

func unescapeOne(escape string) string {
	base, digits := 16, strings.Trim(escape, `%=\xuU+{}`)
	if escape[0] == '\\' && isDigit(escape[1]) {
		base = 8
	}
	number, err := strconv.ParseUint(digits, base, 32)
	switch {
	case err != nil || number > unicode.MaxRune:
		return escape
	case len(digits) == 2 && (escape[0] == '%' || escape[0] == '='):
		return string([]byte{byte(number)})
	}
	return string(rune(number))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

var (
	hexGaps        = strings.NewReplacer("0x", " ", "0X", " ")
	hexRun         = lazy.Regexp(`(?:[0-9A-Fa-f]{2}[^0-9A-Za-z]{0,4}){6,}`)
	numberRun      = lazy.Regexp(`(?:[0-9]{2,3}[^0-9A-Za-z]{1,4}){6,}[0-9]{2,3}`)
	number         = lazy.Regexp(`[0-9]+`)
	base64Alphabet = strings.NewReplacer("-", "+", "_", "/")
	base64Gaps     = strings.NewReplacer("\n", "", "\r", "", "\t", "", "-", "", "_", "", " ", "", "=", "", ".", "", ":", "", ",", "")
)

// decoded gives what long pieces of a text may stand for. Where an encoded piece begins
// inside other text, its beginning is unknown, so that each alignment is tried.
func decoded(text string) []string {
	var out []string
	for _, run := range hexRun().FindAllString(hexGaps.Replace(text), -1) {
		digits := strings.Map(onlyHex, run)
		for skip := range 2 {
			out = appendHex(out, digits[skip:])
		}
	}
	for _, run := range numberRun().FindAllString(text, -1) {
		out = append(out, fromNumbers(run))
	}
	for _, written := range []string{base64Alphabet.Replace(text), base64Gaps.Replace(text)} {
		for _, token := range strings.FieldsFunc(written, func(r rune) bool { return !isBase64(r) }) {
			for skip := range min(4, max(0, len(token)-minToken+1)) {
				out = appendBase64(out, token[skip:])
			}
		}
	}
	for _, token := range strings.FieldsFunc(strings.ToUpper(letters(text)), func(r rune) bool { return !isBase32(r) }) {
		for skip := range min(8, max(0, len(token)-minToken+1)) {
			out = appendBase32(out, token[skip:])
		}
	}
	return out
}

func onlyHex(r rune) rune {
	if r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' {
		return r
	}
	return -1
}

func isBase64(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '+' || r == '/'
}

func isBase32(r rune) bool { return r >= 'A' && r <= 'Z' || r >= '2' && r <= '7' }

func appendHex(out []string, digits string) []string {
	data, _ := hex.DecodeString(digits[:len(digits)/2*2])
	return appendText(out, data)
}

func appendBase64(out []string, token string) []string {
	if len(token)%4 == 1 {
		token = token[:len(token)-1]
	}
	data, _ := base64.RawStdEncoding.DecodeString(token)
	return appendText(out, data)
}

func appendBase32(out []string, token string) []string {
	data, _ := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(token[:len(token)/8*8])
	return appendText(out, data)
}

// appendText takes what has a run of plain text in it, and drops the rest: almost any
// word decodes to something. Zero bytes between the letters are UTF-16.
func appendText(out []string, data []byte) []string {
	run := 0
	for _, c := range data {
		switch {
		case c >= ' ' && c < 0x7f:
			if run++; run == minSecret {
				return append(out, string(data))
			}
		case c != 0:
			run = 0
		}
	}
	return out
}

// fromNumbers reads a list of characters' numbers: 115, 107, 95.
func fromNumbers(run string) string {
	var b strings.Builder
	for _, digits := range number().FindAllString(run, -1) {
		if n, err := strconv.Atoi(digits); err == nil && n < utf8.RuneSelf {
			b.WriteByte(byte(n))
		}
	}
	return b.String()
}
