package kube_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	k8syaml "sigs.k8s.io/yaml"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// The types below are the few fields of Kubernetes that decide about variables, for an
// implementation of its own that the engine is compared with.
type typed struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Data     map[string]string
	// StringData of a Secret wins over Data.
	StringData map[string]string `json:"stringData"`
	Spec       struct{ Containers []typedContainer }
}

type typedContainer struct {
	Name    string
	EnvFrom []struct {
		Prefix                  string
		ConfigMapRef, SecretRef *typedRef
	} `json:"envFrom"`
	Env []struct {
		Name, Value string
		ValueFrom   *struct {
			ConfigMapKeyRef, SecretKeyRef *typedRef
		} `json:"valueFrom"`
	}
}

type typedRef struct {
	Name, Key string
	Optional  bool
}

// truth is what the container gets; ok is false when it does not start, or when an object
// is missing, so that only the cluster can tell.
func truth(objects map[string]typed, c typedContainer) (env map[string]string, ok bool) {
	env = map[string]string{}
	for _, from := range c.EnvFrom {
		kind, ref := "ConfigMap", from.ConfigMapRef
		if ref == nil {
			kind, ref = "Secret", from.SecretRef
		}
		data, found := content(objects, kind, ref.Name)
		if !found {
			return nil, false
		}
		for key, value := range data {
			env[from.Prefix+key] = value
		}
	}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			env[v.Name] = expanded(v.Value, env)
			continue
		}
		kind, ref := "ConfigMap", v.ValueFrom.ConfigMapKeyRef
		if ref == nil {
			kind, ref = "Secret", v.ValueFrom.SecretKeyRef
		}
		data, found := content(objects, kind, ref.Name)
		if !found {
			return nil, false
		}
		value, found := data[ref.Key]
		switch {
		case found:
			env[v.Name] = value
		case !ref.Optional:
			return nil, false
		}
	}
	return env, true
}

func content(objects map[string]typed, kind, name string) (map[string]string, bool) {
	o, ok := objects[kind+"/"+name]
	out := maps.Clone(o.Data)
	if kind == "Secret" {
		for key, value := range out {
			text, _ := base64.StdEncoding.DecodeString(value)
			out[key] = string(text)
		}
	}
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, o.StringData)
	return out, ok
}

// expanded follows the documentation: $(NAME) is a variable that was set before, and stays
// as it is when there is none; $$ is a dollar sign that begins nothing.
func expanded(text string, env map[string]string) string {
	var b strings.Builder
	for text != "" {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			break
		}
		name, rest, closed := strings.Cut(after, ")")
		switch {
		case strings.HasPrefix(after, "$"):
			b.WriteString("$")
			text = after[1:]
		case strings.HasPrefix(after, "(") && closed:
			if value, ok := env[name[1:]]; ok {
				b.WriteString(value)
			} else {
				b.WriteString("$" + name + ")")
			}
			text = rest
		default:
			b.WriteString("$")
			text = after
		}
	}
	return b.String()
}

type generator struct {
	*rand.Rand
	b strings.Builder
}

func (g *generator) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) key() string    { return g.one("A", "B", "C", "a.b", "K-1", "D") }
func (g *generator) object() string { return g.one("one", "two", "three", "four") }

func (g *generator) text() string {
	return g.one("CANARY", "CANARY $(A)", "$(B)$(C)", "$$(A)", "x$", "$(", "$(A", "$(NOPE)", "a$b", "$$$(D)", "CANARY: #x", "üñ$(a.b)", " CANARY ", "$(P_A)", "1", "yes", "", "it's \\ \"CANARY\"", "a\nCANARY\n", "$$$$", "")
}

// scalar writes a text in one of the styles of YAML.
func (g *generator) scalar(text string) string {
	single := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, "\n") {
		return `"` + strings.NewReplacer("\\", "\\\\", `"`, `\"`, "\n", `\n`).Replace(text) + `"`
	}
	double := `"` + strings.NewReplacer("\\", "\\\\", `"`, `\"`).Replace(text) + `"`
	return g.one(single, double, "!!str "+double, double)
}

