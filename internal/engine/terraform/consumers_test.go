package terraform

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
)

// treeWith is a repository of files.
func treeWith(t testing.TB, files map[string]string) repo.Files {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// deliveredBy evaluates a configuration.
func deliveredBy(t testing.TB, files map[string]string) delivered {
	t.Helper()
	all := treeWith(t, files)
	r, err := Evaluate(context.Background(), Step{Files: all, Dir: "."})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) > 0 {
		t.Errorf("the configuration has problems: %v", r.Problems)
	}
	return consumers(r.Instances, all, ".")
}

// lister writes consumers down. Texts that a test expects are shown by their number alone.
type lister struct{ texts []string }

// expected turns lines such as "lambda api KEY=CANARY" into the form of the list.
func (l *lister) expected(lines string) []string {
	var out []string
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if head, text, ok := strings.Cut(line, "="); ok {
			line = head + "=" + l.number(text)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func (l *lister) number(text string) string {
	for i, known := range l.texts {
		if known == text {
			return fmt.Sprint("text ", i)
		}
	}
	l.texts = append(l.texts, text)
	return fmt.Sprint("text ", len(l.texts)-1)
}

func (l *lister) value(v model.Value) string {
	switch v.State {
	case model.Absent:
		return " absent"
	case model.Known:
		for i, text := range l.texts {
			if v.Text.Equal(secret.New(text)) {
				return fmt.Sprint("=text ", i)
			}
		}
		return "=another text"
	}
	out := " ?" + string(v.Why)
	if !v.Ref.IsZero() {
		out += fmt.Sprintf(" %s %s %s %s %s", v.Ref.Store, v.Ref.Name, v.Ref.Path, v.Ref.Property, v.Ref.Version)
	}
	return " " + strings.Join(strings.Fields(out), " ")
}

func (l *lister) consumers(all []model.Consumer) []string {
	var out []string
	for _, c := range all {
		head := c.Kind + " " + c.Workload
		if c.Container != "" {
			head += "/" + c.Container
		}
		for name, v := range c.Env.All() {
			out = append(out, head+" "+name+l.value(v))
		}
		if rest := c.Env.Rest(); rest.State == model.Unknown {
			out = append(out, head+" * ?"+string(rest.Why))
		} else if c.Env.Len() == 0 {
			out = append(out, head+" nothing")
		}
	}
	slices.Sort(out)
	return out
}

func compareConsumers(t *testing.T, all []model.Consumer, want string) {
	t.Helper()
	var l lister
	expected := l.expected(want)
	if diff := cmp.Diff(expected, l.consumers(all)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

type shapeCase struct{ name, hcl, want string }

func TestShapes(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range slices.Concat(awsCases(), googleCases(), azureCases(), platformCases(), storeCases()) {
		t.Run(c.name, func(t *testing.T) {
			compareConsumers(t, deliveredBy(t, map[string]string{"main.tf": c.hcl}).Consumers, c.want)
		})
		for word := range strings.FieldsSeq(c.hcl) {
			covered[strings.Trim(word, `"`)] = true
		}
	}
	for _, table := range []map[string]shape{awsShapes(), googleShapes(), azureShapes(), platformShapes(), storeShapes()} {
		for name := range table {
			if !covered[name] {
				t.Errorf("no case has a resource %q", name)
			}
		}
	}
}

// fakeFiles is a repository in memory.
type fakeFiles map[string]string

func (f fakeFiles) Read(name string) ([]byte, error) {
	text, ok := f[name]
	if !ok {
		return nil, &repo.Error{Path: name, Kind: repo.ErrMissing}
	}
	return []byte(text), nil
}

func (f fakeFiles) Stat(name string) (repo.Info, error) {
	if _, ok := f[name]; !ok {
		return repo.Info{}, &repo.Error{Path: name, Kind: repo.ErrMissing}
	}
	return repo.Info{Name: name, Size: int64(len(f[name]))}, nil
}

func (f fakeFiles) List(string) ([]repo.Info, error) { return nil, nil }

// consumersOf evaluates one file, whatever is wrong with it.
func consumersOf(t *testing.T, hcl string) Result {
	t.Helper()
	r, err := Evaluate(context.Background(), Step{Files: treeWith(t, map[string]string{"main.tf": hcl}), Dir: "."})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
