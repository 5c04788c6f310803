package deploy

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/secret"
	"github.com/keyfit/keyfit/internal/strict"
)

// reading is one command while its adapter reads it.
type reading struct {
	call Call
	tool string
	d    Delivery
	open *model.Value // when set, nothing that the command delivers is certain
}

func newReading(call Call, tool string) *reading {
	r := &reading{call: call, tool: tool}
	if n := call.Open; n > 0 && n < len(call.Args) {
		r.doubt(call.Args[n], "a text that is not known is split into words here, expected one word", "put it in double quotes")
	} else if n > 0 {
		r.doubt(model.UnknownBecause(model.WhyUnsupported, "how many words there are", model.Trail{}),
			"how many words the command has is not known, expected a fixed number", "write the words out")
	}
	return r
}

// words are the command's arguments behind its name.
func (r *reading) words() []word { return wordsOf(r.call.Args[1:]) }

// line reads the arguments and takes over what is doubtful of them.
func (r *reading) line(g grammar, words []word) line {
	l := g.read(words)
	if l.open != nil {
		r.doubt(*l.open, "an argument of "+r.tool+" is not known and may be a flag, expected a text that is known or behind the name of its flag", "give it as --flag=\"$VALUE\", or bind its value under `inputs`")
	}
	if l.cut != "" {
		r.unsupported("the shortened flag " + flagName(l.cut))
	}
	return l
}

// strict refuses a flag that the grammar does not list, for a line on which the place
// of every word counts.
func (r *reading) strict(l line) {
	if l.strange != "" {
		r.unsupported("the flag " + flagName(l.strange))
	}
}

// flagName repeats a flag in a message, but nothing that may be a value.
func flagName(flag string) string {
	if len(flag) > 30 || strings.ContainsAny(flag, "0123456789= ") {
		return "(not shown here)"
	}
	return fmt.Sprintf("%q", flag)
}

// unsupported says that a part of the command is not understood.
func (r *reading) unsupported(what string) {
	r.doubt(model.UnknownBecause(model.WhyUnsupported, r.tool+" with "+what, model.Trail{}),
		r.tool+" with "+what+" is not understood, so what it delivers is not known", "")
}

func (r *reading) doubt(v model.Value, message, fix string) {
	r.problem(message, fix)
	if r.open == nil {
		why := v.Why
		if why == model.WhyNone {
			why = model.WhyUnsupported
		}
		u := model.UnknownBecause(why, v.Needs, v.Trail)
		r.open = &u
	}
}

func (r *reading) problem(message, fix string) { r.problemAt(r.call.At, message, fix) }

func (r *reading) problemAt(at pos.Span, message, fix string) {
	r.d.Problems = append(r.d.Problems, model.Problem{At: at, Message: message, Fix: fix})
}

// via is a value with the hop of this command behind its own.
func (r *reading) via(v model.Value, what string) model.Value {
	hop := model.Hop{At: r.call.At, Kind: model.KindCommand, What: what}
	hop.Literal = v.State == model.Known && v.Trail.IsEmpty()
	v = Recall(r.call.Env, v)
	v.Parts = nil
	return v.Via(hop)
}

// Recall gives a text, and the pieces of which it was put together, what had lost to the
// variables that they come from: words of a command line do not carry it.
func Recall(env model.Env, v model.Value) model.Value {
	if len(v.Parts) > 0 {
		parts := make([]model.Value, len(v.Parts))
		for i, p := range v.Parts {
			parts[i] = recalled(env, p)
		}
		v.Parts = parts
	}
	return recalled(env, v)
}

func recalled(env model.Env, v model.Value) model.Value {
	if len(v.Losers) > 0 || v.Trail.IsEmpty() {
		return v
	}
	for _, from := range env.All() {
		if len(from.Losers) > 0 && v.State == from.State && v.Same(from) && v.Trail.Equal(from.Trail) {
			v.Losers = from.Losers
		}
	}
	return v
}

// target is one consumer while its variables are collected.
type target struct {
	r        *reading
	consumer model.Consumer
	vars     map[string]model.Value
	rest     *model.Value
	what     string // "heroku config:set", for the hops
}

func (r *reading) target(kind string, workload word, what string) *target {
	name, ok := workload.known()
	if !ok {
		name = "a " + kind + " whose name is not known"
	}
	return &target{
		r: r, what: what, vars: map[string]model.Value{},
		consumer: model.Consumer{Kind: kind, Workload: name, At: r.call.At},
	}
}

// plain is a word that is wholly known.
func plain(text string) word {
	if text == "" {
		return word{}
	}
	return wordOf(model.Value{State: model.Known, Text: secret.New(text)})
}

// workload is the value of a flag, or a name that says that there is none.
func workload(l line, otherwise string, flags ...string) word {
	if w, ok := l.last(flags...); ok {
		return w
	}
	return plain(otherwise)
}

func (t *target) set(name string, v model.Value) {
	if strings.Contains(name, blank) {
		t.r.unsupported("a name that is not known")
		return
	}
	v = t.r.via(v, t.what+" "+name)
	if before, ok := t.vars[name]; ok {
		v = v.Over(before)
	}
	t.vars[name] = v
}

