package deploy_test

import (
	"math/rand/v2"
	"testing"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
)

// TestAnyWordsAreRead gives every tool words that make no sense: whatever they are, the
// reading ends, and no command is handed over without a name.
func TestAnyWordsAreRead(t *testing.T) {
	files := tree(t, map[string]string{
		"package.json": `{"scripts":{"run":"x","a":1}}`, "Makefile": "run: a\n\tx $(A)\na:\nB := $(B)\nC = $(C)\n", "manifest.yml": "applications: [1, {env: [], name: {}}]\n",
		"serverless.yml": "functions: {f: , g: {environment: 1}}\nprovider: []\n", "a": "{[", ".envrc": "",
	})
	words := []string{
		"", "-", "--", "---", "=", "a", "a=", "=a", "-e", "-e=", "--env", "--env=", "--environment", "run", "exec", "exec-env", "deploy", "secrets", "set", "put", "kv", "secret", "env", "add",
		"lambda", "update-function-configuration", "ecs", "register-task-definition", "--container-definitions", "[", "{", "[{}]", `{"a":`, "a={b=[", "^", "^^", "^,^", "@", "@a", "a=@a", "file://a", "file://",
		"config:set", "env:set", "set-env", "push", "webapp", "config", "appsettings", "--settings", "functions", "--set-env-vars", "--cli-input-json", "'", `"`, "a='", "-c", "-v", "{{", "${", "$(", "\uE0F1", "\xff", "é",
	}
	random := rand.New(rand.NewPCG(1, 2))
	handed := 0
	for _, tool := range deploy.Tools() {
		for range 150 {
			c := model.Command{Dir: ".", Env: outside(), Stdin: model.Value{State: model.Absent}, Args: []model.Value{model.KnownText(tool, model.Hop{})}}
			for range random.IntN(7) {
				v := model.KnownText(words[random.IntN(len(words))], model.Hop{})
				switch random.IntN(5) {
				case 0:
					v = model.Value{}
				case 1:
					v = model.Value{Parts: []model.Value{v, {}}}
				case 2:
					v = model.Value{Parts: []model.Value{{}, v, model.Ambiguous("", v, model.Value{State: model.Absent})}}
				}
				c.Args = append(c.Args, v)
			}
			if random.IntN(3) == 0 {
				c.Open = 1 + random.IntN(len(c.Args))
			}
			d, ok := deploy.Read(deploy.Call{Command: c, Files: files})
			for _, in := range d.Inner {
				handed++
				if in.Line == "" && len(in.Args) == 0 || in.Open < 0 || in.Open > len(in.Args) {
					t.Errorf("%s hands over a command without a name", tool)
				}
			}
			if ok && len(d.Inner) > 0 && !d.Passes {
				t.Errorf("%s runs a command, and is taken for the end of the way", tool)
			}
		}
	}
	if handed < 50 {
		t.Errorf("only %d commands were handed over", handed)
	}
}

// TestOwnCredentials keeps the key with which a tool itself logs in.
func TestOwnCredentials(t *testing.T) {
	d := deliveries(t, `heroku config:set A=1 -a shop`, nil)[0]
	if !d.Passes || len(d.Own) != 1 || d.Own[0] != "HEROKU_API_KEY" {
		t.Errorf("passes %t, own %v", d.Passes, d.Own)
	}
}
