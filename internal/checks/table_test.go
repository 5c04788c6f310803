package checks

import (
	"time"

	"github.com/keyfit/keyfit/internal/config"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/sources"
	"github.com/keyfit/keyfit/internal/verdict"
)

// row is one case of the table: its name, the ids that it must fire and the run. What
// the findings say, word for word, stands in testdata/findings.golden.
type row struct {
	name  string
	fires string
	run   *Run
}

func one(name, fires string, options ...option) row {
	return row{name, fires, run(&config.File{Path: "keyfit.yaml"}, key(options...))}
}

func all(name, fires string, file *config.File, cases ...*Case) row {
	return row{name, fires, run(file, cases...)}
}

func rows() []row {
	var out []row
	for _, group := range [][]row{
		inputRows(), missingRows(), unknownRows(), literalRows(), damageRows(), overrideRows(), hardCodedRows(), nameRows(),
		foreignRows(), modeRows(), sharedRows(), accountRows(), tenantRows(), elsewhereRows(),
		refusedRows(), expiryRows(), permissionRows(), ownerRows(), expectationRows(), openRows(), unverifiedRows(), ignoreRows(), commentRows(),
	} {
		out = append(out, group...)
	}
	return out
}

func inputRows() []row {
	broken := model.Problem{At: span(".env.staging", 3, 17), Message: "the quote is never closed", Fix: "close it"}
	bare := model.Problem{At: span("deploy.sh", 1, 1), Message: "does not exist"}
	return []row{
		one("nothing wrong", ""),
		all("input: a problem", "K001", nil, problem(broken)),
		all("input: a problem without a fix", "K001", nil, problem(bare)),
		all("input: a problem does not look like an unknown key", "K001", &config.File{}, problem(broken), key()),
		all("input: the same problem twice is one", "K001", nil, problem(broken), problem(broken)),
	}
}

func nameRows() []row {
	reads := func(names ...string) *sources.Set {
		set := &sources.Set{Whole: true}
		for i, name := range names {
			set.Reads = append(set.Reads, sources.Read{Name: name, At: span("src/pay.js", i+3, 12)})
		}
		return set
	}
	with := func(set *sources.Set, r row) row {
		r.run.Sources = func() *sources.Set { return set }
		return r
	}
	has := func(name string, v model.Value) option {
		return func(c *Case) { c.Slot.Consumer.Env = c.Slot.Consumer.Env.With(name, v) }
	}
	ofImage := model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{})
	cut := reads("PAYMENT_KEY")
	cut.Whole = false
	return []row{
		with(reads("OTHER", "PAYMENT_KEY"), one("name: another one is read", "K108")),
		with(reads("PAYMENT_APIKEY"), one("name: another spelling is read", "K108")),
		with(reads("PAYMETN_API_KEY"), one("name: a slip is read", "K108")),
		with(reads("PAYMENT_KEY"), one("name: only the image could hold what is read", "K108", has("PAYMENT_KEY", ofImage))),
		with(reads("PAYMENT_API_KEY"), one("name: it is read", "")),
		with(reads("PAYMENT_WEBHOOK_SECRET", "PAYMENT_API_KEY_2", "REPAYMENT_API_KEY", "STRIPE_API_KEY"), one("name: others are read", "")),
		with(reads("PAYMENT_KEY"), one("name: both are supplied", "", has("PAYMENT_KEY", dotenv(".env.staging", 4, stagingKey)))),
		with(reads("PAYMENT_KEY"), one("name: what is read may be supplied", "", has("PAYMENT_KEY", model.Value{}))),
		with(reads("PAYMENT_KEY"), all("name: another consumer receives it", "", nil, key(), key(has("PAYMENT_KEY", dotenv(".env.staging", 4, stagingKey)), of("Deployment/web")))),
		with(reads("PAYMENT_KEY"), one("name: a step of the pipeline", "", func(c *Case) { c.Slot.Consumer.Kind = model.ConsumerCIStep })),
		with(cut, one("name: not all sources were searched", "")),
	}
}

func missingRows() []row {
	nobody := func(c *Case) { c.Slot.Consumer = model.Consumer{} }
	return []row{
		one("missing: absent", "K101", receives(model.Value{State: model.Absent})),
		one("missing: no consumer at all", "K101", receives(model.Value{State: model.Absent}), nobody),
		one("missing: unset by the script", "K101", receives(absentAt(9))),
		one("missing: unset by the script, over a file", "K101", receives(over(absentAt(9), dotenv(".env.staging", 3, stagingKey)))),
		one("missing: empty text", "K101", receives(dotenv(".env.staging", 3, ""))),
		one("missing: empty text over the declared key is no K105", "K101", receives(over(shell(7, ""), dotenv(".env.staging", 3, stagingKey)))),
		one("missing: of several consumers", "K101", receives(model.Value{State: model.Absent}), also("Deployment/worker", "Job/nightly")),
		one("missing: what the API says does not matter", "K101", receives(model.Value{State: model.Absent}), answered(provider.KeyUnknown)),
		one("missing: undeclared, no place but the consumer", "K101", receives(model.Value{State: model.Absent}), undeclared,
			func(c *Case) { c.Slot.Consumer.At = span("compose.yaml", 8, 5) }),
		all("missing: no place but the environment", "K101", &config.File{Environments: map[string]*config.Environment{"staging": {At: environmentAt(4)}}},
			key(receives(model.Value{State: model.Absent}), undeclared)),
		all("missing: no place but the file", "K101", &config.File{Path: "keyfit.yaml"}, key(receives(model.Value{State: model.Absent}), undeclared)),
		one("missing: in an environment without a name", "K101", in(""), receives(model.Value{State: model.Absent})),
		one("missing: a name that is nearly the same arrives", "K101", named("PAYMENTS_API_KEY"), receives(model.Value{State: model.Absent}), func(c *Case) {
			c.Slot.Consumer.Env = c.Slot.Consumer.Env.With("PAYMENT_API_KEY", dotenv(".env", 2, stagingKey))
		}),
		one("missing: an empty default is no other value", "K101", receives(over(absentAt(9), dotenv("values.yaml", 3, "")))),
		one("missing: without a provider", "K101", receives(model.Value{State: model.Absent}), by(nil)),
	}
}

