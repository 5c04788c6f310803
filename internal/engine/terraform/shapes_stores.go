package terraform

// storeShapes are the entries of secret stores and of the stores of CI systems.
func storeShapes() map[string]shape {
	const plain = "value|plaintext_value|value_wo"
	kv := sheet(storeVault, "name|path", "data_json|data_json_wo")
	pair := func(store, name string) shape { return entry(store, name, "value|value_wo") }
	return map[string]shape{
		"github_actions_secret":                 entry("github-secret", "secret_name", plain),
		"github_actions_environment_secret":     entry("github-secret", "secret_name", plain),
		"github_actions_organization_secret":    entry("github-secret", "secret_name", plain),
		"github_codespaces_secret":              entry("github-secret", "secret_name", plain),
		"github_dependabot_secret":              entry("github-secret", "secret_name", plain),
		"github_actions_variable":               entry("github-variable", "variable_name", plain),
		"github_actions_environment_variable":   entry("github-variable", "variable_name", plain),
		"github_actions_organization_variable":  entry("github-variable", "variable_name", plain),
		"gitlab_project_variable":               pair("gitlab-variable", "key"),
		"gitlab_group_variable":                 pair("gitlab-variable", "key"),
		"gitlab_instance_variable":              pair("gitlab-variable", "key"),
		"circleci_environment_variable":         pair("circleci", "name"),
		"circleci_context_environment_variable": pair("circleci", "variable|name"),
		"bitbucket_repository_variable":         pair("bitbucket", "key"),
		"bitbucket_deployment_variable":         pair("bitbucket", "key"),
		"tfe_variable":                          pair("terraform-cloud", "key"),
		"spacelift_environment_variable":        pair("spacelift", "name"),
		"doppler_secret":                        pair("doppler", "name"),
		"infisical_secret":                      pair("infisical", "name"),
		"netlify_environment_variable":          netlifyVariable(),
		"vault_kv_secret":                       kv,
		"vault_kv_secret_v2":                    kv,
		"vault_generic_secret":                  kv,
		"hcp_vault_secrets_secret":              entry(storeVault, "secret_name", "secret_value"),
		"scaleway_secret_version":               entry("scaleway-secret", "secret_id", "data|data_wo"),
		"cloudflare_secrets_store_secret":       pair("cloudflare-secrets", "name"),
		"heroku_config":                         {kind: kindStored, store: "heroku-config", vars: []vars{texts("vars"), texts("sensitive_vars")}},
		"azuredevops_variable_group":            {kind: kindStored, store: "azure-devops", name: "name", vars: []vars{pairs("variable", "name", "value"), pairs("variable", "name", "secret_value")}},
	}
}

// netlifyVariable has one value for each context.
func netlifyVariable() shape {
	return shape{
		kind: kindNetlify, name: "site_id|team_id", each: "values|secret_values", container: "context", joins: true, rest: dashboardSets,
		vars: []vars{{form: textForm, name: "/key", value: "value"}},
	}
}
