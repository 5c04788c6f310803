package terraform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTerragrunt reads what terragrunt.hcl gives a module.
func TestTerragrunt(t *testing.T) {
	const module = `
-- modules/app/main.tf --
variable "key" { default = "none" }
variable "env" { default = "none" }
variable "tags" {
  type    = map(string)
  default = {}
}
variable "any" {
  type    = any
  default = null
}
output "o" { value = [var.key, var.env, var.tags, var.any] }
`
	cases := []struct {
		name, files string
		step        Step
		want        string
		wrong       []string
	}{
		{name: "inputs", files: `
-- live/prod/terragrunt.hcl --
terraform { source = "../../modules//app" }
locals { env = basename(get_terragrunt_dir()) }
inputs = {
  key = "CANARY"
  env = local.env
  tags = { a = "b" }
  any = [1, "x"]
}`, want: `["CANARY", "prod", {a="b"}, [1, "x"]]`},
		{name: "an include and a file that is read", files: `
-- live/root.hcl --
locals { org = "acme" }
inputs = {
  key  = "root"
  tags = { org = local.org, dir = path_relative_to_include() }
}
-- live/prod/env.hcl --
locals { env = "prod" }
-- live/prod/app/terragrunt.hcl --
include "root" { path = find_in_parent_folders("root.hcl") }
terraform { source = "${get_repo_root()}/modules/app" }
locals { vars = read_terragrunt_config(find_in_parent_folders("env.hcl")) }
inputs = { env = local.vars.locals.env }`, step: Step{Dir: "live/prod/app"}, want: `["root", "prod", {dir="prod/app", org="acme"}, null]`},
		{name: "the environment wins over inputs, and files over both", files: `
-- live/prod/terragrunt.hcl --
terraform { source = "${get_terragrunt_dir()}/../../modules/app" }
inputs = { key = "input", env = "input" }
-- live/prod/x.auto.tfvars --
env = "auto"`, step: Step{Env: environment("TF_VAR_key=outside")}, want: `["outside", "auto", {}, null]`},
		{name: "a dependency", files: `
-- live/prod/terragrunt.hcl --
terraform { source = "../../modules/app" }
dependency "db" { config_path = "../db" }
inputs = { key = dependency.db.outputs.password, env = get_env("ENV", "none") }`, want: `[?remote-state(the outputs of dependency "db"), "none", {}, null]`},
		{name: "a path of the machine", files: `
-- live/prod/terragrunt.hcl --
terraform { source = "../../modules/app" }
inputs = { key = "${get_terragrunt_dir()}/x", env = length(get_terragrunt_dir()) }`,
			want: `[?unsupported(the absolute path of the repository), ?unsupported(the absolute path of the repository), {}, null]`},
		{name: "extra arguments", files: `
-- live/prod/terragrunt.hcl --
terraform {
  source = "../../modules/app"
  extra_arguments "vars" {
    commands           = get_terraform_commands_that_need_vars()
    arguments          = ["-var", "key=extra", "-lock=false"]
    required_var_files = ["${get_terragrunt_dir()}/../common.tfvars"]
    optional_var_files = ["${get_terragrunt_dir()}/none.tfvars"]
  }
}
-- live/common.tfvars --
env = "common"`, want: `["extra", "common", {}, null]`},
		{name: "text for a type that takes none", files: `
-- live/prod/terragrunt.hcl --
terraform { source = "../../modules/app" }
inputs = { any = "text" }`, want: `["none", "none", {}, ?unsupported(an input of the type that "any" declares)]`},
		{name: "an include that leads nowhere", files: `
-- live/prod/terragrunt.hcl --
include "root" { path = find_in_parent_folders("none.hcl") }
-- live/prod/main.tf --
output "o" { value = "x" }`, want: `?unsupported(the file that include "root" names)`, wrong: []string{
			`live/prod/terragrunt.hcl:1:18: the path of include "root" leads to no file of the repository, expected one`,
			`live/prod/terragrunt.hcl:1:25: error in function call`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.step.Files, c.step.Tool = repository(t, module+c.files), "terragrunt"
			if c.step.Dir == "" {
				c.step.Dir = "live/prod"
			}
			r := evaluate(t, c.step)
			if diff := cmp.Diff([]string{"o = " + c.want}, outputs(r)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.wrong, messages(r)); diff != "" {
				t.Errorf("problems (-want +got)\n%s", diff)
			}
		})
	}
}
