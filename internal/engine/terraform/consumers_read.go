package terraform

import (
	"cmp"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// read takes the variables of one place of a container.
func (t *target) read(v vars, in *tree) {
	switch v.form {
	case mapForm, mapRefForm, mapOfForm:
		for _, m := range in.all(v.path) {
			t.named(v, m)
		}
	case openForm:
		for _, x := range in.all(v.path) {
			t.wild(model.UnknownBecause(model.WhyRemoteState, "the variables of "+lastName(v.path), x.trail()))
		}
	case jsonForm:
		t.sheet(v)
	case textForm:
		t.single(v, in)
	default:
		for _, x := range in.all(v.path) {
			t.item(v, x)
		}
	}
}

func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// trail is that of a text, or of the first text within.
func (t *tree) trail() model.Trail {
	for range maxTreeDepth {
		if t == nil || t.form == treeText || t.form == treeUnknown || t.form == treeNone {
			break
		}
		switch {
		case len(t.items) > 0:
			t = t.items[0]
		case len(t.names) > 0:
			t = t.members[t.names[0]]
		default:
			return model.Trail{}
		}
	}
	return t.val().Trail
}

// named takes every member of a map.
func (t *target) named(v vars, m *tree) {
	if m.form != treeObject {
		t.wild(m.val())
		return
	}
	for _, name := range m.names {
		x := m.members[name]
		switch v.form {
		case mapRefForm:
			t.set(v.path, name, t.d.refer(t.r, v.store, x, "", ""))
		case mapOfForm:
			t.set(v.path, name, textOf(x.at(v.value)))
		default:
			t.set(v.path, name, textOf(x))
		}
	}
}

// textOf is the text that a service gets of an argument: a number or a boolean becomes a
// text as Terraform converts them. What providers make of null is not the same everywhere.
func textOf(t *tree) model.Value {
	if !t.there() {
		return model.UnknownBecause(model.WhyUnsupported, "a text instead of null", model.Trail{})
	}
	return t.val()
}

// jsonText is textOf for a member of a text in JSON, which no one converts.
func (t *target) jsonText(path string, x *tree, json bool) model.Value {
	v := textOf(x)
	if json && x.there() && x.form == treeText && !x.plain {
		t.d.problem(t.hop(path, "").At, "put it in quotes, or use tostring", "an entry of %s of %s is no text, expected a string", lastName(cmp.Or(t.path, path)), t.r.Address)
		return model.UnknownBecause(model.WhyUnsupported, "a text instead of a number or a boolean", v.Trail)
	}
	return v
}

// item takes one entry of a list.
func (t *target) item(v vars, x *tree) {
	if x.isUnknown() {
		t.line(v, x)
		return
	}
	for path, want := range v.only {
		got := x.at(path)
		if got.isUnknown() {
			t.wild(got.val())
		}
		if !got.is(want) {
			return
		}
	}
	switch v.form {
	case linesForm:
		t.line(v, x)
	case connForm:
		t.connection(v, x)
	case appForm:
		t.entry(v, x, t.appSecret)
	case refsForm:
		if x.at(v.value).there() {
			t.entry(v, x, t.pointed)
		}
	default:
		t.entry(v, x, t.given)
	}
}

// entry takes one entry that has a name.
func (t *target) entry(v vars, x *tree, value func(v vars, x *tree) (model.Value, bool)) {
	name := x.first(v.name)
	got, ok := value(v, x)
	if !ok {
		return
	}
	text, known := name.text()
	if !known {
		t.nameless(textOf(name))
		return
	}
	t.set(v.path, text, got)
}

// given is the text of an entry. An entry without one is left to whatever else reads it.
func (t *target) given(v vars, x *tree) (model.Value, bool) {
	got := x.first(v.value)
	if v.sort != "" {
		return t.sorted(v, x, got)
	}
	if !got.there() {
		return model.Value{}, t.lacking(v, x)
	}
	return t.jsonText(v.path, got, x.fold), true
}

// lacking reports an entry that nothing gives a value to.
func (t *target) lacking(v vars, x *tree) bool {
	for _, other := range t.s.vars {
		if other.path == v.path && other.value != v.value && x.first(other.value).there() {
			return false
		}
	}
	if name, ok := x.first(v.name).text(); ok {
		t.set(v.path, name, model.UnknownBecause(model.WhyUnsupported, "an entry with a value", model.Trail{}))
	}
	return false
}

// sorted tells by the word of an entry whether it is a text or a reference.
func (t *target) sorted(v vars, x, got *tree) (model.Value, bool) {
	sort := x.at(v.sort)
	word, known := sort.text()
	switch {
	case sort.isUnknown():
		return sort.val(), true
	case known && v.secret[word] != "":
		return t.d.refer(t.r, v.secret[word], got, "", ""), true
	case !sort.there() || known && word == "PLAINTEXT":
		return textOf(got), true
	}
	return model.UnknownBecause(model.WhyUnsupported, "a type of variable that keyfit knows", got.trail()), true
}

// pointed follows the reference of an entry.
func (t *target) pointed(v vars, x *tree) (model.Value, bool) {
	prop, vers := "", ""
	if v.prop != "" {
		prop, _ = x.at(v.prop).text()
	}
	if v.vers != "" {
		vers = versionOf(x.at(v.vers))
	}
	return t.d.refer(t.r, v.store, x.at(v.value), prop, vers), true
}

// versionOf is the version that a reference asks for; one that is not known is none of
// those that may be followed.
func versionOf(t *tree) string {
	if text, ok := t.text(); ok {
		return text
	}
	if t.isUnknown() {
		return "(not known)"
	}
	return ""
}

// line takes one NAME=value.
func (t *target) line(v vars, x *tree) {
	value := x.val()
	if v.form != linesForm {
		t.wild(value)
		return
	}
	name, rest, ok := cutLine(value, x.pieced)
	switch {
	case ok:
		t.set(v.path, name, rest)
	case value.State != model.Known:
		t.wild(value)
	} // a name alone takes the variable of the image away
}

// cutLine splits NAME=value. Of a text that is known in part, the pieces tell the name.
func cutLine(v model.Value, pieced bool) (name string, rest model.Value, ok bool) {
	if v.State == model.Known {
		name, text, ok := strings.Cut(v.Text.Reveal(), "=")
		v.Text, v.Parts = secret.New(text), nil
		return name, v, ok && name != ""
	}
	for i, p := range v.Parts {
		if p.State != model.Known || !pieced {
			break
		}
		head, tail, found := strings.Cut(p.Text.Reveal(), "=")
		if name += head; found {
			v.Parts = slices.Clone(v.Parts[i:])
			v.Parts[0].Text = secret.New(tail)
			return name, v, name != ""
		}
	}
	return "", model.Value{}, false
}

// single is the one text of the resource, or of a part of it.
func (t *target) single(v vars, in *tree) {
	from, path := in, v.name
	if own, ok := strings.CutPrefix(path, "/"); ok {
		from, path = t.r.body, own
	}
	got := in.first(v.value)
	name, known := from.first(path).text()
	if !known || name == "" {
		name = t.d.nameOf(t.r, path)
		if name == t.r.Address {
			name = t.r.Name
		}
	}
	value := textOf(kept(t.r, got))
	if !got.there() {
		value = model.UnknownBecause(model.WhyRemoteState, "the text, which stands in no argument", model.Trail{})
		if trail := t.encrypted(); !trail.IsEmpty() {
			value = model.UnknownBecause(model.WhyEncrypted, "the text itself", trail)
		}
	}
	if t.s.store != "" {
		value.Ref = model.Ref{}
	}
	t.set(cmp.Or(firstThere(in, v.value), v.value), name, value)
}

func firstThere(in *tree, paths string) string {
	for _, p := range strings.Split(paths, "|") {
		if in.at(p).there() {
			return p
		}
	}
	return ""
}

// encrypted is where the cipher text stands, when only that is given.
func (t *target) encrypted() model.Trail {
	for _, name := range []string{"encrypted_value", "value_encrypted"} {
		if x := t.r.body.get(name); x.there() {
			return x.trail()
		}
	}
	return model.Trail{}
}

// sheet is a text in JSON, whose members are the variables; another text is one variable.
func (t *target) sheet(v vars) {
	path := cmp.Or(firstThere(t.r.body, v.path), v.path)
	got := t.r.body.first(v.path)
	if in := got.inside(); in != nil && in.form == treeObject {
		for _, name := range in.names {
			t.set(path, name, memberText(in.members[name]))
		}
		return
	}
	v.value = v.path
	t.single(v, t.r.body)
}

// memberText is the text of a member of a JSON object that a store keeps.
func memberText(x *tree) model.Value {
	if x.there() && x.form == treeText && !x.plain {
		return model.UnknownBecause(model.WhyUnsupported, "a text instead of a number or a boolean", x.val().Trail)
	}
	return textOf(x)
}

// connection is a connection string of Azure, whose type tells the beginning of the name.
func (t *target) connection(v vars, x *tree) {
	name, known := x.get("name").text()
	kind, typed := x.get("type").text()
	if !known || !typed {
		t.nameless(x.get("name").val())
		return
	}
	prefixes := map[string]string{
		"MySql": "MYSQLCONNSTR_", "SQLServer": "SQLCONNSTR_", "SQLAzure": "SQLAZURECONNSTR_", "Custom": "CUSTOMCONNSTR_",
		"PostgreSQL": "POSTGRESQLCONNSTR_", "NotificationHub": "NOTIFICATIONHUBCONNSTR_", "ServiceBus": "SERVICEBUSCONNSTR_",
		"EventHub": "EVENTHUBCONNSTR_", "DocDb": "DOCDBCONNSTR_", "RedisCache": "REDISCACHECONNSTR_",
	}
	if prefixes[kind] == "" {
		t.wild(model.UnknownBecause(model.WhyUnsupported, "a type of connection string that keyfit knows", model.Trail{}))
		return
	}
	t.set(v.path, prefixes[kind]+name, textOf(x.get("value")))
}

// appSecret is an entry of an Azure container app: its text, or a secret of the app.
func (t *target) appSecret(v vars, x *tree) (model.Value, bool) {
	if got := x.get(v.value); got.there() {
		return textOf(got), true
	}
	wanted := x.get("secret_name")
	if !wanted.there() {
		return model.UnknownBecause(model.WhyUnsupported, "an entry with a value", model.Trail{}), true
	}
	name, known := wanted.text()
	if !known {
		return textOf(wanted), true
	}
	for _, s := range t.r.body.all("secret") {
		if s.isUnknown() || s.get("name").isUnknown() {
			return textOf(s), true
		}
		if s.get("name").is(name) {
			if vault := s.get("key_vault_secret_id"); vault.there() {
				return t.d.refer(t.r, storeKeyVault, vault, "", ""), true
			}
			return textOf(s.get("value")), true
		}
	}
	return model.UnknownBecause(model.WhyRemoteState, "the secret "+shownName(name)+" of the app", wanted.trail()), true
}

// provisioners are commands that terraform runs itself.
func (d *delivering) provisioners(r applied) {
	for _, p := range r.body.all("provisioner") {
		if !p.isUnknown() && !p.get("type").is("local-exec") || p.get("when").is("destroy") {
			continue
		}
		t := d.target(r, shape{kind: model.ConsumerProcess, rest: "the environment of terraform"}, p)
		for _, m := range p.all("environment") {
			t.named(vars{path: "provisioner"}, m)
		}
		if p.isUnknown() {
			t.wild(p.val())
		}
		if len(t.vars) > 0 || p.isUnknown() || slices.Contains(p.names, "environment") {
			t.done()
		}
	}
}