func unknownRows() []row {
	out := []row{
		one("unknown: without a reason", "K102", receives(model.Value{})),
		one("unknown: kept in a secret store", "K102", receives(model.Value{
			Why: model.WhyRemoteState, Needs: "what aws-secretsmanager holds", Trail: unknownAt(7, "", "").Trail,
			Ref: model.Ref{Store: "aws-secretsmanager", Name: "ClusterSecretStore/aws", Path: "prod/payment", Property: "key"},
		})),
		one("unknown: without a need", "K102", receives(unknownAt(7, model.WhyCommandOutput, ""))),
		one("unknown: the verdict is no K401", "K102", receives(unknownAt(7, model.WhyCISecret, "bind it")), answered(provider.Unresolved)),
		one("ambiguous: two places and nothing", "K107", receives(model.Ambiguous("set FLAG", shell(7, stagingKey), shell(9, developerKey), model.Value{State: model.Absent}))),
		one("ambiguous: an unknown and an empty candidate", "K107", receives(model.Ambiguous("", shell(7, ""), unknownAt(9, model.WhyCommandOutput, "")))),
		one("ambiguous: one candidate lacks a value", "K107", receives(model.Ambiguous("a value for it under `inputs`", shell(7, stagingKey), unknownAt(9, model.WhyCISecret, "a value for it under `inputs`")))),
		one("ambiguous: with a candidate of the process", "K107", receives(model.Ambiguous("set FLAG", process("PAYMENT_API_KEY", stagingKey), shell(9, developerKey)))),
		one("ambiguous: candidates that agree are none", "K106", receives(model.Ambiguous("set FLAG", shell(7, stagingKey), shell(9, stagingKey)))),
		all("ambiguous: no place but a candidate's", "K107", nil, key(undeclared, receives(model.Ambiguous("set FLAG", shell(7, stagingKey), shell(9, developerKey))))),
	}
	for _, why := range []model.Reason{
		model.WhyCISecret, model.WhyKubeSecret, model.WhyCommandOutput, model.WhyExitStatus, model.WhyRemoteState, model.WhyEncrypted,
		model.WhyMissingFile, model.WhyUnsupported, model.WhyLimit, model.WhyInput, model.WhyTime,
	} {
		out = append(out, one("unknown: "+string(why), "K102", receives(unknownAt(7, why, "bind secrets.PAYMENT_API_KEY under inputs"))))
	}
	return out
}

func literalRows() []row {
	from := func(text string) option { return receives(dotenv(".env.staging", 3, text)) }
	return []row{
		one("literal: a variable in braces", "K103", from("${PAYMENT_CANARY}")),
		one("literal: a variable in brackets", "K103", from("$(PAYMENT_CANARY)")),
		one("literal: 1Password", "K103", from("op://CANARY/pay/key")),
		one("literal: Azure", "K103", from("@Microsoft.KeyVault(SecretUri=https://CANARY.example.com)")),
		one("literal: SOPS", "K103", from("ENC[AES256_GCM,data:CANARY]")),
		one("literal: changeme", "K103", from("changeme")),
		one("literal: angle brackets", "K103", from("<CANARY key>")),
		one("literal: the verdict adds nothing", "K103", from("${PAYMENT_CANARY}"), answered(provider.KeyUnknown)),
		one("literal: in a script it is not hard-coded", "K103", receives(shell(7, "changeme"))),
		one("literal: over a real key", "K103 K105", receives(over(shell(7, "${PAYMENT_CANARY}"), dotenv(".env.staging", 3, stagingKey)))),
		all("literal: the same placeholder in two environments", "K103 K103", nil, key(from("changeme")), key(in("production"), receives(dotenv(".env.production", 3, "changeme")))),
	}
}

func damageRows() []row {
	from := func(text string) option { return receives(dotenv(".env.staging", 3, text)) }
	return []row{
		one("damage: a space behind", "K104", from(stagingKey+" ")),
		one("damage: a line break", "K104", from(stagingKey+"\n")),
		one("damage: quotes", "K104", from(`"`+stagingKey+`"`)),
		one("damage: Bearer in front", "K104", from("Bearer "+stagingKey)),
		one("damage: a byte order mark", "K104", from("\ufeff"+stagingKey)),
		one("damage: a character without width", "K104", from("sk_test_CANARY\u200bstaging")),
		one("damage: several at once", "K104", from(` "`+stagingKey+"\"\n")),
		one("damage: the name in front", "K104", from("PAYMENT_API_KEY="+stagingKey)),
		one("damage: cut short", "K104", from("sk_test_CANARY")),
		one("damage: not of the form", "K104", from(plainKey)),
		one("damage: it explains what the API says", "K104", from(stagingKey+"\n"), answered(provider.KeyUnknown)),
		one("damage: a revoked key is revoked all the same", "K104 K302", from(stagingKey+" "), answered(provider.KeyRevoked)),
		one("damage: an accepted key has a right form", "", from(plainKey), answered(provider.OK)),
		one("damage: an accepted key keeps its space", "K104", from(plainKey+" "), answered(provider.OK)),
		one("damage: the API calls it malformed", "K104", answered(provider.Malformed), says("the key is not of the expected length"), http(400, "bad_key", "")),
		one("kind: publishable", "K104", from(publishable), answered(provider.KeyKindWrong), says("it is public")),
		one("kind: publishable, offline", "K104", from(publishable), answered(provider.Offline)),
		one("kind: an administrator's", "K104 K309", from(rootKey), answered(provider.KeyKindWrong), says("it manages the account")),
		one("kind: unknown form", "K104", by(gateway()), from(plainKey), answered(provider.KeyKindWrong)),
		one("kind: another than expected", "K104", expects(config.Expect{Kind: "restricted key"})),
		one("kind: as expected", "", expects(config.Expect{Kind: "secret key"})),
		one("damage: accepted, with a defect that is not about the form", "K104", from(stagingKey+"\n"), answered(provider.OK)),
		one("damage: of a nameless provider", "K104", by(&provider.Provider{ID: "own"}), from(plainKey+" ")),
		one("damage: of a provider without name and id", "K104", by(&provider.Provider{}), from(plainKey+" ")),
		one("damage: of a value without a trail", "K104", receives(model.Value{State: model.Known, Text: process("", stagingKey+" ").Text})),
		one("damage: of a value of the process without a name", "K104", receives(process("", stagingKey+" "))),
		one("damage: in a file without lines", "K104", receives(model.KnownText(stagingKey+" ", model.Hop{At: pos.Span{File: "app.env"}, Kind: model.KindDotenv}))),
		one("damage: passed on by a command only", "K104", receives(model.KnownText(stagingKey+" ", model.Hop{At: span("deploy.sh", 9, 1), Kind: model.KindCommand}))),
		one("damage: without a provider", "K104", by(nil), from(plainKey+" ")),
	}
}

