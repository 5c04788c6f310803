package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// Kinds of consumers on smaller platforms.
const (
	kindWorker  = "worker"
	kindRailway = "railway"
)

func platformAdapters() []Adapter {
	return []Adapter{
		{Names: []string{"wrangler"}, Read: readWrangler},
		{Names: []string{"railway"}, Read: readRailway},
		{Names: []string{"eb"}, Read: readEB},
		{Names: []string{"gh"}, Read: readGH},
	}
}

// readWrangler reads `wrangler secret put NAME`, whose value is piped in, and the --var
// flags of `wrangler deploy`.
func readWrangler(call Call) (Delivery, bool) {
	r := newReading(call, "wrangler")
	g := grammar{
		values: []string{"--name", "-e", "--env", "-c", "--config", "--cwd", "--var", "--define", "--alias", "--tag", "--message", "--route", "--routes", "--domain", "--compatibility-date", "--env-file"},
		bools:  []string{"--keep-vars", "--minify", "--dry-run", "--legacy-env", "--no-bundle", "-v", "--latest"},
		short:  true, need: 3,
	}
	if g.sketch(r.words()).begins("deploy|publish") {
		g.need = 1
	}
	l := r.line(g, r.words())
	app := workload(l, "the worker of wrangler.toml", "--name")
	if l.begins("secret", "put") && len(l.rest) == 3 {
		r.strict(l)
		t := r.target(kindWorker, app, "wrangler secret put")
		t.envOf(l, "-e", "--env")
		t.keeps()
		if name, ok := l.rest[2].known(); ok {
			t.set(name, r.trimmedInput())
		} else {
			t.bad(l.rest[2])
		}
		t.done()
		return r.result()
	}
	if !l.begins("deploy|publish") || !l.has("--var") && r.open == nil {
		return Delivery{}, false
	}
	t := r.target(kindWorker, app, "wrangler deploy --var")
	t.envOf(l, "-e", "--env")
	t.keeps()
	for _, w := range l.each("--var") {
		if name, value, ok := w.cut(":"); ok {
			t.set(name, value.value())
		} else {
			t.bad(w)
		}
	}
	t.done()
	return r.result()
}

// envOf notes the environment that a flag names as the consumer's namespace.
func (t *target) envOf(l line, flags ...string) {
	if w, ok := l.last(flags...); ok {
		t.consumer.Namespace, _ = w.known()
	}
}

// readRailway reads `railway variables --set NAME=value` and `railway variables set …`.
func readRailway(call Call) (Delivery, bool) {
	r := newReading(call, "railway")
	g := grammar{
		values: []string{"-s", "--service", "-e", "--environment", "--set"},
		bools:  []string{"--skip-deploys", "--json", "-k", "--kv"},
		short:  true, need: 1,
	}
	if g.sketch(r.words()).begins("variables|variable|vars|var", "set") {
		g.need = 2
	}
	l := r.line(g, r.words())
	if !l.begins("variables|variable|vars|var") {
		return Delivery{}, false
	}
	pairs := l.each("--set")
	if l.begins("variables|variable|vars|var", "set") {
		r.strict(l)
		pairs = append(pairs, l.rest[2:]...)
	}
	if len(pairs) == 0 && r.open == nil {
		return Delivery{}, false
	}
	t := r.target(kindRailway, workload(l, "the linked service", "-s", "--service"), "railway variables")
	t.envOf(l, "-e", "--environment")
	t.keeps()
	for _, w := range pairs {
		t.pair(w)
	}
	t.done()
	return r.result()
}

// readEB reads `eb setenv NAME=value… -e environment`. An empty value removes the name.
func readEB(call Call) (Delivery, bool) {
	r := newReading(call, "eb")
	l := r.line(grammar{
		values: []string{"-e", "--environment", "--timeout", "--profile", "-r", "--region"},
		bools:  []string{"--debug", "-q", "--quiet", "-v", "--verbose", "--no-verify-ssl"},
		short:  true, abbreviated: true, need: 1,
	}, r.words())
	if !l.begins("setenv") {
		return Delivery{}, false
	}
	r.strict(l)
	t := r.target(kindBeanstalk, workload(l, "the default environment", "-e", "--environment"), "eb setenv")
	t.keeps()
	for _, w := range l.rest[1:] {
		name, value, ok := w.cut("=")
		switch text, known := value.known(); {
		case !ok:
			t.bad(w)
		case known && text == "":
			t.set(name, model.Value{State: model.Absent})
		default:
			t.set(name, value.value())
		}
	}
	t.done()
	return r.result()
}

// readGH reads `gh secret set NAME` and `gh variable set NAME`.
func readGH(call Call) (Delivery, bool) {
	r := newReading(call, "gh")
	l := r.line(grammar{
		values: []string{"-b", "--body", "-e", "--env", "-o", "--org", "-R", "--repo", "-r", "--repos", "-v", "--visibility", "-a", "--app", "-f", "--env-file"},
		bools:  []string{"-u", "--user", "--no-store", "--no-repos-selected"},
		short:  true, need: 3,
	}, r.words())
	if !l.begins("secret|variable", "set") || len(l.rest) != 3 {
		return Delivery{}, false
	}
	r.strict(l)
	store := "github-secret"
	if l.rest[0].is("variable") {
		store = "github-variable"
	}
	v := r.stdin()
	if v.State == model.Known {
		v.Text = secret.New(strings.TrimRight(v.Text.Reveal(), "\r\n"))
	}
	if w, ok := l.last("-b", "--body"); ok {
		v = w.value()
		if v.State != model.Known || v.Text.IsEmpty() {
			v = unknownLike(v) // an empty body is asked for
		}
	}
	environment := ""
	if w, ok := l.last("-e", "--env"); ok {
		environment, _ = w.known()
	}
	r.store(store, l.rest[2], environment, v)
	return r.result()
}
