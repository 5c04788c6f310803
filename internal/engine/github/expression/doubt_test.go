package expression

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// doubt is a place in the contexts that is made unknown, in one of several forms.
type doubt struct {
	path []string
	form int
}

func (d doubt) String() string { return fmt.Sprint(strings.Join(d.path, "."), "#", d.form) }

// form is a kind of not knowing: the symbolic value, and values that it may stand for.
type form struct {
	symbolic func(path string) Value
	concrete []string // JSON
}

func unknownAt(path string) model.Value {
	return model.UnknownBecause(model.WhyCISecret, "the secret", model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: path}))
}

func textAt(text, path string) model.Value {
	return model.KnownText(text, model.Hop{Kind: model.KindInput, What: path})
}

var forms = []form{
	{func(p string) Value { return Text(unknownAt(p)) }, []string{`null`, `""`, `"a"`, `"staging"`, `"0"`, `"refs/heads/main"`, `"true"`}},
	{func(p string) Value { return Unknown(unknownAt(p)) }, []string{`null`, `""`, `"a"`, `true`, `false`, `0`, `1`, `2.5`, `[]`, `["one","a"]`, `{}`, `{"x":"one"}`, `{"name":"n1"}`}},
	{func(p string) Value { return Unknown(unknownAt(p), KindBool) }, []string{`true`, `false`}},
	{func(p string) Value {
		v := model.UnknownBecause(model.WhyInput, "the branch", model.Trail{})
		v.Parts = []model.Value{textAt("refs/heads/", p), unknownAt(p)}
		return Text(v)
	}, []string{`"refs/heads/"`, `"refs/heads/main"`, `"refs/heads/a/b"`}},
	{func(p string) Value {
		return Text(model.Ambiguous("the environment", textAt("prod", p+"1"), textAt("staging", p+"2"), model.Value{State: model.Absent}))
	}, []string{`"prod"`, `"staging"`, `null`}},
	{func(p string) Value { return Unknown(unknownAt(p), KindNumber) }, []string{`0`, `1`, `2`, `-1`, `1.5`, `100`}},
	{func(p string) Value { return Unknown(unknownAt(p), KindString) }, []string{`""`, `"a"`, `"one"`, `"A VALUE"`}},
	{func(p string) Value {
		return Open(func(name string) Value {
			if name == "a" {
				return Null()
			}
			return Text(unknownAt(p + "." + name))
		}, Entry{"x", Text(textAt("one", p))}, Entry{"result", Text(unknownAt(p + " result"))})
	}, []string{`{"x":"one","result":"failure"}`, `{"x":"one","result":"","none":"there"}`, `{"x":"one","result":null,"name":"n1","v":""}`}},
	{func(p string) Value {
		return Array(Text(unknownAt(p+"0")), String("two"), Unknown(unknownAt(p+"2"), KindBool))
	}, []string{`["one","two",true]`, `["","two",false]`, `[null,"two",true]`}},
	{func(p string) Value { return Unknown(unknownAt(p), KindArray, KindObject) }, []string{`[]`, `{}`, `["a"]`, `{"x":1}`}},
}

var places = []string{"foo", "foo.a", "foo.num", "foo.yes", "foo.nil", "foo.key", "foo.text", "foo.list", "foo.mixed", "foo.map", "foo.map.x", "foo.json", "foo.jobs", "foo.jobs.build.result", "foo.jobs.test.outputs", "foo.jobs.test.result", "foo.nested", "foo.nested.list", "foo.empty", "foo.emptylist", "foo.none"}

// doubts chooses some places, none within another, that the expression may look at.
func (g generator) doubts(expr string) []doubt {
	near := slices.DeleteFunc(slices.Clone(places), func(p string) bool {
		name := p[strings.LastIndexByte(p, '.')+1:]
		return p != "foo" && !strings.Contains(strings.ToLower(expr), name)
	})
	g.Shuffle(len(near), func(i, j int) { near[i], near[j] = near[j], near[i] })
	var out []doubt
	for _, place := range near {
		path := strings.Split(place, ".")
		if g.IntN(3) == 0 || len(path) == 1 && g.IntN(8) > 0 {
			continue
		}
		clash := slices.ContainsFunc(out, func(d doubt) bool {
			n := min(len(d.path), len(path))
			return slices.Equal(d.path[:n], path[:n])
		})
		if !clash {
			out = append(out, doubt{path, g.IntN(len(forms))})
		}
	}
	return out
}