func overrideRows() []row {
	file := dotenv(".env.staging", 3, stagingKey)
	base := dotenv(".env", 2, developerKey)
	other := model.KnownText(stagingKey, model.Hop{At: span(".env.staging", 5, 1), Kind: model.KindDotenv, What: "OTHER_KEY", Literal: true})
	sourced := func(name string, line int, text string) model.Value {
		return at(name, line, model.KindShell, text)
	}
	leaf := func(file string, line int, text string) model.Value {
		return model.KnownText(text, model.Hop{At: span(file, line, 8), Kind: model.KindHelmValues, What: "payment.key", Literal: true})
	}
	set := func(v model.Value) model.Value {
		return v.Via(model.Hop{At: span("deploy.sh", 9, 1), Kind: model.KindHelmValues, What: "--set payment.key"})
	}
	literalSet := set(model.KnownText(developerKey, model.Hop{At: span("deploy.sh", 9, 1), Kind: model.KindCommand, What: "helm --set", Literal: true}))
	// inContainer is the way from a chart's value into a container.
	inContainer := func(v model.Value) model.Value {
		for _, hop := range []model.Hop{
			{At: span("templates/secret.yaml", 8, 10), Kind: model.KindHelmTemplate, What: ".Values.payment.key"},
			{At: span("templates/secret.yaml", 8, 3), Kind: model.KindSecret, What: "Secret/pay key PAYMENT_API_KEY"},
			{At: span("templates/api.yaml", 20, 9), Kind: model.KindManifest, What: "Deployment/api env PAYMENT_API_KEY"},
		} {
			v = v.Via(hop)
		}
		return v
	}
	chart, values := leaf("charts/shop/values.yaml", 4, developerKey), leaf("charts/shop/values-staging.yaml", 4, stagingKey)
	generated := func(file string, v model.Value) model.Value {
		return v.Via(model.Hop{At: span(file, 5, 3), Kind: model.KindKustomize, What: "Secret/pay envs"})
	}
	patch := func(text string) model.Value {
		v := at("overlays/staging/api.yaml", 9, model.KindKustomize, text)
		return v.Via(model.Hop{At: span("base/api.yaml", 20, 9), Kind: model.KindManifest, What: "Deployment/api env PAYMENT_API_KEY"})
	}
	entry := func(file, secret, text string) model.Value {
		return model.KnownText(text, model.Hop{At: span(file, 6, 3), Kind: model.KindSecret, What: secret + " key PAYMENT_API_KEY", Literal: true})
	}
	return []row{
		one("override: the environment's values over the chart's", "K106", receives(over(inContainer(values), chart))),
		one("override: the environment's values over a subchart's own", "K106",
			receives(over(inContainer(leaf("charts/shop/values-staging.yaml", 4, stagingKey)), model.KnownText(developerKey, model.Hop{At: span("charts/shop/charts/api/values.yaml", 1, 1), Kind: model.KindHelmValues, What: "key", Literal: true})))),
		one("override: the environment's values lost to the chart's", "K105 K106", receives(over(inContainer(chart), values))),
		one("override: another leaf of the values", "K105 K106",
			receives(over(inContainer(values), model.KnownText(developerKey, model.Hop{At: span("charts/shop/values.yaml", 7, 8), Kind: model.KindHelmValues, What: "secrets.other", Literal: true})))),
		one("override: --set hands over what the job has", "", receives(over(inContainer(set(process("PAYMENT_API_KEY", stagingKey))), leaf("charts/shop/values-staging.yaml", 4, developerKey), chart))),
		one("override: --set of a literal over the environment's values", "K105 K106", receives(over(inContainer(literalSet), values, chart))),
		one("override: --set of a literal over the chart's values", "K106", receives(over(inContainer(literalSet), leaf("charts/shop/values.yaml", 4, stagingKey)))),
		one("override: --set of a literal over values of the environment's directory", "K105 K106", receives(over(inContainer(literalSet), leaf("staging/values.yaml", 4, stagingKey)))),
		one("override: --set hands over what a script wrote over the file", "K105 K106", receives(over(inContainer(set(shell(7, developerKey))), file))),
		one("override: an overlay over its base", "K106", receives(over(patch(stagingKey), at("base/api.yaml", 20, model.KindManifest, developerKey)))),
		one("override: a generator of the overlay over that of its base", "",
			receives(over(generated("overlays/staging/kustomization.yaml", file), generated("base/kustomization.yaml", base)))),
		one("override: the environment's generator lost", "K105", receives(over(generated("base/kustomization.yaml", base), generated("overlays/staging/kustomization.yaml", file)))),
		one("override: a variable of the container over a Secret", "K105 K106",
			receives(over(model.KnownText(stagingKey, model.Hop{At: span("api.yaml", 20, 9), Kind: model.KindManifest, What: "Deployment/api container api env PAYMENT_API_KEY", Literal: true}),
				entry("pay.yaml", "Secret/pay", developerKey)))),
		one("override: the same Secret applied again", "K106", receives(over(entry("k8s/staging/pay.yaml", "Secret/pay", stagingKey), entry("k8s/base/pay.yaml", "Secret/pay", developerKey)))),
		one("override: one Secret over another", "K105 K106", receives(over(entry("k8s/pay.yaml", "Secret/pay", stagingKey), entry("k8s/common.yaml", "Secret/common", developerKey)))),
		one("override: script over file", "K105 K106", receives(over(shell(7, developerKey), file))),
		one("override: script over file, same value", "K106", receives(over(shell(7, stagingKey), file))),
		one("override: script takes the file's value over", "", receives(over(exported(7, file), file))),
		one("override: layers of files", "", receives(over(file, base))),
		one("override: the environment's own file lost", "K105", receives(over(dotenv(".env.local", 2, developerKey), file))),
		one("override: layers of files, exported by a script", "", receives(over(exported(7, file), base))),
		one("override: script takes another variable of the file", "K105", receives(over(exported(7, other), base))),
		one("override: script over layers", "K105 K106", receives(over(shell(7, liveKey), file, base)), expects(config.Expect{Mode: "live"})),
		one("override: script repeats the upper layer", "K106", receives(over(shell(7, stagingKey), file, base))),
		one("override: script over an equal upper and another lower file", "K105 K106",
			receives(over(shell(7, stagingKey), file, process("PAYMENT_API_KEY", developerKey)))),
		one("override: later line of the same file", "K105", receives(over(dotenv(".env.staging", 9, stagingKey), dotenv(".env.staging", 3, developerKey)))),
		one("override: later line of the same script", "K105 K106", receives(over(shell(9, stagingKey), shell(7, developerKey)))),
		one("override: another script", "K105 K106", receives(over(shell(9, stagingKey), at("lib.sh", 2, model.KindShell, developerKey)))),
		one("override: sourced layers", "", receives(over(sourced(".env.staging", 3, stagingKey), sourced(".env", 2, developerKey)))),
		one("override: sourced layer over a loaded one", "", receives(over(sourced("conf/staging.env", 3, stagingKey), base))),
		one("override: twice in one sourced file", "K105", receives(over(sourced(".env", 5, stagingKey), sourced(".env", 2, developerKey)))),
		one("override: file over process", "K105", receives(over(file, process("PAYMENT_API_KEY", developerKey)))),
		one("override: process over file", "K105", receives(over(process("PAYMENT_API_KEY", stagingKey), base))),
		one("override: process over file, same value", "", receives(over(process("PAYMENT_API_KEY", stagingKey), file))),
		one("override: script over process", "K105 K106", receives(over(shell(7, stagingKey), process("PAYMENT_API_KEY", developerKey)))),
		one("override: script over input", "K105 K106", receives(over(shell(7, stagingKey), input(6, process("STAGING", developerKey))))),
		one("override: input over file", "K105", receives(over(input(6, process("STAGING", stagingKey)), base))),
		one("override: input over process is what inputs are for", "", receives(over(input(6, process("STAGING", stagingKey)), process("PAYMENT_API_KEY", developerKey)))),
		one("override: values files are layers", "", receives(over(at("values-staging.yaml", 4, "helm values", stagingKey), at("values.yaml", 4, "helm values", developerKey))), undeclared,
			func(c *Case) { c.Slot.Form = &provider.Form{Weak: true} }),
		one("override: a placeholder waits for it", "", receives(over(process("PAYMENT_API_KEY", stagingKey), dotenv(".env", 2, "changeme")))),
		one("override: an empty definition waits for it", "", receives(over(process("PAYMENT_API_KEY", stagingKey), dotenv(".env", 2, "")))),
		one("override: a secret of the CI by another", "", receives(over(handed("jenkins", 3, exported(7, handed("jenkins", 4, process("STAGING", stagingKey)))), handed("jenkins", 3, process("PAYMENT_API_KEY", liveKey))))),
		one("override: exported in place of a secret", "", receives(over(exported(7, handed("bitbucket", 0, process("STAGING", stagingKey))), handed("bitbucket", 0, process("PAYMENT_API_KEY", liveKey))))),
		one("override: a secret of a narrower scope", "", receives(over(handed("gitlab", 2, process("PAYMENT_API_KEY", stagingKey)), handed("gitlab", 3, process("PAYMENT_API_KEY", liveKey))))),
		one("override: a secret by a secret that is not known", "K102", receives(over(exported(7, unknownAt(3, model.WhyCISecret, "x")).Via(pipelineHop("jenkins", 3)), handed("jenkins", 3, process("PAYMENT_API_KEY", liveKey))))),
		one("override: a secret by a text", "K105 K106", receives(over(shell(7, stagingKey), handed("jenkins", 3, process("PAYMENT_API_KEY", liveKey))))),
		one("override: a secret by what a command prints", "K102 K105", receives(over(unknownAt(7, model.WhyCommandOutput, "x"), handed("jenkins", 3, process("PAYMENT_API_KEY", liveKey))))),
		one("override: a text of the pipeline by a secret", "K105", receives(over(exported(7, handed("jenkins", 4, process("STAGING", stagingKey))), at("Jenkinsfile", 3, "jenkins", liveKey)))),
		one("override: by values without a trail", "K105", receives(over(model.Value{State: model.Known, Text: file.Text}, model.Value{State: model.Known, Text: base.Text, Trail: file.Trail}))),
		one("override: unknown over known", "K102 K105", receives(over(unknownAt(7, model.WhyCommandOutput, "hand it over"), file))),
		one("override: known over unknown", "K105 K106", receives(over(shell(9, stagingKey), unknownAt(7, model.WhyCISecret, "bind it")))),
		one("override: unknown over unknown", "K102", receives(over(unknownAt(9, model.WhyCommandOutput, "x"), unknownAt(7, model.WhyCISecret, "y")))),
	}
}

