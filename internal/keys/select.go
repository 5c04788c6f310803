package keys

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/resolve"
)

// Input is what a selection starts from.
type Input struct {
	Environments []resolve.Environment
	Config       *config.File
	Catalogue    *provider.Catalog
	Process      model.Env // of keyfit itself, where administrators' keys are
}

// Select lists the key slots in the order of environment, consumer and variable. A
// declared key that a consumer should hold and nothing supplies is a slot as well,
// with an absent value.
func Select(in Input) []Slot {
	s := &selector{in: in, own: in.Config.Own()}
	for _, env := range in.Environments {
		s.environment(env)
	}
	return s.slots
}

type selector struct {
	in    Input
	own   []*provider.Provider
	slots []Slot
}

func (s *selector) environment(env resolve.Environment) {
	first := len(s.slots)
	who := recipientsOf(env.Consumers)
	for _, consumer := range proxiesLast(env.Consumers) {
		for variable, value := range consumer.Env.All() {
			if slot, ok := s.slot(env, consumer, variable, value); ok && (who.counts(consumer, variable) || slot.isNamed()) {
				s.add(first, slot)
			}
		}
		for path, value := range consumer.Files.All() {
			if slot, ok := s.file(env, consumer, path, value); ok && who.counts(consumer, path) {
				s.add(first, slot)
			}
		}
	}
	for _, variable := range slices.Sorted(maps.Keys(s.in.Config.Keys)) {
		for _, consumer := range s.lacking(env, who, variable) {
			s.add(first, s.missing(env, consumer, variable))
		}
	}
	s.slots = append(s.slots[:first], withoutProxies(s.slots[first:])...)
	handing(s.slots[first:], env.Consumers)
	order.By(s.slots[first:], func(a, b Slot) int {
		return cmp.Or(
			cmp.Compare(Label(a.Consumer), Label(b.Consumer)),
			cmp.Compare(a.Consumer.Namespace, b.Consumer.Namespace),
			cmp.Compare(a.Consumer.Container, b.Consumer.Container),
			cmp.Compare(a.Variable, b.Variable),
		)
	})
	identify(s.slots[first:])
}

// isNamed reports whether keyfit.yaml says that this very consumer holds the key.
func (s Slot) isNamed() bool { return s.Declared != nil && len(s.Declared.Consumers) > 0 }

// add keeps a slot, or folds it into one of the same process-like consumers that
// receives the very same value in the very same way.
func (s *selector) add(first int, slot Slot) {
	for i := range s.slots[first:] {
		if old := &s.slots[first+i]; foldable(*old, slot) {
			old.Also = append(old.Also, slot.Consumer)
			return
		}
	}
	s.slots = append(s.slots, slot)
}

func foldable(a, b Slot) bool {
	return a.Variable == b.Variable && !(isBystander(a.Consumer) && isProxy(b.Consumer)) &&
		a.Consumer.Kind == model.ConsumerProcess && b.Consumer.Kind == model.ConsumerProcess &&
		(isProxy(b.Consumer) || !isProxy(a.Consumer)) &&
		a.Value.Same(b.Value) && a.Value.Trail.Equal(b.Value.Trail) &&
		maps.EqualFunc(a.Parts, b.Parts, sameCompanion) &&
		maps.EqualFunc(a.Slots, b.Slots, sameCompanion)
}

func sameCompanion(a, b Companion) bool {
	return a.Variable == b.Variable && a.Value.Same(b.Value) && a.Value.Trail.Equal(b.Value.Trail)
}

