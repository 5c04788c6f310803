package terraform

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// stored is one text that the configuration puts into a store.
type stored struct {
	r      applied
	parent string // the address of the resource that is the entry, such as aws_secretsmanager_secret.x
	name   string // of the entry; empty when it is not known
	value  *tree
	stages bool // it is not the current version
}

// remember keeps what a resource puts into a store.
func (d *delivering) remember(r applied, s shape) {
	v := s.vars[0]
	paths := v.value
	if v.form == jsonForm {
		paths = v.path
	}
	if v.form != jsonForm && v.form != textForm || r.body.isUnknown() {
		return
	}
	e := stored{r: r, value: kept(r, r.body.first(paths))}
	e.stages = r.body.get("version_stages").there() || r.body.get("enabled").is("false")
	for _, path := range strings.Split(v.name, "|") {
		t := r.body.get(path)
		if text, ok := t.text(); ok {
			e.name = text
			break
		}
		if other, ok := d.referred(r, path, t); ok {
			e.parent = other.Address
			for _, n := range []string{"name", "secret_id"} {
				if text, ok := other.body.get(n).text(); ok {
					e.name = text
					break
				}
			}
			break
		}
	}
	d.stored[s.store] = append(d.stored[s.store], e)
	d.put(r, s, e)
}

// kept is the text that the store keeps of what a resource gives it.
func kept(r applied, t *tree) *tree {
	encoded := r.body.get("is_secret_data_base64")
	switch {
	case absentOrFalse(encoded):
		return t
	case encoded.isUnknown():
		return encoded
	}
	return decodedTree(t)
}

func absentOrFalse(t *tree) bool { return !t.there() || t.is("false") }

// decodedTree is the text that a service decodes from base64.
func decodedTree(t *tree) *tree {
	text, ok := t.text()
	if !ok {
		return t
	}
	v := t.val()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return unknownTree(model.UnknownBecause(model.WhyUnsupported, "a text of base64", v.Trail))
	}
	v.Text, v.Parts = secret.New(string(data)), nil
	return &tree{form: treeText, plain: true, value: v}
}

// put lists the text among what is stored.
func (d *delivering) put(r applied, s shape, e stored) {
	if !e.value.there() {
		return
	}
	ref := model.Ref{Store: s.store, Path: e.name}
	hop := r.place(firstThere(r.body, s.vars[0].value))
	d.Stored = append(d.Stored, Stored{At: r.At, Address: r.Address, Ref: ref, Value: e.value.val().Via(hop)})
}

// refer is the value that a reference into a store stands for: the text that the same
// configuration puts there, or an unknown one that says where it lies.
func (d *delivering) refer(r applied, store string, t *tree, prop, version string) model.Value {
	v := t.val()
	if !t.there() {
		return model.UnknownBecause(model.WhyUnsupported, "a reference", model.Trail{})
	}
	ref, address := d.parsed(r, store, t, v)
	ref.Property, ref.Version = cmp.Or(prop, ref.Property), cmp.Or(version, ref.Version)
	_, literal := t.text()
	if address != "" || literal {
		if got, ok := d.find(ref, address); ok {
			return got.Via(model.Hop{At: r.At, Kind: model.KindTerraform, What: "reference to " + ref.Store + " " + shownName(ref.Path)})
		}
	}
	out := model.UnknownBecause(model.WhyRemoteState, needOf(ref), v.Trail)
	out.Ref, out.Losers, out.DecidedBy = ref, v.Losers, v.DecidedBy
	return out
}

func needOf(ref model.Ref) string {
	if ref.Path == "" {
		return "the entry of the secret store " + ref.Store
	}
	return "the entry " + shownName(ref.Path) + " of the secret store " + ref.Store
}

// parsed reads a reference, and gives the resource of the same configuration that it
// stands for, if it does.
func (d *delivering) parsed(r applied, store string, t *tree, v model.Value) (ref model.Ref, address string) {
	if text, ok := t.text(); ok {
		return parseRef(store, text), ""
	}
	other, rest, ok := d.pieces(r, t, v)
	if !ok {
		return model.Ref{Store: plainStore(store)}, ""
	}
	ref = model.Ref{Store: storeOfType(other.Type, store), Path: other.Address}
	for _, n := range []string{"name", "secret_id"} {
		if name, ok := other.body.get(n).text(); ok {
			ref.Path = name
			break
		}
	}
	behind, colon := strings.CutPrefix(rest, ":")
	switch {
	case rest == "":
	case colon && ref.Store == storeSecrets:
		ref.Property, ref.Version = suffix(behind)
	default:
		return ref, ""
	}
	return ref, other.Address
}

