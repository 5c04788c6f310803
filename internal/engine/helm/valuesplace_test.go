package helm

import (
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

const placesText = "\uFEFF# äöü\n" + `plain: CANARY plain # comment
colon: "a: b"
single: 'it''s CANARY ä'
double: "tab\t\u00e9 \"quoted\" \
  folded
  twice"
folded plain: one
  two

  three
üñï: {flow: CANARY€, list: [a, "b", 'c', d e], nested: {x: [{y: z}]}}
number: 1.10
bool: yes
hex: 0x1F
null1: ~
empty:
anchored: &anchor CANARY anchored
tagged: !!str 12
both: &b !!str
  behind
other: !!str &c x
alias: *anchor
literal: |
  first ä
    indented

  last
strip: |-
  CANARY
keep: |+ # comment
  CANARY

fold: >
  one
  two

  three
   more
  end
explicit:
  inner: |2
      CANARY two more
    and less
emptyblock: |
next: x
seq:
- CANARY item
- "quoted"
- |
  block
   CANARY
- key: value
  other: 'x'
-   - deep
    - |-
      deeper
base: &base
  a: CANARY base
  b: 2
merged:
  <<: *base
  b: 3
late: {b: 4, <<: *base}
"quoted key": v
? complex
: CANARY complex
`

// TestPlaces decodes the text at the place of each leaf: it must be the leaf.
func TestPlaces(t *testing.T) {
	for name, data := range map[string]string{"unix": placesText, "windows": strings.ReplaceAll(placesText, "\n", "\r\n"), "without a mark": strings.TrimPrefix(placesText, "\uFEFF")} {
		dir := t.TempDir()
		c := valuesCase{files: map[string]string{"c/values.yaml": data, "given.yaml": data}, args: []string{"-f", "given.yaml"}}
		c.complete(t)
		c.layOut(t, dir)
		for _, args := range [][]string{nil, {"-f", "given.yaml"}} {
			c.args = args
			loaded, problems := Load(c.step(t, dir))
			if loaded == nil || len(problems) > 0 {
				t.Fatal(problems)
			}
			leaves := map[string]model.Value{}
			collect("", loaded.Origins, leaves)
			if len(leaves) < 40 {
				t.Fatalf("only %d leaves", len(leaves))
			}
			for path, v := range leaves {
				checkPlace(t, name, path, v, c.files)
			}
		}
	}
}

func checkPlace(t *testing.T, name, path string, v model.Value, files map[string]string) {
	t.Helper()
	at := v.Trail.Origin().At
	if !at.IsValid() || at.Start.Line == 0 {
		t.Errorf("%s: %s has no place", name, path)
		return
	}
	source := files[at.File][at.Start.Byte:at.End.Byte]
	line := files[at.File][:at.Start.Byte]
	line = line[strings.LastIndexByte(line, '\n')+1:]
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	text := "k: " + strings.ReplaceAll(source, "\n"+indent, "\n")
	if !strings.ContainsAny(source[:min(1, len(source))], "|>") {
		text = "k: " + strings.ReplaceAll(source, "\n", "\n ")
	} else if indent == "" || strings.HasPrefix(strings.TrimLeft(line, " "), "-") {
		text = "k: " + source
	}
	values, err := decode([]byte(text + "\n"))
	if path == "tagged" || path == "both" || path == "other" {
		values, err = map[string]any{"k": strings.TrimSpace(source)}, nil // the tag is not part of it
	}
	if err != nil || printed(values["k"]) != v.Text.Reveal() {
		t.Errorf("%s: %s: what stands at %v is not the value (%v)", name, path, at, err)
	}
}

// TestRandomPlaces does the same for random files.
func TestRandomPlaces(t *testing.T) {
	for i := range 50 {
		dir := t.TempDir()
		c := newRandom(uint64(5000+i)).values(t, i, false)
		c.layOut(t, dir)
		loaded, _ := Load(c.step(t, dir))
		if loaded == nil {
			continue
		}
		leaves := map[string]model.Value{}
		collect("", loaded.Origins, leaves)
		for path, v := range leaves {
			if v.Trail.IsEmpty() || v.Trail.Origin().At.Start == v.Trail.Origin().At.End {
				continue // an empty map that import-values made
			}
			checkPlace(t, c.name, path, v, c.files)
		}
	}
}

func printed(v any) string { return text(v) }
