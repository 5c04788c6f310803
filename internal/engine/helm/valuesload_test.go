package helm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

var secretPiece = model.UnknownBecause(model.WhyCISecret, "the CI secret KEY", model.Trail{}.Append(model.Hop{At: pos.Span{File: "deploy.yml", Start: pos.Pos{Line: 7}}, Kind: model.KindShell, What: "KEY"}))

func knownPiece(text string) model.Value {
	return model.KnownText(text, model.Hop{At: pos.Span{File: "deploy.sh", Start: pos.Pos{Line: 3}}, Kind: model.KindShell, Literal: true})
}

// partly is a text of pieces, of which at least one is not known.
func partly(pieces ...model.Value) model.Value {
	return model.Value{Why: model.WhyCISecret, Needs: "the CI secret KEY", Parts: pieces}
}

// describe tells the leaves that matter: text or reason, where it starts, how it ends.
func describe(v model.Value) string {
	out := "?" + string(v.Why)
	if v.State == model.Known {
		out = fmt.Sprintf("%q", v.Text.Reveal())
	}
	hops := v.Trail.Hops()
	for i, h := range hops {
		if i == 0 || i == len(hops)-1 {
			out += fmt.Sprintf(" %s %s:%d %s", h.Kind, h.At.File, h.At.Start.Line, h.What)
		}
	}
	for _, d := range v.Losers {
		out += " over " + d.Value.Trail.Origin().At.String()
	}
	return strings.TrimRight(out, " ")
}