// pieces takes a reference apart that is put together from an attribute and a text behind
// it, such as "${aws_secretsmanager_secret.x.arn}:KEY::".
func (d *delivering) pieces(r applied, t *tree, v model.Value) (other applied, rest string, ok bool) {
	if t.source != "" || !t.pieced || len(v.Parts) == 0 {
		other, ok = d.referred(r, "", t)
		return other, "", ok
	}
	for i, p := range v.Parts {
		switch {
		case i == 0 && p.State == model.Unknown:
			other, ok = d.instance(r, sourceOfValue(p))
		case i > 0 && p.State == model.Known:
			rest += p.Text.Reveal()
		default:
			return applied{}, "", false
		}
	}
	return other, rest, ok
}

// suffix is what stands behind the ARN of a secret and a colon: json-key:stage:version.
func suffix(rest string) (prop, version string) {
	parts := strings.Split(rest, ":")
	if len(parts) > 1 {
		version = strings.Trim(strings.Join(parts[1:], ":"), ":")
	}
	return parts[0], version
}

// plainStore is the store that a reference is for when it does not tell itself.
func plainStore(store string) string {
	if store == storeAWS {
		return storeSSM
	}
	return store
}

func storeOfType(name, otherwise string) string {
	switch {
	case strings.HasPrefix(name, "aws_ssm_"):
		return storeSSM
	case strings.HasPrefix(name, "aws_secretsmanager_"):
		return storeSecrets
	}
	return plainStore(otherwise)
}

// parseRef reads a reference that is a text.
func parseRef(store, text string) model.Ref {
	switch store {
	case storeAWS, storeSSM, storeSecrets:
		return parseAWS(store, text)
	case storeGoogle:
		return parseGoogle(text)
	case storeKeyVault:
		return parseKeyVault(text)
	}
	return model.Ref{Store: store, Path: text}
}

// parseAWS reads arn:partition:service:region:account:resource, or the bare name.
func parseAWS(store, text string) model.Ref {
	parts := strings.SplitN(text, ":", 7)
	switch {
	case len(parts) >= 6 && parts[0] == "arn" && parts[2] == "ssm":
		return model.Ref{Store: storeSSM, Path: strings.TrimPrefix(strings.Join(parts[5:], ":"), "parameter")}
	case len(parts) == 7 && parts[0] == "arn" && parts[2] == "secretsmanager":
		name, rest, _ := strings.Cut(parts[6], ":")
		out := model.Ref{Store: storeSecrets, Path: name}
		out.Property, out.Version = suffix(rest)
		return out
	case store == storeSecrets:
		name, rest, _ := strings.Cut(text, ":")
		out := model.Ref{Store: storeSecrets, Path: name}
		out.Property, out.Version = suffix(rest)
		return out
	}
	return model.Ref{Store: storeSSM, Path: text}
}

// parseGoogle reads projects/P/secrets/NAME/versions/V, or the bare name.
func parseGoogle(text string) model.Ref {
	out := model.Ref{Store: storeGoogle, Path: text}
	parts := strings.Split(text, "/")
	if i := slices.Index(parts, "secrets"); i >= 0 && i+1 < len(parts) {
		out.Path = parts[i+1]
		if i > 0 {
			out.Name = parts[i-1]
		}
	}
	if i := slices.Index(parts, "versions"); i >= 0 && i+1 < len(parts) {
		out.Version = parts[i+1]
	}
	return out
}

// parseKeyVault reads https://VAULT.vault.azure.net/secrets/NAME/VERSION.
func parseKeyVault(text string) model.Ref {
	out := model.Ref{Store: storeKeyVault, Path: text}
	host, path, ok := strings.Cut(strings.TrimPrefix(text, "https://"), "/secrets/")
	if !ok {
		return out
	}
	out.Name, _, _ = strings.Cut(host, ".")
	out.Path, out.Version, _ = strings.Cut(strings.TrimSuffix(path, "/"), "/")
	return out
}

// find is the text that this configuration puts where a reference leads to. It must be the
// only one, and the version that the reference asks for must be the newest one.
func (d *delivering) find(ref model.Ref, address string) (model.Value, bool) {
	if ref.Version != "" && ref.Version != "latest" && ref.Version != "AWSCURRENT" {
		return model.Value{}, false
	}
	var found []stored
	for _, e := range d.stored[ref.Store] {
		if e.matches(ref, address) {
			found = append(found, e)
		}
	}
	if len(found) != 1 || found[0].stages || !found[0].value.there() || strings.Contains(found[0].r.Address, "[?]") {
		return model.Value{}, false
	}
	e := found[0]
	if ref.Property == "" {
		return e.value.val(), true
	}
	member := e.value.inside().get(ref.Property)
	if !member.there() {
		return model.Value{}, false
	}
	return memberText(member), true
}

func (e stored) matches(ref model.Ref, address string) bool {
	switch {
	case address != "":
		return e.r.Address == address || e.parent == address
	case e.name == "":
		return false
	case ref.Store == storeSSM:
		return strings.TrimPrefix(e.name, "/") == strings.TrimPrefix(ref.Path, "/")
	}
	return e.name == ref.Path
}
