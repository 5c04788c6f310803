package jenkins

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
)

// pod puts the scripts into the containers of a pod: those that the manifest declares, with
// the variables that it sets.
func (m *machine) pod(n *node, sc *scope) {
	get := func(name string) value {
		if b := n.body(); b != nil && section(b, name) != nil {
			return m.eval(section(b, name).position(0), sc)
		}
		if k := n.named(name); k != nil {
			return m.eval(k, sc)
		}
		return nullValue()
	}
	manifest, known := get("yaml").words()
	if file, ok := m.pathOf(get("yamlFile")); ok && !known {
		data, err := m.in.Files.Read(file)
		manifest, known = string(data), err == nil
	}
	main, _ := get("defaultContainer").words()
	if main == "" {
		main = "jnlp"
	}
	m.at.pods = map[string]*container{}
	if known && len(manifest) <= maxRead {
		m.containers(manifest, n)
	}
	m.at.box = m.podContainer(main, n)
}

// podContainer is a container of the pod by its name.
func (m *machine) podContainer(name string, n *node) *container {
	if box := m.at.pods[name]; box != nil {
		return box
	}
	return &container{rest: model.UnknownBecause(model.WhyRemoteState, "what the pod of the agent sets", m.trail(n))}
}

// podManifest is what is read of a pod.
type podManifest struct {
	Spec struct {
		Containers []struct {
			Name string `yaml:"name"`
			Env  []struct {
				Name  string    `yaml:"name"`
				Value yaml.Node `yaml:"value"`
			} `yaml:"env"`
		} `yaml:"containers"`
	} `yaml:"spec"`
}

func (m *machine) containers(manifest string, n *node) {
	var pod podManifest
	if yaml.Unmarshal([]byte(manifest), &pod) != nil || len(pod.Spec.Containers) > maxCells {
		return
	}
	for _, c := range pod.Spec.Containers {
		box := &container{rest: model.UnknownBecause(model.WhyRemoteState, model.ImageSets, m.trail(n))}
		for _, e := range c.Env {
			hop := m.hop(n, "pod", e.Name)
			v := model.UnknownBecause(model.WhyKubeSecret, "what the cluster of the agent keeps", model.Trail{}.Append(hop))
			if e.Value.Kind == yaml.ScalarNode && e.Value.ShortTag() == "!!str" && !strings.Contains(e.Value.Value, "$(") {
				hop.Literal = true
				v = model.KnownText(e.Value.Value, hop)
			}
			box.vars = append(box.vars, binding{name: e.Name, value: v})
		}
		m.at.pods[c.Name] = box
	}
}