// pair takes one NAME=value.
func (t *target) pair(w word) {
	name, value, ok := w.cut("=")
	if !ok {
		t.bad(w)
		return
	}
	t.set(name, value.value())
}

// bad is a word that should have been NAME=value.
func (t *target) bad(w word) {
	if u := w.unknown(); u != nil {
		t.r.doubt(*u, "an argument of "+t.what+" is not known up to its =, expected NAME=value", "write the name out: NAME=\"$VALUE\"")
		return
	}
	t.r.problem("an argument of "+t.what+" has no =, expected NAME=value", "write NAME=value")
	u := model.UnknownBecause(model.WhyUnsupported, "arguments that "+t.r.tool+" accepts", model.Trail{})
	t.r.open = &u
}

// Kept is what it takes to know the rest of a workload's variables when a command changes
// only some of them.
func Kept(workload string) string { return "the variables that " + workload + " has already" }

// keeps says that the target has variables from before, which the command leaves.
func (t *target) keeps() {
	v := model.UnknownBecause(model.WhyRemoteState, Kept(t.consumer.Workload), model.Trail{})
	t.rest = &v
	t.r.d.Partial = true
}

// wild says that the target has variables that cannot be named.
func (t *target) wild(v model.Value) {
	u := unknownLike(v)
	t.rest = &u
}

func unknownLike(v model.Value) model.Value {
	why := v.Why
	if why == model.WhyNone {
		why = model.WhyUnsupported
	}
	return model.UnknownBecause(why, v.Needs, v.Trail)
}

func (t *target) done() {
	env := model.NewEnv(t.vars)
	if t.rest != nil {
		env = env.WithRest(*t.rest)
	}
	t.consumer.Env = env
	t.r.d.Consumers = append(t.r.d.Consumers, t.consumer)
}

func (r *reading) store(store string, name word, key string, v model.Value) {
	what := r.tool
	if n, ok := name.known(); ok {
		what += " " + n
	}
	if v.State == model.Absent {
		v = model.UnknownBecause(model.WhyInput, "what "+r.tool+" reads", model.Trail{})
	}
	s := Stored{At: r.call.At, Store: store, Name: name.value(), Key: key, Value: r.via(v, what)}
	for i, before := range r.d.Store {
		if before.Store == store && before.Key == key && before.Name.Same(s.Name) {
			s.Value = s.Value.Over(before.Value)
			r.d.Store[i] = s
			return
		}
	}
	r.d.Store = append(r.d.Store, s)
}

// result is the delivery. If the command line is in doubt, every value in it is unknown.
func (r *reading) result() (Delivery, bool) {
	if len(r.d.Consumers)+len(r.d.Store)+len(r.d.Inner) > 0 {
		r.d.Passes = true
	}
	r.d.Own = ownCredentials(r.tool)
	if r.open == nil {
		return r.d, true
	}
	for i := range r.d.Consumers {
		r.d.Consumers[i].Env = veil(r.d.Consumers[i].Env, *r.open)
	}
	for i := range r.d.Store {
		r.d.Store[i].Value = veiled(r.d.Store[i].Value, *r.open)
	}
	return r.d, true
}

// veil makes every variable unknown, the unlisted ones included.
func veil(env model.Env, because model.Value) model.Env {
	vars := map[string]model.Value{}
	for name, v := range env.All() {
		vars[name] = veiled(v, because)
	}
	return model.NewEnv(vars).WithRest(because)
}

func veiled(v, because model.Value) model.Value {
	if v.State == model.Unknown && len(v.Alternatives) == 0 {
		return v
	}
	return model.UnknownBecause(because.Why, because.Needs, v.Trail)
}

// file reads a file that the command names, relative to its directory.
func (r *reading) file(name string) ([]byte, string, error) {
	if r.call.Files == nil {
		return nil, name, &repo.Error{Path: name, Kind: repo.ErrMissing}
	}
	at := r.path(name)
	data, err := r.call.Files.Read(at)
	return data, at, err
}

func (r *reading) path(name string) string {
	if path.IsAbs(name) || r.call.Dir == "" {
		return name
	}
	return path.Join(r.call.Dir, name)
}

// content is file for a word; it reports what is wrong.
func (r *reading) content(w word, what string) (text, name string, ok bool) {
	given, known := w.known()
	if !known {
		r.doubt(*w.unknown(), "the path of "+what+" is not known, expected one in the repository", "")
		return "", "", false
	}
	data, name, err := r.file(given)
	if err != nil {
		r.lost(given, what, err)
		return "", "", false
	}
	return string(data), name, true
}

// lost reports a file that cannot be read; all that it would deliver is unknown.
func (r *reading) lost(name, what string, err error) {
	var e *repo.Error
	kind := repo.ErrRead
	if errors.As(err, &e) {
		kind = e.Kind
	}
	needs, fix := what+" "+strict.Path(name), model.FileFix(name)
	if _, ok := model.VariableFile(name); ok {
		needs = model.FileNeeds(name)
	}
	r.doubt(model.UnknownBecause(model.WhyMissingFile, needs, model.Trail{}),
		fmt.Sprintf("%s %s: %s, expected a file in the repository", what, strict.Path(name), kind), fix)
}
