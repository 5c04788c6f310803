package resolve

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// api is a container that takes T_KEY from the Secret pay, and T_MODE from the ConfigMap
// settings.
const api = `apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: web
        image: x
        env:
        - {name: T_KEY, valueFrom: {secretKeyRef: {name: pay, key: k}}}
`

const pay = "apiVersion: v1\nkind: Secret\nmetadata: {name: pay}\nstringData: {k: CANARY-file}\n"

// containers is what the containers receive, without what images set, and the problems.
func containers(env Environment) []string {
	var out []string
	for _, c := range env.Consumers {
		name := strings.TrimPrefix(c.Namespace+"/"+c.Workload, "/")
		if c.Kind != model.ConsumerKubernetes {
			name = c.Kind + " " + c.Workload
		}
		for variable, v := range c.Env.All() {
			if strings.HasPrefix(variable, "T_") {
				out = append(out, fmt.Sprintf("%s %s=%s", name, variable, word(v)))
			}
		}
	}
	for _, p := range env.Problems {
		out = append(out, "problem "+p.Message)
	}
	return out
}

func outside() model.Env {
	return model.NewEnv(map[string]model.Value{
		"T_SECRET": model.UnknownBecause(model.WhyCISecret, "secrets.T_SECRET", model.Trail{}),
		"T_JOB":    model.KnownText("CANARY-job", model.Hop{Kind: model.KindProcess, What: "T_JOB"}),
	})
}

