package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/keyfit/keyfit/internal/secret"
)

func TestClean(t *testing.T) {
	tests := map[string]string{
		"":                             "",
		"plain":                        "plain",
		"grüße, 日本":                    "grüße, 日本",
		"two\nlines\r\nthree\ttabs":    "two lines three tabs",
		" \n around ":                  "around",
		"\x1b[1;31mred\x1b[0m":         "red",
		"\u009b31mred":                 "red",
		"\x1b]8;;http://a\x07link":     "link",
		"\x1b]8;;http://a\x1b\\link":   "link",
		"\x1b]unfinished":              "unfinished",
		"\x1bcreset":                   "reset",
		"\x1b":                         "",
		"a\u202eb\u2066c\u200bd\ufeff": "abcd",
		"nul\x00bell\x07del\x7f":       "nulbelldel",
		"\xff\xfe":                     "\uFFFD",
		"line\u2028sep":                "line sep",
		"no\u00a0break":                "no break",
		"##[add-mask]x":                "# #[add-mask]x",
		"#\u200b#[add-mask]x":          "# #[add-mask]x",
		"##vso[task.x]":                "# #vso[task.x]",
		"tag\U000E0041":                "tag",
		"::error::x":                   "::error::x",
	}
	for text, want := range tests {
		if got := Clean(text); got != want {
			t.Errorf("Clean(%q) = %q, want %q", text, got, want)
		}
	}
	if got := Clean(strings.Repeat("ü", maxText+10)); utf8.RuneCountInString(got) != maxText+1 || !strings.HasSuffix(got, "…") {
		t.Errorf("a long text keeps %d characters", utf8.RuneCountInString(got))
	}
}

// TestCleanAllReachesEverything fills every string of a Document, through every kind of
// nesting that there is.
func TestCleanAllReachesEverything(t *testing.T) {
	yes := true
	bad := "a\x1b[31m\u202eb"
	d := Document{
		Tool: Tool{Name: bad}, Slots: []Slot{{
			Variable: bad, Causes: []string{bad}, Trail: []Hop{{At: At{File: bad}}},
			Identity:  Identity{Principal: Principal{Name: bad}, Active: &yes},
			Elsewhere: &Elsewhere{Request: Request{Host: bad}}, Alternatives: []Alternative{{Trail: []Hop{{What: bad}}}},
		}},
		Ignored: []Ignored{{Finding: Finding{Related: []Related{{Message: bad}}}}},
	}
	cleanAll(&d)
	s := d.Slots[0]
	for i, got := range []string{
		d.Tool.Name, s.Variable, s.Causes[0], s.Trail[0].At.File, s.Identity.Principal.Name,
		s.Elsewhere.Request.Host, s.Alternatives[0].Trail[0].What, d.Ignored[0].Finding.Related[0].Message,
	} {
		if got != "ab" {
			t.Errorf("text %d is %q", i, got)
		}
	}
	v := Variable{Name: bad}
	v.setValue(bad)
	cleanAll(&v)
	if text, _ := v.text(); text != bad || v.Name != "ab" {
		t.Error("a shown value must stay as it is, and nothing else")
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{hostile, "##[", "\x1b]x", "#\x00#[", "\u009b", "a\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Clean(text)
		checkHarmless(t, "x"+got)
		if again := Clean(got); again != got && utf8.RuneCountInString(got) <= maxText {
			t.Errorf("cleaning twice differs: %q, then %q", got, again)
		}
		if !utf8.ValidString(got) || strings.Contains(got, "\n") {
			t.Errorf("%q is not one line of UTF-8", got)
		}
	})
}

// TestNamesOfKeys hides what was put together from a key, and leaves places, hashes of tools
// and what an API says as they are.
func TestNamesOfKeys(t *testing.T) {
	const key = "sk_live_CANARY0123456789abcdef"
	d := Document{
		Slots: []Slot{{
			Consumer: key, Namespace: "shop-" + key, Variable: "STRIPE_KEY", Container: "api-7d9f8b6c5d-x2x4z",
			Fingerprint: "kf:00112233445566778899aabbccddeeff", ValueNeeds: "the Secret \"short1CANARY\"",
			Identity: Identity{Account: "acct_1A2B3C4D5E6F7G8H9I0J1K"}, Trail: []Hop{{At: At{File: "a/" + key}}},
		}},
	}
	cleanAndVeil(&d, secret.NewVeil([]secret.Text{secret.New("short1CANARY")}))
	s := d.Slots[0]
	for i, pair := range [][2]string{
		{s.Consumer, "sk_live_[redacted]"}, {s.Namespace, "shop-sk_live_[redacted]"}, {s.Variable, "STRIPE_KEY"},
		{s.Container, "api-7d9f8b6c5d-x2x4z"}, {s.Fingerprint, "kf:00112233445566778899aabbccddeeff"},
		{s.ValueNeeds, "the Secret \"[redacted]\""}, {s.Identity.Account, "acct_1A2B3C4D5E6F7G8H9I0J1K"}, {s.Trail[0].At.File, "a/" + key},
	} {
		if pair[0] != pair[1] {
			t.Errorf("text %d was not told as expected", i)
		}
	}
}
