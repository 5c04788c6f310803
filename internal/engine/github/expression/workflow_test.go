package expression

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/keyfit/keyfit/internal/model"
)

// line is a line of a workflow: an `if:`, or a text with expressions such as those of `env:`,
// `with:` and `run:`.
type line struct{ kind, text, want string }

// workflow is the texts of one workflow with what is known of its run. Secrets, variables,
// inputs and outputs of steps that are not listed are unknown.
type workflow struct {
	name     string
	contexts string
	known    map[string]string
	lines    []line
}

const pushToMain = `{"github":{"event_name":"push","ref":"refs/heads/main","ref_name":"main","ref_type":"branch","repository":"acme/shop","actor":"ann","sha":"abc123","event":{}}}`

var workflows = []workflow{
	{"deploy on push to main", pushToMain, nil, []line{
		{"if", "github.ref == 'refs/heads/main'", "true"},
		{"if", "github.ref == 'refs/heads/main' && github.event_name == 'push'", "true"},
		{"if", "${{ github.event_name != 'pull_request' }}", "true"},
		{"if", "startsWith(github.ref, 'refs/tags/v')", "false"},
		{"env", "${{ secrets.STRIPE_API_KEY }}", "<secrets.STRIPE_API_KEY>"},
		{"env", "${{ github.ref == 'refs/heads/main' && secrets.PROD_KEY || secrets.STAGING_KEY }}", "<secrets.PROD_KEY> | <secrets.STAGING_KEY>"},
		{"env", "ghcr.io/${{ github.repository }}:${{ github.sha }}", `"ghcr.io/acme/shop:abc123"`},
	}},
	{"one workflow, two environments by branch", `{"github":{"ref_name":"develop","event_name":"push"}}`, nil, []line{
		{"env", "${{ github.ref_name == 'main' && 'production' || 'staging' }}", `"staging"`},
		{"env", "${{ github.ref_name == 'main' && secrets.LIVE_KEY || secrets.TEST_KEY }}", "<secrets.TEST_KEY>"},
		{"env", "https://${{ github.ref_name == 'main' && 'api' || 'api-staging' }}.example.com", `"https://api-staging.example.com"`},
		{"if", "github.ref_name == 'main' || github.ref_name == 'develop'", "true"},
		{"if", "contains(fromJSON('[\"main\", \"release\"]'), github.ref_name)", "false"},
	}},
	{"manual deploy whose environment is known", `{"inputs":{"environment":"production","dry_run":false,"version":""}}`, nil, []line{
		{"if", "inputs.environment == 'production'", "true"},
		{"if", "!inputs.dry_run", "true"},
		{"if", "${{ inputs.environment == 'staging' && !inputs.dry_run }}", "false"},
		{"env", "${{ inputs.environment }}", `"production"`},
		{"env", "${{ secrets[format('{0}_API_KEY', inputs.environment)] }}", "<secrets.production_API_KEY>"},
		{"env", "${{ inputs.version || 'latest' }}", `"latest"`},
		{"env", "${{ inputs.dry_run && '--dry-run' || '' }}", `""`},
	}},
	{"manual deploy whose environment is not known", `{"github":{"event_name":"workflow_dispatch"}}`, nil, []line{
		{"if", "inputs.environment == 'production'", "undecided"},
		{"if", "github.event_name == 'workflow_dispatch' && inputs.environment == 'production'", "undecided"},
		{"if", "github.event_name == 'push' && inputs.environment == 'production'", "false"},
		{"env", "${{ inputs.environment }}", "<inputs.environment>"},
		{"env", "${{ inputs.environment == 'production' && secrets.PROD_KEY || secrets.STAGING_KEY }}", "<secrets.PROD_KEY> | <secrets.STAGING_KEY>"},
		{"env", "${{ secrets[inputs.environment == 'production' && 'PROD_KEY' || 'STAGING_KEY'] }}", "<secrets.PROD_KEY> | <secrets.STAGING_KEY>"},
		{"env", "${{ inputs.environment == 'production' && 'https://api.example.com' || 'https://staging.example.com' }}", `"https://api.example.com" | "https://staging.example.com"`},
		{"env", "deploy-${{ inputs.environment }}-key", `"deploy-"<inputs.environment>"-key"`},
	}},
	{"input of workflow_dispatch or of a caller", `{"github":{"event":{"inputs":{"target":"eu"}}},"inputs":{"target":"eu"}}`, nil, []line{
		{"env", "${{ github.event.inputs.target || 'us' }}", `"eu"`},
		{"env", "${{ inputs.target || github.event.inputs.target }}", `"eu"`},
		{"env", "${{ github.event.inputs.other || 'us' }}", `"us"`},
		{"if", "github.event.inputs.target == 'EU'", "true"},
	}},
	{"matrix of environments", `{"matrix":{"env":"staging","include":null,"settings":{"url":"https://staging.example.com","secret":"STAGING_KEY"}}}`, nil, []line{
		{"env", "${{ matrix.settings.url }}", `"https://staging.example.com"`},
		{"env", "${{ secrets[matrix.settings.secret] }}", "<secrets.STAGING_KEY>"},
		{"if", "matrix.env != 'production'", "true"},
		{"env", "${{ matrix.env == 'production' && secrets.LIVE || secrets.TEST }}", "<secrets.TEST>"},
		{"env", "${{ matrix.none }}", `""`},
		{"env", "${{ matrix.settings }}", `"Object"`},
	}},
	{"matrix from a job", `{}`, map[string]string{"steps.list": `{"include":[{"env":"staging"},{"env":"production"}]}`}, []line{
		{"env", "${{ fromJSON(steps.list).include[1].env }}", `"production"`},
		{"env", "${{ join(fromJSON(steps.list).include.*.env, ' ') }}", `"staging production"`},
		{"env", "${{ fromJSON(steps.none).include[0].env }}", "<?>"},
	}},
	{"results of other jobs", `{"needs":{"build":{"result":"success","outputs":{"image":"shop:1"}},"test":{"result":"success","outputs":{}},"docs":{"result":"skipped","outputs":{}}}}`, nil, []line{
		{"if", "always() && !contains(needs.*.result, 'failure')", "true"},
		{"if", "${{ !failure() && !cancelled() && needs.build.result == 'success' }}", "true"},
		{"if", "contains(needs.*.result, 'skipped')", "true"},
		{"if", "needs.build.outputs.image != ''", "true"},
		{"if", "needs.test.outputs.deploy == 'true'", "false"},
		{"env", "${{ needs.build.outputs.image }}", `"shop:1"`},
		{"env", "${{ join(needs.*.result, ', ') }}", `"success, success, skipped"`},
	}},
	{"after a failure", `{"job":{"status":"success"}}`, nil, []line{
		{"if", "failure()", "false"},
		{"if", "always()", "true"},
		{"if", "success() || failure()", "true"},
		{"if", "${{ always() && job.status != 'success' }}", "false"},
		{"env", "${{ job.status == 'success' && 'good' || 'danger' }}", `"good"`},
		{"env", "Deploy: ${{ job.status }}", `"Deploy: success"`},
	}},
	{"outputs of steps that nobody knows", `{}`, nil, []line{
		{"if", "steps.filter.outputs.backend == 'true'", "undecided"},
		{"if", "steps.cache.outputs.cache-hit != 'true'", "undecided"},
		{"env", "${{ steps.version.outputs.tag }}", "<?>"},
		{"env", "v${{ steps.version.outputs.tag }}", `"v"<?>`},
	}},
	{"pull request", `{"github":{"event_name":"pull_request","ref":"refs/pull/7/merge","head_ref":"feature/x","base_ref":"main","actor":"dependabot[bot]","event":{"pull_request":{"head":{"repo":{"full_name":"fork/shop"}},"draft":false,"number":7,"labels":[{"name":"deploy"},{"name":"bug"}]}},"repository":"acme/shop"}}`, nil, []line{
		{"if", "github.event.pull_request.head.repo.full_name == github.repository", "false"},
		{"if", "github.actor != 'dependabot[bot]'", "false"},
		{"if", "contains(github.event.pull_request.labels.*.name, 'deploy')", "true"},
		{"if", "!github.event.pull_request.draft", "true"},
		{"if", "github.event.action == 'closed' && github.event.pull_request.merged == true", "false"},
		{"env", "pr-${{ github.event.pull_request.number }}.example.com", `"pr-7.example.com"`},
		{"env", "${{ github.head_ref || github.ref_name }}", `"feature/x"`},
	}},
	{"release by tag", `{"github":{"event_name":"push","ref":"refs/tags/v1.2.3","ref_name":"v1.2.3","ref_type":"tag"}}`, nil, []line{
		{"if", "startsWith(github.ref, 'refs/tags/v')", "true"},
		{"if", "github.ref_type == 'tag' && !contains(github.ref_name, '-')", "true"},
		{"if", "endsWith(github.ref, '-rc')", "false"},
		{"env", "${{ contains(github.ref, '-') && 'staging' || 'production' }}", `"production"`},
		{"env", "registry/app:${{ github.ref_name }}", `"registry/app:v1.2.3"`},
	}},
	{"variables of the repository", `{}`, map[string]string{"vars.API_URL": "https://api.example.com", "vars.EMPTY": ""}, []line{
		{"env", "${{ vars.API_URL }}", `"https://api.example.com"`},
		{"env", "${{ vars.API_URL || 'https://default.example.com' }}", `"https://api.example.com"`},
		{"env", "${{ vars.EMPTY || 'https://default.example.com' }}", `"https://default.example.com"`},
		{"env", "${{ vars.UNKNOWN || 'https://default.example.com' }}", `<vars.UNKNOWN> | "https://default.example.com"`},
		{"if", "vars.DEPLOY == 'yes'", "undecided"},
		{"if", "vars.API_URL != ''", "true"},
	}},
	{"a secret that is used only when it is there", `{}`, map[string]string{"secrets.KEY": "CANARY"}, []line{
		{"if", "secrets.KEY != ''", "true"},
		{"if", "secrets.OTHER != ''", "undecided"},
		{"if", "env.KEY", "fault"},
		{"env", "${{ secrets.OTHER || secrets.KEY }}", `<secrets.OTHER> | "CANARY"`},
		{"env", "${{ secrets.KEY && 'yes' || 'no' }}", `"yes"`},
		{"env", "${{ secrets.OTHER && 'yes' || 'no' }}", `"yes" | "no"`},
		{"env", "Bearer ${{ secrets.KEY }}", `"Bearer CANARY"`},
		{"env", "Bearer ${{ secrets.OTHER }}", `"Bearer "<secrets.OTHER>`},
	}},
	{"environment of a step", `{"env":{"REGION":"eu-1","STAGE":"production","DEBUG":""}}`, nil, []line{
		{"env", "${{ env.STAGE }}-${{ env.REGION }}", `"production-eu-1"`},
		{"env", "${{ secrets[format('{0}_TOKEN', env.STAGE)] }}", "<secrets.production_TOKEN>"},
		{"if", "env.STAGE == 'production'", "true"},
		{"if", "env.DEBUG", "false"},
		{"if", "env.NONE == ''", "true"},
		{"if", "env.NONE == null", "true"},
	}},
	{"a map of settings within the workflow", `{"inputs":{"stage":"prod"}}`, nil, []line{
		{"env", `${{ fromJSON('{"prod":"https://api.example.com","test":"https://test.example.com"}')[inputs.stage] }}`, `"https://api.example.com"`},
		{"env", `${{ fromJSON('{"prod":"PROD_KEY","test":"TEST_KEY"}')[inputs.stage] }}`, `"PROD_KEY"`},
		{"env", `${{ secrets[fromJSON('{"prod":"PROD_KEY","test":"TEST_KEY"}')[inputs.stage]] }}`, "<secrets.PROD_KEY>"},
		{"env", `${{ fromJSON('{"prod":1}')[inputs.none] }}`, `""`},
	}},
	{"a map of settings by an unknown stage", `{}`, nil, []line{
		{"env", `${{ fromJSON('{"prod":"a","test":"b"}')[inputs.stage] }}`, `"" | "a" | "b"`},
		{"env", `${{ secrets[fromJSON('{"prod":"PROD_KEY","test":"TEST_KEY"}')[inputs.stage] || 'DEV_KEY'] }}`, "<secrets.PROD_KEY> | <secrets.TEST_KEY> | <secrets.DEV_KEY>"},
	}},
	{"case by branch", `{"github":{"ref_name":"release/2"}}`, nil, []line{
		{"env", "${{ case(github.ref_name == 'main', 'production', startsWith(github.ref_name, 'release/'), 'staging', 'test') }}", `"staging"`},
		{"env", "${{ case(inputs.live == 'yes', secrets.LIVE, secrets.TEST) }}", "<secrets.LIVE> | <secrets.TEST>"},
		{"env", "${{ case(github.ref_name, 'a', 'b') }}", "fault"},
	}},
	{"schedule", `{"github":{"event_name":"schedule","event":{"schedule":"0 4 * * *"}}}`, nil, []line{
		{"if", "github.event.schedule == '0 4 * * *'", "true"},
		{"if", "github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'", "true"},
		{"if", "contains(fromJSON('[\"push\",\"schedule\"]'), github.event_name)", "true"},
	}},
	{"chained runs", `{"github":{"event_name":"workflow_run","event":{"workflow_run":{"conclusion":"success","head_branch":"main","event":"push"}}}}`, nil, []line{
		{"if", "${{ github.event.workflow_run.conclusion == 'success' && github.event.workflow_run.head_branch == 'main' }}", "true"},
		{"if", "github.event.workflow_run.conclusion == 'failure'", "false"},
		{"env", "${{ github.event.workflow_run.event }}", `"push"`},
	}},
	{"whole contexts", `{"matrix":{"os":"linux","n":1}}`, nil, []line{
		{"env", "${{ toJSON(matrix) }}", `"{\n  \"os\": \"linux\",\n  \"n\": 1\n}"`},
		{"env", "${{ toJSON(secrets) }}", "<?>"},
		{"env", "${{ fromJSON(toJSON(matrix)).os }}", `"linux"`},
		{"env", "${{ toJSON(secrets.ONE) }}", "<secrets.ONE>"},
	}},
	{"mistakes that people make", pushToMain, nil, []line{
		{"if", "${{ github.ref == 'refs/heads/other' }} && true", "true"}, // a text, and so true
		{"if", "github.ref == refs/heads/main", "mistake"},
		{"if", `github.ref == "refs/heads/main"`, "mistake"},
		{"if", "github.event_name = 'push'", "mistake"},
		{"if", "$GITHUB_REF == 'refs/heads/main'", "mistake"},
		{"if", "github.ref == 'main", "mistake"},
		{"if", "github.ref.main.x", "false"},
		{"env", "${{ secret.KEY }}", "fault"},
		{"env", "${{ secrets.KEY }", "mistake"},
		{"env", "$SECRET ${ secrets.KEY }", `"$SECRET ${ secrets.KEY }"`},
	}},
	{"numbers and booleans", `{"inputs":{"replicas":3,"ratio":0.5,"debug":true},"strategy":{"job-index":0,"job-total":2}}`, nil, []line{
		{"if", "inputs.replicas > 2", "true"},
		{"if", "inputs.debug == 'true'", "false"}, // a boolean and a text that is no number
		{"if", "inputs.debug == true", "true"},
		{"if", "format('{0}', inputs.debug) == 'true'", "true"},
		{"if", "strategy.job-index == 0", "true"},
		{"env", "--replicas=${{ inputs.replicas }} --ratio=${{ inputs.ratio }}", `"--replicas=3 --ratio=0.5"`},
	}},
	{"the branch of an unknown push", `{}`, map[string]string{}, []line{
		{"if", "startsWith(github.ref, 'refs/heads/')", "true"},
		{"if", "startsWith(github.ref, 'refs/tags/')", "false"},
		{"if", "github.ref == 'refs/tags/v1'", "false"},
		{"if", "github.ref == 'refs/heads/main'", "undecided"},
		{"if", "endsWith(github.ref, '/main')", "undecided"},
		{"if", "contains(github.ref, 'heads')", "true"},
		{"if", "github.ref != ''", "true"},
		{"if", "github.ref", "true"},
		{"env", "${{ startsWith(github.ref, 'refs/tags/') && secrets.LIVE || secrets.TEST }}", "<secrets.TEST>"},
		{"env", "${{ github.ref == 'refs/heads/main' && 'production' || 'staging' }}", `"production" | "staging"`},
	}},
}

