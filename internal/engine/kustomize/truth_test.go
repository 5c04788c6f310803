package kustomize

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

const corpus = "../../../testdata/kustomize"

// fixture is one overlay of the corpus.
type fixture struct {
	name   string
	dir    string // where it is laid out
	coarse int    // texts whose exact place cannot be told
	flags  []string
	tree   *repo.Tree
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(corpus, "*.txtar"))
	if err != nil || len(names) < 40 {
		t.Fatalf("%d overlays, %v: the corpus is broken", len(names), err)
	}
	var out []fixture
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, newFixture(t, strings.TrimSuffix(filepath.Base(name), ".txtar"), a))
	}
	return out
}

func newFixture(t testing.TB, name string, a *txtar.Archive) fixture {
	t.Helper()
	f := fixture{name: name, dir: t.TempDir()}
	for _, file := range a.Files {
		write(t, filepath.Join(f.dir, file.Name), file.Data)
	}
	for line := range strings.Lines(string(a.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "coarse":
			f.coarse, _ = strconv.Atoi(value)
		case "flags":
			f.flags = strings.Fields(value)
		case "binary":
			write(t, filepath.Join(f.dir, value), []byte{0xff, 0xfe, 0, 1, 'x'})
		}
	}
	f.tree = opened(t, f.dir)
	return f
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func opened(t testing.TB, dir string) *repo.Tree {
	t.Helper()
	tree, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func (f fixture) step(files repo.Files) Step {
	return Step{Files: files, Dir: "overlay", LoadRestrictionsNone: len(f.flags) > 0}
}

func built(t testing.TB, step Step) Result {
	t.Helper()
	r, err := Build(context.Background(), step)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// joined is what kustomize would print.
func joined(docs []origin.Document) string {
	var texts []string
	for _, d := range docs {
		texts = append(texts, d.Text.Secret().Reveal())
	}
	return strings.Join(texts, "---\n")
}

// engine finds a program to compare with; without it the test fails in CI, and is left
// out elsewhere.
func engine(t testing.TB, name string) string {
	t.Helper()
	local, err := filepath.Abs("../../../.tools/bin/" + name)
	if err == nil {
		if _, err = os.Stat(local); err == nil {
			return local
		}
	}
	found, err := exec.LookPath(name)
	if err == nil {
		return found
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: run scripts/install/kustomize.sh", name)
	}
	t.Skipf("%s is missing: run scripts/install/kustomize.sh", name)
	return ""
}

// TestTruth compares with the real kustomize, byte for byte.
func TestTruth(t *testing.T) {
	program := engine(t, "kustomize")
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			cmd := exec.Command(program, append([]string{"build", filepath.Join(f.dir, "overlay")}, f.flags...)...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			want, err := cmd.Output()
			if err != nil {
				t.Fatalf("kustomize itself fails: %v\n%s", err, stderr.String())
			}
			r := built(t, f.step(f.tree))
			if len(r.Problems) > 0 || r.Doubt != nil {
				t.Errorf("problems %v, doubt %v", r.Problems, r.Doubt)
			}
			if diff := cmp.Diff(string(want), joined(r.Documents)); diff != "" {
				t.Errorf("(-kustomize +keyfit)\n%s", diff)
			}
			rewritten := quickly(t, f.step(f.tree), func(o *overlay) { o.changed = true })
			if diff := cmp.Diff(string(want), joined(rewritten.Documents)); diff != "" {
				t.Errorf("with kustomizations that were written anew (-kustomize +keyfit)\n%s", diff)
			}
		})
	}
}

// leaf is one text of an outcome that may be a key.
type leaf struct {
	text    string
	sources []model.Value
}

// leavesIn reads an outcome as its readers do: by object and path.
func leavesIn(t testing.TB, r Result) map[string]leaf {
	t.Helper()
	out := map[string]leaf{}
	for _, d := range r.Documents {
		text := d.Text.Secret().Reveal()
		root := rootOf(text)
		if root == nil {
			t.Fatalf("%s: not one object", d.Name)
		}
		meta := exact(root, "metadata")
		key := scalar(exact(root, "kind")) + "/" + scalar(exact(meta, "namespace")) + "/" + withoutHash(scalar(exact(meta, "name")))
		tk := &tokens{text: text, index: pos.NewIndex([]byte(text)), end: map[*yaml.Node]int{}}
		tk.read(root)
		paths := map[*yaml.Node]string{}
		name(root, key, paths)
		secret := scalar(exact(root, "kind")) == "Secret"
		eachEntry(root, func(n *yaml.Node) {
			start, end := tk.span(n)
			l := leaf{text: n.Value, sources: d.Text.Sources(start, end)}
			if plain, ok := decodedData(n.Value); ok && secret && strings.Contains(paths[n], "/data/") {
				l.text = plain
			}
			if l.text != "" {
				out[paths[n]] = l
			}
		})
	}
	return out
}

func decodedData(text string) (string, bool) {
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return string(data), err == nil
}

func name(n *yaml.Node, path string, out map[*yaml.Node]string) {
	out[n] = path
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name(n.Content[i+1], path+"/"+n.Content[i].Value, out)
		}
	case yaml.SequenceNode:
		for i, item := range itemNames(n) {
			name(n.Content[i], path+"/"+item, out)
		}
	}
}

