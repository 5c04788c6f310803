package origin_test

import (
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/origin"
)

func TestIsWhole(t *testing.T) {
	one := origin.Wrap(1, "a/b")
	first, second, _ := strings.Cut(one, "/")
	for text, want := range map[string]bool{
		"": true, "plain": true, one: true, "x" + one + "y" + origin.Wrap(20000, "z"): true, origin.Wrap(2, "x"+one): true,
		first: false, second: false, second + first: false,
	} {
		if got := origin.IsWhole(text); got != want {
			t.Errorf("%+q: %v, expected %v", text, got, want)
		}
	}
}
