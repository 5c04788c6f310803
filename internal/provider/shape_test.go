package provider

import (
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/secret"
)

// TestOtherForms: where the forms are not all, a text of none is no damaged key, and one that begins
// like a key and is cut short still is.
func TestOtherForms(t *testing.T) {
	for _, c := range []struct{ provider, text, want string }{
		{"gitlab", "acme-CANARY0123456789abcdef0123", ""}, // an instance's own beginning
		{"gitlab", strings.Repeat("0a1b2c3d", 8), ""},     // an OAuth token
		{"gitlab", "glpat-CANARY", "cut"},
		{"gitlab", "Bearer acme-CANARY0123456789abcdef0123", "scheme"},
		{"dockerhub", "CANARY-of-a-person", ""},
		{"dockerhub", "dckr_pat_CANARY", "cut"},
		{"jira", "CANARY/of a Data Center", "inner space"},
		{"jira", "CANARY/of-a-Data-Center", ""},
		{"slack", "CANARY-something", "form"},
	} {
		p, _ := Catalogue().Get(c.provider)
		if got := kinds(Inspect(secret.New(c.text), p)); got != c.want {
			t.Errorf("%s: a text of %d letters: %q, want %q", c.provider, len(c.text), got, c.want)
		}
	}
}
