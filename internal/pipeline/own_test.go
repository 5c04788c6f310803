package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/repo"
)

// noFiles is a repository without any.
type noFiles struct{}

func (noFiles) Read(string) ([]byte, error)      { return nil, repo.ErrMissing }
func (noFiles) Stat(string) (repo.Info, error)   { return repo.Info{}, repo.ErrMissing }
func (noFiles) List(string) ([]repo.Info, error) { return nil, repo.ErrMissing }

func TestOnlyRunsKeyfit(t *testing.T) {
	for script, want := range map[string]bool{
		"keyfit check -e staging":                                             true,
		"./bin/keyfit check":                                                  true,
		"# first\nset -eu\nkeyfit check && echo done":                         true,
		"go install github.com/keyfit/keyfit/cmd/keyfit@v1.0.0\nkeyfit check": true,
		"keyfit check && ./deploy.sh staging":                                 false,
		"keyfit check; kubectl apply -f k8s":                                  false,
		"go install github.com/keyfit/keyfit/cmd/keyfit@v1.0.0":               false,
		"./deploy.sh keyfit":                                                  false,
		"":                                                                    false,
	} {
		if got := OnlyRunsKeyfit(script); got != want {
			t.Errorf("%q: %v", script, got)
		}
	}
}

func TestOwnScript(t *testing.T) {
	for script, want := range map[string]struct{ runs, sets bool }{
		"keyfit check":                                      {true, false},
		`"$(go env GOPATH)/bin/keyfit" check`:               {true, false},
		`: "${KEY:?}"; echo "$KEY"; keyfit check`:           {true, false},
		"export KEY=x\nkeyfit check":                        {true, true},
		"KEY=x keyfit check":                                {true, true},
		`: "${KEY:=x}"; keyfit check`:                       {true, true},
		"unset KEY; keyfit check":                           {true, true},
		"keyfit check; export KEY=x":                        {true, false},
		"OTHER_KEY=x KEYS=y keyfit check":                   {true, false},
		". ./env.sh && keyfit check":                        {true, true},
		`eval "$(fetch)"; keyfit check`:                     {true, true},
		"# export KEY=x\nmake test":                         {false, false},
		"cat keyfit.json keyfit.yaml":                       {false, false},
		"go install github.com/keyfit/keyfit/cmd/keyfit@v1": {false, false},
	} {
		s := ReadOwn(noFiles{}, ".", script)
		if got := (struct{ runs, sets bool }{s.RunsKeyfit(), s.MaySet("KEY")}); got != want {
			t.Errorf("%q: %v", script, got)
		}
	}
}

func TestAgreed(t *testing.T) {
	if _, ok := Agreed(nil); ok {
		t.Error("nothing agrees")
	}
	own, _ := Agreed([]Own{
		{Carries: map[string]string{"A": "secrets.A", "B": "secrets.B", "C": "secrets.C"}},
		{Carries: map[string]string{"A": "secrets.A", "B": "secrets.X", "D": "secrets.D"}},
	})
	if diff := cmp.Diff(map[string]string{"A": "secrets.A", "B": "", "C": "", "D": ""}, own.Carries); diff != "" {
		t.Error(diff)
	}
	if _, ok := own.Input("secrets.B"); ok {
		t.Error("B is not agreed on")
	}
	if v, ok := own.Input("secrets.A"); !ok || v != "A" {
		t.Error("A is agreed on")
	}
}
