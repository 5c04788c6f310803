package azure

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
)

// webApp is a task that sets the settings of an app service, as `az webapp` would.
func webApp(kind string) func(*agent, context.Context, *stepRun) error {
	return func(a *agent, ctx context.Context, s *stepRun) error {
		settings := a.settings(s)
		app := a.input(s, "appName", "WebAppName")
		if len(settings) == 0 {
			return nil
		}
		kind := kind
		if strings.Contains(strings.ToLower(a.input(s, "appType", "WebAppKind").String()), "function") {
			kind = "functionapp"
		}
		words := append(plainWords(s.at, "az", kind, "config", "appsettings", "set", "--name"), app)
		if group := a.input(s, "resourceGroupName", "ResourceGroupName"); group.String() != "" {
			words = append(append(words, plainWords(s.at, "--resource-group")...), group)
		}
		if slot := a.input(s, "slotName", "SlotName"); slot.String() != "" && !strings.EqualFold(slot.String(), "production") {
			words = append(append(words, plainWords(s.at, "--slot")...), slot)
		}
		words = append(words, plainWords(s.at, "--settings")...)
		return a.line(ctx, s, append(words, settings...)...)
	}
}

// settings reads appSettings, as NAME=value: a row of -NAME value, or JSON.
func (a *agent) settings(s *stepRun) []tree.Text {
	t := a.input(s, "appSettings", "AppSettings")
	if strings.HasPrefix(strings.TrimSpace(t.String()), "[") {
		return a.jsonSettings(s, t)
	}
	var out []tree.Text
	list := words(t)
	for i := 0; i < len(list); i++ {
		m := dashSetting().FindStringSubmatch(list[i].String())
		if m == nil {
			continue
		}
		value := tree.Text{}
		if i+1 < len(list) && dashSetting().FindString(list[i+1].String()) == "" {
			i++
			value = list[i]
		}
		out = append(out, tree.Join(tree.Pasted(m[1]+"=", s.at), value))
	}
	return out
}

