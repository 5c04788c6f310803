package terraform

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// claim is a text that is said to come from a literal.
type claim struct {
	path string
	text string
	from pos.Span
}

// TestOriginsDecide changes every literal that a trail names as the origin of a text, and
// sees whether the text changes.
func TestOriginsDecide(t *testing.T) {
	claimed, changed, skipped := 0, 0, 0
	table, used := steady(), map[string]bool{}
	for _, x := range trials(t) {
		if x.fails {
			continue
		}
		tool := "tofu"
		if x.only != "" {
			tool = x.only
		}
		before := claims(evaluate(t, x.step(t, tool)))
		byPlace := map[pos.Span][]claim{}
		for _, c := range before {
			byPlace[c.from] = append(byPlace[c.from], c)
		}
		for place, all := range byPlace {
			claimed += len(all)
			y, ok := x.changed(place)
			if !ok {
				skipped += len(all)
				continue
			}
			after := textsByPath(evaluate(t, y.step(t, tool)))
			for _, c := range all {
				if text, ok := after[c.path]; !ok || text != c.text {
					changed++
					continue
				}
				name := excused(table, x.name+" "+c.path)
				if name == "" {
					t.Errorf("%s: %s does not change with %s", x.name, c.path, place)
				}
				used[name] = true
			}
		}
	}
	t.Logf("%d claims: %d texts change with their origin, %d origins cannot be changed by a test", claimed, changed, skipped)
	for name := range table {
		if !used[name] {
			t.Errorf("%s changes now, and the table says that it does not", name)
		}
	}
	if changed < 300 {
		t.Errorf("only %d texts: the test is broken", changed)
	}
}

// steady lists texts that do not change with every change of a literal that they name, and
// why. A path stands for what is below it, too.
func steady() map[string]string {
	const set = "the elements of a set share their origins"
	return map[string]string{
		"collections output.contains.2":                         "an index",
		"collections output.sort.1.0":                           "one of two equal texts",
		"files output.names.0":                                  "the directory is left out",
		"jsonencode-partly-unknown output.back":                 "all of a text that is decoded counts",
		"modules-for-each output.s":                             set,
		"modules-for-each module.s[\"x\"].terraform_data.r":     set,
		"modules-for-each module.s[\"y\"].terraform_data.r":     set,
		"numbers output.arithmetic.3":                           "a remainder",
		"resources-for-each-set terraform_data.s[\"9\"].input":  set,
		"resources-for-each-set terraform_data.s[\"10\"].input": set,
		"resources-for-each-set terraform_data.s[\"a\"].input":  set,
		"resources-for-each-set terraform_data.s[\"b\"].input":  set,
		"try-can output.regex.0":                                "a search",
		"try-can output.split.3":                                "a part that is left out",
	}
}

// excused finds the line that a path falls under.
func excused(table map[string]string, path string) string {
	for name := range table {
		if rest, ok := strings.CutPrefix(path, name); ok && (rest == "" || rest[0] == '.') {
			return name
		}
	}
	return ""
}

// leaves calls back for every known text and number of outputs and resources.
func leaves(r Result, found func(path string, v cty.Value)) {
	for path, v := range ours(r) {
		walkLeaves(path, v, found)
	}
}

func walkLeaves(path string, v cty.Value, found func(string, cty.Value)) {
	plain, _ := v.Unmark()
	t := plain.Type()
	switch {
	case !plain.IsKnown() || plain.IsNull():
	case t == cty.String || t == cty.Number:
		found(path, v)
	case t.IsPrimitiveType() || t.IsSetType() || !plain.CanIterateElements():
	default:
		for it := plain.ElementIterator(); it.Next(); {
			k, el := it.Element()
			walkLeaves(path+"."+valueOf(k).Text.Reveal(), el, found)
		}
	}
}

// claims are the literals of all leaves.
func claims(r Result) []claim {
	var out []claim
	leaves(r, func(path string, v cty.Value) {
		value := valueOf(v)
		sources := value.Parts
		if len(sources) == 0 {
			sources = []model.Value{value}
		}
		for _, s := range sources {
			if h := s.Trail.Origin(); h.Literal {
				out = append(out, claim{path, value.Text.Reveal(), h.At})
			}
		}
	})
	return out
}

func textsByPath(r Result) map[string]string {
	out := map[string]string{}
	leaves(r, func(path string, v cty.Value) { out[path] = valueOf(v).Text.Reveal() })
	return out
}

// changed is the trial with another literal at a place; ok is false when none can be put
// there.
func (x trial) changed(at pos.Span) (y trial, ok bool) {
	i := slices.IndexFunc(x.files, func(f txtar.File) bool { return f.Name == at.File })
	if i < 0 {
		return x, false
	}
	data := x.files[i].Data
	start, end := at.Start.Byte, at.End.Byte
	if !at.Start.IsValid() {
		start, end = 0, len(data)
	}
	literal, ok := another(string(data[start:end]))
	if !ok {
		return x, false
	}
	x.files = slices.Clone(x.files)
	x.files[i].Data = slices.Concat(bytes.Clone(data[:start]), []byte(literal), data[end:])
	return x, true
}

// another is a literal that differs.
func another(literal string) (string, bool) {
	switch {
	case literal == "true":
		return "false", true
	case literal == "false":
		return "true", true
	case literal == "null" || literal == "" || strings.ContainsAny(literal[:1], "[{"):
		return "", false
	case literal[0] == '"':
		return `"Q` + literal[1:], true
	case strings.HasPrefix(literal, "<<"):
		return strings.Replace(literal, "\n", "\nQ", 1), true
	case regexp.MustCompile(`^[0-9.]+$`).MatchString(literal):
		return "7" + literal, true
	}
	return "Q" + literal, true
}
