package github

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Own is the step of a workflow that keyfit itself runs in, and what the variables of its
// process carry.
type Own struct {
	File, Job, Step string   // the workflow, the job's id and the step's name
	At              pos.Span // of the step
	JobAt           pos.Span // where the job names its environment, or where it stands
	// Environment is the environment that the job names; empty when it names none.
	// EnvironmentKnown is false when it names one that only the run decides.
	Environment      string
	EnvironmentKnown bool
	// Several says that the job runs for several environments, and that this run may be for any
	// of them.
	Several bool
	// Script says that the step is a script, which calls keyfit itself.
	Script bool
	// Passed says that it runs in a workflow of keyfit's own that the job calls, and is passed what
	// the job has.
	Passed bool

	carries map[string]string // by variable: "secrets.NAME", "vars.NAME", or empty
	plain   map[string]bool   // the variables whose texts stand in the workflow
}

// Input names the variable of keyfit's process that carries a value from outside:
// "secrets.NAME" or "vars.NAME", with the name in any case. ok is false when none does.
func (o Own) Input(name string) (variable string, ok bool) {
	for _, variable := range slices.Sorted(maps.Keys(o.carries)) {
		if o.carries[variable] != "" && strings.EqualFold(o.carries[variable], name) {
			return variable, true
		}
	}
	return "", false
}

// Inputs lists the variables of keyfit's process by what they carry: "secrets.NAME" and
// "vars.NAME" with the name in capitals. Of several variables that carry the same, it is the
// first in the order of their names.
func (o Own) Inputs() map[string]string {
	out := map[string]string{}
	for _, variable := range slices.Sorted(maps.Keys(o.carries)) {
		what := o.carries[variable]
		if _, twice := out[what]; what != "" && !twice {
			out[what] = variable
		}
	}
	return out
}

// Carries says what a variable of keyfit's process carries: "secrets.NAME", "vars.NAME", or
// nothing of the kind, which is empty. set is false when the workflow does not set it.
func (o Own) Carries(variable string) (what string, set bool) {
	what, set = o.carries[variable]
	return what, set
}

// Plain reports whether the workflow sets a variable of keyfit's process to a text that is known
// without any secret.
func (o Own) Plain(variable string) bool { return o.plain[variable] }

// storeOf marks the values that stand for what GitHub keeps, so that it can be seen where
// they arrive.
const storeOf = "github-actions"

// witness is a host to which every secret and variable is a value of its own. A script that
// speaks of GITHUB_ENV, or calls a file of the repository that does, may set any variable.
type witness struct {
	nobody
	files repo.Files
}

func (w witness) Follow(ctx context.Context, s pipeline.Script) (pipeline.After, error) {
	after, err := w.nobody.Follow(ctx, s)
	if _, ok := after.Channels["GITHUB_ENV"]; !ok && w.speaks(s.Text, s.Dir) {
		after.Channels["GITHUB_ENV"] = model.UnknownBecause(model.WhyUnsupported, "what the script writes", model.Trail{})
	}
	return after, err
}

// maxMentioned is how many files are looked through that a script names.
const maxMentioned = 100

// speaks reports whether a script, or a file that it names, holds the name of the file for
// variables. Tools that run the scripts of a file of their own are taken at that file.
func (w witness) speaks(text, dir string) bool {
	seen := map[string]bool{}
	texts, dirs := []string{text}, []string{dir}
	for i := 0; i < len(texts); i++ {
		if strings.Contains(texts[i], "GITHUB_ENV") || len(texts) > maxMentioned {
			return true
		}
		for _, name := range mentioned(texts[i]) {
			for _, in := range []string{dir, dirs[i]} {
				at := path.Join(in, name)
				if seen[at] {
					continue
				}
				seen[at] = true
				if data, err := w.files.Read(at); err == nil {
					texts, dirs = append(texts, string(data[:min(len(data), 1<<20)])), append(dirs, path.Dir(at))
				}
			}
		}
	}
	return false
}

