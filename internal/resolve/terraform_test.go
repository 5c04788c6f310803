package resolve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// function is a root module with one function, whose key and stage tell how it was applied.
const function = `variable "key" { default = "CANARY-default" }
variable "list" {
  type    = list(string)
  default = []
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  environment {
    variables = { T_KEY = var.key, T_WORKSPACE = terraform.workspace, T_COUNT = length(var.list) }
  }
}
`

func moduleFiles() map[string]string {
	return map[string]string{
		"m/main.tf": function, "m/a.tfvars": "key = \"CANARY-a\"\n", "m/b.tfvars": "key = \"CANARY-b\"\n",
		"n/main.tf": function, "n/terraform.tfvars": "key = \"CANARY-n\"\n",
		"t/terragrunt.hcl": "terraform {\n  source = \"../m\"\n}\ninputs = { key = \"CANARY-t\" }\n",
	}
}

const unsure = "lambda aws_lambda_function.f T_COUNT=?unsupported, lambda aws_lambda_function.f T_KEY=?unsupported, lambda aws_lambda_function.f T_WORKSPACE=?unsupported"

func lambda(key, workspace string) string {
	return fmt.Sprintf("lambda f T_COUNT=0, lambda f T_KEY=CANARY-%s, lambda f T_WORKSPACE=%s", key, workspace)
}

// functions is what the functions receive.
func functions(env Environment) []string {
	var out []string
	for _, c := range env.Consumers {
		for name, v := range c.Env.All() {
			text := "?" + string(v.Why)
			if v.State == model.Known {
				text = v.Text.Reveal()
			}
			if c.Kind == "lambda" {
				out = append(out, fmt.Sprintf("lambda %s %s=%s", c.Workload, name, text))
			}
		}
	}
	return out
}

// TestModules: what the commands of a script deliver of root modules, and in which state.
func TestModules(t *testing.T) {
	cases := []struct{ name, script, want string }{
		{"apply", "terraform -chdir=m apply -auto-approve", lambda("default", "default")},
		{"a file", "cd m && terraform apply -var-file=a.tfvars -var-file=b.tfvars", lambda("b", "default")},
		{"a variable of the command line", "tofu -chdir=m apply -var-file=a.tfvars -var key=CANARY-var", lambda("var", "default")},
		{"a variable of the environment", "export TF_VAR_key=CANARY-env TF_WORKSPACE=w; terraform -chdir=m apply", lambda("env", "w")},
		{"a workspace", "terraform -chdir=m workspace select w || terraform -chdir=m workspace new w; terraform -chdir=m apply", lambda("default", "w")},
		{"a workspace that is not certain", "terraform -chdir=m workspace select w || terraform -chdir=m workspace new v; terraform -chdir=m apply",
			"lambda f T_COUNT=0, lambda f T_KEY=CANARY-default, lambda f T_WORKSPACE=?unsupported"},
		{"a workspace of another module", "terraform -chdir=n workspace select w; terraform -chdir=m apply", lambda("default", "default")},
		{"a plan alone", "terraform -chdir=m plan -var-file=a.tfvars", ""},
		{"a saved plan alone", "terraform -chdir=m plan -out=p -var-file=a.tfvars", ""},
		{"a saved plan", "terraform -chdir=m plan -out=p -var-file=a.tfvars; terraform -chdir=m apply p", lambda("a", "default")},
		{"a saved plan by another path", "cd m; terraform plan -out=../p -var-file=a.tfvars; cd ..; terraform -chdir=m apply ./../p", lambda("a", "default")},
		{"the latest of two plans", "cd m; terraform plan -out=p -var-file=a.tfvars; terraform plan -out=p -var-file=b.tfvars; terraform apply p", lambda("b", "default")},
		{"a plan of before a file changed", "cd m; terraform plan -out=p; echo 'key = \"CANARY-late\"' > x.auto.tfvars; terraform apply p", lambda("default", "default")},
		{"a plan that nobody made", "terraform -chdir=m apply p", ""},
		{"a plan to destroy", "cd m; terraform plan -destroy -out=p; terraform apply p", ""},
		{"destroy", "terraform -chdir=m destroy", ""},
		{"apply to destroy", "terraform -chdir=m apply -destroy", ""},
		{"apply to refresh", "terraform -chdir=m apply -refresh-only", ""},
		{"once more", "cd m; terraform apply -var-file=a.tfvars; terraform apply -var-file=b.tfvars", lambda("b", "default")},
		{"in two workspaces", "cd m; TF_WORKSPACE=v terraform apply -var-file=a.tfvars; TF_WORKSPACE=w terraform apply -var-file=b.tfvars", lambda("a", "v") + ", " + lambda("b", "w")},
		{"two modules", "for d in m n; do terraform -chdir=$d apply; done", lambda("default", "default") + ", " + lambda("n", "default")},
		{"a part", "terraform -chdir=m apply -target=aws_lambda_function.f", "lambda aws_lambda_function.f T_COUNT=?remote-state, lambda aws_lambda_function.f T_KEY=?remote-state, lambda aws_lambda_function.f T_WORKSPACE=?remote-state"},
		{"a part, then all", "cd m; terraform apply -target=x.y; terraform apply -var-file=a.tfvars", lambda("a", "default")},
		{"perhaps", "if test -n \"$T_SECRET\"; then terraform -chdir=m apply; fi", unsure},
		{"an argument that is not known", "terraform -chdir=m apply -var \"key=$T_SECRET\"", "lambda f T_COUNT=0, lambda f T_KEY=?ci-secret, lambda f T_WORKSPACE=default"},
		{"a file that the script writes", "echo 'key = \"CANARY-written\"' > m/terraform.tfvars; terraform -chdir=m apply", lambda("written", "default")},
		{"a text of the job in it", "printf 'key = \"%s\"\\n' \"$T_JOB\" > m/x.auto.tfvars; terraform -chdir=m apply", lambda("job", "default")},
		{"a text that is not known in it", "cat > m/x.auto.tfvars <<EOF\nkey = \"$T_SECRET\"\nlist = [\"a\"]\nEOF\nterraform -chdir=m apply", "lambda f T_COUNT=1, lambda f T_KEY=?ci-secret, lambda f T_WORKSPACE=default"},
		{"likewise in JSON", "echo \"{\\\"key\\\": \\\"$T_SECRET\\\", \\\"list\\\": [1]}\" > m/x.auto.tfvars.json; terraform -chdir=m apply", "lambda f T_COUNT=1, lambda f T_KEY=?ci-secret, lambda f T_WORKSPACE=default"},
		{"a name that is not known in it", "echo \"$T_SECRET = 1\" > m/x.auto.tfvars; terraform -chdir=m apply", "lambda f T_COUNT=?missing-file, lambda f T_KEY=?missing-file, lambda f T_WORKSPACE=default"},
		{"terragrunt", "cd t; terragrunt apply", lambda("t", "default")},
		{"terragrunt of all", "terragrunt run-all apply", lambda("t", "default")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env := resolved(t, moduleFiles(), config.Step{Run: &strict.At[string]{Value: c.script}})
			got := strings.Join(functions(env), ", ")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nproblems: %v", diff, env.Problems)
			}
		})
	}
}

