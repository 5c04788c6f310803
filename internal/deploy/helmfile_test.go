package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
)

// fakeHelm writes down how helmfile calls helm, with the content of the values files.
const fakeHelm = `#!/bin/sh
if [ "$1" = version ]; then echo v3.18.0; exit 0; fi
if [ "$1" != template ]; then exit 0; fi
HELM_LOG=$HELM_LOG.$$
echo "CALL" >>"$HELM_LOG"
previous=
for a in "$@"; do
  echo "ARG $a" >>"$HELM_LOG"
  if [ "$previous" = --values ]; then printf 'FILE\n' >>"$HELM_LOG"; cat "$a" >>"$HELM_LOG"; printf '\nEND\n' >>"$HELM_LOG"; fi
  previous=$a
done
`

// fixture is one repository with a helmfile.
type fixture struct {
	args, env []string
	doubt     bool
	unknown   int // values that keyfit does not know
	files     []txtar.File
	truth     string
}

func readFixture(t *testing.T, name string) fixture {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	for line := range strings.SplitSeq(string(a.Comment), "\n") {
		switch field, rest, _ := strings.Cut(line, " "); field {
		case "args":
			f.args = strings.Fields(rest)
		case "env":
			f.env = append(f.env, rest)
		case "doubt":
			f.doubt = true
		case "unknown":
			if _, err := fmt.Sscan(rest, &f.unknown); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, file := range a.Files {
		if file.Name == "truth" {
			f.truth = string(file.Data)
		} else {
			f.files = append(f.files, file)
		}
	}
	return f
}

func layFiles(t *testing.T, files []txtar.File) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		full := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestHelmfileAsRecorded compares with what the real helmfile hands to helm. Its answers
// stand in the fixtures; HELMFILE_ASK=1 asks it again, HELMFILE_WRITE=1 records them anew.
// Both need scripts/record/helmfile.sh.
func TestHelmfileAsRecorded(t *testing.T) {
	names, err := filepath.Glob("../../testdata/helmfile/*.txt")
	if err != nil || len(names) < 12 {
		t.Fatalf("found %d fixtures: %v", len(names), err)
	}
	binary := ""
	if os.Getenv("HELMFILE_ASK")+os.Getenv("HELMFILE_WRITE") != "" {
		binary, _ = filepath.Abs("../../.tools/bin/helmfile")
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			f := readFixture(t, name)
			root := layFiles(t, f.files)
			if binary != "" {
				asked := askHelmfile(t, binary, root, f)
				if os.Getenv("HELMFILE_WRITE") == "1" {
					recordTruth(t, name, asked)
					f.truth = asked
				}
				if diff := cmp.Diff(f.truth, asked); diff != "" {
					t.Errorf("the record differs from the real helmfile (-record +real)\n%s", diff)
				}
			}
			got, unknown, doubt := ownAnswer(t, root, f)
			if doubt != f.doubt || unknown != f.unknown {
				t.Errorf("in doubt: %v, %d unknown values, expected %v and %d", doubt, unknown, f.doubt, f.unknown)
			}
			if !agrees(f.truth, got) {
				t.Errorf("(-helmfile +keyfit)\n%s", cmp.Diff(f.truth, got))
			}
		})
	}
}

// agrees compares line by line. A line that is not known agrees with any.
func agrees(truth, got string) bool {
	a, b := strings.Split(truth, "\n"), strings.Split(got, "\n")
	return slices.EqualFunc(a, b, func(a, b string) bool { return a == b || b == "values ?" })
}

func recordTruth(t *testing.T, name, truth string) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == "truth" })
	a.Files = append(a.Files, txtar.File{Name: "truth", Data: []byte(truth)})
	if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

func askHelmfile(t *testing.T, binary, root string, f fixture) string {
	t.Helper()
	side := t.TempDir()
	helm, log := filepath.Join(side, "helm"), filepath.Join(side, "log")
	if err := os.WriteFile(helm, []byte(fakeHelm), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, append(append([]string{"--helm-binary", helm}, f.args...), "template", "--skip-deps", "--concurrency", "1")...)
	cmd.Dir = root
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + side, "HELM_LOG=" + log}, f.env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("helmfile: %v\n%s", err, out)
	}
	logs, _ := filepath.Glob(log + ".*")
	var all strings.Builder
	for _, name := range logs { // one of each process, for some run at once
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return callsOf(t, root, all.String())
}

