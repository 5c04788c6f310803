package jenkins

import (
	"slices"
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/lazy"
)

// meanings are the words for environments, with the one that stands for all of a kind.
var meanings = map[string]string{
	"dev": "development", "develop": "development", "development": "development",
	"staging": "staging", "stg": "staging", "stag": "staging", "qa": "qa", "uat": "uat", "sit": "sit",
	"preprod": "preprod", "preproduction": "preprod", "nonprod": "nonprod", "sandbox": "sandbox", "demo": "demo",
	"prod": "production", "prd": "production", "production": "production", "live": "production",
}

// meaning is the environment that a whole name stands for.
func meaning(name string) string {
	folded := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
	if m, ok := meanings[folded]; ok {
		return m
	}
	switch folded {
	case "stage":
		return "staging"
	case "live":
		return "production"
	}
	return folded
}

func sameEnvironment(a, b string) bool { return a != "" && b != "" && meaning(a) == meaning(b) }

// environmentsIn lists the environments that words in a text name, as they are written.
func environmentsIn(text string) []string {
	var out []string
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		folded := strings.ToLower(w)
		if i > 0 && (strings.EqualFold(words[i-1], "pre") || strings.EqualFold(words[i-1], "non")) {
			if _, ok := meanings[strings.ToLower(words[i-1])+folded]; ok || meanings[folded] == "production" {
				folded = strings.ToLower(words[i-1]) + "prod"
			}
		}
		if _, ok := meanings[folded]; ok {
			out = append(out, folded)
		}
	}
	return out
}

// credential matches NAME=text in a script, where the name is that of a credential.
var credential = lazy.Regexp(`(?i)(\b\w*(?:key|token|secret|passw|credential|dsn)\w*=)("[^"]*"|'[^']*'|[^\s"']+)`)

// withoutKeys takes the keys out of a script: the words in one name no environment.
func withoutKeys(text string) string { return credential().ReplaceAllString(text, "$1") }

// areEnvironments reports whether each of several names is one of an environment, whatever they are
// the values of.
func areEnvironments(names []string) bool {
	return len(names) > 1 && !slices.ContainsFunc(names, func(name string) bool {
		folded := strings.ToLower(name)
		return len(environmentsIn(name)) == 0 && !slices.Contains([]string{"stage", "test", "testing", "tst", "preview", "integration"}, folded)
	})
}

// oneEnvironment is the environment that texts agree on; several when they do not.
func oneEnvironment(texts ...string) (name string, several bool) {
	for _, text := range texts {
		for _, e := range environmentsIn(text) {
			if name != "" && !sameEnvironment(name, e) {
				return "", true
			}
			if name == "" {
				name = e
			}
		}
	}
	return name, false
}

// deployTools are the commands that put something where it runs.
var deployTools = []string{
	"helm", "helmfile", "kubectl", "oc", "kustomize", "skaffold", "argocd", "flux", "terraform", "tofu", "terragrunt", "pulumi", "cdk", "sam", "ansible-playbook",
	"eb", "ecs-deploy", "ecs-cli", "copilot", "serverless", "sls", "gcloud", "az", "heroku", "flyctl", "fly", "vercel", "netlify", "firebase", "wrangler", "cf", "nomad",
	"docker-compose", "capistrano", "cap", "now", "kamal", "waypoint", "rsync", "scp", "ssh",
}

// deployWords are the words in the name of a stage or script that say that it deploys.
var deployWords = []string{
	"deploy", "deployment", "deploys", "deploying", "release", "releases", "ship", "promote", "promotion", "rollout", "publish", "golive", "upgrade", "install", "provision", "apply",
}

// namesDeploy reports whether the name of a stage says that it deploys.
func namesDeploy(name string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if slices.Contains(deployWords[:12], w) && w != "publish" {
			return true
		}
	}
	return false
}

// runsDeploy reports whether the text of a script calls a tool that deploys, or a script
// that is named so.
func runsDeploy(script string) bool {
	for line := range strings.SplitSeq(script, "\n") {
		words := strings.Fields(line)
		for i, w := range words {
			w = strings.Trim(w, "\"'();&|`$")
			if strings.HasPrefix(w, "#") {
				break
			}
			switch base := w[strings.LastIndexByte(w, '/')+1:]; {
			case slices.Contains(deployTools, base) && base == w:
				return true
			case w == "docker" && i+1 < len(words) && slices.Contains([]string{"stack", "service", "compose", "run"}, words[i+1]):
				return true
			case w == "aws" && i+1 < len(words) && slices.Contains([]string{"ecs", "lambda", "deploy", "cloudformation", "eks", "elasticbeanstalk", "s3", "apprunner", "ssm"}, words[i+1]):
				return true
			case strings.ContainsAny(w, "/.") && namesScript(base), i > 0 && namesScript(w) && slices.Contains([]string{"make", "run", "npm", "yarn", "task", "just"}, words[i-1]):
				return true
			}
		}
	}
	return false
}

// namesScript reports whether the name of a script or target says that it deploys.
func namesScript(name string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if slices.Contains([]string{"deploy", "release", "rollout", "promote", "ship"}, w) {
			return true
		}
	}
	return false
}
