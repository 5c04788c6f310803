package deploy_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/engine/shell"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// command is one command line whose words are all known; at says where it stands.
func command(line string) model.Command {
	text := []byte(line)
	c := model.Command{At: pos.NewIndex(text).Span("deploy.sh", 0, len(text)), Dir: ".", Env: outside(), Stdin: model.Value{State: model.Absent}}
	for _, w := range strings.Fields(line) {
		c.Args = append(c.Args, model.Value{State: model.Known, Text: model.KnownText(w, model.Hop{}).Text})
	}
	return c
}

func hops(v model.Value) []string {
	var out []string
	for _, h := range v.Trail.Hops() {
		text := h.Kind + " " + h.At.String() + " " + h.What
		if h.Literal {
			text += " literal"
		}
		out = append(out, text)
	}
	return out
}

func TestTrails(t *testing.T) {
	files := tree(t, map[string]string{"a/.env": "# c\n\n  FILE=CANARY é\n"})
	c := command("docker run --env-file a/.env -e LITERAL=CANARY -e KEY -e FILE=over api")
	d, ok := deploy.Read(deploy.Call{Command: c, Files: files})
	if !ok || len(d.Consumers) != 1 || !d.Passes || d.Tool != "docker" {
		t.Fatalf("got %d consumers", len(d.Consumers))
	}
	env := d.Consumers[0].Env
	want := map[string][]string{
		"LITERAL": {"command deploy.sh:1:1 docker run -e LITERAL literal"},
		"KEY":     {"process  KEY", "command deploy.sh:1:1 docker run -e KEY"},
		"FILE":    {"command deploy.sh:1:1 docker run -e FILE literal"},
	}
	for name, w := range want {
		if diff := cmp.Diff(w, hops(env.Get(name))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	losers := env.Get("FILE").Losers
	if len(losers) != 1 {
		t.Fatalf("the file's value is no loser")
	}
	if diff := cmp.Diff([]string{"dotenv a/.env:3:3 FILE literal", "command deploy.sh:1:1 docker run --env-file FILE"}, hops(losers[0].Value)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// printed is what a script delivers, and which of it ends up in which file.
func printed(t *testing.T, script string) ([]deploy.Delivery, func(int, deploy.Manifests, string) []int) {
	t.Helper()
	over := tree(t, nil)
	out, err := shell.Follow(context.Background(), shell.Step{Files: over, Env: outside(), Dir: ".", Line: script})
	if err != nil {
		t.Fatal(err)
	}
	var all []deploy.Delivery
	var seen []shell.Seen
	number := map[int]int{}
	for i, c := range out.Commands {
		if d, ok := deploy.Read(deploy.Call{Command: c, Files: over}); ok {
			number[i] = len(all)
			all, seen = append(all, d), append(seen, out.Seen[i])
		}
	}
	return all, func(i int, _ deploy.Manifests, name string) []int {
		commands := seen[i].Printers
		if name != "-" {
			commands = seen[i].Files()[name].Printers
		}
		var numbers []int
		for _, c := range commands {
			n, ok := number[c]
			if !ok {
				return nil
			}
			numbers = append(numbers, n)
		}
		return numbers
	}
}

func TestPiped(t *testing.T) {
	const apply = " | kubectl apply -n shop -f -"
	cases := []struct {
		name, script string
		want         []string
	}{
		{"helm", "helm template api c --set a=1" + apply, []string{`chart "c" release "api" ns "shop" version "" repo absent dir . values [set="a=1"]`}},
		{"a secret", "kubectl create secret generic pay --from-literal=A=1 --dry-run=client -o yaml" + apply, []string{`store kubernetes-secret "pay" ns "shop" A="1"`}},
		{"kustomize, beside a file", "kustomize build o | kubectl apply -f a.yaml -f -", []string{`manifests "o" ns absent stdin absent dir . kustomize`, `manifests "a.yaml" ns absent stdin ?command-output dir .`}},
		{"changed on the way", "helm template api c | tool" + apply, []string{`manifests "-" ns "shop" stdin ?command-output dir .`}},
		{"by way of a file", "helm template api c > out.yaml; kubectl apply -n shop -f out.yaml", []string{`chart "c" release "api" ns "shop" version "" repo absent dir . values []`}},
		{"filtered", "helm template api c | sed s/a/b/" + apply, []string{`manifests "-" ns "shop" stdin ?command-output dir .`}},
		{"two of them", "(helm template a c; echo; kustomize build o)" + apply,
			[]string{`chart "c" release "a" ns "shop" version "" repo absent dir . values []`, `manifests "o" ns "shop" stdin absent dir . kustomize`}},
		{"only printed", "helm template api c; kubectl apply -f a.yaml", []string{`manifests "a.yaml" ns absent stdin absent dir .`}},
		{"another tool's", "helm template api c > x; tool" + apply, []string{`manifests "-" ns "shop" stdin ?command-output dir .`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			all, printers := printed(t, c.script)
			for _, d := range deploy.Piped(all, printers) {
				got = append(got, lines(d)...)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestToolsAreListedOnce(t *testing.T) {
	tools := deploy.Tools()
	if !slices.IsSorted(tools) || len(slices.Compact(slices.Clone(tools))) != len(tools) {
		t.Errorf("%v is not sorted, or a name stands twice", tools)
	}
	for _, want := range []string{"helm", "helmfile", "kubectl", "kustomize", "docker", "podman", "nerdctl", "docker-compose", "terraform", "tofu", "terragrunt"} {
		if !slices.Contains(tools, want) {
			t.Errorf("%q is missing in %v", want, tools)
		}
	}
}

// TestShortLines reads command lines that stop early. While their number of words is not
// known, nothing that they deliver is.
func TestShortLines(t *testing.T) {
	for _, line := range []string{
		"docker", "docker run", "docker run -e", "docker run --", "docker run -", "docker run --env=", "docker run -e=", "docker service", "docker compose", "docker compose -f",
		"helm", "helm upgrade", "helm secrets", "helm upgrade a", "helmfile", "helmfile apply -f", "kubectl", "kubectl create", "kubectl create secret", "kubectl create secret generic", "kubectl set", "kubectl set env",
		"kubectl set env deployment/", "kubectl set env =", "kustomize", "kustomize edit", "terraform", "terraform -chdir", "terraform apply -var", "terraform workspace", "terraform workspace select", "terragrunt", "terragrunt run", "terragrunt run-all",
		"docker build --secret id= .", "docker build --secret x .", "kubectl create secret generic a --from-file= --from-env-file= --from-literal=",
	} {
		for _, open := range []int{0, 1, len(strings.Fields(line)), len(strings.Fields(line)) + 1} {
			c := command(line)
			c.Open = open
			d, _ := deploy.Read(deploy.Call{Command: c})
			for _, consumer := range d.Consumers {
				for name, v := range consumer.Env.All() {
					if open > 0 && v.State == model.Known {
						t.Errorf("%q with open %d: %s is known", line, open, name)
					}
				}
			}
		}
	}
}
