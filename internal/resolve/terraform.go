package resolve

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/engine/helm"
	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/engine/terraform"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
)

const (
	needsModule   = "every root module that is applied, in the repository"
	kubeNamespace = "default" // of the kubernetes provider, whatever the cluster's client says
)

// terraformStep follows a `terraform:` step.
func (w *walk) terraformStep(ctx context.Context, t *config.Terraform) error {
	tool := t.Tool
	if tool == "" {
		tool = "terraform"
	}
	step := terraform.Step{
		Files: w.files, At: t.At, Dir: path.Join(w.dir, t.Dir.Value), Workspace: written(t.Workspace, "workspace"), Env: w.env, Tool: tool,
	}
	for _, file := range t.VarFiles {
		step.Args = append(step.Args, terraform.Arg{Flag: "var-file", Text: written(file, "var-files")})
	}
	for _, v := range t.Vars {
		hop := model.Hop{At: v.Text.Span, Kind: model.KindInput, What: "vars " + v.Path.Value, Literal: true}
		step.Args = append(step.Args, terraform.Arg{Flag: "var", Text: model.KnownText(v.Path.Value+"="+v.Text.Value, hop)})
	}
	result, err := terraform.Evaluate(ctx, step)
	if err != nil {
		return err
	}
	consumers, err := w.handed(ctx, w.kube.of(nil), result, delivered{files: w.files, at: step.At, dir: step.Dir})
	w.modules.keep(moduleID(step), consumers)
	return err
}

// planStep follows a `terraform-plan:` step. Where the configuration lies beside the plan, it
// tells the journeys. The plan does not say its workspace, so that what depends on that has
// none.
func (w *walk) planStep(ctx context.Context, file string, at pos.Span) error {
	step := terraform.PlanStep{Files: w.files, File: path.Join(w.dir, file), At: at}
	if dir := path.Dir(step.File); hasModule(w.files, dir) {
		step.Dir = dir
	}
	result, err := terraform.Plan(ctx, step)
	if err != nil {
		return err
	}
	if step.Dir != "" {
		if result, err = withJourneys(ctx, step, result); err != nil {
			return err
		}
	}
	consumers, err := w.handed(ctx, w.kube.of(nil), result, delivered{files: w.files, at: at, dir: path.Dir(step.File)})
	w.modules.keep("plan "+step.File, consumers)
	return err
}

func withJourneys(ctx context.Context, step terraform.PlanStep, planned terraform.Result) (terraform.Result, error) {
	args, err := terraform.PlanArgs(ctx, step)
	if err != nil {
		return planned, err
	}
	beside, err := terraform.Evaluate(ctx, terraform.Step{
		Files: step.Files, At: step.At, Dir: step.Dir, Args: args, Tool: "terraform",
		Workspace: model.UnknownBecause(model.WhyUnsupported, "the workspace of the plan", model.Trail{}),
	})
	if err != nil {
		return planned, err
	}
	return terraform.Merge(planned, beside, true), nil
}

// hasModule reports whether a directory holds configuration.
func hasModule(files repo.Files, dir string) bool {
	infos, err := files.List(dir)
	return err == nil && slices.ContainsFunc(infos, func(i repo.Info) bool {
		return !i.Dir && (strings.HasSuffix(i.Name, ".tf") || strings.HasSuffix(i.Name, ".tf.json") || strings.HasSuffix(i.Name, ".tofu"))
	})
}

// delivered says how a result came about.
type delivered struct {
	files repo.Files
	at    pos.Span
	dir   string
}

// handed takes over what a root module delivers: objects and charts go to the cluster, and
// the other consumers come back.
func (w *walk) handed(ctx context.Context, c *cluster, r terraform.Result, d delivered) ([]model.Consumer, error) {
	w.problems = append(w.problems, r.Problems...)
	w.applies = true
	for _, why := range []*model.Value{r.Lost, r.Doubt} {
		if why != nil && w.lost == nil {
			w.lost = why
		}
	}
	if len(r.Documents) > 0 {
		w.apply(c, kube.Input{Documents: r.Documents, Namespace: kubeNamespace, Doubt: r.Doubt}, 0)
	}
	for _, s := range r.Stored {
		w.keyOf(c, s, r.Doubt)
	}
	for _, chart := range r.Charts {
		if err := w.moduleChart(ctx, c, chart, r.Doubt, d); err != nil {
			return nil, err
		}
	}
	if r.Doubt == nil {
		return r.Consumers, nil
	}
	var out []model.Consumer
	for _, consumer := range r.Consumers {
		out = append(out, doubted(consumer, *r.Doubt))
	}
	return out, nil
}