func (g *generator) data(kind string) {
	fmt.Fprintf(&g.b, "---\napiVersion: v1\nkind: %s\nmetadata: {name: %s}\n", kind, g.object())
	field := "data"
	if kind == "Secret" && g.IntN(2) == 0 {
		field = "stringData"
	}
	fmt.Fprintf(&g.b, "%s:\n", field)
	seen := map[string]bool{}
	for range g.IntN(4) {
		key, text := g.key(), g.text()
		if seen[key] {
			continue
		}
		seen[key] = true
		if kind == "Secret" && field == "data" {
			text = base64.StdEncoding.EncodeToString([]byte(text))
		}
		fmt.Fprintf(&g.b, "  %s: %s\n", key, g.scalar(text))
	}
	if kind == "Secret" && field == "data" && g.IntN(3) == 0 {
		fmt.Fprintf(&g.b, "stringData: {%s: %s}\n", g.key(), g.scalar(g.text()))
	}
}

func (g *generator) pod() {
	fmt.Fprintf(&g.b, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec:\n  containers:\n  - name: main\n    envFrom:\n")
	for range g.IntN(3) {
		prefix := ""
		if g.IntN(3) == 0 {
			prefix = "prefix: P_, "
		}
		fmt.Fprintf(&g.b, "    - {%s%s: {name: %s}}\n", prefix, g.one("configMapRef", "secretRef"), g.object())
	}
	fmt.Fprintf(&g.b, "    env:\n")
	for range g.IntN(7) {
		if g.IntN(2) == 0 {
			fmt.Fprintf(&g.b, "    - {name: %s, value: %s}\n", g.key(), g.scalar(g.text()))
			continue
		}
		fmt.Fprintf(&g.b, "    - name: %s\n      valueFrom: {%s: {name: %s, key: %s, optional: %v}}\n",
			g.key(), g.one("configMapKeyRef", "secretKeyRef"), g.object(), g.key(), g.IntN(4) > 0)
	}
}

// TestSound compares random manifests with an implementation of its own that reads typed
// objects: what is known is always what the container gets.
func TestSound(t *testing.T) {
	known, total := 0, 0
	for seed := range uint64(500) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 7))}
		for range 14 {
			g.data(g.one("Secret", "ConfigMap"))
		}
		g.pod()
		k, n := compareWithTruth(t, seed, g.b.String())
		known, total = known+k, total+n
	}
	if total < 600 || known*10 < total*9 {
		t.Errorf("%d of %d variables of containers that start are known", known, total)
	}
	t.Logf("%d of %d variables of containers that start are known", known, total)
}

func compareWithTruth(t *testing.T, seed uint64, text string) (known, total int) {
	t.Helper()
	objects := map[string]typed{}
	var pod typed
	for doc := range strings.SplitSeq(text, "---\n") {
		var o typed
		if err := k8syaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		objects[o.Kind+"/"+o.Metadata.Name] = o
		if o.Kind == "Pod" {
			pod = o
		}
	}
	var c kube.Cluster
	// A batch for each object: within one, applying it twice would be a problem.
	for i, doc := range strings.Split(text, "---\n") {
		name := fmt.Sprintf("%d.yaml", i)
		c.Apply(kube.Input{Documents: []origin.Document{{Name: name, Text: origin.FromFile(name, []byte(doc))}}})
	}
	consumers, _ := c.Consumers()
	if len(consumers) != 1 {
		t.Fatalf("seed %d: %d consumers", seed, len(consumers))
	}
	want, starts := truth(objects, pod.Spec.Containers[0])
	if !starts {
		return 0, 0
	}
	got := consumers[0].Env
	for name, value := range want {
		total++
		switch v := got.Get(name); {
		case v.State == model.Known && v.Text.Reveal() != value:
			t.Errorf("seed %d: %s is known and wrong\n%s", seed, name, text)
		case v.State == model.Absent:
			t.Errorf("seed %d: %s is absent and wrong\n%s", seed, name, text)
		case v.State == model.Known:
			known++
		}
	}
	for name, v := range got.All() {
		if _, ok := want[name]; !ok && v.State == model.Known {
			t.Errorf("seed %d: %s is known, and the container does not get it\n%s", seed, name, text)
		}
	}
	return known, total
}
