package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/discover"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// workspace is the repository that a command works in, with its configuration.
type workspace struct {
	files  *repo.Tree
	dir    string // where deploy paths start, relative to the root; "" is the root
	config *config.File
	// catalogue is the built-in providers, parsed as they are asked for.
	catalogue *provider.Catalog
	notes     []string // what discovery found, when there is no keyfit.yaml
}

// open finds the repository's root and its configuration, or discovers one.
func (a *app) open() (*workspace, error) {
	start, err := a.startDir()
	if err != nil {
		return nil, err
	}
	w, rel, err := openAt(start)
	if err != nil {
		return nil, err
	}
	if err := a.configure(w, rel); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// openAt opens the repository that a directory lies in, and says where in it.
func openAt(start string) (w *workspace, rel string, err error) {
	root := repositoryRoot(start)
	files, err := repo.Open(root)
	if err != nil {
		return nil, "", usage("cannot open the directory %q", start)
	}
	if rel, err = filepath.Rel(root, start); err != nil {
		rel = "."
	}
	return &workspace{files: files, catalogue: provider.Catalogue()}, filepath.ToSlash(rel), nil
}

func (w *workspace) close() { _ = w.files.Close() }

func (a *app) startDir() (string, error) {
	dir := absolute(a.Dir, a.flags.dir)
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return "", usage("%q is not a directory", a.flags.dir)
	}
	return filepath.Clean(dir), nil
}

// repositoryRoot is the nearest directory above start that holds .git, or start itself.
func repositoryRoot(start string) string {
	for dir := start; ; {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return start
		}
		dir = parent
	}
}

// configPath says where the configuration lies, if there is one.
func (a *app) configPath(w *workspace, start string) (path string, found bool) {
	path, found = a.flags.config, true
	if path == "" {
		path, found = config.Find(w.files, start)
	} else if !filepath.IsAbs(path) {
		path = filepath.ToSlash(filepath.Join(start, path))
	}
	if cleaned, err := w.files.Clean(path); err == nil && found {
		path = cleaned // an absolute path names the same file
	}
	return path, found
}

// configure reads keyfit.yaml, or discovers the environments when there is none.
func (a *app) configure(w *workspace, start string) error {
	path, found := a.configPath(w, start)
	if !found {
		discovered := discover.Environments(w.files, start)
		w.config, w.notes, w.dir = discovered.Config, discovered.Notes, start
		return nil
	}
	w.dir = configDir(path)
	options := config.LoadOptions{Catalog: w.catalogue, FindingIDs: checks.IDs(), Thorough: a.thorough}
	file, problems := config.Load(w.files, path, options)
	if len(file.Environments) == 0 {
		discovered := discover.Environments(w.files, w.dir)
		options.Environments = slices.Sorted(maps.Keys(discovered.Config.Environments))
		file, problems = config.Load(w.files, path, options)
		file.Environments, w.notes = discovered.Config.Environments, discovered.Notes
	}
	if problems = append(problems, w.discoverDeploys(file)...); len(problems) > 0 {
		return configError(problems)
	}
	w.config = file
	return nil
}

// discoverDeploys gives the environments of a configuration that say nothing of their deploy the
// steps that lead there in the repository. Where steps lead elsewhere only, the name is a mistake:
// to look at keyfit's own process instead would pass what another key is deployed in. An empty list
// asks for just that.
func (w *workspace) discoverDeploys(file *config.File) []model.Problem {
	silent := map[string]*config.Environment{}
	for name, env := range file.Environments {
		if env != nil && env.Deploy == nil {
			silent[name] = env
		}
	}
	if len(silent) == 0 {
		return nil
	}
	found := discover.Environments(w.files, w.dir)
	var known []string
	for name, env := range found.Config.Environments {
		if len(env.Deploy) > 0 {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	var problems []model.Problem
	for _, name := range slices.Sorted(maps.Keys(silent)) {
		switch {
		case slices.Contains(known, name):
			silent[name].Deploy = found.Config.Environments[name].Deploy
		case len(known) > 0:
			problems = append(problems, model.Problem{
				At:      silent[name].At,
				Message: fmt.Sprintf("the environment %q has no `deploy`, and nothing in the repository deploys to a %q: what does leads to %s", name, name, list(known)),
				Fix:     "write the steps under `deploy`, take one of those names, or write `deploy: []` to look at what keyfit's own process holds",
			})
		}
	}
	w.notes = found.Notes
	return problems
}

// list names some names for people.
func list(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// configDir is the directory that a configuration speaks of: the one it lies in, or
// the one above for .github/keyfit.yaml.
func configDir(path string) string {
	dir := filepath.ToSlash(filepath.Dir(path))
	if strings.TrimPrefix(dir, "./") == ".github" || strings.HasSuffix(dir, "/.github") {
		dir = filepath.ToSlash(filepath.Dir(dir))
	}
	return dir
}

// configError lists every mistake of the configuration in one usage error.
func configError(problems []model.Problem) error {
	var lines []string
	for _, p := range problems {
		line := fmt.Sprintf("%s: %s", p.At, p.Message)
		if p.Fix != "" {
			line += "\n  = fix: " + p.Fix
		}
		lines = append(lines, line)
	}
	count := "a mistake"
	if len(problems) > 1 {
		count = fmt.Sprintf("%d mistakes", len(problems))
	}
	return &exit{code: exitUsage, message: count + " in the configuration; nothing was sent anywhere\n" + strings.Join(lines, "\n"), problems: problems}
}

// choose keeps the environments that -e names; without any, all of them.
func choose(all map[string]*config.Environment, names []string) (map[string]*config.Environment, error) {
	if len(names) == 0 {
		return all, nil
	}
	chosen := map[string]*config.Environment{}
	for _, name := range names {
		env, ok := all[name]
		if !ok {
			return nil, unknownEnvironment(all, name)
		}
		chosen[name] = env
	}
	return chosen, nil
}

func unknownEnvironment(all map[string]*config.Environment, name string) error {
	known := slices.Sorted(maps.Keys(all))
	e := &exit{code: exitUsage, message: fmt.Sprintf("there is no environment %q", name), fix: "there are: " + strings.Join(known, ", ")}
	if near := strict.Nearest(name, known); near != "" {
		e.fix = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}
