package kube_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

func applyText(text string) ([]model.Consumer, []model.Problem) {
	var c kube.Cluster
	problems := c.Apply(kube.Input{Documents: []origin.Document{{Name: "a.yaml", Text: origin.FromFile("a.yaml", []byte(text))}}})
	consumers, more := c.Consumers()
	return consumers, append(problems, more...)
}

func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: List\nx0: &x0 {kind: Pod, metadata: {name: a}}\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "x%d: &x%d\n  kind: List\n  items: [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i-1), 10), ", "))
	}
	fmt.Fprintf(&b, "items: [*x%d]\n", levels)
	return b.String()
}

func merges(levels int) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx0: &x0 {a: b}\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "x%d: &x%d\n  <<: [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i-1), 10), ", "))
	}
	fmt.Fprintf(&b, "data: *x%d\n", levels)
	return b.String()
}

// TestLimits gives input that would take for ever or all memory if it were followed.
func TestLimits(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, env: [{name: A, value: x}]}]}\n"
	wide := make([]string, 10_000)
	for i := range wide {
		wide[i] = fmt.Sprintf(`{"name":"V_%d","value":"CANARY $(V_%d)"}`, i, i-1)
	}
	cases := []struct {
		name, text, problem string
		consumers           int
	}{
		{"aliases of aliases", bomb(12) + "---\n" + pod, "expands to more than", 1},
		{"merges of merges", merges(200) + "---\n" + pod, "", 1},
		{"an alias of itself", "kind: List\nitems: &a\n- kind: List\n  items: *a\n---\n" + pod, "", 1},
		{"a merge of itself", "a: &a\n  <<: *a\nkind: Pod\n<<: *a\n---\n" + pod, "", 1},
		{"deeply nested", strings.Repeat("[", 20_000) + "\n---\n" + pod, "is not valid YAML", 1},
		{"many broken objects", strings.Repeat("a: [\n---\n", 1000) + pod, "further problems", 1},
		{"one long line", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","env":[` + strings.Join(wide, ",") + "]}]}}", "", 1},
		{"one long line of YAML", `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, env: [` + strings.Join(wide, ",") + "]}]}}", "", 1},
		{"nothing", "\n---\n# nothing\n---\n\n", "", 0},
		{"not UTF-8", "a: \xff\n---\n" + pod, "is not valid UTF-8 text", 1},
	}
	for _, c := range cases {
		start := time.Now()
		consumers, problems := applyText(c.text)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v", c.name, took)
		}
		if len(consumers) != c.consumers {
			t.Errorf("%s: %d consumers, expected %d", c.name, len(consumers), c.consumers)
		}
		found := c.problem == ""
		for _, p := range problems {
			found = found || strings.Contains(p.Message, c.problem)
		}
		if !found {
			t.Errorf("%s: %d problems, none of which says %q", c.name, len(problems), c.problem)
		}
	}
}

// TestManyDocuments applies more objects than any chart has.
func TestManyDocuments(t *testing.T) {
	consumers, problems := applyText(release(10_400, nil))
	if len(consumers) != 2600 || len(problems) != 0 {
		t.Fatalf("%d consumers and %d problems, expected 2600 and none", len(consumers), len(problems))
	}
	for _, c := range consumers {
		for _, name := range []string{"E_0", "U_4", "CONF_3"} {
			if c.Env.Get(name).State != model.Known {
				t.Fatalf("%s of %s is not known", name, c.Workload)
			}
		}
	}
}
