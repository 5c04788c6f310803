package kube

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// store is a Secret or a ConfigMap.
type store struct {
	ident
	at        pos.Span
	batch     int
	manager   string // who applied it last
	entries   map[string]entry
	rest      *model.Value // what keys hold that cannot be named; nil when there are none
	immutable bool
	created   int  // the batch of the command that created it
	deleted   bool // it was deleted: that it is here only says that it is not there
}

type entry struct {
	value   model.Value
	binary  bool   // of a ConfigMap's binaryData: no variable gets it
	manager string // who set it
	batch   int
}

// The managers of an entry. Who applies an object takes away only what it set itself.
const (
	byKubectl = "kubectl"
	byHelm    = "helm"
	byCommand = "command" // kubectl create, kubectl patch
)

func manager(source string) string {
	if source == FromHelm {
		return byHelm
	}
	return byKubectl
}

// secret reads a Secret: what is in stringData wins over data.
func (a *applying) secret(o object) {
	s := a.newStore(o)
	encrypted := o.field("sops").there()
	a.fill(&s, o, "data", model.KindSecret, encrypted, secretBytes)
	before := slices.Collect(maps.Keys(s.entries))
	open := s.rest
	a.fill(&s, o, "stringData", model.KindSecret, encrypted, asIs)
	if s.rest != nil && s.rest != open { // a key that is not known may stand for one of data
		for _, key := range before {
			e := s.entries[key]
			e.value = keepTrail(model.Ambiguous("the names of all keys of stringData", e.value, *s.rest), e.value)
			s.entries[key] = e
		}
	}
	a.keep(s, o)
}

func (a *applying) configMap(o object) {
	s := a.newStore(o)
	a.fill(&s, o, "data", model.KindConfigMap, o.field("sops").there(), asIs)
	texts := s.entries
	s.entries = map[string]entry{}
	a.fill(&s, o, "binaryData", model.KindConfigMap, o.field("sops").there(), secretBytes)
	for key, e := range s.entries {
		e.binary = true
		s.entries[key] = e
	}
	maps.Copy(s.entries, texts)
	a.keep(s, o)
}

func (a *applying) newStore(o object) store {
	immutable, _ := o.field("immutable").yes(false)
	return store{
		ident: o.ident, at: o.at, batch: a.batch, manager: manager(a.in.Source), entries: map[string]entry{}, immutable: immutable,
		rest: o.doubt, // in doubt there may be any other key
	}
}

// decoding turns the text of a scalar into what the object holds.
type decoding func(x node, v model.Value) model.Value

func asIs(_ node, v model.Value) model.Value { return v }

// secretBytes undoes base64 as Go's decoder of JSON does: line ends within are skipped.
func secretBytes(x node, v model.Value) model.Value {
	if v.State != model.Known {
		return v
	}
	text, err := base64.StdEncoding.DecodeString(v.Text.Reveal())
	if err != nil {
		x.fail(x.n, "encode it with base64, or write it under stringData as it is", "is not base64, expected the encoded text: Kubernetes refuses the object")
		return model.UnknownBecause(model.WhyUnsupported, "valid base64", v.Trail)
	}
	return decoded(v, string(text))
}

// fill reads the entries below one field.
func (a *applying) fill(s *store, o object, field, kind string, encrypted bool, decode decoding) {
	from := o.field(field)
	if gap, ok := from.whole(); ok {
		s.rest = &gap
		return
	}
	if !from.mapping() {
		return
	}
	for _, p := range from.pairs() {
		hop := model.Hop{Kind: kind, What: o.title() + " key " + label(p.name)}
		if p.nameless != nil {
			hop.What = o.title()
			gap := o.passed(p.nameless.Via(model.Hop{At: o.origin(o.extent(p.key)), Kind: kind, What: hop.What}))
			s.rest = &gap
			continue
		}
		value := a.entryMaybe(o, p, hop, encrypted, decode, s.entries[p.name].value)
		s.entries[p.name] = entry{value: value, manager: s.manager, batch: a.batch}
	}
}

// entryMaybe reads an entry that may be missing: then what was there before it stays.
func (a *applying) entryMaybe(o object, p pair, hop model.Hop, encrypted bool, decode decoding, before model.Value) model.Value {
	if len(o.maybes) == 0 {
		return a.entryValue(o, p, hop, encrypted, decode)
	}
	start, end := o.reach(p.key)
	_, to := o.reach(p.value.n)
	it := p.value.assumeAt(start, max(end, to))
	p.value = it.node
	v := a.entryValue(o, p, hop, encrypted, decode)
	if it.partly != nil {
		v = veiled(v, *it.partly)
	}
	if it.missing == nil {
		return v
	}
	if before.State == model.Unknown && before.Why == model.WhyNone {
		before = model.Value{State: model.Absent, Trail: v.Trail}
	}
	return orOther(v, before, it.missing)
}