// mentioned lists the words of a text that may be files.
func mentioned(text string) []string {
	var out []string
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(" \t\r\n;&|()<>\"'`=", c) }) {
		switch word {
		case "make":
			out = append(out, "Makefile", "makefile", "GNUmakefile")
		case "npm", "pnpm", "yarn", "bun":
			out = append(out, "package.json")
		case "just":
			out = append(out, "justfile", "Justfile")
		case "task":
			out = append(out, "Taskfile.yml", "Taskfile.yaml")
		default:
			if len(word) < 200 && len(out) < 5_000 {
				out = append(out, word)
			}
		}
	}
	return out
}

func (w witness) Input(name string) model.Value { return w.InputOf(name, pipeline.Holder{}) }

// InputOf tells the secrets of one environment from those of another.
func (witness) InputOf(name string, of pipeline.Holder) model.Value {
	v := model.UnknownBecause(model.WhyCISecret, name, model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: name}))
	v.Ref = model.Ref{Store: storeOf, Name: storeName(of), Path: name}
	return v
}

// storeName tells stores apart: of the repository, of an environment, of one that is not known.
func storeName(of pipeline.Holder) string {
	switch {
	case of.Undecided:
		return "job " + of.Job
	case of.Environment == "":
		return "repository"
	}
	return "environment " + strings.ToLower(of.Environment)
}

// Bindings finds the step that keyfit runs in, by what the runner says of the run, and reads
// which variable of its process carries which secret or variable of GitHub. ok is false when
// the step cannot be told.
//
// When it is found, the mapping holds for every variable that the workflow sets: a variable
// STRIPE_KEY that carries secrets.OTHER is not secrets.STRIPE_KEY. What several steps may be
// the own one do not agree on carries nothing.
func Bindings(files repo.Files, run pipeline.Runtime) (own Own, ok bool) {
	process := facts{process: run.Env}
	file, jobID, action := ownFile(process.ofProcess("GITHUB_WORKFLOW_REF")), process.ofProcess("GITHUB_JOB"), process.ofProcess("GITHUB_ACTION")
	if file == "" || jobID == "" {
		return Own{}, false
	}
	run.Inside = true
	in := pipeline.Step{Run: run, Event: process.ofProcess("GITHUB_EVENT_NAME"), Inputs: startedWith(run)}
	in.File.Value = file
	kind, name := cutRef(process.ofProcess("GITHUB_REF"))
	switch kind {
	case "branch":
		in.Branch = name
	case "tag":
		in.Tag = name
	}
	f := newFollow(context.Background(), in, witness{files: files})
	f.files = files
	w := f.workflow(file, pos.Span{})
	if w == nil {
		return Own{}, false
	}
	f.facts = learn(in, w)
	return f.findOwn(w, jobID, action)
}

// findOwn looks for the step of a job that the runner calls action. Other runners of workflows
// name the step within the action instead, which stands in no file here: then it is the step
// that uses keyfit.
func (f *follow) findOwn(w *workflow, jobID, action string) (Own, bool) {
	for _, inside := range []bool{false, true} {
		if inside && !f.facts.process.Has("KEYFIT_INPUT_ENVIRONMENT") {
			break
		}
		s := &search{follow: f, action: action, inside: inside, run: f.in.Run}
		f.watch = s.saw
		c := f.newCall(w)
		c.inputs = c.startInputs()
		s.in(c, jobID)
		if own, ok := s.result(); ok {
			return own, true
		}
	}
	if j := w.job(jobID); j != nil && j.uses == nil {
		return Own{}, false
	}
	return f.passes(w)
}

// startedWith are the inputs that a person gave to the run.
func startedWith(run pipeline.Runtime) map[string]model.Value {
	out := map[string]model.Value{}
	for name, text := range run.Inputs {
		out[name] = model.KnownText(text, model.Hop{Kind: model.KindInput, What: "input " + shownName(name)})
	}
	return out
}

// maxOwnJobs bounds the jobs that are looked at, those of a matrix one by one.
const maxOwnJobs = 300

// search collects the steps that may be keyfit's own.
type search struct {
	*follow
	action string
	inside bool // action names a step within the action
	run    pipeline.Runtime
	found  []candidate
	jobs   int
}

type candidate struct {
	own   Own
	named bool                   // it speaks of keyfit
	env   model.Env              // that it receives
	with  map[string]model.Value // the inputs of the action, when it is keyfit's
	text  string                 // of a script, when it is known
}

