package terraform

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInstances evaluates what resources receive.
func TestInstances(t *testing.T) {
	cases := []struct {
		name  string
		files string
		step  Step
		want  []string
		wrong []string
	}{
		{name: "blocks are tuples", files: `
resource "aws_lambda_function" "f" {
  name = "api"
  environment {
    variables = { KEY = "CANARY" }
  }
  vpc {}
  vpc { id = 2 }
}`, want: []string{`aws_lambda_function.f {environment=[{variables={KEY="CANARY"}}], name="api", vpc=[{}, {id=2}]}`}},
		{name: "count, for_each and modules", files: `
module "m" {
  source = "./m"
  for_each = { "a b" = 1 }
  v = each.value
}
resource "x" "none" { count = 0 }
resource "x" "y" {
  for_each = toset(["q\"", "r"])
  k = each.key
}
-- m/m.tf --
variable "v" {}
resource "x" "z" {
  count = 2
  k = "${var.v}-${count.index}"
}
data "d" "d" { k = var.v }`,
			want: []string{`module.m["a b"].data.d.d {k=1}`, `module.m["a b"].x.z[0] {k="1-0"}`, `module.m["a b"].x.z[1] {k="1-1"}`, `x.y["q\""] {k="q\""}`, `x.y["r"] {k="r"}`}},
		{name: "dynamic blocks", files: `
variable "list" { default = ["a", "b"] }
variable "open" {}
resource "x" "y" {
  env {
    name = "first"
  }
  dynamic "env" {
    for_each = var.list
    content {
      name = "${env.key}${env.value}"
      dynamic "in" {
        for_each = { k = env.value }
        iterator = it
        content { p = "${it.key}${it.value}${env.key}" }
      }
    }
  }
  dynamic "none" {
    for_each = {}
    content {}
  }
  dynamic "open" {
    for_each = var.open
    content { p = open.value }
  }
}`, want: []string{`x.y {env=[{name="first"}, {in=[{p="ka0"}], name="0a"}, {in=[{p="kb1"}], name="1b"}], none=[], open=?input(a value for variable "open")}`}},
		{name: "unknown number", files: `
variable "n" {}
resource "x" "y" {
  count = var.n
  k = "CANARY"
}
module "m" {
  source = "./m"
  for_each = var.n
}
-- m/m.tf --
resource "x" "y" { k = "CANARY" }`, want: []string{`module.m[?].x.y {k=?input(a value for variable "n")}`, `x.y[?] {k=?input(a value for variable "n")}`}},
		{name: "provisioners", files: `
resource "null_resource" "n" {
  triggers = { a = 1 }
  provisioner "local-exec" {
    command = "x"
    when    = destroy
    environment = { KEY = "CANARY", T = self.triggers.a, I = self.id }
  }
}`, want: []string{`null_resource.n {provisioner=[{command="x", environment={I=?remote-state(attribute "id" of null_resource.n), KEY="CANARY", T="1"}, type="local-exec", when="destroy"}], triggers={a=1}}`}},
		{name: "ignored changes", files: `
resource "x" "y" {
  a = "1"
  b = "2"
  lifecycle { ignore_changes = [b] }
}
resource "x" "z" {
  a = "1"
  lifecycle { ignore_changes = all }
}`, want: []string{
			`x.y {a="1", b=?remote-state(whether x.y is there already, since its lifecycle ignores changes of b)}`,
			`x.z {a=?remote-state(whether x.z is there already, since its lifecycle ignores changes of a)}`}},
		{name: "override", files: `
resource "x" "y" {
  a = "1"
  b = "1"
  c { v = 1 }
  d { v = 1 }
}
-- override.tf --
resource "x" "y" {
  b = "2"
  c { v = 2 }
}`, want: []string{`x.y {a="1", b="2", c=[{v=2}], d=[{v=1}]}`}},
		{name: "a cycle of resources", files: `
resource "x" "y" { a = x.z.a }
resource "x" "z" { a = x.y.a }`, want: []string{`x.y {a=?unsupported("x.y" without a cycle)}`, `x.z {a=?unsupported("x.y" without a cycle)}`},
			wrong: []string{`main.tf:2:1: "x.y" depends on itself, expected definitions without a cycle`}},
		{name: "wrong numbers", files: `
resource "x" "y" {
  count = -1
}
resource "x" "z" {
  for_each = ["a"]
}`, want: []string{`x.y[?] {}`, `x.z[?] {}`}, wrong: []string{`main.tf:3:11: count is not a whole number from 0 on`, `main.tf:6:14: for_each goes over neither a map nor a set of texts, expected one of the two`}},
		{name: "an enabled block", step: Step{Tool: "tofu"}, files: `
resource "x" "y" {
  lifecycle { enabled = false }
}
resource "x" "z" {
  lifecycle { enabled = true }
}`, want: []string{`x.z {}`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.step.Files = repository(t, c.files)
			r := evaluate(t, c.step)
			var got []string
			for _, i := range r.Instances {
				got = append(got, i.Address+" "+shown(i.Body))
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("instances (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.wrong, messages(r)); diff != "" {
				t.Errorf("problems (-want +got)\n%s", diff)
			}
		})
	}
}

// TestPrecedence gives one variable in every place that there is.
func TestPrecedence(t *testing.T) {
	const module = `
variable "v" { default = "default" }
variable "n" { default = 0 }
variable "l" {
  type    = list(string)
  default = []
}
output "o" { value = [var.v, var.n, var.l] }
-- x.tfvars --
v = "x"
-- y.tfvars --
v = "y"
`
	const one, two, three, four = "-- terraform.tfvars --\nv = \"tfvars\"\n", "-- terraform.tfvars.json --\n{\"v\": \"json\"}\n", "-- b.auto.tfvars --\nv = \"b\"\n", "-- a.auto.tfvars.json --\n{\"v\": \"a\"}\n"
	unknown := Arg{Flag: "var", Text: partly("v=", "")}
	cases := []struct {
		name, files string
		step        Step
		want        string
		wrong       []string
	}{
		{name: "default", want: `["default", 0, []]`},
		{name: "environment", step: Step{Env: environment("TF_VAR_v=env", "TF_VAR_n=5", `TF_VAR_l=["a"]`)}, want: `["env", "5", ["a"]]`},
		{name: "tfvars over environment", files: one, step: Step{Env: environment("TF_VAR_v=env")}, want: `["tfvars", 0, []]`},
		{name: "json over tfvars", files: one + two, want: `["json", 0, []]`},
		{name: "auto over both", files: one + two + four, want: `["a", 0, []]`},
		{name: "auto by name", files: one + two + three + four, want: `["b", 0, []]`},
		{name: "var over auto", files: three, step: Step{Args: []Arg{flagVar("v=var")}}, want: `["var", 0, []]`},
		{name: "file over var", step: Step{Args: []Arg{flagVar("v=var"), flagFile("x.tfvars")}}, want: `["x", 0, []]`},
		{name: "var over file", step: Step{Args: []Arg{flagFile("x.tfvars"), flagVar("v=a=b")}}, want: `["a=b", 0, []]`},
		{name: "the last file", step: Step{Args: []Arg{flagFile("x.tfvars"), flagFile("y.tfvars")}}, want: `["y", 0, []]`},
		{name: "expressions", step: Step{Args: []Arg{flagVar(`l=["a", "b"]`), flagVar("n=7")}}, want: `["default", "7", ["a", "b"]]`},
		{name: "no expression", step: Step{Args: []Arg{flagVar(`l=a b`)}}, want: `["default", 0, ?unsupported(an expression as the value of "l")]`,
			wrong: []string{`deploy.sh:3:1: the value of "l" is no expression, expected one of its type`}},
		{name: "undeclared", step: Step{Args: []Arg{flagVar(`x=a`)}}, want: `["default", 0, []]`,
			wrong: []string{`deploy.sh:3:1: -var gives a value to "x", which is not declared; expected a variable of the root module`}},
		{name: "undeclared in a file", files: "-- terraform.tfvars --\nx = 1", want: `["default", 0, []]`,
			wrong: []string{`terraform.tfvars:1:1: "x" is given a value but is not declared, so that nothing receives it`}},
		{name: "unknown value", step: Step{Args: []Arg{flagVar("v=var"), unknown}}, want: `[?ci-secret(the secret), 0, []]`},
		{name: "known after unknown", step: Step{Args: []Arg{unknown, flagVar("v=var")}}, want: `["var", 0, []]`},
		{name: "unknown name", step: Step{Args: []Arg{{Flag: "var", Text: partly("", "=x")}}}, want: `[?ci-secret(the secret), ?ci-secret(the secret), ?ci-secret(the secret)]`},
		{name: "partly unknown name", step: Step{Args: []Arg{{Flag: "var", Text: partly("n", "=x")}}}, want: `["default", ?ci-secret(the secret), []]`},
		{name: "a file that is not there", step: Step{Args: []Arg{flagFile("z.tfvars")}}, want: `[?missing-file(the file "z.tfvars"), ?missing-file(the file "z.tfvars"), ?missing-file(the file "z.tfvars")]`,
			wrong: []string{`z.tfvars: "z.tfvars" no such file`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.step.Files = repository(t, module+c.files)
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
