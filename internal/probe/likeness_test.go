package probe

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/verdict"
)

// each writes every byte of a text by a format, with something between them.
func each(format, between string) func(string) string {
	return func(text string) string {
		var out []string
		for i := range len(text) {
			out = append(out, fmt.Sprintf(format, text[i]))
		}
		return strings.Join(out, between)
	}
}

func utf16Bytes(text string, high, low int) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		both := []byte{byte(unit >> 8), byte(unit)}
		out = append(out, both[high], both[low])
	}
	return out
}

// disguises are ways of writing a text so that a search for it finds nothing. None
// shares code with the scrubber's own decoders.
func disguises() map[string]func(string) string {
	return map[string]func(string) string{
		"as it is":           func(k string) string { return k },
		"upper case":         strings.ToUpper,
		"lower case":         strings.ToLower,
		"swapped case":       swapCase,
		"reversed":           backwards,
		"reversed, upper":    func(k string) string { return strings.ToUpper(backwards(k)) },
		"spaced out":         each("%c", " "),
		"dashed out":         each("%c", "-"),
		"in blocks":          func(k string) string { return inBlocks(k, 4, "-") },
		"in lines":           func(k string) string { return inBlocks(k, 8, "\n") },
		"dots and reversed":  func(k string) string { return each("%c", ".")(backwards(k)) },
		"percent":            each("%%%02X", ""),
		"percent twice":      func(k string) string { return strings.ReplaceAll(each("%%%02x", "")(k), "%", "%25") },
		"query twice":        func(k string) string { return url.QueryEscape(url.QueryEscape(k)) },
		"JSON escapes":       each(`\u%04x`, ""),
		"JSON escapes twice": each(`\\u%04X`, ""),
		"hex escapes":        each(`\x%02x`, ""),
		"octal escapes":      each(`\%03o`, ""),
		"HTML decimal":       each("&#%d;", ""),
		"HTML hexadecimal":   each("&#x%x;", ""),
		"HTML twice":         each("&amp;#%d;", ""),
		"quoted printable":   each("=%02X", ""),
		"hex":                each("%02x", ""),
		"HEX with colons":    each("%02X", ":"),
		"hex numbers":        each("0x%02x", ", "),
		"decimal numbers":    each("%d", ", "),
		"hex of UTF-16 BE":   func(k string) string { return hex.EncodeToString(utf16Bytes(k, 0, 1)) },
		"hex of UTF-16 LE":   func(k string) string { return hex.EncodeToString(utf16Bytes(k, 1, 0)) },
		"base64":             func(k string) string { return base64.StdEncoding.EncodeToString([]byte(k)) },
		"base64 for URLs":    func(k string) string { return base64.RawURLEncoding.EncodeToString([]byte(k)) },
		"base64 of UTF-16":   func(k string) string { return base64.StdEncoding.EncodeToString(utf16Bytes(k, 1, 0)) },
		"base64 reversed":    func(k string) string { return backwards(base64.StdEncoding.EncodeToString([]byte(k))) },
		"base64 of reversed": func(k string) string { return base64.StdEncoding.EncodeToString([]byte(backwards(k))) },
		"base64 twice": func(k string) string {
			return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(k))))
		},
		"base64 of hex":   func(k string) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString([]byte(k)))) },
		"base64 in lines": func(k string) string { return inBlocks(base64.StdEncoding.EncodeToString([]byte(k)), 16, "\n") },
		"base32":          func(k string) string { return base32.StdEncoding.EncodeToString([]byte(k)) },
		"base32 small": func(k string) string {
			return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(k)))
		},
		"full width":        fullWidth,
		"without the first": func(k string) string { return k[1:] },
		"without the last":  func(k string) string { return k[:len(k)-1] },
		"first half":        func(k string) string { return k[:len(k)/2+1] },
		"second half":       func(k string) string { return k[len(k)/2-1:] },
		"first and last": func(k string) string {
			first, last := 12, 8
			for plain(k[len(k)-last:]) < 8 {
				last++
			}
			for 5*(plain(k[:first])+plain(k[len(k)-last:])) < 2*plain(k) { // of a long key, that is too little to matter
				first++
			}
			return k[:first] + "…" + k[len(k)-last:]
		},
		"as two words":       func(k string) string { return k[:len(k)/2] + " and " + k[len(k)/2:] },
		"halves swapped":     func(k string) string { return k[len(k)/2:] + "/" + k[:len(k)/2] },
		"basic":              func(k string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+k)) },
		"one changed letter": func(k string) string { return k[:len(k)/2] + "*" + k[len(k)/2+1:] },
	}
}

// plain counts letters and digits.
func plain(text string) int { return len(text) - strings.Count(text, "-") - strings.Count(text, "_") }

func swapCase(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, text)
}

