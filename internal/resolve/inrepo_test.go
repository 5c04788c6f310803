package resolve

import "testing"

func TestPathsFromADirectory(t *testing.T) {
	for _, c := range []struct{ dir, name, want string }{
		{".", "charts/shop", "./charts/shop"}, {"", "x", "./x"}, {".", ".", "./."}, {"charts", "charts/shop", "./shop"},
		{"a/b", "charts/shop", "../../charts/shop"}, {"a/b", "a/c", "../c"}, {"a", "a", "./"}, {"a/b", "a", "../"}, {"ab", "a", "../a"},
	} {
		p := placement{dir: c.dir}
		if got := p.here(c.name); got != c.want {
			t.Errorf("%q from %q is %q, expected %q", c.name, c.dir, got, c.want)
		}
	}
}
