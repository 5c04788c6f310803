package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestMayMatter(t *testing.T) {
	for want, paths := range map[bool]string{
		false: "README.md docs/guide.md src/app.go web/src/App.tsx web/index.html assets/logo.PNG lib/cart.rb api/views.py src/main.rs fonts/a.woff2",
		true: "keyfit.yaml .env .env.production deploy.sh Makefile Dockerfile key.txt id.pem README cert.crt values.json infra/main.tf src/config.ts web/env.js " +
			"scripts/deploy.py bin/release.rb charts/shop/README.md .github/NOTES.md settings.py ci/run.js next.config.mjs tokens.ts serverless.ts setup.py data.csv notes.txt",
	} {
		for path := range strings.FieldsSeq(paths) {
			if mayMatter(path) != want {
				t.Errorf("%s: %v", path, !want)
			}
		}
	}
}

// TestBrings is what git is asked before anything is judged, and in doubt everything is.
func TestBrings(t *testing.T) {
	third := strings.Repeat("3", 40)
	blob := ":100644 100644 " + oneCommit + " " + otherCommit + " M\x00"
	cases := map[string]struct {
		differs string // between the trees
		commits int    // that are new
		changes string // of those
		online  bool
		newly   bool // the remote holds nothing
		broken  string
		want    bool
	}{
		"a text":                                  {differs: "README.md\x00", commits: 1},
		"a script among texts":                    {differs: "README.md\x00deploy.sh\x00", commits: 1, want: true},
		"nothing":                                 {commits: 1},
		"two commits with texts":                  {differs: "a.md\x00", commits: 2, changes: oneCommit + "\x00" + blob + "a.md\x00"},
		"a file that came and went":               {differs: "a.md\x00", commits: 2, changes: third + "\x00" + blob + ".env\x00", want: true},
		"many commits":                            {differs: "a.md\x00", commits: maxHistory + 1, want: true},
		"the APIs are asked":                      {differs: "a.md\x00", commits: 1, online: true, want: true},
		"the remote is new":                       {differs: "a.md\x00", commits: 1, newly: true, want: true},
		"git does not say what differs":           {commits: 1, broken: "--name-only", want: true},
		"git does not say what is new":            {commits: 1, broken: "rev-list", want: true},
		"git does not say what the commits bring": {commits: 2, broken: "--stdin", want: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run := func(_ context.Context, _ string, _ io.Reader, out io.Writer, args ...string) error {
				all := strings.Join(args, " ")
				text := ""
				switch {
				case c.broken != "" && strings.Contains(all, c.broken):
					return errors.New("no")
				case args[0] == "rev-list":
					for i := range c.commits {
						text += "commit " + []string{oneCommit, third}[i%2] + "\n" + otherCommit + "\n"
					}
				case strings.Contains(all, "--stdin"):
					text = c.changes
				default:
					text = c.differs
				}
				_, err := io.WriteString(out, text)
				return err
			}
			h := &hook{app: &app{}, options: hookOptions{kind: prePush, online: c.online}, git: &gitReader{run: run}}
			h.options.check.onUnverified = "pass"
			one := head{side: side{commit: oneCommit, tree: oneCommit}, bases: []side{{commit: otherCommit, tree: otherCommit}}, known: []string{otherCommit}}
			if c.newly {
				one.bases = nil
			}
			if got := h.brings(t.Context(), &one); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}