func hardCodedRows() []row {
	fallback := at("deploy.sh", 4, model.KindDefault, stagingKey)
	mixed := exported(8, model.Value{State: model.Known, Text: shell(1, stagingKey).Text, Trail: model.Join(shell(7, "CANARY").Trail, process("SUFFIX", "CANARY").Trail)})
	return []row{
		one("hard-coded: in a script", "K106", receives(shell(7, stagingKey))),
		one("hard-coded: in a script, undeclared", "K106", receives(shell(7, stagingKey)), undeclared),
		one("hard-coded: as a fallback", "K106", receives(exported(4, fallback))),
		one("hard-coded: in a manifest", "K106", receives(at("k8s/api.yaml", 12, "manifest", stagingKey))),
		one("hard-coded: in a values file", "K106", receives(at("values.yaml", 12, "helm values", stagingKey))),
		one("hard-coded: not in a .env file", ""),
		one("hard-coded: not in a sourced .env file", "", receives(at(".env.staging", 3, model.KindShell, stagingKey))),
		one("hard-coded: not in inputs", "", receives(model.KnownText(stagingKey, model.Hop{At: span("keyfit.yaml", 6, 5), Kind: model.KindInput, Literal: true}))),
		one("hard-coded: not from the process", "", receives(exported(7, process("PAYMENT_API_KEY", stagingKey)))),
		one("hard-coded: not when put together with something from outside", "", receives(mixed)),
		one("hard-coded: a weak form tells nothing", "", undeclared, receives(shell(7, plainKey)), by(gateway()),
			func(c *Case) { c.Slot.Form = &provider.Form{Kind: "key", Weak: true} }),
		one("hard-coded: a declared key of an API without forms", "K106", by(gateway()), receives(shell(7, plainKey))),
	}
}

