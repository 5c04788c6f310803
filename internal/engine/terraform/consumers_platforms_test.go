package terraform

import (
	"fmt"
	"strings"
)

// each repeats a case for several types of resources.
func eachType(names, body, want string) (hcl, lines string) {
	var a, b strings.Builder
	for name := range strings.FieldsSeq(names) {
		fmt.Fprintf(&a, "resource %q \"x\" {\n%s\n}\n", name, strings.ReplaceAll(body, "@", name))
		b.WriteString(strings.ReplaceAll(want, "@", name) + "\n")
	}
	return a.String(), b.String()
}

func platformCases() []shapeCase {
	render, renders := eachType("render_web_service render_private_service render_background_worker render_cron_job render_static_site",
		"name = \"@\"\nenv_vars = { A = { value = \"CANARY\" }, G = { generate_value = true } }",
		"render @ A=CANARY\nrender @ G ?unsupported\nrender @ * ?remote-state")
	scaleway, scaleways := eachType("scaleway_container scaleway_function scaleway_container_namespace scaleway_function_namespace",
		"name = \"@\"\nenvironment_variables = { A = \"CANARY\" }\nsecret_environment_variables = { B = \"CANARYb\" }",
		"scaleway @ A=CANARY\nscaleway @ B=CANARYb\nscaleway @ * ?remote-state")
	return []shapeCase{
		{"docker", `resource "docker_container" "c" {
  name = "web"
  env  = ["A=CANARY=1", "B=", "C", "D=${docker_image.i.id}"]
}
resource "docker_image" "i" {}
resource "docker_service" "s" {
  name = "swarm"
  task_spec {
    container_spec { env = { A = "CANARY" } }
  }
}`, `
			container web A=CANARY=1
			container web B=
			container web * ?remote-state
			container web D ?remote-state
			swarm swarm A=CANARY
			swarm swarm * ?remote-state`},
		{"heroku", `resource "heroku_app" "a" {
  name        = "shop"
  config_vars = { A = "CANARY" }
}
resource "heroku_app_config_association" "a" {
  app_id         = heroku_app.a.id
  sensitive_vars = { B = "CANARYb" }
}
resource "heroku_config_association" "b" {
  app_id = "other"
  vars   = { C = "CANARY" }
}`, "heroku shop A=CANARY\nheroku shop B=CANARYb\nheroku shop * ?remote-state\nheroku other C=CANARY\nheroku other * ?remote-state"},
		{"vercel", `resource "vercel_project" "p" {
  name = "web"
  environment = [{ key = "A", value = "CANARY", target = ["production"] }]
}
resource "vercel_project_environment_variable" "v" {
  project_id = vercel_project.p.id
  key        = "B"
  value      = "CANARYb"
  target     = ["production", "preview"]
}
resource "vercel_project_environment_variables" "v" {
  project_id = vercel_project.p.id
  variables  = [{ key = "C", value = "CANARYc", target = ["preview"] }]
}
resource "vercel_shared_environment_variable" "v" {
  key    = "D"
  value  = "CANARYd"
  target = ["production"]
}`, `
			vercel web/production A=CANARY
			vercel web/production * ?remote-state
			vercel web/preview,production B=CANARYb
			vercel web/preview,production * ?remote-state
			vercel web/preview C=CANARYc
			vercel web/preview * ?remote-state
			vercel vercel_shared_environment_variable.v/production D=CANARYd`},
		{"netlify", `resource "netlify_environment_variable" "v" {
  site_id = "site"
  key     = "A"
  values  = [{ value = "CANARY", context = "production" }, { value = "CANARYb", context = "dev" }]
}`, "netlify site/production A=CANARY\nnetlify site/production * ?remote-state\nnetlify site/dev A=CANARYb\nnetlify site/dev * ?remote-state"},
		{"cloudflare", `resource "cloudflare_workers_script" "w" {
  script_name = "edge"
  bindings    = [{ name = "A", type = "plain_text", text = "CANARY" }, { name = "KV", type = "kv_namespace", namespace_id = "1" }, { name = "ST", type = "secrets_store_secret", store_id = "1", secret_name = "pay" }]
}
resource "cloudflare_workers_secret" "s" {
  script_name = "edge"
  name        = "B"
  secret_text = "CANARYb"
}
resource "cloudflare_worker_script" "w" {
  name = "old"
  secret_text_binding {
    name = "C"
    text = "CANARYc"
  }
}
resource "cloudflare_worker_secret" "s" {
  script_name = "old"
  name        = "D"
  secret_text = "CANARYd"
}
resource "cloudflare_pages_project" "p" {
  name = "site"
  deployment_configs {
    preview { environment_variables = { A = "CANARY" } }
    production {
      env_vars = { B = { type = "secret_text", value = "CANARYb" } }
      secrets  = { C = "CANARYc" }
    }
  }
}`, `
			worker edge A=CANARY
			worker edge ST ?remote-state cloudflare-secrets pay
			worker edge B=CANARYb
			worker edge * ?remote-state
			worker old C=CANARYc
			worker old D=CANARYd
			worker old * ?remote-state
			pages site/preview A=CANARY
			pages site/production B=CANARYb
			pages site/production C=CANARYc`},
		{"fly and railway", `resource "fly_machine" "m" {
  app = "shop"
  env = { A = "CANARY" }
}
resource "railway_variable" "v" {
  service_id = "s"
  name       = "A"
  value      = "CANARY"
}
resource "railway_variable_collection" "v" {
  service_id = "s"
  variables  = [{ name = "B", value = "CANARYb" }]
}
resource "railway_shared_variable" "v" {
  project_id = "p"
  name       = "C"
  value      = "CANARYc"
}`, `
			fly shop A=CANARY
			fly shop * ?remote-state
			railway s A=CANARY
			railway s B=CANARYb
			railway s * ?remote-state
			railway p C=CANARYc
			railway p * ?remote-state`},
		{"render", render + `resource "render_env_group" "g" {
  name     = "g"
  env_vars = { A = { value = "CANARY" } }
}`, renders + "render g A=CANARY"},
		{"scaleway", scaleway + `resource "scaleway_job_definition" "j" {
  name = "j"
  env  = { A = "CANARY" }
}`, scaleways + "scaleway j A=CANARY\nscaleway j * ?remote-state"},
		{"digitalocean", `resource "digitalocean_app" "a" {
  spec {
    name = "shop"
    env {
      key   = "A"
      value = "CANARY"
    }
    env {
      key   = "B"
      value = "CANARYb"
    }
    service {
      name = "web"
      env {
        key   = "A"
        value = "CANARYown"
      }
    }
    worker {
      name = "queue"
      env {
        key = "N"
      }
    }
  }
}`, `
			app-platform shop/web A=CANARYown
			app-platform shop/web B=CANARYb
			app-platform shop/web * ?remote-state
			app-platform shop/queue A=CANARY
			app-platform shop/queue B=CANARYb
			app-platform shop/queue N ?unsupported
			app-platform shop/queue * ?remote-state`},
		{"nomad", `resource "nomad_job" "j" {
  jobspec = <<-EOT
    job "shop" {
      group "g" {
        task "web" {
          env {
            A = "CANARY"
            B = "$${NOMAD_PORT}"
            C = 8080
          }
        }
        task "side" {
          template {
            data = "x"
            env  = true
          }
        }
      }
    }
  EOT
}
resource "nomad_job" "k" {
  json    = true
  jobspec = "{}"
}`, `
			nomad shop/web A=CANARY
			nomad shop/web B ?unsupported
			nomad shop/web C=8080
			nomad shop/web * ?remote-state
			nomad shop/side * ?remote-state
			nomad nomad_job.k * ?unsupported`},
		{"provisioners", `resource "null_resource" "n" {
  provisioner "local-exec" {
    command     = "deploy"
    environment = { A = "CANARY" }
  }
  provisioner "local-exec" {
    when        = destroy
    command     = "undo"
    environment = { B = "CANARY" }
  }
  provisioner "remote-exec" {
    inline = ["true"]
  }
}`, "process null_resource.n A=CANARY\nprocess null_resource.n * ?remote-state"},
	}
}

