package lazy

import "testing"

func TestRegexpCompilesWhenItIsAskedFor(t *testing.T) {
	broken := Regexp("(") // compiled here, it would panic
	digits := Regexp(`^\d+$`)
	if once, again := digits(), digits(); !once.MatchString("42") || once != again {
		t.Error("the pattern is not compiled once and for all")
	}
	defer func() {
		if recover() == nil {
			t.Error("a broken pattern does not show")
		}
	}()
	broken()
}
