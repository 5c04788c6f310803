// Package compose reads compose files as Docker Compose does, held by test against compose-go
// 2.16: which services a command starts, and which variables and files each of them is given.
//
// It is a reader of its own, which looks at no more of a file than what decides that. A construct
// that it does not evaluate makes unknown what depends on it.
package compose

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

// Step is one command of Docker Compose.
type Step struct {
	Files repo.Files
	At    pos.Span
	Dir   string    // where the command is run
	Env   model.Env // of its process
	// ConfigFiles, EnvFiles and ProjectDir are given on the command line, relative to Dir; without
	// any, those of the default names count.
	ConfigFiles, EnvFiles []string
	ProjectDir            string
	Profiles              []string
	Services              []string // without any, all
	Alone                 bool     // the services that they depend on are not started
	// Vars are the variables of `run -e`, which win over those of the one service.
	Vars *model.Env
	// Unsure are the names of files that something may have written which is not followed.
	Unsure []string
	// Doubt says why the command may not be run as it is read: then no value is known.
	Doubt *model.Value
}

// Result is what the services of a project are given.
type Result struct {
	Consumers []model.Consumer
	Problems  []model.Problem
	// Lost says why there may be more consumers, or variables, than these; Found that there is a
	// project.
	Lost  *model.Value
	Found bool
}

// Run reads the project of a command.
func Run(in Step) Result {
	l := &loading{Step: in}
	env, names, dir := l.place()
	if len(names) == 0 {
		return Result{Problems: model.SortProblems(l.problems), Lost: l.lost}
	}
	if env.Get("COMPOSE_PROJECT_NAME").State == model.Absent {
		env = env.With("COMPOSE_PROJECT_NAME", *unsupported("the name of the project"))
	}
	p := l.project(names, dir, env, in.At, nil)
	out := Result{Found: true, Lost: l.lost}
	if !l.stopped {
		out.Consumers = l.consumers(p, env)
	}
	if l.stopped && l.lost == nil {
		out.Lost = unknown(model.WhyExitStatus, "compose files that Docker Compose takes")
	}
	out.Problems = model.SortProblems(l.problems)
	return out
}

// place finds the files and the directory of the project, and the environment that they are read
// in. An .env file may name the files.
func (l *loading) place() (env model.Env, names []string, dir string) {
	names = l.inDir(l.ConfigFiles)
	if slices.Contains(l.ConfigFiles, "-") || slices.ContainsFunc(l.ConfigFiles, isRemote) {
		l.lose(l.At, unsupported("every compose file, in the repository"), "a compose file is not in the repository, so what it deploys is not known", "keep a copy in the repository")
		return l.Env, nil, ""
	}
	dir = l.directory(names)
	env = l.withFiles(l.Env, l.envFiles(dir), l.At)
	if len(names) == 0 {
		names = l.inDir(l.listed(env, "COMPOSE_FILE"))
	}
	if len(names) == 0 {
		names = l.byDefault(dir)
	}
	if len(names) == 0 {
		l.missing(path.Join(dir, "compose.yaml"), l.At)
		return env, nil, dir
	}
	if again := l.directory(names); again != dir {
		dir = again
		env = l.withFiles(env, l.envFiles(dir), l.At)
	}
	return env, names, dir
}

func (l *loading) inDir(names []string) []string {
	var out []string
	for _, name := range names {
		if !path.IsAbs(name) {
			name = path.Join(l.Dir, name)
		}
		out = append(out, l.clean(name))
	}
	return out
}

// clean is a path relative to the root, where it can be told.
func (l *loading) clean(name string) string {
	if c, ok := l.Files.(interface{ Clean(string) (string, error) }); ok {
		if cleaned, err := c.Clean(name); err == nil {
			return cleaned
		}
	}
	return name
}

// directory is that of the project: as it is given, or that of the first file.
func (l *loading) directory(names []string) string {
	switch {
	case l.ProjectDir != "":
		return l.inDir([]string{l.ProjectDir})[0]
	case len(names) > 0:
		return path.Dir(names[0])
	}
	return l.clean(l.Dir)
}

func (l *loading) envFiles(dir string) []string {
	if len(l.EnvFiles) > 0 {
		return l.inDir(l.EnvFiles)
	}
	switch off := l.Env.Get("COMPOSE_DISABLE_ENV_FILE"); {
	case off.State == model.Known && slices.Contains([]string{"1", "t", "T", "true", "TRUE", "True"}, off.Text.Reveal()):
		return nil
	}
	return l.defaultEnv(dir)
}

