package resolve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

func assigned(pairs ...string) config.Assignments {
	var out config.Assignments
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, config.Assignment{Path: placed(pairs[i]), Text: placed(pairs[i+1])})
	}
	return out
}

// TestHelmStep: the fields of a helm step mean what Helm's own flags mean.
func TestHelmStep(t *testing.T) {
	files := map[string]string{
		"app/c/Chart.yaml":  "apiVersion: v2\nname: c\nversion: 1.0.0\n",
		"app/c/values.yaml": "key: CANARY-chart\nflag: \"\"\nlist: []\ngone: there\nfile: \"\"\n",
		"app/v.yaml":        "key: CANARY-values\n", "app/cert.pem": "CANARY-file",
		"app/c/templates/p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  containers:\n  - name: c\n    image: x\n    env:\n" +
			"    - {name: T_KEY, value: {{ .Values.key | quote }}}\n    - {name: T_FLAG, value: {{ kindOf .Values.flag | quote }}}\n    - {name: T_LIST, value: {{ join \"+\" .Values.list | quote }}}\n" +
			"    - {name: T_GONE, value: {{ .Values.gone | quote }}}\n    - {name: T_FILE, value: {{ .Values.file | quote }}}\n    - {name: T_NAMESPACE, value: {{ .Release.Namespace | quote }}}\n",
	}
	step := func(h config.Helm) config.Step {
		h.Chart = placed("c")
		h.At = placed("").Span
		return config.Step{Helm: &h}
	}
	cases := []struct {
		name string
		step config.Step
		want string
	}{
		{"nothing", step(config.Helm{}), "Pod/c FILE= FLAG=string GONE=there KEY=CANARY-chart LIST= NAMESPACE=default"},
		{"names", step(config.Helm{Release: placed("r"), Namespace: placed("n")}), "n/Pod/r FILE= FLAG=string GONE=there KEY=CANARY-chart LIST= NAMESPACE=n"},
		{"values", step(config.Helm{Values: []strict.At[string]{placed("v.yaml")}}), "Pod/c FILE= FLAG=string GONE=there KEY=CANARY-values LIST= NAMESPACE=default"},
		{"set", step(config.Helm{Values: []strict.At[string]{placed("v.yaml")}, Set: assigned("key", `CANARY,a\b=c`, "flag", "true", "list", "{x,y}", "gone", "null")}),
			`Pod/c FILE= FLAG=bool GONE= KEY=CANARY,a\b=c LIST=x+y NAMESPACE=default`},
		{"set as texts", step(config.Helm{SetString: assigned("flag", "true", "key", "007")}), "Pod/c FILE= FLAG=string GONE=there KEY=007 LIST= NAMESPACE=default"},
		{"set from a file", step(config.Helm{SetFile: assigned("file", "cert.pem")}), "Pod/c FILE=CANARY-file FLAG=string GONE=there KEY=CANARY-chart LIST= NAMESPACE=default"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env, err := One(t.Context(), Input{Files: tree(t, files), Name: "staging", Dir: "app", Config: &config.Environment{Deploy: []config.Step{c.step}}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, consumer := range env.Consumers {
				got = append(got, strings.TrimPrefix(consumer.Namespace+"/"+consumer.Workload, "/"))
				for name, v := range consumer.Env.All() {
					got = append(got, strings.TrimPrefix(name, "T_")+"="+v.Text.Reveal())
				}
			}
			for _, p := range env.Problems {
				got = append(got, "problem "+p.Message)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestLost: what is deployed and not in the repository is told, and that there may be more
// consumers than those that are known.
func TestLost(t *testing.T) {
	cases := map[string]config.Step{
		`the chart "charts/gone" is not in the repository, so what it deploys is not known`:         {Helm: &config.Helm{Chart: placed("charts/gone")}},
		`the chart "oci://example.com/x" is not in the repository, so what it deploys is not known`: {Helm: &config.Helm{Chart: placed("oci://example.com/x")}},
		`the chart "../x" lies outside the repository, so what it deploys is not known`:             {Helm: &config.Helm{Chart: placed("../x")}},
		`the kustomization "gone" is not in the repository, so what it deploys is not known`:        {Kustomize: at(placed("gone"))},
		`names a kustomization that is not in the repository, so what it deploys is not known`:      {Kustomize: at(placed("https://example.com/x"))},
		`matches no file, expected manifests`:                                                       {Manifests: &config.Manifests{Patterns: []strict.At[string]{placed("gone/*.yaml")}}},
		`names manifests that are not in the repository, so what they deploy is not known`:          {Manifests: &config.Manifests{Patterns: []strict.At[string]{placed("https://example.com/x.yaml")}}},
		`cannot be read as the names of files: a bracket is not closed`:                             {Manifests: &config.Manifests{Patterns: []strict.At[string]{placed("[a")}}},
	}
	for want, step := range cases {
		env := resolved(t, map[string]string{"x": ""}, step)
		if len(env.Problems) != 1 || env.Problems[0].Message != want || !env.Problems[0].At.IsValid() {
			t.Errorf("%v, expected %s", env.Problems, want)
		}
		if env.Lost == nil || env.Lost.State != model.Unknown || env.Lost.Why != model.WhyMissingFile || len(env.Consumers) != 0 {
			t.Errorf("%s: not lost, or %d consumers", want, len(env.Consumers))
		}
	}
}

func at(s strict.At[string]) *strict.At[string] { return &s }

// TestToolsThatRunMore: where make cannot be followed, a key may be in what it runs.
func TestToolsThatRunMore(t *testing.T) {
	run := placed("make deploy")
	for makefile, lost := range map[string]bool{
		"deploy:\n\tdocker run -e A=1 api\n":                                   false,
		"ifeq ($(A),1)\nexport A = 2\nendif\ndeploy:\n\tdocker run -e A api\n": true,
	} {
		env := resolved(t, map[string]string{"Makefile": makefile}, config.Step{Run: &run})
		if (env.Lost != nil) != lost {
			t.Errorf("a makefile of %d bytes: lost is %v", len(makefile), env.Lost != nil)
		}
	}
}
