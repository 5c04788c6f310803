package compose

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/dotenv"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// defaultEnv is the .env of a project directory, if there is one.
func (l *loading) defaultEnv(dir string) []string {
	name := path.Join(dir, ".env")
	if info, err := l.Files.Stat(name); l.lacks(name) || err == nil && info.Dir {
		return nil
	}
	return []string{name}
}

// lacks reports whether a file is certainly not there, also where the deploy runs: what git
// ignores may be.
func (l *loading) lacks(name string) bool {
	_, err := l.Files.Stat(name)
	return err != nil && errors.Is(err, repo.ErrMissing) && !slices.Contains(l.Unsure, path.Base(name)) && !l.mayBeIgnored(name)
}

// isOfDoubt reports whether a problem only says that a file is missing which may be there: what
// depends on it tells that itself.
func (l *loading) isOfDoubt(p model.Problem) bool {
	name, rest, _ := strings.Cut(strings.TrimPrefix(p.Message, `"`), `"`)
	return rest == " no such file" && !l.lacks(name)
}

// mayBeIgnored reports whether a line of a .gitignore may be about a file: one that names it, or
// a directory above it, whatever later lines except.
func (l *loading) mayBeIgnored(name string) bool {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		data, err := l.Files.Read(path.Join(dir, ".gitignore"))
		for line := range strings.Lines(string(data)) {
			pattern := path.Base(strings.TrimRight(strings.TrimSpace(line), "/"))
			if err == nil && pattern != "." && slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
				fits, broken := path.Match(pattern, part)
				return fits || broken != nil
			}) {
				return true
			}
		}
		if dir == "." || dir == "/" || strings.HasPrefix(dir, "..") {
			return false
		}
	}
}

// withFiles is an environment with what .env files add to it: what is set already wins.
func (l *loading) withFiles(env model.Env, names []string, at pos.Span) model.Env {
	vars, gap := l.defined(env, names, at, dotenv.Compose)
	for name, v := range vars {
		if given := env.Get(name); given.State == model.Known {
			vars[name] = given.Over(v)
		} else if given.State == model.Unknown {
			vars[name] = given
		}
	}
	env = env.WithAll(vars)
	if gap != nil && env.Rest().State == model.Absent {
		env = env.WithRest(*gap)
	}
	return env
}

// defined lists what files define, the later ones over the earlier; outside is what their
// expansions see first. gap is why they may define more.
func (l *loading) defined(outside model.Env, names []string, at pos.Span, dialect dotenv.Dialect) (vars map[string]model.Value, gap *model.Value) {
	step := dotenv.Step{Files: l.Files, Env: outside, Dialect: dialect}
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = l.clean(name)
		step.Names = append(step.Names, strict.At[string]{Value: names[i], Span: at})
	}
	if len(names) == 0 {
		return nil, nil
	}
	for _, name := range names {
		data, _ := l.Files.Read(name) // what is wrong with it, the loader says
		l.loaded += len(data) + 1000
	}
	if l.loaded > maxLoaded {
		return nil, unknown(model.WhyLimit, "fewer or smaller files of variables")
	}
	result := dotenv.Load(step)
	l.problems = append(l.problems, slices.DeleteFunc(result.Problems, l.isOfDoubt)...)
	vars = map[string]model.Value{}
	for _, name := range result.Env.Names() {
		v := result.Env.Get(name)
		if !isFrom(v.Trail, names) {
			continue
		}
		v.Losers = slices.DeleteFunc(slices.Clone(v.Losers), func(d model.Definition) bool { return !isFrom(d.Value.Trail, names) })
		vars[name] = v
	}
	if len(result.Gaps) > 0 {
		gap = unknown(result.Gaps[0].Why, result.Gaps[0].Needs)
	}
	return vars, gap
}

// isFrom reports whether a value was defined by one of the files.
func isFrom(t model.Trail, names []string) bool {
	hop := t.Last()
	return hop.Kind == model.KindDotenv && slices.Contains(names, hop.At.File)
}

