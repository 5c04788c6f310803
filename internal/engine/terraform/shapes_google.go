package terraform

import "github.com/keyfit/keyfit/internal/model"

func googleShapes() map[string]shape {
	run := func(each string) shape {
		return shape{
			kind: kindCloudRun, name: "name", each: each, container: "name", rest: model.ImageSets, vars: []vars{
				pairs("env", "name", "value"), open("env_from"),
				pointers("env", "name", "value_source.secret_key_ref.secret", storeGoogle).part("", "value_source.secret_key_ref.version"),
			},
		}
	}
	knative := run("template.spec.containers")
	knative.vars[2] = pointers("env", "name", "value_from.secret_key_ref.name", storeGoogle).part("", "value_from.secret_key_ref.key")
	secrets := func(path string) vars {
		return pointers(path, "key", "secret", storeGoogle).part("", "version")
	}
	engine := func(rest string) shape {
		return shape{kind: kindAppEngine, name: "service", rest: rest, vars: []vars{texts("env_variables")}}
	}
	return map[string]shape{
		"google_cloud_run_service":        knative,
		"google_cloud_run_v2_service":     run("template.containers"),
		"google_cloud_run_v2_worker_pool": run("template.containers"),
		"google_cloud_run_v2_job":         run("template.template.containers"),
		"google_cloudfunctions_function": {kind: kindFunction, name: "name", vars: []vars{
			texts("environment_variables"), secrets("secret_environment_variables"),
		}},
		"google_cloudfunctions2_function": {kind: kindFunction, name: "name", vars: []vars{
			texts("service_config.environment_variables"), secrets("service_config.secret_environment_variables"),
		}},
		"google_app_engine_standard_app_version":        engine(""),
		"google_app_engine_flexible_app_version":        engine(model.ImageSets),
		"google_composer_environment":                   {kind: kindContainer, name: "name", rest: model.ImageSets, vars: []vars{texts("config.software_config.env_variables")}},
		"google_secret_manager_secret_version":          entry(storeGoogle, "secret", "secret_data|secret_data_wo"),
		"google_secret_manager_regional_secret_version": entry(storeGoogle, "secret", "secret_data|secret_data_wo"),
	}
}
