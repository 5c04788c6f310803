package buildkite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

func TestBindings(t *testing.T) {
	const step = "steps:\n  - {key: keys, label: Keys, secrets: {PAY: PROD_PAY}, command: keyfit check}\n"
	hook := map[string]string{".buildkite/hooks/pre-command": "export PAY=x\n"}
	for name, test := range map[string]struct {
		text  string
		files map[string]string
		env   map[string]string
		want  map[string]string // of what is carried; nil: not found
	}{
		"by its key":         {step, nil, map[string]string{"BUILDKITE_STEP_KEY": "keys", "PAY": "CANARY"}, map[string]string{"PAY": "secrets.PROD_PAY"}},
		"another key":        {step, nil, map[string]string{"BUILDKITE_STEP_KEY": "other", "PAY": "CANARY"}, nil},
		"nothing arrived":    {step, nil, map[string]string{"BUILDKITE_STEP_KEY": "keys"}, nil},
		"a hook replaces it": {step, hook, map[string]string{"BUILDKITE_STEP_KEY": "keys", "PAY": "CANARY"}, map[string]string{}},
		"by its label": {
			"steps:\n  - {label: Keys, secrets: [PAY], command: keyfit check}\n  - {label: Deploy, secrets: {PAY: OTHER}, command: ./deploy.sh}\n", nil,
			map[string]string{"BUILDKITE_LABEL": "Keys", "PAY": "CANARY"}, map[string]string{"PAY": "secrets.PAY"},
		},
		"two of one label": {
			"steps:\n  - {label: Keys, secrets: [PAY], command: keyfit check}\n  - {label: Keys, secrets: {PAY: OTHER}, command: keyfit check}\n", nil,
			map[string]string{"BUILDKITE_LABEL": "Keys", "PAY": "CANARY"}, map[string]string{},
		},
		"of the pipeline": {"secrets: {PAY: PROD_PAY}\n" + "steps:\n  - {key: keys, command: keyfit check}\n", nil, map[string]string{"BUILDKITE_STEP_KEY": "keys", "PAY": "CANARY"}, map[string]string{"PAY": "secrets.PROD_PAY"}},
		"the command replaces it": {
			"steps:\n  - {key: keys, secrets: {PAY: PROD_PAY}, command: PAY=x keyfit check}\n", nil,
			map[string]string{"BUILDKITE_STEP_KEY": "keys", "PAY": "CANARY"}, map[string]string{},
		},
		"a plugin loads it": {
			"steps:\n  - {key: keys, command: keyfit check, plugins: [{secrets#v1.0.0: {variables: {PAY: PROD_PAY}}}]}\n", nil,
			map[string]string{"BUILDKITE_STEP_KEY": "keys", "PAY": "CANARY"}, map[string]string{"PAY": "secrets.PROD_PAY"},
		},
		"a text of the file": {
			"steps:\n  - {key: keys, env: {PAY: x}, command: keyfit check}\n", nil,
			map[string]string{"BUILDKITE_STEP_KEY": "keys", "PAY": "x"}, map[string]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			own, ok := Bindings(lay(t, test.text, test.files), "pipeline.yml", process(test.env))
			if ok != (test.want != nil) {
				t.Fatalf("found: %v", ok)
			}
			got := map[string]string{}
			for variable, what := range own.Carries {
				if what != "" {
					got[variable] = what
				}
			}
			if diff := cmp.Diff(test.want, got); ok && diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func process(env map[string]string) model.Env {
	vars := map[string]model.Value{}
	for name, text := range env {
		vars[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	return model.NewEnv(vars)
}

// lay writes a pipeline, and files beside it, into a directory of the test's own.
func lay(t *testing.T, pipeline string, files map[string]string) repo.Files {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{"pipeline.yml": pipeline}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return repo.NewOverlay(tree)
}
