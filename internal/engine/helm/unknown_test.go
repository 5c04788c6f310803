package helm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
)

// claims is what a reader of the manifests takes as certain.
type claims struct {
	known map[string]string // by place, such as "Deployment/shop api env KEY"
	// closed lists the places of which all names are certain: what they do not hold is absent.
	closed map[string]map[string]bool
	from   map[string][]model.Value // the sources of what is known
}

// reading reads manifests the way that the Kubernetes engine does.
type reading struct {
	claims
	text origin.Text
	x    *marker
}

func claimsOf(docs []origin.Document) claims {
	c := claims{known: map[string]string{}, closed: map[string]map[string]bool{}, from: map[string][]model.Value{}}
	for _, d := range docs {
		text := d.Text.Secret().Reveal()
		r := &reading{claims: c, text: d.Text, x: &marker{text: text, index: pos.NewIndex([]byte(text))}}
		dec := yaml.NewDecoder(strings.NewReader(text))
		var nodes []*yaml.Node
		for {
			var n yaml.Node
			if err := dec.Decode(&n); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				nodes = nil
				break
			}
			nodes = append(nodes, &n)
			r.x.order(&n)
		}
		for _, n := range nodes {
			if len(n.Content) == 1 && n.Content[0].Kind == yaml.MappingNode {
				r.object(n.Content[0])
			}
		}
	}
	return c
}

func (r *reading) certain(n *yaml.Node) bool {
	start, end := r.x.start(n), r.x.end(n)
	if end <= start {
		end = start + 1
	}
	_, unknown := r.text.Unknown(start, end)
	return !unknown
}

// sources lists what the keys and values below a node come from.
func (r *reading) sources(n *yaml.Node) []model.Value {
	if n.Kind == yaml.ScalarNode {
		return r.text.Sources(r.x.start(n), r.x.end(n))
	}
	var out []model.Value
	for _, c := range n.Content {
		out = append(out, r.sources(c)...)
	}
	return out
}

func (r *reading) field(m *yaml.Node, key string) *yaml.Node {
	if m == nil || m.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

func (r *reading) object(m *yaml.Node) {
	kind, name := r.field(m, "kind"), r.field(r.field(m, "metadata"), "name")
	if kind == nil || name == nil || !r.certain(kind) || !r.certain(name) {
		return
	}
	at := kind.Value + "/" + name.Value
	for _, key := range []string{"data", "stringData"} {
		r.entries(at+" "+key, r.field(m, key))
	}
	r.containers(at, m, 0)
}

func (r *reading) entries(at string, m *yaml.Node) {
	if m == nil || m.Kind != yaml.MappingNode {
		return
	}
	names := map[string]bool{}
	closed := true
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		if !r.certain(key) {
			closed = false
			continue
		}
		names[key.Value] = true
		if value.Kind == yaml.ScalarNode && r.certain(value) {
			r.known[at+" "+key.Value] = value.Value
			r.from[at+" "+key.Value] = append(r.sources(key), r.sources(value)...)
		}
	}
	if closed {
		r.closed[at] = names
	}
}

func (r *reading) containers(at string, n *yaml.Node, depth int) {
	if n == nil || depth > 20 {
		return
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && (c.Value == "containers" || c.Value == "initContainers") {
			for _, item := range n.Content[i+1].Content {
				name := r.field(item, "name")
				if name != nil && r.certain(name) {
					r.env(at+" "+name.Value, item)
				}
			}
		}
		r.containers(at, c, depth+1)
	}
}