// doubted is a consumer of which nothing is certain.
func doubted(c model.Consumer, why model.Value) model.Consumer {
	vars := map[string]model.Value{}
	for name, v := range c.Env.All() {
		vars[name] = instead(v, why)
	}
	c.Env = model.NewEnv(vars).WithRest(why)
	return c
}

// keyOf puts into the cluster what a resource adds to a Secret or a ConfigMap.
func (w *walk) keyOf(c *cluster, s terraform.Stored, why *model.Value) {
	kind := map[string]string{"kubernetes-secret": "Secret", "kubernetes-configmap": "ConfigMap"}[s.Ref.Store]
	if kind == "" {
		return
	}
	namespace, v := s.Ref.Name, s.Value
	if namespace == "" {
		namespace = kubeNamespace
	}
	if why != nil {
		v = instead(v, *why)
	}
	name := model.Value{State: model.Known, Text: secret.New(s.Ref.Path)}
	if s.Ref.Path == "" {
		name = model.UnknownBecause(model.WhyUnsupported, "the name of the object", model.Trail{})
	}
	c.Put(kube.Stored{At: s.At, Kind: kind, Namespace: namespace, Name: name, Key: s.Ref.Property, Value: v})
}

// moduleChart renders the chart of a helm_release.
func (w *walk) moduleChart(ctx context.Context, c *cluster, chart terraform.Chart, why *model.Value, d delivered) error {
	if chart.Chart.State != model.Known {
		w.lose(model.Problem{At: chart.At, Message: "which chart is deployed is not known, expected one in the repository", Fix: "write its path out"}, needsChart)
		return nil
	}
	name := chart.Chart.Text.Reveal()
	problem := missingChart(d.files, name, name, chart.At)
	if chart.Repo.State != model.Absent {
		problem = missingChart(d.files, name, "://", chart.At)
	}
	if problem != nil {
		w.lose(*problem, needsChart)
		return nil
	}
	if cleaned, err := w.files.Clean(name); err == nil {
		name = cleaned
	}
	step := helm.Step{
		Files: d.files, At: chart.At, Dir: d.dir, Chart: name, Release: chart.Release, Namespace: chart.Namespace,
		ReuseValues: chart.ReuseValues, Doubt: chart.Doubt,
	}
	if why != nil {
		doubt(&step.Doubt, *why)
	}
	if mixes(chart.Values) {
		doubt(&step.Doubt, model.UnknownBecause(model.WhyUnsupported, "sets of one type, where several reach the same value", model.Trail{}))
	}
	for _, v := range chart.Values {
		step.Values = append(step.Values, setOf(v))
	}
	return w.chart(ctx, c, step, nil, 0)
}

// setOf is one source of values as Helm's own flags have it.
func setOf(v terraform.ChartValue) helm.Arg {
	switch v.Flag {
	case "inline":
		return helm.Arg{Flag: "values", Text: v.Text, Inline: true}
	case "set-list":
		v.Flag = "set"
	}
	name := model.Value{State: model.Known, Text: secret.New(v.Name + "=")}
	text := v.Text
	text.Parts = []model.Value{name, v.Text}
	switch v.Text.State {
	case model.Known:
		text.Text = secret.New(v.Name + "=" + v.Text.Text.Reveal())
	case model.Absent:
		text.State, text.Text, text.Parts = model.Known, name.Text, nil
	}
	return helm.Arg{Flag: v.Flag, Text: text}
}

// mixes reports whether two sets of different types reach the same value: the provider takes
// them in their order, and Helm's command line by their type.
func mixes(values []terraform.ChartValue) bool {
	family := func(flag string) string { return strings.Replace(flag, "set-list", "set", 1) }
	for i, a := range values {
		for _, b := range values[:i] {
			if a.Flag == "inline" || b.Flag == "inline" || family(a.Flag) == family(b.Flag) {
				continue
			}
			if strings.HasPrefix(a.Name+".", b.Name+".") || strings.HasPrefix(b.Name+".", a.Name+".") || strings.Contains(a.Name+b.Name, "[") {
				return true
			}
		}
	}
	return false
}
