package dotenv

import "strings"

// hasSops reports whether the file carries the metadata of SOPS: then its values are
// cipher text, and whoever loads it decrypts it first.
func hasSops(tokens []token) bool {
	for _, t := range tokens {
		if t.name == "sops_version" || t.name == "sops_mac" || t.name == "sops_lastmodified" {
			return true
		}
	}
	return false
}

// isSopsText recognises a value encrypted by SOPS.
func isSopsText(s string) bool { return strings.HasPrefix(s, "ENC[") && strings.HasSuffix(s, "]") }

// isDotenvxText recognises a value encrypted by dotenvx.
func isDotenvxText(s string) bool {
	const prefix = "encrypted:"
	return len(s) > len(prefix) && strings.HasPrefix(s, prefix)
}