// in follows the jobs of that id, in the workflow itself and in those that it calls.
func (s *search) in(c *call, id string) {
	for _, j := range c.wf.jobs {
		for _, one := range c.cells(j, false) {
			if s.jobs++; s.jobs > maxOwnJobs {
				return
			}
			jr := c.newJobRun(j, one, true)
			if j.uses != nil {
				if called := jr.openCall(false); called != nil {
					s.in(called, id)
				}
				continue
			}
			if strings.EqualFold(j.id, id) {
				s.environment = ""
				if v, ok := jr.environmentName(); ok && v.State == model.Known {
					s.environment = v.Text.Reveal()
				}
				jr.run()
			}
		}
	}
}

// saw looks at a step before it is followed: keyfit's own one has the name that the runner
// told, and its variables are those of the process. In a composite action the runner goes on
// telling the name of the step around it.
func (s *search) saw(fr *frame, st *step, env model.Env) {
	uses, _ := literal(st.uses)
	if s.inside && !isOwn(uses) {
		return
	}
	action := fr.action
	if action == "" {
		action = st.action
	}
	if !s.inside && s.action != "" && !strings.EqualFold(action, s.action) {
		return
	}
	if fr.dir == "" && strings.HasPrefix(uses, "./") {
		if m := fr.manifest(path.Clean(uses), st.at); m != nil && strings.EqualFold(m.using, "composite") {
			return // its own steps are looked at
		}
	}
	c := candidate{own: fr.ownStep(st, env), env: env}
	text := ""
	if isScalar(st.run) {
		text = target(st.run).Value
		c.own.Script = true
		s.sameAsArgument(&c.own, fr, text)
		if v := fr.scope(env, st).text(st.run, fr.field(inStep), "run"); v.State == model.Known {
			c.text = v.Text.Reveal()
		}
	}
	c.named = strings.Contains(strings.ToLower(uses+" "+text), "keyfit")
	if isOwn(uses) {
		c.with = fr.inputsOf(st, env)
		s.sameAsInput(&c.own, fr, st)
	}
	s.found = append(s.found, c)
}

// ownStep is a step as the one that keyfit may run in.
func (fr *frame) ownStep(st *step, env model.Env) Own {
	holder := fr.holder()
	own := Own{
		File: fr.wf.document.name, Job: fr.job.id, Step: fr.stepName(st, env), At: st.at, JobAt: holder.At,
		Environment: holder.Environment, EnvironmentKnown: !holder.Undecided, carries: map[string]string{}, plain: map[string]bool{},
	}
	for name, v := range env.All() {
		if !isOwnName(name) {
			own.carries[name] = carried(v, storeName(holder))
			own.plain[name] = v.State == model.Known
		}
	}
	return own
}

// inputsOf evaluates what a step gives to the action.
func (fr *frame) inputsOf(st *step, env model.Env) map[string]model.Value {
	out := map[string]model.Value{}
	for _, p := range fr.doc.pairs(st.with) {
		out[strings.ToLower(p.Key.Value)] = fr.scope(env, st).text(p.Value, fr.field(inStep), "input "+shownName(p.Key.Value))
	}
	return out
}

// isOwnName reports whether a variable is GitHub's or the machine's own.
func isOwnName(name string) bool {
	return strings.HasPrefix(name, "GITHUB_") && name != "GITHUB_TOKEN" || strings.HasPrefix(name, "RUNNER_") || name == "CI" || field(machine).has(name)
}

// carried names what a value is, when it is nothing but one secret or variable of a store.
func carried(v model.Value, store string) string {
	if v.State == model.Unknown && v.Ref.Store == storeOf && v.Ref.Name == store && len(v.Alternatives) == 0 && len(v.Parts) == 0 {
		return v.Ref.Path
	}
	return ""
}

// result is what all steps agree on that may be the own one.
func (s *search) result() (Own, bool) {
	all := s.narrowed()
	if len(all) == 0 {
		return Own{}, false
	}
	own := all[0].own
	for _, other := range all[1:] {
		own = agreed(own, other.own)
	}
	if s.jobs > maxOwnJobs || s.steps > maxFollowed || s.calls > maxCalls { // there may be others
		own.Environment, own.EnvironmentKnown, own.Several = "", false, true
	}
	return own, true
}
