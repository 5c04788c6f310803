package shell

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// TestSecretsAreOneWord hands over variables whose text is not known: one of a CI system is one
// word without quotes, any other may be several.
func TestSecretsAreOneWord(t *testing.T) {
	for _, c := range []struct {
		why  model.Reason
		line string
		args int
		open bool
	}{
		{model.WhyCISecret, `helm upgrade --namespace=$X --set a=b`, 5, false},
		{model.WhyInput, `helm upgrade --namespace=$X --set a=b`, 5, false},
		{model.WhyRemoteState, `helm upgrade --namespace=$X --set a=b`, 5, true},
		{model.WhyCISecret, `helm upgrade "$X" --set a=b`, 5, false},
		{model.WhyCISecret, `helm upgrade $X --set a=b`, 5, true}, // it may be empty
		{model.WhyCISecret, `IFS=-; helm upgrade --namespace=$X --set a=b`, 5, true},
	} {
		env := model.NewEnv(map[string]model.Value{"X": model.UnknownBecause(c.why, "x", model.Trail{})})
		out, err := Run(t.Context(), Step{Files: emptyOverlay(t), Env: env, Dir: ".", Line: c.line, At: pos.Span{File: "x"}, Elsewhere: true})
		if err != nil || len(out.Commands) != 1 {
			t.Fatalf("%s: %d commands, %v", c.line, len(out.Commands), err)
		}
		got := out.Commands[0]
		if diff := cmp.Diff(c.open, got.Open > 0); diff != "" || !c.open && len(got.Args) != c.args {
			t.Errorf("%s for %s: %d arguments, open at %d", c.line, c.why, len(got.Args), got.Open)
		}
	}
}

func emptyOverlay(t *testing.T) *repo.Overlay {
	t.Helper()
	tree, err := repo.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return repo.NewOverlay(tree)
}
