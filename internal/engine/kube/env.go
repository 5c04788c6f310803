package kube

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// environ is the environment of one container while it is put together, as the kubelet does.
type environ struct {
	*finder
	w    *workload
	vars map[string]model.Value
	// missing are variables that nothing arrives in; they are not there for $(NAME).
	missing map[string]model.Value
	open    []opening
	spent   int // on expanding: bytes of text and hops of trails
}

// maxExpanded bounds what the variables of one container may grow to. Linux starts no
// process with so much.
const maxExpanded = 8 << 20

// opening says that any variable with this prefix may have been set.
type opening struct {
	prefix string
	value  model.Value
}

func (f *finder) containerEnv(w *workload, c container) model.Env {
	e := environ{finder: f, w: w, vars: map[string]model.Value{}, missing: map[string]model.Value{}}
	for _, s := range c.envFrom {
		e.from(s)
	}
	for _, v := range c.env {
		e.set(v)
	}
	if c.gap != nil {
		e.lose("", *c.gap)
	}
	for name, v := range e.vars {
		e.vars[name] = orMissing(v, c.missing)
	}
	return e.env()
}

func (e *environ) env() model.Env {
	for name, v := range e.missing {
		if _, ok := e.vars[name]; !ok {
			e.vars[name] = v
		}
	}
	if e.w.pod.webhook {
		for name, v := range e.vars {
			e.vars[name] = fromVault(v)
		}
	}
	rest := imageRest("what the image itself sets")
	if len(e.open) > 0 {
		rest = e.open[0].value
	}
	if e.lost != nil && e.w.batch <= e.lostAt {
		rest = *e.lost
		for name, v := range e.vars {
			e.vars[name] = veiled(v, *e.lost)
		}
	}
	return model.NewEnv(e.vars).WithRest(rest)
}

// from takes in an entry of envFrom.
func (e *environ) from(s envSource) {
	if s.ref.gap != nil {
		e.lose(s.prefix, through(*s.ref.gap, s.ref))
		return
	}
	found := e.find(e.w.namespace, s.ref)
	if s.prefixGap != nil {
		if len(found.entries) > 0 || found.rest != nil {
			e.lose("", through(*s.prefixGap, s.ref))
		}
		return
	}
	if found.rest != nil {
		e.lose(s.prefix, through(*found.rest, s.ref))
	}
	for _, key := range found.texts() {
		v := orMissing(through(found.entries[key].value, s.ref), s.missing)
		if !oldName(s.prefix + key) {
			v = model.Ambiguous("the version of the cluster: before Kubernetes 1.34 a variable of this name may be left out", v, model.Value{State: model.Absent, Trail: v.Trail})
		}
		e.put(s.prefix+key, v)
	}
}

// put sets a variable over what it was. A value that may be absent leaves what was there.
func (e *environ) put(name string, v model.Value) {
	old, again := e.vars[name]
	if again && v.Why == model.WhyAmbiguous && slices.ContainsFunc(v.Alternatives, isAbsent) {
		rest := slices.DeleteFunc(slices.Clone(v.Alternatives), isAbsent)
		e.vars[name] = keepTrail(model.Ambiguous(v.Needs, append(rest, old)...), v)
		return
	}
	if again && !v.Same(old) {
		v = v.Over(old)
	}
	e.vars[name] = v
}

func isAbsent(v model.Value) bool { return v.State == model.Absent }

// keepTrail gives a value without a journey of its own that of another.
func keepTrail(v, of model.Value) model.Value {
	if v.Trail.IsEmpty() {
		v.Trail = of.Trail
	}
	return v
}

// lose says that any variable with this prefix may have got a value that is not known.
func (e *environ) lose(prefix string, v model.Value) {
	for name, old := range e.vars {
		plainly := old.State == model.Unknown && len(old.Alternatives) == 0
		if strings.HasPrefix(name, prefix) && !plainly {
			e.vars[name] = keepTrail(model.Ambiguous(v.Needs, old, v), old)
		}
	}
	e.open = append(e.open, opening{prefix, v})
}

// set takes in an entry of env.
func (e *environ) set(v variable) {
	value := v.value
	switch {
	case v.ref != nil && v.ref.gap != nil:
		value = through(*v.ref.gap, *v.ref)
	case v.ref != nil:
		value = e.pick(e.w, e.find(e.w.namespace, *v.ref), *v.ref, false)
	case v.expands:
		value = e.expand(value)
	}
	if v.missing != nil && v.nameless == nil {
		value = orMissing(value, v.missing)
	}
	switch {
	case v.nameless != nil:
		e.lose("", veiled(value, *v.nameless))
	case value.State == model.Absent && v.ref != nil && v.ref.optional:
		if _, ok := e.vars[v.name]; !ok {
			e.missing[v.name] = value
		}
	case !oldName(v.name):
		e.put(v.name, e.oddName(v, value))
	default:
		e.put(v.name, value)
	}
}

// oddName is the value of a variable whose name not every cluster takes.
func (e *environ) oddName(v variable, value model.Value) model.Value {
	if !newName(v.name) {
		e.problems = append(e.problems, model.Problem{
			At: v.hop.At, Message: "the name of a variable holds characters that Kubernetes refuses",
			Fix: "use letters, digits and underscores",
		})
		return veiled(value, model.UnknownBecause(model.WhyUnsupported, "a name that Kubernetes takes", value.Trail))
	}
	return keepTrail(model.Ambiguous("the version of the cluster: before Kubernetes 1.32 the object is refused for this name", value, model.Value{State: model.Absent, Trail: value.Trail}), value)
}

