package gitops

import (
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
)

// environment replaces $NAME in a value as Argo CD does with the variables that it knows
// itself. A name that it does not know is replaced by nothing.
func (a *app) environment(v model.Value, source *yaml.Node) model.Value {
	if !mentions(v, "$") {
		return v
	}
	var unknown *model.Value
	var pieces []model.Value
	for _, p := range partsOf(v) {
		if p.State != model.Known || !strings.Contains(p.Text.Reveal(), "$") {
			pieces = append(pieces, p)
			continue
		}
		var trails = []model.Trail{p.Trail}
		text := os.Expand(p.Text.Reveal(), func(name string) string {
			found := a.variable(name, source)
			if found.State == model.Unknown {
				unknown = &found
			}
			trails = append(trails, found.Trail)
			return found.Text.Reveal()
		})
		p = plain(text)
		p.Trail = model.Join(trails...)
		pieces = append(pieces, p)
	}
	if unknown != nil {
		return model.UnknownBecause(unknown.Why, unknown.Needs, model.Join(v.Trail, unknown.Trail))
	}
	return joined(pieces)
}

func mentions(v model.Value, text string) bool {
	for _, p := range partsOf(v) {
		if strings.Contains(p.Text.Reveal(), text) {
			return true
		}
	}
	return false
}

// variable is one that Argo CD sets while it renders.
func (a *app) variable(name string, source *yaml.Node) model.Value {
	var v model.Value
	switch name {
	case "$":
		return plain("$")
	case "ARGOCD_APP_NAME":
		v = a.name
	case "ARGOCD_APP_NAMESPACE":
		v = a.field(a.spec, "destination", "namespace")
	case "ARGOCD_APP_PROJECT_NAME":
		v = a.field(a.spec, "project")
	case "ARGOCD_APP_SOURCE_PATH":
		v = a.field(source, "path")
	case "ARGOCD_APP_SOURCE_REPO_URL":
		v = a.field(source, "repoURL")
	case "ARGOCD_APP_SOURCE_TARGET_REVISION":
		v = a.field(source, "targetRevision")
	default:
		if strings.HasPrefix(name, "ARGOCD_") || strings.HasPrefix(name, "KUBE_") {
			return model.UnknownBecause(model.WhyRemoteState, "what Argo CD sets "+name+" to", model.Trail{})
		}
		return plain("")
	}
	if v.State == model.Absent {
		return plain("")
	}
	return v
}
