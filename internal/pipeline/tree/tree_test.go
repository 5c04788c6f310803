package tree_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
)

const file = `# a pipeline
base: &base
  key: plain text
  'quoted': "double"
list:
  - <<: *base
    key: 12
    own: |
      first line
        second: $X
    folded: >-
      a
      b
  - *base
none: ~
escaped: "a\tb"
`

func parse(t testing.TB, text string) *tree.Node {
	t.Helper()
	root, problems := tree.Parse("f.yml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return root
}

func TestNodes(t *testing.T) {
	root := parse(t, file)
	cases := []struct {
		path []string
		want string
	}{
		{[]string{"base", "key"}, "plain text"}, {[]string{"base", "quoted"}, "double"}, {[]string{"none"}, ""}, {[]string{"gone", "x"}, ""},
		{[]string{"escaped"}, "a\tb"},
	}
	for _, c := range cases {
		if got := root.Get(c.path...).Text(); got != c.want {
			t.Errorf("%v is %q, expected %q", c.path, got, c.want)
		}
	}
	first := root.Get("list").Items[0]
	if got := first.Get("key").Text(); got != "12" || first.Get("key").Tag != "!!int" {
		t.Errorf("an own entry lost against a merged one: %q", got)
	}
	if first.Get("quoted").Text() != "double" || root.Get("list").Items[1] != root.Get("base") {
		t.Error("merges and aliases are not followed")
	}
	if !root.Get("none").IsNull() || root.Get("none").IsScalar() || !root.IsMap() || !root.Get("list").IsList() {
		t.Error("the kinds are wrong")
	}
	if len(root.Get("base").Each()) != 1 || len(root.Get("none").Each()) != 0 || len(root.Get("list").Each()) != 2 {
		t.Error("Each is wrong")
	}
}

// TestPlaces compares every character of every scalar with what stands at its place.
func TestPlaces(t *testing.T) {
	root := parse(t, file)
	exact := 0
	for _, path := range [][]string{{"base", "key"}, {"base", "quoted"}, {"escaped"}} {
		exact += checkPlaces(t, root.Get(path...))
	}
	first := root.Get("list").Items[0]
	exact += checkPlaces(t, first.Get("own"))
	if folded := first.Get("folded"); folded.Place(0, 1) != folded.At {
		t.Error("the places within a folded text are not told apart")
	}
	if exact < 30 {
		t.Errorf("only %d characters have a place of their own", exact)
	}
}

func checkPlaces(t *testing.T, n *tree.Node) int {
	exact := 0
	for i := range n.Value {
		at := n.Place(i, i+1)
		if at.End.Byte-at.Start.Byte != 1 || n.Value[i] == '\n' {
			continue
		}
		if exact++; file[at.Start.Byte] != n.Value[i] {
			t.Errorf("%q: character %d is said to stand at %v", n.Value, i, at)
		}
	}
	return exact
}

func TestMistakes(t *testing.T) {
	cases := []struct{ text, want string }{
		{"a: [", "is not valid YAML"},
		{"a: 1\n---\nb: 2\n", "a second YAML document"},
		{strings.Repeat("[", 300) + strings.Repeat("]", 300), "is nested too deeply"},
	}
	for _, c := range cases {
		_, problems := tree.Parse("f.yml", []byte(c.text))
		if len(problems) == 0 || !strings.Contains(problems[0].Message, c.want) {
			t.Errorf("%.20q gives %v, expected %q", c.text, problems, c.want)
		}
	}
	if root, problems := tree.Parse("f.yml", nil); root != nil || problems != nil {
		t.Error("an empty file is a mistake")
	}
	if root := parse(t, "a: &a {b: *a}"); !root.Get("a", "b").IsNull() {
		t.Error("an alias within itself is followed")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.yml"), []byte("a: 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	files, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	if _, problems := tree.Load(files, "y.yml"); len(problems) != 1 || problems[0].At.File != "y.yml" {
		t.Errorf("a missing file gives %v", problems)
	}
	if root, _ := tree.Load(files, "x.yml"); root.Get("a").Text() != "1" {
		t.Error("a file is not read")
	}
}

func hop(what string) model.Hop { return model.Hop{Kind: model.KindCircleCI, What: what} }

func unknown(what string) model.Value {
	return model.UnknownBecause(model.WhyInput, what, model.Trail{}.Append(hop(what)))
}

func TestText(t *testing.T) {
	n := parse(t, "x: deploy NAME to ENV now").Get("x")
	literal := tree.Literal(n, model.KindCircleCI, "run")
	secret := model.KnownText("CANARY-1", hop("secret"))
	text := tree.Join(literal.Slice(0, 7), tree.Of(secret, n.At), literal.Slice(11, 15), tree.Of(unknown("environment"), n.At), literal.Slice(18, 22))
	if got := text.String(); got != "deploy CANARY-1 to "+string(tree.Gap)+" now" {
		t.Errorf("the text is %q", got)
	}
	if text.Known() || !text.Slice(0, 18).Known() || literal.Slice(3, 3).String() != "" || !literal.IsLiteral() || text.IsLiteral() {
		t.Error("what is known and what is literal is told wrong")
	}
	v := text.Value(hop("here"))
	if v.State != model.Unknown || len(v.Parts) != 5 || v.Needs != "environment" {
		t.Errorf("the value is %v with %d parts, needs %q", v.State, len(v.Parts), v.Needs)
	}
	if v := text.Slice(7, 15).Value(hop("here")); v.State != model.Known || !v.Text.Equal(secret.Text) || len(v.Trail.Hops()) != 2 {
		t.Error("a slice that is one value is not that value")
	}
	if v := text.Slice(9, 15).Value(hop("here")); v.State != model.Known || v.Text.Equal(secret.Text) {
		t.Error("a part of a value is the whole of it")
	}
	if v := literal.Slice(0, 6).Value(hop("here")); !v.Trail.Origin().Literal || v.Trail.At().Start.Column != 4 || v.Trail.At().End.Column != 10 {
		t.Errorf("a literal begins at %v", v.Trail.At())
	}
	if v := (tree.Text{}).Value(hop("empty")); v.State != model.Known || !v.Text.IsEmpty() {
		t.Error("the empty text is not known to be empty")
	}
	if at := literal.At(7, 11); at.Start.Column != 11 || at.End.Column != 15 {
		t.Errorf("a stretch stands at %v", at)
	}
	if got := tree.Literal(parse(t, "x: '  a b '").Get("x"), "", "").Trim().String(); got != "a b" {
		t.Errorf("trimmed to %q", got)
	}
	if got := text.Map(strings.ToUpper).String(); !strings.HasPrefix(got, "DEPLOY CANARY-1 TO ") {
		t.Errorf("mapped to %q", got)
	}
}

func TestAlternatives(t *testing.T) {
	either := model.Ambiguous("a branch", model.KnownText("a", hop("a")), model.KnownText("b", hop("b")))
	v := tree.Join(tree.Pasted("pre-", pos.Span{}), tree.Of(either, pos.Span{})).Value(hop("here"))
	var got []string
	for _, a := range v.Alternatives {
		got = append(got, a.Text.Reveal())
	}
	if diff := cmp.Diff([]string{"pre-a", "pre-b"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestInRepo(t *testing.T) {
	root := unknown("directory")
	root.InRepo = "services"
	cases := map[string]string{"/api/x": "services/api/x", "/../x": "x", "/../../x": "", "-old": ""}
	for rest, want := range cases {
		if got := tree.Join(tree.Of(root, pos.Span{}), tree.Pasted(rest, pos.Span{})).Value(hop("")).InRepo; got != want {
			t.Errorf("behind %q it is %q, expected %q", rest, got, want)
		}
	}
}

func TestScript(t *testing.T) {
	n := parse(t, "x: |\n  deploy --key\n  done\n").Get("x")
	literal := tree.Literal(n, "", "")
	plain, blanks := model.KnownText("CANARY_1", hop("plain")), model.KnownText("CANARY 2; x", hop("blanks"))
	text, holes, positions := tree.Join(literal.Slice(0, 12), tree.Pasted(" ", n.At), tree.Of(plain, n.At), tree.Of(blanks, n.At), tree.Of(unknown("u"), n.At), literal.Slice(12, 18)).Script(0xF0000, 10)
	if want := "deploy --key \U000F0000CANARY 2; x\U000F0001\ndone\n"; text != want {
		t.Errorf("the script is %q, expected %q", text, want)
	}
	if len(holes) != 2 || holes[0].State != model.Known || holes[1].State != model.Unknown {
		t.Errorf("%d holes", len(holes))
	}
	if at := positions(strings.Index(text, "done"), strings.Index(text, "done")+4); at.Start.Line != 3 || at.Start.Column != 3 || at.End.Column != 7 {
		t.Errorf("the last line stands at %v", at)
	}
	if text, holes, _ := tree.Join(literal, tree.Of(unknown("a"), n.At), tree.Of(unknown("b"), n.At)).Script(0xF0000, 1); len(holes) != 1 || text != "\U000F0000" {
		t.Errorf("with too many holes the script is %q", text)
	}
	hidden := tree.Literal(parse(t, "x: \"\\U000F0003\"").Get("x"), "", "")
	if text, holes, _ := hidden.Script(0xF0000, 10); text != "\U000F0000" || len(holes) != 1 || holes[0].State != model.Unknown {
		t.Errorf("a character that looks like a hole gives %q", text)
	}
	if text, holes, _ := tree.Of(plain, n.At).Paste().Script(0xF0000, 10); text != "CANARY_1" || len(holes) != 0 {
		t.Error("a text that has to be pasted is a hole")
	}
}

func TestPieces(t *testing.T) {
	v := model.UnknownBecause(model.WhyInput, "x", model.Trail{})
	v.Parts = []model.Value{model.KnownText("A=", hop("")), unknown("u")}
	if got := tree.Pieces(v).String(); got != "A="+string(tree.Gap) {
		t.Errorf("the pieces are %q", got)
	}
	if got := tree.Pieces(model.KnownText("whole", hop(""))).String(); got != "whole" {
		t.Errorf("a value without parts is %q", got)
	}
}

func TestEnvironment(t *testing.T) {
	cases := map[string]string{
		"deploy-prod": "prod", "deployStaging": "staging", "deploy_to_production": "production", "build": "", "staging-and-production": "",
		"deploy:qa": "qa", "Deploy (preprod)": "preprod", "pre-production": "preprod", "products": "", "prod-prod": "prod",
	}
	for name, want := range cases {
		if got := tree.Environment(name); got != want {
			t.Errorf("%q goes to %q, expected %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"deploy-prod": "prod", "by-name-prod": "prod", "deploy_test": "test", "deploy:integration": "integration", "e2e-test": "", "alert_main_test": "",
		"integration": "", "test-staging": "", "acceptanceTest": "",
	} {
		if got := tree.OfJob(name); got != want {
			t.Errorf("the job %q goes to %q, expected %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"deploy": true, "redeploy-x": true, "release": true, "press-release-notes": true, "build": false, "releases": false} {
		if got := tree.DeployName(name); got != want {
			t.Errorf("%q deploys: %v, expected %v", name, got, want)
		}
	}
}

func TestValues(t *testing.T) {
	n := parse(t, "x: key=").Get("x")
	values := tree.Join(tree.Literal(n, model.KindAzure, "text"), tree.Of(unknown("u"), n.At)).Values(hop("command"))
	if len(values) != 2 || !values[0].Trail.Last().Literal || values[1].Trail.Last().What != "command" {
		t.Errorf("%d values", len(values))
	}
}
