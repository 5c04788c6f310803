package deploy_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/deploy"
	"github.com/keyfit/keyfit/internal/model"
)

// serviceFacts are factsOf, with what a wrapper starts and what that finds.
func serviceFacts(d deploy.Delivery) facts {
	f := factsOf(d)
	for i, in := range d.Inner {
		for name, v := range in.Env.All() {
			f.named[name] = true
			if v.State != model.Unknown {
				f.known[name] = shown(v)
			}
		}
		f.sure = f.sure && in.Env.Rest().State == model.Absent
		sure := len(in.Args)
		if in.Open > 0 {
			sure = in.Open
		}
		for j, a := range in.Args[:sure] {
			if a.State == model.Known {
				f.known[fmt.Sprintf("word %d.%d", i, j)] = shown(a)
			}
		}
		if in.Line != "" {
			f.known[fmt.Sprintf("line %d", i)] = in.Line
		}
	}
	if len(d.Problems) > 0 && len(d.Inner) == 0 {
		f.sure = false
	}
	return f
}

// TestServicesAreNotWronglyKnown puts one text that is not known at every place of a
// command line. Whatever it turns out to be, what was known then must come true.
func TestServicesAreNotWronglyKnown(t *testing.T) {
	over := tree(t, map[string]string{
		"f": "F: x\n", "v.yaml": "F: x\n", "package.json": `{"scripts":{"deploy":"x","other":"y"}}`,
		"Makefile": "export F = x\nall:\n\techo $(F) $(G)\nother:\n\techo o\n",
	})
	texts := []string{
		"", "x", "-a", "-a other", "--app", "A=9", "B=9", "=1", "1 B=9", "1,B=9", ",B=9", "1:B=9", "}", "1}", `1","B":"9`, `"`, `'`, `\`, "@f", "f", "file://f", "-e", "-e B=9",
		"--env", "--", "-", "-n", "--settings", "--set-env-vars", "^:^B=9", "1 --settings B=9", "--set B=9", "--set-env-vars=B=9", "KEY", "-E", "B=9 other", "deploy", "run", "1; B=9 x", "$(x)", "a b",
	}
	unknown := []string{
		`$SECRET`, `"$SECRET"`, `"x$SECRET"`, `"-$SECRET"`, `"--$SECRET"`, `"$SECRET=1"`, `"A=$SECRET"`, `A=$SECRET`, `"A=1,B=$SECRET"`, `"--env=$SECRET"`, `"$SECRET/x"`,
		`"{\"A\":\"$SECRET\"}"`, `"Variables={A=$SECRET,C=1}"`, `"^$SECRET^A=1"`, `"A:$SECRET"`, `"A='$SECRET' ./run"`,
	}
	lines := map[string][]string{
		"heroku config:set":                        {"A=1", "B=2", "-a shop", "--app=x", "-r git"},
		"aws lambda update-function-configuration": {"--function-name F", "--environment Variables={A=1,B=2}", "--timeout 3", "--environment", "--function-name"},
		"aws ecs register-task-definition":         {"--family f", "--container-definitions name=a,environment=[{name=A,value=1}]", "--container-definitions", "name=b,environment=[{name=C,value=3}]"},
		"aws ssm put-parameter":                    {"--name n", "--value v", "--overwrite", "--value"},
		"gcloud run deploy":                        {"S", "--set-env-vars A=1,B=2", "--set-env-vars=^:^C=3:D=4", "--quiet", "--update-env-vars E=5", "--region eu", "--set-env-vars", "--env-vars-file v.yaml"},
		"az webapp config appsettings set":         {"-n app", "-g rg", "--settings A=1 B=2", "--slot-settings C=3", "--settings", "D=4"},
		"az containerapp create":                   {"-n app", "--env-vars A=1 B=2", "--env-vars", "C=3"},
		"fly secrets set":                          {"A=1", "B=2", "-a shop", "--stage", "-a"},
		"fly deploy":                               {"-e A=1", "--env=B=2", "-a shop", "-e", "--now"},
		"vercel deploy":                            {"-e A=1", "--env=B=2", "--prod", "-b C=3", "-e"},
		"netlify env:set":                          {"A", "1", "--context production", "--secret"},
		"cf set-env":                               {"app", "A", "1"},
		"ansible-playbook":                         {"site.yml", "-e a=1", "-e 'b=2 c=3'", "-i hosts", "-b", "-e", "-e @v.yaml"},
		"railway variables":                        {"--set A=1", "-s api", "--set B=2", "--set"},
		"eb setenv":                                {"A=1", "B=2", "-e prod", "B="},
		"wrangler deploy":                          {"--var A:1", "--env x", "--var B:2", "--var"},
		"doppler secrets set":                      {"A=1", "B=2", "-c prd"},
		"vault kv put":                             {"p", "A=1", "B=2"},
		"ssh":                                      {"host", "A=1", "B=2", "./run", "'A=1 ./run.sh'", "-p 22"},
		"sudo":                                     {"-E", "-u app", "A=1", "deploy", "x", "--preserve-env=KEY", "--"},
		"dotenv":                                   {"-e f", "--", "deploy", "x", "-v A=1"},
		"doppler run":                              {"-c prd", "--", "deploy", "x", "--preserve-env"},
		"op run":                                   {"--env-file f", "--", "deploy", "x"},
		"aws-vault exec":                           {"prod", "--", "deploy", "x", "-n"},
		"npm run":                                  {"deploy", "--", "x", "-s", "other", "--stage"},
		"make":                                     {"all", "G=1", "F=2", "other", "-s"},
		"sops exec-env":                            {"f", "deploy"},
	}
	random := rand.New(rand.NewPCG(5, 6))
	compared, stillKnown := 0, 0
	for _, tool := range slices.Sorted(maps.Keys(lines)) {
		for range 25 {
			script := tool + " " + randomWords(random, lines[tool], unknown)
			before := serviceFacts(readOne(t, over, script, model.UnknownBecause(model.WhyCISecret, "SECRET", model.Trail{})))
			stillKnown += len(before.known)
			for _, text := range texts {
				d := readOne(t, over, script, model.KnownText(text, model.Hop{Kind: model.KindProcess, What: "SECRET"}))
				if len(d.Problems) > 0 || len(d.Inner) == 0 && refused(d) || dashed(d) {
					continue // the tool fails, and delivers nothing
				}
				compared++
				after := serviceFacts(d)
				delete(after.named, "SECRET")
				for name, was := range before.known {
					if is := after.known[name]; is != was && !(was == "absent" && !after.named[name]) && name != "SECRET" {
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
	if compared < 3000 || stillKnown < 200 {
		t.Errorf("compared only %d readings, and only %d values stayed known", compared, stillKnown)
	}
}

// dashed reports whether a flag was taken as the name of what receives the variables.
func dashed(d deploy.Delivery) bool {
	return slices.ContainsFunc(d.Consumers, func(c model.Consumer) bool { return strings.HasPrefix(c.Workload, "-") })
}

// randomWords is a command line with an unknown word somewhere.
func randomWords(random *rand.Rand, pieces, unknown []string) string {
	n := 1 + random.IntN(5)
	at := random.IntN(n + 1)
	var words []string
	for i := range n + 1 {
		if i == at {
			words = append(words, unknown[random.IntN(len(unknown))])
			continue
		}
		words = append(words, pieces[random.IntN(len(pieces))])
	}
	return strings.Join(words, " ")
}
