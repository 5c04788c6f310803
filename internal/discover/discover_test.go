package discover_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/discover"
	"github.com/keyfit/keyfit/internal/repo"
)

func tree(t *testing.T, names ...string) *repo.Tree {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(full, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(full, []byte("KEY=CANARY\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := repo.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

// layers gives the files of every environment's one step.
func layers(found discover.Found) map[string]string {
	out := map[string]string{}
	for name, env := range found.Config.Environments {
		var files []string
		for _, step := range env.Deploy {
			for _, file := range step.Dotenv.Files {
				files = append(files, file.Value)
			}
		}
		out[name] = strings.Join(files, " ")
	}
	return out
}

func TestEnvironments(t *testing.T) {
	cases := []struct {
		name  string
		files []string
		want  map[string]string
		notes []string
	}{
		{
			name: "nothing", want: map[string]string{"default": ""},
			notes: []string{`neither a pipeline nor a .env file nor another convention names an environment: "default" holds what this process holds`},
		},
		{
			name: "only .env", files: []string{".env"}, want: map[string]string{"default": ".env"},
			notes: []string{`environment "default" from .env`},
		},
		{
			name: "layers", files: []string{".env", ".env.staging", ".env.production"},
			want:  map[string]string{"production": ".env .env.production", "staging": ".env .env.staging"},
			notes: []string{`environment "production" from .env, then .env.production`, `environment "staging" from .env, then .env.staging`},
		},
		{
			name: "without a common file", files: []string{".env.staging"}, want: map[string]string{"staging": ".env.staging"},
			notes: []string{`environment "staging" from .env.staging`},
		},
		{
			name: "test is an environment", files: []string{".env.test", ".env.acme", ".env.Prod-EU", ".env.staging.eu"},
			want:  map[string]string{"test": ".env.test", "acme": ".env.acme", "Prod-EU": ".env.Prod-EU", "staging.eu": ".env.staging.eu"},
			notes: []string{`environment "Prod-EU" from .env.Prod-EU`, `environment "acme" from .env.acme`, `environment "staging.eu" from .env.staging.eu`, `environment "test" from .env.test`},
		},
		{
			name: "of one machine", files: []string{".env", ".env.local", ".env.staging", ".env.staging.local"}, want: map[string]string{"staging": ".env .env.staging"},
			notes: []string{
				`".env.local" belongs to one machine, not to a deploy, so it is left out`, `".env.staging.local" belongs to one machine, not to a deploy, so it is left out`,
				`environment "staging" from .env, then .env.staging`,
			},
		},
		{
			name: "only templates", files: []string{".env.example", ".env.Sample"}, want: map[string]string{"default": ""},
			notes: []string{`".env.Sample" is a template, so it is left out`, `".env.example" is a template, so it is left out`, `neither a pipeline nor a .env file nor another convention names an environment: "default" holds what this process holds`},
		},
		{
			name: "directories", files: []string{".env/", ".env.d/x", ".env.staging/x"}, want: map[string]string{"default": ""},
			notes: []string{`neither a pipeline nor a .env file nor another convention names an environment: "default" holds what this process holds`},
		},
		{
			name: "other names", files: []string{".envrc", "env.staging", ".env-staging", "staging.env", ".env.", "sub/.env.production"}, want: map[string]string{"default": ""},
			notes: []string{`the .env files in "sub" belong to what lies there; to check it, start keyfit with -C sub`, `neither a pipeline nor a .env file nor another convention names an environment: "default" holds what this process holds`},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := discover.Environments(tree(t, c.files...), ".")
			if diff := cmp.Diff(c.want, layers(found)); diff != "" {
				t.Errorf("environments (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.notes, found.Notes); diff != "" {
				t.Errorf("notes (-want +got)\n%s", diff)
			}
			if found.Config.Version != 1 || found.Config.Path != "" {
				t.Errorf("version %d, path %q", found.Config.Version, found.Config.Path)
			}
		})
	}
}

func TestNamesThatAreNoEnvironments(t *testing.T) {
	for _, word := range []string{
		"example", "sample", "template", "dist", "defaults", "local", "schema", "vault", "keys", "me", "enc", "gpg", "age", "bak", "swp", "orig",
		"production.example", "example.production", "staging.bak", "production~", "#production", "a..b", "staging.", "a b", "tab\t", "PRODUCTION.BAK",
		"common", "base", "shared", "defaults", "docker", "ci", "build", "e2e", "Common", "docker.local",
	} {
		found := discover.Environments(tree(t, ".env."+word), ".")
		if got := layers(found); len(got) != 1 || got["default"] != "" || len(found.Notes) != 2 {
			t.Errorf(".env.%s makes %d environments and %d notes", word, len(got), len(found.Notes))
		}
	}
}

func TestPlacesAndSubfolders(t *testing.T) {
	files := tree(t, ".env", "apps/api/.env", "apps/api/.env.staging")
	found := discover.Environments(files, "apps/api")
	env := found.Config.Environments["staging"]
	if env == nil || len(env.Deploy) != 1 {
		t.Fatalf("found %v", layers(found))
	}
	step := env.Deploy[0]
	got := []string{env.At.String(), step.At.String(), step.Dotenv.Files[0].Span.String(), step.Dotenv.Files[1].Span.String(), step.Dotenv.Files[0].Value}
	want := []string{"apps/api/.env.staging", "apps/api/.env.staging", "apps/api/.env", "apps/api/.env.staging", ".env"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestADirectoryThatCannotBeListed(t *testing.T) {
	for _, start := range []string{"missing", "../outside", ".env"} {
		found := discover.Environments(tree(t, ".env"), start)
		if got := layers(found); len(got) != 1 || len(found.Notes) != 2 || !strings.Contains(found.Notes[0], "cannot be listed") {
			t.Errorf("%s: %v, notes %q", start, got, found.Notes)
		}
	}
}

func TestThereIsALimit(t *testing.T) {
	var names []string
	for i := range 150 {
		names = append(names, ".env.e"+strings.Repeat("x", i))
	}
	found := discover.Environments(tree(t, names...), ".")
	if len(found.Config.Environments) != 100 || !slices.Contains(found.Notes, "only the first 100 of 150 .env files were taken for environments; write keyfit.yaml to choose") {
		t.Errorf("%d environments", len(found.Config.Environments))
	}
}

func TestTheOutcomeIsAlwaysTheSame(t *testing.T) {
	files := tree(t, ".env", ".env.a", ".env.b", ".env.c", ".env.example", ".env.local")
	first := discover.Environments(files, ".")
	for range 20 {
		if diff := cmp.Diff(first.Notes, discover.Environments(files, ".").Notes); diff != "" {
			t.Fatalf("(-first +later)\n%s", diff)
		}
	}
}
