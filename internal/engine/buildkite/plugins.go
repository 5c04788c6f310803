package buildkite

import (
	"context"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pipeline"
	"github.com/keyfit/keyfit/internal/pipeline/tree"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

// plugin is one plugin of a step, with its configuration.
type plugin struct {
	written string
	at      pos.Span
	config  *tree.Node
}

// short is the plugin's name without its owner, version and suffix.
func (p plugin) short() string {
	name, _, _ := strings.Cut(p.written, "#")
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".git"), "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	return strings.TrimSuffix(name, "-buildkite-plugin")
}

// pluginsOf lists the plugins of a step.
func pluginsOf(n *tree.Node) []plugin {
	var out []plugin
	at := n.Get("plugins")
	if at.IsMap() {
		for _, p := range at.Pairs {
			out = append(out, plugin{p.Key.Text(), p.Key.Span(), p.Value})
		}
		return out
	}
	for _, item := range at.Each() {
		if item.IsScalar() {
			out = append(out, plugin{item.Text(), item.Span(), nil})
		}
		for _, p := range pairsOf(item) {
			out = append(out, plugin{p.Key.Text(), p.Key.Span(), p.Value})
		}
	}
	return out[:min(len(out), 100)]
}

// setsNothing are plugins that set no variable which matters here, and receive no keys
// but by their configuration.
var setsNothing = []string{
	"artifacts", "cache", "s3-cache", "gcs-cache", "junit-annotate", "annotate", "test-collector", "docker-login", "ecr", "gcr", "shellcheck",
	"docker-cache", "sparse-checkout", "git-commit", "github-status", "detect-clowns", "ssh-agent", "sccache", "mise", "asdf", "nvm", "pnpm",
	"docker", "docker-compose", "metahook",
}

// stores are plugins that load secrets into variables: which part of the configuration
// maps variables to entries, and which store they come from.
var stores = map[string]struct{ field, store string }{
	"aws-sm":                {"env", "aws-secretsmanager"},
	"aws-ssm":               {"parameters", "aws-ssm"},
	"gcp-secret-manager":    {"env", "gcp-secretmanager"},
	"azure-key-vault":       {"secrets", "azure-keyvault"},
	"secrets":               {"variables", "buildkite"},
	"onepassword-secrets":   {"env", "1password"},
	"op-secrets":            {"env", "1password"},
	"aws-parameter-store":   {"parameters", "aws-ssm"},
	"vault-secrets-to-env":  {"env", "vault"},
	"google-secret-manager": {"env", "gcp-secretmanager"},
}

// plugins does what the step's plugins do before the command.
func (j *job) plugins(ctx context.Context) error {
	for _, p := range pluginsOf(j.step.node) {
		name := p.short()
		if s, ok := stores[name]; ok {
			j.load(p, s.field, s.store)
			continue
		}
		if name == "metahook" {
			if err := j.metahook(ctx, p, "pre-command"); err != nil {
				return err
			}
		}
		if slices.Contains(setsNothing, name) && p.config.IsNull() || slices.Contains([]string{"docker", "docker-compose", "metahook"}, name) {
			continue
		}
		j.receives(p)
		if name == "monorepo-diff" {
			j.problem(p.at, "name the files that it uploads in keyfit.yaml", "this plugin uploads other pipelines, which are not followed")
			j.doubt("the pipelines that the plugin uploads")
		}
	}
	return nil
}

// load sets the variables that a plugin loads from a store.
func (j *job) load(p plugin, field, store string) {
	at := p.config.Get(field)
	for _, pair := range pairsOf(at) {
		name, path, property := pair.Key.Text(), pair.Value.Text(), ""
		if pair.Value.IsMap() {
			path, property = firstText(pair.Value, "secret-id", "secret-name", "path", "name"), firstText(pair.Value, "json-key", "field", "key")
		}
		h := hop(pair.Value.Span(), "variable "+strict.Name(name)+" of plugin "+p.short())
		if store == "buildkite" {
			j.env = j.env.With(name, j.secret(path, name, pair.Value.Span()).Over(j.env.Get(name)))
			continue
		}
		v := model.UnknownBecause(model.WhyRemoteState, "the secret in "+store+" that "+strict.Name(name)+" is loaded from", model.Trail{}.Append(h))
		v.Ref = model.Ref{Store: store, Path: path, Property: strings.TrimPrefix(property, ".")}
		if old := j.env.Get(name); j.env.Has(name) {
			v = v.Over(old)
		}
		j.env = j.env.With(name, v)
	}
}

func firstText(n *tree.Node, names ...string) string {
	for _, name := range names {
		if text := n.Get(name).Text(); text != "" {
			return text
		}
	}
	return ""
}

// metahook follows a hook that stands in the configuration of the plugin.
func (j *job) metahook(ctx context.Context, p plugin, name string) error {
	n := p.config.Get(name)
	if n.Text() == "" {
		return nil
	}
	script := pipeline.Script{At: n.Span(), Shell: "bash", Env: j.env}
	script.Text, script.Holes, script.Positions = j.atRun(j.text(n, j.cell, name+" of the plugin metahook")).Script(pipeline.Hole, pipeline.MaxHoles)
	after, err := j.follow(ctx, script, name)
	if err == nil {
		j.env = after.Env
	}
	return err
}

var notAName = lazy.Regexp(`[^A-Z0-9]+`)

// receives tells what a plugin finds: the environment of the job, and its configuration as
// variables.
func (j *job) receives(p plugin) {
	vars := map[string]model.Value{}
	prefix := "BUILDKITE_PLUGIN_" + notAName().ReplaceAllString(strings.ToUpper(p.short()), "_")
	left := 200
	j.configured(vars, prefix, p, p.config, &left)
	j.out.Consumers = append(j.out.Consumers, model.Consumer{
		Kind: model.ConsumerCIStep, Workload: j.label + "/" + p.short(), At: p.at, Env: j.env.WithAll(vars),
	})
}

func (j *job) configured(vars map[string]model.Value, name string, p plugin, n *tree.Node, left *int) {
	if *left--; *left < 0 {
		return
	}
	for i, item := range n.Each() {
		if n.IsList() && i < 50 {
			j.configured(vars, name+"_"+itoa(i), p, item, left)
		}
	}
	for _, pair := range pairsOf(n) {
		j.configured(vars, name+"_"+notAName().ReplaceAllString(strings.ToUpper(pair.Key.Text()), "_"), p, pair.Value, left)
	}
	if n.IsScalar() {
		vars[name] = j.cellText(n, j.cell, "configuration of plugin "+p.short())
	}
}
