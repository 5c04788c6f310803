package dotenv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// TestOrderOfFiles: which of two files wins. What the libraries do was measured with
// the real ones: dotenv.config({path: [a, b]}), godotenv.Load(a, b) and two calls of
// load_dotenv keep the first; node --env-file twice, source twice and compose the last.
func TestOrderOfFiles(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		name     string
		dialect  Dialect
		layered  bool
		override *bool
		want     string
	}{
		{"layers of nobody in particular", "", true, nil, "last"},
		{"layers of node", Node, true, nil, "last"},
		{"node", Node, false, nil, "either"},
		{"node-expand", NodeExpand, false, nil, "either"},
		{"godotenv", Godotenv, false, nil, "either"},
		{"python", Python, false, nil, "either"},
		{"node --env-file", NodeEnvFile, false, nil, "last"},
		{"compose", Compose, false, nil, "last"},
		{"docker", Docker, false, nil, "last"},
		{"bash", Bash, false, nil, "last"},
		{"node, overriding", Node, false, &yes, "last"},
		{"node, keeping", Node, false, &no, "first"},
		{"bash, keeping", Bash, false, &no, "first"},
		{"layers, keeping", "", true, &no, "first"},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		for name, text := range map[string]string{"a.env": "X=first\nSAME=1\nA=1\n", "b.env": "X=last\nSAME=1\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		files, err := repo.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		r := Load(Step{
			Files: files, Dialect: tt.dialect, Layered: tt.layered, Override: tt.override,
			Names: []strict.At[string]{{Value: "a.env"}, {Value: "b.env"}},
		})
		got := "either"
		if v := r.Env.Get("X"); v.State == model.Known {
			got = v.Text.Reveal()
			if len(v.Losers) != 1 {
				t.Errorf("%s: %d definitions lost, want 1", tt.name, len(v.Losers))
			}
		} else if len(v.Alternatives) != 2 {
			t.Errorf("%s: %d candidates, want 2", tt.name, len(v.Alternatives))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if r.Env.Get("SAME").State != model.Known || r.Env.Get("A").State != model.Known {
			t.Errorf("%s: what both files agree on, or only one has, is not known", tt.name)
		}
	}
}
