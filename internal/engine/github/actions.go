package github

import "strings"

// action says what keyfit knows of an action from elsewhere. One that is not listed receives
// its variables like any other, and may set any variable for later steps that the workflow
// itself does not set.
type action struct {
	uses string // owner/repository, or owner/repository/path; in lower case
	// line is the command line that the action amounts to, in groups of words. A word in
	// braces is an input: {name} its text, {name*} one group for each of its lines, and
	// {name...} its words. A group is left out when an input of it is not given.
	line [][]string
	// script names an input that is a script, and dir one that is the directory of the line.
	script, dir string
	pairs       []pairs
	exports     exports
	names       []string // as exports says
	// outputs are those that are the text of an input: name=input, unless an input behind !
	// is given.
	outputs []string
	deploys bool
}

// pairs is an input that holds NAME=value lines for a workload somewhere else.
type pairs struct {
	input    string
	kind     string // of the consumer
	workload string // an input with its name, or the name itself behind =
	refs     bool   // the values are the names of secrets of a store
	lookup   bool   // the values are the names of variables of the step
	json     bool   // it is a list of {name, value}
	commas   bool   // commas separate entries as well, and \ and quotes mean something
	names    bool   // the lines are names of variables of the step
}

// exports says what an action sets for later steps.
type exports uint8

const (
	exportsNothing exports = iota
	exportsNames           // variables that are listed, with texts that are not known; those behind ? with that input
	exportsInputs          // variables with the texts of inputs: NAME=input, unless an input behind ! is given
	exportsOnePassword
	exportsVault
	exportsAWSSecrets
	exportsAnything
)