func foreignRows() []row {
	mail := parseProvider("id: mail\nname: Mail\nforms: [{pattern: 'SG\\.[0-9A-Za-z.]{20,60}', kind: key}]\n")
	nameless := parseProvider("id: mail\nforms: [{pattern: 'SG\\.[0-9A-Za-z.]{20,60}', kind: key}]\n")
	declares := &config.File{Providers: map[string]*provider.Provider{"mail": mail}}
	swapped := receives(dotenv(".env.staging", 3, mailKey))
	extends := pay()
	extends.ID, extends.Extends, extends.Forms = "own", "mail", nil
	return []row{
		all("foreign: another service's key", "K109", declares, key(swapped)),
		all("foreign: the API's answer adds nothing", "K109", declares, key(swapped, answered(provider.KeyUnknown))),
		all("foreign: no wrong environment either", "K109", declares, key(swapped, answered(provider.EnvMismatch))),
		all("foreign: an answer does not excuse it", "K109", declares, key(swapped, answered(provider.OK))),
		all("foreign: what is expected does not matter", "K109", declares, key(swapped, answered(provider.OK), expects(config.Expect{Tenant: "acme"}))),
		all("foreign: without a name", "K109", &config.File{Providers: map[string]*provider.Provider{"mail": nameless}}, key(swapped)),
		all("foreign: an API of one's own that takes them", "", declares, key(swapped, by(extends))),
		all("foreign: of the same provider", "", declares, key(swapped, by(mail))),
		all("foreign: an unknown form is none", "K104", nil, key(swapped)),
	}
}

func modeRows() []row {
	live := receives(dotenv(".env", 3, liveKey))
	out := []row{
		one("mode: live key in staging", "K201", live),
		one("mode: test key expected to be live", "K201", expects(config.Expect{Mode: "live"})),
		one("mode: live key expected", "", live, expects(config.Expect{Mode: "live"})),
		one("mode: test key expected in production", "", in("production"), expects(config.Expect{Mode: "test"})),
		one("mode: the API's word counts more than the form", "K201", answered(provider.OK), whose(verdict.Identity{Mode: "live"})),
		one("mode: a word of the vendor's tells nothing", "", answered(provider.OK), whose(verdict.Identity{Mode: "sandboxed"})),
		one("mode: a text in a script", "K106 K201", in("production"), receives(shell(7, stagingKey))),
		one("mode: from the process", "K201", in("production"), receives(process("PAYMENT_API_KEY", stagingKey))),
		one("mode: from the process through a script", "K201", in("production"), receives(exported(7, process("PAYMENT_API_KEY", stagingKey)))),
		one("mode: from a file through a script", "K201", in("production"), receives(exported(7, dotenv(".env", 3, stagingKey)))),
		one("mode: told once when the key is another environment's", "K205", in("production"), answered(provider.EnvMismatch)),
		one("mode: no form, no mode", "", in("production"), by(gateway()), receives(dotenv(".env", 3, plainKey))),
	}
	for _, name := range []string{"prod", "production", "PROD-eu", "eu.prd", "live", "prod1", "production2", "prodeu", "live-eu"} {
		out = append(out, one("mode: test key in "+name, "K201", in(name)), one("mode: live key in "+name, "", in(name), live))
	}
	for _, name := range []string{"non-prod", "pre-production", "preprod", "dev", "e2e", "qa2"} {
		out = append(out, one("mode: live key in "+name, "K201", in(name), live), one("mode: test key in "+name, "", in(name)))
	}
	for _, name := range []string{"main", "default", "", "canary", "eu-west-1", "customer-acme", "blue", "dr", "perf-prod", "reproduction"} {
		out = append(out, one("mode: live key in "+name+", which tells nothing", "", in(name), live), one("mode: test key in "+name+", which tells nothing", "", in(name)))
	}
	return out
}

func sharedRows() []row {
	elsewhere := func(env string, v model.Value) *Case { return key(in(env), receives(v)) }
	file := func(env string) model.Value { return dotenv(".env."+env, 3, stagingKey) }
	reuse := &config.File{Policy: config.Policy{Reuse: "allow"}}
	job := process("PAYMENT_API_KEY", stagingKey)
	return []row{
		all("shared: two environments", "K202", nil, key(), elsewhere("dev", file("dev"))),
		all("shared: three environments, once", "K202", nil, key(), elsewhere("dev", file("dev")), elsewhere("test", file("test"))),
		all("shared: under another name", "K202", nil, key(), key(in("dev"), named("PAY_KEY"), receives(file("dev")))),
		all("shared: the same file is one place for each", "K202", nil, elsewhere("dev", file("all")), elsewhere("test", file("all"))),
		all("shared: two consumers of one environment", "", nil, key(), key(of("Job/nightly"))),
		all("shared: several consumers are one place each", "K202", nil, key(), elsewhere("dev", file("dev")), key(in("dev"), of("Job/nightly"), receives(file("dev")))),
		all("shared: allowed", "", reuse, key(), elsewhere("dev", file("dev"))),
		all("shared: the same variable of one job", "", nil, key(receives(job)), elsewhere("dev", job)),
		all("shared: the same variable of one job, through inputs", "", nil, key(receives(input(6, job))), elsewhere("dev", input(9, job))),
		all("shared: two variables of one job", "K202", nil, key(receives(process("A", stagingKey))), elsewhere("dev", process("B", stagingKey))),
		all("shared: the job's variable and a file", "K202", nil, key(receives(job)), elsewhere("dev", job), elsewhere("test", file("test"))),
		all("shared: other values", "", nil, key(), elsewhere("dev", dotenv(".env.dev", 3, developerKey))),
		all("shared: unknown values are not compared", "K102 K102", nil, key(receives(unknownAt(7, model.WhyTime, "x"))), elsewhere("dev", unknownAt(7, model.WhyTime, "x"))),
		all("shared: the order of the cases does not matter", "K202", nil, elsewhere("test", file("test")), elsewhere("dev", file("dev")), key()),
	}
}

func accountRows() []row {
	wants := expects(config.Expect{Account: "acct_shop"})
	is := whose(verdict.Identity{Account: "acct_sandbox"})
	return []row{
		one("account: another than expected", "K203", answered(provider.OK), wants, is),
		one("account: as expected", "", answered(provider.OK), wants, whose(verdict.Identity{Account: "acct_shop"})),
		one("account: not told", "K401", answered(provider.OK), wants),
		one("account: nothing expected", "", answered(provider.OK), is),
		one("account: told in a refusal", "K203 K307", answered(provider.ScopeMissing), wants, is, needs("charges:write")),
		one("account: of a revoked key it does not matter", "K302", answered(provider.KeyRevoked), wants, is),
		one("account: the API says so", "K203", answered(provider.AccountMismatch), says("the key is for another project"), http(403, "wrong_project", "req_1")),
		one("account: the API says so and names it", "K203", answered(provider.AccountMismatch), is),
		one("account: the API says so, another was expected", "K203", answered(provider.AccountMismatch), wants),
		one("account: the API says so and names both", "K203", answered(provider.AccountMismatch), wants, is),
		one("account: a strange name stays in its quotes", "K203", answered(provider.OK), wants, whose(verdict.Identity{Account: "acct\n::error::x"})),
	}
}

