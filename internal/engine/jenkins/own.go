package jenkins

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// storeOf marks the values that stand for what Jenkins keeps, so that it can be seen where they
// arrive.
const storeOf = "jenkins"

// maxOwnFiles bounds in how many Jenkinsfiles keyfit's own step is looked for.
const maxOwnFiles = 20

// witness is a host to which every credential is a value of its own.
type witness struct{}

func (witness) Follow(_ context.Context, s pipeline.Script) (pipeline.After, error) {
	return pipeline.After{Env: s.Env}, nil
}

func (witness) Input(name string) model.Value {
	v := model.UnknownBecause(model.WhyCISecret, name, model.Trail{}.Append(model.Hop{Kind: model.KindInput, What: strict.Name(name)}))
	v.Ref = model.Ref{Store: storeOf, Path: name}
	return v
}

func (w witness) Credential(name, _ string) model.Value { return w.Input(name) }

// Bindings finds the step that keyfit runs in, by what Jenkins says in env, and reads which variable
// of its process carries which credential. ok is false when no step of the Jenkinsfile can be it.
//
// Jenkins does not tell a script which Jenkinsfile it stands in. Where keyfit's own step may as well
// stand in another one, that one has to agree: a folder of Jenkins may keep another credential under
// the same id, so nothing is taken from a job of another Jenkinsfile.
func Bindings(files repo.Files, file string, env model.Env) (own pipeline.Own, ok bool) {
	file = path.Clean(file)
	all := ownsIn(files, file, env)
	if len(all) == 0 {
		return pipeline.Own{}, false
	}
	others := Finds(files, ".")
	for _, name := range others[:min(len(others), maxOwnFiles)] {
		if path.Clean(name) != file {
			all = append(all, ownsIn(files, name, env)...)
		}
	}
	return pipeline.Agreed(all)
}

// isOwn reports whether keyfit runs in the pipeline that is followed, and in no other one.
func (m *machine) isOwn() bool {
	if m.own == nil {
		file := path.Clean(m.in.File.Value)
		own := len(ownsIn(m.in.Files, file, m.in.Run.Env)) > 0
		others := Finds(m.in.Files, ".")
		for _, name := range others[:min(len(others), maxOwnFiles)] {
			own = own && (path.Clean(name) == file || len(ownsIn(m.in.Files, name, m.in.Run.Env)) == 0)
		}
		m.own = &own
	}
	return *m.own
}

// ownsIn are the steps of one Jenkinsfile that may be keyfit's own.
func ownsIn(files repo.Files, file string, env model.Env) []pipeline.Own {
	overlay, ok := files.(*repo.Overlay)
	if !ok {
		return nil
	}
	in := pipeline.Step{Files: overlay.Fork(), File: strict.At[string]{Value: file}, Run: pipeline.Runtime{Env: env, Inside: true}}
	m := newMachine(context.Background(), in, witness{})
	m.search = &search{process: env, started: map[string]bool{}}
	m.guarded()
	return m.search.found
}

// search collects the steps that may be keyfit's own.
type search struct {
	process model.Env
	started map[string]bool // parameters that are told by the process
	found   []pipeline.Own
}

// parameter is what this very run was started with: Jenkins sets its parameters as variables, too.
func (s *search) parameter(p parameter) (model.Value, bool) {
	v := s.process.Get(p.name)
	if v.State != model.Known || p.isSecret() {
		return model.Value{}, false
	}
	s.started[p.name] = true
	return v, true
}

// saw looks at a script before it is followed, and at a step that is keyfit's own.
func (m *machine) saw(text string) {
	if m.search == nil || m.thrown {
		return
	}
	script := pipeline.ReadOwn(m.in.Files, m.at.dir, text)
	if !script.RunsKeyfit() {
		return
	}
	env := m.env()
	own := pipeline.Own{Carries: map[string]string{}}
	for name := range m.search.started {
		if last := env.Get(name).Trail.Last(); last.Kind != model.KindJenkins || !strings.HasPrefix(last.What, "parameter") {
			return // the process does not tell what the parameter was
		}
	}
	for _, l := range m.at.layers {
		for _, b := range l.vars {
			v := env.Get(b.name)
			if !m.search.fits(b.name, v) {
				return
			}
			own.Carries[b.name] = carried(v)
			if script.MaySet(b.name) || m.search.isFile(b.name) {
				own.Carries[b.name] = ""
			}
		}
	}
	m.search.found = append(m.search.found, own)
}

// fits reports whether the process holds what a block of the pipeline sets.
func (s *search) fits(name string, v model.Value) bool {
	has := s.process.Get(name)
	switch {
	case name == "STAGE_NAME" && has.State == model.Absent: // an old Jenkins
		return true
	case v.State == model.Known:
		return has.State == model.Known && has.Text.Equal(v.Text)
	case v.State == model.Absent:
		return has.State == model.Absent || has.Text.IsEmpty()
	case carried(v) != "" && !mayLack(v):
		return has.State == model.Known
	}
	return true
}

// isFile reports whether a variable of the process holds the path of a file that Jenkins made for
// a credential: each step gets one of its own.
func (s *search) isFile(name string) bool {
	text := s.process.Get(name).Text.Reveal()
	return strings.Contains(text, "secretFiles") || strings.Contains(text, "@tmp/") || strings.Contains(text, `@tmp\`)
}

// carried names the credential that a value is, when it is nothing else.
func carried(v model.Value) string {
	if v.State == model.Unknown && v.Ref.Store == storeOf && len(v.Alternatives) == 0 && len(v.Parts) == 0 {
		return v.Ref.Path
	}
	return ""
}

// mayLack reports whether a part of a credential is one that not every kind of credential has.
func mayLack(v model.Value) bool { return v.Needs == model.CredentialPart }

// isOwnStep reports whether a step is keyfit's, of a shared library: keyfit, keyfitCheck.
func isOwnStep(name string) bool {
	return slices.Contains([]string{"keyfit", "keyfitCheck", "keyfit.check"}, name)
}
