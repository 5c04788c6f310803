package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/sops"
)

func helm() Adapter {
	return Adapter{Names: []string{"helm", "helm3"}, Read: readHelm}
}

const (
	helmGlobals = "burst-limit color colour content-cache kube-apiserver kube-as-group kube-as-user kube-ca-file kube-context kube-tls-server-name kube-token kubeconfig n,namespace qps registry-config repository-cache repository-config"
	helmToggles = "debug kube-insecure-skip-tls-verify h,help"
	helmValues  = " f,values set set-string set-file set-json set-literal version repo username password cert-file key-file ca-file keyring"
	helmValued  = " description history-max l,labels name-template o,output post-renderer post-renderer-args timeout a,api-versions kube-version output-dir s,show-only"
	// dry-run and wait take a value only in the same word.
	helmSwitches = " atomic cleanup-on-fail create-namespace dependency-update devel disable-openapi-validation dry-run enable-dns force force-conflicts force-replace g,generate-name hide-notes hide-secret include-crds insecure-skip-tls-verify " +
		"i,install is-upgrade no-hooks pass-credentials plain-http release-name render-subchart-notes replace reset-then-reuse-values reset-values reuse-values rollback-on-failure skip-crds skip-schema-validation skip-tests " +
		"take-ownership validate verify wait wait-for-jobs"
)

// readHelm reads `helm upgrade`, `install` and `template`, also behind `helm secrets`.
func readHelm(c Call) (Delivery, bool) {
	r := &reading{call: c, tool: "helm"}
	r.d.Passes = true
	secrets, env := false, c.Env
	rules := flagRules{valued: helmGlobals, switches: helmToggles}
	global, name, rest, ok := subcommand(c.arguments(), rules)
	if ok && name == "secrets" {
		secrets = true
		r.tool, r.d.Passes = "helm secrets", false // it needs the keys to decrypt with
		rules.valued += " b,backend a,backend-args decrypt-secrets-in-tmp-dir driver"
		rules.switches += " evaluate-templates evaluate-templates-decode-secrets ignore-missing-values q,quiet v,version"
		var own flagLine
		if own, name, rest, ok = subcommand(rest, rules); own.has("backend") != no {
			// Whatever decrypts then, sops does so with no key from here.
			env = env.Without(sops.Variable)
		}
	}
	if !ok {
		return r.unreadable(global)
	}
	h := helmCommand{reading: r, global: global, name: name, secrets: secrets, env: env}
	r.tool += " " + name
	switch name {
	case "upgrade":
		return h.chart(rest, 2)
	case "install", "template":
		return h.chart(rest, 1)
	}
	return Delivery{}, false
}

type helmCommand struct {
	*reading
	global flagLine
	name   string
	// secrets says that the command stands behind `helm secrets`, which decrypts every file
	// that needs it; env is what it decrypts with, among all else.
	secrets bool
	env     model.Env
}

// chart reads the flags, the release and the chart. An install may do without a name.
func (h helmCommand) chart(rest arguments, operands int) (Delivery, bool) {
	l := readFlags(rest, flagRules{valued: helmGlobals + helmValues + helmValued, switches: helmToggles + helmSwitches, operands: operands})
	h.take(l)
	h.printed(l)
	h.onCluster(h.global, l)
	h.d.Printed = h.d.Printed || h.name == "template"
	if l.more {
		h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "how many arguments there are"}, "the arguments of "+h.tool+" are not known, expected a release and a chart", "write them out")
	}
	c := Chart{At: h.call.At, Env: h.env, Dir: h.call.Dir, Repo: l.last("repo"), Namespace: h.namespace(l)}
	c.Release, c.Chart = h.names(l, operands)
	h.version(&c, l)
	h.occasion(&c, l)
	h.capabilities(&c, l)
	for _, o := range l.flags {
		switch o.name {
		case "values":
			h.valueFiles(&c, o.value)
		case "set", "set-string", "set-file", "set-json", "set-literal":
			c.Values = append(c.Values, ValuesArg{Flag: o.name, Text: Recall(h.call.Env, h.literal(o.value.whole(), o.name))})
		}
	}
	c.ReuseValues = h.reuses(l, len(c.Values) == 0)
	c.Doubt = h.open
	h.d.Charts = append(h.d.Charts, c)
	return h.result()
}

