package deploy_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// readOne reads the one command of a script, with SECRET as given.
func readOne(t *testing.T, over *repo.Overlay, script string, secret model.Value) deploy.Delivery {
	t.Helper()
	out, err := shell.Follow(context.Background(), shell.Step{Files: over, Env: model.NewEnv(map[string]model.Value{"SECRET": secret}), Dir: ".", Line: script})
	if err != nil || len(out.Commands) != 1 {
		t.Fatalf("%s: %d commands, %v", script, len(out.Commands), err)
	}
	d, _ := deploy.Read(deploy.Call{Command: out.Commands[0], Files: over})
	return d
}

// facts are what a delivery says, by place. Where all may come, sure is false.
type facts struct {
	known map[string]string
	named map[string]bool
	sure  bool
}

func factsOf(d deploy.Delivery) facts {
	f := facts{known: map[string]string{}, named: map[string]bool{}, sure: true}
	add := func(name string, v model.Value) {
		f.named[name] = true
		if v.State != model.Unknown {
			f.known[name] = shown(v)
		}
	}
	if len(d.Problems) > 0 && len(d.Consumers) == 0 {
		f.sure = false // it says that it cannot tell whom the command is for
	}
	for _, c := range d.Consumers {
		for name, v := range c.Env.All() {
			add(name, v)
		}
		f.sure = f.sure && (c.Env.Rest().State == model.Absent || c.Env.Rest().Why == model.WhyRemoteState)
	}
	for _, s := range d.Store {
		f.sure = f.sure && s.Key != "" && (s.Name.State == model.Known)
		if s.Key != "" {
			add(s.Key, s.Value)
		}
	}
	for _, c := range d.Charts {
		f.sure = f.sure && c.Doubt == nil
		if c.Doubt == nil {
			add("release", c.Release)
			add("namespace", c.Namespace)
			for i, a := range c.Values {
				add(fmt.Sprintf("%d %s", i, a.Flag), a.Text)
			}
		}
	}
	for _, m := range d.Modules {
		f.sure = f.sure && m.Doubt == nil
		if m.Doubt == nil {
			for i, a := range m.Args {
				add(fmt.Sprintf("%d %s", i, a.Flag), a.Text)
			}
		}
	}
	return f
}

// TestNothingIsWronglyKnown puts one text that is not known at every place of a command
// line. Whatever it turns out to be, what was known then must come true.
func TestNothingIsWronglyKnown(t *testing.T) {
	over := tree(t, map[string]string{"f": "F=1\n"})
	texts := []string{"", "x", "-e A=9", "--env=B=9", "-e", "-", "--", "img", "img -e", "=1", "A=9", "x --set a=9", "--set=a=9", "-n other", "--namespace", "--from-literal=A=9", "-var=a=9", "x -var a=9", "a b c", "--name", "-it", "--from-literal", "B-", "A=1 B=9"}
	unknown := []string{`$SECRET`, `"$SECRET"`, `"x$SECRET"`, `x$SECRET`, `"-$SECRET"`, `"-e$SECRET"`, `"$SECRET=1"`, `"A=$SECRET"`, `A=$SECRET`, `"--$SECRET"`, `"$SECRET/x"`}
	lines := map[string][]string{
		"docker run":                    {"-e A=1", "--env=B=2", "-eC=3", "-e", "--rm", "-it", "--env-file f", "img", "cmd", "--name n", "--"},
		"kubectl create secret generic": {"--from-literal=A=1", "--from-literal B=2", "s", "-n shop", "--from-literal", "--from-env-file f", "--append-hash=false"},
		"kubectl set env":               {"deployment/api", "A=1", "B-", "-e C=3", "-c web", "--overwrite", "-e"},
		"helm upgrade":                  {"api", "chart", "--set a=1", "-f v.yaml", "-n shop", "--install", "--set", "--reset-values"},
		"helm template":                 {"api", "chart", "--set a=1", "-f v.yaml", "-n shop", "--set-string", "-s"},
		"terraform apply":               {"-var a=1", "-var=b=2", "-var-file x", "-auto-approve", "-var", "plan"},
		"docker service update":         {"--env-add A=1", "--env-rm B", "svc", "--env-add", "-d"},
	}
	random := rand.New(rand.NewPCG(3, 4))
	compared, stillKnown := 0, 0
	for _, tool := range slices.Sorted(maps.Keys(lines)) {
		pieces := lines[tool]
		for range 60 {
			var words []string
			n := 1 + random.IntN(5)
			at := random.IntN(n + 1)
			for i := range n {
				if i == at {
					words = append(words, unknown[random.IntN(len(unknown))])
				}
				words = append(words, pieces[random.IntN(len(pieces))])
			}
			if at == n {
				words = append(words, unknown[random.IntN(len(unknown))])
			}
			script := tool + " " + strings.Join(words, " ")
			before := factsOf(readOne(t, over, script, model.UnknownBecause(model.WhyCISecret, "SECRET", model.Trail{})))
			stillKnown += len(before.known)
			for _, text := range texts {
				d := readOne(t, over, script, model.KnownText(text, model.Hop{Kind: model.KindProcess, What: "SECRET"}))
				if len(d.Problems) > 0 || refused(d) {
					continue // the tool fails, and delivers nothing
				}
				compared++
				after := factsOf(d)
				for name, was := range before.known {
					if is := after.known[name]; is != was && !(was == "absent" && !after.named[name]) {
						t.Errorf("%s, with %q: %s is %s, was known as %s", script, text, name, is, was)
					}
				}
				for name := range after.named {
					if before.sure && !before.named[name] {
						t.Errorf("%s, with %q: %s comes, and nothing said so", script, text, name)
					}
				}
			}
		}
	}
	t.Logf("compared %d readings; %d values stayed known", compared, stillKnown)
	if compared < 500 || stillKnown < 50 {
		t.Errorf("compared only %d readings, and only %d values stayed known", compared, stillKnown)
	}
}

// refused reports whether the tool would not run: an image or a service is missing, or a
// name begins with a hyphen.
func refused(d deploy.Delivery) bool {
	for _, c := range d.Charts {
		if strings.HasPrefix(shown(c.Release), `"-`) {
			return true
		}
	}
	for _, s := range d.Store {
		if strings.HasPrefix(shown(s.Name), `"-`) {
			return true
		}
	}
	for _, c := range d.Consumers {
		if strings.Contains(c.Workload, "not known") {
			return true
		}
	}
	return len(d.Consumers)+len(d.Store)+len(d.Charts)+len(d.Modules) == 0
}
