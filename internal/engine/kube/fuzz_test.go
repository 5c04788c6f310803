package kube_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// FuzzApply applies any text twice, as a file and put together from pieces: nothing
// panics, every place lies in the file, and what is known does not depend on the pieces.
func FuzzApply(f *testing.F) {
	files, _ := filepath.Glob("../../../testdata/kube/*.txtar")
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for i, file := range archive.Files {
			if file.Name != "want" && file.Name != "steps" {
				f.Add(string(file.Data), uint(7*i), uint(7*i+30))
			}
		}
	}
	f.Add("a: &a {<<: *a}\nkind: Pod\n", uint(0), uint(3))
	f.Add("kind: List\nitems: &a\n- kind: List\n  items: *a\n", uint(0), uint(3))
	f.Fuzz(func(t *testing.T, text string, from, to uint) {
		if len(text) > 1<<14 {
			return
		}
		plain := apply(t, text, origin.FromFile("a.yaml", []byte(text)), len(text))
		if !origin.CanMark(text) {
			return
		}
		from, to = min(from, uint(len(text))), min(to, uint(len(text)))
		if from > to || !origin.CanMark(text[:from]) || !origin.CanMark(text[from:to]) {
			return
		}
		hop := model.Hop{Kind: model.KindHelmValues}
		for _, v := range []model.Value{model.KnownText("x", hop), model.UnknownBecause(model.WhyCISecret, "x", model.Trail{}.Append(hop))} {
			var m origin.Marks
			marked := origin.FromMarked(text[:from]+origin.Wrap(m.Add(v), text[from:to])+text[to:], &m)
			agree(t, plain, apply(t, text, marked, 0), v.State == model.Known)
		}
	})
}

func apply(t *testing.T, text string, from origin.Text, size int) []model.Consumer {
	t.Helper()
	var c kube.Cluster
	problems := c.Apply(kube.Input{Documents: []origin.Document{{Name: "a.yaml", Text: from}}})
	consumers, more := c.Consumers()
	for _, p := range append(problems, more...) {
		if at := p.At; at.End.Byte < at.Start.Byte || size > 0 && at.End.Byte > size {
			t.Fatalf("a problem at the bytes %d to %d of %d", at.Start.Byte, at.End.Byte, size)
		}
		if strings.TrimSpace(p.Message) == "" || p.At.File == "" {
			t.Fatalf("a problem without a message or a place: %q", p.Message)
		}
	}
	for _, consumer := range consumers {
		for _, v := range consumer.Env.All() {
			for _, hop := range v.Trail.Hops() {
				if hop.At.End.Byte < hop.At.Start.Byte || size > 0 && hop.At.End.Byte > size {
					t.Fatalf("a hop at the bytes %d to %d of %d", hop.At.Start.Byte, hop.At.End.Byte, size)
				}
			}
		}
	}
	return consumers
}

// agree holds a marked run against the plain one: marks of known texts change no state,
// and marks of unknown ones never make anything known that was something else.
func agree(t *testing.T, plain, marked []model.Consumer, known bool) {
	t.Helper()
	if known && len(plain) != len(marked) {
		t.Fatalf("%d consumers, expected %d", len(marked), len(plain))
	}
	for i, consumer := range marked {
		if i >= len(plain) || plain[i].Workload != consumer.Workload || plain[i].Container != consumer.Container {
			continue
		}
		for name, v := range consumer.Env.All() {
			was := plain[i].Env.Get(name)
			if known && v.State != was.State || v.State == model.Known && was.State == model.Known && !v.Text.Equal(was.Text) {
				t.Fatalf("%q is %v, expected %v", name, v.State, was.State)
			}
		}
	}
}
