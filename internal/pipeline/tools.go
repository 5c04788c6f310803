package pipeline

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
)

// deployTool finds commands that bring something somewhere, and scripts that are called
// after it.
var deployTool = lazy.Regexp(`(?m)(?:^|[\s;&|(/"'])(?:` + strings.Join([]string{
	`kubectl\s+(?:[^\n;|&]*\s)?(?:apply|create|replace|set|rollout|patch)\b`,
	`helm\s+(?:[^\n;|&]*\s)?(?:upgrade|install)\b`,
	`helmfile\s+(?:[^\n;|&]*\s)?(?:apply|sync)\b`,
	`kustomize\s+build\b`,
	`(?:terraform|tofu|terragrunt)\s+(?:[^\n;|&]*\s)?apply\b`,
	`aws\s+(?:[^\n;|&]*\s)?(?:ecs|lambda|deploy|elasticbeanstalk|cloudformation|apprunner|eks)\s`,
	`gcloud\s+(?:[^\n;|&]*\s)?(?:run|functions|app|deploy)\s`,
	`az\s+(?:webapp|functionapp|containerapp|aks|container)\s`,
	`(?:sam|cdk|serverless|sls|eb|flyctl|fly|vercel|netlify|wrangler|railway|copilot|skaffold|pulumi|nomad|cf|kamal|cap)\s+(?:[^\n;|&]*\s)?(?:deploy|up|push|run|production)\b`,
	`docker\s+(?:stack\s+deploy|service\s+(?:update|create))\b`,
	`docker[- ]compose\s+(?:[^\n;|&]*\s)?up\b`,
	`ansible-playbook\s`,
	`git\s+push\s+(?:[^\n;|&]*\s)?(?:heroku|dokku)\b`,
	`heroku\s+container:release\b`,
	`(?:make|npm\s+run|yarn|pnpm|task|just|rake|mage)\s+(?:[^\n;|&]*\s)?(?:run\s+)?(?:deploy|release|rollout)[\w:.-]*`,
	`(?:[\w.-]*/)*(?:[\w.][\w.-]*)?deploy[\w-]*(?:\.(?:sh|bash|py|rb|js|ts|pl))?(?:\s|$|["'])`,
	`(?:[\w.-]*/)*(?:release|rollout|ship)[\w-]*\.(?:sh|bash|py|rb|js|ts|pl)\b`,
}, "|") + `)`)

// mayDeploy are words of which a command that deploys holds one: looking for them is cheap.
var mayDeploy = strings.Fields(`deploy release rollout ship kube helm kustomize terra tofu aws gcloud az sam cdk serverless sls eb fly vercel netlify
	wrangler railway copilot skaffold pulumi nomad cf kamal cap docker ansible git heroku up`)

// CallsDeployTool reports whether the text of a script calls a tool that deploys, or a
// script that is called after it. It is a hint for discovery, nothing more.
func CallsDeployTool(script string) bool {
	if len(script) > maxScriptBytes {
		script = script[:maxScriptBytes]
	}
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		hasWord := func(word string) bool { return strings.Contains(line, word) }
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "echo ") && slices.ContainsFunc(mayDeploy, hasWord) && deployTool().MatchString(withoutInstalls(line)) {
			return true
		}
	}
	return false
}

// install finds commands that install packages: what follows them are names of packages,
// groups and folders.
var install = lazy.Regexp(`\b(?:bundle|pip3?|poetry|npm|apt-get|apk|gem)\s+(?:install|add|ci)\s[^;|&]*`)

func withoutInstalls(line string) string { return install().ReplaceAllString(line, "") }
