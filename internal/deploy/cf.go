package deploy

import (
	"regexp"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

const kindCloudFoundry = "cloud-foundry"

func cfAdapter() Adapter { return Adapter{Names: []string{"cf", "cf7", "cf8"}, Read: readCF} }

func readCF(call Call) (Delivery, bool) {
	r := newReading(call, "cf")
	g := grammar{
		values: []string{
			"--var", "--vars-file", "-f", "--manifest", "-b", "--buildpack", "-c", "--start-command", "-d", "-i", "--instances", "-k", "--disk", "-m", "--memory",
			"-n", "--hostname", "-o", "--docker-image", "--docker-username", "-p", "--path", "-s", "--stack", "-t", "--app-start-timeout",
			"-u", "--health-check-type", "--endpoint", "--strategy", "--droplet", "--max-in-flight", "-l", "--log-rate-limit",
		},
		bools: []string{"--no-manifest", "--no-route", "--no-start", "--random-route", "--task", "--no-wait", "-v"},
		short: true, need: 1,
	}
	if g.sketch(r.words()).begins("set-env|se") {
		g.need = 4
	}
	l := r.line(g, r.words())
	switch {
	case l.begins("set-env|se") && r.open != nil && len(l.rest) != 4:
		r.target(kindCloudFoundry, wordOf(*r.open), "cf set-env").done()
		return r.result()
	case l.begins("set-env|se") && len(l.rest) == 4:
		t := r.target(kindCloudFoundry, l.rest[1], "cf set-env")
		t.keeps()
		if name, ok := l.rest[2].known(); ok {
			t.set(name, l.rest[3].value())
		} else {
			t.bad(l.rest[2])
		}
		t.done()
		return r.result()
	case l.begins("push") && !l.has("--no-manifest"):
		return r.cfPush(l)
	}
	return Delivery{}, false
}

// cfPush reads the environments of the manifest.
func (r *reading) cfPush(l line) (Delivery, bool) {
	given, named := l.last("-f", "--manifest")
	if !named {
		given = plain("manifest.yml")
		if _, _, err := r.file("manifest.yml"); err != nil {
			return Delivery{}, false
		}
	}
	text, name, ok := r.content(given, "the manifest")
	if !ok {
		r.target(kindCloudFoundry, plain("the apps of the manifest"), "cf push").done()
		return r.result()
	}
	m, err := readYAML(name, text, "manifest")
	if err != nil {
		r.unsupported("a manifest that " + err.Error())
		return r.result()
	}
	vars := r.cfVars(l)
	for _, app := range items(m.get("applications")) {
		workload, _ := app.get("name").string()
		if len(l.rest) > 1 && !l.rest[1].is(workload) {
			continue
		}
		t := r.target(kindCloudFoundry, plain(workload), "cf push")
		t.keeps()
		if env := app.get("env"); env != nil && env.kind == 'o' {
			for _, n := range env.names {
				t.set(n, interpolate(r.textOf(env.members[n]), vars))
			}
		}
		t.done()
	}
	return r.result()
}

// cfVars are the variables of the manifest: of files, and of --var, which win.
func (r *reading) cfVars(l line) map[string]model.Value {
	vars := map[string]model.Value{}
	for _, w := range l.each("--vars-file") {
		text, name, ok := r.content(w, "the file of variables")
		if !ok {
			continue
		}
		m, err := readYAML(name, text, "cf --vars-file")
		if err != nil || m.kind != 'o' {
			r.unsupported("a file of variables that is no YAML map")
			continue
		}
		for _, n := range m.names {
			vars[n] = r.textOf(m.members[n])
		}
	}
	for _, w := range l.each("--var") {
		name, value, ok := w.cut("=")
		if !ok {
			r.unsupported("a --var that is not known up to its =")
			continue
		}
		vars[name] = value.value()
	}
	return vars
}

// interpolate replaces ((name)) when it is all of the text. Within other text it is left
// unknown, as is a variable that is not given.
func interpolate(v model.Value, vars map[string]model.Value) model.Value {
	if v.State != model.Known || !strings.Contains(v.Text.Reveal(), "((") {
		return v
	}
	whole := regexp.MustCompile(`^\(\(([-/.\w]+)\)\)$`).FindStringSubmatch(v.Text.Reveal())
	if whole == nil {
		return model.UnknownBecause(model.WhyUnsupported, "the variable within a text of the manifest", v.Trail)
	}
	found, ok := vars[whole[1]]
	if !ok {
		return model.UnknownBecause(model.WhyInput, "--var "+whole[1], v.Trail)
	}
	hop := v.Trail.Last()
	hop.Literal = false
	yamlish := found.State == model.Known && !isPlainText(found.Text.Reveal())
	if found = found.Via(hop); yamlish {
		return model.UnknownBecause(model.WhyUnsupported, "how the tool reads --var "+whole[1]+" as YAML", found.Trail)
	}
	return found
}

// isPlainText reports whether YAML reads text as itself: letters, digits and a few marks,
// beginning with a letter, and no word with a meaning of its own.
func isPlainText(text string) bool {
	if text == "" || strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") != "" {
		return false
	}
	c := text[0] | 0x20
	return c >= 'a' && c <= 'z' && !strings.Contains(" true false yes no on off y n null ", " "+strings.ToLower(text)+" ")
}
