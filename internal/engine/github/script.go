package github

import (
	"cmp"
	"maps"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// channels are the files that a step writes to speak to the runner.
func channels() []string {
	return []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"}
}

// stepRun is one step that is being followed.
type stepRun struct {
	*frame
	step    *step
	scope   scope
	env     model.Env // what workflow, job, GITHUB_ENV and the step set
	sets    []assignment
	perhaps *model.Value
	name    string
}

func (r *stepRun) label() string { return r.frame.label + "/" + r.name }

func (r *stepRun) follow() *result {
	if r.watch != nil {
		r.watch(r.frame, r.step, r.environment())
	}
	switch {
	case r.step.run != nil:
		return r.script()
	case r.step.uses != nil:
		return r.uses()
	}
	return &result{}
}

// environment is what a process of the step finds: the machine's variables, those of the
// workflow, and GitHub's own, which win.
func (r *stepRun) environment() model.Env {
	vars := maps.Clone(r.predefined())
	for name, v := range r.env.All() {
		old, ok := vars[name]
		switch {
		case ok && isReservedName(name):
			vars[name] = old.Over(v)
			continue
		case ok:
			v = v.Over(old)
		}
		vars[name] = v
	}
	vars["GITHUB_ACTION"] = constant(cmp.Or(r.frame.action, r.step.action))
	if r.dir != "" {
		vars["GITHUB_ACTION_PATH"] = unknownInput(needsRunner)
	}
	env := model.NewEnv(vars)
	if rest := r.env.Rest(); rest.State != model.Absent {
		return env.WithRest(rest)
	}
	if r.baseRest != nil {
		return env.WithRest(*r.baseRest)
	}
	return env
}

// isReservedName reports whether a variable is GitHub's own, whatever the workflow sets.
func isReservedName(name string) bool {
	if lower, ok := strings.CutPrefix(name, "GITHUB_"); ok {
		return exported().has(strings.ToLower(lower))
	}
	lower, ok := strings.CutPrefix(name, "RUNNER_")
	return ok && field(runnerEntries).has(strings.ToLower(lower))
}

// predefined are the variables that every step of the job has, whatever the workflow sets.
func (jr *jobRun) predefined() map[string]model.Value {
	if jr.given != nil {
		return jr.given
	}
	jr.given = maps.Clone(jr.base)
	for name := range strings.FieldsSeq(runWide + " " + repoWide) {
		jr.given["GITHUB_"+strings.ToUpper(name)] = jr.facts.entry(name)
	}
	jr.given["GITHUB_EVENT_PATH"], jr.given["GITHUB_WORKSPACE"] = unknownInput(needsRunner), unknownInput(needsRunner)
	jr.given["GITHUB_JOB"] = constant(jr.job.id)
	for name := range strings.FieldsSeq(runnerEntries) {
		jr.given["RUNNER_"+strings.ToUpper(name)] = jr.runnerEntry(name)
	}
	return jr.given
}

// script follows a step that runs a script.
func (r *stepRun) script() *result {
	text, ok := r.compose(target(r.step.run))
	if !ok {
		r.problem(r.doc.span(target(r.step.run)), "take these characters out, and correct the expressions", "the step is not followed, because its script holds characters of a private use area, or expressions that cannot be read")
		return r.lost("a script that can be read")
	}
	dir, ok := r.directory()
	if !ok {
		return r.lost("a working directory that is known")
	}
	program, flags, ok := r.shellOf()
	if !ok {
		return r.lost("a shell that GitHub knows")
	}
	s := pipeline.Script{
		Text: text.text, Holes: text.holes, At: r.doc.span(target(r.step.run)), Positions: text.positions,
		Shell: program, Flags: flags, Env: r.environment(), Dir: dir, Channels: channels(), Label: r.label(), Job: r.jobRun.label,
		Root: r.roots(), Quiet: !r.chosen, Perhaps: r.perhaps, Capture: strings.Contains(text.text, "::set-"),
	}
	after, err := r.host.Follow(r.ctx, s)
	if err != nil {
		r.err = err
		return &result{}
	}
	if program != "bash" && program != "sh" {
		after = r.unread(after, text.text, program)
	}
	return r.received(after, s.Capture)
}

// unread is what a script of a language that is not followed may have left: it exports
// variables only when it speaks of the file for that.
func (r *stepRun) unread(after pipeline.After, text, program string) pipeline.After {
	u := model.UnknownBecause(model.WhyUnsupported, "what the script for "+strict.Name(program)+" does", model.Trail{}.Append(r.hop("a script that is not followed")))
	out := map[string]model.Value{}
	for _, name := range channels() {
		if strings.Contains(text, name) {
			out[name] = u
		}
	}
	after.Channels = out
	return after
}

func (r *stepRun) hop(what string) model.Hop {
	return model.Hop{At: r.step.at, Kind: model.KindWorkflow, What: what}
}

// lost is what a step leaves that is not followed at all.
func (r *stepRun) lost(needs string) *result {
	u := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{}.Append(r.hop("a step that is not followed")))
	r.global = loosened(r.global, u)
	if r.chosen {
		r.doubt(model.WhyUnsupported, needs, r.step.at)
	}
	return &result{outputs: model.Env{}.WithRest(u)}
}

