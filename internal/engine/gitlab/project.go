package gitlab

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// stored is one variable of the project, of a group or of the instance.
type stored struct {
	key       string
	value     model.Value
	scope     string // of environments: a name, or one with *; "*" for all
	raw, file bool
	protected bool
}

// level are the variables of one of them: those of the project beat those of its groups.
type level []stored

// dumped is one entry as GitLab's API lists it.
type dumped struct {
	Key       string  `json:"key"`
	Value     *string `json:"value"`
	Type      string  `json:"variable_type"`
	Protected bool    `json:"protected"`
	Raw       bool    `json:"raw"`
	Hidden    bool    `json:"hidden"`
	Scope     string  `json:"environment_scope"`
}

// levels reads the files with the variables of the project and of its groups, the project
// first.
func (r *run) levels() []level {
	var out []level
	for _, file := range r.in.Variables {
		data, err := r.files.Read(file.Value)
		if err != nil {
			message := strict.Path(file.Value) + " cannot be read"
			if errors.Is(err, repo.ErrMissing) {
				message = strict.Path(file.Value) + " is not there"
			}
			r.report(file.Span, message, "write the answer of GitLab's API for the variables of the project into it")
			r.lostLevels = true
			continue
		}
		var entries []dumped
		if err := json.Unmarshal(data, &entries); err != nil {
			r.report(pos.Span{File: file.Value}, "is not a list of variables as GitLab's API gives it", "write the answer of GET /projects/ID/variables into it")
			r.lostLevels = true
			continue
		}
		out = append(out, r.level(file.Value, data, entries))
	}
	return out
}

func (r *run) level(name string, data []byte, entries []dumped) level {
	doc, _ := parse(name, data)
	places := doc.body
	var out level
	for i, e := range entries {
		at := pos.Span{File: name}
		if places != nil && places.kind == list && i < len(places.items) {
			if v := places.items[i].get("value"); v != nil {
				at = v.at()
			}
		}
		hop := model.Hop{At: at, Kind: model.KindGitLab, What: "variable " + quoted(e.Key) + " of the project"}
		s := stored{key: e.Key, scope: e.Scope, raw: e.Raw, file: e.Type == "file", protected: e.Protected}
		if s.scope == "" {
			s.scope = "*"
		}
		switch {
		case e.Value == nil || e.Hidden:
			s.value = model.UnknownBecause(model.WhyCISecret, "the text of "+quoted(e.Key)+", which GitLab does not tell", model.Trail{}.Append(hop))
		case s.file:
			s.value = model.UnknownBecause(model.WhyInput, "the path of the file that the runner writes "+quoted(e.Key)+" to", model.Trail{}.Append(hop))
		default:
			s.value = model.KnownText(*e.Value, hop)
		}
		out = append(out, s)
	}
	return out
}

// rank is how well the scope of a variable fits an environment, as GitLab orders them: the
// name itself before any pattern, and those before "*". Patterns have no order among each
// other. fits is perhaps when the name of the environment is not known.
func rank(scope string, environment model.Value) (order int, fits truth) {
	if scope == "*" {
		return 0, isTrue
	}
	fits, _ = is(environment, func(name string) bool { return scope == name || glob(scope, name) })
	order = 1
	if exact, _ := is(environment, func(name string) bool { return scope == name }); exact == isTrue {
		order = 2
	}
	return order, fits
}

// glob matches a scope in which * stands for any text.
func glob(scope, name string) bool {
	parts := strings.Split(scope, "*")
	if len(parts) == 1 {
		return scope == name
	}
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(name, p)
		if i < 0 {
			return false
		}
		name = name[i+len(p):]
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}

// fromLevels are the variables that the files tell for a job of an environment, the
// weakest level first.
func (r *run) fromLevels(environment model.Value, guarded truth) []item {
	var out []item
	for _, l := range slices.Backward(r.stored) {
		var keys []string
		for _, s := range l {
			if !slices.Contains(keys, s.key) {
				keys = append(keys, s.key)
			}
		}
		for _, key := range keys {
			if it, ok := l.pick(key, environment, guarded); ok {
				out = append(out, it)
			}
		}
	}
	return out
}

// pick is the variable of one level that counts in an environment. When it is not certain
// that there is one, the levels below are to be looked at as well: then it is ambiguous.
func (l level) pick(key string, environment model.Value, guarded truth) (item, bool) {
	type candidate struct {
		stored
		order int
		fits  truth
	}
	var all []candidate
	for _, s := range l {
		if s.key != key {
			continue
		}
		order, fits := rank(s.scope, environment)
		if s.protected {
			fits = fits.and(guarded)
		}
		if fits != isFalse {
			all = append(all, candidate{s, order, fits})
		}
	}
	if len(all) == 0 {
		return item{}, false
	}
	order.By(all, func(a, b candidate) int { return b.order - a.order })
	var values []model.Value
	certain, best := false, -1
	first := all[0].stored
	for _, c := range all {
		if certain && c.order < best {
			break
		}
		values = append(values, c.value)
		if c.fits == isTrue {
			certain, best = true, c.order
		}
		if c.raw != first.raw || c.file != first.file {
			first.raw = true
		}
	}
	if !certain {
		values = append(values, absent())
	}
	out := item{key: key, raw: first.raw, file: first.file, hidden: true}
	out.value = model.Ambiguous("which variable "+quoted(key)+" of the project counts: several scopes fit this environment equally, or it is not known which do", values...)
	for _, c := range all {
		if certain && c.order < best {
			out.value = out.value.Over(c.value)
		}
	}
	return out, true
}