var envName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-._a-zA-Z][-._a-zA-Z0-9]*$`) })

// oldName reports whether every version of Kubernetes takes the name of a variable.
func oldName(name string) bool {
	return envName().MatchString(name) && name != "." && !strings.HasPrefix(name, "..")
}

// newName reports whether Kubernetes takes it from 1.32 on: printable ASCII without an
// equals sign.
func newName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' || c == '=' })
}

// fromVault is a text that a webhook replaces by one from Vault before the container
// starts.
func fromVault(v model.Value) model.Value {
	if v.State != model.Known {
		return v
	}
	text := strings.TrimPrefix(v.Text.Reveal(), ">>")
	if !strings.HasPrefix(text, "vault:") && !strings.Contains(text, "${vault:") {
		return v
	}
	out := model.UnknownBecause(model.WhyRemoteState, "the entry in Vault that the text names", v.Trail)
	out.Losers, out.DecidedBy = v.Losers, v.DecidedBy
	if parts := strings.SplitN(strings.TrimPrefix(text, "vault:"), "#", 3); strings.HasPrefix(text, "vault:") && len(parts) > 1 {
		out.Ref = model.Ref{Store: "vault", Path: parts[0], Property: parts[1]}
		if len(parts) == 3 {
			out.Ref.Version = parts[2]
		}
	}
	return out
}

// expand replaces $(NAME) by the variables that were set before. $$ stands for one $, and
// what is not defined stays as it is.
func (e *environ) expand(v model.Value) model.Value {
	text := v.Text.Reveal()
	if v.State != model.Known || !strings.Contains(text, "$") {
		return v
	}
	pieces := e.pieces(v, text)
	for _, p := range pieces {
		e.spent += len(p.value.Text.Reveal())
		if p.reference {
			e.spent += 64 * len(p.value.Trail.Hops())
		}
	}
	if e.spent > maxExpanded {
		return model.UnknownBecause(model.WhyLimit, "variables that refer to each other less often", v.Trail)
	}
	if len(pieces) == 1 && pieces[0].reference {
		return passedOn(pieces[0].value, v)
	}
	return composed(v, pieces)
}

// piece is a stretch of a text that was expanded.
type piece struct {
	value     model.Value
	reference bool
}

func (e *environ) pieces(v model.Value, text string) []piece {
	var out []piece
	literal := ""
	flush := func() {
		if literal != "" {
			own := decoded(v, literal)
			own.Losers, own.Parts = nil, nil
			out = append(out, piece{value: own})
			literal = ""
		}
	}
	for i := 0; i < len(text); {
		if text[i] != '$' || i+1 == len(text) {
			literal += text[i : i+1]
			i++
			continue
		}
		name, written, length := reference(text[i:])
		if name == nil {
			literal += written
			i += length
			continue
		}
		if value, ok := e.lookup(*name); ok {
			flush()
			out = append(out, piece{value, true})
		} else {
			literal += text[i : i+length]
		}
		i += length
	}
	flush()
	return out
}

// reference reads what a dollar sign begins: a name, or the text that it stands for.
func reference(text string) (name *string, written string, length int) {
	switch text[1] {
	case '$':
		return nil, "$", 2
	case '(':
		end := strings.IndexByte(text, ')')
		if end < 0 {
			return nil, "$(", 2
		}
		inner := text[2:end]
		return &inner, "", end + 1
	}
	return nil, "$" + string(rune(text[1])), 2 // one byte, taken for a character
}

// lookup gives the variable of that name, unless it certainly is not defined.
func (e *environ) lookup(name string) (model.Value, bool) {
	if v, ok := e.vars[name]; ok {
		return v, true
	}
	for _, o := range e.open {
		if strings.HasPrefix(name, o.prefix) {
			return o.value, true
		}
	}
	if isServiceName(name) && (e.w.pod.links || !e.w.pod.linksKnown || strings.HasPrefix(name, "KUBERNETES_")) {
		return model.UnknownBecause(model.WhyRemoteState, "the services of the namespace", model.Trail{}), true
	}
	return model.Value{}, false
}

var serviceName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)`) })

// isServiceName reports whether the kubelet sets a variable of this name for a service.
func isServiceName(name string) bool {
	return serviceName().MatchString(name) && name == strings.ToUpper(name)
}

// passedOn is the value of a variable that another one repeats as it is.
func passedOn(v, by model.Value) model.Value {
	for _, hop := range by.Trail.Hops() {
		hop.Literal = false
		v = v.Via(hop)
	}
	v.Losers = addLosers(slices.Clone(v.Losers), by.Losers)
	return v
}

// composed joins pieces: known only when all of them are.
func composed(v model.Value, pieces []piece) model.Value {
	var text strings.Builder
	var trails []model.Trail
	references := 0
	out := v
	out.Parts = nil
	for _, p := range pieces {
		text.WriteString(p.value.Text.Reveal())
		if !p.reference {
			continue
		}
		references++
		trails = append(trails, p.value.Trail)
		out.Losers = addLosers(slices.Clone(out.Losers), p.value.Losers)
		if p.value.State != model.Known && out.State == model.Known {
			out.State, out.Why, out.Needs = model.Unknown, p.value.Why, p.value.Needs
			if p.value.State == model.Absent {
				out.Why, out.Needs = model.WhyUnsupported, "a variable that arrives"
			}
		}
	}
	if references == 0 {
		out.Parts = v.Parts
		return decoded(out, text.String())
	}
	for _, p := range pieces {
		out.Parts = append(out.Parts, p.value)
	}
	out.Trail = model.Join(append(trails, v.Trail)...)
	out.Text = secret.New(text.String())
	if out.State != model.Known {
		out.Text = secret.Text{}
	}
	return out
}
