package resolve

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// isModuleTool names the tools that deploy root modules.
func isModuleTool(tool string) bool {
	return slices.Contains([]string{"terraform", "tofu", "terragrunt"}, tool)
}

// loggedIn is a command of terraform with those variables alone that its providers log in
// with. The others reach what it deploys, or nobody. ok is false when there is none.
func loggedIn(c model.Consumer) (out model.Consumer, ok bool) {
	vars := map[string]model.Value{}
	for name, v := range c.Env.All() {
		if isProviderCredential(name) {
			vars[name] = v
		}
	}
	c.Env = model.NewEnv(vars)
	return c, len(vars) > 0
}

func isProviderCredential(name string) bool {
	_, ok := slices.BinarySearch(providerCredentials(), name)
	return ok || strings.HasPrefix(name, "TF_TOKEN_")
}

// providerCredentials lists, in order, the variables that the usual providers log in with.
func providerCredentials() []string {
	return []string{
		"ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_SAS_TOKEN", "AUTH0_CLIENT_SECRET",
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "BUILDKITE_API_TOKEN", "CIRCLECI_TOKEN", "CLOUDFLARE_API_KEY",
		"CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_USER_SERVICE_KEY", "CONFLUENT_CLOUD_API_KEY", "CONFLUENT_CLOUD_API_SECRET", "CONSUL_HTTP_TOKEN", "DATABRICKS_TOKEN",
		"DATADOG_API_KEY", "DATADOG_APP_KEY", "DD_API_KEY", "DD_APP_KEY", "DIGITALOCEAN_ACCESS_TOKEN", "DIGITALOCEAN_TOKEN",
		"DNSIMPLE_TOKEN", "DOPPLER_TOKEN", "EXOSCALE_API_SECRET", "FASTLY_API_KEY", "FLY_API_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS",
		"GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN", "GRAFANA_AUTH", "HCLOUD_TOKEN", "HCP_CLIENT_SECRET", "HEROKU_API_KEY", "INFISICAL_TOKEN",
		"LAUNCHDARKLY_ACCESS_TOKEN", "LINODE_TOKEN", "MONGODB_ATLAS_PRIVATE_KEY", "MONGODB_ATLAS_PUBLIC_KEY", "NETLIFY_API_TOKEN", "NETLIFY_AUTH_TOKEN",
		"NEW_RELIC_API_KEY", "NOMAD_TOKEN", "OKTA_API_TOKEN", "OPSGENIE_API_KEY", "OP_SERVICE_ACCOUNT_TOKEN", "OVH_APPLICATION_SECRET", "PAGERDUTY_TOKEN",
		"PAGERDUTY_USER_TOKEN", "PM_API_TOKEN_SECRET", "RENDER_API_KEY", "SCW_SECRET_KEY", "SENTRY_AUTH_TOKEN", "SENTRY_TOKEN", "SNOWFLAKE_PASSWORD",
		"SPOTINST_TOKEN", "STATUSCAKE_API_TOKEN", "STRIPE_API_KEY", "TFE_TOKEN", "UPSTASH_API_KEY", "VAULT_TOKEN", "VERCEL_API_TOKEN", "VULTR_API_KEY",
	}
}
