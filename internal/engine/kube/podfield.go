package kube

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// fieldRef reads a field of the pod itself.
func (a *applying) fieldRef(o object, template, x node, hop model.Hop) model.Value {
	field := x.field("fieldPath")
	path, gap := field.term("the path of the field")
	if gap != nil {
		return x.passed(gap.Via(hop))
	}
	hop.At = field.spot()
	meta := template.field("metadata")
	switch {
	case path == "metadata.name" && o.kind == "Pod" && o.nameless == nil && !strings.HasSuffix(o.name, "*"):
		return meta.field("name").value(field.origHop(o)).Via(hop)
	case path == "metadata.namespace" && o.field("metadata").field("namespace").there():
		return o.field("metadata").field("namespace").value(field.origHop(o)).Via(hop)
	case path == "metadata.namespace" && o.namespace != "" && o.nameless == nil:
		hop.What += " from the namespace"
		return x.doubted(x.passed(model.KnownText(o.namespace, hop)))
	case path == "spec.serviceAccountName" && template.get("spec", "serviceAccountName").there():
		return template.get("spec", "serviceAccountName").value(field.origHop(o)).Via(hop)
	}
	for _, of := range []string{"labels", "annotations"} {
		name, ok := strings.CutPrefix(path, "metadata."+of+"['")
		if name, closed := strings.CutSuffix(name, "']"); ok && closed && meta.field(of).field(name).there() {
			return meta.field(of).field(name).value(field.origHop(o)).Via(hop)
		}
	}
	return x.passed(model.UnknownBecause(model.WhyRemoteState, "the running pod", model.Trail{}.Append(hop)))
}

// origHop is the hop of a field of the pod that a variable repeats.
func (x node) origHop(o object) model.Hop {
	return model.Hop{Kind: model.KindManifest, What: "a field of " + o.title()}
}

// annotations reads what announces that others change the pod.
func (a *applying) annotations(o object, template node, p *pod) {
	const bank, agent = "vault.security.banzaicloud.io/", "vault.hashicorp.com/"
	injects := false
	named, dirs, paths := map[string]node{}, map[string]string{}, map[string]string{}
	for _, e := range template.get("metadata", "annotations").pairs() {
		if strings.HasPrefix(e.name, bank) {
			p.webhook = true
		}
		name, ok := strings.CutPrefix(e.name, agent)
		if !ok {
			continue
		}
		text, _ := e.value.term("the annotation")
		switch {
		case name == "agent-inject":
			injects = text != "false"
		case strings.HasPrefix(name, "agent-inject-secret-"):
			named[strings.TrimPrefix(name, "agent-inject-secret-")] = e.value
		case strings.HasPrefix(name, "agent-inject-file-"):
			paths[strings.TrimPrefix(name, "agent-inject-file-")] = text
		case strings.HasPrefix(name, "secret-volume-path"):
			dirs[strings.TrimPrefix(strings.TrimPrefix(name, "secret-volume-path"), "-")] = text
		}
	}
	if injects {
		p.injected = agentFiles(o, named, dirs, paths)
	}
}
