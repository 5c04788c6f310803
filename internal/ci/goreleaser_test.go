package ci

import (
	"os"
	"testing"
)

// TestGoreleaserFile holds the configuration of the release against the real goreleaser. The
// release itself is built by the heavy tests.
func TestGoreleaserFile(t *testing.T) {
	if os.Getenv("KEYFIT_HEAVY") == "0" {
		t.Skip("notice: goreleaser is left out with the other heavy tools")
	}
	if res := start(t, root, nil, need(t, "goreleaser", "goreleaser.sh"), "check"); res.code != 0 {
		t.Errorf("exit code %d:\n%s", res.code, res.stderr)
	}
}
