package kustomize

import "strings"

// mayBeRemote reports whether kustomize might take a path for an address and go to the
// network, or start git, for it. It errs on the side of saying so.
func mayBeRemote(p string) bool {
	low := strings.ToLower(strings.TrimSpace(p))
	for _, prefix := range []string{"http:", "https:", "github.com"} {
		if strings.HasPrefix(low, prefix) {
			return true
		}
	}
	return strings.Contains(low, "://") || strings.Contains(low, "::") || strings.Contains(low, "@")
}

// mentionsAddress reports whether a text holds something that kustomize would load from
// the network if it stood in the place of a path.
func mentionsAddress(text string) bool {
	low := strings.ToLower(text)
	return strings.Contains(low, "http:") || strings.Contains(low, "https:")
}