// environment is what the container of a service is given.
func (l *loading) environment(v *service, project model.Env) model.Env {
	vars, outside, rest := map[string]model.Value{}, map[string]model.Value{}, v.wild
	for name, e := range v.env {
		outer := project.Get(name)
		own := e.value
		if own == nil {
			own = via(&outer, e.at, "environment "+name)
		}
		vars[name] = *own
		if outer.State == model.Absent {
			outside[name] = *own
		}
	}
	from, gap := l.fromFiles(v, project.WithAll(outside))
	for name, value := range from {
		if e := v.env[name]; e == nil {
			vars[name] = value
		} else if own := vars[name]; own.State != model.Absent {
			vars[name] = own.Over(value)
		}
	}
	switch {
	case gap != nil:
		rest = gap
	case rest == nil:
		rest = unknown(model.WhyRemoteState, model.ImageSets)
	}
	return model.NewEnv(vars).WithRest(*rest)
}

// fromFiles is what the env_files of a service define. They are read together, since later ones see
// the variables of earlier ones; gap is why one of them may define more.
func (l *loading) fromFiles(v *service, outside model.Env) (vars map[string]model.Value, gap *model.Value) {
	var names []string
	var raw int
	for _, f := range v.files {
		if f.raw {
			raw++
		}
		if slices.Contains(names, f.path) { // spelt in two ways: which of them counts depends on where they stand
			gap = unsupported("each env_file once")
		} else if !l.lacks(f.path) {
			names = append(names, f.path)
		} else if f.required {
			l.missingFile(f)
			gap = unknown(model.WhyMissingFile, model.FileNeeds(f.path))
		}
	}
	dialect := dotenv.Compose
	switch {
	case len(names) == 0:
		return nil, gap
	case raw > 0 && raw < len(v.files):
		return nil, unsupported("env_files of one format")
	case raw > 0:
		dialect = dotenv.Docker
	}
	vars, more := l.defined(outside, names, v.files[0].at, dialect)
	if gap == nil {
		gap = more
	}
	if gap != nil { // it may stand behind these
		for name, value := range vars {
			vars[name] = unsureOf(value, gap)
		}
	}
	return vars, gap
}

// unsureOf is a value that a file which was not read may replace.
func unsureOf(v model.Value, why *model.Value) model.Value {
	u := model.UnknownBecause(why.Why, why.Needs, v.Trail)
	u.Losers = v.Losers
	return u
}

func (l *loading) missingFile(f envFile) {
	l.problems = append(l.problems, model.Problem{
		At: f.at, Message: "the env_file " + strict.Path(f.written) + " cannot be read here, expected a file in the repository", Fix: model.FileFix(f.written),
	})
}

// mounted is what the container of a service finds as files.
func (l *loading) mounted(v *service, p *project, env model.Env) model.Env {
	vars := map[string]model.Value{}
	for target, m := range v.mounts {
		stores := p.secrets
		if m.section == "configs" {
			stores = p.configs
		}
		if st := stores[m.source]; st != nil { // else Compose refuses it
			vars[target] = *via(l.stored(st, env), m.at, m.section+" "+m.source)
		}
	}
	return model.NewEnv(vars)
}

// stored is the text of a secret or config.
func (l *loading) stored(st *store, env model.Env) *model.Value {
	switch {
	case st.external:
		return unknown(model.WhyRemoteState, "what the platform keeps under this name")
	case st.unusable, st.file == "" && st.variable == "" && st.content == nil, st.file != "" && (st.variable != "" || st.content != nil):
		return unsupported("one source of the secret")
	case st.content != nil:
		return st.content
	case st.variable != "":
		v := env.Get(st.variable)
		if v.State == model.Absent && st.found != nil {
			return st.found
		}
		return &v
	}
	data, err := l.Files.Read(st.file)
	if err != nil {
		return unknown(model.WhyMissingFile, model.FileNeeds(st.file))
	}
	v := model.KnownText(string(data), model.Hop{At: pos.NewIndex(data).Span(st.file, 0, len(data)), Kind: model.KindFile, What: "the whole file", Literal: true})
	return &v
}
