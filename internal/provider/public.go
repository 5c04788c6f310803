package provider

import (
	"slices"
	"strings"
)

// Values of [Form.Public].
const (
	publicAlways  = "always"
	publicBrowser = "browser"
	publicNever   = "never"
)

// browserPrefixes begin the names of variables that a framework builds into what browsers load.
var browserPrefixes = []string{
	"NEXT_PUBLIC_", "VITE_", "REACT_APP_", "PUBLIC_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "VUE_APP_", "NG_APP_",
}

// HandsToBrowsers reports whether a framework gives a variable of this name to everybody who
// loads the page.
func HandsToBrowsers(variable string) bool {
	return slices.ContainsFunc(browserPrefixes, func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
}

// IsPublic reports whether everybody may read a key of this form under this name: the vendor says
// so of the form, or the name hands it to browsers and the form does not prove a secret. form is
// nil for a text of none.
func IsPublic(form *Form, variable string) bool {
	switch {
	case form == nil:
		return HandsToBrowsers(variable)
	case form.Public == publicAlways:
		return true
	}
	return HandsToBrowsers(variable) && !form.isSecret()
}

// IsExposed reports whether a secret stands under a name that hands it to browsers.
func IsExposed(form *Form, variable string) bool {
	return form != nil && HandsToBrowsers(variable) && form.isSecret()
}

// isSecret reports whether the form alone proves a key that nobody else may read.
func (f *Form) isSecret() bool {
	switch f.Public {
	case "":
		return !f.Weak
	case publicNever:
		return true
	}
	return false
}
