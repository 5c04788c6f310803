package gitlab

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
)

// maxSlug is how long the slug of a branch or of a job may be.
const maxSlug = 63

// slug writes a name for addresses, as in CI_COMMIT_REF_SLUG.
func slug(name string) string {
	s := dashed(strings.ToLower(name))
	return strings.Trim(s[:min(len(s), maxSlug)], "-")
}

// dashed puts a dash in place of each character that is no small letter and no digit.
func dashed(s string) string {
	return strings.Map(func(c rune) rune {
		if (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') {
			return c
		}
		return '-'
	}, s)
}

// maxEnvironmentSlug is how long CI_ENVIRONMENT_SLUG may be, and kept how much of the name
// is left when a suffix is put behind it.
const (
	maxEnvironmentSlug  = 24
	keptEnvironmentSlug = 17
	suffixOfSlug        = 6
)

// environmentSlug is CI_ENVIRONMENT_SLUG. A name that cannot be written as it is gets a
// suffix that is made of its hash.
func environmentSlug(name string) string {
	s := dashed(strings.ToLower(name))
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		s = "env-" + s
	}
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "-")
	}
	if len(s) <= maxEnvironmentSlug && s == name {
		return strings.TrimSuffix(s, "-")
	}
	s = s[:min(len(s), keptEnvironmentSlug)]
	if !strings.HasSuffix(s, "-") {
		s += "-"
	}
	return s + hashSuffix(name)
}

func hashSuffix(name string) string {
	sum := sha256.Sum256([]byte(name))
	n, _ := new(big.Int).SetString(hex.EncodeToString(sum[:]), 16)
	digits := n.Text(36)
	return digits[max(0, len(digits)-suffixOfSlug):]
}
