package kustomize

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

const settings = `
-- base/kustomization.yaml --
resources: [a.yaml]
-- base/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {K: CANARY_a}
`

func laid(t testing.TB, archive string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, dir+"/"+f.Name, f.Data)
	}
	return opened(t, dir)
}

// told sums a result up: the objects, what is known of their texts, problems, doubt.
func told(r Result) string {
	var b strings.Builder
	for _, d := range r.Documents {
		text := d.Text.Secret().Reveal()
		root := rootOf(text)
		fmt.Fprintf(&b, "%s/%s", scalar(exact(root, "kind")), withoutHash(scalar(exact(exact(root, "metadata"), "name"))))
		if v, ok := d.Text.Unknown(0, len(text)); ok {
			fmt.Fprintf(&b, " unknown(%s)", v.Why)
		}
		b.WriteString("\n")
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "%s: %s\n", p.At, p.Message)
	}
	if r.Doubt != nil {
		fmt.Fprintf(&b, "doubt %s: %s\n", r.Doubt.Why, r.Doubt.Needs)
	}
	return b.String()
}

func TestProblems(t *testing.T) {
	for name, c := range map[string]struct{ files, want string }{
		"a remote base": {"-- overlay/kustomization.yaml --\nresources:\n- ../base\n- https://user:CANARY@github.com/org/repo//path?ref=v1\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:3:3: the resource "https://github.com/org/repo//path" lies outside the repository and is not loaded
doubt remote-state: a copy of https://github.com/org/repo//path in the repository
`},
		"a remote base that is patched": {"-- overlay/kustomization.yaml --\nresources:\n- ../base\n- github.com/org/repo\npatches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: theirs}, spec: {replicas: 2}}'\n- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {K: CANARY_b}}'\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:3:3: the resource "github.com/org/repo" lies outside the repository and is not loaded
doubt remote-state: a copy of github.com/org/repo in the repository
`},
		"a merge into a remote base": {"-- overlay/kustomization.yaml --\nresources: [../base, git@github.com:org/repo.git]\nconfigMapGenerator:\n- {name: theirs, behavior: merge, literals: [A=CANARY]}\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:1:22: the resource "git@github.com:org/repo.git" lies outside the repository and is not loaded
doubt remote-state: a copy of git@github.com:org/repo.git in the repository
`},
		"a replacement from a remote base": {"-- overlay/kustomization.yaml --\nresources: [../base, https://example.com/x.yaml]\nreplacements:\n- source: {kind: Secret, name: theirs, fieldPath: data.k}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.K]}]\n" + settings,
			`ConfigMap/a unknown(unsupported)
overlay/kustomization.yaml:1:22: the resource "https://example.com/x.yaml" lies outside the repository and is not loaded
doubt remote-state: a copy of https://example.com/x.yaml in the repository
`},
		"a remote component": {"-- overlay/kustomization.yaml --\nresources: [../base]\ncomponents: [https://github.com/org/repo]\n" + settings,
			`ConfigMap/a unknown(remote-state)
overlay/kustomization.yaml:2:14: the component "https://github.com/org/repo" lies outside the repository and is not loaded
doubt remote-state: a copy of https://github.com/org/repo in the repository
`},
		"a missing resource": {"-- overlay/kustomization.yaml --\nresources:\n- ../base\n- gone.yaml\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:3:3: "overlay/gone.yaml" no such file
doubt missing-file: the resource gone.yaml
`},
		"a path out of the repository": {"-- overlay/kustomization.yaml --\nresources: [../base, ../../../etc/passwd]\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:1:22: "../../../etc/passwd" lies outside the repository
doubt missing-file: the resource ../../../etc/passwd
`},
		"a file out of the directory": {"-- overlay/kustomization.yaml --\nresources: [../base, ../base/a.yaml]\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:1:22: "base/a.yaml" lies outside the directory of "overlay/kustomization.yaml", and kustomize refuses it
doubt missing-file: the resource ../base/a.yaml
`},
		"a missing patch": {"-- overlay/kustomization.yaml --\nresources: [../base]\npatches:\n- path: gone.yaml\n" + settings,
			`ConfigMap/a unknown(missing-file)
overlay/kustomization.yaml:3:9: "overlay/gone.yaml" no such file
doubt missing-file: the patch gone.yaml
`},
		"a missing env file": {"-- overlay/kustomization.yaml --\nresources: [../base]\nsecretGenerator:\n- name: s\n  envs: [gone.env]\n- name: t\n  literals: [K=CANARY]\n" + settings,
			`ConfigMap/a
Secret/t
overlay/kustomization.yaml:4:10: "overlay/gone.env" no such file
doubt missing-file: the file of the secretGenerator gone.env
`},
		"a cycle": {"-- overlay/kustomization.yaml --\nresources: [../base, ../loop]\n-- loop/kustomization.yaml --\nresources: [../overlay]\nnamePrefix: x-\n" + settings,
			`ConfigMap/a
loop/kustomization.yaml:1:13: "overlay" leads back to itself
doubt missing-file: the resource ../overlay
`},
		"itself": {"-- overlay/kustomization.yaml --\nresources: [../base, .]\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:1:22: "overlay" leads back to itself
doubt missing-file: the resource .
`},
		"broken YAML in a resource": {"-- overlay/kustomization.yaml --\nresources: [../base, b.yaml]\n-- overlay/b.yaml --\nkind: A\n  CANARY: [\n" + settings,
			`ConfigMap/a
overlay/b.yaml:2:1: "overlay/b.yaml" is not valid YAML
doubt missing-file: the resource b.yaml
`},
		"a field that does not exist": {"-- overlay/kustomization.yaml --\nresource: [../base]\n" + settings,
			`overlay/kustomization.yaml: "overlay/kustomization.yaml" is no valid kustomization: it knows no field "resource"
doubt unsupported: an overlay that kustomize can build
`},
		"a field of another type": {"-- overlay/kustomization.yaml --\nresources: CANARY\n" + settings,
			`overlay/kustomization.yaml: "overlay/kustomization.yaml" is no valid kustomization: "resources" is of another type than expected
doubt unsupported: an overlay that kustomize can build
`},
		"broken YAML in a kustomization": {"-- overlay/kustomization.yaml --\nresources: [\nCANARY: {\n" + settings,
			`overlay/kustomization.yaml:3:1: "overlay/kustomization.yaml" is not valid YAML
doubt unsupported: an overlay that kustomize can build
`},
		"no kustomization": {"-- overlay/x --\n" + settings, `: "overlay" holds no kustomization.yaml
doubt unsupported: an overlay that kustomize can build
`},
		"two kustomizations": {"-- overlay/kustomization.yaml --\nresources: [../base]\n-- overlay/Kustomization --\nresources: [../base]\n" + settings, `overlay/kustomization.yaml: "overlay" holds several kustomizations: ["overlay/kustomization.yaml" "overlay/Kustomization"]
doubt unsupported: an overlay that kustomize can build
`},
		"no directory": {settings, `: "overlay" no such file
doubt unsupported: an overlay that kustomize can build
`},
		"a patch of nothing": {"-- overlay/kustomization.yaml --\nresources: [../base]\npatches:\n- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: gone}, data: {K: CANARY}}'\n" + settings,
			`overlay/kustomization.yaml: kustomize cannot build "overlay": no object matches the patch of "ConfigMap/gone"
doubt unsupported: an overlay that kustomize can build
`},
		"the same object twice": {"-- overlay/kustomization.yaml --\nresources: [../base, b.yaml]\n-- overlay/b.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {K: CANARY}\n" + settings,
			`overlay/kustomization.yaml: kustomize cannot build "overlay": "ConfigMap/a" is there twice
doubt unsupported: an overlay that kustomize can build
`},
		"a literal without a name": {"-- overlay/kustomization.yaml --\nconfigMapGenerator:\n- name: a\n  literals: [CANARY_secret]\n",
			`overlay/kustomization.yaml: kustomize cannot build "overlay": a literal of a generator is not of the form key=value
doubt unsupported: an overlay that kustomize can build
`},
		"a chart": {"-- overlay/kustomization.yaml --\nresources: [../base]\nhelmCharts:\n- name: shop\n  repo: https://example.com\n" + settings,
			`ConfigMap/a
overlay/kustomization.yaml:3:3: the chart "shop" is inflated by helm, which is not done here
doubt unsupported: the rendered chart shop
`},
		"a var of a remote base": {"-- overlay/kustomization.yaml --\nresources: [../base, https://example.com/x.yaml]\nvars:\n- {name: V, objref: {kind: Secret, name: theirs, apiVersion: v1}}\n" + settings,
			`ConfigMap/a unknown(unsupported)
overlay/kustomization.yaml:1:22: the resource "https://example.com/x.yaml" lies outside the repository and is not loaded
doubt remote-state: a copy of https://example.com/x.yaml in the repository
`},
		"a generator that is a program": {"-- overlay/kustomization.yaml --\nresources: [../base]\ngenerators: [g.yaml]\n-- overlay/g.yaml --\napiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: x, annotations: {config.kubernetes.io/function: \"exec: {path: ksops}\"}}\nfiles: [secret.enc.yaml]\n" + settings,
			`ConfigMap/a unknown(unsupported)
overlay/kustomization.yaml:2:14: the generator is of kind "ksops", which is a program of its own and is not run
doubt unsupported: a generator that is built into kustomize
`},
		"a transformer that is a program": {"-- overlay/kustomization.yaml --\nresources: [../base]\ntransformers:\n- |-\n  apiVersion: example.com/v1\n  kind: Mine\n  metadata: {name: x}\n" + settings,
			`ConfigMap/a unknown(unsupported)
overlay/kustomization.yaml:3:3: the transformer is of kind "Mine", which is a program of its own and is not run
doubt unsupported: a transformer that is built into kustomize
`},
		"a transformer that loads from the network": {"-- overlay/kustomization.yaml --\nresources: [../base]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: x}\n  path: http://127.0.0.1:9/x\n" + settings,
			`ConfigMap/a unknown(unsupported)
overlay/kustomization.yaml:3:3: the transformer "PatchTransformer" may lie outside the repository and is not loaded
doubt unsupported: a transformer that is built into kustomize
`},
		"a text that a missing base may replace": {"-- overlay/kustomization.yaml --\nresources: [a.yaml, https://example.com/x.yaml]\n-- overlay/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {K: $(VAR)}\n",
			`ConfigMap/b unknown(remote-state)
overlay/kustomization.yaml:1:21: the resource "https://example.com/x.yaml" lies outside the repository and is not loaded
doubt remote-state: a copy of https://example.com/x.yaml in the repository
`},
		"everything is gone": {"-- overlay/kustomization.yaml --\nresources: [https://example.com/x.yaml]\n",
			`overlay/kustomization.yaml:1:13: the resource "https://example.com/x.yaml" lies outside the repository and is not loaded
doubt remote-state: a copy of https://example.com/x.yaml in the repository
`},
		"aliases that grow": {"-- overlay/kustomization.yaml --\nresources: [../base, b.yaml]\n-- overlay/b.yaml --\n" + bomb() + settings,
			`ConfigMap/a
overlay/b.yaml:1:1: "overlay/b.yaml" is nested too deeply, or grows too large by its aliases
doubt missing-file: the resource b.yaml
`},
	} {
		t.Run(name, func(t *testing.T) {
			r := built(t, Step{Files: laid(t, c.files), Dir: "overlay"})
			if diff := cmp.Diff(c.want, told(r)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, p := range r.Problems {
				if strings.Contains(p.Message+p.Fix, "CANARY") {
					t.Errorf("a problem quotes a text")
				}
			}
		})
	}
}

func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), ", "))
	}
	return b.String()
}

// withheld is a file that a script wrote, and whose content is not known.
type withheld struct {
	repo.Files
	name string
}

var errWithheld = errors.New("its content is not known")

func (w withheld) Read(name string) ([]byte, error) {
	if name == w.name {
		return nil, errWithheld
	}
	return w.Files.Read(name)
}

func TestFilesThatAreNotKnown(t *testing.T) {
	tree := laid(t, "-- overlay/kustomization.yaml --\nresources: [../base]\nconfigMapGenerator:\n- {name: a, behavior: merge, envs: [w.env]}\n-- overlay/w.env --\nK=CANARY\n"+settings)
	for name, want := range map[string]string{
		"overlay/w.env": `overlay/kustomization.yaml:3:37: its content is not known
doubt missing-file: the file of the configMapGenerator w.env
`,
		"base/a.yaml": `base/kustomization.yaml:1:13: its content is not known
doubt missing-file: the resource a.yaml
`,
		"overlay/kustomization.yaml": `: its content is not known
doubt unsupported: an overlay that kustomize can build
`,
	} {
		r := built(t, Step{Files: withheld{tree, name}, Dir: "overlay"})
		if diff := cmp.Diff(want, told(r)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestManyBases builds a tree whose bases double with every layer.
func TestManyBases(t *testing.T) {
	var b strings.Builder
	for i := range 14 {
		for _, side := range []string{"l", "r"} {
			fmt.Fprintf(&b, "-- %s%d/kustomization.yaml --\nnamePrefix: %s-\nresources: [../l%d, ../r%d]\n", side, i, side, i+1, i+1)
		}
	}
	for _, side := range []string{"l", "r"} {
		fmt.Fprintf(&b, "-- %s14/kustomization.yaml --\nnamePrefix: %s-\nresources: [../base]\n", side, side)
	}
	start := time.Now()
	r := built(t, Step{Files: laid(t, b.String()+settings), Dir: "l0"})
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	if r.Doubt == nil || len(r.Problems) == 0 {
		t.Errorf("%d objects without a word on the limit", len(r.Documents))
	}
}

// TestLosers looks at what definitions won over.
func TestLosers(t *testing.T) {
	want := map[string]map[string]string{
		"patch-strategic": {"Deployment//api/spec/template/spec/containers/[api]/env/[PAYMENT_API_KEY]/value": "overlay/patch.yaml:12:18 < base/deployment.yaml:19:18"},
		"layers":          {"Deployment//top-m-api/spec/template/spec/containers/[api]/env/[PAYMENT_API_KEY]/value": "overlay/kustomization.yaml:14:46 < middle/patch.yaml:12:18 < base/deployment.yaml:19:18"},
		"patch-many":      {"Deployment//api/spec/template/spec/containers/[api]/env/[PAYMENT_API_KEY]/value": "overlay/kustomization.yaml:11:80 < overlay/kustomization.yaml:8:80 < overlay/kustomization.yaml:5:80 < base/deployment.yaml:19:18"},
		"behavior-merge":  {"ConfigMap//cfg/data/A": "overlay/kustomization.yaml:5:16 < gen/kustomization.yaml:3:16", "Secret//keys/data/api": "overlay/keys.env:1:5 < gen/keys.env:1:5"},
		"behavior-merge-twice": {
			"Secret//keys/data/api": "overlay/kustomization.yaml:5:18 < mid/kustomization.yaml:5:18 < gen/keys.env:1:5"},
		"behavior-merge-manifest": {"ConfigMap//settings/data/MODE": "overlay/kustomization.yaml:5:19 < base/settings.yaml:6:9"},
		"patch-generated":         {"ConfigMap//cfg/data/B": "overlay/kustomization.yaml:7:15 < gen/kustomization.yaml:3:24"},
		"replacements":            {"Deployment//api/spec/template/spec/containers/[api]/env/[LOG_LEVEL]/value": "base/settings.yaml:6:9 < base/deployment.yaml:21:18"},
		"component":               {"Deployment//api/spec/template/spec/containers/[api]/env/[PAYMENT_API_KEY]/value": "feature/patch.yaml:12:18 < base/deployment.yaml:19:18"},
		"patch-json-file":         {"Deployment//api/spec/template/spec/containers/[api]/env/[PAYMENT_API_KEY]/value": "overlay/ops.json:1:85 < base/deployment.yaml:19:18"},
		"patch-json-test":         {"Deployment//api/spec/template/spec/containers/[api]/env/[PAYMENT_API_KEY]/value": "overlay/kustomization.yaml:6:80 < base/deployment.yaml:19:18"},
		"base":                    {"Deployment//api/spec/template/spec/containers/[api]/env/[PAYMENT_API_KEY]/value": "base/deployment.yaml:19:18"},
	}
	for _, f := range fixtures(t) {
		if want[f.name] == nil {
			continue
		}
		leaves := leavesIn(t, built(t, f.step(f.tree)))
		for path, chain := range want[f.name] {
			var got []string
			for _, s := range leaves[path].sources {
				got = append(got, s.Trail.Origin().At.String())
				for _, d := range s.Losers {
					got = append(got, d.Value.Trail.Origin().At.String())
				}
			}
			if diff := cmp.Diff(chain, strings.Join(got, " < ")); diff != "" {
				t.Errorf("%s: %s (-want +got)\n%s", f.name, path, diff)
			}
		}
	}
}

func word(text string) model.Value {
	return model.KnownText(text, model.Hop{Kind: model.KindShell, What: "word"})
}

func words(text string) []model.Value {
	var out []model.Value
	for _, w := range strings.Fields(text) {
		out = append(out, word(w))
	}
	return out
}

func TestCancelWhileBuilding(t *testing.T) {
	f := fixtures(t)[0]
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	for range 3 { // what goes on is left alone, and does not harm those that come
		if _, err := Build(ctx, f.step(f.tree)); err == nil {
			t.Log("was faster")
		}
	}
	if r := built(t, f.step(f.tree)); len(r.Documents) == 0 {
		t.Errorf("%v", r.Problems)
	}
}
