package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/resolve"
	"github.com/keyfit/keyfit/internal/strict"
)

// askedInput is one thing that the deploy of an environment takes from outside.
type askedInput struct {
	environment, name string
	state             string // present, empty, absent, unknown
	from, fix         string
	key               bool     // a key depends on it
	bound             bool     // it is bound under `inputs`
	variables         []string // that receive it
}

// inputFacts tell of everything that comes from outside whether it is there.
func (d *diagnosis) inputFacts(w *workspace, environments []resolve.Environment, slots []keys.Slot) {
	c := &inputs{diagnosis: d, w: w, found: map[string]*askedInput{}}
	for _, env := range environments {
		for _, name := range slices.Sorted(maps.Keys(w.config.Environments[env.Name].Inputs)) {
			c.bound(env.Name, name, w.config.Environments[env.Name].Inputs[name])
		}
		for _, s := range slots {
			if s.Environment == env.Name {
				c.slot(s)
			}
		}
		for _, consumer := range env.Consumers {
			for variable, value := range consumer.Env.All() {
				c.value(env.Name, variable, value, false, 0)
			}
		}
	}
	for _, in := range c.list {
		d.add(in.fact())
	}
	d.processFacts(w)
}

type inputs struct {
	*diagnosis
	w     *workspace
	found map[string]*askedInput
	list  []*askedInput
}

func (c *inputs) input(environment, name string) *askedInput {
	id := environment + "\x00" + name
	in := c.found[id]
	if in == nil {
		in = &askedInput{environment: environment, name: name}
		c.found[id] = in
		c.list = append(c.list, in)
	}
	return in
}

// bound notes a binding of the configuration.
func (c *inputs) bound(environment, name string, b config.Input) {
	in := c.input(environment, name)
	in.bound = true
	if b.Value != nil {
		in.state, in.from = "present", "written in keyfit.yaml"
		if b.Value.Value == "" {
			in.state = "empty"
		}
		return
	}
	in.from = "from the variable " + strict.Name(b.Env)
	in.state = c.stateOf(b.Env)
	in.fix = "set " + strict.Name(b.Env) + " in this job"
}

func (d *diagnosis) stateOf(variable string) string {
	text, ok := d.env[variable]
	switch {
	case !ok:
		return "absent"
	case text == "":
		return "empty"
	}
	return "present"
}

// slot notes what a key depends on; a key that nothing from outside gives has its own findings.
func (c *inputs) slot(s keys.Slot) {
	before := len(c.list)
	c.value(s.Environment, s.Variable, s.Value, true, 0)
	if len(c.list) > before || s.Value.State == model.Known || c.mentions(s) {
		return
	}
	in := c.input(s.Environment, s.Variable)
	in.key, in.state, in.fix = true, "unknown", s.Value.Needs
	if s.Value.State == model.Absent {
		in.state, in.fix = "absent", "give it a value in the deploy; `keyfit check` tells where as K101"
	}
}

func (c *inputs) mentions(s keys.Slot) bool {
	return slices.ContainsFunc(c.list, func(in *askedInput) bool {
		return in.environment == s.Environment && slices.Contains(in.variables, s.Variable)
	})
}

// maxPieces bounds how far into the pieces of a value is looked.
const maxPieces = 6

// value notes what a value takes from outside.
func (c *inputs) value(environment, variable string, v model.Value, key bool, depth int) {
	if depth > maxPieces {
		return
	}
	for _, piece := range slices.Concat(v.Parts, v.Alternatives) {
		c.value(environment, variable, piece, key, depth+1)
	}
	name := outside(v, variable, key)
	if name == "" {
		return
	}
	in := c.input(environment, name)
	in.key = in.key || key
	in.variables = with(in.variables, variable)
	if in.state != "" {
		return
	}
	origin := v.Trail.Origin()
	switch {
	case v.State == model.Known && origin.Kind == model.KindProcess:
		in.state, in.from = c.stateOf(origin.What), "from the variable "+strict.Name(origin.What)
		in.fix = "see that " + strict.Name(origin.What) + " is not empty in this job: a secret that is not defined is handed over as an empty text"
	case v.State == model.Known:
		in.state = "present"
		if v.Text.IsEmpty() {
			in.state = "empty"
		}
	default:
		in.state, in.fix = "absent", "it takes "+v.Needs
	}
}

// outside names what a value comes from; empty when it comes from the repository.
func outside(v model.Value, variable string, key bool) string {
	for _, hop := range v.Trail.Hops() {
		if hop.Kind == model.KindInput {
			if name, err := strconv.Unquote(hop.What); err == nil {
				return name
			}
			return hop.What
		}
	}
	origin := v.Trail.Origin()
	switch {
	case v.State == model.Unknown && v.Why == model.WhyCISecret:
		return variable
	case key && v.State == model.Known && origin.Kind == model.KindProcess:
		return origin.What
	}
	return ""
}

func (in *askedInput) fact() report.Fact {
	f := report.Fact{Section: "inputs", Name: in.name, Environment: in.environment, State: in.state, Level: report.FactOK}
	what := map[string]string{"present": "is present", "empty": "is present but empty", "absent": "is absent", "unknown": "cannot be known here"}[in.state]
	f.Message = fmt.Sprintf("%s of %s %s", strict.Name(in.name), in.environment, what)
	if in.from != "" {
		f.Message += " (" + in.from + ")"
	}
	switch {
	case in.state == "present":
		return f
	case in.key:
		f.Level = report.FactError
	case in.bound:
		f.Level = report.FactWarning
	default:
		f.Level = report.FactNote
	}
	f.Fix = in.fix
	if others := slices.DeleteFunc(slices.Clone(in.variables), func(v string) bool { return v == in.name }); len(others) > 0 {
		f.Details = []string{"for " + strings.Join(named(others), ", ")}
	}
	return f
}

// named quotes the first few of some names.
func named(list []string) []string {
	var out []string
	for i, name := range list {
		if i == 3 {
			return append(out, fmt.Sprintf("%d more", len(list)-i))
		}
		out = append(out, strict.Name(name))
	}
	return out
}

// processFacts tell of the keys that keyfit takes from its own process: administrators' and
// control keys.
func (d *diagnosis) processFacts(w *workspace) {
	said := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(w.config.Keys)) {
		key := w.config.Keys[name]
		uses := map[string]string{}
		for _, variable := range key.Control.Names() {
			uses[variable] = "a control key"
		}
		if key.Admin != "" {
			uses[key.Admin] = "an administrator's key"
		}
		for _, variable := range slices.Sorted(maps.Keys(uses)) {
			if said[variable] {
				continue
			}
			said[variable] = true
			f := report.Fact{Section: "inputs", Name: variable, State: d.stateOf(variable), Level: report.FactOK}
			f.Message = fmt.Sprintf("%s, %s, is %s", strict.Name(variable), uses[variable], map[string]string{"present": "present", "empty": "present but empty", "absent": "absent"}[f.State])
			if f.State != "present" {
				f.Level, f.Fix = report.FactWarning, "set "+strict.Name(variable)+" in this job; without it a check says less about "+strict.Name(name)
			}
			d.add(f)
		}
	}
}
