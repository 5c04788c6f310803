package deploy

import (
	"strings"
	"unicode"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

const kindVercel = "vercel"

func vercelAdapter() Adapter { return Adapter{Names: []string{"vercel", "vc"}, Read: readVercel} }

func vercelGrammar(need int) grammar {
	return grammar{
		values: []string{
			"-e", "--env", "-b", "--build-env", "-t", "--token", "-S", "--scope", "-T", "--team", "--cwd", "-A", "--local-config", "-Q", "--global-config",
			"--regions", "-m", "--meta", "--target", "--archive", "--value", "--project", "-n", "--name",
		},
		bools: []string{
			"--prod", "--yes", "-y", "--force", "-f", "--prebuilt", "--public", "-p", "--no-wait", "--skip-domain", "-d", "--debug", "--sensitive",
			"--with-cache", "--no-clipboard", "-C", "--confirm", "-c", "--logs", "-l", "--no-color", "--guidance", "--no-sensitive",
		},
		short: true, need: need,
	}
}

func readVercel(call Call) (Delivery, bool) {
	words := wordsOf(call.Args[1:])
	if sketch := vercelGrammar(len(words)).read(words); sketch.begins("env", "add|update") {
		return readVercelAdd(call)
	} else if !sketch.begins("deploy") && len(sketch.rest) > 1 {
		return Delivery{}, false
	}
	r := newReading(call, "vercel")
	l := r.line(vercelGrammar(0), words)
	if !l.has("-e", "--env", "-b", "--build-env") && r.open == nil {
		return Delivery{}, false
	}
	name := "preview"
	if l.has("--prod") {
		name = "production"
	}
	if target, ok := l.last("--target"); ok {
		if name, ok = target.known(); !ok {
			name = "a target that is not known"
		}
	}
	r.vercelEnv(l, name, "", "-e", "--env")
	r.vercelEnv(l, name, "build", "-b", "--build-env")
	return r.result()
}

func (r *reading) vercelEnv(l line, workload, container string, flags ...string) {
	if !l.has(flags...) {
		return
	}
	t := r.target(kindVercel, plain(workload), "vercel "+flags[1])
	t.consumer.Container = container
	t.keeps()
	for _, w := range l.each(flags...) {
		t.vercelPair(w)
	}
	t.done()
}

// vercelPair takes NAME=value. A name without a value is read from the environment, and
// @name refers to a secret of the project.
func (t *target) vercelPair(w word) {
	name, value, ok := w.cut("=")
	if !ok {
		name, ok = w.known()
	}
	if !ok {
		t.bad(w)
		return
	}
	v := value.value()
	if text, known := value.known(); known && text == "" {
		if v = t.r.call.Env.Get(name); v.State == model.Absent || v.State == model.Known && v.Text.IsEmpty() {
			t.r.unsupported("a variable that has no value and is not set")
			return
		}
	} else if !known {
		v = unknownLike(v) // empty, it would be read from the environment
	}
	if v.State == model.Known && strings.HasPrefix(v.Text.Reveal(), "@") {
		v = model.UnknownBecause(model.WhyRemoteState, "the secret of the project that "+name+" refers to", v.Trail)
	}
	t.set(name, v)
}

// readVercelAdd reads `vercel env add NAME [environment]`, whose value is piped in.
func readVercelAdd(call Call) (Delivery, bool) {
	r := newReading(call, "vercel")
	l := r.line(vercelGrammar(3), r.words())
	if len(l.rest) < 3 {
		return Delivery{}, false
	}
	r.strict(l)
	workload := plain("all environments")
	if len(l.rest) > 3 {
		workload = l.rest[3]
	}
	t := r.target(kindVercel, workload, "vercel env add")
	t.keeps()
	value := r.trimmedInput()
	if w, ok := l.last("--value"); ok {
		value = w.value()
	}
	if name, ok := l.rest[2].known(); ok {
		t.set(name, value)
	} else {
		t.bad(l.rest[2])
	}
	t.done()
	return r.result()
}

// trimmedInput is what is piped into a tool of which some versions keep the white space at
// the end and others do not.
func (r *reading) trimmedInput() model.Value {
	v := r.stdin()
	if v.State != model.Known {
		return unknownLike(v)
	}
	text := strings.TrimRightFunc(v.Text.Reveal(), unicode.IsSpace)
	if len(text) == len(v.Text.Reveal()) {
		return v
	}
	short := v
	short.Text = secret.New(text)
	u := model.Ambiguous("a text without white space at its end: printf '%s' \"$VALUE\" | "+r.tool+" …", v, short)
	u.Trail = v.Trail
	return u
}
