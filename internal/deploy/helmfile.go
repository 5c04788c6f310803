package deploy

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/origin"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/strict"
)

func helmfile() Adapter {
	return Adapter{Names: []string{"helmfile"}, Read: readHelmfile}
}

const (
	helmfileValued   = "b,helm-binary k,kustomize-binary f,file e,environment state-values-set state-values-set-string state-values-file kube-context log-level n,namespace c,chart l,selector"
	helmfileSwitches = "q,quiet debug color no-color allow-no-matching-release i,interactive skip-deps disable-force-update enable-live-output strip-args-values-on-exit-error h,help v,version"
	applyValued      = " set values args concurrency cascade context diff-args post-renderer post-renderer-args output output-dir output-dir-template suppress suppress-output-line-regex sync-args template-args wait-retries kube-version history-max"
	applySwitches    = " create-namespace detailed-exitcode dry-run hide-notes include-crds include-needs include-tests include-transitive-needs no-hooks reset-values retain-values-files reuse-values show-secrets skip-cleanup skip-crds " +
		"skip-diff-on-install skip-needs skip-schema-validation skip-tests suppress-diff suppress-secrets sync-release-labels take-ownership validate wait wait-for-jobs"
)

// maxHelmfiles bounds how many files one command leads to.
const maxHelmfiles = 50

// helmfileRun is one run of helmfile.
type helmfileRun struct {
	*reading
	environment model.Value
	namespace   model.Value
	selectors   []word
	extra       []ValuesArg // of the command line, behind those of the release
	reuse       bool
	files       int
	cli         helmfileEnv // what the command line sets

	// Of the texts that were read: the sources of their pieces, and where they stand.
	marks    *origin.Marks
	literals map[origin.ID]literal
	indices  map[string]*pos.Index
	indexed  map[string]string // what the indices are of
}

// readHelmfile reads helmfile.yaml and runs its templates, as far as what they ask for is
// known.
func readHelmfile(c Call) (Delivery, bool) {
	r := &reading{call: c, tool: "helmfile"}
	global, name, rest, ok := subcommand(c.arguments(), flagRules{valued: helmfileValued, switches: helmfileSwitches})
	if !ok {
		return r.unreadable(global)
	}
	if !slices.Contains([]string{"apply", "sync", "template", "charts"}, name) {
		return Delivery{}, false
	}
	r.tool += " " + name
	l := readFlags(rest, flagRules{valued: helmfileValued + applyValued, switches: helmfileSwitches + applySwitches})
	r.take(l)
	l.flags = append(slices.Clone(global.flags), l.flags...)
	h := &helmfileRun{reading: r, marks: &origin.Marks{}, literals: map[origin.ID]literal{}, indices: map[string]*pos.Index{}, indexed: map[string]string{}, environment: r.flagOrVariable(l, "environment", "HELMFILE_ENVIRONMENT"), namespace: r.flagOrVariable(l, "namespace", "HELMFILE_NAMESPACE")}
	h.read(l)
	r.onCluster(l)
	r.d.Printed = name == "template"
	for i := range r.d.Charts {
		r.d.Charts[i].Doubt = r.open
	}
	return r.result()
}

func (h *helmfileRun) read(l flagLine) {
	if h.environment.State == model.Absent || h.environment.State == model.Known && h.environment.Text.IsEmpty() {
		h.environment = model.KnownText("default", model.Hop{At: h.call.At, Kind: model.KindDefault, What: "helmfile"})
	}
	h.selectors = l.all("selector")
	h.reuse = l.has("reuse-values") != no
	for _, o := range l.flags {
		switch o.name {
		case "set", "values":
			for _, v := range h.list(o.value) {
				h.extra = append(h.extra, ValuesArg{Flag: o.name, Text: v})
			}
		case "state-values-set":
			for _, v := range h.list(o.value) {
				h.stateSet(wordOf(v), &h.cli)
			}
		case "state-values-file", "state-values-set-string":
			h.stateFile(o.name, o.value)
		case "args", "sync-args", "template-args", "chart":
			h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "helmfile without --" + o.name}, "helmfile with --"+o.name+" is not understood", "write what it adds into helmfile.yaml")
		}
	}
	file := h.flagOrVariable(l, "file", "HELMFILE_FILE_PATH")
	if file.State == model.Absent {
		file = h.defaultFile()
	}
	name, ok := wordOf(file).known()
	if !ok {
		h.doubt(file, "the file of helmfile is not known, expected one in the repository", "write its path out")
		return
	}
	h.file(h.path(name), h.cli, 0)
}

// stateFile takes values of the command line that templates may ask for.
func (h *helmfileRun) stateFile(flag string, w word) {
	h.cli.given = true
	name, ok := w.known()
	if flag != "state-values-file" || !ok {
		h.cli.opened(model.UnknownBecause(model.WhyUnsupported, "helmfile without --"+flag, model.Trail{}))
		return
	}
	item := layer{&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, h.text("", name)}
	h.cli.overrides = mergedMaps(h.cli.overrides, h.entries([]layer{item}, h.path("."), "", false, &h.cli))
}

