package gitlab

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// ask lets Ruby answer for a list of questions.
func ask(t *testing.T, program string, questions any, answers any) {
	t.Helper()
	ruby := need(t, "ruby")
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(ruby, "-rjson", "-rdigest", "-rshellwords", "-e", program)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, answers); err != nil {
		t.Fatal(err)
	}
}

// made makes up texts of some letters and words.
func made(r *rand.Rand, count, length int, words ...string) []string {
	var out []string
	for range count {
		var b strings.Builder
		for range r.IntN(length + 1) {
			b.WriteString(words[r.IntN(len(words))])
		}
		out = append(out, b.String())
	}
	return out
}

// TestGlobsAsRuby compares with File.fnmatch?, by which GitLab matches paths.
func TestGlobsAsRuby(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	globs := append(made(r, 1500, 6, "*", "**/", "a", "b", ".", "/", "?", "[ab]", "{a,b}", "**", "c.yml"), "**/*.yml", "a/**/*", "{a,b}/*.{yml,yaml}", "deploy/**/*.{yml,yaml}", "[!a]b", "*")
	names := append(made(r, 1500, 6, "a", "b", ".", "/", "c.yml", "ab"), "a/b/c.yml", ".a/b.yml", "deploy/x.yaml", "b")
	var questions [][2]string
	for i := range 4000 {
		g, n := globs[r.IntN(len(globs))], names[r.IntN(len(names))]
		if i%4 == 0 {
			g = globs[len(globs)-1-i%6]
		}
		if n == "" || strings.HasPrefix(n, "/") || strings.HasSuffix(n, "/") || strings.Contains(n, "//") || strings.Contains("/"+n+"/", "/./") || strings.Contains("/"+n+"/", "/../") {
			continue // no path of a file
		}
		questions = append(questions, [2]string{g, n})
	}
	var want []bool
	ask(t, `puts JSON.generate(JSON.parse(STDIN.read).map { |g, n| File.fnmatch?(g, n, File::FNM_PATHNAME | File::FNM_DOTMATCH | File::FNM_EXTGLOB) })`, questions, &want)
	hits := 0
	for i, q := range questions {
		got := fnmatch(q[0], q[1])
		if got != want[i] {
			t.Errorf("fnmatch(%q, %q) = %v", q[0], q[1], got)
		}
		if got {
			hits++
		}
	}
	if hits < 100 {
		t.Errorf("only %d of %d match", hits, len(questions))
	}
}

// TestSlugsAsRuby compares with what Ruby makes of names.
func TestSlugsAsRuby(t *testing.T) {
	names := append(made(rand.New(rand.NewPCG(5, 6)), 800, 8, "a", "B", "-", "/", "_", "9", "feature", "é", "production", " "), "production", "review/fe-login", "9lives", "x-")
	var want [][3]string
	ask(t, `puts JSON.generate(JSON.parse(STDIN.read).map { |n|
		slug = n.downcase.gsub(/[^a-z0-9]/, '-')[0..62].gsub(/(\A-+|-+\z)/, '')
		e = n.downcase.gsub(/[^a-z0-9]/, '-')
		e = 'env-' + e unless e.match?(/^[a-z]/)
		e = e.squeeze('-')
		if e.size > 24 || e != n
			e = e[0..16]
			e += '-' unless e.end_with?('-')
			e += Digest::SHA2.hexdigest(n).to_i(16).to_s(36)[-6..]
		else
			e = e.chomp('-')
		end
		[slug, e, Shellwords.escape(n)] })`, names, &want)
	for i, n := range names {
		if got := slug(n); got != want[i][0] {
			t.Errorf("slug(%q) = %q, Ruby says %q", n, got, want[i][0])
		}
		if got := environmentSlug(n); got != want[i][1] {
			t.Errorf("environmentSlug(%q) = %q, Ruby says %q", n, got, want[i][1])
		}
		if got := posixEscape(n); got != want[i][2] {
			t.Errorf("posixEscape(%q) = %q, Ruby says %q", n, got, want[i][2])
		}
	}
}