// TestTheToolKeepsItsCredentials: of the environment of terraform, only what its providers
// log in with counts, unless nobody can tell what it deploys.
func TestTheToolKeepsItsCredentials(t *testing.T) {
	const exports = "export AWS_SECRET_ACCESS_KEY=CANARY-1 TF_VAR_key=CANARY-2 T_KEY=CANARY-3\n"
	cases := []struct {
		script string
		want   []string
	}{
		{exports + "terraform -chdir=m init\nterraform -chdir=m apply", []string{"AWS_SECRET_ACCESS_KEY"}},
		{"terraform -chdir=m apply", nil},
		{exports + "terraform -chdir=nowhere apply", []string{"AWS_SECRET_ACCESS_KEY", "TF_VAR_key", "T_KEY"}},
		{exports + "terraform -chdir=m apply p", []string{"AWS_SECRET_ACCESS_KEY", "TF_VAR_key", "T_KEY"}},
	}
	for _, c := range cases {
		env := resolved(t, moduleFiles(), config.Step{Run: &strict.At[string]{Value: c.script}})
		var got []string
		for _, consumer := range env.Consumers {
			for name := range consumer.Env.All() {
				if consumer.Kind == model.ConsumerProcess && name != "T_JOB" && name != "T_SECRET" && name != "PWD" && name != "OLDPWD" && len(got) < len(c.want) {
					got = append(got, name)
				}
			}
			if consumer.Kind == model.ConsumerProcess && c.want == nil {
				t.Errorf("%q: terraform is a consumer", c.script)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", c.script, diff)
		}
	}
}

// TestLostModules: where something that is deployed is not there, a key may be in it.
func TestLostModules(t *testing.T) {
	files := moduleFiles()
	files["m/more.tf"] = "module \"x\" {\n  source = \"registry/x/y\"\n}\n"
	files["n/more.tf"] = "resource \"a\" \"b\" {\n  c =\n}\n"
	for _, dir := range []string{"m", "n", "nowhere"} {
		env := resolved(t, files, config.Step{Terraform: &config.Terraform{Dir: placed(dir), At: placed("").Span}})
		if env.Lost == nil || len(env.Problems) == 0 {
			t.Errorf("%s: lost %v, problems %v", dir, env.Lost, env.Problems)
		}
	}
	if env := resolved(t, moduleFiles(), config.Step{Terraform: &config.Terraform{Dir: placed("m")}}); env.Lost != nil {
		t.Error("something is lost of a whole module")
	}
}

// TestTerraformStep: the fields mean what the flags of terraform mean.
func TestTerraformStep(t *testing.T) {
	env := resolved(t, moduleFiles(), config.Step{Terraform: &config.Terraform{
		Dir: placed("m"), Workspace: placed("w"), VarFiles: []strict.At[string]{placed("a.tfvars"), placed("b.tfvars")},
		Vars: config.Variables{{Path: placed("list"), Text: placed(`["x", "y"]`)}},
	}})
	want := []string{"lambda f T_COUNT=2", "lambda f T_KEY=CANARY-b", "lambda f T_WORKSPACE=w"}
	if diff := cmp.Diff(want, functions(env)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
