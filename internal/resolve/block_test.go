package resolve

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// TestBlockPositions asks for the place of a word in texts written in several ways.
func TestBlockPositions(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want string // empty: no places within the text
	}{
		"literal":         {"a:\n  run: |\n    first\n    é word\n", "keyfit.yaml:4:7"},
		"kept":            {"run: |+\n  x\n\n  word\n\n", "keyfit.yaml:4:3"},
		"stripped":        {"run: |-\n  x\n    word", "keyfit.yaml:3:5"},
		"own indent":      {"run: |2\n    word\n", "keyfit.yaml:2:5"},
		"comment":         {"run: | # why\n  word\n", "keyfit.yaml:2:3"},
		"empty lines":     {"run: |\n\n\n  word\n", "keyfit.yaml:4:3"},
		"carriage return": {"run: |\r\n  x\r\n  word\r\n", "keyfit.yaml:3:3"},
		"next key":        {"run: |\n  x\n  word\nb: 1\n", "keyfit.yaml:3:3"},
		"folded":          {"run: >\n  x\n  word\n", ""},
		"plain":           {"run: x word\n", ""},
		"quoted":          {"run: \"|x\\nword\"\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := repo.NewOverlay(tree(t, map[string]string{"keyfit.yaml": c.file}))
			text := runText(t, c.file)
			places := blockPositions(files, text)
			if (places == nil) != (c.want == "") {
				t.Fatalf("places: %t, wanted %q", places != nil, c.want)
			}
			if places == nil {
				return
			}
			at := strings.Index(text.Value, "word")
			got := places(at, at+4)
			if got.String() != c.want {
				t.Errorf("got %s, wanted %s", got, c.want)
			}
			if word := c.file[got.Start.Byte:got.End.Byte]; word != "word" {
				t.Errorf("the place holds %q", word)
			}
			places(0, len(text.Value))
			places(-1, len(text.Value)+10)
		})
	}
}

// runText reads the text of `run`, with the place that it begins at.
func runText(t *testing.T, file string) strict.At[string] {
	t.Helper()
	var doc struct{ Run yaml.Node }
	var nested struct{ A struct{ Run yaml.Node } }
	if err := yaml.Unmarshal([]byte(file), &doc); err != nil {
		t.Fatal(err)
	}
	n := doc.Run
	if n.IsZero() {
		if err := yaml.Unmarshal([]byte(file), &nested); err != nil {
			t.Fatal(err)
		}
		n = nested.A.Run
	}
	from := pos.NewIndex([]byte(file)).Offset(n.Line, n.Column)
	return strict.At[string]{Value: n.Value, Span: pos.Span{File: "keyfit.yaml", Start: pos.Pos{Line: n.Line, Column: n.Column, Byte: from}}}
}
