package shell

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

const sedInput = "kind: Deployment\n# the image\nname: api @A@\nimage: IMAGE@B@ # @A@\n  key: @B@/@A@:@A@\nname: name @B@@A@\nlast: @A@"

// sedOutput follows a line in which X and Y are not known, Z is one of several and <0> is a
// pasted word, and gives what it prints.
func sedOutput(t testing.TB, line string) model.Value {
	t.Helper()
	root := t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "in.yaml"), []byte(sedInput), 0o600))
	tree, err := repo.Open(root)
	must(t, err)
	defer tree.Close()
	vars := map[string]model.Value{
		"X": secretHole("X"), "Y": secretHole("Y"), "Z": model.Ambiguous("Z", knownHole("z1"), knownHole("@B@")),
		"K": model.KnownText("known", model.Hop{Kind: model.KindProcess, What: "K"}),
	}
	out, err := Follow(context.Background(), Step{
		Files: repo.NewOverlay(tree), Env: model.NewEnv(vars), Line: strings.ReplaceAll(line, "<0>", string(DefaultHole)),
		Holes: []model.Value{secretHole("W")}, Capture: true,
	})
	must(t, err)
	return out.Output
}

// TestSedHoles: a text that is not known is a hole where sed puts it, and nothing around it
// is lost, unless the text may change that too.
func TestSedHoles(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`echo "image: @A@ x" | sed "s/@A@/$X/"`, `"image: " ?X " x\n"`},
		{`echo "image: @A@ x" | sed "s/@A@/<0>/"`, `"image: " ?W " x\n"`},
		{`echo "@A@ x @A@" | sed -e "s|@A@|a-$X|g"`, `"a-" ?X " x a-" ?X "\n"`},
		{`echo "@A@ x" | sed "s|@A@|$X:v1|"`, `?X " x\n"`},
		{`echo "@A@ x" | sed "s|@A@|<0>:v1|"`, `?W ":v1 x\n"`},
		{`echo "@A@ x" | sed "s/@A@/<0>:v1/"`, `?W " x\n"`},
		{`echo "@A@ @B@" | sed "s|@A@|$X|;s|@B@|$Y|"`, `?X " " ?Y "\n"`},
		{`echo "@A@ @B@" | sed "s|@A@|$X|;s|@B@|$K|"`, `?X " " ["known"|"@B@"] "\n"`},
		{`echo "@A@ @B@" | sed "s|@A@|$X|;s|@B@|$K|g"`, `?X " known\n"`},
		{`echo "@A@ @B@" | sed "s|@B@|$K|;s|@A@|$X|"`, `?X " known\n"`},
		{`echo "x: <0> {B}" | sed "s|{B}|$K|"`, `"x: " ?W " known\n"`},
		{`echo "@A@" | sed "s|@A@|$Z|"`, `["z1"|"@B@"] "\n"`},
		{`echo "b: @A@ @B@" | sed "s|@A@|$X|;s|c: .*|$K|"`, `"b: " ?X "\n"`},
		{`echo "b: @A@ @B@" | sed "s|@A@|$X|;s|^c|d|"`, `"b: " ?X " @B@\n"`},
		{`echo "image: old" | sed -E "s|(image): .*|\1: $X|"`, `"image: " ?X "\n"`},
		{`echo "image: old" | sed -n "s|old|$X|p"`, `"image: " ?X "\n"`},
		{`echo 'a: "@A@"' | sed "s|@A@|$X|;s|b: .*|$K|"`, `"a: \"" ?X "\"\n"`},
		// Where sed may fail, and the script go on, the file may be as before.
		{`echo "k: @A@" > f; sed -i -e "s/k:/K:/" -e "s/@A@/$X/" f; cat f`, `["K:"|"k:"] " " ?X "\n"`},
		{`set -e; echo "k: @A@" > f; sed -i -e "s/k:/K:/" -e "s/@A@/$X/" f; cat f`, `"K: " ?X "\n"`},
		{`echo "k: @A@" > f; sed -i -e "s/k:/K:/" -e "s|@A@|<0>|" f; cat f`, `"K: " ?W "\n"`},
		{`echo "k: @A@" > f; sed -i -e "/k:/d" -e "s/@A@/$X/" f; cat f`, `?X`},
		// Nothing is told where the text may be read as code or reaches further.
		{`echo "a b" | sed "s/$X/b/"`, `?X`},
		{`echo "a b" | sed "$X"`, `?X`},
		{`echo "a b" | sed "/$X/d"`, `?X`},
		{`echo "a b" | sed "s/a/b/$X"`, `?X`},
		{`echo "a b" | sed "s/a/\\$X/"`, `?X`},
		{`echo "a b" | sed "s/a/$X\/g/"`, `?X`},
		{`echo "a b" | sed "s|a|$X|;s|world|x|"`, `?X`},
		{`echo "a b" | sed "s|a|$X|;/b/d"`, `?X`},
		{`echo "$X" | sed "s|a|b|"`, `?X "\n"`},
	} {
		if diff := cmp.Diff(c.want, told(joined(sedOutput(t, c.line)))); diff != "" {
			t.Errorf("%s:\n%s", c.line, diff)
		}
	}
}

