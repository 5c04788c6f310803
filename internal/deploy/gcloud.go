package deploy

import (
	"path"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/strict"
)

// Kinds of consumers on Google Cloud.
const (
	kindCloudRun = "cloud-run"
	kindFunction = "function"
)

func gcloudAdapter() Adapter { return Adapter{Names: []string{"gcloud"}, Read: readGcloud} }

func gcloudGrammar(need int) grammar {
	return grammar{
		values: []string{
			"--set-env-vars", "--update-env-vars", "--remove-env-vars", "--env-vars-file", "--set-secrets", "--update-secrets", "--remove-secrets",
			"--set-build-env-vars", "--update-build-env-vars", "--build-env-vars-file", "--remove-build-env-vars",
			"--data-file", "--flags-file", "--container", "--project", "--region", "--zone", "--image", "--source", "--platform", "--service-account",
			"--memory", "--cpu", "--timeout", "--concurrency", "--max-instances", "--min-instances", "--port", "--tag", "--labels", "--update-labels",
			"--ingress", "--vpc-connector", "--vpc-egress", "--add-cloudsql-instances", "--set-cloudsql-instances", "--revision-suffix", "--command", "--args",
			"--runtime", "--entry-point", "--trigger-topic", "--trigger-bucket", "--trigger-event", "--trigger-resource", "--format", "--verbosity",
			"--account", "--impersonate-service-account", "--configuration", "--network", "--subnet", "--cluster", "--cluster-location", "--namespace",
			"--replication-policy", "--locations", "--execution-environment", "--tasks", "--parallelism", "--max-retries", "--task-timeout",
		},
		bools: []string{
			"--quiet", "-q", "--allow-unauthenticated", "--no-allow-unauthenticated", "--clear-env-vars", "--clear-secrets", "--async", "--no-async",
			"--no-traffic", "--gen2", "--no-gen2", "--trigger-http", "--cpu-throttling", "--no-cpu-throttling", "--use-http2", "--no-use-http2",
			"--log-http", "--user-output-enabled", "--no-user-output-enabled", "--cpu-boost", "--no-cpu-boost", "--clear-labels", "--execute-now", "--wait",
		},
		need: need, short: true, abbreviated: true,
	}
}

func readGcloud(call Call) (Delivery, bool) {
	words := wordsOf(call.Args[1:])
	release := 0
	if len(words) > 0 && words[0].is("alpha", "beta") {
		release = 1
	}
	sketch := gcloudGrammar(len(words)).read(words[release:]) // only to see which command it is
	kind, skip := "", 0
	switch l := sketch; {
	case l.begins("run", "deploy"):
		kind, skip = kindCloudRun, 2
	case l.begins("run", "services", "update"), l.begins("run", "jobs", "create|update|deploy"):
		kind, skip = kindCloudRun, 3
	case l.begins("functions", "deploy"):
		kind, skip = kindFunction, 2
	case l.begins("secrets", "versions", "add"):
		skip = 3
	case l.begins("secrets", "create"):
		skip = 2
	default:
		return Delivery{}, false
	}
	r := newReading(call, "gcloud")
	l := r.line(gcloudGrammar(skip+1), words[release:])
	name := wordOf(model.Value{})
	if len(l.rest) > skip && l.strange == "" {
		name = l.rest[skip]
	}
	if kind == "" {
		return r.gcloudSecret(l, name)
	}
	return r.gcloudDeploy(l, kind, name)
}

func (r *reading) gcloudDeploy(l line, kind string, name word) (Delivery, bool) {
	t := r.target(kind, name, "gcloud "+kind)
	if l.has("--flags-file", "--container") {
		r.unsupported("--flags-file or --container")
	}
	all, secrets := l.has("--set-env-vars", "--env-vars-file", "--clear-env-vars"), l.has("--set-secrets", "--clear-secrets")
	if !all && !secrets && !l.has("--update-env-vars", "--update-secrets") && r.open == nil {
		return Delivery{}, false
	}
	if !all || !secrets {
		t.keeps()
	}
	for _, w := range l.each("--env-vars-file") {
		t.yamlFile(w)
	}
	for _, w := range l.each("--set-env-vars", "--update-env-vars") {
		t.dict(w, t.once)
	}
	for _, w := range l.each("--set-secrets", "--update-secrets") {
		t.dict(w, t.secret)
	}
	t.done()
	return r.result()
}