// env reads one container: of a name that is given twice the last one counts.
func (r *reading) env(at string, c *yaml.Node) {
	env := r.field(c, "env")
	names := map[string]bool{}
	known := map[string]string{}
	open := false
	if env != nil && env.Kind == yaml.SequenceNode {
		for _, item := range env.Content {
			name := r.field(item, "name")
			if name == nil || !r.certain(name) {
				known, open = map[string]string{}, true
				continue
			}
			names[name.Value] = true
			delete(known, name.Value)
			if text, ok := r.entry(item); ok {
				known[name.Value] = text
				r.from[at+" env "+name.Value] = r.sources(item)
			}
		}
	} else if env != nil && !r.certain(env) {
		open = true
	}
	for name, text := range known {
		r.known[at+" env "+name] = text
	}
	if !open {
		r.closed[at+" env"] = names
	}
	if from := r.field(c, "envFrom"); from != nil && from.Kind == yaml.SequenceNode {
		for i, item := range from.Content {
			if text, ok := r.flat(item); ok {
				r.known[fmt.Sprintf("%s envFrom %d", at, i)] = text
				r.from[fmt.Sprintf("%s envFrom %d", at, i)] = r.sources(item)
			}
		}
	}
}

// entry gives what an entry says besides its name, when all of it is certain.
func (r *reading) entry(item *yaml.Node) (string, bool) {
	var b strings.Builder
	for i := 0; i+1 < len(item.Content); i += 2 {
		if item.Content[i].Value == "name" {
			continue
		}
		text, ok := r.flat(item.Content[i+1])
		if !ok || !r.certain(item.Content[i]) {
			return "", false
		}
		fmt.Fprintf(&b, "%s=%s;", item.Content[i].Value, text)
	}
	return b.String(), true
}

func (r *reading) flat(n *yaml.Node) (string, bool) {
	if n.Kind == yaml.ScalarNode {
		return n.Tag + n.Value, r.certain(n)
	}
	var b strings.Builder
	for _, c := range n.Content {
		text, ok := r.flat(c)
		if !ok {
			return "", false
		}
		b.WriteString(text + ",")
	}
	return b.String(), true
}

// leaves lists the paths to all leaves.
func leaves(v any, at []string) [][]string {
	var out [][]string
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = append(out, leaves(v[key], append(at[:len(at):len(at)], key))...)
		}
	case []any:
		for i, item := range v {
			out = append(out, leaves(item, append(at[:len(at):len(at)], itoa(i)))...)
		}
	}
	if len(out) == 0 && len(at) > 0 {
		return [][]string{at}
	}
	return out
}

// with gives a copy of a tree in which another value stands at a path.
func with(v any, path []string, leaf any) any {
	if len(path) == 0 {
		return leaf
	}
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		out[path[0]] = with(v[path[0]], path[1:], leaf)
		return out
	case []any:
		out := slices.Clone(v)
		for i := range out {
			if itoa(i) == path[0] {
				out[i] = with(v[i], path[1:], leaf)
			}
		}
		return out
	}
	return v
}

func withOrigin(t *Tree, path []string, v model.Value) *Tree {
	if len(path) == 0 || t == nil {
		return &Tree{Value: v}
	}
	out := *t
	if t.Map != nil {
		out.Map = maps.Clone(t.Map)
		out.Map[path[0]] = withOrigin(t.Map[path[0]], path[1:], v)
	}
	if t.List != nil {
		out.List = slices.Clone(t.List)
		for i := range out.List {
			if itoa(i) == path[0] {
				out.List[i] = withOrigin(t.List[i], path[1:], v)
			}
		}
	}
	return &out
}

// concrete are values that something unknown may turn out to be.
func concrete() []any {
	return []any{"", "true", "0", "sk_live_real", "several words of text", strings.Repeat("long", 40), "a,b", "Deployment", true, false, int64(0), int64(3), nil}
}

// TestUnknownIsSound makes each leaf of each chart unknown in turn. Whatever is certain
// then must hold for every value that the leaf may have.
func TestUnknownIsSound(t *testing.T) {
	total, certain := 0, 0
	for _, c := range renderCases(t) {
		if c.fails {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			step, loaded := c.load(t)
			baseline := claimsOf(renderLoaded(context.Background(), step, loaded).result.Documents)
			for _, path := range leaves(loaded.Values, nil) {
				n := checkUnknown(t, step, loaded, path)
				total += len(baseline.known)
				certain += n
			}
		})
	}
	t.Logf("%d of %d values stay certain when one leaf is not", certain, total)
}