func storeCases() []shapeCase {
	github, githubs := eachType("github_actions_secret github_actions_environment_secret github_actions_organization_secret github_codespaces_secret github_dependabot_secret",
		"secret_name = \"@\"\nplaintext_value = \"CANARY\"", "secret @.x @=CANARY")
	variables, plain := eachType("github_actions_variable github_actions_environment_variable github_actions_organization_variable",
		"variable_name = \"@\"\nvalue = \"CANARY\"", "secret @.x @=CANARY")
	keys, keyed := eachType("gitlab_project_variable gitlab_group_variable gitlab_instance_variable bitbucket_repository_variable bitbucket_deployment_variable tfe_variable",
		"key = \"@\"\nvalue = \"CANARY\"", "secret @.x @=CANARY")
	names, named := eachType("circleci_environment_variable circleci_context_environment_variable spacelift_environment_variable doppler_secret infisical_secret cloudflare_secrets_store_secret",
		"name = \"@\"\nvalue = \"CANARY\"", "secret @.x @=CANARY")
	vault, vaults := eachType("vault_kv_secret vault_kv_secret_v2 vault_generic_secret",
		"name = \"@\"\npath = \"@\"\ndata_json = jsonencode({ A = \"CANARY\", N = 1 })", "secret @.x A=CANARY\nsecret @.x N ?unsupported")
	return []shapeCase{
		{"stores of a CI", github + variables, githubs + plain},
		{"keys", keys, keyed},
		{"names", names, named},
		{"vault", vault, vaults},
		{"encrypted", `resource "github_actions_secret" "s" {
  secret_name     = "S"
  encrypted_value = "abc"
}`, "secret github_actions_secret.s S ?encrypted"},
		{"others", `resource "hcp_vault_secrets_secret" "s" {
  secret_name  = "S"
  secret_value = "CANARY"
}
resource "scaleway_secret_version" "s" {
  secret_id = "id"
  data      = "CANARY"
}
resource "heroku_config" "c" {
  vars = { A = "CANARY" }
}
resource "azuredevops_variable_group" "g" {
  name = "g"
  variable {
    name  = "A"
    value = "CANARY"
  }
  variable {
    name         = "B"
    secret_value = "CANARYb"
  }
}`, `
			secret hcp_vault_secrets_secret.s S=CANARY
			secret scaleway_secret_version.s id=CANARY
			secret heroku_config.c A=CANARY
			secret azuredevops_variable_group.g A=CANARY
			secret azuredevops_variable_group.g B=CANARYb`},
		{"a text in JSON that is none", `resource "aws_secretsmanager_secret_version" "s" {
  secret_id     = "plain"
  secret_string = "CANARY"
}`, "secret aws_secretsmanager_secret_version.s plain=CANARY"},
	}
}
