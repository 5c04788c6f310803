package probe

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// writings are the ways in which an API may write a text, with something before and after.
func writings(before, key, after string) map[string]string {
	whole := before + key + after
	quoted, _ := json.Marshal(whole)
	return map[string]string{
		"raw":        whole,
		"base64":     base64.StdEncoding.EncodeToString([]byte(whole)),
		"base64 url": base64.URLEncoding.EncodeToString([]byte(whole)),
		"base64 raw": base64.RawStdEncoding.EncodeToString([]byte(whole)),
		"basic":      "Basic " + base64.StdEncoding.EncodeToString([]byte(before+":"+key)),
		"basic user": "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"+after)),
		"hex":        hex.EncodeToString([]byte(whole)),
		"HEX":        strings.ToUpper(hex.EncodeToString([]byte(whole))),
		"query":      url.QueryEscape(whole),
		"path":       url.PathEscape(whole),
		"query low":  lowerAfterPercent(url.QueryEscape(whole)),
		"json":       string(quoted),
		"in a URL":   "https://user:" + key + "@api.example.com/v1?key=" + url.QueryEscape(key),
	}
}

func lowerAfterPercent(text string) string {
	out := []byte(text)
	for i := range out {
		if out[i] == '%' && i+2 < len(out) {
			copy(out[i:i+3], strings.ToLower(string(out[i:i+3])))
		}
	}
	return string(out)
}

func TestScrubTakesOutEveryForm(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		key := randomText(random, 4+random.IntN(60))
		s := newScrubber(key)
		for form, text := range writings(randomText(random, random.IntN(9)), key, randomText(random, random.IntN(9))) {
			out := s.scrub(text)
			if where := findKey(out, key); where != "" {
				t.Fatalf("a key of %d characters, written as %s, is still there %s", len(key), form, where)
			}
		}
	}
}

// randomText favours the characters that some form escapes.
func randomText(r *rand.Rand, n int) string {
	const alphabet = `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+=~:&%?"'<>\é `
	letters := []rune(alphabet)
	out := make([]rune, n)
	for i := range out {
		out[i] = letters[r.IntN(len(letters))]
	}
	return string(out)
}

func TestScrubLeavesTheRest(t *testing.T) {
	s := newScrubber(canary)
	const text = "user u_1 of tenant acme, request req_0042 (status 403)"
	if got := s.clean(text); got != text {
		t.Errorf("got %q", got)
	}
	if got, want := s.clean("key="+canary+"!"), "key=[redacted]!"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestScrubOddKeys: short keys, keys that are part of the mark itself, keys that two
// halves around a mark would form.
func TestScrubOddKeys(t *testing.T) {
	for _, key := range []string{"red", "[", "]]", "a", "redacted", "**", "…", "[redacted]", "aa", "]x"} {
		s := newScrubber(key)
		for _, text := range []string{key, strings.Repeat(key, 5), key[:1] + key + key[1:], "<" + key + ">", "a[]x" + key + "x"} {
			if out := s.clean(text); strings.Contains(out, key) {
				t.Errorf("key %q survives in %q", key, out)
			}
		}
	}
	if got := newScrubber("").clean("text"); got != "text" {
		t.Errorf("an empty key changed the text to %q", got)
	}
}

func TestCleanStripsWhatTerminalsActOn(t *testing.T) {
	broken := canary[:8] + "\x00\u200b\x1b" + canary[8:]
	for _, tt := range []struct{ text, want string }{
		{"a\x1b[31mred\x1b[0m", "a[31mred[0m"},
		{"two\r\nlines::error::x", "twolines::error::x"},
		{"right\u202eto left", "rightto left"},
		{"bad \xff\xfe bytes", "bad \uFFFD bytes"},
		{broken, "[redacted]"},
	} {
		if got := newScrubber(canary).clean(tt.text); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// TestCleanCutsBetweenKeys: whoever cuts a text must not leave the beginning of a key.
func TestCleanCutsBetweenKeys(t *testing.T) {
	long := canary + strings.Repeat("x7Q", 120)
	s := newScrubber(long)
	for lead := 280; lead < 310; lead++ {
		for _, written := range []string{long, base64.StdEncoding.EncodeToString([]byte("u:" + long)), url.QueryEscape(long)} {
			text := strings.Repeat("-", lead) + written
			for _, given := range []string{text, string([]rune(text)[:maxText])} { // cut here, or by verdict.Judge before
				out := s.clean(given)
				for i := range len(written) - 6 {
					if strings.Contains(out, written[i:i+6]) {
						t.Fatalf("after %d characters a piece of the key is left", lead)
					}
				}
				if n := utf8.RuneCountInString(out); n > maxText {
					t.Fatalf("%d characters are left, want at most %d", n, maxText)
				}
			}
		}
	}
}

func FuzzScrub(f *testing.F) {
	f.Add(canary, "user:", "@host")
	f.Add("red", "[", "]")
	f.Add("a\x00b\xff", "%", "é")
	f.Fuzz(func(t *testing.T, key, before, after string) {
		if key == "" || len(key) > 500 {
			return
		}
		s := newScrubber(key)
		for form, text := range writings(before, key, after) {
			out := s.scrub(text)
			if strings.Contains(out, key) {
				t.Fatalf("the key is there as it is, was written as %s", form)
			}
			// Of three bytes and less, derived forms are too short to mean the key.
			if where := findKey(out, key); where != "" && len(key) > 3 {
				t.Fatalf("the key is still there %s, was written as %s", where, form)
			}
			if clean := s.clean(text); strings.Contains(clean, key) || strings.ContainsFunc(clean, isControl) {
				t.Fatalf("the cleaned text holds the key or a control character")
			}
		}
	})
}

func BenchmarkRunScrubber(b *testing.B) {
	var keys []string
	for i := range 1000 {
		keys = append(keys, fmt.Sprintf("pgk_CANARY_%040d", i))
	}
	s := newScrubber(keys...)
	for b.Loop() {
		_ = s.clean("user u_1 of tenant acme, request req_0042 (status 403)")
	}
}
