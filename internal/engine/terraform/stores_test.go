package terraform

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
)

func TestParseRef(t *testing.T) {
	cases := []struct {
		store, text string
		want        model.Ref
	}{
		{storeAWS, "/shop/key", model.Ref{Store: storeSSM, Path: "/shop/key"}},
		{storeAWS, "key", model.Ref{Store: storeSSM, Path: "key"}},
		{storeAWS, "arn:aws:ssm:eu-west-1:123:parameter/shop/key", model.Ref{Store: storeSSM, Path: "/shop/key"}},
		{storeAWS, "arn:aws:secretsmanager:eu-west-1:123:secret:shop-AbCdEf", model.Ref{Store: storeSecrets, Path: "shop-AbCdEf"}},
		{storeAWS, "arn:aws:secretsmanager:eu-west-1:123:secret:shop-AbCdEf:key::", model.Ref{Store: storeSecrets, Path: "shop-AbCdEf", Property: "key"}},
		{storeAWS, "arn:aws:secretsmanager:eu-west-1:123:secret:shop-AbCdEf::AWSPREVIOUS:", model.Ref{Store: storeSecrets, Path: "shop-AbCdEf", Version: "AWSPREVIOUS"}},
		{storeAWS, "arn:aws:secretsmanager:eu-west-1:123:secret:shop-AbCdEf:key::v1", model.Ref{Store: storeSecrets, Path: "shop-AbCdEf", Property: "key", Version: "v1"}},
		{storeSecrets, "shop:key", model.Ref{Store: storeSecrets, Path: "shop", Property: "key"}},
		{storeGoogle, "stripe", model.Ref{Store: storeGoogle, Path: "stripe"}},
		{storeGoogle, "projects/p/secrets/stripe/versions/3", model.Ref{Store: storeGoogle, Name: "p", Path: "stripe", Version: "3"}},
		{storeKeyVault, "https://shop.vault.azure.net/secrets/stripe", model.Ref{Store: storeKeyVault, Name: "shop", Path: "stripe"}},
		{storeKeyVault, "https://shop.vault.azure.net/secrets/stripe/abc", model.Ref{Store: storeKeyVault, Name: "shop", Path: "stripe", Version: "abc"}},
		{storeKeyVault, "", model.Ref{Store: storeKeyVault}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, parseRef(c.store, c.text)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.text, diff)
		}
	}
}

// TestDataSources follows what data sources read from secret stores.
func TestDataSources(t *testing.T) {
	compareConsumers(t, deliveredBy(t, map[string]string{"main.tf": `
variable "env" { default = "prod" }
data "aws_ssm_parameter" "p" { name = "/${var.env}/key" }
data "aws_secretsmanager_secret_version" "s" { secret_id = "arn:aws:secretsmanager:eu:1:secret:shop-AbCdEf" }
data "google_secret_manager_secret_version" "g" {
  project = "p"
  secret  = "stripe"
  version = "3"
}
data "azurerm_key_vault_secret" "k" { name = "stripe" }
data "vault_kv_secret_v2" "v" {
  mount = "kv"
  name  = "shop"
}
data "vault_generic_secret" "w" { path = "secret/shop" }
data "kubernetes_secret" "n" {
  metadata {
    name      = "pay"
    namespace = "prod"
  }
}
data "onepassword_item" "o" {
  vault = "team"
  title = "stripe"
}
data "doppler_secrets" "d" {
  project = "shop"
  config  = "prd"
}
data "infisical_secrets" "i" {
  env_slug    = "prod"
  folder_path = "/shop"
}
data "external" "x" { program = ["sh"] }
resource "aws_lambda_function" "f" {
  function_name = "f"
  environment {
    variables = {
      P = data.aws_ssm_parameter.p.value
      S = jsondecode(data.aws_secretsmanager_secret_version.s.secret_string)["key"]
      G = data.google_secret_manager_secret_version.g.secret_data
      K = data.azurerm_key_vault_secret.k.value
      V = data.vault_kv_secret_v2.v.data["key"]
      W = data.vault_generic_secret.w.data.key
      N = data.kubernetes_secret.n.data["key"]
      O = data.onepassword_item.o.password
      D = data.doppler_secrets.d.map.KEY
      I = data.infisical_secrets.i.secrets["KEY"].value
      X = data.external.x.result.key
      T = "Bearer ${data.aws_ssm_parameter.p.value}"
    }
  }
}
resource "aws_ecs_task_definition" "t" {
  family                = "t"
  container_definitions = jsonencode([{ name = "c", secrets = [{ name = "P", valueFrom = data.aws_ssm_parameter.p.arn }] }])
}
`}).Consumers, `
		lambda f P ?remote-state aws-ssm /prod/key
		lambda f S ?remote-state aws-secretsmanager shop-AbCdEf
		lambda f G ?remote-state gcp-secretmanager p stripe 3
		lambda f K ?remote-state azure-keyvault stripe
		lambda f V ?remote-state vault kv shop
		lambda f W ?remote-state vault secret/shop
		lambda f N ?remote-state kubernetes-secret prod pay
		lambda f O ?remote-state 1password team stripe
		lambda f D ?remote-state doppler shop prd
		lambda f I ?remote-state infisical prod /shop
		lambda f X ?remote-state
		lambda f T ?remote-state aws-ssm /prod/key
		ecs t/c P ?remote-state aws-ssm /prod/key
		ecs t/c * ?remote-state`)
}