func tenantRows() []row {
	acme := verdict.Identity{User: "u_7", Tenant: "acme-dev", Account: "acct_1"}
	ok := []option{by(gateway()), receives(dotenv(".env.staging", 3, plainKey)), answered(provider.OK), whose(acme)}
	with := func(more ...option) []option { return append(append([]option{}, ok...), more...) }
	tenant := func(text string) model.Value { return shell(9, text) }
	return []row{
		one("tenant: the one sent along is another's", "K204", with(along("TENANT_ID", tenant("CANARY-staging")))...),
		one("tenant: the one sent along replaced another", "K204", with(along("TENANT_ID", over(tenant("CANARY-x"), dotenv(".env", 2, "acme-dev"))))...),
		one("tenant: the one sent along fits", "", with(along("TENANT_ID", tenant("acme-dev")))...),
		one("tenant: the one sent along is unknown", "", with(along("TENANT_ID", unknownAt(9, model.WhyTime, "")))...),
		one("tenant: the one sent along is empty", "", with(along("TENANT_ID", tenant("")))...),
		one("tenant: the one sent along comes from the process", "K204", with(along("TENANT_ID", process("TENANT_ID", "CANARY-x")))...),
		one("tenant: the user sent along is another's", "K204", with(along("PAYMENT_USER_ID", tenant("CANARY-u_8")))...),
		one("tenant: the account sent along is another's", "K204", with(along("ACCOUNT_ID", tenant("CANARY-acct")))...),
		one("tenant: the user sent along, in one word", "K204", with(along("USERID", tenant("CANARY-u_8")))...),
		one("tenant: the account sent along, in one word", "K204", with(along("ACCOUNTID", tenant("CANARY-acct")))...),
		one("tenant: a user's name is not an id", "", with(along("PAYMENT_USER", tenant("CANARY-jane")))...),
		one("tenant: an address is not a tenant", "", with(along("TENANT_URL", tenant("https://CANARY.example.com")))...),
		one("tenant: a further key is not a tenant", "", with(along("TENANT_KEY", tenant("CANARYtenant")))...),
		one("tenant: a name that tells nothing", "", with(along("REGION", tenant("CANARY-eu")))...),
		one("tenant: expected another tenant", "K204", with(expects(config.Expect{Tenant: "acme-staging"}))...),
		one("tenant: expected another user", "K204", with(expects(config.Expect{User: "u_8"}))...),
		one("tenant: as expected", "", with(expects(config.Expect{Tenant: "acme-dev", User: "u_7"}))...),
		one("tenant: the API says so, no companion", "K204", by(gateway()), receives(dotenv(".env.staging", 3, plainKey)), answered(provider.TenantMismatch), http(403, "wrong_tenant", "")),
		one("tenant: the API says so, the companion by name", "K204", by(gateway()), receives(dotenv(".env.staging", 3, plainKey)), answered(provider.TenantMismatch),
			along("A", tenant("CANARY-a")), along("TENANT", tenant("CANARY-b"))),
		one("tenant: the API says so, the only companion", "K204", by(gateway()), receives(dotenv(".env.staging", 3, plainKey)), answered(provider.TenantMismatch), along("A", tenant("CANARY-a"))),
		one("tenant: the API says so and whose it is", "K204", by(gateway()), receives(dotenv(".env.staging", 3, plainKey)), answered(provider.TenantMismatch), whose(acme), along("TENANT_ID", tenant("CANARY-b"))),
		one("tenant: the host of another region", "K204", answered(provider.RegionMismatch), says("the account is in eu"), http(401, "", "")),
		one("tenant: of a revoked key it does not matter", "K302", answered(provider.KeyRevoked), whose(acme), along("TENANT_ID", tenant("CANARY-b"))),
	}
}

func elsewhereRows() []row {
	bot := verdict.Identity{User: "u_9", Name: "ci-dev", Kind: "service"}
	rejected := []option{by(gateway()), receives(over(exported(7, process("DEV_KEY", plainKey)), dotenv(".env.staging", 3, plainKey+"2"))), answered(provider.EnvMismatch)}
	with := func(more ...option) []option { return append(append([]option{}, rejected...), more...) }
	twin := key(in("development"), by(gateway()), receives(dotenv(".env.development", 3, plainKey)))
	return []row{
		one("elsewhere: another environment's API accepts it", "K105 K205", with(acceptedIn("development", bot), http(401, "unknown_key", ""))...),
		one("elsewhere: the text stands in a script", "K106 K205", by(gateway()), receives(shell(7, plainKey)), answered(provider.EnvMismatch), acceptedIn("development", bot)),
		one("elsewhere: nobody named", "K105 K205", with(acceptedIn("development", verdict.Identity{}))...),
		one("elsewhere: an account named", "K105 K205", with(acceptedIn("development", verdict.Identity{Account: "acct_dev"}))...),
		one("elsewhere: a tenant named", "K105 K205", with(acceptedIn("development", verdict.Identity{Tenant: "acme-dev"}))...),
		one("elsewhere: the API says so", "K205", answered(provider.EnvMismatch), says("this is a key of the sandbox"), http(401, "", "req_2")),
		one("elsewhere: the API says so and whose it is", "K205", answered(provider.EnvMismatch), whose(bot)),
		one("elsewhere: the reason is unknown_key all the same", "K205", answered(provider.KeyUnknown), acceptedIn("development", bot)),
		all("elsewhere: where the other environment has it from", "K105 K202 K205", nil, key(with(acceptedIn("development", bot))...), twin),
		one("elsewhere: no expectation is checked on another's key", "K205", answered(provider.EnvMismatch), acceptedIn("development", verdict.Identity{Account: "x", Scopes: []string{"*"}, Admin: true, Kind: "person"}),
			expects(config.Expect{Account: "y", Owner: "service"})),
	}
}

