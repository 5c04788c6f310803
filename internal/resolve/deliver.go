package resolve

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/engine/helm"
	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/engine/kustomize"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/sops"
	"github.com/keyfit/keyfit/internal/strict"
)

// applyTo puts into a cluster what one command delivers to it.
func (t *tools) applyTo(ctx context.Context, d deploy.Delivery) error {
	t.choose(d)
	for _, c := range d.Composes {
		t.compose(c, d)
	}
	c := t.kube.of(d.Cluster)
	for _, gone := range d.Deletes {
		if name := gone.Name; name.State == model.Known {
			c.Delete(gone.Kind, t.kube.in(c, gone.Namespace), name.Text.Reveal())
			t.touched(d)
		}
	}
	for _, edit := range d.Edits {
		if edit.Tool == "kustomize" {
			t.kube.edits = append(t.kube.edits, kustomize.Edit{At: edit.At, Dir: edit.Dir, Args: edit.Args})
		}
	}
	t.walk.keep(d)
	for _, s := range d.Store {
		t.store(c, s, d)
	}
	for _, m := range d.Manifests {
		if err := t.manifests(ctx, c, m, d); err != nil {
			return err
		}
	}
	for _, chart := range d.Charts {
		if err := t.release(ctx, c, chart, d); err != nil {
			return err
		}
	}
	for _, m := range d.Modules {
		if err := t.module(ctx, c, m, d); err != nil {
			return err
		}
	}
	return nil
}

// choose remembers which cluster and namespace later commands work on.
func (t *tools) choose(d deploy.Delivery) {
	for _, s := range d.Selections {
		switch {
		case s.Kind == "workspace":
			t.modules.selectWorkspace(s, d.Perhaps)
		case s.Tool != "kubectl":
		case s.Kind == "context":
			t.kube.current = clusterID([]model.Value{s.Name})
		case s.Kind == "namespace":
			t.kube.of(nil).namespace = s.Name
		}
	}
}

// touched and unknown tell what became of a tool's delivery: the tool itself receives nothing
// of what it hands on, unless nobody can tell to whom.
func (t *tools) touched(d deploy.Delivery) { t.walk.applies, t.followed = true, true }

func (t *tools) unknown(d deploy.Delivery) { t.unfollowed[toolName(d.Tool)] = true }

// leave notes what is deployed and not in the repository.
func (t *tools) leave(d deploy.Delivery, problem model.Problem, needs string) {
	followed := t.applies
	t.lose(problem, needs)
	t.applies = followed // the tool itself stands for it
	t.unknown(d)
}

func toolName(command string) string {
	name, _, _ := strings.Cut(path.Base(command), "#")
	return name
}

// store keeps one key that a command put into a Secret or a ConfigMap.
func (t *tools) store(c *cluster, s deploy.Stored, d deploy.Delivery) {
	kind := map[string]string{"kubernetes-secret": "Secret", "kubernetes-configmap": "ConfigMap"}[s.Store]
	if kind == "" {
		return
	}
	c.Put(kube.Stored{At: s.At, Kind: kind, Namespace: t.kube.in(c, absentUnlessSaid(s.Namespace)), Name: s.Name, Key: s.Key, Value: s.Value, Create: s.Create})
	t.touched(d)
}

// absentUnlessSaid is a namespace of which the zero value says nothing.
func absentUnlessSaid(v model.Value) model.Value {
	if v.State == model.Unknown && v.Why == model.WhyNone {
		return model.Value{State: model.Absent}
	}
	return v
}

// release follows one Helm chart of a command.
func (t *tools) release(ctx context.Context, c *cluster, chart deploy.Chart, d deploy.Delivery) error {
	if chart.Chart.State != model.Known {
		t.leave(d, model.Problem{At: chart.At, Message: "which chart is deployed is not known, expected one in the repository", Fix: "write its path out"}, needsChart)
		return nil
	}
	name := chart.Chart.Text.Reveal()
	at := name
	if !path.IsAbs(name) {
		at = path.Join(chart.Dir, name)
	}
	problem := missingChart(d.Files, at, name, chart.At)
	if chart.Repo.State != model.Absent {
		problem = missingChart(d.Files, at, "://", chart.At)
	}
	if problem != nil {
		t.leave(d, *problem, needsChart)
		return nil
	}
	if cleaned, err := t.walk.files.Clean(at); err == nil {
		at = cleaned
	}
	step := helm.Step{
		Files: d.Files, At: chart.At, Dir: chart.Dir, Chart: at, Release: chart.Release, Namespace: chart.Namespace,
		ReuseValues: chart.ReuseValues, Doubt: chart.Doubt,
		Occasion: occasionOf(chart), Offline: chart.Offline, KubeVersion: chart.KubeVersion, APIVersions: chart.APIVersions,
		AgeKey: ageKey(chart.Env),
	}
	for _, v := range chart.Values {
		step.Values = append(step.Values, t.valuesArg(chart, v, d))
	}
	t.touched(d)
	return t.chart(ctx, c, step, nil, 0)
}