func checkUnknown(t *testing.T, step Step, loaded *Loaded, path []string) int {
	t.Helper()
	got, ok := hiding(t, step, loaded, path)
	if !ok {
		return 0
	}
	for i, v := range concrete() {
		if (i+len(path[len(path)-1]))%2 == 0 && os.Getenv("CI") != "true" {
			continue // half of them, to be quick
		}
		real := *loaded
		real.Values = with(loaded.Values, path, v).(map[string]any)
		if docs, ok := worldOf(t, step, &real); ok {
			holds(t, fmt.Sprintf("%s unknown, in truth %T %.20q", strings.Join(path, "."), v, v), got, claimsOf(docs))
		}
	}
	return len(got.known)
}

// hiding gives what is certain when some leaves are not known.
func hiding(t *testing.T, step Step, loaded *Loaded, paths ...[]string) (claims, bool) {
	t.Helper()
	hidden := *loaded
	for _, path := range paths {
		hop := model.Hop{Kind: model.KindCommand, What: "helm --set " + strings.Join(path, ".")}
		hidden.Values = with(hidden.Values, path, Placeholder).(map[string]any)
		hidden.Origins = withOrigin(hidden.Origins, path, model.UnknownBecause(model.WhyCISecret, "a secret", model.Trail{}.Append(hop)))
	}
	r := renderLoaded(context.Background(), step, &hidden)
	if (r.result.Stats.Coarse > 0 || r.result.Fails) && r.result.Doubt == nil {
		t.Errorf("%v: %+v %v", paths, r.result.Stats, r.result.Problems)
	}
	return claimsOf(r.result.Documents), r.result.Doubt == nil
}

// holds checks claims against what the deploy really gives.
func holds(t *testing.T, what string, got, want claims) {
	t.Helper()
	for place, text := range got.known {
		if held, ok := want.known[place]; !ok || held != text {
			t.Errorf("%s: %s is said to be certain (in truth there: %v)", what, place, ok)
		}
	}
	for place, names := range want.closed {
		mine, ok := got.closed[place]
		if !ok {
			continue
		}
		for n := range names {
			if !mine[n] {
				t.Errorf("%s: %s %s is said to be absent", what, place, n)
			}
		}
	}
}

// TestSeveralUnknownsAreSound hides several leaves of each chart at once.
func TestSeveralUnknownsAreSound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range renderCases(t) {
		if c.fails {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			step, loaded := c.load(t)
			all := leaves(loaded.Values, nil)
			for range 2 {
				var paths [][]string
				for range 2 + random.IntN(3) {
					paths = append(paths, all[random.IntN(len(all))])
				}
				got, ok := hiding(t, step, loaded, paths...)
				for range 4 {
					if !ok {
						break
					}
					real := *loaded
					var chosen []any
					for _, path := range paths {
						v := concrete()[random.IntN(len(concrete()))]
						chosen = append(chosen, v)
						real.Values = with(real.Values, path, v).(map[string]any)
					}
					if docs, ok := worldOf(t, step, &real); ok {
						holds(t, fmt.Sprintf("%v unknown, in truth %.60q", paths, fmt.Sprint(chosen...)), got, claimsOf(docs))
					}
				}
			}
		})
	}
}

// worldOf renders without origins, as the deploy would with these values.
func worldOf(t *testing.T, step Step, loaded *Loaded) ([]origin.Document, bool) {
	t.Helper()
	r := &render{step: step, loaded: loaded, plain: newPlain(context.Background())}
	caps, err := capabilities(step)
	if err != nil {
		t.Fatal(err)
	}
	sources := r.prepare(caps)
	if failed := r.plain.parse(sources); len(failed) > 0 {
		return nil, false
	}
	var out []origin.Document
	for _, s := range sources {
		if s.partial() || strings.HasSuffix(s.name, "NOTES.txt") {
			continue
		}
		text, err := r.plain.render(s)
		if _, ok := identities(text); err != nil || !ok || r.plain.missing {
			return nil, false // helm refuses it
		}
		out = append(out, origin.Document{Name: s.name, Text: origin.FromFile(s.name, []byte(text))})
	}
	return out, true
}
