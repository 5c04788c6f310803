package helm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// otherwise gives values of the same type that a leaf could have instead.
func otherwise(v any) []any {
	switch v := v.(type) {
	case string:
		return []any{v + "x", "changed", "", "2.5.9", "zz_" + v + "_z"}
	case bool:
		return []any{!v}
	case float64:
		return []any{v + 1, float64(0)}
	case nil:
		return []any{"set"}
	}
	return nil
}

// TestOriginsAreTrue changes every leaf of every chart, one at a time: what says that it
// comes from a leaf has to change with it, and what changes has to name the leaf, as a
// source or among what decided.
func TestOriginsAreTrue(t *testing.T) {
	var named, confirmed, changed, found int
	for _, c := range renderCases(t) {
		if c.fails {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			step, loaded := c.load(t)
			got := claimsOf(renderLoaded(t.Context(), step, loaded).result.Documents)
			for leaf, paths := range byPlace(loaded) {
				moved := moving(t, step, loaded, paths, got)
				path := strings.Join(paths[0], ".")
				for place := range got.known {
					data, by := namedBy(got.from[place], leaf)
					if data {
						named++
						if moved[place] {
							confirmed++
						} else {
							t.Errorf("%s is said to come from %s, and does not change with it", place, path)
						}
					}
					if moved[place] {
						changed++
						if data || by {
							found++
						} else {
							t.Logf("%s changes with %s, which is not named", place, path)
						}
					}
				}
			}
		})
	}
	t.Logf("%d of %d sources confirmed; %d of %d influences named", confirmed, named, found, changed)
	if found*100 < changed*90 {
		t.Errorf("%d of %d influences named, expected 90 %%", found, changed)
	}
}

// byPlace groups the leaves by where they stand: one place may give several charts theirs.
func byPlace(loaded *Loaded) map[model.Hop][][]string {
	out := map[model.Hop][][]string{}
	for _, path := range leaves(loaded.Values, nil) {
		if t := loaded.Origins.At(path...); t != nil && t.Map == nil && t.List == nil {
			out[t.Value.Trail.Last()] = append(out[t.Value.Trail.Last()], path)
		}
	}
	return out
}

// moving gives the places whose text changes, or which vanish, when a leaf changes.
func moving(t *testing.T, step Step, loaded *Loaded, paths [][]string, base claims) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, v := range otherwise(valueAt(loaded.Values, paths[0])) {
		other := *loaded
		for _, path := range paths {
			other.Values = with(other.Values, path, v).(map[string]any)
		}
		docs, ok := worldOf(t, step, &other)
		if !ok {
			continue
		}
		now := claimsOf(docs)
		for place, text := range base.known {
			held, ok := now.known[place]
			in := now.closed[place[:strings.LastIndexByte(place, ' ')]]
			if ok && held != text || !ok && in != nil {
				out[place] = true
			}
		}
	}
	return out
}

func valueAt(v any, path []string) any {
	for _, step := range path {
		switch c := v.(type) {
		case map[string]any:
			v = c[step]
		case []any:
			for i := range c {
				if itoa(i) == step {
					v = c[i]
					break
				}
			}
		}
	}
	return v
}

// namedBy reports whether values come from a leaf, and whether it decided about them.
func namedBy(from []model.Value, leaf model.Hop) (data, by bool) {
	for _, v := range from {
		data = data || slices.Contains(v.Trail.Hops(), leaf)
		by = by || slices.Contains(v.DecidedBy, leaf)
	}
	return data, by
}

// TestTrail shows the journey of a key through helpers into a container.
func TestTrail(t *testing.T) {
	for _, c := range renderCases(t) {
		if c.name != "standard" {
			continue
		}
		got := claimsOf(c.render(t).result.Documents)
		var hops []string
		for _, v := range got.from["Secret/rel-shop data api-key"] {
			if v.Trail.Origin().Kind != model.KindHelmValues {
				continue
			}
			for _, h := range v.Trail.Hops() {
				hops = append(hops, fmt.Sprintf("%s %s %q literal=%v", h.Kind, h.At, h.What, h.Literal))
			}
		}
		want := []string{
			`helm-values shop/values.yaml:6:8 "payment.key" literal=true`,
			`helm-template shop/templates/secret.yaml:9:15 "{{.Values.payment.key | b64enc | quote}}" literal=false`,
		}
		if !slices.Equal(hops, want) {
			t.Errorf("got  %q\nwant %q", hops, want)
		}
	}
}
