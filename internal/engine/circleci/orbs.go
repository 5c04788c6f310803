package circleci

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/order"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// orbCommand says which command line a command or job of a registry's orb amounts to. In the
// line, {name} is an argument, [ ] a part that is there only when the argument in it is not
// empty, and [name? ] one that is there when a boolean argument is true. Names are written
// with underscores; the registry has both forms.
type orbCommand struct {
	name string // "circleci/helm/upgrade_helm_chart"
	line string
}

// orbCommands are those that deploy (the sources are the orbs' pages in the orb registry,
// each under circleci.com/developer/orbs/orb/<orb>).
func orbCommands() []orbCommand {
	const (
		upgrade = `helm upgrade --install "{release_name}" "{chart}"[ --namespace="{namespace}"][reuse_values? --reuse-values][reset_values? --reset-values][ --values "{values}"][ --set "{values_to_override}"][ --version="{version}"]`
		install = `helm install[ "{release_name}"] "{chart}"[ --namespace="{namespace}"][ --values "{values}"][ --set "{values_to_override}"][ --version="{version}"]`
		build   = `docker build --file="{path|.}/{dockerfile|Dockerfile}" --tag="{registry|docker.io}/{image}:{tag|$CIRCLE_SHA1}"[ {extra_build_args}] "{docker_context|.}"`
		ecr     = `docker build --file="{path|.}/{dockerfile|Dockerfile}" --tag="{repo}:{tag|latest}"[ {extra_build_args}] "{build_path|.}"`
		run     = `gcloud run deploy "{service_name}" --platform {platform|managed}[ --region "{region}"][ --image "{image}"][ {additional_args}]`
	)
	return []orbCommand{
		{"circleci/helm/upgrade_helm_chart", upgrade},
		{"circleci/helm/install_helm_chart", install},
		{"circleci/kubernetes/create_or_update_resource", `kubectl {action_type|apply}[kustomize? -k][!kustomize? -f] "{resource_file_path}"[ --namespace="{namespace}"][ --dry-run="{dry_run}"]`},
		{"circleci/kubernetes/update_container_image", `kubectl set image[ "{resource_name}"][ -f "{resource_file_path}"] {container_image_updates}[ --namespace="{namespace}"]`},
		{"circleci/docker/build", build},
		{"circleci/docker/publish", build},
		{"circleci/aws_ecr/build_and_push_image", ecr},
		{"circleci/aws_ecr/build_image", ecr},
		{"circleci/gcp_cloud_run/deploy", run},
		{"circleci/heroku/deploy_via_git", `git push heroku`},
		{"circleci/aws_ecs/update_service", ""},
		{"circleci/aws_ecs/deploy_service_update", ""},
		{"circleci/aws_ecs/update_task_definition", ""},
	}
}

// quietOrbs are orbs, or commands of them, that receive nothing and set no variable that a
// deploy reads.
func quietOrbs() []string {
	return []string{
		"circleci/aws_cli", "circleci/gcp_cli", "circleci/azure_cli", "circleci/node", "circleci/python", "circleci/ruby", "circleci/go",
		"circleci/php", "circleci/rust", "circleci/maven", "circleci/gradle", "circleci/browser_tools", "circleci/slack", "circleci/jira",
		"circleci/codecov", "codecov/codecov", "circleci/path_filtering", "circleci/continuation", "circleci/kubernetes", "circleci/helm",
		"circleci/docker", "circleci/aws_ecr", "circleci/aws_eks", "circleci/gcp_gcr", "circleci/gcp_gke", "circleci/gh", "circleci/jq",
		"circleci/win", "circleci/windows", "circleci/macos", "circleci/android", "circleci/heroku", "circleci/terraform/install",
		"circleci/gcp_cloud_run", "circleci/shellcheck", "circleci/cypress", "cypress_io/cypress", "circleci/queue", "snyk/snyk",
	}
}

// underscored is the one form of a name of an orb.
func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// orbStep follows a command, or a job, of an orb of the registry.
func (j *job) orbStep(ctx context.Context, o *orb, name string, args *tree.Node, sc *scope, at pos.Span) error {
	j.number++
	_, inner, _ := strings.Cut(name, "/")
	if o == nil || o.ref == "" {
		j.fail(at, "declare it under `orbs:`", "there is no orb for %s", strict.Path(name))
		return nil
	}
	full := underscored(o.ref + "/" + inner)
	for _, c := range orbCommands() {
		if c.name != full {
			continue
		}
		if c.line == "" {
			return j.ecs(ctx, args, sc, at)
		}
		return j.orbLine(ctx, c, args, sc, at)
	}
	if full == "circleci/aws_cli/setup" || full == "circleci/aws_cli/role_arn_setup" || full == "circleci/aws_cli/assume_role_with_web_identity" {
		j.signedIn(args, name, at)
		return nil
	}
	if slices.Contains(quietOrbs(), underscored(o.ref)) || slices.Contains(quietOrbs(), full) {
		return nil
	}
	j.unknownOrb(name, args, sc, at)
	return nil
}

