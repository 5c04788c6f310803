package buildkite

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
)

// vector is a text, and what the agent's own library made of it.
type vector struct {
	In, Out string
	Err     bool
}

// TestInterpolation compares with recorded answers of the library that the agent uses:
// every text that it accepts comes out the same.
func TestInterpolation(t *testing.T) {
	name := "testdata/interpolation.json"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) < 200 {
		t.Fatalf("%d vectors: %v", len(vectors), err)
	}
	vars := map[string]string{"A": "alpha", "B": "b/b", "EMPTY": "", "A_1": "one", "ABC": "abc", "é": "acc"}
	e := &expansion{lookup: func(name string) model.Value {
		if text, ok := vars[name]; ok {
			return model.KnownText(text, model.Hop{What: name})
		}
		return model.Value{State: model.Absent}
	}}
	accepted := 0
	for _, v := range vectors {
		e.bad = nil
		got := e.expand(tree.Of(model.KnownText(v.In, model.Hop{}), pos.Span{})).String()
		switch {
		case v.Err && len(e.bad) == 0:
			t.Errorf("%q: taken, though the agent refuses it", v.In)
		case !v.Err && (len(e.bad) > 0 || got != v.Out):
			t.Errorf("%q: got %q (%d refused), want %q", v.In, got, len(e.bad), v.Out)
		}
		if !v.Err {
			accepted++
		}
	}
	t.Logf("%d texts, %d of them accepted by the agent", len(vectors), accepted)
}
