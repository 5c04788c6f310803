package buildkite

import (
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/strict"
)

func itoa(n int) string { return strconv.Itoa(n) }

// container is one that a plugin runs the command in.
type container struct {
	plugin plugin
	env    []*tree.Node // NAME, or NAME=text
	all    bool         // every variable of the job is handed over
	runs   bool         // the command is run at all
}

// containerOf gives the container that the command of a step runs in; ok is false when it
// runs on the machine itself.
func containerOf(plugins []plugin) (c container, ok bool) {
	for _, p := range plugins {
		switch p.short() {
		case "docker":
			return container{plugin: p, env: p.config.Get("environment").Each(), all: p.config.Get("propagate-environment").Text() == "true", runs: true}, true
		case "docker-compose":
			env := append(p.config.Get("env").Each(), p.config.Get("environment").Each()...)
			return container{plugin: p, env: env, all: p.config.Get("propagate-environment").Text() == "true", runs: p.config.Get("run").Text() != ""}, true
		}
	}
	return container{}, false
}

// container is the environment within the container: what is handed over, and what the
// image or the service sets.
func (j *job) container(c container) model.Env {
	vars := map[string]model.Value{}
	if c.all {
		for name, v := range j.env.All() {
			if strings.HasPrefix(name, "BUILDKITE") || j.declared(name) {
				vars[name] = v
			}
		}
	}
	for _, n := range c.env {
		text := j.text(n, j.cell, "environment of plugin "+c.plugin.short())
		written := text.String()
		name, _, given := strings.Cut(written, "=")
		h := hop(n.Span(), "environment "+strict.Name(name)+" of plugin "+c.plugin.short())
		switch {
		case strings.ContainsRune(name, tree.Gap) || name == "":
		case given:
			vars[name] = text.Slice(len(name)+1, len(written)).Value(h)
		default:
			if v := j.env.Get(name); v.State != model.Absent {
				vars[name] = v.Via(h)
			}
		}
	}
	return model.NewEnv(vars).WithRest(model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{}))
}

// declared reports whether the pipeline itself sets a variable.
func (j *job) declared(name string) bool {
	_, ok := j.uploaded[name]
	return ok || j.step.node.Get("env", name) != nil
}