// joined is a value whose known pieces beside each other are one.
func joined(v model.Value) model.Value {
	var parts []model.Value
	for _, p := range v.Parts {
		if n := len(parts); n > 0 && parts[n-1].State == model.Known && p.State == model.Known {
			parts[n-1] = knownHole(parts[n-1].Text.Reveal() + p.Text.Reveal())
			continue
		}
		p.Parts = nil
		parts = append(parts, p)
	}
	v.Parts = parts
	return v
}

var (
	sedCommands = []string{
		"s/@A@/$X/", "s/@A@/$X/", "s/@A@/$X/g", "s|@B@|$Y|", "s|@B@|$Y:v1|g", "s|IMAGE|$X|", "s|IMAGE|<0>|", "s/@A@/<0>:v1/", "s|@A@|$Z|g", "s/@B@/$K/", "s/@B@/$K/g", "s/name/NAME/",
		"s/name/NAME/g", "s/ *#.*//", "s/^/ /", "s/$/ end/", "s/image: .*/image: $Y/", "s/@A@/$X$Y/", "s/@A@/$X&/", "s/@A@/pre-$X-post/", "s|@A@:@A@|$X|", "s/a/b/Ig", "s/[a-z]*@B@/k/",
		`s/\(image\): .*/\1: $Y/`, "s/x/y/2", "s/@A@/$X/2", "s/@/_/g", "s/:v1/:v2/", "s/e: */e:/", "/api/d", "/^#/d", "2d", "$!d", "/image/s/@A@/$X/", "/name/,/key/s|@B@|$Y|", "/key/!s|@A@|$X|g", "/nothing/d",
		"s/@A@/$X/p", "s/n$/N/", "s/$Y/x/", "s|g|$X|", "4q", "s/A@/$K/g", "s/@B@@/$K/",
	}
	sedTexts = []string{
		"", "x", "v1.2", "a/b", "&", `a\`, `\Ua`, `\u`, `a&b\1`, "x\ny", "x\\\ny", "@A@", "@B@", "IMAGE", "v1 # c", "  ", "image: z", `\n# a`, "name: q", "a|b", "@", "A@", "@B", "api", "#", `\`, `\\`, "x\\\nname: @A@\\\n# ", `#\n@B@`,
	}
)

func sedLine(r *rand.Rand) string {
	command := func() string {
		return strings.ReplaceAll(sedCommands[r.IntN(len(sedCommands))], "$!d", `\$!d`)
	}
	sed := func() string {
		out := "sed" + []string{"", "", "", " -E", " -n"}[r.IntN(5)]
		switch n := r.IntN(5); n {
		case 0, 1:
			return out + ` "` + command() + `"`
		case 2:
			return out + ` "` + command() + ";" + command() + `"`
		case 3:
			return out + ` -e "` + command() + `" -e "` + command() + `"`
		}
		return out + " \"" + command() + "\n" + command() + `"`
	}
	switch r.IntN(4) {
	case 0:
		return sed() + " -i in.yaml\n" + sed() + " -i in.yaml\ncat in.yaml"
	case 1:
		return "set -e\n" + sed() + " -i in.yaml\n" + sed() + " -i in.yaml\ncat in.yaml"
	}
	return "set -eo pipefail\n" + sed() + " in.yaml | " + sed() + " | " + sed()
}

// TestRandomSedHoles compares what is told of sed's output with the real output for many
// texts in the place of what is not known.
func TestRandomSedHoles(t *testing.T) {
	needOracle(t)
	first, told := fromEnv("KEYFIT_FIRST_SCRIPT", 0), 0
	scripts := fromEnv("KEYFIT_SCRIPTS", 25)
	for seed := first; seed < first+scripts; seed++ {
		r := rand.New(rand.NewPCG(uint64(seed), 79))
		line := sedLine(r)
		got := sedOutput(t, line)
		if len(got.Parts) > 1 || got.State == model.Known {
			told++
		}
		want := regexp.MustCompile("(?s)^" + partsPattern(got) + "$")
		for range 8 {
			text := func() string { return sedTexts[r.IntN(len(sedTexts))] }
			fill := map[string]string{"X": text(), "Y": text(), "Z": []string{"z1", "@B@"}[r.IntN(2)], "K": "known"}
			real := strings.ReplaceAll(line, "<0>", plainTexts[r.IntN(len(plainTexts))])
			out, ok := realSed(t, real, fill)
			if ok && !want.MatchString(out) {
				t.Errorf("seed %d: %s\nwith %q really prints\n%s\nwhich is not\n%s", seed, real, fill, out, want)
				break
			}
		}
	}
	t.Logf("something is told of %d of %d", told, scripts)
	if told*3 < scripts {
		t.Errorf("something is told of only %d of %d", told, scripts)
	}
}

// realSed runs a line; false when it fails.
func realSed(t testing.TB, line string, env map[string]string) (string, bool) {
	t.Helper()
	root := t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "in.yaml"), []byte(sedInput), 0o600))
	cmd := exec.Command("bash", "-c", line)
	cmd.Dir, cmd.Env = root, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%s", name, env[name]))
	}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}