func (a *applying) entryValue(o object, p pair, hop model.Hop, encrypted bool, decode decoding) model.Value {
	if p.value.null() { // created it is empty; an object that is there loses the key
		v := p.value.value(hop)
		return keepTrail(model.Ambiguous("a text instead of nothing", v, model.Value{State: model.Absent, Trail: v.Trail}), v)
	}
	v := p.value.value(hop)
	if v.State == model.Known && (encrypted || isSOPS(v.Text.Reveal())) {
		return model.UnknownBecause(model.WhyEncrypted, "the key that decrypts the file", v.Trail)
	}
	return o.doubted(decode(p.value, v))
}

// whole gives the source of a node that is not known, when the node is a scalar.
func (x node) whole() (model.Value, bool) {
	if x.n == nil || len(x.n.Content) > 0 {
		return model.Value{}, false
	}
	gap, ok := x.gap(x.n)
	if !ok {
		return model.Value{}, false
	}
	return x.passed(gap.Via(model.Hop{At: x.spot(), Kind: model.KindManifest, What: "a field of the object"})), true
}

// isSOPS reports whether a text is the cipher text of SOPS.
func isSOPS(text string) bool {
	return len(text) > 5 && text[:4] == "ENC[" && text[len(text)-1] == ']'
}

// keep puts the object into the cluster, over what is there.
func (a *applying) keep(s store, o object) {
	if o.nameless != nil {
		a.nameless = append(a.nameless, anonymous{kind: o.kind, namespace: o.namespace, batch: a.batch, helm: a.in.Source == FromHelm, because: *o.nameless})
		return
	}
	old, ok := a.stores[s.ident]
	if !ok {
		a.stores[s.ident] = &s
		return
	}
	a.replaced(&s, old)
	a.stores[s.ident] = &s
}

// replaced takes over what stays of the old object: the keys that others set.
func (a *applying) replaced(s, old *store) {
	if old.immutable && !sameEntries(s, old) {
		a.problem(s.at, "give it another name, or delete the old one first", "%s/%s is immutable and is applied again with other data, so that Kubernetes refuses it", s.kind, label(s.name))
	}
	if old.batch == s.batch && old.manager == s.manager {
		a.problem(s.at, "keep one of the two", "%s/%s is applied twice by one command; the later one counts", s.kind, label(s.name))
	}
	for key, e := range old.entries {
		now, again := s.entries[key]
		switch {
		case again && !now.value.Same(e.value):
			now.value = now.value.Over(e.value)
			s.entries[key] = now
		case !again && e.manager != s.manager:
			s.entries[key] = e
		}
	}
	if s.rest == nil {
		s.rest = old.rest
	}
}

func sameEntries(s, t *store) bool {
	return maps.EqualFunc(s.entries, t.entries, func(e, f entry) bool { return e.value.Same(f.value) })
}

// store files one key that a command stored.
func (c *Cluster) store(s Stored) {
	kind := model.KindConfigMap
	if s.Kind == "Secret" {
		kind = model.KindSecret
	}
	if s.Name.State != model.Known {
		c.nameless = append(c.nameless, anonymous{kind: s.Kind, namespace: s.Namespace, batch: c.batch, because: s.Name})
		return
	}
	id := ident{s.Kind, s.Namespace, s.Name.Text.Reveal()}
	to, ok := c.stores[id]
	if !ok || to.deleted {
		to = &store{ident: id, at: s.At, entries: map[string]entry{}, manager: byCommand, batch: c.batch, created: c.batch}
		c.stores[id] = to
	}
	to.batch = c.batch
	hop := model.Hop{At: s.At, Kind: kind, What: s.Kind + "/" + label(id.name)}
	if s.Key != "" {
		hop.What += " key " + label(s.Key)
	}
	v := s.Value.Via(hop)
	if s.Key == "" {
		to.open(v, c.batch)
		return
	}
	to.set(s, v, c.batch)
}

// veil makes all that is known of it unknown.
func (to *store) veil(because model.Value) {
	for key, e := range to.entries {
		e.value = veiled(e.value, because)
		to.entries[key] = e
	}
	if to.rest == nil {
		to.rest = &because
	}
}

// open says that keys that cannot be named got a value.
func (to *store) open(v model.Value, batch int) {
	to.rest = &v
	for key, e := range to.entries {
		if e.batch != batch {
			e.value = keepTrail(model.Ambiguous("the keys that "+to.kind+"/"+label(to.name)+" gets", e.value, v), e.value)
			to.entries[key] = e
		}
	}
}

// set puts a key over the one that is there.
func (to *store) set(s Stored, v model.Value, batch int) {
	old, again := to.entries[s.Key]
	if s.Create && to.created != batch {
		before := model.Value{State: model.Absent, Trail: v.Trail}
		if again {
			before = old.value
		}
		v = keepTrail(model.Ambiguous("whether "+to.kind+"/"+label(to.name)+" exists when it is created here", v, before), v)
	} else if again && !v.Same(old.value) {
		v = v.Over(old.value)
	}
	to.entries[s.Key] = entry{value: v, manager: byCommand, batch: batch}
}
