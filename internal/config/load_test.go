package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// options keep the tests independent of what the catalogue holds today.
func options() config.LoadOptions {
	return config.LoadOptions{ProviderIDs: []string{"stripe", "openai"}, Catalog: catalogue(), Thorough: true}
}

// catalogue is read once: the tests load thousands of files.
var catalogue = sync.OnceValue(provider.Catalogue)

func tree(t testing.TB, dir string) *repo.Tree {
	t.Helper()
	files, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

func table(t testing.TB, kind string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "..", "testdata", "config", kind, "*.yaml"))
	if err != nil || len(found) < 10 {
		t.Fatalf("%d files in the table, error %v", len(found), err)
	}
	return found
}

func printed(problems []model.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.At.String() + ": " + p.Message + "\n")
		if p.Fix != "" {
			b.WriteString("  = fix: " + p.Fix + "\n")
		}
	}
	return b.String()
}

func TestBadFiles(t *testing.T) {
	paths := table(t, "bad")
	if len(paths) < 40 {
		t.Errorf("only %d bad files", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			files := tree(t, filepath.Dir(path))
			_, problems := config.Load(files, filepath.Base(path), options())
			if len(problems) == 0 {
				t.Fatal("loads without a problem")
			}
			got, golden := printed(problems), strings.TrimSuffix(path, ".yaml")+".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestGoodFiles(t *testing.T) {
	for _, path := range table(t, "good") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			files := tree(t, filepath.Dir(path))
			file, problems := config.Load(files, filepath.Base(path), options())
			if len(problems) > 0 {
				t.Errorf("%s", printed(problems))
			}
			if file.Path != filepath.Base(path) || file.Version != 1 {
				t.Errorf("path %q, version %d", file.Path, file.Version)
			}
		})
	}
}

// lay writes files into a new directory, directories by a slash at the end.
func lay(t *testing.T, files map[string]string) *repo.Tree {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(full, 0o755); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return tree(t, root)
}

func TestFind(t *testing.T) {
	const y = "version: 1"
	cases := []struct {
		name  string
		files map[string]string
		start string
		want  string
	}{
		{"none", map[string]string{"a/b/": ""}, "a/b", ""},
		{"in the root", map[string]string{"keyfit.yaml": y}, ".", "keyfit.yaml"},
		{"hidden", map[string]string{".keyfit.yaml": y}, ".", ".keyfit.yaml"},
		{"of GitHub", map[string]string{".github/keyfit.yaml": y}, ".", ".github/keyfit.yaml"},
		{"the plain one first", map[string]string{"keyfit.yaml": y, ".keyfit.yaml": y, ".github/keyfit.yaml": y}, ".", "keyfit.yaml"},
		{"from below", map[string]string{".github/keyfit.yaml": y, "a/b/c/": ""}, "a/b/c", ".github/keyfit.yaml"},
		{"the nearest", map[string]string{"keyfit.yaml": y, "a/.keyfit.yaml": y, "a/b/": ""}, "a/b", "a/.keyfit.yaml"},
		{"not in a neighbour", map[string]string{"c/keyfit.yaml": y, "a/": ""}, "a", ""},
		{"a directory of that name", map[string]string{"keyfit.yaml/x": y, ".keyfit.yaml": y}, ".", ".keyfit.yaml"},
		{"a file named .github", map[string]string{".github": "x"}, ".", ""},
		{"a start that is not tidy", map[string]string{"keyfit.yaml": y, "a/": ""}, "./a/../a/", "keyfit.yaml"},
		{"the other extension", map[string]string{"keyfit.yml": y}, ".", ""},
		{"a start that does not exist", map[string]string{"keyfit.yaml": y}, "x/y", "keyfit.yaml"},
		{"a start outside", map[string]string{"keyfit.yaml": y}, "../x", ""},
	}
	for _, c := range cases {
		files := lay(t, c.files)
		if got, ok := config.Find(files, c.start); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q and %v, expected %q", c.name, got, ok, c.want)
		}
		if got, _ := config.Find(files, filepath.Join(files.Dir(), c.start)); got != c.want {
			t.Errorf("%s, from an absolute path: %q, expected %q", c.name, got, c.want)
		}
		if got, _ := config.Find(repo.NewOverlay(files), c.start); got != c.want {
			t.Errorf("%s, through an overlay: %q, expected %q", c.name, got, c.want)
		}
	}
}

