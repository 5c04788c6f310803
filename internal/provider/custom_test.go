package provider

import (
	"testing"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// TestExtendsLeavesThePathToTheUser: where the catalogue has no path, the user's completes the
// request; where it has one, another path is another question.
func TestExtendsLeavesThePathToTheUser(t *testing.T) {
	for _, tt := range []struct {
		base, method string
		form         int
	}{
		{"oauth2-introspection", "POST", 3},
		{"oauth2-client-credentials", "POST", 4},
		{"paypal", "GET", 0},
	} {
		var p Provider
		problems := strict.Decode("keyfit.yaml", []byte("extends: "+tt.base+"\nhosts: {staging: 'https://id.example.com'}\nprobe: {request: {path: /own}}\n"), &p)
		p.Adopt("own", pos.Span{}, Catalogue())
		if len(problems) > 0 || p.Probe.Request.Method != tt.method || len(p.Probe.Request.Form) != tt.form {
			t.Errorf("%s: %s with %d fields, want %s with %d %v", tt.base, p.Probe.Request.Method, len(p.Probe.Request.Form), tt.method, tt.form, problems)
		}
	}
}