func occasionOf(chart deploy.Chart) helm.Occasion {
	switch chart.Occasion {
	case deploy.ChartInstall:
		return helm.Install
	case deploy.ChartUpgrade:
		return helm.Upgrade
	}
	return helm.InstallOrUpgrade
}

// ageKey is the identity that `helm secrets` hands to sops, unless it decrypts with
// something else.
func ageKey(env model.Env) model.Value {
	backend := env.Get("HELM_SECRETS_BACKEND")
	if backend.State == model.Unknown || backend.State == model.Known && backend.Text.Reveal() != "sops" {
		return model.Value{State: model.Absent}
	}
	return env.Get(sops.Variable)
}

// valuesArg is one source of values. A file that the script has written is the text that
// it wrote, with the places that it came from.
func (t *tools) valuesArg(chart deploy.Chart, v deploy.ValuesArg, d deploy.Delivery) helm.Arg {
	arg := helm.Arg{Flag: v.Flag, Text: v.Text, Encrypted: v.Encrypted, Inline: v.Inline}
	if v.Flag != "values" || v.Inline || v.Text.State != model.Known {
		return arg
	}
	if file, ok := d.Files.(*view).written(joined(chart.Dir, v.Text.Text.Reveal())); ok {
		arg.Text, arg.Inline = deploy.Recall(chart.Env, file.Value), true
	}
	return arg
}

func joined(dir, name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(dir, name)
}

// manifests follows what `kubectl apply` and the like apply.
func (t *tools) manifests(ctx context.Context, c *cluster, m deploy.Manifests, d deploy.Delivery) error {
	in := kube.Input{Namespace: t.kube.in(c, m.Namespace), NamespaceForced: m.Namespace.State == model.Known, Doubt: m.Doubt}
	for _, p := range m.Paths {
		if p.State != model.Known {
			t.problems = append(t.problems, model.Problem{At: m.At, Message: "which manifests are applied is not known, expected files in the repository", Fix: "write their paths out"})
			u := model.UnknownBecause(p.Why, p.Needs, p.Trail)
			t.anything(c, in, u, d)
			continue
		}
		if err := t.manifest(ctx, c, m, p.Text.Reveal(), in, d); err != nil {
			return err
		}
	}
	return nil
}

// anything applies what nobody can tell.
func (t *tools) anything(c *cluster, in kube.Input, why model.Value, d deploy.Delivery) {
	in.Documents, in.Doubt = nil, &why
	t.apply(c, in, 0)
	if t.walk.lost == nil {
		t.walk.lost = &why
	}
	t.unknown(d)
}

func (t *tools) manifest(ctx context.Context, c *cluster, m deploy.Manifests, name string, in kube.Input, d deploy.Delivery) error {
	at := joined(m.Dir, name)
	switch {
	case m.Kustomize && strings.Contains(name, "://"):
		t.remote(m, "kustomization", d)
	case m.Kustomize:
		if cleaned, err := t.walk.files.Clean(at); err == nil {
			at = cleaned
		}
		step := kustomize.Step{Files: d.Files, At: m.At, Dir: at, LoadRestrictionsNone: m.Unrestricted, EnableHelm: m.Inflate}
		if problem := missingDir(step); problem != nil {
			t.leave(d, *problem, needsOverlay)
			return nil
		}
		t.touched(d)
		return t.overlay(ctx, c, step, in, 0)
	case name == "-" || name == "/dev/stdin":
		t.piped(c, m, in, d)
	case strings.Contains(name, "://"):
		t.remote(m, "file", d)
	default:
		t.paths(c, m, at, in, d)
	}
	return nil
}

func (t *tools) remote(m deploy.Manifests, what string, d deploy.Delivery) {
	t.leave(d, model.Problem{
		At: m.At, Message: "a " + what + " that is applied here is not in the repository, so what it deploys is not known", Fix: "keep a copy in the repository",
	}, needsManifests)
}

