package resolve

import (
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// fileFlags are the flags of deploy tools, up to their value, that name a file or a directory.
var fileFlags = []string{
	"--values=", "--filename=", "--kustomize=", "--env-file=", "--file=", "--kubeconfig=", "-chdir=", "-var-file=", "--chart=",
}

// placement gives the arguments of commands that run in the checkout of another machine, such
// as $GITHUB_WORKSPACE/charts/shop, their paths here, so that the files are found. The text
// itself stays unknown wherever it is delivered: see [placement.undo].
type placement struct {
	dir   string   // where the command runs
	paths []string // that stand for such a path
}

func (p *placement) command(c model.Command) model.Command {
	p.dir, p.paths = c.Dir, nil
	args := slices.Clone(c.Args)
	for i, v := range args {
		if i == 0 {
			continue
		}
		if text, ok := p.place(v); ok {
			args[i] = model.Value{State: model.Known, Text: secret.New(text), Trail: v.Trail}
		}
	}
	if len(p.paths) > 0 {
		c.Args = args
	}
	return c
}

// place gives the path here of an argument that is one, or a flag with one.
func (p *placement) place(v model.Value) (string, bool) {
	if v.State != model.Unknown {
		return "", false
	}
	if v.InRepo != "" {
		return p.here(v.InRepo), true
	}
	var b strings.Builder
	for i, part := range v.Parts {
		switch {
		case part.State == model.Known:
			b.WriteString(part.Text.Reveal())
		case part.InRepo != "" && i > 0 && slices.Contains(fileFlags, b.String()):
			b.WriteString(p.here(part.InRepo))
		default:
			return "", false
		}
	}
	return b.String(), len(v.Parts) > 1 && len(p.paths) > 0
}

// here writes a path of the repository as it is seen from where the command runs.
func (p *placement) here(name string) string {
	up, dir := "./", path.Clean(p.dir)
	for dir != "." && dir != name && !strings.HasPrefix(name, dir+"/") {
		up, dir = strings.TrimPrefix(up, "./")+"../", path.Dir(dir)
	}
	if dir != "." {
		name = strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
	}
	p.paths = append(p.paths, up+name)
	return up + name
}

// undo makes what a command delivers of such a path unknown again.
func (p *placement) undo(d deploy.Delivery) deploy.Delivery {
	d.Consumers = slices.Clone(d.Consumers)
	for i := range d.Consumers {
		d.Consumers[i].Env = p.forget(d.Consumers[i].Env)
	}
	d.Store = slices.Clone(d.Store)
	for i := range d.Store {
		d.Store[i].Value = p.forgetValue(d.Store[i].Value)
	}
	return d
}

func (p *placement) forget(env model.Env) model.Env {
	changed := map[string]model.Value{}
	for name, v := range env.All() {
		if w := p.forgetValue(v); w.State != v.State {
			changed[name] = w
		}
	}
	return env.WithAll(changed)
}

func (p *placement) forgetValue(v model.Value) model.Value {
	if v.State != model.Known || !slices.Contains(p.paths, v.Text.Reveal()) {
		return v
	}
	return model.UnknownBecause(model.WhyInput, "the run of the pipeline", v.Trail)
}