func refusedRows() []row {
	jane := whose(verdict.Identity{Name: "Jane Doe", Kind: "person"})
	var out []row
	for _, r := range []struct {
		reason provider.Reason
		id     string
	}{
		{provider.KeyUnknown, "K301"}, {provider.KeyRevoked, "K302"}, {provider.KeyExpired, "K303"}, {provider.OwnerDisabled, "K304"},
		{provider.OwnerMissing, "K305"}, {provider.AccountSuspended, "K306"}, {provider.BillingInactive, "K306"}, {provider.QuotaExhausted, "K306"},
		{provider.ScopeMissing, "K307"}, {provider.ResourceNotGranted, "K307"}, {provider.ServiceNotEnabled, "K307"},
	} {
		out = append(out,
			one("refused: "+string(r.reason), r.id, answered(r.reason)),
			one("refused, in full: "+string(r.reason), r.id, answered(r.reason), says("as the vendor means it"), http(403, "some_code", "req_3"), jane, needs("charges:write")),
			one("refused, but another environment's: "+string(r.reason), "K205", answered(r.reason), acceptedIn("dev", verdict.Identity{})),
		)
	}
	return append(out,
		one("refused: a definition was replaced", "K105 K106 K301", receives(over(shell(7, developerKey), dotenv(".env.staging", 3, stagingKey))), answered(provider.KeyUnknown)),
		one("refused: the account is named", "K306", answered(provider.BillingInactive), whose(verdict.Identity{Account: "acct_1"})),
		one("refused: of several consumers", "K301", answered(provider.KeyUnknown), also("Job/nightly")),
	)
}

func expiryRows() []row {
	ends := func(d time.Duration) option { return whose(verdict.Identity{Expires: now.Add(d)}) }
	made := func(d time.Duration) option { return whose(verdict.Identity{Created: now.Add(d)}) }
	aged := &config.File{Policy: config.Policy{MaxAge: provider.Duration(90 * 24 * time.Hour)}}
	fortnight := expects(config.Expect{ExpiresAfter: provider.Duration(14 * 24 * time.Hour)})
	return []row{
		one("expiry: past, although accepted", "K303", answered(provider.OK), ends(-48*time.Hour)),
		one("expiry: this very moment", "K303", answered(provider.OK), ends(0)),
		one("expiry: too soon, in days", "K303", answered(provider.OK), ends(72*time.Hour), fortnight),
		one("expiry: too soon, in hours", "K303", answered(provider.OK), ends(5*time.Hour), fortnight),
		one("expiry: too soon, in minutes", "K303", answered(provider.OK), ends(time.Minute), fortnight),
		one("expiry: soon, nothing expected", "", answered(provider.OK), ends(time.Hour)),
		one("expiry: late enough", "", answered(provider.OK), ends(14*24*time.Hour), fortnight),
		one("expiry: not told", "K401", answered(provider.OK), fortnight),
		all("expiry: older than the policy allows", "K303", aged, key(answered(provider.OK), made(-100*24*time.Hour))),
		all("expiry: young enough for the policy", "", aged, key(answered(provider.OK), made(-90*24*time.Hour))),
		all("expiry: the policy is lenient where no age is told", "", aged, key(answered(provider.OK))),
		one("expiry: the API says so and when", "K303", answered(provider.KeyExpired), ends(-time.Hour)),
		one("expiry: the API says so before the time", "K303", answered(provider.KeyExpired), ends(time.Hour)),
		one("expiry: of a revoked key it does not matter", "K302", answered(provider.KeyRevoked), ends(-time.Hour)),
	}
}

func permissionRows() []row {
	scopes := func(s ...string) option { return whose(verdict.Identity{Scopes: s}) }
	wants := func(s ...string) option { return expects(config.Expect{Scopes: s}) }
	return []row{
		one("permission: expected scopes are lacking", "K307", answered(provider.OK), scopes("charges:read"), wants("charges:read", "charges:write", "refunds:write")),
		one("permission: all there", "", answered(provider.OK), scopes("a", "b"), wants("b")),
		one("permission: scopes not told", "K401", answered(provider.OK), wants("b")),
		one("permission: a wildcard covers", "", answered(provider.OK), scopes("charges:*"), wants("charges:write")),
		one("permission: a wildcard elsewhere does not", "K307", answered(provider.OK), scopes("charges:*"), wants("refunds:write")),
		one("permission: refused, the scopes tell which", "K307", answered(provider.ScopeMissing), scopes("a"), wants("b")),
		one("excess: everything", "K309", answered(provider.OK), scopes("*"), wants("charges:write")),
		one("excess: an admin scope", "K309", answered(provider.OK), scopes("read", "Admin")),
		one("excess: an admin scope that is expected", "", answered(provider.OK), scopes("admin"), wants("admin")),
		one("excess: the API says so", "K309", answered(provider.OK), whose(verdict.Identity{Admin: true})),
		one("excess: the API says so, as expected", "", answered(provider.OK), whose(verdict.Identity{Admin: true}), expects(config.Expect{Scopes: []string{}, Kind: "secret key"})),
		one("excess: by its form", "K309", receives(dotenv(".env", 3, adminKey))),
		one("excess: by its form, expected", "", receives(dotenv(".env", 3, adminKey)), expects(config.Expect{Kind: "admin key"})),
		one("excess: a revoked key has no rights", "K302", receives(dotenv(".env", 3, adminKey)), answered(provider.KeyRevoked)),
	}
}

func ownerRows() []row {
	jane := whose(verdict.Identity{User: "u_1", Name: "Jane Doe", Kind: "person"})
	service := &config.File{Policy: config.Policy{Owner: "service"}}
	return []row{
		all("owner: a person's key by policy", "K308", service, key(answered(provider.OK), jane)),
		one("owner: a person's key by expectation", "K308", answered(provider.OK), jane, expects(config.Expect{Owner: "service"})),
		all("owner: the expectation wins", "", service, key(answered(provider.OK), jane, expects(config.Expect{Owner: "any"}))),
		one("owner: nothing required", "", answered(provider.OK), jane),
		all("owner: a service's key", "", service, key(answered(provider.OK), whose(verdict.Identity{Name: "checkout", Kind: "service"}))),
		all("owner: by its form, offline", "K308", service, key(receives(dotenv(".env", 3, personKey)), answered(provider.Offline))),
		all("owner: the API's word counts more than the form", "", service, key(receives(dotenv(".env", 3, personKey)), answered(provider.OK), whose(verdict.Identity{Kind: "bot"}))),
		all("owner: of a revoked key it does not matter", "K302", service, key(answered(provider.KeyRevoked), jane)),
	}
}

