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
	// Environment is the environment that the job names; empty when it names none.
	// EnvironmentKnown is false when it names one that only the run decides.
	Environment      string
	EnvironmentKnown bool

	carries map[string]string // by variable: "secrets.NAME", "vars.NAME", or empty
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

func (witness) Input(name string) model.Value {
	v := model.UnknownBecause(model.WhyCISecret, name, model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: name}))
	v.Ref = model.Ref{Store: storeOf, Path: name}
	return v
}

// Bindings finds the step that keyfit runs in, by what the runner says in env, and reads
// which variable of its process carries which secret or variable of GitHub. ok is false when
// the step cannot be told.
//
// When it is found, the mapping holds for every variable that the workflow sets: a variable
// STRIPE_KEY that carries secrets.OTHER is not secrets.STRIPE_KEY. What several steps may be
// the own one do not agree on carries nothing.
func Bindings(files repo.Files, env model.Env) (own Own, ok bool) {
	process := facts{process: env}
	file, jobID, action := ownFile(process.ofProcess("GITHUB_WORKFLOW_REF")), process.ofProcess("GITHUB_JOB"), process.ofProcess("GITHUB_ACTION")
	if file == "" || jobID == "" {
		return Own{}, false
	}
	in := pipeline.Step{Run: pipeline.Runtime{Env: env, Inside: true}, Event: process.ofProcess("GITHUB_EVENT_NAME")}
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
	s := &search{follow: f, action: action, process: env}
	f.watch = s.saw
	c := f.newCall(w)
	c.inputs = c.startInputs()
	s.in(c, jobID)
	return s.result()
}

// search collects the steps that may be keyfit's own.
type search struct {
	*follow
	action  string
	process model.Env
	found   []candidate
	jobs    int
}

type candidate struct {
	own   Own
	named bool // it speaks of keyfit
}

// in follows the jobs of that id, in the workflow itself and in those that it calls.
func (s *search) in(c *call, id string) {
	for _, j := range c.wf.jobs {
		for _, one := range c.cells(j, false) {
			if s.jobs++; s.jobs > 200 {
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
				if v, ok := jr.environmentName(); ok && v.State == model.Known {
					s.environment = v.Text.Reveal()
				}
				jr.run()
			}
		}
	}
}

// saw looks at a step before it is followed: keyfit's own one has the name that the runner
// told, and its variables are those of the process.
func (s *search) saw(fr *frame, st *step, env model.Env) {
	action := fr.action
	if action == "" {
		action = st.action
	}
	if s.action != "" && !strings.EqualFold(action, s.action) {
		return
	}
	uses, _ := literal(st.uses)
	if fr.dir == "" && strings.HasPrefix(uses, "./") {
		if m := fr.manifest(path.Clean(uses), st.at); m != nil && strings.EqualFold(m.using, "composite") {
			return // its own steps are looked at
		}
	}
	own := Own{File: fr.wf.document.name, Job: fr.job.id, Step: fr.stepName(st, env), At: st.at, EnvironmentKnown: true, carries: map[string]string{}}
	if fr.named {
		own.EnvironmentKnown = fr.environment.State == model.Known
		own.Environment = fr.environment.Text.Reveal()
	}
	for name, v := range env.All() {
		if !isOwnName(name) {
			own.carries[name] = carried(v)
		}
	}
	text := ""
	if isScalar(st.run) {
		text = target(st.run).Value
	}
	s.found = append(s.found, candidate{own: own, named: strings.Contains(strings.ToLower(uses+" "+text), "keyfit")})
}

// isOwnName reports whether a variable is GitHub's or the machine's own.
func isOwnName(name string) bool {
	return strings.HasPrefix(name, "GITHUB_") && name != "GITHUB_TOKEN" || strings.HasPrefix(name, "RUNNER_") || name == "CI" || field(machine).has(name)
}

// carried names what a value is, when it is nothing but one secret or variable.
func carried(v model.Value) string {
	if v.State == model.Unknown && v.Ref.Store == storeOf && len(v.Alternatives) == 0 && len(v.Parts) == 0 {
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
	return own, true
}

// narrowed keeps the steps that speak of keyfit, and of those the ones whose variables are
// set in the process.
func (s *search) narrowed() []candidate {
	all := s.found
	for _, keep := range []func(candidate) bool{
		func(c candidate) bool { return c.named },
		func(c candidate) bool { return s.fits(c.own) },
	} {
		kept := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return !keep(c) })
		if len(kept) > 0 {
			all = kept
		}
	}
	return all
}

// fits reports whether every variable that the step sets is there.
func (s *search) fits(o Own) bool {
	for name := range o.carries {
		if s.process.Get(name).State == model.Absent {
			return false
		}
	}
	return true
}

// agreed keeps what holds for both steps.
func agreed(a, b Own) Own {
	carries := map[string]string{}
	for _, o := range []Own{a, b} {
		for name := range o.carries {
			if a.carries[name] == b.carries[name] {
				carries[name] = a.carries[name]
			} else {
				carries[name] = ""
			}
		}
	}
	a.carries = carries
	if a.Environment != b.Environment {
		a.Environment, a.EnvironmentKnown = "", false
	}
	return a
}