// written writes what is known of a text.
func written(v model.Value) string {
	switch {
	case v.State == model.Known:
		return fmt.Sprintf("%q", v.Text.Reveal())
	case len(v.Alternatives) > 0:
		return writtenAll(v.Alternatives, " | ")
	case len(v.Parts) > 0:
		return writtenAll(v.Parts, "")
	}
	origin := v.Trail.Origin().What
	if v.Why != model.WhyCISecret || strings.HasPrefix(origin, "steps") {
		origin = ""
	}
	return "<" + cmp.Or(origin, "?") + ">"
}

func writtenAll(list []model.Value, between string) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = written(v)
	}
	return strings.Join(texts, between)
}

// answered reads and evaluates a line.
func (l line) answered(c Context) string {
	if l.kind == "if" {
		e, err := ParseCondition(l.text, nil)
		if err != nil {
			return "mistake"
		}
		v := e.Eval(c)
		truth, decided := v.Truth()
		switch {
		case v.Fault() != nil:
			return "fault"
		case !decided:
			return "undecided"
		}
		return fmt.Sprint(truth)
	}
	tpl, err := ParseTemplate(l.text, nil)
	if err != nil {
		return "mistake"
	}
	v := tpl.Evaluate(c)
	if v.Fault() != nil {
		return "fault"
	}
	return written(v.Model())
}

func TestWorkflows(t *testing.T) {
	count := 0
	for _, w := range workflows {
		c := bound(t, w.contexts, w.known)
		inner := c.Lookup
		c.Lookup = func(name string) (Value, bool) {
			if v, ok := inner(name); ok || name != "github" {
				return v, ok
			}
			unknown := model.UnknownBecause(model.WhyInput, "the run of the pipeline", model.Trail{})
			unknown.Parts = []model.Value{textAt("refs/heads/", "prefix"), unknownAt("branch")}
			return Object(Entry{"ref", Text(unknown)}), true
		}
		for _, l := range w.lines {
			count++
			if got := l.answered(c); got != l.want {
				t.Errorf("%s: %s: %s\ngives    %s\nexpected %s", w.name, l.kind, l.text, got, l.want)
			}
		}
	}
	if len(workflows) < 20 {
		t.Errorf("only %d workflows", len(workflows))
	}
	t.Logf("%d workflows, %d texts", len(workflows), count)
}