// TestSeveralEntries leaves a reference open that several entries may stand behind.
func TestSeveralEntries(t *testing.T) {
	compareConsumers(t, deliveredBy(t, map[string]string{"main.tf": `
resource "aws_ssm_parameter" "a" {
  name  = "/k"
  value = "CANARYa"
}
resource "aws_ssm_parameter" "b" {
  name  = "/k"
  value = "CANARYb"
}
resource "aws_ssm_parameter" "many" {
  for_each = { x = "CANARYx", y = "CANARYy" }
  name     = "/${each.key}"
  value    = each.value
}
resource "aws_ssm_parameter" "ignored" {
  name  = "/i"
  value = "placeholder"
  lifecycle { ignore_changes = [value] }
}
resource "aws_secretsmanager_secret" "s" { name = "s" }
resource "aws_secretsmanager_secret_version" "old" {
  secret_id      = aws_secretsmanager_secret.s.id
  secret_string  = "CANARYold"
  version_stages = ["AWSPREVIOUS"]
}
resource "aws_ecs_task_definition" "t" {
  family = "t"
  container_definitions = jsonencode([{ name = "c", secrets = [
    { name = "TWICE", valueFrom = "/k" },
    { name = "ONE", valueFrom = aws_ssm_parameter.a.arn },
    { name = "EACH", valueFrom = aws_ssm_parameter.many["x"].arn },
    { name = "NAMED", valueFrom = "/y" },
    { name = "IGNORED", valueFrom = aws_ssm_parameter.ignored.arn },
    { name = "STAGED", valueFrom = aws_secretsmanager_secret.s.arn },
    { name = "STRANGE", valueFrom = "${aws_ssm_parameter.a.arn}x" },
  ] }])
}
`}).Consumers, `
		ecs t/c TWICE ?remote-state aws-ssm /k
		ecs t/c ONE=CANARYa
		ecs t/c EACH ?remote-state aws-ssm
		ecs t/c NAMED=CANARYy
		ecs t/c IGNORED ?remote-state
		ecs t/c STAGED ?remote-state aws-secretsmanager s
		ecs t/c STRANGE ?remote-state aws-ssm /k
		ecs t/c * ?remote-state
		secret aws_ssm_parameter.a /k=CANARYa
		secret aws_ssm_parameter.b /k=CANARYb
		secret aws_ssm_parameter.many["x"] /x=CANARYx
		secret aws_ssm_parameter.many["y"] /y=CANARYy
		secret aws_ssm_parameter.ignored /i ?remote-state
		secret aws_secretsmanager_secret_version.old s=CANARYold`)
}

// TestProblems lists what is wrong with the arguments of resources.
func TestProblems(t *testing.T) {
	cases := []struct{ name, hcl, want string }{
		{"no JSON", `resource "aws_ecs_task_definition" "t" {
  family                = "shop"
  container_definitions = "[{ CANARY"
}`, "main.tf:3:3 container_definitions of aws_ecs_task_definition.t is not valid JSON, expected the definition of containers"},
		{"a number", `resource "aws_ecs_task_definition" "t" {
  family                = "shop"
  container_definitions = jsonencode([{ name = "c", environment = [{ name = "A", value = 1 }] }])
}`, "main.tf:3:3 an entry of container_definitions of aws_ecs_task_definition.t is no text, expected a string"},
		{"a job", `resource "nomad_job" "j" {
  jobspec = "job {"
}`, "main.tf:2:3 the jobspec of nomad_job.j is not valid HCL, expected a job"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := consumersOf(t, c.hcl)
			if len(r.Problems) != 1 {
				t.Fatalf("problems %v", r.Problems)
			}
			if got := r.Problems[0].At.String() + " " + r.Problems[0].Message; got != c.want {
				t.Errorf("got %q, expected %q", got, c.want)
			}
			for _, consumer := range r.Consumers {
				for name, v := range consumer.Env.All() {
					if v.State == model.Known {
						t.Errorf("%s counts as known", name)
					}
				}
			}
		})
	}
}