// actions is the table. The inputs are those of the manifests of the actions. Never changed.
var actions = []action{
	{uses: "docker/build-push-action", line: [][]string{
		{"docker", "buildx", "build"}, {"--file", "{file}"}, {"--target", "{target}"}, {"--build-arg", "{build-args*}"}, {"--tag", "{tags*}"}, {"{context|.}"},
	}, pairs: []pairs{
		{input: "secrets", kind: "image", workload: "tags"}, {input: "secret-envs", kind: "image", workload: "tags", lookup: true},
		{input: "secret-files", kind: "image", workload: "tags", refs: true},
	}},

	{uses: "azure/webapps-deploy", deploys: true},
	{uses: "azure/functions-action", deploys: true},
	{uses: "azure/appservice-settings", deploys: true, pairs: []pairs{
		{input: "app-settings-json", kind: "app-service", workload: "app-name", json: true},
		{input: "connection-strings-json", kind: "app-service", workload: "app-name", json: true},
	}},
	{uses: "azure/container-apps-deploy-action", deploys: true, pairs: []pairs{{input: "environmentVariables", kind: "container-app", workload: "containerAppName", commas: true}}},
	{uses: "azure/aci-deploy", deploys: true, pairs: []pairs{
		{input: "environment-variables", kind: "container-instance", workload: "name", commas: true},
		{input: "secure-environment-variables", kind: "container-instance", workload: "name", commas: true},
	}},
	{uses: "azure/static-web-apps-deploy", deploys: true},
	{uses: "azure/k8s-set-context", exports: exportsNames, names: []string{"KUBECONFIG", "KUBE_CONFIG_PATH"}},
	{uses: "azure/aks-set-context", exports: exportsNames, names: []string{"KUBECONFIG", "KUBE_CONFIG_PATH"}},
	{uses: "azure/k8s-create-secret", deploys: true},
	{uses: "azure/k8s-deploy", deploys: true, line: [][]string{{"kubectl", "apply"}, {"--namespace", "{namespace}"}, {"-f", "{manifests*}"}}},
	{uses: "azure/k8s-bake"},
	{uses: "azure/login"},
	{uses: "azure/cli", script: "inlineScript"},
	{uses: "azure/powershell"},
	{uses: "azure/docker-login"},
	{uses: "azure/get-keyvault-secrets", exports: exportsAnything},

	{uses: "aws-actions/configure-aws-credentials", exports: exportsInputs, names: []string{
		"AWS_ACCESS_KEY_ID=aws-access-key-id!role-to-assume", "AWS_SECRET_ACCESS_KEY=aws-secret-access-key!role-to-assume",
		"AWS_SESSION_TOKEN=aws-session-token!role-to-assume", "AWS_REGION=aws-region", "AWS_DEFAULT_REGION=aws-region",
	}},
	{uses: "aws-actions/amazon-ecr-login"},
	{uses: "aws-actions/amazon-ecs-render-task-definition", deploys: true, outputs: []string{"task-definition=task-definition!environment-variables!secrets!env-files"}, pairs: []pairs{
		{input: "environment-variables", kind: "ecs", workload: "container-name"},
		{input: "secrets", kind: "ecs", workload: "container-name", refs: true},
	}},
	{uses: "aws-actions/amazon-ecs-deploy-task-definition", deploys: true, line: [][]string{
		{"aws", "ecs", "register-task-definition"}, {"--cli-input-json", "file://{task-definition}"},
	}},
	{uses: "aws-actions/aws-cloudformation-github-deploy", deploys: true},
	{uses: "aws-actions/aws-lambda-deploy", deploys: true},
	{uses: "aws-actions/aws-secretsmanager-get-secrets", exports: exportsAWSSecrets},
	{uses: "aws-actions/setup-sam"},

	{uses: "google-github-actions/auth", exports: exportsNames, names: []string{
		"CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_GHA_CREDS_PATH", "CLOUDSDK_CORE_PROJECT",
		"CLOUDSDK_PROJECT", "GCLOUD_PROJECT", "GCP_PROJECT", "GOOGLE_CLOUD_PROJECT", "CLOUDSDK_AUTH_ACCESS_TOKEN",
	}},
	{uses: "google-github-actions/setup-gcloud", exports: exportsNames, names: []string{"CLOUDSDK_METRICS_ENVIRONMENT", "CLOUDSDK_METRICS_ENVIRONMENT_VERSION"}},
	{uses: "google-github-actions/get-gke-credentials", exports: exportsNames, names: []string{"KUBECONFIG", "KUBE_CONFIG_PATH"}},
	{uses: "google-github-actions/get-secretmanager-secrets", exports: exportsAnything},
	{uses: "google-github-actions/deploy-cloudrun", deploys: true, pairs: []pairs{
		{input: "env_vars", kind: "cloud-run", workload: "service", commas: true},
		{input: "secrets", kind: "cloud-run", workload: "service", commas: true, refs: true},
	}},
	{uses: "google-github-actions/deploy-cloud-functions", deploys: true, pairs: []pairs{
		{input: "environment_variables", kind: "function", workload: "name", commas: true},
		{input: "build_environment_variables", kind: "function", workload: "name", commas: true},
		{input: "secrets", kind: "function", workload: "name", commas: true, refs: true},
	}},
	{uses: "google-github-actions/deploy-appengine", deploys: true},

	{uses: "hashicorp/vault-action", exports: exportsVault},
	{uses: "1password/load-secrets-action", exports: exportsOnePassword},
	{uses: "1password/load-secrets-action/configure", exports: exportsNames, names: []string{"OP_CONNECT_HOST", "OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN"}},
	{uses: "1password/install-cli-action"},
	{uses: "hashicorp/setup-terraform", exports: exportsNames, names: []string{"TERRAFORM_CLI_PATH"}},
	{uses: "hashicorp/setup-packer"},
	{uses: "opentofu/setup-opentofu", exports: exportsNames, names: []string{"TOFU_CLI_PATH"}},

	{uses: "cloudflare/wrangler-action", deploys: true, dir: "workingDirectory", line: [][]string{{"wrangler", "{command...|deploy}"}, {"--env", "{environment}"}}, pairs: []pairs{
		{input: "secrets", kind: "worker", workload: "=the worker of wrangler.toml", names: true}, {input: "vars", kind: "worker", workload: "=the worker of wrangler.toml", names: true},
	}},
	{uses: "cloudflare/pages-action", deploys: true},
	{uses: "superfly/flyctl-actions", deploys: true, line: [][]string{{"flyctl", "{args...}"}}},
	{uses: "superfly/flyctl-actions/setup-flyctl"},
	{uses: "amondnet/vercel-action", deploys: true, dir: "working-directory", line: [][]string{{"vercel", "{vercel-args...}"}}},
	{uses: "netlify/actions/cli", deploys: true, line: [][]string{{"netlify", "{args...}"}}},
	{uses: "akhileshns/heroku-deploy", deploys: true},
	{uses: "digitalocean/action-doctl"},
	{uses: "digitalocean/app_action", deploys: true},
	{uses: "appleboy/ssh-action", deploys: true, line: [][]string{{"ssh", "{host}", "{script}"}}},
	{uses: "appleboy/scp-action", deploys: true},
	{uses: "serverless/github-action", deploys: true, line: [][]string{{"serverless", "{args...}"}}},
	{uses: "pulumi/actions", deploys: true},
	{uses: "burrunan/gradle-cache-action"},

	{uses: "azure/setup-helm"}, {uses: "azure/setup-kubectl"}, {uses: "helm/chart-releaser-action"}, {uses: "helm/kind-action"}, {uses: "helm/chart-testing-action"},
	{uses: "deliverybot/helm", deploys: true}, {uses: "bitovi/github-actions-deploy-eks-helm", deploys: true}, {uses: "wyrihaximus/github-action-helm3", deploys: true},

	{uses: "codecov/codecov-action"}, {uses: "softprops/action-gh-release"}, {uses: "slackapi/slack-github-action"}, {uses: "dorny/paths-filter"},
	{uses: "dorny/test-reporter"}, {uses: "peter-evans/create-pull-request"}, {uses: "peter-evans/repository-dispatch"}, {uses: "golangci/golangci-lint-action"},
	{uses: "pnpm/action-setup", exports: exportsNames, names: []string{"PNPM_HOME"}}, {uses: "jdx/mise-action", exports: exportsAnything}, {uses: "step-security/harden-runner"},
	{uses: "aquasecurity/trivy-action"}, {uses: "sonarsource/sonarcloud-github-action"}, {uses: "snyk/actions/node"}, {uses: "goreleaser/goreleaser-action"},
	{uses: "dtolnay/rust-toolchain"}, {uses: "swatinem/rust-cache"}, {uses: "gradle/actions/setup-gradle"}, {uses: "browser-actions/setup-chrome"},
	{uses: "getsentry/action-release"}, {uses: "8398a7/action-slack"}, {uses: "rtcamp/action-slack-notify"}, {uses: "nick-fields/retry"},
	{uses: "crazy-max/ghaction-docker-meta"}, {uses: "webfactory/ssh-agent", exports: exportsNames, names: []string{"SSH_AUTH_SOCK", "SSH_AGENT_PID"}},
	{uses: "tailscale/github-action"}, {uses: "chromaui/action"}, {uses: "treosh/lighthouse-ci-action"}, {uses: "cypress-io/github-action"},
	{uses: "sigstore/cosign-installer"}, {uses: "anchore/sbom-action"}, {uses: "ossf/scorecard-action"}, {uses: "mikefarah/yq"},
}

