package gitlab

import (
	"slices"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

// reports are the variables that jobs before this one left in dotenv reports. anything,
// when set, says that there may be more of them than items.
type reports struct {
	items    []item
	anything *model.Value
}

// variables are those that GitLab hands to the runner for a job, the weakest first.
func (r *run) variables(i *instance, left *reports) collection {
	c := collection{rest: r.rest(i), items: make([]item, 0, 250)}
	for _, name := range ofJob {
		needs := "the run of the job"
		if slices.Contains(ofJobTokens, name) {
			needs = model.RunToken
		}
		c.items = append(c.items, item{key: name, value: unset(needs), hidden: true})
	}
	c.items = append(c.items, i.tokens()...)
	c.items = append(c.items, i.predefined()...)
	c.items = append(c.items, r.ofPipeline()...)
	yaml := r.declared(i.job, i.cell, i.rules)
	for _, v := range yaml {
		c.items = append(c.items, item{key: v.key, value: v.value, raw: v.raw})
	}
	c.items = append(c.items, r.ofUser()...)
	early := c.settled().scope()
	if left != nil {
		if left.anything != nil && c.rest.State != model.Unknown {
			c.rest = *left.anything
		}
		if left.anything != nil {
			for _, v := range yaml {
				c.items = append(c.items, item{key: v.key, value: *left.anything, hidden: true})
			}
		}
		c.items = append(c.items, left.items...)
	}
	c.items = append(c.items, r.ofProject(i, early)...)
	c = c.settled()
	c.items = append(c.items, r.ofEnvironment(i, c)...)
	return c
}

// tokens are the `id_tokens:` of a job.
func (i *instance) tokens() []item {
	n := i.job.field("id_tokens")
	if n == nil || n.kind != mapping {
		return nil
	}
	var out []item
	for _, key := range n.keys {
		hop := model.Hop{At: n.keyAt(key), Kind: model.KindGitLab, What: "id_tokens " + quoted(key) + " of " + i.job.what()}
		v := model.UnknownBecause(model.WhyRemoteState, "the token that GitLab issues to the job", model.Trail{}.Append(hop))
		out = append(out, item{key: key, value: v, raw: true, hidden: true})
	}
	return out
}

// groupName is the name of a job without what tells jobs of one group apart.
var groupName = lazy.Regexp(`(?:\s*(?::|/)?\s*\[.*\]|[\s:]*\d+[\s:/\\]+\d+)\s*$`)

// predefined are the variables that GitLab derives from the job itself.
func (i *instance) predefined() []item {
	known := func(text, what string) model.Value { return model.KnownText(text, runHop(i.job.at(), what)) }
	stage, _ := i.job.stage()
	out := []item{{key: "CI_JOB_STAGE", value: known(stage, "stage of "+i.job.what())}}
	if i.cell.name != "" {
		out = append(out,
			item{key: "CI_JOB_NAME", value: known(i.cell.name, "name of "+i.job.what())},
			item{key: "CI_JOB_NAME_SLUG", value: known(slug(i.cell.name), "name of "+i.job.what())},
			item{key: "CI_JOB_GROUP_NAME", value: known(groupName().ReplaceAllString(i.cell.name, ""), "name of "+i.job.what())})
	} else {
		which := unset("which of the parallel jobs it is")
		out = append(out, item{key: "CI_JOB_NAME", value: which}, item{key: "CI_JOB_NAME_SLUG", value: which}, item{key: "CI_JOB_GROUP_NAME", value: which})
	}
	manual := absent()
	if i.when == "manual" || i.when == "delayed" {
		manual = known("true", "when of "+i.job.what())
	}
	out = append(out, item{key: "CI_JOB_MANUAL", value: manual})
	return append(out, i.numbers()...)
}

// ofEnvironment are the variables of the job's environment. Nothing beats them.
func (r *run) ofEnvironment(i *instance, c collection) []item {
	names := []string{"CI_ENVIRONMENT_NAME", "CI_ENVIRONMENT_SLUG", "CI_ENVIRONMENT_ACTION", "CI_ENVIRONMENT_TIER", "CI_ENVIRONMENT_URL"}
	var out []item
	if i.environment.State == model.Absent {
		if i.job.environmentNode() == nil {
			return nil
		}
		for _, name := range names { // while its name is being expanded
			out = append(out, item{key: name, value: absent()})
		}
		return out
	}
	n := i.job.node.get("environment")
	at := runHop(i.job.environmentNode().at(), "environment of "+i.job.what())
	slugged := each(i.environment, func(v model.Value) model.Value {
		return model.Value{State: model.Known, Text: model.KnownText(environmentSlug(v.Text.Reveal()), at).Text, Trail: v.Trail}
	})
	tier := unset("the tier of the environment")
	if t := n.get("deployment_tier"); t.isText() {
		tier = t.scalarValue("deployment_tier of " + i.job.what())
	}
	url := unset("the address of the environment")
	if u := n.get("url"); u != nil && u.kind == scalar {
		all, _ := collection{items: append(append([]item{}, c.items...), item{key: names[0], value: i.environment}, item{key: names[1], value: slugged}), rest: c.rest}.expanded(true)
		url = expandNow(u.scalarValue("environment:url of "+i.job.what()), all.scope())
	}
	return []item{
		{key: names[0], value: i.environment},
		{key: names[1], value: slugged},
		{key: names[2], value: model.KnownText(i.job.action(), at)},
		{key: names[3], value: tier},
		{key: names[4], value: url},
	}
}

// handed are the variables as the job finds them: GitLab expands them, the runner puts its
// own before and behind, and expands what is left.
func (r *run) handed(i *instance, left *reports) collection {
	first, circles := r.variables(i, left).expanded(false)
	for _, name := range circles {
		r.report(i.job.at(), "the variable "+quoted(name)+" refers to itself by way of others, which GitLab refuses", "write out what one of them stands for")
	}
	all := collection{rest: first.rest}
	known := func(text, what string) model.Value { return model.KnownText(text, runHop(i.job.at(), what)) }
	if image := i.image(); image != "" {
		all.items = append(all.items, item{key: "CI_JOB_IMAGE", value: i.imageValue()})
	}
	for _, name := range ofRunner {
		all.items = append(all.items, item{key: name, value: unset("the runner of the job")})
	}
	all.items = append(all.items,
		item{key: "CI_PROJECT_DIR", value: unset("the directory that the runner works in")},
		item{key: "CI_SERVER", value: known("yes", "every job has it")},
		item{key: "CI_JOB_STATUS", value: known("running", "every script has it")})
	all.items = append(all.items, first.items...)
	all.items = append(all.items, i.secrets()...)
	return all.second()
}

// image is the image of the job, as it is written.
func (i *instance) image() string {
	n := i.job.field("image")
	if n != nil && n.kind == mapping {
		n = n.get("name")
	}
	return n.word()
}

func (i *instance) imageValue() model.Value {
	n := i.job.field("image")
	if n.kind == mapping {
		n = n.get("name")
	}
	return n.scalarValue("image of " + i.job.what())
}

// secrets are what the runner fetches from a store of secrets for the job. Unless
// `file: false` is said, the variable holds the path of a file.
func (i *instance) secrets() []item {
	n := i.job.node.get("secrets")
	if n == nil || n.kind != mapping {
		return nil
	}
	var out []item
	for _, key := range n.keys {
		s := n.fields[key]
		hop := model.Hop{At: n.keyAt(key), Kind: model.KindGitLab, What: "secrets " + quoted(key) + " of " + i.job.what()}
		v := model.UnknownBecause(model.WhyRemoteState, "the secret in its store", model.Trail{}.Append(hop))
		v.Ref = refOf(s)
		if s.get("file").word() != "false" {
			v.Needs = "the path of the file that the runner writes the secret to; say `file: false` to have the secret itself in the variable"
		}
		out = append(out, item{key: key, value: v, raw: true, hidden: true})
	}
	return out
}

// shortVault is the short form of a secret in Vault: path/field@engine.
var shortVault = lazy.Regexp(`^(.+)/([^/@]+)(?:@(.+))?$`)

// refOf is the entry of a store that a secret names.
func refOf(s *node) model.Ref {
	switch {
	case s.has("vault"):
		return vaultRef(s.get("vault"))
	case s.has("azure_key_vault"):
		n := s.get("azure_key_vault")
		return model.Ref{Store: "azure-keyvault", Path: n.get("name").word(), Version: n.get("version").word()}
	case s.has("gcp_secret_manager"):
		n := s.get("gcp_secret_manager")
		return model.Ref{Store: "gcp-secretmanager", Path: n.get("name").word(), Version: n.get("version").word()}
	case s.has("aws_secrets_manager"):
		n := s.get("aws_secrets_manager")
		if n.isText() {
			path, field, _ := cut(n.text, "#")
			return model.Ref{Store: "aws-secretsmanager", Path: path, Property: field}
		}
		return model.Ref{
			Store: "aws-secretsmanager", Name: n.get("region").word(), Path: n.get("secret_id").word(),
			Property: n.get("field").word(), Version: n.get("version_id").word() + n.get("version_stage").word(),
		}
	case s.has("gitlab_secrets_manager"):
		return model.Ref{Store: "gitlab-secretsmanager", Path: s.get("gitlab_secrets_manager", "name").word()}
	case s.has("akeyless"):
		return model.Ref{Store: "akeyless", Path: s.get("akeyless", "name").word()}
	}
	return model.Ref{}
}

func vaultRef(n *node) model.Ref {
	if n.isText() {
		m := shortVault().FindStringSubmatch(n.text)
		if m == nil {
			return model.Ref{Store: "vault", Path: n.text}
		}
		engine := m[3]
		if engine == "" {
			engine = "kv-v2"
		}
		return model.Ref{Store: "vault", Path: engine + "/" + m[1], Property: m[2]}
	}
	engine := n.get("engine", "path").word()
	if engine == "" {
		engine = "kv-v2"
	}
	return model.Ref{Store: "vault", Path: engine + "/" + n.get("path").word(), Property: n.get("field").word()}
}
