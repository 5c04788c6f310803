package helm

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// random makes cases of a fixed seed. Few names, so that layers meet.
type random struct {
	*rand.Rand
	next  int
	nulls bool
}

func newRandom(seed uint64) *random {
	return &random{Rand: rand.New(rand.NewPCG(seed, 7)), nulls: true}
}

func (r *random) pick(words ...string) string { return words[r.IntN(len(words))] }

func (r *random) name(top bool) string {
	if top {
		return r.pick("a", "b", "c", "db", "web", "global", "exports", "tags", "x")
	}
	return r.pick("a", "b", "c", "deep", "global", "data", "enabled", "x")
}

func (r *random) scalar() string {
	r.next++
	switch r.IntN(12) {
	case 0:
		return fmt.Sprint(r.next)
	case 1:
		return r.pick("true", "false")
	case 2:
		if r.nulls {
			return "null"
		}
	case 3:
		return fmt.Sprintf("%q", fmt.Sprintf("CANARY %d", r.next))
	case 4:
		return fmt.Sprintf("'it''s CANARY%d'", r.next)
	}
	return fmt.Sprintf("CANARY%d", r.next)
}

// table writes a map as block or flow.
func (r *random) table(depth int, indent string, top bool) string {
	var b strings.Builder
	seen := map[string]bool{}
	for range 1 + r.IntN(4) {
		name := r.name(top)
		if seen[name] {
			continue
		}
		seen[name] = true
		fmt.Fprintf(&b, "%s%s:%s\n", indent, name, r.value(name, depth, indent+"  ", top))
	}
	return b.String()
}

func (r *random) value(name string, depth int, indent string, top bool) string {
	isTable := slices.Contains([]string{"db", "web", "global", "exports", "tags", "deep", "data"}, name) && r.IntN(20) > 0
	switch {
	case depth > 0 && (isTable || r.IntN(4) == 0):
		return "\n" + strings.TrimSuffix(r.table(depth-1, indent, false), "\n")
	case r.IntN(6) == 0:
		return fmt.Sprintf("\n%s- %s\n%s- {a: %s, b: [%s]}", indent, r.scalar(), indent, r.scalar(), r.scalar())
	case r.IntN(8) == 0 && depth > 0:
		return fmt.Sprintf(" {a: %s, b: %s}", r.scalar(), r.scalar())
	case r.IntN(10) == 0:
		r.next++
		return fmt.Sprintf(" |\n%sCANARY%d\n%s  more", indent, r.next, indent)
	case isTable:
		return " {}"
	}
	return " " + r.scalar()
}

func (r *random) chart(c *valuesCase, dir, name string, depth int, deps []string) {
	text := "apiVersion: v2\nname: " + name + "\nversion: 1.0.0\n"
	if len(deps) > 0 && r.IntN(4) > 0 {
		text += "dependencies:\n"
		for _, dep := range deps {
			text += "- name: " + dep + "\n  version: 1.0.0\n"
			if r.IntN(3) == 0 {
				text += "  alias: " + r.pick("web", dep+"2") + dep + "\n"
			}
			if r.IntN(3) == 0 {
				text += "  condition: " + dep + ".enabled,x\n"
			}
			if r.IntN(3) == 0 {
				text += "  tags: [a, b]\n"
			}
			if r.IntN(2) == 0 {
				text += "  import-values: [" + r.pick("data, {child: a, parent: b}", "{child: exports, parent: .}", "{child: exports.data, parent: x.c}, {child: global, parent: x}") + "]\n"
			}
		}
	}
	c.files[dir+"/Chart.yaml"] = text
	if r.IntN(8) > 0 {
		c.files[dir+"/values.yaml"] = r.table(3, "", true)
	}
	for _, dep := range deps {
		var below []string
		if depth > 0 && r.IntN(2) == 0 {
			below = []string{"deep"}
		}
		r.chart(c, dir+"/charts/"+dep, dep, depth-1, below)
	}
}

func (r *random) values(t *testing.T, i int, sets bool) valuesCase {
	c := valuesCase{name: fmt.Sprintf("seed %d", i), files: map[string]string{}}
	r.chart(&c, "c", "c", 1, []string{"db", "web"}[:r.IntN(3)])
	for f := range r.IntN(3) {
		name := fmt.Sprintf("values-%d.yaml", f)
		c.files[name] = r.table(3, "", true)
		c.args = append(c.args, "-f", name)
	}
	for range r.IntN(4) {
		if sets {
			c.args = append(c.args, r.set()...)
		}
	}
	c.complete(t)
	return c
}