// lookup finds an action by the text of `uses`. Those that only prepare tools are told by
// their name.
func lookup(uses string) (action, bool) {
	name, _, _ := strings.Cut(strings.ToLower(uses), "@")
	for _, a := range actions {
		if a.uses == name {
			return a, true
		}
	}
	owner, rest, _ := strings.Cut(name, "/")
	switch {
	case owner == "actions" && strings.HasPrefix(rest, "setup-"):
		return action{uses: name, exports: exportsNames, names: setupNames(rest)}, true
	case owner == "actions", owner == "github", owner == "docker", strings.HasPrefix(rest, "setup-"):
		return action{uses: name}, true
	}
	return action{}, false
}

// setupNames are the variables that the actions of GitHub's own set for a tool.
func setupNames(name string) []string {
	switch name {
	case "setup-node":
		return []string{"NPM_CONFIG_USERCONFIG?registry-url", "NODE_AUTH_TOKEN?registry-url"}
	case "setup-python":
		return []string{"pythonLocation", "Python_ROOT_DIR", "Python2_ROOT_DIR", "Python3_ROOT_DIR", "PKG_CONFIG_PATH", "LD_LIBRARY_PATH"}
	case "setup-java":
		return []string{"JAVA_HOME"}
	case "setup-go":
		return []string{"GOROOT"}
	case "setup-dotnet":
		return []string{"DOTNET_ROOT"}
	}
	return nil
}
