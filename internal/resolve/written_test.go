package resolve

import "testing"

// TestWrittenFiles: commands read files as the script had written them by then.
func TestWrittenFiles(t *testing.T) {
	chart := map[string]string{
		"charts/a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "charts/a/values.yaml": "key: \"\"\nmode: \"\"\n",
		"charts/a/templates/p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: x\n    env:\n" +
			"    - {name: T_KEY, value: {{ .Values.key | quote }}}\n    - {name: T_MODE, value: {{ .Values.mode | quote }}}\n",
		"secret.tmpl.yaml":           "apiVersion: v1\nkind: Secret\nmetadata: {name: pay}\nstringData:\n  k: \"${T_JOB}\"\n  other: \"${T_SECRET}\"\n",
		"edited.yaml":                "apiVersion: v1\nkind: Secret\nmetadata: {name: pay}\nstringData: {k: CANARY-old}\n",
		"overlay/kustomization.yaml": "resources: [api.yaml]\nsecretGenerator:\n- {name: pay, envs: [pay.env]}\n", "overlay/api.yaml": api,
	}
	const values = "cat > v.yaml <<EOF\nkey: $T_JOB\nmode: test\nEOF\n"
	both := []string{"Pod/p T_KEY=CANARY-job@deploy.sh:5:1", "Pod/p T_MODE=test@deploy.sh:1:1"}
	runCases(t, []scriptCase{
		{name: "values", files: chart, script: values + "helm upgrade a charts/a -f v.yaml", want: both},
		{name: "values that change afterwards", files: chart, script: values + "helm upgrade a charts/a -f v.yaml\necho 'key: CANARY-late' > v.yaml", want: both},
		{name: "values that are removed afterwards", files: chart, script: values + "helm upgrade a charts/a -f v.yaml\nrm v.yaml", want: both},
		{name: "values with a piece that is not known", files: chart, script: "cat > v.yaml <<EOF\nkey: $T_SECRET\nmode: test\nEOF\nhelm upgrade a charts/a -f v.yaml",
			want: []string{"Pod/p T_KEY=(ci-secret)", "Pod/p T_MODE=test@deploy.sh:1:1"}},
		{name: "a filled template", files: chart, script: "export T_JOB T_SECRET\nenvsubst < secret.tmpl.yaml | kubectl apply -f -\nkubectl apply -f api.yaml",
			want: []string{"Deployment/api T_KEY=CANARY-job@deploy.sh:1:8"}},
		{name: "a filled template by way of a file", files: chart, script: "export T_JOB T_SECRET\nmkdir -p out\nenvsubst < secret.tmpl.yaml > out/secret.yaml\ncp api.yaml out\nkubectl apply -f out",
			want: []string{"Deployment/api T_KEY=CANARY-job@deploy.sh:1:8"}},
		{name: "edited in place", files: chart, script: "sed -i s/CANARY-old/CANARY-new/ edited.yaml\nkubectl apply -f edited.yaml -f api.yaml", want: []string{"Deployment/api T_KEY=CANARY-new@deploy.sh:2:1"}},
		{name: "edited too late", files: chart, script: "kubectl apply -f edited.yaml -f api.yaml\nsed -i s/CANARY-old/CANARY-new/ edited.yaml", want: []string{"Deployment/api T_KEY=CANARY-old@edited.yaml:4:17"}},
		{name: "a generator's file", files: chart, script: `echo "k=$T_JOB" > overlay/pay.env; kubectl apply -k overlay`, want: []string{"Deployment/api T_KEY=CANARY-job@overlay/pay.env:1:3"}},
		{name: "a generator's file that is not known", files: chart, script: `echo "k=$T_SECRET" > overlay/pay.env; kubectl apply -k overlay`,
			want: []string{"Deployment/api T_KEY=(kubernetes-secret)", `problem "overlay/pay.env" cannot be read: what the script writes into it is not known`}},
		{name: "rendered into a file", files: chart, script: "helm template a charts/a --set key=CANARY-set > out.yaml\nkubectl apply -n n -f out.yaml", want: []string{"n/Pod/p T_KEY=CANARY-set@deploy.sh:1:1", "n/Pod/p T_MODE=@charts/a/values.yaml:2:7"}},
		{name: "rendered and filtered", files: chart, script: "kubectl apply -f edited.yaml -f api.yaml\nhelm template a charts/a | sed s/a/b/ | kubectl apply -f -", want: []string{"Deployment/api T_KEY=(command-output)"}},
		{name: "make after a file was written", files: map[string]string{"Makefile": "deploy:\n\tkubectl apply -f pay.yaml -f $(FILE)\n"}, script: "cp api.yaml made.yaml; make deploy FILE=made.yaml",
			want: []string{"Deployment/api T_KEY=CANARY-file@pay.yaml:4:17"}},
	})
}