// listed is a variable that lists files, which an .env file may set.
func (l *loading) listed(env model.Env, name string) []string {
	v := env.Get(name)
	if v.State != model.Known || v.Text.IsEmpty() {
		return nil
	}
	separator := ":"
	if s := env.Get("COMPOSE_PATH_SEPARATOR"); s.State == model.Known && !s.Text.IsEmpty() {
		separator = s.Text.Reveal()
	}
	return strings.Split(v.Text.Reveal(), separator)
}

// byDefault finds the files of the usual names, in the directory or above it.
func (l *loading) byDefault(dir string) []string {
	for depth := 0; depth < 100; depth++ {
		if name := l.first(dir, "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"); name != "" {
			if more := l.first(dir, "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"); more != "" {
				return []string{name, more}
			}
			return []string{name}
		}
		if dir == "." || dir == "" || dir == "/" {
			break
		}
		dir = path.Dir(dir)
	}
	return nil
}

func (l *loading) first(dir string, names ...string) string {
	for _, name := range names {
		info, err := l.Files.Stat(path.Join(dir, name))
		if err == nil && !info.Dir || err != nil && !errors.Is(err, repo.ErrMissing) && !errors.Is(err, repo.ErrOutside) {
			return path.Join(dir, name)
		}
	}
	return ""
}

// consumers are the services that the command starts.
func (l *loading) consumers(p *project, env model.Env) []model.Consumer {
	var out []model.Consumer
	for _, name := range l.started(p, env) {
		v := p.services[name]
		c := model.Consumer{Kind: model.ConsumerCompose, Workload: name, At: v.at, Env: l.environment(v, env), Files: l.mounted(v, p, env)}
		if l.Vars != nil && len(l.Services) > 0 && name == l.Services[0] {
			c.Env = laid(c.Env, *l.Vars)
		}
		doubt := l.Doubt
		if doubt == nil {
			doubt = v.unsure
		}
		if doubt != nil {
			c.Env, c.Files = veiled(c.Env, doubt), veiled(c.Files, doubt)
		} else if l.lost != nil && c.Env.Rest().Needs == model.ImageSets {
			c.Env = c.Env.WithRest(*l.lost)
		}
		out = append(out, c)
	}
	return out
}

// laid lays variables of the command line over those of a service.
func laid(env, over model.Env) model.Env {
	vars := map[string]model.Value{}
	for _, name := range over.Names() {
		if v := over.Get(name); env.Has(name) {
			vars[name] = v.Over(env.Get(name))
		} else {
			vars[name] = v
		}
	}
	env = env.WithAll(vars)
	if rest := over.Rest(); rest.State == model.Unknown {
		return veiled(env, &rest)
	}
	return env
}

// veiled is an environment of which nothing is known.
func veiled(env model.Env, why *model.Value) model.Env {
	vars := map[string]model.Value{}
	for _, name := range env.Names() {
		vars[name] = unsureOf(env.Get(name), why)
	}
	return model.NewEnv(vars).WithRest(*why)
}

// started names the services in order: those that are asked for and what they depend on, or all
// of the profiles that are on.
func (l *loading) started(p *project, env model.Env) []string {
	profiles := l.Profiles
	if len(profiles) == 0 {
		if v := env.Get("COMPOSE_PROFILES"); v.State == model.Known {
			profiles = strings.Split(v.Text.Reveal(), ",")
		} else if v.State == model.Unknown {
			profiles = []string{"*"} // any of them
		}
	}
	var todo []string
	for _, name := range l.Services {
		v, ok := p.services[name]
		if !ok {
			if l.lost == nil {
				l.refuse(l.At, "Docker Compose refuses this: there is no such service in its files", "name a service of the compose files")
			}
			continue
		}
		todo = append(todo, name)
		profiles = together(profiles, v.profiles)
	}
	if len(l.Services) == 0 {
		for _, name := range p.names() {
			if isOn(p.services[name], profiles) {
				todo = append(todo, name)
			}
		}
	}
	var out []string
	for i := 0; i < len(todo); i++ {
		if slices.Contains(todo[:i], todo[i]) {
			continue
		}
		out = append(out, todo[i])
		for _, other := range p.services[todo[i]].depends {
			if on := p.services[other]; on != nil && !l.Alone && isOn(on, profiles) {
				todo = append(todo, other)
			}
		}
	}
	slices.Sort(out)
	return out
}

func isOn(v *service, profiles []string) bool {
	return len(v.profiles) == 0 || slices.Contains(profiles, "*") || slices.ContainsFunc(v.profiles, func(p string) bool {
		return slices.ContainsFunc(profiles, func(on string) bool { return strings.TrimSpace(on) == p })
	})
}
