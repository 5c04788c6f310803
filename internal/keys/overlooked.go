package keys

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// Overlooked lists, in order, the variables that look like credentials and are no slots: a secret
// store gives them, their names say what they are, and no rule knows whose they are. Nothing is
// wrong with them, but nobody shall take them for checked.
func Overlooked(in Input, slots []Slot) []string {
	taken := map[string]bool{}
	for _, slot := range slots {
		taken[slot.Variable] = true
		for _, with := range []map[string]Companion{slot.Parts, slot.Slots} {
			for _, c := range with {
				taken[c.Variable] = true
			}
		}
	}
	var out []string
	for _, env := range in.Environments {
		for _, consumer := range env.Consumers {
			for variable, value := range consumer.Env.All() {
				if !taken[variable] && in.Config.Keys[variable] == nil && namesCredential(variable) && fromStore(value) {
					taken[variable] = true
					out = append(out, variable)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// namesCredential reports whether one of the words of a variable's name means a credential.
func namesCredential(variable string) bool {
	return slices.ContainsFunc(strings.Split(strings.ToUpper(variable), "_"), func(word string) bool {
		switch word {
		case "KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "PAT", "DSN":
			return true
		}
		return false
	})
}

// fromStore reports whether a value comes out of a store of secrets, known or not.
func fromStore(v model.Value) bool {
	switch {
	case v.State == model.Absent, v.Needs == model.RunToken, v.Needs == model.CredentialPart:
		return false
	case v.Why == model.WhyCISecret, v.Why == model.WhyKubeSecret, !v.Ref.IsZero():
		return true
	}
	return slices.ContainsFunc(v.Alternatives, fromStore) || slices.ContainsFunc(v.Trail.Hops(), func(hop model.Hop) bool {
		return hop.Stored.Kind == "secret" || hop.Kind == model.KindInput || hop.Kind == model.KindSecret
	})
}
