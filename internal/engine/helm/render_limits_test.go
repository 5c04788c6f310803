package helm

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/keyfit/keyfit/internal/model"
)

// TestHostileTemplates makes sure that no template takes long, and that a problem tells of
// it.
func TestHostileTemplates(t *testing.T) {
	cases := map[string]string{
		"until":           `{{ range until 1000000000 }}x{{ end }}`,
		"silent loops":    `{{ range $a := until 100000 }}{{ range $b := until 100000 }}{{ end }}{{ end }}`,
		"number":          `{{ range 1000000000000 }}{{ end }}`,
		"repeat":          `{{ repeat 1000000000 "x" }}`,
		"repeat twice":    `{{ $x := repeat 1000000 "x" }}{{ repeat 1000000 $x }}`,
		"doubling":        `{{ $x := "xx" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}{{ $x }}`,
		"doubling list":   `{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}{{ len $x }}`,
		"dag":             `{{ $x := dict "k" "v" }}{{ range until 60 }}{{ $x = dict "a" $x "b" $x }}{{ end }}{{ toJson $x }}`,
		"cycle":           `{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ toYaml $x }}`,
		"cyclic copy":     `{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ (deepCopy $x).y }}`,
		"cyclic merge":    `{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ $y := dict }}{{ $_ := set $y "x" $y }}{{ (merge $x $y).y }}`,
		"width":           `{{ printf "%1000000000d" 1 }}`,
		"width argument":  `{{ printf "%*d" 1000000000 1 }}`,
		"precision":       `{{ printf "%.1000000000f" 1.0 }}`,
		"indent":          `{{ indent 1000000000 "x" }}`,
		"replace":         `{{ $x := repeat 1000000 "x" }}{{ replace "x" $x $x }}`,
		"regex replace":   `{{ $x := repeat 1000000 "x" }}{{ regexReplaceAll "x" $x $x }}`,
		"split":           `{{ $x := repeat 16000000 "x" }}{{ len (splitList "" $x) }}`,
		"join":            `{{ $x := repeat 1000000 "x" }}{{ join $x (until 1000000) }}`,
		"sequence":        `{{ seq 1000000000 }}`,
		"random":          `{{ randAlphaNum 1000000000 }}{{ range until 1000 }}{{ randBytes 1000000000 }}{{ end }}`,
		"passwords":       `{{ range until 1000000 }}{{ derivePassword 1 "long" "p" "u" . | trunc 1 }}{{ end }}`,
		"template":        `{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`,
		"include":         `{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`,
		"two by two":      `{{ define "a" }}{{ include "b" . }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}`,
		"tpl":             `{{ tpl "{{ tpl .Values.self . }}" . }}`,
		"exponential":     `{{ define "a" }}{{ if gt (int .n) 0 }}{{ include "a" (dict "n" (sub .n 1)) }}{{ include "a" (dict "n" (sub .n 1)) }}{{ end }}{{ end }}{{ include "a" (dict "n" 60) }}`,
		"format":          `{{ $f := repeat 100000 "%9999d" }}{{ printf $f 1 2 3 }}`,
		"wrap":            `{{ $x := repeat 1000000 "x " }}{{ wrapWith 1 $x $x }}`,
		"yaml bomb":       `{{ fromYaml "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]" | toJson | len }}`,
		"substring":       `{{ substr 0 1000000000 "x" }}`,
		"chunk":           `{{ chunk 0 (list 1) }}`,
		"bad method":      `{{ .Values.Encode 1 }}`,
		"undecided loops": `{{ define "a" }}{{ if lookup "v1" "Secret" "" "" }}{{ include "a" . }}{{ else }}{{ include "a" . }}{{ end }}{{ end }}{{ include "a" . }}`,
	}
	for name, tpl := range cases {
		t.Run(name, func(t *testing.T) {
			c := layOut(t, "hostile", "-- shop/Chart.yaml --\napiVersion: v2\nname: shop\nversion: 1.0.0\n-- shop/values.yaml --\nself: '{{ tpl .Values.self . }}'\n-- shop/templates/bad.yaml --\nx: "+tpl+"\n-- shop/templates/good.yaml --\nx: y\n")
			step, loaded := c.load(t)
			start := time.Now()
			r := renderLoaded(context.Background(), step, loaded)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			} else {
				t.Logf("%s: %v", took, r.result.Problems)
			}
			if fine := []string{"yaml bomb", "substring", "undecided loops"}; len(r.result.Problems) == 0 && !slices.Contains(fine, name) {
				t.Error("no problem")
			}
			if len(asHelm(r)["shop/templates/good.yaml"]) != 1 {
				t.Error("the other template does not render")
			}
		})
	}
}

// TestDeadline makes sure that a render ends with its context.
func TestDeadline(t *testing.T) {
	c := layOut(t, "deadline", "-- shop/Chart.yaml --\napiVersion: v2\nname: shop\nversion: 1.0.0\n-- shop/templates/bad.yaml --\n{{ range $a := until 3000 }}{{ range $b := until 3000 }}{{ end }}{{ end }}\n")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Render(ctx, c.step(t))
	if err == nil || time.Since(start) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

// TestDoubtIsTotal makes sure that nothing is certain when the arguments are not.
func TestDoubtIsTotal(t *testing.T) {
	for _, c := range renderCases(t) {
		if c.name != "standard" {
			continue
		}
		step := c.step(t)
		why := model.UnknownBecause(model.WhyCISecret, "EXTRA_ARGS", model.Trail{})
		step.Doubt = &why
		result, err := Render(t.Context(), step)
		if err != nil || result.Doubt == nil || len(result.Documents) != 2 {
			t.Fatalf("%v %v", err, result.Problems)
		}
		if got := claimsOf(result.Documents); len(got.known) > 0 {
			t.Errorf("%d values are said to be certain", len(got.known))
		}
	}
}