// TestProvenance changes the text at each place that is said to be an origin: the texts
// that are said to come from there change, and no others.
func TestProvenance(t *testing.T) {
	claims, coarse := 0, 0
	for _, f := range fixtures(t) {
		t.Run(f.name, func(t *testing.T) {
			before := leavesIn(t, built(t, f.step(f.tree)))
			places := map[pos.Span][]string{}
			vague := 0
			for path, l := range before {
				exact := false
				for _, s := range l.sources {
					if hop := s.Trail.Origin(); hop.Literal && hop.At.Start.IsValid() {
						places[hop.At] = append(places[hop.At], path)
						exact = true
					}
				}
				if !exact {
					vague++
					t.Logf("only coarsely known: %s", path)
				}
			}
			if vague != f.coarse {
				t.Errorf("%d texts have no exact origin, expected %d", vague, f.coarse)
			}
			perturb(t, f, before, places)
			claims, coarse = claims+len(before)-vague, coarse+vague
		})
	}
	t.Logf("%d texts with an exact origin, %d without", claims, coarse)
}

// quickly builds without telling origins.
func quickly(t *testing.T, step Step, change func(*overlay)) Result {
	t.Helper()
	p := newPlan(step)
	if !p.start() {
		t.Fatal(p.problems)
	}
	for _, o := range p.order {
		change(o)
	}
	b := &builder{plan: p, library: libraryFor(p)}
	objects, err := b.plainly(context.Background())
	if err != nil {
		t.Fatal(b.explain(err))
	}
	var r Result
	for _, o := range objects {
		r.Documents = append(r.Documents, origin.Document{Text: origin.FromMarked(o.yaml, &origin.Marks{})})
	}
	return r
}

// perturb puts a word of its own into the text at each place, and looks where the words
// turn up.
func perturb(t *testing.T, f fixture, before map[string]leaf, places map[pos.Span][]string) {
	t.Helper()
	words := map[string][]string{} // by path, what it must hold
	o := repo.NewOverlay(f.tree)
	order := slices.SortedFunc(maps.Keys(places), func(a, b pos.Span) int { return pos.Compare(b, a) }) // from the end of each file
	for i, at := range order {
		word := fmt.Sprintf("Zq%dx", i)
		data, err := o.Read(at.File)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Write(at.File, changed(data, at, word)); err != nil {
			t.Fatal(err)
		}
		for _, path := range places[at] {
			words[path] = append(words[path], word)
		}
	}
	after := leavesIn(t, quickly(t, f.step(o), func(*overlay) {}))
	for path := range before {
		for i, at := range order {
			word := fmt.Sprintf("Zq%dx", i)
			if claimed, there := slices.Contains(words[path], word), strings.Contains(after[path].text, word); claimed != there {
				t.Errorf("%s: said to come from %s: %v, but a word there turns up in it: %v", path, at, claimed, there)
			}
		}
	}
}

// changed puts a word into the text at a place, at its beginning and at its end.
func changed(data []byte, at pos.Span, word string) []byte {
	i := at.Start.Byte
	end := at.End.Byte
	switch c := data[i]; {
	case at.End.Byte == i && (c == '|' || c == '>'):
		i += bytes.IndexByte(data[i:], '\n') + 1
		for data[i] == ' ' {
			i++
		}
	case c == '&':
		i += bytes.IndexByte(data[i:], ' ') + 1
	case c == '"' || c == '\'':
		i++
		end--
	}
	return bytes.Join([][]byte{data[:i], []byte(word), data[i:max(i, end)], []byte(word), data[max(i, end):]}, nil)
}

func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, Step{Files: opened(t, t.TempDir()), Dir: "."}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
