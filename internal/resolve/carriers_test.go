package resolve

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
)

// TestCarriers tells the tools that stand for what they deploy, with the variables that they use
// themselves, from the programs that use what they are given.
func TestCarriers(t *testing.T) {
	for script, want := range map[string]string{
		"ansible-playbook site.yml":      "ansible-playbook stands in",
		"pulumi up":                      "pulumi stands in, uses AWS_SECRET_ACCESS_KEY PULUMI_ACCESS_TOKEN",
		"cdk deploy":                     "cdk stands in, uses AWS_SECRET_ACCESS_KEY",
		"docker compose -f none.yaml up": "docker stands in",
		"docker buildx bake":             "docker stands in",
		"skaffold run":                   "skaffold stands in, uses AWS_SECRET_ACCESS_KEY",
		"scp a b:":                       "scp stands in",
		"make deploy":                    "make stands in, uses AWS_SECRET_ACCESS_KEY; node",
		"make deploy; make missing":      "make; node",
		"node server.js":                 "node",
		"aws s3 sync . s3://b":           "aws",
		"wrangler deploy":                "wrangler",
		"python deploy.py":               "python",
		"docker compose up":              "docker stands in; web",
		"docker compose build; docker compose start": "docker stands in",
	} {
		files := map[string]string{
			"deploy.sh": script, "Makefile": "deploy:\n\tnode server.js\n", "compose.yaml": "services: {web: {environment: [T_KEY]}}\n",
		}
		var got []string
		for _, c := range resolvedWith(t, files, map[string]string{"T_KEY": "k-CANARY", "AWS_SECRET_ACCESS_KEY": "k-CANARY-aws", "PULUMI_ACCESS_TOKEN": "k-CANARY-pul"}) {
			word := strings.SplitN(c.Workload, "#", 2)[0]
			if c.StandsIn {
				word += " stands in"
			}
			if len(c.Logins) > 0 {
				word += ", uses " + strings.Join(c.Logins, " ")
			}
			got = append(got, word)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, strings.Join(slices.Compact(got), "; ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", script, diff)
		}
	}
}

func resolvedWith(t *testing.T, files, process map[string]string) []model.Consumer {
	t.Helper()
	var environ []string
	for name, text := range process {
		environ = append(environ, name+"="+text)
	}
	env, err := One(t.Context(), Input{
		Files: tree(t, files), Process: Process(environ), Name: "staging", Config: &config.Environment{Deploy: []config.Step{runStep("bash deploy.sh")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return env.Consumers
}