func openRows() []row {
	return []row{
		one("open: one's own API", "K310", by(gateway()), receives(dotenv(".env.staging", 3, plainKey)), answered(provider.OK), acceptsAnything, http(200, "", "")),
		one("open: the catalogue's", "K310", answered(provider.OK), acceptsAnything),
		one("open: whose key it is counts for nothing", "K310", answered(provider.OK), acceptsAnything,
			whose(verdict.Identity{Account: "x", Tenant: "t", Scopes: []string{"*"}, Expires: now.Add(-time.Hour), Mode: "live"}), expects(config.Expect{Account: "y", Tenant: "z"})),
	}
}

func unverifiedRows() []row {
	var out []row
	for _, r := range []provider.Reason{
		provider.AmbiguousCause, provider.IPNotAllowed, provider.SSORequired, provider.RateLimited, provider.ProviderDown, provider.NetworkDNS,
		provider.NetworkConnect, provider.NetworkTLS, provider.NetworkProxy, provider.NetworkTimeout, provider.Intermediary,
	} {
		out = append(out, one("unverified: "+string(r), "K401", answered(r)))
	}
	for _, r := range []provider.Reason{provider.NotProbeable, provider.Offline, provider.Unresolved, "", "no_such_reason"} {
		out = append(out, one("unverified, no finding: "+string(r), "", answered(r)))
	}
	return append(out,
		one("unverified: with its causes", "K401", answered(provider.AmbiguousCause), causes("the key is unknown", "the key is revoked", "the region is another"), http(401, "", "req_4")),
		one("unverified: with one cause", "K401", answered(provider.AmbiguousCause), causes("the key is unknown")),
		one("unverified: with what failed", "K401", answered(provider.NetworkDNS), http(0, "", ""), failure("no such host")),
		one("unverified: the host of one's own API may be wrong", "K401", by(gateway()), receives(dotenv(".env.staging", 3, plainKey)), answered(provider.NetworkDNS)),
		one("unverified: with the vendor's meaning", "K401", answered(provider.RateLimited), says("too many requests in a minute"), http(429, "", "")),
		one("unverified: with the time to wait", "K401", answered(provider.RateLimited), func(c *Case) { c.Verdict.Evidence.RetryAfter = 90 * time.Second }),
		one("unverified: with a long time to wait", "K401", answered(provider.RateLimited), func(c *Case) { c.Verdict.Evidence.RetryAfter = 3 * time.Hour }),
	)
}

func ignoreRows() []row {
	later, earlier := now.AddDate(0, 1, 0), now.AddDate(0, -1, 0)
	file := func(entries ...config.Ignore) *config.File { return &config.File{Ignore: entries} }
	missing := func(options ...option) *Case {
		return key(append([]option{receives(model.Value{State: model.Absent})}, options...)...)
	}
	offline := func(r row) row { r.run.Offline = true; return r }
	return []row{
		all("ignore: by its slot", "", file(ignoring("K101", "staging/Deployment/api/PAYMENT_API_KEY", later)), missing()),
		all("ignore: by a pattern", "", file(ignoring("k101", "staging/*/PAYMENT_*", later)), missing()),
		all("ignore: everywhere", "", file(ignoring("K101", "", later)), missing(), missing(in("production"))),
		all("ignore: a problem of an input", "", file(ignoring("K001", "", later)), problem(model.Problem{At: span("x", 1, 1), Message: "is broken"})),
		all("ignore: another id stays", "K001 K101", file(ignoring("K102", "staging/*", later)), missing()),
		all("ignore: another environment stays", "K101", file(ignoring("K101", "production/*", later)), missing()),
		all("ignore: expired", "K001 K101", file(ignoring("K101", "staging/*", earlier)), missing()),
		all("ignore: expires this very moment", "K001 K101", file(ignoring("K101", "staging/*", now)), missing()),
		all("ignore: expired, and another one holds", "K001", file(ignoring("K101", "staging/*", later), ignoring("K101", "staging/*/PAYMENT*", earlier)), missing()),
		all("ignore: expired and useless", "K001", file(ignoring("K101", "staging/*", earlier)), key()),
		all("ignore: useless", "K001", file(ignoring("K101", "staging/*", later)), key()),
		all("ignore: useless, everywhere", "K001", file(ignoring("K101", "", later)), key()),
		all("ignore: perhaps useless, the environment was not checked", "", file(ignoring("K101", "production/*", later)), key()),
		all("ignore: perhaps useless, the API was not asked", "", file(ignoring("K301", "staging/*", later)), key()),
		all("ignore: useless, the API has answered", "K001", file(ignoring("K301", "staging/*", later)), key(answered(provider.OK))),
		offline(all("ignore: perhaps useless, offline", "", file(ignoring("K202", "staging/*", later)), key(answered(provider.OK)))),
		all("ignore: useless, of a problem", "K001", file(ignoring("K001", "", later)), key()),
		all("ignore: no such finding", "K001", file(ignoring("K999", "staging/*", later)), key()),
		all("ignore: one of two consumers", "K101", file(ignoring("K101", "staging/Deployment/api/*", later)), missing(also("Job/nightly"))),
		all("ignore: both consumers", "", file(ignoring("K101", "staging/Deployment/*", later), ignoring("K101", "staging/Job/*", later)), missing(also("Job/nightly"))),
		all("ignore: without a place of its own", "K001", &config.File{Ignore: []config.Ignore{{}}}, key()),
	}
}

// commentRows hold the words about comments; comment_test.go holds what they silence.
func commentRows() []row {
	missing := key(receives(dotenv(".env.staging", 3, "")))
	write := func(name, fires, comment string, change func(*Run)) row {
		return row{"comment: " + name, fires, commented(memory{".env.staging": "\n\nA=1 # " + comment}, change, missing)}
	}
	const ignored = "keyfit: ignore[K101] until 2099-01-31: known"
	return []row{
		write("silences", "", ignored, nil),
		write("has expired", "K001 K101", "keyfit: ignore[K101] until 2020-01-31: known", nil),
		write("silences nothing", "K001 K101", "keyfit: ignore[K106] until 2099-01-31: known", nil),
		write("is not honoured", "K001 K101", ignored, func(r *Run) { r.CommentsFrom = "ignores come from the file of --policy" }),
		write("is in another form", "K001 K101", "keyfit:ignore K101", nil),
		write("names no id", "K001 K101", "keyfit: ignore[K999] until 2099-01-31: known", nil),
		write("names no day", "K001 K101", "keyfit: ignore[K101] until 2099-02-31: known", nil),
	}
}