// callsOf writes the calls of helm in the form in which they are compared.
func callsOf(t *testing.T, root, log string) string {
	t.Helper()
	var out []string
	for _, call := range strings.Split(log, "CALL\n")[1:] {
		var args []string
		for rest := call; rest != ""; {
			line, after, _ := strings.Cut(rest, "\n")
			rest = after
			if file, ok := strings.CutPrefix(line, "ARG "); ok {
				args = append(args, file)
			}
			if line == "FILE" {
				var content string
				content, rest, _ = strings.Cut(rest, "\nEND\n")
				args[len(args)-1] = canonical(t, content)
			}
		}
		out = append(out, strings.Join(callOf(root, args), "\n"))
	}
	slices.Sort(out)
	return strings.Join(out, "\n") + "\n"
}

func callOf(root string, args []string) []string {
	namespace := ""
	var values []string
	for i := 3; i+1 < len(args); i++ {
		switch args[i] {
		case "--namespace":
			namespace = args[i+1]
		case "--values":
			values = append(values, "values "+args[i+1])
		case "--set", "--set-string", "--set-file":
			values = append(values, strings.TrimPrefix(args[i], "--")+" "+args[i+1])
		}
	}
	chart := args[2]
	if filepath.IsAbs(chart) {
		chart, _ = filepath.Rel(root, chart)
	}
	for strings.HasPrefix(chart, "../") { // from the directory of a nested helmfile
		chart = chart[len("../"):]
	}
	return append([]string{"release " + args[1] + " chart " + filepath.Clean(chart) + " namespace " + namespace}, values...)
}