func resolved(t *testing.T, files map[string]string, steps ...config.Step) Environment {
	t.Helper()
	env, err := One(context.Background(), Input{Files: tree(t, files), Process: outside(), Name: "staging", Config: &config.Environment{Deploy: steps}})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

type scriptCase struct {
	name, script string
	files        map[string]string
	want         []string
}

func runCases(t *testing.T, cases []scriptCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"api.yaml": api, "pay.yaml": pay, "deploy.sh": c.script}
			for name, text := range c.files {
				files[name] = text
			}
			got := containers(resolved(t, files, runStep("bash deploy.sh")))
			// What other processes of the script receive is not what these are about.
			got = slices.DeleteFunc(got, func(s string) bool {
				return strings.HasPrefix(s, "process") && strings.Contains(s, " T_JOB=") || strings.Contains(s, " T_SECRET=")
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestKubectl(t *testing.T) {
	const known, gone = "Deployment/api T_KEY=CANARY-file@pay.yaml:4:17", "Deployment/api T_KEY=(kubernetes-secret)"
	runCases(t, []scriptCase{
		{name: "files", script: "kubectl apply -f pay.yaml -f api.yaml", want: []string{known}},
		{name: "the container first", script: "kubectl apply -f api.yaml; kubectl apply -f pay.yaml", want: []string{known}},
		{name: "a directory", script: "kubectl apply -f k8s", files: map[string]string{"k8s/pay.yaml": pay, "k8s/api.yaml": api, "k8s/more/x.yaml": "a: [", "k8s/notes.txt": "a: ["},
			want: []string{"Deployment/api T_KEY=CANARY-file@k8s/pay.yaml:4:17"}},
		{name: "all below a directory", script: "kubectl apply -R -f k8s", files: map[string]string{"k8s/a/pay.yaml": pay, "k8s/b/api.yaml": api},
			want: []string{"Deployment/api T_KEY=CANARY-file@k8s/a/pay.yaml:4:17"}},
		{name: "in namespaces", script: "kubectl apply -n a -f pay.yaml; kubectl apply -n b -f api.yaml", want: []string{"b/" + gone}},
		{name: "in one namespace", script: "kubectl apply -n a -f pay.yaml; kubectl -n a apply -f api.yaml", want: []string{"a/" + known}},
		{name: "in a chosen namespace", script: "kubectl config set-context --current --namespace=a; kubectl apply -f pay.yaml; kubectl apply -n a -f api.yaml", want: []string{"a/" + known}},
		{name: "in a namespace that is not known", script: `kubectl apply -n "$T_SECRET" -f pay.yaml; kubectl apply -n "$T_SECRET" -f api.yaml`, want: []string{"(not known)/" + known}},
		{name: "on other clusters", script: "kubectl --context a apply -f pay.yaml; kubectl --context=b apply -f api.yaml", want: []string{gone}},
		{name: "on a chosen cluster", script: "kubectl config use-context a; kubectl apply -f pay.yaml; kubectl apply -f api.yaml; kubectl config use-context b; kubectl apply -f api.yaml", want: []string{known, gone}},
		{name: "after a login", script: "kubectl apply -f pay.yaml; gcloud container clusters get-credentials eu; kubectl apply -f api.yaml", want: []string{gone}},
		{name: "by another kubeconfig", script: "kubectl apply -f pay.yaml; KUBECONFIG=other kubectl apply -f api.yaml", want: []string{gone}},
		{name: "a stored secret", script: `kubectl create secret generic pay --from-literal=k="$T_JOB" --dry-run=client -o yaml | kubectl apply -f -; kubectl apply -f api.yaml`,
			want: []string{"Deployment/api T_KEY=CANARY-job@deploy.sh:1:1"}},
		{name: "a secret made anew", script: "kubectl apply -f pay.yaml -f api.yaml; kubectl delete secret pay --ignore-not-found; kubectl create secret generic pay --from-literal=k=CANARY-new",
			want: []string{"Deployment/api T_KEY=CANARY-new@deploy.sh:1:86"}},
		{name: "set afterwards", script: "kubectl apply -f pay.yaml -f api.yaml; kubectl set env deployment/api T_MODE=test T_KEY-", want: []string{"Deployment/api T_MODE=test@deploy.sh:1:40"}},
		{name: "set on what nobody applies", script: "kubectl apply -f pay.yaml; kubectl set env deployment/other T_MODE=test", want: []string{"Deployment/other T_MODE=test@deploy.sh:1:28"}},
		{name: "from standard input", script: "kubectl apply -f api.yaml -f - <<EOF\napiVersion: v1\nkind: Secret\nmetadata: {name: pay}\nstringData:\n  k: \"$T_JOB\"\nEOF",
			want: []string{"Deployment/api T_KEY=CANARY-job@api.yaml:13:68"}},
		{name: "from standard input, in part", script: "kubectl apply -f api.yaml -f - <<EOF\napiVersion: v1\nkind: Secret\nmetadata: {name: pay}\nstringData: {k: CANARY-kept, other: \"$T_SECRET\"}\nEOF",
			want: []string{"Deployment/api T_KEY=CANARY-kept@deploy.sh:1:1"}},
		{name: "from standard input, not known", script: "kubectl apply -f api.yaml -f - <<EOF\napiVersion: v1\nkind: Secret\nmetadata: {name: pay}\nstringData:\n  k: \"$T_SECRET\"\nEOF",
			want: []string{"Deployment/api T_KEY=(ci-secret)"}},
		{name: "lines that are not known", script: "kubectl apply -f pay.yaml -f api.yaml; kubectl apply -f - <<EOF\napiVersion: v1\nkind: ConfigMap\n$T_SECRET\nEOF", want: []string{"Deployment/api T_KEY=(ci-secret)"}},
		{name: "a file that is not known", script: `kubectl apply -f pay.yaml -f api.yaml; kubectl apply -f "$T_SECRET"`,
			want: []string{"Deployment/api T_KEY=(ci-secret)", "problem which manifests are applied is not known, expected files in the repository"}},
		{name: "a remote file", script: "kubectl apply -f pay.yaml -f api.yaml -f https://example.com/x.yaml", want: []string{known, "problem a file that is applied here is not in the repository, so what it deploys is not known"}},
		{name: "a missing file", script: "kubectl apply -f pay.yaml -f api.yaml -f gone.yaml", want: []string{known, `problem the manifests "gone.yaml" are not in the repository, so what they deploy is not known`}},
		{name: "a dry run", script: "kubectl apply --dry-run=client -f pay.yaml; kubectl apply -f api.yaml", want: []string{gone}},
		{name: "a namespace is made", script: "kubectl apply -f pay.yaml -f api.yaml; kubectl create ns a --dry-run=client -o yaml | kubectl apply -f -", want: []string{known}},
		{name: "one of two files", script: `if test -n "$T_SECRET"; then kubectl apply -f api.yaml -f pay.yaml; else kubectl apply -f api.yaml -f other.yaml; fi`,
			files: map[string]string{"other.yaml": strings.Replace(pay, "CANARY-file", "CANARY-other", 1)}, want: []string{"Deployment/api T_KEY=(unsupported)"}},
		{name: "perhaps another Secret", script: `kubectl apply -f api.yaml -f pay.yaml; test -n "$T_SECRET" && kubectl apply -f other.yaml; true`,
			files: map[string]string{"other.yaml": strings.Replace(pay, "CANARY-file", "CANARY-other", 1)}, want: []string{"Deployment/api T_KEY=(unsupported)"}},
		{name: "perhaps a stored Secret", script: `kubectl apply -f api.yaml -f pay.yaml; test -n "$T_SECRET" && kubectl create secret generic pay --from-literal=k=a --dry-run=client -o yaml | kubectl apply -f -; true`,
			want: []string{"Deployment/api T_KEY=(unsupported)"}},
		{name: "perhaps a variable", script: `kubectl apply -f api.yaml -f pay.yaml; test -n "$T_SECRET" && kubectl set env deployment/api T_KEY=a T_MODE=b; true`,
			want: []string{"Deployment/api T_KEY=(unsupported)", "Deployment/api T_MODE=(unsupported)"}},
		{name: "perhaps on another cluster", script: `kubectl apply -f pay.yaml; test -n "$T_SECRET" && kubectl config use-context b; kubectl apply -f api.yaml`, want: []string{gone}},
		{name: "perhaps by make", script: `kubectl apply -f api.yaml -f pay.yaml; test -n "$T_SECRET" && make other; true`,
			files: map[string]string{"Makefile": "other:\n\tkubectl apply -f other.yaml\n", "other.yaml": strings.Replace(pay, "CANARY-file", "CANARY-other", 1)},
			want:  []string{"Deployment/api T_KEY=(unsupported)"}},
		{name: "on another machine", script: `ssh deploy@host "kubectl apply -f api.yaml -f pay.yaml"`, want: []string{"Deployment/api T_KEY=(remote-state)"}},
		{name: "a way that ends early", script: `test -n "$T_SECRET" || exit 1; kubectl apply -f pay.yaml && kubectl apply -f api.yaml`, want: []string{known}},
		{name: "by make", script: "make deploy", files: map[string]string{"Makefile": "deploy:\n\tkubectl apply -f pay.yaml -f api.yaml\n"}, want: []string{known}},
	})
}

// TestToolsAreNoConsumers: a tool receives nothing itself once all that it delivers is
// followed.
func TestToolsAreNoConsumers(t *testing.T) {
	chart := map[string]string{"charts/a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "charts/a/templates/api.yaml": api}
	cases := []struct{ name, script, want string }{
		{"followed", "helm upgrade a charts/a; kubectl rollout status deployment/api; docker push a", "Deployment/api"},
		{"beside others", "helm upgrade a charts/a; ./notify", "./notify Deployment/api"},
		{"one chart is missing", "helm upgrade a charts/a; helm upgrade b charts/b", "Deployment/api helm"},
		{"a chart from elsewhere", "helm upgrade a charts/a; helm upgrade b bitnami/redis; kubectl apply -f api.yaml", "Deployment/api helm"},
		{"nothing is delivered", "kubectl get pods", "kubectl"},
		{"what compose starts is followed", "docker compose up; kubectl apply -f api.yaml", "Deployment/api"},
		{"what a stack takes over is not", "docker stack deploy -c compose.yaml shop; kubectl apply -f api.yaml", "Deployment/api docker"},
		{"podman-compose reads its files in its own way", "podman-compose up; kubectl apply -f api.yaml", "Deployment/api podman-compose"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"api.yaml": api, "deploy.sh": c.script, "compose.yaml": "services: {}\n"}
			for name, text := range chart {
				files[name] = text
			}
			var got []string
			for _, consumer := range resolved(t, files, runStep("bash deploy.sh")).Consumers {
				got = append(got, consumer.Workload)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, strings.Join(slices.Compact(got), " ")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func placed(text string) strict.At[string] {
	return strict.At[string]{Value: text, Span: pos.Span{File: "keyfit.yaml", Start: pos.Pos{Line: 5, Column: 7}}}
}

// TestControllers follows what Flux adds to a kustomization and to the values of a chart.
func TestControllers(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: x, env: [{name: T_KEY, value: \"CANARY-${WHERE:=nowhere}\"}]}\n"
	flux := func(spec string) string {
		return "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./apps\n  sourceRef: {kind: GitRepository, name: x}\n" + spec
	}
	release := func(values string) string {
		return "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: work}\nspec:\n  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: x}" + values + "}}\n"
	}
	chart := map[string]string{
		"chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n", "chart/values.yaml": "key: CANARY-chart\n", "chart/values-b.yaml": "key: CANARY-b\n",
		"chart/templates/p.yaml": strings.ReplaceAll(pod, `"CANARY-${WHERE:=nowhere}"`, "{{ .Values.key }}"),
	}
	cases := []struct {
		name, object string
		files        map[string]string
		want         []string
	}{
		{"a directory", flux(""), map[string]string{"apps/p.yaml": pod}, []string{"Pod/p T_KEY=CANARY-${WHERE:=nowhere}"}},
		{"a namespace and a prefix", flux("  targetNamespace: work\n  namePrefix: a-\n"), map[string]string{"apps/p.yaml": pod}, []string{"work/Pod/a-p T_KEY=CANARY-${WHERE:=nowhere}"}},
		{
			"patches behind those of the kustomization", flux("  patches:\n  - {target: {kind: Pod}, patch: '[{\"op\": \"replace\", \"path\": \"/spec/containers/0/env/0/value\", \"value\": \"CANARY-patched\"}]'}\n"),
			map[string]string{"apps/p.yaml": pod, "apps/kustomization.yaml": "resources: [p.yaml]\npatches:\n- {target: {kind: Pod}, patch: '[{\"op\": \"replace\", \"path\": \"/spec/containers/0/env/0/value\", \"value\": \"CANARY-first\"}]'}\n"},
			[]string{"Pod/p T_KEY=CANARY-patched"},
		},
		{"variables", flux("  postBuild: {substitute: {WHERE: here}}\n"), map[string]string{"apps/p.yaml": pod}, []string{"Pod/p T_KEY=CANARY-here"}},
		{"a chart", release(""), chart, []string{"work/Pod/p T_KEY=CANARY-chart@chart/values.yaml:1:6"}},
		{"a chart with its files of values", release(", valuesFiles: [./chart/values.yaml, ./chart/values-b.yaml]"), chart, []string{"work/Pod/p T_KEY=CANARY-b@chart/values-b.yaml:1:6"}},
		{"a chart without its own values", release(", valuesFiles: [./chart/values-b.yaml]"), chart, []string{"work/Pod/p T_KEY=(unsupported)"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"flux/object.yaml": c.object}
			for name, text := range c.files {
				files[name] = text
			}
			got := containers(resolved(t, files, config.Step{Manifests: &config.Manifests{Patterns: []strict.At[string]{placed("flux/*.yaml")}}}))
			for i := range got {
				if !slices.Contains(c.want, got[i]) {
					got[i], _, _ = strings.Cut(got[i], "@")
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestLeadsEnd: Applications that deploy Applications come to an end.
func TestLeadsEnd(t *testing.T) {
	object := func(n int) string {
		return fmt.Sprintf("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a%d, namespace: argocd}\nspec:\n  destination: {namespace: n}\n  source: {repoURL: https://example.com/x, path: apps/%d}\n", n, n)
	}
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("apps/%d/next.yaml", i)] = object(i + 1)
	}
	files["apps/20/next.yaml"] = object(0)
	env := resolved(t, files, config.Step{Manifests: &config.Manifests{Patterns: []strict.At[string]{placed("apps/0")}}})
	if len(env.Problems) != 1 || !strings.Contains(env.Problems[0].Message, "more than 5 deep") {
		t.Errorf("%v", containers(env))
	}
}
