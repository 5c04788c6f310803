package helm

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKeyFromOutside hides the key that a deploy brings along: only what is made of it, or
// depends on it, is unknown then.
func TestKeyFromOutside(t *testing.T) {
	for _, c := range renderCases(t) {
		if c.name != "secretvalue" {
			continue
		}
		step, loaded := c.load(t)
		got, ok := hiding(t, step, loaded, []string{"payment", "key"})
		if !ok {
			t.Fatal("nothing is certain")
		}
		want := []string{
			"ConfigMap/shop data static", "ConfigMap/shop data url",
			"Deployment/shop api env LAST", "Deployment/shop api env LOG_LEVEL", "Deployment/shop api env URL",
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got.known))); diff != "" {
			t.Errorf("what is certain (-want +got)\n%s", diff)
		}
		names := slices.Sorted(maps.Keys(got.closed["Deployment/shop api env"]))
		if !slices.Contains(names, "HAS_KEY") || !slices.Contains(names, "NO_KEY") {
			t.Errorf("variables that may be there are missing: %v", names)
		}
		if !got.closed["Secret/shop data"]["api-key"] {
			t.Error("the secret has lost its entry")
		}
	}
}
