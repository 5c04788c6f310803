package keys

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/resolve"
)

// file decides whether a file that a consumer receives is a key: a declared variable bears
// its name, or the text has the form of a key. A name alone tells nothing of an undeclared
// file, since most files are no keys.
func (s *selector) file(env resolve.Environment, consumer model.Consumer, name string, value model.Value) (Slot, bool) {
	slot := Slot{Environment: env.Name, Consumer: consumer, Variable: name, File: true, Value: value}
	if declared := s.declaredFile(name, env.Name, consumer); declared != nil {
		slot.Declared = declared
		slot.Expect = declared.Expect[env.Name]
		slot.Provider = s.byID(declared.Provider.Value)
	}
	switch {
	case slot.Provider != nil:
		s.recognise(&slot)
	case slot.Declared != nil:
		slot.Provider, slot.Form, _ = s.in.Catalogue.Recognise(variableOf(name), value.Text, s.own...)
	default:
		if slot.Provider, slot.Form = s.in.Catalogue.ByForm(value.Text, s.own...); slot.Provider == nil {
			return Slot{}, false
		}
	}
	slot.Stranger = Stranger(slot, s.in.Catalogue, s.own)
	s.companions(&slot)
	s.control(&slot)
	return slot, true
}

// declaredFile gives the declared key that a file is, if any.
func (s *selector) declaredFile(name, environment string, consumer model.Consumer) *config.Key {
	for _, variable := range slices.Sorted(maps.Keys(s.in.Config.Keys)) {
		if key := s.in.Config.Keys[variable]; isFileOf(name, variable) && wanted(key, environment, consumer) {
			return key
		}
	}
	return nil
}

// isFileOf reports whether a file is called like a variable, case and punctuation aside:
// /etc/keys/payment-api-key holds PAYMENT_API_KEY, and so do payment_api_key.txt and
// /payment/api/key.
func isFileOf(name, variable string) bool {
	want, base := plainLetters(variable), path.Base(name)
	return want != "" && slices.Contains([]string{
		plainLetters(base), plainLetters(strings.TrimSuffix(base, path.Ext(base))), plainLetters(name),
	}, want)
}

// plainLetters leaves out what tells the spellings of one name apart.
func plainLetters(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_./ ", r) {
			return -1
		}
		return r
	}, name))
}

// variableOf is the name of a variable that a file would be called like.
func variableOf(name string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(path.Base(name)))
}

// receives reports whether a consumer has a variable, or a file in its place.
func receives(c model.Consumer, variable string) bool {
	return c.Env.Has(variable) || fileFor(c, variable) != ""
}

// received is what a consumer has under a name: the variable, or else the file.
func received(c model.Consumer, name string) model.Value {
	if c.Env.Has(name) {
		return c.Env.Get(name)
	}
	if file := fileFor(c, name); file != "" {
		return c.Files.Get(file)
	}
	return c.Env.Get(name)
}

// fileFor names the first file of a consumer that is called like a variable, or is the
// path itself; empty without one.
func fileFor(c model.Consumer, variable string) string {
	for _, name := range c.Files.Names() {
		if name == variable || isFileOf(name, variable) {
			return name
		}
	}
	return ""
}