// slot decides whether a variable is a key.
func (s *selector) slot(env resolve.Environment, consumer model.Consumer, variable string, value model.Value) (Slot, bool) {
	consumer.StandsIn = consumer.StandsIn && !slices.Contains(consumer.Logins, variable)
	slot := Slot{Environment: env.Name, Consumer: consumer, Variable: variable, Value: value}
	if declared := s.in.Config.Keys[variable]; declared != nil && wanted(declared, env.Name, consumer) {
		slot.Declared = declared
		slot.Expect = declared.Expect[env.Name]
		slot.Provider = s.byID(declared.Provider.Value)
	} else if declared != nil || value.State == model.Absent || s.isBystander(value) || value.Needs == model.RunToken || value.Needs == model.CredentialPart {
		return Slot{}, false
	}
	s.recognise(&slot)
	if slot.Provider == nil && slot.Declared == nil {
		return Slot{}, false
	}
	slot.Stranger = Stranger(slot, s.in.Catalogue, s.own)
	s.companions(&slot)
	s.control(&slot)
	return slot, true
}

// isBystander reports whether an undeclared value merely lies about in keyfit's own
// process: with declared keys, the job's other credentials are not the deploy's.
func (s *selector) isBystander(value model.Value) bool {
	return len(s.in.Config.Keys) > 0 && value.Trail.Last().Kind == model.KindProcess
}

// recognise fills in whose key it is, and its form.
func (s *selector) recognise(slot *Slot) {
	if slot.Provider != nil {
		if slot.Value.State == model.Known {
			slot.Form = slot.Provider.FormOf(slot.Value.Text)
		}
		return
	}
	slot.Provider, slot.Form, _ = s.in.Catalogue.Recognise(slot.Variable, slot.Value.Text, s.own...)
}

func (s *selector) byID(id string) *provider.Provider {
	if id == "" {
		return nil
	}
	if own := s.in.Config.Providers[id]; own != nil {
		return own
	}
	p, _ := s.in.Catalogue.Get(id)
	return p
}

// companions looks up what the provider's request needs beside the key.
func (s *selector) companions(slot *Slot) {
	p := slot.Provider
	if p == nil {
		return
	}
	slot.Parts, slot.Slots = map[string]Companion{}, map[string]Companion{}
	for _, name := range p.Variables() {
		slot.Slots[name] = Companion{Variable: name, Value: received(slot.Consumer, name)}
	}
	for role, part := range p.Parts {
		if part.Admin {
			if admin := adminVariable(slot); admin != "" {
				slot.Parts[role] = Companion{Variable: admin, Value: s.in.Process.Get(admin)}
			}
			continue
		}
		if name := partVariable(slot, role, part); name != "" {
			slot.Parts[role] = Companion{Variable: name, Value: received(slot.Consumer, name)}
		}
	}
}

// adminVariable names the variable of keyfit's own process with the second credential. It is
// declared, never guessed: such a key may do much.
func adminVariable(slot *Slot) string {
	if slot.Declared == nil {
		return ""
	}
	return slot.Declared.Admin
}

// partVariable names the variable that holds a part: the declared one, or of the consumer's
// with one of the part's usual names the one that is most like the key's own, so that the
// halves of two pairs are not mixed.
func partVariable(slot *Slot, role string, part provider.Part) string {
	if slot.Declared != nil && slot.Declared.Parts[role] != "" {
		return slot.Declared.Parts[role]
	}
	if name := likest(slot.Variable, slot.Consumer.Env.Names(), part.Names, func(name string) string { return name }); name != "" {
		return name
	}
	return likest(slot.Variable, slot.Consumer.Files.Names(), part.Names, variableOf)
}

// likest picks, of the names that one of the globs matches, the one that shares the most
// words with a variable's name and has the fewest others. The variable itself is no part.
func likest(variable string, names, globs []string, spelt func(string) string) string {
	best, shared, others := "", -1, 0
	own := strings.Split(variable, "_")
	for _, name := range names {
		plain := spelt(name)
		if name == variable || !slices.ContainsFunc(globs, func(glob string) bool { return provider.Glob(glob, plain) }) {
			continue
		}
		n, words := 0, strings.Split(plain, "_")
		for _, word := range words {
			if slices.Contains(own, word) {
				n++
			}
		}
		if n > shared || n == shared && len(words)-n < others {
			best, shared, others = name, n, len(words)-n
		}
	}
	return best
}

