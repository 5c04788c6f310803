package github

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/strict"
)

// uses follows a step that uses an action.
func (r *stepRun) uses() *result {
	uses, ok := literal(r.step.uses)
	if !ok {
		r.problem(r.doc.span(target(r.step.uses)), "write the name of the action out", "an action cannot be named by an expression")
		return r.lost("the action that is used")
	}
	with := r.with()
	switch {
	case strings.HasPrefix(uses, "./") || strings.HasPrefix(uses, "$/"):
		return r.local(uses, with)
	case strings.HasPrefix(uses, "docker://"):
		r.consume(with)
		r.mayExport("the image " + strict.Path(strings.TrimPrefix(uses, "docker://")))
		return &result{outputs: r.unseenOutputs()}
	}
	a, ok := lookup(uses)
	if !ok {
		r.consume(with)
		name, _, _ := strings.Cut(uses, "@")
		if tree.DeployName(name) {
			r.opaque()
		}
		r.mayExport("the action " + strict.Path(name))
		return &result{outputs: r.unseenOutputs()}
	}
	if strings.HasPrefix(a.uses, "actions/checkout") {
		r.checkedOut(with)
	}
	return r.known(a, with)
}

// with evaluates the inputs of an action, in pieces that can be told apart.
func (r *stepRun) with() []assignment {
	var out []assignment
	for _, p := range r.doc.pairs(r.step.with) {
		name := p.Key.Value
		v := r.scope.text(p.Value, r.field(inStep), "input "+shownName(name)+" of "+called(r.name))
		out = append(out, assignment{name: strings.ToLower(name), value: v})
	}
	return out
}

func input1(with []assignment, name string) (model.Value, bool) {
	for _, w := range with {
		if strings.EqualFold(w.name, name) {
			return w.value, w.value.State != model.Known || !w.value.Text.IsEmpty()
		}
	}
	return model.Value{State: model.Absent}, false
}

// consume tells who receives the variables of the step: an action has its inputs as
// variables too.
func (r *stepRun) consume(with []assignment) {
	if !r.chosen {
		return
	}
	env := map[string]model.Value{}
	for _, w := range with {
		env["INPUT_"+strings.ToUpper(strings.ReplaceAll(w.name, " ", "_"))] = w.value
	}
	uses, _ := literal(r.step.uses)
	r.deliver(model.Consumer{
		Kind: model.ConsumerCIStep, Workload: r.label(), At: r.step.at, Env: r.environment().WithAll(env), Self: isOwn(uses),
	})
}

// isOwn reports whether an action or workflow is one of keyfit's.
func isOwn(uses string) bool {
	name, _, _ := strings.Cut(strings.ToLower(uses), "@")
	return name == "keyfit/keyfit" || strings.HasPrefix(name, "keyfit/keyfit/")
}

// opaque says that the step deploys something of which nothing is seen: what receives
// variables there is not known.
func (r *stepRun) opaque() {
	if r.chosen {
		r.doubt(model.WhyUnsupported, "what the action deploys", r.step.at)
	}
}

// deliver adds a consumer. One that is not certain to be there receives nothing for certain.
func (r *stepRun) deliver(c model.Consumer) {
	if !r.chosen {
		return
	}
	if r.perhaps != nil {
		c.Env = joinEnv(model.Env{}, c.Env, r.perhaps.Needs)
	}
	r.result.Consumers = append(r.result.Consumers, c)
}

// mayExport says that any variable which the workflow does not set may have been set.
func (r *stepRun) mayExport(who string) {
	u := model.UnknownBecause(model.WhyUnsupported, "what "+who+" sets for later steps", model.Trail{}.Append(r.hop("what "+who+" exports")))
	r.global = r.global.WithRest(u)
}

func (r *stepRun) unseenOutputs() model.Env {
	return model.Env{}.WithRest(model.UnknownBecause(model.WhyCommandOutput, "what the action puts out", model.Trail{}.Append(r.hop("outputs of "+called(r.name)))))
}

// known follows an action of the table. One that only prepares something is no consumer
// worth telling of, unless it is given something from outside.
func (r *stepRun) known(a action, with []assignment) *result {
	if a.deploys || a.exports >= exportsInputs || fromOutside(with) || fromOutside(r.sets) {
		r.consume(with)
	}
	if a.deploys && len(a.pairs) == 0 && len(a.line) == 0 {
		r.opaque()
	}
	r.pairs(a.pairs, with)
	if len(a.line) > 0 {
		r.line(a, with)
	}
	if a.script != "" {
		r.inline(a, with)
	}
	r.export(a, with)
	return &result{outputs: overlay(r.unseenOutputs(), r.passedOn(a.outputs, with))}
}

// fromOutside reports whether a text is not just written in the workflow.
func fromOutside(list []assignment) bool {
	for _, a := range list {
		if a.value.State == model.Unknown {
			return true
		}
		for _, hop := range a.value.Trail.Hops() {
			if hop.Kind == model.KindInput || hop.Kind == model.KindProcess {
				return true
			}
		}
	}
	return false
}

// passedOn are outputs that are the texts of inputs.
func (r *stepRun) passedOn(outputs []string, with []assignment) []assignment {
	var out []assignment
	for _, entry := range outputs {
		name, rest, _ := strings.Cut(entry, "=")
		from, unless, _ := strings.Cut(rest, "!")
		instead := false
		for name := range strings.SplitSeq(unless, "!") {
			_, given := input1(with, name)
			instead = instead || given
		}
		if v, given := input1(with, from); given && !instead {
			out = append(out, assignment{name: name, value: v.Via(r.hop("output of " + called(r.name)))})
		}
	}
	return out
}

// line hands the command line that the action amounts to to the host.
func (r *stepRun) line(a action, with []assignment) {
	args, open := words(a.line, with)
	dir := "."
	if v, ok := input1(with, a.dir); ok {
		if v.State != model.Known {
			return
		}
		dir = path.Clean(v.Text.Reveal())
	}
	dir, ok := r.inCheckout(dir)
	if !ok || open {
		return
	}
	r.followLine(`"$@"`, args, dir)
}

// inline follows an input that is a script.
func (r *stepRun) inline(a action, with []assignment) {
	n := find(r.step.with, a.script)
	if n == nil {
		return
	}
	text, ok := r.compose(n)
	if !ok {
		return
	}
	dir, ok := r.inCheckout(".")
	if !ok {
		return
	}
	_, err := r.host.Follow(r.ctx, pipeline.Script{
		Text: text.text, Holes: text.holes, Positions: text.positions, At: r.doc.span(n), Shell: "bash", Env: r.environment(), Dir: dir,
		Label: r.label(), Job: r.jobRun.label, Quiet: !r.chosen, Perhaps: r.perhaps,
	})
	if err != nil {
		r.err = err
	}
}

func (r *stepRun) followLine(text string, args []model.Value, dir string) {
	_, err := r.host.Follow(r.ctx, pipeline.Script{
		Text: text, Args: args, At: r.step.at, Shell: "bash", Env: r.environment(), Dir: dir,
		Label: r.label(), Job: r.jobRun.label, Quiet: !r.chosen, Perhaps: r.perhaps,
	})
	if err != nil {
		r.err = err
	}
}
