//go:build !heavy

package servers

import "testing"

// heavy is empty without the tag of that name.
func heavy() map[string]func(*testing.T, *road) { return nil }
