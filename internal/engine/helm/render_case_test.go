package helm

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// renderCase is a chart "shop" of testdata/helm/charts.
type renderCase struct {
	name  string
	fails bool // helm refuses it
	args  []string
	dir   string
}

// renderCases lays out all charts.
func renderCases(t testing.TB) []renderCase {
	t.Helper()
	names, err := filepath.Glob("../../../testdata/helm/charts/*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d charts, expected 40: %v", len(names), err)
	}
	var out []renderCase
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, layOut(t, strings.TrimSuffix(filepath.Base(name), ".txtar"), string(data)))
	}
	return out
}

func layOut(t testing.TB, name, text string) renderCase {
	t.Helper()
	archive := txtar.Parse([]byte(text))
	c := renderCase{name: name, dir: t.TempDir()}
	for _, line := range strings.Split(string(archive.Comment), "\n") {
		if args, ok := strings.CutPrefix(line, "args: "); ok {
			c.args = strings.Fields(args)
		}
		c.fails = c.fails || line == "fails"
	}
	for _, f := range archive.Files {
		file := filepath.Join(c.dir, filepath.FromSlash(f.Name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, f.Data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c renderCase) step(t testing.TB) Step {
	t.Helper()
	tree, err := repo.Open(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	at := pos.Span{File: "deploy.sh", Start: pos.Pos{Line: 3, Column: 1}}
	hop := model.Hop{At: at, Kind: model.KindCommand, What: "helm template", Literal: true}
	s := Step{
		Files: tree, At: at, Dir: ".", Chart: "shop",
		Occasion: Install, Release: model.KnownText("rel", hop), Namespace: model.KnownText("ns", hop),
	}
	for i := 0; i+1 < len(c.args); i += 2 {
		flag := strings.TrimPrefix(c.args[i], "--")
		if flag == "-f" {
			flag = "values"
		}
		s.Values = append(s.Values, Arg{Flag: flag, Text: model.KnownText(c.args[i+1], model.Hop{At: at, Kind: model.KindCommand, What: "helm --" + flag, Literal: true})})
	}
	return s
}

func (c renderCase) load(t testing.TB) (Step, *Loaded) {
	t.Helper()
	step := c.step(t)
	loaded, problems := Load(step)
	if loaded == nil {
		t.Fatalf("%s: not loaded: %v", c.name, problems)
	}
	return step, loaded
}

func (c renderCase) render(t testing.TB) *render {
	t.Helper()
	step, loaded := c.load(t)
	return renderLoaded(context.Background(), step, loaded)
}

// askHelm gives what the real helm renders, by template; or its message.
func (c renderCase) askHelm(t testing.TB, helm string) (docs map[string][]string, message string) {
	t.Helper()
	cmd := exec.Command(helm, append([]string{"template", "rel", "shop", "--namespace", "ns"}, c.args...)...)
	cmd.Dir = c.dir
	cmd.Env = []string{"HOME=" + c.dir, "PATH=/usr/bin:/bin", "TZ=UTC"}
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return nil, problems.String()
	}
	docs = map[string][]string{}
	for _, part := range strings.Split("\n"+out.String(), "\n---\n# Source: ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		docs[name] = append(docs[name], strings.TrimSpace(text))
	}
	return sortedDocs(docs), ""
}

// between separates objects as Helm does.
var between = regexp.MustCompile(`(?:^|\s*\n)---\s*`)

// asHelm gives the rendered templates the way that helm prints them.
func asHelm(r *render) map[string][]string {
	docs := map[string][]string{}
	for _, d := range r.drafts {
		for _, part := range between.Split(strings.TrimSpace(d.v.v.(string)), -1) {
			if part = strings.TrimSpace(part); part != "" {
				docs[d.name] = append(docs[d.name], part)
			}
		}
	}
	return sortedDocs(docs)
}

// sortedDocs drops what helm's order of installation does to the documents of one template.
func sortedDocs(docs map[string][]string) map[string][]string {
	for _, list := range docs {
		slices.Sort(list)
	}
	return docs
}