func backwards(text string) string {
	var out []byte
	for i := len(text) - 1; i >= 0; i-- {
		out = append(out, text[i])
	}
	return string(out)
}

func inBlocks(text string, size int, between string) string {
	var out []string
	for ; len(text) > size; text = text[size:] {
		out = append(out, text[:size])
	}
	return strings.Join(append(out, text), between)
}

func fullWidth(text string) string {
	return strings.Map(func(r rune) rune { return r + '！' - '!' }, text)
}

// keyText makes a key as vendors do, of 24 to 48 letters and digits.
func keyText(r *rand.Rand) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	out := []string{"sk_test_", "pgk_", "", "sk-proj-", "xoxb-"}[r.IntN(5)]
	for range 24 + r.IntN(17) {
		out += string(alphabet[r.IntN(len(alphabet))])
		if r.IntN(12) == 0 {
			out += string("-_"[r.IntN(2)])
		}
	}
	return out
}

// TestNoDisguiseHelps: whatever an API makes of a key, alone or inside other text, the
// whole field is hidden.
func TestNoDisguiseHelps(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	surroundings := [][2]string{{"", ""}, {"key ", " is bad"}, {"(", ")"}, {"id=", "&x=1"}, {"usr_", "_1"}, {"a", "b7"}}
	for range 60 {
		key := keyText(random)
		s := newScrubber(key)
		for name, disguise := range disguises() {
			around := surroundings[random.IntN(len(surroundings))]
			text := around[0] + disguise(key) + around[1]
			if got := s.conceal(text); got != secret.Redacted {
				t.Fatalf("a key of %d characters, %s, in %q: not hidden", len(key), name, around)
			}
		}
	}
}

// TestIdentitiesStay: what an API tells of an owner is not hidden for a likeness that
// chance or the vendor's own scheme brings about.
func TestIdentitiesStay(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	pick := func(n int) string {
		const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		var out strings.Builder
		for range n {
			out.WriteByte(alphabet[random.IntN(len(alphabet))])
		}
		return out.String()
	}
	for range 300 {
		account := pick(16)
		keys := []string{"sk_test_51" + account + "CANARY" + pick(75), "pgk_CANARY" + pick(30), "sk-proj-" + pick(140), pick(32)}
		s := newScrubber(keys...)
		for _, text := range []string{
			"acct_1" + account, "acct_1" + account + " (test mode)", "user_" + pick(24), pick(36), "req_" + pick(40), "deploy-bot@example.com",
			hex.EncodeToString([]byte(pick(16))), base64.StdEncoding.EncodeToString([]byte(pick(24))), "sk_test_" + pick(4), "key sk-proj-***" + keys[2][len(keys[2])-4:],
			strings.Repeat(pick(20)+" ", 12), "9f1c7e2b-44aa-4c1d-9e2f-" + strings.ToLower(pick(12)),
		} {
			if got := s.conceal(text); got != text && got != strings.TrimSpace(text) {
				t.Fatalf("%q became %q", text, got)
			}
		}
	}
}

// TestShortSecrets have nothing that could be like them: they are found as they are.
func TestShortSecrets(t *testing.T) {
	for key, want := range map[string]string{"s3cr": "my-[redacted]et", "CANARY7x": secret.Redacted, "": "my-s3cret"} {
		text := "my-s3cret"
		if key == "CANARY7x" {
			text = "canary-7X"
		}
		if got := newScrubber(key).conceal(text); got != want {
			t.Errorf("a secret of %d characters: got %q, want %q", len(key), got, want)
		}
	}
}

