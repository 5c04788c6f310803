package verdict

import (
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
)

// TestEndless: only an answer that says so tells that a key never ends.
func TestEndless(t *testing.T) {
	p := &provider.Provider{}
	p.Probe.Identity.Expires = &provider.Extract{JSON: "$.ends"}
	for body, want := range map[string]bool{
		`{"ends":null}`: true, `{"ends":""}`: true, `{"ends":0}`: true, `{"ends":-1}`: true, `{"ends":"never"}`: true,
		`{}`: false, `{"ends":"soon"}`: false, `{"ends":"2027-01-31"}`: false, `{"ends":{}}`: false,
	} {
		a := read(Response{Status: 200, Header: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(body)})
		if got := a.identity(p, true).Endless; got != want {
			t.Errorf("%s: endless is %v", body, got)
		}
	}
}
