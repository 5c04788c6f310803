package jenkins

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// fake is a host that follows nothing: it keeps the scripts that it is given.
type fake struct {
	files   map[string]string // what is in the repository, for readFile
	inputs  map[string]string // what is bound, by its name
	outputs map[string]string // what scripts print, by a word in their text
	scripts []pipeline.Script
}

func (f *fake) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	f.scripts = append(f.scripts, s)
	after := pipeline.After{Env: s.Env, Output: model.UnknownBecause(model.WhyCommandOutput, "the output", model.Trail{})}
	hop := model.Hop{At: s.At, Kind: model.KindShell, What: "output"}
	if s.Text == `cat "$1"` {
		if text, ok := f.files[filepath.ToSlash(filepath.Join(s.Dir, s.Args[0].Text.Reveal()))]; ok {
			after.Output = model.KnownText(text, hop)
		}
		return after, nil
	}
	for word, text := range f.outputs {
		if strings.Contains(s.Text, word) {
			after.Output = model.KnownText(text, hop)
		}
	}
	return after, nil
}

func (f *fake) Input(name string) model.Value {
	hop := model.Hop{Kind: model.KindInput, What: strict.Name(name)}
	if text, ok := f.inputs[name]; ok {
		return model.KnownText(text, hop)
	}
	return model.UnknownBecause(model.WhyCISecret, "the text of "+strict.Name(name), model.Trail{}.Append(hop))
}

// lay writes files into a directory of the test's own.
func lay(t testing.TB, files map[string]string) *repo.Overlay {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
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

// shownText is a script with its holes filled in.
func shownText(s pipeline.Script) string {
	var b strings.Builder
	for _, r := range s.Text {
		if i := int(r - pipeline.Hole); isHole(r) && i < len(s.Holes) {
			b.WriteString(shownValue(s.Holes[i]))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func shownValue(v model.Value) string {
	switch v.State {
	case model.Known:
		return v.Text.Reveal()
	case model.Absent:
		return "<absent>"
	}
	if v.Why == model.WhyAmbiguous && len(v.Alternatives) > 0 {
		var out []string
		for _, a := range v.Alternatives {
			out = append(out, shownValue(a))
		}
		slices.Sort(out)
		return "<" + strings.Join(out, "|") + ">"
	}
	return "<" + string(v.Why) + ">"
}

// run follows a Jenkinsfile in one file.
func run(t testing.TB, text string, in pipeline.Step, host *fake) (pipeline.Result, []pipeline.Script) {
	t.Helper()
	if host.files == nil {
		host.files = map[string]string{}
	}
	all := map[string]string{"Jenkinsfile": text}
	for name, content := range host.files {
		all[name] = content
	}
	in.Files = lay(t, all)
	in.File = strict.At[string]{Value: "Jenkinsfile"}
	result, err := Run(context.Background(), in, host)
	if err != nil {
		t.Fatal(err)
	}
	return result, host.scripts
}

// told are the scripts that count, as lines: their text, then the variables asked for.
func told(scripts []pipeline.Script, names ...string) string {
	var b strings.Builder
	for _, s := range scripts {
		if s.Quiet {
			continue
		}
		fmt.Fprintf(&b, "%s: %s", s.Label, shownText(s))
		if s.Perhaps != nil {
			b.WriteString(" ?")
		}
		for _, name := range names {
			fmt.Fprintf(&b, " %s=%s", name, shownValue(s.Env.Get(name)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