// canonical is YAML as JSON.
func canonical(t *testing.T, text string) string {
	t.Helper()
	var x any
	if err := yaml.Unmarshal([]byte(text), &x); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	data, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func ownAnswer(t *testing.T, root string, f fixture) (text string, unknown int, doubt bool) {
	t.Helper()
	tree, err := repo.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	env := map[string]model.Value{}
	for _, pair := range f.env {
		name, text, _ := strings.Cut(pair, "=")
		env[name] = model.KnownText(text, model.Hop{Kind: model.KindProcess, What: name})
	}
	var args []model.Value
	for _, a := range append(append([]string{"helmfile"}, f.args...), "template") {
		args = append(args, model.Value{State: model.Known, Text: secret.New(a)})
	}
	d, ok := deploy.Read(deploy.Call{Command: model.Command{Args: args, Env: model.NewEnv(env), Dir: "."}, Files: tree})
	if !ok {
		t.Fatal("not read")
	}
	var all []string
	for _, c := range d.Charts {
		var out []string
		doubt = doubt || c.Doubt != nil
		out = append(out, fmt.Sprintf("release %s chart %s namespace %s", c.Release.Text.Reveal(), filepath.Clean(filepath.Join(c.Dir, c.Chart.Text.Reveal())), c.Namespace.Text.Reveal()))
		for _, v := range c.Values {
			line := v.Flag + " " + v.Text.Text.Reveal()
			switch {
			case v.Text.State != model.Known:
				unknown++
				line = "values ?"
			case v.Inline:
				line = "values " + canonical(t, v.Text.Text.Reveal())
			case v.Flag == "values":
				data, err := tree.Read(filepath.Join(c.Dir, v.Text.Text.Reveal()))
				if err != nil {
					t.Fatal(err)
				}
				line = "values " + canonical(t, string(data))
			}
			out = append(out, line)
			everyPieceHasAPlace(t, v)
		}
		all = append(all, strings.Join(out, "\n"))
	}
	slices.Sort(all)
	for _, p := range d.Problems {
		t.Logf("problem %s %s", p.At, p.Message)
	}
	return strings.Join(all, "\n") + "\n", unknown, doubt
}

func everyPieceHasAPlace(t *testing.T, v deploy.ValuesArg) {
	t.Helper()
	for _, p := range append(slices.Clone(v.Text.Parts), v.Text) {
		if p.State == model.Known && strings.Contains(p.Text.Reveal(), "CANARY") && p.Trail.IsEmpty() {
			t.Errorf("a text of a --%s comes from nowhere", v.Flag)
		}
	}
}

const helmfileText = `environments:
  default: {}
  prod:
    values: [env.yaml]
helmDefaults: {wait: true}
common: &common
  chart: ./charts/api
releases:
- name: api
  <<: *common
  namespace: shop-{{ .Environment.Name }}
  values:
  - values-{{ .Environment.Name }}.yaml
  - key: {{ requiredEnv "KEY" | quote }}
    tenant: {{ env "HOST_A" }}
  - other: {{ requiredEnv "SECRET" }}
  valuesTemplate:
  - late: '{{` + "`{{ .Release.Name }}`" + `}}'
  set:
  - name: a
    value: x
  secrets: [s.yaml]
- name: off
  chart: x/y
  installed: false
`

func TestHelmfile(t *testing.T) {
	const api = `chart "./charts/api" release "api" ns "shop-prod" version "" repo absent dir . values [values+="late: 'api'\n" values="values-prod.yaml" values+="{\"key\":\"sk_CANARY_1\",\"tenant\":\"a\"}" ` +
		`values+=?ci-secret("{\"other\":\"" ?ci-secret "\"}") values!="s.yaml" set="a=x"`
	runRows(t, []row{
		{name: "apply", script: `helmfile -e prod apply`, files: map[string]string{"helmfile.yaml": helmfileText, "env.yaml": ""}, want: []string{api + `]`}},
		{name: "flags behind", script: `helmfile apply -e prod --set k=v -l name=api -f deploy/h.yaml`, files: map[string]string{"deploy/h.yaml": helmfileText, "deploy/env.yaml": ""},
			want: []string{`chart "./charts/api" release "api" ns "shop-prod" version "" repo absent dir deploy ` + api[len(`chart "./charts/api" release "api" ns "shop-prod" version "" repo absent dir . `):] + ` set="k=v"]`}},
		{name: "another release is selected", script: `helmfile -e prod -l name=web sync`, files: map[string]string{"helmfile.yaml": helmfileText, "env.yaml": ""}, want: nil},
		{name: "control", script: `helmfile sync`, files: map[string]string{"helmfile.yaml": "releases:\n- name: a\n  chart: c\n{{ if x }}\n  version: 1\n{{ end }}\n"},
			want: []string{`problem the templates of the helmfile "helmfile.yaml" cannot be run here, so its releases are not known`}},
		{name: "values of the state", script: `helmfile template --state-values-set x=CANARY`, files: map[string]string{"helmfile.yaml": "releases:\n- name: a\n  chart: c\n  values:\n  - k: {{ .Values.x }}\n    l: {{ requiredEnv \"NOPE\" }}\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [values+=?input("{\"k\":\"" "CANARY" "\",\"l\":\"" ?input "\"}")]`, "printed",
				`problem the helmfile requires the variable "NOPE", which is not set here`}},
		{name: "a value that is not there", script: `helmfile template`, files: map[string]string{"helmfile.yaml": "releases:\n- name: a\n  chart: c\n  values: [{k: {{ .Values.x }}}]\n"},
			want: []string{"printed", `problem the templates of the helmfile "helmfile.yaml" cannot be run here, so its releases are not known`}},
		{name: "a condition on what is not known", script: `helmfile template`, files: map[string]string{"helmfile.yaml.gotmpl": "releases:\n{{ if eq (env \"SECRET\") \"x\" }}\n- {name: a, chart: c}\n{{ end }}\n"},
			want: []string{"printed", `problem the templates of the helmfile "helmfile.yaml.gotmpl" cannot be run here, so its releases are not known`}},
		{name: "unknown texts go through functions", script: `helmfile sync`, files: map[string]string{"helmfile.yaml.gotmpl": "releases:\n- {name: a, chart: c, values: [{k: {{ env \"SECRET\" | upper | quote }}, l: {{ exec \"x\" (list) }}, m: x-{{ env \"SECRET\" | default \"d\" }}, n: {{ dict \"a\" (env \"SECRET\") \"b\" 1 | toYaml | nindent 2 | quote }}}]}\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [values+=?ci-secret("{\"k\":\"" ?ci-secret "\",\"l\":\"" ?command-output "\",\"m\":\"" "x-" ?ci-secret "\",\"n\":\"" ?ci-secret "\"}")]`}},
		{name: "encrypted values of the environment", script: `helmfile -e prod sync`, files: map[string]string{
			"s.yaml":               "db: {password: 'ENC[AES256_GCM,data:CANARY]', host_unencrypted: h}\nsops: {mac: x}\n",
			"helmfile.yaml.gotmpl": "environments: {prod: {values: [{db: {password: p, port: 1}}], secrets: [s.yaml]}}\n---\nreleases:\n- {name: a, chart: c, values: [{k: {{ .Values.db.password }}, h: {{ .Values.db.host_unencrypted }}, p: {{ .Values.db.port }}}]}\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [values+=?encrypted("{\"h\":\"" "h" "\",\"k\":\"" ?encrypted "\",\"p\":" "1" "}")]`}},
		{name: "references to a secret store", script: `helmfile sync`, files: map[string]string{
			"v.yaml": "k: ref+vault://x#/y\n", "helmfile.yaml": "releases: [{name: a, chart: c, values: [v.yaml, {k: ref+awsssm://x, l: m}], set: [{name: s, value: secretref+op://x}]}]\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [values=?remote-state values+=?remote-state("{\"k\":\"" ?remote-state "\",\"l\":\"" "m" "\"}") set=?remote-state("s" "=" ?remote-state)]`}},
		{name: "earlier and later versions differ", script: `helmfile -e prod sync`, files: map[string]string{
			"helmfile.yaml": "environments: {prod: {}}\n---\nreleases: [{name: a, chart: c, values: [{k: '{{ .Environment.Name }}'}]}]\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [values+="{\"k\":\"prod\"}"] doubt=?unsupported`,
				`problem the helmfile "helmfile.yaml" means one thing to helmfile 1 and another to earlier versions`}},
		{name: "whether it is installed is not known", script: `helmfile sync`, files: map[string]string{"helmfile.yaml.gotmpl": "releases: [{name: a, chart: c, installed: {{ env \"SECRET\" }}}]\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [] doubt=?ci-secret`, `problem whether a release is installed is not known`}},
		{name: "an environment that is not known", script: `helmfile -e "$SECRET" sync`, files: map[string]string{"helmfile.yaml.gotmpl": "environments: {prod: {values: [{a: 1}]}}\n---\nreleases: [{name: a, chart: c, namespace: n-{{ .Environment.Name }}, values: [f.yaml.gotmpl]}]\n", "f.yaml.gotmpl": "a: {{ .Values.a }}\n"},
			want: []string{`chart "c" release "a" ns ?ci-secret version "" repo absent dir . values [values=?ci-secret]`}},
		{name: "unknown lines in a file of values", script: `helmfile sync`, files: map[string]string{
			"helmfile.yaml":   "releases: [{name: a, chart: c, values: [one.yaml.gotmpl, two.yaml.gotmpl, three.yaml.gotmpl]}]\n",
			"one.yaml.gotmpl": "a: 1\n{{ exec \"x\" (list) }}\n", "two.yaml.gotmpl": "m:\n{{ dict \"k\" (env \"SECRET\") \"l\" 1 | toYaml | nindent 2 }}", "three.yaml.gotmpl": "{{ env \"SECRET\" }}: 1\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [values+=?command-output values+=?ci-secret("m:\n" "\n  k: " ?ci-secret "\n  l: 1\n  ") values+=?ci-secret]`}},
		{name: "unknown releases", script: `helmfile sync`, files: map[string]string{"helmfile.yaml.gotmpl": "releases: {{ exec \"x\" (list) }}\n"},
			want: []string{`problem what a helmfile has under a name at its top is not known`}},
		{name: "without end", script: `helmfile sync`, files: map[string]string{"helmfile.yaml.gotmpl": "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}releases: {{ include \"a\" . }}\n"},
			want: []string{`problem the templates of the helmfile "helmfile.yaml.gotmpl" cannot be run here, so its releases are not known`}},
		{name: "loops without end", script: `helmfile sync`, files: map[string]string{"helmfile.yaml.gotmpl": "releases:\n{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}\n"},
			want: []string{`problem the templates of the helmfile "helmfile.yaml.gotmpl" cannot be run here, so its releases are not known`}},
		{name: "in circles", script: `helmfile sync`, files: map[string]string{"helmfile.yaml": "helmfiles: [helmfile.yaml]\ntemplates: {a: {inherit: [{template: a}]}}\nreleases: []\n"},
			want: []string{`problem helmfile leads to more than 50 files, the limit`}},
		{name: "missing", script: `helmfile sync`, want: []string{`problem the helmfile "helmfile.yaml": no such file, expected a file in the repository`}},
		{name: "nested", script: `helmfile sync`, files: map[string]string{"helmfile.yaml": "helmfiles: [a/h.yaml, {path: b.yaml}]\n", "a/h.yaml": "releases: [{name: a, chart: ./c}]", "b.yaml": "releases: [{name: b, chart: r/c, condition: b.enabled}]"},
			want: []string{`chart "./c" release "a" ns absent version "" repo absent dir a values [] doubt=?unsupported`, `chart "r/c" release "b" ns absent version "" repo absent dir . values [] doubt=?unsupported`,
				`problem is not understood here, expected a condition such as app.enabled that stands in the values`}},
		{name: "an environment that is not there", script: `helmfile -e stagign sync`, files: map[string]string{"helmfile.yaml": "environments: {staging: {}}\nreleases: []\n"},
			want: []string{`problem the helmfile has no environment "stagign", expected one of those listed`}},
	})
}

// TestHelmfileTrails looks at the way of texts through a helmfile.
func TestHelmfileTrails(t *testing.T) {
	all := deliveries(t, `helmfile -e prod sync`, map[string]string{
		"env.yaml":             "db:\n  key: sk_CANARY_9\n",
		"helmfile.yaml.gotmpl": "environments:\n  prod: {values: [env.yaml]}\n---\nreleases:\n- name: a\n  chart: c\n  values:\n  - k: {{ .Values.db.key }}\n    own: sk_CANARY_8\n  - f.yaml.gotmpl\n",
		"f.yaml.gotmpl":        "x: 1\ny: \"{{ .Values.db.key }}\"\n",
	})
	if len(all) != 1 || len(all[0].Charts) != 1 || len(all[0].Charts[0].Values) != 2 {
		t.Fatalf("%d deliveries", len(all))
	}
	var got []string
	for _, v := range all[0].Charts[0].Values {
		for _, p := range v.Text.Parts {
			if !strings.Contains(p.Text.Reveal(), "CANARY") {
				continue
			}
			line := p.Text.Reveal()
			for _, h := range p.Trail.Hops() {
				line += " " + h.At.String()
			}
			got = append(got, line)
		}
	}
	want := []string{
		"sk_CANARY_9 env.yaml:2:8 helmfile.yaml.gotmpl:8:8",
		"sk_CANARY_8 helmfile.yaml.gotmpl:9:10",
		"sk_CANARY_9 env.yaml:2:8 f.yaml.gotmpl:2:5",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// FuzzHelmfile reads any text as a helmfile and as a file of values that it names. What is
// not known must stay so: the key is bound to nothing.
func FuzzHelmfile(f *testing.F) {
	names, _ := filepath.Glob("../../testdata/helmfile/*.txt")
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(string(file.Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		root := t.TempDir()
		for name, data := range map[string]string{"helmfile.yaml.gotmpl": text, "h.yaml": text, "v.gotmpl": text, "main.yaml": "helmfiles: [h.yaml]\nreleases: [{name: a, chart: c, values: [v.gotmpl]}]\n"} {
			if err := os.WriteFile(filepath.Join(root, name), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		files, err := repo.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		defer files.Close()
		env := model.NewEnv(nil).WithRest(model.UnknownBecause(model.WhyCISecret, "it", model.Trail{}))
		for _, args := range [][]string{{"helmfile", "-e", "prod", "sync"}, {"helmfile", "-f", "main.yaml", "sync"}} {
			var words []model.Value
			for _, a := range args {
				words = append(words, model.Value{State: model.Known, Text: secret.New(a)})
			}
			deploy.Read(deploy.Call{Command: model.Command{Args: words, Env: env, Dir: "."}, Files: files})
		}
	})
}