func (r *random) set() []string {
	path := r.name(true)
	for range r.IntN(4) {
		if path += "." + r.name(false); r.IntN(5) == 0 {
			path += fmt.Sprintf("[%d]", r.IntN(3))
		}
	}
	flag := r.pick("--set", "--set", "--set-string", "--set-json", "--set-literal")
	value := r.pick("null", "1", "true", "CANARYset", "{a,2}", `a\,b`, "")
	if flag == "--set-json" {
		value = r.pick("null", "1.5", `"CANARY"`, `{"a":{"b":1},"c":null}`, `[1,{"a":2}]`)
	}
	return []string{flag, path + "=" + value}
}

// TestRandomValuesAreHelms compares random layers with the real helm.
func TestRandomValuesAreHelms(t *testing.T) {
	helm := realHelm(t)
	var cases []valuesCase
	for i := range 60 {
		cases = append(cases, newRandom(uint64(i)).values(t, i, true))
	}
	compareAll(t, helm, cases)
}

// TestOrigins changes one text after the other: exactly the values change whose trails start
// at that text. So a trail points to what decides, and what is shadowed decides nothing.
func TestOrigins(t *testing.T) {
	leaves, places, shadowed := 0, 0, 0
	for i := range 25 {
		r := newRandom(uint64(1000 + i))
		r.nulls = i%2 == 0
		c := r.values(t, i, i%3 == 0)
		dir := t.TempDir()
		c.layOut(t, dir)
		step := c.step(t, dir)
		loaded, _ := Load(step)
		if loaded == nil {
			continue
		}
		before := map[string]model.Value{}
		collect("", loaded.Origins, before)
		byPlace, losers := map[model.Hop][]string{}, map[model.Hop]bool{}
		for path, v := range before {
			leaves++
			if first := v.Trail.Origin(); first.At.End.Byte > first.At.Start.Byte {
				first.What = ""
				byPlace[first] = append(byPlace[first], path)
			}
			for _, d := range v.Losers {
				if first := d.Value.Trail.Origin(); first.At.End.Byte > first.At.Start.Byte {
					first.What = ""
					losers[first] = true
				}
			}
		}
		for place, paths := range byPlace {
			places++
			checkChange(t, c, step, place, paths, before)
		}
		for place := range losers {
			if byPlace[place] == nil {
				shadowed++
				checkChange(t, c, step, place, nil, before)
			}
		}
	}
	t.Logf("%d leaves, %d places that decide, %d that are shadowed", leaves, places, shadowed)
	if leaves < 400 || places < 300 || shadowed < 10 {
		t.Error("the random values hardly test anything")
	}
}

func collect(path string, n *Tree, out map[string]model.Value) {
	for key, child := range n.Map {
		collect(join(path, key), child, out)
	}
	for i, child := range n.List {
		collect(path+"["+itoa(i)+"]", child, out)
	}
	if n.Map == nil && n.List == nil {
		out[path] = n.Value
	}
}

func checkChange(t *testing.T, c valuesCase, step Step, place model.Hop, paths []string, before map[string]model.Value) {
	t.Helper()
	old := c.files[place.At.File]
	stands := old[place.At.Start.Byte:place.At.End.Byte]
	if stands == "null" || stands == "true" || stands == "false" || !strings.HasPrefix(filepath.Ext(place.At.File), ".yaml") {
		return // another type may enable a chart, or let a default through
	}
	overlay := repo.NewOverlay(step.Files.(*repo.Tree))
	const other = `"another"`
	if err := overlay.Write(place.At.File, []byte(old[:place.At.Start.Byte]+other+old[place.At.End.Byte:])); err != nil {
		t.Fatal(err)
	}
	step.Files = overlay
	loaded, _ := Load(step)
	if loaded == nil {
		t.Errorf("%s: nothing is loaded any more after a change at %v", c.name, place.At)
		return
	}
	after := map[string]model.Value{}
	collect("", loaded.Origins, after)
	for path, v := range before {
		w, ok := after[path]
		changed := !ok || !v.Text.Equal(w.Text)
		if expected := slices.Contains(paths, path); changed != expected {
			t.Errorf("%s: the change at %v: %q changed is %v, expected %v", c.name, place.At, path, changed, expected)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%s: the change at %v: %d leaves, there were %d", c.name, place.At, len(after), len(before))
	}
}
