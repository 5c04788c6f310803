package helm

import (
	"context"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
)

// snippet is a chart of one template.
func snippet(text string) (Step, *Loaded) {
	hop := model.Hop{Kind: model.KindCommand, What: "helm"}
	values := map[string]any{
		"s": "text", "k": "sk_test_CANARY_fuzz", "n": 5.0, "f": 2.5, "t": true, "e": "", "z": nil,
		"l": []any{"b", "a", ""}, "m": map[string]any{"a": 1.0, "b": map[string]any{"c": "deep"}}, "x": map[string]any{},
	}
	root := &Chart{
		Name: "shop", Path: "shop", IsRoot: true, Dir: "shop", Metadata: chart.Metadata{Name: "shop", Version: "1.0.0", APIVersion: "v2"},
		Templates: []File{{Name: "templates/f.yaml", Path: "shop/templates/f.yaml", Data: []byte(text)}},
		Files:     []File{{Name: "app.conf", Path: "shop/app.conf", Data: []byte("a=1\nb=2\n")}},
	}
	step := Step{Chart: "shop", Release: model.KnownText("rel", hop), Namespace: model.KnownText("ns", hop)}
	return step, &Loaded{Root: root, Values: values, Origins: treeOf(values, hop)}
}

func treeOf(v any, hop model.Hop) *Tree {
	t := &Tree{Value: model.KnownText("", hop)}
	switch v := v.(type) {
	case map[string]any:
		t.Map = map[string]*Tree{}
		for key, item := range v {
			t.Map[key] = treeOf(item, model.Hop{Kind: model.KindHelmValues, What: hop.What + "." + key})
		}
	case []any:
		t.List = []*Tree{}
		for _, item := range v {
			t.List = append(t.List, treeOf(item, model.Hop{Kind: model.KindHelmValues, What: hop.What + "[]"}))
		}
	}
	return t
}

// FuzzRender looks for templates that the render with origins understands in another way
// than the template package does.
func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		"a: {{ .Values.k | b64enc | quote }}\n",
		"{{- range $k, $v := .Values.m }}\n{{ $k }}: {{ $v | toJson }}\n{{- else }}none{{ end }}",
		"{{ define \"t\" }}<{{ .s }}>{{ end }}{{ include \"t\" .Values | indent 4 }}{{ template \"t\" .Values }}",
		"{{ $x := .Values.e | default \"d\" }}{{ if and $x (not .Values.t) }}{{ $x = 1 }}{{ else if .Values.z }}a{{ else }}b{{ end }}{{ $x }}",
		"{{ tpl \"{{ .Values.s }}\" . }}{{ printf \"%s-%d\" .Values.s 3 }}{{ .Values.none }}{{ .Values.m.b.c }}",
		"{{ with .Values.l }}{{ index . 0 }}{{ join \",\" . }}{{ first . }}{{ end }}{{ merge (dict \"a\" 1) .Values.m | toYaml | nindent 2 }}",
		"{{ .Files.Get \"app.conf\" }}{{ .Capabilities.KubeVersion }}{{ .Release.Name }}{{ .Chart.Name }}{{ lookup \"v1\" \"Secret\" \"\" \"\" }}",
		"{{ (fromYaml (toYaml .Values.m)).b.c }}{{ ternary 1 2 .Values.t }}{{ required \"x\" .Values.s | trunc 2 }}{{ quote nil .Values.e }}",
		"{{ range until 3 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ break }}{{ end }}{{ print nil 1 2 .Values.l }}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 || origin.IsMarked(text) {
			t.Skip()
		}
		step, loaded := snippet(text)
		r := renderLoaded(context.Background(), step, loaded)
		if r.result.Stats.Coarse > 0 {
			t.Errorf("the render with origins differs: %v", r.result.Problems)
		}
		for _, p := range r.result.Problems {
			if p.Message == "" || strings.Contains(p.Message, "CANARY_fuzz") && !strings.Contains(text, "CANARY_fuzz") {
				t.Error("a problem without a message, or with a value in it")
			}
		}
	})
}
