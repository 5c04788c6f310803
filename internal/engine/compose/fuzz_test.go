package compose

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/template"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// FuzzProject holds any files against compose-go.
func FuzzProject(f *testing.F) {
	for i := range 40 {
		g := generator{Rand: rand.New(rand.NewPCG(11, uint64(i))), secret: "file: key.txt"}
		s := g.sample()
		f.Add(s.files["compose.yaml"], s.files["sub/base.yaml"], s.files["a.env"])
	}
	f.Fuzz(func(t *testing.T, main, base, vars string) {
		if strings.ContainsAny(main+base+vars, "\x00\r") || len(main)+len(base)+len(vars) > 1<<14 {
			t.Skip()
		}
		s := sample{
			files:   map[string]string{"compose.yaml": main, "sub/base.yaml": base, "sub/part.yaml": "services: {part: {image: x}}\n", "a.env": vars, "b.env": "B=b\n", "key.txt": "k"},
			configs: []string{"compose.yaml"}, env: map[string]string{"A": "a", "EMPTY": ""},
		}
		var sum tally
		s.compare(t, &sum)
	})
}

// FuzzExpansion holds the replacement of variables against compose-go's.
func FuzzExpansion(f *testing.F) {
	for _, text := range []string{"$A", "${A:-x}", "${B:-${A}}", "${B-x}y}", "$$A", "${A:+s}${EMPTY:-e}", "${B?x}", "${}", "${A", "a$", "$1", "${A:-{x}}", "${B:-a}\n${A}", "${Kſ}"} {
		f.Add(text)
	}
	vars := map[string]string{"A": "alpha", "EMPTY": "", "C": "$A"}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := template.Substitute(text, func(name string) (string, bool) { v, ok := vars[name]; return v, ok })
		values := map[string]model.Value{}
		for name, v := range vars {
			values[name] = model.KnownText(v, model.Hop{What: name})
		}
		e := &expansion{env: model.NewEnv(values)}
		got := e.expand(tree.Of(model.KnownText(text, model.Hop{}), pos.Span{}), 0).String()
		switch {
		case e.refused != nil && e.refused.limit:
		case (err != nil) != (e.refused != nil):
			t.Errorf("%q: refused %v, compose-go says %v", text, e.refused, err)
		case err == nil && got != want:
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	})
}