// lacking lists the consumers that should receive a declared variable and do not. With
// nobody in particular named, one receiver is enough, and none is one missing key; so is
// a deploy that starts nothing at all.
func (s *selector) lacking(env resolve.Environment, who recipients, variable string) []model.Consumer {
	key := s.in.Config.Keys[variable]
	if !inEnvironment(key, env.Name) {
		return nil
	}
	if len(key.Consumers) > 0 {
		return lackingNamed(env, key, variable)
	}
	var lacking []model.Consumer
	rest := absentIn(env.Consumers)
	for _, c := range env.Consumers {
		if !who.counts(c, variable) {
			continue
		}
		if receives(c, variable) {
			return nil
		}
		lacking = append(lacking, c)
		if v := restOf(c); v.State == model.Unknown {
			rest = v
		}
	}
	if env.Lost != nil {
		rest = *env.Lost
	}
	if len(lacking) != 1 || env.Lost != nil {
		nobody := model.Env{}
		if rest.Why != model.WhyNone || !rest.Trail.IsEmpty() {
			nobody = nobody.WithRest(rest)
		}
		return []model.Consumer{{Env: nobody}}
	}
	return lacking
}

// absentIn is what is to be asked where none of some consumers receives a variable: the absent
// value that the jobs of a CI system find under any other name, when that is so for all of them.
func absentIn(consumers []model.Consumer) model.Value {
	var out model.Value
	for _, c := range consumers {
		rest := restOf(c)
		if rest.State != model.Absent || rest.Trail.IsEmpty() {
			return model.Value{}
		}
		out = rest
	}
	return out
}

func lackingNamed(env resolve.Environment, key *config.Key, variable string) []model.Consumer {
	var out []model.Consumer
	for _, glob := range key.Consumers {
		found := false
		for _, c := range env.Consumers {
			if !matches(glob, c) {
				continue
			}
			found = true
			if !receives(c, variable) {
				out = append(out, c)
			}
		}
		if !found {
			missing := model.Consumer{Workload: glob}
			if env.Lost != nil {
				missing.Env = missing.Env.WithRest(*env.Lost)
			}
			out = append(out, missing)
		}
	}
	return out
}

func (s *selector) missing(env resolve.Environment, consumer model.Consumer, variable string) Slot {
	declared := s.in.Config.Keys[variable]
	return Slot{
		Environment: env.Name, Consumer: consumer, Variable: variable,
		Value:    restOf(consumer),
		Declared: declared, Expect: declared.Expect[env.Name],
		Provider: s.byID(declared.Provider.Value),
	}
}

// restOf is what a consumer receives under a name that nothing gives it. A key that only
// the image may hold counts as missing: no key belongs there.
func restOf(c model.Consumer) model.Value {
	if rest := c.Env.Rest(); rest.Needs != model.ImageSets {
		return rest
	}
	return model.Value{State: model.Absent}
}

func wanted(key *config.Key, environment string, consumer model.Consumer) bool {
	if !inEnvironment(key, environment) {
		return false
	}
	return len(key.Consumers) == 0 ||
		slices.ContainsFunc(key.Consumers, func(glob string) bool { return matches(glob, consumer) })
}

// matches reports whether a pattern of the configuration means a consumer: by its label
// (Deployment/api), with its namespace in front (shop/Deployment/api), or with its
// container behind (Deployment/api/web).
func matches(glob string, c model.Consumer) bool {
	label := Label(c)
	names := []string{label}
	if c.Namespace != "" {
		names = append(names, c.Namespace+"/"+label)
	}
	if c.Container != "" {
		for _, name := range names {
			names = append(names, name+"/"+c.Container)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool { return provider.Glob(glob, name) })
}

func inEnvironment(key *config.Key, environment string) bool {
	if len(key.Environments) == 0 {
		return true
	}
	for _, e := range key.Environments {
		if e.Value == environment {
			return true
		}
	}
	return false
}

// Label is how a consumer is called in reports, filters and ignores.
func Label(c model.Consumer) string { return c.Workload }
