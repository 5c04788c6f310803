package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

const kindFly = "fly"

func flyAdapter() Adapter { return Adapter{Names: []string{"fly", "flyctl"}, Read: readFly} }

func flyGrammar() grammar {
	return grammar{
		values: []string{
			"-a", "--app", "-c", "--config", "-e", "--env", "-t", "--access-token", "-i", "--image", "-r", "--region", "--strategy", "--wait-timeout",
			"--build-arg", "--build-secret", "--build-target", "--dockerfile", "--image-label", "--file-local", "--file-literal", "--file-secret",
			"-n", "--name", "-o", "--org", "--vm-size", "--vm-memory", "--vm-cpus", "--ignorefile", "--release-command-timeout", "--primary-region",
		},
		bools: []string{
			"--stage", "--detach", "--debug", "--verbose", "--now", "--remote-only", "--local-only", "--ha", "--no-cache", "--push", "--build-only",
			"-y", "--yes", "--auto-confirm", "--json", "-j", "--no-deploy", "--copy-config", "--depot", "--flycast", "--smoke-checks", "--dns-checks", "--nixpacks",
		},
		short: true, need: 2,
	}
}

func readFly(call Call) (Delivery, bool) {
	r := newReading(call, "fly")
	g := flyGrammar()
	if g.sketch(r.words()).begins("deploy|launch") {
		g.need = 1
	}
	l := r.line(g, r.words())
	secrets := l.begins("secrets|secret", "set")
	if !secrets && !(l.begins("deploy|launch") && (l.has("-e", "--env") || r.open != nil)) {
		return Delivery{}, false
	}
	t := r.target(kindFly, workload(l, "the app of fly.toml", "-a", "--app"), "fly secrets set")
	t.keeps()
	if secrets {
		r.strict(l)
		for _, w := range l.rest[2:] {
			t.flySecret(w)
		}
	} else {
		t.what = "fly deploy --env"
		for _, w := range l.each("-e", "--env") {
			t.noComma(w)
		}
	}
	t.done()
	return r.result()
}

// flySecret takes NAME=value; the value "-" is read from the standard input.
func (t *target) flySecret(w word) {
	name, value, ok := w.cut("=")
	switch {
	case !ok:
		t.bad(w)
	case value.is("-"):
		v := t.r.stdin()
		t.set(name, model.UnknownBecause(model.WhyInput, "what is piped into fly", v.Trail))
	default:
		t.set(name, value.value())
	}
}

// noComma takes NAME=value of a flag that some versions split at commas.
func (t *target) noComma(w word) {
	if u := w.mayHold(",\""); u != nil {
		t.r.doubt(*u, "a text given to "+t.what+" is not known and may hold a comma, expected one that is known", "bind its value under `inputs`")
	}
	if strings.ContainsAny(w.text, ",\"") {
		t.r.unsupported("a variable that holds a comma or a quote")
	}
	t.pair(w)
}
