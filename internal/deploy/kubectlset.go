package deploy

import (
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/model"
)

// set reads `kubectl set env`.
func (k kube) set(rest arguments) (Delivery, bool) {
	_, name, rest, ok := subcommand(rest, flagRules{valued: kubeValued, switches: kubeSwitches})
	if !ok || name != "env" {
		return Delivery{}, false
	}
	k.tool = "kubectl set env"
	l := readFlags(rest, kubeRules("c,containers e,env f,filename from keys k,kustomize prefix l,selector", "all list local overwrite R,recursive resolve", 1))
	if l.doubt == nil && l.has("list") == yes {
		return Delivery{}, false
	}
	k.take(l)
	k.printed(l)
	k.cluster(l)
	if l.has("local") == yes {
		k.d.Printed = true
	}
	resources, changes := splitChanges(l.operands)
	names := k.resources(resources, l)
	if len(names) == 0 {
		k.doubt(model.Value{Why: model.WhyUnsupported, Needs: "the name of the workload"}, "the workloads of kubectl set env are not named, expected KIND/NAME", "write deployment/NAME out")
	}
	for _, n := range names {
		t := k.workload(n.kind, n.name, k.namespace(l), "")
		t.consumer.Container = containerOf(l)
		k.changes(t, l, changes)
	}
	return k.result()
}

// splitChanges tells resources from NAME=value and NAME-, which come behind them.
func splitChanges(operands []word) (resources, changes []word) {
	for i, w := range operands {
		if strings.Contains(w.text, "=") || strings.HasSuffix(w.text, "-") {
			return operands[:i], operands[i:]
		}
	}
	return operands, nil
}

type resource struct {
	kind string
	name word
}

// resources reads deployment/a, or deployment a b.
func (k kube) resources(words []word, l flagLine) []resource {
	var out []resource
	if len(words) == 0 {
		return nil
	}
	if kind, ok := words[0].known(); ok && !strings.Contains(kind, "/") && !strings.Contains(kind, ",") {
		for _, w := range words[1:] {
			out = append(out, resource{kind: kind, name: w})
		}
		return out
	}
	for _, w := range words {
		kind, name, ok := w.cut("/")
		if !ok {
			if u := w.unknown(); u != nil {
				k.doubt(*u, "a workload of kubectl set env is not known, expected KIND/NAME", "write deployment/NAME out")
			}
			continue
		}
		out = append(out, resource{kind: kind, name: name})
	}
	return out
}

// containerOf is the name given with -c, when it is one name and not a pattern.
func containerOf(l flagLine) string {
	v := l.last("containers")
	if v.State != model.Known || strings.ContainsAny(v.Text.Reveal(), "*?[,") {
		return ""
	}
	return v.Text.Reveal()
}

// changes takes over what the command sets and removes. All else in the workload stays.
func (k kube) changes(t *target, l flagLine, changes []word) {
	t.keeps()
	k.fromStore(t, l)
	keep := l.has("overwrite")
	for _, w := range slices.Concat(changes, l.all("env")) {
		k.change(t, w)
	}
	if slices.ContainsFunc(l.flags, func(o option) bool { return o.name == "overwrite" }) && keep != yes {
		for name := range t.vars {
			t.set(name, model.UnknownBecause(model.WhyRemoteState, "whether the workload has the variable already", model.Trail{}))
		}
	}
	if v := l.last("containers"); v.State == model.Unknown {
		t.lose(v)
	}
	t.done()
}

func (k kube) change(t *target, w word) {
	name, value, ok := w.cut("=")
	switch {
	case ok && name != "":
		t.set(name, value.value())
	case w.is("-"):
		t.lose(model.UnknownBecause(model.WhyInput, "what is piped into kubectl set env", model.Trail{}))
	case !ok && w.unknown() == nil && strings.HasSuffix(w.text, "-"):
		t.set(strings.TrimSuffix(w.text, "-"), model.Value{State: model.Absent})
	default:
		t.bad(w)
	}
}

// fromStore reads --from=secret/x, with --keys and --prefix: every key becomes a variable
// in capitals.
func (k kube) fromStore(t *target, l flagLine) {
	from := l.all("from")
	if len(from) == 0 {
		return
	}
	why := model.UnknownBecause(storeReason(from[len(from)-1]), storeNeeds(from[len(from)-1]), model.Trail{})
	prefix, sure := "", true
	if all := l.all("prefix"); len(all) > 0 {
		prefix, sure = all[len(all)-1].known()
	}
	var keys []model.Value
	for _, w := range l.all("keys") {
		keys = append(keys, k.list(w)...)
	}
	for _, key := range keys {
		if key.State != model.Known {
			sure = false
			continue
		}
		if sure {
			t.set(prefix+variableName(key.Text.Reveal()), why)
		}
	}
	if len(keys) == 0 || !sure {
		t.lose(why)
	}
}

func storeReason(from word) model.Reason {
	if kind, _, ok := from.cut("/"); ok && strings.HasPrefix(strings.ToLower(kind), "secret") {
		return model.WhyKubeSecret
	}
	return model.WhyRemoteState
}

func storeNeeds(from word) string {
	kind, name, ok := from.cut("/")
	text, known := name.known()
	if !ok || !known {
		return "the object that --from names"
	}
	if strings.HasPrefix(strings.ToLower(kind), "secret") {
		return "the Secret " + text
	}
	return "the ConfigMap " + text
}

var notName = lazy.Regexp(`[^a-zA-Z0-9_]`)

func variableName(key string) string { return strings.ToUpper(notName().ReplaceAllString(key, "_")) }
