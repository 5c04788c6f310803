package resolve

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
)

// carries reports whether a tool uses no variable of its own environment but those that it logs in
// with: what stands there otherwise is for what the tool deploys, or for nobody.
func carries(tool string) bool {
	return slices.Contains([]string{
		"docker", "podman", "nerdctl", "docker-compose", "podman-compose", "buildah", "buildctl", "pack", "ko", "skopeo", "crane", "kaniko", "werf",
		"ansible", "ansible-playbook", "ansible-pull", "skaffold", "devspace", "tilt", "kapp", "kluctl", "okteto", "garden", "argocd", "flux", "nomad", "nomad-pack", "kamal",
		"pulumi", "cdk", "cdk8s", "cdktf", "sam", "copilot", "serverless", "sls", "osls", "sst", "chalice", "zappa", "ecs-cli", "ecspresso", "lambroll", "packer", "dagger", "earthly",
		"ssh", "scp", "rsync", "sftp", "cap", "mina", "salt", "salt-ssh", "knife",
	}, tool)
}

// logsInWith reports whether a carrier uses a variable itself.
func logsInWith(tool, variable string) bool {
	switch tool {
	case "pulumi", "cdktf", "packer":
		return strings.HasPrefix(variable, "PULUMI_") || isCloudCredential(variable)
	case "cdk", "sam", "copilot", "serverless", "sls", "osls", "sst", "chalice", "zappa", "ecs-cli", "ecspresso", "lambroll":
		return strings.HasPrefix(variable, "AWS_") || strings.HasPrefix(variable, "SERVERLESS_") || tool == "sst" && strings.HasPrefix(variable, "CLOUDFLARE_")
	case "skaffold", "devspace", "tilt", "kapp", "kluctl", "werf", "garden", "ko":
		return strings.HasPrefix(variable, "AWS_") || variable == "GOOGLE_APPLICATION_CREDENTIALS" // of the cluster's login
	case "argocd":
		return variable == "ARGOCD_AUTH_TOKEN"
	case "flux":
		return slices.Contains([]string{"GITHUB_TOKEN", "GITLAB_TOKEN", "BITBUCKET_TOKEN", "GITEA_TOKEN"}, variable)
	case "nomad", "nomad-pack":
		return variable == "NOMAD_TOKEN" || variable == "VAULT_TOKEN" || variable == "CONSUL_HTTP_TOKEN"
	case "okteto":
		return variable == "OKTETO_TOKEN"
	case "dagger":
		return variable == "DAGGER_CLOUD_TOKEN"
	case "earthly":
		return variable == "EARTHLY_TOKEN"
	}
	return false
}

// onlyHandsOn names the carriers whose command lines, and the files that those name, say all that
// they hand on.
func onlyHandsOn(tool string) bool {
	return slices.Contains([]string{"docker", "podman", "nerdctl", "docker-compose", "ssh", "scp", "rsync", "sftp"}, tool)
}

// starter is what the commands of one tool start.
type starter struct {
	follows bool     // each of them only starts others, which are followed
	own     []string // the variables that it uses itself
}

// started notes whether a command only starts others, which are followed: its own environment is
// for them.
func (t *tools) started(command model.Command, d deploy.Delivery, ok bool) {
	if len(command.Args) == 0 || command.Args[0].State != model.Known {
		return
	}
	name := toolName(command.Args[0].Text.Reveal())
	before, seen := t.starters[name]
	follows := ok && len(d.Inner) > 0 && len(d.Problems) == 0
	t.starters[name] = starter{follows: follows && (before.follows || !seen), own: append(before.own, d.Own...)}
}

// standsIn reports whether a command uses nothing of its environment, or little.
func (t *tools) standsIn(c model.Consumer, name string) bool {
	switch {
	case c.Kind != model.ConsumerProcess || c.Self:
		return false
	case c.StandsIn, carries(name), worksOnCluster(name), t.starters[name].follows:
		return true
	}
	return false
}

// unshown says why nothing shows who receives a key that stands in a tool's environment.
func (t *tools) unshown(name string) string {
	switch {
	case worksOnCluster(name) && t.unfollowed[name]:
		return ""
	case t.starters[name].follows:
		return "nothing that it starts is shown to use it"
	case t.unfollowed[name], !onlyHandsOn(name):
		return "what it deploys is not followed"
	}
	return model.NotNamed
}

// logins are the variables that a tool uses itself.
func (t *tools) logins(name string, env model.Env) []string {
	out := t.starters[name].own
	for _, variable := range env.Names() {
		if logsInWith(name, variable) || t.starters[name].follows && isCloudCredential(variable) {
			out = append(out, variable)
		}
	}
	return out
}

// isCloudCredential reports whether a command may log in with a variable, rather than hand it on.
func isCloudCredential(variable string) bool {
	return variable != "STRIPE_API_KEY" && isProviderCredential(variable)
}