// references are texts with references in all forms, and what is nearly one.
func references(r *rand.Rand, count int) []string {
	return made(r, count, 7, "$", "$A", "${A}", "${", "}", "$$", "%A%", "%%", "%", "x", "${B}", "$B", "$1", "${1}", "$-", "${A:-d}", "${}", "$NOPE", "a b", "{", "_")
}

// TestExpansionAsTheRunner compares with os.Expand, by which the runner expands, over the
// variables A and B.
func TestExpansionAsTheRunner(t *testing.T) {
	values := map[string]string{"A": "alpha", "B": "$A"}
	for _, text := range references(rand.New(rand.NewPCG(9, 1)), 20000) {
		want := os.Expand(text, func(name string) string {
			if name == "$" {
				return "$"
			}
			return values[name]
		})
		c := collection{rest: absent(), items: []item{
			{key: "A", value: model.KnownText("alpha", model.Hop{}), raw: true},
			{key: "B", value: model.KnownText("$A", model.Hop{}), raw: true},
			{key: "X", value: model.KnownText(text, model.Hop{Kind: model.KindGitLab})},
		}}
		if got := c.second().items[2].value; got.State != model.Known || got.Text.Reveal() != want {
			t.Fatalf("%q: %q, os.Expand says %q", text, got.Text.Reveal(), want)
		}
	}
}

// TestExpansionAsGitLab compares the first expansion with the same in Ruby: what is not set
// stays, and two dollars stay.
func TestExpansionAsGitLab(t *testing.T) {
	texts := references(rand.New(rand.NewPCG(2, 9)), 5000)
	var want [][2]string
	ask(t, `vars = {"A" => "alpha", "B" => "beta"}
		puts JSON.generate(JSON.parse(STDIN.read).map { |s|
			kept = s.gsub(/\$\$|%%|\$(?<key>[a-zA-Z_][a-zA-Z0-9_]*)|\${\g<key>?}|%\g<key>%/) { m = Regexp.last_match; (m[:key] && vars[m[:key]]) || m[0] }
			gone = s.gsub(/\$([a-zA-Z_][a-zA-Z0-9_]*)|\${\g<1>}|%\g<1>%/) { vars[Regexp.last_match[1]] }
			[kept, gone] })`, texts, &want)
	a, b := model.KnownText("alpha", model.Hop{}), model.KnownText("beta", model.Hop{})
	for i, text := range texts {
		c := collection{rest: absent(), items: []item{{key: "A", value: a}, {key: "B", value: b}, {key: "X", value: model.KnownText(text, model.Hop{Kind: model.KindGitLab})}}}
		first, _ := c.expanded(true)
		if got := first.scope()("X"); got.Text.Reveal() != want[i][0] {
			t.Errorf("%q: %q, Ruby says %q", text, got.Text.Reveal(), want[i][0])
		}
		if got := expandNow(model.KnownText(text, model.Hop{Kind: model.KindGitLab}), c.scope2()); got.Text.Reveal() != want[i][1] {
			t.Errorf("%q at once: %q, Ruby says %q", text, got.Text.Reveal(), want[i][1])
		}
	}
}

// scope2 is the scope without the variable that is being expanded.
func (c collection) scope2() scope { return collection{items: c.items[:2], rest: c.rest}.scope() }