// signedIn makes the credentials of AWS unknown after a step that asks for those of a role.
func (j *job) signedIn(args *tree.Node, name string, at pos.Span) {
	role := slices.ContainsFunc(pairsOf(args), func(p tree.Pair) bool { return underscored(p.Key.Text()) == "role_arn" })
	if !role {
		return
	}
	set := map[string]model.Value{}
	for _, variable := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		hop := j.hop(at, "set by "+strict.Path(name))
		v := model.UnknownBecause(model.WhyRemoteState, "the credentials of the role that the job takes on", model.Trail{}.Append(hop))
		set[variable] = v.Over(j.env.Get(variable))
	}
	j.env = j.env.WithAll(set)
}

// orbSteps follows the steps that a command, or a job, of an orb is given: what the orb does
// around them is not known, but that it runs them is what they are given for. Those that go
// before a job and after it are not the orb's.
func (j *job) orbSteps(ctx context.Context, args *tree.Node, sc *scope, depth int) error {
	for _, p := range pairsOf(args) {
		name := underscored(p.Key.Text())
		if name != "steps" && !strings.HasSuffix(name, "_steps") || name == "pre_steps" || name == "post_steps" || !p.Value.IsList() {
			continue
		}
		if err := j.steps(ctx, p.Value.Each(), sc, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// unknownOrb tells of a step that receives the environment of the job, with its arguments.
func (j *job) unknownOrb(name string, args *tree.Node, sc *scope, at pos.Span) {
	given := map[string]model.Value{}
	for _, p := range pairsOf(args) {
		if p.Value.IsScalar() && !j.env.Has(p.Key.Text()) {
			what := "argument " + strict.Name(p.Key.Text())
			v := j.expand(p.Value, sc, what).Value(j.hop(p.Value.Span(), what+" of "+strict.Path(name)))
			if strings.Contains(p.Value.Text(), "$") {
				v = model.UnknownBecause(model.WhyUnsupported, "what the orb makes of its argument "+strict.Name(p.Key.Text()), v.Trail)
			}
			given[p.Key.Text()] = v
		}
	}
	j.out.Consumers = append(j.out.Consumers, model.Consumer{
		Kind: model.ConsumerCIStep, Workload: j.name + "/" + j.shown(name), At: at, Env: j.env.WithAll(given),
	})
	j.doubt(model.UnknownBecause(model.WhyUnsupported, "what the orb's "+strict.Path(name)+" does", model.Trail{}.Append(j.hop(at, "orb"))))
}

// shown is how a command of an orb is called for people.
func (j *job) shown(name string) string {
	if strict.Path(name) == strconv.Quote(name) {
		return name
	}
	return fmt.Sprintf("step %d", j.number)
}

// orbLine follows the command line that an orb's command amounts to.
func (j *job) orbLine(ctx context.Context, c orbCommand, args *tree.Node, sc *scope, at pos.Span) error {
	b := &lineBuilder{job: j, args: args, sc: sc, at: at}
	line := b.line(c.line)
	dir, _ := within(j.checkout, j.dir)
	s := pipeline.Script{
		At: at, Shell: "bash", Flags: []string{"-e", "-o", "pipefail"}, Env: j.env, Dir: firstText(dir, "."),
		Label: j.name + "/" + c.name, Job: j.machine, Perhaps: j.perhaps,
	}
	return j.follow(ctx, s, line, false)
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// lineBuilder puts a command line together from a template and arguments.
type lineBuilder struct {
	*job
	args *tree.Node
	sc   *scope
	at   pos.Span
}

var (
	partForm     = lazy.Regexp(`\[[^\]]*\]|\{[^}]*\}|[^\[{]+`)
	argumentForm = lazy.Regexp(`\{[^}]*\}`)
	// What an orb's own script would read again: orbs differ in how.
	rereads = lazy.Regexp("[`'\"\\\\;&|<>(){}*?~#!\\[\\]]|\\$\\(")
	braces  = lazy.Regexp(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)
)

func (b *lineBuilder) line(template string) tree.Text {
	var out []tree.Text
	for _, part := range partForm().FindAllString(template, -1) {
		switch part[0] {
		case '[':
			out = append(out, b.optional(part[1:len(part)-1]))
		case '{':
			out = append(out, b.argument(part))
		default:
			out = append(out, tree.Pasted(part, b.at))
		}
	}
	return tree.Join(out...)
}

func (b *lineBuilder) optional(part string) tree.Text {
	if flag, rest, ok := strings.Cut(part, "?"); ok {
		name, negated := strings.CutPrefix(flag, "!")
		if (b.argument("{"+name+"}").String() == "true") == negated {
			return tree.Text{}
		}
		return b.line(rest)
	}
	for _, a := range argumentForm().FindAllString(part, -1) {
		if b.argument(a).String() == "" {
			return tree.Text{}
		}
	}
	return b.line(part)
}

// argument is an argument of the orb's command, as its script reads it: a variable in it is
// expanded. What else a shell would read again is left open.
func (b *lineBuilder) argument(part string) tree.Text {
	name, fallback, _ := strings.Cut(strings.Trim(part, "{}"), "|")
	n := b.given(name)
	if n == nil {
		return tree.Pasted(fallback, b.at)
	}
	t := b.expand(n, b.sc, "argument "+strict.Name(name))
	if rereads().MatchString(braces().ReplaceAllString(t.String(), "")) {
		hop := b.hop(n.Span(), "argument "+strict.Name(name))
		return tree.Of(model.UnknownBecause(model.WhyUnsupported, "how the orb reads the quotes of its argument "+strict.Name(name), model.Trail{}.Append(hop)), n.Span())
	}
	return t
}

func (b *lineBuilder) given(name string) *tree.Node {
	if !b.args.IsMap() {
		return nil
	}
	for _, p := range b.args.Pairs {
		if underscored(p.Key.Text()) == name {
			return p.Value
		}
	}
	return nil
}

// ecs reads the variables that the orb for ECS puts into a task definition: a list such as
// container=app,name=KEY,value=$KEY. What else the definition holds stays as it is.
func (j *job) ecs(ctx context.Context, args *tree.Node, sc *scope, at pos.Span) error {
	b := &lineBuilder{job: j, args: args, sc: sc, at: at}
	read := func(name string) (tree.Text, error) {
		t := b.argument("{" + name + "}")
		if t.String() == "" {
			return t, nil
		}
		return j.echo(ctx, t, at)
	}
	family, err := read("family")
	if err != nil {
		return err
	}
	updates, err := read("container_env_var_updates")
	if err != nil {
		return err
	}
	secrets, err := read("container_secret_updates")
	if err != nil {
		return err
	}
	workload := "task definition"
	if family.Known() && family.String() != "" {
		workload = family.String()
	}
	rest := model.UnknownBecause(model.WhyRemoteState, "the task definition that is registered now", model.Trail{}.Append(j.hop(at, "aws-ecs")))
	perContainer := map[string]map[string]model.Value{}
	j.updates(perContainer, updates, "value", args)
	j.updates(perContainer, secrets, "valueFrom", args)
	for container, env := range perContainer {
		j.out.Consumers = append(j.out.Consumers, model.Consumer{
			Kind: "ecs", Workload: workload, Container: container, At: at, Env: model.NewEnv(env).WithRest(rest),
		})
	}
	order.By(j.out.Consumers, func(a, b model.Consumer) int { return pos.Compare(a.At, b.At) })
	return nil
}

func (j *job) updates(out map[string]map[string]model.Value, t tree.Text, last string, args *tree.Node) {
	fields := split(t)
	for i := 0; i+2 < len(fields); i++ {
		container, isContainer := strings.CutPrefix(strings.TrimSpace(fields[i].String()), "container=")
		name, isName := strings.CutPrefix(strings.TrimSpace(fields[i+1].String()), "name=")
		text := fields[i+2].Trim()
		key, _, ok := strings.Cut(text.String(), "=")
		if !isContainer || !isName || !ok || key != last {
			continue
		}
		v := text.Slice(len(key)+1, len(text.String())).Value(model.Hop{At: args.Span(), Kind: model.KindCommand, What: "variable " + strict.Name(name) + " of the task definition"})
		if last == "valueFrom" {
			v = model.UnknownBecause(model.WhyRemoteState, "the secret that valueFrom names", v.Trail)
		}
		if j.perhaps != nil {
			v = model.Ambiguous(j.perhaps.Needs, v, model.UnknownBecause(model.WhyRemoteState, "the task definition that is registered now", v.Trail))
		}
		if out[container] == nil {
			out[container] = map[string]model.Value{}
		}
		out[container][name] = v
	}
}

// split cuts a text at its commas.
func split(t tree.Text) []tree.Text {
	var out []tree.Text
	s, from := t.String(), 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == ',' {
			out = append(out, t.Slice(from, i))
			from = i + 1
		}
	}
	return out
}

// echo is a text as the shell of an orb expands it: `eval echo`.
func (j *job) echo(ctx context.Context, t tree.Text, at pos.Span) (tree.Text, error) {
	script := tree.Join(append(slices.Clone(j.prelude), tree.Pasted("echo ", at), t)...)
	s := pipeline.Script{At: at, Shell: "bash", Env: j.env, Dir: ".", Label: j.name + "/aws-ecs", Job: j.machine, Quiet: true, Capture: true}
	if j.wild != nil {
		s.Env = wildly(s.Env, *j.wild)
	}
	s.Text, s.Holes, s.Positions = script.Script(pipeline.Hole, pipeline.MaxHoles)
	after, err := j.host.Follow(ctx, s)
	if err != nil {
		return tree.Text{}, err
	}
	return tree.Pieces(after.Output).Trim(), nil
}
