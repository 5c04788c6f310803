package resolve

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/engine/helm"
	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/engine/kustomize"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// helmStep follows a `helm:` step.
func (w *walk) helmStep(ctx context.Context, h *config.Helm) error {
	step := helm.Step{
		Files: w.files, At: h.At, Dir: w.dir, Chart: path.Join(w.dir, h.Chart.Value),
		Release: written(h.Release, "release"), Namespace: written(h.Namespace, "namespace"),
		KubeVersion: h.KubeVersion.Value,
	}
	if step.Release.State == model.Absent {
		what := "release"
		if h.Guessed {
			what = guessedRelease
		}
		step.Release = model.KnownText(path.Base(step.Chart), model.Hop{At: h.Chart.Span, Kind: model.KindDefault, What: what})
	}
	for _, v := range h.APIVersions {
		step.APIVersions = append(step.APIVersions, v.Value)
	}
	for _, file := range h.Values {
		step.Values = append(step.Values, helm.Arg{Flag: "values", Text: written(file, "values")})
	}
	for _, group := range []struct {
		flag string
		list config.Assignments
	}{{"set", h.Set}, {"set-string", h.SetString}, {"set-file", h.SetFile}} {
		for _, a := range group.list {
			step.Values = append(step.Values, helm.Arg{Flag: group.flag, Text: assignment(a, group.flag)})
		}
	}
	if problem := missingChart(w.files, step.Chart, h.Chart.Value, h.Chart.Span); problem != nil {
		w.lose(*problem, needsChart)
		return nil
	}
	before := len(w.problems)
	err := w.chart(ctx, w.kube.of(nil), step, nil, 0)
	if h.Guessed {
		soften(w.problems[before:]) // the deploy may well give the chart more than was discovered
	}
	return err
}

// soften takes back that the deploy certainly ends at a problem.
func soften(problems []model.Problem) {
	for i := range problems {
		problems[i].Stops = false
	}
}

// written is a text of keyfit.yaml; absent when it is not there.
func written(text strict.At[string], what string) model.Value {
	if !text.Span.IsValid() {
		return model.Value{State: model.Absent}
	}
	return model.KnownText(text.Value, model.Hop{At: text.Span, Kind: model.KindInput, What: what, Literal: true})
}

