package deploy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/deploy"
)

func TestTerraform(t *testing.T) {
	const none = ` out absent plan absent`
	runRows(t, []row{
		{name: "apply", script: `terraform apply -auto-approve -var a=1 -var="b=$KEY" --var-file=x.tfvars -var-file y.tfvars`,
			want: []string{`module terraform apply dir . workspace absent args [var="a=1" var="b=sk_CANARY_1" var-file="x.tfvars" var-file="y.tfvars"]` + none}},
		{name: "chdir and workspace", script: `terraform -chdir=infra workspace select prod || terraform -chdir=infra workspace new prod; TF_WORKSPACE=x terraform -chdir=infra plan -out=p`, want: []string{
			`select terraform workspace dir "infra" "prod"`, `select terraform workspace dir "infra" "prod"`,
			`module terraform plan dir infra workspace "x" args [] out "p" plan absent`}},
		{name: "a saved plan", script: `tofu apply -input=false p`, want: []string{`module tofu apply dir . workspace absent args [] out absent plan "p"`}},
		{name: "destroy", script: "terraform destroy -var a=1\nterraform apply -destroy", want: []string{
			`module terraform destroy dir . workspace absent args [var="a=1"]` + none, `module terraform destroy dir . workspace absent args []` + none}},
		{name: "an unknown value keeps its name", script: `terraform apply -var "a=$SECRET" -var b=1`, want: []string{`module terraform apply dir . workspace absent args [var=?ci-secret("a=" ?ci-secret) var="b=1"]` + none}},
		{name: "flags from a variable", script: `export TF_CLI_ARGS_plan="-var a=1 -lock=false"; terraform plan -var a=2`, want: []string{`module terraform plan dir . workspace absent args [var="a=1" var="a=2"]` + none}},
		{name: "flags from two variables", script: `export TF_CLI_ARGS_plan="-var a=plan" TF_CLI_ARGS="-var a=all"; terraform plan`, want: []string{`module terraform plan dir . workspace absent args [var="a=plan" var="a=all"]` + none}},
		{name: "unknown flags from a variable", script: `TF_CLI_ARGS="$SECRET" terraform plan -var a=2`, want: []string{`module terraform plan dir . workspace absent args [var="a=2"]` + none + ` doubt=?ci-secret`,
			`problem TF_CLI_ARGS adds arguments that are not known, expected plain words`}},
		{name: "unknown flags", script: `terraform apply $SECRET -var a=1`, want: []string{`module terraform apply dir . workspace absent args [var="a=1"] out ?ci-secret plan absent doubt=?ci-secret`,
			`problem terraform apply: an argument that is not known may hold flags, so what the command delivers is not known`}},
		{name: "an unknown directory", script: `terraform "-chdir=$SECRET" apply`, want: []string{`module terraform apply dir . workspace absent args []` + none + ` doubt=?ci-secret`,
			`problem the directory of terraform -chdir is not known, expected one in the repository`}},
		{name: "less than all", script: "terraform apply -target=a.b\ntofu plan -exclude a.b\nterraform apply -refresh-only", want: []string{
			`module terraform apply dir . workspace absent args []` + none + ` partial`, `module tofu plan dir . workspace absent args []` + none + ` partial`,
			`module terraform refresh dir . workspace absent args []` + none}},
		{name: "nothing delivered", script: `terraform init -backend-config=x; terraform fmt; terraform output -json; terraform workspace list; terraform -version`, want: nil},
	})
}

func TestTerragrunt(t *testing.T) {
	const none = ` out absent plan absent`
	runRows(t, []row{
		{name: "apply", script: `cd live; terragrunt apply -auto-approve -var a=1 --terragrunt-non-interactive`, files: map[string]string{"live/x": ""},
			want: []string{`module terragrunt apply dir live workspace absent args [var="a=1"]` + none}},
		{name: "all", script: "terragrunt run-all apply --terragrunt-working-dir live/prod\nterragrunt run --all --working-dir live -- plan -var a=1\nterragrunt apply-all", want: []string{
			`module terragrunt apply dir live/prod workspace absent args []` + none + ` all`,
			`module terragrunt plan dir live workspace absent args [var="a=1"]` + none + ` all`,
			`module terragrunt apply dir . workspace absent args []` + none + ` all`}},
		{name: "nothing delivered", script: `terragrunt hclfmt; terragrunt --version; terragrunt output`, want: nil},
	})
}

func TestWorkspaceSelectedBefore(t *testing.T) {
	const script = `terraform -chdir=a workspace select one; terraform -chdir=b workspace select two
terraform -chdir=a plan; terraform -chdir=b plan; terraform plan; TF_WORKSPACE=x terraform -chdir=a plan`
	var selections []deploy.Selection
	var got []string
	for _, d := range deliveries(t, script, nil) {
		selections = append(selections, d.Selections...)
		for _, m := range d.Modules {
			got = append(got, m.Dir+" "+shown(m.After(selections).Workspace))
		}
	}
	if diff := cmp.Diff([]string{`a "one"`, `b "two"`, ". absent", `a "x"`}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
