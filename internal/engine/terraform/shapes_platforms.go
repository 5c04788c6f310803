package terraform

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

const (
	dashboardSets = "the variables that are set elsewhere"
	groupSets     = "the variables of the groups that are linked"
)

func platformShapes() map[string]shape {
	config := shape{kind: kindHeroku, name: "app_id|app", joins: true, rest: dashboardSets, vars: []vars{texts("vars"), texts("sensitive_vars")}}
	secretText := shape{kind: kindWorker, name: "script_name", joins: true, rest: dashboardSets, vars: []vars{pairs("", "name", "secret_text")}}
	script := shape{kind: kindWorker, name: "script_name|name", joins: true, rest: dashboardSets, vars: []vars{
		pairs("plain_text_binding", "name", "text"), pairs("secret_text_binding", "name", "text"),
		pairs("bindings", "name", "text").where("type", "plain_text"), pairs("bindings", "name", "text").where("type", "secret_text"),
		pointers("bindings", "name", "secret_name", "cloudflare-secrets").where("type", "secrets_store_secret"),
	}}
	render := shape{kind: kindRender, name: "name", rest: groupSets, vars: []vars{objects("env_vars", "value")}}
	scaleway := shape{kind: kindScaleway, name: "name", rest: "the variables of the namespace and of the image", vars: []vars{
		texts("environment_variables"), texts("secret_environment_variables"),
	}}
	out := map[string]shape{
		"docker_container":                     {kind: kindContainer, name: "name", rest: model.ImageSets, vars: []vars{lines("env")}},
		"docker_service":                       {kind: kindSwarm, name: "name", rest: model.ImageSets, vars: []vars{texts("task_spec.container_spec.env")}},
		"heroku_app":                           {kind: kindHeroku, name: "name", joins: true, rest: dashboardSets, vars: []vars{texts("config_vars"), texts("sensitive_config_vars")}},
		"heroku_app_config_association":        config,
		"heroku_config_association":            config,
		"vercel_project":                       {kind: kindVercel, name: "name", each: "environment", joins: true, rest: dashboardSets, vars: []vars{pairs("", "key", "value")}},
		"vercel_project_environment_variable":  {kind: kindVercel, name: "project_id", joins: true, rest: dashboardSets, vars: []vars{pairs("", "key", "value")}},
		"vercel_project_environment_variables": {kind: kindVercel, name: "project_id", each: "variables", joins: true, rest: dashboardSets, vars: []vars{pairs("", "key", "value")}},
		"vercel_shared_environment_variable":   {kind: kindVercel, vars: []vars{pairs("", "key", "value")}},
		"cloudflare_workers_secret":            secretText,
		"cloudflare_worker_secret":             secretText,
		"cloudflare_workers_script":            script,
		"cloudflare_worker_script":             script,
		"fly_machine":                          {kind: kindFly, name: "app|name", rest: model.ImageSets, vars: []vars{texts("env")}},
		"railway_variable":                     {kind: kindRailway, name: "service_id", joins: true, rest: dashboardSets, vars: []vars{pairs("", "name", "value")}},
		"railway_variable_collection":          {kind: kindRailway, name: "service_id", joins: true, rest: dashboardSets, vars: []vars{pairs("variables", "name", "value")}},
		"railway_shared_variable":              {kind: kindRailway, name: "project_id", joins: true, rest: dashboardSets, vars: []vars{pairs("", "name", "value")}},
		"render_web_service":                   render,
		"render_private_service":               render,
		"render_background_worker":             render,
		"render_cron_job":                      render,
		"render_static_site":                   render,
		"render_env_group":                     {kind: kindRender, name: "name", vars: []vars{objects("env_vars", "value")}},
		"scaleway_container":                   scaleway,
		"scaleway_function":                    scaleway,
		"scaleway_container_namespace":         scaleway,
		"scaleway_function_namespace":          scaleway,
		"scaleway_job_definition":              {kind: kindScaleway, name: "name", rest: model.ImageSets, vars: []vars{texts("env")}},
		"cloudflare_pages_project": {kind: kindPages, name: "name", each: "deployment_configs.preview|deployment_configs.production", container: "@", vars: []vars{
			texts("environment_variables"), texts("secrets"), objects("env_vars", "value"),
		}},
		"digitalocean_app": {
			kind: kindAppPlatform, name: "spec.name", container: "name", rest: model.ImageSets,
			each:   "spec.service|spec.worker|spec.job|spec.static_site|spec.function",
			vars:   []vars{pairs("env", "key", "value")},
			shared: []vars{pairs("spec.env", "key", "value")},
		},
	}
	for name, s := range out {
		if strings.HasPrefix(name, "vercel_") {
			s.container = "target"
			out[name] = s
		}
	}
	return out
}