func TestAFileThatCannotBeReadIsFoundAndReported(t *testing.T) {
	files := lay(t, map[string]string{"a/": ""})
	if err := os.Symlink("../../outside", filepath.Join(files.Dir(), "a", "keyfit.yaml")); err != nil {
		t.Fatal(err)
	}
	path, ok := config.Find(files, "a")
	if !ok || path != "a/keyfit.yaml" {
		t.Fatalf("found %q, %v", path, ok)
	}
	_, problems := config.Load(files, path, options())
	if got, want := printed(problems), "a/keyfit.yaml: lies outside the repository\n  = fix: name a readable YAML file within the repository\n"; got != want {
		t.Errorf("%s", got)
	}
}

func TestLoadingWhatIsNotThere(t *testing.T) {
	files := lay(t, map[string]string{"dir/": ""})
	for name, want := range map[string]string{
		"missing.yaml": "missing.yaml: no such file\n", "dir": "dir: is a directory, expected a file\n", "../x.yaml": "../x.yaml: lies outside the repository\n",
	} {
		file, problems := config.Load(files, name, options())
		if got := printed(problems); file == nil || !strings.HasPrefix(got, want) || len(problems) != 1 {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestAbsolutePathsBecomeRelative(t *testing.T) {
	files := lay(t, map[string]string{"a/k.yaml": "versoin: 1"})
	file, problems := config.Load(files, filepath.Join(files.Dir(), "a", "k.yaml"), options())
	if file.Path != "a/k.yaml" || len(problems) != 2 || problems[0].At.File != "a/k.yaml" {
		t.Errorf("path %q, problems %s", file.Path, printed(problems))
	}
}

// TestTheContractsExample reads every field of it.
func TestTheContractsExample(t *testing.T) {
	files := tree(t, filepath.Join("..", "..", "testdata", "config", "good"))
	file, problems := config.Load(files, "contract.yaml", config.LoadOptions{}) // with the real catalogue
	if len(problems) > 0 {
		t.Fatal(printed(problems))
	}
	staging := file.Environments["staging"]
	if len(staging.Deploy) != 7 || staging.Deploy[0].Dotenv.Files[1].Value != ".env.staging" || staging.Deploy[1].Run.Value != "./scripts/deploy.sh staging" {
		t.Errorf("steps: %d", len(staging.Deploy))
	}
	if got := staging.Deploy[1].Run.Span.String(); got != "contract.yaml:6:14" {
		t.Errorf("the command line is at %s", got)
	}
	helm := staging.Deploy[2].Helm
	if helm.Chart.Value != "charts/shop" || helm.Release.Value != "shop" || helm.Namespace.Value != "shop" || helm.Values[0].Value != "charts/shop/values-staging.yaml" {
		t.Error("the chart is wrong")
	}
	if set := helm.Set[0]; set.Path.Value != "image.tag" || set.Text.Value != "v1" || set.Text.Span.String() != "contract.yaml:7:128" {
		t.Errorf("the chart's value is %q at %s", set.Path.Value, set.Text.Span)
	}
	if staging.Deploy[3].Kustomize.Value != "overlays/staging" || staging.Deploy[4].Manifests.Patterns[0].Value != "k8s/staging/*.yaml" {
		t.Error("the kustomization or the manifests are wrong")
	}
	module := staging.Deploy[5].Terraform
	if module.Dir.Value != "infra" || module.Workspace.Value != "staging" || module.VarFiles[0].Value != "staging.tfvars" || staging.Deploy[6].Plan.Value != "plan.json" {
		t.Error("the root module or the plan is wrong")
	}
	if v := module.Vars[0]; v.Path.Value != "region" || v.Text.Value != "eu" || v.Text.Span.String() != "contract.yaml:10:97" {
		t.Errorf("the variable is %q at %s", v.Path.Value, v.Text.Span)
	}
	inputs := staging.Inputs
	if inputs["secrets.PAYMENT_API_KEY"].Env != "PAYMENT_API_KEY" || inputs["vars.TENANT_ID"].Value.Value != "acme-staging" {
		t.Error("the inputs are wrong")
	}
	key := file.Keys["PAYMENT_API_KEY"]
	production := key.Expect["production"]
	if key.Provider.Value != "stripe" || key.Consumers[0] != "Deployment/api" || production.Scopes[0] != "charges:write" || time.Duration(production.ExpiresAfter) != 14*24*time.Hour {
		t.Error("the key is wrong")
	}
	own := file.Providers["payments-gateway"]
	if !own.Custom || own.ID != "payments-gateway" || own.Hosts["production"].Value != "https://payments.example.com" || len(own.Probe.Verdicts) != 3 {
		t.Error("the provider is wrong, or not adopted")
	}
	if file.Policy.Owner != "service" || time.Duration(file.Policy.MaxAge) != 90*24*time.Hour || file.Ignore[0].Expires.Format(time.DateOnly) != "2027-01-31" {
		t.Error("policy or ignore is wrong")
	}
}

// TestTheExamplesLoad keeps the examples and the language together.
func TestTheExamplesLoad(t *testing.T) {
	found, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "*", "keyfit.yaml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%d examples, %v", len(found), err)
	}
	for _, path := range found {
		_, problems := config.Load(tree(t, filepath.Dir(path)), "keyfit.yaml", config.LoadOptions{})
		if len(problems) > 0 {
			t.Errorf("%s\n%s", path, printed(problems))
		}
	}
}

func TestTextsStayAsWritten(t *testing.T) {
	files := tree(t, filepath.Join("..", "..", "testdata", "config", "good"))
	inputs, _ := config.Load(files, "inputs.yaml", options())
	got := map[string]string{}
	for name, input := range inputs.Environments["staging"].Inputs {
		if input.Value != nil {
			got[name] = input.Value.Value
		}
	}
	want := map[string]string{"PLAIN": "0123", "vars.B": "true", "vars.C": "1.50", "vars.D": "2026-01-02", "vars.E": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	named, _ := config.Load(files, "names-as-written.yaml", options())
	for _, name := range []string{"on", "no", "2024", "1.10", "~", "review/a", "Prod EU"} {
		if named.Environments[name] == nil {
			t.Errorf("the environment %q is gone", name)
		}
	}
}

func TestOptions(t *testing.T) {
	const text = "version: 1\nkeys:\n  A: {provider: acme, environments: [staging]}\nignore: [{id: K999, reason: x, expires: 2027-01-01}]\n"
	cases := []struct {
		name    string
		options config.LoadOptions
		want    string
	}{
		{"the catalogue's ids", config.LoadOptions{ProviderIDs: []string{"acne"}}, `3:17: unknown provider "acme"`},
		{"findings", config.LoadOptions{ProviderIDs: []string{"acme"}, FindingIDs: []string{"K105"}}, `4:15: "K999" is not the id of a finding`},
		{"discovered environments", config.LoadOptions{ProviderIDs: []string{"acme"}, Environments: []string{"stagin"}}, `3:38: unknown environment "staging"`},
		{"nothing to object to", config.LoadOptions{ProviderIDs: []string{"acme"}, FindingIDs: []string{"K999"}, Environments: []string{"staging"}}, ""},
		{"nothing known", config.LoadOptions{ProviderIDs: []string{"acme"}}, ""},
	}
	for _, c := range cases {
		_, problems := config.Load(memory(text), "k", c.options)
		if c.want == "" && len(problems) > 0 || c.want != "" && (len(problems) != 1 || !strings.Contains(printed(problems), c.want)) {
			t.Errorf("%s: %s", c.name, printed(problems))
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	data, err := os.ReadFile("../../testdata/config/large.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, problems := config.Load(memory(data), "keyfit.yaml", options()); len(problems) > 0 {
			b.Fatal(printed(problems))
		}
	}
	b.ReportAllocs()
}
