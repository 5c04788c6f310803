package checks

import "strings"

// All lists the checks of this version in the order of their ids.
func All() []Check {
	return []Check{
		inputProblem(),
		missingKey(), unresolvedKey(), unresolvedLiteral(), malformedKey(), overriddenKey(),
		hardCodedKey(), ambiguousKey(), nameMismatch(), wrongProvider(),
		wrongMode(), sharedKey(), wrongAccount(), wrongTenant(), wrongEnvironment(),
		unknownKey(), revokedKey(), expiredKey(), ownerInactive(), ownerMissing(), accountInactive(),
		missingPermission(), personalKey(), excessPermission(), openEndpoint(),
		unverified(),
	}
}

// Find gives the check of an id such as K105, or of a name such as overridden-key, in
// any case of letters.
func Find(idOrName string) (Check, bool) {
	wanted := strings.TrimSpace(idOrName)
	for _, check := range All() {
		if strings.EqualFold(check.ID, wanted) || strings.EqualFold(check.Name, wanted) {
			return check, true
		}
	}
	return Check{}, false
}

// IDs lists the ids of this version's findings.
func IDs() []string {
	var ids []string
	for _, check := range All() {
		ids = append(ids, check.ID)
	}
	return ids
}