// literal gives a text that stands in the command itself its place there.
func (h helmCommand) literal(v model.Value, flag string) model.Value {
	if v.State != model.Known || !v.Trail.IsEmpty() {
		return v
	}
	return v.Via(model.Hop{At: h.call.At, Kind: model.KindCommand, What: h.tool + " --" + flag, Literal: true})
}

// names gives the release and the chart.
func (h helmCommand) names(l flagLine, operands int) (release, chart model.Value) {
	switch {
	case len(l.operands) >= 2:
		release, chart = l.word(0).value(), l.word(1).value()
	case h.name == "template" && l.has("generate-name") == no:
		release, chart = model.KnownText("release-name", model.Hop{At: h.call.At, Kind: model.KindDefault, What: "helm template"}), l.word(0).value()
	default:
		release, chart = model.UnknownBecause(model.WhyTime, "a name for the release", model.Trail{}), l.word(0).value()
	}
	if len(l.all("name-template")) > 0 {
		release = model.UnknownBecause(model.WhyUnsupported, "the name of the release without --name-template", model.Trail{})
	}
	if l.doubt == nil && len(l.operands) < operands {
		h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a release and a chart"}, h.tool+" has too few arguments, expected a release and a chart", "add them")
	}
	if len(l.operands) > 2 && l.doubt == nil {
		h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a release and a chart"}, h.tool+" has too many arguments, expected a release and a chart", "put values with spaces in quotes")
	}
	return release, chart
}

func (h helmCommand) namespace(l flagLine) model.Value {
	if v := l.last("namespace"); v.State != model.Absent {
		return v
	}
	return h.flagOrVariable(h.global, "namespace", "HELM_NAMESPACE")
}

func (h helmCommand) version(c *Chart, l flagLine) {
	v := l.last("version")
	if v.State == model.Unknown && l.doubt == nil {
		h.doubt(v, "the version of the chart is not known, expected a number", "write the version out")
	}
	if v.State == model.Known {
		c.Version = v.Text.Reveal()
	}
}

// occasion says what is done with the release, and whether a cluster is asked.
func (h helmCommand) occasion(c *Chart, l flagLine) {
	upgrades := no
	switch h.name {
	case "upgrade":
		if upgrades = yes; l.has("install") != no {
			return
		}
	case "template":
		upgrades = l.has("is-upgrade")
		c.Offline = l.has("validate") == no && l.has("dry-run") == no
	}
	switch upgrades {
	case yes:
		c.Occasion = ChartUpgrade
	case no:
		c.Occasion = ChartInstall
	}
}

// capabilities are what `helm template` is told of a cluster.
func (h helmCommand) capabilities(c *Chart, l flagLine) {
	known := func(v model.Value, flag string) string {
		if v.State == model.Unknown && l.doubt == nil {
			h.doubt(v, "what --"+flag+" says is not known, expected a version", "write it out")
		}
		if v.State != model.Known {
			return ""
		}
		return v.Text.Reveal()
	}
	c.KubeVersion = known(l.last("kube-version"), "kube-version")
	for _, w := range l.all("api-versions") {
		for _, v := range h.list(w) {
			if version := known(v, "api-versions"); version != "" {
				c.APIVersions = append(c.APIVersions, version)
			}
		}
	}
}

// valueFiles are the files of one -f, separated by commas.
func (h helmCommand) valueFiles(c *Chart, w word) {
	for _, v := range h.list(w) {
		arg := ValuesArg{Flag: "values", Text: v, Encrypted: h.secrets}
		if text, ok := wordOf(v).known(); ok && text == "-" {
			arg.Inline, arg.Text = true, h.stdin()
		} else if ok {
			if _, file, found := strings.Cut(text, "://"); found && strings.HasPrefix(text, "secrets") {
				arg.Encrypted = true
				arg.Text = wordOf(v).as(file)
			}
		}
		c.Values = append(c.Values, arg)
	}
}

// reuses says whether values of the running release may apply as well. Without any values
// of its own an upgrade takes all of them over.
func (h helmCommand) reuses(l flagLine, none bool) bool {
	if h.name != "upgrade" || l.has("reset-values") == yes {
		return false
	}
	return none || l.has("reuse-values") != no || l.has("reset-then-reuse-values") != no
}