func (h *helmfileRun) defaultFile() model.Value {
	name := "helmfile.yaml"
	for _, candidate := range []string{"helmfile.yaml.gotmpl", "helmfile.yaml", "helmfile.d"} {
		if h.call.Files != nil {
			if _, err := h.call.Files.Stat(h.path(candidate)); err == nil {
				name = candidate
				break
			}
		}
	}
	return model.KnownText(name, model.Hop{At: h.call.At, Kind: model.KindDefault, What: "helmfile"})
}

// file reads one helmfile, or all in a directory.
func (h *helmfileRun) file(name string, env helmfileEnv, depth int) {
	h.files++
	if h.files > maxHelmfiles || depth > 10 || h.call.Files == nil {
		h.doubt(model.Value{Why: model.WhyLimit, Needs: "fewer helmfiles"}, "helmfile leads to more than 50 files, the limit", "split the deploy")
		return
	}
	if info, err := h.call.Files.Stat(name); err == nil && info.Dir {
		list, _ := h.call.Files.List(name)
		for _, i := range list {
			if !i.Dir && (strings.HasSuffix(i.Name, ".yaml") || strings.HasSuffix(i.Name, ".yaml.gotmpl") || strings.HasSuffix(i.Name, ".yml")) {
				h.file(path.Join(name, i.Name), env, depth+1)
			}
		}
		return
	}
	data, err := h.call.Files.Read(name)
	if err != nil {
		h.lost(name, "the helmfile", err)
		return
	}
	if !strings.Contains(string(data), "{{") || strings.HasSuffix(name, ".gotmpl") {
		h.run(name, data, !strings.Contains(string(data), "{{"), env, depth)
		return
	}
	h.bothWays(name, data, env, depth)
}

// run reads one helmfile in one way.
func (h *helmfileRun) run(name string, data []byte, raw bool, env helmfileEnv, depth int) {
	s, ok := h.load(name, data, raw, env, depth)
	if !ok {
		return
	}
	h.nested(s, depth)
	for _, r := range s.releases {
		h.release(s, r)
	}
}

// bothWays reads a file with templates whose name does not say so. Versions before 1 run
// them, later ones take the file as it stands. When both can be read, they must agree.
func (h *helmfileRun) bothWays(name string, data []byte, env helmfileEnv, depth int) {
	start, doubt, files := h.d, h.open, h.files
	h.run(name, data, false, env, depth)
	old, oldDoubt := h.d, h.open
	h.d, h.open, h.files = start, doubt, files
	h.d.Charts, h.d.Problems = slices.Clone(start.Charts), slices.Clone(start.Problems)
	h.run(name, data, true, env, depth)
	switch {
	case h.open == doubt && oldDoubt != doubt: // only later versions can read it
	case h.open != doubt: // only earlier ones, or none
		h.d, h.open = old, oldDoubt
	case !sameCharts(old.Charts[len(start.Charts):], h.d.Charts[len(start.Charts):]):
		h.d, h.open = old, oldDoubt
		h.doubt(model.Value{Why: model.WhyUnsupported, Needs: "a name that ends in .gotmpl"}, "the helmfile "+strict.Path(name)+" means one thing to helmfile 1 and another to earlier versions", "call it "+path.Base(name)+".gotmpl")
	default:
		h.d, h.open = old, oldDoubt
	}
}

// sameCharts reports whether both deploy the same, wherever it was written.
func sameCharts(a, b []Chart) bool {
	return slices.EqualFunc(a, b, func(a, b Chart) bool {
		return a.Dir == b.Dir && a.Version == b.Version && a.ReuseValues == b.ReuseValues && alike(a.Chart, b.Chart) && alike(a.Release, b.Release) && alike(a.Namespace, b.Namespace) &&
			slices.EqualFunc(a.Values, b.Values, func(a, b ValuesArg) bool {
				return a.Flag == b.Flag && a.Inline == b.Inline && a.Encrypted == b.Encrypted && alike(a.Text, b.Text)
			})
	})
}

// alike compares what is known of two values.
func alike(a, b model.Value) bool {
	return a.State == b.State && a.Why == b.Why && wordOf(a).text == wordOf(b).text
}

func (h *helmfileRun) doubtAt(t *helmfileText, n *yaml.Node, needs string) {
	h.problemAt(t.span(n), "is not understood here, expected "+needs, "")
	if h.open == nil {
		u := model.UnknownBecause(model.WhyUnsupported, needs, model.Trail{})
		h.open = &u
	}
}

// missing says that a variable is required and not set.
func (h *helmfileRun) missing(name string) {
	h.problem("the helmfile requires the variable "+strict.Name(name)+", which is not set here", "set it, or bind it under inputs")
}