// piped applies what a script pipes into a command.
func (t *tools) piped(c *cluster, m deploy.Manifests, in kube.Input, d deploy.Delivery) {
	if m.Stdin.State == model.Absent {
		return
	}
	text, ok := textOf(deploy.Recall(m.Env, m.Stdin), m.At)
	if !ok {
		t.anything(c, in, lostText(m.Stdin), d)
		return
	}
	in.Documents = []origin.Document{{Name: "standard input", Text: text}}
	t.touched(d)
	t.apply(c, in, 0)
}

// paths applies a file or a directory.
func (t *tools) paths(c *cluster, m deploy.Manifests, at string, in kube.Input, d deploy.Delivery) {
	if cleaned, err := t.walk.files.Clean(at); err == nil {
		at = cleaned
	}
	names, err := manifestsAt(d.Files, at, m.Recursive)
	if err != nil || len(names) == 0 {
		t.leave(d, model.Problem{
			At: m.At, Message: fmt.Sprintf("the manifests %s are not in the repository, so what they deploy is not known", strict.Path(at)), Fix: "correct the path, or create them in an earlier step",
		}, needsManifests)
		return
	}
	for _, name := range names {
		t.file(c, m, name, in, d)
	}
}

func (t *tools) file(c *cluster, m deploy.Manifests, name string, in kube.Input, d deploy.Delivery) {
	if file, ok := d.Files.(*view).written(name); ok {
		text, ok := textOf(deploy.Recall(m.Env, file.Value), m.At)
		if !ok {
			t.anything(c, in, lostText(file.Value), d)
			return
		}
		in.Documents = []origin.Document{{Name: name, Text: text}}
	} else {
		documents, problems := read(d.Files, []string{name}, m.At)
		t.problems = append(t.problems, problems...)
		in.Documents = documents
	}
	t.touched(d)
	t.apply(c, in, 0)
}

// changes takes over what commands change in workloads that are applied already, and gives
// the other consumers of a delivery.
func (t *tools) changes(d deploy.Delivery) []model.Consumer {
	var out []model.Consumer
	c := t.kube.of(d.Cluster)
	for _, consumer := range d.Consumers {
		if consumer.Kind != model.ConsumerKubernetes || !d.Partial {
			out = append(out, consumer)
			continue
		}
		namespace := model.Value{State: model.Absent}
		if consumer.Namespace != "" {
			namespace = model.KnownText(consumer.Namespace, model.Hop{})
		}
		change := kube.EnvChange{At: consumer.At, Namespace: t.kube.in(c, namespace), Container: consumer.Container}
		if strings.Contains(consumer.Workload, "/") {
			change.Workload = consumer.Workload
		}
		for name, v := range consumer.Env.All() {
			change.Vars = append(change.Vars, kube.EnvSet{Name: name, Value: v})
		}
		if rest := consumer.Env.Rest(); rest.State == model.Unknown && rest.Needs != deploy.Kept(consumer.Workload) {
			change.Rest = &rest
		}
		c.SetEnv(change)
		c.changed = append(c.changed, changed{consumer})
		t.touched(d)
	}
	return out
}

// textOf is the text of a value as manifests, each piece with its own origin: at, where it
// has no other. A piece that is not known stands for one text on its line; where it may be
// whole lines, nothing of the text is known.
func textOf(v model.Value, at pos.Span) (origin.Text, bool) {
	pieces := v.Parts
	if len(pieces) == 0 {
		if v.State != model.Known {
			return origin.Text{}, false
		}
		pieces = []model.Value{v}
	}
	var m origin.Marks
	var b strings.Builder
	line := "" // what stands on the last line so far
	for _, p := range pieces {
		text := p.Text.Reveal()
		switch {
		case p.State == model.Absent:
			continue
		case p.State == model.Unknown && strings.TrimLeft(line, " ") == "":
			return origin.Text{}, false
		case p.State == model.Unknown:
			text = placeholder
		case !origin.CanMark(text):
			return origin.Text{}, false
		}
		if p.Trail.IsEmpty() && p.State == model.Known {
			p = p.Via(model.Hop{At: at, Kind: model.KindShell, What: "text of the script", Literal: true})
		}
		line += text
		line = line[strings.LastIndexByte(line, '\n')+1:]
		b.WriteString(origin.Wrap(m.Add(p), text))
	}
	return origin.FromMarked(b.String(), &m), true
}

// placeholder stands for a text that is not known.
const placeholder = "unknown"

// lostText says why nothing of a text is known.
func lostText(v model.Value) model.Value {
	if v.State != model.Unknown || v.Why == model.WhyNone {
		return model.UnknownBecause(model.WhyUnsupported, "manifests that are text", v.Trail)
	}
	return model.UnknownBecause(v.Why, v.Needs, v.Trail)
}
