package github

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/engine/github/expression"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// secretsContext is `secrets`: which ones there are is only known when one is asked for.
func (jr *jobRun) secretsContext(at pos.Span) expression.Value {
	return expression.Open(func(name string) expression.Value {
		return expression.Text(jr.secret(name, at, jr))
	})
}

// varsContext is `vars`.
func (jr *jobRun) varsContext(at pos.Span) expression.Value {
	return expression.Open(func(name string) expression.Value {
		return expression.Text(jr.stored("vars", name, at, jr))
	})
}

// secret is one secret as a job finds it. In a workflow that is called, the one that the
// caller passes counts, unless the job names an environment that has one of that name: then
// that one wins, without a word. to is the job that the secret is for in the end.
func (jr *jobRun) secret(name string, at pos.Span, to *jobRun) model.Value {
	if strings.EqualFold(name, "GITHUB_TOKEN") {
		hop := model.Hop{At: at, Kind: model.KindWorkflow, What: "secrets.GITHUB_TOKEN"}
		return model.UnknownBecause(model.WhyCISecret, needsToken, model.Trail{}.Append(hop))
	}
	if jr.by == nil {
		return jr.stored("secrets", name, at, to)
	}
	given, ok := jr.by.secrets[strings.ToLower(name)]
	switch {
	case jr.by.inherit && jr.named:
		return jr.stored("secrets", name, at, to)
	case jr.by.inherit:
		given = jr.by.job.secret(name, at, to)
	case !ok:
		given = model.Value{State: model.Absent}
	}
	if !jr.named {
		return given
	}
	own := jr.stored("secrets", name, at, to)
	switch {
	case own.State == model.Absent, own.State == model.Known && own.Text.IsEmpty() && given.State != model.Absent:
		return given // GitHub keeps no empty secret
	case own.State == model.Unknown && given.State != model.Absent:
		return jr.eitherSecret(name, own, given)
	}
	return own.Over(given)
}

// eitherSecret is the secret of the environment, of which nobody knows whether there is one, or
// the one that is passed.
func (jr *jobRun) eitherSecret(name string, own, given model.Value) model.Value {
	store := strings.TrimPrefix(jr.environmentInWords(), " of ")
	bind := "bind it under `inputs` in keyfit.yaml"
	if shown := jr.shown(strings.ToUpper(name)); strings.EqualFold(shown, name) {
		bind = fmt.Sprintf("bind secrets.%s under `inputs` in keyfit.yaml, to {value: \"\"} if there is none", shown)
	}
	own.Needs = fmt.Sprintf("whether %s has a secret %s, which would win over the one that is passed, and which: %s", store, jr.shown(name), bind)
	own.Ref = model.Ref{}
	if given.State == model.Known {
		return model.Ambiguous(own.Needs, given, own)
	}
	trail := given.Trail
	for _, hop := range own.Trail.Hops() {
		trail = trail.Append(hop)
	}
	own.Trail = trail
	return own
}

// stored is a secret or variable that GitHub keeps for the environment of the job, or for
// the repository where it names none.
func (jr *jobRun) stored(kind, name string, at pos.Span, to *jobRun) model.Value {
	upper := strings.ToUpper(name)
	what := kind + "." + jr.shown(upper)
	where, foreign := jr.owner(to)
	hop := model.Hop{At: jr.ownerPlace(at), Kind: model.KindWorkflow, What: what + where, Stored: jr.inStore(kind, upper)}
	if foreign {
		return model.UnknownBecause(model.WhyCISecret, what+where, model.Trail{}.Append(hop))
	}
	v := jr.ask(kind + "." + upper)
	if v.State == model.Known && kind == "secrets" {
		jr.seen(upper, v)
	}
	return v.Via(hop)
}

// ask gives what the host has for the job. To one that does not tell jobs apart they are alike.
func (jr *jobRun) ask(name string) model.Value {
	host, ok := jr.host.(pipeline.StoreHost)
	if !ok {
		return jr.host.Input(name)
	}
	return host.InputOf(name, jr.holder())
}

// holder is the job, as one that is given the secrets of its environment.
func (jr *jobRun) holder() pipeline.Holder {
	out := pipeline.Holder{Job: jr.job.id, At: jr.ownerPlace(jr.job.at)}
	if jr.named {
		out.Undecided = jr.environment.State != model.Known
		out.Environment = jr.environment.Text.Reveal()
	}
	return out
}

// inStore is what GitHub keeps under a name, as its settings show it. A name that was put
// together is not repeated.
func (jr *jobRun) inStore(kind, name string) model.Stored {
	if jr.shown(name) != name || jr.named && jr.environment.State != model.Known {
		return model.Stored{}
	}
	out := model.Stored{Kind: "secret", Name: name}
	if kind == "vars" {
		out.Kind = "variable"
	}
	if environment := jr.holder().Environment; strict.IsName(environment) {
		out.Environment = environment
	} else if environment != "" {
		return model.Stored{}
	}
	return out
}

// owner says in words who keeps the secrets of the job, and whether that is another one than
// the environment that is resolved: then its values are not those that are given. A job that
// names no environment has the repository's, which may be others than those of the
// environment that is resolved, unless no job names one.
func (jr *jobRun) owner(to *jobRun) (where string, foreign bool) {
	switch {
	case jr.named && jr.environment.State != model.Known:
		return jr.environmentInWords(), !jr.chosen
	case jr.named:
		name := jr.environment.Text.Reveal()
		return jr.environmentInWords(), !strings.EqualFold(name, jr.follow.environment) && (jr.follow.environment != "" || !strings.EqualFold(name, jr.in.Environment))
	}
	passes := to.job.uses != nil && to.chosen // it can name none, and what it passes is meant for this environment
	return " of the repository, because the job names no environment", jr.follow.environment != "" && jr.job.id != "" && !passes
}

// environmentInWords is the environment that the job names.
func (jr *jobRun) environmentInWords() string {
	if jr.environment.State != model.Known {
		return " of the job's environment"
	}
	return " of environment " + strict.Name(jr.environment.Text.Reveal())
}

// ownerPlace is where the job says whose secrets it has.
func (jr *jobRun) ownerPlace(at pos.Span) pos.Span {
	switch n := target(jr.job.environment); {
	case n != nil:
		return jr.wf.span(n)
	case jr.job.at.IsValid():
		return jr.job.at
	}
	return at
}

// shown is the name of a secret. One that was put together may be anything.
func (jr *jobRun) shown(name string) string {
	if strict.IsName(name) || strings.Contains(strings.ToUpper(jr.wf.text), strings.ToUpper(name)) {
		return shownName(name)
	}
	return "(a name that is put together)"
}

// seen keeps the secrets that were used: GitHub hides them in what a job leaves.
func (f *follow) seen(name string, v model.Value) {
	if f.secrets == nil {
		f.secrets = map[string]model.Value{}
	}
	f.secrets[name] = v
}

// holdsSecret names a secret that stands in a text; empty when none does.
func (f *follow) holdsSecret(v model.Value) string {
	if v.State != model.Known {
		return ""
	}
	text, found := v.Text.Reveal(), ""
	for name, s := range f.secrets {
		if t := s.Text.Reveal(); t != "" && strings.Contains(text, t) && (found == "" || name < found) {
			found = name
		}
	}
	return found
}
