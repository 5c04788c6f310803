package discover

import (
	"testing"

	"github.com/keyfit/keyfit/internal/provider"
)

// TestStagesAgreeOnModes: what is taken for production here holds live keys, and no other stage does.
func TestStagesAgreeOnModes(t *testing.T) {
	for word, stage := range stages {
		if got := provider.UsualMode(word); (got == "live") != (stage == "production") {
			t.Errorf("%q is a word for %s, and its keys are %q", word, stage, got)
		}
	}
}
