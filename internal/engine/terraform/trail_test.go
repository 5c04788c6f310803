package terraform

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/keyfit/keyfit/internal/model"
)

// TestTrails follows values from where they are written to where they arrive.
func TestTrails(t *testing.T) {
	cases := []struct {
		name  string
		files string
		step  Step
		want  string // of the output o: its journey, then what it replaced, pieces, and what decided
	}{
		{name: "a literal", files: `output "o" { value = "x" }`, want: `main.tf:1:23 terraform output.o*`},
		{name: "a default", files: `
variable "v" {
  default = "CANARY"
}
output "o" { value = var.v }`,
			want: `main.tf:3:14 terraform var.v* > main.tf:5:14 terraform output.o`},
		{name: "tfvars over a default", files: `
variable "v" { default = "CANARY1" }
output "o" { value = var.v }
-- terraform.tfvars --
v = "CANARY2"`,
			want: `terraform.tfvars:1:6 tfvars v* > main.tf:2:1 terraform var.v > main.tf:3:14 terraform output.o; over main.tf:2:27 terraform var.v*`},
		{name: "every level", files: `
variable "v" { default = "CANARY1" }
output "o" { value = var.v }
-- terraform.tfvars --
v = "CANARY2"
-- a.auto.tfvars.json --
{"v": "CANARY3"}
-- x.tfvars --
v = "CANARY4"`, step: Step{Env: environment("TF_VAR_v=CANARY0"), Args: []Arg{flagFile("x.tfvars"), flagVar("v=CANARY5")}},
			want: `deploy.sh:3:1 shell argument* > main.tf:2:1 terraform var.v > main.tf:3:14 terraform output.o; over x.tfvars:1:6 tfvars v*; over a.auto.tfvars.json:1:7 tfvars v*; over terraform.tfvars:1:6 tfvars v*; over process TF_VAR_v; over main.tf:2:27 terraform var.v*`},
		{name: "an element of a map", files: `
variable "m" { default = { k = "CANARY0" } }
output "o" { value = var.m.k }
-- terraform.tfvars --
m = {
  j = "x"
  k = "CANARY1"
}`,
			want: `terraform.tfvars:3:8 tfvars m.k* > main.tf:2:1 terraform var.m > main.tf:3:14 terraform output.o; over main.tf:2:33 terraform var.m.k*`},
		{name: "a local and a module", files: `
locals { key = "CANARY" }
module "m" {
  source = "./m"
  key    = local.key
}
output "o" { value = module.m.out }
-- m/m.tf --
variable "key" {}
locals { copy = merge({ A = "1" }, { KEY = var.key }) }
output "out" { value = local.copy["KEY"] }`,
			want: `main.tf:2:17 terraform local.key* > main.tf:5:3 terraform module.m key > m/m.tf:1:1 terraform var.key > m/m.tf:2:10 terraform local.copy > m/m.tf:3:16 terraform output.out > main.tf:7:14 terraform output.o`},
		{name: "a template", files: `
variable "a" { default = "CANARY1" }
output "o" { value = "x-${var.a}" }`,
			want: `main.tf:3:23 terraform output.o* > main.tf:2:27 terraform var.a* > main.tf:3:14 terraform output.o; part main.tf:3:23 terraform output.o*; part main.tf:2:27 terraform var.a*`},
		{name: "a condition", files: `
variable "env" { default = "prod" }
output "o" { value = var.env == "prod" ? "CANARY1" : "CANARY2" }`,
			want: `main.tf:3:43 terraform output.o*; because main.tf:2:29; because main.tf:3:22`},
		{name: "chosen by a key", files: `
variable "env" { default = "prod" }
output "o" { value = { dev = "CANARY1", prod = "CANARY2" }[var.env] }`,
			want: `main.tf:3:49 terraform output.o.prod*; because main.tf:2:29`},
		{name: "lookup", files: `
variable "env" { default = "prod" }
output "o" { value = lookup({ dev = "CANARY1", prod = "CANARY2" }, var.env, "none") }`,
			want: `main.tf:3:56 terraform output.o.prod*; because main.tf:2:29`},
		{name: "a function", files: `
variable "v" { default = " CANARY " }
output "o" { value = base64encode(trimspace(var.v)) }`,
			want: `main.tf:2:27 terraform var.v* > main.tf:3:14 terraform output.o`},
		{name: "a template file", files: `
variable "v" { default = "CANARY" }
output "o" { value = templatefile("${path.module}/t.tpl", { v = var.v }) }
-- t.tpl --
key=${v}`,
			want: `t.tpl:1:1 terraform template* > main.tf:2:27 terraform var.v* > main.tf:3:14 terraform output.o; part t.tpl:1:1 terraform template*; part main.tf:2:27 terraform var.v*`},
		{name: "a file", files: `
output "o" { value = file("key.txt") }
-- key.txt --
CANARY`, want: `key.txt file file key.txt* > main.tf:2:14 terraform output.o`},
		{name: "unknown", files: `
variable "v" {}
locals { l = "a-${var.v}" }
output "o" { value = local.l }`,
			want: `main.tf:3:15 terraform local.l* > main.tf:2:1 terraform var.v > main.tf:3:10 terraform local.l > main.tf:4:14 terraform output.o; part main.tf:3:15 terraform local.l*; part main.tf:2:1 terraform var.v`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.step.Files = repository(t, c.files)
			r := evaluate(t, c.step)
			if len(r.Outputs) != 1 {
				t.Fatalf("%d outputs, expected one; problems: %q", len(r.Outputs), messages(r))
			}
			if diff := cmp.Diff(strings.ReplaceAll(c.want, "; ", "\n"), strings.ReplaceAll(story(valueOf(r.Outputs[0].Value)), "; ", "\n")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func story(v model.Value) string {
	out := journey(v)
	for _, l := range v.Losers {
		out += "; over " + journey(l.Value)
	}
	for _, p := range v.Parts {
		out += "; part " + journey(p)
	}
	for _, h := range v.DecidedBy {
		out += "; because " + h.At.String()
	}
	return out
}

// TestStructure reads the parts of an encoded text, of which one is unknown.
func TestStructure(t *testing.T) {
	r := evaluate(t, Step{Files: repository(t, `
variable "key" { default = "CANARY" }
resource "aws_secret" "s" {}
locals {
  env = [{ name = "KEY", value = var.key }, { name = "ARN", value = aws_secret.s.arn }]
  definitions = jsonencode([{ name = "api", environment = local.env }])
}
output "o" { value = local.definitions }
output "changed" { value = "${local.definitions} " }
output "replaced" { value = replace(local.definitions, "a", "b") }`)})
	want := map[string]bool{"o": true, "changed": false, "replaced": false}
	for _, o := range r.Outputs {
		raw, ok := structured(o.Value)
		if ok != want[o.Name] {
			t.Errorf("%s: structured is %v, expected %v", o.Name, ok, want[o.Name])
		}
		if o.Name != "o" {
			continue
		}
		env := raw.Index(cty.NumberIntVal(0)).GetAttr("environment")
		key := valueOf(env.Index(cty.NumberIntVal(0)).GetAttr("value"))
		if key.State != model.Known || !strings.Contains(journey(key), "local.env") || !strings.Contains(journey(key), "local.definitions") {
			t.Errorf("the key is %v by %s", key.State, journey(key))
		}
		arn := valueOf(env.Index(cty.NumberIntVal(1)).GetAttr("value"))
		if arn.State != model.Unknown || arn.Why != model.WhyRemoteState {
			t.Errorf("the ARN is %v(%s)", arn.State, arn.Why)
		}
	}
}
