package resolve

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/engine/compose"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// compose follows a command of Docker Compose that starts services.
func (t *tools) compose(c deploy.Compose, d deploy.Delivery) {
	if !slices.Contains([]string{"up", "create", "run", "watch"}, c.Command) {
		return // it starts nothing, or what was there before
	}
	files, ok := texts(c.Files)
	envFiles, envOK := texts(c.EnvFiles)
	dir, dirOK := texts([]model.Value{c.ProjectDir})
	elsewhere := c.Doubt != nil && c.Doubt.Why == model.WhyRemoteState
	if tool := toolName(d.Tool); c.Stack || tool != "docker" && tool != "docker-compose" || !ok || !envOK || !dirOK || elsewhere {
		why := model.UnknownBecause(model.WhyUnsupported, "compose files in the repository that docker compose reads", model.Trail{})
		t.walk.composed(compose.Result{Lost: &why})
		t.unknown(d)
		return
	}
	step := compose.Step{
		Files: d.Files, At: c.At, Dir: c.Dir, Env: c.Env, ConfigFiles: files, EnvFiles: envFiles,
		Profiles: c.Profiles, Services: c.Services, Alone: c.Alone, Doubt: c.Doubt, Unsure: t.walk.dotenvs,
	}
	if len(dir) > 0 {
		step.ProjectDir = dir[0]
	}
	if c.Command == "run" {
		step.Vars = &c.Vars
	}
	result := compose.Run(step)
	if result.Lost != nil {
		t.unknown(d)
	}
	t.walk.composed(result)
	t.problems = append(t.problems, result.Problems...)
	for _, c := range traced(deploy.Delivery{Files: d.Files, Consumers: result.Consumers}).Consumers {
		if !slices.ContainsFunc(t.consumers, func(before model.Consumer) bool { return sameService(before, c) }) {
			t.consumers = append(t.consumers, c)
		}
	}
}

// sameService reports whether a service is started once more with what it had.
func sameService(a, b model.Consumer) bool {
	if a.Kind != b.Kind || a.Workload != b.Workload || a.At != b.At || a.Env.Len() != b.Env.Len() || !a.Env.Rest().Same(b.Env.Rest()) {
		return false
	}
	for _, name := range a.Env.Names() {
		v, w := a.Env.Get(name), b.Env.Get(name)
		if !v.Same(w) || !v.Trail.Equal(w.Trail) {
			return false
		}
	}
	return true
}

// mentions remembers the .env files that a command is given, which it may write.
func (w *walk) mentions(command model.Command) {
	for _, a := range command.Args[min(1, len(command.Args)):] {
		if a.State != model.Known {
			continue
		}
		if base := path.Base(a.Text.Reveal()); strings.HasPrefix(base, ".env") || strings.HasSuffix(base, ".env") {
			w.dotenvs = append(w.dotenvs, base)
		}
	}
}

// composed notes what became of a project.
func (w *walk) composed(result compose.Result) {
	w.applies = true
	if w.lost == nil {
		w.lost = result.Lost
	}
}

// texts are the texts of values, without those that are absent; ok is false when one is not known.
func texts(values []model.Value) (out []string, ok bool) {
	for _, v := range values {
		switch v.State {
		case model.Known:
			out = append(out, v.Text.Reveal())
		case model.Unknown:
			return nil, false
		}
	}
	return out, true
}

// composeStep follows a `compose:` step.
func (w *walk) composeStep(c *config.Compose) model.Result {
	result := compose.Run(compose.Step{
		Files: w.files, At: c.At, Dir: path.Clean(w.dir), Env: w.env, ConfigFiles: plainTexts(c.Files), EnvFiles: plainTexts(c.EnvFiles),
		Profiles: plainTexts(c.Profiles), Services: plainTexts(c.Services), ProjectDir: c.ProjectDirectory.Value,
	})
	w.composed(result)
	out := w.handOn()
	out.Consumers, out.Problems = result.Consumers, result.Problems
	return out
}

func plainTexts(list []strict.At[string]) []string {
	var out []string
	for _, text := range list {
		out = append(out, text.Value)
	}
	return out
}
