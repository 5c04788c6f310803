package helm

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/canary"
)

// TestRenderIsHelms compares every document of every chart with that of the real helm.
func TestRenderIsHelms(t *testing.T) {
	helm := realHelm(t)
	var total Stats
	for _, c := range renderCases(t) {
		t.Run(c.name, func(t *testing.T) {
			want, message := c.askHelm(t, helm)
			r := c.render(t)
			if c.fails {
				checkFailure(t, r, message)
				return
			}
			if message != "" {
				t.Fatalf("helm: %s", message)
			}
			if diff := cmp.Diff(want, asHelm(r)); diff != "" {
				t.Errorf("(-helm +keyfit)\n%s", diff)
			}
			if len(r.result.Problems) > 0 || r.result.Fails {
				t.Errorf("problems: %v", r.result.Problems)
			}
			if r.result.Stats.Coarse > 0 {
				t.Errorf("the render with origins differs from the one without: %+v", r.result.Stats)
			}
			total.Marked += r.result.Stats.Marked
			total.Forked += r.result.Stats.Forked
		})
	}
	t.Logf("%+v", total)
}

// checkFailure makes sure that a problem tells what helm tells, at the template's line, and
// no value; and that the other template still renders.
func checkFailure(t *testing.T, r *render, message string) {
	t.Helper()
	if message == "" {
		t.Fatal("helm does not fail")
	}
	if !r.result.Fails || len(r.result.Problems) != 1 {
		t.Fatalf("problems: %v", r.result.Problems)
	}
	p := r.result.Problems[0]
	if p.At.File == "" || p.At.Start.Line == 0 || !strings.Contains(message, fmt.Sprintf(":%d", p.At.Start.Line)) {
		t.Errorf("the problem is told at %s; helm says %s", p.At, message)
	}
	if canary.Find([]byte(p.Message)) != "" {
		t.Error("the message holds a value")
	}
	t.Logf("%s: %s", p.At, p.Message)
	if len(asHelm(r)["shop/templates/good.yaml"]) != 1 {
		t.Error("the other template does not render")
	}
}

// TestFunctionsAreHelms calls every function of Helm with several arguments.
func TestFunctionsAreHelms(t *testing.T) {
	helm := realHelm(t)
	data, err := os.ReadFile("../../../testdata/helm/functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var body bytes.Buffer
	body.WriteString("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: functions}\ndata:\n")
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" ()|{}", r) }) {
			seen[word] = true
		}
		fmt.Fprintf(&body, "  l%d: {{ %s | toString | b64enc }}\n", i, line)
	}
	for name := range functionsOf() {
		if !seen[name] && !strings.Contains(randomFunctions, name) && name != "fail" && name != "decryptAES" && name != "buildCustomCert" {
			t.Errorf("the table has no row for %q", name)
		}
	}
	chart := "-- shop/Chart.yaml --\napiVersion: v2\nname: shop\nversion: 1.0.0\n-- shop/values.yaml --\n" + functionValues +
		"-- shop/templates/_t.tpl --\n{{ define \"t\" }}<{{ .x }}>{{ end }}\n-- shop/templates/f.yaml --\n" + body.String()
	c := layOut(t, "functions", chart)
	want, message := c.askHelm(t, helm)
	if message != "" {
		t.Fatal(message)
	}
	r := c.render(t)
	if diff := cmp.Diff(want, asHelm(r)); diff != "" {
		t.Errorf("(-helm +keyfit)\n%s", diff)
	}
	if r.result.Stats.Coarse > 0 {
		// One chart per row says which function it is.
		for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			one := layOut(t, "one", strings.Replace(chart, body.String(), fmt.Sprintf("k: {{ %s | toString | b64enc }}\n", line), 1)).render(t)
			if one.result.Stats.Coarse > 0 {
				t.Errorf("row %d: %s: differs with origins", i+1, line)
			}
		}
	}
}

const functionValues = `s: Some Text_here
k: sk_test_CANARY_fn
num: 5
f: 2.5
t: true
l: [b, a, c, a]
nums: [3, 1, 2]
m: {a: 1, b: {c: deep}}
e: ""
z: null
`
