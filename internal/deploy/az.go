package deploy

import (
	"errors"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/repo"
)

// Kinds of consumers on Azure.
const (
	kindAppService        = "app-service"
	kindContainerApp      = "container-app"
	kindContainerInstance = "container-instance"
)

func azAdapter() Adapter { return Adapter{Names: []string{"az"}, Read: readAz} }

func azGrammar() grammar {
	return grammar{
		values: []string{"--name", "-n", "--resource-group", "-g", "--slot", "-s", "--subscription", "--vault-name", "--value", "--file", "-f", "--output", "-o", "--query", "--yaml", "--container-name"},
		lists:  []string{"--settings", "--slot-settings", "--setting-names", "--set-env-vars", "--env-vars", "--replace-env-vars", "--environment-variables", "-e", "--secure-environment-variables"},
		bools:  []string{"--debug", "--verbose", "--only-show-errors"},
		short:  true, abbreviated: true, need: 2,
	}
}

func readAz(call Call) (Delivery, bool) {
	r := newReading(call, "az")
	words := r.words()
	for i, w := range words {
		words[i] = r.azFile(w)
	}
	g := azGrammar()
	if l := g.sketch(words); l.begins("webapp|functionapp", "config", "appsettings", "set") {
		g.need = 4
	} else if l.begins("staticwebapp|keyvault") {
		g.need = 3
	}
	l := r.line(g, words)
	switch {
	case l.begins("webapp|functionapp", "config", "appsettings", "set"):
		return r.azSettings(l, "--settings", "--slot-settings")
	case l.begins("staticwebapp", "appsettings", "set"):
		return r.azSettings(l, "--setting-names")
	case l.begins("containerapp", "update|create|up"):
		return r.containerApp(l)
	case l.begins("container", "create"):
		return r.containerInstance(l)
	case l.begins("keyvault", "secret", "set"):
		return r.keyVault(l)
	}
	return Delivery{}, false
}

// azFile replaces @file by the content of the file, in any argument as the tool does: in
// all of it, or behind its first equals sign. What names no file stays as it is.
func (r *reading) azFile(w word) word {
	before, after, ok := w.cut("=")
	if !ok {
		before, after = "", w
	} else {
		before += "="
	}
	name, known := after.known()
	if !known || len(name) < 2 || name[0] != '@' {
		return w
	}
	data, at, err := r.file(name[1:])
	if errors.Is(err, repo.ErrMissing) {
		return w
	}
	out := w.slice(0, len(before))
	if name == "@-" || err != nil {
		out.add(model.UnknownBecause(model.WhyMissingFile, "the file behind @", after.value().Trail))
		return out
	}
	text := strings.TrimSuffix(string(data), "\n")
	out.add(fileSource(at, string(data), "az")(0, len(text), text))
	return out
}

func (r *reading) azSettings(l line, flags ...string) (Delivery, bool) {
	t := r.target(kindAppService, workload(l, "an app that is not named", "--name", "-n"), "az appsettings")
	if slot, ok := l.last("--slot", "-s"); ok {
		t.consumer.Container, _ = slot.known()
	}
	words := l.each(flags...)
	if len(words) == 0 && r.open == nil {
		return Delivery{}, false
	}
	t.keeps()
	for _, w := range words {
		t.setting(w)
	}
	t.done()
	return r.result()
}

// setting takes NAME=value, or JSON: a map, or a list as the tool itself prints it.
func (t *target) setting(w word) {
	if text := strings.TrimSpace(w.text); !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		name, value, ok := w.cut("=")
		if !ok {
			t.bad(w)
			return
		}
		t.appSetting(name, value.value())
		return
	}
	if u := w.mayHold("\"\\"); u != nil {
		t.r.doubt(*u, "a text within JSON is not known and may change what stands around it, expected one that is known", "pass it with a tool that quotes it, such as jq")
	}
	m, err := readJSON(w.text, w.jsonSource())
	if err != nil {
		t.r.unsupported("a setting that is not valid JSON")
		return
	}
	for _, item := range items(m) {
		name, ok := item.get("name").string()
		if !ok {
			t.r.unsupported("a setting without a known name")
			continue
		}
		t.appSetting(name, t.r.textOf(item.get("value")))
	}
	for _, name := range m.names {
		t.appSetting(name, t.r.textOf(m.members[name]))
	}
	if m.kind != 'o' && m.kind != 'a' {
		t.r.unsupported("a setting that is no map")
	}
}

// jsonSource gives the exact place where the word is the content of a file.
func (w word) jsonSource() source {
	if len(w.parts) != 1 || w.parts[0].value.Trail.Last().Kind != model.KindFile {
		return w.source
	}
	hop := w.parts[0].value.Trail.Last()
	return fileSource(hop.At.File, w.text, hop.What)
}

// appSetting sets a variable; a reference to a vault is replaced before the app sees it.
func (t *target) appSetting(name string, v model.Value) {
	if v.State == model.Known && strings.HasPrefix(strings.ToLower(v.Text.Reveal()), "@microsoft.keyvault(") {
		v = model.UnknownBecause(model.WhyRemoteState, "the secret of the key vault that "+name+" refers to", v.Trail)
	}
	t.set(name, v)
}

func (r *reading) containerApp(l line) (Delivery, bool) {
	t := r.target(kindContainerApp, workload(l, "an app that is not named", "--name", "-n"), "az containerapp")
	if c, ok := l.last("--container-name"); ok {
		t.consumer.Container, _ = c.known()
	}
	if l.has("--yaml") {
		r.unsupported("the flag --yaml")
	}
	words := l.each("--set-env-vars", "--env-vars", "--replace-env-vars")
	if len(words) == 0 && r.open == nil {
		return Delivery{}, false
	}
	if !l.has("--replace-env-vars") && !l.begins("containerapp", "create") {
		t.keeps()
	}
	for _, w := range words {
		name, value, ok := w.cut("=")
		switch {
		case !ok:
			t.bad(w)
		case strings.HasPrefix(value.head(), "secretref:"):
			t.set(name, model.UnknownBecause(model.WhyRemoteState, "the secret of the container app that "+name+" refers to", value.value().Trail))
		default:
			t.once(name, value)
		}
	}
	t.done()
	return r.result()
}

func (r *reading) containerInstance(l line) (Delivery, bool) {
	flags := []string{"--environment-variables", "-e", "--secure-environment-variables"}
	if len(l.each(flags...)) == 0 && r.open == nil {
		return Delivery{}, false
	}
	t := r.target(kindContainerInstance, workload(l, "a container that is not named", "--name", "-n"), "az container")
	for _, w := range l.each(flags...) {
		t.pair(w)
	}
	t.done()
	return r.result()
}

func (r *reading) keyVault(l line) (Delivery, bool) {
	value, ok := l.last("--value")
	v := value.value()
	if file, given := l.last("--file", "-f"); given {
		ok, v = true, r.fileOrStdin(file, "--file")
	}
	if !ok && r.open == nil {
		return Delivery{}, false
	}
	r.store("azure-keyvault", workload(l, "", "--name", "-n"), "", v)
	return r.result()
}