// assignment writes one entry of `set` as Helm's own flag has it. A comma and a backslash
// mean nothing in keyfit.yaml, unless the text is a list in braces.
func assignment(a config.Assignment, flag string) model.Value {
	text := a.Text.Value
	if !strings.HasPrefix(text, "{") || !strings.HasSuffix(text, "}") {
		text = strings.NewReplacer(`\`, `\\`, `,`, `\,`).Replace(text)
	}
	hop := model.Hop{At: a.Text.Span, Kind: model.KindHelmValues, What: "--" + flag + " " + a.Path.Value, Literal: true}
	return model.KnownText(a.Path.Value+"="+text, hop)
}

// What it takes to know all consumers.
const (
	needsChart     = "every chart that is deployed, in the repository"
	needsOverlay   = "every kustomization that is deployed, in the repository"
	needsManifests = "every manifest that is applied, in the repository"
)

// missingChart says what is wrong with the name of a chart that is not in the repository.
func missingChart(files repo.Files, at, name string, span pos.Span) *model.Problem {
	remote := strings.Contains(name, "://")
	if !remote {
		_, err := files.Stat(at)
		if err == nil {
			return nil
		}
		if errors.Is(err, repo.ErrOutside) {
			return &model.Problem{At: span, Message: fmt.Sprintf("the chart %s lies outside the repository, so what it deploys is not known", strict.Path(name)), Fix: "keep the chart in the repository"}
		}
	}
	return &model.Problem{
		At: span, Message: fmt.Sprintf("the chart %s is not in the repository, so what it deploys is not known", strict.Path(name)),
		Fix: "correct its path, or keep a copy in the repository: helm pull --untar",
	}
}

// chart renders a chart and applies what comes of it.
func (w *walk) chart(ctx context.Context, c *cluster, step helm.Step, via []model.Hop, depth int) error {
	if step.Namespace.State == model.Absent {
		step.Namespace = c.namespace
	}
	result, err := helm.Render(ctx, step)
	if err != nil {
		return err
	}
	if step.Doubt != nil || result.Doubt != nil {
		soften(result.Problems)
	}
	w.problems = append(w.problems, result.Problems...)
	w.applies = true
	if result.Fails {
		w.unrendered(step) // and so does the deploy: nothing of the chart arrives
		return nil
	}
	w.apply(c, kube.Input{
		Documents: result.Documents, Namespace: w.kube.in(c, step.Namespace), Doubt: result.Doubt, Via: via, Source: kube.FromHelm,
	}, depth)
	return nil
}

// unrendered remembers that Helm refuses a chart: who would receive what is not known.
func (w *walk) unrendered(step helm.Step) {
	if w.lost == nil {
		lost := model.UnknownBecause(model.WhyExitStatus, fmt.Sprintf("the chart %s as it renders: helm refuses it as it stands", strict.Path(step.Chart)), model.Trail{})
		w.lost = &lost
	}
}

// overlay builds a kustomization and applies what comes of it.
func (w *walk) overlay(ctx context.Context, c *cluster, step kustomize.Step, in kube.Input, depth int) error {
	step.Edits = w.kube.edits
	result, err := kustomize.Build(ctx, step)
	if err != nil {
		return err
	}
	w.problems = append(w.problems, result.Problems...)
	in.Documents, in.Source = result.Documents, kube.FromKustomize
	if in.Doubt == nil {
		in.Doubt = result.Doubt
	}
	w.apply(c, in, depth)
	return nil
}

// kustomizeStep follows a `kustomize:` step.
func (w *walk) kustomizeStep(ctx context.Context, dir *strict.At[string]) error {
	c := w.kube.of(nil)
	if strings.Contains(dir.Value, "://") {
		w.lose(model.Problem{At: dir.Span, Message: "names a kustomization that is not in the repository, so what it deploys is not known", Fix: "keep a copy in the repository"}, needsOverlay)
		return nil
	}
	step := kustomize.Step{Files: w.files, At: dir.Span, Dir: path.Join(w.dir, dir.Value)}
	if problem := missingDir(step); problem != nil {
		w.lose(*problem, needsOverlay)
		return nil
	}
	return w.overlay(ctx, c, step, kube.Input{Namespace: w.kube.in(c, model.Value{State: model.Absent})}, 0)
}

// missingDir says what is wrong with the directory of a kustomization that is not there:
// then nothing is applied.
func missingDir(step kustomize.Step) *model.Problem {
	info, err := step.Files.Stat(step.Dir)
	if err == nil && info.Dir {
		return nil
	}
	return &model.Problem{
		At: step.At, Message: fmt.Sprintf("the kustomization %s is not in the repository, so what it deploys is not known", strict.Path(step.Dir)),
		Fix: "name the directory of a kustomization",
	}
}

// manifestsStep follows a `manifests:` step.
func (w *walk) manifestsStep(m *config.Manifests) {
	var documents []origin.Document
	for _, pattern := range m.Patterns {
		documents = append(documents, w.matching(pattern)...)
	}
	if len(documents) > 0 {
		w.apply(w.kube.of(nil), kube.Input{Documents: documents, Namespace: w.kube.in(w.kube.of(nil), model.Value{State: model.Absent})}, 0)
	}
}

// matching reads the files that a pattern of keyfit.yaml names.
func (w *walk) matching(pattern strict.At[string]) []origin.Document {
	problem := func(message, fix string) {
		w.lose(model.Problem{At: pattern.Span, Message: message, Fix: fix}, needsManifests)
	}
	if strings.Contains(pattern.Value, "://") {
		problem("names manifests that are not in the repository, so what they deploy is not known", "keep a copy in the repository")
		return nil
	}
	names, err := glob(w.files, path.Join(w.dir, pattern.Value))
	switch {
	case err != nil:
		problem("cannot be read as the names of files: "+err.Error(), "name files of the repository, such as k8s/staging/*.yaml")
	case len(names) == 0:
		problem("matches no file, expected manifests", "correct the pattern, or leave it out")
	}
	documents, problems := read(w.files, names, pattern.Span)
	w.problems = append(w.problems, problems...)
	return documents
}

// read makes documents of files.
func read(files repo.Files, names []string, at pos.Span) ([]origin.Document, []model.Problem) {
	var documents []origin.Document
	var problems []model.Problem
	for _, name := range names {
		data, err := files.Read(name)
		if err != nil {
			problems = append(problems, unreadable(at, name, err))
			continue
		}
		documents = append(documents, origin.Document{Name: name, Text: origin.FromFile(name, data)})
	}
	return documents, problems
}

func unreadable(at pos.Span, name string, err error) model.Problem {
	kind := repo.ErrRead
	if e := (*repo.Error)(nil); errors.As(err, &e) {
		kind = e.Kind
	}
	return model.Problem{
		At: at, Message: fmt.Sprintf("the file %s: %s, expected manifests in the repository", strict.Path(name), kind),
		Fix: model.FileFix(name),
	}
}
