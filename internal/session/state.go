package session

import (
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// System is the kind of machine that a session runs on.
type System uint8

// The kinds of machines.
const (
	AnySystem System = iota // it is not known which
	Windows                 // names of variables have no case
	Unix                    // names of variables have
)

// State is where a session stands. Maps in it are never changed in place.
type State struct {
	System System
	Env    model.Env
	Dir    string       // relative to the repository's root
	Lost   *model.Value // when set, the directory is not known
	// Files holds what was written, by path: absent for a file that was removed, unknown
	// when nobody can tell.
	Files    map[string]model.Value
	Channels map[string]Log  // what was written to the file behind each channel
	Output   Log             // what was printed
	outlets  map[string]bool // the variables that still hold what they began with; true for a root
}

// theRun is what it takes to know what only the machine knows on which the script runs.
const theRun = "the run of the pipeline"

// NewState is the state in which a session begins.
func NewState(system System, env model.Env, dir string, channels, roots []string) *State {
	st := &State{System: system, Env: env, Dir: dir, Files: map[string]model.Value{}, Channels: map[string]Log{}, outlets: map[string]bool{}}
	add := func(name string, root bool) {
		v := model.UnknownBecause(model.WhyInput, theRun, env.Get(name).Trail)
		st.Env = st.Env.With(name, v)
		st.outlets[name] = root
	}
	for _, name := range roots {
		add(name, true)
	}
	for _, name := range channels {
		add(name, false)
		st.Channels[name] = Log{}
	}
	return st
}

// Clone is a copy that can be changed on its own.
func (st *State) Clone() *State {
	out := *st
	return &out
}

// which is what it takes to know a variable of which there are several spellings.
const which = "variables whose names differ by more than case"

// Lookup is the value of a variable of the environment.
func (st *State) Lookup(name string) model.Value {
	others := st.spellings(name)
	switch {
	case len(others) == 0:
		return st.Env.Get(name)
	case len(others) == 1 && !st.Env.Has(name) && st.System == Windows:
		return st.Env.Get(others[0])
	}
	candidates := []model.Value{st.Env.Get(name)}
	for _, other := range others {
		candidates = append(candidates, st.Env.Get(other))
	}
	return model.Ambiguous(which, candidates...)
}

// Get is the value of a variable as a text. It is absent when the variable may not be set;
// an absent one is the empty text.
func (st *State) Get(name string) Text {
	if held, ok := st.outlet(name); ok {
		t := Of(st.Env.Get(held))
		t.pieces[0].outlet, t.pieces[0].root = held, st.outlets[held]
		return t
	}
	return Of(st.Lookup(name))
}

func (st *State) outlet(name string) (string, bool) {
	if _, ok := st.outlets[name]; ok {
		return name, true
	}
	if st.System == Windows {
		for held := range st.outlets {
			if strings.EqualFold(held, name) {
				return held, true
			}
		}
	}
	return "", false
}

// spellings lists the other names in the environment that may mean the same variable.
func (st *State) spellings(name string) []string {
	if st.System == Unix {
		return nil
	}
	var out []string
	for other := range st.Env.All() {
		if other != name && strings.EqualFold(other, name) {
			out = append(out, other)
		}
	}
	return out
}

// Set gives a variable of the environment a value, or removes it when the value is absent.
// Of several spellings of its name, none is known from then on: which of them a program
// finds is up to the system.
func (st *State) Set(name string, v model.Value) {
	st.touch(name)
	others := st.spellings(name)
	if st.Env.Has(name) {
		v = v.Over(st.Env.Get(name))
	}
	for _, other := range others {
		st.touch(other)
		st.Env = st.Env.With(other, model.Ambiguous(which, v, st.Env.Get(other)))
	}
	if len(others) > 0 {
		v = model.Ambiguous(which, v, model.Value{State: model.Absent})
	}
	if v.State == model.Absent {
		st.Env = st.Env.Without(name)
		return
	}
	st.Env = st.Env.With(name, v)
}

// touch notes that a variable no longer holds the path that it began with.
func (st *State) touch(name string) {
	if held, ok := st.outlet(name); ok {
		st.outlets = maps.Clone(st.outlets)
		delete(st.outlets, held)
	}
}

// SetChannel replaces what was written to a channel.
func (st *State) SetChannel(name string, l Log) {
	st.Channels = maps.Clone(st.Channels)
	st.Channels[name] = l
}

// WriteChannel writes to a channel: behind what is there, or anew.
func (st *State) WriteChannel(name string, t Text, appends bool) {
	log := Log{}
	if appends {
		log = st.Channels[name]
	}
	st.SetChannel(name, log.Append(t))
}

// SetFile says what stands in a file of the repository now.
func (st *State) SetFile(name string, v model.Value) {
	st.Files = maps.Clone(st.Files)
	st.Files[name] = v
}

// Lose makes the directory unknown.
func (st *State) Lose(v model.Value) { st.Lost = &v }

// Wild says that something which is not followed may have done anything: set and removed
// any variable, written to any channel, printed, changed the directory. The variables that
// hold paths of the machine are taken to be left alone.
func (st *State) Wild(v model.Value) {
	st.WildEnv(v)
	st.WildChannels(v)
	st.Print(Of(v))
	st.Lose(v)
}

// WildEnv says that any variable may have been set or removed.
func (st *State) WildEnv(v model.Value) {
	unknown := map[string]model.Value{}
	for name, old := range st.Env.All() {
		if _, held := st.outlets[name]; !held {
			unknown[name] = model.UnknownBecause(v.Why, v.Needs, old.Trail)
		}
	}
	st.Env = st.Env.WithAll(unknown).WithRest(v)
}

// WildChannels says that anything may have been written to any channel.
func (st *State) WildChannels(v model.Value) {
	for _, name := range slices.Sorted(maps.Keys(st.Channels)) {
		st.WriteChannel(name, Of(v), true)
	}
}

// Print adds to what is printed.
func (st *State) Print(t Text) { st.Output = st.Output.Append(t) }

// Join makes st the state behind a choice between st and other that is not decided.
func (st *State) Join(other *State, needs string) {
	if st.Env.Len() != other.Env.Len() || !sameEnv(st.Env, other.Env) {
		st.joinEnv(other, needs)
	}
	if st.Dir != other.Dir && st.Lost == nil && other.Lost == nil {
		st.Lose(model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{}))
	}
	if st.Lost == nil {
		st.Lost = other.Lost
	}
	st.joinFiles(other, needs)
	for _, name := range slices.Sorted(maps.Keys(st.Channels)) {
		if !st.Channels[name].Is(other.Channels[name]) {
			st.SetChannel(name, eitherLog(needs, st.Channels[name], other.Channels[name]))
		}
	}
	st.Output = eitherLog(needs, st.Output, other.Output)
	both := map[string]bool{}
	for name, root := range st.outlets {
		if _, ok := other.outlets[name]; ok {
			both[name] = root
		}
	}
	st.outlets = both
}