func TestConditions(t *testing.T) {
	vars := map[string]model.Value{
		"S": model.KnownText("text", model.Hop{}), "E": model.KnownText("", model.Hop{}), "B": model.KnownText("  ", model.Hop{}),
		"R": model.KnownText("/^te/", model.Hop{}), "W": model.KnownText("word", model.Hop{}), "U": unset("it"),
		"M": model.Ambiguous("which", model.KnownText("one", model.Hop{}), model.KnownText("two", model.Hop{})),
	}
	look := func(name string) model.Value {
		if v, ok := vars[name]; ok {
			return v
		}
		return absent()
	}
	cases := map[string]truth{
		`$S`: isTrue, `$E`: isFalse, `$B`: isFalse, `$N`: isFalse, `$U`: perhaps, `"x"`: isTrue, `""`: isFalse, `null`: isFalse,
		`$S == "text"`: isTrue, `$S == 'text'`: isTrue, `$S != "text"`: isFalse, `$N == null`: isTrue, `$E == null`: isFalse, `$E == ""`: isTrue,
		`$N == ""`: isFalse, `$S == $S`: isTrue, `$U == "x"`: perhaps, `$U == $U`: perhaps, `$M == "one"`: perhaps, `$M == "three"`: isFalse,
		`$M != "three"`: isTrue, `$M =~ /^(one|two)$/`: isTrue, `$M == $M`: isTrue,
		`$S =~ /^te/`: isTrue, `$S =~ /^TE/`: isFalse, `$S =~ /^TE/i`: isTrue, `$S !~ /x$/`: isTrue, `$N =~ /x/`: isFalse, `$N !~ /x/`: isTrue,
		`$S =~ $R`: isTrue, `$S =~ $W`: perhaps, `$S =~ $N`: isFalse, `$U =~ /x/`: perhaps, `$S =~ /a\/b/`: isFalse,
		`$S && $E`: isFalse, `$E && $S`: isTrue, `$E || $S`: isFalse, `$N || $S`: isTrue, `$N && $S`: isFalse,
		`$U && $N`: isFalse, `$U || $S`: perhaps, `$U == "a" || $S`: isTrue, `$U == "a" && $N`: isFalse, `$U && $U`: perhaps,
		`$S == "text" && $E == "" || $N`: isTrue, `$N || $S == "x" && $S`: isFalse, `($N || $S) && $S == "text"`: isTrue,
		`$S == "a" || $S == "b" || $S == "text"`: isTrue, `$S == "text" && $S == "b" || $S == "text"`: isTrue,
		`!$N`: isTrue, `!$S`: isFalse, `!$N && $S`: isTrue, `!($S == "x")`: isTrue,
	}
	for text, want := range cases {
		e, err := parseExpression(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, _ := e.decide(look); got != want {
			t.Errorf("%s: %d, expected %d", text, got, want)
		}
	}
	for _, text := range []string{"", "$A = 1", "$A ==", "== $A", "($A", "$A)", "$A $B", `"open`, "$A && ", strings.Repeat("(", 200), strings.Repeat("$A && ", 60) + "$A"} {
		if _, err := parseExpression(text); err == nil {
			t.Errorf("%.20q was read", text)
		}
	}
}

// TestScopesAreRanked expects the order of GitLab: the name, then any pattern, then all.
func TestScopesAreRanked(t *testing.T) {
	known := func(s string) model.Value { return model.KnownText(s, model.Hop{}) }
	cases := []struct {
		scope string
		env   model.Value
		order int
		fits  truth
	}{
		{"*", absent(), 0, isTrue}, {"production", absent(), 1, isFalse}, {"production", known("production"), 2, isTrue},
		{"review/*", known("review/a"), 1, isTrue}, {"review/fe-*", known("review/fe-a"), 1, isTrue}, {"review/*", known("review"), 1, isFalse},
		{"*/eu", known("production/eu"), 1, isTrue}, {"a*b*c", known("aXbXc"), 1, isTrue}, {"a*b*c", known("aXc"), 1, isFalse},
		{"production", unset("it"), 1, perhaps}, {"prod_1", known("prodX1"), 1, isFalse},
	}
	for _, c := range cases {
		if order, fits := rank(c.scope, c.env); order != c.order || fits != c.fits {
			t.Errorf("%s: %d and %d, expected %d and %d", c.scope, order, fits, c.order, c.fits)
		}
	}
}