func TestArguments(t *testing.T) {
	const chart = "key: default\nother: x\nmap: {a: 1, b: two}\nlist: [a]\n"
	cases := []struct {
		name   string
		args   []Arg
		reuse  bool
		doubt  model.Reason
		want   map[string]string
		plain  map[string]string // of Values
		counts int               // of problems
	}{
		{name: "a known key", args: []Arg{{Flag: "set", Text: knownPiece("key=CANARY")}},
			want: map[string]string{"key": `"CANARY" shell deploy.sh:3  helm-values deploy.sh:9 --set key over c/values.yaml:1:6`, "other": `"x" helm-values c/values.yaml:2 other`}},
		{name: "an unknown value", args: []Arg{{Flag: "set", Text: partly(knownPiece("key="), secretPiece, knownPiece(",map.b=3"))}},
			want:  map[string]string{"key": `?ci-secret shell deploy.yml:7 KEY helm-values deploy.sh:9 --set key over c/values.yaml:1:6`, "map.b": `"3" shell deploy.sh:3  helm-values deploy.sh:9 --set map.b over c/values.yaml:3:16`, "map.a": `"1" helm-values c/values.yaml:3 map.a`},
			plain: map[string]string{"key": `string "unknown"`}},
		{name: "a value in part", args: []Arg{{Flag: "set-string", Text: partly(knownPiece("key=sk_"), secretPiece)}},
			want: map[string]string{"key": `?ci-secret shell deploy.sh:3  helm-values deploy.sh:9 --set-string key over c/values.yaml:1:6`}},
		{name: "an unknown list", args: []Arg{{Flag: "set", Text: partly(knownPiece("list={a,"), secretPiece, knownPiece("}"))}},
			want: map[string]string{"list": `?ci-secret shell deploy.sh:3  helm-values deploy.sh:9 --set list over c/values.yaml:4:7`}},
		{name: "an unknown over a map", args: []Arg{{Flag: "set", Text: partly(knownPiece("map="), secretPiece)}},
			want: map[string]string{"map.a": `?ci-secret shell deploy.yml:7 KEY helm-values deploy.sh:9 --set map over c/values.yaml:3:10`}},
		{name: "an unknown key", args: []Arg{{Flag: "set", Text: partly(secretPiece, knownPiece("=x"))}}, doubt: model.WhyCISecret,
			want: map[string]string{"other": `?ci-secret shell deploy.yml:7 KEY over c/values.yaml:2:8`}},
		{name: "without pieces", args: []Arg{{Flag: "set", Text: secretPiece}}, doubt: model.WhyCISecret, want: map[string]string{"key": `?ci-secret shell deploy.yml:7 KEY over c/values.yaml:1:6`}},
		{name: "json in part", args: []Arg{{Flag: "set-json", Text: partly(knownPiece(`map={"b":"`), secretPiece, knownPiece(`","c":1},key=2`))}},
			want: map[string]string{"map.b": `?ci-secret shell deploy.sh:3  helm-values deploy.sh:9 --set-json map over c/values.yaml:3:16`, "map.c": `"1" shell deploy.sh:3  helm-values deploy.sh:9 --set-json map`, "key": `"2" shell deploy.sh:3  helm-values deploy.sh:9 --set-json key over c/values.yaml:1:6`}},
		{name: "unknown json", args: []Arg{{Flag: "set-json", Text: partly(knownPiece(`key=`), secretPiece)}},
			want: map[string]string{"key": `?ci-secret shell deploy.yml:7 KEY helm-values deploy.sh:9 --set-json key over c/values.yaml:1:6`}},
		{name: "unknown json and more", args: []Arg{{Flag: "set-json", Text: partly(knownPiece(`key=`), secretPiece, knownPiece(",other=1"))}}, doubt: model.WhyCISecret},
		{name: "a literal in part", args: []Arg{{Flag: "set-literal", Text: partly(knownPiece(`key=a,other=`), secretPiece)}},
			want: map[string]string{"key": `?ci-secret shell deploy.sh:3  helm-values deploy.sh:9 --set-literal key over c/values.yaml:1:6`, "other": `"x" helm-values c/values.yaml:2 other`}},
		{name: "a file", args: []Arg{{Flag: "set-file", Text: knownPiece("key=key.txt")}},
			want: map[string]string{"key": `"CANARY file" file key.txt:1 key.txt helm-values deploy.sh:9 --set-file key over c/values.yaml:1:6`}},
		{name: "a missing file", args: []Arg{{Flag: "set-file", Text: knownPiece("key=nope.txt")}}, doubt: model.WhyMissingFile, counts: 1},
		{name: "a missing values file", args: []Arg{{Flag: "values", Text: knownPiece("nope.yaml")}}, doubt: model.WhyMissingFile, counts: 1,
			want: map[string]string{"key": `?missing-file shell deploy.sh:3  over c/values.yaml:1:6`}, plain: map[string]string{"key": `string "default"`}},
		{name: "a remote values file", args: []Arg{{Flag: "values", Text: knownPiece("https://example.com/v.yaml")}}, doubt: model.WhyRemoteState},
		{name: "a values file that is not known", args: []Arg{{Flag: "values", Text: partly(knownPiece("values-"), secretPiece)}}, doubt: model.WhyCISecret},
		{name: "a refused text", args: []Arg{{Flag: "set", Text: knownPiece("CANARYKEY==")}}, counts: 0},
		{name: "another refused text", args: []Arg{{Flag: "set", Text: knownPiece("CANARY")}}, doubt: model.WhyUnsupported, counts: 1},
		{name: "inline", args: []Arg{{Flag: "values", Inline: true, Text: partly(knownPiece("other: 1\nkey: \""), secretPiece, knownPiece("\"\nmap:\n  b: x"))}},
			want: map[string]string{"key": `?ci-secret shell deploy.sh:3  helm-values deploy.sh:9 --values key over c/values.yaml:1:6`, "other": `"1" shell deploy.sh:3  helm-values deploy.sh:9 --values other over c/values.yaml:2:8`, "map.b": `"x" shell deploy.sh:3  helm-values deploy.sh:9 --values map.b over c/values.yaml:3:16`}},
		{name: "an inline key", args: []Arg{{Flag: "values", Inline: true, Text: partly(secretPiece, knownPiece(": 1"))}}, doubt: model.WhyCISecret},
		{name: "encrypted, by helm secrets", args: []Arg{{Flag: "values", Encrypted: true, Text: knownPiece("sops.yaml")}},
			want:  map[string]string{"key": `?encrypted helm-values sops.yaml:1 key over c/values.yaml:1:6`, "other": `"plain" helm-values sops.yaml:2 other over c/values.yaml:2:8`, "sops": "none"},
			plain: map[string]string{"key": `string "unknown"`}},
		{name: "encrypted, given to helm itself", args: []Arg{{Flag: "values", Text: knownPiece("sops.yaml")}},
			want: map[string]string{"key": `"ENC[AES256_GCM,data:CANARY]" helm-values sops.yaml:1 key over c/values.yaml:1:6`, "sops.mac": `"x" helm-values sops.yaml:3 sops.mac`}},
		{name: "reused values", reuse: true, args: []Arg{{Flag: "set", Text: knownPiece("key=CANARY,map.a=null")}},
			want:  map[string]string{"key": `"CANARY" shell deploy.sh:3  helm-values deploy.sh:9 --set key over deploy.sh:9:1 over c/values.yaml:1:6`, "other": `?remote-state command deploy.sh:9 helm upgrade with the values of the running release over c/values.yaml:2:8`},
			plain: map[string]string{"other": `string "x"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			vc := valuesCase{files: map[string]string{"c/values.yaml": chart, "key.txt": "CANARY file", "sops.yaml": "key: ENC[AES256_GCM,data:CANARY]\nother: plain\nsops: {mac: x}\n"}}
			vc.complete(t)
			dir := t.TempDir()
			vc.layOut(t, dir)
			step := vc.step(t, dir)
			step.At.Start.Line, step.Values, step.ReuseValues = 9, c.args, c.reuse
			loaded, problems := Load(step)
			if loaded == nil || len(problems) != c.counts {
				t.Fatalf("%d problems, expected %d: %v", len(problems), c.counts, problems)
			}
			if strings.Contains(fmt.Sprint(problems), "CANARY") {
				t.Error("a problem repeats a text")
			}
			doubt := model.WhyNone
			if loaded.Doubt != nil {
				doubt = loaded.Doubt.Why
			}
			if doubt != c.doubt || (loaded.Open != nil) != c.reuse {
				t.Errorf("doubt %q, expected %q", doubt, c.doubt)
			}
			checkParallel(t, "", loaded.Values, loaded.Origins)
			if c.want == nil {
				c.want = map[string]string{}
			}
			got, plain := map[string]string{}, map[string]string{}
			for path := range c.want {
				got[path] = "none"
				if n := loaded.Origins.At(strings.Split(path, ".")...); n != nil {
					got[path] = describe(n.Value)
				}
			}
			for path := range c.plain {
				plain[path] = dump(loaded.Values[path])
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if fmt.Sprint(plain) != fmt.Sprint(c.plain) && len(c.plain) > 0 {
				t.Errorf("values %v, expected %v", plain, c.plain)
			}
		})
	}
}

// TestDoubtfulDependency asks for a chart by a value that is not known.
func TestDoubtfulDependency(t *testing.T) {
	c := valuesCase{files: map[string]string{
		"c/Chart.yaml":             "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.0.0, condition: db.enabled, import-values: [data]}\n- {name: web, version: 1.0.0, tags: [front]}\n- {name: sure, version: 1.0.0}\n",
		"c/charts/db/values.yaml":  "enabled: false\nexports: {data: {lifted: 1}}\n",
		"c/charts/web/values.yaml": "a: 1\n", "c/charts/sure/values.yaml": "a: 1\n",
	}}
	c.complete(t)
	dir := t.TempDir()
	c.layOut(t, dir)
	step := c.step(t, dir)
	step.Values = []Arg{{Flag: "set", Text: partly(knownPiece("db.enabled="), secretPiece)}, {Flag: "set", Text: partly(knownPiece("tags.front="), secretPiece)}}
	loaded, problems := Load(step)
	if loaded == nil || len(problems) > 0 || len(loaded.Root.Dependencies) != 3 {
		t.Fatal(problems)
	}
	step.Values[1].Text = partly(knownPiece("tags="), secretPiece)
	if all, _ := Load(step); all == nil || all.Origins.At("web", "a").Value.State != model.Unknown {
		t.Error("tags that are not known leave a chart certain")
	}
	for _, path := range []string{"lifted", "db.exports.data.lifted", "db.enabled", "web.a"} {
		if v := loaded.Origins.At(strings.Split(path, ".")...); v == nil || v.Value.State != model.Unknown {
			t.Errorf("%s is known, or nothing", path)
		}
	}
	if v := loaded.Origins.At("sure", "a"); v == nil || v.Value.State != model.Known {
		t.Error("what is sure is not known")
	}
	for _, sub := range loaded.Root.Dependencies {
		if doubtful := sub.Doubt != nil && sub.Doubt.Why == model.WhyCISecret; doubtful != (sub.Name != "sure") {
			t.Errorf("%s: doubtful is %v", sub.Name, doubtful)
		}
	}
}

// TestLocalDependency takes a dependency from its directory, and says what is missing.
func TestLocalDependency(t *testing.T) {
	c := valuesCase{files: map[string]string{
		"c/Chart.yaml":   "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.0.0, repository: \"file://../db\"}\n- {name: far, version: 1.0.0, repository: \"https://charts.example.com\"}\n",
		"db/values.yaml": "a: 1\n", "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
	}}
	c.complete(t)
	dir := t.TempDir()
	c.layOut(t, dir)
	loaded, problems := Load(c.step(t, dir))
	if loaded == nil || len(problems) != 2 || !strings.Contains(fmt.Sprint(problems), "helm dependency build") {
		t.Fatal(problems)
	}
	if v := loaded.Origins.At("db", "a"); v == nil || v.Value.Trail.Origin().At.String() != "db/values.yaml:1:4" {
		t.Error("the dependency's values are not those of its directory")
	}
}

// TestValuesEnd gives texts that are made to exhaust whoever reads them.
func TestValuesEnd(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	const head = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
	cases := map[string]map[string]string{
		"aliases":        {"c/values.yaml": bomb},
		"depth":          {"c/values.yaml": "a: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)},
		"itself":         {"c/values.yaml": "a: &a {b: *a}\n"},
		"an archive":     {"c/charts/db.tgz!/x": strings.Repeat("0", maxUnpacked+1)},
		"self-contained": {"c/Chart.yaml": head + "dependencies:\n- name: db\n  version: 1.0.0\n  import-values: [data, {child: exports, parent: .}]\n", "c/charts/db/values.yaml": "exports: {data: {data: {x: 1}}}\n"},
		"a way out":      {"c/charts/db.tgz!/../../x": "x"},
	}
	for name, files := range cases {
		c := valuesCase{files: files}
		c.complete(t)
		dir := t.TempDir()
		c.layOut(t, dir)
		start := time.Now()
		_, problems := Load(c.step(t, dir))
		if len(problems) == 0 {
			t.Errorf("%s: no problem", name)
		}
		if time.Since(start) > 20*time.Second {
			t.Errorf("%s took %v", name, time.Since(start))
		}
	}
}

// BenchmarkLoad loads a values file of 4,700 lines.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	for i := range 940 {
		fmt.Fprintf(&text, "section%d:\n  enabled: true\n  image: {repository: shop/api, tag: \"v%d\"}\n  env:\n  - {name: KEY, value: CANARY%d}\n", i, i, i)
	}
	dir := b.TempDir()
	c := valuesCase{files: map[string]string{"c/values.yaml": text.String(), "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"}}
	t := &testing.T{}
	c.layOut(t, dir)
	step := c.step(b, dir)
	for b.Loop() {
		if loaded, _ := Load(step); loaded == nil {
			b.Fatal("nothing is loaded")
		}
	}
}