func (st *State) joinEnv(other *State, needs string) {
	joined := map[string]model.Value{}
	for _, name := range append(st.Env.Names(), other.Env.Names()...) {
		a, b := st.Env.Get(name), other.Env.Get(name)
		if a.Same(b) && a.Trail.Equal(b.Trail) {
			joined[name] = a
			continue
		}
		joined[name] = withLosers(model.Ambiguous(needs, a, b), a, b)
	}
	env := model.NewEnv(joined)
	if rest := model.Ambiguous(needs, st.Env.Rest(), other.Env.Rest()); rest.State != model.Absent {
		env = env.WithRest(rest)
	}
	st.Env = env
}

// withLosers gives a choice between two values the definitions that lost to either.
func withLosers(v, a, b model.Value) model.Value {
	v.Losers = slices.Clone(a.Losers)
	for _, l := range b.Losers {
		if !slices.ContainsFunc(v.Losers, func(m model.Definition) bool {
			return m.Value.Same(l.Value) && m.Value.Trail.Equal(l.Value.Trail)
		}) {
			v.Losers = append(v.Losers, l)
		}
	}
	return v
}

func (st *State) joinFiles(other *State, needs string) {
	for _, name := range slices.Sorted(maps.Keys(other.Files)) {
		if mine, ok := st.Files[name]; !ok || !mine.Same(other.Files[name]) {
			st.SetFile(name, model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{}))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(st.Files)) {
		if _, ok := other.Files[name]; !ok {
			st.SetFile(name, model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{}))
		}
	}
}

func sameEnv(a, b model.Env) bool {
	if a.Len() != b.Len() || !a.Rest().Same(b.Rest()) {
		return false
	}
	for name, v := range a.All() {
		w := b.Get(name)
		if !b.Has(name) || v.State != w.State || !v.Trail.Equal(w.Trail) || !sameContent(v, w) {
			return false
		}
	}
	return true
}

func sameContent(v, w model.Value) bool {
	if len(v.Alternatives) != len(w.Alternatives) || !v.Same(w) {
		return false
	}
	for i := range v.Alternatives {
		if !sameContent(v.Alternatives[i], w.Alternatives[i]) {
			return false
		}
	}
	return true
}