func (a *agent) jsonSettings(s *stepRun, t tree.Text) []tree.Text {
	text := t.String()
	var out []tree.Text
	for _, o := range jsonObject().FindAllStringIndex(text, -1) {
		name := jsonName().FindStringSubmatch(text[o[0]:o[1]])
		v := jsonValue().FindStringSubmatchIndex(text[o[0]:o[1]])
		if name == nil || v == nil {
			a.fail(t.At(o[0], o[1]), "write {\"name\": …, \"value\": …}", "a setting without a name and a value")
			continue
		}
		from, to := v[2], v[3]
		if from < 0 {
			from, to = v[4], v[5]
		}
		value := t.Slice(o[0]+from, o[0]+to)
		if raw := value.String(); strings.Contains(raw, `\`) {
			value = a.unquoted(s, value)
		}
		out = append(out, tree.Join(tree.Pasted(name[1]+"=", s.at), value))
	}
	return out
}

// unquoted is a text of JSON without its escapes.
func (a *agent) unquoted(s *stepRun, t tree.Text) tree.Text {
	hop := a.hop(t.At(0, len(t.String())), "app setting")
	if u, unknown := t.Unknown(); unknown {
		return tree.Of(u, hop.At)
	}
	var text string
	if err := json.Unmarshal([]byte(`"`+t.String()+`"`), &text); err != nil {
		return tree.Of(model.UnknownBecause(model.WhyUnsupported, "valid JSON", model.Trail{}.Append(hop)), hop.At)
	}
	return t.Map(func(string) string { return text })
}

func (a *agent) containerApp(ctx context.Context, s *stepRun) error {
	list := words(a.input(s, "environmentVariables"))
	app := a.input(s, "containerAppName")
	if len(list) == 0 {
		return nil
	}
	all := append(plainWords(s.at, "az", "containerapp", "update", "--name"), app)
	all = append(all, plainWords(s.at, "--set-env-vars")...)
	return a.line(ctx, s, append(all, list...)...)
}

// helm is HelmDeploy: it puts its options in front of the release and the chart.
func (a *agent) helm(ctx context.Context, s *stepRun) error {
	command := a.input(s, "command").String()
	if command != "upgrade" && command != "install" {
		return nil
	}
	all := plainWords(s.at, "helm", command)
	option := func(flag string, t tree.Text) {
		if t.String() != "" {
			all = append(append(all, plainWords(s.at, flag)...), t)
		}
	}
	option("--namespace", a.input(s, "namespace"))
	if command == "upgrade" && !strings.EqualFold(a.input(s, "install").String(), "false") {
		all = append(all, plainWords(s.at, "--install")...)
	}
	if strings.EqualFold(a.input(s, "resetValues").String(), "true") {
		all = append(all, plainWords(s.at, "--reset-values")...)
	}
	option("--values", a.input(s, "valueFile"))
	for i, one := range lines(a.input(s, "overrideValues")) {
		if i == 0 {
			all = append(all, plainWords(s.at, "--set")...)
			all = append(all, words(one)...)
			continue
		}
		last := len(all) - 1
		all[last] = tree.Join(append([]tree.Text{all[last], tree.Pasted(",", s.at)}, words(one)...)...)
	}
	all = append(all, words(a.input(s, "arguments"))...)
	release := a.input(s, "releaseName")
	if release.String() == "" {
		release = tree.Of(a.ofRun("the number of the build, which the release is called by", s.at), s.at)
	}
	all = append(all, release)
	chart := a.input(s, "chartName")
	if strings.EqualFold(a.input(s, "chartType").String(), "FilePath") {
		chart = a.input(s, "chartPath")
	}
	all = append(all, chart)
	option("--version", a.input(s, "version", "chartVersion"))
	return a.line(ctx, s, all...)
}

// manifest is KubernetesManifest.
func (a *agent) manifest(ctx context.Context, s *stepRun) error {
	namespace := func(all []tree.Text) []tree.Text {
		if t := a.input(s, "namespace"); t.String() != "" {
			return append(append(all, plainWords(s.at, "--namespace")...), t)
		}
		return all
	}
	switch strings.ToLower(a.input(s, "action").String()) {
	case "", "deploy", "promote":
		for _, file := range lines(s.inputs["manifests"]) {
			if err := a.applies(ctx, s, file, namespace); err != nil {
				return err
			}
		}
	case "createsecret":
		all := append(plainWords(s.at, "kubectl", "create", "secret", "generic"), a.input(s, "secretName"))
		if strings.EqualFold(a.input(s, "secretType").String(), "generic") {
			return a.line(ctx, s, namespace(append(all, words(a.input(s, "secretArguments"))...))...)
		}
	case "bake":
		a.bake(s, namespace)
	}
	return nil
}

// applies applies one file, or what an earlier step rendered.
func (a *agent) applies(ctx context.Context, s *stepRun, file tree.Text, namespace func([]tree.Text) []tree.Text) error {
	if name, ok := strings.CutPrefix(file.String(), "$("); ok {
		if baked, ok := a.baked[strings.ToLower(strings.TrimSuffix(name, ")"))]; ok {
			return a.line(ctx, s, baked...)
		}
	}
	put, _ := a.replaced(file, nil)
	return a.line(ctx, s, namespace(append(plainWords(s.at, "kubectl", "apply", "-f"), put))...)
}

// bake remembers what a step renders, until it is applied.
func (a *agent) bake(s *stepRun, namespace func([]tree.Text) []tree.Text) {
	if s.name == "" {
		return
	}
	key := strings.ToLower(s.name) + ".manifestsbundle"
	switch strings.ToLower(a.input(s, "renderType").String()) {
	case "", "helm", "helm2":
		release := a.input(s, "releaseName")
		if release.String() == "" {
			release = tree.Of(a.ofRun("the name of the release", s.at), s.at)
		}
		all := append(plainWords(s.at, "helm", "upgrade", "--install"), release, a.input(s, "helmChart"))
		for _, file := range lines(a.input(s, "overrideFiles")) {
			all = append(append(all, plainWords(s.at, "--values")...), file)
		}
		for _, one := range lines(a.input(s, "overrides")) {
			at := strings.IndexByte(one.String(), ':')
			if at < 0 {
				continue
			}
			set := tree.Join(one.Slice(0, at).Trim(), tree.Pasted("=", s.at), one.Slice(at+1, len(one.String())).Trim())
			all = append(append(all, plainWords(s.at, "--set")...), set)
		}
		a.baked[key] = namespace(all)
	case "kustomize":
		a.baked[key] = namespace(append(plainWords(s.at, "kubectl", "apply", "-k"), a.input(s, "kustomizationPath")))
	}
}

// kubectl is the task Kubernetes.
func (a *agent) kubectl(ctx context.Context, s *stepRun) error {
	var all []tree.Text
	if t := a.input(s, "namespace"); t.String() != "" {
		all = append(plainWords(s.at, "--namespace"), t)
	}
	with := func(first []tree.Text, more ...tree.Text) []tree.Text {
		return append(append(append([]tree.Text{}, first...), all...), more...)
	}
	if secret := a.input(s, "secretName"); secret.String() != "" && strings.EqualFold(a.input(s, "secretType").String(), "generic") {
		more := append([]tree.Text{secret}, words(a.input(s, "secretArguments"))...)
		if err := a.line(ctx, s, with(plainWords(s.at, "kubectl", "create", "secret", "generic"), more...)...); err != nil {
			return err
		}
	}
	if name := a.input(s, "configMapName"); name.String() != "" {
		more := append([]tree.Text{name}, words(a.input(s, "configMapArguments"))...)
		if strings.EqualFold(a.input(s, "useConfigMapFile").String(), "true") {
			more = []tree.Text{name, tree.Join(tree.Pasted("--from-file=", s.at), a.input(s, "configMapFile"))}
		}
		if err := a.line(ctx, s, with(plainWords(s.at, "kubectl", "create", "configmap"), more...)...); err != nil {
			return err
		}
	}
	command := a.input(s, "command")
	if c := command.String(); c == "" || c == "login" || c == "logout" {
		return nil
	}
	more := words(a.input(s, "arguments"))
	if strings.EqualFold(a.input(s, "useConfigurationFile").String(), "true") {
		if strings.EqualFold(a.input(s, "configurationType").String(), "inline") {
			a.doubt(model.UnknownBecause(model.WhyUnsupported, "manifests that stand in a file", model.Trail{}.Append(a.hop(s.at, "inline manifest"))))
			a.fail(s.at, "write the manifest into a file of the repository", "a manifest within the pipeline is not followed")
			return nil
		}
		more = append(append(plainWords(s.at, "-f"), a.input(s, "configuration")), more...)
	}
	return a.line(ctx, s, append(with(append(plainWords(s.at, "kubectl"), command)), more...)...)
}

func (a *agent) docker(ctx context.Context, s *stepRun) error {
	command := strings.ToLower(a.input(s, "command").String())
	if command != "build" && command != "buildandpush" && command != "" {
		return nil
	}
	file := a.input(s, "Dockerfile")
	if file.String() == "" {
		file = tree.Pasted("Dockerfile", s.at)
	}
	if strings.Contains(file.String(), "*") {
		file = tree.Of(a.ofRun("the Dockerfile that the pattern finds", s.at), s.at)
	}
	all := append(plainWords(s.at, "docker", "build", "-f"), file)
	if command == "build" {
		all = append(all, words(a.input(s, "arguments"))...)
	}
	context := a.input(s, "buildContext")
	if c := context.String(); c == "" || strings.Contains(c, "*") {
		context = tree.Pasted(".", s.at)
	}
	return a.line(ctx, s, append(all, context)...)
}

func (a *agent) compose(ctx context.Context, s *stepRun) error {
	all := plainWords(s.at, "docker", "compose")
	for _, file := range append(lines(a.input(s, "dockerComposeFile")), lines(a.input(s, "additionalDockerComposeFiles"))...) {
		all = append(append(all, plainWords(s.at, "-f")...), file)
	}
	switch strings.ToLower(a.input(s, "action").String()) {
	case "run services":
		return a.line(ctx, s, append(all, plainWords(s.at, "up", "-d")...)...)
	case "run a docker compose command", "":
		return a.line(ctx, s, append(append(all, words(a.input(s, "dockerComposeCommand"))...), words(a.input(s, "arguments"))...)...)
	}
	return nil
}

func (a *agent) terraform(ctx context.Context, s *stepRun) error {
	command := a.input(s, "command").String()
	if command != "apply" && command != "plan" {
		return nil
	}
	all := append(plainWords(s.at, "terraform", command), words(a.input(s, "commandOptions", "args"))...)
	return a.line(ctx, s, all...)
}
