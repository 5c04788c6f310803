package resolve

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// receiving leaves out the tools that only hand on to a cluster what they are given: what
// they deliver is followed, and their own environment reaches nobody.
func (t *tools) receiving(consumers []model.Consumer) []model.Consumer {
	consumers = t.standingIn(t.evaluated(consumers))
	if !t.followed {
		return consumers
	}
	return slices.DeleteFunc(consumers, func(c model.Consumer) bool {
		name := toolName(c.Workload)
		return c.Kind == model.ConsumerProcess && handsOn(name) && !t.unfollowed[name]
	})
}

// standingIn marks the tools that hand on what they are given, each of which stands for what it
// deploys: whether that receives a key from the tool's environment is not known.
func (t *tools) standingIn(consumers []model.Consumer) []model.Consumer {
	out := slices.Clone(consumers)
	for i, c := range out {
		if name := toolName(c.Workload); t.standsIn(c, name) {
			out[i].StandsIn, out[i].Unshown, out[i].Logins = true, t.unshown(name), t.logins(name, c.Env)
		}
	}
	return out
}

// worksOnCluster names the tools that nobody gives a key but for what they deploy.
func worksOnCluster(tool string) bool {
	return slices.Contains([]string{"helm", "helm3", "helmfile", "kubectl", "oc", "microk8s.kubectl", "kustomize"}, tool)
}

// evaluated leaves of the commands of terraform only what they log in with, when what they
// deploy is known.
func (t *tools) evaluated(consumers []model.Consumer) []model.Consumer {
	var out []model.Consumer
	for _, c := range consumers {
		name, keep := toolName(c.Workload), true
		if c.Kind == model.ConsumerProcess && isModuleTool(name) && t.modular[name] && !t.unfollowed[name] {
			c, keep = loggedIn(c)
		}
		if keep {
			out = append(out, c)
		}
	}
	return out
}

// handsOn names the tools that work on a cluster, or make the images for it.
func handsOn(tool string) bool {
	return slices.Contains([]string{
		"helm", "helm3", "helmfile", "kubectl", "oc", "microk8s.kubectl", "kustomize", "kubectx", "kubens",
		"docker", "podman", "nerdctl",
	}, tool)
}

// chosenCluster tells commands that log in to a cluster: what comes after them goes there.
func chosenCluster(command model.Command) (model.Value, bool) {
	words := make([]string, len(command.Args))
	for i, a := range command.Args {
		if a.State == model.Known {
			words[i] = a.Text.Reveal()
		}
	}
	if len(words) == 0 || command.Open > 0 {
		return model.Value{}, false
	}
	words[0] = path.Base(words[0])
	for _, login := range logins() {
		if len(words) <= len(login) || !slices.Equal(words[:len(login)], login) {
			continue
		}
		for _, a := range command.Args[len(login):] {
			if a.State != model.Known {
				return model.UnknownBecause(a.Why, a.Needs, a.Trail), true
			}
		}
		return model.Value{State: model.Known, Text: secret.New(strings.Join(words, " "))}, true
	}
	return model.Value{}, false
}

func logins() [][]string {
	return [][]string{
		{"aws", "eks", "update-kubeconfig"}, {"gcloud", "container", "clusters", "get-credentials"}, {"az", "aks", "get-credentials"},
		{"doctl", "kubernetes", "cluster", "kubeconfig", "save"}, {"oc", "login"}, {"kubectx"}, {"tsh", "kube", "login"},
	}
}
