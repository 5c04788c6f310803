package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
)

// TestServiceTrails says where each value comes from: the place of its text, and the
// command that passes it on.
func TestServiceTrails(t *testing.T) {
	files := tree(t, map[string]string{
		"env.json": "{\n  \"Variables\": {\"A\": \"one\"}\n}", "env.yaml": "# c\nA: one\n", "s.json": `{"A": "one"}`,
	})
	rows := []struct {
		line, name string
		want       []string
	}{
		{"heroku config:set A=1 -a shop", "A", []string{"command deploy.sh:1:1 heroku config:set A literal"}},
		{"aws lambda update-function-configuration --function-name F --environment file://env.json", "A",
			[]string{"file env.json:2:23 --environment literal", "command deploy.sh:1:1 aws lambda A"}},
		{"gcloud run deploy S --env-vars-file env.yaml", "A", []string{"file env.yaml:2:4 gcloud cloud-run literal", "command deploy.sh:1:1 gcloud cloud-run A"}},
		{"az webapp config appsettings set -n app --settings @s.json", "A", []string{"file s.json:1:8 az literal", "command deploy.sh:1:1 az appsettings A"}},
		{"vercel deploy -e KEY", "KEY", []string{"process  KEY", "command deploy.sh:1:1 vercel --env KEY"}},
	}
	for _, r := range rows {
		d, ok := deploy.Read(deploy.Call{Command: command(r.line), Files: files})
		if !ok || len(d.Consumers) != 1 {
			t.Fatalf("%s: %d consumers", r.line, len(d.Consumers))
		}
		if diff := cmp.Diff(r.want, hops(d.Consumers[0].Env.Get(r.name))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", r.line, diff)
		}
	}
}

// TestPartsKeepTheirTrails takes two variables out of one word: each has its own trail.
func TestPartsKeepTheirTrails(t *testing.T) {
	d := deliveries(t, `gcloud run deploy S --set-env-vars "A=$KEY,B=$HOST_A,C=lit"`, nil)[0]
	for name, want := range map[string]string{"A": "KEY", "B": "HOST_A"} {
		h := d.Consumers[0].Env.Get(name).Trail.Hops()
		if len(h) != 2 || h[0].What != want || h[0].Kind != model.KindProcess || h[1].Kind != model.KindCommand {
			t.Errorf("%s comes by %d hops, expected from %s", name, len(h), want)
		}
	}
	if h := d.Consumers[0].Env.Get("C").Trail.Hops(); len(h) != 1 || !h[0].Literal {
		t.Errorf("C comes by %d hops, expected to be literal", len(h))
	}
	if !d.Partial {
		t.Error("an update is not called partial")
	}
}

// TestLosersComeAlong keeps what a variable overrode before it was passed on.
func TestLosersComeAlong(t *testing.T) {
	d := deliveries(t, `export KEY=two; heroku config:set "B=$KEY" -a shop`, nil)[0]
	if n := len(d.Consumers[0].Env.Get("B").Losers); n != 1 {
		t.Errorf("%d definitions lost, expected one", n)
	}
}

// TestNpmPassesArguments compares the line that a script becomes with what npm runs.
func TestNpmPassesArguments(t *testing.T) {
	program := realTool(t, "npm")
	const script = `printf '[%s]' base`
	text := `{"name":"x","version":"1.0.0","scripts":{"show":"` + script + `"}}`
	for _, args := range []string{"show", "show one two", "show --flag one", "show -- --flag 'a b' \"it's\"", "-s show -- '$HOME' '\"'", "show -- -- x ''"} {
		var line string
		for _, d := range deliveries(t, "npm run "+args, map[string]string{"package.json": text}) {
			for _, in := range d.Inner {
				line = in.Line
			}
		}
		if line == "" {
			if !strings.HasPrefix(args, "show --flag") {
				t.Errorf("npm run %s is not understood", args)
			}
			continue // whether the flag takes the word depends on the version
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/bin/sh", "-c", program+" --silent run "+args)
		cmd.Dir = dir
		want, err := cmd.Output()
		if err != nil {
			t.Fatalf("npm run %s: %v", args, err)
		}
		got, err := exec.Command("/bin/sh", "-c", line).Output()
		if err != nil {
			t.Fatalf("npm run %s: the line cannot be run: %v", args, err)
		}
		if diff := cmp.Diff(strings.TrimSpace(string(want)), strings.TrimSpace(string(got))); diff != "" {
			t.Errorf("npm run %s (-want +got)\n%s", args, diff)
		}
	}
}

// TestShorthand holds what aws-cli 1.45 makes of its short form.
func TestShorthand(t *testing.T) {
	read := func(text string) string {
		c := command("aws lambda update-function-configuration --function-name F --environment")
		c.Args = append(c.Args, model.KnownText(text, model.Hop{Kind: model.KindProcess, What: "X"}))
		d, _ := deploy.Read(deploy.Call{Command: c, Files: tree(t, nil)})
		if len(d.Problems) > 0 {
			return "refused"
		}
		out := ""
		for name, v := range d.Consumers[0].Env.All() {
			out += name + "=" + shown(v) + ";"
		}
		return out
	}
	for text, want := range map[string]string{
		`Variables={A=1}`:                        `A="1";`,
		`Variables={A=1,B=2}`:                    `A="1";B="2";`,
		`Variables = { A = 1 , B = 2 }`:          `A="1";B="2";`,
		`Variables={A=a\,b}`:                     `A="a,b";`,
		`Variables={A="a,b",B='c}d'}`:            `A="a,b";B="c}d";`,
		`Variables={A="a\"b",B='c\'d'}`:          `A="a\"b";B="c'd";`,
		`Variables={A=x=y}`:                      `A="x=y";`,
		`Variables={A=a b}`:                      `A="a b";`,
		`Variables={A=,B=1}`:                     `A="";B="1";`,
		`Variables={A=""}`:                       `A="";`,
		`Variables={A=a{b}`:                      `A="a{b";`,
		`Variables={A=a"b}`:                      `refused`,
		`Variables={A==x}`:                       `refused`,
		`Variables={A=1`:                         `refused`,
		`Variables={A=1}}`:                       `refused`,
		`Variables={A=1,A=2}`:                    `refused`,
		`Variables={A@=file://x}`:                `refused`,
		`Variables={É=1}`:                        `refused`,
		`{"Variables":{"A":"1"}} `:               `A="1";`,
		`{"Variables":{"A":"1"}}x`:               `refused`,
		`{"Variables":{"A":"\u00e9\n","A":"2"}}`: `A="2";`,
	} {
		if got := read(text); got != want {
			t.Errorf("%s: %s, expected %s", text, got, want)
		}
	}
}
