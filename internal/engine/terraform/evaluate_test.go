package terraform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOutputs evaluates modules and compares what their outputs give.
func TestOutputs(t *testing.T) {
	cases := []struct {
		name  string
		files string
		step  Step
		want  []string
		wrong []string
	}{
		{name: "literals", files: `
output "a" { value = "x" }
output "b" { value = [1, true, null] }
output "c" { value = {k = "v", "l" = 2} }`,
			want: []string{`a = "x"`, `b = [1, true, null]`, `c = {k="v", l=2}`}},
		{name: "variables and locals", files: `
variable "env" { default = "dev" }
locals {
  name = "app-${var.env}"
  map  = { a = local.name, b = upper(local.name) }
}
output "o" { value = local.map }`,
			want: []string{`o = {a="app-dev", b="APP-DEV"}`}},
		{name: "conditional", files: `
variable "env" { default = "prod" }
output "o" { value = var.env == "prod" ? "live" : "test" }`,
			want: []string{`o = "live"`}},
		{name: "resources", files: `
resource "aws_db" "db" {
  name = "shop"
  port = "5432"
  count = 2
}
resource "aws_x" "y" {
  for_each = toset(["a", "b"])
  name = "n-${each.key}"
}
output "name" { value = aws_db.db[1].name }
output "port" { value = aws_db.db[0].port }
output "address" { value = "pg://${aws_db.db[0].address}/x" }
output "names" { value = [for k, x in aws_x.y : "${k}:${x.name}"] }
output "arns" { value = values(aws_x.y)[*].arn }
output "keys" { value = keys(aws_x.y["a"]) }`,
			want: []string{
				`address = ?remote-state(attribute "address" of aws_db.db)`,
				`arns = [?remote-state(attribute "arn" of aws_x.y), ?remote-state(attribute "arn" of aws_x.y)]`,
				`keys = ?remote-state(the attributes of aws_x.y)`,
				`name = "shop"`, `names = ["a:n-a", "b:n-b"]`, `port = ?remote-state(the type that attribute "port" of aws_db.db has)`}},
		{name: "terraform_data", files: `
resource "terraform_data" "t" {
  input = { a = "1", b = 2 }
}
output "o" { value = terraform_data.t.output }
output "id" { value = terraform_data.t.id }`,
			want: []string{`id = ?remote-state(attribute "id" of terraform_data.t)`, `o = {a="1", b=2}`}},
		{name: "modules", files: `
variable "keys" { default = { a = "1", b = "2" } }
module "m" {
  source   = "./mod"
  for_each = var.keys
  key      = each.value
}
module "n" {
  source = "./mod"
  count  = 2
  key    = "n${count.index}"
}
output "all" { value = { for k, m in module.m : k => m.out } }
output "n" { value = module.n[*].out }
output "path" { value = module.n[0].path }
-- mod/main.tf --
variable "key" { type = string }
module "inner" {
  source = "../inner"
  key = var.key
}
output "out" { value = module.inner.out }
output "path" { value = module.inner.path }
-- inner/main.tf --
variable "key" {}
output "out" { value = "<${var.key}>" }
output "path" { value = path.module }`,
			want: []string{`all = {a="<1>", b="<2>"}`, `n = ["<n0>", "<n1>"]`, `path = "inner"`}},
		{name: "jsonencode of a partly unknown", files: `
resource "r" "s" {}
output "o" { value = jsonencode({a = "x", b = r.s.arn}) }
output "p" { value = jsonencode({a = "x"}) }`,
			want: []string{`o = ?remote-state(attribute "arn" of r.s)`, `p = "{\"a\":\"x\"}"`}},
		{name: "cycles", files: `
locals {
  a = local.b
  b = local.a
}
output "o" { value = local.a }`,
			want:  []string{`o = ?unsupported("local.a" without a cycle)`},
			wrong: []string{`main.tf:3:3: "local.a" depends on itself, expected definitions without a cycle`}},
		{name: "undeclared", files: `
output "o" { value = "${var.x}${local.y}" }`,
			want:  []string{`o = ?unsupported(a declaration of "var.x")`},
			wrong: []string{`main.tf:2:22: "local.y" is used but not declared`, `main.tf:2:22: "var.x" is used but not declared`}},
		{name: "missing variable", files: `
variable "x" {}
output "o" { value = "a-${var.x}" }`,
			want: []string{`o = ?input(a value for variable "x")`}},
		{name: "unknown condition", files: `
variable "x" {}
output "o" { value = var.x == "a" ? "one" : "two" }
output "p" { value = var.x == "a" ? "one" : "one" }`,
			want: []string{`o = ?input(a value for variable "x")[2]`, `p = ?input(a value for variable "x")`}},
		{name: "unknown count", files: `
variable "n" { type = number }
resource "a" "b" {
  count = var.n
  key = "x"
}
output "o" { value = a.b[0].key }`,
			want: []string{`o = ?input(a value for variable "n")`}},
		{name: "a module that is not there", files: `
module "m" {
  source = "terraform-aws-modules/vpc/aws"
}
output "o" { value = module.m.id }`,
			want:  []string{`o = ?missing-file(the files of module "m")`},
			wrong: []string{`main.tf:2:1: the files of module "m" are not in the repository, expected a local path or what init has downloaded`}},
		{name: "a module that init has fetched", files: `
module "m" {
  source = "terraform-aws-modules/vpc/aws"
}
output "o" { value = module.m.id }
-- .terraform/modules/modules.json --
{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"x","Dir":".terraform/modules/m"}]}
-- .terraform/modules/m/main.tf --
output "id" { value = "fetched" }`,
			want: []string{`o = "fetched"`}},
		{name: "workspace", files: `output "o" { value = terraform.workspace }`, want: []string{`o = "default"`}},
		{name: "workspace of the environment", files: `output "o" { value = terraform.workspace }`,
			step: Step{Env: environment("TF_WORKSPACE=prod")}, want: []string{`o = "prod"`}},
		{name: "files", files: `
output "o" { value = file("${path.module}/x.txt") }
output "t" { value = templatefile("t.tpl", {a = "1"}) }
-- x.txt --
hello
-- t.tpl --
a=${a}
`, want: []string{`o = "hello\n"`, `t = "a=1\n"`}},
		{name: "JSON syntax", files: `
-- main.tf.json --
{"variable": {"v": {"default": "x"}}, "locals": {"l": "${var.v}-1"},
 "resource": {"aws_x": {"y": {"name": "${local.l}", "count": 1}}},
 "output": {"o": {"value": "${aws_x.y[0].name}"}, "p": {"value": {"a": ["${var.v}", 1]}}}}`,
			want: []string{`o = "x-1"`, `p = {a=["x", 1]}`}},
		{name: "override", files: `
variable "v" {
  type = string
  default = "a"
}
locals { l = 1 }
-- x_override.tf --
variable "v" { default = "b" }
locals { l = 2 }
-- main2.tf --
output "o" { value = "${var.v}${local.l}" }`,
			want: []string{`o = "b2"`}},
		{name: "tofu wins", step: Step{Tool: "tofu"}, files: `
-- a.tf --
locals { l = "tf" }
-- a.tofu --
locals { l = "tofu" }
-- o.tf --
output "o" { value = local.l }`,
			want: []string{`o = "tofu"`}},
		{name: "optional attributes", step: Step{Args: []Arg{flagVar(`o={a="1"}`)}}, files: `
variable "o" {
  type = object({ a = string, b = optional(string, "def"), c = optional(number) })
}
output "o" { value = var.o }`, want: []string{`o = {a="1", b="def", c=null}`}},
		{name: "nullable", files: `
module "m" {
  source = "./m"
  a = null
  b = null
}
output "o" { value = module.m.o }
-- m/m.tf --
variable "a" { default = "d" }
variable "b" {
  default  = "d"
  nullable = false
}
output "o" { value = [var.a, var.b] }`, want: []string{`o = [null, "d"]`}},
		{name: "ignored changes", files: `
resource "a" "b" {
  key = "x"
  lifecycle { ignore_changes = [key] }
}
output "o" { value = a.b.key }`,
			want: []string{`o = ?remote-state(whether a.b is there already, since its lifecycle ignores changes of key)`}},
		{name: "functions of providers", files: `output "o" { value = provider::x::y("a") }`,
			want: []string{`o = ?unsupported(the function provider::x::y of a provider)`}},
		{name: "validation", files: `
variable "v" {
  default = "x"
  validation {
    condition     = length(var.v) > 3
    error_message = "too short"
  }
}`, wrong: []string{`main.tf:4:3: the value of "v" fails the validation of the variable, so that nothing is deployed`}},
		{name: "attributes that only a provider knows", files: `
variable "x" { default = true }
module "m" { source = "./m" }
module "n" {
  source = "./n"
  db     = module.m.db
}
resource "aws_a" "a" {
  tags = { A = "1" }
  list = ["b", "a"]
}
resource "aws_b" "b" { name = "b" }
output "through" { value = try(module.m.db.address, "x") }
output "into" { value = module.n.o }
output "name" { value = module.m.db.name }
output "tags" { value = [merge(aws_a.a.tags, { B = "2" }).A, aws_a.a.tags["C"], length(aws_a.a.tags)] }
output "list" { value = join(",", aws_a.a.list) }
output "either" { value = (var.x ? aws_a.a : aws_b.b).arn }
output "lookup" { value = lookup(aws_a.a.tags, "C", "none") }
output "null" { value = aws_a.a.none == null ? "x" : "y" }
resource "aws_c" "c" { env = merge(aws_a.a.tags, { B = "2" }) }
-- m/m.tf --
resource "aws_db" "db" { name = "shop" }
output "db" { value = aws_db.db }
-- n/n.tf --
variable "db" { type = object({ name = string, address = string }) }
output "o" { value = [var.db.name, var.db.address] }`,
			want: []string{
				`either = ?remote-state(attribute "arn" of aws_a.a)`,
				`into = [?remote-state(the attributes of aws_db.db), ?remote-state(the attributes of aws_db.db)]`,
				`list = ?remote-state(the type that attribute "list" of aws_a.a has)`,
				`lookup = ?remote-state(the attributes of aws_a.a)`,
				`name = "shop"`,
				`null = ?remote-state(attribute "none" of aws_a.a)[2]`,
				`tags = [?remote-state(the type that attribute "tags" of aws_a.a has), ?remote-state(attribute "C" of aws_a.a), ?remote-state(the attributes of aws_a.a)]`,
				`through = ?remote-state(attribute "address" of aws_db.db)`}},
		{name: "a broken file", files: `
locals {
  a = 
}
-- o.tf --
output "o" { value = local.a }
output "p" { value = "p" }`,
			want:  []string{`o = ?unsupported(an expression that can be read)`, `p = "p"`},
			wrong: []string{"main.tf:3:7: invalid expression, in `a = …`"}},
		{name: "too long a loop", files: `
output "o" { value = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]] }`,
			want: []string{`o = ?limit(an expression that takes fewer steps)`}, wrong: []string{`main.tf:2:22: the expression exceeds a limit, expected an expression that takes fewer steps`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.step.Files = repository(t, c.files)
			r := evaluate(t, c.step)
			if diff := cmp.Diff(c.want, outputs(r)); diff != "" {
				t.Errorf("outputs (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.wrong, messages(r)); diff != "" {
				t.Errorf("problems (-want +got)\n%s", diff)
			}
		})
	}
}