// bound looks up what the host knows of the names that matter here.
func (r *run) bound(names []string) {
	for _, name := range names {
		if _, done := r.outside[name]; done || !isVariable(name) || isMachine(name) || slices.Contains(startsShell(), name) {
			continue
		}
		v := r.host.Input(name)
		if v.State != model.Known || isPredefined(name) && !byInput(v) {
			v = absent()
		}
		r.outside[name] = v
	}
}

// byInput reports whether keyfit.yaml binds the value, rather than that the process has a
// variable of its name.
func byInput(v model.Value) bool {
	return slices.ContainsFunc(v.Trail.Hops(), func(h model.Hop) bool { return h.Kind == model.KindInput })
}

// fromHost are the variables of the project that are bound in keyfit.yaml, or that the
// process has.
func (r *run) fromHost(i *instance) []item {
	var out []item
	for _, name := range sortedKeys(r.outside) {
		v := r.outside[name]
		if v.State != model.Known {
			continue
		}
		hop := model.Hop{Kind: model.KindGitLab, What: "variable " + quoted(name) + " of the project"}
		switch {
		case byInput(v) || !r.in.Run.Inside:
		case r.own.sets(name, v):
			continue // the file sets it for keyfit's own job as well
		case !r.sameVariables(i.environment):
			v = model.UnknownBecause(model.WhyCISecret, "the variable of the project"+r.whereTold(i), v.Trail)
		}
		out = append(out, item{key: name, value: v.Via(hop), raw: true, hidden: true})
	}
	return out
}

// sameEnvironment reports whether keyfit runs in a job of the environment.
func (r *run) sameEnvironment(environment model.Value) bool {
	if !r.in.Run.Inside {
		return false
	}
	own := r.in.Run.Env.Get("CI_ENVIRONMENT_NAME")
	return own.State != model.Unknown && own.Same(environment)
}

// sameVariables reports whether keyfit's own job has the variables that a job of the
// environment gets: those of another branch differ by what is protected, and by what the
// pipeline was started with.
func (r *run) sameVariables(environment model.Value) bool {
	return r.same && r.sameEnvironment(environment)
}

// whereTold says what it would take to know a variable of the project in a job.
func (r *run) whereTold(i *instance) string {
	switch {
	case !r.in.Run.Inside || i.job == nil:
		return ", if there is one: bind it under `inputs`, or run keyfit in a job with the same `environment:`"
	case i.job.environmentNode() == nil && r.in.Run.Env.Get("CI_ENVIRONMENT_NAME").State == model.Known:
		place := i.job.at().File + ":" + strconv.Itoa(i.job.at().Start.Line)
		return ": " + i.job.what() + " (" + place + ") names no environment, so variables scoped to one do not reach it: give it one, or bind the variable under `inputs`"
	case !r.same:
		return ", which may differ between keyfit's pipeline and the one that deploys: run keyfit in that one, or bind it under `inputs`"
	}
	return ", if there is one: run keyfit in a job with the same `environment:`, or bind it under `inputs`"
}

// rest is the value of every name that nothing here sets.
func (r *run) rest(i *instance) model.Value {
	switch {
	case r.cfg != nil && r.cfg.partial != nil:
		return *r.cfg.partial
	case r.sameVariables(i.environment):
		return r.missing(i.environment)
	case len(r.in.Variables) > 0 && !r.lostLevels:
		return absent()
	}
	return model.UnknownBecause(model.WhyCISecret, "the project or group variable"+r.whereTold(i), model.Trail{})
}

// missing is what a job finds under a name that neither the file nor GitLab knows, where keyfit
// has the job's variables: most often GitLab knows it, and keeps it from this job.
func (r *run) missing(environment model.Value) model.Value {
	hop := model.Hop{Kind: model.KindGitLab, What: "no variable of that name", Stored: model.Stored{Kind: "variable"}}
	scoped := "scoped to an environment (this job names none)"
	if environment.State == model.Known {
		hop.Stored.Environment = environment.Text.Reveal()
		scoped = "scoped to another environment than " + quoted(hop.Stored.Environment)
	}
	switch protected := r.in.Run.Env.Get("CI_COMMIT_REF_PROTECTED"); {
	case protected.State != model.Known:
		hop.Lacks = "is it protected (this ref may not be), or " + scoped + "?"
	case protected.Text.Reveal() == "true":
		hop.Lacks = "is it " + scoped + "?"
	default:
		hop.Lacks = "is it protected (this ref is not), or " + scoped + "?"
	}
	return model.Value{State: model.Absent, Trail: model.Trail{}.Append(hop)}
}

// noJob is what is seen before there is any job.
func noJob() *instance { return &instance{environment: absent()} }

// guarded reports whether the pipeline runs for a protected branch or tag, which alone get
// protected variables. The default branch is protected.
func (r *run) guarded(vars scope) truth {
	if protected := vars("CI_COMMIT_REF_PROTECTED"); protected.State == model.Known {
		return truthOf(protected.Text.Reveal() == "true")
	}
	branch, def := vars("CI_COMMIT_BRANCH"), vars("CI_DEFAULT_BRANCH")
	t, _ := is(branch, func(name string) bool {
		if def.State == model.Known {
			return name == def.Text.Reveal()
		}
		return name == "main" || name == "master"
	})
	if t == isTrue {
		return isTrue
	}
	return perhaps
}