// once sets a variable that must not be given twice.
func (t *target) once(name string, value word) {
	if _, ok := t.vars[name]; ok {
		t.r.unsupported("one name given twice")
	}
	t.set(name, value.value())
}

// secret takes NAME=secret:version; a path in place of the name is a file.
func (t *target) secret(name string, value word) {
	if strings.HasPrefix(name, "/") {
		return
	}
	needs := "the secret that it refers to"
	if ref, ok := value.known(); ok {
		needs = "the secret " + strict.Path(ref)
	}
	t.set(name, model.UnknownBecause(model.WhyRemoteState, needs, value.value().Trail))
}

// dict reads NAME=value,NAME=value; ^:^ in front makes the colon the delimiter.
func (t *target) dict(w word, set func(string, word)) {
	delimiter := ","
	if u := w.unknown(); u != nil && w.head() == "" {
		t.bad(w)
		return
	}
	if strings.HasPrefix(w.head(), "^") {
		if d, rest, ok := w.slice(1, len(w.text)).cut("^"); ok && d != "" {
			delimiter, w = d, rest
		} else if w.unknown() != nil {
			t.bad(w)
			return
		} else if ok {
			t.r.unsupported("an empty delimiter")
			return
		}
	}
	if u := w.mayHold(delimiter); u != nil {
		t.r.doubt(*u, "a text in a list of variables is not known and may hold a delimiter, expected one that is known", "bind its value under `inputs`")
	}
	for at := 0; at < len(w.text); {
		end := strings.Index(w.text[at:], delimiter)
		if end < 0 {
			end = len(w.text) - at
		}
		item := w.slice(at, at+end)
		at += end + len(delimiter)
		name, value, ok := item.cut("=")
		if !ok || strings.TrimSpace(name) != name || name == "" {
			t.bad(item)
			continue
		}
		set(name, value)
	}
}

// yamlFile reads a file of variables.
func (t *target) yamlFile(w word) {
	text, name, ok := t.r.content(w, "the file of variables")
	if !ok {
		return
	}
	if !strings.Contains(" .yaml .yml .json ", " "+path.Ext(name)+" ") {
		t.r.unsupported("a file of variables that is not called .yaml")
		return
	}
	m, err := readYAML(name, text, t.what)
	if err != nil || m.kind != 'o' {
		t.r.unsupported("a file of variables that is no YAML map")
		return
	}
	t.members(m)
}

// gcloudSecret reads `gcloud secrets versions add NAME --data-file=F`.
func (r *reading) gcloudSecret(l line, name word) (Delivery, bool) {
	w, ok := l.last("--data-file")
	if !ok {
		return Delivery{}, false
	}
	r.store("gcp-secretmanager", name, "", r.fileOrStdin(w, "--data-file"))
	return r.result()
}

// fileOrStdin is the content of a file; "-" is the standard input.
func (r *reading) fileOrStdin(w word, what string) model.Value {
	if w.is("-", "/dev/stdin") {
		return r.stdin()
	}
	text, name, ok := r.content(w, what)
	if !ok {
		return model.UnknownBecause(model.WhyMissingFile, "the file of "+what, w.value().Trail)
	}
	return fileSource(name, text, what)(0, len(text), text)
}

// stdin is what is piped in.
func (r *reading) stdin() model.Value {
	if r.call.Stdin.State == model.Absent {
		return model.UnknownBecause(model.WhyInput, "what "+r.tool+" reads from its standard input", model.Trail{})
	}
	return r.call.Stdin
}
