package deploy_test

import "testing"

func TestHelm(t *testing.T) {
	runRows(t, []row{
		{name: "upgrade", script: `helm upgrade --install api ./charts/api -n shop -f a.yaml,b.yaml --set a=1,b=2 --set-string "key=$KEY" --values=c.yaml --set-file f=x --set-json 'j={"a":1}' --set-literal l=x --wait --timeout 5m --version 1.2.3 --repo https://charts.example.com`,
			want: []string{`chart "./charts/api" release "api" ns "shop" version "1.2.3" repo "https://charts.example.com" dir . values [values="a.yaml" values="b.yaml" set="a=1,b=2" set-string="key=sk_CANARY_1" values="c.yaml" set-file="f=x" set-json="j={\"a\":1}" set-literal="l=x"]`}},
		{name: "an unknown value keeps its path", script: `helm upgrade api c --set "key=$SECRET"`,
			want: []string{`chart "c" release "api" ns absent version "" repo absent dir . values [set=?ci-secret("key=" ?ci-secret)]`}},
		{name: "reused values", script: "helm upgrade api c --reuse-values --set a=1\nhelm upgrade api c --reset-then-reuse-values --set a=1\nhelm upgrade api c\nhelm upgrade api c --reset-values\nhelm upgrade api c --reuse-values=false --set a=1",
			want: []string{
				`chart "c" release "api" ns absent version "" repo absent dir . values [set="a=1"] reuse`,
				`chart "c" release "api" ns absent version "" repo absent dir . values [set="a=1"] reuse`,
				`chart "c" release "api" ns absent version "" repo absent dir . values [] reuse`,
				`chart "c" release "api" ns absent version "" repo absent dir . values []`,
				`chart "c" release "api" ns absent version "" repo absent dir . values [set="a=1"]`,
			}},
		{name: "install", script: "helm install api c\nhelm install c --generate-name\nhelm install -g c", want: []string{
			`chart "c" release "api" ns absent version "" repo absent dir . values []`,
			`chart "c" release ?time ns absent version "" repo absent dir . values []`,
			`chart "c" release ?time ns absent version "" repo absent dir . values []`,
		}},
		{name: "template", script: "helm template c\nhelm template api c -s x", want: []string{
			`chart "c" release "release-name" ns absent version "" repo absent dir . values []`, "printed",
			`chart "c" release "api" ns absent version "" repo absent dir . values []`, "printed",
		}},
		{name: "dry run", script: `helm upgrade --dry-run api c --set a=1`, want: []string{`chart "c" release "api" ns absent version "" repo absent dir . values [set="a=1"]`, "printed"}},
		{name: "global flags and the variable", script: "helm --kube-context x -n a upgrade api c --set a=1\nHELM_NAMESPACE=b helm upgrade api c --set a=1", want: []string{
			`chart "c" release "api" ns "a" version "" repo absent dir . values [set="a=1"]`,
			`chart "c" release "api" ns "b" version "" repo absent dir . values [set="a=1"]`,
		}},
		{name: "secrets", script: `helm secrets upgrade api c -f secrets://s.yaml -f v.yaml`,
			want: []string{`chart "c" release "api" ns absent version "" repo absent dir . values [values!="s.yaml" values="v.yaml"]`}},
		{name: "values from a pipe", script: "helm upgrade api c -f - <<EOF\nkey: $KEY\nEOF", want: []string{
			`chart "c" release "api" ns absent version "" repo absent dir . values [values+="key: sk_CANARY_1\n"]`}},
		{name: "an unknown release", script: `helm upgrade "$SECRET" c --set a=1`, want: []string{`chart "c" release ?ci-secret ns absent version "" repo absent dir . values [set="a=1"]`}},
		{name: "unknown flags", script: `helm upgrade api c --set a=1 $SECRET`,
			want: []string{`chart "c" release "api" ns ?ci-secret version "" repo ?ci-secret dir . values [set="a=1"] reuse doubt=?ci-secret`,
				`problem helm upgrade: an argument that is not known may hold flags, so what the command delivers is not known`}},
		{name: "nothing delivered", script: `helm repo add a b; helm list; helm dependency update c; helm --version`, want: nil},
	})
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
	const api = `chart "./charts/api" release "api" ns "shop-prod" version "" repo absent dir . values [values="values-prod.yaml" values+="key: \"sk_CANARY_1\"\ntenant: a\n" ` +
		`values+=?ci-secret("other: " ?ci-secret "\n") values+="late: 'api'\n" values!="s.yaml" set="a=x"`
	runRows(t, []row{
		{name: "apply", script: `helmfile -e prod apply`, files: map[string]string{"helmfile.yaml": helmfileText}, want: []string{api + `]`}},
		{name: "flags behind", script: `helmfile apply -e prod --set k=v -l name=api -f deploy/h.yaml`, files: map[string]string{"deploy/h.yaml": helmfileText},
			want: []string{`chart "./charts/api" release "api" ns "shop-prod" version "" repo absent dir deploy ` + api[len(`chart "./charts/api" release "api" ns "shop-prod" version "" repo absent dir . `):] + ` set="k=v"]`}},
		{name: "another release is selected", script: `helmfile -e prod -l name=web sync`, files: map[string]string{"helmfile.yaml": helmfileText}, want: nil},
		{name: "control", script: `helmfile sync`, files: map[string]string{"helmfile.yaml": "releases:\n- name: a\n  chart: c\n{{ if x }}\n  version: 1\n{{ end }}\n"},
			want: []string{`problem the helmfile "helmfile.yaml" has templates that keyfit does not run, so its releases are not known`,
				`problem the helmfile "helmfile.yaml" is not valid YAML without running its templates`}},
		{name: "values of the state", script: `helmfile template`, files: map[string]string{"helmfile.yaml": "releases:\n- name: a\n  chart: c\n  values:\n  - k: {{ .Values.x }}\n    l: {{ requiredEnv \"NOPE\" }}\n"},
			want: []string{`chart "c" release "a" ns absent version "" repo absent dir . values [values+=?unsupported("k: " ?unsupported "\nl: " ?input "\n")]`, "printed",
				`problem the helmfile requires the variable "NOPE", which is not set here`}},
		{name: "missing", script: `helmfile sync`, want: []string{`problem the helmfile "helmfile.yaml": no such file, expected a file in the repository`}},
		{name: "nested", script: `helmfile sync`, files: map[string]string{"helmfile.yaml": "helmfiles: [a/h.yaml, {path: b.yaml}]\n", "a/h.yaml": "releases: [{name: a, chart: ./c}]", "b.yaml": "releases: [{name: b, chart: r/c, condition: b.enabled}]"},
			want: []string{`chart "./c" release "a" ns absent version "" repo absent dir a values [] doubt=?unsupported`, `chart "r/c" release "b" ns absent version "" repo absent dir . values [] doubt=?unsupported`,
				`problem is not understood here, expected a release without condition`}},
		{name: "an environment that is not there", script: `helmfile -e stagign sync`, files: map[string]string{"helmfile.yaml": "environments: {staging: {}}\nreleases: []\n"},
			want: []string{`problem the helmfile has no environment "stagign", expected one of those listed`}},
	})
}
