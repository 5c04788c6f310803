package terraform

import (
	"fmt"
	"strings"
)

func googleCases() []shapeCase {
	secret := `resource "google_secret_manager_secret" "s" { secret_id = "stripe" }
resource "google_secret_manager_secret_version" "s" {
  secret      = google_secret_manager_secret.s.id
  secret_data = "CANARYs"
}
`
	return []shapeCase{
		{"cloud run", secret + `resource "google_cloud_run_service" "r" {
  name = "api"
  template {
    spec {
      containers {
        env {
          name  = "A"
          value = "CANARY"
        }
        env {
          name = "S"
          value_from {
            secret_key_ref {
              name = google_secret_manager_secret.s.secret_id
              key  = "latest"
            }
          }
        }
        env {
          name = "T"
          value_from {
            secret_key_ref {
              name = "other"
              key  = "1"
            }
          }
        }
      }
    }
  }
}`, `
			cloud-run api A=CANARY
			cloud-run api S=CANARYs
			cloud-run api T ?remote-state gcp-secretmanager other 1
			cloud-run api * ?remote-state
			secret google_secret_manager_secret_version.s stripe=CANARYs`},
		{"cloud run v2", secret + `resource "google_cloud_run_v2_service" "r" {
  name = "api"
  template {
    containers {
      name = "web"
      env {
        name  = "A"
        value = "CANARY"
      }
      env {
        name = "S"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.s.id
            version = "latest"
          }
        }
      }
    }
  }
}
resource "google_cloud_run_v2_worker_pool" "w" {
  name = "pool"
  template {
    containers {
      env {
        name  = "A"
        value = "CANARY"
      }
    }
  }
}
resource "google_cloud_run_v2_job" "j" {
  name = "job"
  template {
    template {
      containers {
        env {
          name  = "A"
          value = "CANARY"
        }
      }
    }
  }
}`, `
			cloud-run api/web A=CANARY
			cloud-run api/web S=CANARYs
			cloud-run api/web * ?remote-state
			cloud-run pool A=CANARY
			cloud-run pool * ?remote-state
			cloud-run job A=CANARY
			cloud-run job * ?remote-state
			secret google_secret_manager_secret_version.s stripe=CANARYs`},
		{"functions", `resource "google_cloudfunctions_function" "f" {
  name                  = "one"
  environment_variables = { A = "CANARY" }
  secret_environment_variables {
    key     = "S"
    secret  = "stripe"
    version = "3"
  }
}
resource "google_cloudfunctions2_function" "f" {
  name = "two"
  service_config {
    environment_variables = { A = "CANARY" }
    secret_environment_variables {
      key     = "S"
      secret  = "stripe"
      version = "latest"
    }
  }
}`, `
			function one A=CANARY
			function one S ?remote-state gcp-secretmanager stripe 3
			function two A=CANARY
			function two S ?remote-state gcp-secretmanager stripe latest`},
		{"others", `resource "google_app_engine_standard_app_version" "a" {
  service       = "web"
  env_variables = { A = "CANARY" }
}
resource "google_app_engine_flexible_app_version" "a" {
  service       = "flex"
  env_variables = { A = "CANARY" }
}
resource "google_composer_environment" "c" {
  name = "c"
  config {
    software_config { env_variables = { A = "CANARY" } }
  }
}
resource "google_secret_manager_regional_secret_version" "s" {
  secret      = "regional"
  secret_data = "CANARY"
}
resource "google_secret_manager_secret_version" "b" {
  secret                = "encoded"
  is_secret_data_base64 = true
  secret_data           = base64encode("CANARY")
}`, `
			app-engine web A=CANARY
			app-engine flex A=CANARY
			app-engine flex * ?remote-state
			container c A=CANARY
			container c * ?remote-state
			secret google_secret_manager_regional_secret_version.s regional=CANARY
			secret google_secret_manager_secret_version.b encoded=CANARY`},
	}
}

func azureCases() []shapeCase {
	var apps strings.Builder
	var want strings.Builder
	for name, s := range azureShapes() {
		if s.kind == kindAppService && !strings.Contains(name, "static") {
			fmt.Fprintf(&apps, "resource \"%s\" \"a\" {\n  name = \"%s\"\n  app_settings = { A = \"CANARY\", R = \"@Microsoft.KeyVault(SecretUri=https://v/s)\" }\n}\n", name, name)
			fmt.Fprintf(&want, "app-service %s A=CANARY\napp-service %s R=@Microsoft.KeyVault(SecretUri=https://v/s)\napp-service %s * ?remote-state\n", name, name, name)
		}
	}
	return []shapeCase{
		{"apps", apps.String(), want.String()},
		{"connections", `resource "azurerm_linux_web_app" "a" {
  name = "a"
  connection_string {
    name  = "db"
    type  = "SQLAzure"
    value = "CANARY"
  }
}
resource "azurerm_static_web_app" "s" {
  name         = "s"
  app_settings = { A = "CANARY" }
}
resource "azurerm_static_site" "s" { name = "t" }`, `
			app-service a SQLAZURECONNSTR_db=CANARY
			app-service a * ?remote-state
			app-service s A=CANARY
			app-service t nothing`},
		{"container apps", `resource "azurerm_key_vault_secret" "k" {
  name  = "stripe"
  value = "CANARYk"
}
resource "azurerm_container_app" "a" {
  name = "shop"
  secret {
    name  = "own"
    value = "CANARYo"
  }
  secret {
    name                = "vault"
    key_vault_secret_id = azurerm_key_vault_secret.k.versionless_id
  }
  template {
    container {
      name = "api"
      env {
        name  = "A"
        value = "CANARY"
      }
      env {
        name        = "O"
        secret_name = "own"
      }
      env {
        name        = "V"
        secret_name = "vault"
      }
      env {
        name        = "M"
        secret_name = "missing"
      }
    }
  }
}
resource "azurerm_container_app_job" "j" {
  name = "job"
  template {
    init_container {
      name = "i"
      env {
        name  = "A"
        value = "CANARY"
      }
    }
  }
}`, `
			container-app shop/api A=CANARY
			container-app shop/api O=CANARYo
			container-app shop/api V=CANARYk
			container-app shop/api M ?remote-state
			container-app shop/api * ?remote-state
			container-app job/i A=CANARY
			container-app job/i * ?remote-state
			secret azurerm_key_vault_secret.k stripe=CANARYk`},
		{"groups", `resource "azurerm_container_group" "g" {
  name = "g"
  container {
    name                         = "c"
    environment_variables        = { A = "CANARY" }
    secure_environment_variables = { B = "CANARYb" }
  }
}
resource "azurerm_spring_cloud_java_deployment" "d" {
  name                  = "d"
  environment_variables = { A = "CANARY" }
}
resource "azurerm_spring_cloud_container_deployment" "d" {
  name                  = "e"
  environment_variables = { A = "CANARY" }
}`, `
			container-instance g/c A=CANARY
			container-instance g/c B=CANARYb
			container-instance g/c * ?remote-state
			container d A=CANARY
			container d * ?remote-state
			container e A=CANARY
			container e * ?remote-state`},
	}
}
