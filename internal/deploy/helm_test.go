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
			want: []string{`chart "c" release "api" ns absent version "" repo absent dir . values [values!="s.yaml" values!="v.yaml"]`}},
		{name: "values from a pipe", script: "helm upgrade api c -f - <<EOF\nkey: $KEY\nEOF", want: []string{
			`chart "c" release "api" ns absent version "" repo absent dir . values [values+="key: sk_CANARY_1\n"]`}},
		{name: "an unknown release", script: `helm upgrade "$SECRET" c --set a=1`, want: []string{`chart "c" release ?ci-secret ns absent version "" repo absent dir . values [set="a=1"]`}},
		{name: "unknown flags", script: `helm upgrade api c --set a=1 $SECRET`,
			want: []string{`chart "c" release "api" ns ?ci-secret version "" repo ?ci-secret dir . values [set="a=1"] reuse doubt=?ci-secret`,
				`problem helm upgrade: an argument that is not known may hold flags, so what the command delivers is not known`}},
		{name: "nothing delivered", script: `helm repo add a b; helm list; helm dependency update c; helm --version`, want: nil},
	})
}