// loosened is an environment of which any variable may have been set since.
func loosened(env model.Env, why model.Value) model.Env {
	out := map[string]model.Value{}
	for name, v := range env.All() {
		out[name] = choice("what was exported since: "+why.Needs, v, why)
	}
	return model.NewEnv(out).WithRest(why)
}

// received takes over what a script left.
func (r *stepRun) received(after pipeline.After, captured bool) *result {
	read := func(name string) model.Value {
		if v, ok := after.Channels[name]; ok {
			return v
		}
		return model.Value{State: model.Absent}
	}
	if v := read("GITHUB_ENV"); v.State != model.Absent {
		r.global = r.apply(r.global, v, "GITHUB_ENV", readChannel)
	}
	unseen := model.UnknownBecause(model.WhyCommandOutput, "what the step puts out, of which keyfit sees nothing", model.Trail{}.Append(r.hop("outputs of "+called(r.name))))
	out := &result{outputs: model.Env{}.WithRest(unseen)}
	if captured {
		out.outputs = r.apply(out.outputs, after.Output, "::set-output", func(v model.Value) writing { return readOutput(v, "set-output") })
		r.oldEnv(after.Output)
	}
	out.outputs = r.apply(out.outputs, read("GITHUB_OUTPUT"), "GITHUB_OUTPUT", readChannel)
	return out
}

// oldEnv reads `::set-env`, which the runner refuses unless it is told to allow it.
func (r *stepRun) oldEnv(printed model.Value) {
	sets := readOutput(printed, "set-env").sets
	if len(sets) == 0 {
		return
	}
	allow := r.env.Get("ACTIONS_ALLOW_UNSECURE_COMMANDS")
	if allow.State == model.Known && strings.EqualFold(allow.Text.Reveal(), "true") {
		r.global = r.apply(r.global, printed, "::set-env", func(v model.Value) writing { return readOutput(v, "set-env") })
		return
	}
	r.problem(r.step.at, "write NAME=value to the file in GITHUB_ENV", "the command ::set-env is disabled, so the step fails")
}

// apply sets what was written to a file over what was set before. When it is one of several
// texts, it is one of several environments.
func (r *stepRun) apply(env model.Env, v model.Value, file string, read func(model.Value) writing) model.Env {
	if v.State == model.Unknown && len(v.Parts) == 0 && len(v.Alternatives) > 0 {
		joined := r.apply(env, v.Alternatives[0], file, read)
		for _, alt := range v.Alternatives[1:] {
			joined = joinEnv(joined, r.apply(env, alt, file, read), v.Needs)
		}
		return joined
	}
	w := read(v)
	if w.any != nil {
		env = loosened(env, *w.any)
	}
	var sets []assignment
	for _, set := range w.sets {
		if file == "GITHUB_ENV" {
			if isBlocked(set.name) {
				r.problem(r.step.at, "set it under `env:`", "NODE_OPTIONS cannot be set through GITHUB_ENV")
				continue
			}
			r.refuseReserved(set.name, r.step.at)
		}
		set.value = set.value.Via(wroteHop(r.step.at, file, set.name, called(r.name)))
		sets = append(sets, set)
	}
	if w.wrong != "" {
		r.problem(r.step.at, "write NAME=value, or NAME<<END, the text and a line END", "the step writes %s to %s, so it fails", w.wrong, file)
	}
	return overlay(env, sets)
}

// directory is where the script runs, relative to the repository's root.
func (r *stepRun) directory() (string, bool) {
	v := r.workdir
	if r.step.dir != nil {
		v = r.rooted().text(r.step.dir, r.field(inStep), "working-directory")
	} else if r.dir != "" {
		v = model.Value{State: model.Absent}
	}
	switch {
	case v.State == model.Unknown:
		r.problem(r.step.at, "bind what it depends on under inputs", "the directory that the step runs in is not known, so it is not followed")
		return "", false
	case v.State == model.Absent || v.Text.IsEmpty():
		return r.inCheckout(".")
	}
	dir := v.Text.Reveal()
	if dir == workspace || strings.HasPrefix(dir, workspace+"/") {
		dir = "." + strings.TrimPrefix(dir, workspace)
	}
	if path.IsAbs(dir) {
		r.problem(r.step.at, "", "the step runs in a directory outside of the workspace, so it is not followed")
		return "", false
	}
	return r.inCheckout(path.Clean(dir))
}

// workspace stands for the directory of the checkout in paths that the reader itself takes
// apart: where it lies on the machine is not known.
const workspace = "/\uFFFEworkspace"

// rooted is the scope for such paths.
func (r *stepRun) rooted() scope {
	s := r.scope
	outer := s.get
	s.get = func(name string, at pos.Span) expression.Value {
		if name == "github" {
			return r.githubContext(r.step.action, r.dir, workspace)
		}
		return outer(name, at)
	}
	return s
}

// roots are the variables that hold the path of the checkout.
func (r *stepRun) roots() []string {
	if co := r.jobRun.checkout; co.path != "" || co.hidden {
		return nil
	}
	return []string{"GITHUB_WORKSPACE"}
}
