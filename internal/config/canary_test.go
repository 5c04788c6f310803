package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// memory is one file that lies nowhere.
type memory []byte

func (m memory) Read(string) ([]byte, error)      { return m, nil }
func (m memory) Stat(string) (repo.Info, error)   { return repo.Info{Name: "keyfit.yaml"}, nil }
func (m memory) List(string) ([]repo.Info, error) { return nil, nil }

// canaries are keys of several shapes, as they may be pasted into any place.
var canaries = []string{
	"sk_live_51CANARYabcDEF", "CANARY-9f8e7d6c5b4a", "ghp_16CANARY7e42F292c6912E7710c838347Ae178B4a",
	"https://user:CANARY1pw@host.example.com/x?key=CANARY2", "AKIACANARY5EXAMPLE77", "CANARY with spaces and\nlines", "canaryCANARYcanary",
}

// TestAPastedKeyNeverShows puts a key in place of every scalar of a large file, names
// included, and behind every scalar, and searches every message for it.
func TestAPastedKeyNeverShows(t *testing.T) {
	t.Parallel()
	const large = "../../testdata/config/large.yaml"
	source, err := os.ReadFile(large)
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := config.Load(memory(source), "keyfit.yaml", options()); len(problems) > 0 {
		t.Fatalf("the file itself does not load:\n%s", printed(problems))
	}
	count, failing := 0, 0
	for i := range countScalars(t, source) {
		for j, canary := range canaries {
			if !*thorough && (i+j)%7 != 0 {
				continue
			}
			changes := []func(string) string{func(string) string { return canary }}
			if j < 2 {
				changes = append(changes, func(old string) string { return old + canary }, func(old string) string { return canary + old })
			}
			for _, change := range changes {
				count++
				if checkHidden(t, replaceScalar(t, source, i, change), fmt.Sprintf("scalar %d", i)) {
					failing++
				}
			}
		}
	}
	t.Logf("%d files with a key in the wrong place, %d of them with problems", count, failing)
	if count < 300 || failing < count/3 {
		t.Errorf("%d files, %d with problems: the test has lost its grip", count, failing)
	}
}

// TestAKeyInABadFileNeverShows does the same to every bad file.
func TestAKeyInABadFileNeverShows(t *testing.T) {
	t.Parallel()
	for _, path := range table(t, "bad") {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var n yaml.Node
		if yaml.Unmarshal(source, &n) != nil || len(n.Content) == 0 {
			continue
		}
		for i := range countScalars(t, source) {
			for j, canary := range canaries {
				if !*thorough && (i+j)%7 != 0 {
					continue
				}
				checkHidden(t, replaceScalar(t, source, i, func(string) string { return canary }), fmt.Sprintf("%s, scalar %d", filepath.Base(path), i))
			}
		}
	}
}

// TestAKeyInBrokenYAMLNeverShows cuts files with keys off at every byte.
func TestAKeyInBrokenYAMLNeverShows(t *testing.T) {
	const text = "version: 1\nkeys: {CANARY1x: *CANARY2x, ? CANARY3x : &CANARY4x 'CANARY5x'}\n  CANARY6x: \"CANARY7x\\q\n!CANARY8x %CANARY9x @CANARY0x\n<<: CANARYax"
	for i := range len(text) {
		checkHidden(t, []byte(text[:i]), fmt.Sprintf("cut at %d", i))
		checkHidden(t, []byte(text[i:]), fmt.Sprintf("from %d", i))
	}
}

func checkHidden(t *testing.T, data []byte, what string) (failed bool) {
	t.Helper()
	file, problems := config.Load(memory(data), "keyfit.yaml", options())
	all := printed(problems)
	if strings.Contains(strings.ToUpper(all), "CANARY") {
		t.Errorf("%s: a message shows the key", what)
	}
	for _, env := range file.Environments {
		if env != nil && strings.Contains(strings.ToUpper(fmt.Sprintf("%v %+v %#v %s", env.Inputs, env.Inputs, env.Inputs, env.Inputs)), "VALUE:") {
			t.Errorf("%s: a printed input shows its value", what)
		}
	}
	mustHavePlaces(t, data, problems)
	return len(problems) > 0
}

func mustHavePlaces(t *testing.T, data []byte, problems []model.Problem) {
	t.Helper()
	for _, p := range problems {
		if p.Message == "" || p.At.File != "keyfit.yaml" || p.At.Start.Byte > len(data) || p.At.End.Byte > len(data) ||
			p.At.Start.Line > bytes.Count(data, []byte("\n"))+1 {
			t.Errorf("a problem without a place in the file: %+v", p.At)
		}
	}
}

// scalars lists the scalars of a document, names included, in their order.
func scalars(n *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	if n.Kind == yaml.ScalarNode && n.Tag != "!!merge" {
		out = append(out, n)
	}
	for _, c := range n.Content {
		out = append(out, scalars(c)...)
	}
	return out
}

func countScalars(t *testing.T, source []byte) int {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(source, &n); err != nil {
		t.Fatal(err)
	}
	return len(scalars(&n))
}

func replaceScalar(t *testing.T, source []byte, i int, change func(string) string) []byte {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(source, &n); err != nil {
		t.Fatal(err)
	}
	s := scalars(&n)[i]
	s.Value, s.Tag, s.Style = change(s.Value), "!!str", 0
	out, err := yaml.Marshal(&n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestInputsDoNotPrint keeps a value under `inputs` out of logs and dumps.
func TestInputsDoNotPrint(t *testing.T) {
	input := config.Input{Env: "CANARY1", Value: &strict.At[string]{Value: "CANARY2"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{input, &input, map[string]config.Input{"a": input}, []config.Input{input}, config.Environment{Inputs: map[string]config.Input{"a": input}}} {
			if strings.Contains(fmt.Sprintf(verb, v), "CANARY") {
				t.Errorf("%s of a %T shows the value", verb, v)
			}
		}
	}
	if out := jsonText(map[string]any{"a": input, "b": &input}); strings.Contains(out, "CANARY") || !strings.Contains(out, "redacted") {
		t.Error("JSON shows the value of an input")
	}
}