// apply puts the symbolic values into the contexts, or values that random chooses.
func apply(contexts Value, doubts []doubt, random *rand.Rand) Value {
	for _, d := range doubts {
		f := forms[d.form]
		v := f.symbolic(strings.Join(d.path, "."))
		if random != nil {
			var r run
			v = r.fromJSON(String(f.concrete[random.IntN(len(f.concrete))]))
		}
		contexts = replaced(contexts, d.path, v)
	}
	return contexts
}

func replaced(v Value, path []string, with Value) Value {
	if len(path) == 0 {
		return with
	}
	entries := slices.Clone(v.object.entries)
	if i, ok := v.object.find(path[0]); ok {
		entries[i].Value = replaced(entries[i].Value, path[1:], with)
	} else {
		entries = append(entries, Entry{path[0], with})
	}
	return Object(entries...)
}

// covers says why the symbolic value does not stand for the concrete one; nothing when it
// does. A concrete value at which the runner gives up is covered by anything, because then
// nothing is handed over.
func covers(v, concrete Value) string {
	if concrete.Fault() != nil {
		return ""
	}
	if v.Fault() != nil {
		return "the runner does not give up: " + v.Fault().Error()
	}
	if truth, decided := v.Truth(); decided {
		if is, _ := concrete.Truth(); truth != is {
			return "its truth is decided"
		}
	}
	if why := coversText(v, concrete); why != "" {
		return why
	}
	if len(v.options) > 0 {
		for _, o := range v.options {
			if covers(o, concrete) == "" {
				return ""
			}
		}
		return "it is none of the options"
	}
	return coversPart(v, concrete)
}

func coversPart(v, concrete Value) string {
	switch {
	case v.kind == KindUnknown && v.possible()&concrete.possible() == 0:
		return "it is of another kind"
	case v.kind == KindUnknown || concrete.kind == KindUnknown:
		return ""
	case v.kind != concrete.kind:
		return "it is of another kind"
	case v.kind == KindArray:
		return coversItems(v.array.items, concrete.array.items)
	case v.kind == KindObject:
		return coversEntries(v.object, concrete.object)
	case told(v) != told(concrete):
		return "it is known"
	}
	return ""
}

func coversItems(items, concrete []Value) string {
	if len(items) != len(concrete) {
		return "its length is known"
	}
	for i, item := range items {
		if why := covers(item, concrete[i]); why != "" {
			return fmt.Sprint("item ", i, ": ", why)
		}
	}
	return ""
}

func coversEntries(o, concrete *object) string {
	if o.more == nil && len(o.entries) != len(concrete.entries) {
		return "its entries are known"
	}
	for _, e := range concrete.entries {
		if why := covers(o.get(e.Name), e.Value); why != "" {
			return e.Name + ": " + why
		}
	}
	return ""
}

// coversText compares what is pasted.
func coversText(v, concrete Value) string {
	text, sure := pastedText(concrete)
	m := v.Model()
	switch {
	case !sure:
		return ""
	case m.State == model.Known:
		if m.Text.Reveal() != text {
			return "its text is known"
		}
	case len(m.Alternatives) > 0 && !slices.ContainsFunc(m.Alternatives, func(a model.Value) bool {
		return a.State != model.Known || a.Text.Reveal() == text
	}):
		return "its text is none of the alternatives"
	}
	if s, _ := shapeOf(v); !strings.HasPrefix(text, s.prefix()) || !strings.HasSuffix(text, s.suffix()) {
		return "its text begins or ends in another way"
	}
	return ""
}