// TestEveryFieldOfAnAnswerIsConcealed, and what is our own text stays readable.
func TestEveryFieldOfAnAnswerIsConcealed(t *testing.T) {
	const key = "payments_example_com_CANARY_0815"
	loud := strings.ToUpper(key)
	identity := verdict.Identity{User: loud, Name: loud, Kind: loud, Tenant: loud, Account: loud, Mode: loud, Scopes: []string{"read", loud}}
	v := verdict.Verdict{
		Says: "said of payments.example.com", Needs: loud, Identity: identity,
		Evidence:  verdict.Evidence{Host: "payments.example.com", Path: "/payments/example/com", Code: loud, RequestID: loud, Failure: "payments.example.com refused the connection"},
		Elsewhere: &verdict.Elsewhere{Identity: identity, Evidence: verdict.Evidence{Host: "payments.example.com", Code: loud}},
	}
	cleanVerdict(&v, newScrubber(key))
	hidden := verdict.Identity{User: "[redacted]", Name: "[redacted]", Kind: "[redacted]", Tenant: "[redacted]", Account: "[redacted]", Mode: "[redacted]", Scopes: []string{"read", "[redacted]"}}
	want := verdict.Verdict{
		Says: "said of payments.example.com", Needs: "[redacted]", Identity: hidden,
		Evidence:  verdict.Evidence{Host: "payments.example.com", Path: "/payments/example/com", Code: "[redacted]", RequestID: "[redacted]", Failure: "payments.example.com refused the connection"},
		Elsewhere: &verdict.Elsewhere{Identity: hidden, Evidence: verdict.Evidence{Host: "payments.example.com", Code: "[redacted]"}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDisguisesInVerdicts goes the whole way: an API that answers with the key in
// disguise, for a long key and for one that is too short to be hidden from other verdicts.
func TestDisguisesInVerdicts(t *testing.T) {
	var written string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		quoted, _ := json.Marshal(written)
		reply(200, `{"user":{"id":"u_1","name":`+string(quoted)+`},"tenant_id":`+string(quoted)+`,"scopes":["a",`+string(quoted)+`]}`, "X-Request-Id", strings.Map(onlyASCII, written))(w, r)
	})
	p := gateway(t, map[string]string{"staging": s.URL})
	for name, disguise := range disguises() {
		for _, key := range []string{keyText(rand.New(rand.NewPCG(9, 9))), "CANARY7x3Qz"} {
			if len(key) < minShared && (strings.Contains(name, "first") || strings.Contains(name, "half") || strings.Contains(name, "halves") || strings.Contains(name, "words") || strings.Contains(name, "letter")) {
				continue // of so short a key nothing less than all is hidden
			}
			written = disguise(key)
			v := one(t, client(t, Options{}), question(p, key, nil, nil))
			wantReason(t, v, provider.OK)
			if v.Identity.User != "u_1" || v.Identity.Name != "[redacted]" || v.Identity.Tenant != "[redacted]" {
				t.Errorf("%s: a key of %d characters is not hidden", name, len(key))
			}
			if !strings.HasSuffix(strings.Join(v.Identity.Scopes, " "), "[redacted]") {
				t.Errorf("%s: a key of %d characters is not hidden among the scopes", name, len(key))
			}
		}
	}
}

func onlyASCII(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// TestScopesThatSpellTheKey: a list made of a spaced-out key.
func TestScopesThatSpellTheKey(t *testing.T) {
	s := newScrubber(canary)
	if got := s.concealAll(strings.Split(canary, "")); !cmp.Equal(got, []string{"[redacted]"}) {
		t.Errorf("got %q", got)
	}
	scopes := []string{"charges:read", "charges:write", "customers:read"}
	if got := s.concealAll(scopes); !cmp.Equal(got, scopes) {
		t.Errorf("got %q", got)
	}
}

// FuzzConceal: no text makes it fail, and no disguise of a key inside any text gets by.
func FuzzConceal(f *testing.F) {
	f.Add("before ", " after", uint64(1))
	f.Add("%", "%25\\u00", uint64(2))
	f.Add("&#", "\xff\x00=", uint64(3))
	f.Fuzz(func(t *testing.T, before, after string, seed uint64) {
		if len(before)+len(after) > 200 {
			return
		}
		key := keyText(rand.New(rand.NewPCG(seed, 0)))
		s := newScrubber(key)
		for _, name := range []string{"as it is", "upper case", "reversed", "first half", "without the last"} {
			if got := s.conceal(before + "\n" + disguises()[name](key) + "\n" + after); got != secret.Redacted {
				t.Fatalf("%s: not hidden", name)
			}
		}
		for name, disguise := range disguises() {
			if got := s.conceal(before + disguise(key) + after); strings.Contains(got, key) {
				t.Fatalf("%s: the key is there as it is", name)
			}
		}
	})
}

// BenchmarkCleanVerdicts cleans the verdicts of 50 keys as a run does: each of its own
// key, and of all the others.
func BenchmarkCleanVerdicts(b *testing.B) {
	random := rand.New(rand.NewPCG(7, 8))
	var questions []Question
	for range 50 {
		questions = append(questions, Question{Provider: &provider.Provider{}, Key: secret.New(keyText(random) + keyText(random))})
	}
	for b.Loop() {
		all := runScrubber(questions)
		for i := range questions {
			v := verdict.Verdict{
				Identity: verdict.Identity{User: "usr_0123456789abcdef01234567", Name: "deploy-bot@example.com", Kind: "service", Tenant: "acme-staging", Account: "acct_1OqXyZCANARY0Qw", Mode: "test", Scopes: []string{"charges:read", "charges:write", "customers:read", "refunds:write"}},
				Evidence: verdict.Evidence{Host: "payments.example.com", Path: "/v1/whoami", Code: "key_unknown", RequestID: "9f1c7e2b-44aa-4c1d-9e2f-0123456789ab"},
			}
			cleanVerdict(&v, all)
			cleanVerdict(&v, keyScrubber(&questions[i]))
		}
	}
}
