package terraform

import "github.com/keyfit/keyfit/internal/model"

const platformSets = "what the platform sets by itself"

func azureShapes() map[string]shape {
	app := shape{kind: kindAppService, name: "name", rest: platformSets, vars: []vars{
		texts("app_settings"), {form: connForm, path: "connection_string"},
	}}
	containerApp := shape{
		kind: kindContainerApp, name: "name", each: "template.container|template.init_container", container: "name", rest: model.ImageSets,
		vars: []vars{{form: appForm, path: "env", name: "name", value: "value"}},
	}
	group := shape{
		kind: kindInstance, name: "name", each: "container|init_container", container: "name", rest: model.ImageSets,
		vars: []vars{texts("environment_variables"), texts("secure_environment_variables")},
	}
	out := map[string]shape{
		"azurerm_container_app":                     containerApp,
		"azurerm_container_app_job":                 containerApp,
		"azurerm_container_group":                   group,
		"azurerm_static_web_app":                    {kind: kindAppService, name: "name", vars: []vars{texts("app_settings")}},
		"azurerm_static_site":                       {kind: kindAppService, name: "name", vars: []vars{texts("app_settings")}},
		"azurerm_key_vault_secret":                  entry(storeKeyVault, "name", "value|value_wo"),
		"azurerm_spring_cloud_java_deployment":      {kind: kindContainer, name: "name", rest: model.ImageSets, vars: []vars{texts("environment_variables")}},
		"azurerm_spring_cloud_container_deployment": {kind: kindContainer, name: "name", rest: model.ImageSets, vars: []vars{texts("environment_variables")}},
	}
	for _, name := range []string{
		"linux_web_app", "windows_web_app", "app_service", "linux_function_app", "windows_function_app", "function_app", "function_app_flex_consumption",
		"logic_app_standard", "linux_web_app_slot", "windows_web_app_slot", "app_service_slot", "linux_function_app_slot", "windows_function_app_slot", "function_app_slot",
	} {
		out["azurerm_"+name] = app
	}
	return out
}
